"""A pronoun in a line -> whether the line itself has what it stands for.

Comes in: a line, its words and the place of one. Goes out: yes or no. The promise: in doubt it is yes, so that a question
that stands by itself is left as it is. It goes by words, places and capitals alone, for English. Knows nothing of what
was said before.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from bot.mentions import AUXILIARY, DOES, PREPOSITIONS, PRONOUNS, SMALL, WH, words

_OWNING = frozenset("his her hers their theirs its".split())
_OBJECT = frozenset("him them".split())
# "It" that stands for nothing: it rains, it takes a day to, it is true that.
_EMPTY = re.compile(
    r"\bit['’]?s? (?:(?:is|was|be|been|still|not|really|ever|so|too|very|an?|the) )*(?:\w+ (?:or \w+ )?(?:that|to|for|if|when|who|how)\b|true|possible|like\b|"
    r"(?:good|bad|best|great|big|right|wrong) \w+ to\b|when\b|(?:estimated|believed|thought|said|known|expected|reported|likely)\b(?! (?:to|by|in|as)\b)|"
    r"(?:hot|cold|warm|dry|wet|dark|windy|sunny|cloudy|foggy)\b|"
    r"rain\w*|snow\w*|take[sn]?\b|took\b|cost|mean\b|seem\w*|appear\w*|who\b|that\b)|\b(?:what|which) (?:time|day|date|year) (?:is|was) it\b"
    r"|\b(?:does|did|will|would) it (?:usually |really )?(?:take|cost|mean|matter)\b|\bhow (?:is|was) it (?:that|possible)\b"
    r"|\bhow (?:far|long) (?:is|was) it (?:from|to|between|until|till|since)\b",
    re.IGNORECASE,
)
_STOPS = re.compile(r"[.!?;:,–—-]\s|\s(?:and|or|but)\b", re.IGNORECASE)  # what comes before one was said for itself
_CLAUSES = frozenset("when while as if because that after before since until who which once where".split())
_MANY = frozenset("people children men women police".split())
_OWNED = 3  # words of "his last album"
_SOMEBODY = frozenset("who people anyone anybody someone somebody everyone everybody".split())


def pronoun(said: str, word: re.Match[str]) -> str:
    """A word in small letters, without what was drawn to it; in capitals amidst others it is a name: "IT", "in It"."""
    bare = re.sub(r"['’](?:s|re|d|ll|ve)$", "", word[0])
    if bare.lower() not in PRONOUNS or bare.islower():
        return bare.lower()
    begins = re.fullmatch(r"(?:.*[.!?:,])?\W*", said[: word.start()], re.DOTALL)
    named = bare[:1].isupper() and (len(bare) > 1 and bare.isupper() if begins else not said.istitle())
    return bare if named and not said.isupper() else bare.lower()


def titled(said: str) -> bool:
    """Whether a line that asks nothing begins with a pronoun as titles do: "It chapter two cast"; not "his wife"."""
    lower = [word[0].lower() for word in words(said)]
    return (
        not said.endswith("?")
        and not (WH | AUXILIARY).intersection(lower)
        and (
            (lower[0] in PRONOUNS and lower[0] not in _OWNING) or (lower[0] in _OWNING and not 1 < len(lower) <= _OWNED)
        )
    )


def owns(found: Sequence[re.Match[str]], i: int, word: str) -> bool:
    """Whether the pronoun is one of what is somebody's; "her" is, where it is followed by what is hers."""
    return word in _OWNING and (word != "her" or _hers(found, i))


def _hers(found: Sequence[re.Match[str]], i: int) -> bool:
    return i + 1 < len(found) and found[i + 1][0].lower() not in SMALL


def empty(said: str, at: int, pronoun: str) -> bool:
    return pronoun == "it" and any(found.start() <= at < found.end() for found in _EMPTY.finditer(said))


