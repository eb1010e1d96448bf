"""Operations and memory are counted, not guessed."""

from __future__ import annotations

import mmap
import os
import sys

import pytest

from benchmarks.machine import memory, operations, parse_status
from index.bert import Bert, Shape, pack

TINY = Shape(vocabulary=50, layers=3, width=8, heads=2, inner=20, positions=64)


def test_memory_is_read_in_bytes_own_apart_from_total() -> None:
    found = parse_status("Name:\tpython\nVmRSS:\t   2048 kB\nRssAnon:\t    512 kB\nRssFile:\t   1536 kB\n")
    assert (found.own, found.total) == (512 * 1024, 2048 * 1024)


@pytest.mark.skipif(sys.platform != "linux", reason="/proc is Linux's")
def test_a_process_that_holds_more_is_seen_to_hold_more() -> None:
    before = memory(os.getpid())
    # Pages of its own: a bytearray may be laid where freed memory lies that the process holds already.
    with mmap.mmap(-1, 40_000_000, flags=mmap.MAP_PRIVATE) as held:
        held.write(b"x" * len(held))
        after = memory(os.getpid())
    assert before is not None
    assert after is not None
    assert 30e6 < after.own - before.own < 90e6
    assert memory(2**30) is None


def test_operations_are_those_that_torch_counts_in_a_pass_over_one_sequence_at_a_time() -> None:
    """Attention is counted by each sequence alone, so that neither padding nor packing changes the figure."""
    from torch.utils.flop_counter import FlopCounterMode

    lengths = (16, 32)
    bert = Bert(TINY).eval()
    counted = 0
    for length in lengths:
        # with gradients attention is the plain formula, whose products the counter knows on every processor
        with FlopCounterMode(display=False) as counter:
            bert(pack([[1] * length]))
        counted += counter.get_total_flops()
    assert operations(lengths, TINY) == counted
    assert operations([48], TINY) > counted
