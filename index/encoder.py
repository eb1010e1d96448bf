"""Text -> token vectors, in plain PyTorch: one small BERT for the embeddings and for the reader.

Comes in: a folder with `config.json`, `tokenizer.json` and `model.safetensors` (BERT as Hugging Face lays it out),
or a shape and tensors of our own. Goes out: hidden states, or unit sentence vectors (mean pooling). Others lean on
two promises: float32 equals transformers' BertModel and sentence-transformers to rounding, and only torch,
tokenizers and safetensors are imported, because importing transformers costs seconds at a cold start. Knows
nothing of articles, questions or the index.

Sequences stand end to end without padding; only attention has to know where one ends, and it runs over groups of
equal length. The length of the whole is rounded up, since oneDNN builds a kernel for every new shape.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from tokenizers import Tokenizer
from torch import Tensor, nn
from torch.nn import functional

from index.errors import EmbedderUnavailable

if TYPE_CHECKING:
    from numpy.typing import NDArray

Precision = Literal["auto", "float32", "bfloat16"]

# Tokens of one forward pass: enough to fill the matrix unit, little enough to stay in the cache.
_BATCH_TOKENS = 4096


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


class Layer(nn.Module):
    """One transformer layer, normalised after each half, as in BERT (arXiv 1810.04805)."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.heads = shape.heads
        self.qkv = nn.Linear(shape.width, 3 * shape.width)
        self.out = nn.Linear(shape.width, shape.width)
        self.norm1 = nn.LayerNorm(shape.width, eps=shape.epsilon)
        self.up = nn.Linear(shape.width, shape.inner)
        self.down = nn.Linear(shape.inner, shape.width)
        self.norm2 = nn.LayerNorm(shape.width, eps=shape.epsilon)

    def forward(self, x: Tensor, lengths: Sequence[int], unseen: Tensor | None = None) -> Tensor:
        """`x`: (tokens, width), sequences end to end, `lengths` of them in order; a rest belongs to none.

        `unseen` is added to what each token draws of attention: a large negative number hides it.
        """
        x = self.norm1(x + self.out(_attend(self.qkv(x), lengths, self.heads, unseen)))
        normed: Tensor = self.norm2(x + self.down(functional.gelu(self.up(x))))
        return normed


class Bert(nn.Module):
    """Embeddings and layers; `forward` gives the last hidden states."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        self.words = nn.Embedding(shape.vocabulary, shape.width)
        self.positions = nn.Embedding(shape.positions, shape.width)
        self.types = nn.Embedding(shape.types, shape.width)
        self.norm = nn.LayerNorm(shape.width, eps=shape.epsilon)
        self.layers = nn.ModuleList(Layer(shape) for _ in range(shape.layers))

    def forward(
        self, tokens: Tensor, types: Tensor, places: Tensor, lengths: Sequence[int], unseen: Tensor | None = None
    ) -> Tensor:
        """Hidden states (tokens, width) of sequences standing end to end; `places` count from 0 in each."""
        x: Tensor = self.norm(self.words(tokens) + self.positions(places) + self.types(types))
        for layer in self.layers:
            x = layer(x, lengths, unseen)
        return x


def _attend(qkv: Tensor, lengths: Sequence[int], heads: int, unseen: Tensor | None = None) -> Tensor:
    """Each sequence attends to itself alone; neighbours of one length go together."""
    runs = [(length, sum(1 for _ in run)) for length, run in groupby(lengths)]
    sizes = [length * count for length, count in runs]
    rest = len(qkv) - sum(sizes)
    # On a CPU the gradient of the fused attention takes twice as long as that of the plain formula.
    plainly = qkv.requires_grad and qkv.device.type == "cpu"
    parts = []
    hidden = [None] * len(runs) if unseen is None else torch.split(unseen[: sum(sizes)], sizes)
    # One split, not slices: the gradient of a slice is as large as the whole.
    for (length, count), block, drawn in zip(runs, torch.split(qkv, [*sizes, rest])[: len(runs)], hidden, strict=True):
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


def rounded(tokens: int) -> int:
    """The length that `tokens` are filled up to, so that few shapes of matrix ever occur."""
    step = 16 if tokens <= 128 else 64 if tokens <= 1024 else 256
    return -(-tokens // step) * step


def pack(sequences: Sequence[Sequence[int]], types: Sequence[Sequence[int]] | None = None) -> tuple[Tensor, ...]:
    """Sequences end to end, filled up with zeros: tokens, types, places."""
    total = sum(map(len, sequences))
    table = torch.zeros(3, rounded(total), dtype=torch.long)
    begin = 0
    for i, sequence in enumerate(sequences):
        end = begin + len(sequence)
        table[0, begin:end] = torch.tensor(sequence, dtype=torch.long)
        if types is not None:
            table[1, begin:end] = torch.tensor(types[i], dtype=torch.long)
        table[2, begin:end] = torch.arange(len(sequence))
        begin = end
    return table[0], table[1], table[2]


def batches(lengths: Sequence[int], budget: int = _BATCH_TOKENS) -> Iterator[list[int]]:
    """Indices grouped into batches of at most `budget` tokens, sorted by length so that equal ones meet."""
    batch: list[int] = []
    held = 0
    for i in sorted(range(len(lengths)), key=lambda i: -lengths[i]):
        if batch and held + lengths[i] > budget:
            yield batch
            batch, held = [], 0
        batch.append(i)
        held += lengths[i]
    if batch:
        yield batch


def fast_dtype(precision: Precision) -> torch.dtype:
    """The number format to compute in: "auto" takes bfloat16 where the processor multiplies it natively."""
    if precision == "auto":
        able = torch.cpu.get_capabilities()
        native = able.get("amx_bf16") or able.get("avx512_bf16")
        return torch.bfloat16 if native else torch.float32
    return torch.bfloat16 if precision == "bfloat16" else torch.float32


def build_bert(shape: Shape, tensors: Mapping[str, Tensor], dtype: torch.dtype = torch.float32) -> Bert:
    """A Bert that holds these tensors (names as in `Bert.state_dict`), ready to compute in `dtype`."""
    with torch.device("meta"):
        bert = Bert(shape)
    bert.load_state_dict({name: tensor.to(dtype) for name, tensor in tensors.items()}, assign=True)
    return bert.eval().requires_grad_(False)


def from_hugging_face(shape: Shape, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The tensors of transformers' BertModel under our names, query, key and value as one matrix."""
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
            parts = [tensors[f"{theirs}attention.self.{part}.{kind}"] for part in ("query", "key", "value")]
            mine[f"{ours}qkv.{kind}"] = torch.cat(parts)
            mine |= {f"{ours}{a}.{kind}": tensors[f"{theirs}{b}.{kind}"] for a, b in places.items()}
    return mine


