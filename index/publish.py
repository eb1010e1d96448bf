"""Fill a new generation and make it the current one, in one atomic step.

Comes in: a callback that writes files into an empty folder. Goes out: a folder that is complete or was never
there. The promise others lean on: CURRENT is replaced after everything it leads to lies on the disk, so a reader
sees the old generation or the new one, whatever moment the writer dies at. Between filling and pointing there may be
time for people to look (`finish`, then `Finished.publish`). Knows nothing of what the files hold.
"""

from __future__ import annotations

import fcntl
import hashlib
import logging
import os
import secrets
import shutil
import weakref
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from index.errors import IndexMoved
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
from index.writing import STAGED, UNFINISHED, disk, forget, now, sync, writing

log = logging.getLogger(__name__)

# Fills an empty folder; what the manifest is to say beside the format, the name, the time and the files' digests.
Write = Callable[[Path], Mapping[str, Any]]


def publish(index: Path, write: Write, keep: int) -> Generation:
    """Let `write` fill a new folder, then make it the current generation; call it inside `writing`.

    `write` returns what the manifest is to say beside the format, the name, the time and the digests of the
    files; its key `content` (a hex digest) becomes part of the name. `keep` generations stay on disk, the new
    one included. Raises `IndexUnwritable` where the disk refuses; the generation published before then serves on.
    """
    unfinished, manifest = index / f"{UNFINISHED}{os.getpid()}", dict[str, Any]()
    try:
        with disk(index):
            unfinished.mkdir()
            manifest = _fill(index, unfinished, write)
            _place(index, unfinished, manifest)
    except BaseException:
        _undo(index, unfinished, manifest)
        raise
    return _settle(index, manifest, keep)


class Finished:
    """A generation that is whole and not current; while this is held, no writer sweeps its folder away.

    Held is a lock of the kernel's on the folder, so a process that dies, however it dies, leaves it to the next writer.
    Whoever publishes meanwhile removes the folder: it can no longer become current, and what was removed from the index
    must not stay in it.
    """

    def __init__(self, index: Path, generation: Generation, base: bytes, descriptor: int) -> None:
        self.generation = generation
        self._index, self._base = index, base
        self._let_go = weakref.finalize(self, _let_go, generation.folder, descriptor)

    def publish(self, keep: int, then: Callable[[], None] = lambda: None) -> Generation:
        """Make it the current generation, and do `then` before another writer can come.

        Takes the index for writing itself, so `IndexBusy` may be tried again.

        Raises `IndexMoved` where another generation became current since; after that, and after `IndexUnwritable`,
        it is discarded.
        """
        folder, manifest = self.generation.folder, dict(self.generation.manifest)
        with writing(self._index):
            try:
                self._check_base(folder)
                try:
                    with disk(self._index):
                        _describe(folder, manifest)
                        _place(self._index, folder, manifest)
                except BaseException:
                    _undo(self._index, folder, manifest)
                    raise
            finally:
                self._let_go()
            generation = _settle(self._index, manifest, keep)
            then()
            return generation

    def discard(self) -> None:
        """Remove it; nothing where it was published or discarded already."""
        self._let_go()

    def _check_base(self, folder: Path) -> None:
        if _pointer(self._index) != self._base or not folder.is_dir():
            raise IndexMoved(
                "another generation became current while this one waited; nothing was changed; make it anew"
            )


def finish(index: Path, write: Write) -> Finished:
    """Let `write` fill a new folder as `publish` does, and keep it beside the current one; call it inside `writing`."""
    base, folder, descriptor = _pointer(index), index / f"{STAGED}{secrets.token_hex(4)}", -1
    try:
        with disk(index):
            folder.mkdir()
            descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            manifest = _fill(index, folder, write)
    except BaseException:
        _let_go(folder, descriptor)
        raise
    return Finished(index, Generation(folder, manifest), base, descriptor)


def prune(index: Path, keep: int) -> None:
    """Remove all but the newest `keep` generations and the current one, and what was staged beside an older one.

    What cannot be removed now goes later.
    """
    with suppress(OSError):
        for name in set(names(index)[: -max(keep, 1)]) - {named(index)}:
            shutil.rmtree(index / name, ignore_errors=True)
        for path in index.glob(f"{STAGED}*"):
            shutil.rmtree(path, ignore_errors=True)


def digests(folder: Path) -> dict[str, dict[str, Any]]:
    """Size and SHA-256 of each file in the folder, by name."""
    found = {}
    for path in sorted(folder.iterdir()):
        said = digest(path)
        if isinstance(said, OSError):
            raise said
        found[path.name] = said
    return found


def _fill(index: Path, folder: Path, write: Write) -> dict[str, Any]:
    """Let `write` fill the folder, and lay all of it and its manifest on the disk; what the manifest says."""
    said = dict(write(folder))
    highest = max(map(number, names(index)), default=0)
    name = f"gen-{highest + 1:06d}-{str(said['content'])[:8]}"
    for path in sorted(folder.iterdir()):
        sync(path)
    manifest = {**said, "format": FORMAT, "generation": name, "files": digests(folder)}
    _describe(folder, manifest)
    return manifest


def _pointer(index: Path) -> bytes:
    """What CURRENT says, be it damaged or not there: while it says the same, nothing was published."""
    with disk(index):
        try:
            return (index / CURRENT).read_bytes()
        except FileNotFoundError:
            return b""


def _describe(folder: Path, manifest: dict[str, Any]) -> None:
    """Write the manifest as of now, into itself too, and lay it on the disk."""
    manifest["published"] = now()
    manifest["digest"] = own_digest(manifest)
    _write(folder / MANIFEST, dump(manifest))
    sync(folder)


def _place(index: Path, folder: Path, manifest: Mapping[str, Any]) -> None:
    """Give the folder its name, and let CURRENT name it: the one decisive step."""
    os.rename(folder, index / str(manifest["generation"]))
    sync(index)
    _point(index, str(manifest["generation"]), dump(manifest))


def _undo(index: Path, folder: Path, manifest: Mapping[str, Any]) -> None:
    """Remove what did not become current."""
    # an interrupt may come just after the pointer moved: then the new folder is the current one and stays
    if (name := manifest.get("generation")) and named(index) != name:
        shutil.rmtree(index / str(name), ignore_errors=True)
    shutil.rmtree(folder, ignore_errors=True)
    forget(index / f"{UNFINISHED}{CURRENT}")


def _settle(index: Path, manifest: Mapping[str, Any], keep: int) -> Generation:
    """What is to be done once a generation is current."""
    generation = Generation(index / str(manifest["generation"]), manifest)
    try:
        sync(index)
    except OSError as error:
        # readers see the new generation already; only a power cut could bring the old one back, so that one stays
        log.warning("%s: published, but the folder could not be synced: %s", generation.folder, error.strerror)
    else:
        prune(index, keep)
    return generation


def _let_go(folder: Path, descriptor: int) -> None:
    """Remove what was staged, if it is still there under that name, and free its lock."""
    shutil.rmtree(folder, ignore_errors=True)
    if descriptor >= 0:
        with suppress(OSError):
            os.close(descriptor)


def _point(index: Path, name: str, manifest: bytes) -> None:
    fresh = index / f"{UNFINISHED}{CURRENT}"
    _write(fresh, pointer_line(name, hashlib.sha256(manifest).hexdigest()).encode("ascii"))
    os.replace(fresh, index / CURRENT)


def _write(path: Path, data: bytes) -> None:
    with open(path, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
