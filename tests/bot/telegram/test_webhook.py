"""The webhook: who may deliver, what, and that it is stored before Telegram is told so (TEL-045)."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, cast

import pytest
from telegram.error import NetworkError

from bot.chat_telegram import webhook
from bot.chat_telegram.inbox import Inbox
from bot.chat_telegram.polling import Pulse
from bot.chat_telegram.secret import Secret
from bot.chat_telegram.sorting import USED
from bot.chat_telegram.webhook import LARGEST, listen, server
from bot.chat_telegram.wire import Bot
from bot.chat_telegram.working import SLOW
from bot.config import TelegramSettings
from bot.errors import TokenUnusable
from tests.bot.telegram.awaiting import awaited, opened, question

SECRET = "canary_secret-0123456789"
HEADERS = {"X-Telegram-Bot-Api-Secret-Token": SECRET, "Content-Type": "application/json"}


@asynccontextmanager
async def door(folder: Path, most: int = 256) -> AsyncIterator[tuple[int, Inbox]]:
    records, box = await opened(folder, most=most)
    there = server(box, Pulse(0, 0), "a/b", Secret(SECRET))
    there.listen(0, "127.0.0.1")
    (listening,) = there._sockets.values()
    try:
        yield listening.getsockname()[1], box
    finally:
        there.stop()
        await there.close_all_connections()
        await records.close()


async def send(
    port: int,
    body: bytes,
    headers: dict[str, str],
    *,
    method: str = "POST",
    path: str = "/a/b",
    length: int | None = None,
) -> tuple[int, str]:
    """Status and everything that came back."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    lines = [f"{name}: {value}" for name, value in headers.items()]
    size = len(body) if length is None else length
    head = f"{method} {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {size}\r\n" + "\r\n".join(
        lines
    )
    writer.write(head.encode() + b"\r\n\r\n" + body)
    answer = (await reader.read()).decode()
    writer.close()
    return int(answer.split()[1]) if answer else 0, answer


def update(number: int = 1) -> bytes:
    return json.dumps(question(number)).encode()


@awaited
async def test_an_update_is_in_the_inbox_when_telegram_gets_its_200(tmp_path: Path) -> None:
    async with door(tmp_path) as (port, box):
        assert (await send(port, update(), HEADERS))[0] == 200
        assert (await box.take(SLOW)).update_id == 1
        assert (await send(port, update(), HEADERS | {"Content-Type": "application/json; charset=utf-8"}))[0] == 200
        assert box.waiting() == 1, "the same again is the same"


@pytest.mark.parametrize(
    ("headers", "body", "status"),
    [
        ({"Content-Type": "application/json"}, None, 403),
        (HEADERS | {"X-Telegram-Bot-Api-Secret-Token": SECRET + "x"}, None, 403),
        (HEADERS | {"X-Telegram-Bot-Api-Secret-Token": SECRET.upper()}, None, 403),
        (HEADERS | {"X-Telegram-Bot-Api-Secret-Token": ""}, None, 403),
        (HEADERS | {"X-Telegram-Bot-Api-Secret-Token": "\u00e9" * 5}, None, 403),
        (HEADERS | {"Content-Type": "text/plain"}, None, 415),
        (HEADERS, b"{", 400),
        (HEADERS, b"[" * 50_000, 400),
        (HEADERS, b"\xff\xfe", 400),
    ],
)
def test_what_is_not_telegrams_is_refused_and_learns_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, headers: dict[str, str], body: bytes | None, status: int
) -> None:
    caplog.set_level(logging.DEBUG)

    @awaited
    async def one() -> None:
        async with door(tmp_path) as (port, box):
            code, answer = await send(port, update() if body is None else body, headers)
            assert code == status
            assert "canary" not in answer
            assert "ornado" not in answer
            assert "\r\n\r\n" in answer and answer.endswith("\r\n\r\n"), "no body"
            assert box.waiting() == 0
            assert (await send(port, update(2), HEADERS))[0] == 200
            assert box.waiting() == 1

    one()
    for text in ("canary", "/a/b"):
        assert text not in caplog.text


@awaited
async def test_other_methods_and_paths_do_not_exist(tmp_path: Path) -> None:
    async with door(tmp_path) as (port, box):
        for method in ("GET", "PUT", "DELETE"):
            assert (await send(port, b"", HEADERS, method=method))[0] == 405
        for path in ("/", "/a", "/a/b/c", "/a/b?x=1".replace("?x=1", "%00")):
            assert (await send(port, update(), HEADERS, path=path))[0] == 404
        assert box.waiting() == 0


@awaited
async def test_a_large_body_is_refused_before_it_is_read(tmp_path: Path) -> None:
    async with door(tmp_path) as (port, box):
        code, _ = await send(port, b"{", HEADERS, length=100 * LARGEST)
        assert code in (0, 400, 413)
        assert (await send(port, update(), HEADERS))[0] == 200
        assert box.waiting() == 1


@awaited
async def test_what_cannot_be_stored_is_asked_for_again_and_the_log_names_no_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async with door(tmp_path) as (port, box):

        async def full(raws: object) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(box, "accept", full)
        code, answer = await send(port, update(), HEADERS)
    assert code == 503 and SECRET not in answer
    assert "could not be stored" in caplog.text and "a/b" not in caplog.text and SECRET not in caplog.text


@awaited
async def test_with_a_full_inbox_telegram_is_asked_to_come_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webhook, "FULL_SECONDS", 0.5)
    async with door(tmp_path, most=8) as (port, box):
        await box.accept([question(number, number) for number in range(11, 19)])
        assert (await send(port, update(), HEADERS))[0] == 503
        await box.done(await box.take(SLOW))
        assert (await send(port, update(), HEADERS))[0] == 200
        assert box.waiting() == 8


class Teller:
    """Stands in for the bot: keeps what setWebhook was told."""

    def __init__(self, failures: int) -> None:
        self.failures, self.told = failures, dict[str, Any]()

    async def set_webhook(self, url: str, **told: Any) -> bool:
        if self.failures:
            self.failures -= 1
            raise NetworkError(f"no way to {url}")
        self.told = told | {"url": url}
        return True


@awaited
async def test_telegram_is_told_an_address_that_nobody_guesses_as_long_as_it_takes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(webhook, "PAUSES", (0.01,))
    records, box = await opened(tmp_path)
    urls = set()
    for path in ("", "", "fixed"):
        teller = Teller(2)
        settings = TelegramSettings(webhook_url="https://bot.example.org/x", webhook_port=_free(), webhook_path=path)
        listening = asyncio.create_task(listen(settings, cast(Bot, teller), box, Pulse(0, 0), Secret(SECRET)))
        while not teller.told:
            await asyncio.sleep(0.005)
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)
        urls.add(teller.told["url"])
        assert teller.told["secret_token"] == SECRET
        assert teller.told["drop_pending_updates"] is False
        assert tuple(teller.told["allowed_updates"]) == USED
        assert teller.told["url"] not in caplog.text
    assert len(urls) == 3
    assert "https://bot.example.org/x/fixed" in urls
    assert min(len(url.rsplit("/", 1)[1]) for url in urls - {"https://bot.example.org/x/fixed"}) >= 32
    await records.close()


@awaited
async def test_without_a_secret_there_is_no_webhook(tmp_path: Path) -> None:
    records, box = await opened(tmp_path)
    with pytest.raises(TokenUnusable, match="TELEGRAM_WEBHOOK_SECRET"):
        await listen(TelegramSettings(), cast(Bot, Teller(0)), box, Pulse(0, 0), None)
    await records.close()


def _free() -> int:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])
