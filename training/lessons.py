"""What a teacher says of each passage token, kept, and given to a learner with the right answers.

Comes in: a teacher, a school. Goes out: a folder of files, one for a chunk of examples, each with the teacher's
log-odds for every passage token of every pair in order; batches with them. Others lean on this: a file is written
whole or not at all; a chunk's groups are made anew from seed, number and `late`, so no text is kept; and labels are used
with the very tokens that they were made for, or refused.
"""

from __future__ import annotations

import hashlib
import logging
import os
import random
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import torch
from safetensors import safe_open
from safetensors.torch import save_file
from tokenizers import Tokenizer
from torch import Tensor

from bot.span_model import Pair
from training.batch import Batch, batches_of
from training.school import School, lesson, schedule
from training.train import Recipe

Score = Callable[[Sequence[Pair]], list[Tensor]]

log = logging.getLogger("training")


def write(
    score: Score, school: School, shares: Mapping[str, float], folder: Path,
    tokenizer: Tokenizer, seed: int, part: tuple[int, int], tokens: int, late: bool,
) -> None:  # fmt: skip
    """Writes what `score` says of every chunk whose number leaves `part[0]` when divided by `part[1]`.

    Goes on until `tokens` tokens were read; chunks already written are passed over.
    """
    folder.mkdir(parents=True, exist_ok=True)
    done = 0
    for chunk, numbers in enumerate(schedule(school.examples, seed, 0, shares)):
        path = folder / f"{chunk:05d}.safetensors"
        if chunk % part[1] != part[0] or path.exists():
            continue
        started = time.monotonic()
        pairs = [pair for batch in batches(school, numbers, seed, chunk, late, tokenizer) for pair in batch.pairs]
        with torch.no_grad():
            odds = [one.to(torch.float16) for one in _in_blocks(score, pairs)]
        tensors = {"odds": torch.cat(odds), "counts": torch.tensor([len(one) for one in odds])}
        fresh = path.with_suffix(".new")
        said = {"seed": str(seed), "late": str(int(late)), "numbers": " ".join(map(str, numbers))}
        save_file(tensors, fresh, said | {"digest": _digest(pairs)})
        os.replace(fresh, path)
        count = sum(len(pair.tokens) for pair in pairs)
        done += count
        log.info("chunk %d: %d tokens, %.0f a second", chunk, count, count / (time.monotonic() - started))
        if done >= tokens:
            return


def in_unison(voices: Sequence[tuple[float, Score]], pairs: Sequence[Pair]) -> list[Tensor]:
    """The mean of what several networks say, each with its share: better than each where they err apart."""
    shares = [share for share, _ in voices]
    said = zip(*(voice(pairs) for _, voice in voices), strict=True)
    return [sum(share * one for share, one in zip(shares, odds, strict=True)) / sum(shares) for odds in said]


def lessons(
    school: School, folder: Path, tokenizer: Tokenizer, recipe: Recipe, chunk: int
) -> Iterator[Iterator[Batch]]:
    """Chunks of batches with what the teacher said, pass after pass over the folder, from the `chunk`th on.

    Raises ValueError at a file whose labels were made from other data. One that does not say from which is taken, with a
    warning.
    """
    paths = sorted(folder.glob("*.safetensors"))
    if not paths:
        raise FileNotFoundError(f"no labels in {folder}: make them with python -m training.teach")
    number = 0
    while True:
        order = list(paths)
        random.Random(f"{recipe.seed}/pass {number // len(paths)}").shuffle(order)
        for path in order:
            if number >= chunk:
                yield _with_labels(school, path, tokenizer, recipe)
            number += 1


def _with_labels(school: School, path: Path, tokenizer: Tokenizer, recipe: Recipe) -> Iterator[Batch]:
    with safe_open(path, "pt") as held:
        said, odds, counts = held.metadata(), held.get_tensor("odds"), held.get_tensor("counts").tolist()
    numbers = [int(number) for number in said["numbers"].split()]
    late, chunk = said["late"] == "1", int(path.stem)
    other = f"{path} holds labels of other data; make them anew with python -m training.teach"
    if max(numbers) >= len(school.examples):
        raise ValueError(other)
    asked = list(batches(school, numbers, int(said["seed"]), chunk, late, tokenizer, recipe.batch_tokens))
    pairs = [pair for batch in asked for pair in batch.pairs]
    digest = _digest(pairs)
    if "digest" not in said:
        log.warning("%s does not say which data its labels are of; taken as they are", path)
    if said.get("digest", digest) != digest or len(pairs) != len(counts):
        raise ValueError(other)
    blocks = iter(odds.float().split(counts))
    for batch in asked:
        yield replace(batch, shown=tuple(next(blocks) for _ in batch.pairs))


def _digest(pairs: Sequence[Pair]) -> str:
    """The SHA-256 of all that the network is given of the pairs, in order."""
    found = hashlib.sha256()
    for pair in pairs:
        found.update(repr((pair.tokens, pair.kinds, pair.offset)).encode("ascii"))
    return found.hexdigest()


def batches(
    school: School, numbers: Sequence[int], seed: int, chunk: int, late: bool, tokenizer: Tokenizer,
    budget: int = 8192,
) -> Iterator[Batch]:  # fmt: skip
    """The chunk's groups as batches of at most `budget` tokens."""
    groups, exact = lesson(school, numbers, seed, chunk, late)
    return batches_of(groups, exact, tokenizer, budget)


def _in_blocks(score: Score, pairs: Sequence[Pair], size: int = 64) -> list[Tensor]:
    """Pairs of about one length together, whatever their place."""
    order = sorted(range(len(pairs)), key=lambda i: len(pairs[i].tokens))
    found: dict[int, Tensor] = {}
    for begin in range(0, len(order), size):
        block = order[begin : begin + size]
        found.update(zip(block, score([pairs[i] for i in block]), strict=True))
    return [found[i] for i in range(len(pairs))]
