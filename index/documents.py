"""Documents of any kind as the files of a generation, and read again: each a mapping that JSON can keep.

Comes in: mappings with `id`, `content` and `embedding` (either may be None), as document_store.py takes them from
haystack; then a generation that holds such. Goes out: files; mappings by row, cosines, scores of words. The promise others
lean on: what comes back equals what went in, or nothing was written. Knows nothing of haystack.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from index.article import sha256
from index.columns import write_words
from index.errors import IndexDamaged
from index.generations import Generation
from index.store import DOCUMENTS
from index.words import Words, terms

Matrix = NDArray[np.floating[Any]]

LINES = "documents.jsonl"
EMBEDDINGS = "embeddings.npy"
EMBEDDED = "embedded.npy"


class Written:
    """The documents of one generation, by row; without a generation, none."""

    def __init__(self, generation: Generation | None) -> None:
        self.name, self._lines = "", list[str]()
        self._words: Words | None = None
        self._matrix: Matrix = np.zeros((0, 0))
        self._embedded: NDArray[np.intp] = np.zeros(0, dtype=np.intp)
        if generation is not None:
            folder, self.name = generation.folder, generation.name
            try:
                self._lines = (folder / LINES).read_text(encoding="utf-8").split("\n")[:-1]
                self._matrix, self._embedded = np.load(folder / EMBEDDINGS, mmap_mode="r"), np.load(folder / EMBEDDED)
                self._words = Words(folder, len(self._lines))
            except (OSError, ValueError) as error:
                raise IndexDamaged(folder, f"a file cannot be opened: {error}") from error
        self.count = len(self._lines)

    def mappings(self, rows: Sequence[int]) -> list[dict[str, Any]]:
        """The documents of those rows, in the order asked for."""
        where = {row: place for place, row in enumerate(self._embedded.tolist())}
        found = []
        for row in rows:
            data = json.loads(self._lines[row])
            data["embedding"] = self._matrix[where[row]].tolist() if row in where else None
            found.append(data)
        return found

    def cosines(self, query: Matrix) -> tuple[NDArray[np.intp], Matrix]:
        """The rows that have an embedding, and the cosine of each."""
        if not len(self._embedded):
            return self._embedded, np.zeros(0)
        lengths = np.linalg.norm(self._matrix, axis=1)
        return self._embedded, (self._matrix @ direction(query, self._matrix.shape[1])) / lengths

    def words_scores(self, wanted: Sequence[str]) -> Matrix:
        """BM25 of each row for the terms."""
        return self._words.scores(wanted) if self._words else np.zeros(0)


def write(folder: Path, documents: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Lay the documents down; what the manifest is to say of them. Raises `ValueError` for one that cannot be kept."""
    lines = []
    for one in documents:
        data = {key: value for key, value in one.items() if key != "embedding"}
        try:
            lines.append(json.dumps(data, ensure_ascii=True))
            same = json.loads(lines[-1]) == data
        except (TypeError, ValueError):
            same = False
        if not same:
            raise ValueError(
                f"document {one['id']!r}: its meta holds what JSON cannot keep as it is; nothing was written"
            )
    text = "".join(f"{line}\n" for line in lines)
    (folder / LINES).write_text(text, encoding="ascii")
    embedded = [row for row, one in enumerate(documents) if one["embedding"] is not None]
    matrix = _matrix([documents[row] for row in embedded])
    for name, array in ((EMBEDDINGS, matrix), (EMBEDDED, np.array(embedded, dtype=np.intp))):
        with open(folder / name, "wb") as file:
            np.lib.format.write_array(file, array, allow_pickle=False)
    write_words(folder, [terms(one["content"] or "") for one in documents])
    digest = sha256(text.encode("ascii") + matrix.tobytes())
    return {"kind": DOCUMENTS, "content": digest, "counts": {"documents": len(documents), "embedded": len(embedded)}}


def direction(query: Matrix, width: int) -> Matrix:
    """The query at length one; raises `ValueError` where it has none, or another width."""
    length = np.linalg.norm(query)
    if query.shape != (width,) or not 0 < length < np.inf:
        raise ValueError(f"query_embedding must be {width} finite numbers, not all zero")
    return query / length


def _matrix(documents: Sequence[Mapping[str, Any]]) -> Matrix:
    """The embeddings as one matrix: float32, as models give them, unless that would lose something."""
    if not documents:
        return np.zeros((0, 0), dtype=np.float32)
    width = len(documents[0]["embedding"])
    for one in documents:
        row = np.asarray(one["embedding"], dtype=np.float64)
        if row.shape != (width,) or not 0 < np.linalg.norm(row) < np.inf:
            raise ValueError(
                f"document {one['id']!r}: its embedding is not {width} finite numbers; nothing was written"
            )
    exact = np.array([one["embedding"] for one in documents], dtype=np.float64)
    with np.errstate(over="ignore"):
        small = exact.astype(np.float32)
    return small if np.array_equal(small, exact) else exact
