"""How fast a bot may write: per chat, per group and in all, as Telegram's limits are described.

A short burst into one chat is let through, as the real server does; `Pace(burst=1)` does not.
"""

from __future__ import annotations

import math
import time
from collections import deque
from dataclasses import dataclass, field

from tests.bot.telegram.bot_api.refusal import Refused


@dataclass(slots=True)
class _Bucket:
    """Tokens that come back at a rate, up to a number."""

    rate: float
    most: float
    left: float
    at: float

    def wait(self, now: float) -> float:
        """Seconds until there is a token; the bucket is filled up to now."""
        self.left = min(self.most, self.left + (now - self.at) * self.rate)
        self.at = now
        return 0.0 if self.left >= 1 else (1 - self.left) / self.rate


@dataclass(slots=True)
class Pace:
    """The limits; `on=False` lets everything through."""

    on: bool = True
    per_second: float = 1.0
    burst: float = 20.0
    all_per_second: float = 30.0
    group_minute: int = 20
    refused: int = 0
    _chats: dict[int, _Bucket] = field(default_factory=dict)
    _groups: dict[int, deque[float]] = field(default_factory=dict)
    _all: _Bucket | None = None
    _closed: dict[int, float] = field(default_factory=dict)

    def spend(self, chat: int) -> None:
        """Count one message to a chat; Refused with 429 and retry_after where it comes too soon."""
        if not self.on:
            return
        now = time.monotonic()
        if self._all is None:
            self._all = _Bucket(self.all_per_second, self.all_per_second, self.all_per_second, now)
        one = self._chats.setdefault(chat, _Bucket(self.per_second, self.burst, self.burst, now))
        recent = self._groups.setdefault(chat, deque())
        while recent and recent[0] < now - 60:
            recent.popleft()
        full = chat < 0 and len(recent) >= self.group_minute
        wait = max(
            one.wait(now), self._all.wait(now), recent[0] + 60 - now if full else 0.0, self._closed.get(chat, now) - now
        )
        if wait > 0:
            self.refused += 1
            seconds = max(1, math.ceil(wait))
            self._closed[chat] = now + wait
            raise Refused(429, f"Too Many Requests: retry after {seconds}", {"retry_after": seconds})
        one.left -= 1
        self._all.left -= 1
        recent.append(now)
