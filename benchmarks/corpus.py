"""Articles and questions to measure with: the starter corpus, or the folder that --data names.

Comes in: the shared options. Goes out: a JSON-lines file of articles that every system can read, questions with their
accepted answers, and Byline's index of the articles with its passages and vectors laid out for the peers to be filled
with. What takes minutes is kept in the cache folder. A --data folder holds `articles.jsonl` as `byline build` takes it
and `questions.jsonl` with `{"id", "q", "answers"}` a line (the form of RealTimeQA's archive).
"""

from __future__ import annotations

import argparse
import hashlib
import json
import random
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.peers.protocol import Text, read_texts
from benchmarks.systems import ROOT, environment, say
from index.generations import CURRENT, FORMAT
from index.store import Snapshot, open_snapshot

_STARTER = ROOT / "seeds"
_STARTER_QUESTIONS = ROOT / "tests" / "questions" / "starter.jsonl"


@dataclass(frozen=True, slots=True)
class Question:
    """A question and the answers that are accepted; one without any has none in the articles."""

    id: str
    text: str
    answers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Corpus:
    """What is measured on: its name in tables, what `byline build` is given, and the questions."""

    name: str
    source: Path
    questions: tuple[Question, ...]


@dataclass(frozen=True, slots=True)
class Filled:
    """Byline's index, and its passages with their vectors as files for the peers."""

    index: Path
    passages: Path
    vectors: Path
    count: int
    chars: float


def corpus(options: argparse.Namespace) -> Corpus:
    """The data folder's, or else the starter corpus with its questions that have an answer."""
    if options.data is None:
        say("no --data: measuring on the starter corpus")
        return Corpus("starter corpus", _STARTER, tuple(q for q in _questions(_STARTER_QUESTIONS) if q.answers))
    articles, questions = options.data / "articles.jsonl", options.data / "questions.jsonl"
    for file in (articles, questions):
        if not file.is_file():
            raise SystemExit(f"--data: {file} is not there")
    return Corpus(options.data.name, articles, tuple(_questions(questions)))


def filled(some: Corpus, options: argparse.Namespace) -> Filled:
    """The corpus indexed by Byline, whole, and laid out for the peers; kept in the cache until either changes."""
    index = options.index or options.cache / some.name.replace(" ", "-")
    if options.index is None:
        _build(some, index, options)
    snapshot = open_snapshot(index)
    passages, vectors = (
        options.cache / f"{some.name.replace(' ', '-')}-{snapshot.name}.{end}" for end in ("jsonl", "npy")
    )
    if not vectors.is_file():
        say(f"laying out {snapshot.counts['passages']:,} passages for the peers ...")
        with open(passages, "w", encoding="utf-8") as file:
            file.writelines(json.dumps(one) + "\n" for one in _passages(snapshot))
        np.save(vectors, np.asarray(snapshot.vectors, dtype=np.float32))
    with open(passages, encoding="utf-8") as file:
        lengths = [len(json.loads(line)["text"]) for line in file]
    snapshot.close()
    return Filled(index, passages, vectors, len(lengths), sum(lengths) / len(lengths))


def _build(some: Corpus, index: Path, options: argparse.Namespace) -> None:
    """Build the index anew unless it was built from what the corpus holds now, in the format that is read now."""
    made_of = index.with_name(f"{index.name}.made-of")
    now = f"format {FORMAT}, articles {_digest(some.source)}\n"
    if (index / CURRENT).is_file() and made_of.is_file() and made_of.read_text(encoding="utf-8") == now:
        return
    for stale in options.cache.glob(f"{index.name}-gen-*"):
        stale.unlink()
    shutil.rmtree(index, ignore_errors=True)
    say(f"building Byline's index of all of {some.name} in {index} ...")
    say(f"built in {byline(options, index, 'build', some.source):.0f} s")
    made_of.write_text(now, encoding="utf-8")


def _digest(source: Path) -> str:
    """The SHA-256 of a file, or of the names and contents of all files in a folder."""
    found = hashlib.sha256()
    for path in sorted(one for one in (source.rglob("*") if source.is_dir() else [source]) if one.is_file()):
        with open(path, "rb") as file:
            found.update(f"{path.relative_to(source)} {hashlib.file_digest(file, 'sha256').hexdigest()}\n".encode())
    return found.hexdigest()


def passages_of(made: Filled) -> Iterator[Text]:
    """The passages that the peers are filled with, in the order of their vectors."""
    return read_texts(made.passages)


def samples(some: Corpus, size: int, count: int, folder: Path, seed: int = 6) -> list[Path]:
    """So many files of so many articles, drawn without repetition while there are enough; the same ones every time."""
    articles = list(read_articles(some.source, folder))
    drawn: list[dict[str, Any]] = []
    rng = random.Random(seed)
    while len(drawn) < size * count:
        drawn += rng.sample(articles, len(articles))
    files = []
    for number in range(count):
        file = folder / f"articles-{number}.jsonl"
        write_articles(file, drawn[number * size : (number + 1) * size])
        files.append(file)
    return files


def read_articles(source: Path, folder: Path) -> Iterator[dict[str, Any]]:
    """The articles of a JSON-lines file; of other sources those that Byline reads there, as plain text."""
    if source.is_file():
        with open(source, encoding="utf-8") as lines:
            for number, line in enumerate(lines):
                yield {"id": str(number), **json.loads(line)}
        return
    from bot.archive import recipe
    from bot.config import load_config
    from index.build import build

    build(folder / "read", [source], recipe(load_config(None, {}, None)), lambda *_: None)
    snapshot = open_snapshot(folder / "read")
    for entry in snapshot.entries():
        article = snapshot.article(entry.id).article
        yield {"id": article.id, "title": article.title or "", "text": article.text}


def write_articles(file: Path, articles: list[dict[str, Any]]) -> None:
    """One article a line; what was drawn twice gets an id of its own, so that no system takes it for known."""
    with open(file, "w", encoding="utf-8") as lines:
        for number, one in enumerate(articles):
            lines.write(json.dumps({**one, "id": f"{one['id']}-{number}"}) + "\n")


def byline(options: argparse.Namespace, index: Path, *arguments: object, output: Path | None = None) -> float:
    """Run Byline's command line as its users do; the wall seconds of the whole process."""
    began = time.perf_counter()
    with open(output or "/dev/null", "w", encoding="utf-8") as sink:
        done = subprocess.run(
            [sys.executable, "-m", "bot", "--index", str(index), *map(str, arguments)],
            cwd=ROOT, env=environment(options.threads), stdout=sink, check=False,
        )  # fmt: skip
    if done.returncode not in (0, 1):
        raise SystemExit(f"byline {arguments[0]} failed")
    return time.perf_counter() - began


def _questions(file: Path) -> Iterator[Question]:
    with open(file, encoding="utf-8") as lines:
        for number, line in enumerate(lines):
            fields = json.loads(line)
            answers = tuple(fields.get("sentences") or fields["answers"])
            yield Question(str(fields.get("id", number)), fields.get("q") or fields["question"], answers)


def _passages(snapshot: Snapshot) -> Iterator[dict[str, str]]:
    for entry in snapshot.entries():
        stored = snapshot.article(entry.id)
        for passage in snapshot.passages_of(stored):
            yield {"id": entry.id, "title": stored.article.title or "", "text": passage.text}
