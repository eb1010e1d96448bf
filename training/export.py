"""A checkpoint -> the folder that ships: int8 weights, tokenizer, configuration with their checksum.

Comes in: float32 tensors, a calibration, the tokenizer's file. Goes out: `models/reader`, at most 25 MB. Knows
nothing of how the weights came about.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path

import torch
from safetensors.torch import load_file, save
from tokenizers import Tokenizer
from torch import Tensor

from bot.read_mini import KIND, squeezed
from bot.weigh import Calibration, Weights
from index.bert import Shape


def averaged(paths: Sequence[Path], fixed: Mapping[str, Tensor], kind: str = "average") -> dict[str, Tensor]:
    """The mean of several checkpoints' weights, with the tensors that were never trained.

    `kind` is "average" for the running average of each run, "master" for its last weights.
    """
    loaded = [load_file(path) for path in paths]
    names = [name for name in loaded[0] if name.startswith(f"{kind}.")]
    mean = {n.removeprefix(f"{kind}."): torch.stack([one[n] for one in loaded]).mean(0) for n in names}
    return {**fixed, **mean}


def mixed(tensors: Mapping[str, Tensor], earlier: Mapping[str, Tensor], keep: float) -> dict[str, Tensor]:
    """The weights with a share `keep` of those they began from: straight on the line between the two.

    What fine-tuning wins and what it forgets lie differently along it (Wortsman et al. 2022, arXiv 2109.01903).
    """
    return {name: torch.lerp(tensor.float(), earlier[name].float(), keep) for name, tensor in tensors.items()}


def shipped_weights(folder: Path) -> Weights:
    """The rank weights of a reader that was exported to `folder`."""
    return Weights(**json.loads((folder / "config.json").read_text(encoding="utf-8"))["weights"])


def export(
    folder: Path,
    name: str,
    tensors: Mapping[str, Tensor],
    weights: Weights,
    calibration: Calibration,
    tokenizer: Path,
    *,
    titles: bool,
) -> None:
    """Writes the folder: weights first, the configuration that vouches for them last."""
    folder.mkdir(parents=True, exist_ok=True)
    raw = save(squeezed(tensors))
    # Whoever reads with the weights that lay there has that file mapped, so it is replaced and never written over.
    fresh = folder / "weights.new"
    fresh.write_bytes(raw)
    os.replace(fresh, folder / "weights.safetensors")
    plain = Tokenizer.from_file(str(tokenizer))
    plain.no_padding()
    plain.no_truncation()
    plain.save(str(folder / "tokenizer.json"), pretty=False)
    config = {
        "kind": KIND,
        "name": name,
        "shape": asdict(replace(Shape())),
        "longest": 320,
        "titles": titles,
        "weights": asdict(weights),
        "calibration": asdict(calibration),
        "weights_sha256": hashlib.sha256(raw).hexdigest(),
    }
    (folder / "config.json").write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")
