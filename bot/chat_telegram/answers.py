"""Answers as they were given, so that their buttons work after a restart, and what people thought of them.

Comes in: replies with the place and the asker they belong to, both as salted keys, never as ids. Goes out: `Stored`
answers, and feedback as lines for `byline eval`. The promise: rating twice leaves one rating; what `forget` and
`prune` take out is gone from both tables. Knows nothing of buttons; quotes stored here are compared with the articles
again before they are shown.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal
from weakref import WeakKeyDictionary

from bot.answer import Answer
from bot.chat_telegram.asking import Covered, Reply
from bot.chat_telegram.records import Records, asker_key
from bot.cite import Citation, Holder
from index.store import Scope
from index.stories import Version

Verdict = Literal["right", "wrong"]
REASONS = ("wrong_answer", "other_question", "not_in_articles", "in_articles", "other")

SCHEMA = """
CREATE TABLE IF NOT EXISTS answers (
    id INTEGER PRIMARY KEY AUTOINCREMENT, place TEXT NOT NULL, asker TEXT NOT NULL, asked INTEGER NOT NULL,
    question TEXT NOT NULL, scope TEXT, reply TEXT, messages TEXT NOT NULL DEFAULT '[]', created REAL NOT NULL);
CREATE INDEX IF NOT EXISTS answers_by_place ON answers (place, asked);
CREATE INDEX IF NOT EXISTS answers_by_asker ON answers (asker, asked);
CREATE INDEX IF NOT EXISTS answers_by_age ON answers (created);
CREATE TABLE IF NOT EXISTS feedback (
    answer INTEGER PRIMARY KEY, asker TEXT NOT NULL, question TEXT NOT NULL, scope TEXT, reply TEXT NOT NULL,
    generation TEXT, verdict TEXT NOT NULL, reason TEXT, created REAL NOT NULL);
"""
_SALTS: WeakKeyDictionary[Records, bytes] = WeakKeyDictionary()
_COLUMNS = "id, place, asker, asked, question, reply, messages, created"


@dataclass(frozen=True, slots=True)
class Stored:
    """An answer with whom and what it belongs to; `reply` is None for a question that was not answered (too late, busy).

    `asked` is the question's message, `messages` those of the answer, in order.
    """

    id: int
    place: str
    asker: str
    asked: int
    question: str
    reply: Reply | None
    messages: tuple[int, ...]
    created: float


@dataclass(frozen=True, slots=True)
class Given:
    """What an answer is stored with."""

    chat: int
    user: int
    asked: int
    question: str
    scope: Scope
    reply: Reply | None


async def keep(records: Records, given: Given, now: float) -> tuple[Stored, float | None]:
    """Store an answer before it is sent, and when the chat's last other question was answered, if any was.

    Asked and answered once more, the same message's answer is replaced.
    """
    salt = await salt_of(records)
    place, asker = place_key(salt, given.chat), asker_key(salt, given.user)
    values = (place, asker, given.asked, _encodable(given.question), as_stored(given.scope), _dumped(given.reply))

    def write(connection: sqlite3.Connection) -> tuple[Stored, float | None]:
        (before,) = connection.execute(
            "SELECT max(created) FROM answers WHERE place = ? AND asked <> ?", (place, given.asked)
        ).fetchone()
        there = connection.execute(
            "SELECT id, messages, created FROM answers WHERE place = ? AND asked = ? ORDER BY id DESC LIMIT 1",
            (place, given.asked),
        ).fetchone()
        if there is None:
            made = connection.execute(
                "INSERT INTO answers (place, asker, asked, question, scope, reply, created) VALUES (?, ?, ?, ?, ?, ?, ?)",
                (*values, now),
            )
            id_, messages, created = int(made.lastrowid or 0), "[]", now
        else:
            id_, messages, created = there
            connection.execute(
                "UPDATE answers SET place = ?, asker = ?, asked = ?, question = ?, scope = ?, reply = ? WHERE id = ?",
                (*values, id_),
            )
        sent = tuple(json.loads(messages))
        return Stored(id_, place, asker, given.asked, given.question, given.reply, sent, created), before

    return await records.do(write)


def sent(records: Records, id_: int, messages: Sequence[int]) -> None:
    """Note in which messages an answer stands; the disk is waited for when the question is noted as dealt with."""
    written = json.dumps(list(messages))
    records.note(lambda connection: connection.execute("UPDATE answers SET messages = ? WHERE id = ?", (written, id_)))


async def find(records: Records, id_: int) -> Stored | None:
    """The answer of that number, if it is still kept."""
    return await _one(records, "id = ?", id_)


async def asked_as(records: Records, chat: int, message: int) -> Stored | None:
    """The answer to the question that stands in that message."""
    return await _one(records, "place = ? AND asked = ?", place_key(await salt_of(records), chat), message)


async def recent_questions(records: Records, most: int) -> tuple[str, ...]:
    """The questions that were answered last, newest first, each once."""

    def read(connection: sqlite3.Connection) -> tuple[str, ...]:
        found = connection.execute(
            "SELECT question FROM answers WHERE reply IS NOT NULL GROUP BY question ORDER BY max(id) DESC LIMIT ?",
            (most,),
        )
        return tuple(question for (question,) in found)

    return await records.do(read)


async def rate(records: Records, stored: Stored, verdict: Verdict, reason: str | None, now: float) -> None:
    """Store what the asker thinks of an answer; a later word replaces the one before."""

    def write(connection: sqlite3.Connection) -> None:
        connection.execute(
            "INSERT INTO feedback SELECT id, asker, question, scope, reply, ?, ?, ?, ? FROM answers WHERE id = ? AND reply "
            "IS NOT NULL ON CONFLICT (answer) DO UPDATE SET question = excluded.question, reply = excluded.reply, "
            "generation = excluded.generation, verdict = excluded.verdict, reason = coalesce(excluded.reason, "
            "CASE WHEN feedback.verdict = excluded.verdict THEN feedback.reason END)",
            (stored.reply and stored.reply.answer.generation, verdict, reason, now, stored.id),
        )

    await records.do(write)


def forget(connection: sqlite3.Connection, asker: str, place: str | None = None) -> int:
    """Delete all that is kept of one person, and of their private chat; how many rows that were."""
    gone = connection.execute("DELETE FROM answers WHERE asker = ? OR place = ?", (asker, place)).rowcount
    return gone + connection.execute("DELETE FROM feedback WHERE asker = ?", (asker,)).rowcount


def prune(connection: sqlite3.Connection, before: float) -> int:
    """Delete what is older than that time; how many rows that were."""
    gone = connection.execute("DELETE FROM answers WHERE created < ?", (before,)).rowcount
    return gone + connection.execute("DELETE FROM feedback WHERE created < ?", (before,)).rowcount


def export(connection: sqlite3.Connection, everything: bool = False) -> Iterator[dict[str, Any]]:
    """The feedback as lines for `byline eval`, oldest first; with `everything` also where no right answer follows from it.

    A right answer lists its short answer and its first sentence; where none was rightly found, or one should not have
    been, `answers` is empty. A wrong answer alone does not say what is right: `answers` is then null.
    """
    rows = connection.execute(
        "SELECT answer, asker, question, scope, reply, generation, verdict, reason, created FROM feedback ORDER BY answer"
    )
    for id_, asker, question, scope, reply, generation, verdict, reason, created in rows:
        answer = loaded(reply).answer
        right = _right(answer, verdict, reason)
        if right is None and not everything:
            continue
        yield {
            "id": f"telegram-{id_}", "question": question, "answers": right,
            "sentences": [answer.citations[0].quote] if right else [],
            "feedback": {
                "verdict": verdict, "reason": reason, "status": answer.status, "answer": answer.answer,
                "quote": answer.citations[0].quote if answer.citations else None, "confidence": answer.confidence,
                "generation": generation, "asker": asker, "scope": json.loads(scope) if scope else None, "at": created,
            },
        }  # fmt: skip


async def salt_of(records: Records) -> bytes:
    """The records' salt, asked for once: every press and every answer needs it."""
    if records not in _SALTS:
        _SALTS[records] = await records.salt()
    return _SALTS[records]


