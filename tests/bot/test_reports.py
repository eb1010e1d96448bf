"""The two reports that Byline was made for, where they are at hand: every quote stands where it is said to stand."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.bot.conftest import Byline
from tests.conftest import ROOT

QUESTIONS = ROOT / "tests" / "questions" / "reports.jsonl"


@pytest.fixture
def reports(byline: Byline, shared: Path) -> Byline:
    """`byline` over an index of the two reports."""
    code, output, errors = byline("build", str(shared / "seeds"))
    assert (code, "2 articles" in output) == (0, True), errors
    return byline


@pytest.mark.model
def test_every_quote_of_forty_answers_is_whole_sentences_of_the_article_it_names(reports: Byline) -> None:
    code, output, errors = reports("ask", "--batch", str(QUESTIONS), "--json")
    assert code == 0, errors
    answers = [json.loads(line) for line in output.splitlines()]
    assert len(answers) == sum(1 for line in QUESTIONS.read_text(encoding="utf-8").splitlines() if line.strip())
    shown: dict[str, dict[str, object]] = {}
    cited = [c for answer in answers for c in answer["citations"] + answer["nearest"]]
    assert cited
    for c in cited:
        if c["article"] not in shown:
            shown[c["article"]] = json.loads(reports("show", c["article"], "--json")[1])
        assert str(shown[c["article"]]["text"])[c["start"] : c["end"]] == c["quote"]


@pytest.mark.model
def test_the_caliphate_was_declared_over_by_the_syrian_democratic_forces(reports: Byline) -> None:
    code, output, errors = reports("ask", "who declared the caliphate over?", "--json")
    assert code == 0, errors
    answer = json.loads(output)
    assert answer["status"] == "answered"
    assert "Syrian Democratic Forces" in answer["answer"]
    assert not any("29 June 2014" in c["quote"] for c in answer["citations"])
    assert len(answer["citations"]) > 1
