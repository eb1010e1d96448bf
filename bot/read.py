from __future__ import annotations
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol
from bot.errors import ReaderUnavailable


@dataclass(frozen=True, slots=True)
class Window:
    text: str
    sentences: tuple[tuple[int, int], ...]
    title: str | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    window: int
    sentence: int
    start: int
    end: int
    score: float


class Reader(Protocol):
    name: str

    def read(self, question: str, windows: Sequence[Window]) -> list[Reading]: ...
    def probability(self, score: float) -> float: ...
    def confidence(self, readings: Sequence[Reading]) -> float: ...


def load_reader(place: Path, threads: int) -> Reader:
    raise ReaderUnavailable(f"no reader at {place}")
