"""One ranking over all windows, and the confidence in its first reading."""

from __future__ import annotations

import math

import pytest

from bot.read import Reading, Window
from bot.weigh import Calibration, Weights, margin, overlap, weighed


def test_ranking_keeps_three_sentences_a_window_best_first_each_once() -> None:
    readings = [Reading(0, s, s, s + 1, float(s)) for s in range(5)] + [
        Reading(0, 4, 9, 10, 1.5),
        Reading(1, 0, 0, 1, 2.5),
    ]
    windows = [Window("abcdefghij", tuple((i, i + 1) for i in range(10)))] * 2
    kept = weighed("", readings, windows, Weights())
    assert [(r.window, r.sentence) for r in kept] == [(0, 4), (0, 3), (1, 0), (0, 2)]
    assert [r.score for r in kept] == sorted((r.score for r in kept), reverse=True)


def test_shared_words_and_an_early_place_count() -> None:
    windows = [Window("Ann won in Orlec.", ((0, 17),)), Window("Bob won in Tarvin.", ((0, 18),), "Tarvin")]
    readings = [Reading(0, 0, 0, 3, 1.0), Reading(1, 0, 0, 3, 1.0)]
    weights = Weights(window=2.0, sentence=1.0, rank=1.0)
    first, second = weighed("who won in Orlec?", readings, windows, weights)
    assert first.window == 0
    assert first.score == pytest.approx(1 + 2 + 1)
    assert second.score == pytest.approx(1 + 2 * 0.5 + 0.5 - math.log(2))


def test_a_sentence_that_asks_does_not_answer() -> None:
    window = Window("Who won in Orlec? Ann won.", ((0, 17), (18, 26)))
    readings = [Reading(0, 0, 11, 16, 6.0), Reading(0, 1, 18, 21, 3.0)]
    assert [r.sentence for r in weighed("who won in Orlec?", readings, [window], Weights())] == [1, 0]


def test_the_margin_skips_sentences_that_say_the_same() -> None:
    windows = [Window("The SDF won.", ((0, 12),)), Window("SDF did. IS lost.", ((0, 8), (9, 17)))]
    readings = [Reading(0, 0, 0, 7, 5.0), Reading(1, 0, 0, 3, 4.5), Reading(1, 1, 9, 11, 1.0)]
    assert margin(readings, windows) == pytest.approx(4.0)
    assert margin(readings[:2], windows) == math.inf


def test_confidence_grows_with_score_and_margin_and_is_none_without_readings() -> None:
    calibration = Calibration(bias=-1, score=0.5, margin=0.2)
    window = Window("Ann won. Bob lost.", ((0, 8), (9, 18)))

    def confidence(first: float, second: float) -> float:
        return calibration.confidence("who?", [Reading(0, 0, 0, 3, first), Reading(0, 1, 9, 12, second)], [window])

    assert calibration.confidence("who?", [], []) == 0.0
    assert confidence(4, 2) > confidence(2, 0) > confidence(2, 1)
    assert confidence(2, -6) == confidence(2, -60)
    assert 0 <= confidence(-1e9, -1e9) <= confidence(1e9, 0) <= 1


def test_overlap_is_the_share_of_content_words_in_the_window_or_its_title() -> None:
    window = Window("The bridges were closed.", ((0, 24),), "Orlec")
    assert overlap("who closed the bridge at Orlec?", window) == 1.0
    assert overlap("who closed the school?", window) == 0.5
    assert overlap("who is it?", window) == 0.0


def test_what_is_shown_keeps_the_order_and_stays_between_nothing_and_certainty() -> None:
    calibration = Calibration(shown_bias=-0.4, shown_slope=0.6)
    values = [calibration.shown(p / 100) for p in range(101)]
    assert values == sorted(values)
    assert 0 < values[0] < values[50] == pytest.approx(1 / (1 + math.exp(0.4)))
    assert values[-1] < 1
    assert Calibration().shown(0.3) == pytest.approx(0.3)
