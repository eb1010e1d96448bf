"""What of a generation is one story, and which article was superseded by which.

Comes in: the tables that draft.py wrote. Goes out: for an article the others of its story, and its versions. The promise
others lean on: all of it is as if what the scope leaves out did not exist. So a story is put together within the scope,
article by article; and a version is superseded only for those who may see a newer one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from index.collections import Scope, within

# A query and its values -> all rows; raises `IndexDamaged`.
Query = Callable[..., list[tuple[Any, ...]]]


@dataclass(frozen=True, slots=True)
class Version:
    """One version of what an address said, and its date where one was given."""

    article: str
    published: str | None


class Stories:
    """The stories and versions of one generation; safe to use from several threads."""

    def __init__(self, query: Query, names: Callable[[str], Sequence[str]]) -> None:
        self._query, self._names = query, names
        self.of = lru_cache(maxsize=4096)(self._of)
        self.hidden = lru_cache(maxsize=64)(self._hidden)

    def _of(self, article: str, scope: Scope = None) -> tuple[str, ...]:
        """The ids of the articles of its story that the scope holds and that nothing supersedes, in order, itself among them.

        One text told through another belongs to it too: a long piece, its short copy, and a copy of that.
        """
        (told,) = self._query("SELECT told FROM articles WHERE id = ?", article)[0]
        hidden, there, seen, waiting = self.hidden(scope), {article}, {told}, [told] if told else []
        while waiting:
            told = waiting.pop()
            found = self._query("SELECT id, collections FROM articles WHERE told = ?", told)
            inside = {id_ for id_, names in found if id_ not in hidden and within(self._names(names), scope)}
            if not inside:
                continue  # nobody of this scope can know of the text that would lead on
            there |= inside
            for (other,) in self._query("SELECT other FROM one_texts WHERE told = ?", told):
                if other not in seen:
                    seen.add(other)
                    waiting.append(other)
        return tuple(sorted(there))

    def versions(self, article: str, scope: Scope = None) -> tuple[Version, ...]:
        """All versions of what its address said that the scope holds, oldest first; none where there is only this one."""
        found = self._query(
            "SELECT a.id, a.published, a.collections FROM versions v JOIN articles a ON a.id = v.id WHERE v.address = "
            "(SELECT address FROM versions WHERE id = ?) ORDER BY v.edition", article,
        )  # fmt: skip
        inside = tuple(Version(id_, day) for id_, day, names in found if within(self._names(names), scope))
        return inside if len(inside) > 1 else ()

    def earlier(self, article: str, scope: Scope = None) -> tuple[Version, ...]:
        """The versions of the scope before this one, the newest of them first."""
        versions = self.versions(article, scope)
        place = [one.article for one in versions].index(article) if versions else 0
        return versions[:place][::-1]

    def newest(self, article: str, scope: Scope = None) -> Version | None:
        """The version that supersedes this one for the scope, if one does."""
        versions = self.versions(article, scope)
        return versions[-1] if versions and versions[-1].article != article else None

    def _hidden(self, scope: Scope = None) -> frozenset[str]:
        """The ids of the scope's articles that are superseded for it: not to be found, cited or counted."""
        found = self._query(
            "SELECT v.address, a.id, a.collections FROM versions v JOIN articles a ON a.id = v.id ORDER BY v.address, v.edition"
        )
        inside = [(address, id_) for address, id_, names in found if within(self._names(names), scope)]
        newest = dict(inside)  # the last of each address
        return frozenset(id_ for address, id_ in inside if newest[address] != id_)
