"""A line of a talk and what was said before -> the whole question that it stands for, or that it stands for itself.

Comes in: a person's line and the turns before it. Goes out: a question, made of the line's words and of what was asked
and answered, or None. The promises: a question that can be understood by itself is never changed; no name comes in
that was not said; the same line after the same turns gives the same question. It is done by rules, for English; lines
in other languages stand for themselves. Knows nothing of articles, and of no time or person: the fronts do.

Measured on the dialogues of CANARD and CAsT: docs/LOG.md.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from bot.clauses import again, instead
from bot.mentions import AUXILIARY, PREPOSITIONS, PRONOUNS, SMALL, WH, Mention, Turn, fitting, words

# What people say before they go on: "ok, and when?", "thanks! why?"
_FILLER = re.compile(
    r"^(?:(?:ok(?:ay)?|thanks|thank you|thx|great|good|nice|cool|i see|hm+|well|oh|ah|wow|alright|right|sure|yes|no|interesting)"
    r"\b[\s,.!…-]*)+(?=\S)",
    re.IGNORECASE,
)
_JOINED = re.compile(r"^(?:and|but|so|or)\b[\s,]*", re.IGNORECASE)
# A question word with next to nothing beside it: it asks once more, for something else.
_BARE = re.compile(
    r"(?P<wh>(?:(?:since|until|till|from|by|with|against|for|to|in|at|on|of|about) )?"
    r"(?:who(?:m|se)?|when|where|why|how(?: (?:come|so|long|many(?: times)?|much|often|far|old|exactly))?|"
    r"(?:what|which) (?:year|day|month|date|time|city|country|place|town)|what))"
    r"(?P<not> not)?(?P<exactly>,? (?:exactly|precisely))?(?P<else> else)?"
    r"(?: (?:is|was|are|were|did|does|has|had|would|will) (?:(?:that|this|it) (?:happen|take place|occur|be|so|done|come about)"
    r"|(?:that|this)(?: exactly)?|(?:it|they|he|she) do (?:that|this|it|so))|(?P<it> (?:is|was) it)"
    r"|(?P<by> (?:by|for|with|from|to|against))| happened| so)?\W*",
    re.IGNORECASE,
)
_NEXT = re.compile(r"(?:what happened |what |and )?(?:next|then|afterwards?|after (?:that|this))\W*", re.IGNORECASE)
_ELSE = re.compile(r"(?:any(?:one|body|thing|where)|some(?:one|body|thing)) else\W*", re.IGNORECASE)
# "What about Raqqa?", "and in 2019?"
_INSTEAD = re.compile(r"(?:what|how) about\s+(?P<what>.+?)\W*|(?:and|or)\s+(?P<and>.+?)\W*", re.IGNORECASE)
# "Did anybody die there?", not "was there".
_THERE = re.compile(r"(?<!\bis )(?<!\bare )(?<!\bwas )(?<!\bwere )(?<!\bbe )(?<!\bbeen )(?<!\bhas )(?<!\bhave )\bthere\b"
                    r"(?! (?:is|are|was|were|be|been|will|has|have|any|a|an)\b)", re.IGNORECASE)  # fmt: skip
_THEN = re.compile(r"\b(?:(?:on|in) )?(?:that|the same|this) (?:very )?(day|year|month)\b", re.IGNORECASE)
_MOST = 5  # words of a line without a verb that may take the place of others

_OWNING = frozenset("his her hers their theirs its".split())
_OBJECT = frozenset("him them".split())
# "It" that stands for nothing: it rains, it takes a day to, it is true that.
_EMPTY = re.compile(
    r"\bit['’]?s? (?:(?:is|was|be|been|still|not|really|ever|so|too) )*(?:\w+ (?:that|to|for|if|when|who|how)\b|true|possible|like\b|"
    r"rain\w*|snow\w*|take[sn]?\b|took\b|cost|mean\b|seem\w*|appear\w*|who\b|that\b)|\b(?:what|which) (?:time|day|date|year) (?:is|was) it\b"
    r"|\b(?:does|did|will|would) it (?:usually |really )?(?:take|cost|mean|matter)\b|\bhow (?:is|was) it (?:that|possible)\b",
    re.IGNORECASE,
)
_SOMEBODY = frozenset("who people anyone anybody someone somebody everyone everybody".split())


def followed(line: str, turns: Sequence[Turn]) -> str | None:
    """The whole question that a line stands for after these turns (oldest first), or None where it stands for itself."""
    if not turns or not may_follow(line):
        return None
    said = _FILLER.sub("", " ".join(line.split()))
    whole = _bare(said, turns[-1]) or _other(said, turns)
    if whole is None:
        placed = _placed(said, turns)
        whole = _named(placed, turns) or (placed if placed != said else None)
    return whole if whole and whole != line else None


def may_follow(line: str) -> bool:
    """Whether the line can stand for another question at all; most do not, and need not be looked up for."""
    said = _JOINED.sub("", _FILLER.sub("", " ".join(line.split())))
    leans = any(re.split(r"['’]", word[0].lower())[0] in PRONOUNS for word in words(said))
    forms = (_BARE, _NEXT, _ELSE)
    return leans or bool(_THERE.search(said) or _THEN.search(said) or any(one.fullmatch(said) for one in forms)
                         or _INSTEAD.fullmatch(_FILLER.sub("", " ".join(line.split()))))  # fmt: skip


def _bare(said: str, before: Turn) -> str | None:
    """The last question with another question word: "and when?", "why?", "where was that?", "who else?"."""
    core = _JOINED.sub("", said)
    if _ELSE.fullmatch(core):
        return again(before, "who" if "one" in core or "body" in core else "what", more=True)
    if _NEXT.fullmatch(core):
        return again(before, "what happened after")
    asked = _BARE.fullmatch(core)
    if asked is None:
        return None
    wh = asked["wh"].lower()
    if asked["it"] and wh not in ("when", "where", "why"):
        return None  # what is it?
    if wh in ("how come", "how so") or (wh == "what" and asked["by"] == " for"):
        wh = "why"
    elif wh == "what" and not asked["else"]:
        return None
    elif asked["by"]:
        wh = f"{asked['by'].strip()} {'whom' if wh == 'who' else wh}"
    return again(before, f"{wh}{(asked['exactly'] or '').replace(',', '')}", more=bool(asked["else"]))


def _other(said: str, turns: Sequence[Turn]) -> str | None:
    """The last question about somebody or something else: "what about Raqqa?", "and in 2019?"."""
    found = _INSTEAD.fullmatch(said)
    if found is None:
        return None
    about = found["what"] or found["and"]
    tokens = [word[0].lower() for word in words(about)]
    if not 0 < len(tokens) <= _MOST or tokens[0] in WH | AUXILIARY or not AUXILIARY.isdisjoint(tokens):
        return None
    return instead(turns[-1], _named(about, turns) or about)


def _placed(said: str, turns: Sequence[Turn]) -> str:
    """The line with the place for "there" and the date for "that day", where it was just told."""
    when = _dated(turns[-1])
    if when is not None:
        said = _THEN.sub(lambda found: when if when.split()[0].lower() in PREPOSITIONS else
                         f"{'on' if found[1].lower() == 'day' else 'in'} {when}", said, count=1)  # fmt: skip
    there = _THERE.search(said)
    place = fitting("place", turns, said) if there else None
    if there is None or place is None:
        return said
    where = place.text if place.text.split()[0].lower() in PREPOSITIONS else f"in {place.text}"
    return f"{said[: there.start()]}{where}{said[there.end() :]}"


def _dated(turn: Turn) -> str | None:
    """The short answer to a question for a time."""
    asks = re.search(r"\b(?:when|(?:what|which) (?:year|day|month|date))\b", turn.question, re.IGNORECASE)
    return turn.answer.strip(" .,") if asks and turn.answer and len(turn.answer.split()) <= _MOST else None


def _named(said: str, turns: Sequence[Turn]) -> str | None:
    """The line with what "he", "they" or "it" stands for in the place of the first of them; None where none is free."""
    found = words(said)
    chosen: dict[str, Mention] = {}
    out, at = [], 0
    for i, word in enumerate(found):
        pronoun = re.sub(r"['’](?:s|re|d|ll|ve)$", "", word[0].lower())
        kind = PRONOUNS.get(pronoun)
        if kind is None:
            continue
        owning = pronoun in _OWNING and (pronoun != "her" or _owns(found, i))
        if pronoun[0] not in chosen:
            if _bound(said, i, pronoun, owning) or _empty(said, word.start(), pronoun):
                continue
            mention = fitting(kind, turns, " ".join([said, *(one.text for one in chosen.values())]))
            if mention is None:
                continue
            chosen[pronoun[0]] = mention
        name, rest = chosen[pronoun[0]].text, word[0][len(pronoun) :]
        out += [said[at : word.start()], name, ("'" if name.endswith("s") else "'s") if owning else rest]
        at = word.end()
    return "".join(out) + said[at:] if chosen else None


def _owns(found: Sequence[re.Match[str]], i: int) -> bool:
    """Whether "her" is followed by what is hers."""
    return i + 1 < len(found) and found[i + 1][0].lower() not in SMALL


def _empty(said: str, at: int, pronoun: str) -> bool:
    return pronoun == "it" and any(found.start() <= at < found.end() for found in _EMPTY.finditer(said))


def _bound(said: str, i: int, pronoun: str, owning: bool) -> bool:
    """Whether the line itself has what its pronoun may stand for: a name or a subject before it."""
    before = words(said)[:i]
    lower = [word[0].lower() for word in before]
    if not before:
        return False
    if lower[0] in ("besides", "other", "aside") and any(word[0][0].isupper() for word in words(said)[1:]):
        return True  # besides his role there, what did Smith do
    if lower[-1] in AUXILIARY and "," not in said[: before[-1].start()]:
        return False  # the subject of the question itself: "when did he", "what songs did they"
    names_before = any(word[0][0].isupper() and word[0].lower() not in SMALL for word in before[1:] or ())
    behind = words(said)[i + 1 :]
    if pronoun in _OBJECT or (pronoun == "it" and not (behind and behind[0][0].lower() in AUXILIARY)):
        return names_before
    auxiliary = next((j for j, word in enumerate(lower) if word in AUXILIARY), None)
    if lower[0] in _SOMEBODY and (auxiliary is None or auxiliary > 1) and (owning or pronoun != "it"):
        return True  # who lost his job
    subject = [word for word in lower[(auxiliary if auxiliary is not None else 0) + 1 :] if word not in SMALL]
    if names_before or "," in said[: before[-1].end() + 1]:
        return True
    return bool(subject) and not (auxiliary is None and lower[0] in WH) and not _parts(subject, lower, pronoun)


def _parts(subject: Sequence[str], lower: Sequence[str], pronoun: str) -> bool:
    """Whether what stands before cannot be meant for its number: "the fans" are not "his"."""
    plural = subject[0].endswith("s") and not subject[0].endswith(("ss", "us", "is"))
    return plural and PRONOUNS[pronoun] != "group" and not PREPOSITIONS.issuperset(lower)
