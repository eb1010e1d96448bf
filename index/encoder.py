"""Text -> token vectors, in plain PyTorch: one small BERT for the embeddings and for the reader.

Comes in: a folder with `config.json`, `tokenizer.json` and `model.safetensors` (BERT as Hugging Face lays it out),
or a shape and tensors of our own. Goes out: hidden states, or unit sentence vectors (mean pooling). Others lean on
two promises: float32 equals transformers' BertModel and sentence-transformers to rounding, and only torch,
tokenizers and safetensors are imported, because importing transformers costs seconds at a cold start. Knows
nothing of articles, questions or the index.

Sequences stand end to end with little padding; only attention has to know where one ends, and it runs over groups of
equal length. The length of the whole is rounded up, since oneDNN builds a kernel for every new shape. Where PyTorch
finds a GPU, the network computes there.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from threading import Barrier
from typing import TYPE_CHECKING, Any, Literal, TypeVar

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
Batch = TypeVar("Batch")
T = TypeVar("T")

# What sequences are filled up to a multiple of, the same for float32 on a processor, where less will do (docs/LOG.md), and
# what hides the filling: far below any real score, and a bfloat16.
_MULTIPLE, _MULTIPLE_FLOAT32 = 16, 4
_HIDDEN = -1e4
# Tokens of one forward pass: enough to fill the matrix unit, little enough that malloc keeps the memory of its steps (docs/LOG.md).
_BATCH_TOKENS = 2048
# Tokens from which on it is worth it to give another thread a part, in the reader's arithmetic.
_WORTH = 256
# The same in float32. Up to so many one thread is quicker than two, which wait for each other after every step: a
# question (docs/LOG.md).
_FEW = 40


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
        x = self.norm1(x + self.out(_attend(self.qkv(x), lengths, self.heads, hidden)))
        normed: Tensor = self.norm2(x + self.down(functional.gelu(self.up(x))))
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


def rounded(tokens: int) -> int:
    """The length that `tokens` are filled up to, so that few shapes of matrix ever occur."""
    step = 16 if tokens <= 128 else 64 if tokens <= 1024 else 256
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
    multiple = _MULTIPLE_FLOAT32 if tight else _MULTIPLE
    lengths = tuple(-(-len(sequence) // multiple) * multiple for sequence in sequences)
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


def batches(
    lengths: Sequence[int], budget: int = _BATCH_TOKENS, least: int = 1, worth: int = _WORTH
) -> Iterator[list[int]]:
    """Indices grouped into batches of about `budget` tokens at most, sorted by length so that equal ones meet.

    There are at least `least` batches where the tokens are worth it, `worth` for each further one: as even as can be, for
    the largest decides how long all of them take.
    """
    wanted = min(least, len(lengths), 1 + sum(lengths) // worth)
    longest_first = sorted(range(len(lengths)), key=lambda i: -lengths[i])
    if wanted > 1 and sum(lengths) <= wanted * budget:
        shares: list[list[int]] = [[] for _ in range(wanted)]
        for i in longest_first:
            min(shares, key=lambda share: sum(lengths[j] for j in share)).append(i)
        yield from shares
        return
    batch: list[int] = []
    held = 0
    for i in longest_first:
        if batch and held + lengths[i] > budget:
            yield batch
            batch, held = [], 0
        batch.append(i)
        held += lengths[i]
    if batch:
        yield batch


def side_by_side(work: Callable[[Batch], T], parts: Sequence[Batch], *, few: bool = False) -> list[T]:
    """The work done on every part, in order: on as many parts at a time as PyTorch may use threads, one thread each.

    Two halves on a thread each take five sixths of the time of the whole on two threads, which wait for one another
    after every step (docs/LOG.md). A part alone, unless it is of a few tokens, or one on a GPU, is done as it is.
    """
    threads = torch.get_num_threads()
    if (len(parts) < 2 and not few) or threads < 2 or device().type != "cpu":
        return [work(part) for part in parts]
    return list(_crew(threads).map(work, parts))


@functools.cache
def _crew(threads: int) -> ThreadPoolExecutor:
    """Threads on which PyTorch uses one thread each; those of the rest of the process go on to use `threads`."""
    crew, all_there = ThreadPoolExecutor(threads, "network"), Barrier(threads)

    def alone(_: int) -> None:
        torch.get_num_threads()  # a thread's first look takes over the process's number
        torch.set_num_threads(1)
        all_there.wait()

    list(crew.map(alone, range(threads)))
    # What a thread sets is also the number that any thread after it begins with.
    torch.set_num_threads(threads)
    return crew


def device() -> torch.device:
    """Where networks compute: the first GPU, or else the processor."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def fast_dtype(precision: Precision) -> torch.dtype:
    """The number format to compute in: "auto" takes bfloat16 where the machine multiplies it natively."""
    if precision == "auto" and device().type == "cuda":
        return torch.bfloat16 if torch.cuda.is_bf16_supported() else torch.float32
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
    return bert.eval().requires_grad_(False).to(device())


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
        lengths = [len(sequence) for sequence in sequences]
        parts = list(batches(lengths, least=torch.get_num_threads(), worth=2 * _FEW))
        made = side_by_side(lambda part: self._encode([sequences[i] for i in part]), parts, few=sum(lengths) <= _FEW)
        for part, found in zip(parts, made, strict=True):
            vectors[part] = found
        return vectors

    def _encode(self, sequences: Sequence[Sequence[int]]) -> NDArray[np.float32]:
        weight = self._bert.words.weight
        tight = weight.dtype == torch.float32 and weight.device.type == "cpu"
        packed = pack(sequences, device=weight.device, tight=tight)
        with torch.inference_mode():
            states = self._bert(packed)[: sum(packed.lengths)].split(list(packed.lengths))
            means = [part[: len(one)].float().mean(0) for part, one in zip(states, sequences, strict=True)]
            unit: NDArray[np.float32] = functional.normalize(torch.stack(means)).cpu().numpy()
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
