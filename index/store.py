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
import os
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

from index.article import Article, file_name, sha256
from index.collections import Scope as Scope  # whoever asks a snapshot needs it
from index.collections import within as within
from index.cuts import runs_of, sentences_of
from index.draft import ARTICLES, KEPT, STANDING, Kept
from index.embed import Vectors
from index.errors import ArticleUnknown, IndexDamaged, IndexFailure
from index.generations import Generation, hold
from index.passages import Passage
from index.recent import Recent
from index.sources.files import Skipped
from index.split import Sentence
from index.stories import Stories
from index.vectors import VECTORS, Matrix
from index.words import Words

# Articles that are kept when read: so many characters of text, four to eight bytes each with the sentences, or so many
# articles. Of 454 questions each then reads 1.2 articles more from the disk than with 512 articles kept (docs/LOG.md).
_CHARACTERS, _LEAST = 2_000_000, 32
DOCUMENTS = "documents"  # the kind of a generation that document_store.py writes
_LISTED = (
    "id, title, url, source, authors, published, language, collections, origin, fingerprint, pieces, first_row, rows"
)
_WHOLE = (
    "text, raw_sha256, origin, markup, title, url, source, authors, published, language, collections, flags, "
    "pages, text_sha256, fingerprint, first_row, rows, sentences, passages, cuts_sha256"
)


