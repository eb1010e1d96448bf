"""A date as people and programs write it -> its day in ISO form, or None where it could be another day.

Comes in: what stands where a date belongs (a field, a mark on a page, a line of its own). Goes out: `2019-03-23` or None.
Names of months are read in the languages that most newspapers of Europe and America are written in. Nothing is
guessed: the day is the one written, in the writer's time zone; `03/04/2019` has two meanings and so none.
"""

from __future__ import annotations

import datetime
import re

# Full names, and the short ones that are in use, by month; no name here stands for two months: "listopada" is
# November to Poles and October to Croats.
_MONTHS = (
    "january jan januar jänner janvier janv enero gennaio janeiro januari stycznia января",
    "february feb februar février févr febrero febbraio fevereiro februari lutego февраля",
    "march mar märz mars marzo março maart marts marca марта",
    "april apr avril abril aprile kwietnia апреля",
    "may mai mayo maggio maio mei maj maja мая",
    "june jun juni juin junio giugno junho czerwca июня",
    "july jul juli juillet julio luglio julho lipca июля",
    "august aug août agosto augustus augusti sierpnia августа",
    "september sep sept septembre septiembre setiembre settembre setembro września сентября",
    "october oct oktober octobre octubre ottobre outubro października октября",
    "november nov novembre noviembre novembro ноября",
    "december dec dezember décembre diciembre dicembre dezembro desember grudnia декабря",
)
_MONTH_OF = {name: number for number, names in enumerate(_MONTHS, 1) for name in names.split()}
_WEEKDAYS = (
    "monday mon tuesday tue tues wednesday wed thursday thu thur thurs friday fri saturday sat sunday sun "
    "montag dienstag mittwoch donnerstag freitag samstag sonnabend sonntag mo di mi do fr sa so "
    "lundi mardi mercredi jeudi vendredi samedi dimanche lunes martes miércoles jueves viernes sábado domingo "
    "lunedì martedì mercoledì giovedì venerdì sabato domenica segunda-feira terça-feira quarta-feira quinta-feira "
    "sexta-feira maandag dinsdag woensdag donderdag vrijdag zaterdag zondag måndag tisdag onsdag torsdag fredag lördag "
    "söndag mandag tirsdag lørdag søndag"
)
_WEEKDAY = rf"(?:(?:{'|'.join(sorted(_WEEKDAYS.split(), key=len, reverse=True))})\.?,?\s+(?:(?:the|den|le|el)\s+)?)"
_LINK = r"(?:\s+(?:de|of|del)\s+|\.?,?\s*[ ]|-)"
_MONTH = r"(?P<month>[^\W\d_]{3,12})"
_ZONE = r"(?:\s*(?:Z|(?:UTC|GMT|[A-Z]{2,5})?\s?(?:[+-]\d{1,2}(?::?\d{2})?)?)(?:\s?[(\[][\w /+-]{1,60}[)\]])?)"
_HOUR = r"\d{1,2}[:.h]\d{2}(?:[:.]\d{2}(?:[.,]\d{1,9})?)?(?:\s?[ap]\.?\s?m\.?)?|\d{1,2}\s?[ap]\.?\s?m\.?"
# A time of day behind a date, after a comma, a dash or a word.
_TIME = rf"(?:\s*(?:[,;|·–—-]|\bat\b|\bum\b|\bà\b|\bkl\.?)*\s*(?:{_HOUR})(?:\s?(?:Uhr|hrs|h))?{_ZONE})?"

_FORMS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        # 2019-03-23, 2019/3/23, 2019.03.23, with or without a time
        rf"(?P<year>\d{{4}})[-/.](?P<number>\d{{1,2}})[-/.](?P<day>\d{{1,2}})(?:T?{_TIME}|\s+[A-Z]{{3}}|Z)?",
        r"(?P<year>\d{4})(?P<number>\d{2})(?P<day>\d{2})(?:T?\d{4,6}Z?)?",
        # 23 March 2019, 23. März 2019, 23 de marzo de 2019, the first of a month in French
        rf"{_WEEKDAY}?(?P<day>\d{{1,2}})(?:st|nd|rd|th|er|º|\.)?{_LINK}{_MONTH}{_LINK}(?P<year>\d{{4}}){_TIME}",
        # March 23, 2019
        rf"{_WEEKDAY}?{_MONTH}\.?\s+(?P<day>\d{{1,2}})(?:st|nd|rd|th)?,?\s+(?P<year>\d{{4}}){_TIME}",
        # 2019年3月23日
        r"(?P<year>\d{4})\s?年\s?(?P<number>\d{1,2})\s?月\s?(?P<day>\d{1,2})\s?日(?:\s?\S{1,8})?",
    )
)
# Day or month first: read only where the other way gives no date, or the same.
_EITHER = re.compile(rf"{_WEEKDAY}?(\d{{1,2}})([/.-])(\d{{1,2}})\2(\d{{4}}){_TIME}", re.IGNORECASE)
# The first newspaper appeared in 1605; years outside this span are a publishing system's way of saying "none".
_YEARS = range(1605, 2200)
_LONGEST = 80


def iso_date(written: str) -> str | None:
    """The day as `2019-03-23` where a date is written in full and can be read in one way only, else None.

    Read are ISO dates with or without a time, `2019/03/23`, `20190323`, `Sat, 23 Mar 2019 ...`, `March 23, 2019 at 9 am`,
    `23. März 2019`, `2019年3月23日`. The day is the one written, in the writer's time zone. `23/03/2019` can only be one
    day; `03/04/2019` has two meanings: None.
    """
    written = " ".join(written[: 4 * _LONGEST].split())
    if len(written) > _LONGEST:
        written = re.sub(r"\s?\([^)]*\)$", "", written)[: _LONGEST + 1]
    for form in _FORMS:
        if match := form.fullmatch(written):
            parts = match.groupdict()
            month = parts.get("number") or _MONTH_OF.get((parts.get("month") or "").lower(), 0)
            return _day(parts["year"], month, parts["day"])
    if match := _EITHER.fullmatch(written):
        days = {_day(match[4], match[3], match[1]), _day(match[4], match[1], match[3])} - {None}
        return days.pop() if len(days) == 1 else None
    return None


def _day(year: str, month: str | int, day: str) -> str | None:
    try:
        date = datetime.date(int(year), int(month), int(day))
    except ValueError:
        return None
    return date.isoformat() if date.year in _YEARS else None
