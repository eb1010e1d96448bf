"""Pieces of text with one meaning each -> parts: messages with entities, within Telegram's limits by construction.

Comes in: pieces whose text may hold anything. Goes out: `Part`s of at most 4,096 UTF-16 units and 100 entities, offsets
in UTF-16 units. The promises others lean on: `joined(parts(p)) == intended(p)`; no text is markup; what a client
would obey or turn into something to tap ("/command", "@name", addresses) is escaped or stands as code, so a stranger's
text does nothing. Our own words that are meant to be tapped are pieces of the kind "tap". A quote is not cut unless
it is longer than a message; then at a sentence's end, and both halves say so. Knows nothing of answers.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import Literal

from telegram import MessageEntity

from bot.chat_telegram.borders import begins, border, trimmed
from bot.chat_telegram.inert import harmless, opens_token, safe_url, tokens

Kind = Literal["plain", "bold", "italic", "strike", "quote", "expandable", "code", "link", "tap"]

LONGEST = 4096  # UTF-16 units; https://core.telegram.org/bots/api#sendmessage
MOST_ENTITIES = 100
MOST_BYTES = 32 * 1024
_HEAVY = 90  # entities of a part that carry meaning; more begin a new part, so that decoration finds room
_GOES_ON = "\n(The quote goes on in the next message.)"
_GOING_ON = "(The quote goes on:)\n"
_ROOM = LONGEST - len(_GOES_ON) - len(_GOING_ON)

_TYPES: dict[str, str] = {
    "bold": MessageEntity.BOLD, "italic": MessageEntity.ITALIC, "strike": MessageEntity.STRIKETHROUGH,
    "quote": MessageEntity.BLOCKQUOTE, "expandable": MessageEntity.EXPANDABLE_BLOCKQUOTE,
    "code": MessageEntity.CODE, "link": MessageEntity.TEXT_LINK,
}  # fmt: skip
_BLOCKS = ("quote", "expandable")
_DECORATION = ("bold", "italic", "strike")


@dataclass(frozen=True, slots=True)
class Piece:
    """Text with one meaning. `answer` is a span of it that stands bold, `marks` are further spans with their kind
    (bold, italic or strike); both in code points. `url` belongs to the kind "link".
    """

    text: str
    kind: Kind = "plain"
    url: str | None = None
    answer: tuple[int, int] | None = None
    marks: tuple[tuple[int, int, Kind], ...] = ()


@dataclass(frozen=True, slots=True)
class Part:
    """One message. `head` and `tail` count the code points of the marks around a cut quote; `gap` is the white space
    after the part that is not sent, because Telegram would cut it off.
    """

    text: str
    entities: tuple[MessageEntity, ...] = ()
    head: int = 0
    tail: int = 0
    gap: str = ""


@dataclass(frozen=True, slots=True)
class _Span:
    start: int
    end: int
    kind: Kind
    url: str | None = None

    def within(self, start: int, end: int, shift: int) -> _Span | None:
        """The span clipped to a part of the text, in that part's own offsets."""
        first, last = max(self.start, start), min(self.end, end)
        return _Span(first - shift, last - shift, self.kind, self.url) if first < last else None


def parts(pieces: Sequence[Piece]) -> tuple[Part, ...]:
    """The pieces as messages, in order; none where there is nothing that can be seen."""
    text, spans = _laid(pieces)
    return tuple(_parts(text, spans))


def plain(text: str) -> tuple[Part, ...]:
    """A text without decoration as messages."""
    return parts((Piece(text),))


def intended(pieces: Iterable[Piece]) -> str:
    """The text that the pieces say: harmless, and without the blanks around it, which Telegram cuts off or must not get."""
    text = "".join(harmless(piece.text) for piece in pieces)
    start, end = trimmed(text, begins(text), len(text))
    return text[start:end]


def joined(made: Iterable[Part]) -> str:
    """What the parts say together."""
    return "".join(part.text[part.head : len(part.text) - part.tail] + part.gap for part in made)


def units(text: str) -> int:
    """The length of the text as Telegram counts it, in UTF-16 units."""
    return len(text) + sum(c > "\uffff" for c in text)


def _laid(pieces: Sequence[Piece]) -> tuple[str, list[_Span]]:
    """The whole text and its spans, those that make tokens inert included."""
    texts, spans, at = [], [], 0
    for piece in pieces:
        text = harmless(piece.text)
        if piece.kind != "link" or safe_url(piece.url):
            spans.append(_Span(at, at + len(text), piece.kind, piece.url))
        marks = piece.marks + (((*piece.answer, "bold"),) if piece.answer else ())
        for first, last, kind in marks:
            before = len(harmless(piece.text[:first]))
            spans.append(_Span(at + before, at + before + len(harmless(piece.text[first:last])), kind))
        texts.append(text)
        at += len(text)
    whole = "".join(texts)
    start, end = trimmed(whole, begins(whole), len(whole))
    shifted = [span.within(start, end, start) for span in spans]
    kept = [span for span in shifted if span and span.kind != "plain"]
    return whole[start:end], _inert(whole[start:end], kept)


