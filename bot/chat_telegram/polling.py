"""Asking Telegram for updates: the loop of getUpdates, and what its failures mean.

Comes in: nothing but time. Goes out: raw updates into the inbox, each batch stored before the next request acknowledges
it; and the pulse, from which health is judged. The promises: at most two requests a second, but for those that bring new
updates of few people, so that each is heard at once; one bad update costs nothing but itself; an outage is waited out, a refusal that lasts ends the process (PollingDead, PollingTaken), so that a
supervisor starts it anew. Knows nothing of what updates say.
"""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from telegram.error import Conflict, InvalidToken, RetryAfter, TelegramError

from bot.chat_telegram.inbox import Inbox
from bot.chat_telegram.sorting import USED, writer
from bot.chat_telegram.wire import Bot, Garbled, pause_asked, said
from bot.errors import PollingDead, PollingTaken

log = logging.getLogger(__name__)
LONG_POLL = 30  # seconds that Telegram keeps a request open when there is nothing
READ = 35.0  # seconds after which such a request is given up: with the pauses, an outage's end is seen within a minute
BATCH = 100  # updates in one answer, Telegram's most
GAP = 0.55  # seconds between two requests' beginnings: at most two in any second, and a little for the way there
# The same while few people write, and all is new and sound: with the other, each waits a third of a second for a poll.
QUICK_GAP = 0.05  # with 0.1, somebody who floods the bot adds 55 ms to everybody's wait; docs/LOG.md
FEW = 8  # people who write in a second; where more do, their updates are fetched together
HEAP = 50  # updates in one answer: of those that have piled up nobody is heard at once anyway
WARY_SECONDS = 60.0  # after what was parked, and after a failure, no request is quick for so long
PAUSES = (1.0, 2.0, 4.0, 8.0, 15.0)  # seconds after the first, second, ... failure in a row
CONFLICT_PAUSE = 5.0
CONFLICT_SECONDS = 60.0
DEAD_SECONDS = 120.0
QUIET_SECONDS = 86_400.0  # without an update for so long, the offset is left out: numbers may begin anew after a week
COMPLAINT_SECONDS = 60.0  # between two lines in the log about the same trouble


@dataclass(slots=True)
class Pulse:
    """When things were last seen to work, by a monotonic clock. `held` while the inbox is full and nothing is asked."""

    good: float
    tried: float
    ever: bool = False
    held: bool = False
    polls: int = 0
    failures: int = 0

    def beat(self, now: float) -> None:
        """A request was answered as it should be."""
        self.good = self.tried = now
        self.ever = True


