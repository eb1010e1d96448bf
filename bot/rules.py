"""What a setting may be: one value from outside -> the value that is used, or ValueError.

Comes in: plain values as YAML gives them. Goes out: numbers, texts and paths of the setting's type. The promise
others lean on: a rule's words (`allowed`) and its check stand in one place, so that a message never lies. Types are
strict: `"5"` is not a number, `true` is not 1. Knows nothing of which settings there are.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Generic, TypeVar
from urllib.parse import urlsplit

from bot.visible import obeyed, visible
from index.collections import collection_name

T = TypeVar("T")
Name = TypeVar("Name", bound=str)
_BOT_TOKEN = re.compile(r"\d{6,}:[A-Za-z0-9_-]{20,}")


@dataclass(frozen=True, slots=True)
class Rule(Generic[T]):
    """`allowed` is said to people; `read` raises ValueError; `verbatim` texts are not parsed in the environment."""

    allowed: str
    read: Callable[[object], T]
    verbatim: bool = False


def whole(low: int, high: int) -> Rule[int]:
    """A whole number; both ends are allowed."""

    def read(value: object) -> int:
        if isinstance(value, int) and not isinstance(value, bool) and low <= value <= high:
            return value
        raise ValueError

    return Rule(f"a whole number from {low} to {high}", read)


def number(low: float, high: float) -> Rule[float]:
    """A finite number; both ends are allowed."""

    def read(value: object) -> float:
        if isinstance(value, (int, float)) and not isinstance(value, bool) and low <= value <= high:
            return float(value)  # NaN fails both comparisons
        raise ValueError

    return Rule(f"a number from {low:g} to {high:g}", read)


def switch() -> Rule[bool]:
    """True or false, nothing that merely looks like it."""

    def read(value: object) -> bool:
        if isinstance(value, bool):
            return value
        raise ValueError

    return Rule("true or false", read)


def choice(*names: Name) -> Rule[Name]:
    """One of the names."""

    def read(value: object) -> Name:
        for name in names:
            if value == name:
                return name
        raise ValueError

    return Rule(f"one of {', '.join(names)}", read, verbatim=True)


def text(longest: int) -> Rule[str]:
    """A text on one line, possibly empty."""

    def read(value: object) -> str:
        if isinstance(value, str) and len(value) <= longest and not obeyed(value):
            return value
        raise ValueError

    return Rule(f"a text of at most {longest} characters on one line, in quotes", read, verbatim=True)


def plain_text(longest: int) -> Rule[str]:
    """A text on one line that may be sent in a header, possibly empty."""
    one_line = text(longest)

    def read(value: object) -> str:
        if (found := one_line.read(value)).isascii():
            return found
        raise ValueError

    return Rule(f"{one_line.allowed}, in ASCII", read, verbatim=True)


def ports(most: int) -> Rule[tuple[int, ...]]:
    """Ports of servers, each once."""
    port = whole(1, 65_535)

    def read(value: object) -> tuple[int, ...]:
        if isinstance(value, list) and 1 <= len(value) <= most:
            return tuple(dict.fromkeys(port.read(item) for item in value))
        raise ValueError

    return Rule(f"a list of 1 to {most} ports, as [80, 443]", read)


def place() -> Rule[Path]:
    """A file or folder, which need not exist yet."""
    return Rule("a path", _path, verbatim=True)


def paths(most: int) -> Rule[tuple[Path, ...]]:
    """Files or folders, in order."""

    def read(value: object) -> tuple[Path, ...]:
        if isinstance(value, list) and 1 <= len(value) <= most:
            return tuple(_path(item) for item in value)
        raise ValueError

    return Rule(f"a list of 1 to {most} paths, as [one, other]", read)


def file_name() -> Rule[str | None]:
    """The name of a file in a folder that is known, or `none` for no file."""

    def read(value: object) -> str | None:
        if value == "none":
            return None
        name = str(_path(value))
        if "/" in name or "\\" in name or name in (".", "..") or len(name) > 100:
            raise ValueError
        return name

    return Rule("a file name without a folder, or none", read, verbatim=True)


def model_name() -> Rule[str | Path]:
    """A model's name, or its folder when the value begins as a path does."""

    def read(value: object) -> str | Path:
        path = _path(value)
        return path if path.is_absolute() or str(value).startswith(("./", "../", ".\\", "..\\")) else str(value)

    return Rule("a model's name, or a folder that begins with ./ or /", read, verbatim=True)


