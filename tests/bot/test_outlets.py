"""Outlets named in a question: as its source, or as what it is about."""

from __future__ import annotations

import pytest

from bot.outlets import Sourced, may_name_source, sourced

OUTLETS = ("BBC News", "Reuters", "Twitter", "Time", "The New York Times", "Morning Beacon", "cnn.com", "The Lantern",
           "People", "World Health Observer")  # fmt: skip


def named(text: str) -> Sourced | None:
    return sourced(text, OUTLETS) if may_name_source(text) else None


@pytest.mark.parametrize(
    ("text", "outlet", "asked"),
    [
        ("according to Reuters, how many people died?", "Reuters", "how many people died?"),
        ("how many people died, according to the bbc?", "BBC News", "how many people died ?"),
        ("which city fell according to NYT", "The New York Times", "which city fell"),
        ("Reuters: who declared the caliphate over?", "Reuters", "who declared the caliphate over?"),
        ("In the New York Times, who won?", "The New York Times", "who won?"),
        ("per CNN, when did the bridge fall?", "cnn.com", "when did the bridge fall?"),
        ("what did CNN report about who won the election?", "cnn.com", "who won the election?"),
        ("what was reported by Reuters about inflation?", "Reuters", "what was reported about inflation?"),
        ("Did Reuters report that the bridge fell?", "Reuters", "is it true that the bridge fell?"),
        ("how did the Lantern describe the battle?", "The Lantern", "how did the Lantern describe the battle?"),
    ],
)  # fmt: skip
def test_an_outlet_that_is_named_as_source_is_one(text: str, outlet: str, asked: str) -> None:
    assert named(text) == Sourced((outlet,), asked, firm=True)


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("what does the morning beacon report about Raqqa?", "Raqqa?"),
        ("What does the Morning Beacon's article say about Raqqa?", "Raqqa?"),
        ("what has the Morning Beacon written on the fall of Raqqa", "the fall of Raqqa"),
    ],
)
def test_what_an_outlet_is_asked_about_is_no_question(text: str, asked: str) -> None:
    assert named(text) == Sourced(("Morning Beacon",), asked, firm=True, subject=True)


@pytest.mark.parametrize(
    "text",
    [
        "What did Twitter say about the lawsuit?", "why did Twitter say it was closing?", "How much revenue did Twitter report?",
        "when did Twitter publish its code?", "according to people who were there, what happened?", "time: what is it",
        "according to twitter, who won?",
    ],
)  # fmt: skip
def test_who_only_says_something_may_be_what_the_question_is_about(text: str) -> None:
    found = named(text)
    assert found is not None and not found.firm


@pytest.mark.parametrize(
    "text",
    [
        "who bought Twitter?", "what happened at the BBC?", "who is the editor of the Morning Beacon?", "in time, who will win?",
        "What did the White House say about CNN?", "who told CNN that the war was over?", "Was a BBC reporter killed?",
        "what time is it according to time zones?", "according to the Guardian, who won?", "Twitter", "Twitter:",
        "who wrote the Morning Beacon story?", "what do people think about Biden?", "why do people say they are afraid?",
        "how many tweets per Twitter user?", "how much per time", "what is the story of Twitter?", "which articles on Twitter are there?",
        "who was told by Twitter that he was fired?", "according to who, what is a pandemic?",
    ],
)  # fmt: skip
def test_what_is_asked_about_an_outlet_is_asked_of_all(text: str) -> None:
    assert named(text) is None


def test_outlets_that_go_by_one_name_are_asked_together() -> None:
    found = sourced("according to the BBC, who won?", ("BBC", "BBC News", "bbc.co.uk", "BBC Sport"))
    assert found is not None and found.outlets == ("BBC", "BBC News", "bbc.co.uk")
    found = sourced("according to CNN, who won?", ("edition.cnn.com", "us.cnn.com", "cnnhistory.com"))
    assert found is not None and found.outlets == ("edition.cnn.com", "us.cnn.com")


def test_the_longest_question_full_of_outlets_is_looked_through_at_once() -> None:
    """Where each name is looked at with all that stands before it, this takes minutes and the test hangs."""
    assert named(f"{'what did bbc ' * 760}according") is None
