"""Folders and feeds -> new generations, round after round, until somebody stops it.

Comes in: the configuration, folders. Goes out: a line for each round that changed something or failed. The promises
others lean on: a round that fails costs that round alone; SIGTERM and Ctrl-C end it within seconds, with everything
published that was fetched until then; files that were being read wait for the next start. What comes under the folders
is added, and what goes from there goes, as in a rebuild; all that came from elsewhere stays. A folder that is gone, or
empty, takes nothing with it: a disk that is not there looks like that.
"""

from __future__ import annotations

import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from bot.archive import recipe
from bot.cli_feeds import feed_lines, troubled
from bot.config import Config
from bot.fetching import fetcher
from bot.report import report_lines
from bot.visible import visible
from index.build import follow
from index.errors import IndexBusy, IndexFailure
from index.feeds import fetch_feeds
from index.sources.fetch import Fetcher

_INTERRUPTED = 130


def watch(config: Config, paths: Sequence[Path], *, once: bool = False) -> int:
    """Go round until a signal comes; the exit code is 0 after SIGTERM, 130 after Ctrl-C, and with `once` a round's."""
    stop, fetching, trouble = threading.Event(), fetcher(config), False
    missing = [path for path in paths if not path.exists()]
    for path in missing:
        print(
            f"byline: {visible(str(path))}: there is no such file or folder yet; each round looks again",
            file=sys.stderr,
            flush=True,
        )
    with _signals(stop) as caught:
        while not stop.is_set():
            began = time.monotonic()
            trouble = _round(config, paths, fetching, stop)
            if once:
                break
            stop.wait(max(0.0, config.fetch.watch_minutes * 60 - (time.monotonic() - began)))
    if signal.SIGINT in caught:
        return _INTERRUPTED
    return 1 if once and (trouble or missing) else 0


def _round(config: Config, paths: Sequence[Path], fetching: Fetcher, stop: threading.Event) -> bool:
    """One round; whether anything could not be had."""
    trouble = False
    try:
        if paths:
            report = follow(config.index.dir, paths, recipe(config), _until(stop))
            if report.published:
                _say(report_lines(report))
        if not stop.is_set():
            done = fetch_feeds(config.index.dir, recipe(config), _quiet, fetching, stop)
            trouble = troubled(done)
            if done.report or trouble:
                _say(feed_lines(done))
    except _Stopped:
        pass
    except IndexBusy as busy:
        print(f"byline: {visible(str(busy))}; the next round tries again", file=sys.stderr, flush=True)
        trouble = True
    except (IndexFailure, OSError) as failure:
        print(f"byline: {visible(str(failure))}", file=sys.stderr, flush=True)
        trouble = True
    return trouble


@contextmanager
def _signals(stop: threading.Event) -> Iterator[set[int]]:
    """Let SIGTERM and SIGINT set `stop` while the block runs; which of them came."""
    caught: set[int] = set()

    def note(number: int, frame: FrameType | None) -> None:
        caught.add(number)
        stop.set()

    before = {number: signal.signal(number, note) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield caught
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _say(lines: Sequence[str]) -> None:
    print("\n".join((time.strftime("%Y-%m-%d %H:%M:%S"), *lines)), flush=True)


class _Stopped(Exception):
    """A signal came while files were added."""


def _until(stop: threading.Event) -> Callable[[str, int, int], None]:
    """A progress that is not shown, and at which the work ends once `stop` is set."""

    def progress(what: str, done: int, total: int) -> None:
        if stop.is_set():
            raise _Stopped

    return progress


def _quiet(what: str, done: int, total: int) -> None:
    """A round shows no progress."""
