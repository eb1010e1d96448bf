"""One ranking over all windows, and the confidence in its first reading."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from bot.read import Reading, Window
from bot.weigh import Calibration, Weights, overlap, share, weighed


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


def test_what_a_line_is_counts_in_the_odds_and_what_stands_around_it_does_not() -> None:
    windows = [Window("Ann won in Orlec.", ((0, 17),)), Window("Won in Orlec: who", ((0, 17),))]
    readings = [Reading(0, 0, 0, 3, 2.0), Reading(1, 0, 14, 17, 3.0)]
    first, second = weighed(
        "who won in Orlec?", readings, windows, Weights(window=2.0, sentence=1.0, rank=1.0, unended=1.5)
    )
    assert (first.odds, second.odds) == (2.0, 1.5)
    assert first.score > 4 > 2 < second.score


def test_a_copy_takes_no_place_in_the_ranking() -> None:
    """Where a window says which place it has, its number in the list does not matter."""
    window = Window("Ann won.", ((0, 8),))
    reading = Reading(3, 0, 0, 3, 1.0)
    (late,) = weighed("", [reading], [window] * 4, Weights(rank=1.0))
    (early,) = weighed("", [reading], [window] * 3 + [replace(window, place=1)], Weights(rank=1.0))
    assert late.score == pytest.approx(1 - math.log(4)) and early.score == pytest.approx(1 - math.log(2))


WINDOW = Window("The SDF won. SDF did. IS lost. Bob sang.", ((0, 12), (13, 21), (22, 30), (31, 40)))
SDF, SAME, OTHER, WORSE = (
    Reading(0, 0, 0, 7, 5.0, 5.0), Reading(0, 1, 13, 16, 4.5, 4.5), Reading(0, 2, 22, 24, 3.0, 3.0), Reading(0, 3, 31, 34, 1.0, 1.0)
)  # fmt: skip


def test_the_share_grows_with_what_agrees_and_falls_with_what_does_not() -> None:
    assert share([SDF], [WINDOW]) == share([SDF, SAME], [WINDOW]) == share([SDF, SDF], [WINDOW]) == 1
    alone, agreed = share([SDF, OTHER], [WINDOW]), share([SDF, SAME, OTHER], [WINDOW])
    assert 0 < share([SDF, OTHER, WORSE], [WINDOW]) < alone < agreed < 1
    assert alone < share([SDF, WORSE], [WINDOW])
    assert share([OTHER, SDF, SAME], [WINDOW]) == pytest.approx(1 - share([SDF, SAME, OTHER], [WINDOW]))


def test_a_voice_counts_for_those_for_whom_it_speaks_and_not_they_for_it() -> None:
    window = Window("The SDF won. SDF spokeswoman Ana Bell said so.", ((0, 12), (13, 47)))
    forces, voice = Reading(0, 0, 4, 7, 3.0), Reading(0, 1, 29, 37, 3.0)
    assert window.text[29:37] == "Ana Bell"
    assert share([forces, voice], [window]) == 1
    assert share([voice, forces], [window]) == 0.5


def test_a_list_counts_for_its_members() -> None:
    window = Window("It lies in Iraq. It lies in Syria and Iraq.", ((0, 16), (17, 43)))
    assert share([Reading(0, 0, 11, 15, 3.0), Reading(0, 1, 28, 42, 3.0)], [window]) == 1


def test_an_answer_without_words_agrees_with_none() -> None:
    signs = Window("“ ” Ann won.", ((0, 12),))
    readings = [Reading(0, 0, 0, 1, 2.0), Reading(1, 0, 4, 7, 2.0)]
    assert share(readings, [signs, signs]) == share(readings[::-1], [signs, signs]) == 0.5


def test_of_other_answers_the_best_few_count() -> None:
    """So that it makes no difference how many more windows were read that say nothing."""
    many = Window(" ".join("bcdefghijklmnopqrstuvwxyzäöüß"), tuple((2 * i, 2 * i + 1) for i in range(29)))
    readings = [Reading(0, i, 2 * i, 2 * i + 1, 9.0 - i / 9) for i in range(29)]
    assert share(readings[:25], [many]) == share(readings, [many]) < share(readings[:20], [many])


def test_confidence_grows_with_odds_and_share_and_is_none_without_readings() -> None:
    calibration = Calibration(bias=-1, odds=0.5, share=1.0)
    assert calibration.confidence([], [WINDOW]) == 0.0
    doubted, sure = (calibration.confidence(some, [WINDOW]) for some in ([SDF, OTHER], [SDF, SAME, OTHER]))
    assert calibration.confidence([replace(SDF, odds=4.0), OTHER], [WINDOW]) < doubted < sure
    for score in (-1e9, 1e9):
        assert 0 <= calibration.confidence([replace(SDF, score=score, odds=score), OTHER], [WINDOW]) <= 1


def test_overlap_is_the_share_of_content_words_in_the_window_or_its_title() -> None:
    window = Window("The bridges were closed.", ((0, 24),), "Orlec")
    assert overlap("who closed the bridge at Orlec?", window) == 1.0
    assert overlap("who closed the school?", window) == 0.5
    assert overlap("who is it?", window) == 0.0
