"""One call to Telegram after the other: each in its chat's turn, and again where that does no harm.

Comes in: calls, and the chats that they go to. Goes out: their results. The promises: a chat that Telegram holds back
gets nothing before it may; a call that cannot be made now raises Later, one that never can raises Gone; what may have
been carried out is repeated only if the caller says that it may. Knows nothing of what is sent.
"""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

from telegram.error import BadRequest, ChatMigrated, Forbidden, InvalidToken, RetryAfter, TelegramError

from bot.chat_telegram.entries import current
from bot.chat_telegram.inbox import Inbox
from bot.chat_telegram.limits import Pace
from bot.chat_telegram.wire import fate, pause_asked, said

T = TypeVar("T")
log = logging.getLogger(__name__)
PAUSES = (0.5, 1.0, 2.0, 4.0)  # seconds between tries at one place, before the work is put off
PUT_OFF = 15.0  # seconds, when Telegram cannot be reached: it is to be noticed within a minute that it can again
WORTH_WAITING = 2.5  # seconds that a worker waits for a chat's turn; longer, and it takes up other work
_LONGEST = 120.0  # seconds that work waits here which is not put off
_ORDER_PAUSES = (PUT_OFF,) * 8  # further ones for the answers of orders, which are not put off: they are done once
_GONE = (
    "chat not found", "user not found", "user is deactivated", "peer_id_invalid", "chat_write_forbidden", "was kicked",
    "not a member", "group chat was deactivated", "have no rights to send", "not enough rights to send",
    "need administrator rights", "chat_restricted", "user_is_blocked", "chat_id_invalid", "can't initiate conversation",
)  # fmt: skip
_TOPIC_GONE = ("topic_closed", "topic closed", "topic_deleted", "message thread not found")


class Later(Exception):
    """Not now: in `seconds`. `held` says that Telegram asked for the pause, so that what gets too old expires."""

    def __init__(self, seconds: float, *, held: bool = False) -> None:
        super().__init__(f"in {seconds:.0f} s")
        self.seconds, self.held = seconds, held


class Gone(Exception):
    """Never: the chat is not there for the bot any more, or (`whole` is false) only what was to be written to in it."""

    def __init__(self, chat: int, why: str, *, whole: bool = True) -> None:
        super().__init__(why)
        self.chat, self.whole = chat, whole


class Calls:
    """The turns of all chats. `inbox` knows which chats have moved."""

    def __init__(
        self,
        inbox: Inbox | None,
        pace: Pace | None = None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.clock, self.sleep = clock, sleep
        self._inbox, self._pace = inbox, pace or Pace()
        self._held: dict[int, float] = {}

    async def call(
        self, method: Callable[[], Awaitable[T]], *, chat: int | None, safe_to_repeat: bool, paced: bool = True
    ) -> T:
        """Make the call; what is not safe to repeat raises Telegram's error when its fate is unknown."""
        pauses = iter(PAUSES + _ORDER_PAUSES if ordered() else PAUSES)
        been: set[int] = set()
        while True:
            if chat is not None:
                await self._turn(chat, paced)
            try:
                return await method()
            except RetryAfter as error:
                await self._held_back(chat, error)
            except ChatMigrated as error:
                await self._migrated(chat, error, been)
            except TelegramError as error:
                _raise_if_gone(chat, error)
                known = fate(error)
                if known == "refused" and not isinstance(error, InvalidToken):
                    raise
                if known == "unknown" and not safe_to_repeat:
                    raise
                pause = next(pauses, None)
                if pause is None:
                    raise Later(PUT_OFF * random.uniform(0.7, 1.3)) from error
                await self.sleep(pause)

    async def soon(self, method: Callable[[], Awaitable[object]], seconds: float, wanted: Callable[[], bool]) -> bool:
        """Make a call that does no harm twice and is worth nothing after so many seconds, or once it is not wanted.

        False where it did not come through.
        """
        until = self.clock() + seconds
        for pause in PAUSES:
            try:
                await method()
                return True
            except TelegramError as error:
                refused = fate(error) == "refused" and not isinstance(error, RetryAfter)
                wait = pause_asked(error) + 0.2 if isinstance(error, RetryAfter) else pause
                if refused or self.clock() + wait >= until:
                    log.debug("a press or a line that is typed was not answered: %s", said(error))
                    return False
            await self.sleep(wait)
            if not wanted():
                return False
        return False

    def wait(self, chat: int) -> float:
        """Seconds until that chat may get a message."""
        now, home = self.clock(), self.home(chat)
        return max(self._held.get(home, now) - now, self._pace.wait(home, now), 0.0)

    def held(self, chat: int) -> bool:
        """Whether Telegram holds the chat back."""
        return self._held.get(self.home(chat), 0.0) > self.clock()

    def hold(self, chat: int | None, error: RetryAfter) -> float:
        """Send nothing to the chat until Telegram allows it again; the seconds until then."""
        seconds, now = _asked(error), self.clock()
        self._held = {other: until for other, until in self._held.items() if until > now}
        if chat is not None:
            self._held[self.home(chat)] = now + seconds
        return seconds

    def home(self, chat: int) -> int:
        """The number that a chat has now."""
        return chat if self._inbox is None else self._inbox.home(chat)

    async def _turn(self, chat: int, paced: bool) -> None:
        """Wait for the chat's turn, or raise Later where that takes long."""
        while wait := self.wait(chat):
            if (current.get() is not None and not ordered() and wait > WORTH_WAITING) or wait > _LONGEST:
                raise Later(wait, held=self.held(chat))
            await self.sleep(wait)
        if paced and (pause := self._pace.book(self.home(chat), self.clock())):
            await self.sleep(pause)

    async def _held_back(self, chat: int | None, error: RetryAfter) -> None:
        """Telegram wants a pause: the chat is held, the work put off; what no entry waits for waits here."""
        seconds = self.hold(chat, error)
        log.warning("Telegram holds a chat back for %.0f s", seconds)
        if (current.get() is not None and not ordered()) or seconds > _LONGEST:
            raise Later(seconds, held=True) from error
        await self.sleep(seconds)

    async def _migrated(self, chat: int | None, error: ChatMigrated, been: set[int]) -> None:
        """The chat has another number: the call is made there, but a number that it came from is not followed."""
        if chat is None or self._inbox is None:
            raise error
        been.add(self.home(chat))
        if error.new_chat_id in been:
            raise Gone(chat, f"{said(error)}, in a circle", whole=False) from error
        await self._inbox.move(chat, error.new_chat_id)


def ordered() -> bool:
    """Whether an administrator's order is in work: it is done once, so what it says waits here or is never said."""
    work = current.get()
    return work is not None and work.entry.kind == "admin" and not work.entry.tries


def _asked(error: RetryAfter) -> float:
    """The seconds that Telegram wants, and a little more, so that not all come back at once."""
    seconds = pause_asked(error)
    return seconds + random.uniform(0.2, 1.0 + min(4.0, seconds * 0.1))


def _raise_if_gone(chat: int | None, error: TelegramError) -> None:
    if chat is None or not isinstance(error, Forbidden | BadRequest):
        return
    text = str(error).lower()
    if any(words in text for words in _TOPIC_GONE):
        raise Gone(chat, said(error), whole=False) from error
    if isinstance(error, Forbidden) or any(words in text for words in _GONE):
        raise Gone(chat, said(error)) from error
