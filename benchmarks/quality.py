"""How often the answer stands first: `python -m benchmarks.quality`, after `benchmarks.ask`, on that same run.

    first sentence   an accepted answer stands in the first sentence: Byline's first citation (or, where it finds no
                     answer, the nearest sentence); of a peer's first passage the sentence that its own measure prefers
    first passage    in the passage around it, whole
    any              in any of the passages that were found (as many as Byline may read)

Words are compared without case, accents and signs. Haystack's ranker is left out: its weights are untrained.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks.chart import Cell, bars, deliver
from benchmarks.score import share
from benchmarks.systems import OUT

MEASURES = {"sentence": "first sentence", "passage": "first passage", "any": "any"}


def main(argv: Sequence[str] | None = None) -> int:
    """Print the table, write the chart."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.quality", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--out", type=Path, default=OUT, help="where `benchmarks.ask` left its figures")
    given = parser.parse_args(argv)
    try:
        figures = json.loads((given.out / "ask.json").read_text(encoding="utf-8"))
    except OSError:
        print(f"quality: no {given.out / 'ask.json'}; run `python -m benchmarks.ask` first", file=sys.stderr)
        return 1
    scored = {name: one["hits"] for name, one in figures["systems"].items() if one["hits"]}
    shares = {name: {m: share([h[m] for h in hits]) for m in MEASURES} for name, hits in scored.items()}
    count = figures["questions"]
    rows: list[list[Cell]] = [[name, *(shares[name][m] for m in MEASURES)] for name in shares]
    note = (
        f"{figures['corpus']}: {count} questions, {figures['passages']:,} passages; a share of {count} is certain to "
        f"about ±{1.96 * math.sqrt(0.25 / count):.2f}"
    )
    panels = [(label, {name: shares[name][m] for name in shares}) for m, label in MEASURES.items()]
    bars(given.out / "quality.png", "An accepted answer stands in ...", panels, note)
    deliver(given.out, "quality", ("system", *MEASURES.values()), rows, [note], shares)
    return 0


if __name__ == "__main__":
    sys.exit(main())
