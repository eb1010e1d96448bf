"""The whole way of the package: documents -> articles -> sentences -> passages -> vectors -> a published generation.

Comes in: paths, or what to add or remove. Goes out: a new current generation, and a report of what changed. The
promises others lean on: nothing is published unless all of it was written; what has not changed since the
generation before is neither read again nor embedded again; where nothing changed at all, nothing is published;
what is removed stays in no generation.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from itertools import chain
from pathlib import Path
from typing import Any

from index.canonical import CANONICAL_VERSION
from index.collections import collection_name
from index.draft import Draft
from index.duplicates import DUPLICATES_VERSION
from index.embed import Embedding, fingerprint, load_embedder
from index.errors import IndexDamaged, IndexFailure, IndexMismatch, IndexMissing
from index.generations import Generation, number, previous
from index.intake import Carried, Intake, Progress
from index.lay import Bulk, lay
from index.leaving import doomed_by, elsewhere
from index.prepare import Prepared, prepare
from index.publish import Write, publish
from index.sources.files import Skipped
from index.sources.kept import forget
from index.sources.read import Document, documents, readers
from index.split import SPLITTER_VERSION
from index.store import Snapshot, open_snapshot
from index.unread import note_unread
from index.words import WORDS_VERSION
from index.writing import writing

# Documents that come from elsewhere than files: pages that were fetched.
More = Iterable[Document | Skipped]


@dataclass(frozen=True, slots=True)
class Recipe:
    """Everything that decides what a generation holds, beside the articles; `keep` generations stay on disk.

    Of what a fetched page said before, the last `page_versions` stay in the index.
    """

    embedding: Embedding = field(default_factory=Embedding)
    target_chars: int = 600
    longest_chars: int = 900
    max_sentences: int = 5000
    keep: int = 2
    keep_boilerplate: bool = False
    page_versions: int = 20

    def describe(self) -> dict[str, Any]:
        """What the manifest says of it; two generations of one description hold comparable things."""
        return {
            "canonical": CANONICAL_VERSION,
            "splitter": SPLITTER_VERSION,
            "words": WORDS_VERSION,
            "duplicates": DUPLICATES_VERSION,
            "sources": readers(),
            "passages": {"target_chars": self.target_chars, "longest_chars": self.longest_chars},
            "max_sentences": self.max_sentences,
            "embedding": fingerprint(self.embedding),
            # said only where it is so: indexes that were made before this could be chosen stay what they are
            **({"keep_boilerplate": True} if self.keep_boilerplate else {}),
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
    index: Path,
    paths: Sequence[Path],
    recipe: Recipe,
    progress: Progress,
    collections: Sequence[str] = (),
    more: More = (),
) -> Report:
    """Make the index hold the articles under `paths` and of the documents in `more`, and no others.

    `collections` are given to all of them.

    Raises `IndexFailure` where not one article can be read: the old index then stays as it is.
    """
    with writing(index):
        work, found, carry = building(index, paths, recipe, progress, collections, more)
        report = work.run(found, carry, lambda write: publish(index, write, work.recipe.keep))
        note_unread(index, None)
        return report


def add(
    index: Path,
    paths: Sequence[Path],
    recipe: Recipe,
    progress: Progress,
    collections: Sequence[str] = (),
    more: More = (),
) -> Report:
    """Add the articles under `paths` and of the documents in `more`.

    A file that was read before goes by its old id and replaces what it gave.

    `collections` are given to all that is read, in the place of any given before. Where no article changes, nothing is
    published, also if a document could not be read: the report says so, and `unread`.
    """
    with writing(index):
        work, found, carry = adding(index, paths, recipe, progress, collections, more)
        report = work.run(found, carry, lambda write: publish(index, write, recipe.keep))
        note_unread(index, work.intake.seen, () if report.published else report.skipped)
        return report


def follow(index: Path, paths: Sequence[Path], recipe: Recipe, progress: Progress) -> Report:
    """Make the index hold what lies under the paths now, beside all that came from elsewhere.

    What went from there goes from the index, as in a rebuild. A path that is gone, or under which no file is left, takes
    nothing with it: a disk that is not there looks like that.
    """
    with writing(index):
        work, found, carry = adding(index, paths, recipe, progress, (), ())
        origins = {entry.id: entry.origin for entry in work.old.entries()} if work.old else {}
        carry = elsewhere(origins, carry, paths)
        report = work.run(found, carry, lambda write: publish(index, write, recipe.keep))
        note_unread(index, work.intake.seen, () if report.published else report.skipped)
        return report


def remove(index: Path, articles: Iterable[str], recipe: Recipe, progress: Progress) -> Report:
    """Take articles out, by id, an unambiguous beginning of one, or the address that they were fetched from.

    Raises `ArticleUnknown`. A page that is kept of an address goes also where no article came from it, or where the
    index was built without it. They are gone from the disk as well, with all versions before where the newest is named,
    and with the pages they were read from if Byline fetched those: no older generation is kept, however many
    `recipe.keep` says. A reader that holds one open keeps it until it opens the new one.
    """
    with writing(index):
        old = open_snapshot(index)
        doomed, addresses = doomed_by(index, old, articles)
        forget(index, addresses, doomed)
        kept = [article for article in _ids(old, recipe) if article not in doomed]
        work = Build(recipe, old, progress, keeps=True)
        work.intake.seen.update(address for address in addresses if "://" in address)  # no note names them any more
        report = work.run((), kept, lambda write: publish(index, write, keep=1), may_be_empty=True)
        note_unread(index, addresses)
        return report


# One build, the documents it reads, and the articles that stay without being read.
Work = tuple["Build", Iterable[Document | Skipped], Sequence[str]]


def building(
    index: Path, paths: Sequence[Path], recipe: Recipe, progress: Progress, collections: Sequence[str], more: More
) -> Work:
    """What `build` sets out to do, nothing of it done yet; call it inside `writing`."""
    old = _old(index)
    if mends := old is None:
        recipe = replace(recipe, keep=1)  # what cannot serve is not kept beside what can
        with suppress(IndexMissing, IndexDamaged, IndexMismatch):
            old = Snapshot(previous(index))  # for the collections that were given by hand: no document says them
    work = Build(recipe, old, progress, given=collections, mends=mends)
    return work, chain(documents(paths), more), () if mends else work.intake.before()


def adding(
    index: Path, paths: Sequence[Path], recipe: Recipe, progress: Progress, collections: Sequence[str], more: More
) -> Work:
    """What `add` sets out to do, nothing of it done yet; call it inside `writing`."""
    try:
        old = open_snapshot(index)  # damage is not passed over here: what is there is to stay
    except IndexMissing:
        old = None
    carry = _ids(old, recipe)
    work = Build(recipe, old, progress, keeps=True, given=collections)
    return work, chain(documents(paths, work.intake.known.keys), more), carry


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
            "the index was made by another model, splitter or reader of files, or with other settings of articles or passages; "
            "rebuild it with `byline build` first"
        )
    return [entry.id for entry in old.entries()]


class Build:
    """One build: what it takes in, and what becomes of it. With `mends`, `old` is not current: all is published."""

    def __init__(
        self,
        recipe: Recipe,
        old: Snapshot | None,
        progress: Progress,
        *,
        keeps: bool = False,
        given: Sequence[str] = (),
        mends: bool = False,
    ) -> None:
        try:
            given = [collection_name(name) for name in given]
        except ValueError as wrong:
            raise IndexFailure(str(wrong)) from None
        self.recipe, self.old, self._mends = recipe, old, mends
        self._reusable = old is not None and old.generation.manifest["recipe"] == recipe.describe()
        self.intake = Intake(
            old, self._prepare, progress, reusable=self._reusable, keeps=keeps, given=given, page_versions=recipe.page_versions
        )  # fmt: skip
        embedding = recipe.embedding
        self._bulk = Bulk(lambda: load_embedder(embedding, bulk=True), embedding.passage_prefix, progress)
        self._began = time.monotonic()

    def run(
        self,
        found: Iterable[Document | Skipped],
        carry: Iterable[str],
        put: Callable[[Write], Generation],
        *,
        may_be_empty: bool = False,
    ) -> Report:
        """Take all of it in, and let `put` make a generation of it unless nothing changed."""
        taken: Iterator[Prepared | Carried] = chain(self.intake.read(found), self.intake.carried(carry))
        if self._reusable and self.old is not None and not self._mends:
            # most of it will be as it was: look before anything is written, but hold no more than up to the first change
            looked = list[Prepared | Carried]()
            for one in taken:
                looked.append(one)
                if self.intake.is_change(one):
                    break
            else:
                if self._content() == self.old.generation.manifest["content"] or self.intake.changes_nothing():
                    return self._report(self.old.name, self.old.counts, published=False)
            taken = chain(looked, taken)

        def write(folder: Path) -> Mapping[str, Any]:
            counts = self._fill(folder, taken)
            if not (counts["articles"] or may_be_empty):
                raise self._nothing()
            return {
                "content": self._content(), "recipe": self.recipe.describe(), "counts": counts,
                "embedding_model": self.recipe.embedding.model, "seconds": self._seconds(),
            }  # fmt: skip

        generation = put(write)
        return self._report(generation.manifest["generation"], generation.manifest["counts"], published=True)

    def _prepare(self, document: Document) -> Prepared:
        r = self.recipe
        return prepare(document, r.target_chars, r.longest_chars, r.max_sentences, keep_boilerplate=r.keep_boilerplate)

    def _fill(self, folder: Path, taken: Iterable[Prepared | Carried]) -> dict[str, int]:
        prepared = (self.intake.load(one) if isinstance(one, Carried) else one for one in taken)
        old = self.old
        draft = Draft(folder, None if old is None else old.words, 1 if old is None else number(old.name) + 1)
        try:
            lay(draft, prepared, self._bulk, None if old is None else old.matrix)
            draft.skip(self.intake.notes())
            counts = draft.finish()
            self.intake.renamed(draft.renamed)
            return counts
        finally:
            draft.close()

    def _nothing(self) -> IndexFailure:
        skipped = self.intake.skipped[:5]
        reasons = "; ".join(f"{s.origin}: {s.reason}: {s.detail}" for s in skipped) or "no file was found there"
        return IndexFailure(f"not one article could be read ({reasons}); nothing was changed")

    def _content(self) -> str:
        return self.intake.content(repr(sorted(self.recipe.describe().items())))

    def _seconds(self) -> float:
        return round(time.monotonic() - self._began, 3)

    def _report(self, generation: str, counts: Mapping[str, int], *, published: bool) -> Report:
        added, changed, gone, unchanged = self.intake.changes()
        return Report(
            generation=generation, published=published, added=added, changed=changed, gone=gone, unchanged=unchanged,
            skipped=tuple(self.intake.skipped), counts=counts, embedded=self._bulk.count, seconds=self._seconds(),
        )  # fmt: skip
