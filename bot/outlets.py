"""A question -> the outlets that it names as its source, and what it asks of them.

Comes in: a question's text, the names of the outlets whose articles are there. Goes out: `Sourced`, or None. The
promises: an outlet counts as the source only where the question says so ("according to", "what did ... report"), so that
what is asked about an outlet is asked of all; what is left to be searched for is the question's own words. It is done by
rules, for English. Knows nothing of articles.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from bot.mentions import SMALL

# Nothing below can match a question without one of these; finding the outlets' names costs more than looking.
_MAY = re.compile(
    r"according|report|\bper\b|citing|\b(?:say|said|wr[io]t|tell|told|publish|print|cover|describ|claim|think|explain|call|mention)"
    r"|\bread\b|article|stor(?:y|ies)|:|^\W*(?:in|from|at|on)\b",
    re.IGNORECASE,
)
_BY = re.compile(
    r"(?:^|[,;\s])\s*(?:(?:as |and |but )?according to|as (?:reported|told|written) (?:by|in)|(?<![^,;]\s)per|citing)\s+(?:the\s+)?$",
    re.IGNORECASE,
)
_IN = re.compile(
    r"\b(?:(?:reported|written|published|printed|said|read|appear(?:s|ed)?)\s+(?:in|by|from|on|at)"
    r"|(?:reports?|articles?|stor(?:y|ies)|news|coverage)\s+(?:in|by|from|at))\s+(?:the\s+)?$",
    re.IGNORECASE,
)
_FIRST = re.compile(r"^\W*(?:in|from|at|on)\s+(?:the\s+)?$", re.IGNORECASE)
_WH = re.compile(r"\b(?:who|what|when|where|why|how(?: (?:many|much))?|which)\b", re.IGNORECASE)
_DID = re.compile(r"\b(?:do|does|did|has|have|had|is|was|can|could)\s+(?:the\s+)?$", re.IGNORECASE)
_LEADS = 40  # characters; what leads to an outlet's name is shorter, and a long text may name outlets at every word
_FIRM = r"report(?:ed|ing|s)?|writ(?:e|es|ing|ten)|publish(?:ed|es|ing)?|print(?:ed)?|cover(?:ed|ing)?|describe[ds]?"
_WEAK = r"say|said|saying|tell(?: us| me)?|claim(?:ed|ing)?|think|explain(?:ed)?|call(?:ed)?|mention(?:ed)?|know|have(?: to say)?"
_SAYS = re.compile(
    rf"^\s+(?:(?:also|ever|just|already|actually)\s+)?(?:(?P<firm>{_FIRM})|{_WEAK})\b\s*(?:anything\s+|something\s+)?(?P<rest>.*)$",
    re.IGNORECASE,
)
_OWN = re.compile(r"^['’]s?\s+(?:report|article|story|coverage|reporting|account|version)s?\b", re.IGNORECASE)
_ABOUT = re.compile(r"^(?:about|on|of|regarding|concerning|that happened|happened)\s+", re.IGNORECASE)
_ASKS = re.compile(r"^(?:who|whom|whose|what|when|where|why|how|which)\b", re.IGNORECASE)
# The name may be the beginning of another: "according to Time zones".
_GOES_ON = re.compile(rf"\s+(?!(?:{'|'.join(sorted(SMALL))})\b)\w", re.IGNORECASE)
_TAIL = re.compile(
    r"(?:\s+(?:news|online|digital|website|newspaper|magazine))+$|\.(?:com?|org|net|info|news|[a-z]{2})(?:\.[a-z]{2})?$"
)


@dataclass(frozen=True, slots=True)
class Sourced:
    """The outlets, by the names that their articles give, and the question without them.

    `firm` says that nobody but the outlet can be meant as the source; else it may be what the question is about, or no outlet
    at all: "according to science". `subject`
    says that `asked` is no question but what the outlet is asked about.
    """

    outlets: tuple[str, ...]
    asked: str
    firm: bool
    subject: bool = False


def may_name_source(text: str) -> bool:
    """Whether it is worth looking for outlets in the question."""
    return bool(_MAY.search(text))


def sourced(text: str, outlets: Iterable[str]) -> Sourced | None:
    """The outlets that a question names as its source; of several places the first that says so."""
    for start, end, named in _named(text, outlets):
        found = _source(text, start, end)
        if found is not None and any(c.isalnum() for c in found[0]):
            asked, firm, subject = found
            return Sourced(named, asked, firm and not _common(text[start:end], named), subject)
    return None


def _source(text: str, start: int, end: int) -> tuple[str, bool, bool] | None:
    """What is asked of the outlet whose name stands there, whether it is surely the source, and whether it is asked about."""
    before, behind = text[:start], text[end:]
    leads = before[-_LEADS:]
    if (by := _BY.search(leads)) and not _GOES_ON.match(behind):
        return _joined(before[: by.start() - len(leads)], behind), True, False
    if not before.strip(" \t\"'“") or before.lower().strip() == "the":
        if opened := re.match(r"^\s*:\s+", behind):
            return behind[opened.end() :], True, False
        return None
    if _FIRST.match(before) and text[start].isupper() and (opened := re.match(r"^\s*[:,]\s*", behind)):
        return behind[opened.end() :], True, False
    if _IN.search(leads):
        return f"{_without(before)} {behind.strip()}".strip(), True, False
    did = _DID.search(leads)
    if did is None or (did[0].lower().startswith("do ") and text[start:end].islower()):
        return None  # what do people say
    asks = _WH.search(text, 0, start)
    if asks is None and did[0] != before:
        return None
    wh = asks[0] if asks else None
    if own := _OWN.match(behind):
        asked, subject = _told(text, behind[own.end() :], wh)
        return asked, True, subject
    if says := _SAYS.match(behind):
        asked, subject = _told(text, says["rest"], wh)
        firm = says["firm"] is not None and (asked != text or says["firm"].lower().startswith(("describe", "cover")))
        return asked, firm, subject  # "how much revenue did Apple report" asks about Apple
    return None


def _common(typed: str, named: Iterable[str]) -> bool:
    """Whether a name is typed as a common word is: "according to science", but not "according to bbc"."""
    return typed.islower() and typed.isalpha() and not any(typed.upper() in outlet.split() for outlet in named)


def _told(text: str, rest: str, wh: str | None) -> tuple[str, bool]:
    """What an outlet is asked: a question within the question, a subject (then True), or the whole where neither can be told."""
    rest = re.sub(r"^\s*(?:say|said|tell|report)\s+", "", rest)
    about = _ABOUT.sub("", rest, count=1)
    if _ASKS.match(about):
        return about, False
    if wh is None and about.lower().startswith("that "):
        return f"is it true {about}", False
    if (wh or "what").lower() in ("what", "how") and about != rest:
        return about, True
    return text, False


def _without(before: str) -> str:
    """What stands before an outlet's name, without the preposition and article that led to it."""
    return re.sub(r"\s+(?:in|by|from|on|at|of)\s+(?:the\s+)?$", "", before, flags=re.IGNORECASE)


