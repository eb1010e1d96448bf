"""One SQLite file for everything the Telegram front keeps, owned by one thread.

Comes in: functions that work on a connection. Goes out: what they return. The promise: each takes effect whole or not at
all, in order, off the event loop, and what it has written is on the disk when `do` returns (synchronous=FULL); a
function that raises leaves no trace. Those that wait at the same time share one commit, for a disk takes several
milliseconds for each; notes that nobody waits for are written at once, so that they outlive the process, and reach the
disk with the next commit that somebody waits for. The file is readable by its owner alone. Knows no table but `meta`.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import os
import secrets
import sqlite3
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from queue import SimpleQueue
from typing import Any, TypeVar

from bot.errors import RecordsUnusable

T = TypeVar("T")
log = logging.getLogger(__name__)
FILE = "telegram.sqlite"
MOST_AT_ONCE = 64  # jobs of one commit
_Job = tuple[Callable[[sqlite3.Connection], Any], "asyncio.Future[Any]", bool]  # the last: waited for
_Settled = tuple["asyncio.Future[Any]", Any, Exception | None]
SCHEMA = "CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value BLOB NOT NULL)"


class Records:
    """The file, held open between `open` and `close`; `schemas` are scripts of CREATE ... IF NOT EXISTS."""

    def __init__(self, path: Path, schemas: Sequence[str]) -> None:
        self.path = path
        self._schemas = (SCHEMA, *schemas)
        self._jobs: SimpleQueue[_Job | None] = SimpleQueue()
        self._thread: threading.Thread | None = None

    async def open(self) -> None:
        """Make the file where there is none, and the tables that are missing. Raises RecordsUnusable."""
        loop = asyncio.get_running_loop()
        opened: asyncio.Future[Any] = loop.create_future()
        self._thread = threading.Thread(target=self._own, args=(loop, opened), name="records", daemon=True)
        self._thread.start()
        try:
            await opened
        except (sqlite3.Error, OSError) as error:
            self._thread = None
            raise RecordsUnusable(
                f"{self.path}: {error}; if the file is damaged, move it away: what was waiting in it is then lost, "
                "what Telegram still keeps comes again"
            ) from error

    async def close(self) -> None:
        """Write everything out and let the file go; may be called twice."""
        thread, self._thread = self._thread, None
        if thread is not None:
            self._jobs.put(None)
            await asyncio.to_thread(thread.join)

    async def do(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Run the work and return what it returns (no cursors), once it is on the disk."""
        if self._thread is None:
            raise RecordsUnusable(f"{self.path}: not open")
        done: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._jobs.put((work, done, True))
        result: T = await done
        return result

    def note(self, work: Callable[[sqlite3.Connection], object]) -> None:
        """Run the work soon, before whatever is asked for afterwards, and do not wait for the disk.

        For what is followed by a `do` that does wait, or may be lost with the power. A failure is logged.
        """
        if self._thread is None:
            raise RecordsUnusable(f"{self.path}: not open")
        done: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        done.add_done_callback(_complain)
        self._jobs.put((work, done, False))

    async def salt(self) -> bytes:
        """Thirty-two random bytes that belong to this file, made once."""
        return await self.do(_salt)

    def _own(self, loop: asyncio.AbstractEventLoop, opened: asyncio.Future[Any]) -> None:
        """The thread: whatever waits is done as one transaction, then the next."""
        try:
            connection = self._connect()
        except Exception as error:
            _settle(loop, [(opened, None, error)])
            return
        _settle(loop, [(opened, None, None)])
        goes_on = True
        while goes_on:
            jobs = [self._jobs.get()]
            while len(jobs) < MOST_AT_ONCE and not self._jobs.empty():
                jobs.append(self._jobs.get())
            goes_on = None not in jobs
            _settle(loop, _together(connection, [job for job in jobs if job is not None]))
        connection.close()

    def _connect(self) -> sqlite3.Connection:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(self.path, os.O_CREAT | os.O_RDWR, 0o600))
        os.chmod(self.path, 0o600)
        connection = sqlite3.connect(self.path, isolation_level=None, timeout=10)
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("PRAGMA synchronous=FULL")
            connection.execute("PRAGMA foreign_keys=ON")
            connection.execute("PRAGMA secure_delete=ON")  # what is to be forgotten does not stay in free pages
            tables = ";\n".join(self._schemas)
            connection.executescript(f"BEGIN IMMEDIATE;\n{tables};\nCOMMIT;")  # one commit, not one a table
        except BaseException:
            connection.close()
            raise
        return connection


def _together(connection: sqlite3.Connection, jobs: Sequence[_Job]) -> list[_Settled]:
    """Run the jobs, each whole or not at all, and commit them at once; what became of each."""
    settled: list[_Settled] = []
    try:
        connection.execute(f"PRAGMA synchronous={'FULL' if any(waited for *_, waited in jobs) else 'NORMAL'}")
        connection.execute("BEGIN IMMEDIATE")
        for work, done, _ in jobs:
            connection.execute("SAVEPOINT job")
            try:
                result = work(connection)
                if isinstance(result, sqlite3.Cursor):
                    # Let go of in another thread, it would reset a statement that is in use here (InterfaceError, once
                    # in some thousand answers).
                    result.close()
                    result = None
                settled.append((done, result, None))
            except Exception as error:
                connection.execute("ROLLBACK TO job")
                settled.append((done, None, error))
            connection.execute("RELEASE job")
        connection.execute("COMMIT")
    except Exception as error:  # the disk is full, the file is locked, or the transaction was ended from within
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        return [(done, None, error) for _, done, _ in jobs]
    return settled


def _settle(loop: asyncio.AbstractEventLoop, settled: Sequence[_Settled]) -> None:
    def tell() -> None:
        for done, result, error in settled:
            if done.done():
                continue  # whoever asked was cancelled
            if error is not None:
                done.set_exception(error)
            else:
                done.set_result(result)

    with suppress(RuntimeError):  # the loop is closed: nobody waits any more
        loop.call_soon_threadsafe(tell)


def _complain(done: asyncio.Future[Any]) -> None:
    if not done.cancelled() and (error := done.exception()) is not None:
        log.error("a note could not be written: %s: %s", type(error).__name__, error)


def asker_key(salt: bytes, user: int) -> str:
    """What stands for a person where an id must not: the same for one salt, meaningless without it."""
    return hashlib.blake2b(str(user).encode(), key=salt, digest_size=10, person=b"asker").hexdigest()


def _salt(connection: sqlite3.Connection) -> bytes:
    connection.execute("INSERT OR IGNORE INTO meta VALUES ('salt', ?)", (secrets.token_bytes(32),))
    (value,) = connection.execute("SELECT value FROM meta WHERE name = 'salt'").fetchone()
    return bytes(value)
