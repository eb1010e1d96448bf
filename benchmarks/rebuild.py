"""The second build: `python -m benchmarks.rebuild --data FOLDER`.

Byline's command line, a process of its own each time: all the articles built, built again with nothing changed, built
again with 1 % of them changed (the last two in turn, medians). With --data on two cores the first build takes minutes.
"""

from __future__ import annotations

import shutil
import statistics
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.chart import bars, deliver
from benchmarks.corpus import byline, corpus, read_articles, write_articles
from benchmarks.machine import about
from benchmarks.systems import options, say
from index.generations import current


def main(argv: Sequence[str] | None = None) -> int:
    """Measure, print the table, write the chart."""
    given = options(
        "rebuild",
        __doc__,
        argv,
        rounds=(5, "second builds of each kind"),
        articles=(0, "so many articles alone (0: all)"),
    )
    some = corpus(given)
    with tempfile.TemporaryDirectory(prefix="byline-bench-") as temporary:
        folder = Path(temporary)
        articles = list(read_articles(some.source, folder))[: given.articles or None]
        file, index = folder / "articles.jsonl", folder / "index"
        write_articles(file, articles)
        say(f"building {len(articles):,} articles ...")
        first = byline(given, index, "build", file)
        say(f"first build: {first:.1f} s")
        generation = current(index)
        disk = sum(path.stat().st_size for path in generation.folder.iterdir())
        same, changed = [], []
        for number in range(given.rounds):
            same.append(byline(given, index, "build", file))
            change(articles, number)
            write_articles(file, articles)
            changed.append(byline(given, index, "build", file))
            say(f"nothing changed: {same[-1]:.2f} s; 1 % changed: {changed[-1]:.2f} s")
        shutil.rmtree(index)
    figures = {
        "machine": about(), "corpus": some.name, "articles": len(articles), "counts": dict(generation.manifest["counts"]),
        "disk": disk, "first": first, "same": same, "changed": changed,
    }  # fmt: skip
    _deliver(figures, given.out)
    return 0


def change(articles: list[dict[str, Any]], number: int) -> None:
    """Give one sentence more to every hundredth article, others each time; to one at least."""
    for one in articles[number % len(articles) :: 100]:
        one["text"] += f"\n\nThis report was updated for the {number + 2}th time."


def _deliver(figures: dict[str, Any], out: Path) -> None:
    first, same, changed = figures["first"], statistics.median(figures["same"]), statistics.median(figures["changed"])
    rows = [
        ["first", first, figures["articles"] / first, "100 %"],
        ["nothing changed", same, figures["articles"] / same, f"{same / first:.2%}"],
        ["1 % changed", changed, figures["articles"] / changed, f"{changed / first:.2%}"],
    ]
    note = (
        f"{figures['corpus']}: {figures['articles']:,} articles, {figures['counts']['passages']:,} passages, "
        f"{figures['disk'] / 1e6:,.0f} MB on disk; whole processes; {figures['machine']}"
    )
    shares = {"nothing changed": 100 * same / first, "1 % changed": 100 * changed / first}
    bars(out / "rebuild.png", "The second build", [("% of the first build's time", shares)], note)
    deliver(out, "rebuild", ("build", "seconds", "articles/s", "of the first"), rows, [note], figures)


if __name__ == "__main__":
    sys.exit(main())
