"""What a person was answered before in a chat -> what the next question stands for.

Comes in: a question with its place and asker. Goes out: the whole question, or None where it stands for itself. The
promises: nothing is kept for it but the answers that are kept anyway, and for a day when /new was said; so it outlives a
restart and is gone with /forget; one person's talk is never another's, unless somebody answers the very message. Knows
nothing of how a question is understood.
"""

from __future__ import annotations

import sqlite3
from typing import Any

from telegram import Update
from telegram.ext import CallbackContext

from bot.answer import Answer
from bot.chat_telegram.answers import as_stored, loaded, place_key, salt_of
from bot.chat_telegram.office import Office
from bot.chat_telegram.office import office as office_of
from bot.chat_telegram.parts import plain
from bot.chat_telegram.records import asker_key
from bot.follow import followed, may_follow
from bot.talk import TURNS, turn
from index.store import Scope

ANEW = "Done. Your next question follows on nothing that was said here."
_LOOKED_AT = 2 * TURNS  # answers; courtesies among them are no turns
_BETWEEN = 1_000  # messages between a question and its answer in a busy group, at most


async def whole(
    office: Office, chat: int, user: int, message: int, text: str, scope: Scope, to: int | None = None
) -> str | None:
    """The question that a text stands for which the person wrote in that message; `to` is the message that it answers.

    Answers from another scope than the chat has now are left out: they may hold what it may no longer see.
    """
    minutes = office.config.question.follow_up_minutes
    if not minutes or not may_follow(text):
        return None
    salt = await salt_of(office.records)
    place, asker = place_key(salt, chat), asker_key(salt, user)
    now, within = office.clock(), as_stored(scope)

    def read(connection: sqlite3.Connection) -> list[str]:
        if to is not None:
            answered = connection.execute(
                "SELECT reply FROM answers WHERE place = ? AND scope IS ? AND asked < ? AND asked > ? AND reply IS NOT NULL "
                "AND EXISTS (SELECT 1 FROM json_each(messages) WHERE value = ?) ORDER BY id DESC LIMIT 1",
                (place, within, to, to - _BETWEEN, to),
            ).fetchall()
            if answered:
                return [reply for (reply,) in answered]
        begun = connection.execute("SELECT at FROM notices WHERE who = ? AND kind = ?", (user, _kind(place))).fetchone()
        since = max(now - minutes * 60, begun[0] if begun and begun[0] <= now else 0.0)
        found = connection.execute(
            "SELECT reply FROM answers WHERE asker = ? AND asked < ? AND place = ? AND scope IS ? AND created > ? "
            "AND reply IS NOT NULL ORDER BY asked DESC LIMIT ?",
            (asker, message, place, within, since, _LOOKED_AT),
        )
        return [reply for (reply,) in reversed(found.fetchall())]

    answers: list[Answer] = [loaded(reply).answer for reply in await office.records.do(read)]
    return followed(text, [said for answer in answers if (said := turn(answer))][-TURNS:])


async def new(update: Update, context: CallbackContext[Any, Any, Any, Any]) -> None:
    """/new: the person's next question in this chat follows on nothing."""
    message, office = update.message, office_of(context)
    if message is None or message.from_user is None:
        return
    user, now = message.from_user.id, office.clock()
    kind = _kind(place_key(await salt_of(office.records), message.chat.id))
    await office.records.do(lambda c: c.execute("INSERT OR REPLACE INTO notices VALUES (?, ?, ?)", (user, kind, now)))
    reply_to = message.message_id if message.chat.type != "private" else None
    thread = message.message_thread_id if message.is_topic_message else None
    await office.sender.send(message.chat.id, plain(ANEW), reply_to=reply_to, thread=thread)


def _kind(place: str) -> str:
    return f"new {place}"
