"""An independent check of what the bot showed: every quote stands letter by letter in an article.

Works from a captured message alone: the entities' UTF-16 ranges are decoded here, by way of bytes, and compared with
the text that `byline show --json` prints. A block quotation holds a quote and nothing else. Shares no code with the bot.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


def slice_of(text: str, entity: Mapping[str, Any]) -> str:
    """The part of the text under an entity."""
    raw = text.encode("utf-16-le")
    start = int(entity["offset"]) * 2
    return raw[start : start + int(entity["length"]) * 2].decode("utf-16-le")


def quotes_in(text: str, entities: Sequence[Mapping[str, Any]]) -> list[str]:
    """What stands in block quotations, folded ones too."""
    kinds = ("blockquote", "expandable_blockquote")
    return [slice_of(text, entity) for entity in entities if entity["type"] in kinds]


def strays(text: str, entities: Sequence[Mapping[str, Any]], articles: Sequence[str]) -> list[str]:
    """Quotes that stand in no article letter by letter."""
    return [quote for quote in quotes_in(text, entities) if not any(quote in article for article in articles)]
