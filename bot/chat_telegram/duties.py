"""What is done beside answering: menus at the start, what a restart interrupted, examples for /start as soon as there is a
new generation, and every hour what is too old.

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
_FIRST = "Who said so?"  # asked at the start by nobody
_GLANCE = 10.0  # seconds between two looks for a new generation


async def duties(
    application: Application[Any, Any, Any, Any, Any, Any], pause: Callable[[float], Awaitable[None]] = asyncio.sleep
) -> None:
    """Do all of it, until cancelled; then end what is under way in the yard."""
    office: Office = application.bot_data[KEY]
    there = application.bot_data.setdefault("yard", Yard(office))
    shown, swept = examples.showcase(application, office), -_HOUR
    try:
        await _try("menus", menus.menus(office, TABLE.values()))
        await _try("interrupted documents", articles.resume(there))
        await _try("models", _load(office))
        while True:
            if office.clock() - swept >= _HOUR:
                swept = office.clock()
                await _try("what is too old", sweep(office))
                await _try("what cites articles that are gone", forget_gone(office))
            await _try("examples", _prepare(office, shown))
            await pause(_GLANCE)
    finally:
        shown.close()
        await there.close()


async def _prepare(office: Office, shown: examples.Showcase) -> None:
    """Have the examples of every scope made before somebody waits for them."""
    for scope in office.access.scopes():
        there = await held(office, scope)
        if there.articles and not await shown.prepare(scope, there.generation):
            return


async def _load(office: Office) -> None:
    """Have the models loaded before the first question of a person."""
    scope = office.access.scopes()[0]
    if (await held(office, scope)).articles:
        await office.asking.ask(_FIRST, scope)


async def _try(what: str, duty: Awaitable[object]) -> None:
    try:
        await duty
    except Exception as error:
        log.warning("a duty failed (%s): %s", what, type(error).__name__)
