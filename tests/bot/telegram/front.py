"""The commands and administrators' part of the Telegram front, put together as `run.py` does, without a socket or model.

Comes in: a folder, articles, settings. Goes out: `Front`, which takes raw updates and shows what was called. Records,
sender, rights and the archive are the real ones; time is a clock that moves only when somebody sleeps; the models are
those of `tests.bot.tiny_archive`; the workshop is scripted.
"""

from __future__ import annotations

import asyncio
import json
import logging
import shutil
import sqlite3
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from types import MappingProxyType
from typing import Any, TypeVar

import pytest
from telegram.request import RequestData

from bot.chat_telegram import access, articles, buttons, commands, questions, rebuild
from bot.chat_telegram.asking import Asking
from bot.chat_telegram.deeds import Deed, News, Outcome
from bot.chat_telegram.duties import SCHEMAS
from bot.chat_telegram.library import ArchiveLibrary
from bot.chat_telegram.office import Office
from bot.chat_telegram.records import FILE, Records
from bot.chat_telegram.rights import Access
from bot.chat_telegram.sending import Sender
from bot.chat_telegram.workshop import Bench, Word
from bot.chat_telegram.yard import Yard
from index.article import Article
from tests.bot import tiny_archive
from tests.bot.telegram.recording import Call, RecordingRequest, make_application, process

T = TypeVar("T")
ADMIN, MEMBER, STRANGER = 11, 22, 33
GROUP, FOREIGN = -100500, -100600
ARTICLES = (
    Article(
        "harbour-1", "Mayor Ada Finch opened the harbour of Rotterdam on Monday after three days of storms. "
        "Ships had waited outside.", "0" * 64, "harbour.txt", title="Harbour reopens", source="River Courier",
        published="2026-03-02", url="https://news.example/harbour",
    ),
    Article(
        "quake-1", "An earthquake shook the coast at dawn. Nobody was hurt, the mayor said.", "0" * 64, "quake.txt",
        title="Quake at dawn", source="Coast Wire", published="2026-03-05", collections=("wires",),
    ),
)  # fmt: skip


@dataclass
class Clock:
    """Time that passes only in `sleep`."""

    now: float = field(default_factory=time.time)

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.now += seconds
        await asyncio.sleep(0)


@dataclass
class FakeShop:
    """A workshop that does what it was told to tell, and remembers what it was given."""

    script: list[News] = field(default_factory=list)
    deeds: list[Deed] = field(default_factory=list)
    words: list[Word] = field(default_factory=list)
    meanwhile: Callable[[], Coroutine[Any, Any, None]] | None = None

    @asynccontextmanager
    async def open(self, deed: Deed) -> AsyncIterator[Bench]:
        self.deeds.append(deed)
        yield _FakeBench(self)


class _FakeBench:
    def __init__(self, shop: FakeShop) -> None:
        self._shop = shop

    async def news(self) -> AsyncIterator[News]:
        while self._shop.script:
            if self._shop.meanwhile is not None:
                await self._shop.meanwhile()
            one = self._shop.script.pop(0)
            yield one
            if one.kind != "progress":
                return

    async def say(self, word: Word) -> None:
        self._shop.words.append(word)


class QuickRecords(Records):
    """Records that need not survive a power cut; that the real ones do is tested with them."""

    def _connect(self) -> sqlite3.Connection:
        connection = super()._connect()
        connection.execute("PRAGMA synchronous=OFF")
        return connection


class Files(RecordingRequest):
    """A recording that hands out files too: `files` by file id, with the size that Telegram tells where it lies."""

    def __init__(self) -> None:
        super().__init__()
        self.files: dict[str, bytes] = {}
        self.told: dict[str, int] = {}

    async def do_request(
        self, url: str, method: str, request_data: RequestData | None = None, *_: Any, **__: Any
    ) -> tuple[int, bytes]:
        if "/file/bot" in url:
            self.calls.append(Call("download", {}, 0.0))
            return 200, self.files[url.rsplit("/", 1)[-1]]
        status, body = await super().do_request(url, method, request_data)
        if status == 200 and url.endswith("/getFile"):
            id_ = str(self.calls[-1].parameters["file_id"])
            found = {"file_id": id_, "file_unique_id": id_, "file_size": self.told.get(id_, len(self.files[id_]))}
            return 200, json.dumps({"ok": True, "result": found | {"file_path": f"documents/{id_}"}}).encode()
        return status, body


