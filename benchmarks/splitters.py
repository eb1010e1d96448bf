"""Sentence splitters side by side on the gold file: `python -m benchmarks.splitters`.

Comes in: tests/index/gold_sentences.txt. Goes out: a table on stdout: share of cases with exactly the right
pieces, wrong and missed boundaries, sentences a second. Peers get the text line by line, as they know nothing of
headings; kinds are not compared. A splitter that is not installed is named and left out.
"""

from __future__ import annotations

import argparse
import importlib
import time
import warnings
from collections.abc import Callable, Iterable, Sequence

from index.split import split
from tests.index.gold import Case, cases

Splitter = Callable[[str], list[str]]

# The gold texts over and over, so that a run takes long enough to be timed.
_REPEATS = 20


def main() -> None:
    """Prints one line a splitter and part of the gold file."""
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    every = cases()
    parts = {"all": every, **{part: [c for c in every if c.part == part] for part in ("tune", "held", "later")}}
    print(
        f"{'splitter':12} {'part':6} {'cases':>5} {'right':>5} {'share':>7} {'wrong':>5} {'missed':>6} {'pieces/s':>9}"
    )
    for name, load in _SPLITTERS.items():
        try:
            splitter = load()
        except ImportError as missing:
            print(f"{name:12} skipped: {missing.name} is not installed")
            continue
        speed = _speed(splitter, every)
        for part, chosen in parts.items():
            right, wrong, missed = _score(splitter, chosen)
            share = f"{100 * right / len(chosen):.1f} %"
            print(f"{name:12} {part:6} {len(chosen):5} {right:5} {share:>7} {wrong:5} {missed:6} {speed:9,.0f}")


def _score(splitter: Splitter, chosen: Sequence[Case]) -> tuple[int, int, int]:
    """Cases right, boundaries set where there is none, boundaries left out."""
    right = wrong = missed = 0
    for case in chosen:
        expected = _edges(piece for _, piece in case.pieces)
        got = _edges(splitter(case.text))
        right += expected == got
        wrong += len(got - expected)
        missed += len(expected - got)
    return right, wrong, missed


def _edges(pieces: Iterable[str]) -> set[int]:
    """Where pieces end, counted in characters that are not white space."""
    edges: set[int] = set()
    at = 0
    for piece in pieces:
        at += len("".join(piece.split()))
        edges.add(at)
    return edges


def _speed(splitter: Splitter, chosen: Sequence[Case]) -> float:
    begun = time.perf_counter()
    pieces = sum(len(splitter(case.text)) for _ in range(_REPEATS) for case in chosen)
    return pieces / (time.perf_counter() - begun)


def _ours() -> Splitter:
    return lambda text: [piece.text for piece in split(text)]


def _by_line(segment: Callable[[str], Iterable[str]]) -> Splitter:
    return lambda text: [piece.strip() for line in text.split("\n") for piece in segment(line) if piece.strip()]


def _sentencex() -> Splitter:
    segment = importlib.import_module("sentencex").segment
    return _by_line(lambda line: segment("en", line))


def _blingfire() -> Splitter:
    text_to_sentences = importlib.import_module("blingfire").text_to_sentences
    return _by_line(lambda line: text_to_sentences(line).split("\n") if line.strip() else [])


def _pysbd() -> Splitter:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        segmenter = importlib.import_module("pysbd").Segmenter(language="en", clean=False)
    return _by_line(lambda line: segmenter.segment(line))


_SPLITTERS: dict[str, Callable[[], Splitter]] = {
    "byline": _ours,
    "sentencex": _sentencex,
    "blingfire": _blingfire,
    "pysbd": _pysbd,
}

if __name__ == "__main__":
    main()
