"""Work for the one model thread: the more urgent first, and what is long lets the more urgent go before its next step.

Comes in: pieces of work with their urgency, from one event loop. Goes out: futures. The promises: one piece is worked on
at a time, each on the same thread; of one urgency they go in order; a piece whose future was cancelled before its turn is
not begun. Knows nothing of what the work is.
"""

from __future__ import annotations

import asyncio
import heapq
import itertools
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from typing import Any, TypeVar

T = TypeVar("T")
# What a piece of work calls between its steps: everything more urgent is done, on the same thread, before it returns.
Aside = Callable[[], None]
_Job = tuple[int, int, Callable[[Aside], Any], "asyncio.Future[Any]"]


class Turns:
    """The line before the thread; `put` and `close` are the event loop's."""

    def __init__(self, name: str) -> None:
        self._thread = ThreadPoolExecutor(1, name)
        self._line: list[_Job] = []
        self._number = itertools.count()
        self._lock = threading.Lock()  # the thread takes from the line, too
        self._works = False

    def put(self, work: Callable[[Aside], T], urgency: int) -> asyncio.Future[T]:
        """Have the work done in its turn; a smaller number is more urgent."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()
        with self._lock:
            heapq.heappush(self._line, (urgency, next(self._number), work, future))
            begins, self._works = not self._works, True
        if begins:
            self._thread.submit(self._run, loop)
        return future

    def waiting(self, than: int | None = None) -> int:
        """How many stand in the line, the one being done not counted; with `than`, those more urgent than that."""
        if than is None:
            return len(self._line)
        with self._lock:
            return sum(urgency < than for urgency, *_ in self._line)

    def close(self) -> None:
        """Drop what waits; what runs ends by itself."""
        with self._lock:
            waiting = [future for *_, future in self._line]
            self._line.clear()
        for future in waiting:
            future.cancel()
        self._thread.shutdown(wait=False, cancel_futures=True)

    def _run(self, loop: asyncio.AbstractEventLoop) -> None:
        """The thread: one piece after the other, until none is left."""
        while (job := self._next(None)) is not None:
            self._do(loop, job)

    def _next(self, than: int | None) -> _Job | None:
        """The next piece that somebody still waits for; with `than`, only one more urgent than that."""
        with self._lock:
            while self._line and (than is None or self._line[0][0] < than):
                job = heapq.heappop(self._line)
                if not job[-1].cancelled():
                    return job
            self._works = than is not None
            return None

    def _do(self, loop: asyncio.AbstractEventLoop, job: _Job) -> None:
        urgency, _, work, future = job
        try:
            settle = partial(_settle, future, work(partial(self._aside, loop, urgency)), None)
        except BaseException as error:
            settle = partial(_settle, future, None, error)
        with suppress(RuntimeError):  # the loop is closed: nobody waits any more
            loop.call_soon_threadsafe(settle)

    def _aside(self, loop: asyncio.AbstractEventLoop, urgency: int) -> None:
        while (job := self._next(urgency)) is not None:
            self._do(loop, job)


def _settle(future: asyncio.Future[Any], result: object, error: BaseException | None) -> None:
    if future.done():
        return  # nobody waits any more
    if error is not None:
        future.set_exception(error)
    else:
        future.set_result(result)
