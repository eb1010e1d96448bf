"""BM25 alone: bm25s with English stop words and stems, as its own README sets it up; no vectors at all.

Passages are runs of 200 words, as haystack cuts by default, each with its article's title before it. What it shows is
the price and the worth of meaning: it must be the fastest here.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import bm25s
import numpy as np
import Stemmer

from benchmarks.peers.protocol import Found, System, Text, Vectors, serve

_WORDS = 200


class Bm25(System):
    """One index and the passages beside it."""

    def __init__(self) -> None:
        self.steps = {}
        self.packages = ("bm25s", "PyStemmer")
        self._stemmer = Stemmer.Stemmer("english")
        self._index = bm25s.BM25()
        self._passages: Sequence[Text] = ()

    def build(self, articles: Sequence[Text]) -> Sequence[str]:
        self._store([Text(one.id, one.title, run) for one in articles for run in _runs(one.text)])
        return [one.titled for one in self._passages]

    def fill(self, passages: Sequence[Text], vectors: Vectors) -> None:
        self._store(passages)

    def ask(self, question: str, k: int) -> Sequence[Found]:
        k = min(k, len(self._passages))
        rows, _ = self._index.retrieve(self._tokens([question]), k=k, show_progress=False)
        found = [self._passages[row] for row in rows[0].tolist()]
        return [Found(one.id, one.text) for one in found]

    def embed(self, texts: Sequence[str]) -> Vectors:
        return np.zeros((len(texts), 0), dtype=np.float32)

    def compare(self, question: str, texts: Sequence[str]) -> Sequence[float]:
        """Each text by the sum of its words' worths in the whole index, once a word, over the root of its length."""
        asked = set(self._words(question))
        worth = {word: self._worth(word) for word in asked}
        found = [self._words(text) for text in texts]
        return [sum(worth[word] for word in asked & set(words)) / max(1, len(words)) ** 0.5 for words in found]

    def save(self, folder: Path) -> None:
        self._index.save(folder)
        (folder / "passages.json").write_text(
            json.dumps([(one.id, one.title, one.text) for one in self._passages]), encoding="utf-8"
        )

    def open(self, folder: Path) -> None:
        self._index = bm25s.BM25.load(folder)
        self._passages = [Text(*one) for one in json.loads((folder / "passages.json").read_text("utf-8"))]

    def _store(self, passages: Sequence[Text]) -> None:
        self._passages = passages
        self._index = bm25s.BM25()
        self._index.index(self._tokens([one.titled for one in passages]), show_progress=False)

    def _worth(self, word: str) -> float:
        """How rare a word is among the passages, as BM25 weighs it."""
        held = 0
        if (column := self._index.vocab_dict.get(word)) is not None:
            pointers = self._index.scores["indptr"]
            held = int(pointers[column + 1] - pointers[column])
        return float(np.log(1 + (len(self._passages) - held + 0.5) / (held + 0.5)))

    def _words(self, text: str) -> list[str]:
        (words,) = bm25s.tokenize([text], stopwords="en", stemmer=self._stemmer, return_ids=False, show_progress=False)
        return list(words)

    def _tokens(self, texts: Sequence[str]) -> Any:
        return bm25s.tokenize(texts, stopwords="en", stemmer=self._stemmer, show_progress=False)


def _runs(text: str) -> list[str]:
    words = text.split(" ")
    return [" ".join(words[begin : begin + _WORDS]) for begin in range(0, len(words), _WORDS)]


if __name__ == "__main__":
    serve(Bm25)
