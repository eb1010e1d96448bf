"""A generation -> the outlets that its articles are of, and the passages of some of them.

Comes in: a snapshot and a scope. Goes out: names, and rows as `search` takes them. The promise: an outlet whose articles
the scope leaves out is not there. Safe to use from several threads. Knows nothing of questions.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Hashable
from typing import TypeVar
from urllib.parse import urlsplit
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from index.store import Scope, Snapshot

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

_MOST = 64  # scopes of a generation whose outlets are remembered
_FEW = 4  # sets of outlets of a generation whose passages are remembered, a byte each
_ONE_AT_A_TIME = threading.Lock()
_ROWS: WeakKeyDictionary[Snapshot, dict[tuple[frozenset[str], Scope], NDArray[np.bool_]]] = WeakKeyDictionary()
_KNOWN: WeakKeyDictionary[Snapshot, dict[Scope, tuple[str, ...]]] = WeakKeyDictionary()


def outlet_of(source: str | None, url: str | None) -> str | None:
    """Who published an article: the outlet that it names, else the host of its address."""
    if source:
        return source
    try:
        host = urlsplit(url or "").hostname
    except ValueError:
        return None
    return host.removeprefix("www.") if host else None


def outlets(snapshot: Snapshot, scope: Scope = None) -> tuple[str, ...]:
    """The outlets of the scope's articles, each once, sorted."""

    def make() -> tuple[str, ...]:
        found = {outlet_of(entry.source, entry.url) for entry in snapshot.entries(scope)}
        return tuple(sorted(name for name in found if name))

    return _remembered(_KNOWN.setdefault(snapshot, {}), scope, _MOST, make)


def rows_of(snapshot: Snapshot, named: Collection[str], scope: Scope = None) -> NDArray[np.bool_]:
    """Which passages may be found where these outlets alone are asked: one boolean a row; the last few are kept."""
    key = (frozenset(named), scope)
    return _remembered(_ROWS.setdefault(snapshot, {}), key, _FEW, lambda: _rows(snapshot, named, scope))


def _remembered(kept: dict[K, V], key: K, most: int, make: Callable[[], V]) -> V:
    """What was made for the key; the oldest goes where there are too many."""
    with _ONE_AT_A_TIME:
        if key in kept:
            return kept[key]
    made = make()
    with _ONE_AT_A_TIME:
        while len(kept) >= most:
            del kept[next(iter(kept))]
        kept[key] = made
    return made


def _rows(snapshot: Snapshot, named: Collection[str], scope: Scope) -> NDArray[np.bool_]:
    here = np.zeros(snapshot.counts["passages"], dtype=np.bool_)
    for entry in snapshot.entries(scope):
        if outlet_of(entry.source, entry.url) in named:
            here[entry.rows.start : entry.rows.stop] = True
    allowed = snapshot.rows_in(scope)
    return here if allowed is None else here & allowed
