"""A response -> its whole body, unpacked; or a refusal, so that a page that was cut is never taken for a whole one.

Comes in: the pieces as they arrive. Goes out: bytes, no more than allowed. The promises others lean on: what is packed
is unpacked piece by piece and no further than the limit, in gzip alone; a body is whole by its length, by its chunks
or, where the server gives neither, by its own last words. Knows nothing of the network.
"""

from __future__ import annotations

import re
import zlib

from index.errors import FetchFailed
from index.sources.wire import Budget, Response


def body(response: Response, type_: str, limits: Budget, most: int) -> bytes:
    """The whole body, of at most `most` bytes; raises `FetchFailed` where it is too large, cut or packed otherwise."""
    coding = response.headers.get("content-encoding", "").strip().lower() or "identity"
    if coding not in ("identity", "gzip", "x-gzip"):
        raise FetchFailed("bad_encoding", f"it comes packed as {coding[:40]}, though only gzip was asked for")
    length = response.headers.get("content-length", "")
    if length.isdecimal() and int(length[:20]) > limits.wire:
        raise FetchFailed("too_large", f"{int(length[:20]):,} bytes; save the article alone and give its file")
    data = bytearray()
    unpack = _Unpacking(most) if coding != "identity" else None
    for chunk in response.body:
        limits.seconds()
        data += unpack.feed(chunk, len(data)) if unpack else chunk
        if len(data) > most:
            raise FetchFailed("too_large", f"it holds more than {most:,} bytes; save the article alone, give its file")
    if unpack and not unpack.ended:
        raise FetchFailed("truncated", "the packed answer ends in its middle; try again later")
    if not response.sized and not _ends_itself(type_, data):
        raise FetchFailed("truncated", "the server does not say where it ends, and it has no end of its own")
    return bytes(data)


class _Unpacking:
    """gzip, unpacked piece by piece and never beyond the limit."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._stream = zlib.decompressobj(wbits=31)

    @property
    def ended(self) -> bool:
        """Whether the packed data came to its end, its checksum included."""
        return self._stream.eof

    def feed(self, chunk: bytes, before: int) -> bytes:
        """What a piece unpacks to after `before` bytes, one more than the limit at most."""
        try:
            found = self._stream.decompress(chunk, self._limit - before + 1)
        except zlib.error as error:
            raise FetchFailed("bad_encoding", f"it is no gzip though it says so: {error}") from None
        if self._stream.unused_data:
            raise FetchFailed("bad_encoding", "there is more after the end of what was packed")
        return found


def _ends_itself(type_: str, data: bytes | bytearray) -> bool:
    end = bytes(data[-512:]).lower()
    return ("html" in type_ and b"</html" in end) or re.search(rb"</(?:rss|feed|rdf:rdf)\s*>", end) is not None
