"""What is made to have no answer has none: the words of the answer are gone, or the question asks of something else."""

from __future__ import annotations

import random
import re

from hypothesis import given
from hypothesis import strategies as st

from training.negatives import likes, sentences_apart, swapped, without_answer

TEXT = (
    "The bridge at Orlec was closed on Monday after a lorry hit a pillar. Mayor Ana Brisk asked for help from Tarvin. "
    "Engineers from Tarvin counted 14 cracks in the stone. The bridge had been opened in 1931 by a bishop. "
    "Nobody was hurt, said the police."
)
ANSWER = "Ana Brisk"
SPAN = (TEXT.index(ANSWER), TEXT.index(ANSWER) + len(ANSWER))
NAMES = likes([f"Who closed the bridge at {name}?" for name in "Halden Mesmer Perrin Costa Velm Ashby".split()])


@given(st.integers(0, 10_000))
def test_without_the_answering_sentence_the_answer_is_gone(seed: int) -> None:
    left = without_answer(TEXT, (SPAN,), random.Random(seed), least=30)
    assert left is not None
    assert "Brisk" not in left
    assert all(sentence in TEXT for sentence in re.split(r"(?<=[.]) ", left))


def test_a_passage_that_says_the_answer_again_is_not_taken() -> None:
    again = f"{TEXT} Later Ana Brisk thanked everyone who had come to help with the stones of the bridge."
    assert all(without_answer(again, (SPAN,), random.Random(seed)) is None for seed in range(20))


def test_of_a_passage_of_one_sentence_nothing_is_left() -> None:
    assert without_answer("Mayor Ana Brisk asked for help.", ((6, 15),), random.Random(1)) is None


@given(st.integers(0, 10_000))
def test_sentences_stand_alone_and_only_the_first_answers(seed: int) -> None:
    (own, spans), *others = sentences_apart(TEXT, (SPAN,), random.Random(seed))
    assert [own[start:end] for start, end in spans] == [ANSWER]
    assert own.startswith("Mayor") and own.endswith("Tarvin.")
    assert others and all(piece in TEXT and "Brisk" not in piece and not marked for piece, marked in others)


@given(st.integers(0, 10_000))
def test_a_swapped_name_stood_in_the_passage_and_the_new_one_does_not(seed: int) -> None:
    other = swapped("Who closed the bridge at Orlec?", TEXT, NAMES, random.Random(seed))
    assert other is not None
    assert re.fullmatch(r"Who closed the bridge at (Halden|Mesmer|Perrin|Costa|Velm|Ashby)\?", other)


@given(st.integers(0, 10_000))
def test_a_swapped_number_is_another_one(seed: int) -> None:
    years = swapped("Who opened the bridge in 1931?", TEXT, {}, random.Random(seed))
    cracks = swapped("Who counted 14 cracks?", TEXT, {}, random.Random(seed))
    assert years is not None and re.fullmatch(r"Who opened the bridge in \d{4}\?", years) and "1931" not in years
    assert cracks is not None and re.fullmatch(r"Who counted \d\d cracks\?", cracks) and "14" not in cracks


def test_a_word_of_direction_is_turned_round_unless_the_passage_has_its_opposite() -> None:
    asked = "Who was the first to help?"
    assert swapped(asked, TEXT, {}, random.Random(1)) == "Who was the last to help?"
    assert swapped(asked, f"{TEXT} The last came late.", {}, random.Random(1)) is None


def test_a_thing_is_changed_for_one_that_the_passage_does_not_name() -> None:
    names = likes([f"How many {thing} were there?" for thing in "lorries bishops cows ships towers wells".split()])
    made = {swapped("How many cracks were in it?", TEXT, names, random.Random(seed)) for seed in range(60)}
    assert made == {f"How many {thing} were in it?" for thing in ("cows", "ships", "towers", "wells", "lorries")}
    assert swapped("How many pencils were in it?", TEXT, names, random.Random(1)) is None


def test_a_question_whose_names_the_passage_does_not_have_is_left() -> None:
    assert swapped("Who closed the bridge at Undal in 1999?", TEXT, NAMES, random.Random(1)) is None
