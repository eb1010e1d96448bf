"""Polling: what it asks for, how fast, and what each failure leads to; and one process a token."""

from __future__ import annotations

import asyncio
import json
import logging
import subprocess
import sys
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, cast

import httpx
import pytest
from telegram.error import BadRequest, Conflict, NetworkError, RetryAfter, TimedOut

from bot.chat_telegram.lock import lock
from bot.chat_telegram.polling import (
    COMPLAINT_SECONDS,
    CONFLICT_SECONDS,
    DEAD_SECONDS,
    QUICK_GAP,
    QUIET_SECONDS,
    Poll,
    Pulse,
)
from bot.chat_telegram.secret import Secret
from bot.chat_telegram.sorting import USED
from bot.chat_telegram.wire import Bot, Denied, Doubtful, Garbled, Trouble, Wire, decoded, fate, said
from bot.chat_telegram.working import SLOW
from bot.errors import PollingDead, PollingTaken
from tests.bot.telegram.awaiting import Clock, awaited, opened, press, question, soon
from tests.conftest import ROOT

TOKEN = "7654321:AAcanary-canary_CANARY-canary_canary"


class Over(BaseException):
    """The script is at its end."""


class Server:
    """Stands in for the bot: each getUpdates gets what comes next in the script, a batch or a failure."""

    def __init__(self, clock: Clock, *script: object) -> None:
        self.clock, self.script = clock, deque(script)
        self.asked: list[tuple[float, int | None, int]] = []
        self.used: Sequence[str] = ()
        self.deleted: list[object] = []

    async def updates(self, offset: int | None, limit: int, wait: int, used: Sequence[str], patience: float) -> object:
        self.asked.append((self.clock(), offset, limit))
        self.used = used
        assert patience > wait
        if not self.script:
            raise Over
        given = self.script[0]
        if not callable(given):
            self.script.popleft()
        elif (given := given(self.clock())) is None:
            self.script.popleft()
            return await self.updates(offset, limit, wait, used, patience)
        if isinstance(given, BaseException):
            raise given
        return given

    async def delete_webhook(self, drop_pending_updates: object = None) -> bool:
        self.deleted.append(drop_pending_updates)
        return True


async def poll(server: Server, folder: Path, clock: Clock, most: int = 256) -> tuple[Pulse, list[Any]]:
    """Poll until the script ends; the pulse, and what is in the inbox then."""
    records, box = await opened(folder, clock, most)
    pulse = Pulse(clock(), clock())
    try:
        with suppress(Over):
            await Poll(cast(Bot, server), box, pulse, clock, clock.sleep).run()
        rows = await records.do(lambda c: c.execute("SELECT update_id FROM inbox ORDER BY serial").fetchall())
    finally:
        await records.close()
    return pulse, [row[0] for row in rows]


def repeated(error: BaseException, until: float) -> Callable[[float], BaseException | None]:
    """The same failure again and again until that time."""
    return lambda now: error if now < until else None


def most_a_second(times: Sequence[float]) -> int:
    return max(sum(1 for other in times if time <= other <= time + 1) for time in times)


@awaited
async def test_each_batch_is_stored_before_the_next_request_acknowledges_it(tmp_path: Path) -> None:
    clock = Clock()
    server = Server(clock, [question(7), question(8)], [], [press(9)], [])
    pulse, stored = await poll(server, tmp_path, clock)
    assert stored == [7, 8, 9]
    assert [offset for _, offset, _ in server.asked] == [None, 9, 9, 10, 10]
    assert tuple(server.used) == USED
    assert (pulse.good, pulse.ever, pulse.failures) == (server.asked[-2][0], True, 0)


@awaited
async def test_what_could_not_be_stored_is_not_acknowledged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock()
    records, box = await opened(tmp_path, clock)
    await records.close()  # as with a full disk: nothing can be written
    server = Server(clock, [question(7)], [question(7)])
    with suppress(Over):
        await Poll(cast(Bot, server), box, Pulse(clock(), clock()), clock, clock.sleep).run()
    assert [offset for _, offset, _ in server.asked] == [None, None, None]
    assert server.asked[1][0] - server.asked[0][0] >= 1


class Stream(Server):
    """So many new questions a second for some seconds; then it is over."""

    def __init__(self, clock: Clock, rate: float, seconds: float, people: int = 10_000) -> None:
        super().__init__(clock)
        self.people = people
        self.began, self.rate, self.number, self.last = clock(), rate, 0, int(rate * seconds)
        self.waited: list[float] = []

    async def updates(self, offset: int | None, limit: int, wait: int, used: Sequence[str], patience: float) -> object:
        self.asked.append((self.clock(), offset, limit))
        if self.number == self.last:
            raise Over
        self.clock.now = max(self.clock.now, self.began + (self.number + 1) / self.rate)
        came = range(self.number + 1, min(self.last, int((self.clock() - self.began) * self.rate + 1e-6)) + 1)[:limit]
        self.waited += [self.clock() - self.began - number / self.rate for number in came]
        self.number = came[-1]
        return [question(number, number % self.people + 1) for number in came]


