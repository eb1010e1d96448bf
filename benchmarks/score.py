"""What a system found for a question -> whether the answer stands in its first sentence and in its first passage.

Comes in: passages as a system returned them, accepted answers. Goes out: hits. The promise: all systems are measured
by one rule. Byline says which sentence it cites. The peers return passages: of the first one that sentence counts
which fits the question best by the peer's own measure (the cosine of its own vectors, or BM25).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.leader import plain
from index.split import split

Found = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Hit:
    """Whether an accepted answer stands in the first sentence, in the first passage, and in any of those found."""

    sentence: bool
    passage: bool
    any: bool


def holds(text: str, accepted: Sequence[str]) -> bool:
    """Whether an accepted answer stands in the text as whole words; case, accents and signs do not count."""
    folded = f" {plain(text)} "
    return any(f" {words} " in folded for one in accepted if (words := plain(one)))


def hit(found: Sequence[Found], accepted: Sequence[str], compare: Callable[[Sequence[str]], Sequence[float]]) -> Hit:
    """Score what was found, best first; `compare` is the system's own measure of texts against the question."""
    if not found:
        return Hit(sentence=False, passage=False, any=False)
    first = found[0]
    sentence = first["sentence"] if first["sentence"] is not None else best_sentence(first["text"], compare)
    return Hit(
        holds(sentence, accepted), holds(first["text"], accepted), any(holds(one["text"], accepted) for one in found)
    )


def best_sentence(passage: str, compare: Callable[[Sequence[str]], Sequence[float]]) -> str:
    """The sentence of a passage that scores highest; the first of several that tie."""
    sentences = [sentence.text for sentence in split(passage, keep_boilerplate=True)] or [passage]
    if len(sentences) == 1:
        return sentences[0]
    scores = compare(sentences)
    return sentences[max(range(len(sentences)), key=lambda i: scores[i])]


def share(hits: Sequence[bool]) -> float | None:
    """Which part of them are hits."""
    return sum(hits) / len(hits) if hits else None


def quantile(values: Sequence[float], part: float) -> float:
    """The value below which that part of the values lies, by nearest rank."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(part * len(ordered)))]