def bound(said: str, i: int, pronoun: str, owning: bool) -> bool:
    """Whether the line itself has what its pronoun may stand for: a sentence, a name or a noun before it."""
    found = words(said)
    before, lower = found[:i], [word[0].lower() for word in found[:i]]
    lower = ["usa" if word == "us" and j and lower[j - 1] == "the" else word for j, word in enumerate(lower)]
    if not before:
        return False
    if _opens(found, i):
        return True
    cut = max((one.end() for one in _STOPS.finditer(said[: found[i].start()])), default=0)
    if any(found[j].start() < cut and (tells(found[j][0]) or tells(word)) for j, word in enumerate(lower)):
        return True
    if lower[0] in ("besides", "other", "aside") and any(word[0][0].isupper() for word in found[1:]):
        return True  # besides his role there, what did Smith do
    if any(re.search(r"\w['’]s$", word) and tells(re.split(r"['’]", word)[0]) for word in lower):
        return True  # what did luther's tutors tell him
    if pronoun in ("its", "their") and _has(lower, pronoun == "their"):
        return True  # which university has its seat there
    if lower[-1] in AUXILIARY and AUXILIARY.isdisjoint(lower[:-1]):
        return False  # the subject of the question itself: "when did he", "what songs did they"
    if any(word[0][0].isupper() and tells(word[0]) for word in before[1:]):
        return True
    if lower[0] not in SMALL or lower[0] in ("which", "whose"):
        return True  # which band released their album; Apple named its boss
    auxiliary = next((j for j, word in enumerate(lower) if word in AUXILIARY), None)
    if (
        lower[0] in _SOMEBODY
        and (auxiliary is None or auxiliary > 1)
        and pronoun not in _OBJECT
        and (owning or pronoun != "it")
    ):
        return True  # who lost his job
    if auxiliary is not None and lower[auxiliary + 1] == "is":
        return True  # did IS lose its capital, typed as people type
    embedded = lower[-1] in _CLAUSES or (i + 1 < len(found) and found[i + 1][0].lower() in AUXILIARY)
    if auxiliary is not None and (owning or embedded) and _subject(lower, auxiliary):
        return True  # how old was mandela when he died
    nouns = [j for j, word in enumerate(lower) if tells(word) and j > (auxiliary or 0)]
    if auxiliary is None and lower[0] in ("what", "who") and nouns:
        nouns = nouns[1:] if (nouns[0] == 1 and len(nouns) == 1) or lower[0] == "who" else nouns  # what caused it
    if auxiliary is not None and lower[0] == "who" and owning and nouns:
        return True  # who did not keep their word
    if embedded and len(nouns) > 1:
        return True  # did they say it would
    if not owning and nouns and nouns[-1] == i - 1:
        nouns.pop()  # the verb that the pronoun is the object of
    asked = [j for j in range(1, auxiliary or 0) if tells(lower[j])]  # what cells are at their lowest
    return any(_may_be(lower, j, PRONOUNS[pronoun] == "group") for j in (*asked, *nouns))


def _has(lower: Sequence[str], plural: bool) -> bool:
    """Whether somebody or something that is named has what the pronoun speaks of."""
    return lower[-1] in ("has", "have", "had") and any(
        _may_be(lower, j, plural) for j in range(1, len(lower) - 1) if tells(lower[j])
    )


def _opens(found: Sequence[re.Match[str]], i: int) -> bool:
    """Whether a pronoun stands before the question itself, which has a subject: "in his speech, what did Ada announce"."""
    lower = [word[0].lower() for word in found]
    if lower[0] not in PREPOSITIONS | _CLAUSES or lower[1] in AUXILIARY or not WH.isdisjoint(lower[1:i]):
        return False
    asks = next((j for j in range(i + 1, len(lower)) if lower[j] in WH), None)
    verbs = AUXILIARY if asks is not None and lower[asks] in ("when", "where", "why", "how") else DOES
    auxiliary = next((j for j in range(asks or i + 1, len(lower) - 1) if lower[j] in verbs), None)
    if auxiliary is None:
        return False
    subject = auxiliary + 1 + (lower[auxiliary + 1] in ("the", "a", "an"))
    return subject < len(lower) and tells(lower[subject])


def _subject(lower: Sequence[str], auxiliary: int) -> bool:
    """Whether a single name may stand right behind the auxiliary as its subject, typed small as people type."""
    if auxiliary and lower[0] not in ("when", "where", "why", "how") and lower[auxiliary] not in DOES:
        return False
    word = lower[auxiliary + 1]
    many = word in _MANY or (word.endswith("s") and not word.endswith(("ss", "us", "is", "'s", "’s")))
    return tells(word) and not many


def tells(word: str) -> bool:
    """Whether a word may name something; "US" and "WHO" do, "us" and "who" do not."""
    return (word.lower() not in SMALL or (len(word) > 1 and word.isupper())) and not word.isdigit()


def _may_be(lower: Sequence[str], j: int, plural: bool) -> bool:
    """Whether the word, by its number and the article before it, is a noun that a pronoun may stand for."""
    many = lower[j] in _MANY or (lower[j].endswith("s") and not lower[j].endswith(("ss", "us", "is")))
    if plural or many:
        return plural and many
    start = j
    while start and tells(lower[start - 1]):
        start -= 1
    return start > 0 and lower[start - 1] in (
        "do",
        "does",
        "did",
        "the",
        "a",
        "an",
        "this",
        "that",
        "every",
        "each",
        "what",
        "which",
    )
