"""Texts -> unit sentence vectors, computed by `index.bert`; and where and how networks compute at all.

Comes in: a folder with `config.json`, `tokenizer.json` and `model.safetensors` (BERT as Hugging Face lays it out), and
texts. Goes out: unit vectors (mean pooling). Others lean on two promises: float32 equals sentence-transformers to
rounding, and only torch, tokenizers and safetensors are imported. Where PyTorch finds a GPU, networks compute there.
Knows nothing of articles, questions or the index.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier, Lock
from typing import TYPE_CHECKING, Any, Literal, TypeVar

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from tokenizers import Encoding, Tokenizer
from torch import Tensor
from torch.nn import functional

from index.bert import Bert, Shape, build_bert, filled, from_hugging_face, pack, where_they_lie
from index.errors import EmbedderUnavailable
from index.tokens import tokenizer_in

if TYPE_CHECKING:
    from numpy.typing import NDArray

Precision = Literal["auto", "float32", "bfloat16"]
Batch = TypeVar("Batch")
T = TypeVar("T")

# Tokens of one forward pass: enough to fill the matrix unit, little enough that malloc keeps the memory of its steps (docs/LOG.md).
_BATCH_TOKENS = 2048
# Tokens from which on it is worth it to give another thread a part, in the reader's arithmetic.
_WORTH = 256
# The same in float32. Up to so many one thread is quicker than two, which wait for each other after every step: a
# question (docs/LOG.md).
_FEW = 40


def batches(
    lengths: Sequence[int], budget: int = _BATCH_TOKENS, least: int = 1, worth: int = _WORTH
) -> Iterator[list[int]]:
    """Indices grouped into batches of `budget` tokens at most, sorted by length so that equal ones meet.

    The lengths are those that `filled` gives: filled up past the budget, a batch takes memory that malloc may give back and
    fetch anew at every step (docs/LOG.md). There are at least `least` batches where the tokens are worth it, `worth` for
    each further one: as even as can be, for the largest decides how long all of them take.
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
    with _one_crew:
        crew = _crew(threads)
    return list(crew.map(work, parts))


_one_crew = Lock()  # of two threads that ask for the first crew at once each would make one


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


class Encoder:
    """Sentence embeddings as sentence-transformers makes them with mean pooling and normalising."""

    def __init__(self, bert: Bert, tokenizer: Tokenizer, longest: int | None = None) -> None:
        """`longest`: tokens read of a text, special ones included; None for as many as the model has places."""
        self._bert = bert
        self._tokenizer = tokenizer
        self._longest = min(longest or bert.shape.positions, bert.shape.positions)
        weight = bert.norm.weight
        self._tight = weight.dtype == torch.float32 and weight.device.type == "cpu"
        self.width = bert.shape.width

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Unit vectors, float32 (texts, width), in the order of the texts; long texts are cut, as in training."""
        sequences = [self._cut(encoding) for encoding in self._tokenizer.encode_batch(list(texts))]
        vectors = np.empty((len(sequences), self.width), dtype=np.float32)
        few = sum(map(len, sequences)) <= _FEW
        lengths = [filled(len(sequence), tight=self._tight) for sequence in sequences]
        parts = list(batches(lengths, least=torch.get_num_threads(), worth=2 * _FEW))
        made = side_by_side(lambda part: self._encode([sequences[i] for i in part]), parts, few=few)
        for part, found in zip(parts, made, strict=True):
            vectors[part] = found
        return vectors

    def _cut(self, encoding: Encoding) -> Sequence[int]:
        """The ids that are read: the special one at the end stays when the text before it is cut."""
        ids = encoding.ids
        if len(ids) <= self._longest:
            return ids
        last = encoding.special_tokens_mask[-1]
        return ids[: self._longest - last] + ids[len(ids) - last :]

    def _encode(self, sequences: Sequence[Sequence[int]]) -> NDArray[np.float32]:
        packed = pack(sequences, device=self._bert.norm.weight.device, tight=self._tight)
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
        tensors = load_file(folder / "model.safetensors")
        tokenizer = tokenizer_in(folder)
        bert = _bert(shape, tensors, fast_dtype(dtype)).to(device())
    except (OSError, ValueError, KeyError, RuntimeError, SafetensorError) as error:
        raise EmbedderUnavailable(f"no usable embedding model in {folder}: {error}") from error
    return Encoder(bert, tokenizer, _longest(folder))


def _bert(shape: Shape, tensors: Mapping[str, Tensor], dtype: torch.dtype) -> Bert:
    if all(tensor.dtype == dtype for tensor in tensors.values() if tensor.is_floating_point()):
        return where_they_lie(shape, tensors)
    return build_bert(shape, from_hugging_face(shape, tensors), dtype)


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
