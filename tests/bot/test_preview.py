"""Which answers a new generation would change, before it is current."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from bot.answer import Answer
from bot.preview import changed_answers
from tests.bot.tiny_archive import archive, publish_articles
from tests.index.tiny import TEXTS, article

ASKED = (
    "When did the harbour of Rotterdam reopen?",
    "Who raised a yellow flag over Baghuz?",
    "Who was hurt at the coast?",
)


def test_only_what_people_are_told_first_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another answer, another sentence, an answer gained or lost; not what took longer or moved within its article."""
    publish_articles(tmp_path, [article(*one) for one in TEXTS.items()])
    held = archive(tmp_path, monkeypatch, answer__min_confidence="0.5")
    old = held.snapshot()
    texts = TEXTS | {
        "harbour.txt": TEXTS["harbour.txt"].replace("Monday", "Friday"), "quake.txt": f"It was early. {TEXTS['quake.txt']}",
    }  # fmt: skip
    publish_articles(tmp_path, [article(*one) for one in texts.items()])
    new = held.snapshot()

    def before(question: str) -> Answer:
        return held.ask(question, old).answer

    def after(question: str) -> Answer:
        return held.ask(question, new).answer

    (changed,) = changed_answers([*ASKED, *ASKED], before, after)
    assert changed.question == ASKED[0]
    assert "Monday" in changed.before.citations[0].quote
    assert "Friday" in changed.after.citations[0].quote
    assert changed_answers(ASKED, after, after) == ()
    publish_articles(tmp_path, [article("harbour.txt", texts["harbour.txt"])])
    gone = held.snapshot()
    lost = changed_answers(ASKED, after, lambda question: held.ask(question, gone).answer)
    assert [one.question for one in lost if one.after.status == "not_found"] == [ASKED[1]]


def test_the_same_words_in_another_article_are_another_citation(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish_articles(tmp_path, [article(*one) for one in TEXTS.items()])
    answer = archive(tmp_path, monkeypatch).ask(ASKED[1]).answer
    (first, *rest) = answer.citations
    elsewhere = replace(answer, citations=(replace(first, article="elsewhere"), *rest))
    moved = replace(answer, citations=(replace(first, start=first.start + 5, end=first.end + 5), *rest), confidence=0.5)
    assert len(changed_answers(ASKED[:1], lambda _: answer, lambda _: elsewhere)) == 1
    assert changed_answers(ASKED[:1], lambda _: answer, lambda _: moved) == ()
