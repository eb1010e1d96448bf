"""Haystack's own tests of a document store, as they stand, and what the store promises beyond them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from haystack.dataclasses import ByteStream, Document, SparseEmbedding
from haystack.document_stores.errors import DocumentStoreError, DuplicateDocumentError
from haystack.document_stores.types import DocumentStore, DuplicatePolicy
from haystack.testing.document_store import CountDocumentsByFilterTest, DocumentStoreBaseExtendedTests

from index import document_store as document_stores
from index.build import _old
from index.document_store import BylineDocumentStore
from index.errors import IndexBusy, IndexFailure
from index.generations import current
from index.store import open_snapshot
from index.writing import writing
from tests.index.points import Points, counted
from tests.index.test_publish import in_a_child
from tests.index.tiny import TEXTS, edition, publish_texts, vector


@pytest.fixture
def document_store(tmp_path: Path) -> BylineDocumentStore:
    """An empty store."""
    return BylineDocumentStore(tmp_path / "store")


class TestProtocol(DocumentStoreBaseExtendedTests, CountDocumentsByFilterTest):
    """Haystack's conformance tests, the 49 and the extended ones; equality is haystack's own, embeddings included."""

    @pytest.fixture
    def document_store(self, tmp_path: Path) -> BylineDocumentStore:
        """An empty store."""
        return BylineDocumentStore(tmp_path / "store")

    def test_write_documents(self, document_store: DocumentStore) -> None:
        """Without a policy, a duplicate is refused."""
        assert document_store.write_documents([Document(id="1", content="one")]) == 1
        with pytest.raises(DuplicateDocumentError):
            document_store.write_documents([Document(id="1", content="another")])


def unit(*numbers: float) -> list[float]:
    return [float(n) for n in np.array(numbers) / np.linalg.norm(numbers)]


DOCUMENTS = [
    Document(id="a", content="The harbour reopened.", embedding=unit(1, 0, 0), meta={"year": 2019}),
    Document(id="b", content="The harbour closed again, the harbour master said.", embedding=[3.0, 4.0, 0.0], meta={"year": 2020}),
    Document(id="c", content="Nothing of the kind.", meta={"year": 2020}),
    Document(id="d", embedding=unit(0, 0, -1), blob=ByteStream(b"\0\xff", mime_type="image/png"), meta={"deep": {"er": [1, None]}}),
    Document(id="e", content="", sparse_embedding=SparseEmbedding([1], [0.5])),
]  # fmt: skip


def test_every_kind_of_document_comes_back_as_it_went_in(document_store: BylineDocumentStore) -> None:
    """Blobs, sparse embeddings, nested meta, no content; also through another store on the same folder."""
    assert document_store.write_documents(DOCUMENTS) == 5
    assert document_store.filter_documents() == DOCUMENTS
    again = BylineDocumentStore.from_dict(document_store.to_dict())
    assert again.filter_documents() == DOCUMENTS


def test_retrieval_by_embedding_is_by_cosine(document_store: BylineDocumentStore) -> None:
    """Whatever the embeddings' lengths; documents without one are left out, filters come before `top_k`."""
    document_store.write_documents(DOCUMENTS)
    found = document_store.embedding_retrieval([2.0, 0.0, 0.0], top_k=2)
    assert [(one.id, round(one.score or 0, 6)) for one in found] == [("a", 1.0), ("b", 0.6)]
    only = {"field": "meta.year", "operator": "==", "value": 2020}
    assert [one.id for one in document_store.embedding_retrieval([2.0, 0.0, 0.0], top_k=2, filters=only)] == ["b"]
    for bad in ([1.0], [0.0, 0.0, 0.0], [float("nan"), 1.0, 1.0]):
        with pytest.raises(ValueError, match="3 finite numbers"):
            document_store.embedding_retrieval(bad)


def test_the_first_few_are_the_beginning_of_the_whole_ranking(document_store: BylineDocumentStore) -> None:
    """Also where many tie at the last place: those that were stored first come first."""
    document_store.write_documents([Document(id=f"{i:02}", embedding=unit(1, i % 3, 0)) for i in range(30)])
    ranking = [one.id for one in document_store.embedding_retrieval([1.0, 0.0, 0.0], top_k=30)]
    assert ranking == sorted(ranking, key=lambda id_: (int(id_) % 3, id_))
    for top_k in (0, 1, 4, 10, 11, 29, 40):
        assert [one.id for one in document_store.embedding_retrieval([1.0, 0.0, 0.0], top_k)] == ranking[:top_k]


