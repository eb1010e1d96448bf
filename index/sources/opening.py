"""The opening lines of an article -> what they say of it in so many words: its date, its authors, labelled fields.

Comes in: plain text. Goes out: `Opening`. Only lines that say nothing else count: a date alone or behind "Published",
names behind "By", "Outlet: …" in a block of such lines. A date or a name within a sentence is never taken, nor is the
name of a place or an outlet that stands there without a word of what it is; two dates that differ are none.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from index.sources.dates import iso_date

# Lines before the story begins: title, subtitle, outlet, author, date, a credit.
_LINES = 8
_LONGEST = 120
_PUBLISHED = re.compile(
    r"(?:(?:first\s+)?(?:published|posted|publié|veröffentlicht|erstellt|publicado|pubblicato)(?:\s+(?:on|am|le|el|il))?"
    r"|date|datum|fecha|data|le|am)\s*:?\s+(?=\S)",
    re.IGNORECASE,
)
_CHANGED = re.compile(r"\b(?:updat|modif|revis|correct|aktualis|mis(?:e)? à jour|actualiz|aggiorn)", re.IGNORECASE)
_BY = re.compile(r"(?:written\s+)?by:?\s+(?=\S)", re.IGNORECASE)
_PARTED = re.compile(r"\s*[·|•]\s*|\s+[—–-]\s+")
_PARTICLE = r"(?:de|da|do|dos|del|della|di|van|von|der|den|la|le|el|al|bin|ibn|zu|af|ter|st\.?)"
_NAME_WORD = r"[^\W\d_a-z][\w’'.-]*"
_NAME = rf"{_NAME_WORD}(?:\s+(?:{_PARTICLE}\s+){{0,2}}{_NAME_WORD}){{1,3}}"
_NAMES = re.compile(rf"{_NAME}(?:(?:,\s*|,?\s+(?:and|&)\s+){_NAME}){{0,9}}")

_LABEL = re.compile(r"([^\W\d_][\w /-]{1,24}):[ \t]*(.*)")
_FIELDS = {
    **dict.fromkeys(("title", "headline"), "title"),
    **dict.fromkeys(("source", "outlet", "publication", "publisher", "newspaper", "publication title"), "source"),
    **dict.fromkeys(("author", "authors", "byline", "by"), "authors"),
    **dict.fromkeys(("date", "published", "publication date", "published on", "date published"), "published"),
    **dict.fromkeys(("url", "link", "address", "web address"), "url"),
    **dict.fromkeys(("language", "lang"), "language"),
}


@dataclass(frozen=True, slots=True)
class Opening:
    """What the first lines say: a day in ISO form or None, and names."""

    published: str | None
    authors: tuple[str, ...]


def opening(lines: Iterable[str]) -> Opening:
    """What the lines say up to the first that is a text of its own; at most eight are looked at."""
    days: set[str] = set()
    authors: list[str] = []
    for line in _head(lines):
        for part in (line, *_PARTED.split(line)):
            if day := stated_day(part):
                days.add(day)
            authors += stated_authors(part)
    return Opening(days.pop() if len(days) == 1 else None, tuple(dict.fromkeys(authors)))


def stated_day(line: str) -> str | None:
    """The day of publication, where a line says that and nothing else; what is said of a change is not it."""
    line = line.strip().rstrip(".")
    return (
        None
        if _CHANGED.search(line)
        else iso_date(_PUBLISHED.sub("", line, count=1) if _PUBLISHED.match(line) else line)
    )


def stated_authors(line: str) -> tuple[str, ...]:
    """The names behind "By", where a line holds nothing but them."""
    line = line.strip()
    match = _BY.match(line)
    if match is None or len(line) > _LONGEST or not _NAMES.fullmatch(line, match.end()):
        return ()
    return tuple(re.split(r",\s*(?:and\s+)?|\s+(?:and|&)\s+", line[match.end() :]))


def labelled(text: str) -> tuple[dict[str, str], str]:
    """The fields of a block of "Title: …" lines at the beginning of a text, and the text behind it.

    No block, and the text as it is, unless a blank line ends it, each of its lines has a label, and two of them or more
    are known ones with the title or the date among them.
    """
    block, parted, rest = re.sub(r"\r\n?", "\n", text[:8000]).lstrip("\n").partition("\n\n")
    pairs = [_LABEL.fullmatch(line.rstrip()) for line in block.split("\n")]
    found = {
        _FIELDS[pair[1].strip().lower()]: pair[2].strip()
        for pair in pairs
        if pair and pair[1].strip().lower() in _FIELDS
    }
    if not parted or not all(pairs) or len(found) < 2 or not found.keys() & {"title", "published"}:
        return {}, text
    return {name: value for name, value in found.items() if value}, rest + text[8000:]


def _head(lines: Iterable[str]) -> Iterable[str]:
    filled = (line.strip() for line in lines if line.strip())
    for number, line in enumerate(filled):
        # A sentence ends the head; a date or a byline may have a full stop as well.
        told = stated_day(line) or stated_authors(line)
        if (
            number >= _LINES
            or len(line) > _LONGEST
            or (re.search(r"[.!?…]['\"’”»)\]]*$", line) and number and not told)
        ):
            return
        yield line
