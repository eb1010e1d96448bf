"""Haystack's DocumentStore protocol over published generations; the only door to haystack.

Comes in: haystack `Document`s, to be written; or the folder of an index that was built from articles. Goes out:
`Document`s by filter, by embedding and by words. The promise others lean on: each write publishes one generation, so
it is there whole or not at all, and readers in other processes see it at their next question.

A folder holds one of two things. Documents that came through the protocol may be anything haystack allows; every
write lays all of them down anew, so write many at a time. An index built from articles gives its passages as
documents and is changed by `byline` alone: a passage without its article could not be cited.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from index.documents import Matrix, Written, direction, write
from index.errors import IndexMissing
from index.generations import Generation, current, hold
from index.publish import publish
from index.store import DOCUMENTS, Snapshot
from index.vectors import highest
from index.words import terms
from index.writing import writing

os.environ["HAYSTACK_TELEMETRY_ENABLED"] = "false"  # it is read when haystack is imported

from haystack import default_from_dict, default_to_dict
from haystack.dataclasses import Document
from haystack.document_stores.errors import DocumentStoreError, DuplicateDocumentError
from haystack.document_stores.types import DuplicatePolicy
from haystack.errors import FilterError
from haystack.utils.filters import document_matches_filter

Filters = dict[str, Any] | None

_STEP = 256  # documents made at a time while filters are tried on a ranking


class BylineDocumentStore:
    """The documents in a folder; nothing is opened before it is asked for."""

    def __init__(self, folder: str | Path, keep: int = 2) -> None:
        self._folder, self._keep = Path(folder), keep
        self._shelf: _Shelf = _Written(None)
        self._turn = threading.Lock()

    def to_dict(self) -> dict[str, Any]:
        """The store as haystack writes it into a pipeline's file."""
        return default_to_dict(self, folder=str(self._folder), keep=self._keep)

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> BylineDocumentStore:
        """The store that `to_dict` described."""
        store: BylineDocumentStore = default_from_dict(cls, data)
        return store

    def count_documents(self) -> int:
        """How many documents there are."""
        return self._current().count

    def count_documents_by_filter(self, filters: dict[str, Any]) -> int:
        """How many documents the filters let through."""
        return len(self.filter_documents(filters))

    def filter_documents(self, filters: Filters = None) -> list[Document]:
        """The documents that the filters let through, in the order in which they are stored."""
        shelf = self._current()
        return [one for _, one in _matching(shelf, range(shelf.count), filters)]

    def embedding_retrieval(
        self, query_embedding: list[float], top_k: int = 10, filters: Filters = None
    ) -> list[Document]:
        """The documents nearest by cosine, best first, their score being the cosine; those without embedding never."""
        shelf = self._current()
        rows, scores = shelf.cosines(np.asarray(query_embedding, dtype=np.float64))
        return _best(shelf, rows, scores, top_k, filters)

    def bm25_retrieval(self, query: str, top_k: int = 10, filters: Filters = None) -> list[Document]:
        """The documents best by BM25, best first; those that share no term with the query never."""
        shelf = self._current()
        scores = shelf.words_scores(terms(query))
        rows = np.flatnonzero(scores > 0)
        return _best(shelf, rows, scores[rows], top_k, filters)

    def write_documents(self, documents: list[Document], policy: DuplicatePolicy = DuplicatePolicy.NONE) -> int:
        """Store documents, all or none; returns how many were written. NONE means FAIL, as in haystack's own store."""
        if not all(isinstance(one, Document) for one in documents):  # the letters of a string are none either
            raise ValueError("write_documents wants a list of haystack Documents")
        written: list[Document] = []

        def change(stored: dict[str, Document]) -> None:
            for one in documents:
                if one.id in stored and policy is DuplicatePolicy.SKIP:
                    continue
                if one.id in stored and policy is not DuplicatePolicy.OVERWRITE:
                    raise DuplicateDocumentError(f"a document of id {one.id!r} is there already; nothing was written")
                stored[one.id] = one
                written.append(one)

        self._change(change)
        return len(written)

    def delete_documents(self, document_ids: list[str]) -> None:
        """Remove the documents of these ids; an id that is not there is passed over."""
        self._change(lambda stored: [stored.pop(one, None) for one in document_ids])

    def delete_all_documents(self) -> None:
        """Remove every document."""
        self._change(lambda stored: stored.clear())

    def delete_by_filter(self, filters: dict[str, Any]) -> int:
        """Remove what the filters let through; returns how many documents that were."""
        lets, doomed = _test(filters), list[str]()

        def change(stored: dict[str, Document]) -> None:
            doomed.extend(id_ for id_, one in stored.items() if lets(one))
            for id_ in doomed:
                del stored[id_]

        self._change(change)
        return len(doomed)

    def update_by_filter(self, filters: dict[str, Any], meta: dict[str, Any]) -> int:
        """Set these fields of the meta of what the filters let through; returns how many documents that were."""
        lets, found = _test(filters), list[Document]()

        def change(stored: dict[str, Document]) -> None:
            found.extend(replace(one, meta={**one.meta, **meta}) for one in stored.values() if lets(one))
            stored.update((one.id, one) for one in found)

        self._change(change)
        return len(found)

    def _current(self) -> _Shelf:
        with self._turn:
            try:
                if current(self._folder, whole=False).name != self._shelf.name:
                    self._shelf = hold(self._folder, _open)
            except IndexMissing:
                self._shelf = _Written(None)
            return self._shelf

    def _change(self, change: Callable[[dict[str, Document]], object]) -> None:
        """Publish what `change` makes of the documents by id; one writer at a time, `IndexBusy` for the others."""
        with writing(self._folder):
            shelf = self._current()
            if not isinstance(shelf, _Written):
                raise DocumentStoreError(
                    f"{self._folder} was built from articles; change it with `byline build`, `add` or `remove`"
                )
            before = {one.id: one for one in shelf.documents(range(shelf.count))}
            after = dict(before)
            change(after)
            if after != before:
                publish(
                    self._folder,
                    lambda folder: write(folder, [one.to_dict(flatten=False) for one in after.values()]),
                    self._keep,
                )