def test_retrieval_by_words_is_by_bm25(document_store: BylineDocumentStore) -> None:
    """Only documents that share a word are found."""
    document_store.write_documents(DOCUMENTS)
    assert [one.id for one in document_store.bm25_retrieval("Harbour's master")] == ["b", "a"]
    assert document_store.bm25_retrieval("xyzzy") == []
    only = {"field": "meta.year", "operator": "==", "value": 2019}
    assert [one.id for one in document_store.bm25_retrieval("harbour", top_k=1, filters=only)] == ["a"]


def test_an_empty_store_finds_nothing(document_store: BylineDocumentStore, tmp_path: Path) -> None:
    """And makes no folder for it."""
    assert document_store.embedding_retrieval([1.0]) == document_store.bm25_retrieval("any") == []
    assert not (tmp_path / "store").exists()


@pytest.mark.parametrize(
    ("bad", "why"),
    [
        (Document(id="x", content="x", embedding=[float("nan"), 0.0, 0.0]), "embedding"),
        (Document(id="x", content="x", embedding=[0.0, 0.0, 0.0]), "embedding"),
        (Document(id="x", content="x", embedding=[1.0]), "embedding"),
        (Document(id="x", content="x", meta={"day": object()}), "JSON"),
        (Document(id="x", content="x", meta={"pair": (1, 2)}), "JSON"),
        (Document(id="x", content="x", meta={"half": float("nan")}), "JSON"),
        (Document(id="a", content="x"), "there already"),
    ],
)
def test_what_cannot_be_kept_is_refused_and_nothing_is_written(
    document_store: BylineDocumentStore, bad: Document, why: str
) -> None:
    """The whole batch, by the id of the document that was wrong."""
    document_store.write_documents(DOCUMENTS)
    with pytest.raises((ValueError, DuplicateDocumentError), match=rf"'{bad.id}'.*{why}.*nothing was written"):
        document_store.write_documents([Document(id="good", content="good"), bad])
    assert document_store.filter_documents() == DOCUMENTS


def test_embeddings_of_a_model_take_four_bytes_a_number(document_store: BylineDocumentStore, tmp_path: Path) -> None:
    """And eight only where they hold more than float32 does."""
    given = [("1", [0.5, 0.25], "float32"), ("2", [0.1, 0.7], "float64")]
    for document_id, numbers, kind in given:
        document_store.write_documents([Document(id=document_id, content="x", embedding=numbers)])
        assert np.load(current(tmp_path / "store").folder / "embeddings.npy").dtype == kind


def overwrite(folder: Path, points: Points) -> None:
    with counted(points):
        BylineDocumentStore(folder).write_documents(DOCUMENTS, policy=DuplicatePolicy.OVERWRITE)


def test_a_write_that_dies_at_any_operation_is_there_whole_or_not_at_all(tmp_path: Path) -> None:
    """Every k: the process exits at operation k of writing five documents."""
    store = BylineDocumentStore(tmp_path)
    store.write_documents([Document(id="first", content="first")])
    points = Points()
    with counted(points):
        store.write_documents(DOCUMENTS)
    store.delete_documents([one.id for one in DOCUMENTS])
    seen = set()
    assert len(points.passed) > 60
    for k in range(1, len(points.passed), 3):
        points = Points(k, lambda name: os._exit(7))
        assert in_a_child(lambda points=points: overwrite(tmp_path, points)) in (0, 7)  # type: ignore[misc]  # mypy does not infer a default bound in a lambda
        seen.add(store.count_documents())
        store.delete_documents([one.id for one in DOCUMENTS])
    assert seen == {1, 6}


def test_what_another_process_writes_is_seen_at_the_next_question(
    document_store: BylineDocumentStore, tmp_path: Path
) -> None:
    """Without opening the store anew."""
    assert document_store.count_documents() == 0
    for number in (1, 2):
        one = Document(id=str(number), content="from another process")
        assert in_a_child(lambda one=one: BylineDocumentStore(tmp_path / "store").write_documents([one])) == 0  # type: ignore[misc]  # mypy does not infer a default bound in a lambda
        assert document_store.count_documents() == number
    assert document_store.bm25_retrieval("process")


