"""One story is evidence once, whoever printed it; who else has the very words is listed; and of an address the newest speaks."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from bot.ask import Asked
from bot.chat_telegram.answers import _dumped, loaded
from bot.chat_telegram.asking import Reply
from bot.chat_telegram.wording import cited
from bot.cite import Citation, Holder, check
from bot.errors import CitationBroken
from bot.message import also_in, message, updated
from bot.report import answer_json, article_json, article_line, article_lines, entry_json, status_lines
from index.article import Article
from index.store import Scope
from index.stories import Version
from tests.bot.tiny_archive import archive, publish_articles
from tests.index.test_duplicates import prose
from tests.index.tiny import article

QUESTION = "Who opened the bridge over the river?"
LEAD = "Mayor Anna Senn opened the bridge over the river on Monday."
WIRE = [LEAD, *prose(1, 10)]


def outlet(name: str, sentences: Sequence[str], **more: object) -> Article:
    """An article of that outlet, in a collection of the outlet's name."""
    made = article(f"{name}.txt", " ".join(sentences))
    return replace(made, source=name, collections=(name,), **more)  # type: ignore[arg-type]  # given as it is on purpose: looser than the declared type


HERALD, COURIER = outlet("herald", WIRE), outlet("courier", [*WIRE, *prose(2, 3)])
# The same wire story with another word in its first sentence: not the same quote.
EDITED = outlet("edited", [LEAD.replace("on Monday", "on a Monday"), *WIRE[1:]])
# Nobody's copy: it says the same in a text of its own.
WITNESS = outlet("witness", ["At noon Mayor Anna Senn opened the bridge over the river.", *prose(3, 10)])


Ask = Callable[..., Asked]


@pytest.fixture
def asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Ask:
    """Builds an index of some articles and asks it a question."""

    def ask(*articles: Article, scope: Scope = None, question: str = QUESTION) -> Asked:
        folder = tmp_path / "-".join([one.id for one in articles])
        publish_articles(folder, articles)
        return archive(folder, monkeypatch, answer__min_confidence="0.1").ask(question, scope=scope)

    return ask


def test_an_outlet_is_listed_where_it_holds_the_quote_letter_by_letter_and_nowhere_else(asked: Ask) -> None:
    answer = asked(HERALD, COURIER, EDITED, WITNESS).answer
    told = {c.quote: {c.article, *(holder.article for holder in c.also_in)} for c in answer.citations}
    assert told[LEAD] == {HERALD.id, COURIER.id}
    texts = {one.id: one.text for one in (HERALD, COURIER, EDITED, WITNESS)}
    for citation in answer.citations:
        for holder in citation.also_in:
            assert texts[holder.article][holder.start : holder.end] == citation.quote
    (first,) = (one for one in answer_json(answer)["citations"] if one["quote"] == LEAD)
    assert json.loads(json.dumps(first["also_in"]))[0].keys() == {
        "article",
        "source",
        "published",
        "url",
        "start",
        "end",
    }


def test_one_story_is_cited_and_counted_once_and_another_text_still_supports_it(asked: Ask) -> None:
    """The edited copy has another wording, so wording alone would have taken it for a second witness."""
    unsure = "Who opened it?"
    alone = asked(HERALD, question=unsure).answer
    both, witnessed = (asked(HERALD, other, question=unsure).answer for other in (EDITED, WITNESS))
    assert 0.1 < alone.confidence == both.confidence < witnessed.confidence < 1
    assert len(both.citations) == 1
    assert {c.article for c in witnessed.citations} == {HERALD.id, WITNESS.id}


def test_an_outlet_outside_of_the_scope_is_not_listed_and_changes_nothing(asked: Ask) -> None:
    """As if the index did not hold it; through the one that is left out, the others are no story either."""
    for scope in (frozenset({"herald"}), frozenset({"herald", "witness"})):
        there = [one for one in (HERALD, WITNESS) if one.source in scope]
        without, within = asked(*there).answer, asked(*there, COURIER, EDITED, scope=scope).answer
        assert replace(within, generation="", timings_ms={}) == replace(without, generation="", timings_ms={})
        assert all(c.also_in == () for c in within.citations)