class Encoder:
    """Sentence embeddings as sentence-transformers makes them with mean pooling and normalising."""

    def __init__(self, bert: Bert, tokenizer: Tokenizer) -> None:
        self._bert = bert
        self._tokenizer = tokenizer
        self.width = bert.shape.width

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Unit vectors, float32 (texts, width), in the order of the texts; long texts are cut, as in training."""
        sequences = [encoding.ids for encoding in self._tokenizer.encode_batch(list(texts))]
        vectors = np.empty((len(sequences), self.width), dtype=np.float32)
        for batch in batches([len(sequence) for sequence in sequences]):
            vectors[batch] = self._encode([sequences[i] for i in batch])
        return vectors

    def _encode(self, sequences: Sequence[Sequence[int]]) -> NDArray[np.float32]:
        lengths = [len(sequence) for sequence in sequences]
        with torch.inference_mode():
            hidden = self._bert(*pack(sequences), lengths).float()
            pieces = hidden[: sum(lengths)].split(lengths)
            means = torch.stack([piece.mean(0) for piece in pieces])
            unit: NDArray[np.float32] = functional.normalize(means).numpy()
        return unit


def load_encoder(folder: Path | str, dtype: Precision = "float32", threads: int | None = None) -> Encoder:
    """The sentence encoder in `folder`, laid out as sentence-transformers saves one.

    `threads` bounds PyTorch's threads for the whole process. Raises EmbedderUnavailable when a file is missing,
    unreadable or of another architecture.
    """
    folder = Path(folder)
    if threads is not None:
        torch.set_num_threads(threads)
    try:
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        shape = _shape(config)
        tensors = from_hugging_face(shape, load_file(folder / "model.safetensors"))
        tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        bert = build_bert(shape, tensors, fast_dtype(dtype))
    except (OSError, ValueError, KeyError, RuntimeError, SafetensorError) as error:
        raise EmbedderUnavailable(f"no usable embedding model in {folder}: {error}") from error
    except Exception as error:  # tokenizers raises bare Exception for a file it cannot read
        raise EmbedderUnavailable(f"no usable tokenizer in {folder}: {error}") from error
    tokenizer.no_padding()
    tokenizer.enable_truncation(min(_longest(folder), shape.positions))
    return Encoder(bert, tokenizer)


def _shape(config: Mapping[str, Any]) -> Shape:
    if config.get("model_type") != "bert" or config.get("hidden_act") != "gelu":
        raise ValueError("config.json does not describe a BERT with the gelu activation")
    return Shape(
        vocabulary=config["vocab_size"],
        layers=config["num_hidden_layers"],
        width=config["hidden_size"],
        heads=config["num_attention_heads"],
        inner=config["intermediate_size"],
        positions=config["max_position_embeddings"],
        types=config["type_vocab_size"],
        epsilon=config["layer_norm_eps"],
    )


def _longest(folder: Path) -> int:
    """Tokens that sentence-transformers would read; 256 for all-MiniLM-L6-v2."""
    path = folder / "sentence_bert_config.json"
    if not path.exists():
        return 512
    return int(json.loads(path.read_text(encoding="utf-8")).get("max_seq_length") or 512)
