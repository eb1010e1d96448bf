"""How far long work has come, on a terminal; silence elsewhere.

Comes in: (what, done, total) from whoever works; a total of 0 means that nobody knows it yet. Goes out: one line on
stderr that is rewritten, and removed in the end.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def progress() -> Iterator[Callable[[str, int, int], None]]:
    """A callback that shows progress while the block runs, where stderr is a terminal."""
    if not sys.stderr.isatty():
        yield lambda what, done, total: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn

    columns = (
        SpinnerColumn(), TextColumn("{task.description}"), BarColumn(bar_width=24),
        TextColumn("{task.fields[count]}"), TimeElapsedColumn(),
    )  # fmt: skip
    with Progress(*columns, console=Console(stderr=True), transient=True, refresh_per_second=5) as bars:
        tasks: dict[str, TaskID] = {}

        def show(what: str, done: int, total: int) -> None:
            count = f"{done:,} of {total:,}" if total else f"{done:,}"
            if what not in tasks:
                tasks[what] = bars.add_task(what, total=total or None, count=count)
            bars.update(tasks[what], completed=done, total=total or None, count=count)

        yield show
