"""Two newsrooms in one index: neither ever sees a word of the other's articles, whatever it asks."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from bot.archive import Archive
from bot.cite import check
from bot.errors import CitationBroken
from index.article import Article
from index.errors import ArticleUnknown
from index.store import Scope
from tests.bot.tiny_archive import archive, publish_articles
from tests.index.tiny import article

RED, BLUE = frozenset({"red"}), frozenset({"blue"})
PLACES = ("Baghuz", "Rotterdam", "Lagos", "Lima", "Oslo", "Hanoi")
LINES = (
    "The council of {place} met on Monday. Mayor {name} opened the bridge over the river in {place}. Rain fell all day.",
    "Ships had waited before {place} for three days. {name} thanked the fighters of {place}. Nobody was hurt.",
)
QUESTIONS = (
    "Who opened the bridge over the river in Baghuz?", "Who thanked the fighters of Lagos?", "Who met on Monday?",
    "redcanary", "bluecanary", "Mayor Redcanary", "Who is Mayor Bluecanary Oslo?", "xyzzy", "ships", "river " * 9,
)  # fmt: skip


def newsroom(colour: str) -> list[Article]:
    """The same stories in each newsroom's words: every sentence has a near twin in the other's, names differ."""
    return [
        replace(
            article(f"{colour}canary-{place}-{number}.txt", text.format(place=place, name=f"{colour.title()}canary {place}")),
            collections=(colour,), source=f"{colour}canary press", authors=(f"{colour}canary",),
            url=f"https://{colour}canary.example/{place}/{number}",
        )
        for place in PLACES
        for number, text in enumerate(LINES)
    ]  # fmt: skip


@pytest.fixture
def index(tmp_path: Path) -> Path:
    publish_articles(tmp_path, [*newsroom("red"), *newsroom("blue")])
    return tmp_path


@pytest.fixture(params=["0.1", "0.5", "1.0"])
def held(index: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Archive:
    """Once so that nearly all is answered, once as usual, once so that nothing is and the nearest are shown."""
    return archive(index, monkeypatch, answer__min_confidence=str(request.param), retrieval__vectors="12")


@pytest.mark.parametrize(("scope", "foreign"), [(RED, "bluecanary"), (BLUE, "redcanary")])
def test_no_field_of_any_answer_holds_the_other_newsroom(held: Archive, scope: Scope, foreign: str) -> None:
    """The canary: answers, citations, nearest, readings, candidates, and what the search alone finds."""
    shown = 0
    for question in QUESTIONS:
        asked = held.ask(question, scope=scope)
        said = replace(asked.answer, question="")
        fields = [repr(said), repr(asked.more), repr(asked.readings), *map(repr, asked.candidates)]
        fields.append(repr(held.found(question, 5, scope=scope)))
        assert not any(foreign in text.casefold() for text in fields), question
        shown += len(asked.answer.citations) + len(asked.answer.nearest)
    assert shown > len(QUESTIONS) // 2, "the canary had something to sing of"


def test_the_readers_windows_are_all_of_the_scope(held: Archive) -> None:
    """As many candidates as without a scope: foreign ones do not take their places."""
    whole, mine = held.ask(QUESTIONS[0]), held.ask(QUESTIONS[0], scope=RED)
    assert len(mine.candidates) >= 12
    assert {one.article.article.collections for one in whole.candidates} == {("red",), ("blue",)}


@pytest.mark.parametrize("scope", [frozenset(), frozenset({"green"})], ids=str)
def test_an_empty_scope_has_no_answer_and_nothing_near(held: Archive, scope: Scope) -> None:
    """An empty list of collections must not be taken for no limit."""
    for question in QUESTIONS:
        answer = held.ask(question, scope=scope).answer
        assert (answer.status, answer.reason, answer.nearest, answer.confidence) == (
            "not_found",
            "nothing_close",
            (),
            0,
        )
        assert held.found(question, 5, scope=scope) == ()


def test_both_scopes_together_answer_as_no_scope_does(held: Archive) -> None:
    for question in QUESTIONS:
        whole, both = held.ask(question).answer, held.ask(question, scope=RED | BLUE).answer
        assert replace(whole, timings_ms={}) == replace(both, timings_ms={})


def test_a_foreign_quote_is_stopped_at_the_last_door(held: Archive) -> None:
    """Whatever let it through, `check` raises, and its message does not name the article."""
    (citation,) = held.found(QUESTIONS[0], 1, scope=BLUE)
    check((citation,), held.snapshot(), BLUE)
    check((citation,), held.snapshot())
    with pytest.raises(CitationBroken) as broken:
        check((citation,), held.snapshot(), RED)
    assert "canary" not in str(broken.value)


def test_an_article_of_another_scope_is_unknown(held: Archive) -> None:
    """Shown to those who may see it, unknown to the others."""
    known = next(iter(held.snapshot().entries(BLUE))).id
    assert held.stored(known, BLUE).article.id == known
    with pytest.raises(ArticleUnknown):
        held.stored(known, RED)


def test_what_is_found_while_typing_is_whole_sentences_each_wording_once(held: Archive) -> None:
    """Best first, no short answer claimed; a line that is no question finds nothing."""
    found = held.found("opened the bridge over the river in Lima", 5)
    assert (
        found[0].quote == "Mayor Redcanary Lima opened the bridge over the river in Lima."
        or "Bluecanary" in found[0].quote
    )
    assert all(one.answer_start is None for one in found)
    assert [one.marker for one in found] == [1, 2, 3, 4, 5]
    assert len({one.quote for one in found}) == 5
    assert held.found("  ", 5) == ()
