"""One call of the Bot API -> its result, or an error that says what is known of the call's fate.

Comes in: python-telegram-bot's calls. Goes out: their results; errors whose `fate` is `refused` (Telegram said no),
`unsent` (it cannot have happened), `unknown` (it may have happened: the answer was lost, or was a 500 or 502 or 504,
which a server or a proxy gives where it does not know itself) or `trouble` (Telegram's own: it did not happen, try
again). The promise: no body and no address is logged, and neither bot nor errors show the token. Knows nothing
of what is sent.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any, Literal
from urllib.parse import urlsplit

import httpx
from telegram.error import BadRequest, InvalidToken, NetworkError, RetryAfter, TelegramError
from telegram.ext import ExtBot
from telegram.request import BaseRequest, HTTPXRequest, RequestData

from bot.chat_telegram.nesting import shallow
from bot.chat_telegram.secret import Secret, conceal

PUBLIC_ROOT = "https://api.telegram.org"
Fate = Literal["refused", "unsent", "unknown", "trouble"]
_UNSENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError, httpx.UnsupportedProtocol)
_TAKES_NOTHING = (HTTPStatus.NOT_IMPLEMENTED, HTTPStatus.SERVICE_UNAVAILABLE)
CONNECT_SECONDS, READ_SECONDS = 5.0, 10.0


class Garbled(NetworkError):
    """The answer was no answer of the Bot API: cut off, HTML, of another shape."""


class Trouble(NetworkError):
    """Telegram answered that it does not take calls at the moment (503)."""


class Doubtful(NetworkError):
    """Telegram, or a proxy before it, answered that something went wrong (any other 5xx), when nobody knows."""


class Denied(InvalidToken):
    """401 or 404: the token, or the method, is not known there; the text holds neither."""


class Wire(HTTPXRequest):
    """python-telegram-bot's own request object, which keeps bodies out of the log and tells errors apart."""

    def __init__(self, root: str, connections: int = 32) -> None:
        # A proxy of the environment (HTTPS_PROXY, ALL_PROXY) is used as python-telegram-bot does, for it may be the only
        # way out; but not for a server on this machine, which no proxy can reach.
        super().__init__(
            connection_pool_size=connections,
            connect_timeout=CONNECT_SECONDS,
            read_timeout=READ_SECONDS,
            write_timeout=READ_SECONDS,
            pool_timeout=READ_SECONDS,
            httpx_kwargs={"trust_env": not _on_this_machine(root)},
        )

    async def do_request(
        self,
        url: str,
        method: str,
        request_data: RequestData | None = None,
        read_timeout: Any = BaseRequest.DEFAULT_NONE,
        write_timeout: Any = BaseRequest.DEFAULT_NONE,
        connect_timeout: Any = BaseRequest.DEFAULT_NONE,
        pool_timeout: Any = BaseRequest.DEFAULT_NONE,
    ) -> tuple[int, bytes]:
        """The status and body; a success that is none is given the status that its body names, or raises Garbled."""
        code, body = await super().do_request(
            url, method, request_data, read_timeout, write_timeout, connect_timeout, pool_timeout
        )
        if "/file/" in urlsplit(url).path and code == HTTPStatus.OK:
            return code, body
        answer = decoded(body)
        if HTTPStatus.OK <= code < HTTPStatus.MULTIPLE_CHOICES:
            if answer is not None and answer.get("ok") is True and "result" in answer:
                return code, body
            named = answer.get("error_code") if answer is not None and answer.get("ok") is False else None
            if not isinstance(named, int) or not 400 <= named < 600:
                raise Garbled(f"Telegram answered {code} with {len(body)} bytes that are not an answer")
            code = named
        if code in _TAKES_NOTHING:
            raise Trouble(f"Telegram answered {code}")
        if code >= HTTPStatus.INTERNAL_SERVER_ERROR:
            raise Doubtful(f"Telegram answered {code}")
        if code == HTTPStatus.TOO_MANY_REQUESTS:
            raise RetryAfter(_pause(answer))
        if code in (HTTPStatus.UNAUTHORIZED, HTTPStatus.NOT_FOUND):
            raise Denied(f"Telegram answered {code}")
        # python-telegram-bot makes the rest into its errors, into which it would put a body that it cannot read
        return code, body if answer is not None else b'{"ok":false}'

    @staticmethod
    def parse_json_payload(payload: bytes) -> dict[str, Any]:
        """The answer as a mapping; raises Garbled, which does not show it."""
        answer = decoded(payload)
        if answer is None:
            raise Garbled(f"{len(payload)} bytes that are not an answer")
        return answer


class Bot(ExtBot[None]):
    """python-telegram-bot's bot, which does not show its token."""

    __slots__ = ()

    async def updates(self, offset: int | None, limit: int, wait: int, used: Sequence[str], patience: float) -> object:
        """What getUpdates gives, unparsed: `wait` seconds at the server, `patience` seconds here."""
        asked = {"offset": offset, "limit": limit, "timeout": wait, "allowed_updates": list(used)}
        return await self._post("getUpdates", asked, read_timeout=patience)

    def __repr__(self) -> str:
        return "Bot(...)"


def make_bot(token: Secret, root: str) -> Bot:
    """A bot that talks to the Bot API under that root, over two pools of connections: one is the long poll's own."""
    root = root.rstrip("/")
    return Bot(
        token.reveal(),
        base_url=f"{root}/bot",
        base_file_url=f"{root}/file/bot",
        request=Wire(root),
        get_updates_request=Wire(root, 1),
    )


def fate(error: BaseException) -> Fate:
    """What is known of a call that failed."""
    if isinstance(error, Trouble):
        return "trouble"
    if isinstance(error, BadRequest) or not isinstance(error, NetworkError):
        return "refused"
    return "unsent" if isinstance(error.__cause__, _UNSENT) else "unknown"


def said(error: BaseException) -> str:
    """An error in one short line for the log: Telegram's own words at most, never a body, an address or a token."""
    text = str(error) if isinstance(error, TelegramError) else ""
    cause = type(error.__cause__).__name__ if error.__cause__ is not None else ""
    return conceal(" ".join(part for part in (type(error).__name__, cause, " ".join(text.split())[:120]) if part))


def decoded(body: bytes) -> dict[str, Any] | None:
    """The mapping that a body holds, or None.

    What one update holds must not cost the whole batch: a number of more digits than Python reads becomes another
    number, and what is nested more deeply than it reads becomes `nesting.DEEP`.
    """
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        try:
            answer = shallow(body.decode(), parse_int=_number)
        except (ValueError, RecursionError):
            return None
    return answer if isinstance(answer, dict) else None


def _number(digits: str) -> float:
    return int(digits) if len(digits) <= 400 else float(digits)


def pause_asked(error: RetryAfter) -> float:
    """The seconds of a 429."""
    asked = error.retry_after
    return float(asked if isinstance(asked, int) else asked.total_seconds())


def _pause(answer: dict[str, Any] | None) -> int:
    """The seconds that a 429 asks for, a sensible number whatever it says."""
    parameters = answer.get("parameters") if answer else None
    asked = parameters.get("retry_after") if isinstance(parameters, dict) else None
    return min(30 * 86_400, max(1, int(asked))) if isinstance(asked, int | float) and asked == asked else 5


def _on_this_machine(root: str) -> bool:
    host = urlsplit(root).hostname or ""
    return host in ("localhost", "::1") or host.startswith("127.")
