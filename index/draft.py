"""A generation being written: articles, sentences, passages, vectors, words.

Comes in: articles with their sentences, passages and vectors, in row order. Goes out: the files that store.py reads,
in a folder that nobody reads yet. The promise others lean on: row n of the vectors and of the words belongs to
passage n, and every vector is finite and of length one.

The engine is SQLite (one file, no journal: the generation around it is what is atomic) for all that is looked up by
name, a plain matrix file for the vectors and plain arrays for their signs and for the words. Of an article that stays as
it is, all of this is taken over from the generation before as it stands there. docs/LOG.md says why.
"""

from __future__ import annotations

import errno
import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from index.article import Article, sha256
from index.columns import Columns
from index.cuts import packed
from index.duplicates import one_texts, shared, told_by, wording
from index.embed import Vectors
from index.errors import IndexFailure
from index.passages import Passage
from index.sources.files import Skipped
from index.split import Sentence
from index.vectors import SIGNS, VECTORS, Signs, signs
from index.versions import Addressed, settle
from index.words import Words

ARTICLES = "articles.sqlite"
STANDING = "standing.npy"

# All that is kept of an article but its number and its first row, which each generation gives anew.
KEPT = (
    "id, key, title, url, source, authors, published, language, collections, flags, pages, origin, markup, raw_sha256, "
    "text_sha256, fingerprint, rows, pieces, sentences, passages, cuts_sha256, read_at, told, wording, text"
)
# `sentences`: start, end and kind of each; `passages`: the first and last sentence of each; cuts_sha256: of both;
# `read_at`: sorts those with an address in the order in which they were read; `wording`: see duplicates.py, and `told` its digest.
_SCHEMA = """
CREATE TABLE articles(
  number INTEGER PRIMARY KEY, first_row INTEGER NOT NULL, id TEXT NOT NULL UNIQUE, key TEXT NOT NULL, title TEXT, url TEXT,
  source TEXT, authors TEXT NOT NULL, published TEXT, language TEXT, collections TEXT NOT NULL, flags TEXT NOT NULL,
  pages TEXT NOT NULL, origin TEXT NOT NULL, markup TEXT NOT NULL, raw_sha256 TEXT NOT NULL, text_sha256 TEXT NOT NULL,
  fingerprint TEXT NOT NULL, rows INTEGER NOT NULL, pieces INTEGER NOT NULL, sentences BLOB NOT NULL, passages BLOB NOT NULL,
  cuts_sha256 TEXT NOT NULL, read_at TEXT NOT NULL, told TEXT NOT NULL, wording BLOB NOT NULL, text TEXT NOT NULL);
CREATE INDEX articles_by_key ON articles(key, raw_sha256);
CREATE INDEX articles_at_a_glance ON articles(first_row, rows, pieces, published, collections, id);
CREATE INDEX articles_by_wording ON articles(told);
CREATE TABLE one_texts(told TEXT NOT NULL, other TEXT NOT NULL, PRIMARY KEY(told, other)) WITHOUT ROWID;
CREATE TABLE versions(id TEXT PRIMARY KEY, address TEXT NOT NULL, edition INTEGER NOT NULL) WITHOUT ROWID;
CREATE INDEX versions_by_address ON versions(address, edition);
CREATE TABLE skipped(origin TEXT NOT NULL, reason TEXT NOT NULL, detail TEXT NOT NULL);
"""


@dataclass(frozen=True, slots=True)
class Kept:
    """An article that stays as it is: what the older generation keeps of it, and its rows there."""

    id: str
    rows: range
    pieces: int
    values: tuple[Any, ...]

    def named(self, id_: str, key: str | None) -> Kept:
        """The same under another id, and of a document of another key if one is given."""
        return replace(self, id=id_, values=(id_, key or self.values[1], *self.values[2:]))


