"""An archive as the room where questions wait sees it: the blocking half of `asking.py`.

Comes in: an open archive. Goes out: what `asking.Library` promises. The promises: all of one reply comes from one
generation; buttons of older answers go on working as long as the newest generation holds what was quoted, and no longer:
what is gone from it, or was corrected, is not shown from an older one; what the scope leaves out is not found by any
way. Methods may be called from several threads.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence

from bot.archive import Archive
from bot.around import around
from bot.chat_telegram.asking import AnswerGone, Covered, Reply
from bot.chat_telegram.turns import Aside
from bot.cite import Citation, check
from bot.desk import Context
from bot.errors import CitationBroken
from bot.quoted import Verdict, quoted
from index.errors import ArticleUnknown
from index.store import Scope, Snapshot

_SCOPES = 256


class ArchiveLibrary:
    """The articles and models of one archive."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive
        self._opening = threading.Lock()
        self._covered: OrderedDict[tuple[str, Scope], Covered] = OrderedDict()

    def snapshot(self) -> Snapshot:
        """The newest generation."""
        with self._opening:
            return self._archive.snapshot()

    def generation(self) -> str:
        return self.snapshot().name

    def ask(self, question: str, scope: Scope, aside: Aside) -> Reply:
        snapshot = self.snapshot()
        asked = self._archive.ask(question, snapshot, scope, aside)
        return Reply(asked.answer, asked.more, self._counted(snapshot, scope))

    def around(self, citation: Citation, generation: str, sentences: int, scope: Scope) -> Context:
        return around(self._holding((citation,), generation, scope), citation, sentences, scope)

    def check(self, citations: Sequence[Citation], generation: str, scope: Scope) -> None:
        self._holding(citations, generation, scope)

    def quoted(self, text: str, scope: Scope, aside: Aside) -> Verdict:
        return quoted(text, self.snapshot(), scope, aside)

    def found(self, text: str, scope: Scope, k: int) -> tuple[Citation, ...]:
        return self._archive.found(text, k, self.snapshot(), scope)

    def covered(self, scope: Scope) -> Covered:
        return self._counted(self.snapshot(), scope)

    def _holding(self, citations: Sequence[Citation], generation: str, scope: Scope) -> Snapshot:
        """The newest generation, in which the quotes of another stand letter by letter too; raises `AnswerGone`."""
        newest = self.snapshot()
        try:
            check(tuple(citations), newest, scope)
        except (ArticleUnknown, CitationBroken):
            if newest.name == generation:
                raise
            raise AnswerGone(f"the articles have changed since {generation or 'this answer'}") from None
        return newest

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
