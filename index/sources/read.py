"""Paths -> Documents -> Articles: the way in, whatever the format.

Comes in: files and folders. Goes out: articles in canonical text, and a reason for each document that is none; one
bad document never stops the others. The promises others lean on: documents come lazily, one at a time, in a stable
order; a `Document` has its raw digest before anything is parsed, so that an unchanged one need not be; an id depends
only on what the document declares, its address or its place. A format is one function from bytes to `Contents`; text
and JSON lines are read here, all that needs a parser in a process of its own (`parsers.py`).
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from importlib import metadata
from io import BytesIO
from itertools import islice
from pathlib import Path
from typing import BinaryIO, cast

from index.article import Article, article_id, sha256
from index.canonical import canonicalise, one_line
from index.errors import DocumentRejected
from index.sources.archive import UNPACKED, Archive, open_archive
from index.sources.chapters import chapters
from index.sources.contents import Contents
from index.sources.files import File, Skipped, find, opened, shown
from index.sources.json_file import numbered_objects
from index.sources.jsonl import declared_collections, declared_key, numbered_lines, read_jsonl, record
from index.sources.parsers import close, parsed
from index.sources.sniff import HEAD, Markup, check_text, markup_of
from index.sources.text import read_text

log = logging.getLogger(__name__)

# To be raised when a reader of a format comes to give another text or other metadata for the same bytes.
SOURCES_VERSION = "4"

# One article's text in bytes; a whole book has about a megabyte.
TEXT_LIMIT = 2_000_000
# Bytes of one file. A saved page is mostly scripts and styles, and limited again by its elements and its text;
# Markdown made to be slow takes 19 s a megabyte: docs/LOG.md. JSON lines are limited by the line.
FILE_LIMITS: dict[Markup, int] = {
    "text": TEXT_LIMIT, "markdown": 1_000_000, "html": 4_000_000, "pdf": 20_000_000, "docx": 20_000_000,
    "epub": 20_000_000, "email": 20_000_000, "zip": 20_000_000,
}  # fmt: skip
# Bytes that an archive of articles, and an EPUB, may unpack to in all; one member is in memory at a time.
UNPACKED_LIMITS: dict[Markup, int] = {"zip": UNPACKED, "docx": 50_000_000, "epub": 200_000_000}

# What a parser lets out where it meets what its makers did not think of; a full disk or memory is not of this kind.
_UNFORESEEN = (
    ValueError, TypeError, LookupError, AttributeError, ArithmeticError, RecursionError, AssertionError, SyntaxError,
    StopIteration,
)  # fmt: skip

_READERS: dict[Markup, Callable[[bytes], Contents]] = {"text": read_text, "jsonl": read_jsonl}
# What the text of a document depends on, beside our own code.
_LIBRARIES = ("lxml", "markdown-it-py", "pypdf", "trafilatura")


def readers() -> str:
    """What decides which article a document becomes: our readers' version, and those of the parsers they stand on."""
    return ", ".join([SOURCES_VERSION, *(f"{name} {metadata.version(name)}" for name in _LIBRARIES)])


@dataclass(frozen=True, slots=True)
class Document:
    """The bytes of one article before anything is made of them: a file's, or those of its line in JSON lines.

    `key` is what it is known by from build to build: with equal `key` and `raw_sha256`, `article` gives the same
    article again. `address` is where it was fetched from, None for files; `collections` are those that the document
    itself declares.
    """

    origin: str
    key: str
    data: bytes = field(repr=False)
    markup: Markup
    address: str | None = None
    collections: tuple[str, ...] = ()
    raw_sha256: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "raw_sha256", sha256(self.data))


def documents(paths: Sequence[Path], keys: Mapping[str, str] | None = None) -> Iterator[Document | Skipped]:
    """The documents at and under the paths, unparsed, one in memory at a time.

    A file whose place is in `keys` is known by the key given there, not by its path within the given folder.
    """
    try:
        for item in find(paths, keys):
            if isinstance(item, Skipped):
                yield item
                continue
            try:
                yield from _documents_of(item)
            except DocumentRejected as rejected:
                yield Skipped(item.origin, rejected.reason, rejected.detail)
    finally:
        close()


def document_in(data: bytes, name: str, address: str, final_address: str | None = None) -> Document:
    """The document in bytes that were fetched, known by their address; `name` is only looked at for its extension.

    Raises `DocumentRejected`, also where they hold several documents: those are to be saved and given as a file.
    """
    found = list(islice(_within(File("", name, address), BytesIO(data), len(data)), 2))
    if len(found) != 1:
        raise DocumentRejected("unsupported_format", "it holds several articles; save it and give the file")
    (one,) = found
    if isinstance(one, Skipped):
        raise DocumentRejected(one.reason, one.detail)
    return replace(one, key=address, address=final_address)


def _documents_of(file: File) -> Iterator[Document | Skipped]:
    with opened(file) as (stream, size):
        yield from _within(file, stream, size)


