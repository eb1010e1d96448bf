"""The whole way on real articles: build, build again, 1 % changed, a batch of questions; times, memory, disk.

    python -m benchmarks.whole_way --articles articles.jsonl --questions questions.jsonl

Articles as JSON lines as `byline build` takes them, questions as `{"id", "q", "answers"}` (the form of RealTimeQA's
archive). Each step is the command line in a process of its own; memory is the largest resident size of that process.
Prints one JSON line a step. The index goes into a temporary folder, or into --index to be kept.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any


def main(argv: Sequence[str] | None = None) -> int:
    """Run the steps; 1 where the data is not there."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.whole_way", description=__doc__)
    data = Path("../shared/data/realtimeqa_2022")
    parser.add_argument("--articles", type=Path, default=data / "articles.jsonl")
    parser.add_argument("--questions", type=Path, default=data / "questions.jsonl")
    parser.add_argument("--index", type=Path)
    options = parser.parse_args(argv)
    if not (options.articles.is_file() and options.questions.is_file()):
        print(f"whole_way: no {options.articles} or {options.questions}; name them by --articles", file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory(prefix="byline-bench-") as folder:
        index = options.index or Path(folder) / "index"
        for figures in _steps(options.articles, options.questions, index, Path(folder)):
            print(json.dumps(figures), flush=True)
    return 0


def _steps(articles: Path, questions: Path, index: Path, folder: Path) -> Iterator[dict[str, Any]]:
    count = sum(1 for line in _lines(articles) if line.strip())
    first = _byline(index, "build", str(articles))
    manifest = json.loads((max(index.glob("gen-*")) / "manifest.json").read_text(encoding="utf-8"))
    passages = manifest["counts"]["passages"]
    disk = sum(file["size"] for file in manifest["files"].values())
    yield {"step": "build", "articles": count, **manifest["counts"], **first, "disk_mb": round(disk / 1e6, 1),
           "articles_per_s": round(count / first["seconds"], 1),
           "passages_per_s": round(passages / first["seconds"], 1)}  # fmt: skip
    again = _byline(index, "build", str(articles))
    yield {"step": "build, nothing changed", **again, "share": round(again["seconds"] / first["seconds"], 4)}
    changed = folder / articles.name
    _change(articles, changed, every=100)
    some = _byline(index, "build", str(changed))
    yield {"step": "build, 1 % changed", **some, "share": round(some["seconds"] / first["seconds"], 4)}
    yield _asked(index, questions, folder)


def _lines(path: Path) -> Iterator[str]:
    with open(path, encoding="utf-8") as file:
        yield from file


def _asked(index: Path, questions: Path, folder: Path) -> dict[str, Any]:
    asked = [json.loads(line) for line in _lines(questions)]
    batch = folder / "batch.jsonl"
    batch.write_text("".join(json.dumps({"id": q["id"], "question": q["q"]}) + "\n" for q in asked), encoding="utf-8")
    output = folder / "answers.jsonl"
    figures = _byline(index, "ask", "--batch", str(batch), "--json", output=output)
    answers = [json.loads(line) for line in _lines(output)]
    totals = sorted(answer["timings_ms"]["total"] for answer in answers)
    right = sum(_holds(answer, question["answers"]) for answer, question in zip(answers, asked, strict=True))
    return {
        "step": "batch", "questions": len(answers), **figures,
        "p50_ms": statistics.median(totals), "p95_ms": totals[int(0.95 * len(totals))],
        "retrieve_p50_ms": statistics.median(answer["timings_ms"]["retrieve"] for answer in answers),
        "read_p50_ms": statistics.median(answer["timings_ms"]["read"] for answer in answers),
        "answered": sum(answer["status"] == "answered" for answer in answers),
        "gold_in_first_citation_or_nearest": round(right / len(answers), 4),
    }  # fmt: skip


def _holds(answer: dict[str, Any], accepted: Sequence[str]) -> bool:
    """Whether an accepted answer stands in the first citation, or, where there is none, in the nearest sentence."""
    from bot.answer import plain

    first = (answer["citations"] + answer["nearest"])[:1]
    return any(f" {plain(one)} " in f" {plain(cited['quote'])} " for cited in first for one in accepted)


def _byline(index: Path, *arguments: str, output: Path | None = None) -> dict[str, float]:
    """Run the command line; wall seconds and the largest resident size in MB."""
    began = time.monotonic()
    with open(output or os.devnull, "w", encoding="utf-8") as sink:
        process = subprocess.Popen([sys.executable, "-m", "bot", "--index", str(index), *arguments], stdout=sink)
        _, status, usage = os.wait4(process.pid, 0)
    if os.waitstatus_to_exitcode(status) not in (0, 1):
        raise SystemExit(f"byline {arguments[0]} failed")
    return {"seconds": round(time.monotonic() - began, 2), "peak_mb": round(_megabytes(usage), 1)}


def _megabytes(usage: resource.struct_rusage) -> float:
    """Linux counts kilobytes, macOS bytes."""
    return usage.ru_maxrss / (1e6 if sys.platform == "darwin" else 1e3)


def _change(articles: Path, changed: Path, every: int) -> None:
    """A copy of the articles in which every so-manieth has one sentence more."""
    with open(articles, encoding="utf-8") as source, open(changed, "w", encoding="utf-8") as target:
        for number, line in enumerate(source):
            if number % every == 0 and line.strip():
                article = json.loads(line)
                article["text"] += f"\n\nThis report was updated for the {number}th time."
                line = json.dumps(article) + "\n"
            target.write(line)
    shutil.copystat(articles, changed)


if __name__ == "__main__":
    sys.exit(main())
