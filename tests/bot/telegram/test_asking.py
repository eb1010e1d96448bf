"""The room where questions wait: one at a time, bounded, shared, never on the loop."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from bot.answer import Answer
from bot.chat_telegram.asking import AnswerGone, Asking, Busy, Covered, Reply
from bot.chat_telegram.library import ArchiveLibrary
from bot.chat_telegram.turns import Aside
from bot.cite import Citation
from bot.desk import Context
from bot.errors import CitationBroken
from bot.quoted import Verdict
from index.errors import IndexFailure
from index.store import Scope, Snapshot, open_snapshot
from tests.bot.fake_articles import BARE, PLAIN
from tests.bot.telegram.newsroom import ASKED, HARBOUR, in_loop
from tests.bot.tiny_archive import archive, publish_articles


class SlowLibrary:
    """Answers when it is let; counts who is inside and on which thread."""

    def __init__(self) -> None:
        self.go = threading.Event()
        self.asked: list[str] = []
        self.inside = self.most = 0
        self.current = "gen-1"
        self.fails = False

    def _work(self, said: str) -> None:
        assert threading.current_thread() is not threading.main_thread()
        self.inside += 1
        self.most = max(self.most, self.inside)
        self.asked.append(said)
        self.go.wait(10)
        self.inside -= 1
        if self.fails:
            raise IndexFailure("no")

    def snapshot(self) -> Snapshot:
        raise NotImplementedError

    def generation(self) -> str:
        return self.current

    def ask(self, question: str, scope: Scope, aside: Aside) -> Reply:
        self._work(question)
        aside()
        return Reply(Answer(question, "not_found", "nothing_close", None, 0.0, (), (), self.current))

    def found(self, text: str, scope: Scope, k: int) -> tuple[Citation, ...]:
        self._work(text)
        return ()

    def around(self, citation: Citation, generation: str, sentences: int, scope: Scope) -> Context:
        raise AnswerGone

    def check(self, citations: Sequence[Citation], generation: str, scope: Scope) -> None:
        raise AnswerGone

    def quoted(self, text: str, scope: Scope, aside: Aside) -> Verdict:
        self._work(text)
        aside()
        return Verdict("absent")

    def covered(self, scope: Scope) -> Covered:
        return Covered(0)


async def until(true: object) -> None:
    """Wait until the function says so."""
    assert callable(true)
    for _ in range(2000):
        if true():
            return
        await asyncio.sleep(0.002)
    raise AssertionError("it never came true")


@in_loop
async def test_one_model_runs_at_a_time_in_the_order_of_asking_and_the_loop_goes_on() -> None:
    library = SlowLibrary()
    asking = Asking(library)
    waiting = [asyncio.create_task(asking.ask(f"question {i}?", None)) for i in range(5)]
    await until(lambda: asking.waiting() == 4)
    library.go.set()
    replies = await asyncio.gather(*waiting)
    assert [reply.answer.question for reply in replies] == [f"question {i}?" for i in range(5)] == library.asked
    assert library.most == 1
    asking.close()


@in_loop
async def test_a_line_that_is_full_refuses_at_once_and_takes_questions_again_later() -> None:
    library = SlowLibrary()
    asking = Asking(library, waiting=2)
    waiting = [asyncio.create_task(asking.ask(f"{i}?", None, f"person {i}")) for i in range(3)]
    await until(lambda: asking.waiting() == 2)
    with pytest.raises(Busy):
        await asking.ask("one too many?", None, "another")
    library.go.set()
    await asyncio.gather(*waiting)
    await asking.ask("later?", None, "another")
    asking.close()


@in_loop
async def test_whoever_waits_too_long_is_told_busy_and_their_question_leaves_the_line() -> None:
    library = SlowLibrary()
    asking = Asking(library, patience=0.1)
    first = asyncio.create_task(asking.ask("first?", None))
    await until(lambda: library.inside == 1)
    for impatient in (asking.quoted("a text of some words", None, "ana"), first):
        with pytest.raises(Busy):
            await impatient
    library.go.set()
    asking_again = await asking.ask("later?", None)
    assert asking_again.answer.question == "later?" and "a text of some words" not in library.asked
    asking.close()


@in_loop
async def test_the_same_question_is_read_once_however_many_ask_and_anew_after_a_publication_or_in_another_scope() -> (
    None
):
    library = SlowLibrary()
    library.go.set()
    asking = Asking(library)
    together = await asyncio.gather(*(asking.ask(f"  who{' ' * i} is it? ", None) for i in range(1, 9)))
    assert len({id(reply) for reply in together}) == 1 and len(library.asked) == 1
    await asking.ask("who is it?", frozenset({"docks"}))
    assert len(library.asked) == 2
    library.current = "gen-2"
    assert (await asking.ask("who is it?", None)).answer.generation == "gen-2"
    assert len(library.asked) == 3
    asking.close()


@in_loop
async def test_a_failure_reaches_everybody_who_asked_and_is_not_kept() -> None:
    library = SlowLibrary()
    library.go.set()
    library.fails = True
    asking = Asking(library)
    failed = await asyncio.gather(*(asking.ask("who?", None) for _ in range(3)), return_exceptions=True)
    assert all(isinstance(one, IndexFailure) for one in failed)
    library.fails = False
    assert (await asking.ask("who?", None)).answer.question == "who?"
    asking.close()


@in_loop
async def test_typed_lines_go_before_questions() -> None:
    library = SlowLibrary()
    asking = Asking(library)
    waiting = [asyncio.create_task(asking.ask(f"{i}?", None)) for i in range(3)]
    await until(lambda: asking.waiting() == 2)
    typed = asyncio.create_task(asking.found("typed", None, 10))
    await until(lambda: asking.waiting() == 3)
    library.go.set()
    await asyncio.gather(*waiting, typed)
    assert library.asked == ["0?", "typed", "1?", "2?"]
    asking.close()


@in_loop
async def test_a_thousand_different_questions_leave_at_most_256_replies() -> None:
    library = SlowLibrary()
    library.go.set()
    asking = Asking(library)
    for i in range(600):
        await asking.ask(f"question {i}?", None)
    assert len(asking._replies) == 256 and not asking._asked and not asking.waiting()
    asking.close()


@in_loop
async def test_what_an_old_answer_quoted_is_shown_as_long_as_the_articles_hold_it_and_no_longer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    index = tmp_path / "index"
    publish_articles(index, (PLAIN, BARE))
    asking = Asking(ArchiveLibrary(archive(index, monkeypatch)))
    first = (await asking.ask(ASKED, None)).answer
    generation, quoted = first.generation, first.citations[0]
    assert quoted.article == PLAIN.id and generation is not None
    for _ in range(4):  # older ones are not kept so long
        publish_articles(index, (PLAIN, HARBOUR))
        publish_articles(index, (PLAIN, BARE, HARBOUR))
    assert not (index / generation).exists()
    context = await asking.around(quoted, generation, 1)
    assert PLAIN.text.startswith(context.before + context.quote)
    corrected = replace(PLAIN, text=PLAIN.text.replace("declared", "never declared"))
    for left in ((BARE, HARBOUR), (BARE, corrected)):
        publish_articles(index, (PLAIN, BARE))
        publish_articles(index, left)
        for wanted in (asking.around(quoted, generation, 1), asking.check((quoted,), generation, None)):
            with pytest.raises(AnswerGone):
                await wanted
    with pytest.raises(CitationBroken):  # of this very generation: that is damage
        await asking.check((replace(quoted, quote="x"),), open_snapshot(index).name, None)
    asking.close()


@in_loop
async def test_neither_questions_nor_builds_hold_up_a_look_at_the_articles() -> None:
    library = SlowLibrary()
    asking = Asking(library)
    task = asyncio.create_task(asking.ask("slow?", None))
    await until(lambda: library.inside == 1)
    builds = [asyncio.create_task(asking.off(lambda: library.go.wait(10))) for _ in range(3)]
    began = time.perf_counter()
    await asking.covered(None)
    with pytest.raises(AnswerGone):
        await asking.check((), "gen-0", None)
    assert time.perf_counter() - began < 5
    library.go.set()
    await asyncio.gather(task, *builds)
    asking.close()
