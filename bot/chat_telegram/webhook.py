"""Updates that Telegram brings itself: a small server on the loopback, behind a proxy that speaks TLS.

Comes in: POST requests. Goes out: updates into the inbox, stored before the 200 that acknowledges them. The promises: a
request without the secret, which is compared in constant time, learns nothing and stores nothing; bodies are bounded
before they are read; neither path nor secret is logged. Knows nothing of what updates say.
"""

from __future__ import annotations

import asyncio
import hmac
import logging
import secrets
import time
from typing import Any

from telegram.error import TelegramError
from tornado.httpserver import HTTPServer
from tornado.web import Application, RequestHandler

from bot.chat_telegram.inbox import Inbox
from bot.chat_telegram.polling import PAUSES, Pulse
from bot.chat_telegram.secret import Secret
from bot.chat_telegram.sorting import USED
from bot.chat_telegram.wire import Bot, decoded, said
from bot.config import TelegramSettings
from bot.errors import TokenUnusable

log = logging.getLogger(__name__)
LARGEST = 1_000_000  # bytes of a body; Telegram's updates have some thousands
FULL_SECONDS = 20.0  # that a request waits for room in the inbox; Telegram repeats what gets no 200
CONNECTIONS = 40  # that Telegram opens at most
_HEADER = "X-Telegram-Bot-Api-Secret-Token"


class _Door(RequestHandler):
    """The one path that there is."""

    def initialize(self, inbox: Inbox, pulse: Pulse, secret: Secret) -> None:
        self._inbox, self._pulse, self._secret = inbox, pulse, secret

    async def post(self) -> None:
        given = self.request.headers.get(_HEADER, "")
        if not hmac.compare_digest(given.encode("utf-8", "replace"), self._secret.reveal().encode()):
            return self._end(403)
        if self.request.headers.get("Content-Type", "").split(";")[0].strip().lower() != "application/json":
            return self._end(415)
        raw = decoded(self.request.body)
        if raw is None:
            return self._end(400)
        try:
            await asyncio.wait_for(self._inbox.accept([raw]), FULL_SECONDS)
        except TimeoutError:
            return self._end(503)
        except Exception as error:  # tornado would log the address, and with it the path that nobody is to know
            log.error("an update could not be stored: %s", said(error))
            return self._end(503)
        self._pulse.beat(time.monotonic())
        return self._end(200)

    def _end(self, code: int) -> None:
        self.set_status(code)
        self.finish()

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """A failure's status and nothing else."""
        self.finish()

    def set_default_headers(self) -> None:
        self.clear_header("Server")


def server(inbox: Inbox, pulse: Pulse, path: str, secret: Secret) -> HTTPServer:
    """The server, not listening yet."""
    routes = [(f"/{path}", _Door, {"inbox": inbox, "pulse": pulse, "secret": secret})]
    application = Application(routes, log_function=lambda handler: None)
    return HTTPServer(application, max_body_size=LARGEST, max_buffer_size=2 * LARGEST, max_header_size=16_384)


async def listen(settings: TelegramSettings, bot: Bot, inbox: Inbox, pulse: Pulse, secret: Secret | None) -> None:
    """Listen, tell Telegram where, and go on until cancelled. Raises TokenUnusable where there is no secret."""
    if secret is None:
        raise TokenUnusable(
            "telegram.mode is webhook, and TELEGRAM_WEBHOOK_SECRET is not set: give one of 16 to 256 characters of "
            "A-Z, a-z, 0-9, _ and -, without which anybody could send updates"
        )
    path = settings.webhook_path or secrets.token_urlsafe(24)
    door = server(inbox, pulse, path, secret)
    door.listen(settings.webhook_port, "127.0.0.1")
    try:
        await _tell(bot, f"{settings.webhook_url}/{path}", secret)
        await asyncio.Event().wait()
    finally:
        door.stop()
        await door.close_all_connections()


async def _tell(bot: Bot, url: str, secret: Secret) -> None:
    """Tell Telegram where to bring updates, as long as it takes."""
    failures = 0
    while True:
        try:
            await bot.set_webhook(
                url,
                secret_token=secret.reveal(),
                allowed_updates=list(USED),
                max_connections=CONNECTIONS,
                drop_pending_updates=False,
            )
            return
        except TelegramError as error:
            failures += 1
            log.error("setWebhook failed, trying on: %s", said(error).replace(url, "[address]"))
            await asyncio.sleep(PAUSES[min(failures, len(PAUSES)) - 1])
