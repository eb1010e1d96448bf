"""The loss rewards what it should, and a broken-off run goes on as if it had not been."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
import torch

from bot.span_model import LOWER, SpanModel, pair, score
from index.bert import Shape
from tests.drawn import drawn
from training.batch import Batch
from training.model import loss
from training.train import Recipe, Run, follow

TINY = Shape(vocabulary=120, layers=1, width=16, heads=2, inner=32, positions=64, types=5)


def odds(*starts: float) -> torch.Tensor:
    return torch.tensor([[value, value] for value in starts])


def test_the_right_token_lowers_the_loss_and_the_wrong_one_raises_it() -> None:
    none, right, wrong = odds(0, 0, 0), odds(0, 5, 0), odds(5, 0, 0)
    values = [float(loss([one], [(1,)], [(1,)], [1])) for one in (right, none, wrong)]
    assert values == sorted(values)


def test_without_an_answer_low_odds_are_best() -> None:
    assert float(loss([odds(-5, -5)], [()], [()], [1])) < float(loss([odds(0, 0)], [()], [()], [1]))


def test_a_lookalike_that_scores_higher_than_the_answer_costs() -> None:
    answer = odds(2, -5)
    quiet = float(loss([answer, odds(-5, -5)], [(0,), ()], [(0,), ()], [2]))
    loud = float(loss([answer, odds(4, -5)], [(0,), ()], [(0,), ()], [2]))
    assert loud > quiet + 1


def batch(seed: int) -> Batch:
    generator = torch.Generator().manual_seed(seed)
    ids = torch.randint(4, 100, (2, 9), generator=generator).tolist()
    pairs = tuple(pair(row[:3], (), row[3:], (LOWER,) * 6) for row in ids)
    return Batch(pairs, ((2,), ()), ((3,), ()), (2,), 22)


def run(folder: Path) -> Run:
    model = drawn(SpanModel(TINY), 5)
    model.bert.words.weight.requires_grad_(False)
    return Run(model, partial(score, model), Recipe(tokens=2200, warm_steps=5, rate=5e-3), folder)


def test_a_resumed_run_reaches_the_same_weights(tmp_path: Path) -> None:
    whole = run(tmp_path / "whole")
    for i in range(6):
        whole.step(batch(i))
    first = run(tmp_path / "parts")
    for i in range(3):
        first.step(batch(i))
    first.save()
    second = run(tmp_path / "parts")
    assert second.resume()
    assert second.progress == replace(first.progress)
    for i in range(3, 6):
        second.step(batch(i))
    for name in whole.names:
        assert torch.allclose(whole.master[name], second.master[name], atol=1e-6), name
        assert torch.allclose(whole.average[name], second.average[name], atol=1e-6), name


def test_training_lowers_the_loss_and_leaves_word_embeddings_alone(tmp_path: Path) -> None:
    one = run(tmp_path)
    words = one.weights["bert.words.weight"]
    before = words.clone()
    values = [one.step(batch(0)) for _ in range(40)]
    assert values[-1] < values[0] / 2
    assert torch.equal(words, before)


def test_a_run_that_has_spent_its_budget_takes_no_further_step(tmp_path: Path) -> None:
    one = run(tmp_path)

    def chunks() -> Iterator[Iterator[Batch]]:
        yield iter([batch(seed) for seed in range(100)])
        yield iter([batch(0)])

    follow(one, chunks())
    spent = one.progress.step
    follow(one, chunks())
    assert one.progress.step == spent == 100


def test_the_rate_rises_stays_and_falls_to_nothing(tmp_path: Path) -> None:
    one = run(tmp_path)
    rates = []
    for done in (0, 0, 0.3, 0.49, 0.9, 1.0):
        one.progress.tokens = int(2200 * done)
        one.progress.step = 50 if done else 0
        rates.append(one.rate())
    assert rates[0] < rates[2]
    assert rates[2] == rates[3] == pytest.approx(5e-3)
    assert rates[3] > rates[4] > rates[5] == 0
