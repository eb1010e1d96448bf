"""A web for tests: servers on loopback that do what they are told, and a wire that leads every public name to them.

Nothing leaves this machine: `Town` stands in for the resolver and for the connection, notes each look-up and each
address that was to be connected to, and joins those it knows to a server on loopback.
"""

from __future__ import annotations

import gzip
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

import httpcore

from index.sources.wire import Wire, connect

PUBLIC = "93.184.216.34"


@dataclass
class Request:
    """What a server was asked."""

    target: str
    headers: dict[str, str]


@dataclass
class Reply:
    """What a server answers: `cut` sends only so many bytes of all, `pace` sends one byte in that many seconds."""

    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=lambda: {"Content-Type": "text/html; charset=utf-8"})
    length: int | None = -1
    cut: int | None = None
    pace: float = 0.0
    endless: bool = False

    def sent(self) -> bytes:
        """All of it as bytes on the wire."""
        head = [f"HTTP/1.1 {self.status} Word", *(f"{name}: {value}" for name, value in self.headers.items())]
        if self.length is not None:
            head.append(f"Content-Length: {len(self.body) if self.length < 0 else self.length}")
        head.append("Connection: close")
        return "\r\n".join(head).encode("utf-8") + b"\r\n\r\n" + self.body


Answer = Callable[[Request], Reply]


class Server:
    """A server on loopback, one thread a connection; `answer` says what it replies, `asked` what it was asked."""

    def __init__(self, answer: Answer, tls: ssl.SSLContext | None = None) -> None:
        self.answer = answer
        self._tls = tls
        self.asked: list[Request] = []
        self._socket = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port: int = self._socket.getsockname()[1]
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop serving."""
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._thread.join(5)

    def targets(self) -> list[str]:
        """What was asked for, robots.txt aside."""
        return [request.target for request in self.asked if request.target != "/robots.txt"]

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            threading.Thread(target=self._one, args=(connection,), daemon=True).start()

    def _one(self, connection: socket.socket) -> None:
        with connection, suppress(OSError):
            connection.settimeout(20)
            if self._tls:
                connection = self._tls.wrap_socket(connection, server_side=True)
            head = b""
            while b"\r\n\r\n" not in head:
                piece = connection.recv(65536)
                if not piece:
                    return
                head += piece
            lines = head.decode("latin-1").split("\r\n")
            headers = dict(line.split(": ", 1) for line in lines[1:] if ": " in line)
            request = Request(lines[0].split(" ")[1], {name.lower(): value for name, value in headers.items()})
            self.asked.append(request)
            self._send(connection, self.answer(request))
            if self._tls:
                connection.close()

    @staticmethod
    def _send(connection: socket.socket, reply: Reply) -> None:
        data = reply.sent()[: reply.cut]
        if not reply.pace:
            connection.sendall(data)
        while reply.endless:
            connection.sendall(b"x" * 65536)
        for i in range(len(data) if reply.pace else 0):
            connection.sendall(data[i : i + 1])
            time.sleep(reply.pace)


@contextmanager
def serving(answer: Answer, tls: ssl.SSLContext | None = None) -> Iterator[Server]:
    """A server while the block runs."""
    server = Server(answer, tls)
    try:
        yield server
    finally:
        server.close()


def site(pages: dict[str, Reply], robots: str | None = None) -> Answer:
    """A site of those pages; 404 for all others, and for robots.txt where there is none."""

    def answer(request: Request) -> Reply:
        if request.target == "/robots.txt":
            return text(robots) if robots is not None else Reply(b"", 404)
        return pages.get(request.target, Reply(b"nothing", 404))

    return answer


def text(words: str) -> Reply:
    """A reply of plain text."""
    return Reply(words.encode(), headers={"Content-Type": "text/plain; charset=utf-8"})


def moved(to: str, status: int = 302) -> Reply:
    """A redirect."""
    return Reply(b"", status, {"Location": to})


def packed(body: bytes, coding: str = "gzip") -> Reply:
    """A page that is packed."""
    return Reply(gzip.compress(body), headers={"Content-Type": "text/html", "Content-Encoding": coding})


def story(number: int | str, more: str = "") -> bytes:
    """A page with a small article."""
    return (
        f"<!DOCTYPE html><html lang=en><head><meta charset=utf-8><title>Story {number}</title></head><body><article>"
        f"<h1>Story {number}</h1><p>The ferry number {number} sank on Tuesday near Lowmoor. Its captain swam ashore and "
        f"was taken to a hospital. Nobody else was on board when it happened, the harbour office said. {more}</p>"
        "</article></body></html>"
    ).encode()


@dataclass
class Town:
    """A resolver and a network of names: `names` gives each look-up's answers in turn, the last one again and again.

    A connection to a public address ends at `server`; one to any other is noted in `connected` and then fails.
    """

    names: dict[str, list[Sequence[str]]] = field(default_factory=dict)
    server: Server | None = None
    looked_up: list[str] = field(default_factory=list)
    connected: list[tuple[str, int]] = field(default_factory=list)

    def resolve(self, host: str, port: int) -> Sequence[str]:
        """What the name leads to this time."""
        self.looked_up.append(host)
        answers = self.names.get(host, [[PUBLIC]])
        return answers.pop(0) if len(answers) > 1 else answers[0]

    def connect(self, address: str, port: int, seconds: float) -> httpcore.NetworkStream:
        """A connection to the server in the address's place."""
        self.connected.append((address, port))
        if self.server is None:
            raise httpcore.ConnectError("nobody is there")
        return connect("127.0.0.1", self.server.port, seconds)

    def wire(self, *, allow_loopback: bool = False) -> Wire:
        """The way into this town."""
        return Wire(allow_loopback, self.resolve, self.connect)
