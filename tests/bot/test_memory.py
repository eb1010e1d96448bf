"""Memory that was used once is not kept for ever."""

from __future__ import annotations

import platform
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from bot import archive as archives
from bot.memory import Slack, give_back
from tests.bot.tiny_archive import archive, publish_articles
from tests.index.tiny import article


def own_megabytes() -> float:
    """What this process holds of its own, by the kernel's count."""
    (line,) = (line for line in Path("/proc/self/status").read_text("ascii").splitlines() if "RssAnon" in line)
    return int(line.split()[1]) / 1024


GLIBC = pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc can be told what to keep")

ARENAS = """
import ctypes, sys, threading
{first}
taken = threading.Barrier(5)
def take():
    block = bytearray(50_000)
    taken.wait()
    taken.wait()
for _ in range(4):
    threading.Thread(target=take).start()
taken.wait()
libc = ctypes.CDLL(None)
libc.fopen.restype = ctypes.c_void_p
file = libc.fopen(sys.argv[1].encode(), b"w")
libc.malloc_info(0, ctypes.c_void_p(file))
libc.fclose(ctypes.c_void_p(file))
taken.wait()
"""


def arenas(first: str, folder: Path) -> int:
    """How many arenas malloc has after four threads took memory, in a process that began with a line of Python."""
    told = folder / "arenas.xml"
    subprocess.run([sys.executable, "-c", ARENAS.format(first=first), str(told)], check=True, timeout=60)
    return told.read_text("utf-8").count("<heap nr=")


@GLIBC
def test_threads_take_their_memory_where_all_others_do(tmp_path: Path) -> None:
    assert arenas("import index", tmp_path) == 1 < arenas("", tmp_path)


@GLIBC
def test_what_is_free_is_given_back_although_something_behind_it_is_still_used() -> None:
    blocks = [np.ones(100_000, dtype=np.uint8) for _ in range(2_000)]
    used = own_megabytes()
    last = blocks[::200]
    blocks.clear()
    give_back()
    assert own_megabytes() < used - 100
    assert all(block.all() for block in last)


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc can be told to give memory back")
def test_slack_is_given_back_when_it_has_grown_by_the_bound_and_what_is_in_use_is_no_slack() -> None:
    slack, megabyte = Slack(50 * 2**20), 1_000_000
    assert not slack.settle()
    before = own_megabytes()
    blocks = [np.ones(megabyte // 10, dtype=np.uint8) for _ in range(2_000)]
    last = blocks[::200]
    blocks.clear()
    assert slack.settle() and own_megabytes() < before + 50
    assert not slack.settle(), "nothing has grown since"
    held = [np.ones(megabyte // 10, dtype=np.uint8) for _ in range(1_000)]
    slack.settle()
    assert own_megabytes() > before + 80 and not slack.settle(), "what is held is no reason to look for more again"
    assert all(block.all() for block in (*last, *held))


def test_the_memory_is_looked_at_after_every_question_answered_or_failed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks: list[int] = []
    publish_articles(tmp_path, [article("a.txt", "The bridge was opened by Ana Costa. It rained.")])
    held = archive(tmp_path, monkeypatch)
    monkeypatch.setattr(Slack, "settle", lambda self: looks.append(1))
    assert held.ask("Who opened the bridge?").answer.generation and len(looks) == 1
    assert held.found("opened the bridge", 3) and len(looks) == 2
    monkeypatch.setattr(archives, "ask", lambda *given: 1 // 0)
    with pytest.raises(ZeroDivisionError):
        held.ask("Who opened the bridge?")
    assert len(looks) == 3
