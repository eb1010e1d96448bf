"""What a format gives: an article's text and what the document says of itself, before canonicalising.

Every reader of a format (text, Markdown, HTML, JSON lines) goes from bytes to `Contents`; plain values, so that a
parser can as well run in another process. A field that the document does not say, or says unclearly, is None and
never a guess; what had to be left out is named in `flags`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlsplit


@dataclass(frozen=True, slots=True)
class Contents:
    """An article as its format has it; `id` only if the document declares one.

    `pages` are the offsets in `text` at which printed pages begin, for a text that is canonical already.
    """

    text: str
    title: str | None = None
    url: str | None = None
    source: str | None = None
    authors: tuple[str, ...] = ()
    published: str | None = None
    language: str | None = None
    id: str | None = None
    flags: tuple[str, ...] = ()
    pages: tuple[int, ...] = ()


def web_address(written: str) -> str | None:
    """The address if it is http or https with a host, no password and no odd character, else None."""
    written = written.strip()
    if len(written) > 2048 or not written.isprintable() or re.search(r"[\s\\<>\"]", written):
        return None
    try:
        parts = urlsplit(written)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return None
    if parts.scheme.lower() not in ("http", "https") or not host or "@" in parts.netloc:
        return None
    return written


def host_of(address: str) -> str:
    """The host of an address that `web_address` let through, without `www.`, in lower case."""
    return (urlsplit(address).hostname or "").lower().removeprefix("www.")
