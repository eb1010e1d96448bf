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
_SMALL_WORDS = frozenset(
    "a an the of on in at to for by with and or from as that than into der die das und von le la les de et du el los y".split()
)

# Widths at which mail programs, wire services and editors wrap; outside them a full line is chance.
_NARROWEST, _WIDEST = 40, 110
# With fewer lines than this, fit alone is weak: one joint must also run on in the middle of a sentence.
_SURE_LINES = 4
# In longer blocks paragraphs may end; this share of the joints must still fit.
_MOST = 0.5
# People who wrap by hand leave lines about this much of the width.
_HAND_WRAPPED = 0.8

# What may stand behind the end of a sentence, and that end in the scripts that have one of their own.
_CLOSERS = "”’“‘\"'»«›‹」』)]*_ "
_ENDS = ".!?…。！？؟।։;:,"

_JOINERS = "\u200d\u200c"


def paragraphs(text: str) -> tuple[Span, ...]:
    """The spans of the text in which sentences are sought: its lines, hard-wrapped ones put together again."""
    blocks = list(_blocks(text))
    widths = [_width(text, block) for block in blocks]
    usual = max(widths, default=0)
    joined: list[Span] = []
    for block, width in zip(blocks, widths, strict=True):
        joined.extend(_unwrap(text, block, width or (usual if _fits(text, block, usual) else 0)))
    return tuple(joined)


def is_item(line: str) -> bool:
    """Whether the line is one of a list: it opens with a bullet, a dash, a number or a letter, and white space."""
    return _ITEM.match(line) is not None


def is_ended(line: str) -> bool:
    """Whether the line ends with a mark, as sentences and their parts do, whatever closes a quotation behind it."""
    bare = line.rstrip(_CLOSERS)
    return not bare or bare[-1] in _ENDS


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


def _unwrap(text: str, block: Sequence[Span], width: int) -> Iterator[Span]:
    """The paragraphs of a block wrapped at `width`; 0 says that it is not wrapped."""
    start, end = block[0]
    for line, following in itertools.pairwise(block):
        if not width or not (_fills(text, line, following, width) or _nearly(text, line, following, width)):
            yield start, end
            start = following[0]
        end = following[1]
    yield start, end


def _width(text: str, block: Sequence[Span]) -> int:
    """The width that a block is wrapped at, judged by itself; 0 when it is not wrapped."""
    width = max(end - start for start, end in block)
    if len(block) < 2 or not _NARROWEST <= width <= _WIDEST:
        return 0
    pairs = list(itertools.pairwise(block))
    fills = [_fills(text, a, b, width) for a, b in pairs]
    joints = [fill or _nearly(text, a, b, width) for fill, (a, b) in zip(fills, pairs, strict=True)]
    sure = any(fills) and sum(joint and _runs_on(text, a, b) for joint, (a, b) in zip(joints, pairs, strict=True))
    enough = sum(joints) >= _MOST * len(joints) if len(block) >= _SURE_LINES else all(joints)
    return width if sure and enough else 0


def _fits(text: str, block: Sequence[Span], width: int) -> bool:
    """Whether a block of a text that is wrapped elsewhere fills its lines to the same width."""
    if not width or len(block) < 2 or max(end - start for start, end in block) > width:
        return False
    return all(_fills(text, a, b, width) for a, b in itertools.pairwise(block))


def _fills(text: str, line: Span, following: Span, width: int) -> bool:
    """Whether the next line's first word would not have fit on this line."""
    if is_item(text[following[0] : following[0] + 8]):
        return False
    word = _WORD.match(text, following[0], following[1])
    length = word.end() - word.start() if word else 0
    return line[1] - line[0] + 1 + length > width


def _nearly(text: str, line: Span, following: Span, width: int) -> bool:
    """Whether a line wrapped by hand, a little short, ends inside a sentence."""
    long = line[1] - line[0] >= _HAND_WRAPPED * width
    return long and not is_item(text[following[0] : following[0] + 8]) and _runs_on(text, line, following)


def _runs_on(text: str, line: Span, following: Span) -> bool:
    """Whether the line ends inside a sentence: at a small word, or the next one begins with a small letter."""
    last = text[max(line[0], line[1] - 12) : line[1]].split()[-1].lower()
    if last in _SMALL_WORDS:
        return True
    return bool(_OPEN_END.search(last)) and text[following[0]].islower()
