"""Readings of many windows -> one ranking and a probability.

Comes in: the question, raw readings (span log-odds), the windows in the order in which they were retrieved. Goes
out: readings with weighed scores, best first, a few a window; and how likely the first one is right. Others lean
on: the weights and the calibration were fitted together, on held-out articles, by `training.calibrate`. Knows
nothing of how spans are found.
"""

from __future__ import annotations

import functools
import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from bot.read import Reading, Window

_ENDED = re.compile(r"[.!?…:][\"'”’»)\]\s]*$")
# Texts whose words are remembered: each window and sentence of a question is looked at some ten times.
_REMEMBERED = 512
# Sentences offered from one window; a window of 900 characters holds about six.
_PER_WINDOW = 3
_EMPTY_WORDS = frozenset(
    "who what when where why how which whom whose is are was were be been do does did has have had the a an of in on "
    "at to for by with from that this it its and or many much most there name can could will would should".split()
)


@dataclass(frozen=True, slots=True)
class Weights:
    """What is added to a span's log-odds.

    `window` and `sentence` weigh the share of the question's words of content found there, `rank` the logarithm of
    the window's place in the retrieval. `asks` is taken from a sentence that is itself a question: pages hold
    quizzes and teasers, and no question answers one; `unended` from a line without a full stop, such as a headline
    or a caption: what it says, a sentence says better. These two are set, not fitted: encyclopedias have neither.
    """

    window: float = 0.0
    sentence: float = 0.0
    rank: float = 0.0
    asks: float = 5.0
    unended: float = 3.0


def weighed(question: str, readings: Iterable[Reading], windows: Sequence[Window], weights: Weights) -> list[Reading]:
    """The readings with the weights' share in their scores, the best few of each window, best first."""
    asked = _stems(question)
    held: dict[int, float] = {}
    scored = []
    for reading in readings:
        window = windows[reading.window]
        if reading.window not in held:
            held[reading.window] = _share(asked, f"{window.title or ''} {window.text}")
        start, end = window.sentences[reading.sentence]
        sentence = window.text[start:end]
        score = reading.score + weights.window * held[reading.window] + weights.sentence * _share(asked, sentence)
        score -= weights.rank * math.log1p(reading.window) + weights.asks * _asks(sentence)
        score -= weights.unended * (not _ENDED.search(sentence))
        scored.append(replace(reading, score=score))
    return _best(scored)


def _best(readings: Iterable[Reading]) -> list[Reading]:
    """The best few of each window, a sentence once, best first."""
    seen: set[tuple[int, int]] = set()
    count: dict[int, int] = {}
    kept = []
    for reading in sorted(readings, key=lambda r: (-r.score, r.window, r.start)):
        place = (reading.window, reading.sentence)
        if place in seen or count.get(reading.window, 0) == _PER_WINDOW:
            continue
        seen.add(place)
        count[reading.window] = count.get(reading.window, 0) + 1
        kept.append(reading)
    return kept


def _asks(sentence: str) -> bool:
    return sentence.rstrip("\"'”’)] ").endswith("?")


@functools.lru_cache(maxsize=_REMEMBERED)
def _stems(text: str) -> frozenset[str]:
    """The first five letters of each word of content."""
    return frozenset(word[:5] for word in re.findall(r"\w+", text.lower()) if word not in _EMPTY_WORDS)


def _share(asked: frozenset[str], text: str) -> float:
    return len(asked & _stems(text)) / len(asked) if asked else 0.0


@dataclass(frozen=True, slots=True)
class Calibration:
    """From readings to a probability: logistic functions, fitted on held-out articles by `training.calibrate`.

    `margin` weighs how far the first reading stands above the best one that gives another answer, counted up to
    `farthest`: two articles that say the same do not make each other doubtful. `overlap` weighs the share of the
    question's words of content that the window holds. `shown_bias` and `shown_slope` map the log-odds of an answer
    after agreeing sentences were counted (`bot.answer`) to those that are shown.
    """

    bias: float = -1.0
    score: float = 0.5
    margin: float = 0.0
    overlap: float = 0.0
    farthest: float = 8.0
    shown_bias: float = 0.0
    shown_slope: float = 1.0

    def features(
        self, question: str, readings: Sequence[Reading], windows: Sequence[Window]
    ) -> tuple[float, float, float]:
        """What the probability is made of, for at least one reading: score, margin, overlap."""
        first = readings[0]
        near = min(margin(readings, windows), self.farthest)
        return first.score, near, overlap(question, windows[first.window])

    def confidence(self, question: str, readings: Sequence[Reading], windows: Sequence[Window]) -> float:
        """Probability that the first reading's sentence answers the question; 0 without readings."""
        if not readings:
            return 0.0
        score, near, shared = self.features(question, readings, windows)
        return _logistic(self.bias + self.score * score + self.margin * near + self.overlap * shared)

    def shown(self, confidence: float) -> float:
        """The probability to show where agreeing sentences together came to `confidence`; never turns an order round."""
        inside = min(max(confidence, 1e-6), 1 - 1e-6)
        return _logistic(self.shown_bias + self.shown_slope * math.log(inside / (1 - inside)))


def _logistic(odds: float) -> float:
    return 1 / (1 + math.exp(-max(-50.0, min(50.0, odds))))


def overlap(question: str, window: Window) -> float:
    """The share of the question's words of content whose first five letters begin a word of the window or title."""
    return _share(_stems(question), f"{window.title or ''} {window.text}")


def margin(readings: Sequence[Reading], windows: Sequence[Window]) -> float:
    """How far the first reading's score is above that of the best reading with another answer (infinite if none)."""
    first = readings[0]
    answer = _words(first, windows)
    for other in readings[1:]:
        if (other.window, other.sentence) == (first.window, first.sentence):
            continue
        if not _same(answer, _words(other, windows)):
            return first.score - other.score
    return math.inf


def _words(reading: Reading, windows: Sequence[Window]) -> frozenset[str]:
    return _bare(windows[reading.window].text[reading.start : reading.end])


@functools.lru_cache(maxsize=_REMEMBERED)
def _bare(text: str) -> frozenset[str]:
    return frozenset(word for word in re.findall(r"\w+", text.lower()) if word not in ("the", "a", "an"))


def _same(one: frozenset[str], other: frozenset[str]) -> bool:
    """Two answers are the same when the words of one are among the other's."""
    return one <= other or other <= one
