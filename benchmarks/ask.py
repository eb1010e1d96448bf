"""Asking side by side: `python -m benchmarks.ask --data FOLDER`.

Byline indexes the whole corpus (minutes, kept in the cache). Every peer is filled with Byline's own passages and
vectors, in its own store: computing them anew for each in float32 would take an hour, and so all search the same
passages, whole sentences without boilerplate, which if anything favours the peers. A sample of the vectors is compared with
what each peer's own model makes of the same texts; questions are embedded by each peer itself.

Then rounds: a block of questions, the same for all, each asked once (so no cache serves), one system after the other
in turning order. Timed is the whole call from the question to ranked passages (Byline: to checked citations), with as
many passages found and ranked as Byline may read. What is found is scored between the rounds, outside the times, and handed to
`benchmarks.quality`. Haystack's ranker has untrained weights: it shows what ranking costs, not what it is worth.
"""

from __future__ import annotations

import argparse
import random
import statistics
import sys
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from benchmarks.chart import Cell, bars, deliver
from benchmarks.corpus import Corpus, Filled, Question, corpus, filled, passages_of
from benchmarks.machine import about
from benchmarks.score import hit, quantile
from benchmarks.systems import BM25, BYLINE, HAYSTACK, HYBRID, LLAMA, RANKED, TXTAI, Running, options, running, say
from bot.config import load_config

_SYSTEMS = (BYLINE, RANKED, TXTAI, HYBRID, LLAMA, BM25)
_WARM = ("Who spoke to reporters on Monday?", "How many people were hurt in the fire?", "When does the trial begin?")
# As many as Byline may read; it stops sooner where more could not change its answer.
READ = load_config(None, {}, None).retrieval.passages_read


def main(argv: Sequence[str] | None = None) -> int:
    """Measure, print the table, write the chart."""
    given = options(
        "ask", __doc__, argv, rounds=(5, "blocks of questions"), questions=(80, "questions in all; 0: every one")
    )
    some = corpus(given)
    figures = ask(some, filled(some, given), given)
    _deliver(figures, given)
    return 0


def ask(some: Corpus, made: Filled, given: argparse.Namespace) -> dict[str, Any]:
    """Seconds, steps and hits of every question for every system."""
    asked = random.Random(9).sample(some.questions, min(given.questions or len(some.questions), len(some.questions)))
    blocks = [asked[number :: given.rounds] for number in range(given.rounds)]
    results: dict[str, Any] = {}
    with running(_SYSTEMS, given) as systems:
        for system in systems:
            load(system, made)
            results[system.kind.name] = {"rounds": [], "hits": [], "equal": _equal(system, made)}
        for number, block in enumerate(blocks):
            for system in systems[number % len(systems) :] + systems[: number % len(systems)]:
                result = results[system.kind.name]
                answers = [system.order("ask", question=one.text, k=READ) for one in block]
                result["rounds"].append([{"seconds": one["seconds"], **one["steps"]} for one in answers])
                result["hits"] += [_hit(system, one, two) for one, two in zip(block, answers, strict=True)]
                middle = statistics.median(one["seconds"] for one in answers)
                say(f"round {number + 1} of {given.rounds}: {system.kind.name} {1000 * middle:,.0f} ms")
    return {
        "machine": about(), "corpus": some.name, "passages": made.count, "chars": made.chars, "questions": len(asked),
        "systems": _split(results),
    }  # fmt: skip


def load(system: Running, made: Filled) -> None:
    """Have a system hold the corpus and answer a few questions."""
    if system.kind.is_byline:
        seconds = system.order("open", folder=made.index)["seconds"]
    else:
        seconds = system.order("fill", passages=made.passages, vectors=made.vectors)["seconds"]
    for question in _WARM:
        system.order("ask", question=question, k=READ)
    say(f"{system.kind.name} holds {made.count:,} passages ({seconds:.0f} s)")


