"""Publish, then load, is identity; what is read is checked, and a snapshot outlives its folder."""

from __future__ import annotations

import shutil
import string
import threading
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from index.article import Article, sha256
from index.cuts import KINDS
from index.draft import ARTICLES, Draft
from index.errors import ArticleUnknown, IndexDamaged, IndexFailure
from index.passages import Passage, passages
from index.publish import publish
from index.sources.files import Skipped
from index.split import Sentence
from index.store import Snapshot, open_snapshot
from index.vectors import VECTORS
from index.verify import verify
from index.words import terms
from index.writing import writing
from tests.index.tiny import edition, publish_texts, vector

TEXT = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=60)
LINE = st.text(st.sampled_from(string.ascii_letters + " éß漢😀\u0301'"), min_size=1, max_size=12)
MAYBE = st.none() | LINE
Prepared = tuple[Article, tuple[Sentence, ...], tuple[Passage, ...]]


@st.composite
def prepared(draw: st.DrawFn) -> Prepared:
    """An article of any text, cut into pieces at any places."""
    text = draw(TEXT)
    cuts = sorted(draw(st.sets(st.integers(0, len(text)), max_size=8)))
    sentences = tuple(
        Sentence(start, end, text[start:end], draw(st.sampled_from(KINDS)))
        for start, end in zip(cuts[::2], cuts[1::2], strict=False)
    )
    article = Article(
        draw(LINE), text, sha256(b"raw"), draw(LINE), draw(LINE), draw(MAYBE), draw(MAYBE), draw(MAYBE),
        tuple(draw(st.lists(LINE, max_size=2))), draw(MAYBE), draw(MAYBE), tuple(draw(st.lists(LINE, max_size=2))),
        tuple(draw(st.lists(LINE, max_size=2))),
    )  # fmt: skip
    return article, sentences, passages(article.id, text, sentences, 5, 10)


def write(folder: Path, articles: list[Prepared], skipped: list[Skipped]) -> dict[str, object]:
    draft = Draft(folder)
    for article, sentences, runs in articles:
        draft.add(article, f"key of {article.id}", sentences, runs, [terms(run.text) for run in runs])
        if runs:
            draft.add_vectors(np.array([vector(run.text) for run in runs]))
    draft.skip(skipped)
    return {"content": "0" * 64, "counts": draft.finish()}


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    articles=st.lists(prepared(), max_size=4, unique_by=lambda one: one[0].id),
    skipped=st.lists(st.builds(Skipped, LINE, LINE, LINE), max_size=2),
)
def test_publish_then_load_is_identity(tmp_path: Path, articles: list[Prepared], skipped: list[Skipped]) -> None:
    """Articles, sentences, passages, vectors, words and what was skipped come back as they went in, in order."""
    with writing(tmp_path):
        publish(tmp_path, lambda folder: write(folder, articles, skipped), 1)
    snapshot = open_snapshot(tmp_path)
    verify(snapshot)
    assert [entry.id for entry in snapshot.entries()] == [article.id for article, _, _ in articles]
    runs = [run for _, _, found in articles for run in found]
    for article, sentences, found in articles:
        stored = snapshot.article(article.id)
        assert (stored.article, stored.sentences) == (article, sentences)
        assert snapshot.passages_of(stored) == found
        assert snapshot.key(article.id) == f"key of {article.id}"
        assert all(article.text[s.start : s.end] == s.text for s in stored.sentences)
    assert snapshot.passages(range(len(runs))) == runs
    assert snapshot.vectors.tolist() == [vector(run.text).tolist() for run in runs]
    for row, run in enumerate(runs):
        assert all(snapshot.words.scores([term])[row] > 0 for term in terms(run.text))
    assert snapshot.skipped() == skipped
    assert snapshot.counts["sentences"] == sum(len(sentences) for _, sentences, _ in articles)
    snapshot.close()


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf, 0.0, 3e38], ids=str)
def test_a_vector_that_is_not_a_direction_is_refused_with_its_row(tmp_path: Path, bad: float) -> None:
    """IDX-013, when building: NaN, infinite, zero and overlong rows never reach a generation."""
    draft = Draft(tmp_path)
    good = np.array([vector("one"), vector("two")])
    draft.add_vectors(good)
    spoiled = good.copy()
    spoiled[1] = bad
    with pytest.raises(IndexFailure, match="the vector of row 3 has length"):
        draft.add_vectors(spoiled)
    draft.close()


def test_vectors_of_two_widths_are_refused(tmp_path: Path) -> None:
    """One generation holds vectors of one space."""
    draft = Draft(tmp_path)
    draft.add_vectors(np.eye(3, dtype=np.float32))
    with pytest.raises(IndexFailure, match="4 numbers after some of 3"):
        draft.add_vectors(np.eye(4, dtype=np.float32))
    draft.close()


def test_half_precision_vectors_are_stored_as_floats(tmp_path: Path) -> None:
    """IX11: what is stored is float32, whatever came."""
    draft = Draft(tmp_path)
    draft.add_vectors(np.eye(4, dtype=np.float16))
    draft.close()
    assert np.array_equal(np.fromfile(tmp_path / VECTORS, dtype="<f4").reshape(4, 4), np.eye(4))


