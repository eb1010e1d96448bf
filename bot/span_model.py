"""The network of the reader: question and passage in, two numbers a passage token out.

Comes in: token sequences `[CLS] question [SEP] (title [SEP]) passage [SEP]`, end to end. Goes out: for every
passage token how much better it is as first and as last token of the answer than there being no answer. Others
lean on the zero: in each passage "no answer" scores 0, so scores compare across passages and articles. Used by
training and by `bot.read` alike; knows nothing of sentences, thresholds or files.

The vocabulary is lower case, so the kind of each token carries what case the word had: "IS" the group and "is"
the verb are one token and two kinds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from index.bert import Bert, Linear, Packed, Shape, pack

if TYPE_CHECKING:
    from tokenizers import Tokenizer

# Kinds of token, the rows of the type embedding.
QUESTION, TITLE, LOWER, CAPITAL, UPPER = range(5)

_CLS, _SEP = 101, 102


@dataclass(frozen=True, slots=True)
class Pair:
    """One question and passage as tokens; `offset` is where the passage's tokens begin."""

    tokens: tuple[int, ...]
    kinds: tuple[int, ...]
    offset: int


@dataclass(frozen=True, slots=True)
class Tokens:
    """A text as tokens, with the code points each came from and its kind by case."""

    ids: tuple[int, ...]
    starts: tuple[int, ...]
    ends: tuple[int, ...]
    kinds: tuple[int, ...]


def tokenize(tokenizer: Tokenizer, texts: Sequence[str]) -> list[Tokens]:
    """The texts as tokens, without special ones and never cut."""
    found = []
    for text, encoding in zip(texts, tokenizer.encode_batch(list(texts), add_special_tokens=False), strict=True):
        starts, ends = zip(*encoding.offsets, strict=True) if encoding.offsets else ((), ())
        found.append(Tokens(tuple(encoding.ids), starts, ends, _kinds(text, encoding.word_ids, starts, ends)))
    return found


def _kinds(text: str, words: Sequence[int | None], starts: Sequence[int], ends: Sequence[int]) -> tuple[int, ...]:
    """The case of each token's whole word: pieces of one word share it."""
    spans: dict[int | None, tuple[int, int]] = {}
    for word, start, end in zip(words, starts, ends, strict=True):
        first, _ = spans.get(word, (start, end))
        spans[word] = (first, end)
    kinds = {word: _kind(text[start:end]) for word, (start, end) in spans.items()}
    return tuple(kinds[word] for word in words)


def _kind(word: str) -> int:
    if not word[:1].isupper():
        return LOWER
    return UPPER if len(word) > 1 and word.isupper() else CAPITAL


def pair(question: Sequence[int], title: Sequence[int], ids: Sequence[int], kinds: Sequence[int]) -> Pair:
    """The sequence the model reads; an empty title is left out with its separator."""
    head = [_CLS, *question, _SEP]
    tail = [*title, _SEP] if title else []
    return Pair(
        tokens=(*head, *tail, *ids, _SEP),
        kinds=(*[QUESTION] * len(head), *[TITLE] * len(tail), *kinds, LOWER),
        offset=len(head) + len(tail),
    )


class SpanModel(nn.Module):
    """A Bert with heads for the answer's first and last token and for there being none."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.bert = Bert(replace(shape, types=5))
        self.span = Linear(shape.width, 2)
        self.none = Linear(shape.width, 2)

    def forward(self, packed: Packed) -> Tensor:
        """(tokens, 2): log-odds of being first and last token of the answer against there being none."""
        states = self.bert(packed)
        # Over all tokens, as many as the layers saw: oneDNN builds and keeps a kernel for every number of them.
        span, none = self.span(states).float(), self.none(states).float()
        counts = torch.tensor(packed.lengths, device=states.device)
        nones = none[packed.starts()].repeat_interleave(counts, 0)
        odds: Tensor = span[: len(nones)] - nones
        return odds


def score(model: SpanModel, pairs: Sequence[Pair]) -> list[Tensor]:
    """For each pair the (passage tokens, 2) log-odds; one forward pass over all of them."""
    # Sorted, so that sequences of about one length meet and go through attention together.
    order = sorted(range(len(pairs)), key=lambda i: len(pairs[i].tokens))
    packed = pack([pairs[i].tokens for i in order], [pairs[i].kinds for i in order], model.span.weight.device)
    odds = model(packed)
    blocks = dict(zip(order, odds.split(list(packed.lengths)), strict=True))
    return [blocks[i][one.offset : len(one.tokens) - 1] for i, one in enumerate(pairs)]
