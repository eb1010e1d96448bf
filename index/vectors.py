"""The vectors of a generation: on the disk, and which of them are nearest to a question's.

Comes in: unit vectors as they are made; then a question's. Goes out: files in a generation's folder; rows. The
promises: of up to EXACT passages every cosine is worked out; of more, all are ranked by the signs of their numbers
first, and the cosines of the foremost alone are worked out, in full precision. Which those are depends on the vectors
and on who comes first by name, never on the order of the rows. Memory while asking is 48 bytes a passage (of 384
numbers), for the signs; the vectors themselves are read from the file, a few thousand at a time.

The ranking is that of Gao and Long (2024, "RaBitQ"), without its rotation and its error bound: a number of a passage
is its sign alone, one of the question has a few bits, so their product is a sum of counted bits.
"""

from __future__ import annotations

import os
import weakref
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from index.embed import Vectors
from index.errors import IndexDamaged

VECTORS = "vectors.f32"
SIGNS = "signs.u64"

# Up to so many passages every cosine is worked out: some 2 ms and 50 MB.
EXACT = 2**15
# How many are looked at closely beyond that: so many at least, so many for each one wanted, or this share of all.
# On real passages and questions 2,000 of 57,456 held all of the nearest 50, of 150 questions each (docs/LOG.md).
LEAST, EACH, SHARE = 2048, 40, 256
# The bits of each number of the question, and how many standard deviations they reach; more of them find no more.
_BITS, _REACH = 3, 3.0
_STEP = 8192  # rows ranked at a time: what they need stays in the processor's cache

Signs = NDArray[np.uint64]
Rows = NDArray[np.intp]


def signs(vectors: Vectors) -> Signs:
    """Which numbers are above zero, 64 to a word: shape (words, vectors)."""
    bits = np.packbits(vectors > 0, axis=1, bitorder="little")
    padded = np.zeros((len(vectors), _words(vectors.shape[1]) * 8), dtype=np.uint8)
    padded[:, : bits.shape[1]] = bits
    found: Signs = padded.view("<u8").T
    return found


class Matrix:
    """The vectors of one generation, held open; they can be read on after the folder is gone."""

    def __init__(self, folder: Path, rows: int, dimension: int) -> None:
        self._path, self._width = folder / VECTORS, dimension * 4
        self.all: Vectors = _mapped(self._path, "<f4", rows, dimension)
        self.signs: Signs = _mapped(folder / SIGNS, "<u8", _words(dimension) if rows else 0, rows)
        self._file = os.open(self._path, os.O_RDONLY | os.O_CLOEXEC)
        weakref.finalize(self, os.close, self._file)

    def at(self, rows: Sequence[int] | Rows) -> Vectors:
        """The vectors of these rows, read and not mapped: what was looked at once takes no memory after that."""
        width = self._width
        read = b"".join([os.pread(self._file, width, row * width) for row in np.asarray(rows).tolist()])
        if len(read) != len(rows) * width:
            raise IndexDamaged(self._path, "it ends before its last row")
        return np.frombuffer(read, dtype="<f4").reshape(len(rows), width // 4)

    def run(self, rows: range) -> Vectors:
        """The vectors of rows that follow one another, read like those of `at`."""
        size = len(rows) * self._width
        read = os.pread(self._file, size, rows.start * self._width)
        if len(read) != size:
            raise IndexDamaged(self._path, f"it ends before row {rows.stop}")
        return np.frombuffer(read, dtype="<f4").reshape(len(rows), self._width // 4)

    def near(self, vector: Vectors, count: int, standing: NDArray[np.int32], allowed: NDArray[np.bool_] | None) -> Rows:
        """Rows among which the nearest `count` are to be looked for, ascending; of those allowed (None: all)."""
        rows = None if allowed is None else np.flatnonzero(allowed)
        most = max(LEAST, EACH * count, len(self.all) // SHARE)
        if rows is not None and len(rows) <= most:
            return rows
        if len(self.all) <= EXACT:
            # BLAS rounds a row's product by the row's place in the matrix (3e-8 seen), so that the same story told by
            # two outlets would not tie: it only says which rows are near
            return highest(self.all @ vector, count, 1e-6, rows)
        return _foremost(_agreement(self.signs, vector), most, standing, rows)


def _agreement(found: Signs, vector: Vectors) -> NDArray[np.int16]:
    """How well the signs of each row fit the vector, as a whole number; equal signs fit equally well."""
    top = 2 ** (_BITS - 1) - 1
    reach = min(float(np.abs(vector).max()), _REACH * float(vector.std())) or 1.0
    numbers = np.clip(np.rint(vector / reach * top), -top - 1, top).astype(np.int16)
    planes = [signs(((numbers >> bit) & 1).astype(np.float32)[None, :]) for bit in range(_BITS)]
    weights = [2**bit for bit in range(_BITS - 1)] + [-(2 ** (_BITS - 1))]  # of two's complement
    ranks = np.zeros(found.shape[1], dtype=np.int16)
    for begin in range(0, len(ranks), _STEP):
        block, part = found[:, begin : begin + _STEP], ranks[begin : begin + _STEP]
        for plane, weight in zip(planes, weights, strict=True):
            counts = np.bitwise_count(block & plane)
            total = counts[0].astype(np.int16)
            for more in counts[1:]:
                total += more
            part += total * np.int16(weight)
    return ranks


def highest(scores: NDArray[np.floating[Any]], count: int, slack: float, rows: Rows | None) -> Rows:
    """The rows (None: all) of the `count` highest scores, and all that tie with the last of them or miss it by `slack`."""
    scores = scores if rows is None else scores[rows]
    count = min(count, len(scores))
    if not count:
        return np.zeros(0, dtype=np.intp)
    found = np.flatnonzero(scores >= np.partition(scores, len(scores) - count)[len(scores) - count] - slack)
    return found if rows is None else rows[found]


def _foremost(ranks: NDArray[np.int16], count: int, standing: NDArray[np.int32], rows: Rows | None) -> Rows:
    """The rows (None: all) of the `count` highest ranks; of those that tie with the last, the first by their standing."""
    ranks = ranks if rows is None else ranks[rows]
    if count >= len(ranks):
        return np.arange(len(ranks)) if rows is None else rows
    last = np.partition(ranks, len(ranks) - count)[len(ranks) - count]
    above, level = np.flatnonzero(ranks > last), np.flatnonzero(ranks == last)
    if rows is not None:
        above, level = rows[above], rows[level]
    first = level[np.argsort(standing[level])[: count - len(above)]]
    return np.sort(np.concatenate([above, first]))


def _words(dimension: int) -> int:
    return -(-dimension // 64)


def _mapped(path: Path, kind: str, rows: int, columns: int) -> NDArray[Any]:
    if path.stat().st_size != rows * columns * np.dtype(kind).itemsize:
        raise IndexDamaged(path, f"it does not hold {rows} times {columns} numbers")
    if not rows * columns:
        return np.zeros((rows, columns), dtype=kind)
    return np.asarray(np.memmap(path, dtype=kind, mode="r", shape=(rows, columns)))
