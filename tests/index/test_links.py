"""Links: other articles' headlines go, however they lost their mark-up; headings, captions and scores stay."""

from __future__ import annotations

import pytest

from index.boilerplate import boilerplate_lines
from index.lines import paragraphs


def marks(*lines: str, title: str | None = None) -> list[str | None]:
    text = "\n\n".join(lines)
    return list(boilerplate_lines(text, paragraphs(text), title))


LEADS = "More:Who owns the ferry"
BEFORE = "The council of Port Town met on Monday to speak of the ferry and its nine owners in the valley."
AFTER = "The owners of the ferry in Port Town told the council that nine crossings a day were too few for the valley."


@pytest.mark.parametrize(
    "line",
    [
        "'It was close!':Ferrymen tell of the flood",
        "Who owns the ferry? :The man behind the harbour",
        '"It was a long night":Rowers tell their side',
        "’It was a long night’:Rowers tell their side",
        "Afraid of the river? : Blame the ones who built the dam",
        "VIDEO:What the dam looked like at noon",
        "Photos: The river rises in nine towns",
        "Looking for a ferry? Nine ways over the river",
        "Fact check: Nobody opened the gates of the dam by night",
        "Opinion: Nobody should own a ferry on this river",
    ],
)
def test_a_headline_says_itself_that_it_leads_away(line: str) -> None:
    assert marks(BEFORE, AFTER, line, AFTER) == [None, None, "boilerplate", None]


@pytest.mark.parametrize(
    "line",
    [
        "Is the ferry safe? : The owners say that it is, and the council has no doubts.",
        "Max. fine for less than 2 lbs.: $150,000",
        "Photos: A boat lies in the square of Port Town on Monday.",
        "Opinion: An earlier version of this column misspelled a name. https://ledger.example/column",
        "The video: nobody had seen it before Monday",
    ],
)
def test_questions_with_answers_captions_and_corrections_stay(line: str) -> None:
    assert marks(BEFORE, AFTER, line, AFTER)[2] != "boilerplate"


def test_a_lone_headline_goes_where_the_text_goes_on_around_it() -> None:
    """Two words of it stand in what follows; what stood before has more in common with that."""
    line = "Night on the water: How the rowers of Port Town found their way"
    assert marks(BEFORE, line, AFTER, LEADS) == [None, "boilerplate", None, "boilerplate"]
    assert marks(BEFORE, line, AFTER, "Nobody was hurt.") == [None] * 4


def test_a_lone_heading_that_what_follows_speaks_of_stays() -> None:
    """However much of it was told before: three words and more of the line stand in the next paragraph."""
    line = "Night on the water: The owners of the ferry in Port Town tell their story"
    assert marks(AFTER, line, AFTER, LEADS)[1] is None
    apart = "Night on the water: How the rowers of Port Town found their way"
    assert marks("Nobody was hurt when the boats came in that day, on the whole coast.", apart, AFTER, LEADS)[1] is None


def test_one_of_many_headings_stays() -> None:
    line = "Night on the water: How the rowers of Port Town found their way"
    headings = [part for n in range(4) for part in (f"What the council of Port Town said on day {n} of it", AFTER)]
    assert marks(BEFORE, line, AFTER, *headings, LEADS)[1] is None


@pytest.mark.parametrize(
    "line",
    [
        "BOX SCORE: Rowers of Port Town 9, rowers of the Mill 6",
        "Ice in the river left marks on the dam: See its wall. Mill Lab/Harbour Observatory",
    ],
)
def test_scores_and_captions_are_no_headlines(line: str) -> None:
    assert marks(BEFORE, line, AFTER, LEADS)[1] is None


def test_a_line_with_a_bullet_of_links_goes_on_a_page_that_leads_to_others() -> None:
    line = "► Ferry fares rise for the third year in a row"
    assert marks(BEFORE, line, "Nobody was hurt.", LEADS)[1] == "boilerplate"
    assert marks(BEFORE, line, "Nobody was hurt.", "She left at noon.")[1] is None
    assert marks(BEFORE, "► Dec. 13: Rowers come home after nine weeks", AFTER, LEADS)[1] is None


def test_the_page_that_is_itself_a_fact_check_keeps_its_own_headline() -> None:
    line = "Fact check: Nobody opened the gates of the dam by night"
    assert marks(BEFORE, AFTER, line, AFTER, title=line + " ...")[2] is None


def test_a_heading_under_read_more_stays_over_its_own_paragraph() -> None:
    page = ("The dam held.", "MORE:", "Port Town library stays open and cancels readings", "Port Town library will stay open at its usual hours, but cancels all of its readings.")  # fmt: skip
    assert marks(*page) == [None, "boilerplate", None, None]


def test_a_list_that_ends_the_page_goes_with_what_stands_over_it_questions_too() -> None:
    page = ("The dam held.", "More top reads from Ledger.example:", "Mill Poised To Open", "Is The Ferry Coming Back?")
    assert marks(*page) == [None, *["boilerplate"] * 3]


def test_galleries_keep_what_their_pictures_show() -> None:
    line = "Photos: The flood A boat lies in the square of Port Town on Monday. Hide Caption 2 of 40"
    assert marks(BEFORE, line, AFTER)[1] != "boilerplate"


@pytest.mark.parametrize("headline", ["Mill Town Cuts Staff", "Ferry Breaks Record", "Floods Rock Wall Street"])
def test_a_headline_that_ends_as_outlets_do_stays_over_the_text(headline: str) -> None:
    assert marks(headline, AFTER, title=f"{headline} - Harbour Wire")[0] is None
    assert marks(headline, AFTER)[0] is None


def test_where_an_author_works_goes_with_her_name_and_a_heading_in_its_place_stays() -> None:
    title = "Dam holds"
    assert marks("Jane Doe", "Harbour Radio, Port Town", AFTER, title=title) == ["boilerplate"] * 2 + [None]
    assert marks("Staff", "The Port Town Press", AFTER, title=title) == ["boilerplate"] * 2 + [None]
    assert marks("Jane Doe and John Roe", "Special to the Ledger", AFTER, title=title) == ["boilerplate"] * 2 + [None]  # fmt: skip
    assert marks("Jane Doe", "Rivers rise in the valley", AFTER, title=title)[1] is None
    assert marks("The Port Town Press", "Rising Rivers of the Valley", AFTER, title=title)[1] is None
    assert marks("1. Jane Doe", "The Port Town Press", AFTER, title=title)[0] is None
