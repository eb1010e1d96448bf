"""Values made from keys -> the same, the last used of them kept, as long as together they do not weigh too much.

Comes in: a key. Goes out: its value, made anew where it is not kept. The promise: what is kept weighs at most what was
allowed, but for a few values that are always kept. Safe to use from several threads. Knows nothing of what values are.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import Generic, TypeVar

V = TypeVar("V")


class Recent(Generic[V]):
    """Calls `make` for what is not kept; `most` is in the units of `weight`, `least` is how many stay, whatever they weigh."""

    def __init__(self, make: Callable[[str], V], weight: Callable[[V], int], most: int, least: int) -> None:
        self._make, self._weight, self._most, self._least = make, weight, most, least
        self._kept: OrderedDict[str, V] = OrderedDict()
        self._held = 0
        self._lock = threading.Lock()

    def __call__(self, key: str) -> V:
        """The value of the key; what `make` raises is raised, and not kept."""
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        made = self._make(key)
        with self._lock:
            if key not in self._kept:
                self._kept[key] = made
                self._held += self._weight(made)
            while self._held > self._most and len(self._kept) > self._least:
                self._held -= self._weight(self._kept.popitem(last=False)[1])
        return made

    def __len__(self) -> int:
        return len(self._kept)
