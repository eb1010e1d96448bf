"""One paragraph -> where its sentences begin.

Comes in: a paragraph without line ends, and its language where known. Goes out: the offsets at which the second
and later sentences begin, rising. sentencex finds them (this is its only door); rules of our own mend what it was
measured to miss on news (tests/index/gold_sentences.txt, docs/LOG.split.md). The promise: time grows with the
length of the text alone, whatever is in it. Knows nothing of headings, captions or boilerplate.

A quotation that opens and closes stays whole up to `_LONG_QUOTE` characters, because a sentence cut out of it
would read as the outlet's own claim.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator

import sentencex  # type: ignore[import-untyped]  # ships no types

from index.abbreviations import BEFORE_CAPITAL, BEFORE_NUMBER, LETTERED, MAY_END, MONTHS, NEVER_LAST, STARTERS, ZONES

_OPENERS = "“‘„«‹\"'([{¿¡「『"
# The engine seeks no sentences behind them.
_BULLETS = str.maketrans(dict.fromkeys("•▪◦‣·►▶●■", "–"))
_QUOTES = re.compile(r"[“”„«»‹›\"「」『』()\[\]]|(?<!\w)['‘]|['’](?!\w)")

# sentencex looks back over all quotation marks of its text: 50,000 of them in one line cost it 2.4 s, in windows
# of this many characters 0.1 s. No paragraph of a newspaper is as long.
_WINDOW = 10_000
_LONG_QUOTE = 400

_END = re.compile(r"(?<![.!?…])[.!?…]+[)\]\"”’»]*\s+(?=[“\"‘'«(\[]*[^\W_])")
_MARK = re.compile(r"[^\w\s,;:'’“”\"()\-–—]")
_LAST = re.compile(r"(\S{1,40})$")
_MARKER = re.compile(r"^[“\"‘(]*(?:\d{1,3}|[A-Za-z]|[ivxIVX]{2,4})[.)]$")
_INLINE_MARKER = re.compile(r"[:;,]\s+\d{1,2}[.)]$")
_CREDIT = re.compile(
    r"^[(\[](?:AP|AFP|EPA|Reuters|Getty|Photo|Picture|Image|Foto|Credit|File|Courtesy)\b[^()]{0,80}[)\]]$"
)
_SPEECH = (
    r"(?:asked|asks|said|says|shouted|cried|yelled|replied|wondered|added|exclaimed|screamed|tweeted|wrote|joked|"
    r"demanded|answered|called|told)"
)
_ATTRIBUTED = re.compile(
    rf"^(?:[\w’'.\-]+\s+){{1,7}}{_SPEECH}(?=[.,;:]|\s+(?:on|in|at|to|as|during|after|of|him|her|them|me|us|it)\b|$)"
)
_BRAND = re.compile(r"^(?:[a-z]{1,2}[A-Z]|(?:al|el)-[A-Z]|http|www)")
_ORDINAL_LEAD = re.compile(
    r"(?:^|\s)(?:am|im|vom|zum|zur|beim|bis|seit|ab|der|die|das|des|dem|den|ein|jedes|und)\s+\d{1,3}\.$", re.IGNORECASE
)
_WORD = re.compile(r"[^\W\d_]+(?:[’'][^\W\d_]+)?")


def boundaries(paragraph: str, language: str) -> list[int]:
    """Where the second and later sentences of the paragraph begin, in rising order."""
    found: list[int] = []
    if not _MARK.search(paragraph):
        return found
    for start, end in _windows(paragraph):
        window = paragraph[start:end]
        if start:
            found.append(start)
        found.extend(start + at for at in _mended(window, language))
    return found


def _windows(paragraph: str) -> Iterator[tuple[int, int]]:
    start = 0
    while len(paragraph) - start > _WINDOW:
        last = start
        for match in _END.finditer(paragraph, start, start + _WINDOW):
            last = match.end()
        if last == start:
            space = paragraph.rfind(" ", start + 1, start + _WINDOW)
            last = space + 1 if space > 0 else start + _WINDOW
        yield start, last
        start = last
    yield start, len(paragraph)


def _mended(text: str, language: str) -> list[int]:
    kept: list[int] = []
    previous = 0
    for at in _proposed(text, language):
        if not _joined(text, previous, at, language):
            kept.append(at)
            previous = at
    return sorted({*kept, *_missed(text, [0, *kept, len(text)], language)})


def _proposed(text: str, language: str) -> Iterator[int]:
    """What the engine says, each boundary moved to the first character of its sentence."""
    for piece in sentencex.get_sentence_boundaries(language, text.translate(_BULLETS)):
        at = int(piece["start_index"])
        while at < len(text) and text[at].isspace():
            at += 1
        while at < len(text) and at and text[at] in ")]”»" and not text[at - 1].isspace():
            at += 1
        if 0 < at < len(text):
            yield at


def _joined(text: str, start: int, at: int, language: str) -> bool:
    """Whether the engine's boundary at `at` stands inside a sentence that began at `start`."""
    left, right = text[start:at].rstrip(), text[at : at + 200]
    if not any(c.isalnum() for c in left) or not any(c.isalnum() for c in text[at:]):
        return True
    if len(left) <= 8 and _MARKER.match(left) and not (len(left) > 3 and left.endswith(")")):
        return True
    if left[-1] in "」』" and right[0] in "とっ":
        return True
    if _INLINE_MARKER.search(left[-8:]) or _CREDIT.match(right.strip()):
        return True
    bare = right.lstrip(_OPENERS)
    if bare[:1].islower() and not _BRAND.match(bare) and not left.lstrip(_OPENERS)[:1].islower():
        return bare is right or bare == right or left[-1] not in ".!?…"
    if _asked(left, right):
        return True
    return left[-1] == "." and _abbreviated(left, bare, language)


