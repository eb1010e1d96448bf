"""Sentences -> Passages, the windows that are embedded and read.

Comes in: one article's text and its sentences in order. Goes out: passages in order; each is a run of whole
sentences, none of them boilerplate, and every citable sentence stands in exactly one passage. Knows nothing of
vectors. Boilerplate breaks a run, so that a passage is always one slice of the text.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from index.split import Sentence


@dataclass(frozen=True, slots=True)
class Passage:
    """Sentences `first` to `last` (both included) of one article: `text == article.text[start:end]`."""

    article: str
    first: int
    last: int
    start: int
    end: int
    text: str


def passages(article: str, text: str, sentences: Sequence[Sentence], target: int, longest: int) -> tuple[Passage, ...]:
    """Runs of whole sentences of about `target` characters, at most `longest` unless one sentence is longer.

    A run closes when it has reached the target, when the next sentence would carry it past `longest`, or at
    boilerplate. A heading opens a new run once the present one is half full, so that it stays with what it heads.
    """
    return tuple(
        Passage(article, first, last, (start := sentences[first].start), (end := sentences[last].end), text[start:end])
        for first, last in _runs(sentences, target, longest)
    )


def _runs(sentences: Sequence[Sentence], target: int, longest: int) -> Iterator[tuple[int, int]]:
    first: int | None = None
    for i, sentence in enumerate(sentences):
        if first is not None:
            length = sentences[i - 1].end - sentences[first].start
            full = length >= target or sentence.end - sentences[first].start > longest
            turns = sentence.kind == "heading" and length >= target // 2
            if sentence.kind == "boilerplate" or full or turns:
                yield first, i - 1
                first = None
        if first is None and sentence.kind != "boilerplate":
            first = i
    if first is not None:
        yield first, len(sentences) - 1
