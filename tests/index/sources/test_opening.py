"""Opening lines: what they say in so many words is taken, what stands in a sentence or could be something else is not."""

from __future__ import annotations

import pytest

from index.sources.opening import labelled, opening, stated_day
from index.sources.text import read_text

_STORY = "The bridge over the Senn is closed until 5 May 2021, the port office said."


@pytest.mark.parametrize(
    "line",
    [
        "Tuesday, 14 June 2022", "Published on June 14, 2022.", "Posted: 14 June 2022, 9:30 am", "Date: 2022-06-14",
        "14 June 2022 · Ada Brook", "By Ada Brook | June 14, 2022", "Le 14 juin 2022",
    ],
)  # fmt: skip
def test_a_line_that_is_a_date_gives_the_day(line: str) -> None:
    assert opening(["Bridge closed for weeks", line, _STORY]).published == "2022-06-14"


@pytest.mark.parametrize(
    "lines",
    [
        ["Updated 14 June 2022"],
        ["Anna Lind, 14 June 2022"],
        ["The bridge closed on 14 June 2022"],
        ["14 June 2022", "15 June 2022"],
        ["03/04/2022"],
        ["20220614"],
        ["14 June 2022, 9:30 (updated 15 June)"],
        ["Last updated", "14 June 2022"],
        ["Updated · 14 June 2022"],
        ["Next hearing:", "14 June 2022"],
        ["Date: 14 June 2022", "Venue: Town hall"],
        ["14 June 2022", _STORY, "15 June 2022", _STORY],
        ["The bridge is closed.", _STORY, "14 June 2022"],
        ["one", "two", "three", "four", "five", "six", "seven", "eight", "14 June 2022"],
    ],
)
def test_no_other_date_is_taken(lines: list[str]) -> None:
    assert opening(["Bridge closed for weeks", *lines]).published is None


@pytest.mark.parametrize(
    ("line", "names"),
    [
        ("By Ada Brook", ("Ada Brook",)),
        ("by Ada Brook and Jan van der Meer", ("Ada Brook", "Jan van der Meer")),
        ("By Ada Brook, Élodie Marchand, and Bo O’Hara", ("Ada Brook", "Élodie Marchand", "Bo O’Hara")),
        ("By the River Senn", ()),
        ("By Monday the bridge will be open", ()),
        ("By The Numbers", ()),
        ("Bridge closed for weeks", ()),
        ("Ada Brook", ()),
    ],
)
def test_names_behind_by_are_the_authors(line: str, names: tuple[str, ...]) -> None:
    assert opening(["Bridge closed for weeks", line, _STORY]).authors == names


def test_a_block_of_labelled_lines_is_what_a_text_says_of_itself_and_no_part_of_it() -> None:
    head = "Title: Bridge closed\nSource: The Senn Courier\nAuthor: Ada Brook\nDate: 14 June 2022\nURL: https://senn.example/b\nSection: News"
    contents = read_text(f"{head}\r\n\r\n{_STORY}\nMore of it.".encode())
    assert (contents.title, contents.source, contents.authors) == ("Bridge closed", "The Senn Courier", ("Ada Brook",))
    assert (contents.published, contents.url) == ("2022-06-14", "https://senn.example/b")
    assert contents.text == f"{_STORY}\nMore of it."


@pytest.mark.parametrize(
    "text",
    [
        "Title: Bridge closed\n\n" + _STORY,
        "Title: Bridge closed\nDate: 14 June 2022\n" + _STORY,
        "Warning: high water\nAdvice: stay at home\n\n" + _STORY,
        "Source: a spring\nLink: a chain\n\n" + _STORY,
    ],
)
def test_lines_with_a_colon_alone_make_no_such_block(text: str) -> None:
    assert labelled(text) == ({}, text)


def test_a_long_text_behind_such_a_block_is_kept_whole() -> None:
    story = "word " * 5000
    assert labelled(f"Title: Bridge closed\nDate: 2022-06-14\n\n{story}")[1] == story


def test_the_line_above_date_and_author_is_the_title() -> None:
    text = f"Council keeps night buses\nThe Brack Courier\n14 June 2022\nBy Ada Brook\n\n{_STORY}\n"
    contents = read_text(text.encode())
    assert (contents.title, contents.published) == ("Council keeps night buses", "2022-06-14")
    assert contents.source is None  # nothing says that this line names an outlet
    assert contents.text == text


def test_a_day_under_the_word_published_stays_whatever_other_days_stand_alone_below() -> None:
    assert opening(["Bridge closed", "Published:", "14 June 2022", _STORY]).published == "2022-06-14"
    assert opening(["Bridge closed", "Published 14 June 2022", _STORY, "15 June 2022"]).published == "2022-06-14"


def test_a_title_names_no_authors() -> None:
    assert opening(["By Popular Demand", _STORY], "By Popular Demand").authors == ()


def test_a_block_with_other_labels_stays_in_the_text() -> None:
    """What stands behind a label that exports do not use may be the story itself."""
    text = "Title: Bridge closed\nDate: 14 June 2022\nText: It is closed.\n\nAda Brook said no more."
    contents = read_text(text.encode())
    assert (contents.text, contents.title, contents.published) == (text, "Bridge closed", "2022-06-14")


def test_the_day_of_what_is_announced_is_not_that_of_publication() -> None:
    text = "Title: Bridge opens\nDate: 14 June 2032\nVenue: North bank\n\nAll are welcome."
    assert read_text(text.encode()).published is None


def test_a_line_end_of_two_characters_is_never_parted() -> None:
    head = "Title: Bridge closed\r\nDate: 2022-06-14\r\n\r\n"
    text = head + "x" * (7999 - len(head)) + "\r\nword"
    assert labelled(text)[1].count("\n") == 1


def test_an_address_given_as_the_source_is_the_address() -> None:
    contents = read_text(f"Title: Bridge closed\nSource: https://senn.example/b\n\n{_STORY}".encode())
    assert (contents.source, contents.url) == (None, "https://senn.example/b")


def test_a_headline_may_begin_with_a_share() -> None:
    assert read_text(f"2 of 3 voters back the bridge\n\n{_STORY}".encode()).title == "2 of 3 voters back the bridge"
    assert read_text(f"1 of 200 DOCUMENTS\n\n{_STORY}".encode()).title is None


def test_a_long_line_is_no_day_and_costs_no_more_than_its_reading() -> None:
    """20,000 spaces took 2.8 s, and the time grew with their square: each was tried as the end of a label."""
    assert stated_day("date" + " " * 1_000_000 + ".") is None
