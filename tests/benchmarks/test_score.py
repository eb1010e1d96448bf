"""One rule for all systems: what counts as the answer standing first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from benchmarks.score import best_sentence, hit, holds, quantile, share

PASSAGE = "The council met on Monday. It voted for the bridge. Rain is expected in Halden."


def found(text: str, sentence: str | None = None) -> dict[str, Any]:
    return {"article": "a", "text": text, "sentence": sentence}


def never(texts: Sequence[str]) -> Sequence[float]:
    raise AssertionError("nothing was to be compared")


def by_rain(texts: Sequence[str]) -> Sequence[float]:
    return [float("Rain" in text) for text in texts]


@pytest.mark.parametrize("accepted", ["the bridge", "THE BRIDGE!", "It voted", "Bridgé"])
def test_an_answer_counts_whatever_its_case_accents_and_signs(accepted: str) -> None:
    assert holds(PASSAGE, [accepted])


@pytest.mark.parametrize("accepted", ["bridges", "ridge", "council Monday", "", "?!"])
def test_an_answer_counts_as_whole_words_in_one_run_or_not_at_all(accepted: str) -> None:
    assert not holds(PASSAGE, [accepted])


def test_of_a_peers_passage_the_sentence_counts_that_its_own_measure_prefers() -> None:
    assert best_sentence(PASSAGE, by_rain) == "Rain is expected in Halden."
    assert hit([found(PASSAGE)], ["Halden"], by_rain).sentence
    bridge = hit([found(PASSAGE)], ["bridge"], by_rain)
    assert (bridge.sentence, bridge.passage, bridge.any) == (False, True, True)


def test_a_cited_sentence_counts_as_it_is_and_nothing_is_compared() -> None:
    assert hit([found(PASSAGE, "It voted for the bridge.")], ["bridge"], never).sentence
    assert not hit([found(PASSAGE, "It voted for the bridge.")], ["Halden"], never).sentence


def test_a_passage_further_down_counts_for_any_alone() -> None:
    below = hit([found("Nothing here."), found(PASSAGE)], ["Halden"], never)
    assert (below.sentence, below.passage, below.any) == (False, False, True)


def test_finding_nothing_is_no_hit() -> None:
    assert not any(getattr(hit([], ["Halden"], never), name) for name in ("sentence", "passage", "any"))


def test_shares_and_quantiles_are_those_of_the_values() -> None:
    assert share([True, False, False, True]) == 0.5
    assert share([]) is None
    assert quantile([5, 1, 3], 0.5) == 3
    assert quantile(list(range(100)), 0.95) == 95
    assert quantile([7], 0.95) == 7
