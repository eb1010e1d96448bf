"""One index held open for asking, with the models beside it: what every front talks to.

Comes in: the configuration. Goes out: answers, articles and the sentences around a citation. The promise: the
models are loaded at the first question, and between questions a newer generation is taken up as soon as it is
published; an answer never mixes two. Where the current generation is damaged, the one before it serves, with a
warning in the log.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from bot.answer import Rules
from bot.ask import Asked, Asking, ask, nothing
from bot.cite import Citation
from bot.config import Config
from bot.errors import ReaderUnavailable
from bot.found import found
from bot.memory import Slack
from bot.read import Reader, load_reader
from bot.retrieve import Retrieval
from bot.similar import SentenceScorer
from index.build import Recipe
from index.embed import Embedder, Embedding, fingerprint, load_embedder
from index.errors import IndexDamaged, IndexMismatch, IndexMissing
from index.generations import CURRENT, previous
from index.store import Scope, Snapshot, StoredArticle, open_snapshot
from index.unread import unread

log = logging.getLogger(__name__)
# Bytes that the process may grow by before malloc has to give back what it keeps (docs/LOG.md).
SLACK = 40 * 2**20


def embedding(config: Config) -> Embedding:
    """The part of the configuration that says how texts become vectors."""
    e = config.embedding
    return Embedding(
        model=str(e.model),
        engine=e.engine,
        precision=e.precision,
        batch_size=e.batch_size,
        query_prefix=e.query_prefix,
        passage_prefix=e.passage_prefix,
        threads=config.machine.threads,
    )


def recipe(config: Config) -> Recipe:
    """The part of the configuration that says what a generation holds."""
    return Recipe(
        embedding(config),
        config.passages.target_chars,
        config.passages.longest_chars,
        config.articles.max_sentences,
        config.index.keep_generations,
        config.articles.keep_boilerplate,
        config.articles.page_versions,
    )


def asking(config: Config) -> Asking:
    """The part of the configuration that says how questions are answered."""
    r, a = config.retrieval, config.answer
    return Asking(
        config.question.max_chars,
        config.embedding.query_prefix,
        Retrieval(r.vectors, r.words, r.fuse_k, r.passages_read),
        Rules(a.min_confidence, a.max_citations),
    )


class Archive:
    """The articles of one index folder, ready to be asked."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self._snapshot: Snapshot | None = None
        self._pointer = b""
        self._embedder: Embedder | None = None
        self._reader: Reader | None = None
        self._fits = ""
        self._slack = Slack(SLACK)

    def ask(
        self, line: str, snapshot: Snapshot | None = None, scope: Scope = None, between: Callable[[], None] = nothing
    ) -> Asked:
        """Answer a line from the newest generation, or from the one given, within the scope; see `bot.ask`."""
        snapshot = snapshot or self.snapshot()
        self._check_model(snapshot)
        try:
            return ask(line, snapshot, self._embed(), self.reader(), asking(self.config), scope, between)
        finally:
            self._slack.settle()

    def found(
        self, line: str, most: int, snapshot: Snapshot | None = None, scope: Scope = None
    ) -> tuple[Citation, ...]:
        """At most `most` sentences that the search alone finds for a line, none of them read; see `bot.found`."""
        snapshot = snapshot or self.snapshot()
        self._check_model(snapshot)
        try:
            return found(line, snapshot, self._embed(), asking(self.config), most, scope)
        finally:
            self._slack.settle()

    def snapshot(self) -> Snapshot:
        """The newest generation, opened and checked; looked for anew each time, opened anew only where it is new."""
        pointer = _bytes(self.config.index.dir / CURRENT)
        if self._snapshot is None or pointer != self._pointer:
            opened = self._open()
            self._snapshot, self._pointer = opened, pointer
        return self._snapshot

    def reader(self) -> Reader:
        """The reader that the configuration names, or, where it cannot be loaded, sentence scores, with a warning."""
        if self._reader is None:
            self._reader = self._load_reader() or SentenceScorer(self._embed())
        return self._reader

    def _load_reader(self) -> Reader | None:
        place = self.config.reader.model
        try:
            return None if place is None else load_reader(place, self.config.machine.threads)
        except ReaderUnavailable as unavailable:
            if self.config.reader.strict:
                raise
            log.warning("%s; going on without it: sentences are only compared, not read", unavailable)
            return None

    @property
    def reads(self) -> bool:
        """Whether a reading model answers, not the comparison of sentences that stands in for one."""
        return not isinstance(self.reader(), SentenceScorer)

    def stored(self, article: str, scope: Scope = None) -> StoredArticle:
        """One article of the scope by its id or an unambiguous beginning of it."""
        snapshot = self.snapshot()
        return snapshot.article(snapshot.entry(article, scope).id)

    def status(self) -> Mapping[str, Any]:
        """What the archive holds and how it was made, for people and as JSON."""
        snapshot = self.snapshot()
        manifest = snapshot.generation.manifest
        files: Mapping[str, Mapping[str, int]] = manifest["files"]
        period = snapshot.period()
        skipped = snapshot.skipped()
        skipped += [one for one in unread(self.config.index.dir) if one not in skipped]
        return {
            "generation": snapshot.name,
            "published": manifest["published"],
            "articles": manifest["counts"]["articles"],
            "sentences": manifest["counts"]["sentences"],
            "passages": manifest["counts"]["passages"],
            "period": list(period) if period else None,
            "models": {"embedding": manifest["embedding_model"], "reader": self._reader_place()},
            "bytes": sum(file["size"] for file in files.values()),
            "build_seconds": manifest["seconds"],
            "skipped": [{"origin": s.origin, "reason": s.reason, "detail": s.detail} for s in skipped],
            "superseded": list(_superseded(snapshot)),
            "index": str(self.config.index.dir),
        }

    def _reader_place(self) -> str:
        """Which reader is configured, and whether it is there; looked at, not loaded."""
        place = self.config.reader.model
        if place is None:
            return "none (sentences compared, not read)"
        return str(place) if (place / "config.json").is_file() else f"{place} (missing: sentences compared, not read)"

    def set(self, config: Config) -> None:
        """Go on under another configuration of the same index."""
        if config.reader != self.config.reader:
            self._reader = None
        self.config = replace(config, index=self.config.index)

    def _embed(self) -> Embedder:
        if self._embedder is None:
            self._embedder = load_embedder(embedding(self.config), bulk=False)
        return self._embedder

    def _open(self) -> Snapshot:
        index = self.config.index.dir
        try:
            return open_snapshot(index)
        except IndexDamaged as damage:
            try:
                snapshot = Snapshot(previous(index))
            except IndexMissing:
                raise damage from None
            log.warning("%s; until then %s serves", damage, snapshot.name)
            return snapshot

    def _check_model(self, snapshot: Snapshot) -> None:
        """Refuse to compare a question with vectors of another model; checked once a generation."""
        if self._fits == snapshot.name:
            return
        manifest = snapshot.generation.manifest
        made, name = manifest["recipe"]["embedding"], manifest["embedding_model"]
        if made != fingerprint(embedding(self.config)):
            raise IndexMismatch(
                f"the index was made with the embedding model {name} ({made['sha256'][:8]}), the "
                f"configuration names {self.config.embedding.model}; rebuild it with `byline build` and the paths it was made from"
            )
        self._fits = snapshot.name


def _superseded(snapshot: Snapshot) -> Iterator[dict[str, str | None]]:
    for id_ in sorted(snapshot.stories.hidden()):
        old, new = snapshot.entry(id_), snapshot.stories.newest(id_)
        assert new is not None  # for the type checker
        yield {"article": id_, "published": old.published, "by": new.article, "by_published": new.published}


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""