def test_a_listed_outlet_that_may_not_be_seen_or_lacks_the_words_is_stopped_at_the_last_door(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish_articles(tmp_path, [HERALD, COURIER, EDITED])
    held = archive(tmp_path, monkeypatch, answer__min_confidence="0.1")
    snapshot, first = held.snapshot(), held.ask(QUESTION).answer.citations[0]
    check((first,), snapshot)
    with pytest.raises(CitationBroken, match="outside") as broken:
        check((first,), snapshot, frozenset({first.source or ""}))
    assert first.also_in[0].article not in str(broken.value)
    (holder,) = first.also_in
    with pytest.raises(CitationBroken, match="does not stand"):
        check((replace(first, also_in=(replace(holder, article=EDITED.id),)),), snapshot)


def versions() -> tuple[Article, Article]:
    """Two versions of one address: the newer one says that it was somebody else."""
    address = "https://paper.example/bridge"
    old = outlet("old", WIRE, url=address, published="2022-03-01", raw_sha256="1" * 64)
    new = outlet("new", [LEAD.replace("Anna Senn", "Berta Lind"), *WIRE[1:]], url=address, published="2022-03-04")
    return old, new


def test_the_newest_version_alone_is_cited_with_the_dates_of_both(asked: Ask) -> None:
    """And neither supports nor doubts it what it superseded."""
    old, new = versions()
    answer = asked(old, new).answer
    assert {c.article for c in (*answer.citations, *answer.nearest)} == {new.id}
    assert answer.citations[0].earlier == (Version(old.id, "2022-03-01"),)
    assert asked(new).answer.confidence == answer.confidence
    older = asked(old, new, scope=frozenset({"old"})).answer
    assert ({c.article for c in older.citations}, older.citations[0].earlier) == ({old.id}, ())


def test_what_is_superseded_says_so_in_lists_and_by_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old, new = versions()
    publish_articles(tmp_path, [old, new])
    held = archive(tmp_path, monkeypatch)
    snapshot = held.snapshot()
    newest = snapshot.stories.newest(old.id)
    assert newest == Version(new.id, "2022-03-04")
    line = f"superseded by {new.id} of 2022-03-04"
    assert line in article_line(snapshot.entry(old.id), newest)
    assert entry_json(snapshot.entry(old.id), newest)["superseded_by"] == {"article": new.id, "published": "2022-03-04"}
    assert any(f"by {new.id} of 2022-03-04" in line for line in article_lines(held.stored(old.id), newest))
    shown = article_json(held.stored(new.id), None, snapshot.stories.earlier(new.id))
    assert (shown["superseded_by"], shown["earlier"]) == (None, [{"article": old.id, "published": "2022-03-01"}])
    status = held.status()
    told = {"article": old.id, "published": "2022-03-01", "by": new.id, "by_published": "2022-03-04"}
    assert status["superseded"] == [told]
    assert f"  {old.id} of 2022-03-01: by {new.id} of 2022-03-04" in status_lines(status)


CITATION = Citation(
    1, LEAD, "a", None, "herald", (), None, "2022-03-04", 0, len(LEAD), None, None, None, 0.9, None,
    tuple(Holder(f"b{i}", name, None, None, 0, len(LEAD)) for i, name in enumerate(("courier", "courier", None))),
    (Version("a~1", "2022-03-01"), Version("a~2", None)),
)  # fmt: skip


def test_people_read_each_outlet_once_and_the_dates_of_both_versions(asked: Ask) -> None:
    assert also_in(CITATION) == "also in: courier, outlet not given"
    assert also_in(CITATION, 1) == "also in: courier and 1 more"
    assert updated(CITATION) == "updated: this version 4 March 2022, before it 1 March 2022"
    assert (also_in(replace(CITATION, also_in=())), updated(replace(CITATION, earlier=()))) == (None, None)
    answer = replace(asked(HERALD).answer, citations=(CITATION,))
    screen = ["".join(run.text for run in one.runs) for one in message(answer, {})]
    chat = "".join(piece.text for piece in cited(CITATION))
    for text in (also_in(CITATION), updated(CITATION)):
        assert text in screen
        assert f"\n{text}" in chat


def test_a_stored_answer_comes_back_with_all_that_it_listed(asked: Ask) -> None:
    """And one that was stored before anything was listed comes back as well."""
    reply = Reply(replace(asked(HERALD).answer, citations=(CITATION,)))
    written = _dumped(reply)
    assert written is not None
    assert loaded(written).answer.citations == (CITATION,)
    before = json.loads(written)
    for one in before["answer"]["citations"]:
        del one["also_in"], one["earlier"]
    assert loaded(json.dumps(before)).answer.citations == (replace(CITATION, also_in=(), earlier=()),)
