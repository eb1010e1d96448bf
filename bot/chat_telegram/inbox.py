"""Updates between Telegram and the handlers: on the disk before Telegram forgets them, and until they are dealt with.

Comes in: raw updates in batches. Goes out: entries, one at a time for each chat, oldest chat first. The promises: what
`accept` has returned for survives the death of the process; nothing is taken in twice within two days; there are never
more than `most` unfinished ones, and the rest stays at Telegram; a question is given out until it is done, an
administrator's order once. Nothing of a finished update is kept but its number. Knows nothing of Telegram's objects.
"""

from __future__ import annotations

import asyncio
import json
import logging
import sqlite3
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from typing import Any

from bot.chat_telegram.records import Records
from bot.chat_telegram.sorting import Desk, Kind, Sorted, Unfit, sort

log = logging.getLogger(__name__)
SCHEMA = """
CREATE TABLE IF NOT EXISTS inbox (
  serial INTEGER PRIMARY KEY AUTOINCREMENT, update_id INTEGER NOT NULL, identity TEXT NOT NULL, lane INTEGER NOT NULL,
  kind TEXT NOT NULL, raw TEXT, received REAL NOT NULL, tries INTEGER NOT NULL DEFAULT 0,
  messages TEXT NOT NULL DEFAULT '', doubtful INTEGER NOT NULL DEFAULT 0, finished REAL, outcome TEXT,
  UNIQUE (update_id, identity));
CREATE INDEX IF NOT EXISTS inbox_unfinished ON inbox (serial) WHERE finished IS NULL;
CREATE INDEX IF NOT EXISTS inbox_finished ON inbox (finished) WHERE finished IS NOT NULL;
CREATE TABLE IF NOT EXISTS parked (
  serial INTEGER PRIMARY KEY AUTOINCREMENT, update_id INTEGER, excerpt TEXT NOT NULL, reason TEXT NOT NULL,
  at REAL NOT NULL);
CREATE TABLE IF NOT EXISTS moved (old INTEGER PRIMARY KEY, new INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS held (chat INTEGER PRIMARY KEY, until REAL NOT NULL);
"""
REMEMBERED = 48 * 3600  # seconds that a finished update's number is kept: Telegram keeps undelivered ones for 24 hours
EXCERPT = 200  # characters of a parked update
HELD_MOST = 20  # entries of one chat that wait while it may not be written to


@dataclass(frozen=True, slots=True)
class Entry:
    """One stored update. `tries` counts how often it was begun; `sent` the messages that have gone out for it."""

    update_id: int
    lane: int
    kind: Kind
    raw: Mapping[str, Any]
    received: float
    tries: int = 0
    sent: int = 0
    doubtful: int = 0
    serial: int = 0
    messages: tuple[int, ...] = ()
    admitted: bool = False
    toasted: str = ""


@dataclass(slots=True)
class Work:
    """The entry in work, and how far this try has come; `outcome` is what its handlers ended with.

    `admitted` says that the limits let it through, `toasted` which press was answered: neither happens twice.
    """

    entry: Entry
    passed: int = 0
    messages: list[int] = field(default_factory=list)
    doubtful: int = 0
    outcome: Exception | None = None
    admitted: bool = False
    toasted: str = ""

    @classmethod
    def on(cls, entry: Entry) -> Work:
        """Work on an entry, with what earlier tries have sent."""
        return cls(
            entry, messages=list(entry.messages), doubtful=entry.doubtful,
            admitted=entry.admitted, toasted=entry.toasted,
        )  # fmt: skip

    def as_of(self, entry: Entry) -> Entry:
        """The entry with how far the work on it has come, for the next try."""
        return replace(
            entry, messages=tuple(self.messages), sent=len(self.messages), doubtful=self.doubtful,
            admitted=self.admitted, toasted=self.toasted,
        )  # fmt: skip


