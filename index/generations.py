"""A folder of published generations, of which one is current.

    <index>/CURRENT                 name and manifest digest of the current generation, with its own digest
    <index>/gen-000007-1a2b3c4d/    one generation: its files, never changed once published, and manifest.json
    <index>/writer.lock             held by the one process that writes

Comes in: such a folder. Goes out: the current generation, each of its files compared with its digest, or a failure
that names the file that differs. The promise others lean on: every byte of a generation is covered by a digest, and a
link anywhere in it is damage. That is so while it is checked: the store opens the files by name after that, so whoever
may write in the folder at that moment can still exchange one; `verify` would find it. How a generation comes to be
current is told in publish.py. Knows nothing of what the files hold.
"""

from __future__ import annotations

import errno
import functools
import hashlib
import io
import json
import logging
import os
import re
import stat
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from index.errors import (
    IndexDamaged,
    IndexFailure,
    IndexMismatch,
    IndexMissing,
    IndexUnreadable,
)

log = logging.getLogger(__name__)

FORMAT = 4
CURRENT = "CURRENT"
MANIFEST = "manifest.json"
_NAME = re.compile(r"gen-(\d{6,})-[0-9a-f]{8}")
# What a read can be refused with that says nothing of damage: rights, and the system's own limits.
_NOT_DAMAGE = {errno.EACCES, errno.EPERM, errno.EMFILE, errno.ENFILE, errno.ENOMEM}

Held = TypeVar("Held")


@dataclass(frozen=True, slots=True)
class Generation:
    """One generation: its folder and what its manifest says; staged ones have their name before their folder does."""

    folder: Path
    manifest: Mapping[str, Any]

    @property
    def name(self) -> str:
        return str(self.manifest["generation"])


def current(index: Path, *, whole: bool = True) -> Generation:
    """The current generation, every file checked against its digest unless `whole` is false.

    Raises `IndexMissing`, `IndexDamaged` with the file's path, `IndexMismatch` for another format, or
    `IndexUnreadable` where the system refuses a read for a reason of its own.
    """
    return hold(index, lambda generation: generation, whole=whole)


def hold(index: Path, open_: Callable[[Generation], Held], *, whole: bool = True) -> Held:
    """What `open_` makes of the current generation; raises as `current` does.

    A reader may be slower than two writers: they publish, and prune what it is about to open. So where something
    is amiss and CURRENT has moved on meanwhile, the generation that it names now is taken instead.
    """
    while True:
        line = _pointer(index)
        try:
            generation = _pointed(index, line)
            if whole:
                check(generation)
            return open_(generation)
        except IndexDamaged:
            if _pointer(index) == line:
                raise


def opened(folder: Path, manifest_sha256: str | None = None) -> Generation:
    """The generation in that folder by its manifest alone; its other files are not looked at."""
    path = folder / MANIFEST
    if folder.is_symlink():
        raise IndexDamaged(folder, "it is a link, not a folder")
    try:
        data = _read(path)
    except OSError as error:
        raise _unread(path, error) from None
    if manifest_sha256 is not None and hashlib.sha256(data).hexdigest() != manifest_sha256:
        raise IndexDamaged(path, "its digest is not the one in CURRENT")
    try:
        manifest = json.loads(data)
    except (ValueError, RecursionError):
        manifest = None
    if not isinstance(manifest, dict):
        raise IndexDamaged(path, "it is not a manifest")
    found = manifest.get("format")
    if found != FORMAT:
        newer = isinstance(found, int) and found > FORMAT
        mend = "install a newer Byline" if newer else "rebuild it with `byline build`"
        raise IndexMismatch(f"{path}: index format {found}, this Byline reads {FORMAT}; {mend}")
    if manifest.get("generation") != folder.name or manifest.get("digest") != own_digest(manifest):
        raise IndexDamaged(path, "it is not the manifest of this generation")
    return Generation(folder, manifest)


def check(generation: Generation) -> None:
    """Compare every file with its digest; raises `IndexDamaged` for the first, by name, that differs."""
    said: Mapping[str, Mapping[str, Any]] = generation.manifest["files"]
    try:
        there = {path.name for path in generation.folder.iterdir()} - {MANIFEST}
    except OSError as error:
        raise _unread(generation.folder, error) from None
    for name in sorted(there - said.keys()):
        raise IndexDamaged(generation.folder / name, "its manifest does not know it")
    with ThreadPoolExecutor(2) as pool:
        for (name, expected), found in zip(
            sorted(said.items()), pool.map(lambda name: digest(generation.folder / name), sorted(said)), strict=True
        ):
            if isinstance(found, OSError):
                raise _unread(generation.folder / name, found)
            if found != expected:
                raise IndexDamaged(generation.folder / name, "its size or digest is not the one in the manifest")


