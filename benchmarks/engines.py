"""Two ways to keep an index, side by side: `python -m benchmarks.engines [PASSAGES ...]` (20,000 and 200,000).

`folder` is what Byline does: a generation folder with SQLite for texts, files of vectors, of their signs and of words,
published by moving a pointer. `wal` is everything in one SQLite file in WAL mode: vectors as blobs that are joined into a matrix on
opening, words in FTS5, a publish being one transaction. Both get the same made-up articles of ten passages with random
unit vectors, of which 50 are sought by vector and 50 by words. Goes out: a table on stdout, medians in it.
"""

from __future__ import annotations

import argparse
import random
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from itertools import accumulate
from pathlib import Path
from typing import Any

import numpy as np

from index.article import Article, sha256
from index.draft import Draft
from index.embed import Vectors
from index.errors import IndexDamaged
from index.generations import current
from index.passages import Passage
from index.publish import publish
from index.search import best, search
from index.split import Sentence
from index.store import open_snapshot
from index.words import terms
from index.writing import writing

PASSAGES, WORDS, DIMENSION, VOCABULARY, FLIPS = 10, 40, 384, 60_000, 20
_TEXT_AND_WORDS = """
PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;
CREATE TABLE articles(id TEXT PRIMARY KEY, text TEXT NOT NULL);
CREATE TABLE passages(row INTEGER PRIMARY KEY, article TEXT NOT NULL, start INTEGER, "end" INTEGER, vector BLOB);
CREATE INDEX by_article ON passages(article);
CREATE VIRTUAL TABLE words USING fts5(text, content='', tokenize='porter unicode61');
"""


def articles(count: int) -> list[tuple[Article, list[Sentence], list[Passage]]]:
    """So many made-up articles; words are as frequent as in a language (Zipf)."""
    chance = random.Random(1)
    names = ["".join(chance.choices("abcdefghijklmnoprstuvwz", k=chance.randint(3, 10))) for _ in range(VOCABULARY)]
    weights = list(accumulate(1 / (rank + 2) for rank in range(VOCABULARY)))
    made = []
    for number in range(count):
        pieces = [" ".join(chance.choices(names, cum_weights=weights, k=WORDS)) + "." for _ in range(PASSAGES)]
        text, starts = " ".join(pieces), [0, *accumulate(len(piece) + 1 for piece in pieces)]
        spans = [(start, start + len(piece)) for start, piece in zip(starts, pieces, strict=False)]
        id_ = f"article-{number:06d}"
        made.append(
            (
                Article(id_, text, "", id_),
                [Sentence(start, end, text[start:end]) for start, end in spans],
                [Passage(id_, i, i, start, end, text[start:end]) for i, (start, end) in enumerate(spans)],
            )
        )
    return made


class Folder:
    """A generation folder and a pointer."""

    def __init__(self, place: Path) -> None:
        self.place = place

    def publish(self, made: Sequence[Any], vectors: Vectors) -> None:
        def write(folder: Path) -> dict[str, Any]:
            draft = Draft(folder)
            for number, (article, sentences, passages) in enumerate(made):
                draft.add(article, article.id, sentences, passages, [terms(passage.text) for passage in passages])
                draft.add_vectors(vectors[number * PASSAGES : (number + 1) * PASSAGES])
            return {"content": sha256(made[0][0].text.encode()), "counts": draft.finish()}

        with writing(self.place):
            publish(self.place, write, 1)

    def replace(self, one: Any, vectors: Vectors) -> None:
        """As an incremental build does it: all else is taken over from the generation before."""
        old = open_snapshot(self.place)

        def write(folder: Path) -> dict[str, Any]:
            draft = Draft(folder, old.words)
            for entry in old.entries():
                if entry.id == one[0].id:
                    article, sentences, passages = one
                    draft.add(article, article.id, sentences, passages, [terms(passage.text) for passage in passages])
                    draft.add_vectors(vectors)
                else:
                    draft.keep(old.kept(entry.id))
                    draft.add_vectors(old.matrix.run(entry.rows))
            return {"content": sha256(one[0].text.encode()), "counts": draft.finish()}

        with writing(self.place):
            publish(self.place, write, 1)
        old.close()

    def open(self) -> Callable[[str, Vectors], object]:
        snapshot = open_snapshot(self.place, whole=False)
        return lambda question, vector: search(snapshot, terms(question), vector, vectors=50, words=50, fuse_k=60)

    def check(self) -> bool:
        try:
            current(self.place)
        except IndexDamaged:
            return False
        return True

    def files(self) -> list[Path]:
        return [path for path in current(self.place, whole=False).folder.iterdir() if path.is_file()]


