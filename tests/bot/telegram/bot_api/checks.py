"""What a bot may send: text with its entities, keyboards and replies, each refused where Telegram refuses it.

Comes in: parameters as text. Goes out: values that stand in a message. Where Telegram would quietly change a text
(trim it, drop characters) or quietly drop an entity, this server either does the same and says so (`altered`) or
refuses: a bot that shows quotes letter by letter must not lean on either.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import urlsplit

from tests.bot.telegram.bot_api.markup import parse_html, units
from tests.bot.telegram.bot_api.refusal import bad

T = TypeVar("T", dict[str, Any], list[Any])
MOST_UNITS, MOST_BYTES, MOST_ENTITIES, MOST_CAPTION = 4096, 32 * 1024, 100, 1024
MOST_BUTTONS, MOST_IN_ROW = 100, 8

_ENTITIES = set(
    "mention hashtag cashtag bot_command url email phone_number bold italic underline strikethrough spoiler "
    "blockquote expandable_blockquote code pre text_link text_mention custom_emoji date_time".split()
)
_QUOTES = {"blockquote", "expandable_blockquote"}
_PLAIN_INSIDE = {"code", "pre"}
_DECORATIONS = {"bold", "italic", "underline", "strikethrough", "spoiler"}
_DROPPED = re.compile("[\r\u2028-\u202e\u030a\u0333\u033f]")
_BLANKED = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f]")
_BUTTON_KINDS = {
    "url", "callback_data", "switch_inline_query", "switch_inline_query_current_chat", "copy_text", "web_app",
    "login_url", "switch_inline_query_chosen_chat", "callback_game", "pay",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Text:
    """A text as it stands in the chat. `altered`: it is not letter by letter what the bot sent."""

    text: str
    entities: tuple[dict[str, Any], ...]
    altered: bool = False


def whole(parameters: Mapping[str, str], name: str) -> int:
    """A parameter that must be a whole number."""
    try:
        return int(parameters[name])
    except KeyError:
        raise bad(f"{name} is empty") from None
    except ValueError:
        raise bad(f"{name} must be a whole number") from None


def structure(parameters: Mapping[str, str], name: str, kind: type[T]) -> T | None:
    """A parameter given as JSON, or None where it is not given."""
    if name not in parameters:
        return None
    try:
        value = json.loads(parameters[name])
    except ValueError:
        raise bad(f"can't parse {name} JSON object") from None
    if not isinstance(value, kind):
        raise bad(f"{name} must be a JSON {'array' if kind is list else 'object'}")
    return value


def text_of(parameters: Mapping[str, str], name: str = "text", most: int = MOST_UNITS, empty: bool = False) -> Text:
    """The text of a message with its entities; `caption` has its own names for the same things."""
    raw = parameters.get(name, "")
    if len(raw.encode("utf-8", "surrogatepass")) > MOST_BYTES:
        raise bad("message is too long")
    prefix = "caption_" if name == "caption" else ""
    mode, given = parameters.get("parse_mode"), structure(parameters, f"{prefix}entities", list)
    if mode not in (None, "", "HTML"):
        raise bad("unsupported parse_mode")
    if mode == "HTML":
        raw, given = parse_html(raw)
    text = checked(raw, given or [], most)
    if not text.text and not empty:
        raise bad("message text is empty")
    return text


def checked(raw: str, given: list[Any], most: int) -> Text:
    """The text as Telegram keeps it, its entities moved along and held against it."""
    _entities_fit(raw, given)
    text, moved = _cleaned(raw)
    if units(text) > most:
        raise bad("message is too long")
    if len(given) > MOST_ENTITIES:
        raise bad(f"too many entities: {len(given)}; those past {MOST_ENTITIES} would be dropped")
    entities = []
    for entity in given:
        start, end = moved[entity["offset"]], moved[entity["offset"] + entity["length"]]
        if end > start:
            entities.append(entity | {"offset": start, "length": end - start})
    entities.sort(key=lambda one: (one["offset"], -one["length"]))
    return Text(text, tuple(entities), altered=text != raw)


def _entities_fit(text: str, given: list[Any]) -> None:
    total, inside = units(text), _inside_pairs(text)
    for entity in given:
        if not isinstance(entity, dict) or entity.get("type") not in _ENTITIES:
            raise bad(f"can't parse entities: unsupported type of {entity!r}")
        offset, length = entity.get("offset"), entity.get("length")
        if not isinstance(offset, int) or not isinstance(length, int) or offset < 0 or length < 1:
            raise bad(f"entity {entity!r} has no proper offset and length")
        if offset + length > total:
            raise bad(f"entity beginning at UTF-16 offset {offset} ends after the end of the text at {total}")
        if offset in inside or offset + length in inside:
            raise bad(f"entity beginning at UTF-16 offset {offset} begins or ends in the middle of a UTF-16 symbol")
        if entity["type"] == "text_link":
            web_address(entity.get("url"))
    _nested_well(given)


def _nested_well(given: list[dict[str, Any]]) -> None:
    """Two entities lie apart or one in the other, and not everything may lie in everything."""
    spans = sorted((one["offset"], -one["length"], one["type"] in _PLAIN_INSIDE, one["type"]) for one in given)
    opened: list[tuple[int, str]] = []
    for offset, negative, _, kind in spans:
        end = offset - negative
        opened = [(last, outer) for last, outer in opened if last > offset]
        if any(end > last for last, _ in opened):
            raise bad(f"entities overlap at UTF-16 offset {offset}")
        for _, outer in opened:
            if not _may_hold(outer, kind):
                raise bad(f"{outer} can't hold {kind} at UTF-16 offset {offset}")
        opened.append((end, kind))


def _may_hold(outer: str, inner: str) -> bool:
    """https://core.telegram.org/bots/api#formatting-options; block quotations hold code and links too, as seen."""
    if outer in _QUOTES:
        return inner not in _QUOTES
    if outer in _PLAIN_INSIDE or inner in _PLAIN_INSIDE:
        return False
    return outer in _DECORATIONS or inner in _DECORATIONS


