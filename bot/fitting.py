"""A question -> which spans of a window can hardly be its answer, told by their words alone.

Comes in: a question's words, the window. Goes out: whether a span repeats what was asked, is not of the kind that is
asked for (no time for "when", no count for "how many"), or is from an article of another year. Others lean on: part of
an unfit span is unfit too. It compares words and so errs in both directions: an unfit span is held against, never
ruled out. Knows nothing of models.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache

from bot.alike import repeats
from bot.read import Window

_ASKS = re.compile(r"\b(?:who|whom|whose|what|when|where|why|which|how)\b", re.IGNORECASE)
_YEAR = re.compile(r"\b(?:1[89]|20)\d\d\b")
_EITHER = re.compile(r"\bor\b", re.IGNORECASE)
_WHEN = re.compile(
    r"^\W*(?:(?:and|so|but)\W+)?(?:when|(?:in|on)?\s*(?:what|which) (?:year|month|day|date))\b", re.IGNORECASE
)
_COUNT = re.compile(r"\bhow (?:many|much|old)\b", re.IGNORECASE)
_VERB = re.compile(
    r"^\W*(?:is|are|was|were|am|do|does|did|has|have|had|can|could|will|would|shall|should|may|might|must)\b",
    re.IGNORECASE,
)
_TIME = re.compile(
    r"\b(?:\d{4}s?|\d{1,2}(?:st|nd|rd|th)|\d{1,2}[./:]\d+|\d{1,2} ?[ap]\.?m\b|(?:jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec)"
    r"(?:uary|ruary|ch|il|e|y|ust|tember|ober|ember)?|may|(?:mon|tues|wednes|thurs|fri|satur|sun)days?|"
    r"(?:second|minute|hour|day|night|morning|noon|afternoon|evening|week|weekend|month|year|decade|centur|season|semester|quarter)"
    r"(?:y|s|ies)?|today|tonight|yesterday|tomorrow|midnight|midday|now|ago|earlier|later?|last|next|early|recently|soon|once|"
    r"never|always|spring|summer|autumn|fall|winter|christmas|easter|thanksgiving|halloween|eve|time|"
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
    """Whether a question wants a yes or a no: it begins with a verb and offers no choice."""
    return bool(_VERB.search(question)) and not _EITHER.search(question)


def unfit(question: str, window: Window | None = None) -> Callable[[str], bool]:
    """What tells of a span's text, from that window or from any, whether it can hardly answer the question.

    Where a question names years, and neither the window nor its article's title or date has one of them, none can.
    """
    years = _YEAR.findall(question)
    if window is not None and years:
        told = f"{window.title or ''} {window.text} {window.published or ''}"
        if not any(year in told for year in years):
            return _always
    return _unfit(question)


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
