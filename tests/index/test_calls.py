"""Calls: a page that sends, asks or speaks of itself is furniture; the same words in the news are not."""

from __future__ import annotations

import pytest

from index.boilerplate import boilerplate_lines
from index.calls import is_call
from index.lines import paragraphs
from index.split import split

CALLS = """
See the full list
Read her story.
You can read a longer study of the dam here.
You can see more photos of the flood below.
Find out more about the ferry at ledger.example.
Go here to tell us your story.
Scroll down to see all of the winners
Come back for updates.
If you were on the ferry, please contact our newsroom.
The Daily River: Get our latest stories in your inbox
Check out the full list of nominees.
Follow our live coverage.
⚽️ Follow our live coverage.
Follow along for updates throughout the night from Ledger reporters.
Follow the latest on the flood from Ledger reporters.
See more photos of the flood and what came after.
Learn more about the plan for the dam.
You can read more about the keeper here.
You can find a link to her story in today's show notes.
For more about the dam, read here.
If you are on a phone, click here.
To give to the fund, click here.
Head here to see our map of the flood.
A list of shelters can be found here.
For updates on the dam, check out our live blog.
For more, head to ledger.example.
Full story from the Mill Times
Read up on other words of the flood
More top reads from Ledger.example:
Go deeper:
Below, find links to the latest reports:
Here's a transcript of the mayor's speech.
Story continues below the gallery
Looking for the latest updates?
We want to hear from you about the flood.
If you have a story of the flood, please email us at flood@ledger.example.
Help us report this story
Send news tips to our online form.
Your subscription helps support stories like this.
A subscription makes work like this possible.
Sign up at Ledger.example/Deal.
The Morning Note is free, but several stories we link to are subscriber-only.
To get all of the river in the morning, please consider joining our readers.
As a public service, the Ledger is offering its pages on the flood free of charge.
The river experts of the Ledger have all your boating needs covered.
Get all the news of the river in your inbox
Listen to the show here or wherever you get your podcasts.
If you have a minute, we ask for a rating and review.
This is a developing story and will be updated.
This story may be updated.
Check back for updates.
Refresh this page for updates.
Stay tuned for more.
Scroll down for a recap of the day:
This piece was originally published in 2017, when the dam was new.
This is an updated version of a story first published in June.
This fact check is available at the Ledger's room on WhatsApp.
Story by Jane Doe | Photos by John Roe
Produced by the Ledger's photo team
Additional reporting contributed by Jane Doe.
The capsules were written by: Jane Doe and John Roe.
""".strip().split("\n")

NEWS = """
See the river from here and you will understand, the ferryman said.
Read the letter, and you will know why they left the valley.
Follow the river down to the sea.
Check the gates below the dam every morning, the manual says.
You can see the dam from here.
You can read the names of 40 families on the wall.
The names of the dead can be read on a wall of the church.
For more than a year, nobody looked here.
If you go to the port at night, look for the light.
Below the dam, nine villages were under water.
More people from the valley came to the port on Monday.
Here's a man who has seen nine floods.
The story continues below the bridge, where the water rose.
We want to hear the truth, the families told the court.
Help us, they wrote on the roof.
Send more boats to our harbour, the mayor wrote.
Your vote helps the ones who lost their homes.
Subscribers left the newspaper in large numbers.
To get to the dam, they walked for nine hours.
This story is about a ferry that never sailed.
The story will be updated in the second season, its makers say.
The reviews were written by people who had never seen the boat.
The ministry has the cost of the dam covered.
The boy looked at a rating and reviewed it.
Come back for the harvest, the old man told them.
Stay tuned in to the river, the captain liked to say.
Story after story was told of the flood.
Produced by the mill until 1990, the flour was known in the whole valley.
Watch this goat cross the dam with nine children on a rope.
You can see the marks of the flood here.
You can get a cup of coffee for a dollar here.
You can see the whole valley far below.
You can see more from the top of the hill than from the road.
More than 300 kinds of birds can be found here.
The eclipse can be viewed here.
If the mayor acts, he will send our boats to the border.
If my mother had known, she would never have let them send us to the mill.
Have we forgotten how they used to send us to the mill?
To get out of debt, consider joining a credit union.
To see the world, consider becoming a ferryman.
Your subscription is likely to cost more next year.
Your membership is valid for one year at all parks.
As a public service, the ferry is offering free rides to the polls.
A subscription makes sense for people who cross the river every week.
From Monday, all lessons on the site will be subscriber-only.
To enter the temple, have your shoulders covered.
That message from a foreign prince is still in your inbox.
The shop says its rating and review system had been abused for years.
Come back to see the cherry trees in April.
Come back for more rides in the evening, when the lines are short.
Additional research was done by the geologists of Mill Town.
Here's the link between sleep and memory.
Follow along the creek for two miles to the old mill.
Follow the story of three sisters in the valley in the 1930s.
Follow the guide on the packet and add water.
Explore the galleries of the mill at night.
Watch the series for its costumes alone.
See the pictures of the dead and you cannot sleep.
If you doubt it, read the indictment.
For the cheapest boats in town, head here.
Learn more at the library's open house in May.
We'll send you to the moon, as the saying goes.
You can text from the valley to US numbers at no charge.
This list will be updated every year by the ministry.
""".strip().split("\n")


@pytest.mark.parametrize("line", CALLS)
def test_a_call_is_furniture_on_a_line_and_as_a_sentence(line: str) -> None:
    text = f"The dam held.\n\n{line}\n\nNobody was hurt."
    assert list(boilerplate_lines(text, paragraphs(text))) == [None, "boilerplate", None]
    if line[-1] == "." and "." not in line[:-1]:
        assert [one.kind for one in split(f"The dam held. {line}")] == ["sentence", "boilerplate"]


@pytest.mark.parametrize("line", NEWS)
def test_news_that_begins_as_calls_do_is_none(line: str) -> None:
    assert not is_call(line)


def test_a_question_of_what_the_reader_knows_goes_with_the_call_that_it_leads_to_and_stays_alone() -> None:
    asked = "What is the river like where you are?"
    assert [one.kind for one in split(f"The dam held. {asked} Check back for updates.")][1:] == ["boilerplate"] * 2
    assert [one.kind for one in split(f"The dam held. {asked} Nobody was hurt.")] == ["sentence"] * 3


def test_names_with_a_dot_inside_are_still_names() -> None:
    assert is_call("More stories from Ledger.example:")
    assert is_call("Read more from Ledger.example on the dam")


@pytest.mark.parametrize(
    "piece", ["here ", "see the ", "a.b", "of ", "to ", "for a ", "you can ", "A. ", "  ", "more ", "our "]
)
def test_no_sentence_keeps_the_rules_busy(piece: str) -> None:
    """A rule that can match in many ways would not come to an end on some of these within the tests' time limit."""
    for begins in ("For ", "You can see ", "To ", "Follow ", "A ", "See the "):
        assert not is_call(begins + piece * 60 + "\x00")
