"""What a line of a talk stands for after what was said before."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.answer import not_found
from bot.follow import followed, may_follow
from bot.mentions import Turn
from bot.talk import Talk, turn

SDF = Turn(
    "who declared the caliphate over?", "Syrian Democratic Forces",
    "On Saturday the Syrian Democratic Forces declared the caliphate over.",
)  # fmt: skip
WHEN = Turn("When did the SDF declare the caliphate over?", "23 March 2019")
MANY = Turn("how many people were killed in Christchurch?", "50", "At least 50 people were killed in Christchurch.")
KILLED = Turn("Who was killed in the attack?", "Ivan Petrov")
LEADS = Turn("Who leads Hamas?", "Ismail Haniyeh")
OWNER = Turn("Who bought Twitter?", "Elon Musk", "Elon Musk bought Twitter for $44bn in October.")
STRUCK = Turn("where did the earthquake strike?", "near Gaziantep")
LEADER = Turn("who is the leader of the opposition?", "Ada Finch")


@pytest.mark.parametrize(
    ("before", "line", "whole"),
    [
        (SDF, "and when?", "When was it that the Syrian Democratic Forces declared the caliphate over?"),
        (SDF, "where was that?", "Where was it that the Syrian Democratic Forces declared the caliphate over?"),
        (SDF, "thanks! why?", "Why was it that the Syrian Democratic Forces declared the caliphate over?"),
        (SDF, "when did it happen", "When was it that the Syrian Democratic Forces declared the caliphate over?"),
        (WHEN, "where?", "Where did the SDF declare the caliphate over?"),
        (WHEN, "and when exactly?", "When exactly did the SDF declare the caliphate over?"),
        (MANY, "when?", "When were people killed in Christchurch?"),
        (MANY, "by whom?", "By whom were people killed in Christchurch?"),
        (KILLED, "why", "Why was Ivan Petrov killed in the attack?"),
        (LEADER, "since when?", "Since when is Ada Finch the leader of the opposition?"),
        (Turn("Did Germany ban the party?"), "why not?", "Why not: did Germany ban the party?"),
        (Turn("Why not: did Germany ban the party?"), "when?", "When did Germany ban the party?"),
        (Turn("Did Germany ban the party?"), "how come?", "Why did Germany ban the party?"),
        (Turn("what did Macron announce?", "a tax cut"), "why did he do that?", "Why did Macron announce a tax cut?"),
        (Turn("Who said the group was defeated?", "Mr. Trump"), "when did he say it?",
         "When was it that Mr. Trump said the group was defeated?"),
        (Turn("what is inflation in Turkey?", "80 percent"), "why?", "Why is inflation in Turkey 80 percent?"),
    ],
)  # fmt: skip
def test_a_bare_question_word_asks_the_last_question_for_something_else(before: Turn, line: str, whole: str) -> None:
    assert followed(line, [before]) == whole


@pytest.mark.parametrize("line", ["who else?", "Anyone else?", "ok, and who else?"])
def test_who_else_asks_the_same_besides_the_answer_that_was_given(line: str) -> None:
    besides = "Who else declared the caliphate over, besides the Syrian Democratic Forces?"
    assert followed(line, [SDF]) == besides
    between = Turn("When was it that the Syrian Democratic Forces declared the caliphate over?", "Saturday")
    assert followed(line, [SDF, between]) == besides and followed(line, [WHEN]) is None


@pytest.mark.parametrize(
    ("before", "line", "whole"),
    [
        (LEADS, "and Hezbollah?", "Who leads Hezbollah?"),
        (LEADS, "What about Fatah?", "Who leads Fatah?"),
        (MANY, "and in Utrecht?", "how many people were killed in Utrecht?"),
        (WHEN, "and in Iraq?", "When did the SDF declare the caliphate over in Iraq?"),
        (Turn("what is inflation in turkey?", "80 %", "In Turkey it rose."), "what about Greece?", "what is inflation in Greece?"),
        (Turn("who does the US trust?"), "and Iran?", "who does Iran trust?"),
        (WHEN, "what about Hamas?", "When did Hamas declare the caliphate over?"),
    ],
)  # fmt: skip
def test_what_about_puts_another_name_or_place_into_the_last_question(before: Turn, line: str, whole: str) -> None:
    assert followed(line, [before]) == whole


@pytest.mark.parametrize(
    ("before", "line", "whole"),
    [
        (SDF, "who leads them?", "who leads the Syrian Democratic Forces?"),
        (SDF, "when did they declare it?", "when did the Syrian Democratic Forces declare the caliphate?"),
        (KILLED, "Did his wife say anything?", "Did Ivan Petrov's wife say anything?"),
        (LEADER, "how old is she?", "how old is Ada Finch?"),
        (OWNER, "is it profitable?", "is Twitter profitable?"),
        (OWNER, "how much did he pay for it?", "how much did Elon Musk pay for Twitter?"),
        (STRUCK, "how strong was it?", "how strong was the earthquake?"),
        (STRUCK, "how many people died there?", "how many people died near Gaziantep?"),
        (WHEN, "what else happened that day?", "what else happened on 23 March 2019?"),
        (WHEN, "who died in that year?", "who died in 2019?"),
        (OWNER, "WHAT DID HE SAY?", "WHAT DID Elon Musk SAY?"),
        (OWNER, "where did he live when he bought it?", "where did Elon Musk live when Elon Musk bought Twitter?"),
        (OWNER, "in what year was his wife born?", "in what year was Elon Musk's wife born?"),
        (OWNER, "his wife?", "Elon Musk's wife?"),
    ],
)
def test_a_pronoun_gives_way_to_what_it_stands_for(before: Turn, line: str, whole: str) -> None:
    assert followed(line, [before]) == whole


@pytest.mark.parametrize(
    "line",
    [
        "who declared the caliphate over?", "When did the SDF declare it over?", "what did Trump say about his taxes?",
        "Who lost his job?", "how long does it take to fly to Mars?", "is it true that the war is over?", "What time is it?",
        "Which band released their first album in 1999?", "Did Messi win his first World Cup?", "were there any survivors?",
        "did apple say it would cut jobs?", "Besides his role in it, what did Smith do?", "thanks", "ok", "and who leads Hamas?",
        "what about the SDF leader's visit to Paris in March last year?", "wer war das?", "", "?", "Whose car hit its owner?",
        "What is a tariff and why is it important?", "Apple named its new boss when?", "Tell me about the flood and its causes.",
        "Yellowstone reopened on Monday. Why was it shut down?", "Which state announced it is legalizing jaywalking?",
        "Which singer will launch a residency later this year?", "who died this month in Syria?", "what is IT", "it chapter two cast",
        "How is the IT sector doing?", "Who played Pennywise in It?", "Did the US change its mind?", "what do the us and its allies want",
        "was it a good idea to invade iraq", "is it a crime to burn the flag?", "how far is it from london to paris?",
        "why is it so hot in Europe?", "How many barrels is it estimated that Kenya has?", "What season was it when Paris fell?",
        "in his speech what did biden announce", "In its report, what did the UN say?", "when he resigned, what did johnson say?",
        "despite their losses did the russians advance", "how old was mandela when he died", "has putin lost his war",
        "why was abc forced to sell its stations", "what was thoreau's punishment for not paying his taxes?", "they live director",
        "Which university has its origins in a school?", "her majesty the queen", "who did not pay its debts, or else", "or else",
    ],
)  # fmt: skip
def test_a_question_that_stands_by_itself_is_not_changed(line: str) -> None:
    for before in (SDF, WHEN, MANY, KILLED, LEADS, OWNER, STRUCK, LEADER):
        assert followed(line, [before]) is None


def test_without_a_turn_nothing_is_followed() -> None:
    assert followed("and when?", []) is None


def test_whom_a_word_stood_for_it_stands_for_again() -> None:
    asked = Turn("What did Ada Finch sing in Venom?", "an aria", line="What did she sing in Venom?")
    assert followed("was she praised?", [asked]) == "was Ada Finch praised?"


def test_somebody_from_turns_ago_is_remembered_where_the_last_turn_names_nobody() -> None:
    talk = [KILLED, Turn("what happened in 2012?", "a flood")]
    assert followed("was he married?", talk) == "was Ivan Petrov married?"


def test_a_surname_is_given_in_the_full_form_that_was_said() -> None:
    before = Turn("when did Finch resign?", "in May", "Mayor Ada Finch resigned in May.")
    assert followed("why did she resign?", [before]) == "why did Mayor Ada Finch resign?"


def test_why_not_asks_nothing_after_a_question_that_cannot_be_denied() -> None:
    assert followed("why not?", [SDF]) is None


def test_somebody_else_who_is_not_known_is_put_into_no_question() -> None:
    assert followed("and his wife?", [SDF]) is None


def test_a_group_is_not_taken_for_him_nor_a_man_for_it() -> None:
    assert followed("how old is he?", [SDF]) is None
    assert followed("is it large?", [Turn("who won?", "the winner of the race, after a long day")]) is None


WORDS = st.sampled_from(
    "who what when where why how did was is the The SDF Ada Finch declared killed it he they his that there over in of "
    "Raqqa and else about , ? ! thanks besides 2019 year day children".split()
)
LINES = st.lists(WORDS, max_size=9).map(" ".join)


@given(LINES, st.lists(st.builds(Turn, LINES, st.none() | LINES, st.none() | LINES), max_size=3))
def test_no_word_comes_in_that_nobody_said(line: str, turns: list[Turn]) -> None:
    """But for the little words of a question; and a line that may not follow is never changed."""
    whole = followed(line, turns)
    if whole is None:
        return
    assert may_follow(line)
    said = " ".join([line, *(text for one in turns for text in (one.question, one.answer, one.quote) if text)])
    ours = {
        "was",
        "it",
        "that",
        "they",
        "else",
        "besides",
        "what",
        "who",
        "why",
        "happened",
        "after",
        "on",
        "in",
        "the",
        "s",
        "whom",
    }
    assert set(re.findall(r"\w+", whole.lower())) <= set(re.findall(r"\w+", said.lower())) | ours


@given(st.text(max_size=200), st.text(max_size=200), st.text(max_size=200))
def test_any_text_can_be_followed_and_follow(line: str, question: str, answer: str) -> None:
    assert followed(line, [Turn(question, answer, answer)]) == followed(line, [Turn(question, answer, answer)])


def test_a_pasted_text_is_no_turn() -> None:
    given = not_found("who won? " * 200, "nothing_close", "gen-1")
    assert turn(given) is None
    assert turn(replace(given, question="who won?")) == Turn("who won?", line="who won?")


def test_what_was_said_longer_ago_is_not_followed_on() -> None:
    now = [0.0]
    talk = Talk(lambda: now[0])
    talk.heard(not_found("who won in Raqqa?", "nothing_close", "gen-1"))
    now[0] = 29 * 60
    assert talk.understood("and when?", 30) is not None and talk.understood("and when?", 0) is None
    now[0] = 31 * 60
    assert talk.understood("and when?", 30) is None
