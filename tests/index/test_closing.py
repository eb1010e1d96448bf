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


SIGNED = (
    "Jane Doe is a professor of rivers at Mill Town.",
    "Jane Doe retired from the lifeboats last year.",
    "Doe reported from Port Town.",
    "Doe authored “The River.”",
    "Jane Doe is the author of “The River.”",
)


@pytest.mark.parametrize("last", SIGNED)
def test_what_the_end_says_of_who_signed_the_article_is_furniture(last: str) -> None:
    text = f"Jane Doe\n\nThe Port Town Press\n\nThe dam held on Monday.\n\n{last}"
    assert [piece.kind for piece in split(text, "Dam holds")] == ["boilerplate"] * 2 + ["sentence", "boilerplate"]


def test_an_author_whom_the_article_tells_of_and_words_that_are_theirs_stay() -> None:
    head = "Jane Doe\n\nThe Port Town Press\n\nThe dam held on Monday."
    for last in ("Doe’s house is under water.", "Jane Doe:"):
        assert split(f"{head}\n\n{last}", "Dam holds")[-1].kind != "boilerplate"
    assert split(f"{head}\n\nMary Doe fled.\n\nDoe was found at noon.", "Dam holds")[-1].kind == "sentence"


@pytest.mark.parametrize(
    ("family", "last"),
    [
        ("White", "White House officials declined to speak."),
        ("Long", "Long lines formed at the ferry."),
        ("Price", "Price increases are expected to go on."),
        ("King", "King Charles will open the dam."),
    ],
)
def test_a_family_name_that_is_a_word_of_the_text_is_no_author(family: str, last: str) -> None:
    head = f"Jane {family}\n\nThe Port Town Press\n\nThe dam held on Monday."
    assert split(f"{head}\n\n{last}", "Dam holds")[-1].kind == "sentence"
    assert split(f"{head}\n\n{family} also covers rivers.", "Dam holds")[-1].kind == "boilerplate"


@pytest.mark.parametrize(
    "last",
    [
        "Jane Doe is among the journalists in the prisons of the valley.",
        "Jane Doe is married to a reporter for the Wire.",
        "Jane Doe is suing her editor in Mill Town.",
        "Jane Doe is a critic of the plan.",
        "Residents reported from Mill Town that the water rose.",
        "CNN reported from Mill Town in March.",
        "Call 555-555-0100.",
        "Contact Port Town Police at 555-555-0100.",
        "Call Crime Stoppers at 555-555-0100.",
    ],
)
def test_news_at_the_end_of_somebody_not_named_before_stays(last: str) -> None:
    assert _kinds(f"The dam held on Monday.\n\nNobody was hurt.\n\n{last}")[-1] == "sentence"


def test_what_more_is_said_of_an_author_goes_with_the_note_and_nobody_elses_does() -> None:
    note = "Jane Doe covers rivers for the Wire. She loves her cat."
    assert _kinds(f"The dam held on Monday.\n\n{note}") == ["sentence", "boilerplate", "boilerplate"]
    assert _kinds("The dam held on Monday.\n\nJane Doe fled. She loves her cat.") == ["sentence"] * 3


CONTACTS = (
    "Jane Doe: 555-555-0100; jdoe@wire.example; Twitter: @jdoe.",
    "Contact Jane Doe: 555-555-0100 or jdoe@wire.example.",
    "jdoe@wire.example or follow at Twitter.com/jdoe.",
    "Write to her at jdoe(at)wire.example",
    "— Jane Doe",
    "-- Jane and John",
)


@pytest.mark.parametrize("last", CONTACTS)
def test_how_to_reach_who_made_it_is_furniture_at_the_end_and_before_news_is_not(last: str) -> None:
    assert _kinds(f"The dam held on Monday.\n\n{last}")[-1] == "boilerplate"
    if last[0] not in "—-":  # those sign what stands over them, wherever that is
        assert _kinds(f"The dam held on Monday.\n\n{last}\n\nNobody was hurt.")[-1] == "sentence"


def test_whom_to_call_for_help_and_whose_post_it_was_stay_at_the_end() -> None:
    for last in (
        "Anyone who saw the boat is asked to call the harbour police at 555-555-0100.",
        "The river is ours — Jane Doe (@jdoe) October 3, 2022",
        "Contact: www.mill.example",
        "“We will not leave.”\n\n— Jane Doe",
    ):
        assert _kinds(f"The dam held on Monday.\n\n{last}")[-1] != "boilerplate"
