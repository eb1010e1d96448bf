"""A short answer and a span of a text -> whether the span gives that answer.

Comes in: the answer, a text with its sentences, a span in one of them. Goes out: yes or no. The promise: a span gives an
answer when both name the same, or when it names somebody who is called the answer's voice: what a spokesman declares,
those declared for whom he speaks, but not the other way round. It looks for the words that news use for it, beside the
name and nowhere else. Knows nothing of questions or scores.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from bot.alike import alike, mentions

_VOICE = (
    r"(?:spokes(?:man|woman|person)|(?:media|press|communications?|information) (?:office|officer|chief|secretary|director|team)"
    r"|(?:chief|head|director) of (?:media|press|communications?))"
)
_SPEAKS = re.compile(rf"\b{_VOICE}\b")
_SAID = (
    r"(?:said|says?|told|tells?|wr[io]tes?|tweeted|added|announced|confirmed|declared|stated|reported|posted|explained|warned"
    r"|denied|claimed|insisted)"
)
# Words of the same phrase: no comma, and nobody begins to say anything.
_WORD = rf"(?!\b{_SAID}\b)[^,;“”\"]"
_FOR = rf"\s+(?:for|of|at|in|with|from)\b(?:{_WORD}){{1,60}}"
# "John Smith, a spokesman for the ministry": up to where that ends. "... John Smith, a spokesman said" is of somebody else.
_AFTER = re.compile(rf",\s+(?:{_WORD}){{0,80}}?\b{_VOICE}\b(?:{_FOR})?(?=\s*(?:[,;.!?)“”\"]|$))")
# "Ministry spokesman Col. John Smith", "a spokesman for the ministry, John Smith": from the comma before.
_BEFORE = re.compile(rf"[^,;“”\"]{{0,80}}\b{_VOICE}\b(?:(?:{_FOR})?,)?(?:\s+[A-Z][\w.’'-]*){{0,3}}\s*$")
_NAME = re.compile(r"\b(?!(?:The|A|An|Their|Its|His|Her|One)\b)[A-Z]")
# The beginning of the sentence before, where its subject stands: up to a comma, or so many characters.
_SUBJECT = re.compile(r"[^,;]{1,60}")


def names_voice(text: str) -> bool:
    """Whether a text has a word for those who speak for others, as a question that asks for one of them."""
    return bool(_SPEAKS.search(text.lower()))


def gives(
    answer: str,
    text: str,
    sentences: Sequence[tuple[int, int]],
    number: int,
    span: tuple[int, int],
    members: bool = False,
) -> bool:
    """Whether the span, in sentence `number` of the text, gives that short answer; for `members` see `bot.alike`."""
    if alike(answer, text[slice(*span)], members):
        return True
    voice = _voice(text, sentences[number], span, sentences[number - 1] if number else None)
    return bool(voice) and mentions(voice, answer)


@lru_cache(maxsize=1024)
def _voice(text: str, sentence: tuple[int, int], span: tuple[int, int], before: tuple[int, int] | None) -> str:
    """The words beside the span that call it somebody's voice; with the subject of the sentence before if they name nobody."""
    if not _SPEAKS.search(text, *sentence) or not text[span[0]].isupper():  # as in nearly all: what follows is dear
        return ""
    end = _AFTER.match(text, span[1], sentence[1])
    start = _BEFORE.search(text[sentence[0] : span[0]])
    found = end[0] if end else start[0] if start else ""
    if not found or before is None or _NAME.search(found):
        return found
    subject = _SUBJECT.match(text, *before)
    return f"{found} {subject[0]}" if subject else found