@awaited
async def test_never_more_than_two_requests_a_second_however_many_updates_there_are(tmp_path: Path) -> None:
    """F4, TG3: in a stream of updates, after poison, and where no batch can be acknowledged."""
    clock = Clock()
    stream = Stream(clock, 25, 40)
    _, stored = await poll(stream, tmp_path, clock, 1_001)
    assert len(stored) == 1_000
    times = [at for at, _, _ in stream.asked]
    assert most_a_second([at for at in times if at > times[0] + 1]) <= 2
    assert len(times) <= 2 * 40 + 2
    server = Server(clock, *([[None, {"update_id": "x"}]] * 50))
    await poll(server, tmp_path, clock, 2_000)
    times = [at for at, _, _ in server.asked]
    assert most_a_second(times) <= 2
    assert times[-1] - times[-2] >= 1


@awaited
async def test_where_few_ask_each_is_heard_at_once_and_after_a_fault_two_requests_a_second_are_enough(
    tmp_path: Path,
) -> None:
    clock = Clock()
    stream = Stream(clock, 5, 20)
    await poll(stream, tmp_path / "a", clock)
    assert max(stream.waited[1:]) < 0.001
    stream = Stream(clock, 50, 20, people=3)
    await poll(stream, tmp_path / "flood", clock, 1_001)
    assert max(stream.waited[50:]) < QUICK_GAP, "one who floods the bot slows nobody"
    deep: Any = {"update_id": 1, "message": {"date": 1, "x": json.loads("[" * 200 + "]" * 200)}}
    for fault in ([deep], NetworkError("x"), [question(1), {"update_id": "x"}]):
        batches: list[object] = [[question(number, number)] for number in range(2, 60)]
        server = Server(clock, fault, *batches)
        await poll(server, tmp_path / str(len(str(fault))), clock)
        assert most_a_second([at for at, _, _ in server.asked]) <= 2
    server = Server(clock, *([[question(7)]] * 20))
    await poll(server, tmp_path / "repeated", clock)
    assert most_a_second([at for at, _, _ in server.asked][2:]) <= 2, "the same again and again"


@awaited
async def test_with_a_full_inbox_nothing_is_asked_for_and_that_is_no_illness(tmp_path: Path) -> None:
    clock = Clock()
    records, box = await opened(tmp_path, clock, most=8)
    server = Server(clock, [question(number, number) for number in range(1, 6)], [question(9, 9)] * 3)
    pulse = Pulse(clock(), clock())
    await box.accept([question(number, number) for number in range(11, 19)])
    polling = asyncio.create_task(_until_over(Poll(cast(Bot, server), box, pulse, clock, clock.sleep)))
    await soon(lambda: pulse.held)
    assert server.asked == []
    clock.now += 1_000
    for _ in range(3):
        await box.done(await box.take(SLOW))
    await soon(lambda: bool(server.asked))
    assert server.asked[0][2] <= 3, "no more is asked for than there is room for"
    polling.cancel()
    await asyncio.gather(polling, return_exceptions=True)
    await records.close()


async def _until_over(loop: Poll) -> None:
    with suppress(Over):
        await loop.run()


@pytest.mark.parametrize(
    "failure",
    [
        TimedOut(), NetworkError("reset"), Trouble("502"), Garbled("html"), BadRequest("odd"), Denied("401"),
        ValueError("a fault of ours"), "not a list", {"ok": True}, None,
    ],
    ids=lambda failure: type(failure).__name__,
)  # fmt: skip
def test_any_failure_is_waited_out_for_a_second_or_more_and_then_all_goes_on(tmp_path: Path, failure: object) -> None:
    """TEL-033 and the first 401 of TEL-034."""

    @awaited
    async def one() -> None:
        clock = Clock()
        script = [(lambda now: {"x": 1}) if failure is None else failure]
        if failure is None:
            script = [{"x": 1}]
        server = Server(clock, [question(1)], *script, [question(2, 6)])
        _, stored = await poll(server, tmp_path, clock)
        assert stored == [1, 2]
        assert server.asked[2][0] - server.asked[1][0] >= 1
        assert server.asked[2][1] == 2

    one()


