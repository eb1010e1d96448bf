"""Two short answers -> whether they name the same thing.

Comes in: texts as articles have them, with their large and small letters. Goes out: yes or no. Others lean on: it does
not matter which of the two comes first, and a text without a word names nothing. A name and its initials, a surname
and the full name, a figure in digits and in words, a date in either order are one thing; a list and one of its members
are two. Knows nothing of articles or scores.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache

_SMALL = frozenset(
    "the a an of in on at to for by with from as than into near about around some his her its their our my your this "
    "that these those".split()
)
# Words that say what somebody is, how much of what, or when: they tell no two things apart that nothing else does.
_BESIDE = frozenset(
    "mr mrs ms miss dr prof professor sir dame lord lady sen senator rep representative gov governor gen general col "
    "colonel capt captain lt lieutenant sgt sergeant judge justice president minister prime chancellor secretary king "
    "queen prince princess pope rev coach former then % $ € £ percentage point points".split()
)
_MONTHS = {
    short: name
    for name in "january february march april may june july august september october november december".split()
    for short in (name[:3], name[:4])
}
_ONES = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen".split()
)
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()
_COUNTS = {word: i for i, word in enumerate(_ONES)} | {word: 20 + 10 * i for i, word in enumerate(_TENS)}
_TIMES = {
    "hundred": 100, "thousand": 1_000, "k": 1_000, "million": 10**6, "mn": 10**6, "m": 10**6, "billion": 10**9, "bn": 10**9,
    "b": 10**9, "trillion": 10**12, "tn": 10**12,
}  # fmt: skip
_UNITS = {"percent": "%", "dollar": "$", "dollars": "$", "usd": "$", "euro": "€", "euros": "€"}
_TOKEN = re.compile(
    r"\d+(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?|[^\W\d_]+(?:[-‐‑'’][^\W\d_]+)*(?:(?<=s)['’])?|[%$€£]"
)  # fmt: skip
_DOTTED = re.compile(r"\b(?:[^\W\d_]\.){2,}")
_JOINED = re.compile(r"\b(?:and|or|und|oder)\b|&")
# What people type in small letters that are no initials.
_NO_INITIALS = _SMALL | frozenset(
    "who what when where why how which whom was were are is am be been do did does has had have can and or not but if "
    "it he she we us me you they so no up out all any day new old end may two one".split()
)
# Within a name these may be small: World Organisation for Animal Health, but WOAH.
_WITHIN = frozenset(("of", "the", "and", "for"))
_LONGEST_INITIALS = 6


@dataclass(frozen=True, slots=True)
class _Named:
    """`words` are all there are, `core` those that it cannot do without.

    `short` are its abbreviations in small letters; `names` its runs of words with large letters, by their initials.
    """

    words: frozenset[str]
    core: frozenset[str]
    short: frozenset[str]
    names: Mapping[str, frozenset[str]]
    joined: bool


@lru_cache(maxsize=4096)  # each answer of a question is held against each other several times
def alike(one: str, other: str, members: bool = False) -> bool:
    """Whether two short answers name the same: what one cannot do without is in the other, which lists no more.

    With `members` a list is like each of its members too.
    """
    a, b = _named(one), _named(other)
    return bool(a.core and b.core) and (_within(a, b, members) or _within(b, a, members))


def mentions(text: str, answer: str) -> bool:
    """Whether a text has the words of a short answer, in whatever order, or those that stand for them."""
    wanted = _named(answer)
    return bool(wanted.core) and not _missing(wanted, _named(text))


def repeats(question: str, answer: str) -> bool:
    """Whether an answer says nothing but what stands in the question, in the same words or their initials."""
    asked, said = _named(question), _named(answer)
    typed = replace(asked, short=asked.words - _NO_INITIALS)  # people type sdf for SDF
    whole = replace(said, core=(said.words - _SMALL) or said.core)  # what somebody is may be just what was asked
    return bool(said.core) and not _missing(whole, typed)


def _within(one: _Named, other: _Named, members: bool) -> bool:
    if _missing(one, other):
        return False
    figures = all(word[0].isdecimal() for word in one.core)
    return members or figures or one.joined >= other.joined or not _missing(other, one)


def _missing(one: _Named, other: _Named) -> frozenset[str]:
    """What of the one's core is not in the other, neither in full nor by its initials."""
    left = one.core - other.words
    if left:
        left -= one.short & other.names.keys()
        for initials in one.names.keys() & other.short:
            left -= one.names[initials]
    return left


@lru_cache(maxsize=4096)
def _named(text: str) -> _Named:
    found = _TOKEN.findall(_DOTTED.sub(lambda dotted: dotted[0].replace(".", ""), text))
    words = _words([token.lower().replace("’", "'") for token in found])
    core = words - _SMALL
    short = frozenset(token.lower() for token in found if token.isupper() and 1 < len(token) <= _LONGEST_INITIALS)
    return _Named(words, (core - _BESIDE) or core or words, short, _names(found), bool(_JOINED.search(text)))


def _words(tokens: list[str]) -> frozenset[str]:
    """The words, months in full, figures as digits: "1.5bn", "nineteen" and "forty-five" are 1500000000, 19 and 45."""
    made: list[str | float] = []
    for token in tokens:
        last = made[-1] if made else None
        parts = token.split("-")
        if token[0].isdecimal():
            made.append(float(token.replace(",", "")))
        elif token in _TIMES and isinstance(last, float):
            made[-1] = last * _TIMES[token]
        elif token in _TIMES and last == "a":
            made[-1] = float(_TIMES[token])
        elif all(part in _COUNTS for part in parts):
            made.append(float(sum(_COUNTS[part] for part in parts)))
        else:
            made.append(_UNITS.get(token) or _MONTHS.get(token) or token)
    return frozenset(f"{word:.12g}" if isinstance(word, float) else word for word in made)


def _names(tokens: list[str]) -> Mapping[str, frozenset[str]]:
    """Every run of two to six words with a large letter, by their initials: SDF, US, WHO, but small ones as in "of" aside."""
    runs: list[list[str]] = [[]]
    for token in tokens:
        small = token.lower()
        if all(part[:1].isupper() for part in token.split("-")) and small not in _SMALL:
            runs[-1].append(small)
        elif small not in _WITHIN:
            runs.append([])
    return {
        "".join(word[0] for word in run[i:j]): frozenset(run[i:j])
        for run in runs
        for i in range(len(run))
        for j in range(i + 2, min(len(run), i + _LONGEST_INITIALS) + 1)
    }
