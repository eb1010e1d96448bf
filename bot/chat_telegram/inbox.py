"""Updates between Telegram and the handlers: on the disk before Telegram forgets them, and until they are dealt with.

Comes in: raw updates in batches. Goes out: entries, one at a time for each chat, the chats in turn. The promises: what
`accept` has returned for survives the death of the process; nothing is taken in twice within two days; there are never
more than `most` unfinished ones, and the rest stays at Telegram; a question is given out until it is done, an
administrator's order once. Nothing of a finished update is kept but its number. Knows nothing of Telegram's objects.
"""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import replace

from bot.chat_telegram.entries import Entry, Work, lane_of
from bot.chat_telegram.lines import Lines
from bot.chat_telegram.nesting import DEEPEST, depth
from bot.chat_telegram.records import Records
from bot.chat_telegram.shelf import Shelf
from bot.chat_telegram.sorting import Desk, Kind, Sorted, Unfit, sort

log = logging.getLogger(__name__)
EXCERPT = 200  # characters of a parked update
HELD_MOST = 20  # entries of one chat that wait while it may not be written to


class Inbox:
    """The stored updates; `open` brings back those that were unfinished when the process ended."""

    def __init__(
        self,
        records: Records,
        desk: Desk,
        *,
        most: int = 256,
        expires: float = 900,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.desk, self.most, self.counts = desk, most, Counter[str]()
        self.last_done = clock()
        self._shelf, self._expires, self._clock = Shelf(records), expires, clock
        self._lines = Lines()
        self._moved: dict[int, int] = {}
        self._since = clock()  # when the inbox was last empty
        self._bell = asyncio.Event()
        self._door = asyncio.Lock()

    async def open(self) -> None:
        """Load what is unfinished."""
        entries, held, self._moved = await self._shelf.unfinished(self._clock())
        for chat, until in held.items():
            self._lines.hold((False, chat), until, True)
        for entry in entries:
            self._add(entry)

    async def accept(self, raws: Iterable[object]) -> int | None:
        """Store a batch; returns the highest update_id in it, which may now be acknowledged.

        Waits while there is no room. What cannot be stored is parked, what does not concern the bot is counted.
        """
        fit: list[tuple[Sorted, str, object]] = []
        highest: list[int] = []
        for raw in raws:
            found = sort(raw, self.desk)
            written = _written(raw) if isinstance(found, Sorted) else ""
            if isinstance(found, Sorted) and (not written or depth(written) > DEEPEST):
                found = Unfit(found.update_id, "nested too deeply")
            if found is None:
                self.counts["ignored"] += 1
                assert isinstance(raw, dict)
                highest.append(raw["update_id"])
                continue
            if found.update_id is not None:
                highest.append(found.update_id)
            if isinstance(found, Unfit):
                await self._park(raw, found.reason, found.update_id)
            else:
                fit.append((found, written, raw))
        fit.sort(key=lambda one: one[0].update_id)
        async with self._door:  # two webhook calls at once must not both count on the last place
            while fit:
                room = await self.room()
                storing = asyncio.ensure_future(self._store(fit[:room]))
                try:
                    await asyncio.shield(storing)
                except asyncio.CancelledError:
                    await storing  # what is on the disk must be known here too, or it would wait for a restart
                    raise
                del fit[:room]
        return max(highest, default=None)

    async def room(self) -> int:
        """How many more are taken in; waits until it is at least one."""
        while self._lines.unfinished >= self.most:
            await self._bell.wait()
        return self.most - self._lines.unfinished

    async def take(self, kinds: frozenset[Kind]) -> Entry:
        """The next entry of these kinds whose chat is neither in work nor held, all chats in turn; waits for one."""
        while True:
            bell = self._bell
            found = self._lines.take(kinds, self._clock())
            if isinstance(found, Entry):
                return found
            with suppress(TimeoutError):
                async with asyncio.timeout(max(0.01, found)):
                    await bell.wait()

    async def begin(self, entry: Entry) -> Entry:
        """Write down that the entry is being worked on: from here on an order is never given out again.

        For a question the note serves only to give up on one that ends the process; it is not waited for.
        """
        begun = replace(entry, tries=entry.tries + 1)
        if entry.kind == "admin":
            await self._shelf.set(entry, "tries = ?", begun.tries)
        else:
            self._shelf.note(entry, "tries = ?", begun.tries)
        self._lines.change(entry, lambda _: begun)
        return begun

    def release(self, work: Work) -> None:
        """Give an entry back, to be given out again: what became of it could not be written down."""
        self._lines.change(work.entry, work.as_of)
        self._lines.let_go(work.entry)
        self._ring()

    def behind(self, entry: Entry) -> int:
        """How many wait for the same chat after this one."""
        return max(0, self._lines.length(lane_of(entry)) - 1)

    async def sent(self, work: Work, message: int) -> None:
        """Write down a message that has gone out for the entry.

        Not waited for: the process would have to die within these milliseconds for a second copy, and the commit is
        shared with that of `done`, which follows.
        """
        work.messages.append(message)
        work.passed, work.doubtful, work.standin = len(work.messages), 0, 0
        self._shelf.note(work.entry, "messages = ?, doubtful = 0", " ".join(map(str, work.messages)))

    async def doubt(self, work: Work) -> None:
        """Write down that a message may or may not have gone out."""
        work.doubtful += 1
        await self._shelf.set(work.entry, "doubtful = ?", work.doubtful)

    async def done(self, entry: Entry, outcome: str = "done") -> None:
        """The entry is dealt with; its text is deleted."""
        await self._finish([entry], outcome)
        self._moves(entry)

    async def done_with(self, entry: Entry, outcome: str, alike: Callable[[Entry], bool]) -> None:
        """The entry is dealt with, and so are those behind it in its line that are like it."""
        behind = [one for one in self._lines.of(lane_of(entry)) if one.serial != entry.serial and alike(one)]
        await self._finish([entry, *behind], outcome)
        self._moves(entry)

    async def defer(self, entry: Entry, seconds: float, work: Work | None = None, *, expires: bool = False) -> None:
        """Give the entry out again, as it was taken, and nothing of its chat before, once the seconds have passed.

        With `expires` (Telegram asked for the pause), what would then be too old to answer is finished as expired.
        """
        again = work.as_of(entry) if work is not None else entry  # tries as taken: a pause is no crash
        await self._shelf.set(entry, "tries = ?", again.tries)
        self._lines.change(entry, lambda _: again)
        await self._hold(entry, seconds, expires)
        self._lines.let_go(entry)
        self.last_done = self._clock()  # something moves
        await self.expire()
        self._ring()

    async def _hold(self, entry: Entry, seconds: float, expires: bool) -> None:
        """Give nothing of that line out for so long; kept over a restart where Telegram asked for it."""
        until, lane = self._clock() + seconds, lane_of(entry)
        self._lines.hold(lane, until, expires)
        if expires and not lane[0]:
            await self._shelf.hold(lane[1], until)

    async def expire(self) -> None:
        """Finish what cannot be answered in time because its chat may not be written to; called now and then."""
        now = self._clock()
        for until, entries in self._lines.held(now):
            late = [entry for entry in entries if until > entry.received + self._expires]
            late += [entry for entry in entries[HELD_MOST:] if entry not in late]
            if late:
                log.warning("%d updates expired: Telegram holds their chat back for %.0f s", len(late), until - now)
                await self._finish(late, "expired")
                self._ring()

    async def drop(self, entry: Entry, outcome: str) -> int:
        """Finish the entry in work and whatever else waits for its chat; returns how many."""
        swift, chat = lane_of(entry)
        entries = self._lines.of((swift, chat))
        if not self._lines.taken((not swift, chat)):
            entries += self._lines.of((not swift, chat))
        await self._finish(entries, outcome)
        self._moves(entry)
        return len(entries)

    async def park(self, entry: Entry, reason: str) -> None:
        """Put an update aside that nothing can be done with; some of it is kept to find out why."""
        await self._park(entry.raw, reason, entry.update_id)
        await self.done(entry, "parked")

    async def _park(self, raw: object, reason: str, number: int | None) -> None:
        excerpt = _written(raw)[:EXCERPT] or f"(update {number})"
        if await self._shelf.park(number, excerpt, reason[:EXCERPT], self._clock()):
            self.counts["parked"] += 1
            log.warning("update %s parked: %s", number, reason[:EXCERPT])

    def waiting(self) -> int:
        """Entries that are not finished."""
        return self._lines.unfinished

    def crowd(self, each: int) -> int:
        """The same, of no chat more than so many counted."""
        return self._lines.crowd(each)

    def idle(self) -> float:
        """Seconds for which there was something to do and nothing moved; 0 while all that waits is held back."""
        now = self._clock()
        return 0.0 if self._lines.all_held(now) else now - max(self.last_done, self._since)

    def home(self, chat: int) -> int:
        """The number that a chat has now."""
        return self._moved.get(chat, chat)

    async def move(self, old: int, new: int) -> None:
        """Remember that a group has got another number."""
        self._moved[old] = new
        await self._shelf.move(old, new)

    async def sweep(self, parked_days: float) -> None:
        """Forget finished updates' numbers after two days, and parked updates after the days given."""
        await self._shelf.sweep(self._clock(), parked_days)

    async def _store(self, fit: Sequence[tuple[Sorted, str, object]]) -> None:
        now = self._clock()
        serials = await self._shelf.insert([(found, written) for found, written, _ in fit], now)
        for (found, _, raw), serial in zip(fit, serials, strict=True):
            if serial is None:
                self.counts["repeated"] += 1
                continue
            assert isinstance(raw, dict)
            self.counts["accepted"] += 1
            self._add(Entry(found.update_id, found.lane, found.kind, raw, now, serial=serial))
        await self.expire()
        self._ring()

    async def _finish(self, entries: Sequence[Entry], outcome: str) -> None:
        """Mark as finished, first on the disk and then here."""
        await self._shelf.finish(entries, outcome, self._clock())
        self._lines.remove(entries)
        self.counts[outcome] += len(entries)

    def _moves(self, entry: Entry) -> None:
        """An entry is through: its line goes on."""
        self._lines.let_go(entry)
        self.last_done = self._clock()
        self._ring()

    def _add(self, entry: Entry) -> None:
        if not self._lines.unfinished:
            self._since = self._clock()
        self._lines.add(entry)

    def _ring(self) -> None:
        self._bell.set()
        self._bell = asyncio.Event()


def _written(raw: object) -> str:
    """An update as JSON; empty where it cannot be written, since it is nested too deeply."""
    try:
        return json.dumps(raw)
    except (RecursionError, TypeError):
        return ""