current: ContextVar[Work | None] = ContextVar("current", default=None)
Lane = tuple[bool, int]  # whether it is the swift one, and the chat or person


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
        self._records, self._expires, self._clock = records, expires, clock
        self._lanes: dict[Lane, deque[Entry]] = {}
        self._taken: set[Lane] = set()
        self._held: dict[Lane, tuple[float, bool]] = {}  # until when, and whether entries expire meanwhile
        self._moved: dict[int, int] = {}
        self._unfinished = 0
        self._since = clock()  # when the inbox was last empty
        self._bell = asyncio.Event()
        self._door = asyncio.Lock()

    async def open(self) -> None:
        """Load what is unfinished."""
        now = self._clock()

        def load(connection: sqlite3.Connection) -> tuple[list[Any], list[Any], list[Any]]:
            connection.execute("DELETE FROM held WHERE until < ?", (now,))
            return (
                connection.execute(
                    "SELECT update_id, lane, kind, raw, received, tries, messages, doubtful, serial FROM inbox "
                    "WHERE finished IS NULL ORDER BY serial"
                ).fetchall(),
                connection.execute("SELECT chat, until FROM held").fetchall(),
                connection.execute("SELECT old, new FROM moved").fetchall(),
            )

        rows, held, moved = await self._records.do(load)
        self._held = {(False, chat): (until, True) for chat, until in held}
        self._moved = dict(moved)
        for update_id, lane, kind, raw, received, tries, messages, doubtful, serial in rows:
            ids = tuple(int(part) for part in messages.split())
            self._add(Entry(update_id, lane, kind, json.loads(raw), received, tries, len(ids), doubtful, serial, ids))

    async def accept(self, raws: Iterable[object]) -> int | None:
        """Store a batch; returns the highest update_id in it, which may now be acknowledged.

        Waits while there is no room. What cannot be stored is parked, what does not concern the bot is counted.
        """
        fit: list[tuple[Sorted, Mapping[str, Any]]] = []
        highest: list[int] = []
        for raw in raws:
            found = sort(raw, self.desk)
            if isinstance(found, Unfit):
                await self.park(raw, found.reason)
                continue
            assert isinstance(raw, dict)
            highest.append(raw["update_id"])
            if found is None:
                self.counts["ignored"] += 1
            else:
                fit.append((found, raw))
        fit.sort(key=lambda pair: pair[0].update_id)
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
        while self._unfinished >= self.most:
            await self._bell.wait()
        return self.most - self._unfinished

    async def take(self, kinds: frozenset[Kind]) -> Entry:
        """The oldest entry of these kinds whose chat is neither in work nor held; waits for one."""
        while True:
            bell, now = self._bell, self._clock()
            best: tuple[int, Lane] | None = None
            soonest = 60.0
            for lane, entries in self._lanes.items():
                if lane in self._taken or entries[0].kind not in kinds:
                    continue
                until = self._held.get(lane, (0.0, False))[0]
                if until > now:
                    soonest = min(soonest, until - now)
                elif best is None or entries[0].serial < best[0]:
                    best = (entries[0].serial, lane)
            if best is not None:
                self._taken.add(best[1])
                return self._lanes[best[1]][0]
            with suppress(TimeoutError):
                async with asyncio.timeout(max(0.01, soonest)):
                    await bell.wait()

    async def begin(self, entry: Entry) -> Entry:
        """Write down that the entry is being worked on: from here on an order is never given out again.

        For a question the note serves only to give up on one that ends the process; it is not waited for.
        """
        begun = replace(entry, tries=entry.tries + 1)
        if entry.kind == "admin":
            await self._set(entry, "tries = ?", begun.tries)
        else:
            self._note(entry, "tries = ?", begun.tries)
        self._lanes[_lane(entry)][0] = begun
        return begun

    def release(self, work: Work) -> None:
        """Give an entry back, to be given out again: what became of it could not be written down."""
        entry = work.entry
        lane = self._lanes.get(_lane(entry))
        if lane and lane[0].serial == entry.serial:
            lane[0] = work.as_of(lane[0])
        self._taken.discard(_lane(entry))
        self._ring()

    def behind(self, entry: Entry) -> int:
        """How many wait for the same chat after this one."""
        return max(0, len(self._lanes.get(_lane(entry), ())) - 1)

    async def sent(self, work: Work, message: int) -> None:
        """Write down a message that has gone out for the entry.

        Not waited for: the process would have to die within these milliseconds for a second copy, and the commit is
        shared with that of `done`, which follows.
        """
        work.messages.append(message)
        work.passed, work.doubtful = len(work.messages), 0
        self._note(work.entry, "messages = ?, doubtful = 0", " ".join(map(str, work.messages)))

    async def doubt(self, work: Work) -> None:
        """Write down that a message may or may not have gone out."""
        work.doubtful += 1
        await self._set(work.entry, "doubtful = ?", work.doubtful)

    async def done(self, entry: Entry, outcome: str = "done") -> None:
        """The entry is dealt with; its text is deleted."""
        await self._finish([entry], outcome)
        self._taken.discard(_lane(entry))
        self.last_done = self._clock()
        self._ring()

    async def defer(self, entry: Entry, seconds: float, work: Work | None = None, *, expires: bool = False) -> None:
        """Give the entry out again, as it was taken, and nothing of its chat before, once the seconds have passed.

        With `expires` (Telegram asked for the pause), what would then be too old to answer is finished as expired.
        """
        again = work.as_of(entry) if work is not None else entry  # tries as taken: a pause is no crash
        await self._set(entry, "tries = ?", again.tries)
        self._lanes[_lane(entry)][0] = again
        await self._hold(_lane(entry), seconds, expires)
        self._taken.discard(_lane(entry))
        self.last_done = self._clock()  # something moves
        await self.expire()
        self._ring()

    async def _hold(self, lane: Lane, seconds: float, expires: bool) -> None:
        """Give nothing of that lane out for so long; kept over a restart where Telegram asked for it."""
        until = self._clock() + seconds
        self._held[lane] = (until, expires)
        if expires and not lane[0]:
            row = (lane[1], until)
            await self._records.do(lambda c: c.execute("INSERT OR REPLACE INTO held VALUES (?, ?)", row))

    async def expire(self) -> None:
        """Finish what cannot be answered in time because its chat may not be written to; called now and then."""
        now = self._clock()
        self._held = {lane: hold for lane, hold in self._held.items() if hold[0] > now}
        for lane, entries in list(self._lanes.items()):
            until, expires = self._held.get(lane, (0.0, False))
            if not expires or lane in self._taken:
                continue
            late = [entry for entry in entries if until > entry.received + self._expires]
            late += [entry for entry in list(entries)[HELD_MOST:] if entry not in late]
            if late:
                log.warning("%d updates expired: Telegram holds their chat back for %.0f s", len(late), until - now)
                await self._finish(late, "expired")
                self._ring()

    async def drop(self, entry: Entry, outcome: str) -> int:
        """Finish the entry in work and whatever else waits for its chat; returns how many."""
        own = _lane(entry)
        entries = list(self._lanes.get(own, ()))
        if (other := (not own[0], own[1])) not in self._taken:
            entries += self._lanes.get(other, ())
        await self._finish(entries, outcome)
        self._taken.discard(own)
        self.last_done = self._clock()
        self._ring()
        return len(entries)

    async def park(self, raw: object, reason: str, entry: Entry | None = None) -> None:
        """Put an update aside that nothing can be done with; some of it is kept to find out why."""
        written = json.dumps(raw, default=str)[:EXCERPT]
        number = entry.update_id if entry is not None else None
        row = (number, written, reason[:EXCERPT], self._clock(), written)
        new = await self._records.do(
            lambda c: (
                c.execute(
                    "INSERT INTO parked (update_id, excerpt, reason, at) SELECT ?, ?, ?, ? WHERE NOT EXISTS "
                    "(SELECT 1 FROM parked WHERE excerpt = ? AND update_id IS NULL)",  # without a number it comes again
                    row,
                ).rowcount
            )
        )
        if new:
            self.counts["parked"] += 1
            log.warning("update %s parked: %s", number, reason[:EXCERPT])
        if entry is not None:
            await self.done(entry, "parked")

    def waiting(self) -> int:
        """Entries that are not finished."""
        return self._unfinished

    def idle(self) -> float:
        """Seconds for which there was something to do and nothing moved; 0 while all that waits is held back."""
        now = self._clock()
        if all(self._held.get(lane, (0.0, False))[0] > now for lane in self._lanes):
            return 0.0
        return now - max(self.last_done, self._since)

    def home(self, chat: int) -> int:
        """The number that a chat has now."""
        return self._moved.get(chat, chat)

    async def move(self, old: int, new: int) -> None:
        """Remember that a group has got another number."""
        self._moved[old] = new
        await self._records.do(lambda c: c.execute("INSERT OR REPLACE INTO moved VALUES (?, ?)", (old, new)))

    async def sweep(self, parked_days: float) -> None:
        """Forget finished updates' numbers after two days, and parked updates after the days given."""
        now = self._clock()

        def delete(connection: sqlite3.Connection) -> None:
            connection.execute("DELETE FROM inbox WHERE finished < ?", (now - REMEMBERED,))
            connection.execute("DELETE FROM parked WHERE at < ?", (now - parked_days * 86_400,))

        await self._records.do(delete)

    async def _store(self, fit: Sequence[tuple[Sorted, Mapping[str, Any]]]) -> None:
        now = self._clock()

        def insert(connection: sqlite3.Connection) -> list[int | None]:
            serials: list[int | None] = []
            for found, raw in fit:
                row = (found.update_id, found.identity, found.lane, found.kind, json.dumps(raw), now)
                done = connection.execute(
                    "INSERT OR IGNORE INTO inbox (update_id, identity, lane, kind, raw, received) "
                    "VALUES (?, ?, ?, ?, ?, ?)", row,
                )  # fmt: skip
                serials.append(done.lastrowid if done.rowcount else None)
            return serials

        for (found, raw), serial in zip(fit, await self._records.do(insert), strict=True):
            if serial is None:
                self.counts["repeated"] += 1
            else:
                self.counts["accepted"] += 1
                self._add(Entry(found.update_id, found.lane, found.kind, raw, now, serial=serial))
        if self._held:
            await self.expire()
        self._ring()

    async def _finish(self, entries: Sequence[Entry], outcome: str) -> None:
        """Mark as finished, first on the disk and then here."""
        now = self._clock()
        rows = [(now, outcome, entry.serial) for entry in entries]
        await self._records.do(
            lambda c: c.executemany(
                "UPDATE inbox SET raw = NULL, messages = '', finished = ?, outcome = ? WHERE serial = ?", rows
            )
        )
        gone = {entry.serial for entry in entries}
        for lane in {_lane(entry) for entry in entries}:
            left = deque(entry for entry in self._lanes.get(lane, ()) if entry.serial not in gone)
            self._unfinished -= len(self._lanes.get(lane, ())) - len(left)
            if left:
                self._lanes[lane] = left
            else:
                self._lanes.pop(lane, None)
        self.counts[outcome] += len(entries)

    async def _set(self, entry: Entry, what: str, value: object) -> None:
        await self._records.do(lambda c: c.execute(f"UPDATE inbox SET {what} WHERE serial = ?", (value, entry.serial)))

    def _note(self, entry: Entry, what: str, value: object) -> None:
        self._records.note(lambda c: c.execute(f"UPDATE inbox SET {what} WHERE serial = ?", (value, entry.serial)))

    def _add(self, entry: Entry) -> None:
        if not self._unfinished:
            self._since = self._clock()
        self._lanes.setdefault(_lane(entry), deque()).append(entry)
        self._unfinished += 1

    def _ring(self) -> None:
        self._bell.set()
        self._bell = asyncio.Event()


def _lane(entry: Entry) -> Lane:
    return entry.kind == "swift", entry.lane
