"""Held-out questions go the way that a user's go, and what is shown is what is measured."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

import pytest

from bot.read import Reading, Window
from bot.weigh import Calibration
from training.asked import given, published, shown, trials, with_strangers
from training.data import Corpus, Example, Text

BRIDGE = "The bridge at Orlec was opened by Ana Brisk. It rained all day on the guests. Nobody minded."
SCHOOL = "The school at Tarvin was closed by Bo Costa. The pupils went home early. Nobody minded."


CALIBRATION = Calibration(bias=-0.5, share=1.0)


class Finder:
    """A reader that takes the first three words of every sentence, the earlier the better."""

    name = "finder"
    apart = False

    def read(self, question: str, windows: Sequence[Window]) -> list[Reading]:
        places = [(w, s, start, end) for w, one in enumerate(windows) for s, (start, end) in enumerate(one.sentences)]
        return [Reading(w, s, start, end - 1, 9.0 - i) for i, (w, s, start, end) in enumerate(places)]

    def confidence(self, readings: Sequence[Reading], windows: Sequence[Window]) -> float:
        return CALIBRATION.confidence(readings, windows)


def corpus() -> Corpus:
    made = Corpus()
    for i, text in enumerate((BRIDGE, SCHOOL)):
        made.add_text(Text("squad2", f"squad2/{i}", f"Town {i}", text))
    made.add(Example("squad2", "dev", "Who opened the bridge at Orlec?", 0, ((34, 43),), refs=("Ana Brisk",)))
    made.add(Example("squad2", "dev", "Who closed the school at Tarvin?", 1, ((33, 41),), refs=("Bo Costa",)))
    made.add(Example("squad2", "dev", "Who sold the school at Tarvin?", 1, ()))
    return made


@pytest.mark.model
def test_questions_go_the_whole_way_and_what_is_hidden_is_not_found(tmp_path: Path) -> None:
    made = corpus()
    snapshot = published(made, tmp_path)
    found = trials(Finder(), snapshot, tmp_path, made.examples, hide=0.0)
    assert [(one.answerable, one.right) for one in found] == [(True, True), (True, True), (False, False)]
    assert [one.windows[0].text for one in found[:2]] == [BRIDGE, SCHOOL]
    sure, right = shown(found, Finder())
    assert right == [True, True, False]
    assert all(0 < one < 0.5 for one in sure)
    made_of, outcomes = given(found, CALIBRATION)
    assert outcomes == right
    for (odds, together), one in zip(made_of, sure, strict=True):
        assert 1 / (1 + math.exp(0.5 - 0.5 * odds - together)) == pytest.approx(one, abs=1e-4)
    (hidden, *_) = trials(Finder(), snapshot, tmp_path, made.examples[:1], hide=1.0)
    assert not hidden.answerable and [window.text for window in hidden.windows] == [SCHOOL]


def test_a_stranger_follows_every_third_question_and_nothing_answers_it() -> None:
    made = Corpus()
    for year in range(1950, 1962):
        passage = made.add_text(Text("squad2", str(year), "Orlec", f"The bridge was opened in {year}."))
        made.add(Example("squad2", "dev", f"Who opened it in {year}?", passage, ((0, 10),), refs=("The bridge",)))
    asked = with_strangers(made, made.examples)
    strangers = [one for one in asked if not one.spans]
    assert [one for one in asked if one.spans] == made.examples
    before = [asked[asked.index(one) - 1] for one in strangers]
    assert before == [one for one in made.examples[::3] if one in before]
    known = {one.question for one in made.examples}
    assert strangers and all(one.refs == () and one.question not in known for one in strangers)
