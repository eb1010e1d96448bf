"""A ZIP file -> its members, within limits that are checked before anything is unpacked; the only door to zipfile.

Comes in: an open file. Goes out: names and bytes. The promise: nothing is ever written to disk, a name is only data,
and what is unpacked is bounded by what the directory at the archive's end declares and by our own limits, whichever is
less. An archive that hides its size, or a member whose name leads out of it, is refused as a whole.
"""

from __future__ import annotations

import contextlib
import re
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO, BinaryIO

from index.errors import DocumentRejected

MEMBERS = 2000
DIRECTORY_BYTES = 1_000_000
# News pages deflate to a tenth of their size; a file of one letter to a thousandth.
RATIO = 100
# What an archive may unpack to in all, unless less is asked for; its members are unpacked one by one.
UNPACKED = 500_000_000
_SMALL = 100_000
_END = struct.Struct("<4s4H2LH")

_DRIVE = re.compile(r"[A-Za-z]:")
_COMPANION = re.compile(r"(?:^|/)[^/]+[_-](?:files|dateien|fichiers|archivos|bestanden)/", re.IGNORECASE)
_HIDDEN = re.compile(r"(?:^|/)(?:\.|__MACOSX/|(?:thumbs\.db|desktop\.ini)$)", re.IGNORECASE)

# What zipfile lets out where an archive is not what it should be.
_BROKEN = (zipfile.BadZipFile, zlib.error, struct.error, EOFError, NotImplementedError, RuntimeError, ValueError, OverflowError)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Archive:
    """A checked archive held open: its members by name, in the order of names."""

    zip: zipfile.ZipFile
    members: dict[str, zipfile.ZipInfo]

    def kind(self) -> str:
        """`docx` or `epub` by what it holds, `zip` for a plain archive; other known kinds are rejected by name."""
        if "word/document.xml" in self.members:
            return "docx"
        if "META-INF/container.xml" in self.members:
            return "epub"
        for name, what in (
            ("xl/workbook.xml", "an Excel file"), ("ppt/presentation.xml", "a PowerPoint file"),
            ("content.xml", "an OpenDocument file"), ("META-INF/MANIFEST.MF", "a Java archive"),
        ):  # fmt: skip
            if name in self.members:
                raise DocumentRejected("unsupported_format", f"{what} is not read; save it as PDF, DOCX or text")
        return "zip"

    def check_size(self, limit: int) -> None:
        """Reject, as `archive_limit`, what would unpack to more than `limit` bytes or swell beyond reason."""
        unpacked = sum(info.file_size for info in self.zip.infolist())
        if unpacked > limit or _swells(unpacked, sum(info.compress_size for info in self.zip.infolist())):
            raise DocumentRejected("archive_limit", f"it would unpack to {unpacked:,} bytes, of {limit:,} allowed")

    def articles(self) -> list[str]:
        """Names of the members that may be articles: no folders, hidden files or what browsers save beside pages."""
        return [name for name in self.members if not (name.endswith("/") or _HIDDEN.search(name) or _COMPANION.search(name))]  # fmt: skip

    @contextlib.contextmanager
    def opened(self, name: str) -> Iterator[tuple[IO[bytes], int]]:
        """A member open for reading, and its size; what is wrong with it is rejected, then or while it is read."""
        info = self.members[name]
        if info.flag_bits & 1:
            raise DocumentRejected("encrypted", "it needs a password; unpack it first")
        if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise DocumentRejected("bad_archive", "it is packed in a way other than the usual; unpack it first")
        if _swells(info.file_size, info.compress_size):
            raise DocumentRejected("archive_limit", f"it would swell to {info.file_size:,} bytes, over {RATIO} times its size")  # fmt: skip
        with _translated(), self.zip.open(info) as stream:
            yield stream, info.file_size

    def read(self, name: str, limit: int) -> bytes:
        """A member's bytes; rejected as `archive_limit` if there are more than `limit`."""
        with self.opened(name) as (stream, size):
            if size > limit:
                raise DocumentRejected("archive_limit", f"{name} has {size:,} bytes, of {limit:,} allowed")
            return stream.read(limit + 1)


def open_archive(stream: BinaryIO, unpacked_limit: int = UNPACKED) -> Archive:
    """The archive in a file; rejected as `bad_archive`, `archive_limit` or `unsafe_path` before anything is unpacked."""
    _check_end(stream)
    with _translated():
        archive = zipfile.ZipFile(stream)
    infos = archive.infolist()
    for info in infos:
        _check_name(info)
    if len(infos) > MEMBERS:
        raise DocumentRejected("archive_limit", f"{len(infos):,} members, of {MEMBERS:,} allowed")
    found = Archive(archive, {info.filename: info for info in sorted(infos, key=lambda info: info.filename)})
    found.check_size(unpacked_limit)
    return found


def _swells(unpacked: int, packed: int) -> bool:
    return unpacked > _SMALL and unpacked > RATIO * packed


def _check_end(stream: BinaryIO) -> None:
    """The directory's size as the archive's end declares it; 64-bit archives hold more than any of ours may."""
    size = stream.seek(0, 2)
    stream.seek(max(0, size - 65_600))
    tail = stream.read(65_600)
    at = tail.rfind(b"PK\x05\x06")
    if at < 0 or len(tail) - at < _END.size:
        raise DocumentRejected("bad_archive", "the archive has no end; it was cut short")
    _, _, _, _, members, directory, _, _ = _END.unpack_from(tail, at)
    if members > MEMBERS or directory > DIRECTORY_BYTES or b"PK\x06\x07" in tail[max(0, at - 20) : at]:
        raise DocumentRejected("archive_limit", f"more than {MEMBERS:,} members, or a directory that size")
    stream.seek(0)


def _check_name(info: zipfile.ZipInfo) -> None:
    name = info.orig_filename.replace("\\", "/")
    mode = info.external_attr >> 16
    if (
        not name
        or "\x00" in name
        or name.startswith("/")
        or _DRIVE.match(name)
        or ".." in name.split("/")
        or (stat.S_IFMT(mode) not in (0, stat.S_IFREG, stat.S_IFDIR) and info.create_system == 3)
    ):
        raise DocumentRejected("unsafe_path", "it holds a link, a device, or a name that leads out of it")


@contextlib.contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except DocumentRejected:
        raise
    except _BROKEN as error:
        raise DocumentRejected("bad_archive", str(error)[:200] or type(error).__name__) from error
