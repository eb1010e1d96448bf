"""The front's own file: private, whole after any failure, and never in the event loop's way."""

from __future__ import annotations

import asyncio
import sqlite3
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from bot.chat_telegram.records import Records, asker_key
from bot.errors import RecordsUnusable
from tests.bot.telegram.awaiting import awaited

SCHEMA = "CREATE TABLE IF NOT EXISTS notes (text TEXT)"


def add(connection: sqlite3.Connection) -> int:
    connection.execute("INSERT INTO notes VALUES ('a')")
    return count(connection)


def count(connection: sqlite3.Connection) -> int:
    (number,) = connection.execute("SELECT count(*) FROM notes").fetchone()
    return int(number)


@awaited
async def test_what_was_written_is_there_after_a_restart_and_only_the_owner_may_read_it(tmp_path: Path) -> None:
    path = tmp_path / "new" / "telegram.sqlite"
    path.parent.mkdir()
    path.touch(0o644)  # as a copied one may be
    for expected in (1, 2):
        records = Records(path, [SCHEMA])
        await records.open()
        assert await records.do(add) == expected
        assert {file.stat().st_mode & 0o777 for file in path.parent.iterdir()} == {0o600}
        await records.close()
        await records.close()


@awaited
async def test_work_that_fails_leaves_no_trace_and_the_next_goes_on(tmp_path: Path) -> None:
    records = Records(tmp_path / "r", [SCHEMA])
    await records.open()

    def half(connection: sqlite3.Connection) -> None:
        add(connection)
        raise ValueError

    with pytest.raises(ValueError):  # noqa: PT011 - there is nothing to match
        await records.do(half)
    assert await records.do(count) == 0
    assert await records.do(add) == 1
    await records.close()


@awaited
async def test_no_cursor_leaves_the_thread_whose_statement_it_would_reset(tmp_path: Path) -> None:
    records = Records(tmp_path / "r", [SCHEMA])
    await records.open()
    there: list[sqlite3.Cursor] = []

    def work(connection: sqlite3.Connection) -> sqlite3.Cursor:
        there.append(connection.execute("SELECT 1"))
        return there[0]

    assert await records.do(work) is None
    with pytest.raises(sqlite3.ProgrammingError, match=r"closed cursor|same thread"):
        there[0].fetchone()
    await records.close()


@awaited
async def test_the_event_loop_goes_on_while_the_file_is_written(tmp_path: Path) -> None:
    records = Records(tmp_path / "r", [SCHEMA])
    await records.open()
    slow = asyncio.create_task(records.do(lambda connection: time.sleep(0.3)))
    began = time.monotonic()
    await asyncio.sleep(0.01)
    assert time.monotonic() - began < 0.2
    await slow
    threads = {await records.do(lambda connection: threading.current_thread().name) for _ in range(5)}
    assert threads == {"records"}
    await records.close()


@awaited
async def test_works_that_wait_together_share_a_commit_and_one_that_fails_takes_no_other_with_it(
    tmp_path: Path,
) -> None:
    records = Records(tmp_path / "r", [SCHEMA])
    await records.open()

    def fail(connection: sqlite3.Connection) -> int:
        add(connection)
        raise ValueError

    hold = asyncio.create_task(records.do(lambda connection: time.sleep(0.1)))
    await asyncio.sleep(0.02)
    works = [records.do(fail if i % 3 == 1 else add) for i in range(9)]
    outcomes = await asyncio.gather(*works, return_exceptions=True)
    assert [outcome for outcome in outcomes if not isinstance(outcome, ValueError)] == [1, 2, 3, 4, 5, 6]
    assert await records.do(count) == 6
    await hold
    await records.close()


@awaited
async def test_a_commit_that_fails_fails_all_that_shared_it_and_the_next_goes_on(tmp_path: Path) -> None:
    records = Records(tmp_path / "r", [SCHEMA])
    await records.open()
    outcomes = await asyncio.gather(
        records.do(add), records.do(lambda connection: connection.execute("ROLLBACK")), return_exceptions=True
    )
    assert all(isinstance(outcome, sqlite3.Error) for outcome in outcomes) or await records.do(count) == 1
    assert await records.do(add) >= 1
    await records.close()


