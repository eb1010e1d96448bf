"""Holding an index for writing: one writer at a time, and what dead ones left is cleared first.

Comes in: an index folder. Goes out: the right to write in it, for as long as a `with` block runs. The promises others
lean on: the lock is free again the moment its holder dies; nothing is swept away that a living process holds, and
nothing that is, or may become, the current generation. Knows nothing of how a generation is made.
"""

from __future__ import annotations

import errno
import fcntl
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from index.errors import IndexBusy, IndexUnwritable
from index.generations import named, names, number

LOCK = "writer.lock"
STAGED = ".staged-"
UNFINISHED = ".unfinished-"


@contextmanager
def writing(index: Path) -> Iterator[None]:
    """Hold the index for writing, cleared of what dead writers left; raises `IndexBusy` as `locked` does."""
    with locked(index):
        with disk(index):
            _sweep(index)
        yield


@contextmanager
def locked(index: Path) -> Iterator[None]:
    """Hold the index for writing as it is; raises `IndexBusy` at once where another process holds it.

    The lock is the kernel's (flock), so it is free again the moment its holder dies, however it dies.
    """
    with disk(index):
        fresh = not index.is_dir()
        index.mkdir(parents=True, exist_ok=True)
        if fresh:
            sync(index.parent)
        descriptor = os.open(index / LOCK, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o644)
    try:
        with disk(index):
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                holder = os.pread(descriptor, 200, 0).decode("ascii", "replace").strip() or "another process"
                raise IndexBusy(f"the index {index} is being written by {holder}; try again when it is done") from None
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, f"process {os.getpid()} since {now()}\n".encode("ascii"), 0)
        yield
    finally:
        with suppress(OSError):
            os.close(descriptor)


def leftovers(index: Path) -> list[Path]:
    """What a writer that died has left; call it inside `locked`, so that nobody is at work on it.

    That is also a folder that was renamed into place while CURRENT was never moved on to it, and one that was staged,
    if nobody holds it any more.
    """
    kept = named(index)
    never_current = [index / name for name in names(index) if kept and number(name) > number(kept)]
    abandoned = [path for path in index.glob(f"{STAGED}*") if not _is_held(path)]
    return [*index.glob(f"{UNFINISHED}*"), *never_current, *abandoned]


def _sweep(index: Path) -> None:
    for path in leftovers(index):
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)
        else:
            forget(path)


def _is_held(folder: Path) -> bool:
    """Whether a process that lives holds what is staged there, or may: what cannot be looked at now stays."""
    try:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError as error:
        return error.errno not in (errno.ENOENT, errno.ENOTDIR, errno.ELOOP)  # a file or a link holds nothing
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


def forget(path: Path) -> None:
    """Remove a file, if it is there and may be removed."""
    with suppress(OSError):
        path.unlink()


def sync(path: Path) -> None:
    """Lay a file, or the names in a folder, on the disk."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def now() -> str:
    """The time as manifests and locks say it."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())


@contextmanager
def disk(index: Path) -> Iterator[None]:
    """Translate the disk's refusals; says what is free where that may be the reason."""
    try:
        yield
    except OSError as error:
        try:
            free = f"{shutil.disk_usage(index).free // 2**20} MiB free there"
        except OSError:
            free = "the folder cannot be looked at"
        why = error.strerror or str(error)
        raise IndexUnwritable(
            f"cannot write the index {index}: {why} ({free}); nothing was changed; make room or set index.dir"
        ) from error
