"""Byline under the same orders as its peers: `index.build` to build, `Archive.ask` to ask, on disk as always.

What it stores is the index folder itself, so that `save` has nothing to do; `fill` is refused, for Byline's passages
are what the peers are filled with. A build is the whole of it: boilerplate, sentences, words, vectors, checksums, and
the generation published with everything synced to disk; the peers' stay in memory.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from benchmarks.peers.protocol import Found, System, Text, Vectors, cosines, serve
from bot.archive import Archive, embedding, recipe
from bot.cite import Citation
from bot.config import load_config
from bot.retrieve import Candidate
from index.build import build
from index.embed import load_embedder
from index.prepare import embedded_text


class Byline(System):
    """One index folder, and the archive that holds it open."""

    def __init__(self) -> None:
        self.steps = {}
        self.packages = ("byline",)
        self._folder = Path(tempfile.mkdtemp(prefix="byline-bench-"))
        threads = os.environ.get("BYLINE_MACHINE__THREADS", "2")
        self._config = load_config(None, {"BYLINE_MACHINE__THREADS": threads}, None)
        self._archive = self._open(self._folder / "index")
        self._embedder = load_embedder(embedding(self._config), bulk=False)

    def build(self, articles: Sequence[Text]) -> Sequence[str]:
        place = self._folder / "index"
        shutil.rmtree(place, ignore_errors=True)
        source = self._folder / "articles.jsonl"
        with open(source, "w", encoding="utf-8") as file:
            file.writelines(json.dumps({"id": a.id, "title": a.title, "text": a.text}) + "\n" for a in articles)
        build(place, [source], recipe(self._config), lambda *_: None)
        self._archive = self._open(place)
        snapshot = self._archive.snapshot()
        stored = (snapshot.article(entry.id) for entry in snapshot.entries())
        return [embedded_text(one.article.title, p.text) for one in stored for p in snapshot.passages_of(one)]

    def fill(self, passages: Sequence[Text], vectors: Vectors) -> None:
        raise NotImplementedError("Byline's own passages are what the others are filled with")

    def ask(self, question: str, k: int) -> Sequence[Found]:
        asked = self._archive.ask(question)
        self.steps = {name: ms / 1000 for name, ms in asked.answer.timings_ms.items()}
        cited = asked.answer.citations or asked.answer.nearest
        found = [Found(one.article, _passage(one, asked.candidates), one.quote) for one in cited]
        rest = [Found(one.article.article.id, one.passage.text) for one in asked.candidates] if found else []
        return found + rest

    def embed(self, texts: Sequence[str]) -> Vectors:
        return self._embedder.encode(texts)

    def compare(self, question: str, texts: Sequence[str]) -> Sequence[float]:
        return cosines(self.embed, question, texts)

    def save(self, folder: Path) -> None:
        shutil.copytree(self._config.index.dir, folder, dirs_exist_ok=True)

    def open(self, folder: Path) -> None:
        self._archive = self._open(folder)
        self._archive.snapshot()

    def _open(self, folder: Path) -> Archive:
        self._config = replace(self._config, index=replace(self._config.index, dir=folder))
        return Archive(self._config)


def _passage(cited: Citation, candidates: Sequence[Candidate]) -> str:
    """The passage that a cited sentence stands in."""
    for one in candidates:
        if (
            one.article.article.id == cited.article
            and one.passage.start <= cited.start
            and cited.end <= one.passage.end
        ):
            return one.passage.text
    return cited.quote


if __name__ == "__main__":
    serve(Byline)
