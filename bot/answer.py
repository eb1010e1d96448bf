"""Readings -> an answer with its citations, or none with a reason.

Comes in: candidates and what the reader found in them. Goes out: an `Answer`; not having one is a value too, with
the reason and the nearest sentences. The promises: the short answer is a slice of the first citation, and there is
none to a question for a yes or a no; every citation after the first gives the same short answer in other words or another
article, or names who speaks for it; headings and captions are cited only where no sentence says it. Knows nothing of
how candidates were found or how an answer is shown.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from bot.alike import alike
from bot.cite import Citation, Place, cite
from bot.fitting import polar
from bot.leader import Told, gives_it, leading, likeliest, plain, said_by, sentence_of
from bot.read import Reading
from bot.retrieve import Candidate
from index.split import Sentence
from index.store import StoredArticle

Status = Literal["answered", "not_found"]

# "It" may stand for nobody: it is feared that, it was on Friday that.
_PRONOUN = re.compile(
    r"(?:He|She|They|His|Her|Their|Its|It(?! (?:is|was|will|would|has been|had been|seems|seemed|appears|appeared|takes|took)\b))\b(?![’'])"
)
_LONE_QUOTE = re.compile(r"[“\"„«][^“”\"„«»]*[”\"“»]")

# "CITY (Agency) –", "LONDON, March 3 (Reuters) —": capitals, perhaps a place or date, an agency in brackets, a dash.
_STUB = re.compile(r"[A-Z][A-Z .’'-]+(?:,[^()]{2,30})? \([^()]{2,40}\) ?[-–—]+ +")

# A further citation must itself be more likely right than this; below it, the same words stand there by chance. Of 97 by
# eye 64 are right and 7 wrong from 0.4 on, 17 and 9 below it: docs/LOG.md.
_SUPPORT = 0.4
# Another answer than the one given must be at least this likely to be shown when people ask for more: docs/LOG.md.
_OTHER = 0.03
# Sentences shown as the nearest ones where there is no answer.
_NEAREST = 3


@dataclass(frozen=True, slots=True)
class Answer:
    """What is said to a question. `answered` has at least one citation; `not_found` has none, but a reason.

    `understood` is the whole question that a follow-up was taken for; `outlets` are those that the question names as its
    source: they were searched before all others.
    """

    question: str
    status: Status
    reason: str | None
    answer: str | None
    confidence: float
    citations: tuple[Citation, ...]
    nearest: tuple[Citation, ...]
    generation: str | None
    timings_ms: Mapping[str, float] = field(default_factory=dict)
    groups: tuple[Mapping[str, Any], ...] = ()
    understood: str | None = None
    outlets: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Rules:
    """When an answer is given, how much is cited with it, and how many other answers stand behind it."""

    min_confidence: float = 0.4
    max_citations: int = 5
    further: int = 3


def answer(
    asked: str,
    candidates: Sequence[Candidate],
    readings: Sequence[Reading],
    sure: Callable[[Reading], float],
    rules: Rules,
    generation: str,
    story: Callable[[str], Hashable] = str,
) -> Answer:
    """The answer that is likeliest right by the readings (best first), at that likelihood.

    `sure` gives the probability that a reading is right (see `surely`); `story` says to which story an article belongs:
    told by several outlets, it is evidence once.
    Below `rules.min_confidence` the answer is `not_found`, and the best sentences stand under `nearest`.
    """
    if not readings:
        return not_found(asked, "nothing_close", generation)
    leader = likeliest(candidates, readings, sure, story)
    ordered = leading(asked, candidates, readings, leader, sure, rules.min_confidence)
    likely = sure(ordered[0])
    if likely < rules.min_confidence:
        places = _distinct(candidates, ordered, sure, _NEAREST, story)
        nearest = tuple(cite(place, marker) for marker, place in enumerate(places, 1))
        return not_found(asked, "no_answer_in_articles", generation, likely, nearest)
    if polar(asked):  # a yes or no is said by the whole sentence, and what its span names agrees with nothing
        whole = replace(_place(candidates[ordered[0].window], ordered[0], likely), answer=None)
        return Answer(asked, "answered", None, None, round(likely, 4), (cite(whole, 1),), (), generation)
    places = _distinct(candidates, _agreeing(candidates, ordered, sure), sure, rules.max_citations, story)
    citations = tuple(cite(place, marker) for marker, place in enumerate(places, 1))
    first = citations[0]
    short = None
    if first.answer_start is not None and first.answer_end is not None:
        short = first.quote[first.answer_start - first.start : first.answer_end - first.start]
    return Answer(asked, "answered", None, short, round(likely, 4), citations, (), generation)


def not_found(
    asked: str, reason: str, generation: str | None, confidence: float = 0.0, nearest: tuple[Citation, ...] = ()
) -> Answer:
    """Having no answer, with the reason as a fixed word."""
    return Answer(asked, "not_found", reason, None, round(confidence, 4), (), nearest, generation)


def further(
    given: Answer,
    candidates: Sequence[Candidate],
    readings: Sequence[Reading],
    sure: Callable[[Reading], float],
    most: int,
) -> tuple[Citation, ...]:
    """The next best other answers, at most `most`, for people who doubt the one given: none where none was given.

    Those are given that read best, the likeliest first. Each gives another short answer, in a sentence that was not cited;
    markers go on from those of the answer.
    """
    if given.status != "answered":
        return ()
    first = given.citations[0]
    said = [given.answer if given.answer is not None else first.quote]
    cited = [(one.article, one.start, one.end) for one in given.citations]
    others: list[Place] = []
    for reading in readings:
        if len(others) == most:
            break
        candidate, sentence, here = (
            candidates[reading.window],
            sentence_of(candidates, reading),
            said_by(candidates, reading),
        )
        article = candidate.article.article.id
        known = any(article == id_ and sentence.start < end and start < sentence.end for id_, start, end in cited)
        if known or not plain(here) or sentence.kind != "sentence" or any(alike(here, other) for other in said):
            continue
        if sure(reading) < _OTHER:
            continue
        place = _place(candidate, reading, sure(reading))
        if not any(_overlap(place, other) for other in others):
            said.append(here)
            others.append(place)
    others.sort(key=lambda place: -place.score)
    return tuple(cite(place, marker) for marker, place in enumerate(others, len(given.citations) + 1))


def _agreeing(
    candidates: Sequence[Candidate], readings: Sequence[Reading], sure: Callable[[Reading], float]
) -> list[Reading]:
    """The first reading, and those sentences after it that give the same short answer and are likely to be right."""
    short = said_by(candidates, readings[0])
    return [
        reading
        for i, reading in enumerate(readings)
        if i == 0
        or (
            sentence_of(candidates, reading).kind == "sentence"
            and gives_it(candidates, reading, short)
            and sure(reading) >= _SUPPORT
        )
    ]


def _distinct(
    candidates: Sequence[Candidate],
    readings: Sequence[Reading],
    score: Callable[[Reading], float],
    count: int,
    story: Callable[[str], Hashable],
) -> list[Place]:
    """Where to cite the readings, each wording and each story once: one printed twice is one piece of evidence."""
    places: list[Place] = []
    told = Told(candidates, story)
    for reading in readings:
        place = _place(candidates[reading.window], reading, score(reading))
        if len(places) < count and not any(_overlap(place, other) for other in places) and told.first(reading):
            places.append(place)
    return places


def _place(candidate: Candidate, reading: Reading, score: float) -> Place:
    sentences = candidate.sentences
    sentence = sentences[reading.sentence]
    start, end = candidate.passage.start + reading.start, candidate.passage.start + reading.end
    whole = (start, end) == (body(sentence), sentence.end)
    last = candidate.passage.first + reading.sentence
    return Place(candidate.article, first_needed(candidate.article, last), last, None if whole else (start, end), score)


def first_needed(article: StoredArticle, number: int) -> int:
    """The number of the sentence from which on a sentence is to be quoted: the one before, where it leans on that."""
    leans = _leans_back(article.sentences[number].text)
    return number - (leans and number > 0 and article.sentences[number - 1].kind == "sentence")


def body(sentence: Sentence) -> int:
    """Where a sentence begins to say something: behind a reporter's stub, if it opens with one."""
    stub = _STUB.match(sentence.text)
    return sentence.start + stub.end() if stub and stub.end() < len(sentence.text) else sentence.start


def _overlap(one: Place, other: Place) -> bool:
    same = one.article.article.id == other.article.article.id
    return same and one.first <= other.last and other.first <= one.last


def _leans_back(sentence: str) -> bool:
    """Whether a sentence needs the one before it: a pronoun for its subject, or a quotation that names no speaker."""
    return bool(_PRONOUN.match(sentence) or _LONE_QUOTE.fullmatch(sentence))
