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

from bot.bound import bound, empty, owns, pronoun, tells, titled
from bot.clauses import again, asks_for, instead
from bot.mentions import AUXILIARY, PREPOSITIONS, PRONOUNS, WH, Mention, Turn, fitting, words

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
    r"|(?:that|this)(?: exactly)?|(?:it|they|he|she) (?:do|say) (?:that|this|it|so))|(?P<it> (?:is|was) it)"
    r"|(?P<by> (?:by|for|with|from|to|against))| happened| so)?\W*",
    re.IGNORECASE,
)
_NEXT = re.compile(r"(?:what happened |what |and )?(?:next|then|afterwards?|after (?:that|this))\W*", re.IGNORECASE)
_ELSE = re.compile(r"(?:any(?:one|body|thing|where)|some(?:one|body|thing)) else\W*", re.IGNORECASE)
# "What about Raqqa?", "and in 2019?"
_INSTEAD = re.compile(r"(?:what|how) about\s+(?P<what>.+?)\W*|(?:and|or)\s+(?P<and>.+?)\W*", re.IGNORECASE)
# "Did anybody die there?", not "was there".
_THERE = re.compile(
    r"(?<!\bis )(?<!\bare )(?<!\bwas )(?<!\bwere )(?<!\bbe )(?<!\bbeen )(?<!\bhas )(?<!\bhave )\bthere(?=\W*$)",
    re.IGNORECASE,
)
_THEN = re.compile(r"\b(?:(?:on|in) )?(?:that|the same) (?:very )?(day|year|month)\b", re.IGNORECASE)
_YEAR = re.compile(r"\b(?:1\d|20)\d\d\b")
_MOST = 5  # words of a line without a verb that may take the place of others

_CHARACTERS = 200  # of a line that is looked at at all
_LONGEST = 14  # words; who says more names what he means (docs/LOG.md)


def followed(line: str, turns: Sequence[Turn]) -> str | None:
    """The whole question that a line stands for after these turns (oldest first), or None where it stands for itself."""
    if not turns or not may_follow(line):
        return None
    said = _FILLER.sub("", " ".join(line.split()))
    whole = _bare(said, turns) or _other(said, turns)
    if whole is None:
        placed = _placed(said, turns)
        whole = _named(placed, turns) or (placed if placed != said else None)
    return whole if whole and whole != line else None


def may_follow(line: str) -> bool:
    """Whether the line can stand for another question at all; most do not, and need not be looked up for."""
    if len(line) > _CHARACTERS:
        return False
    typed = _FILLER.sub("", " ".join(line.split()))
    said = _JOINED.sub("", typed)
    if len(words(said)) > _LONGEST:
        return False
    leans = any(pronoun(said, word) in PRONOUNS for word in words(said)) and not titled(said)
    forms = (_BARE, _NEXT, _ELSE)
    return leans or bool(_THERE.search(said) or _THEN.search(said) or any(one.fullmatch(said) for one in forms)
                         or _INSTEAD.fullmatch(typed))  # fmt: skip


def _bare(said: str, turns: Sequence[Turn]) -> str | None:
    """The last question with another question word: "and when?", "why?", "where was that?", "who else?"."""
    core = _JOINED.sub("", said)
    if _ELSE.fullmatch(core):
        return _once_more("who" if "one" in core or "body" in core else "what", turns)
    if _NEXT.fullmatch(core):
        return again(turns[-1], "what happened after")
    asked = _BARE.fullmatch(core)
    if asked is None:
        return None
    wh = asked["wh"].lower()
    if asked["not"]:
        denied = wh == "why" and words(turns[-1].question)[:1] and words(turns[-1].question)[0][0].lower() in AUXILIARY
        return again(turns[-1], "why not:") if denied else None
    if asked["it"] and wh not in ("when", "where", "why"):
        return None  # what is it?
    if wh in ("how come", "how so") or (wh == "what" and asked["by"] == " for"):
        wh = "why"
    elif wh == "what" and not asked["else"]:
        return None
    elif asked["by"]:
        wh = f"{asked['by'].strip()} {'whom' if wh == 'who' else wh}"
    if asked["else"]:
        return _once_more(wh, turns)
    return again(turns[-1], f"{wh}{(asked['exactly'] or '').replace(',', '')}")


def _once_more(wh: str, turns: Sequence[Turn]) -> str | None:
    """The last question that asked for such, besides what was answered: "who else?"."""
    before = next((turn for turn in reversed(turns) if asks_for(turn.question, wh)), None)
    return again(before, wh, more=True) if before else None


def _other(said: str, turns: Sequence[Turn]) -> str | None:
    """The last question about somebody or something else: "what about Raqqa?", "and in 2019?"."""
    found = _INSTEAD.fullmatch(said)
    if found is None:
        return None
    about = found["what"] or found["and"]
    tokens = [word[0].lower() for word in words(about)]
    if not any(tells(token) or token in PRONOUNS or token.isdigit() for token in tokens):
        return None  # or else
    if not 0 < len(tokens) <= _MOST or tokens[0] in WH | AUXILIARY or not AUXILIARY.isdisjoint(tokens):
        return None
    named = _named(about, turns)
    return instead(turns[-1], named or about) if named or tokens[0] not in PRONOUNS else None


def _placed(said: str, turns: Sequence[Turn]) -> str:
    """The line with the place for "there" and the date for "that day", where it was just told."""
    then = _THEN.search(said)
    when = _dated(turns[-1], then[1].lower()) if then else None
    if then is not None and when is not None:
        said = f"{said[: then.start()]}{when}{said[then.end() :]}"
    named = any(word[0][0].isupper() for word in words(said)[1:])
    there = None if named else _THERE.search(said)
    place = fitting("place", turns, said) if there else None
    if there is None or place is None:
        return said
    where = place.text if place.text.split()[0].lower() in PREPOSITIONS else f"in {place.text}"
    return f"{said[: there.start()]}{where}{said[there.end() :]}"


def _dated(turn: Turn, unit: str) -> str | None:
    """The day, month or year that is the short answer to a question for a time, with its preposition."""
    asks = re.search(r"\b(?:when|(?:what|which) (?:year|day|month|date))\b", turn.question, re.IGNORECASE)
    when = (turn.answer or "").strip(" .,")
    if not asks or not when or len(when.split()) > _MOST:
        return None
    year = _YEAR.search(when)
    if unit == "year" and year:
        return f"in {year[0]}"
    return when if when.split()[0].lower() in PREPOSITIONS else f"{'on' if unit == 'day' else 'in'} {when}"


def _named(said: str, turns: Sequence[Turn]) -> str | None:
    """The line with what "he", "they" or "it" stands for in the place of the first of them; None where none is free."""
    found = words(said)
    chosen: dict[str, Mention] = {}
    out, at = [], 0
    for i, word in enumerate(found):
        typed = pronoun(said, word)
        kind = PRONOUNS.get(typed)
        if kind is None:
            continue
        owning = owns(found, i, typed)
        if typed[0] not in chosen:
            if bound(said, i, typed, owning) or empty(said, word.start(), typed):
                continue
            mention = fitting(kind, turns, " ".join([said, *(one.text for one in chosen.values())]))
            if mention is None:
                continue
            chosen[typed[0]] = mention
        name, rest = chosen[typed[0]].text, word[0][len(typed) :]
        out += [said[at : word.start()], name, ("'" if name.endswith("s") else "'s") if owning else rest]
        at = word.end()
    return "".join(out) + said[at:] if chosen else None
