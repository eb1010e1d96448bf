"""Questions with a yes and a no: what an administrator must press before anything is published or taken out.

Comes in: a deed, for whom and for how long. Goes out: two buttons, and later at most one yes. The promises others lean
on: a press counts only from the person and the chat that were asked, with the digest that we made, before the time is
up, and once, whatever was pressed and however often, also after a restart. Knows nothing of the deeds.
"""

from __future__ import annotations

import base64
import hmac
import re
import sqlite3
from dataclasses import dataclass
from typing import Literal

from telegram import InlineKeyboardButton, InlineKeyboardMarkup

from bot.chat_telegram.records import Records

SCHEMA = """
CREATE TABLE IF NOT EXISTS confirmations (
    id INTEGER PRIMARY KEY AUTOINCREMENT, deed TEXT NOT NULL, value TEXT NOT NULL, chat INTEGER NOT NULL,
    user INTEGER NOT NULL, expires REAL NOT NULL);
"""
PATTERN = re.compile(r"v1:(yes|no):(\d{1,12}):([A-Za-z0-9_-]{16})")
Refusal = Literal["forged", "not yours", "over"]
_A_DAY = 86_400.0


@dataclass(frozen=True, slots=True)
class Confirmed:
    """A press that counts: the deed, what it is to be done with, and whether it was a yes."""

    id: int
    deed: str
    value: str
    yes: bool


async def ask(
    records: Records, deed: str, value: str, *, chat: int, user: int, expires: float, yes: str
) -> tuple[int, InlineKeyboardMarkup]:
    """Note the question, and the buttons to put under it; `yes` is what the first button says."""

    def note(connection: sqlite3.Connection) -> int:
        connection.execute("DELETE FROM confirmations WHERE expires <= ?", (expires - _A_DAY,))
        made = connection.execute(
            "INSERT INTO confirmations (deed, value, chat, user, expires) VALUES (?, ?, ?, ?, ?)",
            (deed, value, chat, user, expires),
        )
        return int(made.lastrowid or 0)

    id_ = await records.do(note)
    salt = await records.salt()
    row = [
        InlineKeyboardButton(words, callback_data=f"v1:{way}:{id_}:{_digest(salt, way, id_, chat, user)}")
        for words, way in ((yes, "yes"), ("No, leave it", "no"))
    ]
    return id_, InlineKeyboardMarkup([row])


async def pressed(records: Records, data: str, *, chat: int, user: int, now: float) -> Confirmed | Refusal:
    """What a press means; the question is used up by the first press that counts, yes or no."""
    found = PATTERN.fullmatch(data)
    if found is None:
        return "forged"
    way, id_, digest = found[1], int(found[2]), found[3]
    salt = await records.salt()

    def use(connection: sqlite3.Connection) -> Confirmed | Refusal:
        row = connection.execute(
            "SELECT deed, value, chat, user, expires FROM confirmations WHERE id = ?", (id_,)
        ).fetchone()
        if row is None:
            return "over"
        deed, value, its_chat, its_user, expires = row
        if not hmac.compare_digest(digest, _digest(salt, way, id_, its_chat, its_user)):
            return "forged"
        if (chat, user) != (its_chat, its_user):
            return "not yours"
        connection.execute("DELETE FROM confirmations WHERE id = ?", (id_,))
        return Confirmed(id_, deed, value, way == "yes") if now < expires else "over"

    return await records.do(use)


def _digest(salt: bytes, way: str, id_: int, chat: int, user: int) -> str:
    made = hmac.digest(salt, f"confirm {way} {id_} {chat} {user}".encode(), "sha256")[:12]
    return base64.urlsafe_b64encode(made).decode()
