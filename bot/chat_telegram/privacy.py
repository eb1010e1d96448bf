"""What is stored of people: said, swept out when its time is over, deleted when they ask.

Comes in: /privacy, /forget, and the hour. Goes out: words that are true of the code, and deletions. The promises others
lean on: after `forget` no stored question, answer or rating of that person is left, in no chat; after `sweep` none is
older than the settings say; what cites an article that is gone from the index goes with it, within the hour. Knows nothing of how answers come
about.
"""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Iterator
from functools import partial
from typing import Any

from telegram import Update
from telegram.ext import CallbackContext

from bot.chat_telegram import answers, catalogue, examples
from bot.chat_telegram.answers import place_key
from bot.chat_telegram.office import Office
from bot.chat_telegram.office import office as office_of
from bot.chat_telegram.parts import Piece, parts
from bot.chat_telegram.records import asker_key

_DAY = 86_400.0
_HOUR = 3_600.0
_AT_ONCE = 100  # rows; a millisecond or two
_CITED = re.compile(r'"article": "((?:[^"\\]|\\.)*)"')  # in a stored reply; within its texts quotes are escaped


async def privacy(update: Update, context: CallbackContext[Any, Any, Any, Any]) -> None:
    """/privacy: what is stored, for how long, and who sees it."""
    message, office = update.message, office_of(context)
    if message is None:
        return
    reply_to = message.message_id if message.chat.type != "private" else None
    await office.sender.send(message.chat.id, parts(tuple(_said(office))), reply_to=reply_to)


async def forget(update: Update, context: CallbackContext[Any, Any, Any, Any]) -> None:
    """/forget: delete all that is stored of whoever asks for it, and say how much that was."""
    message, office = update.message, office_of(context)
    if message is None or message.from_user is None:
        return
    gone = await forget_person(office, message.from_user.id)
    counted = "no stored question, answer or rating of yours was found"
    if gone:
        counted = (
            f"{gone:,} stored {'record' if gone == 1 else 'records'} of your questions, answers and ratings are deleted"
        )
    pieces = (
        Piece(f"Done: {counted}. Buttons under older answers no longer work.\n"),
        Piece("Kept is your number where it lets you in. Messages in this chat are yours to delete."),
    )
    reply_to = message.message_id if message.chat.type != "private" else None
    await office.sender.send(message.chat.id, parts(pieces), reply_to=reply_to)


async def forget_person(office: Office, user: int) -> int:
    """Delete what is stored of a person; how many records that were."""
    salt = await office.records.salt()

    def delete(connection: sqlite3.Connection) -> int:
        connection.execute("DELETE FROM notices WHERE who = ?", (user,))
        connection.execute("DELETE FROM pairing_failures WHERE user = ?", (user,))
        connection.execute("DELETE FROM confirmations WHERE user = ?", (user,))
        if "parked" in _tables(connection):
            connection.execute("DELETE FROM parked WHERE excerpt LIKE ?", (f'%"id": {user},%',))
        return answers.forget(connection, asker_key(salt, user), place_key(salt, user))

    return await office.records.do(delete)


async def sweep(office: Office) -> int:
    """Delete what is older than it may be; how many questions, answers and ratings that were."""
    now = office.clock()
    before = now - office.config.telegram.retention_days * _DAY

    def delete(connection: sqlite3.Connection) -> int:
        connection.execute("DELETE FROM notices WHERE at < ?", (now - _DAY,))
        connection.execute("DELETE FROM pairing_failures WHERE at < ?", (now - _HOUR,))
        connection.execute("DELETE FROM pairing_codes WHERE expires < ?", (now,))
        connection.execute("DELETE FROM confirmations WHERE expires < ?", (now - _DAY,))
        return answers.prune(connection, before)

    return await office.records.do(delete)


async def forget_gone(office: Office) -> int:
    """Delete the stored answers and ratings that cite an article which is gone from the index; how many that were.

    However it went: by /remove, by a command on the machine, or since its file was not there at the last build.
    """
    there = await catalogue.there(office)
    if there is None:
        return 0  # an index that is being moved is no reason to forget
    _, articles = there
    gone = 0
    for table, key in (("answers", "id"), ("feedback", "answer")):
        last: int | None = -1
        while last is not None:
            last, many = await office.records.do(partial(_forget_some, table, key, last, articles))
            gone += many
    if any(name == "examples" for name in await office.records.do(_tables)):
        await office.records.do(partial(examples.forget, articles=articles))
    return gone


def _forget_some(
    table: str, key: str, after: int, articles: frozenset[str], connection: sqlite3.Connection
) -> tuple[int | None, int]:
    """Look at some rows, so that nobody else waits long: the last one's number, or None after the last of all."""
    rows = connection.execute(
        f"SELECT {key}, reply FROM {table} WHERE {key} > ? ORDER BY {key} LIMIT {_AT_ONCE}", (after,)
    ).fetchall()
    citing = [
        (id_,) for id_, reply in rows
        if any(json.loads(f'"{article}"') not in articles for article in _CITED.findall(reply or ""))
    ]  # fmt: skip
    connection.executemany(f"DELETE FROM {table} WHERE {key} = ?", citing)
    return rows[-1][0] if len(rows) == _AT_ONCE else None, len(citing)


def _said(office: Office) -> Iterator[Piece]:
    settings = office.config.telegram
    days = f"{settings.retention_days:,} {'day' if settings.retention_days == 1 else 'days'}"
    rated = ", and what you said of it with 👍 or 👎" if settings.feedback else ""
    yield Piece("What I keep\n", "bold")
    yield Piece(
        f"• Your question and its answer{rated}: for {days}, under a key from which your number cannot be told.\n"
        "• Those answers tell me what “and when?” means when you ask it soon after; /new ends that, and your number is kept for a day to know it.\n"
        "• Your message as it came: until it is dealt with; its number for two days, so that none is answered twice.\n"
        "• A message that could not be read: its first 200 characters, for the same days.\n"
        "• Your number, if an administrator or a code let you in: until an administrator takes it out.\n"
        "• Documents of administrators: with the articles, until they are taken out.\n"
    )
    yield Piece("What I do not keep\n", "bold")
    yield Piece("• Names, and talk in groups that is not addressed to me. No text of yours stands in any log.\n")
    yield Piece("Who sees it\n", "bold")
    yield Piece(
        "All of it stays on the machine that I run on, and goes nowhere but through Telegram. Administrators see how "
        "many questions were asked, and recent ones, without names, when they check a new index.\n"
    )
    yield Piece("/forget deletes what is stored of you at once.", "tap")


def _tables(connection: sqlite3.Connection) -> list[str]:
    return [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
