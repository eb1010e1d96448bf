"""The systems under measurement as running processes, all under the same conditions.

Comes in: which systems, and the options that all benchmarks share. Goes out: `Running` systems that obey
`benchmarks.peers.protocol`. The promise: every system gets the same thread count, the same way of waiting, no network
and no telemetry; a peer whose environment is not there is left out with a line that says how to make it.
"""

from __future__ import annotations

import argparse
import functools
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

ROOT = Path(__file__).resolve().parent.parent
OUT = ROOT / "benchmarks" / "out"
PEERS = OUT / ".peers" / "bin" / "python"

# For every system alike. Threads that wait by spinning are held up for long wherever another process has a core;
# Byline asks for passive ones by itself, and left alone the peers would pay for each other's noise (docs/LOG.md).
_ALIKE = {
    "OMP_WAIT_POLICY": "PASSIVE", "GOMP_SPINCOUNT": "0", "TOKENIZERS_PARALLELISM": "true",
    "HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1", "HF_HUB_DISABLE_TELEMETRY": "1", "DO_NOT_TRACK": "1",
    "HAYSTACK_TELEMETRY_ENABLED": "false", "ANONYMIZED_TELEMETRY": "false",
}  # fmt: skip
_POOLS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "RAYON_NUM_THREADS", "BYLINE_MACHINE__THREADS")


@dataclass(frozen=True, slots=True)
class Kind:
    """One system: its name in tables, its module, and what it is started with."""

    name: str
    module: str
    arguments: tuple[str, ...] = ()

    @property
    def is_byline(self) -> bool:
        return self.module == "byline_archive"


BYLINE = Kind("Byline", "byline_archive")
HAYSTACK = Kind("Haystack", "haystack_pipeline")
RANKED = Kind("Haystack + ranker", "haystack_pipeline", ("--ranker",))
TXTAI = Kind("txtai", "txtai_embeddings")
HYBRID = Kind("txtai hybrid", "txtai_embeddings", ("--hybrid",))
LLAMA = Kind("LlamaIndex", "llama_index_engine")
FITTED = Kind("LlamaIndex, 256", "llama_index_engine", ("--fit",))
BM25 = Kind("bm25s", "bm25_alone")


class SystemFailed(Exception):
    """A system answered an order with an error, or died."""


class Running:
    """A system in a process of its own; what its libraries print goes into a file."""

    def __init__(self, kind: Kind, options: argparse.Namespace) -> None:
        self.kind = kind
        options.out.mkdir(parents=True, exist_ok=True)
        self._log: IO[bytes] = open(options.out / f"{kind.module}.log", "wb")  # noqa: SIM115 - closed in `close`
        python = Path(sys.executable) if kind.is_byline else options.peers
        self._process = subprocess.Popen(
            [str(python), "-W", "ignore", "-m", f"benchmarks.peers.{kind.module}", *kind.arguments],
            cwd=ROOT, env=environment(options.threads), text=True, encoding="utf-8",
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._log,
        )  # fmt: skip

    @property
    def pid(self) -> int:
        return self._process.pid

    def order(self, do: str, **what: Any) -> dict[str, Any]:
        """Give one order and wait for its answer."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        try:
            print(json.dumps({"do": do, **what}, default=str), file=self._process.stdin, flush=True)
            line = self._process.stdout.readline()
        except BrokenPipeError:
            line = ""
        answer: dict[str, Any] = json.loads(line) if line else {"error": "the process ended"}
        if "error" in answer:
            raise SystemFailed(f"{self.kind.name}, {do}: {answer['error']}; see {self._log.name}")
        return answer

    def close(self) -> None:
        """Let it end, and wait for that."""
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()
        self._process.wait()
        self._log.close()


def environment(threads: int) -> dict[str, str]:
    """This process's environment with what all systems get alike."""
    return os.environ | _ALIKE | dict.fromkeys(_POOLS, str(threads))


@contextmanager
def running(kinds: Sequence[Kind], options: argparse.Namespace) -> Iterator[list[Running]]:
    """Those of the systems that can be started here, each started; all ended when the block is left."""
    with ExitStack() as stack:
        started = []
        for kind in available(kinds, options):
            one = Running(kind, options)
            stack.callback(one.close)
            started.append(one)
        yield started


def available(kinds: Sequence[Kind], options: argparse.Namespace) -> list[Kind]:
    """The systems whose environment is there; says once what is left out."""
    here = options.peers.is_file()
    if not here:
        _say_missing(options.peers)
    chosen = [name.strip() for name in options.only.split(";")] if options.only else [kind.name for kind in kinds]
    return [kind for kind in kinds if kind.is_byline or (here and kind.name in chosen)]


@functools.cache
def _say_missing(peers: Path) -> None:
    say(f"no peers: {peers} is not there; `python -m benchmarks.peers` makes it. Byline alone is measured.")


def options(name: str, description: str | None, argv: Sequence[str] | None, **more: Any) -> argparse.Namespace:
    """The options that the benchmarks share, and `more` whole numbers with their defaults."""
    parser = argparse.ArgumentParser(
        prog=f"python -m benchmarks.{name}",
        description=description,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--data", type=Path, help="folder with articles.jsonl and questions.jsonl; else the starter corpus"
    )
    parser.add_argument("--out", type=Path, default=OUT, help="where tables, charts and figures go")
    parser.add_argument("--cache", type=Path, default=OUT / "cache", help="what is dear to make and kept between runs")
    parser.add_argument("--index", type=Path, help="Byline's index of all of --data; else it is built in the cache")
    parser.add_argument("--peers", type=Path, default=PEERS, help="Python with the peers")
    parser.add_argument(
        "--only", metavar="NAMES", help="these peers alone, by their names in the tables, with ; between"
    )
    parser.add_argument("--threads", type=int, default=2)
    for option, (value, text) in more.items():
        parser.add_argument(f"--{option}", type=type(value), default=value, help=text)
    found = parser.parse_args(argv)
    found.out, found.cache = found.out.absolute(), found.cache.absolute()
    found.cache.mkdir(parents=True, exist_ok=True)
    return found


def say(line: str) -> None:
    """What is being done, for whoever waits."""
    print(line, file=sys.stderr, flush=True)
