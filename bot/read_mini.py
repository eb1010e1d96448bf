"""The shipped reader: a folder of weights -> a Reader that computes with `bot.span_model`.

Comes in: `config.json`, `tokenizer.json`, `weights.safetensors` (int8 rows with a scale each). Goes out: a
MiniReader. Others lean on this: weights are used only if their SHA-256 is the one in the configuration. Knows
nothing of training.
"""

from __future__ import annotations

import hashlib
import itertools
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from tokenizers import Tokenizer
from torch import Tensor, nn

from bot.errors import ReaderUnavailable
from bot.fitting import unfit
from bot.read import Reading, Window, best_spans, strides
from bot.span_model import Pair, SpanModel, Tokens, pair, score, tokenize
from bot.weigh import Calibration, Weights, weighed
from index.bert import Shape, filled
from index.encoder import Precision, batches, device, fast_dtype, side_by_side
from index.tokens import tokenizer_in

KIND = "byline-reader"
_QUESTION_TOKENS = 64
_TITLE_TOKENS = 24


@dataclass(frozen=True, slots=True)
class _Part:
    """A stretch of one window's tokens as the model reads it."""

    window: int
    first: int
    last: int
    pair: Pair


class MiniReader:
    """The small span model held open; safe to use from one thread at a time."""

    apart = True

    def __init__(
        self,
        name: str,
        model: SpanModel,
        tokenizer: Tokenizer,
        weights: Weights,
        calibration: Calibration,
        longest: int,
        titles: bool,
    ) -> None:
        self.name = name
        self.model = model
        self._tokenizer = tokenizer
        self._weights = weights
        self._calibration = calibration
        self._longest = longest
        self._titles = titles

    def read(self, question: str, windows: Sequence[Window]) -> list[Reading]:
        """Readings over all windows, best first. Windows come best retrieved first: their order counts a little."""
        asked = tokenize(self._tokenizer, [question])[0].ids[:_QUESTION_TOKENS]
        if not asked or not windows:
            return []
        texts = tokenize(self._tokenizer, [window.text for window in windows])
        parts = self._parts(asked, windows, texts)
        readings: list[Reading] = []
        groups = list(batches([filled(len(part.pair.tokens)) for part in parts], least=torch.get_num_threads()))
        scored = side_by_side(self._score, [[parts[i].pair for i in group] for group in groups])
        for i, odds in zip(itertools.chain(*groups), itertools.chain(*scored), strict=True):
            tokens, window = texts[parts[i].window], windows[parts[i].window]
            place = slice(parts[i].first, parts[i].last)
            at = tokens.starts[place], tokens.ends[place]
            readings += best_spans(odds.cpu().numpy(), *at, window, parts[i].window, unfit(question, window))
        return weighed(question, readings, windows, self._weights)

    def _score(self, pairs: Sequence[Pair]) -> list[Tensor]:
        with torch.inference_mode():
            return score(self.model, pairs)

    def parts(self, question: str, windows: Sequence[Window]) -> list[Pair]:
        """What the network is given for this question, in the order of the windows."""
        asked = tokenize(self._tokenizer, [question])[0].ids[:_QUESTION_TOKENS]
        texts = tokenize(self._tokenizer, [window.text for window in windows])
        return [part.pair for part in self._parts(asked, windows, texts)]

    def confidence(self, readings: Sequence[Reading], windows: Sequence[Window]) -> float:
        """Probability that the first reading's sentence answers the question; 0 without readings."""
        return self._calibration.confidence(readings, windows)

    def _parts(self, asked: Sequence[int], windows: Sequence[Window], texts: Sequence[Tokens]) -> list[_Part]:
        titles = [window.title or "" if self._titles else "" for window in windows]
        named = {title: tokenize(self._tokenizer, [title])[0].ids[:_TITLE_TOKENS] for title in set(titles)}
        parts = []
        for number, (title, tokens) in enumerate(zip(titles, texts, strict=True)):
            room = self._longest - 4 - len(asked) - len(named[title])
            for first, last in strides(len(tokens.ids), room):
                if first < last:
                    read = pair(asked, named[title], tokens.ids[first:last], tokens.kinds[first:last])
                    parts.append(_Part(number, first, last, read))
        return parts


