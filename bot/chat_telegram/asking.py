"""Questions from many chats -> one model thread, in order, with a bounded line and an honest "busy".

Comes in: questions, sentences to look up, work with the archive. Goes out: replies. The promises: nothing here blocks
the event loop; at most one model runs at a time; whoever asks much waits for whoever does not; a line that is full
refuses at once (`Busy`), and so does a wait that grew too long; the same question in the same scope and generation is
read once, however many ask it together (twice where some of them have asked much before); all that belongs to one reply
comes from one generation. Knows nothing of Telegram.
"""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Protocol, TypeVar

from bot.answer import Answer
from bot.chat_telegram.limits import Quota
from bot.chat_telegram.turns import Aside, Turns
from bot.cite import Citation
from bot.desk import Context
from bot.errors import BylineError, QuestionRefused
from bot.question import question as as_question
from bot.quoted import Verdict
from index.store import Scope, Snapshot

T = TypeVar("T")
_Key = tuple[str, Scope, str]

WAITING = 64  # jobs in the line; the inbox lets fewer through than this, so a full one is our own overload
PATIENCE = 60.0  # seconds until a person is told to try again
_KEPT = 256  # replies; a few kilobytes each
_OTHER_THREADS = 2  # for other people's work, which may be a build
# What goes first: a look by search alone, for it takes milliseconds and somebody is typing; then questions; then those of
# whoever has asked so many in so many seconds before; last those that nobody waits for.
_LOOK, _QUESTION, _FURTHER, _NOBODY = range(4)
_SHARE = (2, 10.0)


class Busy(Exception):
    """The line is full, or the wait was too long; nothing is wrong."""


class AnswerGone(BylineError):
    """What was quoted does not stand in the articles any more: they have changed since."""


@dataclass(frozen=True, slots=True)
class Covered:
    """What a chat's answers come from: how many articles, and the dates of the first and last, where any is dated."""

    articles: int
    first: str | None = None
    last: str | None = None


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer with what else might be one, best first, and what it was looked for in."""

    answer: Answer
    more: tuple[Citation, ...] = ()
    covered: Covered = Covered(0)


class Library(Protocol):
    """The articles and models, as the model thread sees them. Everything blocks; failures are BylineError or IndexFailure."""

    def snapshot(self) -> Snapshot:
        """The newest generation, held open."""

    def generation(self) -> str:
        """The newest generation's name, looked up anew each time."""

    def ask(self, question: str, scope: Scope, aside: Aside) -> Reply:
        """The answer, all from one generation; calls `aside` between its steps."""

    def around(self, citation: Citation, generation: str, sentences: int, scope: Scope) -> Context:
        """The citation among its neighbours as they are now; raises `AnswerGone`, and the like of damage."""

    def check(self, citations: Sequence[Citation], generation: str, scope: Scope) -> None:
        """Compare quotes of that generation with the articles as they are now; raises `AnswerGone`, and where that is
        the newest one, so that there is damage, ArticleUnknown or CitationBroken."""

    def quoted(self, text: str, scope: Scope, aside: Aside) -> Verdict:
        """Whether the text stands in the articles word for word; calls `aside` between its steps."""

    def found(self, text: str, scope: Scope, k: int) -> tuple[Citation, ...]:
        """The best sentences by search alone."""

    def covered(self, scope: Scope) -> Covered:
        """What the scope holds now."""


