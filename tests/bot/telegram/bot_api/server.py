"""The Bot API server: connections in a thread of its own, every call checked, recorded and answered, or made to fail.

A test starts it, lets people write (people.py), scripts faults and looks at `calls`. The token is checked; getUpdates
waits for updates as the real one does and gives 409 to the older of two pollers; `outage()` closes the listener and
every connection until `back()`.
"""

from __future__ import annotations

import asyncio
import json
import re
import socket
import struct
import threading
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from types import TracebackType
from typing import Any

from tests.bot.telegram.bot_api.checks import structure, whole
from tests.bot.telegram.bot_api.faults import Fault, Faults
from tests.bot.telegram.bot_api.given import Given
from tests.bot.telegram.bot_api.methods import METHODS
from tests.bot.telegram.bot_api.pace import Pace
from tests.bot.telegram.bot_api.refusal import Refused, bad
from tests.bot.telegram.bot_api.wire import Malformed, Request, read_request, response
from tests.bot.telegram.bot_api.world import World

TOKEN = "4242:AAcanaryCANARYcanaryCANARYcanaryCANA"
_CONFLICT = "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running"


@dataclass(slots=True)
class Call:
    """One call by the bot: when it came, what it said, and how it was answered (status 0: it was not)."""

    method: str
    parameters: dict[str, str]
    at: float
    status: int = 0
    description: str = ""
    answered: float = 0.0
    result: Any = None

    @property
    def chat(self) -> int | None:
        """The chat that the call is about, if any."""
        given = self.parameters.get("chat_id", "")
        return int(given) if re.fullmatch(r"-?\d+", given) else None


class _Cut(Exception):
    """The connection is to be reset, after `data`."""

    def __init__(self, data: bytes = b"") -> None:
        super().__init__()
        self.data = data


class _Poll:
    """A getUpdates that waits."""

    def __init__(self) -> None:
        self.woken = asyncio.Event()
        self.replaced = False


