"""A folder of published generations, of which one is current.

    <index>/CURRENT                 name and manifest digest of the current generation, with its own digest
    <index>/gen-000007-1a2b3c4d/    one generation: its files, never changed once published, and manifest.json
    <index>/writer.lock             held by the one process that writes

Comes in: a callback that writes files into an empty folder. Goes out: a folder that is complete or was never
there. The promise others lean on: CURRENT is replaced in one atomic step after everything it leads to lies on
the disk, so a reader sees the old generation or the new one, whatever moment the writer dies at; and every byte
of a generation is covered by a digest. Knows nothing of what the files hold.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import logging
import os
import re
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from index.errors import IndexBusy, IndexDamaged, IndexFailure, IndexMismatch, IndexMissing, IndexUnwritable

log = logging.getLogger(__name__)

FORMAT = 1
CURRENT = "CURRENT"
MANIFEST = "manifest.json"
LOCK = "writer.lock"
_NAME = re.compile(r"gen-(\d{6,})-[0-9a-f]{8}")
_UNFINISHED = ".unfinished-"


@dataclass(frozen=True, slots=True)
class Generation:
    """One published generation: its folder and what its manifest says."""

    folder: Path
    manifest: Mapping[str, Any]

    @property
    def name(self) -> str:
        return self.folder.name


@contextmanager
def writing(index: Path) -> Iterator[None]:
    """Hold the index for writing; raises `IndexBusy` at once where another process holds it.

    The lock is the kernel's (flock), so it is free again the moment its holder dies, however it dies.
    """
    with _disk(index):
        index.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(index / LOCK, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o644)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.pread(descriptor, 200, 0).decode("ascii", "replace").strip() or "another process"
            raise IndexBusy(f"the index {index} is being written by {holder}; wait for it, then try again") from None
        with _disk(index):
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, f"process {os.getpid()} since {_now()}\n".encode("ascii"), 0)
        _sweep(index)
        yield
    finally:
        os.close(descriptor)


def publish(index: Path, write: Callable[[Path], Mapping[str, Any]], keep: int) -> Generation:
    """Let `write` fill a new folder, then make it the current generation; call it inside `writing`.

    `write` returns what the manifest is to say beside the format, the name, the time and the digests of the
    files; its key `content` (a hex digest) becomes part of the name. `keep` generations stay on disk, the new
    one included. Raises `IndexUnwritable` where the disk refuses; the generation published before then serves on.
    """
    unfinished = index / f"{_UNFINISHED}{os.getpid()}"
    try:
        with _disk(index):
            unfinished.mkdir()
            said = dict(write(unfinished))
            name = f"gen-{_number(index) + 1:06d}-{str(said['content'])[:8]}"
            for path in sorted(unfinished.iterdir()):
                _sync(path)
            manifest = {"format": FORMAT, "generation": name, "published": _now(), **said, "files": digests(unfinished)}
            data = json.dumps(manifest, ensure_ascii=False, indent=1, sort_keys=True).encode("utf-8")
            _write(unfinished / MANIFEST, data)
            _sync(unfinished)
            os.rename(unfinished, index / name)
            _sync(index)
            _point(index, name, data)
    except BaseException:
        shutil.rmtree(unfinished, ignore_errors=True)
        raise
    prune(index, keep)
    return Generation(index / name, manifest)


def current(index: Path, *, whole: bool = True) -> Generation:
    """The current generation, every file checked against its digest unless `whole` is false.

    Raises `IndexMissing`, `IndexDamaged` with the file's path, or `IndexMismatch` for another format.
    """
    pointer = index / CURRENT
    try:
        line = _read(pointer).decode("ascii")
    except FileNotFoundError:
        if _names(index):
            raise IndexDamaged(pointer, "it is gone") from None
        raise IndexMissing(f"there is no index in {index} yet; make one with `byline build`") from None
    except (OSError, UnicodeDecodeError):
        raise IndexDamaged(pointer, "it cannot be read") from None
    fields = line.split()
    if len(fields) != 3 or line != _pointer_line(fields[0], fields[1]) or not _NAME.fullmatch(fields[0]):
        raise IndexDamaged(pointer, "it does not name a generation")
    generation = opened(index / fields[0], fields[1])
    if whole:
        check(generation)
    return generation


def opened(folder: Path, manifest_sha256: str | None = None) -> Generation:
    """The generation in that folder by its manifest alone; its other files are not looked at."""
    path = folder / MANIFEST
    try:
        data = _read(path)
        manifest = json.loads(data)
    except (OSError, ValueError):
        raise IndexDamaged(path, "it is gone or cannot be read") from None
    if manifest_sha256 is not None and hashlib.sha256(data).hexdigest() != manifest_sha256:
        raise IndexDamaged(path, "its digest is not the one in CURRENT")
    if not isinstance(manifest, dict) or not isinstance(manifest.get("files"), dict):
        raise IndexDamaged(path, "it is not a manifest")
    if manifest.get("format") != FORMAT:
        newer = isinstance(manifest.get("format"), int) and manifest["format"] > FORMAT
        mend = "install a newer Byline" if newer else "rebuild it with `byline build`"
        raise IndexMismatch(f"{path}: index format {manifest.get('format')}, this Byline reads {FORMAT}; {mend}")
    return Generation(folder, manifest)


def check(generation: Generation) -> None:
    """Compare every file with its digest; raises `IndexDamaged` for the first, by name, that differs."""
    said: Mapping[str, Mapping[str, Any]] = generation.manifest["files"]
    there = {path.name for path in generation.folder.iterdir()} - {MANIFEST}
    for name in sorted(there - said.keys()):
        raise IndexDamaged(generation.folder / name, "its manifest does not know it")
    with ThreadPoolExecutor(2) as pool:
        for (name, expected), found in zip(
            sorted(said.items()), pool.map(lambda name: _digest(generation.folder / name), sorted(said)), strict=True
        ):
            if found is None:
                raise IndexDamaged(generation.folder / name, "it is gone or cannot be read")
            if found != expected:
                raise IndexDamaged(generation.folder / name, "its size or digest is not the one in the manifest")


def previous(index: Path) -> Generation:
    """The newest generation that is whole, whatever CURRENT says: what to serve while damage is mended."""
    for name in sorted(_names(index), reverse=True):
        try:
            generation = opened(index / name)
            check(generation)
        except IndexFailure as failure:
            log.warning("%s", failure)
        else:
            return generation
    raise IndexMissing(f"no generation in {index} is whole; rebuild it with `byline build`")


def prune(index: Path, keep: int) -> None:
    """Remove all but the newest `keep` generations; what cannot be removed now goes another time."""
    for name in sorted(_names(index))[:-keep]:
        shutil.rmtree(index / name, ignore_errors=True)


def digests(folder: Path) -> dict[str, dict[str, Any]]:
    """Size and SHA-256 of each file in the folder, by name."""
    found = {path.name: _digest(path) for path in sorted(folder.iterdir())}
    return {name: digest for name, digest in found.items() if digest is not None}


def _digest(path: Path) -> dict[str, Any] | None:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        with os.fdopen(descriptor, "rb") as file:
            return {"size": os.fstat(descriptor).st_size, "sha256": hashlib.file_digest(file, "sha256").hexdigest()}
    except OSError:
        return None


def _point(index: Path, name: str, manifest: bytes) -> None:
    fresh = index / f"{_UNFINISHED}{CURRENT}"
    _write(fresh, _pointer_line(name, hashlib.sha256(manifest).hexdigest()).encode("ascii"))
    os.replace(fresh, index / CURRENT)
    _sync(index)


def _pointer_line(name: str, manifest_sha256: str) -> str:
    own = hashlib.sha256(f"{name} {manifest_sha256}".encode("ascii")).hexdigest()
    return f"{name} {manifest_sha256} {own}\n"


def _names(index: Path) -> list[str]:
    try:
        return [path.name for path in index.iterdir() if _NAME.fullmatch(path.name)]
    except OSError:
        return []


def _number(index: Path) -> int:
    return max((int(name.split("-")[1]) for name in _names(index)), default=0)


def _sweep(index: Path) -> None:
    """Remove what a writer that died has left; the lock is ours, so nobody is at work on it."""
    for path in index.glob(f"{_UNFINISHED}*"):
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)


def _read(path: Path) -> bytes:
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    with os.fdopen(descriptor, "rb") as file:
        return file.read()


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
