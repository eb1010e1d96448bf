"""The last question of a talk -> the same with another question word, or about somebody else.

Comes in: a turn and what is asked now. Goes out: a question of the words of both. It need not be good English: it is
searched for and read, and shown so that people see how they were understood. Knows nothing of pronouns.
"""

from __future__ import annotations

import re

from bot.mentions import AUXILIARY, DOES, PREPOSITIONS, SMALL, WH, Turn, answered, names, with_article, words

_BEGINS = re.compile(
    r"^(?:(?:can|could|would) you (?:please )?(?:tell|say|explain)(?: me| us)?|do you know|(?:please )?tell (?:me|us)(?: more)?(?: about)?"
    r"|why not:|and|but|so)\s+",
    re.IGNORECASE,
)
# The question word with what belongs to it: "in which year", "how many people", "what kind of music", "who else".
_ASKED = re.compile(
    r"(?:(?:in|at|on|by|with|for|to|from|of|since|until|against|during) )?"
    r"(?P<wh>who|whom|whose|what|which|when|where|why|how(?: (?:many|much|long|often|old|far|big|well))?)\b(?: else\b)?(?: exactly\b)?",
    re.IGNORECASE,
)
_DONE = re.compile(r"(?:not |being |been )?\w+(?:ed|ing|en|wn|nt|ld|de|ut|ught)\b", re.IGNORECASE)
_ALIKE = {(wh, wh) for wh in WH} | {("whom", "who"), ("which", "what"), ("which", "who"), ("whose", "who")}
_SHORT = 8  # words of an answer
_BESIDES = re.compile(r",? besides .*$", re.IGNORECASE)


def again(before: Turn, wh: str, more: bool = False) -> str:
    """The turn's question, asked with `wh` instead: what was asked for then is now taken as known.

    With `more` the turn asks for the same (`asks_for`), and the answer that was given is not wanted once more.
    """
    asked = _BESIDES.sub("", _BEGINS.sub("", before.question.rstrip(" ?!.")))
    found = _ASKED.match(asked)
    said = _given(before)
    if more and found:
        besides = f", besides {said}" if said else ""
        return f"{_capital(found[0].removesuffix(' else'))} else {asked[found.end() :].strip()}{besides}?"
    if found is None:
        return f"{_capital(wh)} {_lower(asked)}?"
    if found["wh"].lower() == wh:
        return before.question
    if wh == "what happened after":
        clause = _clause(asked[found.end() :].strip(), found["wh"].lower(), said).removeprefix("was it that ")
        return f"What happened after {re.sub(r'^(?:do|does|did) ', '', clause)}?"
    return f"{_capital(wh)} {_clause(asked[found.end() :].strip(), found['wh'].lower(), said)}?"


def instead(before: Turn, what: str) -> str:
    """The turn's question with `what` in the place of what is of its kind: the same preposition, or a name."""
    asked = _BESIDES.sub("", before.question.rstrip(" ?!."))
    first = what.split()[0].lower()
    if first in PREPOSITIONS:
        spans = [one for one in words(asked) if one[0].lower() == first]
        if not spans:
            return f"{asked} {what}?"
        at = spans[-1]
        rest = re.search(r"[,;]|\s(?:and|or|but)\s|\b(?:" + "|".join(sorted(PREPOSITIONS)) + r")\b", asked[at.end() :])
        end = at.end() + rest.start() if rest else len(asked)
        return f"{asked[: at.start()]}{what}{' ' if rest else ''}{asked[end:].strip()}?"
    known = "\n".join(filter(None, (before.answer, before.quote)))
    found = [one.text for one in names(asked, known)]
    if not found:
        return f"{asked}, {what}?"
    places = list(re.finditer(rf"\b(?:the )?(?<!\w){re.escape(found[0])}(?!\w)", asked, re.IGNORECASE))
    if not places:
        return f"{asked}, {what}?"
    return f"{asked[: places[-1].start()]}{what}{asked[places[-1].end() :]}?"


def _clause(rest: str, wh: str, said: str | None) -> str:
    """What followed the question word, with what it asked for in its place."""
    tokens = words(rest)
    at = next((i for i, word in enumerate(tokens) if word[0].lower() in AUXILIARY), None)
    asks = wh in ("who", "whom", "whose", "what", "which") or wh.startswith("how m")
    if not asks:
        return rest
    if at is None or (wh == "who" and at):  # who declared it over, who said it was over
        told = f"{said} {_after_noun(rest)}" if said and wh in ("what", "which") else f"{said} {rest}" if said else ""
        return f"was it that {told or (f'they {rest}' if wh == 'who' else rest)}"
    kind = rest[: tokens[at].start()].strip()  # what stands between: "people" of "how many people were"
    auxiliary, behind = tokens[at][0], rest[tokens[at].end() :].strip()
    if auxiliary.lower() in DOES:
        told = said or kind
        short = not PREPOSITIONS.intersection(word[0].lower() for word in words(behind))
        return f"{auxiliary} {behind}{f' {told}' if told and short and told.lower() not in behind.lower() else ''}"
    if wh == "what" and not kind and not _DONE.match(behind):
        return f"{auxiliary} {behind}{f' {said}' if said else ''}"  # what is inflation in Greece
    subject = kind if wh.startswith("how") and kind else said or kind or "they"
    return f"{auxiliary} {subject} {behind}".strip()


def _after_noun(rest: str) -> str:
    """Behind "group" of "which group declared it over": from its second word on, where the first is no verb."""
    first, _, others = rest.partition(" ")
    return others if others and not first.lower().endswith("ed") else rest


def _given(before: Turn) -> str | None:
    """The short answer, where it is short enough to be said again."""
    given = (before.answer or "").strip(" .,;:!?")
    if not given or len(given.split()) > _SHORT:
        return None
    found = answered(before)
    return with_article(found.text if found else given, before)


def asks_for(question: str, wh: str) -> bool:
    """Whether a question asks for the same: for somebody, something, a time, a place."""
    found = _ASKED.match(_BEGINS.sub("", question))
    return found is not None and (found["wh"].lower().split()[0], wh) in _ALIKE


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _lower(text: str) -> str:
    first = text.split(" ", 1)[0]
    return text[:1].lower() + text[1:] if first.lower() in SMALL else text