def _joined(before: str, behind: str) -> str:
    """The two parts around "according to ...", without the commas that parted it."""
    return f"{before.rstrip(' ,;')} {behind.lstrip(' ,;:')}".strip()


def _named(text: str, outlets: Iterable[str]) -> Iterator[tuple[int, int, tuple[str, ...]]]:
    """Where outlets are named, the longest names first, each with all outlets that go by that name."""
    going: dict[str, list[str]] = {}
    for outlet in outlets:
        for name in _names(outlet):
            going.setdefault(name, []).append(outlet)
    lower = text.lower()
    for name in sorted((one for one in going if one in lower), key=lambda one: (-len(one), one)):
        for found in re.finditer(rf"(?<![\w.]){re.escape(name)}(?![\w])", text, re.IGNORECASE):
            if not (found[0].islower() and name in SMALL):
                yield found.start(), found.end(), tuple(going[name])


def _names(outlet: str) -> set[str]:
    """By which names an outlet goes: its own, without its article, without "News" or ".com", and its initials."""
    name = re.sub(r"^the\s+", "", " ".join(outlet.lower().split()))
    name = re.sub(r"^www\.", "", name)
    short = _TAIL.sub("", name)
    if " " not in short:
        short = short.rsplit(".", 1)[-1]  # edition.cnn.com
    capitals = "".join(word[0] for word in outlet.split() if word[0].isupper() and word.lower() != "the")
    return {one for one in (name, short, capitals.lower() if len(capitals) > 2 else "") if len(one) > 1}