@dataclass
class Front:
    """What a test holds: feed it updates, look at `request`."""

    office: Office
    request: Files
    application: Any
    shop: FakeShop
    clock: Clock
    yard: Yard
    quiet: asyncio.Event

    async def feed(self, *raws: dict[str, Any]) -> None:
        """Process raw updates in order; what they began is not waited for."""
        await process(self.application, *raws)

    def said(self) -> list[str]:
        """The texts of all messages and edits, in order; forgets them."""
        texts = [call.text for call in self.request.of("sendMessage", "editMessageText")]
        self.request.clear()
        return texts

    async def work(self) -> None:
        """No further document comes: wait for what is under way."""
        self.quiet.set()
        await self.yard.settled()
        self.quiet.clear()

    async def settle(self) -> list[str]:
        """The same; what was said until then."""
        await self.work()
        return self.said()


@cache
def _published(holds: tuple[Article, ...]) -> TemporaryDirectory[str]:
    """An index of these articles, made once."""
    folder = TemporaryDirectory(prefix="byline-front-")
    tiny_archive.publish_articles(Path(folder.name), holds)
    return folder


async def build(
    folder: Path, monkeypatch: pytest.MonkeyPatch, holds: Sequence[Article] = ARTICLES, **settings: Any
) -> Front:
    """A front over these articles; settings of the section `telegram` as keywords."""
    index = folder / "index"
    if holds:
        shutil.copytree(_published(tuple(holds)).name, index, dirs_exist_ok=True)
    archive = tiny_archive.archive(index, monkeypatch)
    chosen: dict[str, Any] = {"admins": (ADMIN,), "users": (MEMBER,), "groups": (GROUP,)} | settings
    chosen["scopes"] = MappingProxyType(dict(chosen.get("scopes", {})))
    config = replace(archive.config, telegram=replace(archive.config.telegram, **chosen))
    clock, shop, request = Clock(), FakeShop(), Files()
    records = QuickRecords(index / FILE, SCHEMAS)
    await records.open()
    application = make_application(request)
    await application.initialize()
    sender = Sender(application.bot, None, clock=clock, sleep=clock.sleep)
    office = Office(config, records, sender, Access(config, records, clock), Asking(ArchiveLibrary(archive)), clock)
    yard = Yard(office, shop)
    application.bot_data.update(office=office, yard=yard)
    application.add_handlers(access.handlers(office), access.GROUP)
    for module in (commands, articles, rebuild, buttons, questions):
        application.add_handlers(module.handlers(office))
    quiet = asyncio.Event()
    monkeypatch.setattr(articles, "_quiet", quiet.wait)
    return Front(office, request, application, shop, clock, yard, quiet)


def run(
    folder: Path, monkeypatch: pytest.MonkeyPatch, test: Callable[[Front], Coroutine[Any, Any, T]],
    holds: Sequence[Article] = ARTICLES, **settings: Any,
) -> T:  # fmt: skip
    """Run a test with a front of its own, and close everything behind it."""

    async def whole() -> T:
        front = await build(folder, monkeypatch, holds, **settings)
        try:
            return await test(front)
        finally:
            await front.yard.close()
            front.office.asking.close()
            await front.office.records.close()

    return asyncio.run(whole())


@contextmanager
def logged(logger: str = "bot") -> Iterator[list[str]]:
    """Everything that Byline's modules log meanwhile, from DEBUG on, tracebacks included."""
    lines: list[str] = []

    class Kept(logging.Handler):
        def emit(self, entry: logging.LogRecord) -> None:
            lines.append(self.format(entry))

    kept, name = Kept(), logging.getLogger(logger)
    level = name.level
    name.addHandler(kept)
    name.setLevel(logging.DEBUG)
    try:
        yield lines
    finally:
        name.removeHandler(kept)
        name.setLevel(level)


def done(**outcome: Any) -> News:
    """The last news of a deed that was done."""
    return News("done", outcome=Outcome(**({"articles": 2, "published": True} | outcome)))