def test_fewer_vectors_than_passages_are_refused(tmp_path: Path) -> None:
    """IDX-014, when building: every passage has its vector or nothing is published."""
    draft = Draft(tmp_path)
    text = "One sentence."
    sentences = (Sentence(0, len(text), text),)
    article = Article("a", text, "", "a")
    draft.add(article, "a", sentences, passages("a", text, sentences, 60, 120), [terms(text)])
    with pytest.raises(ValueError, match="1 passages but 0 vectors"):
        draft.finish()


def test_a_text_damaged_after_opening_is_not_read(tmp_path: Path) -> None:
    """IX8: the digest is compared when the article is read, not only when the index is opened."""
    generation = publish_texts(tmp_path)
    snapshot = open_snapshot(tmp_path)
    path = generation.folder / ARTICLES
    data = path.read_bytes()
    assert data.count(b"yellow flag") == 1
    with open(path, "r+b") as file:
        file.write(data.replace(b"yellow flag", b"yellow flog"))
    snapshot._query("PRAGMA shrink_memory")  # what SQLite has in memory is not what lies on the disk
    entry = next(entry for entry in snapshot.entries() if "baghuz" in entry.id)
    with pytest.raises(IndexDamaged, match="not what was indexed"):
        snapshot.article(entry.id)
    snapshot.close()


def test_a_database_zeroed_after_opening_is_damage_and_no_crash(tmp_path: Path) -> None:
    """IX8: SQLite's own complaint is told as ours."""
    generation = publish_texts(tmp_path)
    snapshot = open_snapshot(tmp_path)
    with open(generation.folder / ARTICLES, "r+b") as file:
        file.write(bytes(len(file.read())))
        file.seek(0)
        file.write(bytes((generation.folder / ARTICLES).stat().st_size))
    with pytest.raises((IndexDamaged, ArticleUnknown)):
        snapshot.article("baghuz")
    snapshot.close()


def test_a_snapshot_outlives_newer_generations_and_its_own_folder(tmp_path: Path) -> None:
    """All of it: texts, vectors, and words, though none of them had been asked for before the folder went."""
    publish_texts(tmp_path, edition(1))
    snapshot = open_snapshot(tmp_path)
    folder = snapshot.generation.folder
    for number in (2, 3, 4):
        publish_texts(tmp_path, edition(number))
    assert not folder.exists()
    runs = snapshot.passages(range(snapshot.counts["passages"]))
    assert all("Edition 1" in snapshot.article(entry.id).article.text for entry in snapshot.entries())
    assert np.argmax(snapshot.words.scores(terms("Rotterdam"))) == next(
        i for i, r in enumerate(runs) if "Rotterdam" in r.text
    )
    assert np.allclose(snapshot.vectors[0], vector(runs[0].text))
    snapshot.close()


def test_one_snapshot_serves_several_threads(tmp_path: Path) -> None:
    """Eight threads read articles, passages and words at once, and each gets what one alone gets."""
    publish_texts(tmp_path)
    snapshot = open_snapshot(tmp_path)
    ids = [entry.id for entry in snapshot.entries()]
    alone = [snapshot._article(id_) for id_ in ids]
    rows = range(snapshot.counts["passages"])
    runs, scores = snapshot.passages(rows), snapshot.words.scores(terms("Monday flag"))
    wrong: list[object] = []

    def read() -> None:
        try:
            for _ in range(30):
                assert [snapshot._article(id_) for id_ in ids] == alone
                assert snapshot.passages(rows) == runs
                assert np.array_equal(snapshot.words.scores(terms("Monday flag")), scores)
                assert len(list(snapshot.entries())) == len(ids)
        except BaseException as failure:
            wrong.append(failure)

    threads = [threading.Thread(target=read) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    snapshot.close()


def test_an_article_goes_by_its_id_or_an_unambiguous_beginning(tmp_path: Path) -> None:
    """Marks that SQL reads as wildcards mean themselves, and an empty word means no article."""
    publish_texts(tmp_path, {"a_b.txt": "One.", "a_c.txt": "Two.", "axb.txt": "Three."})
    snapshot = open_snapshot(tmp_path)
    ids = [entry.id for entry in snapshot.entries()]
    assert [snapshot.entry(id_).id for id_ in ids] == ids
    assert snapshot.entry("ax").id == ids[2]
    for unclear, why in (
        ("a-", "more than one"),
        ("", "byline articles"),
        ("%", "byline articles"),
        ("a_", "byline"),
        ("A", "by"),
    ):
        with pytest.raises(ArticleUnknown, match=why):
            snapshot.entry(unclear)
    with pytest.raises(ArticleUnknown, match="byline articles"):
        snapshot.article("nobody")
    assert snapshot.entry("axb.txt").id == snapshot.entry(snapshot.entry("ax").origin).id == ids[2]
    snapshot.close()


def test_an_empty_generation_can_be_read(tmp_path: Path) -> None:
    """No article is not damage."""
    publish_texts(tmp_path, {})
    snapshot = open_snapshot(tmp_path)
    verify(snapshot)
    assert (list(snapshot.entries()), snapshot.period(), snapshot.vectors.shape[0]) == ([], None, 0)
    snapshot.close()


def test_a_folder_that_is_gone_is_damage(tmp_path: Path) -> None:
    """A snapshot of a generation that was pruned before it was opened says so."""
    generation = publish_texts(tmp_path)
    shutil.rmtree(generation.folder)
    with pytest.raises(IndexDamaged):
        Snapshot(generation)
