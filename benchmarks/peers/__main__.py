"""The peers at a glance: `python -m benchmarks.peers`.

Makes their environment where it is not there yet (benchmarks/out/.peers; PyTorch first and by itself, as in the
Makefile, then requirements.txt, which pins all the rest). Then every system builds the corpus and answers its first
questions, and the table says which version it is, into how many passages it cuts, and how far its vectors are from
those of Byline's float32 model: all must embed with the same model, or nothing else here can be compared.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.ask import READ
from benchmarks.chart import Cell, bars, deliver
from benchmarks.corpus import Corpus, corpus, read_articles, write_articles
from benchmarks.machine import about
from benchmarks.peers.protocol import Text
from benchmarks.score import hit, quantile, share
from benchmarks.systems import (
    BM25,
    BYLINE,
    FITTED,
    HAYSTACK,
    HYBRID,
    LLAMA,
    PEERS,
    ROOT,
    TXTAI,
    Running,
    options,
    running,
    say,
)  # fmt: skip

_SYSTEMS = (BYLINE, HAYSTACK, TXTAI, HYBRID, FITTED, LLAMA, BM25)
_TORCH = "torch==2.13.0"
_PINNED = Path(__file__).parent / "requirements.txt"


def main(argv: Sequence[str] | None = None) -> int:
    """Set up, look at each, print the table, write the chart."""
    given = options(
        "peers", __doc__, argv, articles=(12, "articles built"), questions=(20, "questions asked of each"),
    )  # fmt: skip
    if given.peers == PEERS and not given.peers.is_file():
        set_up(given.peers)
    some = corpus(given)
    with tempfile.TemporaryDirectory(prefix="byline-bench-") as temporary:
        file = Path(temporary) / "articles.jsonl"
        articles = list(read_articles(some.source, Path(temporary)))[: given.articles]
        write_articles(file, articles)
        texts = [Text("", one.get("title") or "", one["text"][:500]).titled for one in articles]
        with running(_SYSTEMS, given) as systems:
            figures = {one.kind.name: look(one, file, texts, some, given) for one in systems}
    _deliver(figures, some, given)
    return 0


def set_up(python: Path) -> None:
    """A virtual environment with the peers; PyTorch's CPU build where the index has one by that name."""
    say(f"setting up the peers in {python.parent.parent} (once; minutes, mostly downloads) ...")
    subprocess.run([sys.executable, "-m", "venv", python.parent.parent], check=True)
    pip: list[str | Path] = [python, "-m", "pip", "--quiet", "--disable-pip-version-check", "install"]
    for torch in (f"{_TORCH}+cpu", _TORCH):
        if subprocess.run([*pip, torch], stderr=subprocess.DEVNULL, check=False).returncode == 0:
            break
    subprocess.run([*pip, "-r", _PINNED], cwd=ROOT, check=True)


def look(system: Running, file: Path, texts: Sequence[str], some: Corpus, given: argparse.Namespace) -> dict[str, Any]:
    """One system's versions, its build, its answers and its vectors."""
    built = system.order("build", articles=file)
    vectors = None if system.kind == BM25 else system.order("embed", texts=texts)["vectors"]
    seconds, hits = [], []
    for question in some.questions[: given.questions]:
        answer = system.order("ask", question=question.text, k=READ)
        seconds.append(answer["seconds"])

        def compare(sentences: Sequence[str], asked: str = question.text) -> Sequence[float]:
            scores: list[float] = system.order("compare", question=asked, texts=sentences)["scores"]
            return scores

        hits.append(hit(answer["found"], question.answers, compare).sentence)
    say(f"{system.kind.name}: {built['passages']} passages, built in {built['seconds']:.1f} s")
    return {
        "versions": system.order("about")["versions"], "passages": built["passages"], "vectors": vectors,
        "p50": 1000 * quantile(seconds, 0.5), "sentence": share(hits),
    }  # fmt: skip


def least_cosine(ours: Sequence[Sequence[float]], theirs: Sequence[Sequence[float]]) -> float:
    """How near two systems' vectors of the same texts are at worst."""
    left, right = (np.array(one) / np.linalg.norm(one, axis=1, keepdims=True) for one in (ours, theirs))
    return float((left * right).sum(axis=1).min())


def _deliver(figures: dict[str, dict[str, Any]], some: Corpus, given: argparse.Namespace) -> None:
    ours = figures[BYLINE.name]["vectors"]
    rows: list[list[Cell]] = []
    for name, one in figures.items():
        vectors = one.pop("vectors")
        one["least_cosine"] = None if vectors is None else least_cosine(ours, vectors)
        package, number = next(iter(one["versions"].items()))
        near = one["least_cosine"]
        rows.append([name, f"{package} {number}", one["passages"], near and f"{near:.6f}", one["p50"], one["sentence"]])
    note = f"{some.name}, {given.articles} articles, {given.questions} questions; {about()}"
    bars(
        given.out / "peers.png", f"At a glance: {some.name}",
        [("passages", {name: one["passages"] for name, one in figures.items()}),
         ("ask, p50 ms", {name: one["p50"] for name, one in figures.items()}),
         ("answer in the first sentence", {name: one["sentence"] for name, one in figures.items()})],
        note,
    )  # fmt: skip
    columns = ("system", "package", "passages", "least cosine to Byline's vectors", "ask p50 ms", "first sentence")
    deliver(given.out, "peers", columns, rows, [note], figures)


if __name__ == "__main__":
    sys.exit(main())
