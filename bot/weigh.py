"""Readings of many windows -> one ranking and a probability.

Comes in: the question, raw readings (span log-odds), the windows in the order in which they were retrieved. Goes
out: readings with weighed scores, best first, a few a window; and how likely the first one is right. Others lean
on: the weights and the calibration were fitted together, on held-out articles, by `training.calibrate`. Knows
nothing of how spans are found.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from bot.read import Reading, Window
from bot.speaks import gives

_ENDED = re.compile(r"[.!?…:][\"'”’»)\]\s]*$")
# Texts whose words are remembered: each window and sentence of a question is looked at some ten times.
_REMEMBERED = 512
# Sentences offered from one window; a window of 900 characters holds about six.
_PER_WINDOW = 3
# How flat the readings' weights are, and how many with another answer count: found by trial, docs/LOG.md.
_SPREAD = 5.0
_OTHERS = 24
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
            held[reading.window] = overlap(question, window)
        start, end = window.sentences[reading.sentence]
        sentence = window.text[start:end]
        odds = reading.score - weights.asks * _asks(sentence) - weights.unended * (not _ENDED.search(sentence))
        score = odds + weights.window * held[reading.window] + weights.sentence * _share(asked, sentence)
        score -= weights.rank * math.log1p(reading.window if window.place is None else window.place)
        scored.append(replace(reading, score=score, odds=odds))
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


@lru_cache(maxsize=_REMEMBERED)
def _stems(text: str) -> frozenset[str]:
    """The first five letters of each word of content."""
    return frozenset(word[:5] for word in re.findall(r"\w+", text.lower()) if word not in _EMPTY_WORDS)


def _share(asked: frozenset[str], text: str) -> float:
    return len(asked & _stems(text)) / len(asked) if asked else 0.0


@dataclass(frozen=True, slots=True)
class Calibration:
    """From readings to a probability: a logistic function, fitted on held-out articles by `training.calibrate`.

    `odds` weighs what the model says of the first reading's span by itself, `share` the logarithm of `share` below.
    How many of the question's words stand around it is in the share alone: they tell which of many windows is meant, but
    a question of which no article speaks has its words in all of them (docs/LOG.md).
    """

    bias: float = 0.0
    odds: float = 0.5
    share: float = 1.0

    def features(self, readings: Sequence[Reading], windows: Sequence[Window]) -> tuple[float, float]:
        """What the probability is made of, for at least one reading."""
        return readings[0].odds, math.log(share(readings, windows))

    def confidence(self, readings: Sequence[Reading], windows: Sequence[Window]) -> float:
        """Probability that the first reading's sentence answers the question; 0 without readings."""
        if not readings:
            return 0.0
        alone, together = self.features(readings, windows)
        return 1 / (1 + math.exp(-max(-50.0, min(50.0, self.bias + self.odds * alone + self.share * together))))


def share(readings: Sequence[Reading], windows: Sequence[Window]) -> float:
    """The part of all readings' weight that gives the first one's answer, in (0, 1].

    A reading gives it that names the same, or somebody who speaks for it (`bot.speaks`). It weighs the exponential of its
    score. Of those that give another answer the best few count, so that it does not matter how many windows were read.
    """
    first = readings[0]
    answer = windows[first.window].text[first.start : first.end]
    same, others, left = 1.0, 0.0, _OTHERS
    for one in readings[1:]:
        if (one.window, one.sentence) == (first.window, first.sentence):
            continue
        weight = math.exp(max(-50.0, min(9.0, (one.score - first.score) / _SPREAD)))
        window = windows[one.window]
        # A list speaks for each of its members: to hold it against them lost right answers (docs/LOG.md).
        if gives(answer, window.text, window.sentences, one.sentence, (one.start, one.end), members=True):
            same += weight
        elif left:
            left -= 1
            others += weight
    return same / (same + others)


def overlap(question: str, window: Window) -> float:
    """The share of the question's words of content whose first five letters begin a word of the window or title."""
    return _share(_stems(question), f"{window.title or ''} {window.text}")
