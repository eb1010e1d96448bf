"""How articles close: who wrote them goes at the very end and nowhere else."""

from __future__ import annotations

import pytest

from index.closing import says_who
from index.split import split

WHO = (
    "Jane Doe is a reporter for the Harbour Wire.",
    "Jane Doe covers the port for the Harbour Wire.",
    "Jane Doe and John Roe write about rivers for the Harbour Wire.",
    "Jane Doe can be reached at 555-0100 or on any weekday.",
    "Jane Doe, a former harbour pilot, is the senior editor of the Harbour Wire.",
    "Jane Doe of the Harbour Wire contributed from Mill Town.",
    "She may be reached at the desk on Mill Road.",
    "Jane Doe is senior river reporter for the Harbour Wire and writes its letter.",
    "Jane Doe is the president of the Mill, dean of a college and a member of the Harbour Wire’s Board of Contributors.",
    "Jane Doe and John Roe of The Associated Press contributed.",
)


def _kinds(text: str) -> list[str]:
    return [piece.kind for piece in split(text)]


@pytest.mark.parametrize("who", WHO)
def test_who_made_an_article_is_furniture_at_its_very_end(who: str) -> None:
    assert _kinds(f"The dam held on Monday.\n\n{who}") == ["sentence", "boilerplate"]


@pytest.mark.parametrize("who", WHO)
def test_the_same_words_before_news_are_news(who: str) -> None:
    assert _kinds(f"The dam held on Monday.\n\n{who}\n\nNobody was hurt.") == ["sentence"] * 3


def test_what_else_closes_a_page_does_not_hide_who_made_it() -> None:
    text = "The dam held.\n\nJane Doe is a reporter for the Harbour Wire.\n\nJohn Roe covers courts.\n\nFollow us"
    assert _kinds(text) == ["sentence", *["boilerplate"] * 3]


def test_an_article_that_ends_with_somebody_elses_words_or_deeds_keeps_them() -> None:
    for last in (
        "“She is a reporter,” Jane Doe said of her daughter.",
        "Jane Doe is a professor of rivers at Mill Town.",
        "Jane Doe wrote about the dam until she died.",
        "He contributed nothing to the fund.",
    ):
        assert "boilerplate" not in _kinds(f"The dam held on Monday.\n\n{last}")


NAMED = (
    "Jane Doe is the editor of the Harbour Wire.",
    "Jane Doe writes about rivers in her cell.",
    "Jane Doe, who held up the sign, is a reporter at the Harbour Wire.",
    "She is a former reporter at the Harbour Wire.",
    "She covers rivers.",
)


@pytest.mark.parametrize("last", NAMED)
def test_whoever_the_article_told_of_is_no_author(last: str) -> None:
    assert "boilerplate" not in _kinds(f"Police arrested Jane Doe on Monday.\n\nNobody was hurt.\n\n{last}")


@pytest.mark.parametrize("last", NAMED)
def test_a_note_on_the_author_after_one_on_somebody_of_the_news_still_goes(last: str) -> None:
    text = f"Police arrested Jane Doe on Monday.\n\n{last}\n\nJohn Roe covers courts for the Courier.\n\nHe writes about rivers."
    assert _kinds(text) == ["sentence", "sentence", "boilerplate", "boilerplate"]


def test_the_news_of_somebody_in_the_trade_is_kept_at_the_end() -> None:
    for last in (
        "John Roe is recovering, his agent told reporters.",
        "John Roe is the journalist who was killed at the border.",
        "John Roe is the first foreign correspondent to be held since the war.",
        "John Roe is on Twitter again.",
        "Harbour Trains covers the cost of the bus.",
        "The islands are far out. They can be found in no atlas.",
        "John Roe and his former wife contributed.",
    ):
        assert "boilerplate" not in _kinds(f"The dam held on Monday.\n\n{last}")


def test_a_long_row_of_people_is_no_closing_note() -> None:
    row = [f"Jane D{'o' * i}e covers courts." for i in range(1, 31)]
    kinds = _kinds("The dam held.\n\n" + "\n\n".join(row))
    assert kinds.count("boilerplate") == 20


def test_a_line_made_to_be_tried_in_many_ways_is_read_at_once() -> None:
    """Each initial could once be read in two ways: 2 to the 130 of them here, so that this would never end."""
    assert not says_who("A. A. and " * 42)


def test_an_article_of_one_sentence_is_never_all_closing() -> None:
    assert _kinds("Jane Doe is a reporter for the Harbour Wire.") == ["sentence"]


def test_who_the_author_is_goes_with_how_to_reach_her_in_the_middle_of_a_page() -> None:
    text = "The dam held. Jane Doe is an editor at the Harbour Wire. Send her an email at jane@example.org.\n\nNobody was hurt."
    assert _kinds(text) == ["sentence", "boilerplate", "boilerplate", "sentence"]


def test_what_was_asked_to_be_kept_stays() -> None:
    assert {one.kind for one in split(f"The dam held.\n\n{WHO[0]}", keep_boilerplate=True)} == {"sentence"}
