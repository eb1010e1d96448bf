"""A generation being written: articles, sentences, passages, vectors, words.

Comes in: articles with their sentences, passages and vectors, in row order. Goes out: the files that store.py reads,
in a folder that nobody reads yet. The promise others lean on: row n of the vectors and of the words belongs to
passage n, and every vector is finite and of length one.

The engine is SQLite (one file, no journal: the generation around it is what is atomic) for all that is looked up by
name, a plain matrix file for the vectors and plain arrays for the words, both memory-mapped. docs/LOG.md says why.
"""

from __future__ import annotations

import errno
import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import get_args

import numpy as np
from numpy.typing import NDArray

from index.article import Article, sha256
from index.embed import Vectors
from index.errors import IndexFailure
from index.passages import Passage
from index.sources.files import Skipped
from index.split import Kind, Sentence
from index.words import write_words

ARTICLES = "articles.sqlite"
VECTORS = "vectors.f32"
STANDING = "standing.npy"

KINDS: tuple[Kind, ...] = get_args(Kind)
_SCHEMA = """
CREATE TABLE articles(
  number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, key TEXT NOT NULL, title TEXT, url TEXT, source TEXT,
  authors TEXT NOT NULL, published TEXT, language TEXT, collections TEXT NOT NULL, flags TEXT NOT NULL, pages TEXT NOT NULL,
  origin TEXT NOT NULL, markup TEXT NOT NULL, raw_sha256 TEXT NOT NULL, text_sha256 TEXT NOT NULL, fingerprint TEXT NOT NULL,
  first_row INTEGER NOT NULL, rows INTEGER NOT NULL, pieces INTEGER NOT NULL, sentences BLOB NOT NULL, sentences_sha256 TEXT NOT NULL,
  text TEXT NOT NULL);
CREATE INDEX articles_by_key ON articles(key, raw_sha256);
CREATE TABLE passages(
  row INTEGER PRIMARY KEY, article INTEGER NOT NULL REFERENCES articles, first INTEGER NOT NULL, last INTEGER NOT NULL,
  start INTEGER NOT NULL, "end" INTEGER NOT NULL);
CREATE TABLE skipped(origin TEXT NOT NULL, reason TEXT NOT NULL, detail TEXT NOT NULL);
"""


class Draft:
    """A generation being written into an empty folder; rows are numbered in the order they come."""

    _database: sqlite3.Connection | None = None

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._terms: list[Sequence[str]] = []
        self._runs: list[tuple[str, int, int]] = []
        self.articles = self.sentences = self.rows = self.dimension = self.skipped = self._written = 0
        self._vectors = open(folder / VECTORS, "wb")  # noqa: SIM115 - held open over many calls, closed in close()
        try:
            with _disk_errors():
                self._database = sqlite3.connect(folder / ARTICLES, isolation_level=None)
                self._database.executescript(
                    "PRAGMA page_size=8192; PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF;" + _SCHEMA + "BEGIN;"
                )
        except BaseException:
            self.close()
            raise

    def add(
        self,
        article: Article,
        key: str,
        sentences: Sequence[Sentence],
        passages: Sequence[Passage],
        terms: Iterable[Sequence[str]],
    ) -> None:
        """Take one article; its vectors follow by `add_vectors`, in the same order."""
        spans = np.array([(s.start, s.end, KINDS.index(s.kind)) for s in sentences], dtype="<i4").tobytes()
        number = self.articles
        self._insert(
            "articles",
            (
                number, article.id, key, article.title, article.url, article.source, json.dumps(article.authors),
                article.published, article.language, json.dumps(article.collections), json.dumps(article.flags), json.dumps(article.pages),
                article.origin, article.markup, article.raw_sha256, article.text_sha256, article.fingerprint(), self.rows,
                len(passages), len(sentences), spans, sha256(spans), article.text,
            ),
        )  # fmt: skip
        for row, passage in enumerate(passages, self.rows):
            self._insert("passages", (row, number, passage.first, passage.last, passage.start, passage.end))
        self._terms.extend(terms)
        self._runs.append((article.id, self.rows, len(passages)))
        self.articles += 1
        self.sentences += len(sentences)
        self.rows += len(passages)

    def add_vectors(self, vectors: Vectors) -> None:
        """Take the next rows' vectors; refuses what is not finite and of length one, naming the row."""
        if self.dimension and vectors.shape[1] != self.dimension:
            raise IndexFailure(f"embedding.model: vectors of {vectors.shape[1]} numbers after some of {self.dimension}")
        with np.errstate(over="ignore", invalid="ignore"):
            packed = np.ascontiguousarray(vectors, dtype="<f4")
            lengths = np.linalg.norm(packed, axis=1)
            bad = np.flatnonzero(~(np.abs(lengths - 1) < 1e-3))
        if len(bad):
            row, length = self._written + int(bad[0]), lengths[bad[0]]
            raise IndexFailure(
                f"embedding.model: the vector of row {row} has length {length}, not 1; nothing was changed; "
                "set embedding.precision to float32 or take another model"
            )
        self.dimension = vectors.shape[1]
        self._written += len(packed)
        self._vectors.write(packed.tobytes())

    def skip(self, skipped: Iterable[Skipped]) -> None:
        """Note what did not become an article."""
        for one in skipped:
            self._insert("skipped", (one.origin, one.reason, one.detail))
            self.skipped += 1

    def finish(self) -> dict[str, int]:
        """Write the words, close the files; returns the counts for the manifest."""
        assert self._database is not None  # for the type checker
        with _disk_errors():
            self._database.execute("COMMIT")
        self.close()
        if self._written != self.rows:
            raise ValueError(f"{self.rows} passages but {self._written} vectors")
        write_words(self._folder, self._terms)
        with open(self._folder / STANDING, "wb") as file:
            np.lib.format.write_array(file, self._standing(), allow_pickle=False)
        return {
            "articles": self.articles, "sentences": self.sentences, "passages": self.rows, "vectors": self._written,
            "dimension": self.dimension, "skipped": self.skipped,
        }  # fmt: skip

    def _standing(self) -> NDArray[np.int32]:
        """Each row's place when the articles are sorted by id: it settles ties whatever order they were built in."""
        standing, place = np.zeros(self.rows, dtype=np.int32), 0
        for _, row, count in sorted(self._runs):
            standing[row : row + count] = range(place, place + count)
            place += count
        return standing

    def close(self) -> None:
        """Let go of the files; safe to call twice."""
        if self._database is not None:
            self._database.close()
        self._vectors.close()

    def _insert(self, table: str, values: tuple[object, ...]) -> None:
        assert self._database is not None  # for the type checker
        with _disk_errors():
            self._database.execute(f"INSERT INTO {table} VALUES ({', '.join('?' * len(values))})", values)


@contextmanager
def _disk_errors() -> Iterator[None]:
    """SQLite's word for a refused write, as the error that the system gives every other file."""
    try:
        yield
    except sqlite3.OperationalError as error:
        raise OSError(errno.ENOSPC if error.sqlite_errorname == "SQLITE_FULL" else errno.EIO, str(error)) from error
