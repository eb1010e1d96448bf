"""What is known of each feed and of each of its items, from run to run.

Comes in: feeds, items, and what became of them. Goes out: which feeds are due, which items are still to be fetched
or published. The promise others lean on: an item is done only after the generation that holds it was published, so a
run that dies in between is taken up by the next. A SQLite file in the index folder; without it, feeds begin anew.
"""

from __future__ import annotations

import fcntl
import os
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from index.article import sha256
from index.errors import IndexBusy, IndexDamaged

FILE = "feeds.sqlite"
_LOCK = "feeds.lock"
# An item is left alone when it has failed five times while its host was well, or fifty times whatever the reason:
# some days without a network must not cost an article.
_TRIES, _HOST_WELL = 50, 10
_SCHEMA = """
CREATE TABLE IF NOT EXISTS feeds(
  address TEXT PRIMARY KEY, title TEXT, added TEXT NOT NULL, checked TEXT, etag TEXT, last_modified TEXT,
  not_before REAL NOT NULL DEFAULT 0, trouble TEXT, off INTEGER NOT NULL DEFAULT 0);
CREATE TABLE IF NOT EXISTS items(
  feed TEXT NOT NULL REFERENCES feeds ON DELETE CASCADE, id TEXT NOT NULL, address TEXT NOT NULL, state TEXT NOT NULL,
  tries INTEGER NOT NULL DEFAULT 0, trouble TEXT, PRIMARY KEY(feed, id));
CREATE INDEX IF NOT EXISTS items_by_state ON items(state, address);
"""

State = Literal["waiting", "kept", "done", "refused"]


@dataclass(frozen=True, slots=True)
class Known:
    """A feed as it stands. `not_before` is a time in seconds since 1970; a feed that is `off` is asked no more."""

    address: str
    title: str | None
    checked: str | None
    etag: str | None
    last_modified: str | None
    not_before: float
    trouble: str | None
    off: int


