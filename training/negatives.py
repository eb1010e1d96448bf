"""Passages and questions that have an answer -> ones that look alike and have none.

Comes in: a passage with the spans that answer, a question, names that other questions ask about. Goes out: the
passage without its answering sentences, its sentences one by one, or the question asked of something else or denied.
Others lean on this: what is left of a passage does not hold the answer's words; what a question was changed to stands
nowhere in the passage or in another sentence than the answer, and what was changed did. Knows nothing of corpora, tokens or models.
"""

from __future__ import annotations

import random
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from training.data import Span, plain
from training.windows import sentence_spans

_NAME = re.compile(r"(?<=[\w,] )[A-Z][\w-]*\w(?: (?:of the |of |de |von )?[A-Z][\w-]*\w)*")
_NUMBER = re.compile(r"(?<![\w.,])\d{1,3}(?:,\d{3})+(?![\w,])|(?<![\w.,])\d+(?![\w]|[.,]\d)")
# A thing asked for, mostly a noun: "how many bridges", "which bridge".
_THING = re.compile(r"\b([Hh]ow many|[Ww]hat|[Ww]hich) ([a-z]{4,})\b")
_NO_THING = frozenset(
    "does were have been will would could should that this these they with from kind type year".split()
)
_OPPOSITES = tuple(
    tuple(pair.split("/"))
    for pair in (
        "first/last largest/smallest biggest/smallest highest/lowest most/least oldest/youngest "
        "before/after increase/decrease increased/decreased increases/decreases north/south northern/southern "
        "east/west eastern/western won/lost win/lose wins/loses started/ended began/ended start/end begin/end "
        "begins/ends male/female men/women husband/wife son/daughter father/mother brother/sister king/queen "
        "bought/sold buy/sell accepted/rejected supported/opposed support/oppose supports/opposes joined/left "
        "opened/closed arrived/departed best/worst rise/fall rose/fell gained/lost longest/shortest "
        "approved/rejected banned/allowed created/destroyed upper/lower majority/minority advantage/disadvantage "
        "positive/negative success/failure attacked/defended indoor/outdoor summer/winter maximum/minimum "
        "early/late earlier/later earliest/latest more/fewer higher/lower larger/smaller greater/lesser better/worse older/younger "
        "taller/shorter faster/slower fastest/slowest heavier/lighter heaviest/lightest closer/farther richer/poorer "
        "stronger/weaker strongest/weakest bigger/tinier hot/cold warm/cool wet/dry hard/soft dark/bright rich/poor "
        "strong/weak high/low large/small big/little long/short young/old new/ancient modern/ancient public/private "
        "legal/illegal internal/external domestic/foreign rural/urban direct/indirect formal/informal permanent/temporary "
        "common/rare popular/unpopular successful/unsuccessful guilty/innocent voluntary/forced similar/different "
        "same/different simple/complex natural/artificial active/inactive military/civilian primary/secondary senior/junior "
        "include/exclude includes/excludes included/excluded allow/forbid allows/forbids allowed/forbidden permit/forbid "
        "prevent/cause prevented/caused prevents/causes encourage/discourage encouraged/discouraged praise/criticize "
        "praised/criticized agree/disagree agreed/disagreed love/hate loved/hated like/dislike liked/disliked "
        "find/lose found/lost build/demolish built/demolished borrow/lend borrowed/lent give/take gave/took given/taken "
        "send/receive sent/received push/pull pushed/pulled raise/lower raised/lowered add/remove added/removed "
        "expand/shrink expanded/shrank hire/fire hired/fired appointed/dismissed elected/ousted invaded/liberated "
        "captured/freed arrested/released born/buried died/survived kill/save killed/saved enter/leave entered/left "
        "arrive/depart come/go came/went succeed/fail succeeded/failed strengthen/weaken strengthened/weakened "
        "improve/worsen improved/worsened reveal/hide revealed/hidden confirmed/denied confirm/deny claim/deny claimed/denied "
        "remember/forget teach/learn taught/learned import/export imported/exported imports/exports above/below over/under "
        "inside/outside within/beyond during/after with/without always/never usually/rarely often/seldom all/none "
        "minority/majority ally/enemy allies/enemies friend/enemy friends/enemies winner/loser supply/demand income/expense "
        "profit/loss victory/defeat peace/war strength/weakness beginning/ending birth/death entrance/exit day/night "
        "morning/evening top/bottom front/back left/right uncle/aunt nephew/niece actor/actress prince/princess emperor/empress"
    ).split()
)
_OPPOSITE: dict[str, list[str]] = {}
for _one, _other in (pair for two in _OPPOSITES for pair in (two, two[::-1])):
    _OPPOSITE.setdefault(_one, []).append(_other)
