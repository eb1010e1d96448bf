"""How articles close: who wrote them, where from, and how to reach those people.

Patterns and one rule of place. Comes in: the sentences of an article, in order, and which of them are furniture by
themselves. Goes out: which of the last ones only say who made it. The same words inside an article may be its news ("Jane
Doe is an editor for the Courier"), so only what stands at the very end counts, peeled off from there: the first sentence
that says anything else ends it. docs/LOG.md, "Boilerplate", says what this takes.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

_LONGEST = 420
_NAME = r"(?:[A-Z][\w.’'-]*\.? ){1,3}[A-Z][\w.’'-]+"
_NAMES = rf"{_NAME}(?:(?:,| and|, and) {_NAME})*"
_TRADE = (
    r"(?:reporters?|columnists?|editors?|(?:staff |freelance )?writers?|correspondents?|journalists?|producers?|"
    r"photographers?|bloggers?|critics?|members? of (?:the )?(?:[\w’'.]+ ){0,5}Board of Contributors)"
)
_WHO = re.compile(
    rf"(?:{_NAMES}|He|She|They)(?:, [^.]{{3,120}},)? "
    rf"(?:(?:is|are) [^.!?]{{0,160}}\b{_TRADE}\b|covers? \S|writes? (?:for|about|on)\b|reported from\b|"
    r"(?:can|may) be (?:reached|e-?mailed|contacted|followed|found)\b|is on Twitter\b)"
)
_WIRE = re.compile(
    rf"(?:(?:The )?(?:Associated Press|AP|AFP|Reuters|Agence France-Presse)\b|{_NAME})[^.!?]{{0,200}}"
    r"\bcontributed(?: (?:from|to this report)\b[^.!?]*)?\.?$"
)
_QUOTED = re.compile(r"[“”„«»\"]")


def closing(sentences: Sequence[str], furniture: Sequence[bool]) -> frozenset[int]:
    """The places of the last sentences that only say who made the article, between and before those that are furniture."""
    found = []
    for i in range(len(sentences) - 1, 0, -1):
        if furniture[i]:
            continue
        if not says_who(sentences[i]):
            break
        found.append(i)
    return frozenset(found)


def says_who(sentence: str) -> bool:
    """Whether the sentence would be a note on who made the article if it stood at the end, or before how to reach them."""
    if len(sentence) > _LONGEST or _QUOTED.search(sentence):
        return False
    return bool(_WHO.match(sentence) or _WIRE.match(sentence))
