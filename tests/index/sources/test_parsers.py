"""Parsing in another process: whatever a document does to it, the document alone is lost, and what it may do is little."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from index.errors import DocumentRejected, IndexFailure
from index.sources import parsers
from index.sources.parsers import close, parsed
from tests.index.sources.reading import read_articles

PAGE = b"<html><body><p>The harbour of Senn reopened.</p></body></html>"

# A worker whose reader does what the document says.
_EVIL = """
import ctypes, dataclasses, importlib, json, os, signal, socket, sys, time
sys.path.insert(0, sys.argv[1])
from index.sources import worker
from index.sources.contents import Contents

def parse(markup, data, address):
    order, _, rest = data.partition(b" ")
    if order == b"signal":
        os.kill(os.getpid(), int(rest))
    elif order == b"signal-once":
        if not os.path.exists(rest):
            os.mkdir(rest)
            os.kill(os.getpid(), 9)
    elif order == b"segfault":
        ctypes.string_at(0)
    elif order == b"exit":
        os._exit(7)
    elif order == b"memory":
        hold = [bytearray(2**26) for _ in range(64)]
    elif order == b"spin":
        while True: pass
    elif order == b"sleep":
        time.sleep(60)
    elif order == b"grow":
        hold = globals()["hold"] = bytearray(5 * 10**8)
    elif order == b"long":
        return Contents("long " * 2_000_000)
    elif order == b"types":
        return Contents(7)
    elif order == b"print":
        print("noise on stdout", flush=True); os.write(1, b"more noise")
    elif order == b"connect":
        try: socket.create_connection(("192.0.2.1", 80), 1)
        except OSError: pass
    elif order == b"ahead":
        body = json.dumps({"contents": dataclasses.asdict(Contents("forged")), "last": False}).encode()
        for descriptor in range(3, 20):
            try: os.write(descriptor, worker._FRAME.pack(len(body), 0) + body)
            except OSError: pass
        time.sleep(0.2)
        return Contents("late")
    elif order == b"bug":
        raise KeyError("inside")
    return Contents(f"{os.getpid()}")

worker.parse, worker.SECONDS = parse, 1
worker._MODULES = dict.fromkeys(worker._MODULES, "json")
"""


@pytest.fixture
def evil(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Workers that do what a document says, with a second of processor time, in a folder that they may write to."""
    close()
    monkeypatch.setattr(parsers, "_BOOT", _EVIL + "worker.main(sys.argv[2])")
    yield
    close()


def _reason(data: bytes) -> str:
    with pytest.raises(DocumentRejected) as rejected:
        parsed("html", data)
    return rejected.value.reason


def test_one_process_reads_many_documents_and_starts_quickly() -> None:
    close()
    start = time.perf_counter()
    assert parsed("html", PAGE).text == "The harbour of Senn reopened."
    assert time.perf_counter() - start < 15  # 0.3 s on an idle machine: docs/LOG.md; models would take longer
    first = parsers._worker.pid
    assert parsed("markdown", b"# Senn\n\nIt reopened.").title == "Senn"
    assert parsers._worker.pid == first is not None


@pytest.mark.parametrize(
    ("order", "died_of"),
    [(b"signal 9", "SIGKILL"), (b"signal 11", "SIGSEGV"), (b"segfault", "SIGSEGV"), (b"signal 6", "SIGABRT"),
     (b"signal 15", "SIGTERM"), (b"exit", "ended with 7")],
)  # fmt: skip
def test_a_document_that_kills_its_reader_twice_is_rejected_and_the_next_is_read(
    evil: None, order: bytes, died_of: str
) -> None:
    with pytest.raises(DocumentRejected, match=f"worker_died: .*{died_of}"):
        parsed("html", order)
    assert parsed("html", b"hello").text


def test_a_document_whose_reader_died_once_is_read_at_the_second_try(
    evil: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parsers, "_BOOT", _EVIL + f"worker.main({str(tmp_path)!r})")
    assert parsed("html", b"signal-once " + os.fsencode(tmp_path / "tried")).text
    assert (tmp_path / "tried").is_dir()


def test_memory_is_bounded_and_the_process_given_up(evil: None) -> None:
    assert _reason(b"memory") == "memory_limit"
    assert parsers._worker.pid is None
    assert parsed("html", b"hello").text


def test_a_process_that_has_grown_is_given_up_after_its_reply(evil: None) -> None:
    """Its size alone counts, not that of the process that started it, which may hold models."""
    hold = bytearray(b"x") * (5 * 10**8)
    first = parsed("html", b"hello").text
    assert parsed("html", b"hello").text == first
    assert parsed("html", b"grow").text == first
    assert len(hold) and parsed("html", b"hello").text != first


def test_processor_time_is_bounded_for_each_document(evil: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parsers, "WALL_SECONDS", 120.0)
    with pytest.raises(DocumentRejected, match=r"too_slow: .* of processor time"):
        parsed("html", b"spin")
    assert parsed("html", b"hello").text


