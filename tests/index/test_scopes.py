"""A scope against the slow obvious way: what it leaves out is nowhere, and what it holds is found as if it were all."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.article import Article
from index.errors import ArticleUnknown
from index.publish import publish
from index.search import best, search
from index.store import Scope, Snapshot, open_snapshot
from index.words import terms
from index.writing import writing
from tests.index.tiny import TEXTS, article, fill, vector

QUESTIONS = ("flag over Baghuz", "When did the harbour of Rotterdam reopen?", "earthquake coast", "xyzzy", "")
COLLECTIONS = {
    "baghuz.txt": ("war",),
    "harbour.txt": ("trade", "north"),
    "quake.txt": ("north",),
    "élection.txt": (),
}
SCOPES: list[Scope] = [
    None, frozenset({"war"}), frozenset({"trade"}), frozenset({"north"}), frozenset({"war", "trade"}),
    frozenset({"none such"}), frozenset(),
]  # fmt: skip


def articles() -> list[Article]:
    """The small corpus twice, so that every passage has a twin that ties with it; the twins lie in `again` as well."""
    once = [replace(article(*one), collections=COLLECTIONS[one[0]], published="2019-03-23") for one in TEXTS.items()]
    twins = [
        replace(article(f"again {name}", text), collections=(*COLLECTIONS[name], "again"))
        for name, text in TEXTS.items()
    ]
    return [one for pair in zip(once, twins, strict=True) for one in pair]


def snapshot_of(index: Path, found: Sequence[Article]) -> Snapshot:
    with writing(index):
        publish(index, lambda folder: fill(folder, found), 1)
    return open_snapshot(index)


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Snapshot]:
    """All of it in one generation."""
    held = snapshot_of(tmp_path_factory.mktemp("scopes"), articles())
    yield held
    held.close()


def seen(one: Article, scope: Scope) -> bool:
    """The rule, said plainly."""
    return scope is None or any(name in scope for name in one.collections)


@pytest.mark.parametrize("scope", SCOPES, ids=str)
@pytest.mark.parametrize("count", [1, 2, 5, 50])
def test_a_scoped_search_is_the_whole_ranking_without_what_the_scope_leaves_out(
    snapshot: Snapshot, scope: Scope, count: int
) -> None:
    """The best `count` of those allowed, not those allowed among the best `count`; ranks, ties and order included."""
    runs = snapshot.passages(range(snapshot.counts["passages"]))
    there = {one.id for one in articles() if seen(one, scope)}
    allowed = [row for row, run in enumerate(runs) if run.article in there]
    for question in QUESTIONS:
        asked = vector(question)
        words = snapshot.words.scores(terms(question))
        cosines = (snapshot.vectors * asked).sum(axis=1)
        standing = snapshot.standing
        by_vector = sorted(allowed, key=lambda row: (-cosines[row], standing[row]))[:count]
        by_words = sorted((r for r in allowed if words[r] > 0), key=lambda row: (-words[row], standing[row]))[:count]
        hits = search(
            snapshot, terms(question), asked, vectors=count, words=count, fuse_k=60, allowed=snapshot.rows_in(scope)
        )
        assert {hit.row: hit.vector_rank for hit in hits if hit.vector_rank} == {
            row: rank for rank, row in enumerate(by_vector, 1)
        }
        assert {hit.row: hit.words_rank for hit in hits if hit.words_rank} == {
            row: rank for rank, row in enumerate(by_words, 1)
        }
        assert hits == sorted(hits, key=lambda hit: (-hit.score, -hit.vector_score, standing[hit.row]))


@pytest.mark.parametrize("scope", SCOPES[1:5], ids=str)
def test_a_scope_finds_what_an_index_of_its_articles_alone_finds(
    snapshot: Snapshot, scope: Scope, tmp_path: Path
) -> None:
    """The same passages by the same cosines in the same order, and the same passages by words.

    Only how BM25 weighs a word may differ: how rare it is, is counted over the whole generation.
    """
    alone = snapshot_of(tmp_path, [one for one in articles() if seen(one, scope)])
    for question in QUESTIONS:
        ranked, worded = [], []
        for held, mask in ((snapshot, snapshot.rows_in(scope)), (alone, None)):
            hits = search(held, terms(question), vector(question), vectors=9, words=99, fuse_k=60, allowed=mask)
            near = sorted((hit for hit in hits if hit.vector_rank), key=lambda hit: hit.vector_rank or 0)
            ranked.append([(held.passages([hit.row])[0], hit.vector_score) for hit in near])
            worded.append({held.passages([hit.row])[0] for hit in hits if hit.words_rank})
        assert ranked[0] == ranked[1]
        assert worded[0] == worded[1]
    assert alone.counts_in(None) == snapshot.counts_in(scope)
    assert alone.period() == snapshot.period(scope)
    assert {entry.id for entry in alone.entries()} == {entry.id for entry in snapshot.entries(scope)}
    alone.close()


def test_a_scope_that_holds_nothing_has_no_rows_entries_counts_or_period(snapshot: Snapshot) -> None:
    """An empty scope is nothing, not everything; nor is an article of no collection in any scope."""
    for scope in (frozenset[str](), frozenset({"none such"})):
        mask = snapshot.rows_in(scope)
        assert mask is not None and not mask.any()
        assert list(snapshot.entries(scope)) == []
        assert snapshot.counts_in(scope) == {"articles": 0, "sentences": 0, "passages": 0}
        assert snapshot.period(scope) is None
    every = frozenset({"war", "trade", "north"})
    assert not any("lection" in (entry.title or "") for entry in snapshot.entries(every))


def test_the_mask_of_a_scope_is_made_once_and_cannot_be_changed(snapshot: Snapshot) -> None:
    """Whoever holds it cannot widen the scope for all who ask after."""
    mask = snapshot.rows_in(frozenset({"war"}))
    assert mask is not None and mask is snapshot.rows_in(frozenset({"war"}))
    with pytest.raises(ValueError, match="read-only"):
        mask[:] = True


def test_an_article_outside_of_the_scope_is_unknown_and_not_named(snapshot: Snapshot) -> None:
    """Neither by its id, nor by a beginning, nor among those that a beginning could mean."""
    quake = next(entry for entry in snapshot.entries() if entry.title == "quake")
    war = frozenset({"war"})
    assert snapshot.entry(quake.id, frozenset({"north"})) == quake
    for named in (quake.id, quake.id[:7], ""):
        with pytest.raises(ArticleUnknown) as refused:
            snapshot.entry(named, war)
        assert "quake" not in str(refused.value).replace(repr(named), "")
    with pytest.raises(ArticleUnknown, match="more than one is called so: again-"):
        snapshot.entry("again-", frozenset({"again"}))
    assert snapshot.entry("again-", war).title == "again baghuz"


@settings(max_examples=60, deadline=None)
@given(
    scores=st.lists(st.sampled_from([0.0, 0.25, 0.5, 1.0, -1.0]), max_size=40),
    flags=st.lists(st.booleans(), min_size=40, max_size=40),
    count=st.integers(0, 50),
)
def test_the_best_of_those_allowed_are_those_of_a_full_sort(scores: list[float], flags: list[bool], count: int) -> None:
    """Any scores, any mask: as sorting everything and leaving out what is not allowed."""
    values, allowed = np.array(scores, dtype=np.float32), np.array(flags[: len(scores)], dtype=np.bool_)
    standing = np.arange(len(scores), dtype=np.int32)[::-1].copy()
    expected = [row for row in np.lexsort((standing, -values)).tolist() if allowed[row]][:count]
    assert best(values, count, standing, allowed) == expected
