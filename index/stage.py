"""A build that waits: made, looked at and asked, and only then published or thrown away.

Comes in: what `build` and `add` take. Goes out: `Staged`, with the report and an open snapshot of what would be current.
The promises others lean on: until `publish` nobody else sees any of it, and the index is free for others to write; a
process that dies leaves nothing behind once the next writer has come; what was made beside a generation that is no
longer current is never published.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Literal

from index.build import More, Recipe, Report, adding, building
from index.generations import Generation
from index.intake import Progress
from index.publish import Finished, Write, finish
from index.store import Snapshot
from index.unread import note_unread
from index.writing import writing


class Staged:
    """A generation that waits. In `report`, `published` says that there is something to publish.

    `snapshot` sees what is staged for as long as it is held, also after it was published or discarded; where nothing
    changed it sees the current generation.
    """

    def __init__(
        self, report: Report, snapshot: Snapshot, finished: Finished | None, keep: int, then: Callable[[], None]
    ) -> None:
        self.report, self.snapshot = report, snapshot
        self._finished, self._keep, self._then = finished, keep, then

    def publish(self) -> Report:
        """Make it current; nothing where nothing changed or it was published already.

        Raises `IndexBusy` while another process writes, and may then be tried again; `IndexMoved` where another
        generation became current since, and `IndexUnwritable`: then it is gone.
        """
        if self._finished is not None:
            generation = self._finished.publish(self._keep, self._then)
            self._finished = None
            self.report = replace(self.report, generation=generation.name)
        return self.report

    def discard(self) -> None:
        """Throw it away; nothing where it was published or discarded already."""
        if self._finished is not None:
            self._finished.discard()


def stage(
    index: Path,
    paths: Sequence[Path],
    recipe: Recipe,
    progress: Progress,
    mode: Literal["build", "add"] = "build",
    collections: Sequence[str] = (),
    more: More = (),
) -> Staged:
    """Do what `build` or `add` does, all but making it current; raises what they raise."""
    finished: list[Finished] = []

    def put(write: Write) -> Generation:
        finished.append(finish(index, write))
        return finished[0].generation

    with writing(index):
        plan = building if mode == "build" else adding
        work, found, carry = plan(index, paths, recipe, progress, collections, more)

        def then() -> None:
            note_unread(index, None if mode == "build" else work.intake.seen)

        try:
            report = work.run(found, carry, put)
            if finished:
                return Staged(report, Snapshot(finished[0].generation), finished[0], work.recipe.keep, then)
        except BaseException:
            for one in finished:
                one.discard()
            raise
        assert work.old is not None  # nothing changed, so there is what it was compared with
        note_unread(index, None if mode == "build" else work.intake.seen, () if mode == "build" else report.skipped)
        return Staged(report, work.old, None, work.recipe.keep, then)