def test_a_second_writer_is_refused(document_store: BylineDocumentStore, tmp_path: Path) -> None:
    """At once, as with every index."""
    with writing(tmp_path / "store"), pytest.raises(IndexBusy):
        document_store.write_documents(DOCUMENTS)


@pytest.mark.parametrize("work", ["update", "delete"])
def test_a_change_by_filter_sees_what_was_written_just_before_it(
    document_store: BylineDocumentStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, work: str
) -> None:
    """Another writer gets in before the lock is taken: its documents are filtered too, and its words stay."""
    document_store.write_documents(DOCUMENTS)
    only = {"field": "meta.year", "operator": "==", "value": 2020}

    @contextmanager
    def overtaken(folder: Path) -> Iterator[None]:
        monkeypatch.setattr(document_stores, "writing", writing)
        late = [Document(id="b", content="Rewritten.", meta={"year": 2020}), Document(id="z", meta={"year": 2020})]
        BylineDocumentStore(folder).write_documents(late, policy=DuplicatePolicy.OVERWRITE)
        with writing(folder):
            yield

    monkeypatch.setattr(document_stores, "writing", overtaken)
    if work == "update":
        assert document_store.update_by_filter(only, {"seen": True}) == 3
        assert {one.id: one.content for one in document_store.filter_documents(only)}["b"] == "Rewritten."
    else:
        assert document_store.delete_by_filter(only) == 3
        assert document_store.filter_documents(only) == []


@pytest.fixture
def built(tmp_path: Path) -> tuple[BylineDocumentStore, Path]:
    """A store over an index that was built from articles."""
    publish_texts(tmp_path / "built")
    return BylineDocumentStore(tmp_path / "built"), tmp_path / "built"


def test_the_passages_of_a_built_index_are_documents(built: tuple[BylineDocumentStore, Path]) -> None:
    """Each is a slice of its article, by the offsets in its meta, and can be filtered, and found both ways."""
    store, index = built
    snapshot = open_snapshot(index)
    documents = store.filter_documents()
    assert len(documents) == store.count_documents() == snapshot.counts["passages"]
    assert len({one.id for one in documents}) == len(documents)
    for one in documents:
        text = snapshot.article(one.meta["article"]).article.text
        assert one.content == text[one.meta["start"] : one.meta["end"]]
    title = {"field": "meta.title", "operator": "==", "value": "quake"}
    assert {one.meta["title"] for one in store.filter_documents(title)} == {"quake"}
    query = vector("a yellow flag").tolist()
    assert "flag" in (store.embedding_retrieval(query, top_k=1)[0].content or "")
    assert "flag" in (store.bm25_retrieval("flag", top_k=1)[0].content or "")
    assert len(store.embedding_retrieval(query, top_k=1, filters=title)) == 1
    snapshot.close()


def test_a_documents_id_does_not_depend_on_the_generation(built: tuple[BylineDocumentStore, Path]) -> None:
    """The same passage of the same article goes by the same id after a rebuild in another order."""
    store, index = built
    before = {one.id: one.content for one in store.filter_documents()}
    publish_texts(index, dict(reversed(TEXTS.items())))
    assert {one.id: one.content for one in store.filter_documents()} == before
    publish_texts(index, edition(2))
    assert {one.content for one in store.filter_documents()} != set(before.values())


def test_a_built_index_is_not_written_through_the_protocol(built: tuple[BylineDocumentStore, Path]) -> None:
    """It is refused with the commands that do it; nothing changes."""
    store, index = built
    before = current(index)
    for work in (
        lambda: store.write_documents(DOCUMENTS),
        lambda: store.delete_documents([store.filter_documents()[0].id]),
        store.delete_all_documents,
    ):
        with pytest.raises(DocumentStoreError, match="byline build"):
            work()
    assert current(index) == before


def test_a_document_store_is_not_taken_for_an_index_of_articles(
    document_store: BylineDocumentStore, tmp_path: Path
) -> None:
    """Neither read nor overwritten by a build."""
    document_store.write_documents(DOCUMENTS)
    for work in (open_snapshot, _old):
        with pytest.raises(IndexFailure, match=r"index\.dir"):
            work(tmp_path / "store")