def place_key(salt: bytes, chat: int) -> str:
    """What stands for a chat where its id must not; other than the key of the person with the same number."""
    return asker_key(salt, chat)[::-1]


def _right(answer: Answer, verdict: str, reason: str | None) -> list[str] | None:
    if verdict == "right":
        return [answer.answer or answer.citations[0].quote] if answer.citations else []
    return [] if reason == "not_in_articles" else None


async def _one(records: Records, where: str, *values: object) -> Stored | None:
    query = f"SELECT {_COLUMNS} FROM answers WHERE {where} ORDER BY id DESC LIMIT 1"
    found = await records.do(lambda connection: connection.execute(query, values).fetchone())
    if found is None:
        return None
    id_, place, asker, asked, question, reply, messages, created = found
    return Stored(
        id_, place, asker, asked, question, loaded(reply) if reply else None, tuple(json.loads(messages)), created
    )


def as_stored(scope: Scope) -> str | None:
    """A scope as it stands beside an answer."""
    return None if scope is None else json.dumps(sorted(scope))


def _dumped(reply: Reply | None) -> str | None:
    return None if reply is None else _encodable(json.dumps(asdict(reply), ensure_ascii=False))


def _encodable(text: str) -> str:
    """The text without lone surrogates, which JSON may bring and no file takes."""
    return text.encode("utf-8", "replace").decode("utf-8")


def loaded(text: str) -> Reply:
    """A reply as it was stored."""
    found = json.loads(text)
    answer = found["answer"]
    answer |= {name: tuple(map(_citation, answer[name])) for name in ("citations", "nearest")}
    answer |= {name: tuple(answer.get(name, ())) for name in ("groups", "outlets")}
    return Reply(Answer(**answer), tuple(map(_citation, found["more"])), Covered(**found["covered"]))


def _citation(found: Mapping[str, Any]) -> Citation:
    told = {
        "authors": tuple(found["authors"]),
        "also_in": tuple(Holder(**one) for one in found.get("also_in", ())),
        "earlier": tuple(Version(**one) for one in found.get("earlier", ())),
    }
    return Citation(**{**found, **told})
