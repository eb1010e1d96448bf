"""The gold file -> its cases: text, right pieces, and which part of the trial they belong to."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

_FILE = Path(__file__).with_name("gold_sentences.txt")
_TAG = re.compile(r"‹([shcb])›")
_KINDS = {"s": "sentence", "h": "heading", "c": "caption", "b": "boilerplate"}


@dataclass(frozen=True, slots=True)
class Case:
    """One text and its right pieces, as (kind, text), in order."""

    name: str
    text: str
    pieces: tuple[tuple[str, str], ...]

    @property
    def part(self) -> str:
        """Which part of the trial it belongs to: "tune", "held" or "later"."""
        return self.name.partition("-")[0]


def cases() -> list[Case]:
    """All cases of the gold file, in its order."""
    found = []
    for block in re.split(r"(?m)^=== ", _FILE.read_text(encoding="utf-8"))[1:]:
        name, _, body = block.partition("\n")
        parts = _TAG.split(body.rstrip("\n"))
        assert not parts[0], f"{name}: text before the first tag"
        tagged = zip(parts[1::2], parts[2::2], strict=True)
        pieces = tuple((_KINDS[tag], piece.strip()) for tag, piece in tagged)
        found.append(Case(name.strip(), "".join(parts[2::2]), pieces))
    return found