def _inert(text: str, spans: list[_Span]) -> list[_Span]:
    """The spans and, as code, what clients would make tappable; no code stands across another span's border."""
    closed = [span for span in spans if span.kind in ("link", "code", "tap")]
    blocks = [span for span in spans if span.kind in _BLOCKS]
    borders = sorted({0, len(text), *(at for span in (*closed, *blocks) for at in (span.start, span.end))})
    found = []
    for start, end in pairwise(borders):
        if not any(span.start <= start and end <= span.end for span in closed):
            found += [_Span(start + first, start + last, "code") for first, last in tokens(text[start:end])]
    code = sorted((*found, *(span for span in closed if span.kind == "code")), key=lambda span: span.start)
    others = [span for span in spans if span.kind not in (*_DECORATION, "code")]
    bare = [one for span in spans if span.kind in _DECORATION for one in _around(span, code)]
    return sorted((*others, *code, *bare), key=lambda span: (span.start, -span.end))


def _around(span: _Span, code: Sequence[_Span]) -> Iterator[_Span]:
    """What is left of a decoration between pieces of code, which can't be decorated."""
    start = span.start
    for one in code:
        if one.start < span.end and start < one.end:
            if start < one.start:
                yield _Span(start, one.start, span.kind)
            start = one.end
    if start < span.end:
        yield _Span(start, span.end, span.kind)


def _parts(text: str, spans: Sequence[_Span]) -> Iterator[Part]:
    """The text cut into parts."""
    sizes = [0, *accumulate(2 if c > "\uffff" else 1 for c in text)]
    heavy = [span.start for span in spans if span.kind not in (*_DECORATION, "tap")]
    blocks = [span for span in spans if span.kind in _BLOCKS]
    whole = [span for span in spans if span.kind not in _DECORATION]
    start = 0
    waiting: Part | None = None
    while start < len(text):
        end = _end(text, sizes, heavy, whole, start)
        first, last = trimmed(text, start, end)
        if first == last:  # nothing that could be seen: the white space belongs to the part before
            waiting = waiting and _with_gap(waiting, text[start:end])
        else:
            if waiting:
                yield _with_gap(waiting, text[start:first])
            waiting = _part(text, spans, blocks, first, last, text[last:end])
        start = end
    if waiting:
        yield waiting


def _with_gap(part: Part, gap: str) -> Part:
    return Part(part.text, part.entities, part.head, part.tail, part.gap + gap)


def _end(text: str, sizes: Sequence[int], heavy: Sequence[int], whole: Sequence[_Span], start: int) -> int:
    """Where the part that begins at `start` ends."""
    crowded = bisect_right(heavy, start - 1) + _HEAVY
    most = heavy[crowded] if crowded < len(heavy) else len(text)
    if most == len(text) and sizes[-1] - sizes[start] <= _ROOM:
        return len(text)
    most = min(most, bisect_right(sizes, sizes[start] + _ROOM) - 1)
    half = start + (most - start) // 2
    cut = border(text, half, most, whole=whole)
    if cut is None:
        across = next((span for span in whole if span.start < most < span.end), None)
        fits = across is not None and sizes[across.end] - sizes[across.start] <= _ROOM
        cut = border(text, start, half, whole=whole) if fits else None
    return cut or border(text, half, most) or border(text, start, most, anywhere=True) or most


def _part(text: str, spans: Sequence[_Span], blocks: Sequence[_Span], start: int, end: int, gap: str) -> Part:
    head = _GOING_ON if any(block.start < start < block.end for block in blocks) else ""
    tail = _GOES_ON if any(block.start < end < block.end for block in blocks) else ""
    said = head + text[start:end] + tail
    shown = [one for span in spans if (one := span.within(start, end, start - len(head)))]
    ends = [at for span in spans if span.kind in _BLOCKS for at in (span.start, span.end) if start < at < end]
    token = opens_token(text[start : min(ends, default=end)])
    closed = [span for span in shown if span.kind in ("code", "link", "tap") and span.start <= len(head) < span.end]
    if start and token and not closed:  # the cut made it one: "km/hour" is nothing to tap, "/hour" is
        shown = _without(shown, _Span(len(head), len(head) + token, "code"))
    return Part(said, _entities(said, shown), len(head), len(tail), gap)


def _without(spans: Sequence[_Span], token: _Span) -> list[_Span]:
    """The spans with a piece of code more; what decorated it does not."""
    kept = [one for span in spans for one in (_around(span, [token]) if span.kind in _DECORATION else [span])]
    inner = [
        _Span(token.end, s.end, s.kind, s.url) if s.start < token.end < s.end else s for s in kept if s.end > token.end
    ]
    return [*inner, *(span for span in kept if span.kind in _BLOCKS and span.end <= token.end), token]


def _entities(text: str, spans: Sequence[_Span]) -> tuple[MessageEntity, ...]:
    """The spans as entities; decoration where there is room left, the address of a link likewise."""
    sizes = [0, *accumulate(2 if c > "\uffff" else 1 for c in text)]
    room = MOST_BYTES - len(text.encode("utf-8"))
    made: list[tuple[int, int, MessageEntity]] = []
    kept = [span for span in spans if span.kind != "tap"]
    for span in sorted(kept, key=lambda span: span.kind in _DECORATION):
        first, last = trimmed(text, span.start, span.end)
        room -= len(span.url.encode("utf-8")) if span.url else 0
        if first == last or len(made) == MOST_ENTITIES or (span.url and room < 0):
            continue
        offset, length = sizes[first], sizes[last] - sizes[first]
        made.append((offset, -length, MessageEntity(_TYPES[span.kind], offset, length, url=span.url)))
    return tuple(entity for _, _, entity in sorted(made, key=lambda one: one[:2]))
