"""Prepared articles -> the rows of a draft: articles and words as they come, vectors a chunk at a time.

Comes in: articles cut into passages, those that stay as they are, and the vectors of a generation before. Goes out: a
draft that is filled. The promise: what was embedded before is taken over bit by bit, and only the rest is embedded.
Knows nothing of documents or of publishing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import numpy as np

from index.draft import Draft, Kept
from index.embed import Embedder, Vectors
from index.prepare import Prepared, embedded_text
from index.vectors import Matrix
from index.words import terms

# Passages embedded at a time: enough to sort by length without padding waste, little enough to hold in memory.
_CHUNK = 8192
_STEP = 512


class Bulk:
    """Many texts -> vectors, by a model that is loaded at the first of them; `count` texts so far."""

    def __init__(self, load: Callable[[], Embedder], prefix: str, progress: Callable[[str, int, int], None]) -> None:
        self._load, self._prefix, self._progress = load, prefix, progress
        self._embedder: Embedder | None = None
        self.count = 0

    def vectors(self, texts: Sequence[str]) -> Vectors:
        """One vector a text, in order; they are embedded sorted by length, which saves padding."""
        if self._embedder is None:
            self._embedder = self._load()
        order = sorted(range(len(texts)), key=lambda i: len(texts[i]))
        parts = []
        for begin in range(0, len(order), _STEP):
            parts.append(self._embedder.encode([self._prefix + texts[i] for i in order[begin : begin + _STEP]]))
            self._progress("passages embedded", self.count + min(begin + _STEP, len(order)), 0)
        self.count += len(texts)
        vectors = np.concatenate(parts)
        inverse = np.empty(len(order), dtype=np.intp)
        inverse[order] = np.arange(len(order))
        ordered: Vectors = vectors[inverse]
        return ordered


# The texts of rows that are embedded, or the rows of the generation before that are taken over.
Waiting = list[list[str] | range]


def lay(draft: Draft, taken: Iterable[Prepared | Kept], bulk: Bulk, before: Matrix | None) -> None:
    """Write the articles and their vectors, in the same order; `before` are the vectors that old rows refer to."""
    waiting, laid = Waiting(), 0
    for one in taken:
        if isinstance(one, Kept):
            draft.keep(one)
            waiting.append(one.rows)
        elif one.rows is not None:
            draft.add(one.article, one.key, one.sentences, one.passages, one.rows, one.read_at)
            waiting.append(one.rows)
        else:
            texts = [embedded_text(one.article.title, passage.text) for passage in one.passages]
            draft.add(one.article, one.key, one.sentences, one.passages, map(terms, texts))
            waiting.append(texts)
        if draft.rows - laid >= _CHUNK:
            _lay_vectors(draft, waiting, bulk, before)
            waiting, laid = [], draft.rows
    _lay_vectors(draft, waiting, bulk, before)


def _lay_vectors(draft: Draft, waiting: Waiting, bulk: Bulk, before: Matrix | None) -> None:
    texts = [text for some in waiting if isinstance(some, list) for text in some]
    vectors = bulk.vectors(texts) if texts else np.zeros((0, 0), dtype=np.float32)
    used = 0
    for some in _joined(waiting):
        if isinstance(some, list):
            draft.add_vectors(vectors[used : used + len(some)])
            used += len(some)
        elif before is not None:
            draft.add_vectors(before.run(some))


def _joined(waiting: Waiting) -> Waiting:
    """The same with runs of rows that follow one another as one."""
    joined = Waiting()
    for some in waiting:
        last = joined[-1] if joined else None
        if isinstance(some, range) and isinstance(last, range) and last.stop == some.start:
            joined[-1] = range(last.start, some.stop)
        else:
            joined.append(some)
    return joined
