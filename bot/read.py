"""Question and windows -> Readings: which sentence answers, where in it, and how surely.

Comes in: a question and windows of articles with their sentences. Goes out: readings, best first, a few a window.
Others lean on: a reading's span lies inside one sentence and is a slice of the window's text; scores compare
across windows and articles, and 0 means as likely as no answer; no model ever writes text. The only door to the
reader models; they are imported when one is loaded, so that importing this file stays cheap. Knows nothing of
retrieval, citations or fronts.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

# The longest answer in tokens: names, numbers and short clauses; longer ones are the sentence itself.
_LONGEST_ANSWER = 30
# Sentences offered from one window; a window of 900 characters holds about six.
_PER_WINDOW = 3

_OPENERS = "\"'“”‘’«»([{<,;:-–—•*… \t\n"
_CLOSERS = "\"'“”‘’«»)]}>,;:-–—…!? \t\n"
_EMPTY_WORDS = frozenset(
    "who what when where why how which whom whose is are was were be been do does did has have had the a an of in on "
    "at to for by with from that this it its and or many much most there name can could will would should".split()
)


@dataclass(frozen=True, slots=True)
class Window:
    """What is read: one passage. `sentences` are (start, end) in `text`, in order, not overlapping.

    The title may help to understand the passage; an answer never comes from it.
    """

    text: str
    sentences: tuple[tuple[int, int], ...]
    title: str | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """One possible answer: `windows[window].text[start:end]`, inside that window's sentence number `sentence`.

    `score` is the log-odds of the span against there being no answer in the window; higher is better.
    """

    window: int
    sentence: int
    start: int
    end: int
    score: float


class Reader(Protocol):
    """A reading model held open."""

    @property
    def name(self) -> str:
        """What the model is called in manifests and messages."""

    def read(self, question: str, windows: Sequence[Window]) -> list[Reading]:
        """Readings over all windows, best first; ties in the order of the windows."""

    def confidence(self, question: str, readings: Sequence[Reading], windows: Sequence[Window]) -> float:
        """Probability that the first reading's sentence answers the question; 0 without readings."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """From readings to a probability: a logistic function, fitted on held-out articles by `training.calibrate`.

    `margin` weighs how far the first reading stands above the best one that gives another answer, counted up to
    `farthest`: two articles that say the same do not make each other doubtful. `overlap` weighs the share of the
    question's words of content that the window holds.
    """

    bias: float = -1.0
    score: float = 0.5
    margin: float = 0.0
    overlap: float = 0.0
    farthest: float = 8.0

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
        odds = self.bias + self.score * score + self.margin * near + self.overlap * shared
        return 1 / (1 + math.exp(-max(-50.0, min(50.0, odds))))


def overlap(question: str, window: Window) -> float:
    """The share of the question's words of content whose first five letters begin a word of the window or title."""
    asked = {word[:5] for word in re.findall(r"\w+", question.lower()) if word not in _EMPTY_WORDS}
    held = {word[:5] for word in re.findall(r"\w+", f"{window.title or ''} {window.text}".lower())}
    return len(asked & held) / len(asked) if asked else 0.0


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


def _words(reading: Reading, windows: Sequence[Window]) -> tuple[str, ...]:
    text = windows[reading.window].text[reading.start : reading.end].lower()
    return tuple(word for word in re.findall(r"\w+", text) if word not in ("the", "a", "an"))