class Asking:
    """The room where questions wait; shared by all chats. Use it from one event loop."""

    def __init__(
        self, library: Library, max_chars: int = 1000, waiting: int = WAITING, patience: float = PATIENCE
    ) -> None:
        self._library, self._max_chars, self._waiting, self._patience = library, max_chars, waiting, patience
        self._turns = Turns("models")
        self._shares = Quota([_SHARE])
        self._looks = ThreadPoolExecutor(1, "looks")
        self._others = ThreadPoolExecutor(_OTHER_THREADS, "archive")
        self._replies: OrderedDict[_Key, Reply] = OrderedDict()
        self._asked: dict[tuple[_Key, int], asyncio.Future[Reply]] = {}

    async def ask(self, question: str, scope: Scope, who: Hashable = None) -> Reply:
        """The reply to a question; raises `Busy`, BylineError, IndexFailure.

        `who` is told from all others that ask; None where nobody waits for it.
        """
        generation = await self._look(self._library.generation)
        key = (self._normal(question), scope, generation)
        if key in self._replies:
            self._replies.move_to_end(key)
            return self._replies[key]
        urgency = self._urgency(who)
        if (key, _QUESTION) in self._asked:
            urgency = _QUESTION  # somebody else's is in the line already
        asked = key, urgency
        if asked not in self._asked:
            self._asked[asked] = self._wait_for(lambda aside: self._library.ask(question, scope, aside), urgency)
            self._asked[asked].add_done_callback(lambda done: self._keep(asked, done))
        return await self._patiently(self._asked[asked], shared=True)

    async def around(self, citation: Citation, generation: str, sentences: int, scope: Scope = None) -> Context:
        """The sentences around a citation of that generation, as they are now; raises `AnswerGone`."""
        return await self._look(lambda: self._library.around(citation, generation, sentences, scope))

    async def check(self, citations: Sequence[Citation], generation: str, scope: Scope) -> None:
        """Compare stored quotes with the articles before they are shown again; raises `AnswerGone` and the like."""
        await self._look(lambda: self._library.check(citations, generation, scope))

    async def quoted(self, text: str, scope: Scope, who: Hashable) -> Verdict:
        """Whether the text stands in the articles of the scope, word for word; `who` asks as for an answer."""
        work = partial(self._library.quoted, text, scope)
        return await self._patiently(self._wait_for(work, self._urgency(who)))

    async def found(self, text: str, scope: Scope, k: int) -> tuple[Citation, ...]:
        """Sentences by search alone."""
        return await self._patiently(self._wait_for(lambda _: self._library.found(text, scope, k), _LOOK))

    async def covered(self, scope: Scope) -> Covered:
        """What the scope holds now."""
        return await self._look(lambda: self._library.covered(scope))

    def snapshot(self) -> Snapshot:
        """The newest generation; it blocks: call it in work that is given to `off`."""
        return self._library.snapshot()

    async def off(self, work: Callable[[], T]) -> T:
        """Other work with the archive, off the loop and not in the questions' line."""
        return await asyncio.get_running_loop().run_in_executor(self._others, work)

    def waiting(self) -> int:
        """How many jobs stand in the line, the one being done not counted."""
        return self._turns.waiting()

    def people_waiting(self) -> int:
        """How many of them somebody waits for."""
        return self._turns.waiting(_NOBODY)

    def close(self) -> None:
        """Drop what waits; what runs in a thread ends by itself."""
        self._turns.close()
        self._looks.shutdown(wait=False, cancel_futures=True)
        self._others.shutdown(wait=False, cancel_futures=True)

    async def _look(self, work: Callable[[], T]) -> T:
        """A short look at the articles, on a thread of its own: no build and no model holds it up."""
        return await asyncio.get_running_loop().run_in_executor(self._looks, work)

    def _normal(self, question: str) -> str:
        try:
            return as_question(question, self._max_chars).text
        except QuestionRefused:
            return question.strip()

    def _wait_for(self, work: Callable[[Aside], T], urgency: int) -> asyncio.Future[T]:
        """Put the work into the line, the last half of which is not for those who ask much.

        A question that others may share stays there when its asker has given up; were all places such, nobody else's
        would be taken.
        """
        if self._turns.waiting() >= (self._waiting // 2 if urgency >= _FURTHER else self._waiting):
            raise Busy
        return self._turns.put(work, urgency)

    def _urgency(self, who: Hashable) -> int:
        """How urgent the next question is of that one. All that was asked counts: who floods the bot is never early."""
        if who is None:
            return _NOBODY
        now = time.monotonic()
        much = self._shares.wait(who, now) > 0
        self._shares.book(who, now)
        return _FURTHER if much else _QUESTION

    def _keep(self, asked: tuple[_Key, int], done: asyncio.Future[Reply]) -> None:
        """Keep the reply under the generation that gave it."""
        self._asked.pop(asked, None)
        key, _ = asked
        reply = None if done.cancelled() or done.exception() else done.result()
        if reply is not None and reply.answer.generation is not None:
            self._replies[key[0], key[1], reply.answer.generation] = reply
            while len(self._replies) > _KEPT:
                self._replies.popitem(last=False)

    async def _patiently(self, future: asyncio.Future[T], shared: bool = False) -> T:
        """Wait for it, but not for ever; what nobody waits for any more leaves the line, unless others share it."""
        try:
            return await asyncio.wait_for(asyncio.shield(future) if shared else future, self._patience)
        except TimeoutError:
            raise Busy from None
