"""One small BERT in plain PyTorch, for the embeddings and for the reader: the network and what it is fed.

Comes in: a shape, tensors (under our names or Hugging Face's), token sequences. Goes out: hidden states. Others lean on
two promises: float32 equals transformers' BertModel to rounding, and only torch is imported, because importing
transformers costs seconds at a cold start. Knows nothing of files, texts or threads.

Sequences stand end to end with little padding; only attention has to know where one ends, and it runs over groups of
equal length. The length of the whole is rounded up, since oneDNN builds a kernel for every new shape.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

import torch
from torch import Tensor, nn
from torch.nn import functional

# What sequences are filled up to a multiple of, the same for float32 on a processor, where less will do (docs/LOG.md), and
# what hides the filling: far below any real score, and a bfloat16.
_MULTIPLE, _MULTIPLE_FLOAT32 = 16, 4
_HIDDEN = -1e4


@dataclass(frozen=True, slots=True)
class Shape:
    """How large a BERT is; the defaults are those of MiniLM-L6-H384 (all-MiniLM-L6-v2)."""

    vocabulary: int = 30522
    layers: int = 6
    width: int = 384
    heads: int = 12
    inner: int = 1536
    positions: int = 512
    types: int = 2
    epsilon: float = 1e-12


class Linear(nn.Linear):
    """A linear layer whose weights come from a file: drawing them first imports a second of PyTorch's compiler."""

    def reset_parameters(self) -> None:
        pass


class Embedding(nn.Embedding):
    """An embedding whose weights come from a file, likewise."""

    def reset_parameters(self) -> None:
        pass


class Layer(nn.Module):
    """One transformer layer, normalised after each half, as in BERT (arXiv 1810.04805)."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.heads = shape.heads
        self.qkv = Linear(shape.width, 3 * shape.width)
        self.out = Linear(shape.width, shape.width)
        self.norm1 = nn.LayerNorm(shape.width, eps=shape.epsilon)
        self.up = Linear(shape.width, shape.inner)
        self.down = Linear(shape.inner, shape.width)
        self.norm2 = nn.LayerNorm(shape.width, eps=shape.epsilon)

    def forward(self, x: Tensor, lengths: Sequence[int], hidden: Tensor | None = None) -> Tensor:
        """`x`: (tokens, width), sequences end to end, `lengths` of them in order; a rest belongs to none.

        `hidden` is added to what each token draws of attention: a large negative number hides it.
        """
        mixed = _attend(self.qkv(x), lengths, self.heads, hidden)
        if torch.is_grad_enabled():
            x = self.norm1(x + self.out(mixed))
            normed: Tensor = self.norm2(x + self.down(functional.gelu(self.up(x))))
        else:  # the same to the bit, each step written over the one before it: the largest would be there twice
            x = self.norm1(self.out(mixed).add_(x))
            normed = self.norm2(self.down(torch.ops.aten.gelu_(self.up(x))).add_(x))
        return normed


@dataclass(frozen=True, slots=True)
class Packed:
    """Sequences end to end: each token with its type and its place in its sequence, all of shape (tokens,).

    `lengths` are those of the sequences with what they were filled up by; `hidden` (None: nothing) is the negative
    number that keeps the filling out of attention. Behind the last sequence there may be tokens of none.
    """

    tokens: Tensor
    types: Tensor
    places: Tensor
    lengths: tuple[int, ...]
    hidden: Tensor | None

    def starts(self) -> Tensor:
        """Where each sequence begins."""
        ends = torch.tensor(self.lengths).cumsum(0)
        return torch.cat((ends.new_zeros(1), ends[:-1])).to(self.tokens.device)


class Bert(nn.Module):
    """Embeddings and layers; `forward` gives the last hidden states."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        self.words = Embedding(shape.vocabulary, shape.width)
        self.positions = Embedding(shape.positions, shape.width)
        self.types = Embedding(shape.types, shape.width)
        self.norm = nn.LayerNorm(shape.width, eps=shape.epsilon)
        self.layers = nn.ModuleList(Layer(shape) for _ in range(shape.layers))

    def forward(self, packed: Packed) -> Tensor:
        """Hidden states (tokens, width) of what is packed, those of the filling among them."""
        x: Tensor = self.norm(self.words(packed.tokens) + self.positions(packed.places) + self.types(packed.types))
        hidden = None if packed.hidden is None else packed.hidden.to(x.dtype)
        for layer in self.layers:
            x = layer(x, packed.lengths, hidden)
        return x


