"""Entries of the inbox -> python-telegram-bot's handlers, and what becomes of each.

Comes in: entries, taken by a few workers; presses and inline queries have their own, so that they never wait behind
questions. Goes out: every entry answered, told why not, or put off; the sender's Later and Gone end here. The promises:
a person over the limits is told so once a minute and costs next to nothing more; an administrator's order is carried out at most
once and never late; a fault of ours is a line in the log with a number, and the person gets the number. Knows nothing
of answers.
"""

from __future__ import annotations

import asyncio
import logging
import math
import secrets
import statistics
import time
import traceback
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from telegram import MessageEntity, Update
from telegram.error import BadRequest, InvalidToken, NetworkError, TelegramError
from telegram.ext import Application, CallbackContext

from bot.chat_telegram.calls import PUT_OFF, WORTH_WAITING, Gone, Later
from bot.chat_telegram.entries import Entry, Work, current
from bot.chat_telegram.inbox import HELD_MOST, Inbox
from bot.chat_telegram.limits import Quota
from bot.chat_telegram.sending import Sender
from bot.chat_telegram.sorting import Kind, moved_to, replied_to, sent_at, writer
from bot.chat_telegram.wire import said
from bot.config import TelegramSettings

log = logging.getLogger(__name__)
SLOW: frozenset[Kind] = frozenset({"question", "admin"})
SWIFT: frozenset[Kind] = frozenset({"swift"})
ORDER_SECONDS = 300  # an administrator's order that is older is not carried out
INLINE_SECONDS = 30.0  # an inline query that is older is no longer looked at by anyone
CRASHES = 10  # times that a process may end while it works on an entry, before the entry is given up
PATIENCE_SECONDS = 180.0  # for one entry's handlers; an order may take as long as it takes
BUSY_SECONDS = 10.0  # a longer wait is not worth having: the person is told so at once
FLOOD_SECONDS = 1.0  # of one who is over the limits for longer, what waits is not looked at one by one
UNSETTLED_PAUSE = 1.0  # seconds before an entry is given out again whose outcome could not be written down
FIRST_GUESS = 0.25  # seconds of a question, until some have been measured

BUSY = "I am busy: more questions are waiting than I can answer soon. Please ask again in a minute."
TOO_MANY = "That is more than I answer one person in this time. Please wait {wait} before you ask again."
SLOWLY = "Slowly, please: I am still at what you pressed before."
GROUP_TOO_MANY = "This group asks more than Telegram lets me answer. Please wait a minute."
TOO_OLD = "This order was given more than five minutes before I got it, so I have not carried it out. Send it again."
INTERRUPTED = (
    "I was stopped while I carried out this order. I do not repeat it by myself: please see what became of it."
)
GIVEN_UP = "I could not answer this: each time I tried, I was stopped."
FAULT = "Something went wrong in me; it has been noted under {number}. Please try again later."


@dataclass(frozen=True, slots=True)
class Line:
    """A message of one short text."""

    text: str
    entities: tuple[MessageEntity, ...] = ()


async def on_error(update: object, context: CallbackContext[Any, Any, Any, Any]) -> None:
    """python-telegram-bot's way to tell of a handler's failure: it is kept for the worker that waits for the handler."""
    work = current.get()
    if work is not None:
        work.outcome = context.error
    elif context.error is not None:
        log.error("a task of the front failed: %s", where(context.error))


