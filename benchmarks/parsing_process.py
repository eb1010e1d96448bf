"""What parsing pages in another process costs: `python -m benchmarks.parsing_process [--pages 300]`.

Pages made of RealTimeQA's articles, each with a menu, teasers and scripts, are read in this process, by one worker
and by two, in turns within one run; the texts must be the same. The articles lie beside the checkout; without them
the pages are made of the starter corpus.
"""

from __future__ import annotations

import argparse
import html
import json
import resource
import statistics
import sys
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from index.sources.html import read_html
from index.sources.parsers import Worker

_ARTICLES = Path("../shared/data/realtimeqa_2022/articles.jsonl")
_ROUNDS = 3


def main(argv: Sequence[str] | None = None) -> int:
    """Print one line a way: seconds and pages a second, the middle of three rounds, and processor time."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pages", type=int, default=300)
    pages = _pages(parser.parse_args(argv).pages)
    ways: dict[str, Callable[[list[bytes]], list[str]]] = {
        "in this process": lambda pages: [read_html(page).text for page in pages],
        "one worker": lambda pages: _by_workers(pages, 1),
        "two workers": lambda pages: _by_workers(pages, 2),
    }
    taken: dict[str, list[tuple[float, float]]] = {name: [] for name in ways}
    texts: dict[str, list[str]] = {}
    for _ in range(_ROUNDS):
        for name, way in ways.items():
            before, busy = time.perf_counter(), _busy()
            texts[name] = way(pages)
            taken[name].append((time.perf_counter() - before, _busy() - busy))
    if any(found != texts["in this process"] for found in texts.values()):
        print("the texts differ", file=sys.stderr)
        return 1
    print(f"{len(pages)} pages, {sum(map(len, pages)) // len(pages):,} bytes each")
    for name, rounds in taken.items():
        seconds, busy = (statistics.median(column) for column in zip(*rounds, strict=True))
        print(f"{name:<16}{seconds:6.2f} s {len(pages) / seconds:7.1f} pages/s {busy:6.2f} s of processor time")
    return 0


def _by_workers(pages: list[bytes], count: int) -> list[str]:
    """The texts in the order of the pages, by so many processes started for it."""
    mine = threading.local()
    workers: list[Worker] = []

    def one(page: bytes) -> str:
        if not hasattr(mine, "worker"):
            mine.worker = Worker()
            workers.append(mine.worker)
        reply = mine.worker.ask({"markup": "html", "address": None}, page, time.monotonic() + 30)
        return str(reply["contents"]["text"])

    with ThreadPoolExecutor(count) as pool:
        texts = list(pool.map(one, pages))
    for worker in workers:
        worker.close()
    return texts


def _busy() -> float:
    both = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(used.ru_utime + used.ru_stime for used in both)


def _pages(count: int) -> list[bytes]:
    if _ARTICLES.is_file():
        with _ARTICLES.open(encoding="utf-8") as lines:
            articles = [json.loads(line) for line in lines]
        texts = [(one["title"] or "", one["text"]) for one in articles[:: max(1, len(articles) // count)]][:count]
    else:
        seeds = [path.read_text(encoding="utf-8") for path in sorted(Path("seeds").glob("*.txt"))]
        texts = [("An article", seeds[number % len(seeds)]) for number in range(count)]
    return [_page(title, text) for title, text in texts]


def _page(title: str, text: str) -> bytes:
    menu = "".join(f"<li><a href='/{n}'>Section {n}</a></li>" for n in range(60))
    teasers = "".join(
        f"<div class='teaser'><h3><a href='/t{n}'>Another story, number {n}</a></h3></div>" for n in range(30)
    )
    body = "".join(f"<p>{html.escape(line)}</p>" for line in text.split("\n") if line.strip())
    script = "<script>" + "var a = {};" * 4000 + "</script>"
    return (
        f"<!DOCTYPE html><html lang='en'><head><title>{html.escape(title)}</title>{script}</head><body><nav><ul>{menu}</ul>"
        f"</nav><article><h1>{html.escape(title)}</h1>{body}</article><aside>{teasers}</aside></body></html>"
    ).encode()


if __name__ == "__main__":
    sys.exit(main())
