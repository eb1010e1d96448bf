"""Bytes of a connection -> requests, and answers -> bytes: as much of HTTP/1.1 as a Bot API needs.

Comes in: an asyncio stream. Goes out: `Request` with its parameters as text (nested ones as JSON text, as Telegram
takes them) and its files. Knows nothing of methods.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from email import message_from_bytes
from email.policy import HTTP
from urllib.parse import parse_qsl, unquote, urlsplit

LARGEST = 64 * 1024 * 1024
_REASONS = {200: "OK", 400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found", 409: "Conflict"}


class Malformed(Exception):
    """What came in is no request that this server can read."""


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that came with a request."""

    name: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Request:
    """One request: its path and whatever it carried."""

    verb: str
    target: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def path(self) -> str:
        """The path without the query, decoded."""
        return unquote(urlsplit(self.target).path)

    def parameters(self) -> tuple[dict[str, str], dict[str, Upload]]:
        """Every parameter as text, and the files; Malformed where the body is not what it says."""
        found = dict(parse_qsl(urlsplit(self.target).query, keep_blank_values=True))
        kind = self.headers.get("content-type", "")
        if not self.body:
            return found, {}
        if kind.startswith("application/json"):
            return found | _from_json(self.body), {}
        if kind.startswith("multipart/form-data"):
            fields, files = _from_multipart(kind, self.body)
            return found | fields, files
        if kind.startswith("application/x-www-form-urlencoded"):
            return found | dict(parse_qsl(self.body.decode(), keep_blank_values=True, strict_parsing=True)), {}
        raise Malformed(f"a body of type {kind!r}")


def _from_json(body: bytes) -> dict[str, str]:
    try:
        given = json.loads(body)
    except ValueError as error:
        raise Malformed("a body that is no JSON") from error
    if not isinstance(given, dict):
        raise Malformed("a JSON body that is no object")
    return {
        key: value if isinstance(value, str) else json.dumps(value)
        for key, value in given.items()
        if value is not None
    }  # fmt: skip


def _from_multipart(kind: str, body: bytes) -> tuple[dict[str, str], dict[str, Upload]]:
    fields: dict[str, str] = {}
    files: dict[str, Upload] = {}
    whole = message_from_bytes(f"Content-Type: {kind}\r\n\r\n".encode() + body, policy=HTTP)
    if not whole.is_multipart():
        raise Malformed("a multipart body without parts")
    for part in whole.iter_parts():
        name = part.get_param("name", header="content-disposition")
        data = part.get_payload(decode=True)
        assert isinstance(data, bytes)
        file_name = part.get_filename()
        if file_name is None:
            fields[str(name)] = data.decode()
        else:
            files[str(name)] = Upload(file_name, data)
    return fields, files


async def read_request(reader: asyncio.StreamReader) -> Request | None:
    """The next request on a connection, or None where the other side has closed it."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError:
        return None
    first, *lines = head.decode("latin-1").split("\r\n")
    try:
        verb, target, _ = first.split(" ")
    except ValueError as error:
        raise Malformed(f"a request line {first!r}") from error
    headers = {key.strip().lower(): value.strip() for key, _, value in (line.partition(":") for line in lines if line)}
    length = int(headers.get("content-length", 0))
    if "transfer-encoding" in headers or not 0 <= length <= LARGEST:
        raise Malformed("a body without a length, or one too long")
    return Request(verb, target, headers, await reader.readexactly(length))


def response(status: int, body: bytes, kind: str = "application/json") -> bytes:
    """A whole HTTP response; the connection stays open."""
    head = f"HTTP/1.1 {status} {_REASONS.get(status, 'Status')}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}"
    return f"{head}\r\nConnection: keep-alive\r\n\r\n".encode() + body