def _inside_pairs(text: str) -> set[int]:
    at, inside = 0, set()
    for char in text:
        if 0xD800 <= ord(char) <= 0xDFFF:
            raise bad("strings must be encoded in UTF-8")
        if ord(char) > 0xFFFF:
            inside.add(at + 1)
        at += 2 if ord(char) > 0xFFFF else 1
    return inside


def _cleaned(raw: str) -> tuple[str, dict[int, int]]:
    """The text as Telegram keeps it, and for each old UTF-16 offset the new one."""
    kept = "".join(" " if _BLANKED.match(c) else "" if _DROPPED.match(c) else c for c in raw)
    lead = len(kept) - len(kept.lstrip())
    text = kept.strip()
    moved, old, new = {}, 0, -units(kept[:lead])
    for char in raw:
        moved[old] = min(max(new, 0), units(text))
        width = units(char)
        old += width
        new += 0 if _DROPPED.match(char) else width
    moved[old] = min(max(new, 0), units(text))
    return text, moved


def web_address(url: object) -> str:
    """A link that Telegram would take, and none that names a user (`tg://user`)."""
    if not isinstance(url, str) or len(url.encode()) > 2048 or re.search(r"[\s\x00-\x1f]", url):
        raise bad("URL is invalid")
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or "." not in parts.hostname.strip("."):
        raise bad(f"URL {url!r} is invalid")
    return url


def keyboard_of(parameters: Mapping[str, str]) -> list[list[dict[str, Any]]] | None:
    """The inline keyboard under a message, or None; other keyboards are not for this bot."""
    given = structure(parameters, "reply_markup", dict)
    return None if given is None else keyboard(given)


def keyboard(given: Mapping[str, Any]) -> list[list[dict[str, Any]]] | None:
    """Rows of buttons, each within Telegram's limits."""
    if set(given) != {"inline_keyboard"}:
        raise bad("object expected as reply markup with inline_keyboard alone")
    rows = given["inline_keyboard"]
    if not isinstance(rows, list) or not all(isinstance(row, list) for row in rows):
        raise bad("inline_keyboard must be an array of arrays")
    if sum(map(len, rows)) > MOST_BUTTONS or any(len(row) > MOST_IN_ROW for row in rows):
        raise bad("reply markup is too long")
    for row in rows:
        for button in row:
            _button(button)
    return [row for row in rows if row] or None


def _button(button: Mapping[str, Any]) -> None:
    kinds = _BUTTON_KINDS & set(button)
    if not isinstance(button.get("text"), str) or not button["text"].strip():
        raise bad("button text must be non-empty")
    if len(kinds) != 1 or set(button) - _BUTTON_KINDS - {"text", "style", "icon_custom_emoji_id"}:
        raise bad(f"text buttons are unallowed in the inline keyboard: {sorted(button)}")
    if "callback_data" in button and not 1 <= len(str(button["callback_data"]).encode()) <= 64:
        raise bad("BUTTON_DATA_INVALID")
    if "url" in button:
        web_address(button["url"])
    if "copy_text" in button and not 1 <= units(str(button["copy_text"].get("text", ""))) <= 256:
        raise bad("BUTTON_COPY_TEXT_INVALID")
    if button.get("style") not in (None, "primary", "success", "danger"):
        raise bad("unknown button style")


def no_preview(parameters: Mapping[str, str]) -> bool:
    """Whether link previews are off: a preview would be fetched without a click."""
    options = structure(parameters, "link_preview_options", dict) or {}
    return bool(options.get("is_disabled")) or parameters.get("disable_web_page_preview") == "true"