@dataclass(frozen=True, slots=True)
class StoredArticle:
    """An article as the generation holds it: itself, its sentences, the rows of its passages, and of each passage the
    first and last sentence.
    """

    article: Article
    sentences: tuple[Sentence, ...]
    rows: range
    runs: tuple[tuple[int, int], ...]


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
            if self.counts["vectors"] != self.counts["passages"]:
                raise IndexDamaged(generation.folder / VECTORS, "it does not hold one vector a passage")
            self.matrix = Matrix(generation.folder, self.counts["vectors"], self.counts["dimension"])
            self.standing: NDArray[np.int32] = np.load(generation.folder / STANDING, mmap_mode="r")
            self.words = Words(generation.folder, self.counts["passages"])
            self._database = sqlite3.connect(
                f"{self._path.absolute().as_uri()}?mode=ro&immutable=1", uri=True, check_same_thread=False
            )
        except (OSError, ValueError, sqlite3.Error) as error:
            raise IndexDamaged(generation.folder, f"a file cannot be opened: {error}") from error
        weakref.finalize(self, self._database.close)
        self.article = Recent(self._article, lambda one: len(one.article.text), _CHARACTERS, _LEAST)
        self.stories = Stories(self._query, self._strings)
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

    @property
    def vectors(self) -> Vectors:
        """All vectors, mapped: to be read from one end to the other."""
        return self.matrix.all

    def entries(self, scope: Scope = None) -> Iterator[Entry]:
        """All articles of the scope, in the order of their rows."""
        for found in self._query(f"SELECT {_LISTED} FROM articles ORDER BY number"):
            entry = self._entry(found)
            if within(entry.collections, scope):
                yield entry

    def entry(self, article: str, scope: Scope = None) -> Entry:
        """One article's line by its id or an unambiguous beginning of it; raises `ArticleUnknown`.

        Where no id begins so, its address, the path or the name of its file serve as well.
        """
        # the first condition finds the place in the order of ids, so that not every article is looked at
        begins = f"SELECT {_LISTED} FROM articles WHERE id >= ?1 AND id < ?1 || char(1114111) ORDER BY id"
        found = [e for e in map(self._entry, self._query(begins, article)) if within(e.collections, scope)]
        found = [entry for entry in found if entry.id == article] or found
        if not found and article:
            path = os.path.abspath(article)
            found = [e for e in self.entries(scope) if article in (e.url, file_name(e.origin)) or e.origin == path]
        if len(found) != 1 or not article:
            several = ", ".join(entry.id for entry in found[:9])
            why = f"more than one is called so: {several}" if several and article else "see `byline articles`"
            raise ArticleUnknown(f"no article goes by {article!r} in {self.name}; {why}")
        return found[0]

    def rows_in(self, scope: Scope) -> NDArray[np.bool_] | None:
        """Which passages may be found: those of the scope's articles that nothing supersedes, one boolean a row.

        None where all may. Kept for each scope.
        """
        return None if scope is None and not self.stories.hidden(None) else self._rows_in(scope)

    @functools.cached_property
    def owners(self) -> tuple[tuple[str, ...], NDArray[np.int32]]:
        """The articles' ids in the order of their rows, and for each row the place of its article among them."""
        found = self._query("SELECT id, rows FROM articles ORDER BY first_row, number")
        numbers = np.repeat(np.arange(len(found), dtype=np.int32), [rows for _, rows in found])
        return tuple(id_ for id_, _ in found), numbers

    def counts_in(self, scope: Scope) -> Mapping[str, int]:
        """How many articles, sentences and passages the scope holds."""
        if scope is None:
            return {name: self.counts[name] for name in ("articles", "sentences", "passages")}
        there = [counts for names, counts, _ in self._by_collections if within(names, scope)]
        return {
            name: sum(counts[i] for counts in there) for i, name in enumerate(("articles", "sentences", "passages"))
        }

    def passages(self, rows: Sequence[int]) -> list[Passage]:
        """The passages of those rows, in the order asked for."""
        query = "SELECT id FROM articles WHERE first_row <= ? AND rows > 0 ORDER BY first_row DESC LIMIT 1"
        passages = []
        for row in map(int, rows):
            found = self._query(query, row)
            stored = self.article(found[0][0]) if found else None
            if stored is None or row not in stored.rows:
                raise IndexDamaged(self._path, f"passage {row} is missing")
            passages.append(_passage(stored, row))
        return passages

    def passages_of(self, stored: StoredArticle) -> tuple[Passage, ...]:
        """All passages of an article, in order."""
        return tuple(_passage(stored, row) for row in stored.rows)

    def kept(self, article: str) -> Kept:
        """The article for a later generation to take over as it is; its text is not compared with its digest."""
        first, *values = self._query(f"SELECT first_row, {KEPT} FROM articles WHERE id = ?", article)[0]
        named = dict(zip(KEPT.split(", "), values, strict=True))
        return Kept(article, range(first, first + named["rows"]), named["pieces"], tuple(values))

    def skipped(self) -> list[Skipped]:
        """The documents of the build that did not become articles."""
        return [Skipped(*found) for found in self._query("SELECT origin, reason, detail FROM skipped")]

    def documents(self) -> Iterator[tuple[str, str, str, str, str, str, str]]:
        """Of each article its id and what it was made from: document key, digest of the raw bytes, origin, markup; and
        the digest of its wording, and when it was read.
        """
        yield from self._query("SELECT id, key, raw_sha256, origin, markup, told, read_at FROM articles")

    def key(self, article: str) -> str:
        """The key of the document that the article came from."""
        return str(self._query("SELECT key FROM articles WHERE id = ?", article)[0][0])

    def read_at(self, article: str) -> str:
        """When the article was read, to be compared with others of the index."""
        return str(self._query("SELECT read_at FROM articles WHERE id = ?", article)[0][0])

    def period(self, scope: Scope = None) -> tuple[str, str] | None:
        """The first and last publication dates, where any article of the scope has one."""
        periods = [dates for names, _, dates in self._by_collections if within(names, scope) and dates[0]]
        return (min(first for first, _ in periods), max(last for _, last in periods)) if periods else None

    @functools.cached_property
    def _by_collections(self) -> list[tuple[tuple[str, ...], tuple[int, int, int], tuple[str, str]]]:
        """For each set of collections that articles carry: how much carries it, and the first and last date or none."""
        sums = "collections, count(*), sum(pieces), sum(rows), min(nullif(published, '')), max(published)"
        found = self._query(f"SELECT {sums} FROM articles GROUP BY collections")
        return [
            (self._strings(names), (one, two, three), (first, last)) for names, one, two, three, first, last in found
        ]

    def _mask(self, scope: Scope) -> NDArray[np.bool_]:
        found = self._query("SELECT id, collections, rows FROM articles ORDER BY first_row")
        there = {names: within(self._strings(names), scope) for names in {names for _, names, _ in found}}
        hidden = self.stories.hidden(scope)
        inside, rows = [there[names] and id_ not in hidden for id_, names, _ in found], [rows for *_, rows in found]
        mask = np.repeat(np.array(inside, dtype=np.bool_), rows)
        mask.flags.writeable = False
        return mask

    def _article(self, id_: str) -> StoredArticle:
        found = self._query(f"SELECT {_WHOLE} FROM articles WHERE id = ?", id_)
        if not found:
            raise ArticleUnknown(f"no article goes by {id_!r} in {self.name}; see `byline articles`")
        text, raw, origin, markup, title, url, source, authors, published, language, collections, flags = found[0][:12]
        pages, digest, fingerprint, first_row, rows, spans, runs, cuts_digest = found[0][12:]
        try:
            article = Article(
                id_, text, raw, origin, markup, title, url, source, self._strings(authors), published, language,
                self._strings(collections), self._strings(flags), self._pages(pages, text),
            )  # fmt: skip
        except (ValueError, TypeError, AttributeError):
            raise IndexDamaged(self._path, f"article {id_} cannot be read") from None
        if article.text_sha256 != digest or article.fingerprint() != fingerprint:
            raise IndexDamaged(self._path, f"the text of article {id_} is not what was indexed")
        if sha256(spans + runs) != cuts_digest or len(spans) % 12 or len(runs) != 8 * rows:
            raise IndexDamaged(self._path, f"the sentences of article {id_} are not what was indexed")
        try:
            sentences = sentences_of(article.text, spans)
            cut = runs_of(len(sentences), runs)
        except ValueError as wrong:
            raise IndexDamaged(self._path, f"article {id_}: {wrong}") from None
        return StoredArticle(article, sentences, range(first_row, first_row + rows), cut)

    @staticmethod
    def _pages(stored: str, text: str) -> tuple[int, ...]:
        pages = json.loads(stored)
        if pages != sorted(pages) or not all(isinstance(start, int) and 0 <= start <= len(text) for start in pages):
            raise ValueError("page starts out of order")
        return tuple(pages)

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

    def _check_counts(self) -> None:
        sums = "count(*), coalesce(sum(pieces), 0), coalesce(sum(rows), 0)"
        articles, pieces, rows = self._query(f"SELECT {sums} FROM articles")[0]
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


def _passage(stored: StoredArticle, row: int) -> Passage:
    first, last = stored.runs[row - stored.rows.start]
    start, end = stored.sentences[first].start, stored.sentences[last].end
    return Passage(stored.article.id, first, last, start, end, stored.article.text[start:end])


def open_snapshot(index: Path, *, whole: bool = True) -> Snapshot:
    """The current generation of the index folder, checked and held open."""
    return hold(index, Snapshot, whole=whole)