@pytest.mark.parametrize("order", [b"sleep", b"signal %d" % signal.SIGSTOP])
def test_a_reader_that_does_nothing_is_ended_after_the_wall_time(
    evil: None, monkeypatch: pytest.MonkeyPatch, order: bytes
) -> None:
    parsed("html", b"hello")
    monkeypatch.setattr(parsers, "WALL_SECONDS", 0.7)
    start = time.monotonic()
    assert _reason(order) == "too_slow"
    assert time.monotonic() - start < 5


def test_a_stopped_reader_does_not_stop_a_large_document_on_its_way(
    evil: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    parsed("html", b"hello")
    assert parsers._worker.pid
    os.kill(parsers._worker.pid, signal.SIGSTOP)
    monkeypatch.setattr(parsers, "WALL_SECONDS", 0.7)
    assert _reason(b"x" * 5_000_000) == "too_slow"


def test_more_output_than_allowed_is_refused(evil: None) -> None:
    assert _reason(b"long") == "too_large"
    assert parsed("html", b"hello").text


def test_what_is_no_contents_is_not_taken_for_it(evil: None) -> None:
    assert _reason(b"types") == "worker_died"
    assert parsers._worker.pid is None  # who sends such things is not asked again


def test_what_a_library_prints_does_not_disturb_the_reply(evil: None) -> None:
    assert parsed("html", b"print").text.isdigit()


def test_what_is_sent_beside_a_reply_is_not_taken_for_the_next_documents(evil: None) -> None:
    assert parsed("html", b"ahead").text == "forged"  # its own reply is its own loss
    time.sleep(0.6)
    assert parsed("html", b"hello").text.isdigit()


def test_the_time_that_another_document_takes_is_not_counted(evil: None, monkeypatch: pytest.MonkeyPatch) -> None:
    parsed("html", b"hello")
    monkeypatch.setattr(parsers, "WALL_SECONDS", 1.0)
    with ThreadPoolExecutor(1) as pool:
        with parsers._lock:
            waiting = pool.submit(parsed, "html", b"hello")
            time.sleep(1.2)
        assert waiting.result().text.isdigit()


def test_a_listing_that_is_collected_while_a_document_is_read_waits_for_nothing(evil: None) -> None:
    """The collector may end it in the thread that reads, which would wait for itself."""
    parsed("html", b"hello")
    with parsers._lock:
        close()
    assert parsers._worker.pid is not None


def test_a_document_that_makes_its_reader_connect_is_refused_though_the_error_was_swallowed(evil: None) -> None:
    with pytest.raises(DocumentRejected, match=r"unsafe: .*reach the network"):
        parsed("html", b"connect")


def test_a_bug_in_a_reader_is_told_in_the_log(evil: None, caplog: pytest.LogCaptureFixture) -> None:
    assert _reason(b"bug") == "unreadable"
    assert "KeyError: 'inside'" in caplog.text


def test_a_worker_that_was_killed_between_documents_is_replaced(evil: None) -> None:
    first = parsed("html", b"hello").text
    os.kill(int(first), signal.SIGKILL)
    assert parsed("html", b"hello").text != first


def test_a_worker_with_nothing_to_do_ends_and_the_next_document_starts_another(
    evil: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parsers, "_BOOT", _EVIL + "worker.IDLE_SECONDS = 0.1; worker.main(sys.argv[2])")
    first = parsed("html", b"hello").text
    assert parsers._worker._process is not None
    parsers._worker._process.wait(10)
    assert parsed("html", b"hello").text != first


def test_nothing_is_left_behind_when_a_worker_ends(evil: None) -> None:
    parsed("html", b"hello")
    folder, pid = parsers._worker._folder, parsers._worker.pid
    assert os.path.isdir(folder) and pid
    close()
    assert not os.path.exists(folder)
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


_PARENT = """
import os, sys
sys.path.insert(0, sys.argv[1])
from index.sources import parsers
parsers.parsed("email", b"Subject: x" + bytes([10, 10]) + b"Hello there.")
print(parsers._worker.pid, parsers._worker._folder, flush=True)
os.kill(os.getpid(), 9)
"""


def test_a_worker_does_not_outlive_a_build_that_is_killed() -> None:
    """It ends when its pipe does, and takes its folder with it."""
    run = subprocess.run(
        [sys.executable, "-c", _PARENT, str(parsers._ROOT)], capture_output=True, text=True, timeout=60
    )
    pid, folder = run.stdout.split()
    deadline = time.monotonic() + 20
    while (os.path.exists(f"/proc/{pid}/exe") or os.path.exists(folder)) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not os.path.exists(folder)


def test_a_machine_that_starts_no_process_is_said_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is no fault of the document, so it is not counted against it: the build ends."""
    close()
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    with pytest.raises(IndexFailure, match="no process to parse documents could be started"):
        parsed("html", PAGE)


def test_text_and_json_lines_need_no_other_process(tmp_path: Path) -> None:
    close()
    (tmp_path / "a.txt").write_bytes(b"Plain text. It stands.")
    (tmp_path / "b.jsonl").write_bytes(b'{"text": "A line. It stands."}')
    assert [getattr(item, "markup", None) for item in read_articles([tmp_path])] == ["text", "jsonl"]
    assert parsers._worker.pid is None
