"""What the inbox keeps on the disk: updates until they are dealt with, their numbers for two days, what was parked.

Comes in: what the inbox has decided. Goes out: the same after a restart. The promise: what a method that is waited for
has written is on the disk; `note` is for what may be lost with the process. Knows nothing of order and of limits.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from typing import Any

from bot.chat_telegram.entries import Entry
from bot.chat_telegram.records import Records
from bot.chat_telegram.sorting import Sorted

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


class Shelf:
    """The inbox's tables in the front's file."""

    def __init__(self, records: Records) -> None:
        self._records = records

    async def unfinished(self, now: float) -> tuple[list[Entry], dict[int, float], dict[int, int]]:
        """What was not dealt with, oldest first; which chats are held back, and until when; which have moved where."""

        def load(connection: sqlite3.Connection) -> tuple[list[Any], dict[int, float], dict[int, int]]:
            connection.execute("DELETE FROM held WHERE until < ?", (now,))
            return (
                connection.execute(
                    "SELECT update_id, lane, kind, raw, received, tries, messages, doubtful, serial FROM inbox "
                    "WHERE finished IS NULL ORDER BY serial"
                ).fetchall(),
                dict(connection.execute("SELECT chat, until FROM held").fetchall()),
                dict(connection.execute("SELECT old, new FROM moved").fetchall()),
            )

        rows, held, moved = await self._records.do(load)
        return [_entry(*row) for row in rows], held, moved

    async def insert(self, fit: Sequence[tuple[Sorted, str]], now: float) -> list[int | None]:
        """Store updates with their JSON; the serial number of each, None for what was there before."""

        def insert(connection: sqlite3.Connection) -> list[int | None]:
            serials: list[int | None] = []
            for found, written in fit:
                done = connection.execute(
                    "INSERT OR IGNORE INTO inbox (update_id, identity, lane, kind, raw, received) "
                    "VALUES (?, ?, ?, ?, ?, ?)",
                    (found.update_id, found.identity, found.lane, found.kind, written, now),
                )
                serials.append(done.lastrowid if done.rowcount else None)
            return serials

        return await self._records.do(insert)

    async def set(self, entry: Entry, what: str, value: object) -> None:
        """Change a column of an entry, and wait for the disk."""
        await self._records.do(lambda c: c.execute(f"UPDATE inbox SET {what} WHERE serial = ?", (value, entry.serial)))

    def note(self, entry: Entry, what: str, value: object) -> None:
        """The same, not waited for."""
        self._records.note(lambda c: c.execute(f"UPDATE inbox SET {what} WHERE serial = ?", (value, entry.serial)))

    async def finish(self, entries: Sequence[Entry], outcome: str, now: float) -> None:
        """Mark as finished; nothing is kept but the numbers."""
        rows = [(now, outcome, entry.serial) for entry in entries]
        await self._records.do(
            lambda c: c.executemany(
                "UPDATE inbox SET raw = NULL, messages = '', finished = ?, outcome = ? WHERE serial = ?", rows
            )
        )

    async def park(self, number: int | None, excerpt: str, reason: str, now: float) -> bool:
        """Keep some of an update that nothing can be done with; false where the same lies there already."""
        row = (number, excerpt, reason, now, excerpt)
        added = await self._records.do(
            lambda c: (
                c.execute(
                    "INSERT INTO parked (update_id, excerpt, reason, at) SELECT ?, ?, ?, ? WHERE NOT EXISTS "
                    "(SELECT 1 FROM parked WHERE excerpt = ? AND update_id IS NULL)",  # without a number it comes again
                    row,
                ).rowcount
            )
        )
        return bool(added)

    async def hold(self, chat: int, until: float) -> None:
        """A chat may not be written to before that time."""
        await self._records.do(lambda c: c.execute("INSERT OR REPLACE INTO held VALUES (?, ?)", (chat, until)))

    async def move(self, old: int, new: int) -> None:
        """A chat has another number now."""
        await self._records.do(lambda c: c.execute("INSERT OR REPLACE INTO moved VALUES (?, ?)", (old, new)))

    async def sweep(self, now: float, parked_days: float) -> None:
        """Forget finished updates' numbers after two days, and parked updates after the days given."""

        def delete(connection: sqlite3.Connection) -> None:
            connection.execute("DELETE FROM inbox WHERE finished < ?", (now - REMEMBERED,))
            connection.execute("DELETE FROM parked WHERE at < ?", (now - parked_days * 86_400,))

        await self._records.do(delete)


def _entry(
    update_id: int,
    lane: int,
    kind: str,
    raw: str,
    received: float,
    tries: int,
    messages: str,
    doubtful: int,
    serial: int,
) -> Entry:
    ids = tuple(int(part) for part in messages.split())
    return Entry(update_id, lane, kind, json.loads(raw), received, tries, doubtful, serial, ids)  # type: ignore[arg-type]  # only kinds were stored
