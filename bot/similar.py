"""Sentences that resemble the question, best first: what stands in where no reading model does.

Comes in: a question and windows. Goes out: readings that are whole sentences, with no short answer in them. It
compares, it does not read: on questions about who did what it is often wrong, and every front says so. The score is
the cosine of question and sentence, plus the share of the question's terms that the sentence has, rare ones
counting more (docs/LOG.md has the trial that set the weight).
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

from bot.read import Reading, Window
from index.embed import Embedder
from index.words import terms

_WORDS_WEIGHT = 0.5
# Logistic fit of "the first sentence answers" on the score; rough, and meant to be: see `name`.
_SLOPE, _MIDDLE = 8.0, 0.85


class SentenceScorer:
    """A reader that does not read; `name` says so wherever it is shown."""

    name = "none (sentences compared, not read)"
    apart = False  # how rare a word is depends on all of the windows

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder

    def read(self, question: str, windows: Sequence[Window]) -> list[Reading]:
        """Every sentence of the windows as a reading of its own, best first."""
        places = [(w, s, start, end) for w, win in enumerate(windows) for s, (start, end) in enumerate(win.sentences)]
        if not places:
            return []
        texts = [windows[w].text[start:end] for w, _, start, end in places]
        vectors = self._embedder.encode([question, *texts])
        cosines = vectors[1:] @ vectors[0]
        held = shares(terms(question), [set(terms(text)) for text in texts])
        readings = [
            Reading(w, s, start, end, float(cosine) + _WORDS_WEIGHT * share)
            for (w, s, start, end), cosine, share in zip(places, cosines, held, strict=True)
        ]
        return sorted(readings, key=lambda reading: -reading.score)

    def confidence(self, readings: Sequence[Reading], windows: Sequence[Window]) -> float:
        """A rough guess that the first reading's sentence answers; 0 without readings."""
        return 1 / (1 + math.exp(-_SLOPE * (readings[0].score - _MIDDLE))) if readings else 0.0


def shares(wanted: Sequence[str], sentences: Sequence[set[str]]) -> list[float]:
    """The share of the wanted terms that each sentence holds, weighted by how rare they are among the sentences."""
    having = Counter(term for sentence in sentences for term in sentence)
    weights = {term: math.log(1 + len(sentences) / (1 + having[term])) for term in dict.fromkeys(wanted)}
    total = sum(weights.values()) or 1.0
    return [sum(weight for term, weight in weights.items() if term in sentence) / total for sentence in sentences]
