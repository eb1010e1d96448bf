"""Building side by side: `python -m benchmarks.build --data FOLDER`.

Rounds of so many articles that no system has seen; in each round every system builds an index of them, one after the
other, in turning order, with its model loaded (a first round warms up and is not counted). Then Byline's embedding alone against the
peak of this machine's matrix products, both measured in turn.

    tokens      of an article that reach the model, after each system's own cutting: how much work was done
    precision   as each comes: the peers float32, Byline what `embedding.precision: auto` takes on this machine
    disk        Byline's builds are published on disk, synced and with checksums; the peers' stay in memory
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.chart import Cell, bars, deliver
from benchmarks.corpus import Corpus, corpus, read_articles, samples
from benchmarks.machine import about, matrix_peak, operations
from benchmarks.systems import BM25, BYLINE, FITTED, HAYSTACK, LLAMA, TXTAI, available, options, running, say

_SYSTEMS = (BYLINE, HAYSTACK, TXTAI, FITTED, LLAMA, BM25)


def main(argv: Sequence[str] | None = None) -> int:
    """Measure, print the table, write the chart."""
    given = options(
        "build", __doc__, argv,
        rounds=(5, "counted rounds"), articles=(24, "articles a round"),
    )  # fmt: skip
    some = corpus(given)
    with tempfile.TemporaryDirectory(prefix="byline-bench-") as folder:
        figures = {
            "machine": about(),
            "corpus": some.name,
            "side_by_side": side_by_side(some, given, Path(folder)),
            "peak": share_of_peak(some, given, Path(folder)),
        }
    _deliver(figures, given)
    return 0


def side_by_side(some: Corpus, given: argparse.Namespace, folder: Path) -> dict[str, Any]:
    """Seconds of every round for every system, and how much each embeds."""
    files = samples(some, given.articles, given.rounds + 1, folder)
    seconds: dict[str, list[float]] = {}
    work: dict[str, dict[str, float]] = {}
    with running(_SYSTEMS, given) as systems:
        for number, file in enumerate(files):
            # another begins in every round, so that none always comes after the same one
            for system in systems[number % len(systems) :] + systems[: number % len(systems)]:
                name = system.kind.name
                if number == 0:
                    answer = system.order("build", articles=file, to=folder / "texts")
                    work[name] = _work(folder / "texts", given.articles)
                else:
                    answer = system.order("build", articles=file)
                    seconds.setdefault(name, []).append(answer["seconds"])
                say(f"round {number} of {given.rounds}: {name} {given.articles / answer['seconds']:.2f} articles/s")
    return {
        kind.name: {"seconds": seconds[kind.name], "articles": given.articles, **work[kind.name]}
        for kind in available(_SYSTEMS, given)
    }


def _work(file: Path, articles: int) -> dict[str, float]:
    """Passages of an article, their mean length, and the tokens of an article that reach the model."""
    with open(file, encoding="utf-8") as lines:
        texts = [json.loads(line) for line in lines]
    return {
        "passages": len(texts) / articles,
        "chars": sum(map(len, texts)) / max(1, len(texts)),
        "tokens": sum(map(len, _tokens(texts))) / articles,
    }


def _tokens(texts: Sequence[str]) -> list[list[int]]:
    """The texts as the model reads them: cut off behind its 256 tokens."""
    from tokenizers import Tokenizer

    from index.embed import PACKAGED, find_model

    tokenizer = Tokenizer.from_file(str(find_model(PACKAGED) / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.enable_truncation(256)
    return [one.ids for one in tokenizer.encode_batch(list(texts))]


def share_of_peak(some: Corpus, given: argparse.Namespace, folder: Path, times: int = 5) -> dict[str, Any]:
    """The embedding of real passages in operations a second, and the machine's peak, in turn."""
    import torch

    from bot.archive import embedding, recipe
    from bot.config import load_config
    from index.bert import Shape
    from index.embed import find_model, load_embedder
    from index.encoder import fast_dtype
    from index.passages import passages
    from index.split import split

    config = load_config(None, {"BYLINE_MACHINE__THREADS": str(given.threads)}, None)
    embedder = load_embedder(embedding(config), bulk=True)
    how = recipe(config)
    texts: list[str] = []
    for one in read_articles(samples(some, 80, 1, folder, seed=8)[0], folder):
        cut = passages(one["id"], one["text"], split(one["text"]), how.target_chars, how.longest_chars)
        texts += [f"{one.get('title') or ''}\n{passage.text}" for passage in cut]
    texts = texts[:1536]
    config_file = json.loads((find_model(str(config.embedding.model)) / "config.json").read_text(encoding="utf-8"))
    shape = Shape(
        layers=config_file["num_hidden_layers"],
        width=config_file["hidden_size"],
        inner=config_file["intermediate_size"],
    )
    work = operations(map(len, _tokens(texts)), shape)
    dtype = fast_dtype(config.embedding.precision)
    order = sorted(texts, key=len)
    embedder.encode(order[:512])
    rates, peaks = [], []
    for _ in range(times):
        peaks.append(matrix_peak(dtype))
        began = time.perf_counter()
        for begin in range(0, len(order), 512):
            embedder.encode(order[begin : begin + 512])
        rates.append(work / (time.perf_counter() - began))
        say(f"embedding {rates[-1] / 1e9:,.0f} of {peaks[-1] / 1e9:,.0f} Gop/s ({dtype})")
    return {
        "format": str(dtype).removeprefix("torch."), "passages": len(texts), "operations": work,
        "rates": rates, "peaks": peaks, "float32_peak": matrix_peak(torch.float32),
        "share": statistics.median(rate / peak for rate, peak in zip(rates, peaks, strict=True)),
    }  # fmt: skip


