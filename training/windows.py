"""Raw text -> windows of about 650 characters, for training's own measurements.

Comes in: a text and a title. Goes out: windows with sentences. Stands in for the index's splitter, so that training
and its measures run on the public data alone; simple, but the same for everything compared. Knows nothing of models.
"""

from __future__ import annotations

import re

from bot.read import Window

_END = re.compile(r"[.!?][\"'”’)\]]*\s+(?=[\"'“‘(\[]*[A-Z0-9])|\s*\n\s*")
_ABBREVIATION = re.compile(
    r"(?:\b[A-Z]|\b(?:Mr|Mrs|Ms|Dr|Gen|Col|Lt|Sgt|Rep|Sen|Gov|St|Prof|Rev|No|vs|Inc|Jr|Sr|Jan|Feb|Aug|Sept|Oct|Nov|"
    r"Dec|e\.g|i\.e|cf|al|approx|c))\.$"
)


def sentence_spans(text: str) -> tuple[tuple[int, int], ...]:
    """(start, end) of each sentence, in order, without the white space around them."""
    spans = []
    begin = 0
    for match in [*_END.finditer(text), None]:
        stop = len(text) if match is None else match.end()
        piece = text[begin:stop]
        if match is not None and "\n" not in match.group() and _ABBREVIATION.search(piece.rstrip()):
            continue
        if piece.strip():
            spans.append((begin + len(piece) - len(piece.lstrip()), begin + len(piece.rstrip())))
        begin = stop
    return tuple(spans)


def window(text: str, title: str | None = None) -> Window:
    """The whole text as one window."""
    return Window(text, sentence_spans(text), title)


def windows(text: str, title: str | None = None, target: int = 650) -> list[Window]:
    """The text in windows of whole sentences, each closed when it has reached `target` characters."""
    found = []
    held: list[tuple[int, int]] = []
    for span in sentence_spans(text):
        held.append(span)
        if span[1] - held[0][0] >= target:
            found.append(_cut(text, held, title))
            held = []
    if held:
        found.append(_cut(text, held, title))
    return found


def _cut(text: str, spans: list[tuple[int, int]], title: str | None) -> Window:
    begin, end = spans[0][0], spans[-1][1]
    return Window(text[begin:end], tuple((s - begin, e - begin) for s, e in spans), title)