class Poll:
    """The loop; `run` ends by cancellation, or by raising PollingDead or PollingTaken."""

    def __init__(
        self,
        bot: Bot,
        inbox: Inbox,
        pulse: Pulse,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._bot, self._inbox, self._pulse, self._clock, self._sleep = bot, inbox, pulse, clock, sleep
        self._offset: int | None = None
        self._last_update = self._began = 0.0
        self._quick, self._wary = False, -WARY_SECONDS
        self._came: deque[tuple[float, frozenset[int | None]]] = deque()  # when whose updates came
        self._failures = self._denials = 0
        self._conflict_since: float | None = None
        self._complaints: dict[str, tuple[float, int]] = {}

    async def run(self) -> None:
        """Ask, store, ask again."""
        self._last_update = self._clock()
        while True:
            pause = await self._once()
            if pause:
                await self._sleep(pause)

    async def _once(self) -> float:
        """One request with all that follows from it; returns the seconds to wait before the next."""
        room = await self._room()
        await self._gap()
        before = self._inbox.counts["accepted"], self._inbox.counts["parked"]
        self._quick = False
        try:
            raws = await self._ask(min(BATCH, room))
            highest = await self._inbox.accept(raws)
        except asyncio.CancelledError:
            raise
        except Exception as error:
            return await self._failed(error)
        now = self._clock()
        self._pulse.beat(now)
        self._heed(raws, self._inbox.counts["accepted"] > before[0], self._inbox.counts["parked"] > before[1], now)
        if self._failures:
            log.warning("Telegram answers again, after %d failed requests", self._failures)
        self._failures, self._denials, self._conflict_since = 0, 0, None
        if highest is not None:
            self._offset, self._last_update = highest + 1, now
        elif raws:
            return PAUSES[0]  # nothing in it has a number that could be acknowledged: it comes again
        return 0.0

    async def _room(self) -> int:
        """Wait for a place in the inbox; not asking meanwhile is no sign of illness."""
        self._pulse.held = self._inbox.waiting() >= self._inbox.most
        try:
            return await self._inbox.room()
        finally:
            if self._pulse.held:
                self._pulse.held, self._pulse.tried = False, self._clock()
                self._pulse.good = max(self._pulse.good, self._clock() - DEAD_SECONDS / 2)

    async def _gap(self) -> None:
        if (wait := self._began + (QUICK_GAP if self._quick else GAP) - self._clock()) > 0:
            await self._sleep(wait)
        self._began = self._clock()

    def _heed(self, raws: Sequence[object], some_new: bool, some_parked: bool, now: float) -> None:
        """Whether the next request may come soon: it brings somebody's question sooner, and never the same again.

        Counted are people, not updates, or one who floods the bot would slow all others.
        """
        self._came.append((now, frozenset(writer(raw) for raw in raws if isinstance(raw, dict))))
        while self._came[0][0] < now - 1:
            self._came.popleft()
        if some_parked:
            self._wary = now
        few = len(frozenset().union(*(who for _, who in self._came))) <= FEW and len(raws) <= HEAP
        self._quick = some_new and few and now - self._wary >= WARY_SECONDS

    async def _ask(self, limit: int) -> list[object]:
        self._pulse.polls += 1
        offset = self._offset if self._clock() - self._last_update < QUIET_SECONDS else None
        result = await self._bot.updates(offset, limit, LONG_POLL, USED, READ)
        if not isinstance(result, list):
            raise Garbled(f"getUpdates gave {type(result).__name__}, not a list")
        return result

    async def _failed(self, error: Exception) -> float:
        """What a failure means: the pause before the next request, or the end."""
        now = self._clock()
        self._wary = self._pulse.tried = now
        self._pulse.failures += 1
        self._failures += 1
        pause = PAUSES[min(self._failures, len(PAUSES)) - 1] * random.uniform(1.0, 1.2)
        if isinstance(error, Conflict):
            return await self._conflict(error, now)
        self._conflict_since = None
        self._denials = self._denials + 1 if isinstance(error, InvalidToken) else 0
        if isinstance(error, RetryAfter):
            pause = max(1.0, min(300.0, pause_asked(error)))
            self._pulse.tried = now + pause  # to wait as asked is not to hang
        elif self._denials >= 3 and now - self._pulse.good > DEAD_SECONDS:
            raise PollingDead(
                f"Telegram has refused this bot for {now - self._pulse.good:.0f} s (401 or 404): its token was revoked, "
                "or TELEGRAM_API_BASE is not the root of a Bot API; polling is given up"
            ) from None
        self._complain(f"polling failed: {said(error)}" if isinstance(error, TelegramError) else _own(error), now)
        return pause

    async def _conflict(self, error: Conflict, now: float) -> float:
        if self._conflict_since is None:
            self._conflict_since = now
        if "webhook" in str(error).lower():
            self._complain("a webhook is set for this bot; it is taken away, for polling needs it gone", now)
            try:
                await self._bot.delete_webhook(drop_pending_updates=False)
            except TelegramError as refused:
                self._complain(f"deleteWebhook failed: {said(refused)}", now)
        else:
            self._complain("another process asks Telegram for this bot's updates (409)", now)
        if now - self._conflict_since >= CONFLICT_SECONDS:
            message = (
                f"Telegram has answered 409 for {now - self._conflict_since:.0f} s: another process, on another "
                "machine or in another folder, polls with this bot's token; stop it, or revoke the token at @BotFather"
            )
            log.critical("%s", message)
            raise PollingTaken(message)
        return CONFLICT_PAUSE

    def _complain(self, line: str, now: float) -> None:
        """One line a minute about one trouble, with how often it has come since."""
        last, since = self._complaints.get(line, (-COMPLAINT_SECONDS, 0))
        if now - last < COMPLAINT_SECONDS:
            self._complaints[line] = (last, since + 1)
            return
        if len(self._complaints) > 50:
            self._complaints.clear()
        self._complaints[line] = (now, 0)
        log.error("%s%s", line, f" ({since} times more in the last minute)" if since else "")


def _own(error: Exception) -> str:
    return f"updates could not be stored: {type(error).__name__}: {error}"
