"""Canonical text -> Sentences, which are slices of it.

Comes in: canonical text. Goes out: sentences in order, not overlapping, that lose only white space. Headings,
captions and boilerplate lines are pieces of their own, marked by `kind`. No piece is longer than `LONGEST`
characters, and none begins inside what a reader sees as one character. Knows nothing of articles' metadata, but
for the title, if it is given: a line that repeats it is a heading.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

from index.boilerplate import Mark, boilerplate_lines, boilerplate_sentences
from index.boundaries import boundaries
from index.closing import closing
from index.language import guess_language
from index.lines import Span, extends, is_ended, is_item, paragraphs, trim

Kind = Literal["sentence", "heading", "caption", "boilerplate"]

# Part of the index manifest: it changes whenever the pieces of any text may change.
SPLITTER_VERSION: Final = "5"
LONGEST: Final = 2_000

_LONGEST_HEADING = 160
_LONGEST_QUESTION = 80
_ABOUT = 0.8
# From this many lines without a full stop on, they are a list, a table or a poem, not headings.
_LIST_LINES = 3
# A shorter line is taken to be in the language of its article.
_TELLING = 40
_MARKDOWN = re.compile(r"#{1,6}\s+\S")


@dataclass(frozen=True, slots=True)
class Sentence:
    """`text == article.text[start:end]`; offsets are code points.

    `kind` says how far it may be cited: a `sentence` freely, a `heading` or `caption` only when nothing better
    says it, `boilerplate` (menus, "follow us", advertisements) never.
    """

    start: int
    end: int
    text: str
    kind: Kind = "sentence"


def split(
    text: str, title: str | None = None, language: str | None = None, *, keep_boilerplate: bool = False
) -> tuple[Sentence, ...]:
    """The pieces of the text, in order; `language` (a code such as "de") is guessed where it is not given.

    With `keep_boilerplate`, the page's furniture is split as the rest of the text, and no piece is boilerplate.
    """
    lines = paragraphs(text)
    marks = boilerplate_lines(text, lines, title)
    if keep_boilerplate:
        marks = tuple(None if mark == "boilerplate" else mark for mark in marks)
    usual = language or guess_language(text)
    pieces: list[Sentence] = []
    for i, (start, end) in enumerate(lines):
        mark = marks[i]
        if mark == "boilerplate":
            spans = [(start, end)]
            kind: Kind = mark
        else:
            line = text[start:end].replace("\n", " ")
            spans = list(_spans(text, start, line, language or _language(line, usual)))
            kind = mark or _kind(text, lines, marks, i, spans, title)
            if kind == "heading":
                spans = [(start, end)]
        furniture = [False] * len(spans)
        if len(spans) > 1 and not keep_boilerplate:
            furniture = boilerplate_sentences([text[slice(*span)] for span in spans])
        for span, taken in zip(spans, furniture, strict=True):
            pieces.extend(Sentence(a, b, text[a:b], "boilerplate" if taken else kind) for a, b in _short(text, *span))
    return tuple(pieces) if keep_boilerplate else _closed(pieces)


def _closed(pieces: Sequence[Sentence]) -> tuple[Sentence, ...]:
    """The pieces, with those at the very end that only say who made the article as boilerplate."""
    found = closing([one.text for one in pieces], [one.kind == "boilerplate" for one in pieces])
    return tuple(replace(one, kind="boilerplate") if i in found else one for i, one in enumerate(pieces))


def _language(line: str, usual: str) -> str:
    return guess_language(line, usual) if len(line) >= _TELLING else usual


def _spans(text: str, start: int, line: str, language: str) -> Iterator[Span]:
    edges = [0, *(at for at in boundaries(line, language) if not extends(line[at])), len(line)]
    for a, b in itertools.pairwise(edges):
        left, right = trim(text, start + a, start + b)
        if left < right:
            yield left, right


def _kind(
    text: str, lines: Sequence[Span], marks: Sequence[Mark | None], i: int, spans: Sequence[Span], title: str | None
) -> Kind:
    line = text[slice(*lines[i])]
    if _MARKDOWN.match(line) or (title is not None and _same(line, title)):
        return "heading"
    if len(spans) != 1 or len(line) > _LONGEST_HEADING or is_item(line):
        return "sentence"
    if line.endswith("?") and len(line) <= _LONGEST_QUESTION and not set(line) & set('“”"„«'):
        return "heading" if _leads(lines, marks, i) else "sentence"
    if is_ended(line):
        return "sentence"
    return "sentence" if _run(text, lines, marks, i) >= _LIST_LINES else "heading"


def _same(line: str, title: str) -> bool:
    return line.casefold().split() == title.casefold().split()


def _leads(lines: Sequence[Span], marks: Sequence[Mark | None], i: int) -> bool:
    """Whether a question has a line of its own over a paragraph that is about as long or longer."""
    if i + 1 >= len(lines) or marks[i + 1]:
        return False
    return lines[i + 1][1] - lines[i + 1][0] > _ABOUT * (lines[i][1] - lines[i][0])


def _run(text: str, lines: Sequence[Span], marks: Sequence[Mark | None], i: int) -> int:
    """How many lines without a full stop stand together around line `i`, none of them empty; counts to three."""
    count = 1
    for step in (-1, 1):
        j = i
        while count < _LIST_LINES and 0 <= j + step < len(lines) and marks[j + step] is None:
            gap = text[lines[j][1] : lines[j + 1][0]] if step > 0 else text[lines[j - 1][1] : lines[j][0]]
            line = text[slice(*lines[j + step])]
            if gap.count("\n") > 1 or is_ended(line) or is_item(line):
                break
            count += 1
            j += step
    return count


def _short(text: str, start: int, end: int) -> Iterator[Span]:
    """The span cut into pieces of at most `LONGEST` characters: at line ends, else white space, else anywhere
    between two characters as a reader sees them."""
    while end - start > LONGEST:
        limit = start + LONGEST
        cut = text.rfind("\n", start + LONGEST // 2, limit)
        if cut < 0:
            cut = max(text.rfind(" ", start + 1, limit), text.rfind("\t", start + 1, limit))
        if cut <= start:
            cut = _between(text, start, limit)
        left, right = trim(text, start, cut)
        yield left, right
        start, end = trim(text, cut, end)
    if start < end:
        yield start, end


def _between(text: str, start: int, limit: int) -> int:
    """The last offset up to `limit` at which a new character begins for the reader."""
    cut = limit
    while cut > start + 1 and (extends(text[cut]) or text[cut - 1] == "\u200d"):
        cut -= 1
    flags = 0
    while cut - flags > start and "\U0001f1e6" <= text[cut - flags - 1] <= "\U0001f1ff":
        flags += 1
    if flags % 2 and "\U0001f1e6" <= text[cut] <= "\U0001f1ff":
        cut -= 1
    return cut if cut > start + 1 else limit