class FeedState:
    """The state of one index's feeds, held open by one process at a time; raises `IndexBusy` for the second."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database

    def feeds(self) -> list[Known]:
        """All feeds, by address."""
        query = (
            "SELECT address, title, checked, etag, last_modified, not_before, trouble, off FROM feeds ORDER BY address"
        )
        return [Known(*found) for found in self._database.execute(query).fetchall()]

    def add(self, address: str, title: str | None, now: str) -> bool:
        """Note a feed; false where it was known. One that was off is asked again."""
        with self._database:
            fresh = self._database.execute(
                "INSERT OR IGNORE INTO feeds(address, title, added) VALUES (?, ?, ?)", (address, title, now)
            )
            self._database.execute(
                "UPDATE feeds SET off = 0, not_before = 0, trouble = NULL WHERE address = ?", (address,)
            )
            return fresh.rowcount > 0

    def remove(self, address: str) -> bool:
        """Forget a feed and its items; false where it was not known."""
        with self._database:
            self._database.execute("DELETE FROM items WHERE feed = ?", (address,))
            return self._database.execute("DELETE FROM feeds WHERE address = ?", (address,)).rowcount > 0

    def checked(
        self,
        address: str,
        now: str,
        trouble: str | None = None,
        *,
        title: str | None = None,
        validators: tuple[str | None, str | None] | None = None,
        items: Iterable[tuple[str, str, State, str | None]] = (),
        not_before: float = 0.0,
        off: bool = False,
    ) -> int:
        """Note what a visit brought, new items (id, address, state, trouble) included; how many were new.

        The validators are noted with the items or not at all: a feed that has not changed since is not read again.
        """
        with self._database:
            self._database.execute(
                "UPDATE feeds SET checked = ?, trouble = ?, not_before = ?, off = ?, title = coalesce(?, title) "
                "WHERE address = ?", (now, trouble, not_before, off, title, address),
            )  # fmt: skip
            if validators is not None:
                self._database.execute(
                    "UPDATE feeds SET etag = ?, last_modified = ? WHERE address = ?", (*validators, address)
                )
            before = self._database.total_changes
            self._database.executemany(
                "INSERT OR IGNORE INTO items(feed, id, address, state, trouble) VALUES (?, ?, ?, ?, ?)",
                [(address, *item) for item in items],
            )
            return self._database.total_changes - before

    def seen(self, address: str) -> set[str]:
        """The ids of the items of a feed that are known already."""
        return {found[0] for found in self._database.execute("SELECT id FROM items WHERE feed = ?", (address,))}

    def addresses(self, state: State) -> list[str]:
        """The addresses of the items in that state, sorted, each once."""
        query = "SELECT DISTINCT address FROM items WHERE state = ? ORDER BY address"
        return [found[0] for found in self._database.execute(query, (state,))]

    def became(self, changes: Iterable[tuple[str, State, str | None]]) -> None:
        """Note what became of items, by address: (address, state, trouble)."""
        with self._database:
            self._database.executemany(
                "UPDATE items SET state = ?2, trouble = ?3 WHERE address = ?1 AND state <> 'done'", list(changes)
            )

    def failed(self, failures: Iterable[tuple[str, str, bool]]) -> None:
        """Note attempts that came to nothing: (address, trouble, whether its host was well); many of them refuse an item."""
        with self._database:
            self._database.executemany(
                "UPDATE items SET tries = tries + ?3, trouble = ?2, state = iif(tries + ?3 >= ?4, 'refused', state) "
                "WHERE address = ?1 AND state = 'waiting'",
                [(address, trouble, _HOST_WELL if well else 1, _TRIES) for address, trouble, well in failures],
            )

    def forget(self, gone: Callable[[str], bool]) -> int:
        """Keep of the done items whose address is `gone` no more than a digest, by which they stay known; how many.

        The file is written anew, also where nothing is new to forget: the call before may have died half way.
        """
        query = "SELECT rowid, feed, id, address FROM items WHERE state = 'done' AND address <> ''"
        found = [
            (unnamed(id_), row) for row, _, id_, address in self._database.execute(query).fetchall() if gone(address)
        ]
        with self._database:
            self._database.executemany(
                "UPDATE OR REPLACE items SET id = ?, address = '', trouble = NULL WHERE rowid = ?", found
            )
        self._database.execute("VACUUM")
        self._database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return len(found)

    def counts(self, address: str) -> dict[str, int]:
        """How many items of a feed are in each state."""
        query = "SELECT state, count(*) FROM items WHERE feed = ? GROUP BY state ORDER BY state"
        return dict(self._database.execute(query, (address,)).fetchall())


def unnamed(item: str) -> str:
    """What an item is known by after it was forgotten."""
    return f"sha256:{sha256(item.encode('utf-8', 'surrogatepass'))}"


@contextmanager
def feed_state(index: Path) -> Iterator[FeedState]:
    """The state of the feeds of an index folder, alone while the block runs; raises `IndexBusy` at once otherwise."""
    index.mkdir(parents=True, exist_ok=True)
    lock = os.open(index / _LOCK, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o644)
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise IndexBusy(f"the feeds of {index} are being fetched by another process; try again later") from None
        with _opened(index / FILE) as database:
            yield FeedState(database)
    finally:
        with suppress(OSError):
            os.close(lock)


@contextmanager
def feeds_as_noted(index: Path) -> Iterator[FeedState | None]:
    """The state to look at, also while another process is fetching; None where no feed was ever noted."""
    if not (index / FILE).exists():
        yield None
        return
    with _opened(index / FILE) as database:
        yield FeedState(database)


@contextmanager
def _opened(path: Path) -> Iterator[sqlite3.Connection]:
    database = sqlite3.connect(path)
    try:
        # a power cut may undo the last notes, which only makes the next run do again what is done
        database.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON;" + _SCHEMA)
        yield database
    except sqlite3.DatabaseError as error:
        raise IndexDamaged(path, f"{error}; or remove that file: feeds then begin anew") from error
    finally:
        database.close()
