"""Questions that name their source, and the line between an outlet's articles and others'."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.answer import Answer
from bot.message import from_outlets, message
from index.article import Article
from index.outlets import outlets, rows_of
from tests.bot.tiny_archive import archive, publish_articles

ARTICLES = (
    Article("a", "Mayor Ada Finch opened the old bridge over the river.", "0" * 64, "a", source="River Courier"),
    Article("b", "The old bridge over the river was opened by Ben Quill.", "0" * 64, "b", source="Coast Wire",
            collections=("wires",)),
    Article("c", "An otter sleeps.", "0" * 64, "c", url="https://www.otter.example/1"),
)  # fmt: skip
OPENED = "who opened the old bridge over the river?"


@pytest.fixture
def index(tmp_path: Path) -> Path:
    publish_articles(tmp_path, ARTICLES)
    return tmp_path


def ask(index: Path, monkeypatch: pytest.MonkeyPatch, question: str, scope: frozenset[str] | None = None) -> Answer:
    return archive(index, monkeypatch).ask(question, scope=scope).answer


def shown(answer: Answer) -> str:
    return "\n".join("".join(run.text for run in one.runs) for one in message(answer, {}))


@pytest.mark.parametrize(("outlet", "who"), [("River Courier", "Ada Finch"), ("Coast Wire", "Ben Quill")])
def test_an_outlet_that_is_named_as_source_is_asked_alone(
    index: Path, monkeypatch: pytest.MonkeyPatch, outlet: str, who: str
) -> None:
    found = ask(index, monkeypatch, f"according to the {outlet}, {OPENED}")
    assert found.status == "answered" and who in (found.answer or "")
    assert {one.source for one in found.citations} == {outlet} and found.outlets == (outlet,)
    assert found.question == f"according to the {outlet}, {OPENED}"
    assert f"From articles of {outlet} alone." in shown(found)


def test_where_the_outlet_does_not_say_it_that_is_said_and_the_others_are_offered(
    index: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = ask(index, monkeypatch, f"according to otter.example, {OPENED}")
    assert (found.status, found.reason, found.answer) == ("not_found", "not_from_outlet", None)
    assert {one.source for one in found.nearest} <= {"River Courier", "Coast Wire"} and found.nearest
    assert shown(found).startswith("Not in the articles of otter.example.\n\nOthers say:\n")


def test_who_may_be_what_is_asked_about_is_asked_first_and_then_the_others(
    index: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = ask(index, monkeypatch, "what did otter.example say about the old bridge over the river?")
    assert found.status == "answered" and found.outlets == ("otter.example",)
    assert from_outlets(found) == "No article of otter.example answers it; this is from others."


def test_what_is_said_about_a_subject_is_the_sentence_without_a_short_answer(
    index: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = ask(index, monkeypatch, "what does Coast Wire report about the old bridge over the river?")
    assert found.status == "answered" and found.answer is None
    assert found.citations[0].source == "Coast Wire" and found.citations[0].answer_start is None


def test_an_outlet_outside_of_the_scope_is_not_there(index: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scope = frozenset({"wires"})
    found = ask(index, monkeypatch, f"according to River Courier, {OPENED}", scope)
    assert found.outlets == () and {one.source for one in (*found.citations, *found.nearest)} <= {"Coast Wire"}


def test_a_question_about_an_outlet_is_asked_of_all(index: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert ask(index, monkeypatch, "who bought Coast Wire?").outlets == ()


@pytest.mark.parametrize(("line", "reason"), [("thanks!", "thanks"), ("hello", "greeting"), ("who?", "no_question")])
def test_a_courtesy_is_answered_in_one_line_and_nothing_is_searched(
    index: Path, monkeypatch: pytest.MonkeyPatch, line: str, reason: str
) -> None:
    found = ask(index, monkeypatch, line)
    assert (found.status, found.reason, found.nearest) == ("not_found", reason, ())
    assert "\n" not in shown(found) and "Not in the articles" not in shown(found)


def test_an_article_that_was_superseded_is_not_found_by_its_outlet_either(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = "https://courier.example/bridge"
    old, new = (
        Article(f"at-{day}", f"Mayor Ada Finch opened the old bridge over the river. It was {sky} on that day in Orlec.",
                "0" * 64, f"{day}.html", url=url, source="River Courier", published=f"2026-03-0{day}")
        for day, sky in ((1, "cloudy"), (2, "sunny"))
    )  # fmt: skip
    publish_articles(tmp_path, [old, new])
    held = archive(tmp_path, monkeypatch)
    assert held.snapshot().stories.hidden() == {old.id}
    found = held.ask(f"according to River Courier, {OPENED}").answer
    assert found.status == "answered" and {one.article for one in found.citations} == {new.id}


def test_outlets_are_known_in_every_scope_however_many_were_asked_in(
    index: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = archive(index, monkeypatch).snapshot()
    scopes = [frozenset({"wires", f"other {number}"}) for number in range(100)]
    assert {outlets(held, scope) for scope in (*scopes, *scopes)} == {("Coast Wire",)}
    rows = {rows_of(held, ("Coast Wire",), scope).tobytes() for scope in (*scopes, *scopes)}
    assert rows == {rows_of(held, ("Coast Wire",)).tobytes()}
