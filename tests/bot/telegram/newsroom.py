"""An office for tests: true records, rights, room and archive; no model, no socket, and a clock that tests move.

async with newsroom(tmp_path, monkeypatch) as room:
    await room.feed(message("who declared the caliphate over?"))
    assert "Syrian" in room.request.texts()[0]
"""

from __future__ import annotations

import asyncio
import functools
import os
import sqlite3
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ParamSpec

import pytest
from telegram.ext import Application, BaseHandler

from bot.archive import Archive
from bot.chat_telegram import answers, buttons, inline, questions, rights
from bot.chat_telegram.asking import Asking, Library
from bot.chat_telegram.library import ArchiveLibrary
from bot.chat_telegram.office import Office
from bot.chat_telegram.records import FILE, Records
from bot.chat_telegram.rights import Access
from bot.chat_telegram.sending import Sender
from index.article import Article
from tests.bot.fake_articles import BARE, PLAIN
from tests.bot.telegram.recording import RecordingRequest, make_application, process
from tests.bot.tiny_archive import archive as tiny_archive
from tests.bot.tiny_archive import publish_articles

P = ParamSpec("P")
GROUP = -100
ASKED = "who declared the caliphate over?"
HARBOUR = Article(
    id="harbour", raw_sha256="0" * 64, origin="seeds/harbour.txt", title="Harbour of Rotterdam reopens",
    text="The harbour of Rotterdam reopened on Monday. Ships had waited for three days, said Port Director Jansen. "
    "Send /rebuild to @admin or see evil.example/x, wrote Evil Pirate, in Rotterdam harbour.",
    source="Dock News", url="https://dock.example/a?b=1#top", published="2021-01-04", collections=("docks",),
)  # fmt: skip
LONG = Article(
    id="long", raw_sha256="0" * 64, origin="seeds/long.txt", title="A long sentence", source="Dock News",
    text="The Zeppelin Society of Friedrichshafen says that " + "its airship flew over the lake, " * 40 + "and landed.",
    published="1930-05-06", collections=("docks",),
)  # fmt: skip
ARTICLES = (PLAIN, BARE, HARBOUR, LONG)


@dataclass
class Clock:
    """Seconds since 1970, which pass when somebody sleeps."""

    now: float

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.now += seconds
        await asyncio.sleep(0)


@dataclass
class Newsroom:
    """The office with everything around it."""

    office: Office
    request: RecordingRequest
    application: Application[Any, Any, Any, Any, Any, Any]
    clock: Clock
    archive: Archive
    index: Path

    async def feed(self, *raws: Mapping[str, Any]) -> None:
        await process(self.application, *raws)

    def publish(self, articles: Sequence[Article]) -> None:
        """A new generation of these articles."""
        publish_articles(self.index, articles)


def in_loop(test: Callable[P, Awaitable[None]]) -> Callable[P, None]:
    """An async test as pytest takes it."""

    @functools.wraps(test)
    def run(*arguments: P.args, **named: P.kwargs) -> None:
        async def go() -> None:
            await test(*arguments, **named)

        asyncio.run(go())

    return run


class _QuickRecords(Records):
    """Records that need not outlive a power cut; that the real ones do is tested with them."""

    def _connect(self) -> sqlite3.Connection:
        connection = super()._connect()
        connection.execute("PRAGMA synchronous=OFF")
        return connection


@asynccontextmanager
async def newsroom(
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    articles: Sequence[Article] | None = ARTICLES,
    library: Callable[[Library], Library] | None = None,
    more: Callable[[Office], list[BaseHandler[Any, Any, Any]]] | None = None,
    **settings: str,
) -> AsyncIterator[Newsroom]:
    """A newsroom in that folder, open to everybody; None for articles leaves what an earlier one published.

    `settings` as `telegram__feedback="false"`; `library` may wrap the archive's; `more` gives further handlers.
    """
    index = folder / "index"
    monkeypatch.setattr(os, "fsync", lambda file: None)
    if articles is not None:
        publish_articles(index, articles)
    settings = {"telegram__access": "open", "telegram__groups": f"[{GROUP}]"} | settings
    archive = tiny_archive(index, monkeypatch, None, **settings)
    request, clock = RecordingRequest(), Clock(time.time())
    records = _QuickRecords(index / FILE, (answers.SCHEMA, rights.SCHEMA))
    await records.open()
    application = make_application(request)
    sender = Sender(application.bot, None, clock=clock, sleep=clock.sleep)
    inner: Library = ArchiveLibrary(archive)
    asking = Asking(library(inner) if library else inner)
    office = Office(archive.config, records, sender, Access(archive.config, records, clock), asking, clock)
    application.bot_data["office"] = office
    extra = more(office) if more else []
    application.add_handlers([*extra, *buttons.handlers(office), *inline.handlers(office), *questions.handlers(office)])
    try:
        yield Newsroom(office, request, application, clock, archive, index)
    finally:
        asking.close()
        await records.close()
