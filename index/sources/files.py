"""Paths -> the regular files under them, opened so that none of them can hang or mislead us.

Comes in: files and folders as a person gave them. Goes out: `File` or `Skipped`, in an order that depends on names
only. The promises others lean on: nothing is read here; links, pipes and devices are never opened, hidden files and
the README of a given folder are passed over; `key` does not change when the whole folder moves, nor with the order
in which several are given. Knows nothing of formats.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

from index.errors import DocumentRejected


@dataclass(frozen=True, slots=True)
class File:
    """A file to read. `key` is its path within the given folder, by which it is known from build to build.

    `origin` is its absolute place; both are fit to be shown and stored, odd characters escaped.
    """

    path: str
    key: str
    origin: str


@dataclass(frozen=True, slots=True)
class Skipped:
    """A document that did not become an article: where it is, a fixed word, and more for people."""

    origin: str
    reason: str
    detail: str


# What a browser saves beside `page.html`: pictures, styles and scripts in `page_files/`.
_COMPANION = re.compile(r"(.+)[_-](?:files|dateien|fichiers|archivos|bestanden|file)$", re.IGNORECASE)


# What file managers leave in every folder.
_LEFT_BY_SYSTEMS = frozenset(("thumbs.db", "desktop.ini", "ehthumbs.db", "icon\r"))


def find(paths: Sequence[Path], keys: Mapping[str, str] | None = None) -> Iterator[File | Skipped]:
    """The files at and under the paths, sorted by name within each folder, each file once.

    Where two given folders hold the same relative path, all of that path are known by as many of their parent
    folders as tell them apart. A file whose origin is in `keys` goes by the key given there.
    """
    known = keys or {}
    if len(paths) == 1:
        items: Iterable[File | Skipped] = _files(paths[0])
    else:
        items = _told_apart(_each_once([item for given in paths for item in _files(given)]), known)
    for item in items:
        key = known.get(item.origin) if isinstance(item, File) else None
        yield replace(item, key=key) if isinstance(item, File) and key else item


def _files(given: Path) -> Iterator[File | Skipped]:
    for item in _under(str(given)):
        yield item if isinstance(item, Skipped) else File(item[0], item[1], _place(item[0]))


def _each_once(items: Sequence[File | Skipped]) -> list[File | Skipped]:
    """One of those that are the same file: the one known by the longest path, where the first of them was."""
    once: dict[str | int, File | Skipped] = {}
    for number, item in enumerate(items):
        if isinstance(item, Skipped):
            once[number] = item
            continue
        real = os.path.realpath(item.path)
        other = once.setdefault(real, item)
        if isinstance(other, File) and _rank(item) < _rank(other):
            once[real] = item
    return list(once.values())


def _rank(file: File) -> tuple[int, str, str]:
    return -file.key.count("/"), file.key, file.origin


def _told_apart(items: Sequence[File | Skipped], known: Mapping[str, str]) -> list[File | Skipped]:
    """The items in order, all files of one key with parent folders before it until each key is there once."""
    told = list(items)
    while True:
        places: dict[str, list[int]] = {}
        for number, item in enumerate(told):
            if isinstance(item, File) and item.origin not in known:
                places.setdefault(item.key, []).append(number)
        longer = {
            number: file
            for alike in places.values()
            if len(alike) > 1
            for number in alike
            if (file := _with_parent(told[number])) != told[number]
        }
        if not longer:
            return told
        told = [longer.get(number, item) for number, item in enumerate(told)]


def _with_parent(item: File | Skipped) -> File | Skipped:
    """The file by one more of the folders that it lies in, while there is one."""
    if isinstance(item, Skipped):
        return item
    return replace(item, key="/".join(item.origin.lstrip("/").split("/")[-item.key.count("/") - 2 :]))


def _under(given: str) -> Iterator[tuple[str, str] | Skipped]:
    """Paths and keys of one given path; a link that a person gives may lead to a folder, no other link is followed."""
    try:
        status = os.lstat(given)
        if stat.S_ISLNK(status.st_mode) and os.path.isdir(given):
            status = os.stat(given)
    except (OSError, ValueError) as error:
        yield _unreadable(given, error)
        return
    if not stat.S_ISDIR(status.st_mode):
        yield _regular(given, os.path.basename(given), status)
        return
    # A stack of open listings instead of recursion: folders may be nested deeper than Python's stack.
    pending = [iter(_entries(given, ""))]
    while pending:
        item = next(pending[-1], None)
        if item is None:
            pending.pop()
        elif isinstance(item, Skipped):
            yield item
        else:
            path, key = item
            try:
                status = os.lstat(path)
            except OSError as error:
                yield _unreadable(path, error)
                continue
            if stat.S_ISDIR(status.st_mode):
                pending.append(iter(_entries(path, key + "/")))
            else:
                yield _regular(path, key, status)


def _entries(folder: str, prefix: str) -> list[tuple[str, str] | Skipped]:
    try:
        names = sorted(os.listdir(folder))
    except OSError as error:
        return [_unreadable(folder, error)]
    pages = {
        re.sub(r"\.x?html?$", "", name, flags=re.IGNORECASE) for name in names if re.search(r"\.x?html?$", name, re.I)
    }
    kept: list[tuple[str, str] | Skipped] = []
    for name in names:
        companion = _COMPANION.match(name)
        if name.startswith(".") or name.lower() in _LEFT_BY_SYSTEMS or (not prefix and name.lower() == "readme.md"):
            continue
        if not (companion and companion[1] in pages):
            kept.append((os.path.join(folder, name), prefix + shown(name)))
    return kept


def _regular(path: str, name: str, status: os.stat_result) -> tuple[str, str] | Skipped:
    if stat.S_ISREG(status.st_mode):
        return path, shown(name)
    return Skipped(_place(path), "not_a_regular_file", f"it is {_kind(status.st_mode)}; give the file itself")


def _kind(mode: int) -> str:
    for test, name in ((stat.S_ISLNK, "a symbolic link"), (stat.S_ISFIFO, "a pipe"), (stat.S_ISSOCK, "a socket")):
        if test(mode):
            return name
    return "a device"


def _unreadable(path: str, error: OSError | ValueError) -> Skipped:
    if isinstance(error, FileNotFoundError):
        return Skipped(_place(path), "io_error", "there is no such file or folder; look at the path again")
    return Skipped(_place(path), "io_error", getattr(error, "strerror", None) or str(error))


@contextmanager
def opened(file: File) -> Iterator[tuple[BinaryIO, int]]:
    """The file open for reading, and its size; what has become of it since it was found is checked once more.

    Raises `DocumentRejected` for what the system refuses, also while the file is being read.
    """
    try:
        # Neither a link put in its place nor a pipe without a writer may catch us.
        descriptor = os.open(file.path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(descriptor, "rb") as stream:
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode):
                raise DocumentRejected("not_a_regular_file", f"it is {_kind(status.st_mode)}; give the file itself")
            yield stream, status.st_size
    except OSError as error:
        raise DocumentRejected("io_error", error.strerror or str(error)) from error


def _place(path: str) -> str:
    """The absolute path, fit to be shown; links on the way are left as they are."""
    return shown(os.path.abspath(path))


def shown(path: str) -> str:
    """A path that can be printed and stored: odd characters and undecodable bytes escaped, `/` between folders."""
    path = path.replace(os.sep, "/")
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in path)
