"""The index is changed in a process of its own, so that answers go on meanwhile.

Comes in: a `Deed`. Goes out: news of it until it is done; a rebuild that is staged waits for `publish` or `discard`.
The promises others lean on: a worker that dies, for whatever reason, is the news "failed" and nothing was published by
halves; when the bot dies, the worker sees its pipe closed and discards what it had staged; leaving the block ends the
worker. Only JSON comes back from it. Knows nothing of messages.
"""

from __future__ import annotations

import asyncio
import multiprocessing
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Literal, Protocol

from bot.chat_telegram.deeds import Deed, News, read_news
from bot.chat_telegram.workbench import work
from bot.config import Config

if TYPE_CHECKING:
    from multiprocessing.connection import Connection
    from multiprocessing.process import BaseProcess

Word = Literal["publish", "discard"]
_DIED = "The work stopped before its end; nothing was published. The log may say more; memory may have run out."
_PATIENCE = 2.0  # seconds that a worker has to end by itself


class Bench(Protocol):
    """One deed under way."""

    def news(self) -> AsyncIterator[News]:
        """What happens, until `done` or `failed`, or until `staged` asks for a word; go on reading after the word."""

    async def say(self, word: Word) -> None:
        """Say what is to become of what is staged."""


class Workshop:
    """Where deeds are done, one process each."""

    def __init__(self, config: Config) -> None:
        self._config = config

    @asynccontextmanager
    async def open(self, deed: Deed) -> AsyncIterator[Bench]:
        """Begin the deed; the process ends with the block."""
        spawn = multiprocessing.get_context("spawn")
        ours, theirs = spawn.Pipe(duplex=True)
        process = spawn.Process(
            target=work, args=(_portable(self._config), deed, theirs), name="byline index worker", daemon=True
        )
        try:
            await asyncio.to_thread(process.start)
            theirs.close()
            yield _Bench(ours)
        finally:
            ours.close()
            await asyncio.shield(asyncio.to_thread(_end, process))


class _Bench:
    def __init__(self, pipe: Connection) -> None:
        self._pipe = pipe

    async def news(self) -> AsyncIterator[News]:
        while True:
            try:
                one = read_news(await self._received())
            except (EOFError, OSError, ValueError):
                one = News("failed", _DIED)
            yield one
            if one.kind != "progress":
                return

    async def say(self, word: Word) -> None:
        with suppress(OSError):  # the worker is gone; the next news says so
            await asyncio.to_thread(self._pipe.send_bytes, word.encode())

    async def _received(self) -> bytes:
        # polled: a thread that waited for ever would hold up the end of the program
        while not await asyncio.to_thread(self._pipe.poll, 0.5):
            pass
        return await asyncio.to_thread(self._pipe.recv_bytes, 2**20)


def _portable(config: Config) -> Config:
    """The configuration without what cannot travel to another process and is not needed there."""
    return replace(config, telegram=replace(config.telegram, scopes={}))


def _end(process: BaseProcess) -> None:
    """Wait for the process to end, make it end where it does not."""
    if process.pid is None:
        return
    process.join(_PATIENCE)
    for stop in (process.terminate, process.kill):
        if process.is_alive():
            stop()
            process.join(_PATIENCE)
    process.close()
