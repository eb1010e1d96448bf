"""How much is taken from one person, and how fast is sent: counted exactly, in memory that stays small.

Comes in: keys (people, chats) and a clock's seconds. Goes out: 0, or how long to wait. The promise: in no window of
the length given are there more than the number given, and what is refused does not count; who was quiet for the longest
window takes no memory. Knows nothing of updates.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable, Sequence

KEPT = 10_000  # keys; the one that was quiet longest is forgotten first
SPACING = 1.05  # seconds between two messages to one chat: Telegram's one a second, and a little for the way there
GROUP_WINDOW = (20, 61.0)  # messages to one group a minute, likewise


class Quota:
    """At most `count` in any `seconds`, for every window given, and that for each key."""

    def __init__(self, windows: Sequence[tuple[int, float]]) -> None:
        self._windows = tuple(windows)
        self._longest = max(seconds for _, seconds in self._windows)
        self._taken: OrderedDict[Hashable, list[float]] = OrderedDict()  # as a deque, one time takes 800 bytes

    def wait(self, key: Hashable, now: float) -> float:
        """Seconds until the key may take one more; 0 means now. Takes nothing."""
        taken = self._taken.get(key)
        if taken is None:
            return 0.0
        while taken and taken[0] <= now - self._longest:
            del taken[0]
        waits = [taken[-count] + seconds - now for count, seconds in self._windows if len(taken) >= count]
        return max(0.0, *waits) if waits else 0.0

    def take(self, key: Hashable, now: float) -> float:
        """Take one, if there is one to take: 0, or the seconds until there is."""
        wait = self.wait(key, now)
        if not wait:
            self.book(key, now)
        return wait

    def book(self, key: Hashable, at: float) -> None:
        """Count one at that time, which may lie a little ahead."""
        self._taken.setdefault(key, []).append(at)
        self._taken.move_to_end(key)
        while len(self._taken) > KEPT or self._over(at):
            self._taken.popitem(last=False)

    def _over(self, now: float) -> bool:
        """Whether nothing counts any more of the one that was quiet longest."""
        taken = next(iter(self._taken.values()))
        return not taken or taken[-1] <= now - self._longest

    def __len__(self) -> int:
        return len(self._taken)


class Pace:
    """When the next message may go out: so many a second in all, one a second to a chat, twenty a minute to a group."""

    def __init__(self, per_second: int = 30) -> None:
        self._gap = 1 / max(1, per_second - 1)  # evenly spaced, and one short of what is allowed in any second
        self._next = 0.0
        self._chats = Quota([(1, SPACING)])
        self._groups = Quota([GROUP_WINDOW])

    def wait(self, chat: int, now: float) -> float:
        """Seconds until that chat may get a message; all chats' traffic together is left aside."""
        wait = self._chats.wait(chat, now)
        return max(wait, self._groups.wait(chat, now)) if chat < 0 else wait

    def book(self, chat: int, now: float) -> float:
        """Reserve the next place for a message to a chat that has no wait; returns the seconds until it comes."""
        at = max(now, self._next)
        self._next = at + self._gap
        self._chats.book(chat, at)
        if chat < 0:
            self._groups.book(chat, at)
        return at - now
