"""Three questions for /start that this very archive answers.

Comes in: the sentences of a scope. Goes out: at most three questions, each asked of this generation and answered from
the very article that it was made from. The promise: a question that was not answered rightly is never shown; where the
sentences yield none (they are looked for in English alone), there are none. No question that a person asked is ever
shown to another. Knows nothing of messages.
"""

from __future__ import annotations

import asyncio
import json
import re
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass

from bot.chat_telegram.asking import Busy
from bot.chat_telegram.catalogue import newest
from bot.chat_telegram.office import Office
from bot.errors import BylineError
from index.errors import IndexFailure
from index.store import Scope, Snapshot

SCHEMA = """
CREATE TABLE IF NOT EXISTS examples (generation TEXT NOT NULL, scope TEXT NOT NULL, questions TEXT NOT NULL,
    PRIMARY KEY (generation, scope));
"""
MOST = 3
_TRIES, _ARTICLES = 12, 40
_SECONDS = 4.0  # that /start may take for it; a question takes a third of one
_SURE = 0.6  # confidence below which an example might embarrass
_NAME = r"(?:The )?[A-Z][\w’'-]+(?:(?: of| the| and)? [A-Z][\w’'-]+){0,5}"
_VERBS = (
    "announced approved arrested asked attacked bought built captured carried closed declared delivered demanded "
    "destroyed discovered elected expected faced founded found killed launched led left lost opened ordered passed paid "
    "planned published raised reached rejected rescued resigned reported seized sent signed sold started told took "
    "visited voted warned won wrote"
).replace(" ", "|")
_SENTENCE = re.compile(rf"({_NAME}) ({_VERBS}) ([^.?!;:“”\"()\n]{{15,90}})\.")


@dataclass(frozen=True, slots=True)
class Candidate:
    """A question, what it asks for, and the article that it was made from."""

    question: str
    answer: str
    article: str


async def examples(office: Office, scope: Scope, generation: str) -> tuple[str, ...]:
    """The questions of this generation and scope; looked for once, then kept until the articles change."""
    key = (generation, "all" if scope is None else json.dumps(sorted(scope)))
    kept = await office.records.do(
        lambda c: c.execute("SELECT questions FROM examples WHERE generation = ? AND scope = ?", key).fetchone()
    )
    if kept is not None:
        return tuple(json.loads(kept[0]))
    found: list[str] = []
    try:
        async with asyncio.timeout(_SECONDS):
            await _look(office, scope, generation, found)
    except (TimeoutError, Busy, BylineError, IndexFailure):
        return tuple(found)  # not kept: there will be a better moment

    def keep(connection: sqlite3.Connection) -> None:
        connection.execute("DELETE FROM examples WHERE generation <> ?", (generation,))
        connection.execute("INSERT OR REPLACE INTO examples VALUES (?, ?, ?)", (*key, json.dumps(found)))

    await office.records.do(keep)
    return tuple(found)


async def _look(office: Office, scope: Scope, generation: str, found: list[str]) -> None:
    """Ask the candidates one after the other, until three are answered as they should be."""
    made = await office.asking.off(lambda: tuple(candidates(newest(office.config.index.dir), scope)))
    used: set[str] = set()
    for candidate in made[:_TRIES]:
        if len(found) == MOST or candidate.article in used:
            continue
        answer = (await office.asking.ask(candidate.question, scope)).answer
        if answer.generation != generation or answer.status != "answered" or answer.confidence < _SURE:
            continue
        short = (answer.answer or "").strip()
        if answer.citations[0].article == candidate.article and short and short in candidate.answer:
            used.add(candidate.article)
            found.append(candidate.question)


def candidates(snapshot: Snapshot, scope: Scope) -> Iterator[Candidate]:
    """Sentences "Somebody did something." as questions "Who did something?", the newest articles first, one of each."""
    entries = sorted(snapshot.entries(scope), key=lambda one: one.published or "", reverse=True)
    for entry in entries[:_ARTICLES]:
        for sentence in snapshot.article(entry.id).sentences:
            made = _SENTENCE.fullmatch(sentence.text) if sentence.kind == "sentence" else None
            if made and made[1].split()[0] not in ("He", "She", "They", "It", "We", "This", "That", "There"):
                yield Candidate(f"Who {made[2]} {made[3]}?", made[1], entry.id)
                break
