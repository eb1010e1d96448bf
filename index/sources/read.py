"""Paths -> Documents -> Articles: the way in, whatever the format.

Comes in: files and folders. Goes out: articles in canonical text, and a reason for each document that is none; one
bad document never stops the others. The promises others lean on: documents come lazily, one at a time, in a stable
order; a `Document` has its raw digest before anything is parsed, so that an unchanged one need not be; an id depends
only on what the document declares, its address or its place. A format is one function from bytes to `Contents`.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path

from index.article import Article, article_id, sha256
from index.canonical import canonicalise, one_line
from index.errors import DocumentRejected
from index.sources.contents import Contents
from index.sources.files import File, Skipped, find, opened
from index.sources.html import read_html
from index.sources.jsonl import declared_collections, declared_key, numbered_lines, read_jsonl, record
from index.sources.markdown import read_markdown
from index.sources.sniff import HEAD, Markup, check_text, markup_of
from index.sources.text import read_text

log = logging.getLogger(__name__)

# To be raised when a reader of a format comes to give another text or other metadata for the same bytes.
SOURCES_VERSION = "2"

# One article's text in bytes; a whole book has about a megabyte.
TEXT_LIMIT = 2_000_000
# Bytes of one file. A saved page is mostly scripts and styles, and limited again by its elements and its text;
# Markdown made to be slow takes 19 s a megabyte: docs/LOG.md. JSON lines are limited by the line.
FILE_LIMITS: dict[Markup, int] = {"text": TEXT_LIMIT, "markdown": 1_000_000, "html": 4_000_000}

# What a parser lets out where it meets what its makers did not think of; a full disk or memory is not of this kind.
_UNFORESEEN = (
    ValueError, TypeError, LookupError, AttributeError, ArithmeticError, RecursionError, AssertionError, SyntaxError,
    StopIteration,
)  # fmt: skip

_READERS: dict[Markup, Callable[[bytes], Contents]] = {
    "text": read_text,
    "markdown": read_markdown,
    "html": read_html,
    "jsonl": read_jsonl,
}


def readers() -> str:
    """What decides which article a document becomes: our readers' version, and trafilatura's."""
    return f"{SOURCES_VERSION}, trafilatura {metadata.version('trafilatura')}"


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
    for item in find(paths, keys):
        if isinstance(item, Skipped):
            yield item
            continue
        try:
            yield from _documents_of(item)
        except DocumentRejected as rejected:
            yield Skipped(item.origin, rejected.reason, rejected.detail)


def _documents_of(file: File) -> Iterator[Document | Skipped]:
    with opened(file) as (stream, size):
        head = stream.read(HEAD)
        markup = markup_of(file.key, head)
        if markup == "jsonl":
            stream.seek(0)
            for item in numbered_lines(stream, file.origin):
                yield item if isinstance(item, Skipped) else _line(file, *item)
            return
        limit = FILE_LIMITS[markup]
        # By its size, before reading; and again while reading, for a file that grows.
        if size > limit or len(rest := stream.read(limit + 1 - len(head))) + len(head) > limit:
            raise DocumentRejected("too_large", f"{size:,} bytes, of {limit:,} allowed for one article")
        data = head + rest
    check_text(data)
    yield Document(file.origin, file.key, data, markup)


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
    if document.markup == "html":
        contents = read_html(document.data, document.address)
    else:
        contents = _READERS[document.markup](document.data)
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
        url=contents.url,
        source=_words(contents.source, 200),
        authors=tuple(name for author in contents.authors if (name := _words(author, 200))),
        published=contents.published,
        language=_words(contents.language, 35),
        collections=document.collections,
        flags=tuple(sorted((*contents.flags, *canonical.flags))),
    )


def _words(value: str | None, longest: int) -> str | None:
    """Metadata as one canonical line, or None where it has no words or so many that it is something else."""
    line = one_line(value) if value else ""
    return line if 0 < len(line) <= longest and any(character.isalnum() for character in line) else None
