"""What does not fit is found though every digest is right: the checks behind the digests."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from index.article import sha256
from index.draft import ARTICLES
from index.errors import IndexDamaged
from index.generations import Generation, current
from index.publish import digests
from index.store import open_snapshot
from index.vectors import SIGNS, VECTORS
from index.verify import verify
from tests.index.test_generations import forge
from tests.index.tiny import DIMENSION, edition, publish_texts


def sealed_again(generation: Generation, **changes: object) -> Generation:
    """The generation after its files were changed, with every digest made right again."""
    (generation.folder / "manifest.json").unlink()
    forge(generation, files=digests(generation.folder), **changes)
    return current(generation.folder.parent)


def sql(statement: str) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        database = sqlite3.connect(folder / ARTICLES, isolation_level=None)
        database.execute(statement)
        database.close()

    return change


def spans(change: Callable[[np.ndarray], None], of: str = "sentences") -> Callable[[Path], None]:
    """Change the first article's sentence offsets, or the runs that are its passages, their digest with them."""

    def apply(folder: Path) -> None:
        database = sqlite3.connect(folder / ARTICLES, isolation_level=None)
        query = "SELECT sentences, passages FROM articles WHERE number = 0"
        cuts = dict(zip(("sentences", "passages"), database.execute(query).fetchone(), strict=True))
        found = np.frombuffer(cuts[of], dtype="<i4").reshape(-1, 3 if of == "sentences" else 2).copy()
        change(found)
        cuts[of] = found.tobytes()
        database.execute(
            f"UPDATE articles SET {of} = ?, cuts_sha256 = ? WHERE number = 0",
            (cuts[of], sha256(cuts["sentences"] + cuts["passages"])),
        )
        database.close()

    return apply


def put(row: int, column: int, value: int) -> Callable[[np.ndarray], None]:
    def change(found: np.ndarray) -> None:
        found[row, column] = value

    return change


def shortened(folder: Path) -> None:
    """Let the second sentence begin three letters late, inside a passage: no bound is broken."""
    database = sqlite3.connect(folder / ARTICLES, isolation_level=None)
    ((blob,),) = database.execute("SELECT sentences FROM articles WHERE number = 0").fetchall()
    found = np.frombuffer(blob, dtype="<i4").reshape(-1, 3).copy()
    found[1, 0] += 3
    database.execute("UPDATE articles SET sentences = ? WHERE number = 0", (found.tobytes(),))
    database.close()


FORGED = {
    "a sentence past the end": spans(put(-1, 1, 10_000)),
    "a sentence that ends before it starts": spans(put(0, 1, 0)),
    "a sentence before the text": spans(put(0, 0, -1)),
    "sentences that overlap": spans(put(1, 0, 3)),
    "a kind that does not exist": spans(put(0, 2, 9)),
    "spans cut short": sql("UPDATE articles SET sentences = substr(sentences, 1, 11) WHERE number = 0"),
    "a sentence shortened": shortened,
    "spans moved": sql("UPDATE articles SET sentences = zeroblob(length(sentences)) WHERE number = 0"),
    "another text": sql("UPDATE articles SET text = 'Nothing was so.' || text WHERE number = 0"),
    "a text of no text": sql("UPDATE articles SET text = 7 WHERE number = 0"),
    "another title": sql("UPDATE articles SET title = 'Another' WHERE number = 0"),
    "another date": sql("UPDATE articles SET published = '1999-01-01' WHERE number = 0"),
    "authors of no kind": sql("UPDATE articles SET authors = '[' WHERE number = 0"),
    "a passage of sentences that are not there": spans(put(-1, 1, 99), "passages"),
    "a passage before the first": spans(put(0, 0, -1), "passages"),
    "a passage that ends before it starts": spans(put(1, 1, 0), "passages"),
    "passages that overlap": spans(put(1, 0, 0), "passages"),
    "a passage too few": sql("UPDATE articles SET passages = substr(passages, 9) WHERE number = 0"),
    "passages moved": sql("UPDATE articles SET passages = zeroblob(length(passages)) WHERE number = 0"),
    "a row of another article": sql("UPDATE articles SET first_row = 1 WHERE number = 0"),
}  # fmt: skip


