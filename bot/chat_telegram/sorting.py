"""A raw update -> what the inbox must know of it, before anything is parsed.

Comes in: whatever Telegram's server sent as one update. Goes out: `Sorted` (its number, identity, lane and kind),
`Unfit` with a reason, or None for what does not concern this bot: kinds that it does not use, and talk in groups that
is not addressed to it, which is therefore never stored. The promise: no input raises. Knows nothing of rights.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Kind = Literal["question", "admin", "swift"]
USED = ("message", "edited_message", "callback_query", "inline_query", "my_chat_member", "guest_message")
# Everyone's commands: from an administrator too they are questions, done at least once. Any other command of an
# administrator changes something or shows what is not for all, and is done at most once.
EVERYONES = frozenset({"start", "help", "ask", "check", "sources", "latest", "status", "privacy", "forget"})
# The address of a page as people send it.
ADDRESS = re.compile(r"(?:https?://|www\.)[^\s<>]+", re.IGNORECASE)
_COMMAND = re.compile(r"/([A-Za-z0-9_]{1,32})(?:@([A-Za-z0-9_]+))?")
_LARGEST = 2**53


@dataclass(frozen=True, slots=True)
class Desk:
    """Whose inbox it is: the bot's id and name, and who administers it."""

    id: int
    username: str
    admins: frozenset[int] = frozenset()
    everyones: frozenset[str] = field(default=EVERYONES)


@dataclass(frozen=True, slots=True)
class Sorted:
    """`identity` tells two updates of one number apart: numbers may begin anew after a quiet week."""

    update_id: int
    identity: str
    lane: int
    kind: Kind


@dataclass(frozen=True, slots=True)
class Unfit:
    """Not an update that can be stored; the number where it has one."""

    update_id: int | None
    reason: str


def sort(raw: object, desk: Desk) -> Sorted | Unfit | None:
    """Where an update belongs."""
    if not isinstance(raw, dict):
        return Unfit(None, f"not an update: {type(raw).__name__}")
    number = _whole(raw.get("update_id"))
    if number is None:
        return Unfit(None, "no update_id that is a number")
    used = next((name for name in USED if name in raw), None)
    if used is None:
        return None
    body = _mapping(raw[used])
    chat, sender = _mapping(body.get("chat")), _mapping(body.get("from"))
    if used in ("message", "edited_message"):
        if chat.get("type") in ("group", "supergroup") and not addressed(body, desk):
            return None
        kind: Kind = "admin" if used == "message" and _orders(body, chat, sender, desk) else "question"
        return Sorted(number, _identity(used, raw, body, chat), _whole(chat.get("id")) or 0, kind)
    if used in ("my_chat_member", "guest_message"):
        return Sorted(number, _identity(used, raw, body, chat), _whole(chat.get("id")) or 0, "swift")
    return Sorted(number, _identity(used, raw, body, chat), _whole(sender.get("id")) or 0, "swift")


def addressed(message: Mapping[str, Any], desk: Desk) -> bool:
    """Whether a message in a group is for the bot: a command, its name, a reply to it, or the group's new number."""
    if "migrate_to_chat_id" in message:
        return True
    if _whole(_mapping(_mapping(message.get("reply_to_message")).get("from")).get("id")) == desk.id:
        return True
    text = _text(message)
    if command := _COMMAND.match(text):
        return command[2] is None or command[2].lower() == desk.username.lower()
    if desk.username and f"@{desk.username}".lower() in text.lower():
        return True
    entities = message.get("entities") or message.get("caption_entities")
    named = (_mapping(_mapping(entity).get("user")) for entity in (entities if isinstance(entities, list) else ()))
    return any(_whole(user.get("id")) == desk.id for user in named)


def sent_at(raw: Mapping[str, Any]) -> float | None:
    """When the message of an update was written, by Telegram's clock."""
    for used in ("message", "edited_message"):
        if used in raw:
            return _whole(_mapping(raw[used]).get("date"))
    return None


def moved_to(raw: Mapping[str, Any]) -> tuple[int, int] | None:
    """A group's old and new number, where that is what the update says."""
    message = _mapping(raw.get("message"))
    old, new = _whole(_mapping(message.get("chat")).get("id")), _whole(message.get("migrate_to_chat_id"))
    return (old, new) if old is not None and new is not None else None


def writer(raw: Mapping[str, Any]) -> int | None:
    """The id of the person who wrote the message of an update."""
    body = next((_mapping(raw[used]) for used in USED if used in raw), {})
    return _whole(_mapping(body.get("from")).get("id"))


def replied_to(raw: Mapping[str, Any]) -> tuple[int, int | None, int | None]:
    """Where a short notice about the message of an update goes: chat, message, thread."""
    body = next((_mapping(raw[used]) for used in ("message", "edited_message") if used in raw), {})
    thread = _whole(body.get("message_thread_id")) if body.get("is_topic_message") is True else None
    return _whole(_mapping(body.get("chat")).get("id")) or 0, _whole(body.get("message_id")), thread


def _orders(body: Mapping[str, Any], chat: Mapping[str, Any], sender: Mapping[str, Any], desk: Desk) -> bool:
    if chat.get("type") != "private" or _whole(sender.get("id")) not in desk.admins:
        return False
    text = _text(body).lstrip()
    if command := _COMMAND.match(text):
        return "forward_origin" not in body and command[1].lower() not in desk.everyones
    return "document" in body or ADDRESS.match(text) is not None


def _identity(used: str, raw: Mapping[str, Any], body: Mapping[str, Any], chat: Mapping[str, Any]) -> str:
    number, query = _whole(body.get("message_id")), body.get("id")
    if used == "message" and number is not None and "id" in chat:
        return _storable(f"{used} {chat['id']} {number} {body.get('date')}")
    if used in ("callback_query", "inline_query") and isinstance(query, str):
        return _storable(f"{used} {query}")
    try:
        written = json.dumps(raw, sort_keys=True, default=str).encode()
    except RecursionError:  # nested too deeply: it is parked, and its number is enough
        written = b""
    return f"{used} {hashlib.blake2b(written, digest_size=12).hexdigest()}"


def _storable(text: str) -> str:
    """The text cut short, without the lone surrogates that JSON may bring and no file takes."""
    return text[:200].encode("utf-8", "backslashreplace").decode()


def _text(message: Mapping[str, Any]) -> str:
    text = message.get("text") or message.get("caption")
    return text if isinstance(text, str) else ""


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _whole(value: object) -> int | None:
    """The number, if it is a whole one that Telegram may give: what is larger, the file would not take."""
    return value if isinstance(value, int) and not isinstance(value, bool) and abs(value) <= _LARGEST else None
