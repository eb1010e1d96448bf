"""Memory that was used once is not kept for ever."""

from __future__ import annotations

import platform
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from bot import archive as archives
from bot.memory import give_back
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


def test_a_long_row_of_questions_gives_memory_back_now_and_then(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: list[int] = []
    publish_articles(tmp_path, [article("a.txt", "The bridge was opened by Ana Costa. It rained.")])
    held = archive(tmp_path, monkeypatch)
    monkeypatch.setattr(archives, "give_back", lambda: given.append(1))
    for _ in range(2 * archives.GIVE_BACK_EVERY):
        assert held.ask("Who opened the bridge?").answer.generation
    assert len(given) == 2
