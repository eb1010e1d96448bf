"""Readings -> the one whose answer is given, and how likely it is to be right.

Comes in: candidates and their readings, best first. Goes out: the likeliest reading; or, where that one names a spokesman,
the reading that names those for whom he speaks; or, where it stands in a heading, a sentence that says the same. The
promise: a wording and a story count once. Knows nothing of citations.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Hashable, Sequence
from functools import cache, lru_cache

from bot.alike import alike
from bot.read import Reading
from bot.retrieve import Candidate
from bot.speaks import gives, names_voice
from index.split import Sentence

_NO_WORD = re.compile(r"[\W_]+")
# Readings that may be the likeliest; those further down are never.
_LEADERS = 8


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
    return [one for one in _told_once(candidates, readings, story) if sentence_of(candidates, one).kind == "sentence"]


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
    told = Told(candidates, story)
    return [reading for reading in readings if told.first(reading)]


class Told:
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
        wording, story = plain(sentence_of(self._candidates, reading).text), self._story(article)
        if wording in self._wordings or self._tellers.get(story, article) != article:
            return False
        self._wordings.add(wording)
        self._tellers[story] = article
        return True


def leading(
    asked: str,
    candidates: Sequence[Candidate],
    readings: Sequence[Reading],
    leader: Reading,
    sure: Callable[[Reading], float],
    least: float,
) -> list[Reading]:
    """The readings with the one first whose answer is given: the leader, or what is better to quote and at least `least` likely.

    Who declares through a spokesman goes before the spokesman, unless it is a spokesman that was asked for; a sentence that
    can stand by itself before a heading that says no more.
    """
    if not names_voice(asked):
        leader = _spoken_for(candidates, readings, leader, sure, least)
    if sentence_of(candidates, leader).kind != "sentence":
        leader = _in_a_sentence(candidates, readings, leader, sure, least)
    return [leader, *(one for one in readings if one is not leader)]


def _spoken_for(
    candidates: Sequence[Candidate],
    readings: Sequence[Reading],
    leader: Reading,
    sure: Callable[[Reading], float],
    least: float,
) -> Reading:
    """The reading that names those for whom the leader's spokesman speaks, if it is likely enough; else the leader."""
    said = said_by(candidates, leader)
    for reading in readings[:_LEADERS]:
        short = said_by(candidates, reading)
        if not alike(said, short) and gives_it(candidates, leader, short) and sure(reading) >= least:
            return reading
    return leader


def _in_a_sentence(
    candidates: Sequence[Candidate],
    readings: Sequence[Reading],
    leader: Reading,
    sure: Callable[[Reading], float],
    least: float,
) -> Reading:
    """The best reading that gives the leader's answer in a sentence, if it is likely enough; else the leader."""
    said = said_by(candidates, leader)
    for reading in readings:
        says_so = sentence_of(candidates, reading).kind == "sentence" and alike(said, said_by(candidates, reading))
        if says_so and sure(reading) >= least:
            return reading
    return leader


def gives_it(candidates: Sequence[Candidate], reading: Reading, short: str) -> bool:
    """Whether a reading names the short answer, or somebody who speaks for it."""
    candidate = candidates[reading.window]
    base = candidate.passage.start
    spans = [(sentence.start - base, sentence.end - base) for sentence in candidate.sentences]
    return gives(short, candidate.passage.text, spans, reading.sentence, (reading.start, reading.end))


def sentence_of(candidates: Sequence[Candidate], reading: Reading) -> Sentence:
    return candidates[reading.window].sentences[reading.sentence]


def said_by(candidates: Sequence[Candidate], reading: Reading) -> str:
    return candidates[reading.window].passage.text[reading.start : reading.end]


@lru_cache(maxsize=1024)  # a question looks at each of its sentences some ten times
def plain(text: str) -> str:
    """Words only: case, accents and signs folded away, for comparing what two texts say."""
    if text.isascii():  # nearly all are, and no sign in them combines
        return " ".join(_NO_WORD.sub(" ", text.lower()).split())
    folded = unicodedata.normalize("NFKD", text).casefold()
    return " ".join(_NO_WORD.sub(" ", "".join(c for c in folded if not unicodedata.combining(c))).split())
