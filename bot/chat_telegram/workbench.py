"""The process that changes the index: it reads documents, makes generations, and tells of it.

Comes in: a deed, and for what is staged one word. Goes out: news, as JSON through a pipe. The promises others lean on:
it runs below the answers' priority; nothing is published of a rebuild without the word `publish`; a pipe that is closed
(the bot is gone) means discard; the bot's token is not in its environment while strangers' documents are parsed.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from bot.chat_telegram.deeds import SHOWN, Deed, Differs, Item, Left, News, Outcome, write_news
from bot.config import Config
from bot.errors import BylineError
from bot.faults import record, show_warnings
from index.errors import IndexBusy, IndexFailure
from index.known import file_of

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

    from bot.answer import Answer
    from index.build import Report
    from index.stage import Staged
    from index.store import Snapshot

_NICE = 10
_EVERY = 0.5  # seconds between two news of progress
_LONGEST = 160  # characters of a question, an answer, a title
_SECRETS = ("TELEGRAM_BOT_TOKEN", "TELEGRAM_BOT_TOKEN_FILE", "TELEGRAM_WEBHOOK_SECRET", "TELEGRAM_WEBHOOK_SECRET_FILE")
_PAUSES = (1.0, 2.0, 4.0)  # seconds between two tries to publish while another process writes
_PATIENCE = 600.0  # seconds that a staged generation waits for its word, whatever becomes of the bot


def work(config: Config, deed: Deed, pipe: Connection) -> None:
    """Do one deed and tell of it; the entry of the process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C in a terminal is for the bot, which ends us
    for name in _SECRETS:
        os.environ.pop(name, None)
    with suppress(OSError):
        os.nice(_NICE)
    show_warnings()
    carry_out(replace(config, machine=replace(config.machine, threads=max(1, config.machine.threads - 1))), deed, pipe)


def carry_out(config: Config, deed: Deed, pipe: Connection) -> None:
    """Do the deed; every failure is news too, and a pipe that is closed ends the work."""
    progress = _Progress(pipe)
    try:
        do = {"add": _add, "rebuild": _rebuild, "remove": _remove}[deed.do]
        last = do(config, deed, pipe, progress)
    except (BrokenPipeError, EOFError, ConnectionResetError):
        return
    except (BylineError, IndexFailure, OSError) as failure:
        last = News("failed", str(failure))
    except Exception as error:
        last = News(
            "failed", f"That is a fault of Byline's own; the machine keeps a report: {Path(record(error)).name}"
        )
    if last is not None:
        with suppress(OSError):
            pipe.send_bytes(write_news(last))


class _Progress:
    """Progress as news, now and then."""

    def __init__(self, pipe: Connection) -> None:
        self._pipe, self._at = pipe, 0.0

    def __call__(self, what: str, done: int, total: int) -> None:
        now = time.monotonic()
        if now - self._at >= _EVERY:
            self._at = now
            self._pipe.send_bytes(write_news(News("progress", what, done, total)))


def _add(config: Config, deed: Deed, pipe: Connection, progress: _Progress) -> News | None:
    from bot.fetching import add_given
    from index.store import open_snapshot

    report = add_given(config, deed.paths, progress, deed.collections)
    return News("done", outcome=_outcome(report, None, open_snapshot(config.index.dir, whole=False), deed))


def _remove(config: Config, deed: Deed, pipe: Connection, progress: _Progress) -> News | None:
    from bot.archive import recipe
    from index.build import remove
    from index.store import open_snapshot

    old = open_snapshot(config.index.dir, whole=False)
    report = remove(config.index.dir, deed.articles, recipe(config), progress)
    return News("done", outcome=_outcome(report, old, open_snapshot(config.index.dir, whole=False), deed))


def _rebuild(config: Config, deed: Deed, pipe: Connection, progress: _Progress) -> News | None:
    from bot.archive import recipe
    from index.errors import IndexDamaged, IndexMismatch, IndexMissing
    from index.sources.kept import kept_documents
    from index.stage import stage
    from index.store import open_snapshot

    try:
        old: Snapshot | None = open_snapshot(config.index.dir, whole=False)
    except (IndexMissing, IndexDamaged, IndexMismatch):
        old = None
    paths, more = list(map(Path, deed.paths)), kept_documents(config.index.dir)
    staged = stage(config.index.dir, paths, recipe(config), progress, mode="build", more=more)
    try:
        outcome = _outcome(staged.report, old, staged.snapshot, deed)
        if old is not None and outcome.published:
            asked, differing = _compared(config, deed.questions, old, staged.snapshot, progress)
            outcome = replace(outcome, asked=asked, differing=differing)
        pipe.send_bytes(write_news(News("staged", outcome=outcome)))
        if not pipe.poll(_PATIENCE) or pipe.recv_bytes(100) != b"publish":
            staged.discard()
            return None
    except BaseException:
        staged.discard()
        raise
    report = _published(staged)
    return News("done", outcome=_outcome(report, old, open_snapshot(config.index.dir, whole=False), deed))


def _published(staged: Staged) -> Report:
    """Publish what waits; another writer is given some time to finish."""
    for pause in _PAUSES:
        try:
            return staged.publish()
        except IndexBusy:
            time.sleep(pause)
    try:
        return staged.publish()
    except BaseException:
        staged.discard()
        raise


def _compared(
    config: Config, questions: Sequence[str], old: Snapshot, new: Snapshot, progress: _Progress
) -> tuple[int, tuple[Differs, ...]]:
    """How many questions were asked of both generations, and which are answered in another way."""
    from bot.archive import Archive
    from bot.preview import changed_answers

    archive = Archive(config)
    asked = 0

    def ask(snapshot: Snapshot) -> Callable[[str], Answer]:
        def answer(question: str) -> Answer:
            nonlocal asked
            asked += 1
            progress("questions compared", asked // 2, len(questions))
            return archive.ask(question, snapshot).answer

        return answer

    try:
        changed = changed_answers(questions, ask(old), ask(new))
    except (BylineError, IndexFailure):
        return 0, ()  # the old generation was made by another model: nothing can be compared
    told = tuple(
        Differs(_short(one.question), one.before.answer and _short(one.before.answer), one.after.answer and _short(one.after.answer))
        for one in changed
    )  # fmt: skip
    return asked // 2, told


def _outcome(report: Report, old: Snapshot | None, new: Snapshot, deed: Deed) -> Outcome:
    """The report with the names of articles, and the files that no article comes from."""
    changes = {"added": report.added, "changed": report.changed, "gone": report.gone, "left": report.skipped}
    origins = [entry.origin for entry in new.entries()] if deed.paths and deed.do != "rebuild" else []
    whole = {*origins, *map(file_of, origins)}  # a line lies in "file:7", a member in "archive.zip!name"
    return Outcome(
        added=_items(new, report.added),
        changed=_items(new, report.changed),
        gone=_items(old, report.gone),
        left=tuple(Left(one.origin, one.reason, one.detail) for one in report.skipped[:SHOWN]),
        counts={name: len(those) for name, those in changes.items()},
        published=report.published,
        generation=report.generation,
        articles=report.counts["articles"],
        sentences=report.counts["sentences"],
        seconds=report.seconds,
        empty=tuple(path for path in deed.paths if path not in whole) if deed.do != "rebuild" else (),
    )


def _items(snapshot: Snapshot | None, ids: Iterable[str]) -> tuple[Item, ...]:
    if snapshot is None:
        return ()
    entries = [snapshot.entry(id_) for id_ in list(ids)[:SHOWN]]
    return tuple(Item(one.id, _short(one.title or Path(one.origin).name), one.pieces) for one in entries)


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST - 1]}…"
