"""Canonical text -> paragraphs: the spans inside which sentences are sought.

Comes in: canonical text. Goes out: `(start, end)` spans in order, not overlapping, that lose only white space. A
line end closes a paragraph, unless the text is hard-wrapped at a fixed width: then a span runs over line ends, and
a sentence may hold single "\\n". Knows nothing of sentences or of what a line says.

How a hard wrap is told from real line ends: a program that wraps breaks a line only where the next word would not
have fit. So two lines belong together when the first word of the second would have carried the first past the
width of the block, and the width is one that programs wrap at. Lists, menus, poems and articles with one
paragraph a line don't fill their lines like that.
"""

from __future__ import annotations

import itertools
import re
import unicodedata
from collections.abc import Iterator, Sequence

Span = tuple[int, int]

_LINE = re.compile(r"[^\n]+")
_WORD = re.compile(r"\S+")
_ITEM = re.compile(r"(?:[-*•·▪◦–—‣>|#]|\(?(?:\d{1,3}|[A-Za-z])[.)])\s")
_OPEN_END = re.compile(r"[\w,;:’'\-–—\])”\"]$")

# Widths at which mail programs, wire services and editors wrap; outside them a full line is chance.
_NARROWEST, _WIDEST = 40, 110
# With fewer lines than this, fit alone is weak: one joint must also run on in the middle of a sentence.
_SURE_LINES = 4

_JOINERS = "\u200d\u200c"


def paragraphs(text: str) -> tuple[Span, ...]:
    """The spans of the text in which sentences are sought: its lines, hard-wrapped ones put together again."""
    joined: list[Span] = []
    for block in _blocks(text):
        joined.extend(_unwrap(text, block))
    return tuple(joined)


def is_item(line: str) -> bool:
    """Whether the line is one of a list: it opens with a bullet, a dash, a number or a letter, and white space."""
    return _ITEM.match(line) is not None


def extends(char: str) -> bool:
    """Whether the character belongs to the one before it, so that no piece may begin with it."""
    return (
        char in _JOINERS
        or unicodedata.category(char).startswith("M")
        or "\U0001f3fb" <= char <= "\U0001f3ff"
        or "\u1160" <= char <= "\u11ff"
        or "\U000e0020" <= char <= "\U000e007f"
        or char in "\uff9e\uff9f"
    )


def trim(text: str, start: int, end: int) -> Span:
    """The span without the white space at its ends; a space that carries a combining mark is kept."""
    piece = text[start:end]
    left = start + len(piece) - len(piece.lstrip())
    right = start + len(piece.rstrip())
    if left >= right:
        return start, start
    if left > start and extends(text[left]) and text[left - 1] != "\n":
        left -= 1
    return left, right


def _blocks(text: str) -> Iterator[list[Span]]:
    """Runs of lines with no empty line between them."""
    block: list[Span] = []
    previous = 0
    for match in _LINE.finditer(text):
        span = trim(text, match.start(), match.end())
        gap = text.count("\n", previous, match.start())
        previous = match.end()
        if block and (gap > 1 or span[0] == span[1]):
            yield block
            block = []
        if span[0] < span[1]:
            block.append(span)
    if block:
        yield block


def _unwrap(text: str, block: Sequence[Span]) -> Iterator[Span]:
    joints = _joints(text, block)
    start, end = block[0]
    for joint, span in zip(joints, block[1:], strict=True):
        if not joint:
            yield start, end
            start = span[0]
        end = span[1]
    yield start, end


def _joints(text: str, block: Sequence[Span]) -> list[bool]:
    """For each line but the first, whether it goes on with the paragraph of the line before."""
    apart = [False] * (len(block) - 1)
    width = max((end - start for start, end in block), default=0)
    if len(block) < 2 or not _NARROWEST <= width <= _WIDEST:
        return apart
    joints = [_fills(text, a, b, width) for a, b in itertools.pairwise(block)]
    runs_on = [_runs_on(text, a, b) for a, b in itertools.pairwise(block)]
    sure = sum(j and r for j, r in zip(joints, runs_on, strict=True))
    mostly = sum(joints) >= 0.6 * len(joints)
    if not sure or (len(block) >= _SURE_LINES and not mostly) or (len(block) < _SURE_LINES and not all(joints)):
        return apart
    return joints


def _fills(text: str, line: Span, following: Span, width: int) -> bool:
    """Whether the next line's first word would not have fit on this line."""
    if is_item(text[following[0] : following[0] + 8]):
        return False
    word = _WORD.match(text, following[0], following[1])
    length = word.end() - word.start() if word else 0
    return line[1] - line[0] + 1 + length > width


def _runs_on(text: str, line: Span, following: Span) -> bool:
    """Whether the line ends inside a sentence: no full stop, and the next one begins with a small letter."""
    return bool(_OPEN_END.search(text[line[1] - 1 : line[1]])) and text[following[0]].islower()
