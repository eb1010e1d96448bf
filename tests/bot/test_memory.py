"""Memory that was used once is not kept for ever."""

from __future__ import annotations

import platform
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


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc can be told to give memory back")
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
    monkeypatch.setattr(archives, "ask", lambda *given: 1 // 0)
    with pytest.raises(ZeroDivisionError):
        held.ask("Who opened the bridge?")
    assert len(looks) == 2
