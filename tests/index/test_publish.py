"""Publishing is one step: whatever happens at whatever operation, readers have the old generation or the new one."""

from __future__ import annotations

import errno
import gc
import os
import re
import shutil
import sqlite3
import warnings
from collections.abc import Callable
from pathlib import Path

import pytest

from index.errors import IndexUnwritable
from index.generations import current
from index.store import open_snapshot
from index.verify import verify
from index.writing import writing
from tests.index.points import Points, counted
from tests.index.tiny import edition, publish_texts

# What one publish of the small corpus passed when this was written; fewer would mean that points went unseen.
KNOWN_POINTS = 100


@pytest.fixture
def index(tmp_path: Path) -> Path:
    """An index of which edition 1 is current, and edition 0 still there."""
    for number in (0, 1):
        publish_texts(tmp_path / "index", edition(number))
    return tmp_path / "index"


def served(index: Path) -> int:
    """The number of the edition that readers have, after a check that it is whole and of one piece."""
    snapshot = open_snapshot(index)
    verify(snapshot)
    found = {snapshot.article(entry.id).article.text.split()[1] for entry in snapshot.entries()}
    snapshot.close()
    assert len(found) == 1, f"editions {found} are mixed"
    return int(found.pop())


def points_of_a_publish(index: Path) -> list[str]:
    points = Points()
    with counted(points):
        publish_texts(index, edition(1))
    return points.passed


def in_a_child(work: Callable[[], object]) -> int:
    """Do the work in a forked process; returns how it ended."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # numpy's threads: the child does not touch them
        child = os.fork()
    if child == 0:
        try:
            work()
        except BaseException:
            os._exit(99)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def publish_until(index: Path, number: int, points: Points) -> None:
    with counted(points):
        publish_texts(index, edition(number))


def test_a_process_that_ends_at_any_operation_leaves_the_old_or_the_new_generation(index: Path) -> None:
    """Every k: exit at operation k; afterwards old or new, and the next writer leaves nothing but generations."""
    known = len(points_of_a_publish(index))
    print(f"{known} points")
    assert known >= KNOWN_POINTS
    seen = set()
    number = 1
    for k in range(1, known + 1):
        points = Points(k, lambda name: os._exit(7))
        ended = in_a_child(lambda points=points, number=number: publish_until(index, number + 1, points))  # type: ignore[misc]  # mypy does not infer a default bound in a lambda
        assert ended in (7, 0)
        after = served(index)
        assert after in (number, number + 1), f"operation {k}"
        seen.add(after - number)
        number = after
        with writing(index):
            pass
        names = {path.name for path in index.iterdir()}
        assert {name for name in names if not name.startswith("gen-")} == {"CURRENT", "writer.lock"}, f"operation {k}"
        assert max(names - {"CURRENT", "writer.lock"}) == current(index).name, f"operation {k}"
    assert seen == {0, 1}, "both ways of ending were tried"


def refusal(name: str, code: int) -> Exception:
    if not name.startswith("sqlite"):
        return OSError(code, os.strerror(code))
    error = sqlite3.OperationalError("database or disk is full" if code == errno.ENOSPC else "disk I/O error")
    error.sqlite_errorname = "SQLITE_FULL" if code == errno.ENOSPC else "SQLITE_IOERR_WRITE"
    return error


@pytest.mark.parametrize(
    ("code", "on"),
    [(errno.ENOSPC, False), (errno.ENOSPC, True), (errno.EIO, False), (errno.EMFILE, True), (errno.EROFS, True)],
    ids=["full once", "full from then on", "broken once", "no descriptors from then on", "read-only from then on"],
)
def test_a_refusal_at_any_operation_is_one_line_and_the_old_generation_serves(index: Path, code: int, on: bool) -> None:
    """Every k: the disk refuses operation k; either the publish fails and the old serves, or the new one serves."""
    known = len(points_of_a_publish(index))
    gc.collect()
    descriptors = len(os.listdir("/proc/self/fd"))
    number, messages = 1, []
    for k in range(1, known + 1):

        def refuse(name: str) -> None:
            raise refusal(name, code)

        try:
            publish_until(index, number + 1, Points(k, refuse, on=on))
        except IndexUnwritable as failure:
            messages.append(str(failure))
        else:
            number += 1
        assert served(index) == number, f"operation {k}"
    gc.collect()
    assert len(os.listdir("/proc/self/fd")) == descriptors, "no descriptor leaks"
    assert len(messages) > known // 2
    told = re.compile(rf"cannot write the index {re.escape(str(index))}: [^\n]+; nothing was changed; [^\n]+")
    assert all(told.fullmatch(message) for message in messages)


def test_a_full_disk_under_sqlite_is_told_as_such(index: Path) -> None:
    """The limit is the kernel's (RLIMIT_FSIZE), so SQLite itself meets it; the old generation serves."""

    def work() -> None:
        import resource
        import signal

        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
        with pytest.raises(IndexUnwritable, match="nothing was changed"):
            publish_texts(index, edition(2))

    assert in_a_child(work) == 0
    assert served(index) == 1


def test_an_interrupt_after_the_pointer_moved_keeps_the_new_generation(
    index: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ctrl-C just behind the decisive step must not remove what CURRENT names."""
    replace = os.replace

    def interrupted(one: Path, other: Path) -> None:
        replace(one, other)
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(os, "replace", interrupted)
        with pytest.raises(KeyboardInterrupt):
            publish_texts(index, edition(2))
    assert served(index) == 2


def test_everything_is_synced_before_what_leads_to_it(index: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """IDX-005: a power cut after any step finds no name whose content may be lost, and nothing old is removed before."""
    steps: list[str] = []
    before = current(index).name
    fsync, rename, replace, rmtree = os.fsync, os.rename, os.replace, shutil.rmtree

    def synced(descriptor: int) -> None:
        steps.append("sync " + Path(os.readlink(f"/proc/self/fd/{descriptor}")).name)
        fsync(descriptor)

    def renamed(one: Path, other: Path) -> None:
        steps.append("rename")
        rename(one, other)

    def replaced(one: Path, other: Path) -> None:
        steps.append("replace")
        replace(one, other)

    def removed(path: Path, ignore_errors: bool = False) -> None:
        steps.append("remove")
        rmtree(path, ignore_errors=ignore_errors)

    monkeypatch.setattr(os, "fsync", synced)
    monkeypatch.setattr(os, "rename", renamed)
    monkeypatch.setattr(os, "replace", replaced)
    monkeypatch.setattr(shutil, "rmtree", removed)
    made = publish_texts(index, edition(2))
    unfinished = f"sync .unfinished-{os.getpid()}"
    named, pointed = steps.index("rename"), steps.index("replace")
    files = {f"sync {path.name}" for path in made.folder.iterdir()}
    assert files <= set(steps[: steps.index(unfinished)])
    assert steps.index(unfinished) < named
    assert steps[named + 1 :] == ["sync index", "sync .unfinished-CURRENT", "replace", "sync index", "remove"]
    assert pointed < steps.index("remove")
    assert before in {path.name for path in index.iterdir()}
