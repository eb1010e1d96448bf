"""When two short answers name the same thing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.alike import alike, mentions, repeats

SAME = (
    ("SDF", "Syrian Democratic Forces"),
    ("The US-backed Syrian Democratic Forces (SDF)", "Syrian Democratic Forces"),
    ("the U.S.", "United States"),
    ("World Health Organization", "WHO"),
    ("UN Security Council", "the United Nations Security Council"),
    ("Mr. Vance", "President Ada Vance"),
    ("Ada Vance", "Ada B. Vance"),
    ("19", "Nineteen children"),
    ("forty-five days", "45 days"),
    ("5,000", "five thousand"),
    ("$1.5bn", "1.5 billion dollars"),
    ("a million", "one million"),
    ("100 per cent", "100%"),
    ("29 June 2014", "June 29, 2014"),
    ("Sept. 8", "8 September"),
    ("March", "the start of March"),
    ("Zoë Núñez", "Zoe Nunez"),
    ("Groß", "GROSS"),
    ("forty‑five", "45"),
    ("the W.H.O.", "WHO"),
    ("no one", "nobody"),
)
OTHER = (
    ("Iraq", "both sides of the border between Syria and Iraq"),
    ("the US", "US-backed Syrian Democratic Forces"),
    ("Ada Vance", "Ada Vance's lawyer"),
    ("us", "United States"),
    ("us", "the US"),
    ("$5 million", "€5 million"),
    ("5%", "$5"),
    ("no one", "one"),
    ("guilty", "not guilty"),
    ("one-one", "2"),
    ("who", "World Health Organization"),
    ("7 billion", "7.2 billion"),
    ("19", "1.9"),
    ("the king", "the queen"),
    ("President Vance", "President Orlec"),
    ("“ ”", "…"),
    ("", "Syria"),
)  # fmt: skip


@pytest.mark.parametrize(("one", "other"), SAME)
def test_other_words_for_the_same_are_alike(one: str, other: str) -> None:
    assert alike(one, other) and alike(other, one)


@pytest.mark.parametrize(("one", "other"), OTHER)
def test_what_merely_shares_letters_is_not_alike(one: str, other: str) -> None:
    assert not alike(one, other) and not alike(other, one)


def test_a_list_is_like_its_members_only_where_that_is_asked_for() -> None:
    for one, other in (("Iraq", "Syria and Iraq"), ("Syria and Iraq", "Iraq")):
        assert not alike(one, other) and alike(one, other, members=True)
    assert alike("Iraq and Syria", "Syria and Iraq") and not alike("Iraq", "Syria and Iran", members=True)


@given(st.text(max_size=40), st.text(max_size=40))
def test_order_does_not_matter_and_whatever_has_a_word_is_like_itself(one: str, other: str) -> None:
    assert alike(one, other) == alike(other, one)
    assert alike(f"word {one}", f"word {one}")


def test_a_text_mentions_an_answer_by_its_words_or_its_initials() -> None:
    text = "The SDF said on 9 May that nineteen villages were free."
    assert mentions(text, "Syrian Democratic Forces") and mentions(text, "May 9") and mentions(text, "19 villages")
    assert not mentions(text, "Syrian Democratic Party") and not mentions(text, "“ ”")
    assert mentions("Ada Vance’s plan was the voters’.", "Ada Vance") and mentions("the voters’ plan", "voters")
    assert not mentions("He told us of the man who fled.", "US") and not mentions("the man who fled", "the WHO")


def test_an_answer_that_is_in_the_question_repeats_it() -> None:
    assert repeats("who leads the Syrian Democratic Forces", "the SDF")
    assert repeats("who leads the sdf", "Syrian Democratic Forces")
    assert not repeats("who leads the sdf", "the Kurdish-led Syrian Democratic Forces")
    assert repeats("who is Ada Vance's lawyer", "Vance") and repeats("who leads the WHO", "World Health Organization")
    for asked in ("who declared it an emergency", "WHO DECLARED IT AN EMERGENCY"):
        assert not repeats(asked, "World Health Organization") and not repeats(asked, "the WHO")
    assert not repeats("who leads the sdf", "“ ”")