@pytest.mark.parametrize("how", FORGED)
def test_what_does_not_fit_is_found_though_every_digest_is_right(tmp_path: Path, how: str) -> None:
    """IDX-015: `verify` finds it, and no passage of the article can be read."""
    generation = publish_texts(tmp_path, edition(1))
    FORGED[how](generation.folder)
    sealed_again(generation)
    snapshot = open_snapshot(tmp_path)
    with pytest.raises(IndexDamaged, match="byline build"):
        verify(snapshot)
    with pytest.raises(IndexDamaged, match="byline build"):
        snapshot.passages(range(3))
    snapshot.close()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE articles SET rows = rows - 1 WHERE number = 1", "DELETE FROM articles WHERE number = 1",
        "UPDATE articles SET pieces = pieces + 1 WHERE number = 0", "DROP TABLE articles",
    ],
)  # fmt: skip
def test_counts_that_differ_by_one_are_refused_on_opening(tmp_path: Path, statement: str) -> None:
    """IDX-014, when loading: articles, sentences and passages are counted."""
    generation = publish_texts(tmp_path)
    sql(statement)(generation.folder)
    sealed_again(generation)
    with pytest.raises(IndexDamaged, match=ARTICLES):
        open_snapshot(tmp_path)


@pytest.mark.parametrize("rows", [-1, 1])
def test_a_vector_more_or_less_is_refused_on_opening(tmp_path: Path, rows: int) -> None:
    """IDX-014: the matrix has one row a passage, or it is not read."""
    generation = publish_texts(tmp_path)
    data = (generation.folder / VECTORS).read_bytes()
    (generation.folder / VECTORS).write_bytes((data + data)[: len(data) + rows * 4 * DIMENSION])
    sealed_again(generation)
    with pytest.raises(IndexDamaged, match=VECTORS):
        open_snapshot(tmp_path)


@pytest.mark.parametrize("bad", [np.nan, np.inf, 0.0])
def test_verify_finds_a_vector_that_is_no_direction(tmp_path: Path, bad: float) -> None:
    """IDX-013, when loading: though its digest is right."""
    generation = publish_texts(tmp_path)
    matrix = np.fromfile(generation.folder / VECTORS, dtype="<f4").reshape(-1, DIMENSION)
    matrix[4] = bad
    matrix.tofile(generation.folder / VECTORS)
    sealed_again(generation)
    snapshot = open_snapshot(tmp_path)
    with pytest.raises(IndexDamaged, match=VECTORS):
        verify(snapshot)
    snapshot.close()


def test_verify_finds_signs_of_other_vectors(tmp_path: Path) -> None:
    """They say which vectors are looked at, so they have to be theirs."""
    generation = publish_texts(tmp_path)
    data = bytearray((generation.folder / SIGNS).read_bytes())
    data[1] ^= 4
    (generation.folder / SIGNS).write_bytes(data)
    sealed_again(generation)
    snapshot = open_snapshot(tmp_path)
    with pytest.raises(IndexDamaged, match=SIGNS):
        verify(snapshot)
    snapshot.close()


@pytest.mark.parametrize(
    ("file", "place", "value"),
    [
        ("rows", -1, 999), ("rows", 0, -1), ("rows", 1, 0), ("counts", 0, 0), ("counts", 3, 9), ("lengths", 0, 1),
        ("starts", 1, 0), ("starts", -1, 1), ("places", 1, 0), ("places", -1, 2), ("letters", 0, 255), ("letters", 0, 122),
    ],
)  # fmt: skip
def test_verify_finds_words_that_do_not_fit(tmp_path: Path, file: str, place: int, value: int) -> None:
    """Rows of passages that are there, in order; counts that make up each passage's length; terms in order."""
    generation = publish_texts(tmp_path)
    path = generation.folder / f"words.{file}.npy"
    found = np.load(path)
    assert found[place] != value
    found[place] = value
    np.save(path, found)
    sealed_again(generation)
    snapshot = open_snapshot(tmp_path)
    with pytest.raises(IndexDamaged, match="words"):
        verify(snapshot)
    snapshot.close()
