"""Which spans can hardly be the answer to a question."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.fitting import polar, unfit
from bot.read import Window


@pytest.mark.parametrize(
    ("question", "span"),
    [
        ("when did the queen die", "96"),
        ("and when did the queen die?", "at the age of 96"),
        ("what year was it built", "by the harbour"),
        ("how many people died", "the mayor"),
        ("how old is she", "very"),
        ("who leads the Syrian Democratic Forces", "SDF"),
        ("can you tell me who leads the SDF", "the SDF"),
        ("Does anybody know when the queen died?", "96"),
        ("the bridge was closed by whom", "the bridge"),
    ],
)
def test_what_is_of_another_kind_or_repeats_the_question_is_unfit(question: str, span: str) -> None:
    assert unfit(question)(span)


@pytest.mark.parametrize(
    ("question", "span"),
    [
        ("when did the queen die", "Thursday at the age of 96"),
        ("when did the queen die", "2022"),
        ("when does it open", "8 p.m."),
        ("when did they flee", "at dawn"),
        ("who declared it an emergency", "the WHO"),
        ("when did they flee", "after the fall of the village"),
        ("how many people died", "several hundred"),
        ("how many people died", "nobody"),
        ("how many people died", "Twenty-one"),
        ("how did he die", "in his sleep"),
        ("who leads the Syrian Democratic Forces", "Kurds"),
        ("who won, Orlec or Tarvin", "Orlec"),
        ("was Baghuz taken", "Baghuz"),
        ("caliphate over", "the caliphate"),
    ],
)
def test_what_may_answer_is_not_unfit(question: str, span: str) -> None:
    assert not unfit(question)(span)


@pytest.mark.parametrize(
    "question", ["when did the queen die", "how many died", "who leads the Syrian Democratic Forces"]
)
def test_no_part_of_an_unfit_span_fits(question: str) -> None:
    """What the search for another span in `bot.read` leans on."""
    told = unfit(question)
    for span in ("in the old palace by the sea", "the Syrian Democratic Forces", "the forces of the queen"):
        words = span.split()
        parts = {" ".join(words[i:j]) for i in range(len(words)) for j in range(i + 1, len(words) + 1)}
        assert not told(span) or all(told(part) for part in parts if part not in ("the", "of the", "of", "in the"))


def test_nothing_in_an_article_of_another_year_fits_a_question_that_names_one() -> None:
    held = Window("The bridge fell in 2016.", ((0, 24),))
    assert not unfit("who closed the bridge in 2016", held)("the mayor")
    assert not unfit("who closed the bridge", replace(held, text="The bridge fell."))("the mayor")
    other = replace(held, text="The bridge fell in 2019.")
    assert unfit("who closed the bridge in 2016", other)("the mayor")
    assert not unfit("who closed the bridge in 2016", replace(other, published="2016-03-01"))("the mayor")
    assert not unfit("who closed the bridge in 2016", replace(other, title="2016 in review"))("the mayor")
    assert not unfit("who closed the bridge in 2016 or 2019", other)("the mayor")


def test_last_and_next_year_are_counted_from_the_date_of_the_article() -> None:
    held = Window("The bridge fell last year.", ((0, 26),), published="2017-03-01")
    assert not unfit("who closed the bridge in 2016", held)("the mayor")
    assert unfit("who closed the bridge in 2018", held)("the mayor")
    assert not unfit("who closed the bridge in 2018", replace(held, text="It falls next year."))("the mayor")


def test_an_article_without_a_date_is_of_the_years_that_it_names() -> None:
    held = Window("The bridge fell last year.", ((0, 26),))
    assert unfit("who closed the bridge in 2016", held)("the mayor")
    assert not unfit("who closed the bridge in 2016", replace(held, years=("2016", "2019")))("the mayor")
    assert unfit("who closed the bridge in 2016", replace(held, years=("2019",)))("the mayor")
    assert unfit("who closed the bridge in 2016", replace(held, title="2019 in review"))("the mayor")


def test_a_number_that_looks_like_a_year_may_be_written_with_a_comma() -> None:
    window = Window("Some 2,000 people fled Orlec.", ((0, 29),), published="2022-01-01")
    assert not unfit("where did 2000 people flee from", window)("Orlec")


@pytest.mark.parametrize(
    "question",
    [
        "was it closed?",
        "Wasn’t it closed?",
        "can't it be closed",
        "is it closed or not?",
        "can you tell me whether it is closed",
    ],
)
def test_what_wants_a_yes_or_a_no_begins_with_a_verb(question: str) -> None:
    assert polar(question)


@pytest.mark.parametrize(
    "question",
    [
        "who closed it?",
        "was it closed or opened?",
        "Do you know who closed it?",
        "could you please tell me when it was closed",
        "Will Orlec hit whom?",
    ],
)
def test_a_question_that_asks_who_or_when_or_for_a_choice_wants_no_yes(question: str) -> None:
    assert not polar(question)
