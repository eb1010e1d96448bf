"""txtai: `Embeddings` with content, as its introduction makes it, over the paragraphs that its `Segmentation` cuts.

Paragraphs are what its guides on documents index; those of news pages are short, so there are many of them. The title
stands before each in the text that is indexed, so that it is embedded as Byline embeds it. The vector index is txtai's
default: faiss, exact up to 5,000 passages and approximate (IVF) above. With `--hybrid` it searches words too (its own
BM25), which its guides recommend. Everything else is as it comes.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from txtai import Embeddings
from txtai.pipeline import Segmentation

from benchmarks.peers.protocol import Found, System, Text, Vectors, cosines, model_folder, serve


class Txtai(System):
    """One Embeddings instance."""

    def __init__(self, hybrid: bool) -> None:
        self.steps = {}
        self.packages = ("txtai", "faiss-cpu", "transformers", "torch")
        self._settings = {"path": model_folder(), "content": True, "hybrid": hybrid}
        self._paragraphs = Segmentation(paragraphs=True)
        self._embeddings = Embeddings()

    def build(self, articles: Sequence[Text]) -> Sequence[str]:
        rows = _rows([Text(one.id, one.title, piece) for one in articles for piece in self._paragraphs(one.text)])
        self._embeddings = self._embeddings if self._embeddings.config else Embeddings(self._settings)
        self._embeddings.index(rows)
        return [row["text"] for _, row, _ in rows]

    def fill(self, passages: Sequence[Text], vectors: Vectors) -> None:
        """txtai embeds what it indexes, in order: its encoder is stood in for meanwhile."""
        self._embeddings = Embeddings(self._settings)
        model = self._embeddings.model
        taken = 0

        def encode(texts: Sequence[str], category: str | None = None) -> Any:
            nonlocal taken
            taken += len(texts)
            return np.array(vectors[taken - len(texts) : taken])

        model.encode = encode
        self._embeddings.index(_rows(passages))
        del model.encode
        if taken != len(vectors):
            raise ValueError(f"{taken} passages were embedded, {len(vectors)} vectors are there")

    def ask(self, question: str, k: int) -> Sequence[Found]:
        query = "select article, passage, score from txtai where similar(:question)"
        rows = self._embeddings.search(query, k, parameters={"question": question})
        return [Found(row["article"], row["passage"]) for row in rows]

    def embed(self, texts: Sequence[str]) -> Vectors:
        vectors: Vectors = np.asarray(self._bare.batchtransform(list(texts)), dtype=np.float32)
        return vectors

    @cached_property
    def _bare(self) -> Embeddings:
        return Embeddings({"path": model_folder()})

    def compare(self, question: str, texts: Sequence[str]) -> Sequence[float]:
        return cosines(self.embed, question, texts)

    def save(self, folder: Path) -> None:
        self._embeddings.save(str(folder))

    def open(self, folder: Path) -> None:
        self._embeddings = Embeddings()
        self._embeddings.load(str(folder))


def _rows(passages: Sequence[Text]) -> list[tuple[int, dict[str, str], None]]:
    return [
        (row, {"text": one.titled, "article": one.id, "passage": one.text}, None) for row, one in enumerate(passages)
    ]


if __name__ == "__main__":
    serve(lambda: Txtai("--hybrid" in sys.argv))
