"""What an earlier generation knows of the documents that a build comes across.

Comes in: a snapshot, and whether what it holds was made by the recipe of now. Goes out: which documents need not be
read again, what a file went by, and which of the old notes of skipped documents still hold. The promise: nothing
here is told from a damaged or foreign generation, which is none at all.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from index.article import Article
from index.sources.files import Skipped
from index.sources.read import Document
from index.store import Entry, Snapshot

_LINE = re.compile(r":\d+$")
_BEFORE = re.compile(r"(https?://.*)@[0-9a-f]{8}", re.DOTALL)
_MEMBER = re.compile(r"(\.(?:zip|epub|docx))!.*$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Made:
    """What an article was made from, and when: key and digest of its document, its format, and the digest of its wording.

    `page` is the key of the fetched page that said this before it said something else; None for all other articles.
    """

    key: str
    raw_sha256: str
    markup: str
    told: str
    read_at: str

    @property
    def page(self) -> str | None:
        """The key of the page that this was read from, where that page says something else now."""
        return page_before(self.key)


@dataclass(frozen=True, slots=True)
class Known:
    """Articles by id, by the key and digest of their documents, and by file; file keys by absolute place; notes."""

    entries: Mapping[str, Entry] = field(default_factory=dict)
    made: Mapping[str, Made] = field(default_factory=dict)
    documents: Mapping[tuple[str, str], str] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)
    keys: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[Skipped, ...] = ()

    def same(self, document: Document) -> str | None:
        """The id of the article that the document gave before, if it is the same to the byte."""
        return self.documents.get((document.key, document.raw_sha256))

    def is_another_file(self, article: Article) -> bool:
        """Whether the article of that id was read from another file, which only goes by the same name."""
        before = self.entries.get(article.id)
        if before is None or article.url or article.markup == "jsonl":
            return False
        return Path(before.origin).resolve() != Path(article.origin).resolve()

    def was_read_from(self, id_: str, origin: str) -> bool:
        """Whether the article was read from that very place: only then is it the document that collections were given to."""
        before = self.entries[id_].origin
        return before == origin or ("://" not in before + origin and Path(before).resolve() == Path(origin).resolve())

    def still_there(self, id_: str) -> bool:
        """Whether the file that an article was read from is where it was."""
        return os.path.lexists(file_of(self.entries[id_].origin))

    def notes_beside(self, read: Iterable[str]) -> list[Skipped]:
        """The notes on documents of files other than those read now, which are given by their origins."""
        files = {file_of(origin) for origin in read}
        return [note for note in self.notes if file_of(note.origin) not in files]


def key_before(page: str, raw_sha256: str) -> str:
    """The key of what a fetched page said before it said something else."""
    return f"{page}@{raw_sha256[:8]}"


def page_before(key: str) -> str | None:
    """The key of the page, where a key was made by `key_before`."""
    before = _BEFORE.fullmatch(key)
    return before[1] if before else None


def is_page(key: str, markup: str) -> bool:
    """Whether a document was fetched from the web, where its bytes are replaced when it is fetched again.

    A line of JSON may be known by its address too, and is its owner's to edit.
    """
    return key.startswith(("http://", "https://")) and markup != "jsonl"


def file_of(origin: str) -> str:
    """The place of the file that a document lies in: without the line, without the member of an archive."""
    return _MEMBER.sub(r"\1", _LINE.sub("", origin))


def known_of(old: Snapshot | None, *, reusable: bool) -> Known:
    """What the generation knows; where it was made by another recipe, only which articles it holds."""
    if old is None:
        return Known()
    entries = {entry.id: entry for entry in old.entries()}
    if not reusable:
        return Known(entries)
    documents, files, keys, made = {}, {}, {}, {}
    for id_, key, raw, origin, markup, told, read_at in old.documents():
        made[id_] = Made(key, raw, markup, told, read_at)
        if made[id_].page is not None:
            continue  # its document is no more
        documents[key, raw] = id_
        if markup != "jsonl":
            files[origin], keys[origin] = id_, key
        elif key.endswith(f"#{raw[:16]}"):  # a line that declares nothing goes by its file's key
            keys[_LINE.sub("", origin)] = key[: -len(raw[:16]) - 1]
        inside = origin[len(file_of(origin)) :]
        if inside.startswith("!") and key.endswith(inside):  # a member goes by its archive's key
            keys[file_of(origin)] = key.removesuffix(inside)
    return Known(entries, made, documents, files, keys, tuple(old.skipped()))
