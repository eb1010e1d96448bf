"""LlamaIndex: `VectorStoreIndex` with `HuggingFaceEmbedding`, as its starter tutorial for local models makes it.

`SentenceSplitter` cuts, by default into 1,024 tokens with 200 in common. all-MiniLM-L6-v2 reads 256 of them: so with
its defaults LlamaIndex embeds a part of the text alone and is done sooner for that, which the tables say by the tokens
that reach the model. With `--fit` the chunks are 256 tokens with 20 in common, as fits the model. The title is
metadata, which LlamaIndex embeds before every passage; the article's id is kept out of that. The store is the default
one, in memory. Everything else is as it comes.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from llama_index.core import Document, Settings, StorageContext, VectorStoreIndex, load_index_from_storage
from llama_index.core.node_parser import SentenceSplitter
from llama_index.core.schema import MetadataMode, TextNode
from llama_index.embeddings.huggingface import HuggingFaceEmbedding

from benchmarks.peers.protocol import Found, System, Text, Vectors, cosines, model_folder, serve


class LlamaIndex(System):
    """One index and its retriever."""

    def __init__(self, fit: bool) -> None:
        self.steps = {}
        self.packages = ("llama-index-core", "llama-index-embeddings-huggingface", "sentence-transformers", "torch")
        self._splitter = SentenceSplitter(chunk_size=256, chunk_overlap=20) if fit else SentenceSplitter()
        self._embedding = HuggingFaceEmbedding(model_name=model_folder())
        Settings.embed_model = self._embedding
        Settings.llm = None
        self._index: Any = None

    def build(self, articles: Sequence[Text]) -> Sequence[str]:
        documents = [
            Document(text=one.text, metadata=_metadata(one), excluded_embed_metadata_keys=["article"])
            for one in articles
        ]
        self._index = VectorStoreIndex.from_documents(documents, transformations=[self._splitter])
        return [one.get_content(MetadataMode.EMBED) for one in self._index.docstore.docs.values()]

    def fill(self, passages: Sequence[Text], vectors: Vectors) -> None:
        self._index = VectorStoreIndex([])
        for begin in range(0, len(passages), 1000):
            nodes = [
                TextNode(
                    id_=str(row), text=one.text, metadata=_metadata(one), excluded_embed_metadata_keys=["article"],
                    embedding=vectors[row].tolist(),
                )
                for row, one in enumerate(passages[begin : begin + 1000], begin)
            ]  # fmt: skip
            self._index.insert_nodes(nodes)

    def ask(self, question: str, k: int) -> Sequence[Found]:
        found = self._index.as_retriever(similarity_top_k=k).retrieve(question)
        return [Found(one.metadata["article"], one.get_content(MetadataMode.NONE)) for one in found]

    def embed(self, texts: Sequence[str]) -> Vectors:
        return np.array(self._embedding.get_text_embedding_batch(list(texts)), dtype=np.float32)

    def compare(self, question: str, texts: Sequence[str]) -> Sequence[float]:
        return cosines(self.embed, question, texts)

    def save(self, folder: Path) -> None:
        self._index.storage_context.persist(persist_dir=str(folder))

    def open(self, folder: Path) -> None:
        self._index = load_index_from_storage(StorageContext.from_defaults(persist_dir=str(folder)))


def _metadata(one: Text) -> dict[str, str]:
    return {"title": one.title, "article": one.id}


if __name__ == "__main__":
    serve(lambda: LlamaIndex("--fit" in sys.argv))
