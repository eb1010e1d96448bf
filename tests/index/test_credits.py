"""Credits: who made a picture or signed a paragraph is furniture behind it, and a name that ends the text is not."""

from __future__ import annotations

import pytest

from index.split import split

CREDITS = """
Jane Doe/Harbour Wire
Jane Doe/Pool/Harbour Images
NASA/JPL-Caltech
Harbour Observatory
Jane Doe
Courtesy Port Town Library
From Jane Doe
Obtained by Harbour News
Photographer: Jane Doe/Harbour Wire via Mill Images
(Jane Doe/Harbour Wire)
— Jane Doe
– Doe
""".strip().split("\n")


def _kinds(text: str) -> list[str]:
    return [piece.kind for piece in split(text)]


@pytest.mark.parametrize("credit", CREDITS)
def test_who_made_the_picture_or_the_paragraph_is_furniture_behind_it(credit: str) -> None:
    assert _kinds(f"A ferry leaves the harbour on Tuesday morning. {credit}") == ["sentence", "boilerplate"]


@pytest.mark.parametrize(
    "text",
    [
        "Nobody should have to live by that river. I lost all of it. Jane Doe",
        "Which of these rivers has nine bridges? Mill River",
        "Port Town, Ky. The Old Mill",
        "And the lucky winner of the race is ... Jane Doe",
        "The gates of the dam were opened on Monday. Nobody was hurt",
        "The gates of the dam were opened on Monday. It's Jane Doe's",
        "No. 54. Jane Doe",
        "The dam of Port Town was opened in 1914. It is 54 feet high.",
    ],
)
def test_names_that_people_questions_and_lists_end_with_stay(text: str) -> None:
    assert "boilerplate" not in _kinds(text)


def test_a_quotation_keeps_who_spoke_it() -> None:
    assert _kinds("“The dam held through the night.” — Jane Doe")[-1] != "boilerplate"
