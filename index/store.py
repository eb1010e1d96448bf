"""What a generation holds, and how it is written and read: articles, sentences, passages, vectors, words.

Comes in, when writing: articles with their sentences, passages and vectors, in row order. Goes out, when reading:
a `Snapshot`, which sees one generation and nothing else for as long as it is held. The promises others lean on:
row n of the vectors and of the words belongs to passage n; an article's text is compared with its own digest
every time it is read, and its sentence offsets are checked, so no citation can be made from damaged text.

The engine is SQLite (one file, no journal: the generation around it is what is atomic) for all that is looked up by
name, a plain matrix file for the vectors and bm25s files for the words, both memory-mapped. docs/LOG.md says why.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, get_args

import numpy as np
from numpy.typing import NDArray

from index.article import Article
from index.embed import Vectors
from index.errors import ArticleUnknown, IndexDamaged
from index.generations import Generation, check, current
from index.passages import Passage
from index.sources.files import Skipped
from index.split import Kind, Sentence
from index.words import Words, write_words

ARTICLES = "articles.sqlite"
VECTORS = "vectors.f32"

_KINDS: tuple[Kind, ...] = get_args(Kind)
_SCHEMA = """
CREATE TABLE articles(
  number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, key TEXT NOT NULL, title TEXT, url TEXT, source TEXT,
  authors TEXT NOT NULL, published TEXT, language TEXT, collections TEXT NOT NULL, flags TEXT NOT NULL,
  origin TEXT NOT NULL, markup TEXT NOT NULL, raw_sha256 TEXT NOT NULL, text_sha256 TEXT NOT NULL, fingerprint TEXT NOT NULL,
  first_row INTEGER NOT NULL, rows INTEGER NOT NULL, pieces INTEGER NOT NULL, sentences BLOB NOT NULL,
  text TEXT NOT NULL);
CREATE INDEX articles_by_key ON articles(key, raw_sha256);
CREATE TABLE passages(
  row INTEGER PRIMARY KEY, article INTEGER NOT NULL REFERENCES articles, first INTEGER NOT NULL, last INTEGER NOT NULL,
  start INTEGER NOT NULL, "end" INTEGER NOT NULL);
CREATE TABLE skipped(origin TEXT NOT NULL, reason TEXT NOT NULL, detail TEXT NOT NULL);
"""
_LISTED = (
    "id, title, url, source, authors, published, language, collections, origin, fingerprint, pieces, first_row, rows"
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


class Draft:
    """A generation being written into an empty folder; rows are numbered in the order they come."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._database = sqlite3.connect(folder / ARTICLES, isolation_level=None)
        self._database.executescript(
            "PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; PRAGMA page_size=8192;" + _SCHEMA
        )
        self._database.execute("BEGIN")
        self._vectors = open(folder / VECTORS, "wb")  # noqa: SIM115 - held open over many calls, closed in close()
        self._terms: list[Sequence[str]] = []
        self.articles = self.sentences = self.rows = self.dimension = 0

    def add(
        self,
        article: Article,
        key: str,
        sentences: Sequence[Sentence],
        passages: Sequence[Passage],
        terms: Iterable[Sequence[str]],
    ) -> None:
        """Take one article; its vectors follow by `add_vectors`, in the same order."""
        spans = np.array([(s.start, s.end, _KINDS.index(s.kind)) for s in sentences], dtype="<i4").tobytes()
        number = self.articles
        self._database.execute(
            f"INSERT INTO articles VALUES ({', '.join('?' * 21)})",
            (
                number, article.id, key, article.title, article.url, article.source, json.dumps(article.authors),
                article.published, article.language, json.dumps(article.collections), json.dumps(article.flags),
                article.origin, article.markup, article.raw_sha256, article.text_sha256, article.fingerprint(), self.rows,
                len(passages), len(sentences), spans, article.text,
            ),
        )  # fmt: skip
        self._database.executemany(
            "INSERT INTO passages VALUES (?, ?, ?, ?, ?, ?)",
            ((self.rows + i, number, p.first, p.last, p.start, p.end) for i, p in enumerate(passages)),
        )
        self._terms.extend(terms)
        self.articles += 1
        self.sentences += len(sentences)
        self.rows += len(passages)

    def add_vectors(self, vectors: Vectors) -> None:
        """Take the next rows' vectors; refuses what is not finite and of length one, naming the row."""
        lengths = np.linalg.norm(vectors, axis=1)
        bad = np.flatnonzero(~(np.abs(lengths - 1) < 1e-3))
        if len(bad):
            row = self._vectors.tell() // (4 * vectors.shape[1]) + int(bad[0])
            raise ValueError(f"the vector of row {row} is not a unit vector (length {lengths[bad[0]]})")
        self.dimension = vectors.shape[1]
        self._vectors.write(np.ascontiguousarray(vectors, dtype="<f4").tobytes())

    def skip(self, skipped: Iterable[Skipped]) -> None:
        """Note what did not become an article."""
        self._database.executemany(
            "INSERT INTO skipped VALUES (?, ?, ?)", ((s.origin, s.reason, s.detail) for s in skipped)
        )

    def finish(self) -> dict[str, int]:
        """Write the words, close the files; returns the counts for the manifest."""
        skipped = self._database.execute("SELECT count(*) FROM skipped").fetchone()[0]
        self._database.execute("COMMIT")
        written = self._vectors.tell() // (4 * self.dimension) if self.dimension else 0
        self.close()
        if written != self.rows:
            raise ValueError(f"{self.rows} passages but {written} vectors")
        write_words(self._folder, self._terms)
        return {
            "articles": self.articles, "sentences": self.sentences, "passages": self.rows, "vectors": written,
            "dimension": self.dimension, "skipped": skipped,
        }  # fmt: skip

    def close(self) -> None:
        """Let go of the files; safe to call twice."""
        self._database.close()
        self._vectors.close()


