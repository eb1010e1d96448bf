"""The whole way of the package: documents -> articles -> sentences -> passages -> vectors -> a published generation.

Comes in: paths, or what to add or remove. Goes out: a new current generation, and a report of what changed. The
promises others lean on: nothing is published unless all of it was written; what has not changed since the
generation before is neither read again nor embedded again; where nothing changed at all, nothing is published.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Any

from index.article import Article
from index.canonical import CANONICAL_VERSION
from index.draft import Draft
from index.embed import Embedder, Embedding, fingerprint, load_embedder
from index.errors import DocumentRejected, IndexDamaged, IndexFailure, IndexMismatch, IndexMissing
from index.passages import Passage, passages
from index.publish import publish, writing
from index.sources.files import Skipped
from index.sources.read import Document, documents
from index.sources.read import article as article_of
from index.split import SPLITTER_VERSION, Sentence, split
from index.store import Snapshot, StoredArticle, open_snapshot
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
            "passages": {"target_chars": self.target_chars, "longest_chars": self.longest_chars},
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


@dataclass(frozen=True, slots=True)
class Prepared:
    """An article on its way into the generation; `rows` are those of the old generation that still hold for it."""

    key: str
    article: Article
    sentences: Sequence[Sentence]
    passages: Sequence[Passage]
    rows: range | None = None


def build(index: Path, paths: Sequence[Path], recipe: Recipe, progress: Progress) -> Report:
    """Make the index hold the articles under `paths` and no others.

    Raises `IndexFailure` where not one article can be read: the old index then stays as it is.
    """
    with writing(index):
        old = _old(index)
        return _Build(index, recipe, old, progress).run(documents(paths), carry=())


def add(index: Path, paths: Sequence[Path], recipe: Recipe, progress: Progress) -> Report:
    """Add the articles under `paths`; those known already are replaced where they changed."""
    with writing(index):
        try:
            old = open_snapshot(index)  # damage is not passed over here: what is there is to stay
        except IndexMissing:
            old = None
        carry = _ids(old, recipe)
        return _Build(index, recipe, old, progress, keeps=True).run(documents(paths), carry)


def remove(index: Path, articles: Iterable[str], recipe: Recipe, progress: Progress) -> Report:
    """Take articles out, by id or an unambiguous beginning of one; raises `ArticleUnknown`."""
    with writing(index):
        old = open_snapshot(index)
        doomed = {old.entry(article).id for article in articles}
        kept = [article for article in _ids(old, recipe) if article not in doomed]
        return _Build(index, recipe, old, progress, keeps=True).run((), kept, may_be_empty=True)


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
        raise IndexMismatch("the index was made by another model or splitter; rebuild it with `byline build` first")
    return [entry.id for entry in old.entries()]


class _Build:
    """One build: what it has seen so far, and the generation it can take things over from.

    `keeps` says that the old articles stay beside the new ones, and with them the record of what was skipped.
    """

    def __init__(
        self, index: Path, recipe: Recipe, old: Snapshot | None, progress: Progress, *, keeps: bool = False
    ) -> None:
        self._index, self._recipe, self._progress = index, recipe, progress
        self._old = old
        self._reusable = old is not None and old.generation.manifest["recipe"] == recipe.describe()
        self._before = {} if old is None else {entry.id: entry for entry in old.entries()}
        self._embedder: Embedder | None = None
        self._fingerprints: dict[str, str] = {}
        self._skipped: list[Skipped] = []
        self._keeps = keeps
        self._noted = old.skipped() if keeps and old else self._skipped
        self._embedded = 0
        self._began = time.monotonic()

    def run(self, found: Iterable[Document | Skipped], carry: Iterable[str], *, may_be_empty: bool = False) -> Report:
        prepared: Iterator[Prepared | str] = chain(self._read(found), self._carried(carry))
        if self._reusable and self._old is not None:
            # most of it will be as it was: look at all of it before anything is written
            prepared = iter(list(prepared))
            if self._content() == self._old.generation.manifest["content"]:
                return self._report(self._old.name, self._old.counts, published=False)

        def write(folder: Path) -> dict[str, Any]:
            draft = Draft(folder)
            try:
                self._write(draft, prepared)
                draft.skip(self._noted)
                counts = draft.finish()
            finally:
                draft.close()
            if not (counts["articles"] or may_be_empty):
                raise self._nothing()
            described = self._recipe.describe()
            return {"content": self._content(), "recipe": described, "counts": counts, "seconds": self._seconds()}

        generation = publish(self._index, write, self._recipe.keep)
        return self._report(generation.name, generation.manifest["counts"], published=True)

    def _read(self, found: Iterable[Document | Skipped]) -> Iterator[Prepared | str]:
        """Articles of the documents; of those known already only the id, since all else is in the old generation."""
        known = self._old.known() if self._reusable and self._old else {}
        for document in found:
            if isinstance(document, Skipped):
                self._skipped.append(document)
                continue
            try:
                one = known.get((document.key, document.raw_sha256)) or self._prepare(document)
            except DocumentRejected as rejected:
                self._skipped.append(Skipped(document.origin, rejected.reason, rejected.detail))
                continue
            if isinstance(one, str):
                id_, digest = one, self._before[one].fingerprint
            else:
                id_, digest = one.article.id, one.article.fingerprint()
            if id_ in self._fingerprints:
                self._skipped.append(_repeated(document.origin, id_, self._fingerprints[id_] == digest))
                continue
            if self._keeps and isinstance(one, Prepared) and self._takes_the_place(one.article):
                before = self._before[id_].origin
                detail = f"{before} is article {id_} already; to replace it: byline remove {id_}, then add this one"
                self._skipped.append(Skipped(document.origin, "duplicate_id", detail))
                continue
            self._fingerprints[id_] = digest
            self._progress("articles", len(self._fingerprints), 0)
            yield one

    def _carried(self, articles: Iterable[str]) -> Iterator[str]:
        for id_ in articles:
            if id_ not in self._fingerprints:
                self._fingerprints[id_] = self._before[id_].fingerprint
                yield id_

    def _takes_the_place(self, article: Article) -> bool:
        """Whether it would replace an article of another file that only has the same name, not the same address."""
        before = self._before.get(article.id)
        if before is None or article.url or article.markup == "jsonl":
            return False
        return Path(before.origin).resolve() != Path(article.origin).resolve()

    def _prepare(self, document: Document) -> Prepared:
        made = article_of(document)
        sentences = split(made.text, made.title, made.language and made.language.split("-")[0].lower())
        if len(sentences) > self._recipe.max_sentences:
            raise DocumentRejected(
                "too_many_sentences", f"{len(sentences)} sentences; at most {self._recipe.max_sentences} an article"
            )
        runs = passages(made.id, made.text, sentences, self._recipe.target_chars, self._recipe.longest_chars)
        if not runs:
            raise DocumentRejected("no_text", "nothing in it can be cited")
        return Prepared(document.key, made, sentences, runs)

    def _carry(self, article: str) -> Prepared:
        assert self._old is not None  # for the type checker
        stored: StoredArticle = self._old.article(article)
        runs = self._old.passages_of(stored)
        return Prepared(self._old.key(article), stored.article, stored.sentences, runs, stored.rows)

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

    def _content(self) -> str:
        """A digest of what the generation holds, the same whatever order the articles came in."""
        total = hashlib.sha256(repr(sorted(self._recipe.describe().items())).encode())
        for id_, digest in sorted(self._fingerprints.items()):
            total.update(f"{id_} {digest}\n".encode())
        for one in sorted(self._noted, key=lambda one: (one.origin, one.reason, one.detail)):
            total.update(f"{one.origin} {one.reason} {one.detail}\n".encode("utf-8", "backslashreplace"))
        return total.hexdigest()

    def _seconds(self) -> float:
        return round(time.monotonic() - self._began, 3)

    def _report(self, generation: str, counts: Mapping[str, int], *, published: bool) -> Report:
        now = self._fingerprints
        before = {id_: entry.fingerprint for id_, entry in self._before.items() if id_ in now}
        return Report(
            generation=generation,
            published=published,
            added=tuple(id_ for id_ in now if id_ not in self._before),
            changed=tuple(id_ for id_, digest in before.items() if digest != now[id_]),
            gone=tuple(id_ for id_ in self._before if id_ not in now),
            unchanged=sum(digest == now[id_] for id_, digest in before.items()),
            skipped=tuple(self._skipped),
            counts=counts,
            embedded=self._embedded,
            seconds=self._seconds(),
        )


def _repeated(origin: str, article: str, same: bool) -> Skipped:
    if same:
        return Skipped(origin, "duplicate", f"the same as an article before it, {article}")
    return Skipped(origin, "duplicate_id", f"an article before it goes by the id {article}; give it another")


def embedded_text(title: str | None, passage: str) -> str:
    """What is searched for a passage: its article's title, which often holds the names, before its own text."""
    return passage if not title or passage.startswith(title) else f"{title}\n{passage}"
