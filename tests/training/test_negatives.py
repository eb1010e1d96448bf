"""What is made to have no answer has none: the words of the answer are gone, or the question asks of something else."""

from __future__ import annotations

import random
import re

from hypothesis import given
from hypothesis import strategies as st

from training.negatives import crossed, denied, likes, sentences_apart, swapped, unanswered, without_answer

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


@given(st.integers(0, 10_000))
def test_a_crossed_name_is_of_the_same_passage_but_of_a_sentence_that_does_not_answer(seed: int) -> None:
    passage = f"{TEXT} On Friday the bridge at Velm was closed too, and so was one at Orlec."
    other = crossed("Who asked for help after the bridge at Orlec was closed?", passage, (SPAN,), random.Random(seed))
    # Tarvin, too, stands in a sentence that does not answer, but also in the one that does.
    assert other in {
        f"Who asked for help after the bridge at {name} was closed?" for name in ("Velm", "Friday", "Monday")
    }


@given(st.integers(0, 10_000))
def test_a_crossed_year_is_another_year_of_the_passage(seed: int) -> None:
    passage = f"{TEXT} In 1875 there was a ferry with 25 seats."
    spans = ((TEXT.index("a bishop"), TEXT.index("a bishop") + 8),)
    assert crossed("Who opened it in 1931?", passage, spans, random.Random(seed)) == "Who opened it in 1875?"


def test_what_the_passage_does_not_name_is_not_crossed() -> None:
    assert crossed("Who fled to Ashby?", TEXT, (SPAN,), random.Random(1)) is None
    assert crossed("Who asked for help?", TEXT, (SPAN,), random.Random(1)) is None


def test_a_denied_question_denies_its_first_auxiliary() -> None:
    assert denied("When did Orlec open the bridge?") == "When didn't Orlec open the bridge?"
    assert denied("What can be seen?") == "What can't be seen?"


def test_questions_without_auxiliary_or_denied_already_or_about_reasons_are_not_denied() -> None:
    assert denied("Who closed it?") is None
    assert denied("Who did not close it?") is None
    assert denied("Who didn't close it?") is None
    assert denied("Why was it closed?") is None


def test_an_unanswered_question_is_never_the_one_that_is_answered() -> None:
    question = "Who asked for help after the bridge at Orlec was closed?"
    made = {unanswered(question, TEXT, (SPAN,), NAMES, random.Random(seed)) for seed in range(300)}
    assert question not in made
    assert any(one and "wasn't" in one for one in made)
    assert any(one and "Halden" in one for one in made)
