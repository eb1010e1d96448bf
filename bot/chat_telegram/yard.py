"""Where the index is changed for administrators: one deed at a time, beside the updates.

Comes in: deeds, and what to do beside the updates. Goes out: news of them to whoever began them. The promises others
lean on: a handler is done at once while its work goes on here; two deeds never run at the same time; work that fails
says so in the chat and in one line of the log, without any text of users. Knows nothing of what deeds do.
"""

from __future__ import annotations

import asyncio
import contextvars
import logging
import secrets
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any, Protocol

from telegram.error import TelegramError
from telegram.ext import CallbackContext

from bot.chat_telegram.calls import Gone, Later
from bot.chat_telegram.deeds import Deed, News
from bot.chat_telegram.notice import Notice
from bot.chat_telegram.office import Office, office
from bot.chat_telegram.parts import plain
from bot.chat_telegram.workshop import Bench, Workshop

log = logging.getLogger(__name__)


class Shop(Protocol):
    """A workshop, or what stands in for one in tests."""

    def open(self, deed: Deed) -> AbstractAsyncContextManager[Bench]: ...


class Yard:
    """The deeds under way, and those that wait for a word."""

    def __init__(self, office: Office, shop: Shop | None = None) -> None:
        self.office = office
        self._shop = shop or Workshop(office.config)
        self._one_at_a_time = asyncio.Lock()
        self._tasks: set[asyncio.Task[None]] = set()
        self._asked: dict[int, asyncio.Future[bool]] = {}
        self.rebuilding = False
        self.intake: dict[int, list[Any]] = {}  # documents that came to a chat and are not being read yet

    @property
    def busy(self) -> bool:
        """Whether a deed is under way."""
        return self._one_at_a_time.locked()

    def notice(self, chat: int, message: int | None = None) -> Notice:
        """A message in that chat for one piece of work: a new one, or the one given."""
        return Notice(self.office.sender, chat, self.office.clock, message)

    def begin(self, work: Coroutine[Any, Any, None], notice: Notice | None = None) -> None:
        """Let work go on beside the updates; its failures are told in the notice and logged."""

        async def watched() -> None:
            try:
                await work
            except asyncio.CancelledError:
                raise
            except (Later, Gone, TelegramError) as failure:
                log.warning("work beside the updates could not be told: %s", type(failure).__name__)
            except Exception as error:
                number = secrets.token_hex(3)
                log.error("work beside the updates failed, fault %s: %s", number, _where(error))
                if notice is not None:
                    await notice.finish(plain(f"That failed through a fault of my own, number {number} in the log."))

        # a context of its own: the update that began it is done before the work is
        task = asyncio.get_running_loop().create_task(watched(), context=contextvars.Context())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        task.add_done_callback(lambda _: work.close())  # cancelled before its first step

    async def do(self, deed: Deed, notice: Notice, decide: Callable[[News], Awaitable[bool]] | None = None) -> News:
        """Do the deed and return its last news; `decide` says whether what is staged may be published."""
        async with self._alone(notice), self._shop.open(deed) as bench:
            while True:
                last = News("failed", "The work ended without a word.")
                async for last in bench.news():
                    if last.kind == "progress":
                        of = f" of {last.total:,}" if last.total else ""
                        await notice.say(f"Working: {last.text}, {last.done:,}{of} …")
                if last.kind != "staged":
                    return last
                yes = decide is not None and await decide(last)
                await bench.say("publish" if yes else "discard")
                if not yes:
                    return last

    def ask(self, number: int) -> asyncio.Future[bool]:
        """What will hold the answer to the question of that number, once it is pressed."""
        future: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._asked[number] = future
        future.add_done_callback(lambda _: self._asked.pop(number, None))
        return future

    def answer(self, number: int, yes: bool) -> bool:
        """Hand the answer to whoever waits for it; false where nobody does any more."""
        future = self._asked.get(number)
        if future is None or future.done():
            return False
        future.set_result(yes)
        return True

    async def settled(self) -> None:
        """Wait until nothing is under way."""
        while self._tasks:
            await asyncio.wait(set(self._tasks))

    async def close(self) -> None:
        """End what is under way; what was not published is not."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    @asynccontextmanager
    async def _alone(self, notice: Notice) -> AsyncIterator[None]:
        if self.busy:
            await notice.say("Another change of the articles is under way; this one waits for it …")
        async with self._one_at_a_time:
            yield


def _where(error: BaseException) -> str:
    """An error by its class and place, without its text, which may hold what people wrote."""
    frames = traceback.extract_tb(error.__traceback__)[-4:]
    return f"{type(error).__name__} at {' < '.join(f'{Path(f.filename).name}:{f.lineno}' for f in reversed(frames))}"


def yard(context: CallbackContext[Any, Any, Any, Any]) -> Yard:
    """The yard of this application, made when it is first needed."""
    kept = context.bot_data.get("yard")
    if not isinstance(kept, Yard):
        kept = context.bot_data["yard"] = Yard(office(context))
    return kept
