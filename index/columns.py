"""Terms of passages -> the columns that words.py reads.

Comes in: the terms of passages, and rows of an older generation, in row order. Goes out: files in a generation's
folder. The promises: the files depend on the terms of the rows alone, not on which of them were carried over; rows
that are carried cost no look at their text; memory is bounded by the vocabulary, the number of passages and a block of
entries, however many entries there are.

Fresh passages are gathered in runs, each sorted by term and row and set aside in files; the columns of the
older generation are one run more. All runs are then merged, a range of terms at a time.
"""

from __future__ import annotations

from array import array
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from index.words import COUNTS, LENGTHS, LETTERS, MOST, PLACES, ROWS, STARTS, Words

# Tokens gathered before a run is sorted, and entries merged at a time: some 100 MB at most in either.
_RUN = 2**22
_BLOCK = 2**22
_TERMS = 2**16  # of one block: its place among them has 16 bits of a sorting key

Ints = NDArray[np.signedinteger[Any]]


@dataclass(frozen=True, slots=True)
class _Run:
    """Columns of some rows: the terms in order, where their entries begin, and the entries.

    `places` says for each row in it which row it is now, or -1 where it is gone; None: it is numbered as now.
    """

    terms: Sequence[str]
    starts: Ints
    rows: Ints
    counts: NDArray[np.uint16]
    places: Ints | None = None

    def held(self) -> Ints:
        """How many entries of each column are there still."""
        if self.places is None:
            return np.diff(self.starts)
        held = np.zeros(len(self.terms), dtype=np.int64)
        for first, last in _blocks(self.starts):
            begin, end = self.starts[first], self.starts[last]
            here = np.concatenate([[0], np.cumsum(self.places[self.rows[begin:end]] >= 0)])
            held[first:last] = np.diff(here[self.starts[first : last + 1] - begin])
        return held

    def keys(self, first: int, last: int, places: Ints) -> NDArray[np.uint64]:
        """The entries of the columns `first` up to `last` as sorting keys: a column's place, row, count."""
        begin, end = self.starts[first], self.starts[last]
        columns = np.repeat(places.astype(np.uint64), np.diff(self.starts[first : last + 1]))
        rows: Ints = self.rows[begin:end]
        counts = self.counts[begin:end]
        if self.places is not None:
            rows = self.places[rows]
            there = rows >= 0
            columns, rows, counts = columns[there], rows[there], counts[there]
        found: NDArray[np.uint64] = (columns << np.uint64(48)) | (rows.astype(np.uint64) << np.uint64(16)) | counts
        return found


class Columns:
    """The columns of a generation being written; rows are numbered in the order they come."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lengths = array("i")
        self._old: Words | None = None
        self._places: NDArray[np.int32] = np.zeros(0, dtype=np.int32)
        self._files = ExitStack()
        self._paths = folder / f"{ROWS}.aside", folder / f"{COUNTS}.aside"
        self._aside: tuple[BinaryIO, BinaryIO] | None = None
        self._sorted: list[tuple[list[str], Ints]] = []
        self._begin()

    def add(self, passages: Iterable[Sequence[str]]) -> None:
        """Take the terms of the next rows."""
        for found in passages:
            self._tokens.extend(map(self._numbers.__getitem__, found))
            self._fresh.append(len(self._lengths))
            self._lengths.append(len(found))
            if len(self._tokens) >= _RUN:
                self._set_aside()

    def carry(self, old: Words, rows: range) -> None:
        """Take over these rows of an older generation, always the same one, as the next rows."""
        if self._old is None:
            self._old, self._places = old, np.full(len(old.lengths), -1, dtype=np.int32)
        self._places[rows.start : rows.stop] = np.arange(len(self._lengths), len(self._lengths) + len(rows))
        self._lengths.frombytes(old.lengths[rows.start : rows.stop].astype(np.int32).tobytes())

    def finish(self) -> None:
        """Write the files."""
        self._set_aside()
        runs = list(self._set_aside_runs())
        if (old := self._old) is not None:
            runs.append(_Run(old.vocabulary(), old.starts, old.rows_of_all, old.counts_of_all, self._places))
        _merge(self._folder, runs)
        _save(self._folder / LENGTHS, np.frombuffer(self._lengths, dtype=np.int32))

    def close(self) -> None:
        """Let go of what is set aside; safe to call twice."""
        self._files.close()

    def _begin(self) -> None:
        self._numbers: defaultdict[str, int] = defaultdict()
        self._numbers.default_factory = self._numbers.__len__
        self._tokens, self._fresh = array("i"), array("i")

    def _set_aside(self) -> None:
        """Sort what was gathered by term and row, count it, and write it to files that `finish` removes."""
        if not self._tokens:
            return
        terms = sorted(self._numbers)
        ranks = np.empty(len(terms), dtype=np.uint64)
        ranks[[self._numbers[term] for term in terms]] = np.arange(len(terms), dtype=np.uint64)
        fresh = np.frombuffer(self._fresh, dtype=np.int32)
        rows = np.repeat(fresh, np.frombuffer(self._lengths, dtype=np.int32)[fresh]).astype(np.uint64)
        keys = (ranks[np.frombuffer(self._tokens, dtype=np.int32)] << 32) | rows
        keys.sort()
        first = np.flatnonzero(np.concatenate([[True], keys[1:] != keys[:-1]]))
        counts = np.minimum(np.diff(np.append(first, len(keys))), MOST).astype(np.uint16)
        keys = keys[first]
        starts = np.searchsorted(keys, np.arange(len(terms) + 1, dtype=np.uint64) << 32)
        if self._aside is None:
            rows_file, counts_file = (self._files.enter_context(open(path, "wb")) for path in self._paths)  # noqa: SIM115 - it is entered
            self._aside = rows_file, counts_file
        self._aside[0].write((keys & 0xFFFFFFFF).astype(np.int32).tobytes())
        self._aside[1].write(counts.tobytes())
        self._sorted.append((terms, starts))
        self._begin()

    def _set_aside_runs(self) -> Iterator[_Run]:
        if self._aside is None:
            return
        self._files.close()
        rows = np.memmap(self._paths[0], dtype=np.int32, mode="r")
        counts = np.memmap(self._paths[1], dtype=np.uint16, mode="r")
        for path in self._paths:
            path.unlink()
        begin = 0
        for terms, starts in self._sorted:
            end = begin + int(starts[-1])
            yield _Run(terms, starts, rows[begin:end], counts[begin:end])
            begin = end


def write_words(folder: Path, passages: Iterable[Sequence[str]]) -> None:
    """Write the columns of the passages' terms, in row order, into the folder."""
    columns = Columns(folder)
    try:
        columns.add(passages)
        columns.finish()
    finally:
        columns.close()


