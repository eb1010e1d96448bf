"""Every operation on files and on SQLite that passes through Python, as a point at which something may happen."""

from __future__ import annotations

import builtins
import io
import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any
from unittest.mock import patch

_OF_OS = (
    "mkdir", "open", "write", "pwrite", "fsync", "ftruncate", "rename", "replace", "unlink", "rmdir", "close", "scandir",
    "listdir",
)  # fmt: skip


class Points:
    """Counts the points passed, by name; at point `at` (from 1; with `on`, at every later one too) calls `act`."""

    def __init__(self, at: int = 0, act: Callable[[str], None] = lambda name: None, *, on: bool = False) -> None:
        self.passed: list[str] = []
        self._at, self._act, self._on = at, act, on

    def point(self, name: str) -> None:
        self.passed.append(name)
        if len(self.passed) == self._at or (self._on and 0 < self._at < len(self.passed)):
            self._act(name)


@contextmanager
def counted(points: Points) -> Iterator[None]:
    """Lead every operation past `points` while the block runs; an error raised there stands for the operation's."""

    def led(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def lead(*arguments: Any, **named: Any) -> Any:
            if name == "close":
                # as Linux does: the descriptor is gone, whatever close() then says
                function(*arguments, **named)
                points.point(name)
                return None
            points.point(name)
            return function(*arguments, **named)

        return lead

    class RawFile(io.FileIO):
        def write(self, data: Any) -> int:
            points.point("file.write")
            return super().write(data)

    really_open = builtins.open

    def open_(file: Any, mode: str = "r", *arguments: Any, **named: Any) -> Any:
        points.point(f"open {mode}")
        if "w" not in mode:
            return really_open(file, mode, *arguments, **named)
        raw = io.BufferedWriter(RawFile(file, "w"))
        return raw if "b" in mode else io.TextIOWrapper(raw, encoding=named.get("encoding"))

    class Connection(sqlite3.Connection):
        def execute(self, *arguments: Any) -> sqlite3.Cursor:
            points.point("sqlite execute")
            return super().execute(*arguments)

        def executescript(self, script: str) -> sqlite3.Cursor:
            points.point("sqlite executescript")
            return super().executescript(script)

    really_connect = sqlite3.connect

    def connect(*arguments: Any, **named: Any) -> sqlite3.Connection:
        points.point("sqlite connect")
        return really_connect(*arguments, factory=Connection, **named)

    with ExitStack() as patches:
        for name in _OF_OS:
            patches.enter_context(patch.object(os, name, led(name, getattr(os, name))))
        patches.enter_context(patch.object(builtins, "open", open_))
        patches.enter_context(patch.object(io, "open", open_))
        patches.enter_context(patch.object(sqlite3, "connect", connect))
        yield
