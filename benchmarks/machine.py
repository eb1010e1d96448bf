"""What this machine can do, what a model asks of it, and what a process takes of its memory.

Comes in: a number format, lengths of sequences, a process id. Goes out: operations a second, operations, bytes. The
peak is measured, not looked up: the best of several large square matrix products with the same thread count, since
that is what the arithmetic of a transformer comes down to.
"""

from __future__ import annotations

import os
import platform
import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch

    from index.bert import Shape


@dataclass(frozen=True, slots=True)
class Memory:
    """Bytes of a process: `own` is what it alone holds (no pages of files), `total` is all that is resident."""

    own: int
    total: int


def matrix_peak(dtype: torch.dtype, size: int = 4096, times: int = 3) -> float:
    """Operations a second in the best of several products of two square matrices; a multiply-add counts two."""
    import torch

    left, right = torch.rand(size, size).to(dtype), torch.rand(size, size).to(dtype)
    best = float("inf")
    with torch.inference_mode():
        torch.mm(left, right)
        for _ in range(times):
            began = time.perf_counter()
            torch.mm(left, right)
            best = min(best, time.perf_counter() - began)
    return 2 * size**3 / best


def operations(lengths: Iterable[int], shape: Shape) -> int:
    """Operations of the matrix products in one pass over sequences of these lengths; a multiply-add counts two.

    Real tokens alone: what an implementation spends on padding is its own loss. Attention's products are counted,
    norms, activations and softmax are not (under 2 % at these widths).
    """
    weights = shape.layers * (4 * shape.width**2 + 2 * shape.width * shape.inner)
    return sum(2 * weights * length + 4 * shape.layers * shape.width * length**2 for length in lengths)


def memory(pid: int) -> Memory | None:
    """What a process holds now; None where the system has no /proc."""
    try:
        return parse_status(Path(f"/proc/{pid}/status").read_text(encoding="utf-8"))
    except OSError:
        return None


def parse_status(status: str) -> Memory:
    """From the text of /proc/PID/status: anonymous pages as `own`, the resident set as `total`."""
    fields = dict(line.split(":", 1) for line in status.splitlines() if ":" in line)
    own, total = (int(fields[name].split()[0]) * 1024 for name in ("RssAnon", "VmRSS"))
    return Memory(own, total)


def about() -> str:
    """This machine in a line, and how busy it is, for the note under a chart."""
    model = platform.processor() or platform.machine()
    if sys.platform == "linux":
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        model = next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), model)
    return f"{model}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}"
