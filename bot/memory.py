"""What malloc keeps of memory that is no longer used -> the system.

The network's steps take and free some megabytes each, on several threads, and the C library keeps most of that for the next
time. Comes in: nothing. Goes out: nothing; where the library is not glibc, nothing is done.
"""

from __future__ import annotations

import ctypes
import functools
from collections.abc import Callable


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
