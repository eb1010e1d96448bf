"""What is measured at each size, a step a function: rates on real text, laying down, opening, asking, adding.

Comes in: the options of `benchmarks.scale`, which runs each step in a process of its own. Goes out: figures by name.
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar
from unittest.mock import patch

import numpy as np

from benchmarks.grow import Growth
from benchmarks.machine import memory as held
from index.build import Recipe, add
from index.draft import Draft
from index.embed import Vectors
from index.generations import Generation
from index.lay import Bulk, lay
from index.prepare import Prepared
from index.publish import Write, publish
from index.store import Snapshot, open_snapshot
from index.writing import writing

_WARM = 3  # questions before the clock counts
_NEAREST = 50

Made = TypeVar("Made")


def _rates(given: argparse.Namespace) -> dict[str, Any]:
    """Passages a second, of real text: cut into sentences and passages, and embedded."""
    from index.embed import load_embedder
    from index.prepare import embedded_text, prepare
    from index.sources.read import documents

    base, recipe = open_snapshot(given.index), Recipe()
    texts: list[str] = []
    file = given.grown / "some.jsonl"
    with open(file, "w", encoding="utf-8") as lines:
        for entry in base.entries():
            stored = base.article(entry.id)
            lines.write(json.dumps({"title": stored.article.title, "text": stored.article.text}) + "\n")
            texts += [embedded_text(stored.article.title, run.text) for run in base.passages_of(stored)]
            if len(texts) >= 1024:
                break
    began = time.perf_counter()
    cut = [
        prepare(one, recipe.target_chars, recipe.longest_chars, recipe.max_sentences)
        for one in documents([file])
        if not hasattr(one, "reason")
    ]
    cutting = sum(len(one.passages) for one in cut) / (time.perf_counter() - began)
    embedder = load_embedder(recipe.embedding, bulk=True)
    embedder.encode(texts[:64])
    began = time.perf_counter()
    embedder.encode(sorted(texts, key=len))
    return {"cut_per_s": round(cutting, 1), "embedded_per_s": round(len(texts) / (time.perf_counter() - began), 1)}


def _lay(given: argparse.Namespace) -> dict[str, Any]:
    """Write and publish a generation of that many passages; the seconds that growing them took are not counted."""
    growth = Growth(open_snapshot(given.index))
    before, growing = _peak(), _Watch()
    recipe = replace(Recipe(), keep=1)
    timed = _Timed(growth, growing)

    def write(folder: Path) -> dict[str, Any]:
        draft = Draft(folder)
        try:
            lay(draft, growing.each(growth.articles(given.size)), Bulk(lambda: timed, "", lambda *_: None), None)
            counts = draft.finish()
        finally:
            draft.close()
        return {"content": "0" * 64, "recipe": recipe.describe(), "counts": counts,
                "embedding_model": recipe.embedding.model, "seconds": 0}  # fmt: skip

    seconds, processor, generation = growing.without(lambda: _published(given.grown, write))
    disk = sum(file["size"] for file in generation.manifest["files"].values())
    return {"passages": generation.manifest["counts"]["passages"], "articles": generation.manifest["counts"]["articles"],
            "laid_s": round(seconds, 2), "laid_cpu_s": round(processor, 2), "laid_mb": _peak() - before, "disk_mb": round(disk / 1e6)}  # fmt: skip


def _open(given: argparse.Namespace) -> dict[str, Any]:
    """Open with every digest compared, and without."""
    began = time.perf_counter()
    open_snapshot(given.grown)
    checked = time.perf_counter()
    open_snapshot(given.grown, whole=False)
    return {"open_s": round(checked - began, 3), "open_unchecked_s": round(time.perf_counter() - checked, 3)}


def _ask(given: argparse.Namespace) -> dict[str, Any]:
    """Ask through the archive, as every front does; then compare what the vectors found with the exact nearest."""
    import os

    from bot.archive import Archive
    from bot.config import load_config

    archive = Archive(load_config(None, os.environ, given.grown))
    questions = [fields.get("q") or fields["question"] for fields in map(json.loads, _lines(given.questions))]
    asked, timings, most = questions[: given.asked], [], [0, 0]
    for number, question in enumerate([*asked[:_WARM], *asked]):
        answer = archive.ask(question).answer
        if number >= _WARM:
            timings.append(answer.timings_ms)
        if seen := held(os.getpid()):
            most = [max(most[0], seen.own), max(most[1], seen.total)]
    return {
        **{f"{name}_ms": round(statistics.median(one[name] for one in timings), 1) for name in ("total", "retrieve", "read")},
        "ask_own_mb": most[0] // 2**20, "ask_mb": most[1] // 2**20, **_recall(archive.snapshot(), questions),
    }  # fmt: skip


def _recall(snapshot: Snapshot, questions: Sequence[str]) -> dict[str, float]:
    """The share of the nearest by exact cosine that search looks at: over all questions, and of the worst one."""
    from index.embed import load_embedder

    asked = load_embedder(Recipe().embedding, bulk=True).encode(questions)
    cosines = np.empty((len(asked), len(snapshot.vectors)), dtype=np.float32)
    for begin in range(0, cosines.shape[1], 65536):
        cosines[:, begin : begin + 65536] = asked @ snapshot.vectors[begin : begin + 65536].T
    shares = []
    for vector, all_of_them in zip(asked, cosines, strict=True):
        nearest = np.argpartition(-all_of_them, _NEAREST)[:_NEAREST]
        shares.append(np.isin(nearest, snapshot.matrix.near(vector, _NEAREST, snapshot.standing, None)).mean())
    return {"recall": round(float(np.mean(shares)), 5), "recall_least": round(float(np.min(shares)), 3)}


def _add(given: argparse.Namespace) -> dict[str, Any]:
    """Add one grown passage for every hundred that are there, by the real way in; then add the same once more."""
    growth, watch = Growth(open_snapshot(given.index), seed=2), _Watch()
    file = given.grown.with_suffix(".jsonl")
    more = growth.write(file, "added", given.size // 100)
    before = _peak()
    # the one thing that is not done: working out the vectors of the new passages
    with patch("index.build.load_embedder", lambda *_, **__: _Timed(growth, watch)):
        seconds, processor, _ = watch.without(lambda: add(given.grown, [file], Recipe(), lambda *_: None))
        same, same_processor, _ = watch.without(lambda: add(given.grown, [file], Recipe(), lambda *_: None))
    file.unlink()
    return {"added": more, "add_s": round(seconds, 2), "add_cpu_s": round(processor, 2), "add_mb": _peak() - before,
            "same_s": round(same, 2), "same_cpu_s": round(same_processor, 2)}  # fmt: skip


def _published(index: Path, write: Write) -> Generation:
    with writing(index):
        return publish(index, write, 1)


STEPS: dict[str, Callable[[argparse.Namespace], dict[str, Any]]] = {
    "rates": _rates, "lay": _lay, "open": _open, "ask": _ask, "add": _add,
}  # fmt: skip


class _Watch:
    """Adds up what was spent in making what a real run would be given, in seconds of the clock and of the processor."""

    seconds = processor = 0.0

    def without(self, work: Callable[[], Made]) -> tuple[float, float, Made]:
        """Do the work; its seconds by the clock and of the processor but for those added up meanwhile, and its result."""
        before = self.seconds, self.processor
        began = time.perf_counter(), time.process_time()
        made = work()
        seconds, processor = time.perf_counter() - began[0], time.process_time() - began[1]
        return seconds - (self.seconds - before[0]), processor - (self.processor - before[1]), made

    def timed(self, work: Callable[[], Made]) -> Made:
        """Do the work and add up what it takes."""
        began = time.perf_counter(), time.process_time()
        made = work()
        self.seconds += time.perf_counter() - began[0]
        self.processor += time.process_time() - began[1]
        return made

    def each(self, made: Iterable[Prepared]) -> Iterator[Prepared]:
        """The same, timed."""
        source = iter(made)
        while (one := self.timed(lambda: next(source, None))) is not None:
            yield one


class _Timed:
    """The growth as an embedder, timed."""

    def __init__(self, growth: Growth, watch: _Watch) -> None:
        self._growth, self._watch = growth, watch

    def encode(self, texts: Sequence[str]) -> Vectors:
        return self._watch.timed(lambda: self._growth.encode(texts))


def _lines(path: Path) -> list[str]:
    return [line for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]


def _peak() -> int:
    """The most memory that this process has had, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // (2**20 if sys.platform == "darwin" else 2**10)
