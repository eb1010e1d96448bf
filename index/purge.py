"""An index folder -> the same folder with the current generation alone, and what was freed.

Comes in: an index folder. Goes out: `Purged`. Everything but the current generation goes: older ones, what writers
that died have left, drafts of fetched pages, and of a feed's items that were removed all but a digest. The promises
others lean on: the current generation is found whole before anything goes, and is never touched, whatever moment the
purge dies at; the next one goes on; what a process that lives still holds stays, and so does what the disk refuses to
give up: both are named. Knows nothing of what the files hold.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from index.feed_state import FILE, FeedState, feed_state
from index.generations import current, names
from index.sources.kept import kept, orphans
from index.writing import STAGED, UNFINISHED, leftovers, locked, sync


@dataclass(frozen=True, slots=True)
class Freed:
    """A file or folder that is gone, by its name in the index folder, and the bytes that were in it."""

    name: str
    bytes: int


@dataclass(frozen=True, slots=True)
class Purged:
    """What a purge did. `held` are staged builds of processes that live; `left` are names with why they are there still.

    `forgotten` counts the items of feeds of which only a digest is known now.
    """

    generation: str
    freed: tuple[Freed, ...]
    forgotten: int
    held: tuple[str, ...]
    left: tuple[tuple[str, str], ...]


def purge(index: Path) -> Purged:
    """Remove everything but the current generation from the index folder; fetched pages of its articles stay.

    A reader that holds an old one open keeps its bytes on the disk until it takes up the current one.

    Raises `IndexBusy` at once where another process writes or fetches, and what `current` raises where the current
    generation is not whole: an older one may then be all there is.
    """
    current(index, whole=False)  # where there is none, no folder is made either
    with _feeds(index) as state, locked(index):
        name = current(index).name
        left_over = leftovers(index)  # first, so that what a purge before this one had set aside is not in its way
        old = [path for other in names(index) if other != name and (path := index / other) not in left_over]
        held = tuple(sorted(path.name for path in index.glob(f"{STAGED}*") if path not in left_over))
        freed, left = [], []
        for path in [*left_over, *old, *orphans(index)]:
            known, size = path.relative_to(index).as_posix(), _size(path)
            try:
                _clear(index, path)
            except OSError as error:
                left.append((known, error.strerror or str(error)))
            else:
                freed.append(Freed(known, size))
        forgotten = 0 if state is None else state.forget(lambda address: kept(index, address) is None)
        sync(index)
    return Purged(name, tuple(freed), forgotten, held, tuple(left))


@contextmanager
def _feeds(index: Path) -> Iterator[FeedState | None]:
    """The state of the feeds, if any was ever noted."""
    if not (index / FILE).is_file():
        yield None
        return
    with feed_state(index) as state:
        yield state


def _clear(index: Path, path: Path) -> None:
    """Remove a file or a folder; a folder is set aside first, so that half a generation is never taken for damage."""
    if path.is_symlink() or not path.is_dir():
        path.unlink(missing_ok=True)
        return
    if not path.name.startswith(UNFINISHED):
        path = path.rename(index / f"{UNFINISHED}{path.name}")
    shutil.rmtree(path)


def _size(path: Path) -> int:
    """The bytes in a file, or in the files of a folder; a link counts nothing."""
    if path.is_symlink():
        return 0
    files = [Path(folder) / name for folder, _, inside in os.walk(path) for name in inside] or [path]
    try:
        return sum(file.lstat().st_size for file in files if not file.is_dir())
    except OSError:
        return 0
