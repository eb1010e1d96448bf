"""One request to one checked address -> one response, within limits; the only file that opens a socket to the world.

Comes in: an `Address`, headers, a deadline. Goes out: status, headers and the body as it was sent, still encoded. The
promises others lean on: the name is looked up once, every answer of the resolver is checked, and the connection goes
to an answer that was checked, while `Host`, SNI and certificate stay those of the name; no byte is read after the
deadline or beyond the limit, however slowly or long the server sends; neither proxies nor anything else in the
environment is looked at, and nothing is remembered from one request to the next. Knows nothing of redirects.

The connection is httpcore's, the engine of httpx, which takes a network of one's own where httpx does not.
"""

from __future__ import annotations

import queue
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any

import certifi
import httpcore

from index.errors import FetchFailed
from index.sources.address import Address, may_reach, not_public

Resolve = Callable[[str, int], Sequence[str]]
Connect = Callable[[str, int, float], httpcore.NetworkStream]

# A dead address must not use up the time of those after it; no name needs more of them.
_CONNECT_SECONDS = 8.0
_ADDRESSES = 4
# How soon a request that is waiting notices that it is to stop.
_SLICE = 0.5


@dataclass(slots=True)
class Budget:
    """What one fetch may still use, over all its requests: time, and bytes on the wire.

    `stop` ends it early, from any thread.
    """

    deadline: float
    wire: int
    stop: threading.Event

    def seconds(self) -> float:
        """The seconds left; raises `FetchFailed` where there are none."""
        if self.stop.is_set():
            raise FetchFailed("stopped", "it was broken off before it was done")
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise FetchFailed("too_slow", "it took longer than fetch.seconds allows; try again later")
        return left

    def take(self, count: int) -> None:
        """Note bytes that came in."""
        self.wire -= count
        if self.wire < 0:
            raise FetchFailed("too_large", "it sends more than fetch.wire_bytes allows; save the article alone")


@dataclass(frozen=True, slots=True)
class Response:
    """The answer's head, names of headers in lower case; `sized` says whether it tells where its body ends."""

    status: int
    headers: dict[str, str]
    sized: bool
    body: Iterator[bytes]


