"""A reader and held-out questions -> figures.

Comes in: any `Reader`, a corpus, a part of it. Goes out: SQuAD's F1 with and without "no answer", the share of
first sentences that are right when the passage has to be found among others, mean average precision, expected
calibration error. Others lean on: thresholds are chosen on one set of articles and applied to another. Knows
nothing of training.
"""

from __future__ import annotations

import random
import re
import string
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import zip_longest

import numpy as np

from bot.read import Reader, Reading, Window
from bot.retrieve import Candidate
from training.data import Corpus, Example, Part, plain
from training.windows import window


@dataclass(frozen=True, slots=True)
class Attempt:
    """A reader's best answer on one question's own passage."""

    answerable: bool
    score: float
    f1: float
    exact: float


@dataclass(frozen=True, slots=True)
class Trial:
    """A reader's answer to a question among retrieved windows; `right`: its sentence holds a reference."""

    question: str
    answerable: bool
    right: bool
    refs: tuple[str, ...]
    readings: tuple[Reading, ...]
    windows: tuple[Window, ...]
    candidates: tuple[Candidate, ...] = ()


def normal(text: str) -> str:
    """An answer as SQuAD's script compares it: lower case, no signs, no articles."""
    text = "".join(c for c in text.lower() if c not in string.punctuation)
    return " ".join(word for word in text.split() if word not in ("a", "an", "the"))


def f1(answer: str, reference: str) -> float:
    """Word overlap of two answers (SQuAD)."""
    one, other = normal(answer).split(), normal(reference).split()
    if not one or not other:
        return float(one == other)
    common = sum((Counter(one) & Counter(other)).values())
    return 2 * common / (len(one) + len(other))


def attempts(reader: Reader, corpus: Corpus, examples: Sequence[Example]) -> list[Attempt]:
    """The best answer to each example's question in its own passage."""
    found = []
    for example in examples:
        text = corpus.texts[example.passage]
        readings = reader.read(example.question, [window(text.text, text.title)])
        answer = text.text[readings[0].start : readings[0].end] if readings else ""
        references = example.refs or ("",)
        found.append(
            Attempt(
                bool(example.spans),
                readings[0].score if readings else -99.0,
                max(f1(answer, reference) for reference in references),
                float(any(normal(answer) == normal(reference) for reference in references)),
            )
        )
    return found


def f1_at(found: Sequence[Attempt], threshold: float) -> float:
    """SQuAD 2.0's F1: an answer below the threshold is withheld, which is right only where there is none."""
    return float(np.mean([_credit(attempt, threshold) for attempt in found]))


def _credit(attempt: Attempt, threshold: float) -> float:
    if attempt.score < threshold:
        return float(not attempt.answerable)
    return attempt.f1 if attempt.answerable else 0.0


def best_threshold(found: Sequence[Attempt]) -> float:
    """The threshold with the highest F1 on these questions."""
    return max((attempt.score for attempt in found), key=lambda threshold: f1_at(found, threshold))


def sample(corpus: Corpus, part: Part, count: int) -> list[Example]:
    """`count` held-out questions of one part, the same number from each source as far as there are, always the same."""
    rng = random.Random(1)
    sources: dict[str, list[Example]] = {}
    for example in corpus.examples:
        if example.part == part:
            sources.setdefault(example.source, []).append(example)
    rows = [rng.sample(held, len(held)) for _, held in sorted(sources.items())]
    mixed = [example for turn in zip_longest(*rows) for example in turn if example is not None]
    return mixed[:count]


def sentence(reading: Reading, read: Sequence[Window]) -> str:
    """The sentence that a reading points to."""
    start, end = read[reading.window].sentences[reading.sentence]
    return read[reading.window].text[start:end]


def holds(text: str, references: Iterable[str]) -> bool:
    """Whether one of the references stands in the text as whole words."""
    held = f" {plain(text)} "
    return any(f" {wanted} " in held for reference in references if (wanted := plain(reference)))


def average_precision(labels_best_first: Sequence[bool]) -> float:
    """Average precision of one ranking."""
    hits = 0
    total = 0.0
    for place, right in enumerate(labels_best_first, 1):
        if right:
            hits += 1
            total += hits / place
    return total / hits if hits else 0.0


def reciprocal_rank(labels_best_first: Sequence[bool]) -> float:
    """One over the place of the first right one."""
    return next((1 / place for place, right in enumerate(labels_best_first, 1) if right), 0.0)


def spaced(text: str) -> str:
    """White space made single, for printing on one line."""
    return re.sub(r"\s+", " ", text).strip()
