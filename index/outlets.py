"""A generation -> the outlets that its articles are of, and the passages of some of them.

Comes in: a snapshot and a scope. Goes out: names, and rows as `search` takes them. The promise: an outlet whose articles
the scope leaves out is not there. Knows nothing of questions.
"""

from __future__ import annotations

from collections.abc import Collection
from urllib.parse import urlsplit
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from index.store import Scope, Snapshot

_MOST = 64  # scopes of a generation whose outlets are remembered
_FEW = 4  # sets of outlets of a generation whose passages are remembered, a byte each
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
    known = _KNOWN.setdefault(snapshot, {})
    if scope not in known and len(known) < _MOST:
        found = {outlet_of(entry.source, entry.url) for entry in snapshot.entries(scope)}
        known[scope] = tuple(sorted(name for name in found if name))
    return known.get(scope, ())


def rows_of(snapshot: Snapshot, named: Collection[str], scope: Scope = None) -> NDArray[np.bool_]:
    """Which passages may be found where these outlets alone are asked: one boolean a row; the last few are kept."""
    kept, key = _ROWS.setdefault(snapshot, {}), (frozenset(named), scope)
    if key not in kept:
        while len(kept) >= _FEW:
            kept.pop(next(iter(kept)))
        kept[key] = _rows(snapshot, named, scope)
    return kept[key]


def _rows(snapshot: Snapshot, named: Collection[str], scope: Scope) -> NDArray[np.bool_]:
    here = np.zeros(snapshot.counts["passages"], dtype=np.bool_)
    for entry in snapshot.entries(scope):
        if outlet_of(entry.source, entry.url) in named:
            here[entry.rows.start : entry.rows.stop] = True
    allowed = snapshot.rows_in(scope)
    return here if allowed is None else here & allowed