def reader_place(shipped: Path) -> Rule[Path | None]:
    """The model that comes with Byline, none, or a folder."""

    def read(value: object) -> Path | None:
        return {"shipped": shipped, "none": None}[value] if value in ("shipped", "none") else _path(value)

    return Rule("shipped, none, or the folder of a model", read, verbatim=True)


def ids(whose: str, sign: int) -> Rule[tuple[int, ...]]:
    """Telegram's numbers of people (positive) or groups (negative), each once."""

    def read(value: object) -> tuple[int, ...]:
        if isinstance(value, list) and len(value) <= 10_000 and len(set(map(str, value))) == len(value):
            return tuple(_id(item, sign) for item in value)
        raise ValueError

    example = "[123456789]" if sign > 0 else "[-1001234567890]"
    return Rule(f"a list of Telegram's numbers of {whose}, as {example} or []", read)


def collections() -> Rule[tuple[str, ...]]:
    """Names of collections of articles; `[all]` stands for every article, and only by itself."""
    return Rule("a list of collections, as [one, other], or [all]", _names)


def scopes() -> Rule[Mapping[int, tuple[str, ...]]]:
    """Collections by the number of a chat or person, which is in quotes because a key is a name."""

    def read(value: object) -> Mapping[int, tuple[str, ...]]:
        if not isinstance(value, dict) or len(value) > 10_000:
            raise ValueError
        known = {}
        for key, names in value.items():
            if not isinstance(key, str) or not re.fullmatch(r"-?[1-9][0-9]{0,18}", key):
                raise ValueError
            known[int(key)] = _names(names)
        return MappingProxyType(known)

    return Rule('collections by the number of a chat, as {"123456789": [one, other]} or {"123456789": [all]}', read)


def https_address() -> Rule[str]:
    """An address that begins with https:// and names a host, or nothing."""

    def read(value: object) -> str:
        if not isinstance(value, str) or len(value) > 2_000 or obeyed(value) or " " in value:
            raise ValueError
        parts = urlsplit(value)
        if value and (parts.scheme != "https" or not parts.hostname or parts.query or parts.fragment or parts.username):
            raise ValueError
        return value.rstrip("/")

    return Rule('an address that begins with https://, or ""', read, verbatim=True)


def url_path() -> Rule[str]:
    """A path of an address, of letters and digits, or nothing."""

    def read(value: object) -> str:
        if isinstance(value, str) and re.fullmatch(r"[A-Za-z0-9_/-]{0,200}", value):
            return value.strip("/")
        raise ValueError

    return Rule('a path of A-Z, a-z, 0-9, _, - and /, or ""', read, verbatim=True)


def shown(value: object, longest: int = 60) -> str:
    """A value as it may stand in a message: one line, cut when long, without what looks like a bot token."""
    try:
        return plain(json.dumps(value, default=str, ensure_ascii=False), longest)
    except (TypeError, ValueError):  # an integer with more digits than Python writes
        return "a value that cannot be shown"


def plain(label: object, longest: int = 300) -> str:
    """A name (file, key, variable) as it may stand in a message, likewise."""
    written = visible(_BOT_TOKEN.sub("[not shown]", str(label)))
    return written if len(written) <= longest else written[: longest - 3] + "..."


def looks_like_token(value: object) -> bool:
    """Whether a Telegram bot's token stands in the value."""
    return isinstance(value, str) and _BOT_TOKEN.search(value) is not None


def _path(value: object) -> Path:
    if isinstance(value, str) and value.strip() and len(value) <= 4_000 and not obeyed(value):
        return Path(value).expanduser() if value.startswith("~") else Path(value)
    raise ValueError


def _id(value: object, sign: int) -> int:
    if isinstance(value, int) and not isinstance(value, bool) and 0 < value * sign < 2**53:
        return value
    raise ValueError


def _names(value: object) -> tuple[str, ...]:
    """The names as articles carry them: what is written `Press` there and here must be the same."""
    if not isinstance(value, list) or not 1 <= len(value) <= 1_000 or not all(isinstance(name, str) for name in value):
        raise ValueError
    return ("all",) if value == ["all"] else tuple(dict.fromkeys(map(collection_name, value)))
