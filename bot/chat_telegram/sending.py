"""Everything that goes out to Telegram, with patience: paced, tried again where that is safe, never doubled at will.

Comes in: chats and parts with their entities. Goes out: messages in Telegram; their ids. The promises: an answer whose
sending was cut short goes on where it stopped; a message whose fate is unknown is sent once more and never a third
time; a chat that Telegram holds back gets nothing before it may; a send that cannot happen now raises Later, one that
never can raises Gone. There is no parse mode, and no link is previewed. Knows nothing of what is said.
"""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from typing import Protocol, TypeVar

from telegram import (
    InlineKeyboardMarkup,
    InlineQueryResult,
    InlineQueryResultsButton,
    LinkPreviewOptions,
    MessageEntity,
    ReplyParameters,
)
from telegram.error import BadRequest, ChatMigrated, Forbidden, InvalidToken, RetryAfter, TelegramError
from telegram.ext import ExtBot

from bot.chat_telegram.inbox import Inbox, current
from bot.chat_telegram.limits import Pace
from bot.chat_telegram.wire import fate, pause_asked, said

T = TypeVar("T")
log = logging.getLogger(__name__)
PAUSES = (0.5, 1.0, 2.0, 4.0)  # seconds between tries at one place, before the work is put off
PUT_OFF = 15.0  # seconds, when Telegram cannot be reached: it is to be noticed within a minute that it can again
WORTH_WAITING = 2.5  # seconds that a worker waits for a chat's turn; longer, and it takes up other work
TYPING_EVERY = 4.5  # Telegram shows it for five
_TOAST_SECONDS = 5.0  # that Telegram may ask for before the press of a button is answered; later, nobody waits for it
_ORDER_PAUSES = (PUT_OFF,) * 8  # further ones for the answers of orders, which are not put off: they are done once
_TYPING_FIRST = 0.25  # seconds that an answer waits for it
_NO_PREVIEW = LinkPreviewOptions(is_disabled=True)
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
    """Never: the chat is not there for the bot any more, or (`whole` is false) only the topic in it."""

    def __init__(self, chat: int, why: str, *, whole: bool = True) -> None:
        super().__init__(why)
        self.chat, self.whole = chat, whole


class Message(Protocol):
    """A message's text, and its entities with offsets in UTF-16 units."""

    @property
    def text(self) -> str: ...
    @property
    def entities(self) -> Sequence[MessageEntity]: ...


