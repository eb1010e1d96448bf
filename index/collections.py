"""Names of collections: what articles are sorted into, and what a question or a chat may be limited to.

Comes in: a name as somebody wrote it. Goes out: the name as it is kept, or a `ValueError` whose text says what is
allowed. The promise: two names that look the same are the same, since case and composed letters are folded. `all` is
not taken: in the configuration it stands for no limit.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from contextlib import suppress

# The collections that somebody may see; None is all there is, also what is in no collection. An empty one sees nothing.
Scope = frozenset[str] | None

LONGEST = 40
ALLOWED = (
    f"1 to {LONGEST} letters, digits, dots, dashes or underscores, beginning with a letter or digit, and not `all`"
)
_NAME = re.compile(rf"[^\W_][\w.-]{{0,{LONGEST - 1}}}")


def collection_name(written: str) -> str:
    """The name of a collection as it is kept; raises `ValueError` with what is allowed."""
    name = unicodedata.normalize("NFC", unicodedata.normalize("NFKC", written.strip()).casefold())
    if not _NAME.fullmatch(name) or name == "all":
        raise ValueError(f"{written[:60]!r} is no name of a collection; allowed: {ALLOWED}")
    return name


def collection_names(written: Iterable[object]) -> tuple[str, ...]:
    """The names of a document's own list, sorted, each once; what is no name is left out."""
    names = set()
    for one in written:
        if isinstance(one, str):
            with suppress(ValueError):
                names.add(collection_name(one))
    return tuple(sorted(names))


def within(collections: Iterable[str], scope: Scope) -> bool:
    """Whether what carries these collections is there for the scope."""
    return scope is None or not scope.isdisjoint(collections)