class Draft:
    """A generation being written into an empty folder; rows are numbered in the order they come."""

    _database: sqlite3.Connection | None = None

    def __init__(self, folder: Path, before: Words | None = None, number: int = 1) -> None:
        """`number` is higher for each generation of an index: what is read for it is read later."""
        self._folder, self._before, self._number = folder, before, number
        self._columns = Columns(folder)
        self._runs: list[tuple[str, int, int]] = []
        self._signs: list[Signs] = []
        self.renamed: dict[str, str] = {}
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
        words: Iterable[Sequence[str]] | range,
        read_at: str | None = None,
    ) -> None:
        """Take one article; its vectors follow by `add_vectors`, in the same order.

        `words` are the terms of each passage, or the rows that held the same in the generation before; `read_at` is
        when it was read, if not now.
        """
        spans, runs = packed(sentences, passages)
        said, now = wording(sentences), f"{self._number:09}-{self.articles:09}" if article.url else ""
        values = (
            article.id, key, article.title, article.url, article.source, json.dumps(article.authors), article.published,
            article.language, json.dumps(article.collections), json.dumps(article.flags), json.dumps(article.pages),
            article.origin, article.markup, article.raw_sha256, article.text_sha256, article.fingerprint(),
            len(passages), len(sentences), spans, runs, sha256(spans + runs), now if read_at is None else read_at,
            told_by(said), said.astype("<u4").tobytes(), article.text,
        )  # fmt: skip
        self._take(article.id, len(passages), len(sentences), values)
        if isinstance(words, range):
            self._carry_words(words)
        else:
            self._columns.add(words)

    def keep(self, kept: Kept) -> None:
        """Take over an article as it is; its vectors follow as those of any other."""
        self._take(kept.id, len(kept.rows), kept.pieces, kept.values)
        self._carry_words(kept.rows)

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
        self._signs.append(signs(packed))

    def skip(self, skipped: Iterable[Skipped]) -> None:
        """Note what did not become an article."""
        for one in skipped:
            self._insert("skipped", (one.origin, one.reason, one.detail))
            self.skipped += 1

    def finish(self) -> dict[str, int]:
        """Write stories, versions, words and signs, close the files; returns the counts for the manifest.

        `renamed` then says which articles go by another id than they came with.
        """
        assert self._database is not None  # for the type checker
        with closing(self):
            with _disk_errors():
                self._note_stories(self._database)
                self._note_versions(self._database)
                self._database.execute("COMMIT")
            if self._written != self.rows:
                raise ValueError(f"{self.rows} passages but {self._written} vectors")
            self._columns.finish()
        with open(self._folder / SIGNS, "wb") as file:
            for words in zip(*self._signs, strict=True):
                file.write(np.concatenate(words).tobytes())
        with open(self._folder / STANDING, "wb") as file:
            np.lib.format.write_array(file, self._standing(), allow_pickle=False)
        return {
            "articles": self.articles, "sentences": self.sentences, "passages": self.rows, "vectors": self._written,
            "dimension": self.dimension, "skipped": self.skipped,
        }  # fmt: skip

    def _note_stories(self, database: sqlite3.Connection) -> None:
        """Which wordings are one text, both ways round, so that either finds the other."""
        found = database.execute(
            "SELECT told, wording FROM articles WHERE told <> '' GROUP BY told ORDER BY told"
        ).fetchall()
        wordings = [np.frombuffer(said, dtype="<u4") for _, said in found]
        for i, j in one_texts(wordings):
            for one, other in ((i, j), (j, i)):
                self._insert("one_texts", (found[one][0], found[other][0]))

    def _note_versions(self, database: sqlite3.Connection) -> None:
        def kin(one: str, other: str) -> bool:
            find = "SELECT wording FROM articles WHERE id = ?"
            left, right = (np.frombuffer(database.execute(find, (id_,)).fetchone()[0], "<u4") for id_ in (one, other))
            return shared(left, right).kin

        facts = "SELECT id, url, published, markup, raw_sha256, read_at FROM articles WHERE url IS NOT NULL"
        settled = settle([Addressed(*found) for found in database.execute(facts)], kin)
        self.renamed = settled.ids
        # in two steps, since one may get the id that another lets go of
        for old, new in settled.ids.items():
            database.execute("UPDATE articles SET id = ? WHERE id = ?", (f"{new}~~", old))
        for new in settled.ids.values():
            database.execute("UPDATE articles SET id = ? WHERE id = ?", (new, f"{new}~~"))
        self._runs = [(settled.ids.get(id_, id_), row, rows) for id_, row, rows in self._runs]
        for edition in settled.editions:
            self._insert("versions", edition)

    def _standing(self) -> NDArray[np.int32]:
        """Each row's place when the articles are sorted by id: it settles ties whatever order they were built in."""
        standing, place = np.zeros(self.rows, dtype=np.int32), 0
        for _, row, count in sorted(self._runs):
            standing[row : row + count] = range(place, place + count)
            place += count
        return standing

    def close(self) -> None:
        """Let go of the files; safe to call twice."""
        with ExitStack() as all_of_them:  # also where one of them fails
            all_of_them.callback(self._columns.close)
            all_of_them.callback(self._vectors.close)
            if self._database is not None:
                all_of_them.callback(self._database.close)

    def _take(self, id_: str, rows: int, pieces: int, values: tuple[Any, ...]) -> None:
        self._insert("articles", (self.articles, self.rows, *values))
        self._runs.append((id_, self.rows, rows))
        self.articles += 1
        self.sentences += pieces
        self.rows += rows

    def _carry_words(self, rows: range) -> None:
        assert self._before is not None  # for the type checker
        self._columns.carry(self._before, rows)

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