def rate(figures: dict[str, Any]) -> float:
    """Articles a second: the median over the rounds."""
    return float(statistics.median(figures["articles"] / seconds for seconds in figures["seconds"]))


def ratio(ours: dict[str, Any], theirs: dict[str, Any]) -> float:
    """How many times as many articles a second: the median of the rounds' own ratios."""
    return float(statistics.median(b / a for a, b in zip(ours["seconds"], theirs["seconds"], strict=True)))


def _deliver(figures: dict[str, Any], given: argparse.Namespace) -> None:
    beside = figures["side_by_side"]
    rows: list[list[Cell]] = [
        [
            name, rate(one), min(one["articles"] / s for s in one["seconds"]),
            max(one["articles"] / s for s in one["seconds"]), one["passages"], one["chars"], one["tokens"],
            rate(one) * one["tokens"], ratio(beside[BYLINE.name], one),
        ]
        for name, one in beside.items()
    ]  # fmt: skip
    columns = ("system", "articles/s", "least", "most", "passages/article", "chars/passage", "tokens/article",
               "tokens/s", "Byline is faster by")  # fmt: skip
    peak = figures["peak"]
    notes = [
        f"{figures['corpus']}; {given.rounds} rounds of {given.articles} articles; {given.threads} threads; "
        f"{figures['machine']}",
        f"Embedding: {peak['share']:.0%} of the measured {peak['format']} matrix peak "
        f"({statistics.median(peak['rates']) / 1e9:,.0f} of {statistics.median(peak['peaks']) / 1e9:,.0f} Gop/s; "
        f"float32 peak {peak['float32_peak'] / 1e9:,.0f})",
        "bm25s makes no vectors. LlamaIndex with its defaults embeds a part of the text alone (tokens/article).",
    ]
    vectors = {name: one for name, one in beside.items() if name != BM25.name}
    bars(
        given.out / "build.png", f"Building: {figures['corpus']}",
        [
            ("articles a second", {name: rate(one) for name, one in vectors.items()}),
            ("tokens embedded a second", {name: rate(one) * one["tokens"] for name, one in vectors.items()}),
        ],
        f"medians of {given.rounds} rounds, {figures['machine']}",
    )  # fmt: skip
    deliver(given.out, "build", columns, rows, notes, figures)


if __name__ == "__main__":
    sys.exit(main())
