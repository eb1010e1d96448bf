"""A bot under load: started over a copy of an index, warmed, and what it takes meanwhile.

Comes in: an index folder and settings. Goes out: the running bot with its server, and figures from the kernel, from the
bot's own metrics and from what the server got. The promise: every memory figure says from when it is counted.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bot.chat_telegram.wording import BUSY
from tests.bot.telegram.bot_api.child import Bot
from tests.bot.telegram.bot_api.crowd import Crowd
from tests.bot.telegram.bot_api.server import BotApi

# What is asked before anything is measured, so that the models are loaded and their caches filled.
WARMING = [f"What did the {who} say about {what}?" for who in ("police", "minister", "mayor", "bank", "players", "court")
           for what in ("it", "the vote", "prices", "the war", "the school", "a new virus", "the fire in the north",
                        "the long winter and the storms that came before it")]  # fmt: skip


@contextmanager
def warmed(index: Path, settings: dict[str, str]) -> Iterator[tuple[BotApi, Bot, float]]:
    """A bot over a copy of the index that has answered the warming questions; its own memory in MB before the first."""
    with tempfile.TemporaryDirectory(prefix="byline-load-") as folder, BotApi() as server:
        shutil.copytree(index, Path(folder) / "index", ignore=shutil.ignore_patterns("telegram.sqlite*", "*.lock"))
        with Bot(server, Path(folder), Path(folder) / "index", chatty=False, **settings) as bot:
            cold = bot.own_memory()
            warming = Crowd(server, WARMING, first=9_000)
            warming.top_up(len(WARMING))
            warming.answered(600)
            yield server, bot, cold


@dataclass(slots=True)
class Watch:
    """Looks at the bot now and then; keeps the largest values. `cold` is its own memory before its first question."""

    server: BotApi
    bot: Bot
    stage: str
    cold: float
    cpu: float = 0.0
    began: float = 0.0
    sent: int = 0
    memory: float = 0.0
    growth: float = 0.0
    warm: float = 0.0
    own_most: float = 0.0
    tasks: float = 0.0
    _last: float = field(default=0.0)
    _told: float = field(default=0.0)

    def __post_init__(self) -> None:
        self.began, self.cpu, self.sent = time.monotonic(), cpu(self.bot.process.pid), len(self.server.world.outbox)
        self.memory, self.warm = self.bot.memory(), self.bot.own_memory()

    def look(self) -> None:
        """Once a second at most; once a minute a line on stderr."""
        now = time.monotonic()
        if now - self._last < 1:
            return
        self._last = now
        own = self.bot.own_memory()
        self.growth = max(self.growth, self.bot.memory() - self.memory)
        self.own_most = max(self.own_most, own)
        found = [value for name, value in self.bot.metrics().items() if "tasks" in name]
        self.tasks = max([self.tasks, *found])
        if now - self._told >= 60:
            self._told = now
            answers = len(self.server.world.outbox) - self.sent
            line = f"{self.stage}: {now - self.began:.0f} s, {answers} messages, {own:.0f} MB of its own, tasks at most {self.tasks:.0f}"
            print(line, file=sys.stderr, flush=True)

    def figures(self) -> dict[str, Any]:
        """Processor time, memory, tasks, event-loop lag by the bot's own metrics."""
        outbox = self.server.world.outbox[self.sent :]
        used, seconds = cpu(self.bot.process.pid) - self.cpu, time.monotonic() - self.began
        p99 = next((value for name, value in self.bot.metrics().items() if "lag" in name and "0.99" in name), None)
        return {
            "busy": sum(message.text == BUSY for message in outbox),
            "cpu_ms": round(1000 * used / max(1, len(outbox)), 1),
            "bot_cores": round(used / seconds, 2),
            "lag_p99_ms": None if p99 is None else round(p99 * 1000, 1),
            "memory_mb": round(self.memory), "growth_mb": round(self.growth),
            "warming_questions": len(WARMING), "own_before_first_mb": round(self.cold), "own_warm_mb": round(self.warm),
            "own_most_mb": round(self.own_most), "own_over_warm_mb": round(self.own_most - self.warm),
            "own_over_first_mb": round(self.own_most - self.cold), "tasks": int(self.tasks),
            "refused_429": self.server.pace.refused, "log_lines": self.bot.output().count("\n"),
            "load_average": os.getloadavg()[0],
        }  # fmt: skip


def until(true: Callable[[], object], seconds: float, pause: float = 0.1) -> None:
    """Wait for it, but no longer than that."""
    end = time.monotonic() + seconds
    while not true() and time.monotonic() < end:
        time.sleep(pause)


def cpu(pid: int) -> float:
    """Seconds of processor time that a process has taken."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