class Wal:
    """One SQLite file in WAL mode."""

    def __init__(self, place: Path) -> None:
        place.mkdir()
        self.path = place / "index.sqlite"
        with closing(sqlite3.connect(self.path)) as database:
            database.executescript(_TEXT_AND_WORDS)

    def publish(self, made: Sequence[Any], vectors: Vectors) -> None:
        with closing(sqlite3.connect(self.path)) as database, database:
            for number, (article, _, passages) in enumerate(made):
                self._insert(database, article, passages, vectors[number * PASSAGES :], number * PASSAGES)

    def replace(self, one: Any, vectors: Vectors) -> None:
        article, _, passages = one
        with closing(sqlite3.connect(self.path)) as database:
            database.execute("PRAGMA synchronous=FULL")
            with database:
                old = database.execute(
                    'SELECT row, substr(text, start + 1, "end" - start) FROM passages JOIN articles ON id = article '
                    "WHERE article = ? ORDER BY row",
                    (article.id,),
                ).fetchall()
                for gone in old:
                    database.execute("INSERT INTO words(words, rowid, text) VALUES ('delete', ?, ?)", gone)
                database.execute("DELETE FROM passages WHERE article = ?", (article.id,))
                database.execute("DELETE FROM articles WHERE id = ?", (article.id,))
                self._insert(database, article, passages, vectors, old[0][0])

    def _insert(
        self, database: sqlite3.Connection, article: Article, passages: Sequence[Passage], vectors: Vectors, row: int
    ) -> None:
        database.execute("INSERT INTO articles VALUES (?, ?)", (article.id, article.text))
        for i, one in enumerate(passages):
            values = (row + i, article.id, one.start, one.end, vectors[i].tobytes())
            database.execute("INSERT INTO passages VALUES (?, ?, ?, ?, ?)", values)
            database.execute("INSERT INTO words(rowid, text) VALUES (?, ?)", (row + i, one.text))

    def open(self) -> Callable[[str, Vectors], object]:
        database = sqlite3.connect(self.path)
        blobs = b"".join(blob for (blob,) in database.execute("SELECT vector FROM passages ORDER BY row"))
        matrix = np.frombuffer(blobs, dtype=np.float32).reshape(-1, DIMENSION)
        places = np.arange(len(matrix), dtype=np.int32)

        def search(question: str, vector: Vectors) -> object:
            query = " OR ".join(f'"{word}"' for word in question.split())
            nearest = best(matrix @ vector, 50, places)
            by_words = "SELECT rowid, rank FROM words WHERE words MATCH ? ORDER BY rank LIMIT 50"
            return nearest, database.execute(by_words, (query,)).fetchall()

        return search

    def check(self) -> bool:
        try:
            with closing(sqlite3.connect(self.path)) as database:
                return bool(database.execute("PRAGMA integrity_check").fetchone()[0] == "ok")
        except sqlite3.DatabaseError:
            return False

    def files(self) -> list[Path]:
        return [self.path]


def flips_found(engine: Folder | Wal) -> int:
    """Of so many single-byte changes, one at a time, how many the engine's own check finds."""
    chance, found = random.Random(3), 0
    files = engine.files()
    sizes = [path.stat().st_size for path in files]
    for _ in range(FLIPS):
        (path,) = chance.choices(files, sizes)
        with open(path, "r+b") as file:
            at = chance.randrange(path.stat().st_size)
            file.seek(at)
            byte = file.read(1)
            file.seek(at)
            file.write(bytes([byte[0] ^ 0x10]))
            file.flush()
            found += not engine.check()
            file.seek(at)
            file.write(byte)
    return found


def took(work: Callable[[], object], times: int = 3) -> float:
    """The median of its wall time, in seconds."""
    spent = []
    for _ in range(times):
        began = time.perf_counter()
        work()
        spent.append(time.perf_counter() - began)
    return statistics.median(spent)


def measure(count: int) -> Iterator[str]:
    """One line an engine."""
    made = articles(count // PASSAGES)
    chance = np.random.default_rng(2)
    vectors = chance.standard_normal((count, DIMENSION), dtype=np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    asked = [" ".join(random.Random(k).sample(made[k][2][0].text.rstrip(".").split(), 6)) for k in range(20)]
    for name, kind in (("folder", Folder), ("wal", Wal)):
        with tempfile.TemporaryDirectory() as temporary:
            yield f"{count:8,} {name:7} {_figures(kind(Path(temporary) / 'index'), made, vectors, asked)}"


def _figures(engine: Folder | Wal, made: Sequence[Any], vectors: Vectors, asked: Sequence[str]) -> str:
    small = len(vectors) < 10**5
    published = took(lambda: engine.publish(made, vectors), 1)
    disk = sum(path.stat().st_size for path in engine.files()) / 2**20
    opened, checked = took(engine.open), took(engine.check, 1)
    ask = engine.open()
    ask(asked[0], vectors[0])
    hybrid = statistics.median(
        took(lambda question=question, vector=vector: ask(question, vector))  # type: ignore[misc]  # mypy does not infer a default bound in a lambda
        for question, vector in zip(asked, vectors, strict=False)
    )
    again = took(lambda: engine.replace(made[7], vectors[:PASSAGES]), 3 if small else 1)
    flips = f"{flips_found(engine)}/{FLIPS}" if small else "-"
    return f"{published:9.1f} {disk:7.0f} {opened:7.2f} {checked:8.2f} {1000 * hybrid:9.1f} {again:9.2f} {flips:>11}"


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("passages", nargs="*", type=int, default=[20_000, 200_000])
    print("passages engine  publish s disk MB  open s  check s hybrid ms replace s flips found")
    for count in parser.parse_args().passages:
        for line in measure(count):
            print(line, flush=True)


if __name__ == "__main__":
    main()
