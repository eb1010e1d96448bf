"""Readings -> an answer with its citations, or none with a reason.

Comes in: candidates and what the reader found in them. Goes out: an `Answer`; not having one is a value too, with
the reason and the nearest sentences. The promises: the short answer is a slice of the first citation, and there is
none to a question for a yes or a no; every citation after the first gives the same short answer in other words or another
article, or names who speaks for it; headings and captions are cited only where no sentence says it. Knows nothing of
how candidates were found or how an answer is shown.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, lru_cache
from typing import Any, Literal

from bot.alike import alike
from bot.cite import Citation, Place, cite
from bot.fitting import polar
from bot.read import Reading
from bot.retrieve import Candidate
from bot.speaks import gives
from index.split import Sentence
from index.store import StoredArticle

Status = Literal["answered", "not_found"]

_NO_WORD = re.compile(r"[\W_]+")
# "It" may stand for nobody: it is feared that, it was on Friday that.
_PRONOUN = re.compile(
    r"(?:He|She|They|His|Her|Their|Its|It(?! (?:is|was|will|would|has been|had been|seems|seemed|appears|appeared|takes|took)\b))\b(?![’'])"
)
_LONE_QUOTE = re.compile(r"[“\"„«][^“”\"„«»]*[”\"“»]")

# "CITY (Agency) –", "LONDON, March 3 (Reuters) —": capitals, perhaps a place or date, an agency in brackets, a dash.
_STUB = re.compile(r"[A-Z][A-Z .’'-]+(?:,[^()]{2,30})? \([^()]{2,40}\) ?[-–—]+ +")

# Readings that may be the likeliest; those further down are never.
_LEADERS = 8
# A further citation must itself be more likely right than this; below it, the same words stand there by chance. Of 97 by
# eye 64 are right and 7 wrong from 0.4 on, 17 and 9 below it: docs/LOG.md.
_SUPPORT = 0.4
# Another answer than the one given must be at least this likely to be shown when people ask for more: docs/LOG.md.
_OTHER = 0.03
# Sentences shown as the nearest ones where there is no answer.
_NEAREST = 3


@dataclass(frozen=True, slots=True)
class Answer:
    """What is said to a question. `answered` has at least one citation; `not_found` has none, but a reason."""

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
    ordered = _preferred(
        candidates, [leader, *(one for one in readings if one is not leader)], sure, rules.min_confidence
    )
    if sure(leader) < rules.min_confidence:
        places = _distinct(candidates, ordered, sure, _NEAREST, story)
        nearest = tuple(cite(place, marker) for marker, place in enumerate(places, 1))
        return not_found(asked, "no_answer_in_articles", generation, sure(leader), nearest)
    if polar(asked):  # a yes or no is said by the whole sentence, and what its span names agrees with nothing
        whole = replace(_place(candidates[ordered[0].window], ordered[0], sure(ordered[0])), answer=None)
        return Answer(asked, "answered", None, None, round(sure(leader), 4), (cite(whole, 1),), (), generation)
    places = _distinct(candidates, _agreeing(candidates, ordered, sure), sure, rules.max_citations, story)
    citations = tuple(cite(place, marker) for marker, place in enumerate(places, 1))
    first = citations[0]
    short = None
    if first.answer_start is not None and first.answer_end is not None:
        short = first.quote[first.answer_start - first.start : first.answer_end - first.start]
    return Answer(asked, "answered", None, short, round(sure(leader), 4), citations, (), generation)


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
            _sentence(candidates, reading),
            _said(candidates, reading),
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


def surely(
    candidates: Sequence[Candidate],
    readings: Sequence[Reading],
    confidence: Callable[[Sequence[Reading]], float],
    story: Callable[[str], Hashable] = str,
) -> Callable[[Reading], float]:
    """How likely each of the readings (best first) is right, worked out when it is asked for.

    `confidence` gives the probability that the first of some readings is right, the others held for or against it.
    """
    others = evidence(candidates, readings, story)
    return cache(lambda reading: confidence([reading, *others]))


def evidence(
    candidates: Sequence[Candidate], readings: Sequence[Reading], story: Callable[[str], Hashable] = str
) -> list[Reading]:
    """Those of the readings that count for or against another: sentences, each wording and each story once."""
    return [one for one in _told_once(candidates, readings, story) if _sentence(candidates, one).kind == "sentence"]


def likeliest(
    candidates: Sequence[Candidate],
    readings: Sequence[Reading],
    sure: Callable[[Reading], float],
    story: Callable[[str], Hashable] = str,
) -> Reading:
    """The reading whose answer is given, of at least one; ties go to the better reading."""
    return max(_told_once(candidates, readings, story)[:_LEADERS], key=sure)


def _told_once(
    candidates: Sequence[Candidate], readings: Sequence[Reading], story: Callable[[str], Hashable]
) -> list[Reading]:
    told = _Told(candidates, story)
    return [reading for reading in readings if told.first(reading)]


class _Told:
    """What was told already: wordings, and which article of each story told it.

    Another sentence of that same article still counts: the calibration was fitted so.
    """

    def __init__(self, candidates: Sequence[Candidate], story: Callable[[str], Hashable]) -> None:
        self._candidates, self._story = candidates, story
        self._wordings: set[str] = set()
        self._tellers: dict[Hashable, str] = {}

    def first(self, reading: Reading) -> bool:
        """Whether nothing before it said it in these words or was another copy of its story; it is noted if so."""
        article = self._candidates[reading.window].article.article.id
        wording, story = plain(_sentence(self._candidates, reading).text), self._story(article)
        if wording in self._wordings or self._tellers.get(story, article) != article:
            return False
        self._wordings.add(wording)
        self._tellers[story] = article
        return True


def _preferred(
    candidates: Sequence[Candidate],
    readings: Sequence[Reading],
    sure: Callable[[Reading], float],
    least: float,
) -> list[Reading]:
    """The readings, best first, with a sentence that can stand by itself before the heading that says no more."""
    ordered = list(readings)
    if ordered and _sentence(candidates, ordered[0]).kind != "sentence":
        said = _said(candidates, ordered[0])
        for i, reading in enumerate(ordered):
            says_so = _sentence(candidates, reading).kind == "sentence" and alike(said, _said(candidates, reading))
            if says_so and sure(reading) >= least:
                ordered.insert(0, ordered.pop(i))
                break
    return ordered


def _agreeing(
    candidates: Sequence[Candidate], readings: Sequence[Reading], sure: Callable[[Reading], float]
) -> list[Reading]:
    """The first reading, and those sentences after it that give the same short answer and are likely to be right."""
    short = _said(candidates, readings[0])
    return [
        reading
        for i, reading in enumerate(readings)
        if i == 0
        or (
            _sentence(candidates, reading).kind == "sentence"
            and _gives(candidates, reading, short)
            and sure(reading) >= _SUPPORT
        )
    ]


def _gives(candidates: Sequence[Candidate], reading: Reading, short: str) -> bool:
    """Whether a reading names the short answer, or somebody who speaks for it."""
    candidate = candidates[reading.window]
    base = candidate.passage.start
    spans = [(sentence.start - base, sentence.end - base) for sentence in candidate.sentences]
    return gives(short, candidate.passage.text, spans, reading.sentence, (reading.start, reading.end))


def _distinct(
    candidates: Sequence[Candidate],
    readings: Sequence[Reading],
    score: Callable[[Reading], float],
    count: int,
    story: Callable[[str], Hashable],
) -> list[Place]:
    """Where to cite the readings, each wording and each story once: one printed twice is one piece of evidence."""
    places: list[Place] = []
    told = _Told(candidates, story)
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


def _sentence(candidates: Sequence[Candidate], reading: Reading) -> Sentence:
    return candidates[reading.window].sentences[reading.sentence]


def _said(candidates: Sequence[Candidate], reading: Reading) -> str:
    return candidates[reading.window].passage.text[reading.start : reading.end]


@lru_cache(maxsize=1024)  # a question looks at each of its sentences some ten times
def plain(text: str) -> str:
    """Words only: case, accents and signs folded away, for comparing what two texts say."""
    if text.isascii():  # nearly all are, and no sign in them combines
        return " ".join(_NO_WORD.sub(" ", text.lower()).split())
    folded = unicodedata.normalize("NFKD", text).casefold()
    return " ".join(_NO_WORD.sub(" ", "".join(c for c in folded if not unicodedata.combining(c))).split())
