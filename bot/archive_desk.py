"""An Archive as the desk of one person: what was last asked, what is set for this session.

Comes in: an open archive. Goes out: what `bot.desk.Desk` promises. The generation that answered is held until the
next question, so that contexts, articles and candidates of one answer never mix with those of a newer one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bot.answer import Answer
from bot.archive import Archive
from bot.around import around
from bot.ask import Asked
from bot.cite import Citation
from bot.config import change_setting, settings
from bot.courtesy import COURTESIES
from bot.desk import Context, Listed, Weighed
from bot.errors import ConfigInvalid
from bot.quoted import Verdict, quoted
from index.article import Article, file_name
from index.store import Snapshot

# What may be changed for a session: what neither needs another index nor another start.
_CHANGEABLE = ("retrieval.", "reader.", "answer.", "question.")


class ArchiveDesk:
    """The desk that the command line hands to a front."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive
        self._asked: Asked | None = None
        self._snapshot: Snapshot | None = None

    def ask(self, question: str) -> Answer:
        snapshot = self._archive.snapshot()
        asked = self._archive.ask(question, snapshot)
        if asked.answer.reason not in COURTESIES:  # "thanks" leaves the last answer as it is
            self._asked, self._snapshot = asked, snapshot
        return asked.answer

    def context(self, citation: Citation, sentences: int) -> Context:
        return around(self._held(), citation, sentences)

    def check(self, text: str) -> Verdict:
        return quoted(text, self._archive.snapshot())

    def article(self, id: str) -> Article:
        snapshot = self._held()
        return snapshot.article(snapshot.entry(id).id).article

    def articles(self) -> Sequence[Listed]:
        found = [
            Listed(e.id, e.title, e.source, e.published, e.url, file_name(e.origin)) for e in self._held().entries()
        ]
        dated = sorted((one for one in found if one.published), key=lambda one: one.published or "", reverse=True)
        return dated + [one for one in found if not one.published]

    def why(self) -> Sequence[Weighed]:
        if self._asked is None:
            return []
        reads = self._archive.reads
        weighed = []
        for reading in self._asked.readings:
            candidate = self._asked.candidates[reading.window]
            weighed.append(
                Weighed(
                    candidate.sentences[reading.sentence].text, candidate.passage.article, candidate.hit.words_rank,
                    candidate.hit.vector_rank, candidate.hit.score, reading.score if reads else None,
                )
            )  # fmt: skip
        return weighed

    def status(self) -> Mapping[str, object]:
        status = self._archive.status()
        period = " to ".join(status["period"]) if status["period"] else "no article has a date"
        shown: dict[str, object] = {
            "generation": status["generation"], "published": status["published"], "articles": status["articles"],
            "sentences": status["sentences"], "period": period, "embedding": status["models"]["embedding"],
            "reader": self._archive.reader().name,
        }  # fmt: skip
        if not self._archive.reads:
            shown["notice"] = "No reading model is loaded: sentences are compared with the question, not read."
        return shown

    def settings(self) -> Mapping[str, str]:
        return {
            name: "none" if value is None else str(value)
            for name, value in settings(self._archive.config).items()
            if name.startswith(_CHANGEABLE)
        }

    def set(self, name: str, value: str) -> str:
        if name in self.settings():
            self._archive.set(change_setting(self._archive.config, name, value))
            return self.settings()[name]
        raise ConfigInvalid((f"{name}: not a setting of a session; these are: {', '.join(self.settings())}",))

    def _held(self) -> Snapshot:
        if self._snapshot is None:
            self._snapshot = self._archive.snapshot()
        return self._snapshot
