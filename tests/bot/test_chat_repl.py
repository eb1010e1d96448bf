"""The REPL as transcripts, letter by letter, and what it does when things go wrong."""

from __future__ import annotations

import io
import os
import re
import select
import subprocess
import sys
import time
from pathlib import Path

import pytest

from bot.answer import Answer
from bot.chat_repl import print_answer, repl
from bot.config import Config
from bot.desk import Desk
from bot.visible import obeyed
from index.errors import IndexDamaged
from tests.bot.fake_articles import ARTICLES
from tests.bot.fake_desk import FakeDesk

ROOT = Path(__file__).resolve().parents[2]
TRANSCRIPTS = Path(__file__).parent / "transcripts"
CONFIG = Config(Path())
ASKED = "who declared the caliphate over?"


class Typed(io.StringIO):
    """Lines that are echoed, after `> `, at the moment when they are read."""

    def __init__(self, lines: list[str], echo: io.StringIO) -> None:
        super().__init__("".join(f"{line}\n" for line in lines))
        self.echo = echo

    def __next__(self) -> str:  # type: ignore[override]  # typeshed has bytes here, for text too
        line = super().__next__()
        self.echo.write(f"> {line}")
        return line


def desk() -> FakeDesk:
    return FakeDesk(ARTICLES, CONFIG)


def answers(*lines: str, at: Desk | None = None) -> list[str]:
    """What each line is answered with."""
    out = io.StringIO()
    repl(at or desk(), CONFIG, stdin=io.StringIO("".join(f"{line}\n" for line in lines)), stdout=out)
    return out.getvalue().split("\n\n")


def last(*lines: str, at: Desk | None = None) -> str:
    """The one line that the last line is answered with."""
    written = answers(*lines, at=at)
    assert written[-1] == ""
    return written[-2]


@pytest.mark.parametrize("name", ["answers", "commands", "talk", "tricks"])
def test_a_talk_without_a_terminal_goes_letter_by_letter_as_written(name: str) -> None:
    expected = (TRANSCRIPTS / f"{name}.txt").read_text(encoding="utf-8")
    out = io.StringIO()
    typed = [line.removeprefix("> ") for line in expected.splitlines() if line.startswith("> ")]
    repl(desk(), CONFIG, stdin=Typed(typed, out), stdout=out)
    assert out.getvalue() == expected


@pytest.mark.parametrize("name", ["answers", "commands", "talk", "tricks"])
def test_no_transcript_holds_what_a_terminal_obeys(name: str) -> None:
    assert not obeyed((TRANSCRIPTS / f"{name}.txt").read_text(encoding="utf-8").replace("\n", ""))


@pytest.mark.parametrize("nothing", ["", " \t\u2003"])
def test_an_empty_line_is_answered_with_a_hint(nothing: str) -> None:
    """QUE-001, QUE-002."""
    assert last(nothing) == "Type a question, or :help."


@pytest.mark.parametrize("much", ["a" * 100_000, "word " * 200_000])
def test_a_line_too_long_to_be_a_question_is_refused_and_the_next_is_answered(much: str) -> None:
    """QUE-005, QUE-006."""
    began = time.process_time()
    written = answers(much, ASKED)
    assert written[0] == "That is too long for a question; please ask it shorter."
    assert written[1] == "The Syrian Democratic Forces"
    assert time.process_time() - began < 1


@pytest.mark.parametrize("number", ["0", "-1", "999999", "[-1]", "x", "", "1.0", "\u0661"])
def test_a_citation_is_counted_as_people_see_it(number: str) -> None:
    """QUE-027: no number resolves from the end, none beyond it."""
    assert last(ASKED, f":context {number}") == "give the number of a citation: [1] to [2]"


def test_without_an_answer_there_is_nothing_to_read_around() -> None:
    expected = "the last answer has no citation; ask a question first"
    assert last(":context 1") == expected
    assert last(ASKED, "how deep is mars?", ":context 1") == expected


def test_the_number_of_neighbours_has_bounds() -> None:
    for count in ("0", "51", "-1", "many", "9" * 5_000):
        assert last(ASKED, f":context 1 {count}") == ":context N K takes from 1 to 50 sentences for K"


def test_an_article_that_is_gone_is_said_to_be_gone() -> None:
    """QUE-031."""
    gone = desk()
    out = io.StringIO()

    class Meanwhile(io.StringIO):
        def __next__(self) -> str:  # type: ignore[override]  # typeshed has bytes here, for text too
            line = super().__next__()
            if line.startswith(":"):
                gone.remove("baghuz-falls")
            return line

    repl(gone, CONFIG, stdin=Meanwhile(f"{ASKED}\n:context 1\n"), stdout=out)
    assert out.getvalue().endswith("\n\narticle baghuz-falls is no longer available\n\n")


class Failing(FakeDesk):
    def __init__(self, failure: BaseException) -> None:
        super().__init__(ARTICLES, CONFIG)
        self.failure = failure

    def ask(self, question: str) -> Answer:
        if question == "fail":
            raise self.failure
        return super().ask(question)


