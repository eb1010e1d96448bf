"""Whose turn it is on the model thread: the more urgent first, also between the steps of what is under way."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable

import pytest

from bot.chat_telegram.asking import Asking, Busy, Reply
from bot.chat_telegram.turns import Aside, Turns
from index.store import Scope
from tests.bot.telegram.newsroom import in_loop
from tests.bot.telegram.test_asking import SlowLibrary, until


class Steps:
    """Pieces of work of two steps, the first of which can be held; notes what was done in which order, and where."""

    def __init__(self) -> None:
        self.done: list[str] = []
        self.threads: set[str] = set()
        self.go = threading.Event()

    def piece(self, name: str, held: bool = False) -> Callable[[Aside], str]:
        """A piece of that name."""

        def work(aside: Aside) -> str:
            self.threads.add(threading.current_thread().name)
            self.done.append(f"{name} begins")
            if held:
                self.go.wait(10)
            aside()
            self.done.append(f"{name} ends")
            return name

        return work


@in_loop
async def test_the_more_urgent_goes_between_the_steps_of_the_less_urgent_and_all_else_in_order() -> None:
    turns, steps = Turns("models"), Steps()
    first = turns.put(steps.piece("first", held=True), 2)
    await until(lambda: steps.done)
    others = [
        turns.put(steps.piece(name), urgency) for name, urgency in (("like", 2), ("more", 1), ("most", 0), ("too", 1))
    ]
    assert turns.waiting() == 4
    steps.go.set()
    assert await asyncio.gather(first, *others) == ["first", "like", "more", "most", "too"]
    between = [f"{name} {what}" for name in ("most", "more", "too") for what in ("begins", "ends")]
    assert steps.done == ["first begins", *between, "first ends", "like begins", "like ends"]
    assert len(steps.threads) == 1
    turns.close()


@in_loop
async def test_what_fails_or_was_given_up_between_steps_leaves_the_rest_as_it_is() -> None:
    turns, steps = Turns("models"), Steps()
    first = turns.put(steps.piece("first", held=True), 2)
    await until(lambda: steps.done)
    failing = turns.put(lambda _: 1 // 0, 1)
    given_up = turns.put(steps.piece("given up"), 1)
    given_up.cancel()
    steps.go.set()
    assert await first == "first"
    with pytest.raises(ZeroDivisionError):
        await failing
    assert steps.done == ["first begins", "first ends"]
    assert await turns.put(steps.piece("later"), 1) == "later"
    turns.close()


@in_loop
async def test_what_waits_when_all_is_closed_is_given_up() -> None:
    turns, steps = Turns("models"), Steps()
    first = turns.put(steps.piece("first", held=True), 1)
    await until(lambda: steps.done)
    second = turns.put(steps.piece("second"), 1)
    turns.close()
    steps.go.set()
    assert await first == "first"
    assert second.cancelled() and steps.done == ["first begins", "first ends"]


class Stepping(SlowLibrary):
    """Lets more urgent questions go when it is let, and notes whose answers are ready."""

    def ask(self, question: str, scope: Scope, aside: Aside) -> Reply:
        reply = super().ask(question, scope, aside)
        self.asked.append(f"{question} answered")
        return reply


@in_loop
async def test_whoever_asks_much_waits_for_whoever_does_not_even_when_already_begun() -> None:
    library = Stepping()
    library.go.set()
    asking = Asking(library)
    for i in range(2):
        await asking.ask(f"{i}?", None, "flooder")
    library.asked.clear()
    library.go.clear()
    flood = [asyncio.create_task(asking.ask(f"flood {i}?", None, "flooder")) for i in range(2)]
    await until(lambda: library.inside == 1)
    others = [asyncio.create_task(asking.ask(f"{name}?", None, name)) for name in ("ana", "ben")]
    await until(lambda: asking.waiting() == 3)
    library.go.set()
    await asyncio.gather(*flood, *others)
    answered = [said for said in library.asked if said.endswith("answered")]
    assert answered == [f"{said}? answered" for said in ("ana", "ben", "flood 0", "flood 1")]
    assert library.asked[0] == "flood 0?"
    asking.close()


@in_loop
async def test_whoever_asks_much_cannot_fill_the_line_even_with_questions_that_were_given_up() -> None:
    library = Stepping()
    asking = Asking(library, waiting=4)
    flood = [asyncio.create_task(asking.ask(f"flood {i}?", None, "flooder")) for i in range(8)]
    await until(lambda: sum(one.done() for one in flood) == 5)
    for one in flood:
        one.cancel()
    ends = await asyncio.gather(*flood, return_exceptions=True)
    assert sum(isinstance(end, Busy) for end in ends) == 5
    assert asking.waiting() == 2, "given up, and still there for whoever asks the same"
    others = [asyncio.create_task(asking.ask(f"{name}?", None, name)) for name in ("ana", "ben")]
    await until(lambda: asking.waiting() == 4)
    library.go.set()
    assert [reply.answer.question for reply in await asyncio.gather(*others)] == ["ana?", "ben?"]
    asking.close()


@in_loop
async def test_a_question_of_one_who_asks_much_is_not_waited_for_by_another_who_asks_the_same() -> None:
    library = Stepping()
    asking = Asking(library)
    nobodys = asyncio.create_task(asking.ask("first?", None))
    await until(lambda: library.inside == 1)
    for_nobody = asyncio.create_task(asking.ask("same?", None))
    await until(lambda: asking.waiting() == 1)
    assert asking.people_waiting() == 0
    same = [asyncio.create_task(asking.ask("same?", None, name)) for name in ("ana", "ben")]
    await until(lambda: asking.waiting() == 2)
    assert asking.people_waiting() == 1
    library.go.set()
    replies = await asyncio.gather(nobodys, for_nobody, *same)
    assert {reply.answer.question for reply in replies[1:]} == {"same?"}
    assert library.asked.index("same? answered") < library.asked.index("first? answered")
    assert library.asked.count("same?") == 2
    asking.close()


@in_loop
async def test_quotes_to_check_count_as_questions_and_wait_like_them() -> None:
    library = Stepping()
    library.go.set()
    asking = Asking(library)
    for i in range(2):
        await asking.quoted(f"quote {i}", None, "flooder")
    library.go.clear()
    flood = asyncio.create_task(asking.quoted("quote 2", None, "flooder"))
    await until(lambda: library.inside == 1)
    more = asyncio.create_task(asking.ask("flood?", None, "flooder"))
    await until(lambda: asking.waiting() == 1)
    other = asyncio.create_task(asking.ask("ana?", None, "ana"))
    await until(lambda: asking.waiting() == 2)
    library.asked.clear()
    library.go.set()
    await asyncio.gather(flood, more, other)
    assert [said for said in library.asked if not said.endswith("answered")] == ["ana?", "flood?"]
    asking.close()


@in_loop
async def test_who_asks_on_and_on_is_never_early_again_however_few_of_them_are_answered(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = 0.0
    monkeypatch.setattr("bot.chat_telegram.asking.time.monotonic", lambda: now)
    asking = Asking(SlowLibrary())
    urgencies = []
    for i in range(60):
        now = 2.0 * i  # as many as the limits let through
        urgencies.append(asking._urgency("flooder"))
    assert len(set(urgencies[:2])) == 1 and len(set(urgencies[2:])) == 1 and urgencies[1] < urgencies[2]
    now += 10
    assert asking._urgency("flooder") == urgencies[0], "who stops is like anybody else"
    assert asking._urgency(None) > urgencies[2], "what nobody waits for goes after all"
    asking.close()
