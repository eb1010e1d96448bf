"""Answers -> the turns of a talk that a next question may follow on.

Comes in: answers as they were given, and a clock. Goes out: turns, oldest first, none older than it may be. The promise:
courtesies and what could not be asked are no turns, so that "thanks" does not end a talk. Knows nothing of where a front
keeps its answers: `Talk` is for one that keeps them in memory.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from bot.answer import Answer
from bot.follow import followed
from bot.mentions import Turn

# Turns that a pronoun is looked for in, newest first; more won little on CANARD: docs/LOG.md.
TURNS = 4
_CHARACTERS = 1_000  # of a question or quote that is looked through for names; a longer question is a pasted text
_ASKED = frozenset({"nothing_close", "no_answer_in_articles", "not_from_outlet"})


def turn(given: Answer) -> Turn | None:
    """The turn that an answer makes; None where nothing was asked of the articles."""
    if given.status != "answered" and given.reason not in _ASKED:
        return None
    asked = given.understood or given.question
    if len(asked) > _CHARACTERS:
        return None
    quote = given.citations[0].quote[:_CHARACTERS] if given.citations else None
    return Turn(asked, given.answer, quote, given.question)


class Talk:
    """One person's talk, in memory until it is over."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._turns: deque[tuple[float, Turn]] = deque(maxlen=TURNS)

    def understood(self, line: str, minutes: int) -> str | None:
        """The whole question that a line stands for after what was said in these minutes; None where it stands for itself."""
        since = self._clock() - minutes * 60
        return followed(line, [said for at, said in self._turns if at > since])

    def heard(self, given: Answer) -> None:
        """Take an answer for what the next question may follow on."""
        if (said := turn(given)) is not None:
            self._turns.append((self._clock(), said))

    def forget(self) -> None:
        """The next question follows on nothing."""
        self._turns.clear()
