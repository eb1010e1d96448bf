"""A JSON-lines file of questions -> one JSON answer a line, in order.

Comes in: lines of `{"id": ..., "question": ...}`. Goes out: answers in the words of the contract, each with its
question's id. A bad line gets an answer that says so, so that answers and lines stay in step.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bot.answer import not_found
from bot.archive import Archive
from bot.report import answer_json


def answers(archive: Archive, file: Path) -> Iterator[dict[str, Any]]:
    """The answers to the questions of the file, in order; raises OSError where it cannot be read."""
    generation = archive.snapshot().name
    with open(file, encoding="utf-8-sig", errors="surrogateescape") as lines:
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            try:
                asked = json.loads(line)
            except (ValueError, RecursionError):
                asked = None
            fields = asked if isinstance(asked, dict) else {}
            text = fields.get("question")
            if isinstance(text, str):
                yield {"id": fields.get("id")} | answer_json(archive.ask(text).answer)
            else:
                refused = answer_json(not_found("", "bad_question_line", generation))
                yield {"id": fields.get("id"), "line": number} | refused
