"""What people thought of answers -> lines for `byline eval`, or lines for people.

Comes in: the records' file, which a running bot may be writing to. Goes out: the feedback in it. The promise: nothing is
written, and no id or name of a person is in it. Knows nothing of how it was given.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

from bot.chat_telegram.answers import export
from bot.chat_telegram.records import FILE
from bot.errors import RecordsUnusable
from bot.visible import visible

_WORDS = {"wrong_answer": "the answer is wrong", "other_question": "not what was asked",
          "not_in_articles": "should be “not found”", "in_articles": "it is in the articles", "other": "something else"}  # fmt: skip


def feedback(index: Path, everything: bool) -> Iterator[dict[str, Any]]:
    """The feedback given to a bot over that index folder, oldest first; see `answers.export`. Raises RecordsUnusable."""
    path = index / FILE
    if not path.is_file():
        raise RecordsUnusable(f"{path} is not there: no bot has run over this index, so nobody has judged its answers")
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as connection:
            if connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'feedback'").fetchone():
                yield from export(connection, everything)
    except sqlite3.Error as error:
        raise RecordsUnusable(f"{path}: {error}") from error


def feedback_line(given: Mapping[str, Any]) -> str:
    """One line for people."""
    said = given["feedback"]
    reason = f" ({_WORDS.get(said['reason'], said['reason'])})" if said["reason"] else ""
    answer = said["answer"] or said["quote"] or "not in the articles"
    return visible(f"{said['verdict']}{reason}: {given['question']} -> {answer}")
