"""Lines as they stand on printed pages -> running text: furniture gone, paragraphs whole, words put together again.

Comes in: pages of `Line`s, in the order of reading as far as their file has it. Goes out: one text, a paragraph a line,
and where in it each page begins. The promise: letters are lost only with running heads, running feet and page numbers,
and hyphens only where a line ended within a word; nothing is reordered. Knows nothing of PDF.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from index.canonical import canonicalise


@dataclass(frozen=True, slots=True)
class Line:
    """A line's text, where it begins (points from the page's lower left), and the height of its letters."""

    text: str
    x: float
    y: float
    size: float


# Lines from either end of a page among which its furniture is sought.
_EDGE = 3
_NEAR = 4.0
_PAGE_NUMBER = re.compile(
    r"(?:page|seite|p\.)?\s*[-–—|·]*\s*(\d{1,4})\s*[-–—|·]*\s*(?:(?:of|/|von|sur|de)\s*\d{1,4})?", re.I
)
_OF = re.compile(r"(?:(?:page|seite)\s*\d{1,4}|\d{1,4}\s*(?:of|von|/)\s*\d{1,4})\b", re.IGNORECASE)
_ROMAN = re.compile(r"[-–—\s]*[ivxlc]{1,7}[-–—\s]*")
_ENDS = re.compile(r"[.!?:…]['\"’”»)\]]*$")
_ITEM = re.compile(r"(?:[-*•·▪◦–—‣]|\(?(?:\d{1,3}|[A-Za-z])[.)])\s")
_HYPHEN = re.compile(r"(?P<head>[^\W\d_]+)[-\u2010\u00ad]$")
_TAIL = re.compile(r"[^\W\d_]+")
# Before these a hyphen at the end of a line belongs to the word as a rule.
_KEPT = frozenset(
    "self ex well so mid cross vice half all twenty thirty forty fifty sixty seventy eighty ninety one two three four "
    "five six seven eight nine ten long short high low far left right".split()
)
_LIGATURES = {0xFB00 + i: letters for i, letters in enumerate(("ff", "fi", "fl", "ffi", "ffl", "ft", "st"))}


def running_text(pages: Sequence[Sequence[Line]]) -> tuple[str, tuple[int, ...]]:
    """The text of the pages, canonical, and the offset at which each page's first words stand in it.

    A page without words begins where the next one does.
    """
    kept = without_furniture([[_plain(line) for line in page] for page in pages])
    lines = [(number, line) for number, page in enumerate(kept) for line in page]
    words = Counter(word for _, line in lines for word in re.findall(r"[^\W\d_]+(?:-[^\W\d_]+)*", line.text.casefold()))
    leading = _leading(kept)
    text, starts = "", [-1] * len(pages)
    previous: tuple[int, Line] | None = None
    for number, line in lines:
        if previous is None:
            text = line.text
        elif _goes_on(previous[1], line, leading, same_page=previous[0] == number):
            text = joined(text, line.text, words)
        else:
            text += "\n" + line.text
        if starts[number] < 0:
            # Where a word was put together over the page's end, the page begins with what followed the hyphen.
            starts[number] = len(text) - len(line.text)
        previous = number, line
    for number in reversed(range(len(starts))):
        if starts[number] < 0:
            starts[number] = starts[number + 1] if number + 1 < len(starts) else len(text)
    return text, tuple(starts)


def _plain(line: Line) -> Line:
    """The line in canonical letters, ligatures taken apart: the words are to be found by those who type them."""
    text = re.sub(r"\s+", " ", line.text.translate(_LIGATURES))
    soft = "-" if text.rstrip().endswith("\u00ad") else ""
    return Line(canonicalise(text).text + soft, line.x, line.y, line.size)


def joined(text: str, line: str, words: Counter[str]) -> str:
    """The text with the line after it: a space between them, or nothing and the hyphen gone where it split a word.

    The hyphen stays where the document has the word with it elsewhere, before a capital or a digit, and after words
    such as `self`; it goes where the document has the word without it, and for any other small letters.
    """
    match, tail = _HYPHEN.search(text[-60:]), _TAIL.match(line)
    if text[-1:] not in "-\u2010" or not text[-2:-1].isalnum():
        return f"{text} {line}"
    if not match or not tail:
        return text + line if line[:1].isalnum() else f"{text} {line}"
    head, rest = match["head"].casefold(), tail[0].casefold()
    before = text[-60:][: match.start()]
    alone = not line[0].islower() or head in _KEPT or before.endswith("-")
    stays = words[f"{head}-{rest}"] > 0 or (words[head + rest] == 0 and alone)
    if re.match(r"(?:and|or|und|oder|bis|to|et|ou)\b", line) and words[head + rest] == 0:
        return f"{text} {line}"  # short- and long-term
    return text + line if stays else text[:-1] + line


def without_furniture(pages: Sequence[Sequence[Line]]) -> list[list[Line]]:
    """The pages without the lines that stand at the same place on several of them, numbers aside, and page numbers."""
    edges = [_edges(page) for page in pages]
    places: dict[str, list[tuple[int, float]]] = {}
    for number, edge in enumerate(edges):
        for line in edge:
            places.setdefault(_mask(line.text), []).append((number, line.y))
    offsets: Counter[int] = Counter()
    for number, edge in enumerate(edges):
        offsets.update({value - number for line in edge if (value := _number(line.text)) is not None})
    kept = []
    for number, page in enumerate(pages):
        at_edge = set(map(id, edges[number]))
        kept.append(
            [
                line
                for line in page
                if line.text and not (id(line) in at_edge and _is_furniture(line, number, places, offsets))
            ]
        )
    return kept


def _is_furniture(line: Line, page: int, places: dict[str, list[tuple[int, float]]], offsets: Counter[int]) -> bool:
    if not any(character.isalnum() for character in line.text):
        return True
    value = _number(line.text)
    if value is not None:
        return offsets[value - page] > 1 or value == page + 1 or _OF.fullmatch(line.text.strip()) is not None
    elsewhere = any(number != page and abs(y - line.y) < _NEAR for number, y in places[_mask(line.text)])
    return elsewhere and len(line.text) <= 160


def _edges(page: Sequence[Line]) -> list[Line]:
    """The lines at the top and at the bottom of a page; lines at one height count as one."""
    heights = sorted({round(line.y) for line in page if line.text.strip()})
    if len(heights) <= 2:
        ends = set(heights)
    else:
        depth = min(_EDGE, len(heights) // 3 or 1)
        ends = {*heights[:depth], *heights[-depth:]}
    return [line for line in page if round(line.y) in ends]


def _mask(text: str) -> str:
    """What stays the same in a running head or foot from page to page."""
    if _ROMAN.fullmatch(text):
        return "roman"
    return re.sub(r"\d+", "#", re.sub(r"\s+", " ", text).strip().casefold())


def _number(text: str) -> int | None:
    match = _PAGE_NUMBER.fullmatch(text.strip())
    return int(match[1]) if match else None


def _leading(pages: Iterable[Sequence[Line]]) -> float:
    """The usual distance from line to line, in heights of a letter."""
    steps = [
        (a.y - b.y) / a.size for page in pages for a, b in pairwise(page) if a.size > 0 and 0 < a.y - b.y < 3 * a.size
    ]
    return median(steps) if steps else 1.3


def _goes_on(line: Line, following: Line, leading: float, *, same_page: bool) -> bool:
    """Whether the paragraph of one line goes on in the next."""
    if _ITEM.match(following.text) or abs(line.size - following.size) > 0.12 * max(line.size, following.size):
        return False
    step = line.y - following.y
    if same_page and abs(step) < 0.5 * line.size:
        return True  # beside it: a row, or a piece set apart
    if same_page and step > 0:
        indented = following.x - line.x > 0.7 * line.size
        close = step <= 1.22 * leading * line.size
        return close and not (indented and _ENDS.search(line.text))
    # The next column or page: within a sentence only.
    return not _ENDS.search(line.text)
