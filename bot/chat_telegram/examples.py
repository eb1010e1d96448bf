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
_TRIES, _ARTICLES, _OF_ONE = 12, 40, 3
_SECONDS = 4.0  # that /start may take for it; a question takes a third of one
_SURE = 0.6  # confidence below which an example might embarrass
_NAME = r"(?:The )?[A-Z][\w’'-]+(?:(?: of| the| and)? [A-Z][\w’'-]+){0,5}"
# What somebody did: regular verbs, and the irregular ones that news are full of.
_VERBS = (
    "[a-z]{3,}ed|became|began|bought|broke|brought|built|came|fell|fought|found|gave|held|kept|led|left|lost|made|met|"
    "paid|put|raised|read|ran|said|saw|sold|sent|set|shook|spoke|spent|stood|struck|swept|told|took|went|won|wrote"
)
# The rest of the sentence up to a comma, since a question is shorter than what it asks for.
_SENTENCE = re.compile(rf"({_NAME}) ({_VERBS}) ([^.?!,;:“”\"()\n]{{12,80}})(?:, [^?!;:“”\"()\n]+)?\.")
_SAID = re.compile(
    rf"“([^“”\n]{{15,100}}?)[,.!]?” (?:({_NAME})(?:, [^,“”\n]{{3,60}},)? (?:said|wrote)|(?:said|wrote) ({_NAME}))\b[^“”\n]*\."
)
_NOBODY = frozenset(
    "A An He She They Several Many Some Most All Both More It We You I This That These Those There Here What Who When Where But And If So".split()
)


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
    """Sentences "Somebody did something." as questions "Who did something?"; the newest articles first, in turn."""
    entries = sorted(snapshot.entries(scope), key=lambda one: one.published or "", reverse=True)
    made = [list(_made(snapshot, entry.id)) for entry in entries[:_ARTICLES]]
    for turn in range(_OF_ONE):
        yield from (some[turn] for some in made if turn < len(some))


def _made(snapshot: Snapshot, article: str) -> Iterator[Candidate]:
    for sentence in snapshot.article(article).sentences:
        if sentence.kind != "sentence":
            continue
        if found := _SENTENCE.fullmatch(sentence.text):
            who, question = found[1], f"Who {found[2]} {found[3]}?"
        elif found := _SAID.fullmatch(sentence.text):
            who, question = found[2] or found[3], f"Who said “{found[1]}”?"
        else:
            continue
        if who.split()[0] not in _NOBODY:
            yield Candidate(question, who, article)