class Sender:
    """The one way out. `inbox` keeps what has been sent for the entry in work; without one nothing is resumed."""

    def __init__(
        self,
        bot: ExtBot[None],
        inbox: Inbox | None,
        pace: Pace | None = None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.bot = bot
        self.last_answer: float | None = None
        self._inbox, self._pace, self._clock, self._sleep = inbox, pace or Pace(), clock, sleep
        self._held: dict[int, float] = {}

    async def send(
        self,
        chat: int,
        parts: Sequence[Message],
        *,
        reply_to: int | None = None,
        thread: int | None = None,
        keyboard: InlineKeyboardMarkup | None = None,
    ) -> tuple[int, ...]:
        """Send the parts in order, the first as a reply, the keyboard under the last; returns the messages' ids.

        Parts that an earlier try of the same entry has sent are passed over. An id is 0 where a message's fate
        stayed unknown twice. Raises Later, Gone, or what Telegram says of a message that it does not take.
        """
        ids = []
        for i, part in enumerate(parts):
            under = keyboard if i == len(parts) - 1 else None
            ids.append(await self._part(chat, part, reply_to if i == 0 else None, thread, under))
        return tuple(ids)

    async def edit(self, chat: int, message: int, part: Message, keyboard: InlineKeyboardMarkup | None = None) -> bool:
        """Change a message; false where it is not there any more. That nothing changed is success."""

        async def change() -> object:
            return await self.bot.edit_message_text(
                part.text,
                chat_id=self._home(chat),
                message_id=message,
                entities=list(part.entities) or None,
                reply_markup=keyboard,
                link_preview_options=_NO_PREVIEW,
            )

        try:
            await self.call(change, chat=chat, safe_to_repeat=True)
        except BadRequest as error:
            text = str(error).lower()
            if "not modified" in text:
                return True
            if "to edit not found" in text or "can't be edited" in text or "message_id_invalid" in text:
                return False
            raise
        return True

    async def toast(self, press: str, text: str = "", *, alert: bool = False) -> None:
        """Answer the press of a button; that it fails (too old, unreachable) is nothing that could be mended."""
        work = current.get() if self._inbox is not None else None
        if work is not None:
            if work.toasted == press:
                return  # by an earlier try: each press is answered once
            work.toasted = press
        for pause in (0.3, 0.0):
            try:
                await self.bot.answer_callback_query(press, text[:200] or None, show_alert=alert)
            except RetryAfter as error:
                if not pause or pause_asked(error) > _TOAST_SECONDS:
                    log.debug("a press was not answered: %s", said(error))
                    return
                await self._sleep(pause_asked(error) + pause)
            except TelegramError as error:
                if fate(error) == "refused" or not pause:
                    log.debug("a press was not answered: %s", said(error))
                    return
                await self._sleep(pause)
            else:
                return

    async def inline(
        self, query: str, results: Sequence[InlineQueryResult], *, button: InlineQueryResultsButton | None = None
    ) -> None:
        """Answer an inline query, for that person alone and uncached; too late is nothing that could be mended."""
        with suppress(TelegramError):
            await self.bot.answer_inline_query(query, list(results), cache_time=0, is_personal=True, button=button)

    def typing(self, chat: int, thread: int | None = None) -> AbstractAsyncContextManager[None]:
        """Show that an answer is coming, at once and as long as the context lasts; its failures are nothing."""
        return self._typing(chat, thread)

    async def call(
        self, method: Callable[[], Awaitable[T]], *, chat: int | None, safe_to_repeat: bool, paced: bool = True
    ) -> T:
        """Any other call, under the same rules; what is not safe to repeat raises when its fate is unknown."""
        pauses = iter(PAUSES + _ORDER_PAUSES if _ordered() else PAUSES)
        while True:
            if chat is not None:
                await self._turn(chat, paced)
            try:
                return await method()
            except RetryAfter as error:
                await self._held_back(chat, error)
            except ChatMigrated as error:
                await self._migrated(chat, error)
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
                await self._sleep(pause)

    def wait(self, chat: int) -> float:
        """Seconds until that chat may get a message."""
        now, home = self._clock(), self._home(chat)
        return max(self._held.get(home, now) - now, self._pace.wait(home, now), 0.0)

    async def _part(
        self, chat: int, part: Message, reply_to: int | None, thread: int | None, keyboard: InlineKeyboardMarkup | None
    ) -> int:
        work = current.get() if self._inbox is not None else None
        if work is not None and work.passed < len(work.messages):
            work.passed += 1
            return work.messages[work.passed - 1]
        entities: Sequence[MessageEntity] | None = list(part.entities) or None

        async def once() -> int:
            sent = await self.bot.send_message(
                self._home(chat),
                part.text,
                entities=entities,
                reply_parameters=ReplyParameters(reply_to, allow_sending_without_reply=True) if reply_to else None,
                message_thread_id=thread,
                reply_markup=keyboard,
                link_preview_options=_NO_PREVIEW,
            )
            return sent.message_id

        doubtful = work.doubtful if work is not None else 0
        while True:
            try:
                message = await self.call(once, chat=chat, safe_to_repeat=False)
                break
            except BadRequest as error:
                if entities is None or "entit" not in str(error).lower():
                    raise
                log.warning("entities refused, sent as plain text: %s", said(error))
                entities = None
            except TelegramError as error:
                if fate(error) != "unknown":
                    raise
                doubtful += 1
                if work is not None:
                    assert self._inbox is not None
                    await self._inbox.doubt(work)
                if doubtful >= 2:
                    log.warning("a message's fate is unknown twice, it is not sent a third time: %s", said(error))
                    message = 0
                    break
                await self._reachable()
        self.last_answer = self._clock()
        if work is not None:
            assert self._inbox is not None
            await self._inbox.sent(work, message)
        return message

    async def _reachable(self) -> None:
        """Wait until Telegram answers again, so that the second copy of a message is not lost like the first."""
        await self.call(self.bot.get_me, chat=None, safe_to_repeat=True)

    async def _turn(self, chat: int, paced: bool) -> None:
        """Wait for the chat's turn, or raise Later where that takes long."""
        while wait := self.wait(chat):
            held = self._held.get(self._home(chat), 0.0) > self._clock()
            if (current.get() is not None and not _ordered() and wait > WORTH_WAITING) or wait > 120:
                raise Later(wait, held=held)
            await self._sleep(wait)
        if paced and (pause := self._pace.book(self._home(chat), self._clock())):
            await self._sleep(pause)

    async def _held_back(self, chat: int | None, error: RetryAfter) -> None:
        """Telegram wants a pause: the chat is held, the work put off; what no entry waits for waits here."""
        seconds = _asked(error)
        log.warning("Telegram holds a chat back for %.0f s", seconds)
        self._hold(chat, seconds)
        if (current.get() is not None and not _ordered()) or seconds > 120:
            raise Later(seconds, held=True) from error
        await self._sleep(seconds)

    def _hold(self, chat: int | None, seconds: float) -> None:
        now = self._clock()
        self._held = {other: until for other, until in self._held.items() if until > now}
        if chat is not None:
            self._held[self._home(chat)] = now + seconds

    async def _migrated(self, chat: int | None, error: ChatMigrated) -> None:
        if chat is None or self._inbox is None or self._home(chat) == error.new_chat_id:
            raise error
        await self._inbox.move(chat, error.new_chat_id)

    @asynccontextmanager
    async def _typing(self, chat: int, thread: int | None) -> AsyncIterator[None]:
        asked = asyncio.Event()

        async def show() -> None:
            while True:
                if self._held.get(self._home(chat), 0.0) <= self._clock():
                    try:
                        await self.bot.send_chat_action(self._home(chat), "typing", message_thread_id=thread)
                    except RetryAfter as error:
                        self._hold(chat, _asked(error))
                    except TelegramError as error:
                        log.debug("typing was not shown: %s", said(error))
                asked.set()
                await asyncio.sleep(TYPING_EVERY)

        task = asyncio.create_task(show())
        try:
            yield
            with suppress(TimeoutError):  # an answer that is there at once must not come before it
                await asyncio.wait_for(asked.wait(), _TYPING_FIRST)
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    def _home(self, chat: int) -> int:
        return chat if self._inbox is None else self._inbox.home(chat)


def _ordered() -> bool:
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
