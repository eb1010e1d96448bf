"""The whole way of the package: documents -> articles -> sentences -> passages -> vectors -> a published generation.

Comes in: paths, or what to add or remove. Goes out: a new current generation, and a report of what changed. The
promises others lean on: nothing is published unless all of it was written; what has not changed since the
generation before is neither read again nor embedded again; where nothing changed at all, nothing is published;
what is removed stays in no generation.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain
from pathlib import Path
from typing import Any

from index.canonical import CANONICAL_VERSION
from index.draft import Draft
from index.embed import Embedder, Embedding, fingerprint, load_embedder
from index.errors import DocumentRejected, IndexDamaged, IndexFailure, IndexMismatch, IndexMissing
from index.known import known_of
from index.prepare import Prepared, embedded_text, prepare
from index.publish import publish, writing
from index.sources.files import Skipped
from index.sources.kept import forget
from index.sources.read import Document, documents, readers
from index.split import SPLITTER_VERSION
from index.store import Entry, Snapshot, StoredArticle, open_snapshot
from index.words import WORDS_VERSION, terms

# Passages embedded at a time: enough to sort by length without padding waste, little enough to hold in memory.
_CHUNK = 8192

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Recipe:
    """Everything that decides what a generation holds, beside the articles; `keep` generations stay on disk."""

    embedding: Embedding = field(default_factory=Embedding)
    target_chars: int = 600
    longest_chars: int = 900
    max_sentences: int = 5000
    keep: int = 2

    def describe(self) -> dict[str, Any]:
        """What the manifest says of it; two generations of one description hold comparable things."""
        return {
            "canonical": CANONICAL_VERSION,
            "splitter": SPLITTER_VERSION,
            "words": WORDS_VERSION,
            "sources": readers(),
            "passages": {"target_chars": self.target_chars, "longest_chars": self.longest_chars},
            "max_sentences": self.max_sentences,
            "embedding": fingerprint(self.embedding),
        }


@dataclass(frozen=True, slots=True)
class Report:
    """What a build did; `published` is false where nothing had changed."""

    generation: str
    published: bool
    added: tuple[str, ...]
    changed: tuple[str, ...]
    gone: tuple[str, ...]
    unchanged: int
    skipped: tuple[Skipped, ...]
    counts: Mapping[str, int]
    embedded: int
    seconds: float


def build(
    index: Path, paths: Sequence[Path], recipe: Recipe, progress: Progress, more: Iterable[Document | Skipped] = ()
) -> Report:
    """Make the index hold the articles under `paths` and of the documents in `more`, and no others.

    Raises `IndexFailure` where not one article can be read: the old index then stays as it is.
    """
    with writing(index):
        old = _old(index)
        if old is None:
            recipe = replace(recipe, keep=1)  # what cannot serve is not kept beside what can
        return _Build(index, recipe, old, progress).run(chain(documents(paths), more), carry=())


def add(
    index: Path, paths: Sequence[Path], recipe: Recipe, progress: Progress, more: Iterable[Document | Skipped] = ()
) -> Report:
    """Add the articles under `paths` and of the documents in `more`.

    A file that was read before goes by its old id and replaces what it gave.

    Where no article changes, nothing is published, also if a document could not be read: the report says so.
    """
    with writing(index):
        try:
            old = open_snapshot(index)  # damage is not passed over here: what is there is to stay
        except IndexMissing:
            old = None
        carry = _ids(old, recipe)
        work = _Build(index, recipe, old, progress, keeps=True)
        return work.run(chain(documents(paths, work.known.keys), more), carry)


def remove(index: Path, articles: Iterable[str], recipe: Recipe, progress: Progress) -> Report:
    """Take articles out, by id or an unambiguous beginning of one; raises `ArticleUnknown`.

    They are gone from the disk as well, with the pages they were read from if Byline fetched those: no older
    generation is kept, however many `recipe.keep` says. A reader that holds one open keeps it until it opens the new
    one.
    """
    with writing(index):
        old = open_snapshot(index)
        doomed = {(entry := old.entry(article)).id: entry.origin for article in articles}
        forget(index, doomed.values(), doomed)
        kept = [article for article in _ids(old, recipe) if article not in doomed]
        return _Build(index, replace(recipe, keep=1), old, progress, keeps=True).run((), kept, may_be_empty=True)


def _old(index: Path) -> Snapshot | None:
    """The current generation, if there is a whole one of this format: a rebuild mends all else."""
    try:
        return open_snapshot(index)
    except (IndexMissing, IndexDamaged, IndexMismatch):
        return None


def _ids(old: Snapshot | None, recipe: Recipe) -> list[str]:
    if old is None:
        return []
    if old.generation.manifest["recipe"] != recipe.describe():
        raise IndexMismatch(
            "the index was made by another model, splitter or reader of files, or with other settings of passages; "
            "rebuild it with `byline build` first"
        )
    return [entry.id for entry in old.entries()]


class _Build:
    """One build: what it has seen so far, and the generation it can take things over from.

    `keeps` says that the old articles stay beside the new ones, and with them the notes of what was skipped.
    """

    def __init__(
        self, index: Path, recipe: Recipe, old: Snapshot | None, progress: Progress, *, keeps: bool = False
    ) -> None:
        self._index, self._recipe, self._progress = index, recipe, progress
        self._old = old
        self._reusable = old is not None and old.generation.manifest["recipe"] == recipe.describe()
        self.known = known_of(old, reusable=self._reusable)
        self._embedder: Embedder | None = None
        self._taken: dict[str, tuple[str, str]] = {}  # article id -> fingerprint and origin
        self._replaced: set[str] = set()
        self._seen: set[str] = set()
        self._skipped: list[Skipped] = []
        self._keeps = keeps
        self._embedded = 0
        self._began = time.monotonic()

    def run(self, found: Iterable[Document | Skipped], carry: Iterable[str], *, may_be_empty: bool = False) -> Report:
        prepared: Iterator[Prepared | str] = chain(self._read(found), self._carried(carry))
        if self._reusable and self._old is not None:
            # most of it will be as it was: look at all of it before anything is written
            prepared = iter(list(prepared))
            if self._changes_nothing(self._old):
                return self._report(self._old.name, self._old.counts, published=False)

        def write(folder: Path) -> dict[str, Any]:
            draft = Draft(folder)
            try:
                self._write(draft, prepared)
                draft.skip(self._notes())
                counts = draft.finish()
            finally:
                draft.close()
            if not (counts["articles"] or may_be_empty):
                raise self._nothing()
            return {
                "content": self._content(), "recipe": self._recipe.describe(), "counts": counts,
                "embedding_model": self._recipe.embedding.model, "seconds": self._seconds(),
            }  # fmt: skip

        generation = publish(self._index, write, self._recipe.keep)
        return self._report(generation.name, generation.manifest["counts"], published=True)

    def _read(self, found: Iterable[Document | Skipped]) -> Iterator[Prepared | str]:
        """Articles of the documents; of those known already only the id, since all else is in the old generation."""
        r = self._recipe
        for document in found:
            self._seen.add(document.origin)
            if isinstance(document, Skipped):
                self._skipped.append(document)
                continue
            try:
                one = self.known.same(document) or prepare(document, r.target_chars, r.longest_chars, r.max_sentences)
            except DocumentRejected as rejected:
                self._skipped.append(Skipped(document.origin, rejected.reason, rejected.detail))
                continue
            if refused := self._take(document, one):
                self._skipped.append(refused)
                continue
            self._progress("articles", len(self._taken), 0)
            yield one

    def _take(self, document: Document, one: Prepared | str) -> Skipped | None:
        """Note what the document gave, or say why its article cannot stand beside the others."""
        origin = document.origin
        if isinstance(one, str):
            id_, digest = one, self.known.entries[one].fingerprint
            if self._keeps and self.known.still_there(id_):  # a copy of it was added
                origin = self.known.entries[id_].origin
        else:
            id_, digest = one.article.id, one.article.fingerprint()
        if id_ in self._taken:
            return _repeated(document.origin, id_, self._taken[id_][0] == digest)
        if self._keeps and isinstance(one, Prepared) and self.known.is_another_file(one.article):
            before = self.known.entries[id_].origin
            detail = f"{before} is article {id_} already; to replace it: byline remove {id_}, then add this one"
            return Skipped(document.origin, "duplicate_id", detail)
        self._taken[id_] = (digest, origin)
        if (before := self.known.files.get(origin, id_)) != id_:  # the file declares another address now
            self._replaced.add(before)
        return None

    def _carried(self, articles: Iterable[str]) -> Iterator[str]:
        for id_ in articles:
            if id_ not in self._taken and id_ not in self._replaced:
                self._taken[id_] = _mark(self.known.entries[id_])
                yield id_

    def _carry(self, article: str) -> Prepared:
        assert self._old is not None  # for the type checker
        stored: StoredArticle = self._old.article(article)
        runs = self._old.passages_of(stored)
        placed = replace(stored.article, origin=self._taken[article][1])
        return Prepared(self._old.key(article), placed, stored.sentences, runs, stored.rows)

    def _write(self, draft: Draft, prepared: Iterable[Prepared | str]) -> None:
        """Write articles as they come, and their vectors a chunk at a time, in the same order."""
        waiting: list[tuple[Prepared, list[str]]] = []
        rows = 0
        for one in prepared:
            if isinstance(one, str):
                one = self._carry(one)
            texts = [embedded_text(one.article.title, passage.text) for passage in one.passages]
            draft.add(one.article, one.key, one.sentences, one.passages, map(terms, texts))
            waiting.append((one, texts if one.rows is None else []))
            rows += len(one.passages)
            if rows >= _CHUNK:
                self._write_vectors(draft, waiting)
                waiting, rows = [], 0
        self._write_vectors(draft, waiting)

    def _write_vectors(self, draft: Draft, waiting: Sequence[tuple[Prepared, list[str]]]) -> None:
        texts = [text for _, fresh in waiting for text in fresh]
        vectors = self._embed(texts)
        used = 0
        for one, fresh in waiting:
            if one.rows is None:
                draft.add_vectors(vectors[used : used + len(fresh)])
                used += len(fresh)
            elif self._old is not None:
                draft.add_vectors(self._old.vectors[one.rows.start : one.rows.stop])

    def _embed(self, texts: Sequence[str]) -> Any:
        if not texts:
            return ()
        if self._embedder is None:
            self._embedder = load_embedder(self._recipe.embedding, bulk=True)
        import numpy as np

        prefix = self._recipe.embedding.passage_prefix
        order = sorted(range(len(texts)), key=lambda i: len(texts[i]))
        parts = []
        step = 512
        for begin in range(0, len(order), step):
            parts.append(self._embedder.encode([prefix + texts[i] for i in order[begin : begin + step]]))
            self._progress("passages embedded", self._embedded + min(begin + step, len(order)), 0)
        self._embedded += len(texts)
        vectors = np.concatenate(parts)
        inverse = np.empty(len(order), dtype=np.intp)
        inverse[order] = np.arange(len(order))
        return vectors[inverse]

    def _nothing(self) -> IndexFailure:
        reasons = (
            "; ".join(f"{s.origin}: {s.reason}: {s.detail}" for s in self._skipped[:5]) or "no file was found there"
        )
        return IndexFailure(f"not one article could be read ({reasons}); nothing was changed")

    def _notes(self) -> list[Skipped]:
        """What did not become an article, now and, where the old articles stay, before."""
        return [*(self.known.notes_beside(self._seen) if self._keeps else ()), *self._skipped]

    def _changes_nothing(self, old: Snapshot) -> bool:
        if self._content() == old.generation.manifest["content"]:
            return True
        if not self._keeps or self._taken != {id_: _mark(entry) for id_, entry in self.known.entries.items()}:
            return False
        # new notes alone are no reason to publish, but an old one that is no longer true is
        return {note.origin for note in self.known.notes} <= {note.origin for note in self._notes()}

    def _content(self) -> str:
        """A digest of what the generation holds, the same whatever order the articles came in."""
        total = hashlib.sha256(repr(sorted(self._recipe.describe().items())).encode())
        for id_, (digest, origin) in sorted(self._taken.items()):
            total.update(f"{id_} {digest} {origin}\n".encode("utf-8", "backslashreplace"))
        for one in sorted(self._notes(), key=lambda one: (one.origin, one.reason, one.detail)):
            total.update(f"{one.origin} {one.reason} {one.detail}\n".encode("utf-8", "backslashreplace"))
        return total.hexdigest()

    def _seconds(self) -> float:
        return round(time.monotonic() - self._began, 3)

    def _report(self, generation: str, counts: Mapping[str, int], *, published: bool) -> Report:
        now = {id_: digest for id_, (digest, _) in self._taken.items()}
        entries = self.known.entries
        before = {id_: entry.fingerprint for id_, entry in entries.items() if id_ in now}
        return Report(
            generation=generation,
            published=published,
            added=tuple(id_ for id_ in now if id_ not in entries),
            changed=tuple(id_ for id_, digest in before.items() if digest != now[id_]),
            gone=tuple(id_ for id_ in entries if id_ not in now),
            unchanged=sum(digest == now[id_] for id_, digest in before.items()),
            skipped=tuple(self._skipped),
            counts=counts,
            embedded=self._embedded,
            seconds=self._seconds(),
        )


def _mark(entry: Entry) -> tuple[str, str]:
    return entry.fingerprint, entry.origin


def _repeated(origin: str, article: str, same: bool) -> Skipped:
    if same:
        return Skipped(origin, "duplicate", f"the same as an article before it, {article}")
    return Skipped(origin, "duplicate_id", f"an article before it goes by the id {article}; give it another")