class Snapshot:
    """One published generation, held open; safe to use from several threads."""

    def __init__(self, generation: Generation) -> None:
        self.generation = generation
        self.counts: Mapping[str, int] = generation.manifest["counts"]
        path = generation.folder / ARTICLES
        self._database = sqlite3.connect(
            f"{path.absolute().as_uri()}?mode=ro&immutable=1", uri=True, check_same_thread=False
        )
        self.vectors = self._map_vectors()
        self.words = Words(generation.folder, self.counts["passages"])
        self.article = lru_cache(maxsize=512)(self._article)
        self._check_counts()

    @property
    def name(self) -> str:
        return self.generation.name

    def close(self) -> None:
        self._database.close()

    def entries(self) -> Iterator[Entry]:
        """All articles, in the order of their rows."""
        for found in self._query(f"SELECT {_LISTED} FROM articles ORDER BY number"):
            yield _entry(found)

    def entry(self, article: str) -> Entry:
        """One article's line by its id or an unambiguous beginning of it; raises `ArticleUnknown`."""
        like = article.replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_") + "%"
        found = self._query(f"SELECT {_LISTED} FROM articles WHERE id = ?", article) or self._query(
            f"SELECT {_LISTED} FROM articles WHERE id LIKE ? ESCAPE '\\' ORDER BY id LIMIT 9", like
        )
        if len(found) != 1 or not article:
            several = ", ".join(str(one[0]) for one in found)
            why = f"more than one begins so: {several}" if several and article else "see `byline articles`"
            raise ArticleUnknown(f"no article goes by {article!r} in {self.name}; {why}")
        return _entry(found[0])

    def passages(self, rows: Sequence[int]) -> list[Passage]:
        """The passages of those rows, in the order asked for."""
        found = {}
        for row in rows:
            query = (
                'SELECT a.id, p.first, p.last, p.start, p."end" FROM passages p JOIN articles a ON a.number = p.article'
            )
            ((article, first, last, start, end),) = self._query(f"{query} WHERE p.row = ?", int(row))
            found[row] = Passage(article, first, last, start, end, self.article(article).article.text[start:end])
        return [found[row] for row in rows]

    def passages_of(self, stored: StoredArticle) -> tuple[Passage, ...]:
        """All passages of an article, in order."""
        query = 'SELECT first, last, start, "end" FROM passages WHERE row >= ? AND row < ? ORDER BY row'
        id_, text = stored.article.id, stored.article.text
        return tuple(
            Passage(id_, first, last, start, end, text[start:end])
            for first, last, start, end in self._query(query, stored.rows.start, stored.rows.stop)
        )

    def skipped(self) -> list[Skipped]:
        """The documents of the build that did not become articles."""
        return [Skipped(*found) for found in self._query("SELECT origin, reason, detail FROM skipped")]

    def known(self) -> dict[tuple[str, str], str]:
        """(document key, digest of its raw bytes) -> article id: what a rebuild need not read again."""
        return {(key, raw): id_ for key, raw, id_ in self._query("SELECT key, raw_sha256, id FROM articles")}

    def key(self, article: str) -> str:
        """The key of the document that the article came from."""
        return str(self._query("SELECT key FROM articles WHERE id = ?", article)[0][0])

    def period(self) -> tuple[str, str] | None:
        """The first and last publication dates, where any article has one."""
        first, last = self._query("SELECT min(published), max(published) FROM articles")[0]
        return (first, last) if first else None

    def _article(self, id_: str) -> StoredArticle:
        columns = (
            "id, text, raw_sha256, origin, markup, title, url, source, authors, published, language, collections, flags"
        )
        found = self._query(
            f"SELECT {columns}, text_sha256, first_row, rows, sentences FROM articles WHERE id = ?", id_
        )
        if not found:
            raise ArticleUnknown(f"no article goes by {id_!r} in {self.name}; see `byline articles`")
        *fields, digest, first_row, rows, spans = found[0]
        article = Article(*fields[:8], _strings(fields[8]), *fields[9:11], _strings(fields[11]), _strings(fields[12]))
        if article.text_sha256 != digest:
            raise IndexDamaged(self.generation.folder / ARTICLES, f"the text of article {id_} is not what was indexed")
        return StoredArticle(article, self._sentences(article, spans), range(first_row, first_row + rows))

    def _sentences(self, article: Article, spans: bytes) -> tuple[Sentence, ...]:
        text, reached = article.text, 0
        sentences = []
        for start, end, kind in np.frombuffer(spans, dtype="<i4").reshape(-1, 3).tolist():
            if not (reached <= start < end <= len(text) and 0 <= kind < len(_KINDS)):
                raise IndexDamaged(
                    self.generation.folder / ARTICLES, f"a sentence of article {article.id} lies outside its text"
                )
            sentences.append(Sentence(start, end, text[start:end], _KINDS[kind]))
            reached = end
        return tuple(sentences)

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
        path = self.generation.folder / ARTICLES
        try:
            articles, pieces = self._query("SELECT count(*), coalesce(sum(pieces), 0) FROM articles")[0]
            ((rows,),) = self._query("SELECT count(*) FROM passages")
        except sqlite3.DatabaseError as error:
            raise IndexDamaged(path, str(error)) from error
        expected = tuple(self.counts[name] for name in ("articles", "sentences", "passages"))
        if (articles, pieces, rows) != expected:
            raise IndexDamaged(
                path, f"it holds {(articles, pieces, rows)} articles, sentences, passages, not {expected}"
            )

    def _query(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        with closing(self._database.execute(query, values)) as cursor:
            return cursor.fetchall()


def open_snapshot(index: Path, *, whole: bool = True) -> Snapshot:
    """The current generation of the index folder, checked and held open."""
    return Snapshot(current(index, whole=whole))


def verify(snapshot: Snapshot) -> None:
    """Check every file, every offset and every vector of the generation; raises `IndexDamaged` for the first fault."""
    check(snapshot.generation)
    for entry in snapshot.entries():
        stored = snapshot.article(entry.id)
        for passage in snapshot.passages_of(stored):
            first, last = stored.sentences[passage.first], stored.sentences[passage.last]
            if (passage.article, passage.start, passage.end) != (entry.id, first.start, last.end):
                raise IndexDamaged(
                    snapshot.generation.folder / ARTICLES, f"a passage of {entry.id} is not whole sentences"
                )
    for start in range(0, len(snapshot.vectors), 65536):
        lengths = np.linalg.norm(snapshot.vectors[start : start + 65536], axis=1)
        if not np.all(np.abs(lengths - 1) < 1e-3):
            raise IndexDamaged(snapshot.generation.folder / VECTORS, "a vector is not of length one")


def _entry(found: tuple[Any, ...]) -> Entry:
    id_, title, url, source, authors, published, language, collections, origin, fingerprint, pieces, first_row, rows = (
        found
    )
    return Entry(
        id_, title, url, source, _strings(authors), published, language, _strings(collections), origin,
        fingerprint, pieces, range(first_row, first_row + rows),
    )  # fmt: skip


def _strings(text: str) -> tuple[str, ...]:
    return tuple(json.loads(text))
