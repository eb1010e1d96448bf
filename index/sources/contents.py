"""What a format gives: an article's text and what the document says of itself, before canonicalising.

Every reader of a format (text, Markdown, HTML, JSON lines) goes from bytes to `Contents`; plain values, so that a
parser can as well run in another process. A field that the document does not say, or says unclearly, is None and
never a guess; what had to be left out is named in `flags`.
"""

from __future__ import annotations

import datetime
import email.utils
import re
from dataclasses import dataclass
from urllib.parse import urlsplit


@dataclass(frozen=True, slots=True)
class Contents:
    """An article as its format has it; `id` only if the document declares one.

    `pages` are the offsets in `text` at which printed pages begin, for a text that is canonical already.
    """

    text: str
    title: str | None = None
    url: str | None = None
    source: str | None = None
    authors: tuple[str, ...] = ()
    published: str | None = None
    language: str | None = None
    id: str | None = None
    flags: tuple[str, ...] = ()
    pages: tuple[int, ...] = ()


_ISO = re.compile(
    r"(\d{4})-(\d{2})-(\d{2})(?:[T ]\d{2}:?\d{2}(?::?\d{2}(?:[.,]\d+)?)?\s*(?:Z|UTC|GMT|[+-]\d{2}:?\d{2})?)?"
)
_BIG_ENDIAN = re.compile(r"(\d{4})[/.](\d{1,2})[/.](\d{1,2})(?:[T ].{0,20})?|(\d{4})(\d{2})(\d{2})(?:T\d{4,6}Z?)?")
_WORDED = re.compile(
    r"(?:(?P<day>\d{1,2})(?:st|nd|rd|th)?\s+(?P<month>[A-Za-z]{3,9})\.?,?\s+(?P<year>\d{4})"
    r"|(?P<month2>[A-Za-z]{3,9})\.?\s+(?P<day2>\d{1,2})(?:st|nd|rd|th)?,?\s+(?P<year2>\d{4}))"
)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH_NAMES = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
    "december",
)  # fmt: skip

# The first newspaper appeared in 1605; years outside this span are a publishing system's way of saying "none".
_YEARS = range(1605, 2200)


def iso_date(written: str) -> str | None:
    """The day as `2019-03-23` where a date is written in full and can be read in one way only, else None.

    Read are ISO dates with or without a time, `2019/03/23`, `20190323`, `Sat, 23 Mar 2019 ...`, `March 23, 2019`
    and `23 March 2019`. The day is the one written, in the writer's time zone. `03/04/2019` has two meanings: None.
    """
    written = written.strip()[:80]
    if match := _ISO.fullmatch(written):
        return _day(match[1], match[2], match[3])
    if match := _BIG_ENDIAN.fullmatch(written):
        return _day(*(part for part in match.groups() if part is not None))
    if match := _WORDED.fullmatch(written):
        name = (match["month"] or match["month2"]).lower()
        month = _MONTHS.index(name[:3]) + 1 if name[:3] in _MONTHS else 0
        if month and (name in (_MONTHS[month - 1], "sept") or name == _MONTH_NAMES[month - 1]):
            return _day(match["year"] or match["year2"], str(month), match["day"] or match["day2"])
        return None
    if re.match(r"[A-Za-z]{3,9}, *\d", written) and (parts := email.utils.parsedate(written)):
        return _day(*(str(part) for part in parts[:3]))
    return None


def _day(year: str, month: str, day: str) -> str | None:
    try:
        date = datetime.date(int(year), int(month), int(day))
    except ValueError:
        return None
    return date.isoformat() if date.year in _YEARS else None


def web_address(written: str) -> str | None:
    """The address if it is http or https with a host, no password and no odd character, else None."""
    written = written.strip()
    if len(written) > 2048 or not written.isprintable() or re.search(r"[\s\\<>\"]", written):
        return None
    try:
        parts = urlsplit(written)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return None
    if parts.scheme.lower() not in ("http", "https") or not host or "@" in parts.netloc:
        return None
    return written


def host_of(address: str) -> str:
    """The host of an address that `web_address` let through, without `www.`, in lower case."""
    return (urlsplit(address).hostname or "").lower().removeprefix("www.")
