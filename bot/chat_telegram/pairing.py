"""Codes that an administrator gives to people, and the people who came in with one.

Comes in: a wish for a code, or what a stranger typed. Goes out: a code for ten minutes, or a stranger who is a member
now. The promises others lean on: a code works once; the database holds only its keyed hash; five wrong codes from one
person, or a hundred from all, and for an hour no guess of theirs is even looked at;
whom an administrator turned away, no code lets in. Knows nothing of messages.
"""

from __future__ import annotations

import hmac
import re
import secrets
import sqlite3
from typing import Literal

SCHEMA = """
CREATE TABLE IF NOT EXISTS rights (
    id INTEGER PRIMARY KEY, standing TEXT NOT NULL CHECK (standing IN ('allowed', 'denied', 'waiting')),
    how TEXT NOT NULL, since REAL NOT NULL);
CREATE TABLE IF NOT EXISTS pairing_codes (hash TEXT PRIMARY KEY, expires REAL NOT NULL);
CREATE TABLE IF NOT EXISTS pairing_failures (user INTEGER NOT NULL, at REAL NOT NULL);
"""
Standing = Literal["allowed", "denied", "waiting"]
Redeemed = Literal["welcome", "refused", "closed"]

MINUTES = 10
_LETTERS = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"  # without those that look like another
_LENGTH = 8  # 31 ** 8 codes: at a hundred guesses an hour, one in 8 billion is found
_CODE = re.compile(rf"[{_LETTERS}]{{{_LENGTH}}}")
_LIVE = 20
_HOUR = 3600.0
_TRIES_OF_ONE, _TRIES_OF_ALL = 5, 100


def read_code(text: str) -> str | None:
    """The code in a message that is nothing but a code, however it is spaced, or None."""
    squeezed = text[:40].upper().replace("-", "").replace(" ", "").strip()
    return squeezed if _CODE.fullmatch(squeezed) else None


def make_code(connection: sqlite3.Connection, salt: bytes, now: float) -> str:
    """A new code, as `7KQ4-M2XP`; the oldest of more than twenty living ones dies."""
    code = "".join(secrets.choice(_LETTERS) for _ in range(_LENGTH))
    connection.execute("DELETE FROM pairing_codes WHERE expires <= ?", (now,))
    connection.execute("INSERT INTO pairing_codes VALUES (?, ?)", (_hash(salt, code), now + MINUTES * 60))
    connection.execute(
        "DELETE FROM pairing_codes WHERE hash NOT IN (SELECT hash FROM pairing_codes ORDER BY expires DESC LIMIT ?)",
        (_LIVE,),
    )
    return f"{code[:4]}-{code[4:]}"


def redeem(connection: sqlite3.Connection, salt: bytes, user: int, code: str, now: float) -> Redeemed:
    """Use up the code and let the person in, or count a failure; `closed` is said without looking at the code."""
    connection.execute("DELETE FROM pairing_failures WHERE at <= ?", (now - _HOUR,))
    ((of_one, of_all),) = connection.execute(
        "SELECT coalesce(sum(user = ?), 0), count(*) FROM pairing_failures", (user,)
    )
    turned_away = connection.execute("SELECT 1 FROM rights WHERE id = ? AND standing = 'denied'", (user,)).fetchone()
    if turned_away or of_one >= _TRIES_OF_ONE or of_all >= _TRIES_OF_ALL:
        return "closed"
    used = connection.execute("DELETE FROM pairing_codes WHERE hash = ? AND expires > ?", (_hash(salt, code), now))
    if used.rowcount != 1:
        connection.execute("INSERT INTO pairing_failures VALUES (?, ?)", (user, now))
        return "refused"
    set_standing(connection, user, "allowed", "code", now)
    return "welcome"


def set_standing(connection: sqlite3.Connection, id_: int, standing: Standing, how: str, now: float) -> None:
    """Note what a person or chat is from now on."""
    connection.execute(
        "INSERT INTO rights VALUES (?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET standing = excluded.standing, "
        "how = excluded.how, since = excluded.since",
        (id_, standing, how, now),
    )


def standings(connection: sqlite3.Connection) -> dict[int, Standing]:
    """Everybody who was let in, turned away or put off, by id."""
    return dict(connection.execute("SELECT id, standing FROM rights").fetchall())


def _hash(salt: bytes, code: str) -> str:
    return hmac.digest(salt, b"pairing " + code.encode(), "sha256").hex()
