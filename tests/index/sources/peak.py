"""How much memory this process has had at most, in kilobytes; for tests that run one to see."""

from __future__ import annotations

import resource
import sys


def peak() -> int:
    """From /proc where there is one: elsewhere the figure may be that of the process that started this one."""
    try:
        with open("/proc/self/status", encoding="ascii") as status:
            return next(int(line.split()[1]) for line in status if line.startswith("VmHWM:"))
    except OSError:
        most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return most // 1024 if sys.platform == "darwin" else most
