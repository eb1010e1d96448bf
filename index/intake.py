"""Documents -> what a build takes in: articles made anew, and those that the generation before holds already.

Comes in: documents as they were read, and what the old generation knows. Goes out: `Prepared` and `Carried` in the order
they came, and afterwards what was refused and why, a digest of the whole, and what changed. The promises others lean on:
a document that is the same to the byte is not read again; no id is taken twice. Knows nothing of vectors or the disk.

Collections: an article carries those that its document declares and those given with this build or addition. Where none
is given, those it carried before stay. Only of a JSON line that changed it cannot be told which ones it had declared: it
carries what it says now.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from index.draft import Kept
from index.errors import DocumentRejected
from index.known import Known, known_of
from index.prepare import Prepared
from index.sources.files import Skipped
from index.sources.read import Document
from index.store import Entry, Snapshot, StoredArticle

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Carried:
    """An article of the old generation that stays, where it is from now, and the collections that it carries now."""

    id: str
    origin: str
    collections: tuple[str, ...]


class Intake:
    """What one build has seen so far.

    `old` is the generation that articles may be taken over from; where it was made by another recipe (`reusable`
    false), it only says what there was. `keeps` says that the old articles stay beside the new ones, and with them the
    notes of what was skipped. `given` are the collections of all that is read.
    """

    def __init__(
        self,
        old: Snapshot | None,
        prepare: Callable[[Document], Prepared],
        progress: Progress,
        *,
        reusable: bool,
        keeps: bool = False,
        given: Sequence[str] = (),
    ) -> None:
        self._old, self._prepare, self._progress = old, prepare, progress
        self._keeps, self._given = keeps, tuple(given)
        self.known: Known = known_of(old, reusable=reusable)
        self.skipped: list[Skipped] = []
        self._taken: dict[str, tuple[str, str]] = {}  # article id -> fingerprint and origin
        self._replaced: set[str] = set()
        self.seen: set[str] = set()

    def read(self, found: Iterable[Document | Skipped]) -> Iterator[Prepared | Carried]:
        """Articles of the documents; those known already as `Carried`, since all else is in the old generation."""
        for document in found:
            self.seen.add(document.origin)
            if isinstance(document, Skipped):
                self.skipped.append(document)
                continue
            try:
                one = self._same(document) or self._made(document)
            except DocumentRejected as rejected:
                self.skipped.append(Skipped(document.origin, rejected.reason, rejected.detail))
                continue
            if refused := self._take(document, one):
                self.skipped.append(refused)
                continue
            self._progress("articles", len(self._taken), 0)
            yield one

    def carried(self, articles: Iterable[str]) -> Iterator[Carried]:
        """Those of the old articles that were not read again and that nothing read has replaced."""
        for id_ in articles:
            if id_ not in self._taken and id_ not in self._replaced:
                entry = self.known.entries[id_]
                self._taken[id_] = _mark(entry)
                yield Carried(id_, entry.origin, entry.collections)

    def load(self, one: Carried) -> Prepared | Kept:
        """The article as it was kept, or, where its place or its collections are others now, read anew."""
        assert self._old is not None  # for the type checker
        entry = self.known.entries[one.id]
        if (one.origin, one.collections) == (entry.origin, entry.collections):
            return self._old.kept(one.id)
        return self._placed(self._old, one)

    def _placed(self, old: Snapshot, one: Carried) -> Prepared:
        """The article with its sentences, passages and old rows, in its place of now."""
        stored: StoredArticle = old.article(one.id)
        placed = replace(stored.article, origin=one.origin, collections=one.collections)
        return Prepared(old.key(one.id), placed, stored.sentences, old.passages_of(stored), stored.rows)

    def notes(self) -> list[Skipped]:
        """What did not become an article, now and, where the old articles stay, before.

        An old note that a document repeats an article goes with that article.
        """
        gone = self.known.entries.keys() - self._taken.keys()
        old = self.known.notes_beside(self.seen) if self._keeps else ()
        return [*(note for note in old if not any(id_ in note.detail for id_ in gone)), *self.skipped]

    def changes_nothing(self) -> bool:
        """Whether an addition leaves every article, its place and the notes as they were."""
        if not self._keeps or self._taken != {id_: _mark(entry) for id_, entry in self.known.entries.items()}:
            return False
        # new notes alone are no reason to publish, but an old one that is no longer true is
        return {note.origin for note in self.known.notes} <= {note.origin for note in self.notes()}

    def is_change(self, one: Prepared | Carried) -> bool:
        """Whether it is an article that was not there before, or not with this text and these facts."""
        if isinstance(one, Carried):
            return False
        before = self.known.entries.get(one.article.id)
        return before is None or before.fingerprint != one.article.fingerprint()

    def content(self, recipe: str) -> str:
        """A digest of what the generation holds, the same whatever order the articles came in."""
        total = hashlib.sha256(recipe.encode())
        for id_, (digest, origin) in sorted(self._taken.items()):
            total.update(f"{id_} {digest} {origin}\n".encode("utf-8", "backslashreplace"))
        for one in sorted(self.notes(), key=lambda one: (one.origin, one.reason, one.detail)):
            total.update(f"{one.origin} {one.reason} {one.detail}\n".encode("utf-8", "backslashreplace"))
        return total.hexdigest()

    def changes(self) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...], int]:
        """The ids of articles added, changed and gone, and how many are as before."""
        now = {id_: digest for id_, (digest, _) in self._taken.items()}
        entries = self.known.entries
        before = {id_: entry.fingerprint for id_, entry in entries.items() if id_ in now}
        return (
            tuple(id_ for id_ in now if id_ not in entries),
            tuple(id_ for id_, digest in before.items() if digest != now[id_]),
            tuple(id_ for id_ in entries if id_ not in now),
            sum(digest == now[id_] for id_, digest in before.items()),
        )

    def _same(self, document: Document) -> Carried | None:
        """The article that the document gave before, if it is the same to the byte."""
        id_ = self.known.same(document)
        if id_ is None:
            return None
        entry = self.known.entries[id_]
        # a copy of it that is added does not move it
        origin = entry.origin if self._keeps and self.known.still_there(id_) else document.origin
        return Carried(id_, origin, self._collections(document, entry.collections))

    def _made(self, document: Document) -> Prepared:
        made = self._prepare(document)
        before = self.known.entries.get(made.article.id)
        told = before is not None and document.markup != "jsonl" and not self.known.is_another_file(made.article)
        collections = self._collections(document, before.collections if before and told else ())
        return replace(made, article=replace(made.article, collections=collections))

    def _collections(self, document: Document, before: Sequence[str]) -> tuple[str, ...]:
        return tuple(sorted({*document.collections, *(self._given or before)}))

    def _take(self, document: Document, one: Prepared | Carried) -> Skipped | None:
        """Note what the document gave, or say why its article cannot stand beside the others."""
        origin = one.origin if isinstance(one, Carried) else document.origin
        id_, digest = self._marked(one)
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

    def _marked(self, one: Prepared | Carried) -> tuple[str, str]:
        if isinstance(one, Prepared):
            return one.article.id, one.article.fingerprint()
        entry = self.known.entries[one.id]
        if self._old is None or entry.collections == one.collections:
            return one.id, entry.fingerprint
        return one.id, self._placed(self._old, one).article.fingerprint()


def _mark(entry: Entry) -> tuple[str, str]:
    return entry.fingerprint, entry.origin


def _repeated(origin: str, article: str, same: bool) -> Skipped:
    if same:
        return Skipped(origin, "duplicate", f"the same as an article before it, {article}")
    return Skipped(origin, "duplicate_id", f"an article before it goes by the id {article}; give it another")
