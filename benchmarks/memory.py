"""Memory while asking: `python -m benchmarks.memory --data FOLDER`.

One system at a time holds the whole corpus and answers questions; what its process holds is read from /proc after
each. txtai and bm25s are filled as in `benchmarks.ask`, saved, and opened by a new process, as their users would and
as Byline's index is; Haystack's and LlamaIndex's in-memory stores are filled in place, since reading their JSON back
leaves more behind. Two figures, both the largest seen:

    own      anonymous pages: what this process alone holds
    total    the resident set: with the pages of files that are mapped (libraries, weights, Byline's index), which the
             system can drop at any time and shares between processes
"""

from __future__ import annotations

import argparse
import shutil
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from benchmarks.ask import READ, load
from benchmarks.chart import Cell, bars, deliver
from benchmarks.corpus import Filled, corpus, filled
from benchmarks.machine import about, memory
from benchmarks.systems import (
    BM25,
    BYLINE,
    HAYSTACK,
    HYBRID,
    LLAMA,
    RANKED,
    TXTAI,
    Kind,
    available,
    options,
    running,
    say,
)

_SYSTEMS = (BYLINE, HAYSTACK, RANKED, TXTAI, HYBRID, LLAMA, BM25)

_OPENED = (TXTAI, HYBRID, BM25)


def main(argv: Sequence[str] | None = None) -> int:
    """Measure, print the table, write the chart."""
    given = options("memory", __doc__, argv, questions=(12, "questions asked of each"))
    some = corpus(given)
    made = filled(some, given)
    figures: dict[str, Any] = {}
    for kind in _SYSTEMS:
        if kind in _OPENED and kind in available(_SYSTEMS, given):
            _save(kind, made, given)
        with running([kind], given) as started:
            for system in started:
                if kind in _OPENED:
                    system.order("open", folder=_saved(kind, given))
                else:
                    load(system, made)
                seen = []
                for question in some.questions[: given.questions]:
                    system.order("ask", question=question.text, k=READ)
                    seen.append(memory(system.pid))
                if None in seen:
                    print("memory: this system has no /proc to read it from", file=sys.stderr)
                    return 1
                figures[kind.name] = {
                    name: max(asdict(one)[name] for one in seen if one is not None) for name in ("own", "total")
                }
                say(f"{kind.name}: {figures[kind.name]}")
    ours = figures[BYLINE.name]
    rows: list[list[Cell]] = [
        [name, one["own"] / 1e6, one["total"] / 1e6, ours["own"] / one["own"], ours["total"] / one["total"]]
        for name, one in figures.items()
    ]
    note = f"{some.name}: {made.count:,} passages, {given.questions} questions each; {about()}"
    bars(
        given.out / "memory.png", f"Memory while asking at {made.count:,} passages",
        [
            ("own, MB", {name: one["own"] / 1e6 for name, one in figures.items()}),
            ("total, MB", {name: one["total"] / 1e6 for name, one in figures.items()}),
        ],
        note,
    )  # fmt: skip
    columns = ("system", "own MB", "total MB", "Byline's share of own", "of total")
    deliver(given.out, "memory", columns, rows, [note], figures)
    return 0


def _saved(kind: Kind, given: argparse.Namespace) -> Path:
    cache: Path = given.cache
    return cache / f"saved-{kind.module}{''.join(kind.arguments)}"


def _save(kind: Kind, made: Filled, given: argparse.Namespace) -> None:
    shutil.rmtree(_saved(kind, given), ignore_errors=True)
    with running([kind], given) as (system,):
        load(system, made)
        system.order("save", folder=_saved(kind, given))


if __name__ == "__main__":
    sys.exit(main())
