"""The question files say what is so: every accepted answer stands in the corpus, and the halves are drawn by chance."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path
from typing import Any

import pytest

_TESTS = Path(__file__).parent
_FILES = ("starter", "reports")
_MARKUP = re.compile(r"<[^>]*>")


def questions(name: str) -> list[dict[str, Any]]:
    lines = (_TESTS / "questions" / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def corpus() -> str:
    """The text of all seeds on one line, without mark-up."""
    files = sorted((_TESTS.parent / "seeds").glob("[!R]*.*"))
    raw = " ".join(file.read_text(encoding="utf-8") for file in files if file.suffix != ".py")
    text = raw.replace("\\n", " ").replace("&ldquo;", "“").replace("&rdquo;", "”")
    return " ".join(_MARKUP.sub(" ", text).split())


@pytest.mark.parametrize("name", _FILES)
def test_every_question_has_its_fields_and_an_id_of_its_own(name: str) -> None:
    found = questions(name)
    assert all(set(q) == {"id", "question", "answers", "sentences", "half"} for q in found)
    assert len({q["id"] for q in found}) == len(found)
    assert len({q["question"] for q in found}) == len(found)


@pytest.mark.parametrize("name", _FILES)
def test_halves_are_drawn_by_the_digest_of_the_id(name: str) -> None:
    for question in questions(name):
        even = hashlib.sha256(question["id"].encode()).digest()[0] % 2 == 0
        assert question["half"] == ("dev" if even else "held-out")


def test_answers_and_sentences_of_the_starter_questions_stand_in_the_corpus() -> None:
    text = corpus()
    for question in questions("starter"):
        for expected in question["answers"] + question["sentences"]:
            assert expected in text, (question["id"], expected)


def test_there_are_enough_questions_of_both_sorts() -> None:
    starter, reports = questions("starter"), questions("reports")
    assert sum(bool(q["answers"]) for q in starter) >= 70
    assert sum(not q["answers"] for q in starter) >= 45
    assert sum(bool(q["answers"]) for q in reports) >= 20
    assert sum(not q["answers"] for q in reports) >= 10
