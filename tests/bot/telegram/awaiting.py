"""Coroutines as tests, and the small stand-ins that the tests of the delivery share."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable, Coroutine
from functools import wraps
from pathlib import Path
from typing import Any, ParamSpec

from bot.chat_telegram import shelf
from bot.chat_telegram.inbox import Inbox
from bot.chat_telegram.records import Records
from bot.chat_telegram.sorting import Desk

P = ParamSpec("P")
BOT_ID, ADMIN = 4242, 9
DESK = Desk(BOT_ID, "byline_test_bot", frozenset({ADMIN}))


def awaited(test: Callable[P, Coroutine[Any, Any, None]]) -> Callable[P, None]:
    """Run a coroutine as a test; no task may be left when it ends."""

    async def whole(*args: P.args, **kwargs: P.kwargs) -> None:
        async with asyncio.timeout(20):
            await test(*args, **kwargs)
        left = asyncio.all_tasks() - {asyncio.current_task()}
        assert not left, left

    @wraps(test)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        asyncio.run(whole(*args, **kwargs))

    return run


class Clock:
    """A clock that stands still until it is told; sleeping on it takes no time."""

    def __init__(self, now: float = 1_000_000.0) -> None:
        self.now = now
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds
        await asyncio.sleep(0)


class Quick(Records):
    """Records that do not wait for the disk: `test_records.py` shows that the real ones do."""

    def _connect(self) -> sqlite3.Connection:
        connection = super()._connect()
        connection.execute("PRAGMA synchronous=OFF")
        return connection


async def opened(folder: Path, clock: Clock | None = None, most: int = 256) -> tuple[Records, Inbox]:
    """An inbox over a file in the folder, as a process that starts has it."""
    records = Quick(folder / "telegram.sqlite", [shelf.SCHEMA])
    await records.open()
    box = Inbox(records, DESK, most=most, clock=clock or Clock())
    await box.open()
    return records, box


def question(number: int, user: int = 5, text: str = "who?", **message: Any) -> dict[str, Any]:
    """A raw update: a message in a private chat."""
    chat = {"id": user, "type": "private", "first_name": "U"}
    sender = {"id": user, "is_bot": False, "first_name": "U"}
    body = {"message_id": number, "date": 1_000_000, "chat": chat, "from": sender, "text": text}
    return {"update_id": number, "message": body | message}


def group_message(number: int, text: str, chat: int = -77, user: int = 5, **message: Any) -> dict[str, Any]:
    """A raw update: a message in a group."""
    return question(number, user, text, chat={"id": chat, "type": "supergroup", "title": "G"}, **message)


def press(number: int, user: int = 5) -> dict[str, Any]:
    """A raw update: the press of a button."""
    sender = {"id": user, "is_bot": False, "first_name": "U"}
    return {
        "update_id": number,
        "callback_query": {"id": f"p{number}", "from": sender, "chat_instance": "1", "data": "x"},
    }


async def soon(condition: Callable[[], bool], seconds: float = 5.0) -> None:
    """Wait until something is so."""
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.005)


async def within(seconds: float, waited: Awaitable[object]) -> bool:
    """Whether something ends in that time; it is cancelled if not."""
    try:
        await asyncio.wait_for(waited, seconds)
    except TimeoutError:
        return False
    return True
