"""What was said in a talk -> the names and things in it that a later "he", "they" or "it" may stand for.

Comes in: questions as they were understood, short answers, quotes. Goes out: mentions, slices of what was said. The
promise: nothing is named that was not said. It goes by words, places and capitals alone, so it errs; where nothing
fits, it says so rather than take the next best. Knows nothing of articles.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

Kind = Literal["person", "group", "thing", "place"]

PRONOUNS: dict[str, Kind] = {
    "he": "person", "him": "person", "his": "person", "she": "person", "her": "person", "hers": "person",
    "they": "group", "them": "group", "their": "group", "theirs": "group", "it": "thing", "its": "thing",
}  # fmt: skip
WH = frozenset("who whom whose what which when where why how".split())
AUXILIARY = frozenset(
    "am is are was were be been do does did has have had can could will would shall should may might must isn't aren't "
    "wasn't weren't don't doesn't didn't hasn't haven't hadn't can't couldn't won't wouldn't isnt arent wasnt werent dont "
    "doesnt didnt hasnt havent hadnt cant couldnt wont wouldnt".split()
)
PREPOSITIONS = frozenset(
    "about above across after against along among around as at before behind below beneath beside besides between beyond by "
    "despite down during except for from in inside into like near of off on onto out outside over past per since than "
    "through throughout till to toward towards under until up upon via with within without".split()
)
_OTHERS = frozenset(
    "a an the and or but so if then also not no yes any some all each every both this that these those there here i you "
    "we he him his himself she her hers herself they them their theirs themselves it its itself my your our me us one ones "
    "ever else anything something nothing everything anyone someone somebody anybody nobody more most other another first last next only just still even again already yet too very much many few "
    "tell describe explain give list name show please because while though although ok okay thanks really".split()
)
SMALL = WH | AUXILIARY | PREPOSITIONS | _OTHERS
_WORD = re.compile(r"[^\W_](?:[\w&.’'-]*\w)?")
_LINKS = frozenset("of the de da do del della di du la le von van der den bin al ibn & for and".split())
# Words that no person's name holds.
_COLLECTIVE = frozenset(
    "army academy agency alliance assembly association authority band bank board boys brigade brothers bureau "
    "cabinet church club coalition college command commission committee company congress corporation council court crew "
    "delegation department division education federation fighters firm force forces foundation front girls government group "
    "guard house inc institute league legion limited ltd militia ministry mission movement nations network office orchestra "
    "organisation organization parliament party police press regiment senate service services sisters society squad states "
    "staff team troops union united university workers".split()
)
_IS = frozenset("is are was were".split())
DOES = frozenset("do does did don't doesn't didn't".split())
_PLACES = frozenset("in at near to from into around outside inside across".split())
_DATES = frozenset(
    "january february march april may june july august september october november december monday tuesday wednesday thursday "
    "friday saturday sunday".split()
)
_LONG = 6  # words of a short answer that may be taken for a name or thing


@dataclass(frozen=True, slots=True)
class Mention:
    """A slice of what was said, and what it may stand for."""

    text: str
    kinds: frozenset[Kind]


@dataclass(frozen=True, slots=True)
class Turn:
    """One question of a talk as it was understood, and what it was answered with: the short answer and the quote.

    `line` is how it was asked, where that is another.
    """

    question: str
    answer: str | None = None
    quote: str | None = None
    line: str | None = None


def words(text: str) -> list[re.Match[str]]:
    """The words of a text with their places; what follows an apostrophe or dot inside belongs to them."""
    return list(_WORD.finditer(text))


def names(text: str, known: str = "") -> Iterator[Mention]:
    """The names in a text, in order; `known` is a text with capitals that tells them where this one has none."""
    found = words(text)
    if known and text == text.lower():
        opening = {sentence.split(" ", 1)[0] for sentence in re.split(r"(?<=[.!?])\s+|\n", known)}
        for name in sorted(names(known), key=lambda one: -len(one.text)):
            if name.text in opening:
                continue  # a sentence begins with a capital, whatever its first word is
            if at := re.search(rf"\b{re.escape(name.text.lower())}\b", text):
                yield Mention(name.text, _kinds(text, at.start(), name.text))
        return
    i = 0
    while i < len(found):
        if not _capital(found[i][0]) or _begins(found[i][0]):
            i += 1
            continue
        end = i
        for j in range(i + 1, len(found)):
            between = text[found[j - 1].end() : found[j].start()]
            initial = between == ". " and len(found[j - 1][0]) == 1
            if (between not in (" ", "  ") and not initial) or found[j - 1][0].endswith(("'s", "’s")):
                break
            if _capital(found[j][0]):
                end = j
            elif found[j][0].lower() not in _LINKS or j - end > 2 or (j - end == 1 and found[j][0] == "the"):
                break
        called = _plain(text[found[i].start() : found[end].end()])
        if called:
            yield Mention(called, _kinds(text, found[i].start(), called))
        i = end + 1


def answered(turn: Turn) -> Mention | None:
    """The short answer as what it may stand for, by the question that it answers; None where it is a whole clause."""
    said = re.sub(r"\s*\([^()]*\)$", "", turn.answer or "").strip(' .,;:!?"“”‘’')
    if not said or len(said.split()) > _LONG:
        return None
    asked = turn.question.lower()
    if re.search(r"\b(?:when|why|how|what (?:year|date|day|time|month))\b", asked):
        return None
    if re.search(r"\bwhere\b|\b(?:what|which) (?:city|country|town|place|state|village)\b", asked):
        return Mention(said, frozenset({"place"}))
    if not any(_capital(word) for word in said.split()) and not re.match(
        r"(?:the|his|her|a|an)\s", said, re.IGNORECASE
    ):
        return None
    kinds = _kinds(said, 0, said)
    if re.search(r"\bwho\b|\bwhom\b", asked):
        kinds -= {"thing", "place"}
    elif not re.search(r"\b(?:player|singer|man|woman|person|leader|actor|member|president|minister)\b", asked):
        kinds -= {"person"}
    return Mention(said, kinds) if kinds else None


def things(text: str) -> Iterator[Mention]:
    """What a question names in small letters: with an article before it, behind "about" or "what is"; in order."""
    found = words(text)
    for i, word in enumerate(found):
        bare = word[0].lower() == "about" or (i == 1 and found[0][0].lower() == "what" and word[0].lower() in _IS)
        if not bare and word[0].lower() not in ("the", "a", "an", "this", "that", "his", "her", "their", "its"):
            continue
        end = i
        for j in range(i + 1, min(i + 4, len(found))):
            if found[j][0].lower() in SMALL or text[found[j - 1].end() : found[j].start()] != " ":
                break
            if j > i + 1 and found[j][0].lower().endswith(("ed", "ing")):
                break
            end = j
        if end == len(found) - 1 and not DOES.isdisjoint(one[0].lower() for one in found[:i]):
            end -= 1  # did the earthquake strike
        if end > i:
            last = found[end][0].lower()
            kind: Kind = "group" if last.endswith("s") and not last.endswith("ss") else "thing"
            yield Mention(text[found[i + bare].start() : found[end].end()], frozenset({kind}))


def fitting(kind: Kind, turns: Sequence[Turn], line: str = "") -> Mention | None:
    """What was last said that a word of that kind may stand for; the newest turn first, in each the likeliest.

    What the line names itself is meant by no such word in it.

    A name in the midst of a question may be of anything; one that such a word stood for before comes before it.
    """
    named = {word[0] for word in words(line) if _capital(word[0]) and word[0].lower() not in SMALL}
    for sure in (True, False):
        for i in range(len(turns) - 1, -1, -1):
            for mention in _likeliest(kind, turns[i], sure):
                if kind in mention.kinds and named.isdisjoint(mention.text.split()):
                    return replace(mention, text=with_article(_in_full(mention.text, turns[: i + 1]), turns[i]))
    return None


def _likeliest(kind: Kind, turn: Turn, sure: bool) -> Iterator[Mention]:
    """A turn's mentions: whom the same word stood for then; who or what was asked for; what was asked about."""
    known = "\n".join(filter(None, (turn.answer, turn.quote)))
    asked = list(names(turn.question, known))
    if turn.line is not None and any(PRONOUNS.get(word[0].lower()) == kind for word in words(turn.line)):
        yield from (one for one in asked if one.text not in turn.line)
    given = answered(turn)
    if given is not None:
        yield given
    yield from asked if not sure or kind == "thing" else (one for one in asked if _subject(turn.question, one.text))
    if kind == "thing" or (not sure and kind != "person"):
        yield from reversed(list(things(turn.question)))


