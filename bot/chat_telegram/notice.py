"""One message that is edited while long work goes on, and holds the outcome in the end.

Comes in: where the work is, as often as it likes to say. Goes out: one message, edited at most every few seconds, and
the outcome in its place. The promises others lean on: what Telegram refuses of the news in between is no trouble for
the work; the outcome is tried for some minutes. Knows nothing of the work.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence

from telegram import InlineKeyboardMarkup
from telegram.error import TelegramError

from bot.chat_telegram.calls import Gone, Later
from bot.chat_telegram.parts import Part, plain
from bot.chat_telegram.sending import Sender

log = logging.getLogger(__name__)

EVERY = 2.5  # seconds between two edits: Telegram allows one message a second and chat, the answers included
_TRIES = 4
_LONGEST_WAIT = 60.0


class Notice:
    """The message of one piece of work, in one chat."""

    def __init__(self, sender: Sender, chat: int, clock: Callable[[], float], message: int | None = None) -> None:
        self._sender, self._chat, self._clock, self._message = sender, chat, clock, message
        self._said = ""
        self._at = 0.0

    async def say(self, text: str) -> None:
        """Say how far it is, if the last word is a while ago and was another."""
        now = self._clock()
        if text == self._said or (self._message is not None and now - self._at < EVERY):
            return
        self._said, self._at = text, now
        try:
            await self._show(plain(text)[:1], None)
        except (Later, Gone, TelegramError) as failure:
            log.info("progress was not shown: %s", type(failure).__name__)

    async def finish(self, parts: Sequence[Part], keyboard: InlineKeyboardMarkup | None = None) -> None:
        """Put the outcome in the place of the progress, further messages below it."""
        for attempt in range(_TRIES):
            try:
                await self._show(parts, keyboard)
                return
            except Later as later:
                await asyncio.sleep(min(later.seconds, _LONGEST_WAIT))
            except (Gone, TelegramError) as failure:
                log.warning("an outcome could not be shown (%s, attempt %d)", type(failure).__name__, attempt + 1)
                if isinstance(failure, Gone):
                    return
                self._message = None  # perhaps it was deleted: say it anew

    async def _show(self, parts: Sequence[Part], keyboard: InlineKeyboardMarkup | None) -> None:
        rest = parts
        if self._message is not None:
            alone = keyboard if len(parts) == 1 else None
            if await self._sender.edit(self._chat, self._message, parts[0], alone):
                rest = parts[1:]
        if rest:
            sent = await self._sender.send(self._chat, rest, keyboard=keyboard)
            if self._message is None and sent:
                self._message = sent[-1] or None  # 0 where nobody knows whether it arrived