def _same(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    """Two answers are the same when the words of one are among the other's."""
    return set(one) <= set(other) or set(other) <= set(one)


def best_spans(
    odds: NDArray[np.float32], starts: Sequence[int], ends: Sequence[int], window: Window, number: int
) -> list[Reading]:
    """The best answer of each sentence of one window from log-odds (tokens, 2) of its tokens, unsorted.

    `starts` and `ends` are each token's place in the window's text. A token between two sentences belongs to none.
    """
    if not len(odds):
        return []
    owner = _owners(starts, ends, window.sentences)
    width = min(_LONGEST_ANSWER, len(odds))
    # sums[k, i]: the answer from token i to token i + k.
    sums = np.full((width, len(odds)), -np.inf, dtype=np.float32)
    for k in range(width):
        last = len(odds) - k
        inside = (owner[:last] == owner[k:]) & (owner[:last] >= 0)
        sums[k, :last] = np.where(inside, odds[:last, 0] + odds[k:, 1], -np.inf)
    longest = sums.argmax(0)
    best = sums.max(0)
    readings = []
    for sentence in np.unique(owner[owner >= 0]):
        places = np.flatnonzero(owner == sentence)
        i = int(places[best[places].argmax()])
        span = (starts[i], ends[i + int(longest[i])])
        start, end = trimmed(window.text, *span, window.sentences[sentence])
        readings.append(Reading(number, int(sentence), start, end, float(best[i])))
    return readings


def _owners(starts: Sequence[int], ends: Sequence[int], sentences: Sequence[tuple[int, int]]) -> NDArray[np.int64]:
    """The sentence each token lies in, -1 for none."""
    edges = np.array([start for start, _ in sentences], dtype=np.int64)
    stops = np.array([end for _, end in sentences], dtype=np.int64)
    if not len(edges):
        return np.full(len(starts), -1, dtype=np.int64)
    owner = np.searchsorted(edges, np.asarray(starts), side="right") - 1
    inside = (owner >= 0) & (np.asarray(ends) <= stops[owner])
    return np.where(inside, owner, -1)


def trimmed(text: str, start: int, end: int, sentence: tuple[int, int]) -> tuple[int, int]:
    """The span grown to whole words, then without white space and signs around it; never empty, never beyond.

    A full stop at the end goes unless it belongs to an abbreviation such as "U.S.".
    """
    while start > sentence[0] and text[start].isalnum() and text[start - 1].isalnum():
        start -= 1
    while end < sentence[1] and text[end - 1].isalnum() and text[end].isalnum():
        end += 1
    whole = (start, end)
    changed = True
    while changed and start < end:
        before = (start, end)
        while start < end and text[start] in _OPENERS and not _signs_number(text, start, end):
            start += 1
        while start < end and (text[end - 1] in _CLOSERS or _plain_stop(text, start, end)):
            end -= 1
        changed = before != (start, end)
    return (start, end) if start < end else whole


def _signs_number(text: str, start: int, end: int) -> bool:
    """Whether the sign at `start` is a minus before a digit."""
    return text[start] in "-–" and start + 1 < end and text[start + 1].isdigit()


def _plain_stop(text: str, start: int, end: int) -> bool:
    if text[end - 1] != ".":
        return False
    return not re.search(r"(?:\b[^\W\d_]\.|\b(?:Inc|Jr|Sr|Co|Corp|Ltd|St|[ap]\.m)\.)$", text[start:end])


def ranked(readings: Iterable[Reading]) -> list[Reading]:
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


def strides(tokens: int, room: int) -> list[tuple[int, int]]:
    """How a text of `tokens` is read in parts of at most `room`, each overlapping the one before by a quarter."""
    if tokens <= room:
        return [(0, tokens)]
    step = max(1, room - room // 4)
    return [(begin, min(begin + room, tokens)) for begin in range(0, max(1, tokens - room // 4), step)]


def load_reader(model: str | Path = "default", threads: int | None = None, precision: str = "auto") -> Reader:
    """The shipped reader ("default"), one of its kind in a folder, or a Hugging Face question-answering model's folder.

    `threads` bounds PyTorch's threads for the whole process; `precision` is "auto", "float32" or "bfloat16".
    Raises ReaderUnavailable, which names the file and what to do, when the model is missing or damaged.
    """
    from bot import read_mini, read_transformers

    folder = read_mini.shipped_folder() if str(model) == "default" else Path(model)
    if read_mini.is_mini(folder):
        return read_mini.load(folder, threads, precision)
    return read_transformers.load(folder, threads, precision)
