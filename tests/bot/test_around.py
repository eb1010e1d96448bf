"""The sentences around a citation, from the generation that it came from and within what may be seen."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from bot.archive import Archive
from bot.around import around
from bot.cite import Place, cite
from bot.errors import CitationBroken
from index.errors import ArticleUnknown
from tests.bot.tiny_archive import archive, publish_articles
from tests.index.tiny import TEXTS, article

QUESTION = "Who said that nobody was hurt?"


@pytest.fixture
def held(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Archive:
    publish_articles(tmp_path, [replace(article(*one), collections=("north",)) for one in TEXTS.items()])
    return archive(tmp_path, monkeypatch)


def test_a_citation_and_its_neighbours_are_adjacent_slices(held: Archive) -> None:
    """For every sentence and every number of neighbours; beyond the ends there is nothing."""
    snapshot = held.snapshot()
    for cited in held.found(QUESTION, 9):
        stored = snapshot.article(cited.article)
        for count in range(6):
            shown = around(snapshot, cited, count)
            first, last = max(0, shown.first - 1 - count), min(shown.of - 1, shown.last - 1 + count)
            whole = stored.article.text[stored.sentences[first].start : stored.sentences[last].end]
            assert shown.before + shown.quote + shown.after == whole
            assert (shown.quote, shown.of) == (cited.quote, len(stored.sentences))
            assert stored.sentences[shown.first - 1].start == cited.start


def test_boilerplate_is_neither_shown_around_a_citation_nor_cited(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It ends what is shown, as that is one slice of the text; a citation that held some would be broken."""
    text = (
        "The ferry left the harbour at nine.\n\nMORE:Ten ferries that never came back\n\nThe ferry was found at noon.\n\n"
        "Nobody was hurt on the ferry.\n\nSign up for our ferry newsletter.\n\nThe ferry sails again."
    )
    publish_articles(tmp_path, [article("ferry.txt", text)])
    snapshot = archive(tmp_path, monkeypatch).snapshot()
    stored = snapshot.article(next(snapshot.entries()).id)
    assert [one.kind for one in stored.sentences].count("boilerplate") == 2
    cited = cite(Place(stored, 2, 2, None, 1.0), 1)
    shown = around(snapshot, cited, 3)
    assert (shown.before, shown.after.strip()) == ("", "Nobody was hurt on the ferry.")
    for first, last in ((1, 1), (0, 2), (2, 4)):
        with pytest.raises(CitationBroken, match="no part of article"):
            around(snapshot, cite(Place(stored, first, last, None, 1.0), 1), 0)
    asking = ("Sign up for our ferry newsletter", "ferries that never came back", "ferry harbour noon hurt newsletter")
    for question in asking:
        answer = archive(tmp_path, monkeypatch).ask(question).answer
        quotes = [
            one.quote
            for one in (*answer.citations, *answer.nearest, *archive(tmp_path, monkeypatch).found(question, 9))
        ]
        assert quotes and not any("MORE" in quote or "Sign up" in quote for quote in quotes)


def test_a_newer_generation_changes_nothing_for_who_holds_the_old_one(held: Archive) -> None:
    """The context comes from the generation that answered; in the new one the citation is broken or unknown."""
    (cited, *_), old = held.found("earthquake coast", 1), held.snapshot()
    before = around(old, cited, 2)
    changed = {name: f"It was so. {text}" for name, text in TEXTS.items()}
    publish_articles(held.config.index.dir, [article(*one) for one in changed.items()])
    assert around(old, cited, 2) == before
    with pytest.raises(CitationBroken):
        around(held.snapshot(), cited, 2)
    publish_articles(held.config.index.dir, [])
    with pytest.raises(ArticleUnknown):
        around(held.snapshot(), cited, 2)


def test_the_context_of_a_foreign_citation_is_not_shown(held: Archive) -> None:
    (cited,) = held.found("earthquake coast", 1)
    assert around(held.snapshot(), cited, 1, frozenset({"north"})).quote == cited.quote
    with pytest.raises(CitationBroken, match="outside of what may be seen"):
        around(held.snapshot(), cited, 1, frozenset({"south"}))
