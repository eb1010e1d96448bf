"""Two short answers -> whether they name the same thing.

Comes in: texts as articles have them, with their large and small letters. Goes out: yes or no. Others lean on: it does
not matter which of the two comes first, and a text without a word names nothing. A name and its initials, a surname
and the full name, a figure in digits and in words, a date in either order are one thing, and so are letters with and without accents; a list and one
of its members are two, and so are dollars and euros. Knows nothing of articles or scores.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
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
_COUNTS |= {f"{ten}-{one}": _COUNTS[ten] + _COUNTS[one] for ten in _TENS for one in _ONES[1:10]}
_TIMES = {
    "hundred": 100, "thousand": 1_000, "k": 1_000, "million": 10**6, "mn": 10**6, "m": 10**6, "billion": 10**9, "bn": 10**9,
    "b": 10**9, "trillion": 10**12, "tn": 10**12,
}  # fmt: skip
_UNITS = {"percent": "%", "dollar": "$", "dollars": "$", "usd": "$", "euro": "€", "euros": "€"}
_TOKEN = re.compile(
    r"\d+(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?|[^\W\d_]+(?:[-'][^\W\d_]+)*(?:(?<=s)')?|[%$€£]"
)  # fmt: skip
_SIGNS = frozenset("%$€£")
_DENIALS = frozenset("not never without neither nor".split())
_ACCENTS = re.compile("[\u0300-\u036f]+")
_PLAINER = str.maketrans("‐‑’", "--'")
_DOTTED = re.compile(r"\b(?:[^\W\d_]\.){2,}")
_JOINED = re.compile(r"\b(?:and|or|und|oder)\b|&")
# What people type in small letters that are no initials.
_NO_INITIALS = _SMALL | frozenset(
    "who what when where why how which whom was were are is am be been do did does has had have can and or not but if "
    "it he she we us me you they so no up out all any day new old end may two one".split()
)
# In capitals these are other things than in small letters, and not only where a sentence shouts.
_IN_CAPITALS = frozenset(("WHO", "US", "IT"))
# Within a name these may be small: World Organisation for Animal Health, but WOAH.
_WITHIN = frozenset(("of", "the", "and", "for"))
_LONGEST_INITIALS = 6


@dataclass(frozen=True, slots=True)
class _Named:
    """`words` are all there are, `core` those that it cannot do without.

    `short` are its abbreviations in small letters, `tokens` what it was made from.
    """

    words: frozenset[str]
    core: frozenset[str]
    short: frozenset[str]
    tokens: tuple[str, ...]
    joined: bool


@lru_cache(maxsize=4096)  # each answer of a question is held against each other several times
def alike(one: str, other: str, members: bool = False) -> bool:
    """Whether two short answers name the same: what one cannot do without is in the other, which lists no more.

    With `members` a list is like each of its members too.
    """
    a, b = _named(one), _named(other)
    signs = a.words & _SIGNS, b.words & _SIGNS
    if not (a.core and b.core) or (all(signs) and signs[0].isdisjoint(signs[1])):
        return False
    if a.words.isdisjoint(_DENIALS) != b.words.isdisjoint(_DENIALS):
        return False
    return _within(a, b, members) or _within(b, a, members)


def mentions(text: str, answer: str) -> bool:
    """Whether a text has the words of a short answer, in whatever order, or those that stand for them."""
    wanted = _named(answer)
    return bool(wanted.core) and not _missing(wanted, _owners_too(_read(text)))


def repeats(question: str, answer: str) -> bool:
    """Whether an answer says nothing but what stands in the question, in the same words or their initials."""
    asked, said = _owners_too(_named(question.lower() if question.isupper() else question)), _named(answer)
    typed = replace(asked, short=frozenset(word.lower() for word in asked.words - _NO_INITIALS))  # sdf for SDF
    whole = replace(said, core=(said.words - _SMALL) or said.core)  # what somebody is may be just what was asked
    return bool(said.core) and not _missing(whole, typed)


def _owners_too(named: _Named) -> _Named:
    """With the names of those that something belongs to: Ana's bridge speaks of Ana too."""
    return replace(named, words=named.words | {word.removesuffix("'s").removesuffix("'") for word in named.words})


def _within(one: _Named, other: _Named, members: bool) -> bool:
    if _missing(one, other):
        return False
    figures = all(word[0].isdecimal() for word in one.core)
    return members or figures or one.joined >= other.joined or not _missing(other, one)


def _missing(one: _Named, other: _Named) -> frozenset[str]:
    """What of the one's core is not in the other, neither in full nor by its initials."""
    left = one.core - other.words
    if left and one.short:
        initials_of = one.short & _names(other.tokens).keys()
        left -= {word for word in left if word.lower() in initials_of}
    if left and other.short:
        names = _names(one.tokens)
        for initials in names.keys() & other.short:
            left -= names[initials]
    return left


@lru_cache(maxsize=4096)  # of answers alone: whole windows would take 26 KB each
def _named(text: str) -> _Named:
    return _read(text)


def _read(text: str) -> _Named:
    if not text.isascii():
        text = _ACCENTS.sub("", unicodedata.normalize("NFD", text)).translate(_PLAINER)
    found = _TOKEN.findall(_DOTTED.sub(lambda dotted: dotted[0].replace(".", ""), text))
    words = _words([_lowered(token) for token in found])
    core = words - _SMALL
    short = frozenset(token.lower() for token in found if token.isupper() and 1 < len(token) <= _LONGEST_INITIALS)
    return _Named(words, (core - _BESIDE) or core or words, short, tuple(found), bool(_JOINED.search(text)))


def _lowered(token: str) -> str:
    return token if token in _IN_CAPITALS else token.casefold()


def _words(tokens: list[str]) -> frozenset[str]:
    """The words, months in full, figures as digits: "1.5bn", "nineteen" and "forty-five" are 1500000000, 19 and 45."""
    made: list[str | float] = []
    for token in tokens:
        last = made[-1] if made else None
        if token[0].isdecimal():
            made.append(float(token.replace(",", "")))
        elif token in _TIMES and isinstance(last, float):
            made[-1] = last * _TIMES[token]
        elif token in _TIMES and last == "a":
            made[-1] = float(_TIMES[token])
        elif token == "one" and last == "no":
            made[-1] = "nobody"
        elif token in _COUNTS:
            made.append(float(_COUNTS[token]))
        else:
            made.append(_UNITS.get(token) or _MONTHS.get(token) or token)
    return frozenset(f"{word:.12g}" if isinstance(word, float) else word for word in made)


def _names(tokens: Sequence[str]) -> Mapping[str, frozenset[str]]:
    """Every run of two to six words with a large letter, by their initials: SDF, US, WHO, but small ones as in "of" aside."""
    runs: list[list[str]] = [[]]
    for token in tokens:
        small = _lowered(token)
        if all(part[:1].isupper() for part in token.split("-")) and small not in _SMALL:
            runs[-1].append(small)
        elif small not in _WITHIN:
            runs.append([])
    return {
        "".join(word[0] for word in run[i:j]).lower(): frozenset(run[i:j])
        for run in runs
        for i in range(len(run))
        for j in range(i + 2, min(len(run), i + _LONGEST_INITIALS) + 1)
    }