def _merge(folder: Path, runs: Sequence[_Run]) -> None:
    """Write the vocabulary and the columns of all runs together."""
    held = [run.held() for run in runs]
    there = [np.flatnonzero(some) for some in held]
    terms = sorted({run.terms[i] for run, some in zip(runs, there, strict=True) for i in some.tolist()})
    numbers = {term: number for number, term in enumerate(terms)}
    totals = np.zeros(len(terms), dtype=np.int64)
    columns = []  # of each run: the column that each of its own has become, those that are gone going by the one before
    for run, some, counts in zip(runs, there, held, strict=True):
        now = np.zeros(len(run.terms), dtype=np.int64)
        now[some] = [numbers[run.terms[i]] for i in some.tolist()]
        columns.append(np.maximum.accumulate(now) if len(now) else now)
        totals[now[some]] += counts[some]
    starts = np.concatenate([[0], np.cumsum(totals)])
    letters = [term.encode("utf-8") for term in terms]
    _save(folder / LETTERS, np.frombuffer(b"".join(letters), dtype=np.uint8))
    _save(folder / PLACES, np.cumsum([0, *map(len, letters)], dtype=np.int64))
    _save(folder / STARTS, starts)
    with open(folder / ROWS, "wb") as rows_file, open(folder / COUNTS, "wb") as counts_file:
        for file, kind in ((rows_file, "<i4"), (counts_file, "<u2")):
            about = {"descr": kind, "fortran_order": False, "shape": (int(starts[-1]),)}
            np.lib.format.write_array_header_1_0(file, about)
        for first, last in _blocks(starts):
            keys = np.concatenate([_between(run, now, first, last) for run, now in zip(runs, columns, strict=True)])
            keys.sort()
            rows_file.write(((keys >> np.uint64(16)) & np.uint64(0xFFFFFFFF)).astype("<i4").tobytes())
            counts_file.write((keys & np.uint64(0xFFFF)).astype("<u2").tobytes())


def _between(run: _Run, columns: Ints, first: int, last: int) -> NDArray[np.uint64]:
    """The keys of a run's entries in the columns `first` up to `last`."""
    begin, end = np.searchsorted(columns, [first, last]).tolist()
    return run.keys(begin, end, columns[begin:end] - first)


def _blocks(starts: Ints) -> Iterator[tuple[int, int]]:
    """Ranges of columns with at most so many entries and terms each, or one column that has more."""
    first, count = 0, len(starts) - 1
    while first < count:
        last = int(np.searchsorted(starts, starts[first] + _BLOCK, side="right")) - 1
        last = min(max(last, first + 1), first + _TERMS, count)
        yield first, last
        first = last


def _save(path: Path, values: NDArray[Any]) -> None:
    with open(path, "wb") as file:
        np.lib.format.write_array(file, values, allow_pickle=False)
