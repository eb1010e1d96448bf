"""The bytes of a saved page -> Contents: the article's own text, and what the page says of itself.

The only door to trafilatura, which finds the article among menus and teasers. It is given a tree that is already
parsed, limited and freed of what readers cannot see; so it neither unpacks, decodes nor fetches anything.
"""

from __future__ import annotations

import dataclasses
import logging
import re
from collections import Counter

import trafilatura
from trafilatura.settings import Document as Extracted

from index.decode import declared_encoding, decode
from index.errors import DocumentRejected
from index.sources.contents import Contents, web_address
from index.sources.hidden import remove_hidden
from index.sources.linked import is_live, linked_article
from index.sources.opening import opening
from index.sources.page import days_around, describe
from index.sources.tree import Element, drop_silent, fold_spaces, lines, parse, unwrap

# It reports every page that it finds little in; what we make of that is said in our own words.
logging.getLogger("trafilatura").setLevel(logging.CRITICAL)
logging.getLogger("htmldate").setLevel(logging.CRITICAL)

# Below this, trafilatura falls back on a plain dump that breaks sentences at links (its MIN_EXTRACTED_SIZE).
_SHORT = 250
_INLINE = ("b", "i", "em", "strong", "span", "u", "s", "small", "sub", "sup", "mark", "abbr", "cite", "font", "time")
_AROUND = ("nav", "aside", "footer", "form", "button", "select")
_LIVE = re.compile(r"\blive[-_]?(?:blog|post|updates?|feed|entry|event|coverage)|liveblog", re.IGNORECASE)
# What browsers (and SingleFile, monolith, Save Page WE) note at the head of a page that they save.
_SAVED = re.compile(
    r"<!--\s*(?:saved from url=\(\d{1,5}\)|Page saved with SingleFile\s+url:\s*|Saved from (?=\S+ at \S+ using monolith))"
    r"(\S{4,2048})\s|<meta\s[^>]{0,20}name=[\"']?savepage-url[\"']?\s[^>]{0,20}content=[\"']?([^\s\"'>]{4,2048})",
    re.IGNORECASE,
)


def read_html(data: bytes, address: str | None = None) -> Contents:
    """The article of a page. `address` is where it was fetched from; else the browser's own note of it is used.

    Rejected as `too_deep`, `too_large` or `no_text`. The flag `hidden_text` counts hidden elements with words.
    """
    text = decode(data, declared_encoding(data))
    if address is None and (saved := _SAVED.search(text[:4096])):
        address = web_address(saved[1] or saved[2])
    tree = parse(text)
    hidden = remove_hidden(tree)
    article = linked_article(tree, address)
    about = describe(tree, article, address)
    around = () if about.published else days_around(tree)
    _join_entries(tree, is_live(article))
    drop_silent(tree)
    fold_spaces(tree)
    text = _article_text(tree)
    if not text:
        raise DocumentRejected("no_text", "the page has no text that a reader would see")
    flags = (*about.flags, *((f"hidden_text={hidden}",) if hidden else ()))
    head = opening(text.split("\n"), about.title)
    return dataclasses.replace(
        about,
        text=text,
        published=about.published or (None if head.published in around else head.published),
        authors=about.authors or head.authors,
        flags=flags,
    )


def _join_entries(tree: Element, live: bool) -> None:
    """Make the entries of a live page parts of one article: of several `article`s only one would be taken.

    Other pages may hold other stories in such elements; so it is done where the page, or what they are named, says so.
    """
    entries = list(tree.iter("article"))
    beside = Counter(element.getparent() for element in entries)
    for element in entries:
        around = element.getparent()
        named = " ".join(one.get(key, "") for one in (element, around) for key in ("class", "id"))
        if beside[around] > 1 and (live or _LIVE.search(named)):
            element.tag = "section"


def _article_text(tree: Element) -> str:
    whole = _visible(tree)
    if len(whole) < _SHORT:
        return whole
    unwrap(tree, _INLINE)
    body = _extracted(tree)
    # Spaces were folded before, so that a newline in a text now ends a block that trafilatura has merged.
    found = lines(body) if body is not None else ""
    return found if len(found) >= _SHORT else whole


def _extracted(tree: Element) -> Element | None:
    """What trafilatura takes for the article, or None where it finds none or fails on an odd page."""
    try:
        found = trafilatura.bare_extraction(tree, include_comments=False, include_tables=True)
    except Exception:  # a page that breaks the extractor still has its visible text
        return None
    return found.body if isinstance(found, Extracted) else None


def _visible(tree: Element) -> str:
    """All text of the page's article, or of its main part or body, without menus and forms."""
    part = next((found for name in ("article", "main", "body") if (found := _largest(tree, name)) is not None), tree)
    return lines(part, without=_AROUND)


def _largest(tree: Element, name: str) -> Element | None:
    return max(tree.iter(name), key=lambda element: len("".join(element.itertext())), default=None)