_AUXILIARY = re.compile(r"\b(is|are|was|were|did|does|do|has|have|had|can|could|would|should)\b")
_DENIED = {"can": "can't"}
# How often a question is changed to what its own passage also speaks of, and how often it is denied.
_WITHIN, _DENIES = 0.4, 0.12

# A name's like: after which word it stands, how many words it has, whether it ends as a people's name does. A thing's:
# after which word, 0, whether it is more than one.
Likes = Mapping[tuple[str, int, bool], Sequence[str]]


def without_answer(text: str, spans: Sequence[Span], rng: random.Random, least: int = 80) -> str | None:
    """The passage with the sentences that a span touches taken out, or only one side of them.

    None where less than `least` characters remain, or where the answer's words stand in what remains.
    """
    kept = [(s, e) for s, e in sentence_spans(text) if not any(s < end and e > start for start, end in spans)]
    if spans and rng.random() < 0.4:
        first, last = min(start for start, _ in spans), max(end for _, end in spans)
        sides = [[span for span in kept if span[1] <= first], [span for span in kept if span[0] >= last]]
        kept = max(sides, key=len) if rng.random() < 0.7 else rng.choice(sides)
    left = " ".join(text[s:e] for s, e in kept)
    return left if len(left) >= least and not _says(left, text, spans) else None


def sentences_apart(
    text: str, spans: Sequence[Span], rng: random.Random, most: int = 4
) -> list[tuple[str, tuple[Span, ...]]]:
    """The answering sentence first, alone, then up to `most` others of the passage that do not hold the answer.

    Empty where no sentence holds a whole span, or no other is left.
    """
    whole = sentence_spans(text)
    own = [(s, e) for s, e in whole if any(s <= start and end <= e for start, end in spans)]
    others = [(s, e) for s, e in whole if (s, e) not in own and e - s > 25 and not _says(text[s:e], text, spans)]
    others = [(s, e) for s, e in others if not any(s < end and e > start for start, end in spans)]
    if not own or not others:
        return []
    begin, stop = rng.choice(own)
    inside = tuple((start - begin, end - begin) for start, end in spans if begin <= start and end <= stop)
    return [(text[begin:stop], inside), *((text[s:e], ()) for s, e in rng.sample(others, min(most, len(others))))]


def _says(part: str, text: str, spans: Sequence[Span]) -> bool:
    held = f" {plain(part)} "
    return any(f" {plain(text[start:end])} " in held for start, end in spans)


def likes(questions: Iterable[str]) -> Likes:
    """The names and things in questions, each with its like."""
    found: defaultdict[tuple[str, int, bool], dict[str, None]] = defaultdict(dict)
    for question in questions:
        for match in _NAME.finditer(question):
            found[_like(question, match)][match.group()] = None
        for lead, thing in _THING.findall(question):
            if thing not in _NO_THING:
                found[_thing_like(lead, thing)][thing] = None
    return {like: tuple(names) for like, names in found.items() if len(names) > 5}


def _like(question: str, match: re.Match[str]) -> tuple[str, int, bool]:
    before = question[: match.start()].split()[-1].lower()
    return before, len(match.group().split()), bool(re.search(r"(?:an|ish|ese|ic)$", match.group()))


def _thing_like(lead: str, thing: str) -> tuple[str, int, bool]:
    return lead.lower(), 0, thing.endswith("s")


