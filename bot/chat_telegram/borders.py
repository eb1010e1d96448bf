"""A text that is too long -> where to cut it so that people can still read it.

Comes in: a text and between which offsets it must be cut. Goes out: an offset. The promise: a cut never falls inside
a character as people see it (a letter with its accents, an emoji of several, a flag) unless it has more than 64 code
points, and it falls between paragraphs, lines, sentences or words, in this order, where there are any.
"""

from __future__ import annotations

import itertools
import re
import unicodedata
from collections.abc import Sequence
from typing import Protocol

_BORDERS = (
    re.compile(r"\n[ \t]*\n+"),
    re.compile(r"\n+"),
    re.compile(r"[.!?…]+[\"”’»)\]]*\s+|[。！？]+[」』”]*"),
    re.compile(r"\s+"),
)
_LONGEST_CHARACTER = 64
# Joiners, variation selectors, skin tones: they belong to what stands before them.
_CLINGING = re.compile("[\u200c\u200d\ufe00-\ufe0f\U0001f3fb-\U0001f3ff\U000e0100-\U000e01ef]")
_FLAG = re.compile("[\U0001f1e6-\U0001f1ff]")
# What Telegram cuts off at a message's ends, and what it takes for nothing in a message that holds nothing else.
_SPACE = re.compile("[\\s\u180e\u2000-\u200b\u2028\u2029\u202f\u205f\u2800\u3000\ufeff\ufffc]")
_UNSEEN = re.compile("[\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202f\u2060-\u206f\u3164"
                     "\ufe00-\ufe0f\uffa0\ufff9-\ufffc\U0001d173-\U0001d17a\U000e0000-\U000e0fff]")  # fmt: skip


class Stretch(Protocol):
    """Text that belongs together."""

    @property
    def start(self) -> int: ...

    @property
    def end(self) -> int: ...


def border(text: str, least: int, most: int, *, whole: Sequence[Stretch] = (), anywhere: bool = False) -> int | None:
    """The last good offset to cut at, above `least` and at most `most`; None if there is none outside
    what must stay `whole`.

    With `anywhere` a word is cut if there is nothing else.
    """
    for pattern in _BORDERS:
        found = [m.end() for m in pattern.finditer(text, least, most) if m.end() > least]
        for cut in reversed(found):
            if not any(one.start < cut < one.end for one in whole):
                return cut
    return _before_character(text, least, most) if anywhere else None


def trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    """The same stretch without the white space at both ends; empty where there is nothing that can be seen."""
    while start < end and _SPACE.match(text[start]):
        start += 1
    while start < end and _SPACE.match(text[end - 1]):
        end -= 1
    seen = any(not _SPACE.match(text[i]) and not _UNSEEN.match(text[i]) for i in range(start, end))
    return (start, end) if seen else (start, start)


def begins(text: str) -> int:
    """Where the first character stands that can be seen; the text's end where there is none."""
    unseen = itertools.takewhile(lambda c: _SPACE.match(c) or _UNSEEN.match(c), text)
    return sum(1 for _ in unseen)


def _before_character(text: str, least: int, most: int) -> int:
    cut = most
    for _ in range(_LONGEST_CHARACTER):
        if cut <= least + 1 or not _inside_character(text, cut):
            break
        cut -= 1
    return most if cut <= least + 1 or _inside_character(text, cut) else cut


def _inside_character(text: str, cut: int) -> bool:
    if cut >= len(text):
        return False
    before, after = text[cut - 1], text[cut]
    if _CLINGING.match(after) or before == "\u200d" or unicodedata.category(after) in ("Mn", "Mc", "Me"):
        return True
    flags = 0
    while flags < _LONGEST_CHARACTER and flags < cut and _FLAG.match(text[cut - 1 - flags]):
        flags += 1
    return bool(_FLAG.match(after)) and flags % 2 == 1
