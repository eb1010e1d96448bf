"""Question and windows -> Readings: which sentence answers, where in it, and how surely.

Comes in: a question and windows of articles with their sentences. Goes out: readings, best first, a few a window.
Others lean on: a reading's span lies inside one sentence and is a slice of the window's text; scores compare
across windows and articles; no model ever writes text. The only door to the
reader models; they are imported when one is loaded, so that importing this file stays cheap. Knows nothing of
retrieval, citations or fronts.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from index.embed import Precision

# The longest answer in tokens: names, numbers and short clauses; longer ones are the sentence itself.
_LONGEST_ANSWER = 30

# What is taken from the log-odds of an answer that does not fit the question, and how many answers of a sentence are
# looked at for one that does: found by trial, docs/LOG.md.
_UNFIT = 4.0
_TRIES = 4

_OPENERS = "\"'“”‘’«»([{<,;:-–—•*… \t\n"
_CLOSERS = "\"'“”‘’«»)]}>,;:-–—…!? \t\n"


@dataclass(frozen=True, slots=True)
class Window:
    """What is read: one passage. `sentences` are (start, end) in `text`, in order, not overlapping.

    The title may help to understand the passage; an answer never comes from it. `place` is how many windows
    were retrieved before it, those of a story's further copies not counted; None where that is its number in the list.
    `published` is the article's ISO date, if it has one; `years` are those that an article without a date names anywhere.
    """

    text: str
    sentences: tuple[tuple[int, int], ...]
    title: str | None = None
    place: int | None = None
    published: str | None = None
    years: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Reading:
    """One possible answer: `windows[window].text[start:end]`, inside that window's sentence number `sentence`.

    `score` is the log-odds of the span against there being no answer in the window, with what `bot.weigh` adds for
    the question's words and the window's place; higher is better. `odds` is the score without what was added.
    """

    window: int
    sentence: int
    start: int
    end: int
    score: float
    odds: float = 0.0


class Reader(Protocol):
    """A reading model held open."""

    @property
    def name(self) -> str:
        """What the model is called in manifests and messages."""

    @property
    def apart(self) -> bool:
        """Whether each window is read by itself, so that some can be left for later."""

    def read(self, question: str, windows: Sequence[Window]) -> list[Reading]:
        """Readings over all windows, best first. Windows come best retrieved first: their order counts a little.

        One without sentences keeps its place and is not read.
        """

    def confidence(self, readings: Sequence[Reading], windows: Sequence[Window]) -> float:
        """Probability that the first reading's sentence answers the question; 0 without readings.

        The others are held for it where they give the same answer and against it where they give another.
        """


def _never(_: str) -> bool:
    return False


def best_spans(
    odds: NDArray[np.float32],
    starts: Sequence[int],
    ends: Sequence[int],
    window: Window,
    number: int,
    unfit: Callable[[str], bool] = _never,
) -> list[Reading]:
    """The best answer of each sentence of one window from log-odds (tokens, 2) of its tokens, unsorted.

    `starts` and `ends` are each token's place in the window's text. A token between two sentences belongs to none, and
    one of which a model says no finite number begins and ends no answer. An answer whose text is `unfit` gives way to the
    sentence's best other one, unless that is much worse.
    """
    if not len(odds):
        return []
    owner = _owners(starts, ends, window.sentences)
    odds = np.where(np.isfinite(odds), odds, np.float32(-np.inf))
    readings = []
    for sentence in np.unique(owner[owner >= 0]).tolist():
        places = np.flatnonzero(owner == sentence)
        # sums[i, j]: the answer from the sentence's token i to its token j.
        sums = odds[places, :1] + odds[places, 1] + _allowed(len(places))
        found: list[Reading] = []
        for _ in range(_TRIES):
            i, j = divmod(int(sums.argmax()), len(places))
            if sums[i, j] == -np.inf:
                break
            span = (starts[places[i]], ends[places[j]])
            start, end = trimmed(window.text, *span, window.sentences[sentence])
            bad = unfit(window.text[start:end])
            found.append(Reading(number, sentence, start, end, float(sums[i, j]) - _UNFIT * bad))
            if not bad:
                break
            sums[i : j + 1, i : j + 1] = -np.inf  # no part of it fits either
        if found:
            readings.append(max(found, key=lambda one: one.score))
    return readings


@functools.lru_cache(maxsize=64)
def _allowed(tokens: int) -> NDArray[np.float32]:
    """What is added to the answer from token i to token j: nothing, or, where it ends too late or too soon, -inf."""
    far = np.arange(tokens) - np.arange(tokens)[:, None]
    return np.where((far >= 0) & (far < _LONGEST_ANSWER), np.float32(0), np.float32(-np.inf))


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
    return _closed(text, start, end, sentence[1]) if start < end else whole


def _closed(text: str, start: int, end: int, limit: int) -> tuple[int, int]:
    """The span with its bracket closed where it closes right behind, or else cut off where it opens."""
    opened = text.rfind("(", start, end)
    if opened <= start or ")" in text[opened:end]:
        return start, end
    return (start, end + 1) if text[end : end + 1] == ")" and end < limit else (start, len(text[:opened].rstrip()))


def _signs_number(text: str, start: int, end: int) -> bool:
    """Whether the sign at `start` is a minus before a digit."""
    return text[start] in "-–" and start + 1 < end and text[start + 1].isdigit()


def _plain_stop(text: str, start: int, end: int) -> bool:
    if text[end - 1] != ".":
        return False
    return not re.search(r"(?:\b[^\W\d_]\.|\b(?:Inc|Jr|Sr|Co|Corp|Ltd|St|[ap]\.m)\.)$", text[start:end])


def strides(tokens: int, room: int) -> list[tuple[int, int]]:
    """How a text of `tokens` is read in parts of at most `room`, each overlapping the one before by a quarter."""
    if tokens <= room:
        return [(0, tokens)]
    step = max(1, room - room // 4)
    return [(begin, min(begin + room, tokens)) for begin in range(0, max(1, tokens - room // 4), step)]


def load_reader(model: str | Path = "default", threads: int | None = None, precision: Precision = "auto") -> Reader:
    """The shipped reader ("default"), one of its kind in a folder, or a Hugging Face question-answering model's folder.

    `threads` bounds PyTorch's threads for the whole process; `precision` is "auto", "float32" or "bfloat16".
    Raises ReaderUnavailable, which names the file and what to do, when the model is missing or damaged.
    """
    from bot import read_mini, read_transformers

    folder = read_mini.shipped_folder() if str(model) == "default" else Path(model)
    if read_mini.is_mini(folder):
        return read_mini.load(folder, threads, precision)
    return read_transformers.load(folder, threads, precision)