def swapped(question: str, passage: str, names: Likes, rng: random.Random) -> str | None:
    """The question with a name, number, thing or word of direction changed for another of its kind; None if it has none.

    What is changed stands in the passage (a word of direction need not), what it is changed for does not.
    """
    held = f" {plain(passage)} "
    changes: list[tuple[int, int, str]] = []
    for match in _NAME.finditer(question):
        if f" {plain(match.group())} " in held:
            others = names.get(_like(question, match), ())
            changes += [(*match.span(), name) for name in rng.sample(list(others), min(4, len(others)))]
    for match in _NUMBER.finditer(question):
        if f" {plain(match.group())} " in held:
            changes += [(*match.span(), _other_number(match.group(), rng)) for _ in range(3)]
    for match in _THING.finditer(question):
        if match[2] not in _NO_THING and f" {match[2][:5]}" in held:
            others = [o for o in names.get(_thing_like(match[1], match[2]), ()) if o[:4] != match[2][:4]]
            changes += [(*match.span(2), other) for other in rng.sample(others, min(2, len(others)))]
    for match in re.finditer(r"[a-z]+", question):
        if match.group() in _OPPOSITE:
            changes.append((*match.span(), rng.choice(_OPPOSITE[match.group()])))
    rng.shuffle(changes)
    for start, end, other in changes:
        words = plain(other).split()
        # Of a name no word may be known here: "Mary Smith" would answer for "Smith".
        if words and not any(f" {word[:5]}" in held for word in words if len(word) > 3 or len(words) == 1):
            return question[:start] + other + question[end:]
    return None


def crossed(question: str, passage: str, spans: Sequence[Span], rng: random.Random) -> str | None:
    """The question with a name or number changed for another of the passage, from a sentence that does not answer.

    None where there is none. Now and then the passage answers it after all: rarely, since the fact asked for is told
    of the other name. People who write questions without an answer most often do just this.
    """
    away = [(s, e) for s, e in sentence_spans(passage) if not any(s < end and e > start for start, end in spans)]
    near = plain(" ".join(passage[s:e] for s, e in sentence_spans(passage) if (s, e) not in away))
    asked = f" {plain(question)} "
    changes: list[tuple[int, int, str]] = []
    for pattern in (_NAME, _NUMBER):
        others = {match.group(): None for s, e in away for match in pattern.finditer(passage, s, e)}
        fresh = [o for o in others if not any(f" {word} " in f" {near} {asked}" for word in plain(o).split())]
        for match in pattern.finditer(question):
            # What stands nowhere in the passage would be as far from it after the change as before.
            if f" {plain(match.group())} " in f" {plain(passage)} ":
                changes += [(*match.span(), o) for o in fresh if _alike(match.group(), o)]
    if not changes:
        return None
    start, end, other = rng.choice(changes)
    return question[:start] + other + question[end:]


def _alike(one: str, other: str) -> bool:
    """Both years or both not; both of a people or both not; names of about as many words."""
    if one[0].isdigit():
        return (len(one) == 4) == (len(other) == 4) and one != other
    ends = [bool(re.search(r"(?:an|ish|ese|ic)$", name)) for name in (one, other)]
    return ends[0] == ends[1] and abs(len(one.split()) - len(other.split())) <= 1


def denied(question: str) -> str | None:
    """The question with its auxiliary verb denied; None if it has none, or is about why."""
    match = _AUXILIARY.search(question)
    if match is None or question.lower().startswith("why") or "n't" in question or " not " in question:
        return None
    return question[: match.start()] + _DENIED.get(match[0], f"{match[0]}n't") + question[match.end() :]


def unanswered(question: str, passage: str, spans: Sequence[Span], names: Likes, rng: random.Random) -> str | None:
    """The question changed so that its passage does not answer it, in one of three ways; None where none can be had."""
    drawn = rng.random()
    if drawn < _DENIES and (other := denied(question)):
        return other
    if drawn < _DENIES + _WITHIN and (other := crossed(question, passage, spans, rng)):
        return other
    return swapped(question, passage, names, rng)


def _other_number(number: str, rng: random.Random) -> str:
    """A year some years off; of another number one digit changed."""
    if len(number) == 4 and 1000 <= int(number) <= 2100:
        return str(int(number) + rng.choice((-1, 1)) * rng.randint(1, 30))
    places = [i for i, sign in enumerate(number) if sign.isdigit()]
    i = rng.choice(places)
    digits = [digit for digit in "123456789" if digit != number[i]]
    return number[:i] + rng.choice(digits) + number[i + 1 :]
