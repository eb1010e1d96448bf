"""An independent check of what the bot showed: every quote stands letter by letter in an article.

Works from a captured message alone: the entities' UTF-16 ranges are decoded here, by way of bytes, and compared with
the text that `byline show --json` prints. Shares no code with the bot.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

_MARKER = re.compile(r"^\[?\d{1,3}[\].:)]?\s+")
_AROUND = '“”"„‚‘’«»› ‹\n'


def slice_of(text: str, entity: Mapping[str, Any]) -> str:
    """The part of the text under an entity."""
    raw = text.encode("utf-16-le")
    start = int(entity["offset"]) * 2
    return raw[start : start + int(entity["length"]) * 2].decode("utf-16-le")


def quotes_in(text: str, entities: Sequence[Mapping[str, Any]]) -> list[str]:
    """What stands in block quotations, without the number or the marks around it."""
    found = []
    for entity in entities:
        if entity["type"] in ("blockquote", "expandable_blockquote"):
            found.append(_MARKER.sub("", slice_of(text, entity).strip()).strip())
    return found


def strays(text: str, entities: Sequence[Mapping[str, Any]], articles: Sequence[str]) -> list[str]:
    """Quotes that stand in no article, neither as they are nor without quotation marks of the bot's own around them."""
    return [
        quote
        for quote in quotes_in(text, entities)
        if not any(quote in article or quote.strip(_AROUND) in article for article in articles)
    ]
