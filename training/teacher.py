"""A larger network that learns the reader's task first and then shows it how: MPNet with the reader's heads.

Comes in: the folder of all-mpnet-base-v2 (five times the reader's parameters, the same word pieces); the reader's own
token sequences. Goes out: the same two log-odds a passage token that the reader gives. Others lean on that likeness:
what the teacher says of a pair can be held against what the reader says of it, token by token. Knows nothing of files
of labels or of losses.

MPNet (Song et al., arXiv 2004.09297) is a BERT whose attention also weighs how far apart two tokens stand. The lower
half stays as it is: a step costs half as much, and there are few questions to learn from. The kind of each token, which
MPNet lacks, enters where training begins.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn import functional

from bot.span_model import Pair
from index.bert import Embedding, Linear, Packed, Shape, pack

SHAPE = Shape(layers=12, width=768, inner=3072, positions=512, types=5, epsilon=1e-5)
# MPNet's own special tokens come first in its vocabulary and shift the rest; its places begin at 2.
_SHIFT, _BEGIN, _END, _FIRST_PLACE = 4, 0, 2, 2
_CLS, _SEP = 101, 102
_BUCKETS, _FARTHEST = 32, 128


@dataclass(frozen=True, slots=True)
class _Run:
    """`count` sequences of one length, and what is added to their attention."""

    length: int
    count: int
    mask: Tensor


class _Layer(nn.Module):
    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.heads = shape.heads
        self.qkv = Linear(shape.width, 3 * shape.width)
        self.out = Linear(shape.width, shape.width)
        self.norm1 = nn.LayerNorm(shape.width, eps=shape.epsilon)
        self.up = Linear(shape.width, shape.inner)
        self.down = Linear(shape.inner, shape.width)
        self.norm2 = nn.LayerNorm(shape.width, eps=shape.epsilon)

    def forward(self, x: Tensor, runs: Sequence[_Run]) -> Tensor:
        x = self.norm1(x + self.out(_attend(self.qkv(x), runs, self.heads)))
        normed: Tensor = self.norm2(x + self.down(functional.gelu(self.up(x))))
        return normed


def _attend(qkv: Tensor, runs: Sequence[_Run], heads: int) -> Tensor:
    """Each sequence attends to itself alone; neighbours of one length go together."""
    sizes = [run.length * run.count for run in runs]
    rest = len(qkv) - sum(sizes)
    parts = []
    for run, block in zip(runs, torch.split(qkv, [*sizes, rest])[: len(runs)], strict=True):
        query, key, value = block.view(run.count, run.length, 3, heads, -1).permute(2, 0, 3, 1, 4)
        if qkv.requires_grad:
            weights = query * query.shape[-1] ** -0.5 @ key.transpose(-1, -2)
            mixed = (weights + run.mask).softmax(-1) @ value
        else:
            mixed = functional.scaled_dot_product_attention(query, key, value, attn_mask=run.mask)
        parts.append(mixed.transpose(1, 2).reshape(run.length * run.count, -1))
    if rest:
        parts.append(qkv.new_zeros(rest, qkv.shape[1] // 3))
    return torch.cat(parts)


def _runs(packed: Packed, bias: Tensor) -> list[_Run]:
    """Neighbours of one length; `bias` (heads, longest, longest) says what it counts how far apart tokens stand."""
    found, begin = [], 0
    for length, run in groupby(packed.lengths):
        count = sum(1 for _ in run)
        mask = bias[None, :, :length, :length]
        if packed.hidden is not None:
            hidden = packed.hidden[begin : begin + length * count].to(bias.dtype)
            mask = mask + hidden.view(count, 1, 1, length)
        found.append(_Run(length, count, mask))
        begin += length * count
    return found


class Teacher(nn.Module):
    """MPNet with heads for the answer's first and last token and for there being none."""

    def __init__(self, shape: Shape = SHAPE) -> None:
        super().__init__()
        self.words = Embedding(shape.vocabulary, shape.width)
        self.positions = Embedding(shape.positions, shape.width)
        self.norm = nn.LayerNorm(shape.width, eps=shape.epsilon)
        self.apart = Embedding(_BUCKETS, shape.heads)
        half = shape.layers // 2
        self.lower = nn.ModuleList(_Layer(shape) for _ in range(half))
        self.upper = nn.ModuleList(_Layer(shape) for _ in range(shape.layers - half))
        self.kinds = nn.Embedding(shape.types, shape.width)
        self.span = nn.Linear(shape.width, 2)
        self.none = nn.Linear(shape.width, 2)

    def forward(self, packed: Packed) -> Tensor:
        """(tokens, 2): log-odds of being first and last token of the answer against there being none."""
        with torch.no_grad():
            x = self.norm(self.words(packed.tokens) + self.positions(packed.places))
            runs = _runs(packed, self.apart(_buckets(max(packed.lengths)).to(x.device)).permute(2, 0, 1))
            for layer in self.lower:
                x = layer(x, runs)
        x = x + self.kinds(packed.types)
        for layer in self.upper:
            x = layer(x, runs)
        counts = torch.tensor(packed.lengths, device=x.device)
        none = self.none(x[packed.starts()]).float().repeat_interleave(counts, 0)
        odds: Tensor = self.span(x[: len(none)]).float() - none
        return odds


