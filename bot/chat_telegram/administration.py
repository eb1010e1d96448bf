"""What administrators ask of the bot itself: figures, a fresh look at the index, and who may come in.

Comes in: /reload, /stats, /pair, /allow, /deny in the private chat of an administrator. Goes out: one message each. The
promises others lean on: no figure shows anybody's text or number; a decision holds at once and after a restart; an
administrator of the settings cannot be turned away here. Knows nothing of how the index is changed.
"""

from __future__ import annotations

import logging
import re
import sqlite3
from typing import Any

from telegram import Message, Update
from telegram.error import TelegramError
from telegram.ext import CallbackContext

from bot.chat_telegram.calls import Gone, Later
from bot.chat_telegram.catalogue import held
from bot.chat_telegram.office import Office
from bot.chat_telegram.office import office as office_of
from bot.chat_telegram.pairing import MINUTES
from bot.chat_telegram.parts import Piece, parts, plain
from bot.chat_telegram.wording import day
from bot.chat_telegram.yard import yard

log = logging.getLogger(__name__)
Context = CallbackContext[Any, Any, Any, Any]

_NUMBER = re.compile(r"-?\d{1,16}")
_WEEK = 7 * 86_400.0


async def reload(update: Update, context: Context) -> None:
    """Take up the newest generation now instead of at the next question."""
    message, office = update.message, office_of(context)
    if message is None:
        return
    there = await held(office, None)
    line = (
        "There is no index yet; send documents, or /rebuild."
        if not there.generation
        else (
            f"Answers come from {there.generation}, published {day(there.updated[:10])} {there.updated[11:16]} UTC: "
            f"{there.articles:,} articles, {there.sentences:,} sentences. Settings are read when the bot starts."
        )
    )
    await _say(message, office, Piece(line))


async def stats(update: Update, context: Context) -> None:
    """Figures of the last seven days, and what waits."""
    message, office = update.message, office_of(context)
    if message is None:
        return
    since = office.clock() - _WEEK
    asked, answered, refused, people, right, wrong, parked = await office.records.do(lambda c: _figures(c, since))
    share = f"{answered * 100 // (answered + refused)} %" if answered + refused else "none yet"
    lines = [
        f"Questions in the last 7 days: {asked:,}, of {people:,} {'person' if people == 1 else 'people'}\n",
        f"Answered: {answered:,} ({share}), not in the articles: {refused:,}\n",
        f"Not answered (too late, or busy): {asked - answered - refused:,}\n",
        f"Rated right: {right:,}, wrong: {wrong:,}\n",
        f"Questions waiting now: {office.asking.people_waiting():,}\n",
        f"Updates that could not be read: {parked:,}\n",
        "A change of the articles is under way.\n" if yard(context).busy else "",
    ]
    await _say(message, office, Piece("".join(lines)))


async def pair(update: Update, context: Context) -> None:
    """A code for one person."""
    message, office = update.message, office_of(context)
    if message is None:
        return
    if office.access.settings.access != "pairing":
        line = "Codes let people in only where telegram.access is `pairing` in config.yaml. /allow NUMBER works always."
        await _say(message, office, Piece(line))
        return
    code = await office.access.new_code()
    link = f"https://t.me/{context.bot.username}?start={code.replace('-', '')}"
    await _say(
        message, office,
        Piece("For one person, for "), Piece(f"{MINUTES} minutes: "), Piece(code, "code"),
        Piece("\nThey send it to me, or open "), Piece(link, "link", link),
    )  # fmt: skip


async def allow(update: Update, context: Context) -> None:
    """Let a person (a positive number) or a group (a negative one) in."""
    message, office = update.message, office_of(context)
    if message is None or (id_ := await _number(message, office)) is None:
        return
    await office.access.decide(id_, "allowed", "an administrator")
    log.info("%d was let in by an administrator", id_)
    if id_ > 0:
        try:
            await office.sender.send(id_, plain("An administrator let you in. Ask me a question, or send /start."))
        except (Gone, TelegramError, Later) as failure:
            log.info("whoever was let in could not be told: %s", type(failure).__name__)
    await _say(message, office, Piece(f"{_who(id_)} is let in. It sees what the settings give it."))


async def deny(update: Update, context: Context) -> None:
    """Turn a person or group away, whatever the settings say; the bot leaves a group at once."""
    message, office = update.message, office_of(context)
    if message is None or (id_ := await _number(message, office)) is None:
        return
    if id_ in office.config.telegram.admins:
        await _say(message, office, Piece("Administrators are named in the settings and can be taken out there alone."))
        return
    await office.access.decide(id_, "denied", "an administrator")
    log.info("%d was turned away by an administrator", id_)
    left = ""
    if id_ < 0:
        try:
            await office.sender.call(lambda: context.bot.leave_chat(id_), chat=None, safe_to_repeat=True)
            left = " I have left it."
        except (Gone, TelegramError, Later):
            left = " I could not leave it; perhaps I am not in it."
    await _say(message, office, Piece(f"{_who(id_)} is turned away.{left}"))


def _figures(connection: sqlite3.Connection, since: float) -> tuple[int, ...]:
    ((asked, answered, refused, people),) = connection.execute(
        """SELECT count(*), coalesce(sum(instr(reply, '"status": "answered"') > 0), 0),
        coalesce(sum(instr(reply, '"status": "not_found"') > 0), 0), count(DISTINCT asker)
        FROM answers WHERE created >= ?""",
        (since,),
    )
    ((right, wrong),) = connection.execute(
        "SELECT coalesce(sum(verdict = 'right'), 0), coalesce(sum(verdict = 'wrong'), 0) FROM feedback WHERE created >= ?",
        (since,),
    )
    there = connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'parked'").fetchone()
    parked = connection.execute("SELECT count(*) FROM parked").fetchone()[0] if there else 0
    return asked, answered, refused, people, right, wrong, parked


async def _number(message: Message, office: Office) -> int | None:
    """The number after the command, or None after a line that says how to give it."""
    words = (message.text or "").split()
    if len(words) == 2 and _NUMBER.fullmatch(words[1]) and int(words[1]):
        return int(words[1])
    line = (
        f"Give one number: {words[0].split('@')[0]} 123456789. Strangers get theirs when they write to me; a group's is "
        "negative, and I tell it when you add me to the group."
    )
    await _say(message, office, Piece(line))
    return None


def _who(id_: int) -> str:
    return f"The person {id_}" if id_ > 0 else f"The group {id_}"


async def _say(message: Message, office: Office, *pieces: Piece) -> None:
    await office.sender.send(message.chat.id, parts(pieces))
