"""What every handler of the Telegram front works with, put together once at the start.

Comes in: the parts, held open. Goes out: `Office`, found again in python-telegram-bot's context. The promise: nothing
in it changes while the front runs. Knows nothing of messages.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from telegram.ext import CallbackContext

from bot.chat_telegram.asking import Asking
from bot.chat_telegram.records import Records
from bot.chat_telegram.rights import Access
from bot.config import Config

if TYPE_CHECKING:
    from bot.chat_telegram.sending import Sender

KEY = "office"


@dataclass(frozen=True, slots=True)
class Office:
    """The settings, the file, the way out, the rights, the models, and the time in seconds since 1970."""

    config: Config
    records: Records
    sender: Sender
    access: Access
    asking: Asking
    clock: Callable[[], float]


def office(context: CallbackContext[Any, Any, Any, Any]) -> Office:
    """The office of the application that the context belongs to."""
    found = context.bot_data[KEY]
    assert isinstance(found, Office)
    return found
