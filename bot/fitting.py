"""A question -> which spans of a window can hardly be its answer, told by their words alone.

Comes in: a question's words, the window. Goes out: whether a span repeats what was asked, is not of the kind that is
asked for (no time for "when", no count for "how many"), or is told of another year. Others lean on: part of
an unfit span is unfit too, but for words like "the" alone. It compares words and so errs in both directions: an unfit span is held against, never
ruled out. Knows nothing of models.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import lru_cache

from bot.alike import repeats
from bot.read import Window

YEAR = re.compile(r"\b(?:1[89]|20)\d\d\b")
_ASKS = re.compile(r"\b(?:who|whom|whose|what|when|where|why|which|how)\b", re.IGNORECASE)
_YEAR_BEFORE = re.compile(r"\b(?:(?:last|previous) year|year (?:ago|earlier))\b", re.IGNORECASE)
_YEAR_AFTER = re.compile(r"\bnext year\b", re.IGNORECASE)
_EITHER = re.compile(r"\bor\b(?!\s+not\b)", re.IGNORECASE)
# "Can you tell me who ...": what is asked begins behind it.
_POLITE = re.compile(
    r"^\W*(?:(?:can|could|would|will)\s+(?:you|anyone|anybody|someone|somebody)\s+(?:please\s+)?(?:tell|say|explain)"
    r"|(?:do|does|did)\s+(?:you|anyone|anybody|someone|somebody)\s+(?:know|remember|recall))(?:\s+(?:me|us|please|exactly)){0,2}"
    r"\s+(?=(?:who|whom|whose|what|when|where|why|which|how)\b)",
    re.IGNORECASE,
)
_TRAILS = re.compile(r"\b(?:who|whom|what|when|where|why|how)\W*$", re.IGNORECASE)
_WHEN = re.compile(
    r"^\W*(?:(?:and|so|but)\W+)?(?:when|(?:in|on)?\s*(?:what|which) (?:year|month|day|date))\b", re.IGNORECASE
)
_COUNT = re.compile(r"\bhow (?:many|much|old)\b", re.IGNORECASE)
_VERB = re.compile(
    r"^\W*(?:(?:is|are|was|were|do|does|did|has|have|had|ca|could|wo|would|should|must)n['’]t|"
    r"is|are|was|were|am|do|does|did|has|have|had|can|could|will|would|shall|should|may|might|must)\b",
    re.IGNORECASE,
)
_TIME = re.compile(
    r"\b(?:\d{4}s?|\d{1,2}(?:st|nd|rd|th)|\d{1,2}[./:]\d+|\d{1,2} ?[ap]\.?m\b|(?:jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec)"
    r"(?:uary|ruary|ch|il|e|y|ust|tember|ober|ember)?|may|(?:mon|tues|wednes|thurs|fri|satur|sun)days?|"
    r"(?:second|minute|hour|day|night|morning|noon|afternoon|evening|week|weekend|month|year|decade|centur|season|semester|quarter)"
    r"(?:y|s|ies)?|today|tonight|overnight|dawn|dusk|sunrise|sunset|yesterday|tomorrow|midnight|midday|now|ago|earlier|later?|last|next|early|recently|soon|once|"
    r"never|always|spring|summer|autumn|fall|winter|christmas|easter|ramadan|thanksgiving|halloween|eve|time|"
    r"after|before|during|since|until|till|when|whenever|while|upon|following)\b",
    re.IGNORECASE,
)
_FIGURE = re.compile(
    r"\d|\b(?:zero|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen|"
    r"eighteen|nineteen|(?:twen|thir|for|fif|six|seven|eigh|nine)ty|no|none|nobody|both|all|most|more|less|half|few|fewer|"
    r"several|some|many|much|every|couple|pair|single|double|triple|once|twice|majority|quarter|thirds?|nothing|little|"
    r"dozens?|scores|hundreds?|thousands?|(?:m|b|tr)illions?|free|enough)\b|-(?:one|two|three|four|five|six|seven|eight|nine)\b",
    re.IGNORECASE,
)


def polar(question: str) -> bool:
    """Whether a question wants a yes or a no: it begins with a verb, offers no choice and does not end with "who"."""
    asked = _POLITE.sub("", question)
    return bool(_VERB.search(asked)) and not _EITHER.search(asked) and not _TRAILS.search(asked)


def unfit(question: str, window: Window | None = None) -> Callable[[str], bool]:
    """What tells of a span's text, from that window or from any, whether it can hardly answer the question.

    Where a question names years, and neither the window nor its article's title or date has one of them, none can. Of an
    article without a date all the years count that it names, and no other.
    """
    years = YEAR.findall(question)
    if window is not None and years and _of_another_year(years, window):
        return _always
    return _unfit(_POLITE.sub("", question))


def _of_another_year(years: Sequence[str], window: Window) -> bool:
    told = f"{window.title or ''} {window.text}".replace(",", "")  # "2000 people" may be written 2,000
    if window.published and (written := YEAR.match(window.published)):
        year = int(written[0])
        told += f" {year}{f' {year - 1}' * bool(_YEAR_BEFORE.search(told))}{f' {year + 1}' * bool(_YEAR_AFTER.search(told))}"
    if window.published is None:
        told += f" {' '.join(window.years)}"
    return not any(year in told for year in years)


def _always(_: str) -> bool:
    return True


@lru_cache(maxsize=64)
def _unfit(question: str) -> Callable[[str], bool]:
    asks = bool(_ASKS.search(question)) and not _VERB.search(question)
    echo = asks and not _EITHER.search(question)
    kind = _TIME if _WHEN.search(question) else _FIGURE if _COUNT.search(question) else None

    @lru_cache(maxsize=512)
    def told(span: str) -> bool:
        return (kind is not None and not kind.search(span)) or (echo and repeats(question, span))

    return told
