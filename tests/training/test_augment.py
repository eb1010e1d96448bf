"""Variations keep the answer where the span says it is."""

from __future__ import annotations

import random

from hypothesis import given
from hypothesis import strategies as st

from training.augment import passage_variant, question_variant

TEXT = 'The "old" bridge at Orlec\'s mill was closed. Nobody was hurt.'
SPAN = (20, 25)


@given(st.integers(0, 100_000))
def test_a_varied_passage_keeps_its_answer(seed: int) -> None:
    text, spans = passage_variant(TEXT, (SPAN,), random.Random(seed))
    assert [text[start:end].lower() for start, end in spans] == ["orlec"]


@given(st.integers(0, 100_000))
def test_a_varied_question_keeps_a_word_of_it(seed: int) -> None:
    asked = question_variant("Who closed the bridge at Orlec?", random.Random(seed))
    assert asked
    assert {"bridge", "orlec", "orlec?", "closed"} & set(asked.lower().split())


def test_most_questions_stay_and_all_kinds_of_change_occur() -> None:
    question = "Who closed the bridge at Orlec?"
    made = [question_variant(question, random.Random(seed)) for seed in range(500)]
    assert 250 < made.count(question) < 450
    assert "Who closed bridge Orlec" in made
    assert "Who closed the bridge at Orlec" in made
    assert len(set(made)) > 20