def _asked(left: str, right: str) -> bool:
    """Whether a quotation that ends in a question or a call goes on with who asked or called."""
    return left[-1] in '”"’»' and left[-2:-1] in ("?", "!") and _ATTRIBUTED.match(right) is not None


def _abbreviated(left: str, right: str, language: str) -> bool:
    """Whether the full stop at the end of `left` belongs to an abbreviation that `right` goes on from."""
    match = _LAST.search(left)
    token = match.group(1).lstrip(_OPENERS)[:-1].lower().rpartition("’")[2] if match else ""
    first = _WORD.match(right)
    following = first.group().lower() if first else ""
    if token in NEVER_LAST:
        return True
    if token in BEFORE_CAPITAL and right[:1].isalpha() and following not in STARTERS:
        return True
    if token in BEFORE_NUMBER and right[:1].isdigit():
        return True
    if token in {"a.m", "p.m"} and (following in MONTHS or following in ZONES):
        return True
    return language == "de" and _ORDINAL_LEAD.search(left[-24:]) is not None


def _missed(text: str, edges: list[int], language: str) -> Iterator[int]:
    """Boundaries that the engine was seen to leave out, inside the sentences between `edges`."""
    for start, end in itertools.pairwise(edges):
        if not _END.search(text, start, end):
            continue
        depth = _depths(text, start, end) if end - start <= _LONG_QUOTE else {}
        for match in _END.finditer(text, start, end):
            at = match.end()
            inside = depth.get(at, 0) > 0
            if end - start > _LONG_QUOTE and not depth:
                if _plain_end(text, start, match, language):
                    yield at
            elif not inside and _ends(text, start, match):
                yield at


def _depths(text: str, start: int, end: int) -> dict[int, int]:
    """For each offset after a possible sentence end, how many quotations and brackets are open there."""
    marks = list(_QUOTES.finditer(text, start, end))
    ends = [m.end() for m in _END.finditer(text, start, end)]
    depths: dict[int, int] = {}
    stack: list[str] = []
    i = 0
    for at in ends:
        while i < len(marks) and marks[i].start() < at:
            _push(stack, marks[i].group())
            i += 1
        depths[at] = len(stack)
    return depths


_CLOSES = {"”": "“„", "»": "«", "›": "‹", ")": "(", "]": "[", "」": "「", "』": "『", "’": "‘", "“": "„"}


def _push(stack: list[str], mark: str) -> None:
    if mark in "\"'" and mark in stack:
        del stack[stack.index(mark) :]
    elif stack and mark in _CLOSES and stack[-1] in _CLOSES[mark]:
        stack.pop()
    elif mark not in _CLOSES or mark == "“":
        stack.append(mark)


def _ends(text: str, start: int, match: re.Match[str]) -> bool:
    """Whether a sentence ends at a full stop that the engine passed over, outside quotations and brackets."""
    left, right = _around(text, start, match)
    first = _WORD.match(right)
    following = first.group().lower() if first else ""
    if _asked(left, right):
        return False
    if left.endswith(".)") and text[start] == "(" and right[:1].isupper():
        return True
    words = left.split()[-2:]
    token = words[-1].lstrip(_OPENERS).rstrip(')]"”’»').lower()
    starts = right[:1].isupper() and following in STARTERS
    if len(token) == 2 and token[0].isalpha() and len(words) == 2 and words[0].lower() in LETTERED:
        return right[:1].isupper()
    if token.rstrip(".") in MAY_END or token.endswith("…") or left[-1] in '”"':
        return starts and len(token) > 1
    return False


def _around(text: str, start: int, match: re.Match[str]) -> tuple[str, str]:
    """The last words before a possible sentence end, and the first ones after it without opening marks."""
    at = match.end()
    return text[max(start, at - 60) : at].rstrip(), text[at : at + 60].lstrip(_OPENERS)


def _plain_end(text: str, start: int, match: re.Match[str], language: str) -> bool:
    """Whether a full stop inside a long quotation ends a sentence; abbreviations and initials don't."""
    left, right = _around(text, start, match)
    if not right[:1].isupper() or len(left) < 2:
        return False
    token = left.split()[-1].lstrip(_OPENERS).rstrip(')]"”’».').lower()
    return len(token) > 1 and "." not in token and not _abbreviated(left.rstrip(')]"”’»') or ".", right, language)