def _within(file: File, stream: BinaryIO, size: int, *, member: bool = False) -> Iterator[Document | Skipped]:
    """The documents of a file, or of a member of an archive, which may be an archive no more."""
    markup = markup_of(file.key, stream.read(HEAD))
    stream.seek(0)
    if markup in ("json", "jsonl"):
        for item in (numbered_objects if markup == "json" else numbered_lines)(stream, file.origin):
            yield item if isinstance(item, Skipped) else _line(file, *item)
        return
    if markup == "zip":
        if member:  # a stream that unpacks as it goes cannot be searched
            stream = BytesIO(_bytes(stream, size, FILE_LIMITS["docx"]))
        archive = open_archive(stream)
        markup = cast(Markup, archive.kind())
        archive.check_size(UNPACKED_LIMITS[markup])
        if markup != "docx":
            if not file.key.lower().endswith((".zip", ".epub", ".docx")):
                raise DocumentRejected("content_type_mismatch", "it is a ZIP archive; name it .zip")
            if markup == "zip" and member:
                raise DocumentRejected("unsupported_format", "an archive within an archive is not read; unpack it")
            yield from _chapters(file, archive) if markup == "epub" else _members(file, archive)
            return
        stream.seek(0)
    data = _bytes(stream, size, FILE_LIMITS[markup])
    if markup in ("text", "markdown", "html"):
        check_text(data)
    yield Document(file.origin, file.key, data, markup)


def _bytes(stream: BinaryIO, size: int, limit: int) -> bytes:
    # By its size, before reading; and again while reading, for a file that grows.
    if size > limit or len(data := stream.read(limit + 1)) > limit:
        raise DocumentRejected("too_large", f"{size:,} bytes, of {limit:,} allowed for one article")
    return data


def _members(file: File, archive: Archive) -> Iterator[Document | Skipped]:
    """The documents in an archive, each for itself: a bad one does not cost the others."""
    for name in archive.articles():
        member = _inside(file, name)
        try:
            with archive.opened(name) as (stream, size):
                yield from _within(member, cast(BinaryIO, stream), size, member=True)
        except DocumentRejected as rejected:
            yield Skipped(member.origin, rejected.reason, rejected.detail)


def _chapters(file: File, archive: Archive) -> Iterator[Document | Skipped]:
    for name, data in chapters(archive, FILE_LIMITS["html"]):
        chapter = _inside(file, name)
        if isinstance(data, bytes):
            yield Document(chapter.origin, chapter.key, data, "epub")
        else:
            yield Skipped(chapter.origin, data.reason, data.detail)


def _inside(file: File, name: str) -> File:
    return replace(file, key=f"{file.key}!{shown(name)}", origin=f"{file.origin}!{shown(name)}")


def _line(file: File, number: int, line: bytes) -> Document | Skipped:
    origin = f"{file.origin}:{number}"
    try:
        fields = record(line)
        key = declared_key(fields)
    except DocumentRejected as rejected:
        return Skipped(origin, rejected.reason, f"line {number}: {rejected.detail}")
    # A line that says nothing of where it comes from is known by its content: its number changes too easily.
    key = key or f"{file.key}#{sha256(line)[:16]}"
    return Document(origin, key, line, "jsonl", collections=declared_collections(fields))


def article(document: Document) -> Article:
    """The article of a document, with canonical text; raises `DocumentRejected` where there is none to be had.

    An error that no parser should have let out is a rejection too, so that it costs this document alone.
    """
    try:
        return _article(document)
    except DocumentRejected:
        raise
    except _UNFORESEEN as error:
        log.warning("%s: a parser failed on it", document.origin, exc_info=True)
        raise DocumentRejected("unreadable", f"{type(error).__name__} while it was read") from error


def _article(document: Document) -> Article:
    reader = _READERS.get(document.markup)
    contents = reader(document.data) if reader else parsed(document.markup, document.data, document.address)
    canonical = canonicalise(contents.text)
    if not any(character.isalnum() for character in canonical.text):
        raise DocumentRejected("no_text", "there is not one letter or digit in it")
    if len(canonical.text.encode("utf-8")) > TEXT_LIMIT:
        raise DocumentRejected("too_large", f"its text has more than {TEXT_LIMIT:,} bytes")
    return Article(
        id=contents.id or article_id(contents.url or document.key),
        text=canonical.text,
        raw_sha256=document.raw_sha256,
        origin=document.origin,
        markup=document.markup,
        title=_words(contents.title, 500),
        url=contents.url or document.address,
        source=_words(contents.source, 200),
        authors=tuple(name for author in contents.authors if (name := _words(author, 200))),
        published=contents.published,
        language=_words(contents.language, 35),
        collections=document.collections,
        flags=tuple(sorted((*contents.flags, *canonical.flags))),
        # They are offsets in the text as it was handed over.
        pages=contents.pages if canonical.text == contents.text else (),
    )


def _words(value: str | None, longest: int) -> str | None:
    """Metadata as one canonical line, or None where it has no words or so many that it is something else."""
    line = one_line(value) if value else ""
    return line if 0 < len(line) <= longest and any(character.isalnum() for character in line) else None
