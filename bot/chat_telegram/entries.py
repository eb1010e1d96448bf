"""One stored update, and the work on it: values that the inbox gives out and takes back.

Comes in: what is stored of an update. Goes out: `Entry`, which does not change, and `Work`, one try at it; `current` is
the work that the running task does. Knows nothing of where entries are stored.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from typing import Any

from bot.chat_telegram.sorting import Kind

Lane = tuple[bool, int]  # whether it is the swift one, and the chat or person


@dataclass(frozen=True, slots=True)
class Entry:
    """One stored update. `tries` counts how often it was begun, `messages` are those that have gone out for it.

    `doubtful` counts the sends of the next message of which nobody knows whether they were carried out; `standin` is
    the message that stands in the chat in its place.
    """

    update_id: int
    lane: int
    kind: Kind
    raw: Mapping[str, Any]
    received: float
    tries: int = 0
    doubtful: int = 0
    serial: int = 0
    messages: tuple[int, ...] = ()
    standin: int = 0
    admitted: bool = False
    toasted: str = ""


@dataclass(slots=True)
class Work:
    """The entry in work, and how far this try has come; `outcome` is what its handlers ended with.

    `admitted` says that the limits let it through, `toasted` which press was answered: neither happens twice.
    """

    entry: Entry
    passed: int = 0
    messages: list[int] = field(default_factory=list)
    doubtful: int = 0
    standin: int = 0
    outcome: Exception | None = None
    admitted: bool = False
    toasted: str = ""

    @classmethod
    def on(cls, entry: Entry) -> Work:
        """Work on an entry, with what earlier tries have sent."""
        return cls(
            entry, messages=list(entry.messages), doubtful=entry.doubtful, standin=entry.standin,
            admitted=entry.admitted, toasted=entry.toasted,
        )  # fmt: skip

    def as_of(self, entry: Entry) -> Entry:
        """The entry with how far the work on it has come, for the next try."""
        return replace(
            entry, messages=tuple(self.messages), doubtful=self.doubtful, standin=self.standin,
            admitted=self.admitted, toasted=self.toasted,
        )  # fmt: skip


current: ContextVar[Work | None] = ContextVar("current", default=None)


def lane_of(entry: Entry) -> Lane:
    """Where an entry waits its turn."""
    return entry.kind == "swift", entry.lane
