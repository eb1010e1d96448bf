"""An audit hook that keeps tests, and programs that they start, away from the network and from other folders.

`install_guard` cannot be undone: that is the point. BYLINE_GUARD_LOG names a file that gets a line for each refusal,
so that a test sees those that a library has swallowed.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path

_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_PATHS = {"os.mkdir": 0, "os.rename": 1, "os.link": 1, "os.symlink": 1, "os.remove": 0, "os.rmdir": 0, "os.truncate": 0}


class Refused(OSError):
    """The guard refused a connection or a write."""


def install_guard(writable: Sequence[Path]) -> None:
    """Refuse connections to anything but loopback, and writes outside the folders given, from now on."""
    roots = (*(os.path.realpath(path) + os.sep for path in writable), "/dev/", "/proc/self/")

    def hook(event: str, arguments: tuple[object, ...]) -> None:
        if event in ("socket.connect", "socket.sendto", "socket.getaddrinfo", "socket.gethostbyname"):
            address = arguments[0] if event in ("socket.getaddrinfo", "socket.gethostbyname") else arguments[1]
            host = address[0] if isinstance(address, tuple) else address
            if isinstance(address, tuple | str) and not _local(host, event):
                _refuse(f"{event} {host!r}")
        elif event == "open":
            path, mode, flags = (*arguments, None, None)[:3]
            writes = bool(int(flags) & _WRITING) if isinstance(flags, int) else False
            writes = writes or (isinstance(mode, str) and any(c in mode for c in "wax+"))
            if writes and not _inside(path, roots):
                _refuse(f"write to {path!r}")
        elif event in _PATHS and not _inside(arguments[_PATHS[event]], roots):
            _refuse(f"{event} {arguments[_PATHS[event]]!r}")

    sys.addaudithook(hook)


def _local(host: object, event: str) -> bool:
    if host is None or host == "":
        return True
    if event == "socket.connect" and isinstance(host, str) and host.startswith("/"):
        return True  # a socket file
    return str(host) in ("localhost", "::1") or str(host).startswith("127.")


def _inside(path: object, roots: Sequence[str]) -> bool:
    if isinstance(path, int) or not isinstance(path, str | bytes | os.PathLike):
        return True
    return (os.path.realpath(os.fsdecode(path)) + os.sep).startswith(tuple(roots))


def _refuse(what: str) -> None:
    log = os.environ.get("BYLINE_GUARD_LOG")
    if log:
        with open(log, "a", encoding="utf-8") as file:
            file.write(what + "\n")
    raise Refused(f"refused by the tests' guard: {what}")
