"""How deep JSON is nested, and JSON that is nested no deeper than it may be.

Comes in: JSON as text. Goes out: its depth, or values in which `DEEP` stands for what lies too deep. The promise: Python's
reader gives up on all of a text that is nested some thousand levels deep; here the rest of it is read. Knows nothing of
updates.
"""

from __future__ import annotations

import json
import re
from typing import Any

DEEPEST = 100  # levels of an update; Telegram's have a dozen
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[\[\]{}]', re.DOTALL)


class _Deep:
    """What is nested too deeply; nothing that can be written as JSON."""

    def __repr__(self) -> str:
        return "(nested too deeply)"


DEEP = _Deep()


def depth(text: str) -> int:
    """The levels of objects and lists in JSON."""
    if text.count("{") + text.count("[") <= DEEPEST:
        return 0  # as good as exact for who wants to know whether it is too deep
    level = deepest = 0
    for found in _TOKEN.finditer(text):
        if found[0] in ("{", "["):
            level += 1
            deepest = max(deepest, level)
        elif found[0] in ("}", "]"):
            level -= 1
    return deepest


def shallow(text: str, **how: Any) -> Any:
    """The value that the JSON holds, with `DEEP` for what lies under `DEEPEST` levels and the two around an update.

    Constants that are no JSON (NaN) become the same. Raises ValueError where it is not JSON.
    """
    kept, level, at = [], 0, 0
    for found in _TOKEN.finditer(text):
        if found[0] in ("{", "["):
            level += 1
            if level == DEEPEST + 3:
                kept.append(text[at : found.start()])
        elif found[0] in ("}", "]"):
            if level == DEEPEST + 3:
                kept.append("NaN")
                at = found.end()
            level -= 1
    if level > DEEPEST + 2:
        raise ValueError("cut off within what is nested too deeply")
    kept.append(text[at:])
    return json.loads("".join(kept), parse_constant=lambda _: DEEP, **how)
