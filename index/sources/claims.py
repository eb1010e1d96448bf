"""What a file says of itself in its properties -> what of it may be believed: what its own pages say too.

Word processors fill in titles and authors by themselves: a template's title, the name of whoever set up the computer.
So a claim counts only where the document shows it to its readers. Dates of a file are those of its making and saving,
not of publication, and never count.
"""

from __future__ import annotations

import re

_OPENING = 3000
_LETTERS = re.compile(r"\w+")


def shown_title(claim: str | None, text: str) -> str | None:
    """The claimed title if its words stand, in their order, in the opening of the text."""
    return claim.strip() if claim and _stands_in(claim, text[:_OPENING]) else None


def shown_authors(claim: str | None, text: str) -> tuple[str, ...]:
    """The claimed authors, `;` or `and` between them, that are named near the text's beginning or end."""
    ends = text if len(text) <= 2 * _OPENING else text[:_OPENING] + "\n" + text[-_OPENING:]
    names = re.split(r"\s*(?:;|\band\b|&)\s*", (claim or "")[:500])
    return tuple(name for name in names if len(name.split()) > 1 and _stands_in(name, ends))


def _stands_in(claim: str, text: str) -> bool:
    words = _LETTERS.findall(claim.casefold())
    return bool(words) and f" {' '.join(words)} " in f" {' '.join(_LETTERS.findall(text.casefold()))} "
