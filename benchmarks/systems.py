"""The systems under measurement as running processes, and the corpora that all of them get.

Comes in: the options that all benchmarks share. Goes out: `Running` systems that obey `benchmarks.peers.protocol`, in
the order they are listed; those whose environment is not there are left out with a line that says how to make it.
The promise: every system gets the same thread count, the same way of waiting, no network and no telemetry.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
OUT = ROOT / "benchmarks" / "out"

# For every system alike. Threads that wait by spinning are held up for long wherever another process has a core, and
# Byline asks for passive ones by itself: left alone, the peers would pay for each other's noise here (docs/LOG.md).
_ALIKE = {
    "OMP_WAIT_POLICY": "PASSIVE", "GOMP_SPINCOUNT": "0", "TOKENIZERS_PARALLELISM": "true",
    "HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1", "HF_HUB_DISABLE_TELEMETRY": "1", "DO_NOT_TRACK": "1",
    "HAYSTACK_TELEMETRY_ENABLED": "false", "ANONYMIZED_TELEMETRY": "false", "NLTK_DATA": "/nonexistent",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Kind:
    """One system: its name in tables, its module, and what it is started with."""

    name: str
    module: str
    arguments: tuple[str, ...] = ()

    @property
    def is_byline(self) -> bool:
        return self.name == "Byline"


BYLINE = Kind("Byline", "byline_archive")
HAYSTACK = Kind("Haystack", "haystack_pipeline")
RANKED = Kind("Haystack, ranked", "haystack_pipeline", ("--ranker",))
TXTAI = Kind("txtai", "txtai_embeddings")
HYBRID = Kind("txtai, hybrid", "txtai_embeddings", ("--hybrid",))
LLAMA = Kind("LlamaIndex", "llama_index_engine")
FITTED = Kind("LlamaIndex, 256", "llama_index_engine", ("--fit",))
BM25 = Kind("bm25s", "bm25_alone")


class SystemFailed(Exception):
    """A system answered an order with an error, or died."""


class Running:
    """A system in a process of its own."""

    def __init__(self, kind: Kind, python: Path, threads: int) -> None:
        self.kind = kind
        counts = dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "RAYON_NUM_THREADS"))
        environment = os.environ | _ALIKE | {name: str(threads) for name in counts}
        environment |= {"BYLINE_MACHINE__THREADS": str(threads)}
        self._process = subprocess.Popen(
            [str(python), "-W", "ignore", "-m", f"benchmarks.peers.{kind.module}", *kind.arguments],
            cwd=ROOT, env=environment, text=True, encoding="utf-8",
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE if _quiet() else None,
        )  # fmt: skip

    @property
    def pid(self) -> int:
        return self._process.pid

    def order(self, do: str, **what: Any) -> dict[str, Any]:
        """Give one order and wait for its answer."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        print(json.dumps({"do": do, **what}), file=self._process.stdin, flush=True)
        line = self._process.stdout.readline()
        answer: dict[str, Any] = json.loads(line) if line else {"error": "the process ended"}
        if "error" in answer:
            raise SystemFailed(f"{self.kind.name}, {do}: {answer['error']}")
        return answer

    def close(self) -> None:
        """Let it end, and wait for that."""
        self._process.stdin.close()  # type: ignore[union-attr] # it was opened as a pipe
        self._process.wait()
