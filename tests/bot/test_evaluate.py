"""The error of confidences is what it says, and so is what chance alone would show."""

from __future__ import annotations

import random

import pytest

from bot.evaluate import calibration_chance, calibration_error


def test_calibration_error_is_nothing_for_true_confidence_and_large_for_boasting() -> None:
    assert calibration_error([0.25] * 4, [True, False, False, False]) == pytest.approx(0.0)
    assert calibration_error([0.95] * 4, [False] * 4) == pytest.approx(0.95)
    assert calibration_error([1.0, 0.0], [True, False]) == pytest.approx(0.0)
    assert calibration_error([], []) is None


def test_errors_of_different_confidences_do_not_make_up_for_each_other() -> None:
    assert calibration_error([0.1, 0.9], [True, False]) == pytest.approx(0.9)


def test_true_confidences_show_less_error_by_chance_the_more_questions_there_are() -> None:
    rng = random.Random(1)
    few, many = [rng.random() for _ in range(30)], [rng.random() for _ in range(3000)]
    chance_of_few, chance_of_many = calibration_chance(few), calibration_chance(many)
    assert chance_of_few is not None and chance_of_many is not None
    assert 0.05 < chance_of_few < 0.25
    assert chance_of_many < 0.03


def test_what_is_certain_shows_no_error_by_chance() -> None:
    assert calibration_chance([1.0, 0.0, 1.0]) == 0.0
    assert calibration_chance([]) is None
