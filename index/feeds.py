"""Feeds -> the articles behind their items -> one new generation.

Comes in: the feeds that an index knows. Goes out: what each visit brought, and what the build reports. The promises
others lean on: a feed is asked conditionally, never before the time that it names, and one that is gone is asked no
more; every item's link passes the same guard as a typed address; an item that is done or refused is not fetched
again, one that failed is tried again in the next run; whatever happens on the way, there is at most one publish a
run, of whole articles. Knows nothing of how feeds are written.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from index.article import sha256
from index.build import Recipe, Report
from index.collect import OF_THE_NETWORK, Gathered, by_host, gather, now, publish_gathered
from index.errors import DocumentRejected, FetchFailed
from index.feed_state import FeedState, Known, State, feed_state, unnamed
from index.intake import Progress
from index.sources.contents import host_of
from index.sources.feed import Feed, Item, read_feed
from index.sources.fetch import Fetched, Fetcher
from index.sources.files import Skipped
from index.sources.kept import Page, keep, kept
from index.sources.media import FEEDS

# Failures that the next run may not meet again; all others are final for an item. Those of a host that did not want
# to be asked, or was not, do not count against its items.
_NOT_COUNTED = frozenset({"busy", "stopped", "not_tried"})
_PASSING = OF_THE_NETWORK | _NOT_COUNTED


@dataclass(frozen=True, slots=True)
class Visit:
    """What asking one feed came to: items that were new, or why there are none; `note` says what people should know."""

    address: str
    title: str | None
    new: int
    note: str | None
    failed: bool


@dataclass(frozen=True, slots=True)
class FeedsReport:
    """A run over all feeds; `report` is None where there was nothing to publish."""

    visits: tuple[Visit, ...]
    failed: tuple[Skipped, ...]
    report: Report | None


def add_feed(index: Path, address: str, fetcher: Fetcher) -> tuple[str, Feed, bool]:
    """Note a feed, once it was fetched and read; its normal address, what it holds, and whether it is new.

    Raises `DocumentRejected`, and notes nothing, where there is no feed.
    """
    found = fetcher.fetch(address, FEEDS)
    feed = read_feed(found.data, found.final_address)
    with feed_state(index) as state:
        return found.address, feed, state.add(found.address, feed.title, now())


def remove_feed(index: Path, address: str, fetcher: Fetcher) -> bool:
    """Forget a feed, by its address; the articles that came from it stay."""
    try:
        normal = str(fetcher.check(address))
    except FetchFailed:
        normal = address
    with feed_state(index) as state:
        return state.remove(address) or state.remove(normal)


def fetch_feeds(
    index: Path, recipe: Recipe, progress: Progress, fetcher: Fetcher, stop: threading.Event | None = None
) -> FeedsReport:
    """Ask every feed that is due, fetch the articles of what is new in them, and publish all of it at once.

    Raises `IndexBusy` where another process is at it; what was fetched is published by the run after.
    """
    ending = stop or threading.Event()
    with feed_state(index) as state:
        visits = _visit_all(index, state, progress, fetcher, ending)
        gathered = _gather_items(index, state, progress, fetcher, ending)
        failed = tuple(
            Skipped(one.address, one.failure.reason, one.failure.detail) for one in gathered if one.failure is not None
        )
        report = _publish(index, state, recipe, progress, gathered)
    return FeedsReport(visits, failed, report)


def _visit_all(
    index: Path, state: FeedState, progress: Progress, fetcher: Fetcher, stop: threading.Event
) -> tuple[Visit, ...]:
    due = {feed.address: feed for feed in state.feeds() if not feed.off and feed.not_before <= time.time()}
    visits = []

    def ask(address: str) -> tuple[Known, Fetched | FetchFailed]:
        known = due[address]
        try:
            return known, fetcher.fetch(address, FEEDS, known.etag, known.last_modified, stop)
        except FetchFailed as failure:
            return known, failure

    for number, (known, found) in enumerate(by_host(list(due), ask, fetcher.fetching.parallel, stop), 1):
        progress("feeds asked", number, len(due))
        if isinstance(found, FetchFailed):
            visits.append(_failed(state, known, found))
        elif found.status == 304:
            state.checked(known.address, now())
            visits.append(Visit(known.address, known.title, 0, None, failed=False))
        else:
            visits.append(_read(index, state, known, found, fetcher))
    return tuple(sorted(visits, key=lambda visit: visit.address))


def _failed(state: FeedState, known: Known, failure: FetchFailed) -> Visit:
    """Note a feed that could not be had: gone for good, not before a time, or just not now."""
    gone = failure.reason == "gone"
    note = f"{failure}; it is asked no more: byline feeds add asks it again" if gone else str(failure)
    if failure.reason != "stopped":
        not_before = time.time() + failure.again if failure.again else 0.0
        state.checked(known.address, now(), note, not_before=not_before, off=gone)
    return Visit(known.address, known.title, 0, note, failed=True)


def _read(index: Path, state: FeedState, known: Known, found: Fetched, fetcher: Fetcher) -> Visit:
    """Note the items that are new in a feed."""
    try:
        feed = read_feed(found.data, found.final_address)
    except DocumentRejected as rejected:
        state.checked(known.address, now(), str(rejected))
        return Visit(known.address, known.title, 0, str(rejected), failed=True)
    seen = state.seen(known.address)
    new_items = [item for item in feed.items if item.id not in seen and unnamed(item.id) not in seen]
    items = [_noted(index, known.address, item, fetcher) for item in new_items]
    notes = [f"feed_item_cap: {feed.beyond:,} older items left out"] if feed.beyond and items else []
    if host_of(found.final_address) != host_of(known.address):
        notes.append(f"it has moved to {found.final_address}")
    note = "; ".join(notes) or None
    new = state.checked(
        known.address, now(), note, title=feed.title, validators=(found.etag, found.last_modified), items=items
    )
    return Visit(known.address, feed.title or known.title, new, note, failed=False)


def _noted(index: Path, feed: str, item: Item, fetcher: Fetcher) -> tuple[str, str, State, str | None]:
    """An item as it is noted: its link waits to be fetched; without one, its own text is kept."""
    if item.link:
        try:
            return item.id, str(fetcher.check(item.link)), "waiting", None
        except FetchFailed as refused:
            return item.id, item.link[:2000], "refused", str(refused)
    address = f"{feed}#{sha256(item.id.encode('utf-8', 'replace'))[:16]}"
    if not item.page:
        return item.id, address, "refused", "no_text: it has neither a link nor a text"
    data = item.page.encode("utf-8", "replace")
    keep(index, Page(address, None, "text/html; charset=utf-8", now(), sha256(data)), data)
    return item.id, address, "kept", None


def _gather_items(
    index: Path, state: FeedState, progress: Progress, fetcher: Fetcher, stop: threading.Event
) -> list[Gathered]:
    """Fetch what waits; noted in groups, since a note is a write to the disk."""
    gathered: list[Gathered] = []
    kept_now: list[tuple[str, State, str | None]] = []
    try:
        for one in gather(index, state.addresses("waiting"), fetcher, progress, stop):
            gathered.append(one)
            if one.failure is None:
                kept_now.append((one.address, "kept", None))
            elif not _passes(one.failure):
                kept_now.append((one.address, "refused", str(one.failure)))
            if len(kept_now) >= 20:
                state.became(kept_now)
                kept_now.clear()
    finally:
        state.became(kept_now)
    _count_failures(state, gathered)
    return gathered


def _count_failures(state: FeedState, gathered: Sequence[Gathered]) -> None:
    """Note who failed in passing: it counts for more where the item's host answered in the same run."""
    up = {host_of(one.address) for one in gathered if one.page or _status(one.failure)}
    state.failed(
        (one.address, str(one.failure), host_of(one.address) in up)
        for one in gathered
        if one.failure and _passes(one.failure) and one.failure.reason not in _NOT_COUNTED
    )


def _passes(failure: DocumentRejected) -> bool:
    status = _status(failure)
    return failure.reason in _PASSING or status >= 500 or status == 429


def _status(failure: DocumentRejected | None) -> int:
    return (failure.status or 0) if isinstance(failure, FetchFailed) else 0


def _publish(
    index: Path, state: FeedState, recipe: Recipe, progress: Progress, gathered: Sequence[Gathered]
) -> Report | None:
    """Add all that is kept and not yet published, this run's and what earlier ones left."""
    waiting = state.addresses("kept")
    if not waiting:
        return None
    fresh = {one.address for one in gathered}
    left = [Gathered(address, page) for address in waiting if address not in fresh and (page := kept(index, address))]
    report = publish_gathered(index, [*gathered, *left], recipe, progress)
    out = {skipped.origin: f"{skipped.reason}: {skipped.detail}" for skipped in report.skipped}
    state.became([(address, "refused" if address in out else "done", out.get(address)) for address in waiting])
    return replace(report, skipped=tuple(one for one in report.skipped if one.origin in set(waiting)))
