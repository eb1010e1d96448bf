"""Groups -> trained weights, from one seed, in steps that can be broken off and taken up again.

Comes in: a corpus, lookalikes, a budget of tokens. Goes out: `runs/<name>/checkpoint.safetensors` (weights, their
running average, the optimiser's state) with `progress.json` beside it. Knows nothing of measuring.

On a CPU the network computes in bfloat16 over float32 master weights; word embeddings stay as they are (a third
less work). The learning rate warms up, stays, and falls to zero over the last part of the budget, so that a longer
budget can be set while a run is under way.
"""

from __future__ import annotations

import json
import logging
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer
from torch import Tensor

from bot.span_model import Pair
from training.batch import Batch, batches_of
from training.model import loss
from training.school import SHARES, School, lesson, schedule

log = logging.getLogger("training")


@dataclass(frozen=True, slots=True)
class Recipe:
    """What a run depends on beside the data."""

    seed: int = 20190323
    tokens: int = 22_000_000
    batch_tokens: int = 5120
    rate: float = 1.5e-4
    warm_steps: int = 150
    decay: float = 0.5
    average: float = 0.998
    weight_decay: float = 0.01


@dataclass(slots=True)
class Progress:
    """Where a run stands; `chunk` and `tokens` are enough to go on."""

    chunk: int = 0
    step: int = 0
    tokens: int = 0
    seconds: float = 0.0


class Run:
    """A training run held open: network, master weights, average, optimiser, progress.

    What of the network does not want a gradient stays as it is.
    """

    def __init__(self, model: torch.nn.Module, score: Callable[[Sequence[Pair]], list[Tensor]], recipe: Recipe, folder: Path,
                 device: str = "cpu") -> None:  # fmt: skip
        self.recipe, self.folder, self.device = recipe, folder, device
        self.score = score
        self.progress = Progress()
        self.names = [name for name, value in model.named_parameters() if value.requires_grad]
        self.master = {n: p.detach().clone().float().to(device) for n, p in model.named_parameters() if p.requires_grad}
        self.average = {name: value.clone() for name, value in self.master.items()}
        self.model = model.to(device, torch.bfloat16)
        self.weights = dict(self.model.named_parameters())
        plain = [n for n in self.names if n.endswith("bias") or "norm" in n.lower()]
        decayed = [n for n in self.names if n not in plain]
        self.optimizer = torch.optim.AdamW(
            [
                {"params": [self.master[n] for n in decayed], "weight_decay": recipe.weight_decay},
                {"params": [self.master[n] for n in plain], "weight_decay": 0.0},
            ],
            lr=recipe.rate,
            betas=(0.9, 0.98),
            eps=1e-7,
            fused=True,
        )
        self.order = [*decayed, *plain]

    def rate(self) -> float:
        """Warm-up, plateau, straight fall to zero over the last `decay` of the tokens."""
        recipe, done = self.recipe, self.progress.tokens / self.recipe.tokens
        warm = min(1.0, (self.progress.step + 1) / recipe.warm_steps)
        return recipe.rate * warm * max(0.0, min(1.0, (1.0 - done) / recipe.decay))

    def step(self, batch: Batch) -> float:
        """One update; returns the loss."""
        for setting in self.optimizer.param_groups:
            setting["lr"] = self.rate()
        value = loss(self.score(batch.pairs), batch.firsts, batch.lasts, batch.groups, batch.shown)
        value.backward()  # type: ignore[no-untyped-call]  # torch leaves it untyped
        for name in self.names:
            grad = self.weights[name].grad
            self.master[name].grad = grad.float() if grad is not None else None
            self.weights[name].grad = None
        torch.nn.utils.clip_grad_norm_(self.master.values(), 1.0)
        self.optimizer.step()
        with torch.no_grad():
            # A young average must not remember where it began.
            keep = min(self.recipe.average, (1 + self.progress.step) / (10 + self.progress.step))
            for name in self.names:
                self.weights[name].copy_(self.master[name])
                self.average[name].lerp_(self.master[name], 1 - keep)
        self.progress.step += 1
        self.progress.tokens += batch.tokens
        return float(value.detach())

    def save(self) -> None:
        """Writes the checkpoint beside the old one, then renames it into place."""
        state = self.optimizer.state_dict()["state"]
        tensors = {f"average.{n}": v for n, v in self.average.items()} | {
            f"master.{n}": v for n, v in self.master.items()
        }
        for i, name in enumerate(self.order):
            for key in ("exp_avg", "exp_avg_sq", "step"):
                tensors[f"{key}.{name}"] = state[i][key].reshape(-1) if key == "step" else state[i][key]
        self.folder.mkdir(parents=True, exist_ok=True)
        fresh = self.folder / "checkpoint.new"
        save_file(
            {n: v.contiguous() for n, v in tensors.items()}, fresh, {"progress": json.dumps(asdict(self.progress))}
        )
        os.replace(fresh, self.folder / "checkpoint.safetensors")
        (self.folder / "progress.json").write_text(json.dumps(asdict(self.progress)), encoding="utf-8")

    def resume(self) -> bool:
        """Takes up the last checkpoint, if there is one."""
        path = self.folder / "checkpoint.safetensors"
        if not path.exists():
            return False
        tensors = load_file(path)
        self.progress = Progress(**json.loads((self.folder / "progress.json").read_text(encoding="utf-8")))
        for name in self.names:
            self.average[name].copy_(tensors[f"average.{name}"])
            with torch.no_grad():
                self.master[name].copy_(tensors[f"master.{name}"])
                self.weights[name].copy_(self.master[name])
        state = self.optimizer.state_dict()
        for i, name in enumerate(self.order):
            state["state"][i] = {k: tensors[f"{k}.{name}"].to(self.device) for k in ("exp_avg", "exp_avg_sq", "step")}
            state["state"][i]["step"] = state["state"][i]["step"].reshape(())
        self.optimizer.load_state_dict(state)
        return True


def train(run: Run, school: School, tokenizer: Tokenizer, shares: Mapping[str, float] = SHARES) -> None:
    """Trains on the right answers until the budget is spent."""
    recipe = run.recipe

    def chunks() -> Iterator[Iterator[Batch]]:
        for numbers in schedule(school.examples, recipe.seed, run.progress.chunk, shares):
            late = run.progress.tokens > (1 - recipe.decay) * recipe.tokens
            groups, exact = lesson(school, numbers, recipe.seed, run.progress.chunk, late)
            yield batches_of(groups, exact, tokenizer, recipe.batch_tokens)

    follow(run, chunks())


def follow(run: Run, chunks: Iterator[Iterator[Batch]], save_every: float = 240.0) -> None:
    """Takes a step on each batch until the budget is spent, saving every `save_every` seconds and at the end."""
    if run.progress.tokens >= run.recipe.tokens:
        return
    started, saved, noted = time.monotonic(), time.monotonic(), run.progress.tokens
    mean = 0.0
    for chunk in chunks:
        for batch in chunk:
            mean += 0.02 * (run.step(batch) - mean)
            if run.progress.step % 50 == 0:
                speed = (run.progress.tokens - noted) / (time.monotonic() - started)
                log.info(
                    "step %d  %.2f M tokens  loss %.3f  rate %.1e  %.0f tokens/s",
                    run.progress.step, run.progress.tokens / 1e6, mean, run.rate(), speed,
                )  # fmt: skip
                noted, started = run.progress.tokens, time.monotonic()
        run.progress.chunk += 1
        if time.monotonic() - saved > save_every or run.progress.tokens >= run.recipe.tokens:
            run.save()
            saved = time.monotonic()
        if run.progress.tokens >= run.recipe.tokens:
            return
