"""Groups -> token sequences with their right tokens, in batches of about equal work.

Comes in: groups and the tokenizer. Goes out: for each batch the pairs that the model reads and, for each, the
first and last tokens of the answer. A span that the cut at the maximum length loses becomes "none" only in
passages that did not answer anyway; a group whose answer is lost is dropped. Knows nothing of weights.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tokenizers import Tokenizer
from torch import Tensor

from bot.span_model import Pair, Tokens, pair, tokenize
from training.data import Span
from training.groups import Group

MAX_TOKENS = 320


@dataclass(frozen=True, slots=True)
class Batch:
    """Pairs in order, right first and last tokens of each, how many pairs each group has; what a teacher says, if one does."""

    pairs: tuple[Pair, ...]
    firsts: tuple[tuple[int, ...], ...]
    lasts: tuple[tuple[int, ...], ...]
    groups: tuple[int, ...]
    tokens: int
    shown: tuple[Tensor, ...] = ()


def token_span(tokens: Tokens, span: Span) -> tuple[int, int] | None:
    """First and last token that the characters of `span` touch."""
    touched = [
        i for i, (s, e) in enumerate(zip(tokens.starts, tokens.ends, strict=True)) if s < span[1] and e > span[0]
    ]
    return (touched[0], touched[-1]) if touched else None


def batches_of(groups: Sequence[Group], exact: Sequence[bool], tokenizer: Tokenizer, budget: int) -> Iterator[Batch]:
    """Consecutive groups until `budget` tokens are reached; whole groups only."""
    held: list[tuple[list[Pair], list[tuple[int, ...]], list[tuple[int, ...]]]] = []
    size = 0
    for one, known in zip(groups, exact, strict=True):
        made = _group_pairs(one, known, tokenizer)
        if made is None:
            continue
        cost = sum(len(p.tokens) for p in made[0])
        if held and size + cost > budget:
            yield _batch(held, size)
            held, size = [], 0
        held.append(made)
        size += cost
    if held:
        yield _batch(held, size)


def _batch(held: Sequence[tuple[list[Pair], list[tuple[int, ...]], list[tuple[int, ...]]]], size: int) -> Batch:
    return Batch(
        tuple(p for pairs, _, _ in held for p in pairs),
        tuple(f for _, firsts, _ in held for f in firsts),
        tuple(e for _, _, lasts in held for e in lasts),
        tuple(len(pairs) for pairs, _, _ in held),
        size,
    )


def _group_pairs(
    one: Group, exact: bool, tokenizer: Tokenizer
) -> tuple[list[Pair], list[tuple[int, ...]], list[tuple[int, ...]]] | None:
    texts = [one.question, *(choice.text for choice in one.choices)]
    question, *passages = tokenize(tokenizer, texts)
    pairs, firsts, lasts = [], [], []
    for choice, tokens in zip(one.choices, passages, strict=True):
        title = tokenize(tokenizer, [choice.title])[0].ids[:24] if choice.title else ()
        head = 3 + min(len(question.ids), 64) + (len(title) + 1 if title else 0)
        room = MAX_TOKENS - head
        spans = [span for s in choice.spans if (span := token_span(tokens, s)) and span[1] < room]
        if choice.spans and not spans:
            return None
        if not tokens.ids:
            return None
        pairs.append(pair(question.ids[:64], title, tokens.ids[:room], tokens.kinds[:room]))
        firsts.append(_right(spans, 0, exact))
        lasts.append(_right(spans, 1, exact))
    return pairs, firsts, lasts


def _right(spans: Sequence[tuple[int, int]], side: int, exact: bool) -> tuple[int, ...]:
    if exact:
        return tuple(sorted({span[side] for span in spans}))
    return tuple(sorted({i for first, last in spans for i in range(first, last + 1)}))
