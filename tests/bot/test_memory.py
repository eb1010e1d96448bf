"""Memory that was used once is not kept for ever."""

from __future__ import annotations

import platform
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


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc can be told to give memory back")
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
