"""Health: judged by what works, shown on the loopback alone, told to systemd; nothing that anybody wrote is in it."""

from __future__ import annotations

import asyncio
import json
import socket
import time
from pathlib import Path
from typing import cast

import pytest
from telegram.error import TimedOut

from bot.chat_telegram.health import STALL_SECONDS, Health, Lag, serve, tell_systemd, watchdog
from bot.chat_telegram.inbox import Inbox
from bot.chat_telegram.polling import DEAD_SECONDS, Poll, Pulse
from bot.chat_telegram.wire import Bot
from bot.chat_telegram.working import SLOW
from tests.bot.telegram.awaiting import Clock, awaited, opened, question, soon


def health_of(box: Inbox, clock: Clock, mode: str = "polling") -> Health:
    return Health(box, Pulse(clock(), clock()), mode, lambda: 'gen-"7"', lambda: clock() - 3, clock=clock)


async def get(port: int, line: str = "GET /healthz HTTP/1.1", more: str = "Host: x") -> tuple[int, str]:
    """Status and body."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(f"{line}\r\n{more}\r\n\r\n".encode())
    answer = (await reader.read()).decode()
    writer.close()
    head, _, body = answer.partition("\r\n\r\n")
    return int(head.split()[1]) if head else 0, body


@awaited
async def test_healthy_means_polls_are_good_and_entries_get_done_not_that_a_process_is_there(tmp_path: Path) -> None:
    clock = Clock()
    records, box = await opened(tmp_path, clock)
    health = health_of(box, clock)
    assert health.state()["ok"] is True
    clock.now += DEAD_SECONDS + 1
    assert health.state()["reasons"] == ["no good poll for 121 s"]
    health.pulse.held = True
    assert health.state()["ok"] is True, "not asking because the inbox is full is no illness"
    health.pulse.held = False
    health.pulse.beat(clock())
    await box.accept([question(1, text="canary")])
    clock.now += STALL_SECONDS + 1
    health.pulse.beat(clock())
    assert health.state()["reasons"] == ["1 updates wait and none was finished for 301 s"]
    assert not health.alive()
    await box.done(await box.take(SLOW))
    assert health.state()["ok"] is True
    health.stopping = True
    assert health.state()["ok"] is False
    await records.close()


@awaited
async def test_what_waits_because_telegram_holds_chats_back_does_not_count_as_standing_still(tmp_path: Path) -> None:
    clock = Clock()
    records, box = await opened(tmp_path, clock)
    health = health_of(box, clock)
    await box.accept([question(1)])
    await box.defer(await box.take(SLOW), 600, expires=True)
    clock.now += STALL_SECONDS + 1
    health.pulse.beat(clock())
    assert health.state()["ok"] is True
    await records.close()


@awaited
async def test_a_network_that_is_away_is_unhealthy_but_no_reason_to_be_killed_a_loop_that_hangs_is(
    tmp_path: Path,
) -> None:
    clock = Clock()
    records, box = await opened(tmp_path, clock)
    health = health_of(box, clock)
    clock.now += 1_000
    health.pulse.tried = clock() - 10
    assert (health.state()["ok"], health.alive()) == (False, True)
    health.pulse.tried = clock() - DEAD_SECONDS - 1
    assert not health.alive()
    await records.close()


@awaited
async def test_the_pages_say_it_to_people_and_to_prometheus(tmp_path: Path) -> None:
    clock = Clock()
    records, box = await opened(tmp_path, clock)
    health = health_of(box, clock)
    await box.accept([question(1, 777_001, "canary"), {"update_id": 3, "unheard_of": 1}])
    server = await serve(health, 0)
    assert server is not None
    port = server.sockets[0].getsockname()[1]
    assert server.sockets[0].getsockname()[0] == "127.0.0.1"
    code, body = await get(port)
    state = json.loads(body)
    assert (code, state["ok"], state["waiting"], state["generation"]) == (200, True, 1, 'gen-"7"')
    code, metrics = await get(port, "GET /metrics HTTP/1.1")
    assert code == 200
    values = dict(line.rsplit(" ", 1) for line in metrics.splitlines() if not line.startswith("#"))
    assert float(values["byline_up"]) == 1
    assert values['byline_updates_total{outcome="accepted"}'] == "1"
    assert values['byline_updates_total{outcome="ignored"}'] == "1"
    assert values['byline_generation_info{generation="gen-\\"7\\""}'] == "1"
    assert float(values["byline_answer_age_seconds"]) == 3
    assert {"byline_waiting", "byline_poll_age_seconds", 'byline_loop_lag_seconds{quantile="0.99"}'} <= values.keys()
    assert "canary" not in body + metrics
    assert "777001" not in body + metrics
    clock.now += DEAD_SECONDS + 1
    assert (await get(port))[0] == 503
    assert (await get(port, "HEAD /healthz HTTP/1.1")) == (503, "")
    assert (await get(port, "POST /healthz HTTP/1.1"))[0] == 405
    assert (await get(port, "GET / HTTP/1.1"))[0] == 404
    assert (await get(port, "GET /healthz HTTP/1.1", "X: " + "a" * 20_000))[0] == 0
    assert (await get(port))[0] == 503, "a bad request hurt nobody else"
    server.close()
    await server.wait_closed()
    await asyncio.sleep(0.05)
    await records.close()


@awaited
async def test_a_network_that_swallows_everything_is_unhealthy_within_two_minutes_and_well_a_minute_after(
    tmp_path: Path,
) -> None:
    """TEL-035: each request hangs until it is given up."""
    clock = Clock()
    records, box = await opened(tmp_path, clock)
    health = health_of(box, clock)
    seen: list[tuple[float, bool, bool]] = []

    class Swallowed:
        """Five minutes of nothing; then the end of the test."""

        async def updates(self, offset: object, limit: int, wait: int, used: object, patience: float) -> list[object]:
            for _ in range(int(patience)):
                clock.now += 1
                seen.append((clock() - began, bool(health.state()["ok"]), health.alive()))
            if clock() - began < 300:
                raise TimedOut
            raise KeyboardInterrupt

    began = clock()
    with pytest.raises(KeyboardInterrupt):
        await Poll(cast(Bot, Swallowed()), box, health.pulse, clock, clock.sleep).run()
    assert all(ok for at, ok, _ in seen if at < DEAD_SECONDS - 1)
    assert not any(ok for at, ok, _ in seen if at > DEAD_SECONDS)
    assert all(alive for *_, alive in seen), "a restart does not mend a network"
    assert seen[-1][0] - 300 <= 60, "the request that would have been answered was begun within a minute of the end"
    await records.close()


@awaited
async def test_a_port_that_is_taken_is_a_warning(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    records, box = await opened(tmp_path)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        assert await serve(health_of(box, Clock()), taken.getsockname()[1]) is None
    assert "health is not shown" in caplog.text
    await records.close()


def test_systemd_is_told_as_long_as_the_process_lives_and_no_longer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    @awaited
    async def one() -> None:
        name = str(tmp_path / "notify")
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
            systemd.bind(name)
            systemd.setblocking(False)
            monkeypatch.setenv("NOTIFY_SOCKET", name)
            monkeypatch.setenv("WATCHDOG_USEC", "40000")
            clock = Clock()
            records, box = await opened(tmp_path, clock)
            health = health_of(box, clock)
            tell_systemd("READY=1")
            assert systemd.recv(100) == b"READY=1"
            barking = asyncio.create_task(watchdog(health))
            await asyncio.sleep(0.1)
            assert systemd.recv(100) == b"WATCHDOG=1"
            clock.now += 10_000  # the poll hangs
            await asyncio.sleep(0.05)
            while _drained(systemd):
                pass
            await asyncio.sleep(0.1)
            assert not _drained(systemd)
            barking.cancel()
            await asyncio.gather(barking, return_exceptions=True)
            await records.close()

    one()


def _drained(systemd: socket.socket) -> bool:
    try:
        return bool(systemd.recv(100))
    except BlockingIOError:
        return False


def test_without_systemd_nothing_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    for address in ("", "relative", "/nowhere/at/all"):
        monkeypatch.setenv("NOTIFY_SOCKET", address)
        tell_systemd("READY=1")


@awaited
async def test_a_loop_that_is_blocked_shows_in_the_lag() -> None:
    lag = Lag()
    measuring = asyncio.create_task(lag.measure())
    await asyncio.sleep(0.15)
    time.sleep(0.3)
    await soon(lambda: lag.quantile(1.0) > 0.1)
    assert lag.quantile(0.0) < 0.05
    measuring.cancel()
    await asyncio.gather(measuring, return_exceptions=True)