class Workers:
    """Those who do the work; `run` is one of them, `drain` lets all finish what they have in hand."""

    def __init__(
        self,
        inbox: Inbox,
        sender: Sender,
        application: Application[Any, Any, Any, Any, Any, Any],
        settings: TelegramSettings,
        welcome: Callable[[Update], Awaitable[bool]],
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._inbox, self._sender, self._application, self._welcome = inbox, sender, application, welcome
        self._clock, self._workers, self._each = clock, settings.workers, settings.per_user_10s
        self._people = Quota([(settings.per_user_10s, 10.0), (settings.per_user_hour, 3_600.0)])
        self._told = Quota([(1, 60.0)])
        self._took: deque[float] = deque([FIRST_GUESS], maxlen=20)
        self._answering = 0
        self._tasks: set[asyncio.Task[None]] = set()
        self._waiting: set[asyncio.Task[None]] = set()
        self._stopping = False

    def start(self) -> None:
        """Set the workers to work: as many for questions as configured, as many again for presses."""
        for kinds in (SLOW, SWIFT):
            for _ in range(self._workers):
                self._tasks.add(asyncio.create_task(self._run(kinds)))

    async def drain(self, seconds: float) -> None:
        """Take up nothing more; wait so long for what is in hand, then let go of it: it stays in the inbox."""
        self._stopping = True
        for task in self._waiting:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=seconds)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _run(self, kinds: frozenset[Kind]) -> None:
        task = asyncio.current_task()
        assert task is not None
        while not self._stopping:
            self._waiting.add(task)
            try:
                entry = await self._inbox.take(kinds)
            finally:
                self._waiting.discard(task)
            await self.deal(entry)

    async def deal(self, entry: Entry) -> None:
        """Do what is to be done about one entry, and settle it."""
        work = Work.on(entry)
        token = current.set(work)
        try:
            if moved := moved_to(entry.raw):
                await self._inbox.move(*moved)
            try:
                update = Update.de_json(dict(entry.raw), self._application.bot)
            except Exception as error:
                await self._inbox.park(entry, f"{type(error).__name__} when parsed")
                return
            try:
                outcome = await self._refused(entry, work, update)
                if outcome is None:
                    outcome = await self._handled(entry, work, update)
            except (Later, Gone) as failure:
                await self._put_off(entry, work, failure)
            else:
                await self._settle(entry, outcome)
        except Exception as error:
            log.error("update %d could not be settled: %s", entry.update_id, where(error))
            await asyncio.sleep(UNSETTLED_PAUSE)
            self._inbox.release(work)
        finally:
            current.reset(token)

    async def _settle(self, entry: Entry, outcome: str) -> None:
        """The entry is dealt with. Of one who is over the limits for a while, so is all that waits already: a flood is
        off the table at one stroke, and does not fill the inbox.
        """
        flood = outcome == "limited" and entry.kind == "question" and entry.lane > 0
        if flood and self._people.wait(writer(entry.raw) or entry.lane, self._clock()) > FLOOD_SECONDS:
            await self._inbox.done_with(entry, outcome, _fresh_question)
        else:
            await self._inbox.done(entry, outcome)

    async def _refused(self, entry: Entry, work: Work, update: Update) -> str | None:
        """Why the entry is not handed to the handlers, after the person was told; None where nothing stands against it."""
        now = self._clock()
        if entry.kind == "admin":
            written = sent_at(entry.raw)
            if entry.tries:
                return await self._tell(entry, INTERRUPTED, "interrupted")
            if (wait := self._sender.wait(entry.lane)) > WORTH_WAITING:
                raise Later(wait)  # before it is begun: its answer would come late, and begun orders are not put off
            if written is not None and now - written > ORDER_SECONDS:
                return await self._tell(entry, TOO_OLD, "too_old")
            return None
        if entry.tries >= CRASHES:
            log.error("update %d given up: the process ended %d times in work on it", entry.update_id, entry.tries)
            return await self._tell(entry, GIVEN_UP, "given_up") if entry.kind == "question" else "given_up"
        if entry.kind == "swift":
            crowded = self._inbox.behind(entry) > HELD_MOST
            if crowded and "callback_query" in entry.raw:
                await self._sender.toast(entry.raw["callback_query"]["id"], SLOWLY)
                return "limited"
            return "stale" if "inline_query" in entry.raw and now - entry.received > INLINE_SECONDS else None
        if entry.tries or work.admitted or work.messages or work.doubtful:
            return None  # begun before: it was let in then
        crowded = entry.lane < 0 and self._inbox.behind(entry) > HELD_MOST
        if not crowded and (wait := self._sender.wait(entry.lane)) > WORTH_WAITING:
            raise Later(wait)  # before anything is counted or computed
        if limited := self._over(entry, now, crowded):
            outcome, line, key = limited
            if not await self._welcome(update) or self._told.take(key, now):
                return outcome
            return await self._tell(entry, line, outcome)
        if self._overrun():
            return await self._tell(entry, BUSY, "busy") if await self._welcome(update) else "busy"
        work.admitted = True
        return None

    def _over(self, entry: Entry, now: float, crowded: bool) -> tuple[str, str, tuple[str, int]] | None:
        """Which limit the question is over, if any, with what is said of it and for whom."""
        person = writer(entry.raw) or entry.lane
        if crowded:
            return "limited", GROUP_TOO_MANY, ("group", entry.lane)
        if wait := self._people.take(person, now):
            words = f"{max(1, math.ceil(wait))} s" if wait < 90 else f"{math.ceil(wait / 60)} minutes"
            return "limited", TOO_MANY.format(wait=words), ("person", person)
        return None

    def _overrun(self) -> bool:
        """Whether a question that comes now is better told so. Half of the workers answer all the same: where more
        comes than can be answered, those who are told that the bot is busy must not be all there are.
        """
        spare = self._answering < self._workers // 2
        # What is over one person's limit is not answered, so it keeps nobody waiting.
        waiting = self._inbox.crowd(self._each)
        return not spare and waiting > self._inbox.most / 2 and self._expected(waiting) > BUSY_SECONDS

    def _expected(self, waiting: int) -> float:
        """Seconds until so many would be answered."""
        return waiting * statistics.median(self._took) / self._workers

    async def _tell(self, entry: Entry, line: str, outcome: str) -> str:
        chat, message, thread = replied_to(entry.raw)
        if chat:
            try:
                await self._sender.send(chat, [Line(line)], reply_to=message, thread=thread)
            except TelegramError as error:  # Telegram does not take it, and will not take it the next time either
                log.warning("update %d: a notice (%s) was refused: %s", entry.update_id, outcome, said(error))
        return outcome

    async def _handled(self, entry: Entry, work: Work, update: Update) -> str:
        """Hand the update to the handlers; returns how it ended, or raises Later or Gone."""
        await self._inbox.begin(entry)
        began = time.monotonic()
        counted = entry.kind == "question"
        self._answering += counted
        try:
            async with asyncio.timeout(None if entry.kind == "admin" else PATIENCE_SECONDS):
                await self._application.process_update(update)
        except TimeoutError as error:
            work.outcome = error
        finally:
            self._answering -= counted
        failure = work.outcome
        if failure is None:
            if entry.kind == "question" and work.messages:
                self._took.append(time.monotonic() - began)
            return "answered" if work.messages else "handled"
        if isinstance(failure, Later | Gone):
            raise failure
        if isinstance(failure, NetworkError | InvalidToken) and not isinstance(failure, BadRequest):
            raise Later(PUT_OFF) from failure  # a call that did not go through the sender
        return await self._failed(entry, failure)

    async def _failed(self, entry: Entry, failure: Exception) -> str:
        number = secrets.token_hex(4)
        log.error("update %d failed, fault %s: %s", entry.update_id, number, where(failure))
        line = FAULT.format(number=number)
        try:
            if press := entry.raw.get("callback_query"):
                await self._sender.toast(press["id"], line)
            elif entry.kind != "swift":
                await self._tell(entry, line, "failed")
        except Later as error:
            log.warning("fault %s could not be told: %s", number, type(error).__name__)
        return "failed"

    async def _put_off(self, entry: Entry, work: Work, failure: Later | Gone) -> None:
        if isinstance(failure, Gone):
            if failure.whole and failure.chat == entry.lane:
                dropped = await self._inbox.drop(entry, "undeliverable")
            else:
                dropped = 1
                await self._inbox.done(entry, "undeliverable")
            log.warning("%d updates undeliverable: %s", dropped, failure)
        elif entry.kind == "admin" and work.entry.tries == 0 and work.outcome is not None:
            log.error("update %d: an order's answer could not be sent; it is not repeated", entry.update_id)
            await self._inbox.done(entry, "failed")
        elif entry.kind == "swift" and failure.seconds > INLINE_SECONDS:
            await self._inbox.done(entry, "stale")
        else:
            await self._inbox.defer(entry, failure.seconds, work, expires=failure.held)


def _fresh_question(entry: Entry) -> bool:
    """Whether it is a question that nobody has begun to answer."""
    return entry.kind == "question" and not (entry.tries or entry.admitted or entry.messages or entry.doubtful)


def where(error: BaseException) -> str:
    """An error by its class and the lines that it came by, without its text: that may hold what people wrote."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [f"{Path(frame.filename).name}:{frame.lineno}" for frame in frames][-6:]
    words = said(error) if isinstance(error, TelegramError) else type(error).__name__
    return f"{words} at {' < '.join(reversed(ours))}" if ours else words
