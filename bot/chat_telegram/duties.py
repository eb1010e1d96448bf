"""What is done beside answering: menus at the start, what a restart interrupted, and every hour what is too old.

Comes in: the application, once it is initialised. Goes out: nothing, until it is cancelled. The promise: whatever fails
here is one line in the log, and the other duties go on. `run.py` keeps it as one task from start to stop.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any

from telegram.ext import Application

from bot.chat_telegram import answers, articles, confirm, examples, menus, rights
from bot.chat_telegram.catalogue import held
from bot.chat_telegram.commands import TABLE
from bot.chat_telegram.office import KEY, Office
from bot.chat_telegram.privacy import forget_gone, sweep
from bot.chat_telegram.yard import Yard

log = logging.getLogger(__name__)

# The tables of everything that stands behind the commands.
SCHEMAS = (rights.SCHEMA, confirm.SCHEMA, articles.SCHEMA, examples.SCHEMA, menus.SCHEMA, answers.SCHEMA)
_HOUR = 3_600.0
_WARMING_SECONDS = 120.0  # for the examples of /start, while nobody waits for them


async def duties(
    application: Application[Any, Any, Any, Any, Any, Any], pause: Callable[[float], Awaitable[None]] = asyncio.sleep
) -> None:
    """Do all of it, until cancelled; then end what is under way in the yard."""
    office: Office = application.bot_data[KEY]
    there = application.bot_data.setdefault("yard", Yard(office))
    try:
        await _try("menus", menus.menus(office, TABLE.values()))
        await _try("interrupted documents", articles.resume(there))
        while True:
            await _try("what is too old", sweep(office))
            await _try("what cites articles that are gone", forget_gone(office))
            await _try("examples", _warm(office))
            await pause(_HOUR)
    finally:
        await there.close()


async def _warm(office: Office) -> None:
    """Look for the examples of /start before somebody waits for them."""
    scope = await office.access.scope(0)
    there = await held(office, scope)
    if there.articles:
        await examples.examples(office, scope, there.generation, _WARMING_SECONDS)


async def _try(what: str, duty: Awaitable[object]) -> None:
    try:
        await duty
    except Exception as error:
        log.warning("a duty failed (%s): %s", what, type(error).__name__)