def previous(index: Path) -> Generation:
    """The newest generation that is whole, whatever CURRENT says: what to serve while damage is mended.

    Where there is none, the failure is `IndexMissing`; its message, and its cause, name what is amiss in the newest.
    """
    try:
        there = names(index)
    except OSError as error:
        raise _unread(index, error) from None
    newest: IndexFailure | None = None
    for name in reversed(there):
        try:
            generation = opened(index / name)
            check(generation)
        except IndexFailure as failure:
            log.warning("%s", failure)
            newest = newest or failure
        else:
            return generation
    why = f" ({newest})" if newest else ""
    raise IndexMissing(f"no generation in {index} is whole{why}; rebuild it with `byline build`") from newest


def digest(path: Path) -> dict[str, Any] | OSError:
    """Size and SHA-256 of a file as a manifest says them, or why it cannot be read."""
    try:
        with _open(path) as file:
            size = os.fstat(file.fileno()).st_size
            return {"size": size, "sha256": hashlib.file_digest(file, "sha256").hexdigest()}
    except OSError as error:
        return error


def pointer_line(name: str, manifest_sha256: str) -> str:
    """What CURRENT holds: the generation's name, the digest of its manifest, and the digest of these two."""
    own = hashlib.sha256(f"{name} {manifest_sha256}".encode("ascii")).hexdigest()
    return f"{name} {manifest_sha256} {own}\n"


def _pointer(index: Path) -> str:
    """The line in CURRENT, as it stands."""
    _warn_if_anyone_may_write(index)
    path = index / CURRENT
    try:
        if path.is_symlink() or path.exists():
            return _read(path).decode("ascii")
        there = names(index)
    except UnicodeDecodeError:
        raise IndexDamaged(path, "it does not name a generation") from None
    except OSError as error:
        raise _unread(path, error) from None
    if there:
        raise IndexDamaged(path, "it is gone")
    raise IndexMissing(f"there is no index in {index} yet; make one with `byline build`")


def _pointed(index: Path, line: str) -> Generation:
    fields = line.split()
    if len(fields) != 3 or line != pointer_line(fields[0], fields[1]) or not _NAME.fullmatch(fields[0]):
        raise IndexDamaged(index / CURRENT, "it does not name a generation")
    return opened(index / fields[0], fields[1])


def named(index: Path) -> str | None:
    """The name of the current generation, if it can be told."""
    try:
        return _pointed(index, _pointer(index)).name
    except IndexFailure:
        return None


def names(index: Path) -> list[str]:
    """The generations in the folder, oldest first; none where there is no folder."""
    try:
        return sorted((path.name for path in index.iterdir() if _NAME.fullmatch(path.name)), key=number)
    except (FileNotFoundError, NotADirectoryError):
        return []


def number(name: str) -> int:
    """The number in a generation's name; each one published has a higher one."""
    return int(name.split("-")[1])


@functools.cache
def _warn_if_anyone_may_write(index: Path) -> None:
    with suppress(OSError):
        if index.stat().st_mode & stat.S_IWOTH:
            log.warning("%s: every user of this machine may change the index; close it with `chmod o-w`", index)


def dump(manifest: Mapping[str, Any]) -> bytes:
    """The bytes of a manifest."""
    return json.dumps(manifest, indent=1, sort_keys=True).encode("ascii")


def own_digest(manifest: Mapping[str, Any]) -> str:
    """The digest of all else that a manifest says: it covers a generation that CURRENT does not name."""
    return hashlib.sha256(dump({key: value for key, value in manifest.items() if key != "digest"})).hexdigest()


def _open(path: Path) -> io.BufferedReader:
    """Open a regular file for reading: no link is followed, and a pipe does not make us wait."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError(errno.EINVAL, "not a regular file")
        return os.fdopen(descriptor, "rb")
    except BaseException:
        os.close(descriptor)
        raise


def _unread(path: Path, error: OSError) -> IndexFailure:
    why = error.strerror or str(error)
    if error.errno in _NOT_DAMAGE:
        return IndexUnreadable(f"cannot read {path}: {why}; the index itself may be whole: mend that and try again")
    return IndexDamaged(path, f"it is gone or cannot be read ({why})")


def _read(path: Path) -> bytes:
    with _open(path) as file:
        return file.read()
