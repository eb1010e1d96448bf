"""Documents -> what a build takes in: articles made anew, and those that the generation before holds already.

Comes in: documents as they were read, and what the old generation knows. Goes out: `Prepared` and `Carried` in the order
they came, and afterwards what was refused and why, a digest of the whole, and what changed. The promises others lean on:
a document that is the same to the byte is not read again; no id is taken twice. Knows nothing of vectors or the disk.

Collections: an article carries those that its document declares and those given with this build or addition. Where none
is given, those it carried before stay. Only of a JSON line that changed it cannot be told which ones it had declared: it
carries what it says now.

Versions: where several documents give one address, all of them are taken in, and draft.py settles which supersedes
which. What a fetched page said before it said something else stays beside it, as a version whose document is no more.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain

from index.article import article_id
from index.draft import Kept
from index.duplicates import told_by, wording
from index.errors import DocumentRejected
from index.known import Known, is_page, key_before, known_of, page_before
from index.prepare import Prepared
from index.sources.files import Skipped
from index.sources.read import Document
from index.store import Entry, Snapshot, StoredArticle
from index.versions import plain_id, version_id

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Carried:
    """An article of the old generation that stays, where it is from now, and the collections that it carries now.

    `was` is the id that it went by there, where it is another one; `key` that of its document from now on, likewise.
    """

    id: str
    origin: str
    collections: tuple[str, ...]
    was: str | None = None
    key: str | None = None


class Intake:
    """What one build has seen so far.

    `old` is the generation that articles may be taken over from; where it was made by another recipe (`reusable`
    false), it only says what there was. `keeps` says that the old articles stay beside the new ones, and with them the
    notes of what was skipped. `given` are the collections of all that is read. Of what a fetched page said before, the
    last `page_versions` are kept: one that changes whenever it is fetched would else fill the index.
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
        page_versions: int = 20,
    ) -> None:
        self._old, self._prepare, self._progress = old, prepare, progress
        self._keeps, self._given, self._page_versions = keeps, tuple(given), page_versions
        self.known: Known = known_of(old, reusable=reusable)
        self.skipped: list[Skipped] = []
        self._taken: dict[str, tuple[str, str]] = {}  # article id -> fingerprint and origin
        self._replaced: set[str] = set()
        self._read: dict[str, tuple[str, str]] = {}  # key of a document -> id of its article, and digest of its wording
        self._keys: dict[str, str] = {}  # article id -> key of its document
        self._there: set[str] = set()  # these keys: there may be a thousand versions to look up among them
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
            taken = self._take(document, one)
            if isinstance(taken, Skipped):
                self.skipped.append(taken)
                continue
            self._progress("articles", len(self._taken), 0)
            yield taken

    def carried(self, articles: Iterable[str]) -> Iterator[Carried]:
        """Those of the old articles that were not read again and that nothing read has replaced."""
        made, there = self.known.made, list(articles)
        # what a page said before stays only beside what it says now, so that comes first; and of that the newest
        before = sorted((id_ for id_ in there if made[id_].page), key=lambda id_: made[id_].read_at, reverse=True)
        versions = Counter[str]()
        for id_ in chain((id_ for id_ in there if not made[id_].page), before):
            if one := self._staying(id_):
                page = page_before(one.key or made[id_].key)
                versions[page or ""] += 1
                if page and versions[page] > self._page_versions:
                    continue
                self._taken[one.id] = _mark(self.known.entries[id_])
                self._keys[one.id] = one.key or self.known.made[id_].key
                self._there.add(self._keys[one.id])
                yield one

    def _staying(self, id_: str) -> Carried | None:
        """The old article as it stays, if it does: perhaps as a version of what was read now."""
        entry, made = self.known.entries[id_], self.known.made[id_]
        plain, older = plain_id(id_, made.raw_sha256), version_id(plain_id(id_, made.raw_sha256), made.raw_sha256)
        stays = Carried(id_, entry.origin, entry.collections)
        if made.page is not None:
            return stays if made.page in self._there and id_ not in self._taken else None
        if id_ in self._replaced or older in self._taken:
            return None
        if made.key in self._read:  # the same document says something else now
            now, told = self._read[made.key]
            said_other = is_page(made.key, made.markup) and now == plain and told != made.told
            return replace(stays, id=older, was=id_, key=key_before(made.key, made.raw_sha256)) if said_other else None
        if id_ not in self._taken:
            return stays
        if not _may_be_version(id_, entry.url, made.markup) or self._taken[id_][0] == entry.fingerprint:
            return None
        # a page at another address that led to the same article is not kept any longer
        taker = self._keys[id_]
        key = (
            key_before(taker, made.raw_sha256) if is_page(made.key, made.markup) and taker.startswith("http") else None
        )
        return replace(stays, id=older, was=id_, key=key)

    def before(self) -> list[str]:
        """The old articles that are what fetched pages said before: a build has no documents of them."""
        return [id_ for id_, made in self.known.made.items() if made.page is not None]

    def renamed(self, ids: Mapping[str, str]) -> None:
        """Note which articles go by another id now."""
        self._taken = {ids.get(id_, id_): mark for id_, mark in self._taken.items()}

    def load(self, one: Carried) -> Prepared | Kept:
        """The article as it was kept, or, where its place or its collections are others now, read anew."""
        assert self._old is not None  # for the type checker
        entry = self.known.entries[one.was or one.id]
        if (one.origin, one.collections) == (entry.origin, entry.collections):
            kept = self._old.kept(entry.id)
            return kept.named(one.id, one.key) if one.was or one.key else kept
        return self._placed(self._old, one)

    def _placed(self, old: Snapshot, one: Carried) -> Prepared:
        """The article with its sentences, passages and old rows, in its place of now."""
        was = one.was or one.id
        stored: StoredArticle = old.article(was)
        placed = replace(stored.article, id=one.id, origin=one.origin, collections=one.collections)
        passages = old.passages_of(stored)
        return Prepared(old.key(was), placed, stored.sentences, passages, stored.rows, old.read_at(was))

    def notes(self) -> list[Skipped]:
        """What did not become an article, now and, where the old articles stay, before.

        An old note that a document repeats an article goes with that article.
        """
        gone = self.known.entries.keys() - self._taken.keys()
        old = self.known.notes_beside(self.seen) if self._keeps else ()
        about = tuple(f" {said}" for id_ in gone for said in _repeats(id_))
        return [*(note for note in old if not f" {note.detail}".endswith(about)), *self.skipped]

    def changes_nothing(self) -> bool:
        """Whether an addition leaves every article, its place and the notes as they were."""
        if not self._keeps or self._taken != {id_: _mark(entry) for id_, entry in self.known.entries.items()}:
            return False
        # new notes alone are no reason to publish, but an old one that is no longer true is
        return {note.origin for note in self.known.notes} <= {note.origin for note in self.notes()}

    def is_change(self, one: Prepared | Carried) -> bool:
        """Whether it is an article that was not there before, or not with this text and these facts."""
        if isinstance(one, Carried):
            return one.was is not None
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
        before = self._before(document, made.article.id)
        same = before is not None and self.known.was_read_from(before.id, document.origin)
        told = before.collections if before is not None and same and document.markup != "jsonl" else ()
        collections = self._collections(document, told)
        return replace(made, article=replace(made.article, collections=collections))

    def _before(self, document: Document, id_: str) -> Entry | None:
        """The article as it was before: of several versions that of this document, else the one that goes by the id."""
        was = self.known.files.get(document.origin)
        own = was is not None and plain_id(was, self.known.made[was].raw_sha256) == id_
        return self.known.entries.get(was if was is not None and own else id_)

    def _collections(self, document: Document, before: Sequence[str]) -> tuple[str, ...]:
        return tuple(sorted({*document.collections, *(self._given or before)}))

    def _take(self, document: Document, one: Prepared | Carried) -> Prepared | Carried | Skipped:
        """Note what the document gave, or say why its article cannot stand beside the others.

        It comes back with another id where an article before it goes by the same one and both are of one address.
        """
        origin = one.origin if isinstance(one, Carried) else document.origin
        id_, digest = self._marked(one)
        if id_ in self._taken:
            if self._taken[id_][0] == digest:
                return _repeated(document.origin, id_, True)
            url = one.article.url if isinstance(one, Prepared) else self.known.entries[id_].url
            older = version_id(plain_id(id_, document.raw_sha256), document.raw_sha256)
            if not _may_be_version(id_, url, document.markup) or older in self._taken:
                return _repeated(document.origin, id_, False)
            one, id_ = _named(one, older), older
        elif self._keeps and isinstance(one, Prepared) and self.known.is_another_file(one.article):
            before = self.known.entries[id_].origin
            return Skipped(document.origin, "duplicate_id", f"{before} {_repeats(id_)[2]}")
        self._taken[id_], self._keys[id_] = (digest, origin), document.key
        self._there.add(document.key)
        told = told_by(wording(one.sentences)) if isinstance(one, Prepared) else self.known.made[one.was or one.id].told
        self._read[document.key] = plain_id(id_, document.raw_sha256), told
        before = self.known.files.get(origin, id_)
        if before != id_ and not is_page(document.key, document.markup):  # the file declares another address now
            self._replaced.add(before)
        return one

    def _marked(self, one: Prepared | Carried) -> tuple[str, str]:
        if isinstance(one, Prepared):
            return one.article.id, one.article.fingerprint()
        entry = self.known.entries[one.was or one.id]
        if self._old is None or entry.collections == one.collections:
            return one.id, entry.fingerprint
        return one.id, self._placed(self._old, one).article.fingerprint()


def _may_be_version(id_: str, url: str | None, markup: str) -> bool:
    """Whether an article of that id may have versions: its id comes from its address, it declares none itself."""
    return url is not None and (markup != "jsonl" or id_ == article_id(url))


def _named(one: Prepared | Carried, id_: str) -> Prepared | Carried:
    if isinstance(one, Prepared):
        return replace(one, article=replace(one.article, id=id_))
    return replace(one, id=id_, was=one.was or one.id)


def _mark(entry: Entry) -> tuple[str, str]:
    return entry.fingerprint, entry.origin


def _repeated(origin: str, article: str, same: bool) -> Skipped:
    return Skipped(origin, "duplicate" if same else "duplicate_id", _repeats(article)[0 if same else 1])


def _repeats(article: str) -> tuple[str, str, str]:
    """How a note ends that names the article: on a document that repeats it, goes by its id, or is another file of its name."""
    return (
        f"the same as an article before it, {article}",
        f"an article before it goes by the id {article}; give it another",
        f"is article {article} already; to replace it: byline remove {article}, then add this one",
    )