def _subject(question: str, name: str) -> bool:
    """Whether the name is what a question is about: it stands behind its auxiliary, or "about", or first of all."""
    before = [word[0].lower() for word in words(question[: max(0, question.lower().find(name.lower()))])]
    while before and before[-1] in ("the", "general", "president", "mr", "mrs", "ms", "dr", "sir"):
        before.pop()
    return not before or before[-1] in AUXILIARY or before[-1] == "about"


def with_article(name: str, turn: Turn) -> str:
    """The name with "the" before it, where the turn has it so."""
    said = f"{turn.question}\n{turn.quote or ''}"
    the = (
        _capital(name)
        and not name.lower().startswith("the ")
        and re.search(rf"\bthe {re.escape(name)}\b", said, re.IGNORECASE)
    )
    return f"the {name}" if the else re.sub(r"^The (?=\S)", "the ", name)  # it stands in the midst of a question


def _in_full(name: str, turns: Sequence[Turn]) -> str:
    """The longest form of a name that was said: a surname alone is found in many articles."""
    if not _capital(name) or " and " in name:
        return name
    said = [text for turn in reversed(turns) for text in (turn.question, turn.answer, turn.quote) if text]
    longer = (
        one.text for text in said for one in names(text)
        if one.text.endswith(f" {name}") and " and " not in one.text and len(one.text.split()) <= len(name.split()) + 2
    )  # fmt: skip
    return next(longer, name)


def _kinds(text: str, start: int, name: str) -> frozenset[Kind]:
    """What a name may stand for, by its words and those before it."""
    before = text[:start].lower().split()
    parts = [word.strip(".,").lower() for word in name.split()]
    if (before and before[-1] == "the") or parts[0] == "the":
        return frozenset({"group", "thing"})
    if not _COLLECTIVE.isdisjoint(parts):
        return frozenset({"group", "thing"})
    if " and " in name:
        return frozenset({"group"})
    if name.isupper() and len(name) > 1:
        return frozenset({"group", "thing"})
    if any(c.isdigit() for c in name):
        return frozenset({"thing"})
    if before and before[-1] in _PLACES:
        return frozenset({"place"})
    return frozenset({"person", "group", "thing"})


def _begins(word: str) -> bool:
    """Whether a word has its capital from the sentence that it begins, or names a day or month; "IS" is a name."""
    small = word.lower() in SMALL or word.lower() in _DATES
    return small and not (word.isupper() and len(word) > 1)


def _capital(word: str) -> bool:
    return word[0].isupper() or (word[0].isdigit() and any(c.isupper() for c in word))


def _plain(name: str) -> str:
    return re.sub(r"['’]s?$", "", name)
