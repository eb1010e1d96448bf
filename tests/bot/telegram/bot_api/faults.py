"""What goes wrong, as scripted by a test: per method and chat, a number of times or until healed.

A fault says whether the method's effect takes place all the same (a response that is lost after the message was
sent) and what the caller sees instead of the proper answer.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that goes wrong. `effect`: the method is carried out; `cut`: the connection is reset."""

    status: int = 200
    body: bytes | None = None
    delay: float = 0.0
    effect: bool = False
    cut: Literal["", "at once", "half"] = ""
    silent: bool = False
    then: Callable[[], None] | None = field(default=None, compare=False)

    def after(self, then: Callable[[], None]) -> Fault:
        """The same fault, and something that is done by the way, before the caller sees anything."""
        return replace(self, then=then)


def error(status: int, description: str = "scripted", **parameters: int) -> Fault:
    """A refusal as the Bot API words one."""
    body: dict[str, object] = {"ok": False, "error_code": status, "description": description}
    if parameters:
        body["parameters"] = parameters
    return Fault(status=status, body=json.dumps(body).encode())


def flood(seconds: int) -> Fault:
    """429 with retry_after."""
    return error(429, f"Too Many Requests: retry after {seconds}", retry_after=seconds)


def conflict() -> Fault:
    """409, as if another process were polling."""
    return error(
        409, "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running"
    )


def page(status: int = 502) -> Fault:
    """A proxy's HTML page instead of JSON."""
    return Fault(status=status, body=b"<html><body><h1>Bad Gateway</h1></body></html>")


def body(raw: bytes, status: int = 200) -> Fault:
    """Any body: truncated JSON, the wrong type."""
    return Fault(status=status, body=raw)


def slow(seconds: float) -> Fault:
    """The proper answer, late."""
    return Fault(delay=seconds, effect=True)


def unsent() -> Fault:
    """The connection is reset before anything has happened."""
    return Fault(cut="at once")


def lost() -> Fault:
    """Everything happens, then the connection is reset: the caller cannot know."""
    return Fault(cut="at once", effect=True)


def halved() -> Fault:
    """Everything happens, and half of the response arrives."""
    return Fault(cut="half", effect=True)


def black_hole() -> Fault:
    """Nothing happens and nothing is ever answered."""
    return Fault(silent=True)


def nothing() -> Fault:
    """No fault; for what is to be done by the way (`after`)."""
    return Fault(effect=True)


@dataclass(slots=True)
class _Scripted:
    fault: Fault
    left: int | None
    chat: int | None


class Faults:
    """The script: faults are used up in the order in which they were given."""

    def __init__(self) -> None:
        self._by_method: dict[str, list[_Scripted]] = {}

    def add(self, method: str, fault: Fault, times: int | None = 1, chat: int | None = None) -> None:
        """Let the next `times` calls (None: all until healed) of a method go wrong, in one chat or in all."""
        self._by_method.setdefault(method, []).append(_Scripted(fault, times, chat))

    def heal(self, method: str | None = None) -> None:
        """Forget what was scripted for a method, or for all."""
        if method is None:
            self._by_method.clear()
        else:
            self._by_method.pop(method, None)

    def take(self, method: str, parameters: Mapping[str, str]) -> Fault | None:
        """What is to go wrong with this call, or None."""
        for name in (method, "*"):
            for scripted in self._by_method.get(name, []):
                if scripted.chat is not None and parameters.get("chat_id") != str(scripted.chat):
                    continue
                if scripted.left is not None:
                    scripted.left -= 1
                    if scripted.left <= 0:
                        self._by_method[name].remove(scripted)
                return scripted.fault
        return None