class _Shelf(Protocol):
    """One generation's documents, by row."""

    name: str
    count: int

    def documents(self, rows: Sequence[int]) -> list[Document]: ...
    def cosines(self, query: Matrix) -> tuple[NDArray[np.intp], Matrix]: ...
    def words_scores(self, wanted: Sequence[str]) -> Matrix: ...


class _Written(Written):
    """Documents that came through the protocol."""

    def documents(self, rows: Sequence[int]) -> list[Document]:
        return [Document.from_dict(one) for one in self.mappings(rows)]


class _Built:
    """The passages of an index built from articles."""

    def __init__(self, generation: Generation) -> None:
        self._snapshot = Snapshot(generation)
        self.name, self.count = generation.name, self._snapshot.counts["passages"]

    def documents(self, rows: Sequence[int]) -> list[Document]:
        return [self._document(row) for row in rows]

    def _document(self, row: int) -> Document:
        (passage,) = self._snapshot.passages([row])
        article = self._snapshot.article(passage.article).article
        meta = {
            "article": article.id, "title": article.title, "source": article.source, "url": article.url,
            "published": article.published, "start": passage.start, "end": passage.end, "first": passage.first,
            "last": passage.last,
        }  # fmt: skip
        name, vector = f"{article.id}:{passage.first}-{passage.last}", self._snapshot.vectors[row]
        return Document(id=name, content=passage.text, meta=meta, embedding=vector.tolist())

    def cosines(self, query: Matrix) -> tuple[NDArray[np.intp], Matrix]:
        vectors = self._snapshot.vectors
        return np.arange(self.count), vectors @ direction(query, vectors.shape[1]).astype(np.float32)

    def words_scores(self, wanted: Sequence[str]) -> Matrix:
        return self._snapshot.words.scores(wanted)


def _open(generation: Generation) -> _Shelf:
    return _Written(generation) if generation.manifest.get("kind") == DOCUMENTS else _Built(generation)


def _matching(shelf: _Shelf, rows: Sequence[int], filters: Filters) -> Iterator[tuple[int, Document]]:
    """The places in `rows` whose documents the filters let through, with these."""
    lets = _test(filters)
    for begin in range(0, len(rows), _STEP):
        for place, one in enumerate(shelf.documents(rows[begin : begin + _STEP]), begin):
            if lets(one):
                yield place, one


def _test(filters: Filters) -> Callable[[Document], bool]:
    """Whether the filters let a document through; no filters let every one through."""
    if not filters:
        return lambda one: True
    if "operator" not in filters:
        raise FilterError(f"not a filter: {filters!r}; it has no 'operator'")
    return lambda one: document_matches_filter(filters, one)


def _best(shelf: _Shelf, rows: NDArray[np.intp], scores: Matrix, top_k: int, filters: Filters) -> list[Document]:
    """The first `top_k` that the filters let through, highest score first, ties to the lower row."""
    if filters:
        order = np.lexsort((rows, -scores))
    else:  # nobody looks beyond them
        near = highest(scores, max(top_k, 0), 0, None)
        order = near[np.lexsort((rows[near], -scores[near]))][:top_k]
    ranked, scored = rows[order].tolist(), scores[order].tolist()
    found = islice(_matching(shelf, ranked, filters), top_k)
    return [replace(one, score=scored[place]) for place, one in found]
