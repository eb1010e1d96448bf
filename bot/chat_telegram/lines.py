"""Who is next: one line for each chat, all chats in turn.

Comes in: entries as they are taken in. Goes out: the next one that may be worked on. The promises: one chat's entries go
in order, one at a time; however many wait for one chat, a chat that has waited less often goes first, so that nobody
waits behind another's backlog; what is held back is passed over. Kept in memory; nothing here waits.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from bot.chat_telegram.entries import Entry, Lane, lane_of
from bot.chat_telegram.sorting import Kind


@dataclass(slots=True)
class _Line:
    """What waits for one chat, and the round of all chats in which its first is due."""

    turn: int
    entries: deque[Entry] = field(default_factory=deque)


class Lines:
    """The entries that are not finished."""

    def __init__(self) -> None:
        self.unfinished = 0
        self._lines: dict[Lane, _Line] = {}
        self._taken: set[Lane] = set()
        self._held: dict[Lane, tuple[float, bool]] = {}  # until when, and whether entries expire meanwhile
        # The round of the entry taken last, apart for presses: start-time fair queueing (Goyal, Vin, Cheng, 1996).
        self._turn = {False: 0, True: 0}

    def add(self, entry: Entry) -> None:
        """Put an entry at the end of its line; a new line's first is due in the round that is under way."""
        lane = lane_of(entry)
        if lane not in self._lines:
            self._lines[lane] = _Line(self._turn[lane[0]])
        self._lines[lane].entries.append(entry)
        self.unfinished += 1

    def take(self, kinds: frozenset[Kind], now: float) -> Entry | float:
        """The first entry of these kinds that is due, now in work; or the seconds until one is held back no longer."""
        best: tuple[int, int, Lane] | None = None
        soonest = 60.0
        for lane, line in self._lines.items():
            if lane in self._taken or line.entries[0].kind not in kinds:
                continue
            until = self._held.get(lane, (0.0, False))[0] if self._held else 0.0
            if until > now:
                soonest = min(soonest, until - now)
            elif best is None or (line.turn, line.entries[0].serial) < best[:2]:
                best = (line.turn, line.entries[0].serial, lane)
        if best is None:
            return soonest
        turn, _, lane = best
        self._turn[lane[0]] = max(self._turn[lane[0]], turn)
        self._taken.add(lane)
        return self._lines[lane].entries[0]

    def change(self, entry: Entry, change: Callable[[Entry], Entry]) -> None:
        """Put a changed entry in the place of the first of its line, if it is still that."""
        line = self._lines.get(lane_of(entry))
        if line is not None and line.entries[0].serial == entry.serial:
            line.entries[0] = change(line.entries[0])

    def let_go(self, entry: Entry) -> None:
        """Nobody works on the entry's line any more."""
        self._taken.discard(lane_of(entry))

    def remove(self, entries: Iterable[Entry]) -> None:
        """Take finished entries out."""
        gone = {entry.serial: lane_of(entry) for entry in entries}
        for lane in set(gone.values()):
            if (line := self._lines.get(lane)) is None:
                continue
            before = len(line.entries)
            if len(gone) == 1 and line.entries[0].serial in gone:
                line.entries.popleft()
            else:
                line.entries = deque(entry for entry in line.entries if entry.serial not in gone)
            self.unfinished -= before - len(line.entries)
            line.turn += 1
            if not line.entries:
                del self._lines[lane]

    def hold(self, lane: Lane, until: float, expires: bool) -> None:
        """Give nothing of that line out before."""
        self._held[lane] = (until, expires)

    def of(self, lane: Lane) -> list[Entry]:
        """What waits in one line, the entry in work included."""
        return list(self._lines[lane].entries) if lane in self._lines else []

    def length(self, lane: Lane) -> int:
        """How many that are."""
        return len(self._lines[lane].entries) if lane in self._lines else 0

    def crowd(self, each: int) -> int:
        """How many entries wait, of no line more than so many."""
        return sum(min(each, len(line.entries)) for line in self._lines.values())

    def taken(self, lane: Lane) -> bool:
        """Whether the first of that line is in work."""
        return lane in self._taken

    def held(self, now: float) -> list[tuple[float, list[Entry]]]:
        """The lines that are held back, not in work, and whose entries expire: until when, and what waits."""
        self._held = {lane: hold for lane, hold in self._held.items() if hold[0] > now}
        return [
            (until, list(self._lines[lane].entries))
            for lane, (until, expires) in self._held.items()
            if expires and lane in self._lines and lane not in self._taken
        ]

    def all_held(self, now: float) -> bool:
        """Whether all that waits is held back, or nothing waits."""
        return all(self._held.get(lane, (0.0, False))[0] > now for lane in self._lines)
