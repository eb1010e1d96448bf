"""haystack-ai 3 with sentence-transformers-haystack and the in-memory store, the way its own tutorials put it together.

An indexing pipeline of splitter, document embedder and writer, a query pipeline of text embedder and retriever, and
with `--ranker` a cross-encoder behind it. Passages are cut by words, as in the tutorial on hybrid retrieval, whose
advice is to fit their length to the model's limit: DocumentSplitter's default of 200 words without overlap comes to
about the 256 tokens that all-MiniLM-L6-v2 reads, so nothing is embedded twice and little is cut off. Titles are
embedded with every passage (`meta_fields_to_embed`), as Byline embeds them. Everything else is as it comes.

There is no model hub here, so the ranker is made of all-MiniLM-L6-v2's own weights with a head of random numbers: it
takes as long as a trained one of this size (the well-known ms-marco-MiniLM-L-6-v2 has the same shape), and what it
ranks first means nothing. No quality is reported for it.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from haystack import Document, Pipeline
from haystack.components.preprocessors import DocumentSplitter
from haystack.components.retrievers.in_memory import InMemoryEmbeddingRetriever
from haystack.components.writers import DocumentWriter
from haystack.document_stores.in_memory import InMemoryDocumentStore
from haystack_integrations.components.embedders.sentence_transformers import (
    SentenceTransformersDocumentEmbedder,
    SentenceTransformersTextEmbedder,
)
from haystack_integrations.components.rankers.sentence_transformers import SentenceTransformersSimilarityRanker

from benchmarks.peers.protocol import Found, System, Text, Vectors, cosines, model_folder, serve

_TITLE = ["title"]


class Haystack(System):
    """The two pipelines over one store."""

    def __init__(self, ranker: bool) -> None:
        self.steps = {}
        self.packages = ("haystack-ai", "sentence-transformers-haystack", "sentence-transformers", "torch")
        self._model = model_folder()
        self._embedder = SentenceTransformersTextEmbedder(model=self._model, progress_bar=False)
        self._ranker = _random_cross_encoder(self._model) if ranker else None
        self._use(InMemoryDocumentStore())

    def _use(self, store: InMemoryDocumentStore) -> None:
        self._store = store
        query = Pipeline()
        query.add_component("text_embedder", SentenceTransformersTextEmbedder(model=self._model, progress_bar=False))
        query.add_component("retriever", InMemoryEmbeddingRetriever(store))
        query.connect("text_embedder.embedding", "retriever.query_embedding")
        self._query = query

    def build(self, articles: Sequence[Text]) -> Sequence[str]:
        store = InMemoryDocumentStore()
        indexing = Pipeline()
        indexing.add_component("splitter", DocumentSplitter(split_by="word", split_length=200))
        # a new component, as a pipeline wants; haystack keeps the loaded model behind it
        indexing.add_component(
            "embedder",
            SentenceTransformersDocumentEmbedder(model=self._model, progress_bar=False, meta_fields_to_embed=_TITLE),
        )
        indexing.add_component("writer", DocumentWriter(store))
        indexing.connect("splitter", "embedder")
        indexing.connect("embedder", "writer")
        documents = [Document(content=one.text, meta={"article": one.id, "title": one.title}) for one in articles]
        indexing.run({"splitter": {"documents": documents}})
        self._use(store)
        return [f"{one.meta['title']}\n{one.content}" for one in store.storage.values()]

    def fill(self, passages: Sequence[Text], vectors: Vectors) -> None:
        store = InMemoryDocumentStore()
        for begin in range(0, len(passages), 1000):
            documents = [
                Document(
                    id=str(row), content=one.text, meta={"article": one.id, "title": one.title},
                    embedding=vectors[row].tolist(),
                )
                for row, one in enumerate(passages[begin : begin + 1000], begin)
            ]  # fmt: skip
            store.write_documents(documents)
        self._use(store)

    def ask(self, question: str, k: int) -> Sequence[Found]:
        began = time.perf_counter()
        found = self._query.run({"text_embedder": {"text": question}, "retriever": {"top_k": k}})["retriever"]
        documents = found["documents"]
        self.steps = {"retrieve": time.perf_counter() - began}
        if self._ranker is not None:
            # timed and thrown away: what weights without training put first is no answer
            self._ranker.run(query=question, documents=documents, top_k=k)
        return [Found(one.meta["article"], one.content or "") for one in documents]

    def embed(self, texts: Sequence[str]) -> Vectors:
        return np.array([self._embedder.run(text=text)["embedding"] for text in texts], dtype=np.float32)

    def compare(self, question: str, texts: Sequence[str]) -> Sequence[float]:
        return cosines(self.embed, question, texts)

    def save(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._store.save_to_disk(str(folder / "store.json"))

    def open(self, folder: Path) -> None:
        self._use(InMemoryDocumentStore.load_from_disk(str(folder / "store.json")))


def _random_cross_encoder(model: str) -> Any:
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    with tempfile.TemporaryDirectory() as folder:
        AutoModelForSequenceClassification.from_pretrained(model, num_labels=1).save_pretrained(folder)
        AutoTokenizer.from_pretrained(model).save_pretrained(folder)
        ranker = SentenceTransformersSimilarityRanker(model=folder)
        ranker.warm_up()
    return ranker


if __name__ == "__main__":
    serve(lambda: Haystack("--ranker" in sys.argv))
