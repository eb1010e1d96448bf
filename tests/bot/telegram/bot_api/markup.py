"""Text with HTML tags -> plain text and entities, as strictly as Telegram's parse_mode HTML.

Goes out: the text without tags and the entities with UTF-16 offsets; Refused wherever Telegram would refuse.
"""

from __future__ import annotations

import html
import re
from typing import Any

from tests.bot.telegram.bot_api.refusal import bad

_TAGS = {
    "b": "bold", "strong": "bold", "i": "italic", "em": "italic", "u": "underline", "ins": "underline",
    "s": "strikethrough", "strike": "strikethrough", "del": "strikethrough", "tg-spoiler": "spoiler", "span": "spoiler",
    "a": "text_link", "code": "code", "pre": "pre", "blockquote": "blockquote", "tg-time": "date_time",
}  # fmt: skip
_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9-]*)((?:\s+[a-z-]+(?:=(?:\"[^\"]*\"|'[^']*'))?)*)\s*>")
_ATTRIBUTE = re.compile(r"([a-z-]+)(?:=(?:\"([^\"]*)\"|'([^']*)'))?")
_REFERENCE = re.compile(r"&(?:lt|gt|amp|quot|#\d{1,7}|#x[0-9a-fA-F]{1,6});")


def units(text: str) -> int:
    """Length in UTF-16 code units, by which Telegram counts."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def parse_html(source: str) -> tuple[str, list[dict[str, Any]]]:
    """The plain text and its entities; Refused for tags that are unknown, unclosed or closed in the wrong order."""
    text, entities = "", []
    opened: list[tuple[str, dict[str, Any]]] = []
    at = 0
    while at < len(source):
        char = source[at]
        if char == "<":
            tag = _TAG.match(source, at)
            if tag is None or tag[2].lower() not in _TAGS:
                raise bad(f"can't parse entities: Unsupported start tag at byte offset {len(source[:at].encode())}")
            if tag[1]:
                entities.append(_closed(opened, tag[2].lower(), text))
            else:
                opened.append((tag[2].lower(), _opened(tag[2].lower(), tag[3], text)))
            at = tag.end()
        elif char == "&" and (reference := _REFERENCE.match(source, at)):
            text += html.unescape(reference[0])
            at = reference.end()
        else:
            text += char
            at += 1
    if opened:
        raise bad(f"can't parse entities: Can't find end tag corresponding to start tag \"{opened[-1][0]}\"")
    return text, [entity for entity in entities if entity["length"]]


def _opened(tag: str, rest: str, text: str) -> dict[str, Any]:
    attributes = {m[1]: html.unescape(m[2] or m[3] or "") for m in _ATTRIBUTE.finditer(rest)}
    entity: dict[str, Any] = {"type": _TAGS[tag], "offset": units(text)}
    if tag == "a":
        entity["url"] = attributes.get("href", "")
    elif tag == "blockquote" and "expandable" in attributes:
        entity["type"] = "expandable_blockquote"
    elif tag == "span" and attributes.get("class") != "tg-spoiler":
        raise bad('can\'t parse entities: Tag "span" must have class "tg-spoiler"')
    return entity


def _closed(opened: list[tuple[str, dict[str, Any]]], tag: str, text: str) -> dict[str, Any]:
    if not opened or opened[-1][0] != tag:
        raise bad(f'can\'t parse entities: Unmatched end tag, found "</{tag}>"')
    entity = opened.pop()[1]
    return entity | {"length": units(text) - entity["offset"]}
