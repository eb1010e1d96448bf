"""A verdict on a text -> what scripts read (JSON) and what people read (paragraphs).

Comes in: a `Verdict`. Goes out: a plain dictionary, or paragraphs for a screen. The promise: "word for word" is said of
nothing but an exact text, and every difference is listed. Knows nothing of how texts are compared.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from bot.aligned import Difference
from bot.message import BLANK, Paragraph, Run, line, quote, sources
from bot.quoted import Verdict
from bot.report import citation_json

_SAID = {
    "exact": "In the articles, word for word:",
    "altered": "Not word for word. The nearest that the articles have:",
    "absent": "Not in the articles, and nothing near it. It may stand elsewhere.",
}


def verdict_json(text: str, verdict: Verdict, generation: str) -> dict[str, Any]:
    """The verdict as scripts read it."""
    return {
        "text": text,
        "verdict": verdict.kind,
        "places": [citation_json(place) for place in verdict.places],
        "differences": [asdict(one) for one in verdict.differences],
        "generation": generation,
    }


def checked(verdict: Verdict) -> Iterator[Paragraph]:
    """The verdict as people read it: whole sentences, what differs, and where they stand."""
    yield line(_SAID[verdict.kind], "heading" if verdict.kind == "exact" else "warning")
    if not verdict.places:
        return
    for place in verdict.places:
        yield Paragraph(quote(place), marker=f"[{place.marker}]")
    if verdict.differences:
        yield BLANK
        yield line("What differs:", "heading")
        for one in verdict.differences:
            yield Paragraph(_difference(one), indent=4)
    yield BLANK
    yield from sources(verdict.places, {})


def _difference(one: Difference) -> tuple[Run, ...]:
    if one.kind == "removed":
        return Run("left out: ", "faint"), Run(one.article)
    if one.kind == "added":
        return Run("put in: ", "faint"), Run(one.text)
    return Run("article: ", "faint"), Run(one.article), Run("  text: ", "faint"), Run(one.text)
