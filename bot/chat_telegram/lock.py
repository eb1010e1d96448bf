"""One process on this machine for one bot: the second is told so at once, before anything large is loaded.

Comes in: the index folder and the token. Goes out: a lock that lasts as long as the process; its file names the holder.
Knows nothing of other machines: there, Telegram's 409 tells (polling.py).
"""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from bot.chat_telegram.secret import Secret
from bot.errors import PollingTaken


def lock(folder: Path, token: Secret) -> int:
    """Make this the only process on this machine that polls with the token; returns what must be kept open.

    Raises PollingTaken, which names the other process.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"telegram-{token.digest()}.lock"
    descriptor = os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        holder = os.read(descriptor, 20).decode("ascii", errors="replace").strip() or "unknown"
        os.close(descriptor)
        raise PollingTaken(
            f"process {holder} on this machine already runs the bot of this token; stop it first ({path})"
        ) from None
    os.ftruncate(descriptor, 0)
    os.write(descriptor, f"{os.getpid()}\n".encode())
    return descriptor
