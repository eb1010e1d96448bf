"""A generation being read: articles, sentences, passages, vectors, words.

Comes in: a published generation. Goes out: a `Snapshot`, which sees that generation and nothing else for as long as
it is held, also after the folder is gone. The promises others lean on: an article's text and the offsets of its
sentences are compared with their own digests every time they are read, and every passage is whole sentences of its
article, so no citation can be made from damaged text. What a scope leaves out does not exist for who asks within it:
it is not in lists, counts, periods or rows, and no message names it.
"""

from __future__ import annotations

import functools
import json
import sqlite3
import threading
import weakref
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from index.article import Article, sha256
from index.draft import ARTICLES, KINDS, STANDING, VECTORS
from index.embed import Vectors
from index.errors import ArticleUnknown, IndexDamaged, IndexFailure
from index.generations import Generation, check, hold
from index.passages import Passage
from index.sources.files import Skipped
from index.split import Sentence
from index.words import Words

# The collections that somebody may see; None is all there is, also what is in no collection. An empty one sees nothing.
Scope = frozenset[str] | None

DOCUMENTS = "documents"  # the kind of a generation that document_store.py writes
_LISTED = (
    "id, title, url, source, authors, published, language, collections, origin, fingerprint, pieces, first_row, rows"
)
_KEPT = (
    "text, raw_sha256, origin, markup, title, url, source, authors, published, language, collections, flags, "
    "pages, text_sha256, fingerprint, first_row, rows, sentences, sentences_sha256"
)


