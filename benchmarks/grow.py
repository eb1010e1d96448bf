"""A real index -> as many passages as asked for: its own articles first, then new ones made of their sentences.

Comes in: an open generation. Goes out: prepared articles, and an embedder that composes the vectors of grown passages
instead of working them out, so that a million need not be embedded. A grown article is as long as a real one; its
sentences are drawn from different articles, one to a paragraph. A passage's vector is that of a real one where it is a
real one; else the mean of the vectors of the passages that its sentences come from, a little noise, length one.
The words are as frequent as in the real articles, but no new ones come in: the vocabulary does not grow.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from index.article import Article, article_id, sha256
from index.embed import Vectors
from index.passages import passages
from index.prepare import Prepared, embedded_text
from index.split import Sentence
from index.store import Snapshot

_TARGET, _LONGEST = 600, 900
_NOISE = 0.02  # of each number, before the vector is made one of length one; a number is about 0.05


class Growth:
    """The material: sentences with the row of the passage that each stands in, and the base's vectors."""

    def __init__(self, base: Snapshot, seed: int = 1) -> None:
        self._base, self._random = base, random.Random(seed)
        self._noise = np.random.default_rng(seed)
        self._vectors: Vectors = np.array(base.vectors)
        self._rows: dict[int, int] = {}
        self._pieces: list[str] = []
        self._shapes: list[tuple[str | None, int]] = []
        for entry in base.entries():
            stored = base.article(entry.id)
            title = stored.article.title
            self._shapes.append((title, max(entry.pieces, 1)))
            for row, run in zip(stored.rows, base.passages_of(stored), strict=True):
                self._rows[hash(embedded_text(title, run.text))] = row
                for piece in stored.sentences[run.first : run.last + 1]:
                    self._rows[hash(piece.text)] = row
                    self._pieces.append(piece.text)

    def articles(self, count: int) -> Iterator[Prepared]:
        """Articles that have that many passages together, give or take one article."""
        made = 0
        for entry in self._base.entries():
            if made >= count:
                return
            stored = self._base.article(entry.id)
            runs = self._base.passages_of(stored)
            yield Prepared(self._base.key(entry.id), stored.article, stored.sentences, runs)
            made += len(runs)
        number = 0
        while made < count:
            one = self._grown(f"grown/{number}")
            yield one
            made += len(one.passages)
            number += 1

    def write(self, path: Path, name: str, count: int) -> int:
        """Write grown articles that have about that many passages together, as JSON lines; how many those are."""
        made = 0
        with open(path, "w", encoding="utf-8") as file:
            for number in range(count):
                if made >= count:
                    break
                one = self._grown(f"{name}/{number}")
                fields = {"id": f"{name}/{number}", "title": one.article.title, "text": one.article.text}
                file.write(json.dumps(fields) + "\n")
                made += len(one.passages)
        return made

    def encode(self, texts: Sequence[str]) -> Vectors:
        """One vector a text, composed."""
        chosen = [self._sources(text) for text in texts]
        mean = np.add.reduceat(self._vectors[np.concatenate(chosen)], np.cumsum([0, *map(len, chosen[:-1])]), axis=0)
        mean /= np.linalg.norm(mean, axis=1, keepdims=True)
        several = np.array([len(rows) > 1 for rows in chosen], dtype=np.float32)[:, None]
        mean += _NOISE * several * self._noise.standard_normal(mean.shape, dtype=np.float32)
        vectors: Vectors = mean / np.linalg.norm(mean, axis=1, keepdims=True)
        return vectors

    def _sources(self, text: str) -> list[int]:
        if (row := self._rows.get(hash(text))) is not None:
            return [row]
        found = [self._rows.get(hash(part.rsplit("\n", 1)[-1])) for part in text.split("\n\n")]
        # a grown text may have been cut otherwise than it was put together: any row will do then
        return [row for row in found if row is not None] or [hash(text) % len(self._vectors), 0]

    def _grown(self, name: str) -> Prepared:
        title, length = self._random.choice(self._shapes)
        pieces = self._random.choices(self._pieces, k=length)
        text, sentences, start = "\n\n".join(pieces), [], 0
        for piece in pieces:
            sentences.append(Sentence(start, start + len(piece), piece))
            start += len(piece) + 2
        id_ = article_id(name)
        runs = passages(id_, text, sentences, _TARGET, _LONGEST)
        return Prepared(name, Article(id_, text, sha256(text.encode()), name, title=title), sentences, runs)
