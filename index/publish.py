"""Fill a new generation and make it the current one, in one atomic step; one writer at a time.

Comes in: a callback that writes files into an empty folder. Goes out: a folder that is complete or was never
there. The promise others lean on: CURRENT is replaced after everything it leads to lies on the disk, so a reader
sees the old generation or the new one, whatever moment the writer dies at. Knows nothing of what the files hold.
"""

from __future__ import annotations

import fcntl
import hashlib
import logging
import os
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from index.errors import IndexBusy, IndexUnwritable
from index.generations import (
    CURRENT,
    FORMAT,
    MANIFEST,
    Generation,
    digest,
    dump,
    named,
    names,
    number,
    own_digest,
    pointer_line,
)

log = logging.getLogger(__name__)

# Fills an empty folder; what the manifest is to say beside the format, the name, the time and the files' digests.
Write = Callable[[Path], Mapping[str, Any]]

LOCK = "writer.lock"
_UNFINISHED = ".unfinished-"


@contextmanager
def writing(index: Path) -> Iterator[None]:
    """Hold the index for writing; raises `IndexBusy` at once where another process holds it.

    The lock is the kernel's (flock), so it is free again the moment its holder dies, however it dies.
    """
    with _disk(index):
        fresh = not index.is_dir()
        index.mkdir(parents=True, exist_ok=True)
        if fresh:
            _sync(index.parent)
        descriptor = os.open(index / LOCK, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o644)
    try:
        with _disk(index):
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                holder = os.pread(descriptor, 200, 0).decode("ascii", "replace").strip() or "another process"
                raise IndexBusy(f"the index {index} is being written by {holder}; try again when it is done") from None
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, f"process {os.getpid()} since {_now()}\n".encode("ascii"), 0)
            _sweep(index)
        yield
    finally:
        with suppress(OSError):
            os.close(descriptor)


def publish(index: Path, write: Write, keep: int) -> Generation:
    """Let `write` fill a new folder, then make it the current generation; call it inside `writing`.

    `write` returns what the manifest is to say beside the format, the name, the time and the digests of the
    files; its key `content` (a hex digest) becomes part of the name. `keep` generations stay on disk, the new
    one included. Raises `IndexUnwritable` where the disk refuses; the generation published before then serves on.
    """
    unfinished, name = index / f"{_UNFINISHED}{os.getpid()}", ""
    try:
        with _disk(index):
            unfinished.mkdir()
            said = dict(write(unfinished))
            highest = max(map(number, names(index)), default=0)
            name = f"gen-{highest + 1:06d}-{str(said['content'])[:8]}"
            for path in sorted(unfinished.iterdir()):
                _sync(path)
            manifest = {**said, "format": FORMAT, "generation": name, "published": _now(), "files": digests(unfinished)}
            manifest["digest"] = own_digest(manifest)
            data = dump(manifest)
            _write(unfinished / MANIFEST, data)
            _sync(unfinished)
            os.rename(unfinished, index / name)
            _sync(index)
            _point(index, name, data)
    except BaseException:
        # an interrupt may come just after the pointer moved: then the new folder is the current one and stays
        if name and named(index) != name:
            shutil.rmtree(index / name, ignore_errors=True)
        shutil.rmtree(unfinished, ignore_errors=True)
        _forget(index / f"{_UNFINISHED}{CURRENT}")
        raise
    try:
        _sync(index)
    except OSError as error:
        # readers see the new generation already; only a power cut could bring the old one back, so that one stays
        log.warning("%s: published, but the folder could not be synced: %s", index / name, error.strerror)
    else:
        prune(index, keep)
    return Generation(index / name, manifest)


def prune(index: Path, keep: int) -> None:
    """Remove all but the newest `keep` generations and the current one; what cannot be removed now goes later."""
    with suppress(OSError):
        for name in set(names(index)[: -max(keep, 1)]) - {named(index)}:
            shutil.rmtree(index / name, ignore_errors=True)


def digests(folder: Path) -> dict[str, dict[str, Any]]:
    """Size and SHA-256 of each file in the folder, by name."""
    found = {}
    for path in sorted(folder.iterdir()):
        said = digest(path)
        if isinstance(said, OSError):
            raise said
        found[path.name] = said
    return found


def _point(index: Path, name: str, manifest: bytes) -> None:
    fresh = index / f"{_UNFINISHED}{CURRENT}"
    _write(fresh, pointer_line(name, hashlib.sha256(manifest).hexdigest()).encode("ascii"))
    os.replace(fresh, index / CURRENT)


def _sweep(index: Path) -> None:
    """Remove what a writer that died has left; the lock is ours, so nobody is at work on it.

    That is also a folder that was renamed into place while CURRENT was never moved on to it.
    """
    kept = named(index)
    never_current = [index / name for name in names(index) if kept and number(name) > number(kept)]
    for path in [*index.glob(f"{_UNFINISHED}*"), *never_current]:
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)
        else:
            _forget(path)


def _forget(path: Path) -> None:
    with suppress(OSError):
        path.unlink()


def _write(path: Path, data: bytes) -> None:
    with open(path, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _now() -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())


@contextmanager
def _disk(index: Path) -> Iterator[None]:
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
