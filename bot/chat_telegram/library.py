"""An archive as the room where questions wait sees it: the blocking half of `asking.py`.

Comes in: an open archive. Goes out: what `asking.Library` promises. The promises: all of one reply comes from one
generation; a generation that served lately is held, and one that is still on the disk is opened again, so that buttons
go on working after a publication and after a restart; what the scope leaves out is not found by any way. Methods may
be called from several threads.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence

from bot.archive import Archive
from bot.around import around
from bot.chat_telegram.asking import AnswerGone, Covered, Reply
from bot.cite import Citation, check
from bot.desk import Context
from bot.quoted import Verdict, quoted
from index.errors import IndexFailure
from index.generations import names, opened
from index.store import Scope, Snapshot

_HELD = 3  # generations; each costs file handles and its words in memory
_SCOPES = 256


class ArchiveLibrary:
    """The articles and models of one archive."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive
        self._opening = threading.Lock()
        self._held: OrderedDict[str, Snapshot] = OrderedDict()
        self._covered: OrderedDict[tuple[str, Scope], Covered] = OrderedDict()

    def snapshot(self) -> Snapshot:
        """The newest generation."""
        with self._opening:
            return self._hold(self._archive.snapshot())

    def generation(self) -> str:
        return self.snapshot().name

    def ask(self, question: str, scope: Scope) -> Reply:
        snapshot = self.snapshot()
        asked = self._archive.ask(question, snapshot, scope)
        return Reply(asked.answer, asked.more, self._counted(snapshot, scope))

    def around(self, citation: Citation, generation: str, sentences: int, scope: Scope) -> Context:
        return around(self._of(generation), citation, sentences, scope)

    def check(self, citations: Sequence[Citation], generation: str, scope: Scope) -> None:
        check(tuple(citations), self._of(generation), scope)

    def quoted(self, text: str, scope: Scope) -> Verdict:
        return quoted(text, self.snapshot(), scope)

    def found(self, text: str, scope: Scope, k: int) -> tuple[Citation, ...]:
        return self._archive.found(text, k, self.snapshot(), scope)

    def covered(self, scope: Scope) -> Covered:
        return self._counted(self.snapshot(), scope)

    def _of(self, generation: str) -> Snapshot:
        """That very generation; raises `AnswerGone` where it is neither held nor on the disk."""
        newest = self.snapshot()
        if newest.name == generation:
            return newest
        with self._opening:
            if generation in self._held:
                return self._hold(self._held[generation])
            index = self._archive.config.index.dir
            try:
                there = generation in names(index)
                return self._hold(Snapshot(opened(index / generation))) if there else self._gone(generation)
            except (IndexFailure, OSError):
                return self._gone(generation)

    def _gone(self, generation: str) -> Snapshot:
        raise AnswerGone(f"the generation {generation or 'of this answer'} is no longer there")

    def _hold(self, snapshot: Snapshot) -> Snapshot:
        """Keep it for buttons; snapshots that fall out close themselves when nobody uses them any more."""
        self._held[snapshot.name] = snapshot
        self._held.move_to_end(snapshot.name)
        while len(self._held) > _HELD:
            self._held.popitem(last=False)
        return snapshot

    def _counted(self, snapshot: Snapshot, scope: Scope) -> Covered:
        key = (snapshot.name, scope)
        with self._opening:
            known = self._covered.get(key)
        if known is None:
            first, last = snapshot.period(scope) or (None, None)
            known = Covered(snapshot.counts_in(scope)["articles"], first, last)
            with self._opening:
                self._covered[key] = known
                while len(self._covered) > _SCOPES:
                    self._covered.popitem(last=False)
        return known