@awaited
async def test_an_outage_of_an_hour_is_waited_out_noticed_within_a_minute_and_logged_sparingly(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """TG5."""
    clock = Clock()
    end = clock() + 3_600
    server = Server(clock, [question(1)], repeated(NetworkError("unreachable"), end), [question(2, 6)])
    _, stored = await poll(server, tmp_path, clock)
    assert stored == [1, 2]
    assert server.asked[-2][0] - end < 20, "with the 35 s of a hanging request that is within a minute"
    errors = [record for record in caplog.records if record.levelno >= logging.ERROR]
    assert 50 <= len(errors) <= 3_600 / COMPLAINT_SECONDS + 1


@awaited
async def test_a_bot_that_telegram_goes_on_refusing_gives_up_after_two_minutes(tmp_path: Path) -> None:
    """TEL-034."""
    clock = Clock()
    server = Server(clock, [], repeated(Denied("401"), clock() + 10_000))
    began = clock()
    with pytest.raises(PollingDead, match="401 or 404"):
        await poll(server, tmp_path, clock)
    assert DEAD_SECONDS < clock() - began < DEAD_SECONDS + 30


@awaited
async def test_one_refusal_at_the_end_of_an_outage_is_no_reason_to_give_up(tmp_path: Path) -> None:
    clock = Clock()
    server = Server(clock, [], repeated(NetworkError("x"), clock() + 600), Denied("404"), [question(2)])
    _, stored = await poll(server, tmp_path, clock)
    assert stored == [2]


@awaited
async def test_another_poller_elsewhere_ends_it_after_a_minute_with_a_critical_line(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """TEL-037."""
    clock = Clock()
    server = Server(clock, [], repeated(Conflict("terminated by other getUpdates request"), clock() + 10_000))
    began = clock()
    with pytest.raises(PollingTaken, match="another process"):
        await poll(server, tmp_path, clock)
    assert CONFLICT_SECONDS <= clock() - began <= CONFLICT_SECONDS + 10
    assert [r.levelname for r in caplog.records if r.levelno == logging.CRITICAL] == ["CRITICAL"]
    assert server.deleted == []


@awaited
async def test_a_conflict_that_ends_counts_from_the_beginning_when_it_comes_again(tmp_path: Path) -> None:
    clock = Clock()
    conflict = Conflict("terminated by other getUpdates request")
    server = Server(clock, repeated(conflict, clock() + 50), [question(1)], repeated(conflict, clock() + 100), [])
    _, stored = await poll(server, tmp_path, clock)
    assert stored == [1]


@awaited
async def test_a_webhook_left_behind_is_taken_away_without_dropping_what_waits(tmp_path: Path) -> None:
    clock = Clock()
    error = Conflict("can't use getUpdates method while webhook is active; use deleteWebhook to delete it")
    server = Server(clock, error, [question(1)])
    _, stored = await poll(server, tmp_path, clock)
    assert stored == [1]
    assert server.deleted == [False]


@awaited
async def test_a_429_on_polling_is_obeyed(tmp_path: Path) -> None:
    clock = Clock()
    server = Server(clock, RetryAfter(35), [])
    await poll(server, tmp_path, clock)
    assert server.asked[1][0] - server.asked[0][0] >= 35


@awaited
async def test_after_a_quiet_day_numbers_may_begin_anew(tmp_path: Path) -> None:
    """TG9: an offset from before would hide them."""
    clock = Clock()

    def quiet(now: float) -> list[object] | None:
        clock.now += 3_600
        return [] if now < 1_000_000 + QUIET_SECONDS else None

    server = Server(clock, [question(900)], quiet, [question(3, 6)], [])
    _, stored = await poll(server, tmp_path, clock)
    assert stored == [900, 3]
    offsets = [offset for _, offset, _ in server.asked]
    assert offsets[1] == 901
    assert offsets[-3:] == [None, 4, 4]


# One process a token


def test_a_second_process_is_told_which_one_has_the_token_and_a_killed_one_leaves_no_lock(tmp_path: Path) -> None:
    """TG7, on one host."""
    holder = (
        "import sys, pathlib; from bot.chat_telegram.lock import lock; from bot.chat_telegram.secret import Secret\n"
        "held = lock(pathlib.Path(sys.argv[1]), Secret(sys.argv[2])); print('held', flush=True); sys.stdin.read()"
    )
    child = subprocess.Popen(
        [sys.executable, "-c", holder, str(tmp_path), TOKEN], stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT
    )
    assert child.stdout is not None
    assert child.stdout.readline() == b"held\n"
    with pytest.raises(PollingTaken, match=rf"process {child.pid} on this machine") as caught:
        lock(tmp_path, Secret(TOKEN))
    assert TOKEN not in str(caught.value)
    other = lock(tmp_path, Secret("1234567:another"))
    child.kill()
    child.communicate()
    mine = lock(tmp_path, Secret(TOKEN))
    assert {file.stat().st_mode & 0o777 for file in tmp_path.iterdir()} == {0o600}
    for descriptor in (mine, other):
        import os

        os.close(descriptor)


# The wire


def wire_with(monkeypatch: pytest.MonkeyPatch, status: int, body: bytes) -> Bot:
    """A bot whose connections all answer that."""

    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(status, content=body)

    def build(self: Wire) -> httpx.AsyncClient:
        return httpx.AsyncClient(transport=httpx.MockTransport(answer))

    monkeypatch.setattr(Wire, "_build_client", build)
    wires = Wire("http://127.0.0.1"), Wire("http://127.0.0.1")
    return Bot(TOKEN, "http://127.0.0.1/bot", request=wires[0], get_updates_request=wires[1])


@pytest.mark.parametrize(
    ("status", "body", "kind", "known"),
    [
        (200, b'{"ok":true,"result":[{"update', Garbled, "unknown"),
        (200, b"<html>canary</html>", Garbled, "unknown"),
        (200, b"[1]", Garbled, "unknown"),
        (200, b'{"ok":true}', Garbled, "unknown"),
        (200, b'{"ok":false}', Garbled, "unknown"),
        (200, b'{"ok":"true","result":[]}', Garbled, "unknown"),
        (200, b'{"ok":false,"error_code":409,"description":"x"}', Conflict, "refused"),
        (502, b"<html>canary</html>", Doubtful, "unknown"),
        (504, b"<html>canary</html>", Doubtful, "unknown"),
        (500, b'{"ok":false,"error_code":500,"description":"Internal"}', Doubtful, "unknown"),
        (200, b'{"ok":false,"error_code":500,"description":"Internal"}', Doubtful, "unknown"),
        (503, b"<html>canary</html>", Trouble, "trouble"),
        (401, b'{"ok":false,"error_code":401,"description":"Unauthorized"}', Denied, "refused"),
        (404, b"canary", Denied, "refused"),
        (400, b"canary" * 1_000, BadRequest, "refused"),
        (429, b"<html>canary</html>", RetryAfter, "refused"),
        (429, b'{"ok":false,"parameters":{"retry_after":1e300}}', RetryAfter, "refused"),
        (429, b'{"ok":false,"parameters":{"retry_after":"soon"}}', RetryAfter, "refused"),
        (200, b"[" * 100_000, Garbled, "unknown"),
    ],
)
def test_an_answer_that_is_none_is_known_as_such_and_never_shown(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, status: int, body: bytes, kind: type, known: str
) -> None:
    bot = wire_with(monkeypatch, status, body)

    async def call() -> Awaitable[object]:
        return await bot.updates(None, 1, 0, (), 1)  # type: ignore[return-value]  # only that it fails is looked at

    with pytest.raises(kind) as caught:
        asyncio.run(call())
    assert fate(caught.value) == known
    assert "canary" not in f"{caught.value} {said(caught.value)} {caplog.text}"


@pytest.mark.parametrize("levels", [101, 900, 1_000, 5_000, 50_000])
def test_an_update_that_is_nested_too_deeply_costs_itself_and_not_its_batch(
    levels: int, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """It is parked and acknowledged, and the bot starts again over what was stored."""
    deep = b'{"update_id":2,"message":{"message_id":2,"date":1,"x":' + b'[{"a":' * levels + b"1" + b"}]" * levels
    deep += b',"chat":{"id":5,"type":"private"},"text":"\\" ] } [ \\\\"}}'
    edited = deep.replace(b'"message":', b'"edited_message":').replace(b'"update_id":2', b'"update_id":3')
    good = (json.dumps(question(number, number)).encode() for number in (1, 4))
    bot = wire_with(monkeypatch, 200, b'{"ok":true,"result":[%b]}' % b",".join((next(good), deep, edited, next(good))))

    @awaited
    async def run() -> None:
        records, box = await opened(tmp_path)
        raws = await bot.updates(None, 1, 0, (), 1)
        assert isinstance(raws, list) and len(raws) == 4
        assert await box.accept(raws) == 4
        assert (box.counts["accepted"], box.counts["parked"]) == (2, 2)
        parked = await records.do(lambda c: c.execute("SELECT update_id, reason FROM parked").fetchall())
        assert parked == [(2, "nested too deeply"), (3, "nested too deeply")]
        await records.close()
        records, again = await opened(tmp_path)
        assert again.waiting() == 2
        await records.close()

    run()


def test_a_server_on_this_machine_is_not_sought_through_a_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:1")
    for root, trusts in (
        ("http://127.0.0.1:8081", False),
        ("http://localhost", False),
        ("https://api.telegram.org", True),
    ):
        assert Wire(root)._client._trust_env is trusts


def test_a_number_that_python_does_not_read_costs_no_other_update() -> None:
    body = b'{"ok": true, "result": [{"update_id": 1}, {"update_id": 2, "message": {"date": %s}}]}' % (b"9" * 5_000)
    answer = decoded(body)
    assert answer is not None
    assert [raw["update_id"] for raw in answer["result"]] == [1, 2]