@dataclass(frozen=True, slots=True)
class StoredArticle:
    """An article as the generation holds it: itself, its sentences, and the rows of its passages."""

    article: Article
    sentences: tuple[Sentence, ...]
    rows: range


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the list of articles: all but the text."""

    id: str
    title: str | None
    url: str | None
    source: str | None
    authors: tuple[str, ...]
    published: str | None
    language: str | None
    collections: tuple[str, ...]
    origin: str
    fingerprint: str
    pieces: int
    rows: range


class Snapshot:
    """One published generation, held open; safe to use from several threads."""

    def __init__(self, generation: Generation) -> None:
        if generation.manifest.get("kind") == DOCUMENTS:
            raise IndexFailure(f"{generation.folder.parent} holds a document store; set index.dir to another folder")
        self.generation = generation
        self._path = generation.folder / ARTICLES
        self.counts: Mapping[str, int] = generation.manifest["counts"]
        # Python's sqlite3 may be built without SQLite's own locks
        self._one_at_a_time = threading.Lock()
        try:
            self.vectors = self._map_vectors()
            self.standing: NDArray[np.int32] = np.load(generation.folder / STANDING, mmap_mode="r")
            self.words = Words(generation.folder, self.counts["passages"])
            self._database = sqlite3.connect(
                f"{self._path.absolute().as_uri()}?mode=ro&immutable=1", uri=True, check_same_thread=False
            )
        except (OSError, ValueError, sqlite3.Error) as error:
            raise IndexDamaged(generation.folder, f"a file cannot be opened: {error}") from error
        weakref.finalize(self, self._database.close)
        self.article = lru_cache(maxsize=512)(self._article)
        self._rows_in = lru_cache(maxsize=64)(self._mask)
        try:
            self._check_counts()
        except BaseException:
            self.close()
            raise

    @property
    def name(self) -> str:
        return self.generation.name

    def close(self) -> None:
        self._database.close()

    def entries(self, scope: Scope = None) -> Iterator[Entry]:
        """All articles of the scope, in the order of their rows."""
        for found in self._query(f"SELECT {_LISTED} FROM articles ORDER BY number"):
            entry = self._entry(found)
            if within(entry.collections, scope):
                yield entry

    def entry(self, article: str, scope: Scope = None) -> Entry:
        """One article's line by its id or an unambiguous beginning of it; raises `ArticleUnknown`."""
        begins = f"SELECT {_LISTED} FROM articles WHERE substr(id, 1, length(?1)) = ?1 ORDER BY id"
        found = [e for e in map(self._entry, self._query(begins, article)) if within(e.collections, scope)]
        found = [entry for entry in found if entry.id == article] or found
        if len(found) != 1 or not article:
            several = ", ".join(entry.id for entry in found[:9])
            why = f"more than one begins so: {several}" if several and article else "see `byline articles`"
            raise ArticleUnknown(f"no article goes by {article!r} in {self.name}; {why}")
        return found[0]

    def rows_in(self, scope: Scope) -> NDArray[np.bool_] | None:
        """Which passages are of articles in the scope, one boolean a row; None where all are. Kept for each scope."""
        return None if scope is None else self._rows_in(scope)

    @functools.cached_property
    def owners(self) -> tuple[tuple[str, ...], NDArray[np.int32]]:
        """The articles' ids in the order of their rows, and for each row the place of its article among them."""
        entries = list(self.entries())
        numbers = np.repeat(np.arange(len(entries), dtype=np.int32), [len(entry.rows) for entry in entries])
        return tuple(entry.id for entry in entries), numbers

    def counts_in(self, scope: Scope) -> Mapping[str, int]:
        """How many articles, sentences and passages the scope holds."""
        if scope is None:
            return {name: self.counts[name] for name in ("articles", "sentences", "passages")}
        there = list(self.entries(scope))
        sentences, passages = sum(entry.pieces for entry in there), sum(len(entry.rows) for entry in there)
        return {"articles": len(there), "sentences": sentences, "passages": passages}

    def passages(self, rows: Sequence[int]) -> list[Passage]:
        """The passages of those rows, in the order asked for."""
        query = 'SELECT a.id, p.first, p.last, p.start, p."end" FROM passages p JOIN articles a ON a.number = p.article'
        passages = []
        for row in map(int, rows):
            found = self._query(f"{query} WHERE p.row = ?", row)
            if not found:
                raise IndexDamaged(self._path, f"passage {row} is missing")
            passages.append(self._passage(self.article(found[0][0]), row, *found[0][1:]))
        return passages

    def passages_of(self, stored: StoredArticle) -> tuple[Passage, ...]:
        """All passages of an article, in order."""
        query = (
            'SELECT p.row, p.first, p.last, p.start, p."end" FROM passages p JOIN articles a ON a.number = p.article '
            "WHERE p.row >= ? AND p.row < ? AND a.id = ? ORDER BY p.row"
        )
        found = self._query(query, stored.rows.start, stored.rows.stop, stored.article.id)
        if [row for row, *_ in found] != list(stored.rows):
            raise IndexDamaged(self._path, f"a passage of article {stored.article.id} is missing")
        return tuple(self._passage(stored, *one) for one in found)

    def skipped(self) -> list[Skipped]:
        """The documents of the build that did not become articles."""
        return [Skipped(*found) for found in self._query("SELECT origin, reason, detail FROM skipped")]

    def documents(self) -> Iterator[tuple[str, str, str, str, str]]:
        """Of each article its id and what it was made from: document key, digest of the raw bytes, origin, markup."""
        yield from self._query("SELECT id, key, raw_sha256, origin, markup FROM articles")

    def key(self, article: str) -> str:
        """The key of the document that the article came from."""
        return str(self._query("SELECT key FROM articles WHERE id = ?", article)[0][0])

    def period(self, scope: Scope = None) -> tuple[str, str] | None:
        """The first and last publication dates, where any article of the scope has one."""
        if scope is not None:
            dates = [entry.published for entry in self.entries(scope) if entry.published]
            return (min(dates), max(dates)) if dates else None
        first, last = self._query("SELECT min(published), max(published) FROM articles")[0]
        return (first, last) if first else None

    def _mask(self, scope: frozenset[str]) -> NDArray[np.bool_]:
        mask = np.zeros(self.counts["passages"], dtype=np.bool_)
        for entry in self.entries(scope):
            mask[entry.rows.start : entry.rows.stop] = True
        mask.flags.writeable = False
        return mask

    def _article(self, id_: str) -> StoredArticle:
        found = self._query(f"SELECT {_KEPT} FROM articles WHERE id = ?", id_)
        if not found:
            raise ArticleUnknown(f"no article goes by {id_!r} in {self.name}; see `byline articles`")
        text, raw, origin, markup, title, url, source, authors, published, language, collections, flags = found[0][:12]
        pages, digest, fingerprint, first_row, rows, spans, spans_digest = found[0][12:]
        try:
            article = Article(
                id_, text, raw, origin, markup, title, url, source, self._strings(authors), published, language,
                self._strings(collections), self._strings(flags), self._pages(pages, text),
            )  # fmt: skip
        except (ValueError, TypeError, AttributeError):
            raise IndexDamaged(self._path, f"article {id_} cannot be read") from None
        if article.text_sha256 != digest or article.fingerprint() != fingerprint:
            raise IndexDamaged(self._path, f"the text of article {id_} is not what was indexed")
        if sha256(spans) != spans_digest or len(spans) % 12:
            raise IndexDamaged(self._path, f"the sentences of article {id_} are not what was indexed")
        return StoredArticle(article, self._sentences(article, spans), range(first_row, first_row + rows))

    @staticmethod
    def _pages(stored: str, text: str) -> tuple[int, ...]:
        pages = json.loads(stored)
        if pages != sorted(pages) or not all(isinstance(start, int) and 0 <= start <= len(text) for start in pages):
            raise ValueError("page starts out of order")
        return tuple(pages)

    def _sentences(self, article: Article, spans: bytes) -> tuple[Sentence, ...]:
        text, reached = article.text, 0
        sentences = []
        for start, end, kind in np.frombuffer(spans, dtype="<i4").reshape(-1, 3).tolist():
            if not (reached <= start < end <= len(text) and 0 <= kind < len(KINDS)):
                raise IndexDamaged(self._path, f"a sentence of article {article.id} lies outside its text")
            sentences.append(Sentence(start, end, text[start:end], KINDS[kind]))
            reached = end
        return tuple(sentences)

    def _passage(self, stored: StoredArticle, row: int, first: int, last: int, start: int, end: int) -> Passage:
        id_, sentences = stored.article.id, stored.sentences
        whole = row in stored.rows and 0 <= first <= last < len(sentences)
        if not whole or (start, end) != (sentences[first].start, sentences[last].end):
            raise IndexDamaged(self._path, f"passage {row} is not whole sentences of article {id_}")
        return Passage(id_, first, last, start, end, stored.article.text[start:end])

    def _entry(self, found: tuple[Any, ...]) -> Entry:
        id_, title, url, source, authors, published, language, collections, origin, fingerprint, pieces, row, rows = (
            found
        )
        return Entry(
            id_, title, url, source, self._strings(authors), published, language, self._strings(collections), origin,
            fingerprint, pieces, range(row, row + rows),
        )  # fmt: skip

    def _strings(self, text: str) -> tuple[str, ...]:
        try:
            return tuple(json.loads(text))
        except (ValueError, TypeError):
            raise IndexDamaged(self._path, f"{text!r} is not a list of names") from None

    def _map_vectors(self) -> Vectors:
        rows, dimension = self.counts["vectors"], self.counts["dimension"]
        path = self.generation.folder / VECTORS
        if path.stat().st_size != rows * dimension * 4 or rows != self.counts["passages"]:
            raise IndexDamaged(path, f"it does not hold {self.counts['passages']} vectors of {dimension} numbers")
        if not rows:
            return np.zeros((0, dimension), dtype=np.float32)
        mapped: NDArray[np.float32] = np.memmap(path, dtype="<f4", mode="r", shape=(rows, dimension))
        return mapped

    def _check_counts(self) -> None:
        articles, pieces = self._query("SELECT count(*), coalesce(sum(pieces), 0) FROM articles")[0]
        ((rows,),) = self._query("SELECT count(*) FROM passages")
        expected = tuple(self.counts[name] for name in ("articles", "sentences", "passages"))
        if (articles, pieces, rows) != expected:
            found = f"{articles} articles, {pieces} sentences, {rows} passages"
            raise IndexDamaged(self._path, f"it holds {found}; its manifest says {expected}")
        if len(self.standing) != rows:
            raise IndexDamaged(self.generation.folder / STANDING, f"it does not hold {rows} places")

    def _query(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        try:
            with self._one_at_a_time, closing(self._database.execute(query, values)) as cursor:
                return cursor.fetchall()
        except sqlite3.DatabaseError as error:
            raise IndexDamaged(self._path, str(error)) from error


def within(collections: Sequence[str], scope: Scope) -> bool:
    """Whether what carries these collections is there for the scope."""
    return scope is None or not scope.isdisjoint(collections)


def open_snapshot(index: Path, *, whole: bool = True) -> Snapshot:
    """The current generation of the index folder, checked and held open."""
    return hold(index, Snapshot, whole=whole)


def verify(snapshot: Snapshot) -> None:
    """Check every file, every offset and every vector of the generation; raises `IndexDamaged` for the first fault."""
    check(snapshot.generation)
    for entry in snapshot.entries():
        stored = snapshot.article(entry.id)
        snapshot.passages_of(stored)
        if len(stored.sentences) != entry.pieces:
            raise IndexDamaged(snapshot.generation.folder / ARTICLES, f"a sentence of {entry.id} is missing")
    if not np.array_equal(np.sort(snapshot.standing), np.arange(len(snapshot.standing))):
        raise IndexDamaged(snapshot.generation.folder / STANDING, "a place is taken twice")
    snapshot.words.verify()
    for start in range(0, len(snapshot.vectors), 65536):
        lengths = np.linalg.norm(snapshot.vectors[start : start + 65536], axis=1)
        if not np.all(np.abs(lengths - 1) < 1e-3):
            raise IndexDamaged(snapshot.generation.folder / VECTORS, "a vector is not of length one")