def shipped_folder() -> Path:
    """Where the shipped reader lies, installed or in a clone."""
    return Path(str(resources.files("models"))) / "reader"


def is_mini(folder: Path) -> bool:
    """Whether the folder says it holds a reader of this kind; the shipped one's does even when it is damaged."""
    if folder == shipped_folder():
        return True
    try:
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return isinstance(config, dict) and config.get("kind") == KIND


def load(folder: Path, threads: int | None = None, precision: Precision = "auto") -> MiniReader:
    """The reader in `folder`. Raises ReaderUnavailable when a file is missing or not what the configuration says."""
    if threads is not None:
        torch.set_num_threads(threads)
    try:
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        with open(folder / "weights.safetensors", "rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        if digest != config["weights_sha256"]:
            raise ReaderUnavailable(
                f"reader model damaged: {folder / 'weights.safetensors'} does not have the checksum in config.json; "
                "restore the file or install Byline again"
            )
        tensors = load_tensors(folder / "weights.safetensors")
        model = _model(Shape(**config["shape"]), tensors, fast_dtype(precision))
        weights, calibration = Weights(**config["weights"]), Calibration(**config["calibration"])
        tokenizer = tokenizer_in(folder)
        return MiniReader(config["name"], model, tokenizer, weights, calibration, config["longest"], config["titles"])
    except ReaderUnavailable:
        raise
    except Exception as error:  # tokenizers raises bare Exception; every other cause ends here just the same
        raise ReaderUnavailable(
            f"no usable reader model in {folder}: {type(error).__name__}: {str(error)[:300]}; "
            "restore the folder or set another model in config.yaml"
        ) from error


def load_tensors(path: Path) -> dict[str, Tensor]:
    """The tensors of a safetensors file, mapped: what is not looked at takes no memory. A broken file is a ValueError."""
    try:
        return dict(load_file(path))
    except SafetensorError as error:
        raise ValueError(str(error)) from error


def squeezed(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Matrices as int8 with one float scale a row, the rest as float16: a quarter of the size of float32."""
    small: dict[str, Tensor] = {}
    for name, tensor in tensors.items():
        if tensor.dim() == 2:
            scale = tensor.float().abs().amax(1, keepdim=True).clamp_min(1e-8) / 127
            small[name] = (tensor.float() / scale).round().to(torch.int8)
            small[f"{name}.scale"] = scale.squeeze(1)
        else:
            small[name] = tensor.float()
    return small


def expanded(tensors: Mapping[str, Tensor], dtype: torch.dtype = torch.float32) -> dict[str, Tensor]:
    """Tensors of the number format again from `squeezed` ones."""
    full = {}
    for name, tensor in tensors.items():
        if name.endswith(".scale"):
            continue
        scale = tensors.get(f"{name}.scale")
        full[name] = (tensor.float() if scale is None else tensor.float() * scale[:, None]).to(dtype)
    return full


class Rows(nn.Module):
    """An embedding whose rows stay int8 in the mapped file; one is expanded when it is looked up, to the same numbers."""

    def __init__(self, small: Tensor, scale: Tensor, dtype: torch.dtype) -> None:
        super().__init__()
        self.register_buffer("small", small, persistent=False)
        self.register_buffer("scale", scale, persistent=False)
        self.dtype = dtype

    def forward(self, tokens: Tensor) -> Tensor:
        small, scale = self.get_buffer("small")[tokens], self.get_buffer("scale")[tokens]
        return (small.float() * scale[..., None]).to(self.dtype)


def _model(shape: Shape, tensors: dict[str, Tensor], dtype: torch.dtype) -> SpanModel:
    with torch.device("meta"):
        model = SpanModel(shape)
    words = "bert.words"
    model.set_submodule(words, Rows(tensors.pop(f"{words}.weight"), tensors.pop(f"{words}.weight.scale"), dtype))
    model.load_state_dict(expanded(tensors, dtype), assign=True)
    return model.eval().requires_grad_(False).to(device())
