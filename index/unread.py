"""What could not be added, where no new generation was published that would say so: a file of notes beside them.

Comes in: what an addition read, and what it left out. Goes out: notes in the order they were made, each document once.
The promise others lean on: a note goes once its document is read again, whatever comes of it then, or everything is
built anew; notes that cannot be read are none. Only a writer may change them.
"""

from __future__ import annotations

import json
import os
from collections.abc import Collection, Iterable
from dataclasses import astuple
from pathlib import Path

from index.sources.files import Skipped

FILE = "unread.json"
# A person looks at them; a folder of thousands of bad files need not be listed twice.
_MOST = 200
# Nothing is missing where a document repeats another.
_HARMLESS = frozenset({"duplicate"})


def unread(index: Path) -> list[Skipped]:
    """The documents that were left out since the last of them was read well."""
    try:
        found = json.loads((index / FILE).read_text(encoding="utf-8"))
        return [Skipped(str(origin), str(reason), str(detail)) for origin, reason, detail in found]
    except (OSError, ValueError, TypeError):
        return []


def note_unread(index: Path, read: Collection[str] | None, left_out: Iterable[Skipped] = ()) -> None:
    """Note what was left out, in the place of the notes on all that was read just now; None stands for everything."""
    before = unread(index)
    old = [] if read is None else [one for one in before if one.origin not in read]
    notes = [*old, *{one.origin: one for one in left_out if one.reason not in _HARMLESS}.values()][-_MOST:]
    if notes == before:
        return
    if not notes:
        (index / FILE).unlink(missing_ok=True)
        return
    draft = index / f".{FILE}.{os.getpid()}"
    try:
        draft.write_text(json.dumps([astuple(one) for one in notes], ensure_ascii=True), encoding="utf-8")
        os.replace(draft, index / FILE)
    finally:
        draft.unlink(missing_ok=True)
