"""What the articles of a chat are: how many, from when, of which outlets, the latest, and single ones by id.

Comes in: a scope, or ids. Goes out: values, all of one generation. The promises others lean on: what a scope leaves out
is neither counted nor named; nothing here runs on the event loop. Knows nothing of messages.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from bot.chat_telegram.office import Office
from index.errors import ArticleUnknown, IndexDamaged, IndexMissing
from index.generations import CURRENT, previous
from index.outlets import outlet_of
from index.store import Entry, Scope, Snapshot, open_snapshot


@dataclass(frozen=True, slots=True)
class Held:
    """What there is: numbers, the first and last date if any is known, when it was published, in which generation."""

    generation: str
    updated: str
    articles: int
    sentences: int
    first: str | None
    last: str | None


@dataclass(frozen=True, slots=True)
class Outlet:
    """One outlet (the host where articles name none, None where they have no address either), how many articles, and the dates of the first and last."""

    name: str | None
    articles: int
    first: str | None
    last: str | None


@dataclass(frozen=True, slots=True)
class Found:
    """One article as lists show it."""

    id: str
    title: str
    source: str | None
    published: str | None
    url: str | None
    sentences: int
    origin: str


def newest(index: Path) -> Snapshot:
    """The current generation, opened anew only where it is new; where it is damaged, the one before. Blocks."""
    return _opened(index, (index / CURRENT).read_bytes() if (index / CURRENT).is_file() else b"")


@lru_cache(maxsize=1)
def _opened(index: Path, pointer: bytes) -> Snapshot:
    # Whoever answers checks every file; here only the list of articles is read, which has a digest of its own.
    try:
        return open_snapshot(index, whole=False)
    except IndexDamaged as damage:
        try:
            return Snapshot(previous(index))
        except IndexMissing:
            raise damage from None


async def held(office: Office, scope: Scope) -> Held:
    """How much the scope holds."""

    def look() -> Held:
        try:
            snapshot = newest(office.config.index.dir)
        except IndexMissing:
            return Held("", "", 0, 0, None, None)
        counts, period = snapshot.counts_in(scope), snapshot.period(scope)
        first, last = period if period else (None, None)
        updated = str(snapshot.generation.manifest["published"])
        return Held(snapshot.name, updated, counts["articles"], counts["sentences"], first, last)

    return await office.asking.off(look)


async def there(office: Office) -> tuple[str, frozenset[str]] | None:
    """The current generation and the ids of all its articles; None where there is no index."""

    def look() -> tuple[str, frozenset[str]] | None:
        try:
            snapshot = newest(office.config.index.dir)
        except IndexMissing:
            return None
        return snapshot.name, frozenset(entry.id for entry in snapshot.entries())

    return await office.asking.off(look)


async def outlets(office: Office, scope: Scope) -> tuple[Outlet, ...]:
    """Who published the articles, most articles first, then by name."""

    def look() -> tuple[Outlet, ...]:
        many: Counter[str | None] = Counter()
        dates: dict[str | None, list[str]] = {}
        for entry in _entries(office, scope):
            name = outlet_of(entry.source, entry.url)
            many[name] += 1
            dates.setdefault(name, []).extend([entry.published] if entry.published else [])
        ordered = sorted(many, key=lambda name: (name is None, -many[name], name or ""))
        return tuple(
            Outlet(name, many[name], min(dates[name], default=None), max(dates[name], default=None)) for name in ordered
        )

    return await office.asking.off(look)


async def latest(office: Office, scope: Scope, most: int) -> tuple[Found, ...]:
    """The newest articles by their own dates; those without a date come last, in the order they were indexed."""

    def look() -> tuple[Found, ...]:
        entries = _entries(office, scope)
        dated = sorted((one for one in entries if one.published), key=lambda one: one.published or "", reverse=True)
        return tuple(map(_found, (dated + [one for one in entries if not one.published])[:most]))

    return await office.asking.off(look)


async def find(office: Office, ids: Sequence[str]) -> tuple[tuple[Found, ...], str]:
    """The articles of those ids or beginnings of ids, each once, and what is wrong with the ids, if anything."""

    def look() -> tuple[tuple[Found, ...], str]:
        try:
            snapshot = newest(office.config.index.dir)
        except IndexMissing:
            return (), "There are no articles yet."
        found: dict[str, Found] = {}
        for wanted in ids:
            try:
                entry = snapshot.entry(wanted)
            except ArticleUnknown:
                return (), "No article, or more than one, goes by an id that you gave."
            found[entry.id] = _found(entry)
        return tuple(found.values()), ""

    return await office.asking.off(look)


def _entries(office: Office, scope: Scope) -> list[Entry]:
    try:
        return list(newest(office.config.index.dir).entries(scope))
    except IndexMissing:
        return []


def _found(entry: Entry) -> Found:
    title = entry.title or Path(entry.origin).name
    return Found(entry.id, title, entry.source, entry.published, entry.url, entry.pieces, entry.origin)
