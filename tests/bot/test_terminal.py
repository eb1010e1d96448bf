"""The screen and the keyboard: nothing in a text is obeyed, nothing fails on an encoding, lines are kept."""

from __future__ import annotations

import io
import re
import stat
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prompt_toolkit.application import create_app_session
from prompt_toolkit.input import PipeInput, create_pipe_input
from prompt_toolkit.output import DummyOutput

from bot.message import Paragraph, Run, line
from bot.terminal import Keyboard, Screen, piped
from bot.visible import obeyed, visible

_STYLING = re.compile(r"\x1b\[[\d;]*m")


class Tty(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "60")
    monkeypatch.delenv("NO_COLOR", raising=False)


@pytest.fixture
def keys() -> Iterator[PipeInput]:
    with create_pipe_input() as typed, create_app_session(input=typed, output=DummyOutput()):
        yield typed


def shown(paragraph: Paragraph, out: io.StringIO, colour: bool = True) -> str:
    Screen(out, colour).show([paragraph])
    return out.getvalue()


@given(st.text(st.characters(exclude_categories=[])))
def test_no_text_is_obeyed_by_a_terminal(text: str) -> None:
    """Neither by a pipe's reader nor on a screen, where only our own styling remains; no letter is lost."""
    paragraph = Paragraph((Run(text, "answer"), Run(text)), marker=text[:3])
    letters = "".join(visible(text[:3] + text + text).split())
    for out in (io.StringIO(), Tty()):
        written = shown(paragraph, out)
        written = _STYLING.sub("", written) if out.isatty() else written
        assert not obeyed(written.replace("\n", ""))
        assert "".join(written.split()) == letters


def test_every_control_and_direction_character_is_written_as_an_escape() -> None:
    kept = "\u200c\u200d"  # joiners: letters need them
    for code in range(0x110000):
        character = chr(code)
        category, direction = unicodedata.category(character), unicodedata.bidirectional(character)
        if category in ("Cc", "Cs") or direction in ("LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"):
            assert obeyed(character), hex(code)
    assert visible(f"a\x1bb\u202ec\ud800\x9b{kept}\td\ne") == f"a\\x1bb\\u202ec\\ud800\\x9b{kept} d e"
    assert visible("Ünï, «日本», 🙂, نمی‌خواهم") == "Ünï, «日本», 🙂, نمی‌خواهم"


def test_markup_is_letters() -> None:
    tricks = "[bold]x[/bold] :smile: [link=http://evil.example]y[/] https://a.example 'z' 12"
    assert shown(line(tricks), io.StringIO()) == tricks + "\n"
    assert shown(line(tricks), Tty()).replace("\n", " ").strip() == tricks


def test_a_pipe_gets_one_line_a_paragraph_without_styles() -> None:
    text = "word " * 60
    written = shown(Paragraph((Run(text), Run("end", "answer")), marker="[1]"), io.StringIO())
    assert written == f"[1] {text}end\n"


def test_a_screen_gets_wrapped_lines_that_hang_behind_the_marker() -> None:
    written = shown(Paragraph((Run("word " * 15),), marker="[1]"), Tty())
    assert [one.rstrip() for one in _STYLING.sub("", written).splitlines()] == [
        "[1] " + " ".join(["word"] * 11),
        "    " + " ".join(["word"] * 4),
    ]


def test_an_address_is_left_whole_so_that_it_can_be_clicked() -> None:
    address = "https://news.example/" + "a" * 80
    assert _STYLING.sub("", shown(Paragraph((Run(address, "faint"),), indent=4), Tty())) == f"    {address}\n"


def test_colour_can_be_turned_off_and_emphasis_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    answer = line("SDF", "answer")
    assert "\x1b[1;32m" in shown(answer, Tty())
    assert shown(answer, Tty(), colour=False) == "\x1b[1mSDF\x1b[0m\n"
    monkeypatch.setenv("NO_COLOR", "1")
    assert shown(answer, Tty()) == "\x1b[1mSDF\x1b[0m\n"


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp1252"])
def test_what_the_output_cannot_hold_is_written_as_an_escape(encoding: str) -> None:
    """CFG-021, the writing half."""
    raw = io.BytesIO()
    out = io.TextIOWrapper(raw, encoding=encoding, newline="\n")
    Screen(out, colour=True).show([line("“Baghuz” 日本")])
    out.flush()
    assert raw.getvalue().decode(encoding).replace("“", "\\u201c").replace("”", "\\u201d") == (
        "\\u201cBaghuz\\u201d \\u65e5\\u672c\n"
    )


def test_a_pipe_is_read_as_utf8_whatever_the_locale_says() -> None:
    stdin = io.TextIOWrapper(io.BytesIO("wer? é\n".encode() + b"\xff?\nlast"), encoding="ascii")
    assert list(piped(stdin)) == ["wer? é", "\udcff?", "last"]


def test_ctrl_c_begins_the_line_anew_and_ctrl_d_ends(keys: PipeInput) -> None:
    keys.send_text("half a question\x03whole question\r\x04")
    assert list(Keyboard(lambda _: [], None)) == ["whole question"]


def test_lines_are_kept_for_the_next_session_for_their_owner_only(keys: PipeInput, tmp_path: Path) -> None:
    file = tmp_path / "index" / "repl_history"
    keys.send_text("first\r\x04")
    assert list(Keyboard(lambda _: [], file)) == ["first"]
    assert "+first" in file.read_text(encoding="utf-8")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    keys.send_text("\x1b[A\r\x04")
    assert list(Keyboard(lambda _: [], file)) == ["first"]


def test_a_history_that_cannot_be_kept_does_not_matter(keys: PipeInput, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    keys.send_text("first\r\x04")
    assert list(Keyboard(lambda _: [], tmp_path / "file" / "repl_history")) == ["first"]
