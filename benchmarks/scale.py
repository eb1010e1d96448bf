"""From a thousand passages to a million: what laying down, opening, asking, adding and memory cost at each size.

    python -m benchmarks.scale --index INDEX --questions questions.jsonl
    python -m benchmarks.scale                         from the starter articles, with the starter questions

INDEX is an index that `byline build` made of real articles; beyond them articles are grown from their sentences and
their vectors composed, not worked out (grow.py says how). So `laid` is all of a build but reading files, cutting into
sentences and embedding, which cost the same for each passage whatever there is besides; the rates of these two are
measured apart, on real text. Asking is the whole call with the real models, reading included. Every step is a process
of its own. Goes out: a table, a chart, the figures; exit 1 where the data is not there.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.chart import curves, table
from benchmarks.machine import about
from benchmarks.scale_steps import STEPS

_ROOT = Path(__file__).resolve().parent.parent


def main(argv: Sequence[str] | None = None) -> int:
    """Measure every size, print the table, write the chart."""
    given = _options(argv)
    if given.step:
        print(json.dumps(STEPS[given.step](given)))
        return 0
    for path in filter(None, (given.index, given.questions)):
        if not path.exists():
            print(f"scale: {path} is not there", file=sys.stderr)
            return 1
    if given.scratch:
        given.scratch.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="byline-scale-", dir=given.scratch) as scratch:
        if given.index is None:
            given.index = Path(scratch) / "starter"
            _byline("build", "--index", given.index, _ROOT / "seeds")
        rates = _run("rates", given, Path(scratch))
        rows = []
        for size in given.sizes:
            grown = Path(scratch) / f"grown-{size}"
            figures = {"asked_for": size}
            for step in ("lay", "open", "ask", "add"):
                figures |= _run(step, given, grown, size)
                print(f"{size:,} {step}: {json.dumps(figures)}", file=sys.stderr, flush=True)
            rows.append(figures)
            shutil.rmtree(grown)
    _hand_over(given.out, rows, rates)
    return 0


def _options(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.scale", description=__doc__)
    parser.add_argument("--index", type=Path, help="an index of real articles")
    parser.add_argument("--questions", type=Path, default=_ROOT / "tests" / "questions" / "starter.jsonl")
    parser.add_argument("--asked", type=int, default=30, help="questions asked at each size")
    parser.add_argument("--sizes", type=_sizes, default=_sizes("1000,10000,100000,1000000"), help="passages")
    parser.add_argument("--scratch", type=Path, help="where the grown indexes go for a while: 4 GB for a million")
    parser.add_argument("--out", type=Path, default=_ROOT / "benchmarks" / "out")
    parser.add_argument("--step", choices=list(STEPS), help=argparse.SUPPRESS)
    parser.add_argument("--grown", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--size", type=int, help=argparse.SUPPRESS)
    return parser.parse_args(argv)


def _sizes(text: str) -> list[int]:
    return [int(size) for size in text.split(",")]


def _run(step: str, given: argparse.Namespace, grown: Path, size: int = 0) -> dict[str, Any]:
    """One step in a process of its own."""
    command = ["--step", step, "--index", given.index, "--questions", given.questions, "--asked", given.asked]
    command += ["--grown", grown, "--size", size]
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.scale", *map(str, command)], cwd=_ROOT, stdout=subprocess.PIPE, check=True
    )
    figures: dict[str, Any] = json.loads(done.stdout)
    return figures


def _byline(*arguments: object) -> None:
    subprocess.run([sys.executable, "-m", "bot", *map(str, arguments)], cwd=_ROOT, stdout=sys.stderr, check=True)


def _hand_over(out: Path, rows: Sequence[dict[str, Any]], rates: dict[str, Any]) -> None:
    for row in rows:
        # what a first build of so many takes in all, by the rates on real text
        row["first_s"] = round(
            row["passages"] * (1 / rates["cut_per_s"] + 1 / rates["embedded_per_s"]) + row["laid_s"], 1
        )
        row["add_share"] = round((row["add_s"] + row["added"] / rates["embedded_per_s"]) / row["first_s"], 4)
        row["same_share"] = round(row["same_s"] / row["first_s"], 4)
        row["laid_cpu_us"] = round(row["laid_cpu_s"] / row["passages"] * 1e6, 1)
    columns = (
        "passages", "articles", "laid_s", "laid_cpu_s", "laid_cpu_us", "laid_mb", "disk_mb", "open_s", "open_unchecked_s", "retrieve_ms",
        "read_ms", "total_ms", "ask_own_mb", "ask_mb", "recall", "recall_least", "add_s", "add_cpu_s", "add_mb", "same_s", "first_s",
        "add_share", "same_share",
    )  # fmt: skip
    notes = [
        "real articles first, then articles grown from their sentences with composed vectors (benchmarks/grow.py)",
        f"on real text: {rates['cut_per_s']} passages cut and {rates['embedded_per_s']} embedded a second; `first` and the "
        "shares of it are worked out with these",
        about(),
    ]
    text = "\n".join([table(columns, [[row[name] for name in columns] for row in rows]), "", *notes])
    print(text)
    out.mkdir(parents=True, exist_ok=True)
    (out / "scale.md").write_text(text + "\n", encoding="utf-8")
    (out / "scale.json").write_text(json.dumps({"rates": rates, "rows": rows}, indent=1) + "\n", encoding="utf-8")

    def line(*names: str) -> dict[str, list[tuple[float, float]]]:
        return {name: [(row["passages"], max(row[name], 1e-3)) for row in rows] for name in names}

    panels = [
        ("seconds", line("laid_s", "add_s", "same_s", "open_s")), ("milliseconds a question", line("total_ms", "retrieve_ms", "read_ms")),
        ("MB", line("laid_mb", "add_mb", "ask_mb", "ask_own_mb")),
    ]  # fmt: skip
    curves(out / "scale.png", "From a thousand passages to a million", panels, "passages", notes[-1])


if __name__ == "__main__":
    sys.exit(main())
