"""Everything that goes out to Telegram, with patience: paced, tried again where that is safe, never doubled at will.

Comes in: chats and parts with their entities. Goes out: messages in Telegram; their ids. The promises: an answer whose
sending was cut short goes on where it stopped; a message whose fate is unknown is there in the end, and never in more
than two copies; a send that cannot happen now raises Later, one that never can raises Gone. There is no parse mode, and
no link is previewed. Knows nothing of what is said.

How that can be: of a send whose answer is lost nobody knows whether it was carried out, and a second may be lost like the
first. So what follows an unknown one is a short line, which may stand in the chat more than once without harm; when
Telegram has confirmed one of them, that one is changed into the message, and a change can be repeated.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Protocol, TypeVar

from telegram import (
    InlineKeyboardMarkup,
    InlineQueryResult,
    InlineQueryResultsButton,
    LinkPreviewOptions,
    MessageEntity,
    ReplyParameters,
)
from telegram.error import BadRequest, RetryAfter, TelegramError
from telegram.ext import ExtBot

from bot.chat_telegram.calls import Calls, Later, ordered
from bot.chat_telegram.entries import Work, current
from bot.chat_telegram.inbox import Inbox
from bot.chat_telegram.limits import Pace
from bot.chat_telegram.wire import fate, said

T = TypeVar("T")
log = logging.getLogger(__name__)
TYPING_EVERY = 4.5  # Telegram shows it for five
UNSURE = "I do not know whether my last message arrived, so I send it once more."
DOUBT_PAUSES = (0.0, 2.0, 4.0, 8.0, 15.0, 30.0, 60.0)  # seconds before each such line; then as the last one
_WAITED_HERE = 4.0  # of these, what a worker waits for; the longer ones put the work off
# Sends of one message whose fate is unknown, until it is given up, and the longest pause: a quarter of an hour in all,
# two minutes for what cannot be put off.
_DOUBT_PUT_OFF, _DOUBT_STAYING = (20, 60.0), (12, 15.0)
_TOAST_SECONDS = 5.0  # in which the press of a button must be answered; later, nobody waits for it
_INLINE_SECONDS = 8.0  # in which an inline query must be; Telegram forgets it soon after
_TYPING_FIRST = 0.25  # seconds that an answer waits for it
_QUERY_OVER = ("query is too old", "query_id_invalid", "query id is invalid")
_NO_PREVIEW = LinkPreviewOptions(is_disabled=True)


class Message(Protocol):
    """A message's text, and its entities with offsets in UTF-16 units."""

    @property
    def text(self) -> str: ...
    @property
    def entities(self) -> Sequence[MessageEntity]: ...


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a message goes, and what it looks like beside its text."""

    chat: int
    reply_to: int | None
    thread: int | None
    keyboard: InlineKeyboardMarkup | None


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
        self._inbox, self._calls = inbox, Calls(inbox, pace, clock, sleep)

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

        Parts that an earlier try of the same entry has sent are passed over. An id is 0 where, for minutes, nobody
        could tell whether anything arrived. Raises Later, Gone, or what Telegram says of a message that it does not take.
        """
        ids = []
        for i, part in enumerate(parts):
            under = keyboard if i == len(parts) - 1 else None
            ids.append(await self._part(part, _Place(chat, reply_to if i == 0 else None, thread, under)))
        return tuple(ids)

    async def edit(self, chat: int, message: int, part: Message, keyboard: InlineKeyboardMarkup | None = None) -> bool:
        """Change a message; false where it is not there any more. That nothing changed is success."""

        async def change(entities: Sequence[MessageEntity]) -> object:
            return await self.bot.edit_message_text(
                part.text,
                chat_id=self._calls.home(chat),
                message_id=message,
                entities=entities or None,
                reply_markup=keyboard,
                link_preview_options=_NO_PREVIEW,
            )

        try:
            await self._with_entities(
                part, lambda entities: self.call(lambda: change(entities), chat=chat, safe_to_repeat=True)
            )
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
        await self._calls.soon(
            lambda: self.bot.answer_callback_query(press, text[:200] or None, show_alert=alert),
            _TOAST_SECONDS, lambda: True,
        )  # fmt: skip

    async def inline(
        self, query: str, results: Sequence[InlineQueryResult], *, button: InlineQueryResultsButton | None = None,
        wanted: Callable[[], bool] = lambda: True,
    ) -> None:  # fmt: skip
        """Answer an inline query, for that person alone and uncached, as long as it lives and nobody typed on."""
        await self._calls.soon(
            lambda: self.bot.answer_inline_query(query, list(results), cache_time=0, is_personal=True, button=button),
            _INLINE_SECONDS, wanted,
        )  # fmt: skip

    async def guest(
        self, query: str, part: Message, result: Callable[[str, Sequence[MessageEntity]], InlineQueryResult]
    ) -> None:
        """Answer the question of a chat where the bot is a guest, with the result made of the part; repeated as all else.

        An answer uses the query up, so a second try does no harm; of presses and inline queries Telegram says so, of guests'
        it says nothing, and at worst the answer stands there twice. Where the first try arrived after all, or Telegram has
        given the query up meanwhile, it says that it does not know the query, and there is nothing left to do.
        """

        async def answer(entities: Sequence[MessageEntity]) -> object:
            return await self.call(
                lambda: self.bot.answer_guest_query(query, result(part.text, entities)), chat=None, safe_to_repeat=True
            )

        try:
            await self._with_entities(part, answer)
        except BadRequest as error:
            if not any(words in str(error).lower() for words in _QUERY_OVER):
                raise
            log.info("a guest's answer was not taken: %s", said(error))

    def typing(self, chat: int, thread: int | None = None) -> AbstractAsyncContextManager[None]:
        """Show that an answer is coming, at once and as long as the context lasts; its failures are nothing."""
        return self._typing(chat, thread)

    async def call(
        self, method: Callable[[], Awaitable[T]], *, chat: int | None, safe_to_repeat: bool, paced: bool = True
    ) -> T:
        """Any other call, in its turn; what is not safe to repeat raises when its fate is unknown."""
        return await self._calls.call(method, chat=chat, safe_to_repeat=safe_to_repeat, paced=paced)

    def wait(self, chat: int) -> float:
        """Seconds until that chat may get a message."""
        return self._calls.wait(chat)

    async def _part(self, part: Message, place: _Place) -> int:
        work = current.get() if self._inbox is not None else None
        if work is not None and work.passed < len(work.messages):
            work.passed += 1
            return work.messages[work.passed - 1]
        message = 0
        if work is None or not work.doubtful:
            message = await self._sent_once(part, place, work)
        if not message:
            message = await self._stood_in(part, place, work)
        self.last_answer = self._calls.clock()
        if work is not None:
            assert self._inbox is not None
            await self._inbox.sent(work, message)
        return message

    async def _sent_once(self, part: Message, place: _Place, work: Work | None) -> int:
        """Send a message as it is; 0 where its fate is unknown."""
        try:
            return await self._with_entities(part, lambda entities: self._sent(part.text, entities, place))
        except TelegramError as error:
            if fate(error) != "unknown":
                raise
            log.info("a message's fate is unknown: %s", said(error))
            await self._doubt(work)
            return 0

    async def _stood_in(self, part: Message, place: _Place, work: Work | None) -> int:
        """Send a line until Telegram confirms it, then change it into the message; 0 where it never did."""
        line = work.standin if work is not None else 0
        doubtful = work.doubtful if work is not None else 1
        stays = work is None or ordered()
        most, longest = _DOUBT_STAYING if stays else _DOUBT_PUT_OFF
        while not line:
            if doubtful > most:
                log.error("a message's fate stayed unknown %d times, it is given up", doubtful)
                return 0
            pause = min(longest, DOUBT_PAUSES[min(doubtful, len(DOUBT_PAUSES)) - 1])
            if stays or pause <= _WAITED_HERE:
                await self._calls.sleep(pause)
            await self.call(self.bot.get_me, chat=None, safe_to_repeat=True)  # or this would be lost like the last
            try:
                line = await self._sent(UNSURE, (), _Place(place.chat, place.reply_to, place.thread, None))
            except TelegramError as error:
                if fate(error) != "unknown":
                    raise
                doubtful += 1
                await self._doubt(work)
                pause = DOUBT_PAUSES[min(doubtful, len(DOUBT_PAUSES)) - 1]
                if not stays and pause > _WAITED_HERE:
                    raise Later(pause) from error
        if work is not None:
            work.standin = line
        await self.edit(place.chat, line, part, place.keyboard)
        return line

    async def _sent(self, text: str, entities: Sequence[MessageEntity], place: _Place) -> int:
        """One sendMessage; the id."""

        async def once() -> int:
            sent = await self.bot.send_message(
                self._calls.home(place.chat),
                text,
                entities=entities or None,
                reply_parameters=(
                    ReplyParameters(place.reply_to, allow_sending_without_reply=True) if place.reply_to else None
                ),
                message_thread_id=place.thread,
                reply_markup=place.keyboard,
                link_preview_options=_NO_PREVIEW,
            )
            return sent.message_id

        return await self.call(once, chat=place.chat, safe_to_repeat=False)

    async def _with_entities(self, part: Message, use: Callable[[Sequence[MessageEntity]], Awaitable[T]]) -> T:
        """Do it with the part's entities, or, where Telegram refuses these, without."""
        try:
            return await use(list(part.entities))
        except BadRequest as error:
            if not part.entities or "entit" not in str(error).lower():
                raise
            log.warning("entities refused, sent as plain text: %s", said(error))
            return await use(())

    async def _doubt(self, work: Work | None) -> None:
        if work is not None:
            assert self._inbox is not None
            await self._inbox.doubt(work)

    @asynccontextmanager
    async def _typing(self, chat: int, thread: int | None) -> AsyncIterator[None]:
        asked = asyncio.Event()

        async def show() -> None:
            while True:
                if not self._calls.held(chat):
                    try:
                        await self.bot.send_chat_action(self._calls.home(chat), "typing", message_thread_id=thread)
                    except RetryAfter as error:
                        self._calls.hold(chat, error)
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
