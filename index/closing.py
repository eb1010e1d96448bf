"""How articles close: who wrote them, where from, and how to reach those people.

Patterns and one rule of place. Comes in: the sentences of an article, in order, and which of them are furniture by
themselves. Goes out: which of the last ones only say who made it. The same words inside an article may be its news ("Jane
Doe is an editor for the Courier"), so only what stands at the very end counts, peeled off from there: the first sentence
that says anything else, or speaks of somebody whom the article told of, ends it. docs/LOG.md, "Boilerplate", says what this takes.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

_LONGEST = 420
# Longer rows of such sentences are what the page is about: a masthead, a list of people.
_MOST = 20
_NAME = r"(?:[A-Z][\w.’'-]* ){1,3}[A-Z][\w.’'-]+"
_NAMES = rf"{_NAME}(?:(?:,| and|, and) {_NAME})*"
_TRADE = (
    r"(?:reporters?|columnists?|editors?|(?:staff |freelance )?writers?|correspondents?|journalists?|producers?|"
    r"photographers?|bloggers?|critics?)"
)
# The trade is what somebody is ("is recovering, his agent told reporters" is news), and what follows is where.
_ROLE = (
    rf"(?:(?:is (?:an?|the|our|senior|chief)|are(?: an?| the| our)?) (?:[\w.&/’'-]+ ){{0,7}}?{_TRADE}"
    r"(?=\W*$|,| (?:at|for|with|on|in|of|from|based|covering|and|who (?:covers?|writes?|reports?|specializes))\b)|"
    r"(?:is|are) [^.!?]{0,160}\bmembers? of (?:the )?(?:[\w’'.]+ ){0,5}Board of Contributors\b|"
    r"covers? (?!(?:his|her|its|their|up|about|nearly|only|such|[\w ]{0,20}\b(?:costs?|bills?|expenses))\b|\d)\S|"
    r"writes? (?:for|about|on)\b|reported from\b)"
)
_REACHED = (
    r"(?:(?:can|may) be (?:reached|e-?mailed|contacted)(?: directly)? (?:at|via|through|by (?:phone|e-?mail|calling)|on (?:Twitter|"
    r"Instagram|Facebook|\W*[@\d]))|(?:can|may) be (?:followed|found) (?:at|on)\b[^!?]{0,60}(?:@|\bTwitter\b|\bInstagram\b|\bFacebook\b)|"
    r"is on Twitter(?:\W*$|\W*@| (?:at|as)\b))"
)
_WHO = re.compile(rf"(?P<names>{_NAMES})(?:, [^.]{{3,120}},)? (?:{_ROLE}|(?P<reached>{_REACHED}))")
_SAME = re.compile(rf"(?:He|She|They) (?:{_ROLE}|(?P<reached>{_REACHED}))")
_AGENCY = r"(?:[Tt]he )?(?:Associated Press|AP|AFP|Reuters|Agence France-Presse)\b"
_WIRE = re.compile(
    rf"(?:{_NAMES} of )?{_AGENCY}[^.!?]{{0,200}}\bcontributed"
    r"(?: (?:from|to this report)\b[^.!?]*)?\.?$|"
    rf"{_NAME}[^.!?]{{0,200}}\bcontributed (?:from|to this report)\b[^.!?]*\.?$"
)
_QUOTED = re.compile(r"[“”„«»\"]")


def closing(sentences: Sequence[str], furniture: Sequence[bool]) -> frozenset[int]:
    """The places of the last sentences that only say who made the article, between and before those that are furniture.

    Whoever was named before is one of the news and not its author, and so is whom a pronoun at the beginning stands for,
    unless it is said how to reach them.
    """
    found: list[int] = []
    for i in range(len(sentences) - 1, 0, -1):
        if furniture[i]:
            continue
        if len(found) == _MOST or not says_who(sentences[i]):
            break
        found.append(i)
    kept: list[int] = []
    for i in reversed(found):
        told = [one for k, one in enumerate(sentences[:i]) if k not in kept and not furniture[k]]
        kept = [] if _is_news(sentences[i], told, bool(kept)) else [*kept, i]
    return frozenset(kept)


def _is_news(sentence: str, told: Sequence[str], follows: bool) -> bool:
    """Whether such a sentence speaks of somebody who was spoken of before."""
    if same := _SAME.match(sentence):
        return not same["reached"] and not follows
    who = _WHO.match(sentence)
    if who is None or who["reached"]:
        return False
    families = [name.split()[-1] for name in re.split(r",? and |, ", who["names"])]
    return any(re.search(rf"\b{re.escape(one)}\b", before) for one in families for before in told)


def says_who(sentence: str) -> bool:
    """Whether the sentence would be a note on who made the article if it stood at the end, or before how to reach them."""
    if len(sentence) > _LONGEST or _QUOTED.search(sentence):
        return False
    return any(rule.match(sentence) for rule in (_WHO, _SAME, _WIRE))
