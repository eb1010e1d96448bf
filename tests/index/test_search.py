"""Search against the slow obvious way: every cosine and every BM25 score worked out one by one."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.columns import write_words
from index.draft import Draft
from index.passages import passages
from index.publish import publish
from index.search import best, search
from index.split import Sentence
from index.store import Snapshot, open_snapshot
from index.words import Words, terms
from index.writing import writing
from tests.index.tiny import TEXTS, article, fill, publish_texts, vector

QUESTIONS = ("flag over Baghuz", "When did the harbour of Rotterdam reopen?", "earthquake coast", "xyzzy", "")


def bm25(passages: Sequence[Sequence[str]], wanted: Sequence[str], k1: float = 1.5, b: float = 0.75) -> list[float]:
    """BM25 as Lucene has it, from its definition."""
    count = len(passages)
    average = sum(map(len, passages)) / count
    scores = [0.0] * count
    for term in set(wanted):
        found = sum(term in passage for passage in passages)
        rarity = math.log(1 + (count - found + 0.5) / (found + 0.5))
        for row, passage in enumerate(passages):
            often = passage.count(term)
            scores[row] += rarity * often / (often + k1 * (1 - b + b * len(passage) / average))
    return scores


def ranks(scores: Sequence[float], count: int, standing: Sequence[int]) -> dict[int, int]:
    """Row to rank, from 1: highest first, ties by standing."""
    order = sorted(range(len(scores)), key=lambda row: (-scores[row], standing[row]))
    return {row: rank for rank, row in enumerate(order[:count], 1)}


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Snapshot]:
    """The small corpus twice: every passage has a twin that ties with it."""
    index = tmp_path_factory.mktemp("search")
    publish_texts(index, {**TEXTS, **{f"again {name}": text for name, text in TEXTS.items()}})
    held = open_snapshot(index)
    yield held
    held.close()


@pytest.mark.parametrize("question", QUESTIONS)
@pytest.mark.parametrize("count", [1, 2, 5, 50])
def test_search_is_the_slow_obvious_way(snapshot: Snapshot, question: str, count: int) -> None:
    """Ranks, scores and order, with ties, with more asked for than there are, and with no term shared."""
    runs = snapshot.passages(range(snapshot.counts["passages"]))
    wanted = terms(question)
    standing = [sorted((run.article, run.first) for run in runs).index((run.article, run.first)) for run in runs]
    cosines = [float((run * vector(question)).sum()) for run in snapshot.vectors]
    words = snapshot.words.scores(wanted).tolist()
    assert cosines == pytest.approx([float(vector(run.text) @ vector(question)) for run in runs], abs=1e-6)
    assert words == pytest.approx(bm25([terms(run.text) for run in runs], wanted), rel=1e-5)
    by_vector = ranks(cosines, count, standing)
    by_words = {row: rank for row, rank in ranks(words, count, standing).items() if words[row] > 0}
    hits = search(snapshot, wanted, vector(question), vectors=count, words=count, fuse_k=60)
    assert {hit.row: (hit.vector_rank, hit.words_rank) for hit in hits} == {
        row: (by_vector.get(row), by_words.get(row)) for row in {*by_vector, *by_words}
    }
    for hit in hits:
        expected = sum(1 / (60 + rank) for rank in (hit.vector_rank, hit.words_rank) if rank)
        assert (hit.score, hit.vector_score, hit.words_score) == (expected, cosines[hit.row], words[hit.row])
    assert hits == sorted(hits, key=lambda hit: (-hit.score, -hit.vector_score, standing[hit.row]))


def test_equal_passages_score_equally_wherever_they_stand(tmp_path: Path) -> None:
    """One story told 1,003 times, in vectors as wide as the real ones: all tie to the last bit, so ids decide."""
    chance = np.random.default_rng(7)
    story, *questions = (one / np.linalg.norm(one) for one in chance.standard_normal((11, 384)).astype(np.float32))
    text = "The same story."

    def write(folder: Path) -> dict[str, object]:
        draft = Draft(folder)
        sentences = (Sentence(0, len(text), text),)
        for number in range(1003):
            one = article(f"{number}.txt", text)
            draft.add(one, one.id, sentences, passages(one.id, text, sentences, 60, 120), [terms(text)])
            draft.add_vectors(story[None, :])
        return {"content": "0" * 64, "counts": draft.finish()}

    with writing(tmp_path):
        publish(tmp_path, write, 1)
    held = open_snapshot(tmp_path)
    ids = sorted(article(f"{number}.txt", text).id for number in range(1003))
    for question in questions:  # in about half of them BLAS gives equal rows different cosines
        hits = search(held, terms("story"), question, vectors=1003, words=50, fuse_k=60)
        assert [held.passages([hit.row])[0].article for hit in hits] == ids
        assert len({(hit.vector_score, hit.words_score) for hit in hits}) == 1
        assert [hit.vector_rank for hit in hits] == list(range(1, 1004))
    held.close()


@given(
    scores=st.lists(st.sampled_from([0.0, 0.25, 0.5, 1.0, -1.0]), max_size=40).map(
        lambda s: np.array(s, dtype=np.float32)
    ),
    count=st.integers(0, 50),
)
def test_the_best_are_those_of_a_full_sort(scores: np.ndarray, count: int) -> None:
    """The quick choice agrees with sorting everything, ties included."""
    standing = np.arange(len(scores), dtype=np.int32)[::-1]
    assert best(scores, count, standing) == np.lexsort((standing, -scores))[:count].tolist()


WORD = st.sampled_from(["flag", "harbour", "quake", "vote", "camp", "ship"])


@settings(max_examples=25, deadline=None)
@given(
    passages=st.lists(st.lists(WORD, max_size=9), min_size=1, max_size=12),
    wanted=st.lists(WORD | st.just("none"), max_size=4),
)
def test_words_score_as_the_definition_says(
    tmp_path_factory: pytest.TempPathFactory, passages: list[list[str]], wanted: list[str]
) -> None:
    """The columns, summed, against BM25 worked out in plain Python; empty passages included."""
    folder = tmp_path_factory.mktemp("words")
    write_words(folder, passages)
    expected = bm25(passages, wanted) if any(passages) else [0.0] * len(passages)
    assert Words(folder, len(passages)).scores(wanted).tolist() == pytest.approx(expected, rel=1e-5)


def test_an_empty_index_has_no_hits(tmp_path: Path) -> None:
    """And does not fail."""
    publish_texts(tmp_path, {})
    snapshot = open_snapshot(tmp_path)
    assert search(snapshot, ["flag"], vector("flag"), vectors=5, words=5, fuse_k=60) == []
    snapshot.close()


def test_the_order_of_articles_does_not_change_what_is_found(tmp_path: Path) -> None:
    """The same articles written in reverse give the same passages with the same scores, in the same order."""
    answers = []
    twice = [*TEXTS.items(), *((f"again {name}", text) for name, text in TEXTS.items())]
    for index, texts in ((tmp_path / "a", twice), (tmp_path / "b", twice[::-1])):
        with writing(index):
            publish(index, lambda folder, texts=texts: fill(folder, [article(*one) for one in texts]), 1)  # type: ignore[misc]  # mypy does not infer a default bound in a lambda
        snapshot = open_snapshot(index)
        found = []
        for question in QUESTIONS[:3]:
            for hit in search(snapshot, terms(question), vector(question), vectors=5, words=5, fuse_k=60):
                found.append((snapshot.passages([hit.row])[0], hit.score, hit.vector_score, hit.words_score))
        answers.append(found)
        snapshot.close()
    assert answers[0] == answers[1]