def look_up(host: str, port: int) -> list[str]:
    """Every address that the system's resolver gives for a name."""
    return [str(found[4][0]) for found in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


def connect(address: str, port: int, seconds: float) -> httpcore.NetworkStream:
    """A connection to an IP address."""
    return httpcore.SyncBackend().connect_tcp(address, port, timeout=seconds)


@cache
def certificates() -> ssl.SSLContext:
    """TLS as browsers do it, with certifi's authorities; made by hand, since Python's default asks the environment."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_verify_locations(certifi.where())
    return context


@dataclass(frozen=True, slots=True)
class Wire:
    """The way to other machines. `resolve` and `connect` are its two doors, which tests put others in place of."""

    allow_loopback: bool = False
    resolve: Resolve = look_up
    connect: Connect = connect
    tls: Callable[[], ssl.SSLContext] = certificates

    @contextmanager
    def ask(self, address: Address, headers: Sequence[tuple[str, str]], budget: Budget) -> Iterator[Response]:
        """Ask for the address and give the answer while the block runs; raises `FetchFailed`, also from the body."""
        network = _Network(self, budget)
        secure = self.tls() if address.scheme == "https" else None
        url = httpcore.URL(
            scheme=address.scheme.encode(),
            host=address.host.encode(),
            port=address.port,
            target=address.target.encode(),
        )
        sent = [(name.encode("ascii"), value.encode("ascii")) for name, value in headers]
        with _failures(address):
            pool = httpcore.ConnectionPool(
                ssl_context=secure, max_connections=1, retries=0, http1=True, http2=False, network_backend=network
            )
            with pool, pool.stream(b"GET", url, headers=sent) as found:
                names = {name.decode("ascii").lower(): _text(value) for name, value in found.headers}
                sized = "content-length" in names or "chunked" in names.get("transfer-encoding", "").lower()
                yield Response(found.status, names, sized, found.iter_stream())

    def checked(self, host: str, port: int, budget: Budget) -> list[str]:
        """The addresses of a host, each of which may be reached; raises `FetchFailed` if only one may not."""
        literal = may_reach(host, allow_loopback=self.allow_loopback)
        found = [host] if literal else _in_time(lambda: self.resolve(host, port), budget, host)
        for one in found:
            if not may_reach(one, allow_loopback=self.allow_loopback):
                raise FetchFailed("address_not_public", not_public(one, host))
        if not found:
            raise FetchFailed("host_unknown", f"{host} has no address; check its spelling")
        return list(dict.fromkeys(found))[:_ADDRESSES]


class _Network(httpcore.NetworkBackend):
    """httpcore's door to the network, for one request: checks what a name leads to, then connects to just that."""

    def __init__(self, wire: Wire, budget: Budget) -> None:
        self._wire = wire
        self._budget = budget

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        addresses = self._wire.checked(host, port, self._budget)
        for place, address in enumerate(addresses, 1):
            try:
                stream = self._wire.connect(address, port, min(self._budget.seconds(), _CONNECT_SECONDS))
                return _Stream(stream, self._budget)
            except (httpcore.ConnectError, httpcore.ConnectTimeout, OSError):
                if place == len(addresses):
                    raise
        raise AssertionError("checked() gives at least one address")


class _Stream(httpcore.NetworkStream):
    """A connection whose every read and write is held to the budget."""

    def __init__(self, inner: httpcore.NetworkStream, budget: Budget) -> None:
        self._inner = inner
        self._budget = budget

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        while True:
            try:
                data = self._inner.read(max_bytes, timeout=min(self._budget.seconds(), _SLICE))
            except httpcore.ReadTimeout:
                continue
            self._budget.take(len(data))
            return data

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._inner.write(buffer, timeout=self._budget.seconds())

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        seconds = min(self._budget.seconds(), _CONNECT_SECONDS)
        return _Stream(self._inner.start_tls(ssl_context, server_hostname, timeout=seconds), self._budget)

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


def _in_time(look: Callable[[], Sequence[str]], budget: Budget, host: str) -> Sequence[str]:
    """What a resolver says, waited for no longer than the budget allows: the system's own knows no deadline."""
    answer: queue.Queue[Sequence[str] | Exception] = queue.Queue()

    def run() -> None:
        try:
            answer.put(look())
        except Exception as error:
            answer.put(error)

    threading.Thread(target=run, daemon=True, name=f"look up {host}").start()
    while True:
        try:
            found = answer.get(timeout=min(budget.seconds(), _SLICE))
        except queue.Empty:
            continue
        if isinstance(found, (OSError, UnicodeError)):
            raise FetchFailed("host_unknown", f"{host} cannot be looked up; check its spelling and the connection")
        if isinstance(found, Exception):
            raise found
        return found


@contextmanager
def _failures(address: Address) -> Iterator[None]:
    """httpcore's errors in our own words."""
    try:
        yield
    except (httpcore.ConnectError, httpcore.ConnectTimeout, OSError) as error:
        if isinstance(error.__cause__ or error.__context__, ssl.SSLError) or isinstance(error, ssl.SSLError):
            why = str(error.args[0] if error.args else error)[:160]
            detail = (
                f"{address.host} has no valid certificate ({why}); open it in a browser, save the page, give its file"
            )
            raise FetchFailed("tls", detail) from error
        raise FetchFailed("unreachable", f"{address.authority} does not answer; try again later") from error
    except httpcore.RemoteProtocolError as error:
        raise FetchFailed(
            "truncated", f"{address.host} broke off its answer ({str(error)[:120]}); try again later"
        ) from error
    except (httpcore.NetworkError, httpcore.TimeoutException) as error:
        raise FetchFailed("truncated", f"the connection to {address.host} was cut; try again later") from error
    except (httpcore.ProtocolError, httpcore.UnsupportedProtocol) as error:
        raise FetchFailed(
            "unreachable", f"{address.host} does not speak HTTP as it should: {str(error)[:120]}"
        ) from error


def _text(value: bytes) -> str:
    """A header's value; addresses in it may be UTF-8, all else is ASCII."""
    try:
        return value.decode("utf-8").strip()
    except UnicodeDecodeError:
        return value.decode("latin-1").strip()
