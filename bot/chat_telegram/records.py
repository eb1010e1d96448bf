"""One SQLite file for everything the Telegram front keeps, owned by one thread.

Comes in: functions that work on a connection. Goes out: what they return. The promise: each runs as one transaction,
in order, off the event loop, and what it has written is on the disk when `do` returns (synchronous=FULL); a function
that raises leaves no trace. The file is readable by its owner alone. Knows no table but `meta`.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import secrets
import sqlite3
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from bot.errors import RecordsUnusable

T = TypeVar("T")
FILE = "telegram.sqlite"
SCHEMA = "CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value BLOB NOT NULL)"


class Records:
    """The file, held open between `open` and `close`; `schemas` are scripts of CREATE ... IF NOT EXISTS."""

    def __init__(self, path: Path, schemas: Sequence[str]) -> None:
        self.path = path
        self._schemas = (SCHEMA, *schemas)
        self._thread: ThreadPoolExecutor | None = None
        self._connection: sqlite3.Connection | None = None

    async def open(self) -> None:
        """Make the file where there is none, and the tables that are missing. Raises RecordsUnusable."""
        self._thread = ThreadPoolExecutor(1, "records")
        try:
            await asyncio.get_running_loop().run_in_executor(self._thread, self._open)
        except (sqlite3.Error, OSError) as error:
            await self.close()
            raise RecordsUnusable(
                f"{self.path}: {error}; if the file is damaged, move it away: what was waiting in it is then lost, "
                "what Telegram still keeps comes again"
            ) from error

    async def close(self) -> None:
        """Write everything out and let the file go; may be called twice."""
        thread, self._thread = self._thread, None
        if thread is not None:
            await asyncio.get_running_loop().run_in_executor(thread, self._close)
            thread.shutdown(wait=False)

    async def do(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Run the work as one transaction and return what it returns."""
        if self._thread is None:
            raise RecordsUnusable(f"{self.path}: not open")
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._transact, work)

    async def salt(self) -> bytes:
        """Thirty-two random bytes that belong to this file, made once."""
        return await self.do(_salt)

    def _open(self) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(self.path, os.O_CREAT | os.O_RDWR, 0o600))
        os.chmod(self.path, 0o600)
        connection = sqlite3.connect(self.path, isolation_level=None, timeout=10, check_same_thread=True)
        self._connection = connection
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("PRAGMA busy_timeout=10000")
        connection.execute("PRAGMA foreign_keys=ON")
        connection.execute("PRAGMA secure_delete=ON")  # what people asked to be forgotten does not stay in free pages
        for schema in self._schemas:
            connection.executescript(schema)

    def _close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def _transact(self, work: Callable[[sqlite3.Connection], T]) -> T:
        assert self._connection is not None
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            result = work(self._connection)
            self._connection.execute("COMMIT")
        except BaseException:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            raise
        return result


def asker_key(salt: bytes, user: int) -> str:
    """What stands for a person where an id must not: the same for one salt, meaningless without it."""
    return hashlib.blake2b(str(user).encode(), key=salt, digest_size=10, person=b"asker").hexdigest()


def _salt(connection: sqlite3.Connection) -> bytes:
    connection.execute("INSERT OR IGNORE INTO meta VALUES ('salt', ?)", (secrets.token_bytes(32),))
    (value,) = connection.execute("SELECT value FROM meta WHERE name = 'salt'").fetchone()
    return bytes(value)
