"""Paths -> the regular files under them, opened so that none of them can hang or mislead us.

Comes in: files and folders as a person gave them. Goes out: `File` or `Skipped`, in an order that depends on names
only. The promises others lean on: nothing is read here; links, pipes and devices are never opened, hidden files and
the README of a given folder are passed over; `key` does not change when the whole folder moves. Knows nothing of
formats.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from index.errors import DocumentRejected


@dataclass(frozen=True, slots=True)
class File:
    """A file to read. `key` is its path within the given folder, by which it is known from build to build.

    `origin` is the path as it was reached; both are fit to be shown and stored, odd characters escaped.
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


def find(paths: Sequence[Path]) -> Iterator[File | Skipped]:
    """The files at and under the paths, sorted by name within each folder, each file once.

    Two given folders may hold the same relative path; the later one is then known by its folder's name as well.
    """
    seen: set[str] = set()
    keys: set[str] = set()
    for given in paths:
        for item in _under(str(given)):
            if isinstance(item, Skipped):
                yield item
                continue
            path, key = item
            real = os.path.realpath(path)
            if real in seen:
                continue
            seen.add(real)
            if key in keys:
                key = f"{shown(os.path.basename(os.path.abspath(given)))}/{key}"
            keys.add(key)
            yield File(path, key, shown(path))


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
        if name.startswith(".") or (not prefix and name.lower() == "readme.md"):
            continue
        if not (companion and companion[1] in pages):
            kept.append((os.path.join(folder, name), prefix + shown(name)))
    return kept


def _regular(path: str, name: str, status: os.stat_result) -> tuple[str, str] | Skipped:
    if stat.S_ISREG(status.st_mode):
        return path, shown(name)
    return Skipped(shown(path), "not_a_regular_file", f"it is {_kind(status.st_mode)}; give the file itself")


def _kind(mode: int) -> str:
    for test, name in ((stat.S_ISLNK, "a symbolic link"), (stat.S_ISFIFO, "a pipe"), (stat.S_ISSOCK, "a socket")):
        if test(mode):
            return name
    return "a device"


def _unreadable(path: str, error: OSError | ValueError) -> Skipped:
    return Skipped(shown(path), "io_error", getattr(error, "strerror", None) or str(error))


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


def shown(path: str) -> str:
    """A path that can be printed and stored: odd characters and undecodable bytes escaped, `/` between folders."""
    path = path.replace(os.sep, "/")
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in path)
