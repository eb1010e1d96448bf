"""Words and a vector -> Hits: the rows of the passages most likely to hold an answer, both searches fused.

Comes in: a snapshot, the question's terms and its unit vector. Goes out: hits, best first. The promise: the order
depends on the generation and the question alone (ties go to the better cosine, then to the lower row). Fusion is by reciprocal ranks (Cormack,
Clarke and Büttcher 2009): a hit scores the sum of 1 / (k + rank) over the searches that found it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from index.embed import Vectors
from index.store import Snapshot


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
    snapshot: Snapshot, terms: Sequence[str], vector: Vectors, *, vectors: int, words: int, fuse_k: int
) -> list[Hit]:
    """The best `vectors` passages by cosine and the best `words` by BM25, as one list, best first.

    `vector` has shape (dimension,). Cost is linear in the number of passages: both searches are exact.
    """
    if not snapshot.counts["passages"]:
        return []
    cosines = snapshot.vectors @ vector
    bm25 = snapshot.words.scores(terms)
    by_vector = {row: rank for rank, row in enumerate(_best(cosines, vectors), 1)}
    by_words = {row: rank for rank, row in enumerate(_best(bm25, words), 1) if bm25[row] > 0}
    hits = [
        Hit(
            row, sum(1 / (fuse_k + rank[row]) for rank in (by_vector, by_words) if row in rank),
            by_vector.get(row), float(cosines[row]), by_words.get(row), float(bm25[row]),
        )
        for row in by_vector.keys() | by_words.keys()
    ]  # fmt: skip
    return sorted(hits, key=lambda hit: (-hit.score, -hit.vector_score, hit.row))


def _best(scores: NDArray[np.float32], count: int) -> list[int]:
    """The rows of the highest scores, highest first, ties to the lower row."""
    count = min(count, len(scores))
    if not count:
        return []
    # partition finds the border; every row that ties with it is taken, so that ties are settled by row, not by luck
    border = np.partition(scores, len(scores) - count)[len(scores) - count]
    rows = np.flatnonzero(scores >= border)
    order = np.lexsort((rows, -scores[rows]))[:count]
    return [int(row) for row in rows[order]]
