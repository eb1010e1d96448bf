"""Every file, offset and vector of a generation -> nothing, or the first fault.

Comes in: a snapshot. Goes out: nothing, or `IndexDamaged` with the file's path. What is checked here beyond the digests is
whether the files fit one another, as `byline verify` and the tests of everything that writes ask.
"""

from __future__ import annotations

import numpy as np

from index.draft import ARTICLES, STANDING
from index.errors import IndexDamaged
from index.generations import check
from index.store import Snapshot
from index.vectors import SIGNS, VECTORS, signs


def verify(snapshot: Snapshot) -> None:
    """Check every file, every offset and every vector of the generation; raises `IndexDamaged` for the first fault."""
    check(snapshot.generation)
    rows = 0
    for entry in snapshot.entries():
        if entry.rows.start != rows:
            raise IndexDamaged(
                snapshot.generation.folder / ARTICLES, f"the passages of {entry.id} are not in their place"
            )
        rows = entry.rows.stop
        stored = snapshot.article(entry.id)
        snapshot.passages_of(stored)
        if len(stored.sentences) != entry.pieces:
            raise IndexDamaged(snapshot.generation.folder / ARTICLES, f"a sentence of {entry.id} is missing")
    if not np.array_equal(np.sort(snapshot.standing), np.arange(len(snapshot.standing))):
        raise IndexDamaged(snapshot.generation.folder / STANDING, "a place is taken twice")
    snapshot.words.verify()
    for start in range(0, len(snapshot.vectors), 65536):
        vectors = snapshot.matrix.run(range(start, min(start + 65536, len(snapshot.vectors))))
        lengths = np.linalg.norm(vectors, axis=1)
        if not np.all(np.abs(lengths - 1) < 1e-3):
            raise IndexDamaged(snapshot.generation.folder / VECTORS, "a vector is not of length one")
        if not np.array_equal(signs(vectors), snapshot.matrix.signs[:, start : start + 65536]):
            raise IndexDamaged(snapshot.generation.folder / SIGNS, "they are not the signs of the vectors")
