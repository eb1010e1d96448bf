"""Memory while asking: `python -m benchmarks.memory --data FOLDER`.

One system at a time holds the whole corpus (filled as in `benchmarks.ask`) and answers questions; what its process
holds is read from /proc after each. Two figures, both the largest seen:

    own      anonymous pages: what this process alone holds
    total    the resident set: with the pages of files that are mapped (libraries, weights, Byline's index), which the
             system can drop at any time and shares between processes
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from benchmarks.ask import READ, load
from benchmarks.chart import Cell, bars, deliver
from benchmarks.corpus import corpus, filled
from benchmarks.machine import about, memory
from benchmarks.systems import BM25, BYLINE, HAYSTACK, HYBRID, LLAMA, RANKED, TXTAI, options, running, say

_SYSTEMS = (BYLINE, HAYSTACK, RANKED, TXTAI, HYBRID, LLAMA, BM25)


def main(argv: Sequence[str] | None = None) -> int:
    """Measure, print the table, write the chart."""
    given = options("memory", __doc__, argv, questions=(12, "questions asked of each"))
    some = corpus(given)
    made = filled(some, given)
    figures: dict[str, Any] = {}
    for kind in _SYSTEMS:
        with running([kind], given) as started:
            for system in started:
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
    least = (
        {name: min(one[name] for kind, one in figures.items() if kind != BYLINE.name) for name in ("own", "total")}
        if len(figures) > 1
        else {}
    )
    rows: list[list[Cell]] = [
        [name, one["own"] / 1e6, one["total"] / 1e6, one["own"] / least["own"] if least else None,
         one["total"] / least["total"] if least else None]
        for name, one in figures.items()
    ]  # fmt: skip
    note = f"{some.name}: {made.count:,} passages, {given.questions} questions each; {about()}"
    bars(
        given.out / "memory.png", f"Memory while asking at {made.count:,} passages",
        [
            ("own, MB", {name: one["own"] / 1e6 for name, one in figures.items()}),
            ("total, MB", {name: one["total"] / 1e6 for name, one in figures.items()}),
        ],
        note,
    )  # fmt: skip
    columns = ("system", "own MB", "total MB", "own of the leanest peer's", "total of the leanest peer's")
    deliver(given.out, "memory", columns, rows, [note], figures)
    return 0


if __name__ == "__main__":
    sys.exit(main())
