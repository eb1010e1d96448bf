"""An EPUB's archive -> its chapters, each one document.

A chapter is an article: newspapers and magazines in this form put one article into each, a citation that names the
chapter can be followed, and a whole book has more sentences than an article may. A chapter travels with the package
file that says what book it is of. Nothing is parsed here; the order comes from the parsing process.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from posixpath import dirname, join, normpath

from index.errors import DocumentRejected
from index.sources.archive import Archive
from index.sources.parsers import parsed

PACKAGE_LIMIT = 1_000_000
_ROOT = re.compile(rb"<(?:\w+:)?rootfile\b[^>]{0,500}?full-path\s*=\s*[\"']([^\"'<>]{1,500})[\"']")
# What is found first is not given up again: a megabyte of letters without a `<` would be gone through once a letter.
_WORDS = re.compile(rb">(?>[^<>]*?[0-9A-Za-z\x80-\xff]{2})[^<>]*+<")
_SEPARATOR = b"\x00\x00chapter\x00"


def chapters(archive: Archive, limit: int) -> Iterator[tuple[str, bytes | DocumentRejected]]:
    """The chapters in reading order: a name, and a document's bytes or why there are none.

    Contents lists and chapters of pictures alone are passed over. Rejected as `bad_epub` where there is no order.
    """
    place = archive.read("META-INF/container.xml", PACKAGE_LIMIT)
    match = _ROOT.search(place)
    named = match[1].decode("utf-8", "replace") if match else ""
    if named not in archive.members:
        raise DocumentRejected("bad_epub", "it does not say where its contents are")
    package = archive.read(named, PACKAGE_LIMIT)
    for relative in parsed("epub-spine", package).text.split("\n"):
        name = normpath(join(dirname(named), relative))
        if name not in archive.members:
            yield name, DocumentRejected("bad_epub", "the book lists this chapter but does not hold it")
            continue
        try:
            chapter = archive.read(name, limit)
        except DocumentRejected as rejected:
            yield name, rejected
            continue
        if _has_words(chapter):
            yield name, package + _SEPARATOR + chapter


def unpacked(data: bytes) -> tuple[bytes, bytes]:
    """The package file and the chapter that a document of `chapters` holds."""
    package, _, chapter = data.partition(_SEPARATOR)
    return package, chapter


def _has_words(chapter: bytes) -> bool:
    """Whether a chapter is more than pictures; a quick look at the bytes behind its head."""
    return _WORDS.search(chapter, max(0, chapter.find(b"<body"))) is not None
