"""How the front is doing: for systemd, for a person with a browser, and for Prometheus.

Comes in: the pulse, the inbox, the event loop's lag. Goes out: /healthz (200 or 503, with JSON) and /metrics on the
loopback, and messages to systemd. The promise: healthy means that updates are got and dealt with, not merely that the
process exists; nothing that a person wrote is shown. Knows nothing of what is answered.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import socket
import time
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field

from bot.chat_telegram.inbox import Inbox
from bot.chat_telegram.polling import DEAD_SECONDS, Pulse

log = logging.getLogger(__name__)
STALL_SECONDS = 300.0  # entries wait and none has been finished for so long: something hangs
_TICK = 0.1
_TEXT = "text/plain; version=0.0.4; charset=utf-8"


@dataclass(slots=True)
class Lag:
    """How late the event loop wakes up: a sleep of a tenth of a second, measured for the last minute."""

    seconds: deque[float] = field(default_factory=lambda: deque([0.0], maxlen=600))

    async def measure(self) -> None:
        """Go on measuring until cancelled."""
        while True:
            began = time.perf_counter()
            await asyncio.sleep(_TICK)
            self.seconds.append(max(0.0, time.perf_counter() - began - _TICK))

    def quantile(self, share: float) -> float:
        """The lag that this share of the last minute's wakings stayed below."""
        ordered = sorted(self.seconds)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


@dataclass(slots=True)
class Health:
    """What is known of the front at this moment."""

    inbox: Inbox
    pulse: Pulse
    mode: str
    generation: Callable[[], str | None]
    answered: Callable[[], float | None]  # when the last message went out, by the monotonic clock
    lag: Lag = field(default_factory=Lag)
    stopping: bool = False
    clock: Callable[[], float] = time.monotonic

    def state(self) -> dict[str, object]:
        """The state as JSON takes it; `ok` is the judgement."""
        now, answered = self.clock(), self.answered()
        age = now - self.pulse.good
        stalled = self.inbox.waiting() > 0 and self.inbox.idle() > STALL_SECONDS
        reasons = []
        if self.stopping:
            reasons.append("stopping")
        if self.mode == "polling" and age > DEAD_SECONDS and not self.pulse.held:
            reasons.append(f"no good poll for {age:.0f} s")
        if stalled:
            reasons.append(f"{self.inbox.waiting()} updates wait and none was finished for {self.inbox.idle():.0f} s")
        return {
            "ok": not reasons,
            "reasons": reasons,
            "mode": self.mode,
            "poll_age_s": round(age, 1),
            "polled": self.pulse.ever,
            "waiting": self.inbox.waiting(),
            "most_waiting": self.inbox.most,
            "answer_age_s": None if answered is None else round(now - answered, 1),
            "loop_lag_p99_ms": round(self.lag.quantile(0.99) * 1_000, 1),
            "generation": self.generation(),
        }

    def alive(self) -> bool:
        """Whether systemd may let the process go on: a restart mends a hanging loop, not a network that is away."""
        tried = self.clock() - self.pulse.tried
        hangs = self.mode == "polling" and tried > DEAD_SECONDS and not self.pulse.held
        return not hangs and not (self.inbox.waiting() > 0 and self.inbox.idle() > STALL_SECONDS)

    def metrics(self) -> str:
        """The state in Prometheus's text format."""
        now, answered = self.clock(), self.answered()
        counts = self.inbox.counts
        lines = ["# TYPE byline_updates_total counter"]
        lines += [f'byline_updates_total{{outcome="{name}"}} {counts[name]}' for name in sorted(counts)]
        gauges: Mapping[str, float] = {
            "byline_up": float(bool(self.state()["ok"])),
            "byline_waiting": self.inbox.waiting(),
            "byline_waiting_most": self.inbox.most,
            "byline_poll_age_seconds": now - self.pulse.good,
            "byline_answer_age_seconds": -1 if answered is None else now - answered,
            "byline_tasks": len(asyncio.all_tasks()),
        }
        for name, value in gauges.items():
            lines += [f"# TYPE {name} gauge", f"{name} {value:.3f}"]
        for name, count in {"polls": self.pulse.polls, "poll_failures": self.pulse.failures}.items():
            lines += [f"# TYPE byline_{name}_total counter", f"byline_{name}_total {count}"]
        lines.append("# TYPE byline_loop_lag_seconds gauge")
        for share in (0.5, 0.99, 1.0):
            lines.append(f'byline_loop_lag_seconds{{quantile="{share}"}} {self.lag.quantile(share):.6f}')
        lines.append("# TYPE byline_generation_info gauge")
        lines.append(f'byline_generation_info{{generation="{_label(self.generation())}"}} 1')
        return "\n".join(lines) + "\n"


async def serve(health: Health, port: int) -> asyncio.Server | None:
    """Answer on the loopback; a port that is taken is a warning, not an end."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, TimeoutError, ValueError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 5)
            writer.write(_page(health, head.split(b"\r\n", 1)[0]))
            await asyncio.wait_for(writer.drain(), 5)
        writer.close()

    try:
        return await asyncio.start_server(answer, "127.0.0.1", port, limit=8_192)
    except OSError as error:
        log.warning("health is not shown on port %d: %s", port, error.strerror)
        return None


def tell_systemd(message: str) -> None:
    """Send one line to systemd, where it started this process and wants to know."""
    address = os.environ.get("NOTIFY_SOCKET", "")
    if address.startswith(("/", "@")):
        with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as out:
            out.setblocking(False)
            out.connect("\0" + address[1:] if address[0] == "@" else address)
            out.send(message.encode())


async def watchdog(health: Health) -> None:
    """Tell systemd that the process lives, as long as it does, twice as often as it asks for."""
    given = os.environ.get("WATCHDOG_USEC", "")
    every = int(given) / 2_000_000 if given.isdigit() and int(given) else 30.0
    while True:
        if health.alive():
            tell_systemd("WATCHDOG=1")
        await asyncio.sleep(every)


def _page(health: Health, request: bytes) -> bytes:
    method, _, rest = request.partition(b" ")
    path = rest.split(b" ")[0].split(b"?")[0]
    if method not in (b"GET", b"HEAD"):
        return _reply(405, "text/plain", "only GET\n", method)
    if path == b"/healthz":
        state = health.state()
        return _reply(200 if state["ok"] else 503, "application/json", json.dumps(state) + "\n", method)
    if path == b"/metrics":
        return _reply(200, _TEXT, health.metrics(), method)
    return _reply(404, "text/plain", "/healthz or /metrics\n", method)


def _reply(code: int, kind: str, text: str, method: bytes) -> bytes:
    words = {200: "OK", 404: "Not Found", 405: "Method Not Allowed", 503: "Service Unavailable"}
    body = text.encode()
    head = f"HTTP/1.1 {code} {words[code]}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n"
    return (head + "Cache-Control: no-store\r\nConnection: close\r\n\r\n").encode() + (
        b"" if method == b"HEAD" else body
    )


def _label(text: str | None) -> str:
    return (text or "").replace("\\", "\\\\").replace('"', '\\"').replace("\n", " ")