def _attend(qkv: Tensor, lengths: Sequence[int], heads: int, hidden: Tensor | None = None) -> Tensor:
    """Each sequence attends to itself alone; neighbours of one length go together."""
    runs = [(length, sum(1 for _ in run)) for length, run in groupby(lengths)]
    sizes = [length * count for length, count in runs]
    rest = len(qkv) - sum(sizes)
    # On a CPU the gradient of the fused attention takes twice as long as that of the plain formula.
    plainly = qkv.requires_grad and qkv.device.type == "cpu"
    parts = []
    masks = [None] * len(runs) if hidden is None else torch.split(hidden[: sum(sizes)], sizes)
    # One split, not slices: the gradient of a slice is as large as the whole.
    for (length, count), block, drawn in zip(runs, torch.split(qkv, [*sizes, rest])[: len(runs)], masks, strict=True):
        query, key, value = block.view(count, length, 3, heads, -1).permute(2, 0, 3, 1, 4)
        mask = None if drawn is None else drawn.view(count, 1, 1, length)
        if plainly:
            weights = query * query.shape[-1] ** -0.5 @ key.transpose(-1, -2)
            mixed = (weights if mask is None else weights + mask).softmax(-1) @ value
        else:
            mixed = functional.scaled_dot_product_attention(query, key, value, attn_mask=mask)
        parts.append(mixed.transpose(1, 2).reshape(length * count, -1))
    if rest:
        parts.append(qkv.new_zeros(rest, qkv.shape[1] // 3))
    return torch.cat(parts) if len(parts) > 1 else parts[0]


def filled(tokens: int, *, tight: bool = False) -> int:
    """The length that a sequence of so many tokens is filled up to."""
    multiple = _MULTIPLE_FLOAT32 if tight else _MULTIPLE
    return -(-tokens // multiple) * multiple


def rounded(tokens: int) -> int:
    """The length that `tokens` are filled up to, so that few shapes of matrix ever occur."""
    step = 16 if tokens <= 128 else 64 if tokens <= 1024 else 128
    return -(-tokens // step) * step


def pack(
    sequences: Sequence[Sequence[int]],
    types: Sequence[Sequence[int]] | None = None,
    device: torch.device | str = "cpu",
    *,
    tight: bool = False,
) -> Packed:
    """Sequences end to end, each filled up to a multiple of 16 tokens that no other sees, on the device.

    PyTorch's attention for bfloat16 on a CPU takes 1.5 to 2 times as long where a length is no such multiple, and sequences
    that come to the same length go through it together: docs/LOG.md. `tight`, for float32, fills up as little as pays.
    """
    lengths = tuple(filled(len(sequence), tight=tight) for sequence in sequences)
    table = torch.zeros(3, sum(lengths) if tight else rounded(sum(lengths)), dtype=torch.long)
    hidden = torch.zeros(table.shape[1])
    begin = 0
    for i, (sequence, length) in enumerate(zip(sequences, lengths, strict=True)):
        end = begin + len(sequence)
        table[0, begin:end] = torch.tensor(sequence, dtype=torch.long)
        if types is not None:
            table[1, begin:end] = torch.tensor(types[i], dtype=torch.long)
        table[2, begin:end] = torch.arange(len(sequence))
        hidden[end : begin + length] = _HIDDEN
        begin += length
    table, hidden = table.to(device), hidden.to(device)
    return Packed(table[0], table[1], table[2], lengths, hidden if bool(hidden.any()) else None)


def build_bert(shape: Shape, tensors: Mapping[str, Tensor], dtype: torch.dtype = torch.float32) -> Bert:
    """A Bert that holds these tensors (names as in `Bert.state_dict`), where they lie, ready to compute in `dtype`."""
    with torch.device("meta"):
        bert = Bert(shape)
    bert.load_state_dict({name: tensor.to(dtype) for name, tensor in tensors.items()}, assign=True)
    return bert.eval().requires_grad_(False)


def from_hugging_face(shape: Shape, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The tensors of transformers' BertModel under our names, query, key and value as one matrix."""
    mine = _under_our_names(shape, tensors)
    for i in range(shape.layers):
        for kind in ("weight", "bias"):
            mine[f"layers.{i}.qkv.{kind}"] = torch.cat(_query_key_value(tensors, i, kind))
    return mine


def where_they_lie(shape: Shape, tensors: Mapping[str, Tensor]) -> Bert:
    """A Bert on the tensors of transformers' BertModel, none of them copied; the same numbers come out to the bit."""
    with torch.device("meta"):
        bert = Bert(shape)
    for i in range(shape.layers):
        apart = Apart(_query_key_value(tensors, i, "weight"), _query_key_value(tensors, i, "bias"))
        bert.set_submodule(f"layers.{i}.qkv", apart)
    bert.load_state_dict(_under_our_names(shape, tensors), assign=True)
    return bert.eval().requires_grad_(False)


class Apart(nn.Module):
    """A linear layer whose matrix lies in pieces of a mapped file: joined they would be a copy."""

    def __init__(self, weights: Sequence[Tensor], biases: Sequence[Tensor]) -> None:
        super().__init__()
        for i, (weight, bias) in enumerate(zip(weights, biases, strict=True)):
            self.register_buffer(f"weight{i}", weight, persistent=False)
            self.register_buffer(f"bias{i}", bias, persistent=False)
        self._pieces = len(weights)

    def forward(self, x: Tensor) -> Tensor:
        pieces = [(self.get_buffer(f"weight{i}"), self.get_buffer(f"bias{i}")) for i in range(self._pieces)]
        return torch.cat([functional.linear(x, weight, bias) for weight, bias in pieces], -1)


def _query_key_value(tensors: Mapping[str, Tensor], layer: int, kind: str) -> list[Tensor]:
    return [tensors[f"encoder.layer.{layer}.attention.self.{part}.{kind}"] for part in ("query", "key", "value")]


def _under_our_names(shape: Shape, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """All tensors but those of query, key and value."""
    mine = {
        "words.weight": tensors["embeddings.word_embeddings.weight"],
        "positions.weight": tensors["embeddings.position_embeddings.weight"],
        "types.weight": tensors["embeddings.token_type_embeddings.weight"],
        "norm.weight": tensors["embeddings.LayerNorm.weight"],
        "norm.bias": tensors["embeddings.LayerNorm.bias"],
    }
    places = {
        "out": "attention.output.dense",
        "norm1": "attention.output.LayerNorm",
        "up": "intermediate.dense",
        "down": "output.dense",
        "norm2": "output.LayerNorm",
    }
    for i in range(shape.layers):
        theirs, ours = f"encoder.layer.{i}.", f"layers.{i}."
        for kind in ("weight", "bias"):
            mine |= {f"{ours}{a}.{kind}": tensors[f"{theirs}{b}.{kind}"] for a, b in places.items()}
    return mine
