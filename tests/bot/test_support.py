"""Another story that says the same is cited beside the answer, whatever question it would answer itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from bot.answer import Answer
from bot.archive import Archive
from bot.read import Reading, Window
from index.article import Article
from tests.bot.tiny_archive import archive, publish_articles
from tests.index.tiny import article

FIRST = "The old bridge over the river was opened by Ana Costa. It rained."
SAME = "On Monday the old bridge over the river was opened at last by Ana Costa. Children sang."
OTHER = "Ana Costa likes cheese and long walks by the sea. The sea is blue."
ASKS = "The old bridge over the river was opened by Ana Costa? Nobody had told the mayor."
QUESTION = "Who opened the old bridge over the river?"


def asked(folder: Path, monkeypatch: pytest.MonkeyPatch, *articles: Article, most: str = "5") -> Answer:
    """The answer from these articles by a reader that finds nothing in any but the first."""
    publish_articles(folder, articles)
    held: Archive = archive(folder, monkeypatch, answer__max_citations=most)
    reader = held.reader()
    read = type(reader).read

    def first_alone(self: object, question: str, windows: object) -> object:
        found = read(reader, question, windows)  # type: ignore[arg-type]  # as the reader gets them
        return [one for one in found if windows[one.window].text == FIRST]  # type: ignore[index]  # a sequence

    monkeypatch.setattr(type(reader), "read", first_alone)
    return held.ask(QUESTION).answer


def test_a_sentence_of_another_story_that_says_the_same_is_cited(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = asked(tmp_path, monkeypatch, article("a.txt", FIRST), article("b.txt", SAME), article("c.txt", OTHER))
    assert found.answer == "Ana Costa"
    assert [one.quote for one in found.citations] == [FIRST.split(" It")[0], SAME.split(" Children")[0]]
    assert [one.marker for one in found.citations] == [1, 2]
    alone = asked(tmp_path, monkeypatch, article("a.txt", FIRST))
    assert [one.article for one in alone.citations] == [found.citations[0].article]
    assert alone.confidence == found.confidence


def test_a_sentence_that_leans_on_the_one_before_it_is_cited_with_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    leaning = "The mayor wept. Her old bridge over the river was opened at last by Ana Costa on Monday."
    found = asked(tmp_path, monkeypatch, article("a.txt", FIRST), article("b.txt", leaning))
    assert [one.quote for one in found.citations] == [FIRST.split(" It")[0], leaning]


def two_read(folder: Path, monkeypatch: pytest.MonkeyPatch, second: str, name: str, third: str) -> list[str]:
    """The quotes of the answer from three articles, where the reader finds Ana Costa in the first, a name in the second."""
    publish_articles(folder, [article("a.txt", FIRST), article("b.txt", second), article("c.txt", third)])
    held: Archive = archive(folder, monkeypatch)
    reader = held.reader()
    read = type(reader).read

    def both(self: object, question: str, windows: Sequence[Window]) -> list[Reading]:
        found = [one for one in read(reader, question, windows) if windows[one.window].text == FIRST][:1]
        other = next((i for i, window in enumerate(windows) if window.text == second), None)
        return found if other is None else [*found, replace(found[0], window=other, start=0, end=len(name))]

    monkeypatch.setattr(type(reader), "read", both)
    monkeypatch.setattr("bot.answer._SUPPORT", 0.0)
    return [one.quote for one in held.ask(QUESTION).answer.citations]


def test_saying_the_same_as_a_later_citation_is_enough(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    second = "Ana Costa cut the ribbon while three brass bands played loudly."
    third = "On Friday Ana Costa cut the ribbon while the brass bands played."
    quotes = two_read(tmp_path, monkeypatch, second, "Ana Costa", third)
    assert quotes == [FIRST.split(" It")[0], second, third]


def test_who_speaks_for_the_answer_is_not_what_another_story_must_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    second = "Bo Hill, a spokesman for Ana Costa, cut the ribbon while three brass bands played loudly."
    for third, cited in (("Bo Hill", False), ("Ana Costa", True)):
        also = f"On Friday {third} cut the ribbon while the brass bands played."
        quotes = two_read(tmp_path / third, monkeypatch, second, "Bo Hill", also)
        assert quotes == [FIRST.split(" It")[0], second, also][: 2 + cited]


def test_it_has_the_confidence_of_what_was_read_in_it_and_is_no_other_answer_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish_articles(tmp_path, [article("a.txt", FIRST), article("b.txt", SAME)])
    held: Archive = archive(tmp_path, monkeypatch)
    reader = held.reader()
    read = type(reader).read

    def monday(self: object, question: str, windows: Sequence[Window]) -> list[Reading]:
        found = read(reader, question, windows)
        return [
            one if windows[one.window].text == FIRST else replace(one, start=3, end=9, score=0.7)
            for one in found
            if one.sentence == 0
        ]

    monkeypatch.setattr(type(reader), "read", monday)
    asked = held.ask(QUESTION)
    first, second = asked.answer.citations
    assert first.score == pytest.approx(1.0) and second.score == pytest.approx(0.2)
    assert SAME.startswith(second.quote) and asked.more == ()


def test_a_copy_a_question_and_another_collection_support_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = asked(tmp_path, monkeypatch, article("a.txt", FIRST), article("b.txt", FIRST), article("c.txt", ASKS))
    assert len(found.citations) == 1
    publish_articles(tmp_path, [replace(article("a.txt", FIRST), collections=("red",)), article("b.txt", SAME)])
    held: Archive = archive(tmp_path, monkeypatch)
    assert [one.quote for one in held.ask(QUESTION, scope=frozenset({"red"})).answer.citations] == [
        FIRST.split(" It")[0]
    ]


def test_there_are_never_more_citations_than_allowed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = asked(tmp_path, monkeypatch, article("a.txt", FIRST), article("b.txt", SAME), most="1")
    assert len(found.citations) == 1
