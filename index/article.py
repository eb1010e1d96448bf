"""What a source yields: one article with its canonical text, and where it came from.

Comes in: canonical text and metadata, already checked. Goes out: `Article`, frozen. The promise others lean on:
`id` depends only on where the article comes from (declared id, address or path), so it is stable across builds,
and `text_sha256` is the digest of the canonical text that every offset refers to. Knows nothing of sentences.
"""

from __future__ import annotations

import hashlib
import re
from bisect import bisect_right
from dataclasses import dataclass, field

_SLUG = re.compile(r"[^a-z0-9]+")


@dataclass(frozen=True, slots=True)
class Article:
    """One news article; every field but `text` may be empty, none is guessed.

    `published` is an ISO date (`2019-03-23`) or None. `origin` is the path or address that it was read from,
    shown to people only. `raw_sha256` is the digest of the bytes it came from (of its own line in JSON lines).
    `markup` is the format it was read from: `text`, `markdown`, `html`, `jsonl`, `pdf`, `docx`,
    `epub` or `email`. `flags` counts what reading took out or noticed, for example `("bidi_stripped=2", "confusable=1")`.
    `pages` are the offsets in the text at which the pages of a PDF begin, in order.
    """

    id: str
    text: str
    raw_sha256: str
    origin: str
    markup: str = "text"
    title: str | None = None
    url: str | None = None
    source: str | None = None
    authors: tuple[str, ...] = ()
    published: str | None = None
    language: str | None = None
    collections: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()
    pages: tuple[int, ...] = ()
    text_sha256: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "text_sha256", sha256(self.text.encode("utf-8")))

    def page(self, offset: int) -> int | None:
        """The page of the file, from 1, whose extracted text holds that offset; None where pages are not known."""
        return bisect_right(self.pages, offset) or None

    def file(self) -> str | None:
        """The name of the file that it was read from, with the line or member in it; None for what was fetched."""
        return file_name(self.origin)

    def fingerprint(self) -> str:
        """A digest of all that a reader may be shown of the article: it changes when any of that does."""
        shown = (self.text_sha256, self.title, self.url, self.source, self.authors, self.published, self.language,
                 self.collections, *((self.pages,) if self.pages else ()))  # fmt: skip
        return sha256(repr(shown).encode("utf-8", "backslashreplace"))


def file_name(origin: str) -> str | None:
    """The name of the file that an origin names, with the line or member in it; None for an address."""
    return None if "://" in origin else origin.rsplit("/", 1)[-1] or None


def sha256(data: bytes) -> str:
    """The SHA-256 digest of the bytes, in hex."""
    return hashlib.sha256(data).hexdigest()


def article_id(key: str) -> str:
    """A readable, stable id for what is known by `key` (an address or a path): its last part and a short digest."""
    stem = re.sub(r"\.[A-Za-z]{1,5}$", "", key.rstrip("/").rsplit("/", 1)[-1].split("?")[0])
    slug = _SLUG.sub("-", stem.lower()).strip("-")[:48].strip("-")
    digest = sha256(key.encode("utf-8", "surrogatepass"))[:8]
    return f"{slug}-{digest}" if slug else digest
