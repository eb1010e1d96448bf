"""Words and a vector -> Hits: the rows of the passages most likely to hold an answer, both searches fused.

Comes in: a snapshot, the question's terms and its unit vector. Goes out: hits, best first. The promise: the order
depends on the articles and the question alone, not on the order they were added in: ties of fused scores go to the
better cosine, all others to the article whose id comes first and there to the earlier passage; and where some rows
alone are allowed, no other takes part: not in the list, and not in any rank. Scores are exact. So is the choice by
words, and up to a size (vectors.py) that by vector; beyond it about one in a thousand of the nearest is missed. How rare
a word is (BM25) is counted over the whole generation. Fusion is by reciprocal ranks (Cormack, Clarke and Büttcher
2009): a hit scores the sum of 1 / (k + rank) over the searches that found it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from index.embed import Vectors
from index.store import Snapshot
from index.vectors import highest

# Which rows may be found, one boolean a passage; None: all.
Allowed = NDArray[np.bool_] | None


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage's row with its fused score, and its rank (from 1) and score in each search that found it."""

    row: int
    score: float
    vector_rank: int | None
    vector_score: float
    words_rank: int | None
    words_score: float


def search(
    snapshot: Snapshot,
    terms: Sequence[str],
    vector: Vectors,
    *,
    vectors: int,
    words: int,
    fuse_k: int,
    allowed: Allowed = None,
) -> list[Hit]:
    """The best `vectors` passages by cosine and the best `words` by BM25, as one list, best first.

    `vector` has shape (dimension,); `allowed` is a mask of shape (passages,) as `Snapshot.rows_in` gives it.
    """
    if not snapshot.counts["passages"]:
        return []
    bm25, standing = snapshot.words.scores(terms), snapshot.standing
    by_vector = {row: rank for rank, row in enumerate(_nearest(snapshot, vector, vectors, allowed), 1)}
    by_words = {row: rank for rank, row in enumerate(best(bm25, words, standing, allowed), 1) if bm25[row] > 0}
    rows = list(by_vector | by_words)
    hits = [
        Hit(
            row, sum(1 / (fuse_k + rank[row]) for rank in (by_vector, by_words) if row in rank),
            by_vector.get(row), float(cosine), by_words.get(row), float(bm25[row]),
        )
        for row, cosine in zip(rows, _cosines(snapshot, vector, rows), strict=True)
    ]  # fmt: skip
    return sorted(hits, key=lambda hit: (-hit.score, -hit.vector_score, standing[hit.row]))


def holding(snapshot: Snapshot, terms: Sequence[str], allowed: Allowed = None) -> list[str]:
    """The ids of the articles that hold every one of the terms, however far apart; those with the best passage first.

    Without a term it is every article; ties go to the id that comes first.
    """
    ids, owners = snapshot.owners
    here = np.zeros(len(ids), dtype=np.bool_)
    here[owners if allowed is None else owners[allowed]] = True
    for term in dict.fromkeys(terms):
        with_it = np.zeros(len(ids), dtype=np.bool_)
        with_it[owners[snapshot.words.rows(term)]] = True
        here &= with_it
    highest = np.zeros(len(ids), dtype=np.float32)
    np.maximum.at(highest, owners, snapshot.words.scores(terms))
    return [ids[i] for i in sorted(np.flatnonzero(here).tolist(), key=lambda i: (-highest[i], ids[i]))]


def best(scores: NDArray[np.float32], count: int, standing: NDArray[np.int32], allowed: Allowed = None) -> list[int]:
    """The rows of the highest scores among those allowed (None: all), highest first, ties by their standing."""
    rows = highest(scores, count, 0, None if allowed is None else np.flatnonzero(allowed))
    return _first(rows, scores[rows], count, standing)


def _nearest(snapshot: Snapshot, vector: Vectors, count: int, allowed: Allowed) -> list[int]:
    """The rows of the highest cosines among those allowed, highest first, ties by their standing."""
    rows = snapshot.matrix.near(vector, count, snapshot.standing, allowed)
    return _first(rows, _cosines(snapshot, vector, rows), count, snapshot.standing)


def _first(rows: NDArray[np.intp], scores: Vectors, count: int, standing: NDArray[np.int32]) -> list[int]:
    found: list[int] = rows[np.lexsort((standing[rows], -scores))[:count]].tolist()
    return found


def _cosines(snapshot: Snapshot, vector: Vectors, rows: Sequence[int] | NDArray[np.intp]) -> Vectors:
    """The cosines of some rows; equal rows get equal ones."""
    found: Vectors = (snapshot.matrix.at(rows) * vector).sum(axis=1)
    return found