def test_a_failure_is_one_line_and_the_next_question_is_answered() -> None:
    damaged = Failing(IndexDamaged(Path("index.db"), "page 3"))
    written = answers("fail", ASKED, at=damaged)
    assert written[:2] == [
        "index damaged: index.db: page 3; mend it with `byline build`", "The Syrian Democratic Forces",
    ]  # fmt: skip


def test_our_own_bug_is_one_line_without_its_insides(caplog: pytest.LogCaptureFixture) -> None:
    written = answers(ASKED, "fail", ":context 1", at=Failing(ZeroDivisionError("secret path")))
    assert written[-3:-1] == [
        "Byline failed inside (ZeroDivisionError); please ask again or report it.",
        "the last answer has no citation; ask a question first",
    ]
    assert "secret path" in caplog.text


def test_without_a_terminal_ctrl_c_ends_it() -> None:
    with pytest.raises(KeyboardInterrupt):
        answers("fail", at=Failing(KeyboardInterrupt()))


@pytest.mark.parametrize("word", [":quit", ":q", ":qu", "quit", "exit", " :quit "])
def test_people_leave_in_several_ways(word: str) -> None:
    assert answers(word, ASKED) == [""]


def test_without_articles_it_says_how_to_get_some() -> None:
    """QUE-029."""
    empty = FakeDesk((), CONFIG)
    assert last(ASKED, at=empty) == "No articles are indexed yet; `byline build` reads them."
    assert last(":articles", at=empty) == "there are no articles yet"


def test_a_single_answer_is_shown_as_in_a_talk_without_hints() -> None:
    out, one = io.StringIO(), desk()
    print_answer(one.ask(ASKED), one, stdout=out)
    assert out.getvalue() == "\n\n".join(answers(ASKED)[:4]).replace("Read around a citation with :context 1.", "")


def test_it_runs_where_nothing_is_utf8() -> None:
    """CFG-021: an interpreter of its own, with the plainest locale; and no model library is loaded."""
    code = (
        "import sys; from pathlib import Path; from bot.chat_repl import repl; from bot.config import Config;"
        "from tests.bot.fake_desk import FakeDesk; from tests.bot.fake_articles import ARTICLES;"
        "repl(FakeDesk(ARTICLES, Config(Path())), Config(Path()));"
        "sys.exit(bool({'torch', 'haystack', 'transformers', 'sentence_transformers'} & sys.modules.keys()))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        input="what did the spokesman say of free Baghuz? é\n".encode(),
        env={"PYTHONPATH": str(ROOT), "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
        capture_output=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"[1] \\u201cBaghuz is free,\\u201d a spokesman wrote.\n" in done.stdout


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no pseudo-terminals of this kind")
def test_on_a_terminal_it_greets_completes_answers_and_takes_leave(tmp_path: Path) -> None:
    import pty

    program = (
        "from pathlib import Path; from bot.chat_repl import repl; from bot.config import Config;"
        "from tests.bot.fake_desk import FakeDesk; from tests.bot.fake_articles import ARTICLES;"
        f"config = Config(Path({str(tmp_path)!r}));"
        "repl(FakeDesk(ARTICLES, config, 'No reading model.'), config)"
    )
    ours, theirs = pty.openpty()
    env = {"PYTHONPATH": str(ROOT), "TERM": "xterm", "PROMPT_TOOLKIT_NO_CPR": "1", "LC_ALL": "C.UTF-8", "COLUMNS": "80"}
    prompt = rb"1m>"  # the space after it is drawn by moving the cursor
    with subprocess.Popen([sys.executable, "-c", program], stdin=theirs, stdout=theirs, stderr=theirs, env=env) as talk:
        os.close(theirs)
        try:
            screen = _until(ours, prompt)
            os.write(ours, b"half a line\x03:sou\t")
            screen += _until(ours, rb"ce")
            os.write(ours, b" ba\t")
            screen += _until(ours, rb"g.*h.*u.*z")
            os.write(ours, b"\x03" + ASKED.encode() + b"\r")
            # Until the prompt is back: keys pressed sooner go to the terminal, not to the program.
            screen += _until(ours, rb"with :context 1\.(?s:.*)" + prompt)
            os.write(ours, b"\x04")
            screen += _until(ours, rb"Goodbye\.")
            assert talk.wait(timeout=10) == 0
            assert f"+{ASKED}" in (tmp_path / ".index" / "repl_history").read_text(encoding="utf-8")
        finally:
            talk.kill()
            os.close(ours)
    for expected in (b"3 articles", b"No reading model.", b"\x1b[1;32mThe Syrian Democratic Forces"):
        assert expected in screen


def _until(terminal: int, expected: bytes) -> bytes:
    """What is written until the pattern stands in it."""
    read = b""
    while not re.search(expected, read):
        assert select.select([terminal], [], [], 20)[0], f"waited for {expected!r}, got {read!r}"
        read += os.read(terminal, 4_096)
    return read
