"""The bytes of a feed (RSS, Atom, JSON Feed) -> its newest items; the only door to feedparser.

Comes in: bytes that were fetched, never an address: feedparser would fetch one, or open a file. Goes out: `Feed`. The
promises others lean on: a feed that declares entities is refused, whatever its encoding; no more than 200 items come
out and no more than 1,000 are parsed, however many there are; a date that an item does not give is None.
"""

from __future__ import annotations

import html
import io
import json
import re
import time
import xml.parsers.expat
from dataclasses import dataclass
from typing import Any
from urllib.parse import urljoin

import feedparser  # type: ignore[import-untyped]  # feedparser has no types

from index.article import sha256
from index.errors import DocumentRejected
from index.sources.dates import iso_date

NEWEST = 200
_PARSED = 1000
_DEEPEST = 256
# feedparser takes 16 µs an element, and Python's reader of XML looks at each attribute of a tag with all before it:
# one tag of 100,000 took 76 s.
_TAGS = 1_000_000
_ATTRIBUTES = 64
# feedparser's way with broken XML takes time that grows faster than the feed.
_BROKEN_BYTES = 300_000
_OPENING = re.compile(rb"<(?:[A-Za-z]\w*:)?(?:item|entry)(?=[\s>/])")
_CLOSING = re.compile(rb"</(?:[A-Za-z]\w*:)?(?:item|entry)\s*>")
_ENTITY = re.compile(rb"<!ENTITY", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Item:
    """One entry. `id` tells it from all others of its feed; `page` is its own text as a small web page, if it has any."""

    id: str
    link: str | None
    title: str | None
    published: str | None
    page: str | None


@dataclass(frozen=True, slots=True)
class Feed:
    """A feed's newest items, newest first where every item has a time; `beyond` counts those left out."""

    title: str | None
    items: tuple[Item, ...]
    beyond: int


def read_feed(data: bytes, address: str) -> Feed:
    """The feed in the bytes that came from `address`; raises `DocumentRejected` as `bad_feed` or `feed_has_dtd`."""
    if data.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{"):
        return _json_feed(data, address)
    if not data.strip():
        raise DocumentRejected("bad_feed", "it is empty")
    _check_xml(data)
    data, total = _shortened(data)
    if data.count(b"<") > _TAGS:
        raise DocumentRejected("bad_feed", f"its first {_PARSED:,} items have more than {_TAGS:,} tags")
    try:
        found = feedparser.parse(
            io.BytesIO(data), sanitize_html=False, resolve_relative_uris=False,
            response_headers={"content-location": address, "content-type": "application/xml"},
        )  # fmt: skip
        items = [(_when(entry), _item(entry, address)) for entry in found.entries]
    except Exception as error:  # it lets out whatever its parsers meet
        raise DocumentRejected("bad_feed", f"it cannot be read: {type(error).__name__}") from error
    if not found.get("version"):
        raise DocumentRejected("bad_feed", "it is no RSS, Atom or JSON feed; give the address of the feed itself")
    return _feed(_words(found.feed.get("title")), items, total)


def _feed(title: str | None, items: list[tuple[str, Item]], total: int) -> Feed:
    if all(when for when, _ in items):
        items = sorted(items, key=lambda one: one[0], reverse=True)
    once = {item.id: item for _, item in reversed(items)}  # of several with one id, the newest
    newest = [item for _, item in items if once.get(item.id) is item][:NEWEST]
    return Feed(title, tuple(newest), max(total, len(items)) - len(items) + max(0, len(once) - NEWEST))


def _check_xml(data: bytes) -> None:
    """Raise for entities, for nesting that no feed has, and for much broken XML."""
    if _ENTITY.search(data.replace(b"\x00", b"")):
        raise DocumentRejected("feed_has_dtd", "it declares entities, which may swell without end; it is not read")
    depth = 0

    def open_(name: str, attributes: dict[str, str]) -> None:
        nonlocal depth
        depth += 1
        if depth > _DEEPEST:
            raise DocumentRejected("bad_feed", f"its elements are nested more than {_DEEPEST} deep")
        if len(attributes) > _ATTRIBUTES:
            raise DocumentRejected("bad_feed", f"an element with more than {_ATTRIBUTES} attributes")

    def close(name: str) -> None:
        nonlocal depth
        depth -= 1

    def entity(*declared: object) -> None:
        raise DocumentRejected("feed_has_dtd", "it declares entities, which may swell without end; it is not read")

    parser = xml.parsers.expat.ParserCreate()
    parser.StartElementHandler, parser.EndElementHandler, parser.EntityDeclHandler = open_, close, entity
    try:
        parser.Parse(data, True)
    except (xml.parsers.expat.ExpatError, ValueError, LookupError) as error:
        if len(data) > _BROKEN_BYTES:
            raise DocumentRejected("bad_feed", f"its XML is broken ({error}), and too long to be guessed at") from None


def _shortened(data: bytes) -> tuple[bytes, int]:
    """The feed with its first 1,000 items, and how many it has."""
    begins = [match.start() for match in _OPENING.finditer(data)]
    if len(begins) <= _PARSED:
        return data, len(begins)
    *_, last = _CLOSING.finditer(data, begins[_PARSED])
    return data[: begins[_PARSED]] + data[last.end() :], len(begins)


def _when(entry: Any) -> str:
    # not by its own `get`, which takes one for the other and warns of it
    parsed = dict.get(entry, "published_parsed") or dict.get(entry, "updated_parsed")
    try:
        return time.strftime("%Y-%m-%dT%H:%M:%S", parsed) if parsed else ""
    except (ValueError, TypeError):
        return ""


def _item(entry: Any, feed: str) -> Item:
    link, title = _words(entry.get("link")), _words(entry.get("title"))
    texts = [one.get("value") for one in entry.get("content", ())] + [entry.get("summary")]
    text = next((one for one in texts if isinstance(one, str) and one.strip()), "")
    published = iso_date(entry.get("published") or "")
    # A guid that is not said to be no address stands for the link in RSS.
    id_ = _words(entry.get("id")) or link or sha256(f"{title}\n{text}".encode("utf-8", "replace"))
    return Item(id_[:2000], _joined(feed, link), title, published, _page(title, published, text))


def _page(title: str | None, published: str | None, text: str) -> str | None:
    """An item's own text as a web page, since its text is HTML; the date stands in it where the feed gives one."""
    if not text.strip():
        return None
    name = html.escape(title or "")
    date = f'<meta property="article:published_time" content="{published}">' if published else ""
    return (
        f'<!DOCTYPE html><html><head><meta charset="utf-8"><title>{name}</title>{date}</head>'
        f"<body><article><h1>{name}</h1>\n{text}\n</article></body></html>"
    )


def _json_feed(data: bytes, address: str) -> Feed:
    try:
        found = json.loads(data.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise DocumentRejected("bad_feed", f"it is no JSON: {error}") from None
    if not isinstance(found, dict) or not str(found.get("version", "")).startswith("https://jsonfeed.org/version/"):
        raise DocumentRejected("bad_feed", "it is JSON, but no JSON feed; give the address of the feed itself")
    entries = found.get("items")
    entries = [entry for entry in entries if isinstance(entry, dict)] if isinstance(entries, list) else []
    items = [_json_item(entry, address) for entry in entries[:_PARSED]]
    return _feed(_words(found.get("title")), items, len(entries))


def _json_item(entry: dict[str, Any], feed: str) -> tuple[str, Item]:
    link, title = _words(entry.get("url") or entry.get("external_url")), _words(entry.get("title"))
    text = entry.get("content_html") or ""
    if not isinstance(text, str) or not text:
        plain = entry.get("content_text")
        text = "".join(f"<p>{html.escape(line)}</p>\n" for line in plain.splitlines()) if isinstance(plain, str) else ""
    when = entry.get("date_published")
    published = iso_date(when) if isinstance(when, str) else None
    declared = entry.get("id")
    id_ = str(declared) if isinstance(declared, str | int) and declared else ""
    id_ = id_ or link or sha256(f"{title}\n{text}".encode("utf-8", "replace"))
    item = Item(id_[:2000], _joined(feed, link), title, published, _page(title, published, text))
    return (when if isinstance(when, str) and published else ""), item


def _joined(feed: str, link: str | None) -> str | None:
    """The link as seen from the feed; one that cannot be read is left for the guard to refuse."""
    try:
        return urljoin(feed, link) if link else None
    except ValueError:
        return link


def _words(value: Any) -> str | None:
    return " ".join(value.split()) or None if isinstance(value, str) else None
