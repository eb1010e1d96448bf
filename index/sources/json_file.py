"""A JSON file -> the objects in it, one article each: a list of them, one after the other, or wrapped as services send.

Comes in: an open file, read in pieces, so that its size does not matter. Goes out: the bytes of each object, as they
stand in the file, with their numbers from 1, for the reader of JSON lines; or a reason where there is none. Only the
ends of objects are looked for here; whether one is sound, its reader says.
"""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Iterator
from typing import Any, BinaryIO

from index.errors import DocumentRejected
from index.sources.files import Skipped
from index.sources.jsonl import LINE_LIMIT, record

_PIECE = 65_536
_MARKS = re.compile(rb'\\.|["{}\[\]]', re.DOTALL)
# Under what services send their articles: {"status": "ok", "articles": [...]}.
_WRAPPERS = ("articles", "items", "results", "docs", "documents", "data", "news", "entries", "value", "hits")


def numbered_objects(stream: BinaryIO, origin: str) -> Iterator[tuple[int, bytes] | Skipped]:
    """The objects with their numbers; one over 2 MB is passed over."""
    number = 0
    for found in _objects(stream):
        for one in _unwrapped(found) if found is not None else [None]:
            number += 1
            if one is None:
                yield Skipped(f"{origin}:{number}", "too_large", f"object {number} has more than {LINE_LIMIT:,} bytes")
            elif one.endswith(b"}"):
                yield number, one
            else:
                yield Skipped(f"{origin}:{number}", "bad_json", f"the file ends within object {number}; fetch it again")
    if not number:
        wanted = '[{"title": …, "text": …}, …]'
        yield Skipped(origin, "bad_json", f"there is no JSON object in it; a list of articles is read: {wanted}")


def _objects(stream: BinaryIO) -> Iterator[bytes | None]:
    """The outermost objects, or those in the list that the file is; None for one that is too large. The last may be cut."""
    held = bytearray()
    depth = 0
    listed: bool | None = None
    quoted = opened = large = False
    for piece in _pieces(stream):
        if listed is None:
            listed = piece.startswith(b"[")
        begin = 0 if opened else len(piece)
        for mark in _MARKS.finditer(piece):
            what = mark[0]
            if what == b'"':
                quoted = not quoted
            elif quoted or len(what) > 1:
                continue
            elif what in b"{[":
                if what == b"{" and depth == listed:
                    opened, begin = True, mark.start()
                depth += 1
            elif depth:
                depth -= 1
                if opened and depth == listed:
                    held += piece[begin : mark.end()]
                    yield None if large or len(held) > LINE_LIMIT else bytes(held)
                    held.clear()
                    opened, large, begin = False, False, len(piece)
        held += piece[begin:]
        if len(held) > LINE_LIMIT:
            large = True
            held.clear()
    if opened:
        yield None if large else bytes(held).rstrip(b" }\r\n\t")


def _pieces(stream: BinaryIO) -> Iterator[bytes]:
    """The file in pieces that begin with no space at first, and end within no escaped character."""
    first = True
    while piece := stream.read(_PIECE):
        if (len(piece) - len(piece.rstrip(b"\\"))) % 2:
            piece += stream.read(1)
        if first:
            piece = piece.removeprefix(codecs.BOM_UTF8).lstrip()
            first = not piece
        if piece:
            yield piece


def _unwrapped(found: bytes) -> list[bytes]:
    """The articles in a wrapper, or the object itself."""
    try:
        held: dict[str, Any] = record(found)
    except DocumentRejected:
        return [found]
    lists = (held[name] for name in _WRAPPERS if isinstance(held.get(name), list))
    inner = next((items for items in lists if items and all(isinstance(item, dict) for item in items)), None)
    if inner is None or isinstance(held.get("text"), str):
        return [found]
    return [json.dumps(item).encode() for item in inner]  # half a surrogate pair stays escaped, as it was
