"""Trials on held-out questions -> the function from scores to a probability, and a picture of how true it is.

Comes in: trials, and what the confidence of the answers given to them is made of. Goes out: weights that choose among
readings; a `Calibration` fitted by maximum likelihood (Platt, 1999: a logistic function of the score, here of two
features) to the answers as they are given; a reliability diagram. Knows nothing of models.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch

from bot.evaluate import calibration_error
from bot.read import Window
from bot.weigh import Calibration, Weights, overlap, weighed
from training.evaluate import Trial, holds, sentence

if TYPE_CHECKING:
    from numpy.typing import NDArray

# A ridge on the weights keeps the fit finite should the trials be separable.
_RIDGE = 1e-3
# Which answers are given hangs on the calibration, but little: from the third round on nothing changes.
_ROUNDS = 3


def fit_weights(trials: Sequence[Trial]) -> Weights:
    """The weights under which, among all readings of a question, the right ones are likeliest (conditional logit).

    The trials' readings carry raw span log-odds; only questions with a right and a wrong reading teach anything.
    """
    sets = [made for trial in trials if trial.answerable and (made := _choice_set(trial)) is not None]
    weights = torch.tensor([0.5, 1.0, 1.0, 1.0], dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.LBFGS([weights], max_iter=200, line_search_fn="strong_wolfe")

    def closure() -> float:
        optimizer.zero_grad()
        losses = []
        for x, right in sets:
            scores = x @ weights
            losses.append(torch.logsumexp(scores, 0) - torch.logsumexp(scores[right], 0))
        value = torch.stack(losses).mean() + _RIDGE * (weights**2).sum()
        value.backward()  # type: ignore[no-untyped-call]  # torch leaves it untyped
        return float(value.detach())

    optimizer.step(closure)  # type: ignore[no-untyped-call]  # torch leaves it untyped
    span, window, within, rank = (float(weight) for weight in weights.detach())
    # The rest is told in units of the span's weight; a reader whose spans tell nothing must not blow it up.
    span = max(span, 0.05)
    return Weights(round(window / span, 4), round(within / span, 4), round(rank / span, 4))


def _choice_set(trial: Trial) -> tuple[torch.Tensor, torch.Tensor] | None:
    """Features (readings, 4) in the order of the weights, and which readings are right."""
    rows, right = [], []
    for reading in trial.readings:
        window, said = trial.windows[reading.window], sentence(reading, trial.windows)
        words = overlap(trial.question, window), overlap(trial.question, Window(said, ()))
        rows.append((reading.score, *words, -math.log1p(reading.window)))
        right.append(holds(said, trial.refs))
    if all(right) or not any(right):
        return None
    return torch.tensor(rows, dtype=torch.float64), torch.tensor(right)


def reweighed(trials: Sequence[Trial], weights: Weights) -> list[Trial]:
    """The trials as they would have gone with these weights."""
    changed = []
    for trial in trials:
        readings = tuple(weighed(trial.question, trial.readings, trial.windows, weights))
        right = trial.answerable and bool(readings) and holds(sentence(readings[0], trial.windows), trial.refs)
        changed.append(replace(trial, readings=readings, right=right))
    return changed


def fit(given: Callable[[Calibration], tuple[Sequence[tuple[float, ...]], Sequence[bool]]]) -> Calibration:
    """The logistic function under which the outcomes of the answers that it chooses itself are likeliest.

    `given` gives, for a calibration, what the confidence of each answer is made of and which answers are right.
    """
    calibration = Calibration()
    for _ in range(_ROUNDS):
        made, right = given(calibration)
        x = np.column_stack((np.ones(len(made)), np.asarray(made, dtype=float)))
        calibration = Calibration(*(round(float(weight), 6) for weight in _likeliest(x, right)))
    return calibration


def _likeliest(x: NDArray[np.float64], right: Sequence[bool]) -> NDArray[np.float64]:
    """The weights of a logistic function of the rows of `x` (Newton's method)."""
    y = np.asarray(right, dtype=float)
    weights: NDArray[np.float64] = np.zeros(x.shape[1])
    for _ in range(60):
        p = 1 / (1 + np.exp(-np.clip(x @ weights, -30, 30)))
        slope = x.T @ (p - y) + _RIDGE * weights
        bend = (x * (p * (1 - p))[:, None]).T @ x + _RIDGE * np.eye(len(weights))
        step = np.linalg.solve(bend, slope)
        weights -= step
        if np.abs(step).max() < 1e-9:
            break
    return weights


def diagram(path: Path, named: dict[str, tuple[Sequence[float], Sequence[bool]]], bins: int = 10) -> None:
    """Draws, for each named set, how often answers of one confidence were right, over that confidence."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(4.6, 4.6), dpi=80)
    axes.plot((0, 1), (0, 1), color="0.7", linewidth=1)
    for name, (confident, right) in named.items():
        p, r = np.asarray(confident), np.asarray(right, dtype=float)
        place = np.minimum((p * bins).astype(int), bins - 1)
        full = [b for b in range(bins) if (place == b).sum() >= 5]
        label = f"{name}: {len(p)} questions, ECE {calibration_error(confident, right):.3f}"
        axes.plot([p[place == b].mean() for b in full], [r[place == b].mean() for b in full], marker="o", label=label)
    axes.set(xlabel="confidence", ylabel="share right", xlim=(0, 1), ylim=(0, 1), title="Reliability of the reader")
    axes.legend(fontsize=7, loc="upper left")
    figure.tight_layout()
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path)
    pyplot.close(figure)