class BotApi:
    """A strict Bot API on loopback; a context manager, started and stopped by the test."""

    def __init__(self, token: str = TOKEN, pace: Pace | None = None) -> None:
        self.token = token
        self.pace = pace or Pace()
        self.world = World()
        self.faults = Faults()
        self.calls: list[Call] = []
        self.port = 0
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="bot-api", daemon=True)
        self._listener: asyncio.Server | None = None
        self._connections: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._poll: _Poll | None = None
        self.world.wakers.append(self._wake)

    @property
    def root(self) -> str:
        """What TELEGRAM_API_BASE is to be."""
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> BotApi:
        self._thread.start()
        self.back()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.outage()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    def outage(self) -> None:
        """Nobody listens any more, and every connection is reset."""
        self._in_loop(self._close())

    def back(self) -> None:
        """Listen, on the same port as before."""
        self._in_loop(self._open())

    def of(self, method: str, chat: int | None = None) -> list[Call]:
        """The calls of a method so far, in one chat or in all."""
        with self.world.changed:
            return [one for one in self.calls if one.method == method and chat in (None, one.chat)]

    def wait(self, true: Callable[[], bool], timeout: float = 10.0, what: str = "") -> None:
        """Wait until something is so; TimeoutError names what did not come."""
        self.world.wait(true, timeout, what)

    def _in_loop(self, work: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(10)

    async def _open(self) -> None:
        self._listener = await asyncio.start_server(self._connected, "127.0.0.1", self.port, limit=1 << 17)
        self.port = self._listener.sockets[0].getsockname()[1]

    async def _close(self) -> None:
        if self._listener is not None:
            self._listener.close()
            self._listener = None
        for writer in list(self._connections):
            _reset(writer)
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _wake(self) -> None:
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._wake_poll)

    def _wake_poll(self) -> None:
        if self._poll is not None:
            self._poll.woken.set()

    # -- one connection

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._connections.add(writer)
        self._tasks.add(task)
        try:
            while (request := await read_request(reader)) is not None:
                writer.write(await self._answered(request, reader))
                await writer.drain()
        except _Cut as cut:
            if cut.data:
                writer.write(cut.data)
                await writer.drain()
                await asyncio.sleep(0.02)
            _reset(writer)
        except Malformed as wrong:
            writer.write(_refusal(bad(str(wrong))))
        except (ConnectionError, asyncio.CancelledError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass
        finally:
            self._tasks.discard(task)
            self._connections.discard(writer)
            writer.close()

    async def _answered(self, request: Request, reader: asyncio.StreamReader) -> bytes:
        found = re.fullmatch(r"/(file/)?bot([^/]*)/(.+)", request.path)
        if found is None:
            return _refusal(Refused(404, "Not Found"))
        file, token, rest = found.groups()
        if token != self.token:
            plausible = re.fullmatch(r"\d+:[A-Za-z0-9_-]{35,}", token)
            return _refusal(Refused(401, "Unauthorized") if plausible else Refused(404, "Not Found"))
        parameters, files = request.parameters()
        method = "file" if file else rest
        call = Call(method, parameters | ({"path": rest} if file else {}), time.monotonic())
        with self.world.changed:
            self.calls.append(call)
            fault = self.faults.take(method, call.parameters)
            self.world.wake()
        given = Given(self.world, self.pace, call.parameters, files)

        async def proper() -> bytes:
            if method == "file":
                return self._file(call, rest)
            return await self._carried_out(call, given, reader)

        return await self._faulty(fault, call, proper, reader) if fault is not None else await proper()

    async def _faulty(
        self, fault: Fault, call: Call, proper: Callable[[], Coroutine[Any, Any, bytes]], reader: asyncio.StreamReader
    ) -> bytes:
        if fault.delay:
            await asyncio.sleep(fault.delay)
        answer = await proper() if fault.effect else b""
        if fault.then is not None:
            fault.then()
        if fault.silent:
            while not reader.at_eof():
                await asyncio.sleep(0.05)
            raise _Cut
        if fault.cut:
            raise _Cut(answer[: len(answer) - 20] if fault.cut == "half" else b"")
        if fault.effect and fault.body is None:
            return answer
        call.status, call.answered = fault.status, time.monotonic()
        body = fault.body or b""
        return response(fault.status, body, "text/html" if body.startswith(b"<") else "application/json")

    async def _carried_out(self, call: Call, given: Given, reader: asyncio.StreamReader) -> bytes:
        try:
            if call.method == "getUpdates":
                result: object = await self._updates(given, reader)
            elif call.method in METHODS:
                with self.world.changed:
                    result = METHODS[call.method](given)
            else:
                raise Refused(404, "Not Found: method not found")
        except Refused as refused:
            call.status, call.description = refused.status, refused.description
            answer = _refusal(refused)
        else:
            call.status, call.result = 200, result if call.method != "getUpdates" else None
            answer = response(200, json.dumps({"ok": True, "result": result}).encode())
        with self.world.changed:
            call.answered = time.monotonic()
            self.world.wake()
        return answer

    def _file(self, call: Call, path: str) -> bytes:
        data = next((data for name, data in self.world.files.values() if name == path), None)
        call.status, call.answered = 200 if data is not None else 404, time.monotonic()
        return _refusal(Refused(404, "Not Found")) if data is None else response(200, data, "application/octet-stream")

    async def _updates(self, given: Given, reader: asyncio.StreamReader) -> list[dict[str, Any]]:
        world, parameters = self.world, given.parameters
        if world.webhook:
            raise Refused(409, "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook first")
        offset = whole(parameters, "offset") if "offset" in parameters else None
        limit = min(max(whole(parameters, "limit"), 1), 100) if "limit" in parameters else 100
        timeout = min(max(whole(parameters, "timeout"), 0), 50) if "timeout" in parameters else 0
        allowed = structure(parameters, "allowed_updates", list)
        if allowed is not None:
            world.allowed = tuple(map(str, allowed))
        if self._poll is not None:
            self._poll.replaced = True
            self._poll.woken.set()
        poll = self._poll = _Poll()
        until = time.monotonic() + timeout
        try:
            while not (found := world.fetch(offset, limit)) and time.monotonic() < until and not reader.at_eof():
                try:
                    await asyncio.wait_for(poll.woken.wait(), min(0.1, max(0.001, until - time.monotonic())))
                except TimeoutError:
                    continue
                poll.woken.clear()
                if poll.replaced:
                    raise Refused(409, _CONFLICT)
            return found
        finally:
            if self._poll is poll:
                self._poll = None


def _refusal(refused: Refused) -> bytes:
    body: dict[str, object] = {"ok": False, "error_code": refused.status, "description": refused.description}
    if refused.parameters:
        body["parameters"] = refused.parameters
    return response(refused.status, json.dumps(body).encode())


def _reset(writer: asyncio.StreamWriter) -> None:
    """Close a connection with a reset, as when a machine in between goes down."""
    sock = writer.get_extra_info("socket")
    if sock is not None and sock.fileno() >= 0:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()
