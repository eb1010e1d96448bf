"""A JSON-lines file -> one Document a line, and such a line -> Contents, with the fields of the contract.

Comes in: an open file, read line by line, so that its size does not matter. Goes out: a document for each line that
is a JSON object, a reason for each that is not, by line number. Only `text` is needed; an optional field that is not
what it should be is left out and flagged, never mended by guessing.
"""

from __future__ import annotations

import codecs
import dataclasses
import json
import re
from collections.abc import Iterator
from typing import Any, BinaryIO

from index.collections import collection_names
from index.errors import DocumentRejected
from index.sources.contents import Contents, web_address
from index.sources.dates import iso_date
from index.sources.files import Skipped

LINE_LIMIT = 2_000_000

# Field by field what NewsAPI, newspaper3k, news-please, GNews, schema.org and their like write, in lower case.
_OTHER_NAMES = {
    "text": ("maintext", "articlebody", "article_body", "body", "content", "full_text", "fulltext", "article_text"),
    "title": ("headline",),
    "url": ("link", "web_url", "weburl", "canonical_url"),
    "source": ("outlet", "publisher", "publication", "source_name", "sitename", "site_name", "newspaper"),
    "authors": ("author", "byline", "creator"),
    "published": (
        "published_at", "publishedat", "date_published", "datepublished", "date_publish", "publish_date", "publishdate",
        "published_date", "publication_date", "pub_date", "pubdate", "date",
    ),
    "language": ("lang", "inlanguage"),
}  # fmt: skip


def numbered_lines(stream: BinaryIO, origin: str) -> Iterator[tuple[int, bytes] | Skipped]:
    """The lines that are not blank, with their numbers from 1; one over 2 MB is passed over in pieces, unread."""
    number = 0
    while line := stream.readline(LINE_LIMIT + 2):
        number += 1
        if number == 1:
            line = line.removeprefix(codecs.BOM_UTF8)
        if len(line.rstrip(b"\r\n")) > LINE_LIMIT:
            while line and not line.endswith(b"\n"):
                line = stream.readline(LINE_LIMIT)
            yield Skipped(f"{origin}:{number}", "too_large", f"line {number} has more than {LINE_LIMIT:,} bytes")
        elif line := line.strip():
            yield number, line


def record(line: bytes) -> dict[str, Any]:
    """The JSON object of a line."""
    try:
        found = json.loads(line.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise DocumentRejected("bad_encoding", f"byte {error.start} of the line is not UTF-8") from None
    except RecursionError:
        raise DocumentRejected("bad_json", "the line is nested too deep") from None
    except ValueError as error:
        raise DocumentRejected("bad_json", str(error)) from None
    if not isinstance(found, dict):
        raise DocumentRejected("bad_json", f"the line is no object but {type(found).__name__}")
    return _by_our_names(found)


def _by_our_names(found: dict[str, Any]) -> dict[str, Any]:
    """The record with what programs that collect news call otherwise under our names; ours go first."""
    lower = {name.lower(): name for name in reversed(found)}
    fields = dict(found)
    for ours, others in _OTHER_NAMES.items():
        known = (lower[other] for other in (ours, *others) if other in lower)
        value = next((found[name] for name in known if found[name] not in (None, "", [])), None)
        if found.get(ours) in (None, "", []) and value is not None:
            fields[ours] = value
    return fields


def declared_key(fields: dict[str, Any]) -> str | None:
    """What the record is known by, if it says so: its id, else its address."""
    return _id(fields.get("id")) or _address(fields.get("url"))


def declared_collections(fields: dict[str, Any]) -> tuple[str, ...]:
    """The collections that the record says it belongs to, sorted; what is no name of one is left out."""
    return collection_names(_listed(fields.get("collections")))


def read_jsonl(line: bytes) -> Contents:
    """One line as an article; without a `text` of words it is rejected as `bad_field`."""
    fields = record(line)
    text = fields.get("text")
    if not isinstance(text, str):
        there = ", ".join(f'"{name}"' for name in list(fields)[:8] if name != "text") or "nothing"
        raise DocumentRejected("bad_field", f'"text" is needed and must be a string; it has {there[:200]}')
    contents = Contents(
        text,
        title=_string(fields.get("title")),
        url=_address(fields.get("url")),
        source=_name(fields.get("source")),
        authors=_authors(fields.get("authors")),
        published=iso_date(date) if isinstance(date := fields.get("published"), str) else None,
        language=_string(fields.get("language")),
        id=_id(fields.get("id")),
    )
    names = ("id", "title", "url", "source", "authors", "published", "language")
    bad = [f"bad_{name}" for name in names if not getattr(contents, name) and fields.get(name) not in (None, "", [])]
    if len(declared_collections(fields)) < len(_listed(fields.get("collections"))):
        bad.append("bad_collections")
    return dataclasses.replace(contents, flags=tuple(bad))


def _string(value: Any) -> str | None:
    return value.strip() or None if isinstance(value, str) else None


def _name(value: Any) -> str | None:
    """A name, which may be one of several things that are told of its bearer."""
    return _string(value.get("name") or value.get("title")) if isinstance(value, dict) else _string(value)


def _address(value: Any) -> str | None:
    return web_address(value) if isinstance(value, str) else None


def _listed(value: Any) -> list[Any]:
    """What a list of names holds, each once; one name alone is a list of one."""
    items = [] if value is None else value if isinstance(value, list) else [value]
    return [item for i, item in enumerate(items) if item not in items[:i]]


def _authors(value: Any) -> tuple[str, ...]:
    names = [_name(item) for item in (value if isinstance(value, list) else [value])]
    plain = [re.sub(r"^by\s+", "", name, flags=re.IGNORECASE) for name in names if name]
    return tuple(name for name in plain if name)[:50]


def _id(value: Any) -> str | None:
    """A declared id, if it can be typed, printed and stored: 1 to 128 visible characters, no path, no option."""
    text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    if not isinstance(text, str) or not 0 < len(text) <= 128 or not text.isprintable() or text != text.strip():
        return None
    return None if text.startswith(("-", ".")) or any(c in text for c in "/\\") else text