@awaited
async def test_every_commit_that_somebody_waits_for_waits_for_the_disk(tmp_path: Path) -> None:
    noted: list[int] = []
    records = Records(tmp_path / "r", [])
    await records.open()
    settings = await records.do(
        lambda c: [c.execute(f"PRAGMA {name}").fetchone()[0] for name in ("synchronous", "journal_mode")]
    )
    assert settings == [2, "wal"]
    records.note(lambda c: noted.append(c.execute("PRAGMA synchronous").fetchone()[0]))
    await asyncio.sleep(0.1)
    records.note(lambda c: noted.append(c.execute("PRAGMA synchronous").fetchone()[0]))
    await records.do(lambda c: noted.append(c.execute("PRAGMA synchronous").fetchone()[0]))
    assert noted[0] == 1 and noted[-1] == 2, "notes alone do not wait for it, and nothing waited for goes without"
    await records.close()


@awaited
async def test_a_note_comes_before_what_is_asked_for_after_it_and_its_failure_is_logged(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    records = Records(tmp_path / "r", [SCHEMA])
    await records.open()
    records.note(add)
    assert await records.do(count) == 1
    records.note(lambda connection: connection.execute("SELECT nothing"))
    records.note(add)
    await records.close()
    await asyncio.sleep(0)
    assert "a note could not be written: OperationalError" in caplog.text
    await records.open()
    assert await records.do(count) == 2
    await records.close()


@awaited
async def test_a_file_that_is_no_database_is_named_and_not_touched(tmp_path: Path) -> None:
    path = tmp_path / "telegram.sqlite"
    path.write_bytes(b"something else" * 100)
    with pytest.raises(RecordsUnusable, match=r"telegram\.sqlite: file is not a database"):
        await Records(path, [SCHEMA]).open()
    assert path.read_bytes() == b"something else" * 100


@awaited
async def test_the_salt_is_made_once_and_people_cannot_be_told_from_their_keys(tmp_path: Path) -> None:
    records = Records(tmp_path / "r", [])
    await records.open()
    salt = await records.salt()
    await records.close()
    await records.open()
    assert await records.salt() == salt
    assert len(salt) == 32
    assert asker_key(salt, 5) == asker_key(salt, 5)
    assert len({asker_key(salt, user) for user in range(1_000)}) == 1_000
    assert asker_key(b"other" * 4, 5) != asker_key(salt, 5)
    assert asker_key(salt, 5) != "5"
    await records.close()


def test_what_was_noted_is_written_at_once_and_survives_a_kill(tmp_path: Path) -> None:
    program = (
        "import asyncio, os, signal, sys\nfrom pathlib import Path\nfrom bot.chat_telegram.records import Records\n"
        "async def main():\n    r = Records(Path(sys.argv[1]), ['CREATE TABLE IF NOT EXISTS notes (text TEXT)'])\n"
        "    await r.open()\n    for i in range(50):\n"
        "        r.note(lambda c: c.execute(\"INSERT INTO notes VALUES ('a')\"))\n"
        "    await asyncio.sleep(1)\n    os.kill(os.getpid(), signal.SIGKILL)\n"
        "asyncio.run(main())\n"
    )
    root = Path(__file__).resolve().parents[3]
    subprocess.run([sys.executable, "-c", program, str(tmp_path / "r")], cwd=root, check=False)
    with sqlite3.connect(tmp_path / "r") as connection:
        assert count(connection) == 50
    connection.close()


def test_what_do_has_returned_for_survives_a_kill(tmp_path: Path) -> None:
    program = (
        "import asyncio, sys\nfrom pathlib import Path\nfrom bot.chat_telegram.records import Records\n"
        "async def main():\n    r = Records(Path(sys.argv[1]), ['CREATE TABLE IF NOT EXISTS notes (text TEXT)'])\n"
        "    await r.open()\n    for i in range(100000):\n"
        "        await r.do(lambda c: c.execute(\"INSERT INTO notes VALUES ('a')\"))\n        print(i + 1, flush=True)\n"
        "asyncio.run(main())\n"
    )
    root = Path(__file__).resolve().parents[3]
    child = subprocess.Popen(
        [sys.executable, "-c", program, str(tmp_path / "r")], stdout=subprocess.PIPE, cwd=root, text=True
    )
    assert child.stdout is not None
    said = [int(child.stdout.readline()) for _ in range(50)]
    child.kill()
    said += [int(line) for line in child.stdout.read().split()]
    child.communicate()
    with sqlite3.connect(tmp_path / "r") as connection:
        assert count(connection) >= said[-1]
    connection.close()