def _equal(system: Running, made: Filled, sample: int = 40) -> float | None:
    """The least cosine between the vectors filled in and the system's own, over a sample of the passages."""
    if system.kind == BM25:
        return None
    rows = sorted(random.Random(10).sample(range(made.count), min(sample, made.count)))
    chosen = set(rows)
    texts = [one.titled for row, one in enumerate(passages_of(made)) if row in chosen]
    own = np.array(system.order("embed", texts=texts)["vectors"])
    own /= np.linalg.norm(own, axis=1, keepdims=True)
    stored = np.load(made.vectors, mmap_mode="r")[rows]
    return round(float((own * stored).sum(axis=1).min()), 5)


def _hit(system: Running, question: Question, answer: dict[str, Any]) -> dict[str, bool]:
    def compare(texts: Sequence[str]) -> Sequence[float]:
        scores: list[float] = system.order("compare", question=question.text, texts=texts)["scores"]
        return scores

    return asdict(hit(answer["found"], question.answers, compare))


def _split(results: dict[str, Any]) -> dict[str, Any]:
    """Haystack without its ranker is the first step of Haystack with it; the hits belong to the one without."""
    if RANKED.name not in results:
        return results
    ranked = results[RANKED.name]
    plain = [[{"seconds": one["retrieve"]} for one in block] for block in ranked["rounds"]]
    names = [name for name in results if name != RANKED.name]
    return {
        BYLINE.name: results[BYLINE.name],
        HAYSTACK.name: {**ranked, "rounds": plain},
        RANKED.name: {**ranked, "hits": None},
        **{name: results[name] for name in names},
    }


def seconds(result: dict[str, Any]) -> list[float]:
    """Seconds of every question."""
    return [one["seconds"] for block in result["rounds"] for one in block]


def ratio(ours: dict[str, Any], theirs: dict[str, Any]) -> float:
    """How many times as long they take: the median of the rounds' ratios of medians."""
    middles = [
        [statistics.median(one["seconds"] for one in block) for block in both["rounds"]] for both in (ours, theirs)
    ]
    return float(statistics.median(b / a for a, b in zip(*middles, strict=True)))


def _deliver(figures: dict[str, Any], given: argparse.Namespace) -> None:
    systems = figures["systems"]
    ours = systems[BYLINE.name]
    rows: list[list[Cell]] = [
        [
            name, 1000 * quantile(seconds(one), 0.5), 1000 * quantile(seconds(one), 0.95), ratio(ours, one), one["equal"] and f"{one['equal']:.5f}",
        ]
        for name, one in systems.items()
    ]  # fmt: skip
    steps = {
        step: 1000 * statistics.median(one[step] for block in ours["rounds"] for one in block)
        for step in ours["rounds"][0][0]
        if step not in ("seconds", "total")
    }
    notes = [
        f"{figures['corpus']}: {figures['passages']:,} passages of {figures['chars']:,.0f} characters; "
        f"{figures['questions']} questions in {given.rounds} rounds; {READ} passages read or ranked; "
        f"{given.threads} threads; {figures['machine']}",
        "Byline's steps (medians): " + ", ".join(f"{name} {ms:.0f} ms" for name, ms in steps.items()),
        "The ranker's weights are untrained: its time is that of a trained one of this size, its order means nothing.",
    ]
    bars(
        given.out / "ask.png", f"Asking at {figures['passages']:,} passages: {figures['corpus']}",
        [
            ("p50, ms", {name: 1000 * quantile(seconds(one), 0.5) for name, one in systems.items()}),
            ("p95, ms", {name: 1000 * quantile(seconds(one), 0.95) for name, one in systems.items()}),
        ],
        f"{figures['questions']} questions, whole calls; {figures['machine']}",
    )  # fmt: skip
    columns = ("system", "p50 ms", "p95 ms", "times Byline", "least cosine")
    deliver(given.out, "ask", columns, rows, notes, figures)


if __name__ == "__main__":
    sys.exit(main())
