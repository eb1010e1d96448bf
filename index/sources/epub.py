"""An EPUB's package file and one of its chapters -> Contents; and the package file alone -> the order of chapters.

The chapter's heading is its title, the book or issue its outlet; author, date and language are the book's. What makes
a chapter an article of its own is said in `chapters.py`.
"""

from __future__ import annotations

import posixpath
import re
from urllib.parse import unquote, urlsplit

from index.decode import declared_encoding, decode
from index.errors import DocumentRejected
from index.sources.chapters import unpacked
from index.sources.contents import Contents
from index.sources.dates import iso_date
from index.sources.hidden import remove_hidden
from index.sources.tree import Element, drop_silent, fold_spaces, lines, parse, parse_xml

_DC = "{http://purl.org/dc/elements/1.1/}"
_EVENT = "{http://www.idpf.org/2007/opf}event"
_PAGES = ("application/xhtml+xml", "text/html")


def read_spine(data: bytes) -> Contents:
    """The package file's chapters in reading order, names relative to it, one a line; contents lists are left out."""
    package = parse_xml(data)
    items = {item.get("id"): item for item in _all(package, "item")}
    guide = {urlsplit(entry.get("href", "")).path for entry in _all(package, "reference") if entry.get("type") in ("toc", "cover")}  # fmt: skip
    names = []
    for entry in _all(package, "itemref"):
        item = items.get(entry.get("idref"))
        if item is None or entry.get("linear") == "no" or item.get("media-type") not in _PAGES:
            continue
        name = urlsplit(item.get("href", "")).path
        if "nav" not in item.get("properties", "").split() and name not in guide and "\n" not in unquote(name):
            names.append(posixpath.normpath(unquote(name)))
    if not names:
        raise DocumentRejected("bad_epub", "it lists no chapters")
    return Contents("\n".join(dict.fromkeys(names)))


def read_epub(data: bytes) -> Contents:
    """A chapter's text, as `packed` with its package file; rejected as `no_text` if there is none to be seen."""
    package, chapter = unpacked(data)
    book = parse_xml(package)
    text = decode(chapter, declared_encoding(chapter))
    tree = parse(re.sub(r"^\s*<\?xml[^>]*\?>", "", text))
    hidden = remove_hidden(tree)
    title = next((words for name in ("h1", "h2", "h3") for one in tree.iter(name) if (words := _words(one))), None)
    named = next((_words(one) for one in tree.iter("title")), "")
    drop_silent(tree)
    fold_spaces(tree)
    body = next(tree.iter("body"), tree)
    readable = lines(body)
    if not readable:
        raise DocumentRejected("no_text", "the chapter has no text")
    issue = _said(book, "title")
    return Contents(
        readable,
        title=title or (named if named and named != issue else None),
        source=issue,
        authors=tuple(name for one in _all(book, "creator") if (name := _words(one)))[:20],
        published=_date(book),
        language=_said(book, "language"),
        flags=(f"hidden_text={hidden}",) if hidden else (),
    )


def _all(root: Element, name: str) -> list[Element]:
    return [one for one in root.iter() if isinstance(one.tag, str) and one.tag.rpartition("}")[2] == name]


def _words(element: Element) -> str:
    return " ".join("".join(element.itertext()).split())


def _said(book: Element, name: str) -> str | None:
    found = book.find(f".//{_DC}{name}")
    return (_words(found) or None) if found is not None else None


def _date(book: Element) -> str | None:
    """The day of publication, where the package says one: a modification or a year alone is none."""
    for one in book.iter(_DC + "date"):
        if one.get(_EVENT, "publication") in ("publication", "original-publication") and (day := iso_date(_words(one))):
            return day
    return None
