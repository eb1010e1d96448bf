"""The opening lines of an article -> what they say of it in so many words: its date, its authors, labelled fields.

Comes in: plain text. Goes out: `Opening`. Only lines that say nothing else count: a date alone or behind "Published",
names behind "By", "Outlet: …" in a block of such lines. A date or a name within a sentence is never taken, nor is the
name of a place or an outlet that stands there without a word of what it is; two dates that differ are none, nor is one
that stands alone where others stand alone below it: they are the headings of a chronicle.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice, pairwise

from index.sources.dates import iso_date

# Lines before the story begins: title, subtitle, outlet, author, date, a credit.
_LINES = 8
_LONGEST = 120
# Lines below the head in which other dates that stand alone are looked for.
_BELOW = 400
_PUBLISHED = re.compile(
    r"(?:(?:first\s+)?(?:published|posted|publié|veröffentlicht|erstellt|publicado|pubblicato)(?:\s+(?:on|am|le|el|il))?"
    r"|date|datum|fecha|data|le|am)\s*:?\s+(?=\S)",
    re.IGNORECASE,
)
_CHANGED = re.compile(r"\b(?:updat|modif|revis|correct|aktualis|mis(?:e)? à jour|actualiz|aggiorn)", re.IGNORECASE)
_CHANGED_THEN = re.compile(
    r"(?:(?:last|zuletzt|dernière|última|ultimo)\s+)?(?:updat|modif|revis|correct|aktualis|mis(?:e)? à jour|actualiz|aggiorn)"
    r"\w*(?:\s+(?:on|at|am|le|el|il))?\s*:?", re.IGNORECASE,
)  # fmt: skip
# What announcements tell beside the day: that of what they announce.
_EVENT = re.compile(
    r"(?:time|venue|place|location|where|when|admission|tickets|uhrzeit|zeit|ort|eintritt|lieu|heure|lugar|hora|luogo|ora)\s*:",
    re.IGNORECASE,
)
_DATE_LABEL = re.compile(r"(?:date|datum|fecha|data)\b", re.IGNORECASE)
_BY = re.compile(r"(?:written\s+)?by:?\s+(?=\S)", re.IGNORECASE)
_PARTED = re.compile(r"\s*[·|•]\s*|\s+[—–-]\s+")
_PARTICLE = r"(?:de|da|do|dos|del|della|di|van|von|der|den|la|le|el|al|bin|ibn|zu|af|ter|st\.?)"
_NAME_WORD = r"[^\W\d_a-z][\w’'.-]*"
_NAME = rf"{_NAME_WORD}(?:\s+(?:{_PARTICLE}\s+){{0,2}}{_NAME_WORD}){{1,3}}"
# In titles that begin with "By", not in names.
_NO_NAME = frozenset("the our his her their my your this that these those or of for with from by".split())
_NAMES = re.compile(rf"{_NAME}(?:(?:,\s*|,?\s+(?:and|&)\s+){_NAME}){{0,9}}")

_BLOCK = 8000
_LABEL = re.compile(r"([^\W\d_][\w /-]{1,24}):[ \t]*(.*)")
_FIELDS = {
    **dict.fromkeys(("title", "headline"), "title"),
    **dict.fromkeys(("source", "outlet", "publication", "publisher", "newspaper", "publication title"), "source"),
    **dict.fromkeys(("author", "authors", "byline", "by"), "authors"),
    **dict.fromkeys(("date", "published", "publication date", "published on", "date published"), "published"),
    **dict.fromkeys(("url", "link", "address", "web address"), "url"),
    **dict.fromkeys(("language", "lang"), "language"),
}
# Labels of exports that tell nothing of the story; where a block has any other, no word of it may be lost.
_BESIDE = frozenset(
    "section page pages length edition copyright rights dateline load-date category categories tags keywords subjects topics "
    "country region volume issue issn doi isbn id type database accessed retrieved updated modified words".split()
) | {"document id", "document type", "word count", "last updated", "place of publication", "country of publication"}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Opening:
    """What the first lines say: a day in ISO form or None, and names."""

    published: str | None
    authors: tuple[str, ...]


def opening(lines: Iterable[str], title: str | None = None) -> Opening:
    """What the lines say up to the first that is a text of its own; at most eight are looked at. A title names no authors."""
    filled = list(islice((line.strip() for line in lines if line.strip()), _BELOW))
    head = list(_head(filled))
    announced = any(map(_EVENT.match, filled[:_LINES]))
    told = [
        (line, day)
        for before, line in pairwise(["", *head])
        if not (_labels_another(before) or (announced and _DATE_LABEL.match(line)))
        for day in stated_days(line)
    ]
    days = {day for _, day in told}
    if not any(_PUBLISHED.match(line) for line, _ in told):
        days |= {day for line in filled[len(head) :] if (day := stated_day(line))} if days else set()
    authors = [
        name for line in head if line != title for part in (line, *_PARTED.split(line)) for name in stated_authors(part)
    ]
    return Opening(days.pop() if len(days) == 1 else None, tuple(dict.fromkeys(authors)))


def stated_day(line: str) -> str | None:
    """The day of publication, where a line says that and nothing else; what is said of a change is not it."""
    line = line.strip()
    if len(line) > _LONGEST or _CHANGED.search(line) or line.isdecimal():  # digits alone may be any number
        return None
    line = line.rstrip(".").rstrip()
    return iso_date(_PUBLISHED.sub("", line, count=1) if _PUBLISHED.match(line) else line)


def stated_days(line: str) -> tuple[str, ...]:
    """The days of publication in a line, or in its parts between dots, bars and dashes."""
    if day := stated_day(line):
        return (day,)
    parts = _PARTED.split(line)
    return tuple(
        day for before, part in pairwise(["", *parts]) if not _labels_another(before) and (day := stated_day(part))
    )


def _labels_another(line: str) -> bool:
    """Whether what comes next is another day than that of publication: of a change, or of what stands before a colon."""
    published = _PUBLISHED.match(f"{line} -")
    return bool(_CHANGED_THEN.fullmatch(line)) or (
        line.endswith(":") and not (published and published.end() > len(line))
    )


def stated_authors(line: str) -> tuple[str, ...]:
    """The names behind "By", where a line holds nothing but them."""
    line = line.strip()
    match = _BY.match(line)
    if match is None or len(line) > _LONGEST or not _NAMES.fullmatch(line, match.end()):
        return ()
    words = line[match.end() :]
    return () if _NO_NAME & set(words.lower().split()) else tuple(re.split(r",\s*(?:and\s+)?|\s+(?:and|&)\s+", words))


def labelled(text: str) -> tuple[dict[str, str], str]:
    """The fields of a block of "Title: …" lines at the beginning of a text, and the text behind it.

    No block unless a blank line ends it, each of its lines has a label, and two of them or more give fields, each another,
    with the title or the date among them. Where a label is of no such field nor of an export, the block stays in the text:
    what is behind it may be the story.
    """
    whole = re.sub(r"\r\n?", "\n", text).lstrip("\n")
    block, parted, rest = whole[:_BLOCK].partition("\n\n")
    pairs = [_LABEL.fullmatch(line.rstrip()) for line in block.split("\n")]
    labels = [pair[1].strip().lower() if pair else "" for pair in pairs]
    given = [
        (_FIELDS[label], pair[2].strip())
        for label, pair in zip(labels, pairs, strict=True)
        if pair and label in _FIELDS
    ]
    found = dict(given)
    alike = len(found) == len(given) >= 2 and found.keys() & {"title", "published"}
    if not parted or not all(pairs) or not alike:
        return {}, text
    if any(map(_EVENT.match, block.split("\n"))):
        found.pop("published", None)
    known = all(label in _FIELDS or label in _BESIDE for label in labels)
    return {name: value for name, value in found.items() if value}, rest + whole[_BLOCK:] if known else text


def _head(filled: Iterable[str]) -> Iterator[str]:
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
