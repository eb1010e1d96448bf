"""Examples -> groups: one question with the passages that are scored together.

Comes in: a corpus and, for every example, passages that look as if they answered it. Goes out: groups of cropped,
varied passages, the same for the same seed and place, so that a broken run goes on where it was. Others lean on
this: a passage of a group without spans does not contain the answer string, unless the question was changed so that
nothing answers it; and how long a passage is tells nothing about whether it answers. Knows nothing of tokens or models.
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
from training.data import Corpus, Example, Span, plain
from training.negatives import Likes, sentences_apart, unanswered, without_answer

# Passages are looked up among their like; a review never looks like an answer to a question on history.
_POOLS = {
    "squad1": "encyclopedia", "squad2": "encyclopedia", "new_wiki": "encyclopedia", "qed": "encyclopedia",
    "reqa": "sentences", "generated": "sentences", "qamr": "qamr", "amazon_reviews": "reviews", "reddit": "talk",
    "policyqa": "policies", "covidqa": "papers",
}  # fmt: skip
# What a question with an answer is put to: the passage that answers, passages of which none does, the passage after
# the question was changed, the passage's sentences one by one. docs/LOG.md, reader trials.
_KINDS = {"whole": 0.52, "absent": 0.12, "swapped": 0.22, "sentences": 0.14}
_LATE_KINDS = {"whole": 0.58, "absent": 0.1, "swapped": 0.24, "sentences": 0.08}
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


def group(
    corpus: Corpus, example: Example, near: Sequence[int], names: Likes, rng: random.Random, late: bool = False
) -> Group:
    """The example's question with one to five passages, cropped alike and varied.

    `late` in a run the passages are as long as those that will be read, and the lookalikes more.
    """
    # Short passages first: more questions for the same work. docs/LOG.md, reader trials.
    target = rng.choice((400, 550, 700, 900) if late else (200, 300, 400, 500, 700))
    text = corpus.texts[example.passage]
    own = Choice(text.text, text.title, example.spans)
    if example.source == "qamr":
        own = _among_neighbours(corpus, example, rng)
    kinds = _LATE_KINDS if late else _KINDS
    kind = rng.choices(list(kinds), list(kinds.values()))[0] if own.spans else "whole"
    question, choices = _put(example.question, own, kind, target, names, rng)
    if len(choices) < 3 and question == example.question:
        least = 1 if kind == "absent" else 0
        wished = max(least, rng.choices((0, 1, 2, 3), (0.3, 0.4, 0.2, 0.1) if late else (0.45, 0.35, 0.15, 0.05))[0])
        # The nearest lookalikes are the hardest and the likeliest to answer after all: draw among the first few.
        drawn = [corpus.texts[i] for i in rng.sample(list(near), min(wished, len(near)))]
        choices += [Choice(one.text, one.title, ()) for one in drawn]
    varied = [_varied(choice, target, rng) for choice in choices]
    if rng.random() < 0.05:
        # Pages hold quizzes: the question's own words, asked again, answer nothing.
        i = rng.randrange(len(varied))
        varied[i] = replace(varied[i], text=f"{varied[i].text} {question.rstrip('?')}?")
    return Group(question_variant(question, rng), example.source, tuple(varied))


def _put(
    question: str, own: Choice, kind: str, target: int, names: Likes, rng: random.Random
) -> tuple[str, list[Choice]]:
    """The question, perhaps changed, with its own passage as `kind` wants it; as it is where that cannot be had."""
    if kind == "sentences" and (pieces := sentences_apart(own.text, own.spans, rng)):
        return question, [Choice(piece, own.title, spans) for piece, spans in pieces]
    if kind == "swapped":
        shown, inside = crop(own.text, own.spans, target, rng)
        if other := unanswered(question, shown, inside, names, rng):
            return other, [Choice(shown, own.title, ())]
    left = without_answer(own.text, own.spans, rng) if own.spans else None
    if kind == "absent" and left:
        return question, [Choice(left, own.title, ())]
    if left and rng.random() < 0.25:
        return question, [own, Choice(left, own.title, ())]
    return question, [own]


def _among_neighbours(corpus: Corpus, example: Example, rng: random.Random) -> Choice:
    """The sentence among up to four others of its kind of site that stand next to it and do not hold the answer."""
    here = corpus.texts[example.passage]
    kind = here.article.rsplit(":", 1)[0]
    before, after = rng.choice(((0, 0), (1, 1), (2, 1), (1, 2), (0, 3), (3, 0), (2, 2)))
    around = range(max(0, example.passage - before), min(len(corpus.texts), example.passage + after + 1))
    pieces, spans, length = [], example.spans, 0
    for i in around:
        text = corpus.texts[i]
        if i == example.passage:
            spans = tuple((start + length, end + length) for start, end in spans)
        elif text.article.rsplit(":", 1)[0] != kind or not _does_not_answer(corpus, example, i):
            continue
        pieces.append(text.text)
        length += len(text.text) + 1
    return Choice(" ".join(pieces), here.title, spans)


def _varied(choice: Choice, target: int, rng: random.Random) -> Choice:
    cropped, inside = crop(choice.text, choice.spans, target, rng)
    varied, moved = passage_variant(cropped, inside, rng)
    return Choice(varied, choice.title if rng.random() < 0.5 else None, moved)
