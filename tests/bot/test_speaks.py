"""Whether a span of a text gives a short answer."""

from __future__ import annotations

import pytest

from bot.speaks import gives

SDF = "The Syrian Democratic Forces (SDF)"


def given_by(text: str, name: str, answer: str, before: str = "") -> bool:
    whole = f"{before} {text}" if before else text
    first = len(whole) - len(text)
    sentences = [(0, len(before)), (first, len(whole))] if before else [(0, len(whole))]
    start = first + text.index(name)
    return gives(answer, whole, sentences, len(sentences) - 1, (start, start + len(name)))


@pytest.mark.parametrize(
    "text",
    [
        "Ana Bell, who heads the media office of the SDF, wrote of it.",
        "“It is over,” Ana Bell, the head of the SDF media office, said.",
        "“It is over,” writes Ana Bell, the spokeswoman of the SDF, on Twitter.",
        "SDF spokesperson Ana Bell said so.",
        "A spokeswoman for the SDF, Ana Bell, said so.",
        "SDF spokeswoman Col. Ana Bell said so.",
        "“It is over,” said Ana Bell, a spokeswoman for the SDF.",
    ],
)
def test_a_spokeswoman_gives_the_answer_of_those_for_whom_she_speaks(text: str) -> None:
    assert given_by(text, "Ana Bell", SDF)
    assert not given_by(text, "Ana Bell", "the Orlec council")
    assert given_by(text, "Ana Bell", "Ana Bell")


def test_where_the_words_beside_her_name_nobody_the_sentence_before_says_who() -> None:
    before = "The SDF, led by Kurds, took the village from Orlec."
    assert given_by("Their media chief, Ana Bell, declared it over.", "Ana Bell", SDF, before)
    assert not given_by("Their media chief, Ana Bell, declared it over.", "Ana Bell", "Orlec", before)
    assert not given_by("Council spokeswoman Ana Bell declared it over.", "Ana Bell", SDF, before)


def test_whoever_is_merely_near_speaks_for_nobody() -> None:
    assert not given_by("The SDF met Ana Bell, the mayor, on Friday.", "Ana Bell", SDF)
    assert not given_by("Ana Bell met the spokesman of the SDF.", "Ana Bell", SDF)


@pytest.mark.parametrize(
    "text",
    [
        "The village was taken by Iraqi troops, the SDF spokesman said.",
        "The village was taken by Iraqi troops, a spokesman for the SDF said.",
        "The village was taken by Iraqi troops, said the SDF spokesman.",
        "The SDF spokesman said Iraqi troops took the village.",
        "A spokesman for the SDF told Iraqi troops so.",
        "The SDF spokesman, on Iraqi troops, was silent.",
    ],
)
def test_those_of_whom_a_spokesman_speaks_are_not_those_for_whom_he_speaks(text: str) -> None:
    assert not given_by(text, "Iraqi troops", "SDF")
    assert given_by(text, "Iraqi troops", "Iraqi troops")


def test_those_for_whom_somebody_speaks_do_not_give_the_speaker() -> None:
    assert not given_by("SDF spokeswoman Ana Bell said so.", "SDF", "Ana Bell")
