"""What malloc keeps of memory that is no longer used -> the system, whenever it has become much.

The network's steps take and free some megabytes each, on several threads, and the C library keeps most of that for the next
time: in the end several times what is in use. Comes in: the kernel's count of this process's own memory. Goes out:
nothing; where the library is not glibc or the kernel does not count, nothing is done. Knows nothing of what is held.
"""

from __future__ import annotations

import ctypes
import functools
import os
from collections.abc import Callable
from pathlib import Path

_COUNTS = Path("/proc/self/statm")


class Slack:
    """Lets the process grow by so many bytes since memory was last given back, and then gives back what is free."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._level: int | None = None

    def settle(self) -> bool:
        """Look, and give back where it is time to; call it between pieces of work. Whether it was."""
        own = own_bytes()
        if own is None:
            return False
        if self._level is None or own < self._level:
            self._level = own
        elif own > self._level + self._most:
            give_back()
            self._level = own_bytes()
            return True
        return False


def own_bytes() -> int | None:
    """Resident memory that is no file's and shared with nobody, in bytes; None where the kernel does not tell."""
    try:
        _, resident, shared, *_ = _COUNTS.read_bytes().split()
    except (OSError, ValueError):
        return None
    return (int(resident) - int(shared)) * os.sysconf("SC_PAGE_SIZE")


def give_back() -> None:
    """Give back what is free: some milliseconds, and for a while new memory has to be fetched again."""
    trim = _trim()
    if trim is not None:
        trim(0)


@functools.cache
def _trim() -> Callable[[int], int] | None:
    try:
        return ctypes.CDLL(None).malloc_trim
    except (OSError, AttributeError, TypeError):  # another C library, or none by this name
        return None
