"""Where an article was cut, as bytes: its sentences, and which of them each passage holds.

Comes in: sentences and passages; or the bytes again, with the text. Goes out: bytes for a column; or sentences, and the
first and last of each passage. The promise others lean on: what comes out are slices of the text, in order, and whole
sentences of it, or a `ValueError` says which is not.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import get_args

import numpy as np

from index.passages import Passage
from index.split import Kind, Sentence

KINDS: tuple[Kind, ...] = get_args(Kind)


def packed(sentences: Sequence[Sentence], passages: Sequence[Passage]) -> tuple[bytes, bytes]:
    """The sentences and the passages, three and two whole numbers each."""
    spans = np.array([(s.start, s.end, KINDS.index(s.kind)) for s in sentences], dtype="<i4").tobytes()
    return spans, np.array([(p.first, p.last) for p in passages], dtype="<i4").tobytes()


def sentences_of(text: str, spans: bytes) -> tuple[Sentence, ...]:
    """The sentences of the text that were packed."""
    sentences, reached = list[Sentence](), 0
    for start, end, kind in np.frombuffer(spans, dtype="<i4").reshape(-1, 3).tolist():
        if not (reached <= start < end <= len(text) and 0 <= kind < len(KINDS)):
            raise ValueError("a sentence lies outside its text")
        sentences.append(Sentence(start, end, text[start:end], KINDS[kind]))
        reached = end
    return tuple(sentences)


def runs_of(sentences: int, runs: bytes) -> tuple[tuple[int, int], ...]:
    """The first and last sentence of each passage that was packed, of so many sentences."""
    found, reached = list[tuple[int, int]](), -1
    for first, last in np.frombuffer(runs, dtype="<i4").reshape(-1, 2).tolist():
        if not reached < first <= last < sentences:
            raise ValueError("a passage is not whole sentences of it")
        found.append((first, last))
        reached = last
    return tuple(found)
