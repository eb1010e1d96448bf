"""Who made the picture that a caption speaks of, or the paragraph, as the last words behind it.

Comes in: the sentences of one paragraph. Goes out: whether the last of them only names where its picture came from ("The
dam on Monday. Jane Doe/Harbour Wire") or who signed it ("Nobody was hurt. — Jane Doe"). Bare names are also how lists,
answers and quoted people stand behind a sentence, so a name counts only behind a whole sentence of the page's own, and
where nobody speaks in that paragraph. docs/LOG.md, "Kinds instead of pages", says what this takes.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from index.lines import is_ended

_LONGEST = 110
# Shorter pieces before a name are numbers, abbreviations and answers, not captions.
_CAPTION_WORDS = 5
_WORD = r"(?-i:(?!(?:It|He|She|They|And|But|Also|With|This|That|Not|So|Closed|Open)\b)[A-Z][\w.’'&-]*)"
_NAMES = rf"{_WORD}(?:,? (?:{_WORD}|of|the|and|for|de|del|la|van|von|al|bin|&)){{0,7}}"
# "Jane Doe/Harbour Wire", "Doe/Wire via Post": parts with a slash between, each a name.
_PARTS = re.compile(rf"[(\[]?(?:\d{{4}} )?@?{_NAMES}(?:/{{1,2}}@?{_NAMES}){{1,7}}(?: (?:via|for) {_NAMES})?[)\]]?$")
_FROM = re.compile(
    r"[(\[]?(?:(?:(?:photo|picture|image|video|mandatory|illustration)s? )?(?:credits?|source|copyright(?: notice)?|courtesy)(?: of|:| by)?|"
    r"(?:photographer|photos?|illustration)s?(?: by|:)|handout|(?:obtained|provided|captured|shared) (?:by|to)|from|via|©)"
    r" [(]?@?[A-Z0-9][^.!?“”\"]{1,90}[)\]]?$",
    re.IGNORECASE,
)
_NAMED = re.compile(
    rf"(?:\([^()]{{3,80}}\) )?{_WORD}(?: (?:{_WORD}|of|the|and|for|de|del|la|van|von|al|bin|&)){{0,5}}$"
)
_SIGNED = re.compile(rf"(?:[-–—]{{1,3}}\s?{_NAMES}|\| ?(?:opinion|column|editorial|analysis))$", re.IGNORECASE)
_QUOTED = re.compile(r"[“”„«»\"]")
_SPEAKS = re.compile(r"[“”„«»\"]|\b(?:I|we|We|my|My|our|Our|us|me)\b")
# A place and its state before it, what a song is called, and the like: "Louisville, Ky. The Speed Museum".
_CUT = re.compile(r"(?:\b(?:feat|Sp|So|Ky|vs|No|St|Ave|Hwy|Highway|Pop|def|Blvd)|\.\.|…|\b[A-Z]|[?:])[.)]?$")


def ends_with_credit(sentences: Sequence[str]) -> bool:
    """Whether the last sentence of a paragraph only says who made it, or the picture that the one before describes."""
    last = sentences[-1]
    if len(sentences) < 2 or len(last) > _LONGEST or is_ended(last):
        return False
    before = sentences[-2]
    if _PARTS.match(last) or (_FROM.match(last) and last[:5].lower() != "from "):
        return _CUT.search(before) is None and len(before.split()) > 2
    if before[-1] not in ".!)" or len(before.split()) < _CAPTION_WORDS or _CUT.search(before):
        return False
    if _SIGNED.match(last):
        return not _QUOTED.search(before)
    if before[-1] == "!" or any(_SPEAKS.search(one) for one in sentences):
        return False
    return len(last) > 1 and (_NAMED.match(last) is not None or _FROM.match(last) is not None)
