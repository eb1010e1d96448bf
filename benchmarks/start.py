"""From nothing to an answer: `python -m benchmarks.start`.

A new process each time, on an index that is there already: Byline's `byline ask QUESTION` from its start to its end,
each peer from its start to its first ranked passages, its saved store read and its model loaded on the way. In turn,
medians. The starter corpus unless --data is given (then a sample of its articles). Pages of files are in the system's
cache after the first round, which warms up and is not counted.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks.chart import Cell, bars, deliver
from benchmarks.corpus import byline, corpus, read_articles, write_articles
from benchmarks.machine import about
from benchmarks.systems import BM25, BYLINE, HAYSTACK, LLAMA, TXTAI, Kind, Running, available, options, running, say

_SYSTEMS = (BYLINE, HAYSTACK, TXTAI, LLAMA, BM25)


def main(argv: Sequence[str] | None = None) -> int:
    """Measure, print the table, write the chart."""
    given = options("start", __doc__, argv, rounds=(7, "counted rounds"), articles=(12, "articles of --data"))
    some = corpus(given)
    question = some.questions[0].text
    seconds: dict[str, list[float]] = {}
    with tempfile.TemporaryDirectory(prefix="byline-bench-") as temporary:
        folder = Path(temporary)
        file = folder / "articles.jsonl"
        write_articles(file, list(read_articles(some.source, folder))[: given.articles])
        byline(given, folder / BYLINE.name, "build", file)
        kinds = available(_SYSTEMS, given)
        for kind in kinds[1:]:
            _save(kind, given, file, folder / kind.name)
        for number in range(given.rounds + 1):
            for kind in kinds[number % len(kinds) :] + kinds[: number % len(kinds)]:
                taken = _asked(kind, given, folder / kind.name, question)
                if number:
                    seconds.setdefault(kind.name, []).append(taken)
                say(f"round {number} of {given.rounds}: {kind.name} {taken:.2f} s")
    rows: list[list[Cell]] = [
        [kind.name, statistics.median(seconds[kind.name]), min(seconds[kind.name]), max(seconds[kind.name])]
        for kind in kinds
    ]
    note = f"{some.name}, {given.rounds} rounds, whole processes; {about()}"
    middles = {name: statistics.median(each) for name, each in seconds.items()}
    panel = {kind.name: middles[kind.name] for kind in kinds}
    bars(given.out / "start.png", "From nothing to an answer", [("seconds", panel)], note)
    deliver(given.out, "start", ("system", "median s", "least", "most"), rows, [note], seconds)
    return 0


def _save(kind: Kind, given: argparse.Namespace, file: Path, folder: Path) -> None:
    with running([kind], given) as (system,):
        system.order("build", articles=file)
        system.order("save", folder=folder)


def _asked(kind: Kind, given: argparse.Namespace, folder: Path, question: str) -> float:
    """Seconds from a new process to its first answer."""
    if kind.is_byline:
        return byline(given, folder, "ask", "--", question)
    began = time.perf_counter()
    system = Running(kind, given)
    try:
        system.order("open", folder=folder)
        system.order("ask", question=question, k=5)
        return time.perf_counter() - began
    finally:
        system.close()


if __name__ == "__main__":
    sys.exit(main())
