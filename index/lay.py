"""Prepared articles -> the rows of a draft: articles and words as they come, vectors a chunk at a time.

Comes in: articles cut into passages, and the vectors of a generation before. Goes out: a draft that is filled. The
promise: what was embedded before is taken over bit by bit, and only the rest is embedded. Knows nothing of documents
or of publishing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import numpy as np

from index.draft import Draft
from index.embed import Embedder, Vectors
from index.prepare import Prepared, embedded_text
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


def lay(draft: Draft, prepared: Iterable[Prepared], bulk: Bulk, before: Vectors | None) -> None:
    """Write the articles and their vectors, in the same order; `before` are the vectors that old rows refer to."""
    waiting: list[tuple[Prepared, list[str]]] = []
    rows = 0
    for one in prepared:
        texts = [embedded_text(one.article.title, passage.text) for passage in one.passages]
        draft.add(one.article, one.key, one.sentences, one.passages, map(terms, texts))
        waiting.append((one, texts if one.rows is None else []))
        rows += len(one.passages)
        if rows >= _CHUNK:
            _lay_vectors(draft, waiting, bulk, before)
            waiting, rows = [], 0
    _lay_vectors(draft, waiting, bulk, before)


def _lay_vectors(
    draft: Draft, waiting: Sequence[tuple[Prepared, list[str]]], bulk: Bulk, before: Vectors | None
) -> None:
    texts = [text for _, fresh in waiting for text in fresh]
    vectors = bulk.vectors(texts) if texts else np.zeros((0, 0), dtype=np.float32)
    used = 0
    for one, fresh in waiting:
        if one.rows is None:
            draft.add_vectors(vectors[used : used + len(fresh)])
            used += len(fresh)
        elif before is not None:
            draft.add_vectors(before[one.rows.start : one.rows.stop])
