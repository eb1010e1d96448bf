"""Examples -> groups: one question with the passages that are scored together.

Comes in: a corpus and, for every example, passages that look as if they answered it. Goes out: groups of cropped,
varied passages, the same for the same seed and place, so that a broken run goes on where it was. Others lean on
this: a passage of a group without spans does not contain the answer string. Knows nothing of tokens or models.
"""

from __future__ import annotations

import random
import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace

import bm25s
import numpy as np

from training.augment import passage_variant, question_variant
from training.data import Corpus, Example, Span, Text, plain

# Passages are looked up among their like; a review never looks like an answer to a question on history.
_POOLS = {
    "squad1": "encyclopedia", "squad2": "encyclopedia", "new_wiki": "encyclopedia", "qed": "encyclopedia",
    "reqa": "sentences", "generated": "sentences", "qamr": "qamr", "amazon_reviews": "reviews", "reddit": "talk",
    "policyqa": "policies", "covidqa": "papers",
}  # fmt: skip
_SENTENCE_END = re.compile(r"[.!?][\"'”’)\]]*\s+(?=[\"'“‘(\[]?[A-Z0-9a-z])|\n+")


@dataclass(frozen=True, slots=True)
class Choice:
    """A passage offered for a question; no spans: it does not answer."""

    text: str
    title: str | None
    spans: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Group:
    """One question and its passages, the one it was asked on first."""

    question: str
    source: str
    choices: tuple[Choice, ...]


def lookalikes(corpus: Corpus, examples: Sequence[Example], k: int = 8) -> list[tuple[int, ...]]:
    """For each example up to `k` passages of its pool that BM25 ranks first and that do not hold an answer."""
    members = defaultdict(list)
    for i in dict.fromkeys(example.passage for example in examples):
        members[_POOLS[corpus.texts[i].source]].append(i)
    found: list[tuple[int, ...]] = [()] * len(examples)
    for pool, passages in members.items():
        wanted = [i for i, e in enumerate(examples) if _POOLS[e.source] == pool]
        index = bm25s.BM25()
        index.index(bm25s.tokenize([corpus.texts[i].text for i in passages], show_progress=False), show_progress=False)
        queries = bm25s.tokenize([examples[i].question for i in wanted], show_progress=False)
        ranked, _ = index.retrieve(queries, k=min(3 * k, len(passages)), show_progress=False, sorted=True)
        for i, row in zip(wanted, np.asarray(ranked), strict=True):
            near = (passages[int(j)] for j in row)
            found[i] = tuple(j for j in near if _does_not_answer(corpus, examples[i], j))[:k]
    return found


def _does_not_answer(corpus: Corpus, example: Example, passage: int) -> bool:
    here, there = corpus.texts[example.passage], corpus.texts[passage]
    if here.text == there.text:
        return False
    if not example.exact:
        return all(plain(here.text[start:end]) not in plain(there.text) for start, end in example.spans)
    held = f" {plain(there.text)} "
    return not any(f" {plain(here.text[start:end])} " in held for start, end in example.spans)


def crop(text: str, spans: Sequence[Span], target: int, rng: random.Random) -> tuple[str, tuple[Span, ...]]:
    """A run of whole sentences of about `target` characters around one of the spans, and the spans inside it."""
    if len(text) <= target * 1.25:
        return text, tuple(spans)
    edges = [0, *(match.end() for match in _SENTENCE_END.finditer(text)), len(text)]
    start, end = rng.choice(list(spans)) if spans else (anchor := rng.randrange(len(text)), anchor + 1)
    first = max(i for i, edge in enumerate(edges) if edge <= start)
    last = min(i for i, edge in enumerate(edges) if edge >= end)
    while edges[last] - edges[first] < target and (first > 0 or last < len(edges) - 1):
        if last == len(edges) - 1 or (first > 0 and rng.random() < 0.5):
            first -= 1
        else:
            last += 1
    begin, stop = edges[first], edges[last]
    inside = tuple((s - begin, e - begin) for s, e in spans if begin <= s and e <= stop)
    return text[begin:stop].rstrip(), inside


def group(corpus: Corpus, example: Example, near: Sequence[int], rng: random.Random, late: bool = False) -> Group:
    """The example's own passage and none to two lookalikes, each cropped and varied.

    `late` in a run the passages are as long as those that will be read, and the lookalikes more.
    """
    # Short passages first: more questions for the same work. docs/LOG.md, reader trials.
    target = rng.choice((300, 450, 600, 700) if late else (200, 300, 400, 500, 700))
    choices = [_choice(corpus.texts[example.passage], example.spans, target, rng)]
    wished = (
        rng.choices((0, 1, 2), (0.3, 0.45, 0.25) if late else (0.45, 0.4, 0.15))[0] if example.source != "qamr" else 0
    )
    # The nearest lookalikes are the hardest and the likeliest to answer after all: draw among the first few.
    for passage in rng.sample(list(near), min(wished, len(near))):
        choices.append(_choice(corpus.texts[passage], (), rng.choice((200, 300, 450)), rng))
    if rng.random() < 0.05:
        # Pages hold quizzes: the question's own words, asked again, answer nothing.
        i = rng.randrange(len(choices))
        choices[i] = replace(choices[i], text=f"{choices[i].text} {example.question.rstrip('?')}?")
    return Group(question_variant(example.question, rng), example.source, tuple(choices))


def _choice(text: Text, spans: tuple[Span, ...], target: int, rng: random.Random) -> Choice:
    cropped, inside = crop(text.text, spans, target, rng)
    varied, moved = passage_variant(cropped, inside, rng)
    return Choice(varied, text.title if rng.random() < 0.5 else None, moved)