def _buckets(longest: int) -> Tensor:
    """(longest, longest): the row of `apart` for a token that looks at another (T5's buckets, arXiv 1910.10683)."""
    places = torch.arange(longest)
    apart = places[:, None] - places[None, :]
    half = _BUCKETS // 2
    exact = half // 2
    far = apart.abs()
    logs = torch.log(far.clamp(min=1).float() / exact) / math.log(_FARTHEST / exact) * (half - exact)
    return half * (apart < 0) + torch.where(far < exact, far, (exact + logs.long()).clamp(max=half - 1))


def fresh_teacher(folder: Path, seed: int, shape: Shape = SHAPE) -> Teacher:
    """A Teacher on the weights in `folder` (model.safetensors); the heads are drawn anew from `seed`."""
    torch.manual_seed(seed)
    model = Teacher(shape)
    nn.init.zeros_(model.kinds.weight)
    for head in (model.span, model.none):
        nn.init.normal_(head.weight, std=0.02)
        nn.init.zeros_(head.bias)
    model.load_state_dict({**model.state_dict(), **_from_hugging_face(shape, load_file(folder / "model.safetensors"))})
    model.requires_grad_(False)
    for part in (model.kinds, model.span, model.none, model.upper):
        part.requires_grad_(True)
    return model


def taught(folder: Path, learnt: Mapping[str, Tensor], shape: Shape = SHAPE) -> Teacher:
    """The teacher on `folder` with the weights that it learnt, to be asked."""
    model = fresh_teacher(folder, 0, shape)
    model.load_state_dict({**model.state_dict(), **learnt})
    return model.to(torch.bfloat16).eval()


def score(model: Teacher, pairs: Sequence[Pair]) -> list[Tensor]:
    """For each pair the (passage tokens, 2) log-odds; one forward pass over all of them."""
    order = sorted(range(len(pairs)), key=lambda i: len(pairs[i].tokens))
    packed = pack([pairs[i].tokens for i in order], [pairs[i].kinds for i in order], model.span.weight.device)
    blocks = dict(zip(order, model(packed).split(list(packed.lengths)), strict=True))
    return [blocks[i][one.offset : len(one.tokens) - 1] for i, one in enumerate(pairs)]


def _from_hugging_face(shape: Shape, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The tensors of transformers' MPNetModel under our names, words by the reader's numbers."""
    words = tensors["embeddings.word_embeddings.weight"]
    ours = words[_SHIFT : _SHIFT + shape.vocabulary].clone()
    ours[_CLS], ours[_SEP] = words[_BEGIN], words[_END]
    mine = {
        "words.weight": ours,
        "positions.weight": tensors["embeddings.position_embeddings.weight"][_FIRST_PLACE:],
        "norm.weight": tensors["embeddings.LayerNorm.weight"],
        "norm.bias": tensors["embeddings.LayerNorm.bias"],
        "apart.weight": tensors["encoder.relative_attention_bias.weight"],
    }
    places = {
        "out": "attention.attn.o",
        "norm1": "attention.LayerNorm",
        "up": "intermediate.dense",
        "down": "output.dense",
        "norm2": "output.LayerNorm",
    }
    for i in range(shape.layers):
        half = shape.layers // 2
        theirs, own = f"encoder.layer.{i}.", f"lower.{i}." if i < half else f"upper.{i - half}."
        for kind in ("weight", "bias"):
            parts = [tensors[f"{theirs}attention.attn.{part}.{kind}"] for part in "qkv"]
            mine[f"{own}qkv.{kind}"] = torch.cat(parts)
            mine |= {f"{own}{here}.{kind}": tensors[f"{theirs}{there}.{kind}"] for here, there in places.items()}
    return mine
