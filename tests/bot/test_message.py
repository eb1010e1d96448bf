"""Answers as paragraphs: what is said, in which order, and that no letter of a quote is lost."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.answer import Answer, not_found
from bot.cite import Citation
from bot.config import Config
from bot.desk import Context, Listed, Weighed
from bot.message import Paragraph, Run, article, context, listing, message, outlet, quote, table, why
from tests.bot.fake_articles import ARTICLES, PLAIN
from tests.bot.fake_desk import FakeDesk

CITATION = Citation(
    marker=1,
    quote="The SDF declared the caliphate over.",
    article="a",
    title="Over",
    source="River Courier",
    authors=("Foreign desk",),
    url="https://news.example/a",
    published="2019-03-23",
    start=100,
    end=136,
    answer_start=104,
    answer_end=107,
    speaker=None,
    score=0.9,
)
BARE = replace(
    CITATION, marker=2, title=None, source=None, authors=(), url=None, published=None, answer_start=None,
    answer_end=None,
)  # fmt: skip
ANSWER = Answer("who?", "answered", None, "SDF", 0.996, (CITATION, BARE), (), "g1")


def said(paragraphs: object) -> list[str]:
    assert isinstance(paragraphs, tuple | list)
    return [" ".join(filter(None, [p.marker, "".join(run.text for run in p.runs)])) for p in paragraphs]


def test_the_short_answer_comes_first_then_the_quotes_then_their_sources() -> None:
    assert said(message(ANSWER, {1: "sentence 3 of 9"})) == [
        "SDF",
        "",
        "[1] The SDF declared the caliphate over.",
        "[2] The SDF declared the caliphate over.",
        "",
        "Sources",
        "[1] River Courier, 23 March 2019, sentence 3 of 9",
        "Over / Foreign desk",
        "https://news.example/a",
        "[2] outlet not given, date not given, characters 100 to 136",
        "",
        "Confidence 99 %.",
    ]


def test_where_no_outlet_is_given_the_host_or_the_file_stands_for_it() -> None:
    assert outlet("River Courier", "https://www.news.example/a", "a.html") == "River Courier"
    assert outlet(None, "https://www.news.example/a", "a.html") == "news.example"
    assert outlet(None, None, "a.pdf") == "a.pdf"
    assert outlet(None) == "outlet not given"


def test_the_short_answer_is_marked_within_its_sentence() -> None:
    assert quote(CITATION) == (Run("The "), Run("SDF", "answer"), Run(" declared the caliphate over."))
    assert quote(BARE) == (Run(BARE.quote),)


@given(st.text(min_size=1), st.data())
def test_a_quotes_runs_joined_are_the_quote(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, len(text)))
    cited = replace(CITATION, quote=text, start=7, end=7 + len(text), answer_start=7 + start, answer_end=7 + end)
    runs = quote(cited)
    assert "".join(run.text for run in runs) == text
    assert [run.text for run in runs if run.style == "answer"] == [text[start:end]]


def test_a_sentence_that_is_the_answer_as_a_whole_needs_no_short_one() -> None:
    whole = replace(ANSWER, answer=None, citations=(BARE,))
    assert said(message(whole, {}))[0] == "[2] The SDF declared the caliphate over."


def test_having_no_answer_is_said_and_the_nearest_sentences_are_marked_as_none() -> None:
    answer = not_found("who?", "no_answer_in_articles", "g1", 0.2, (CITATION,))
    paragraphs = message(answer, {})
    assert said(paragraphs)[:4] == [
        "Not in the articles. No sentence answers it with enough confidence.",
        "",
        "Nearest sentences, not an answer:",
        "[1] The SDF declared the caliphate over.",
    ]
    assert not [run for paragraph in paragraphs for run in paragraph.runs if run.style == "answer"]


@pytest.mark.parametrize(
    ("reason", "line"),
    [
        ("nothing_close", "Not in the articles. No article comes close to it."),
        ("empty_index", "No articles are indexed yet; `byline build` reads them."),
        ("empty_question", "Please ask a question, for example: who declared the caliphate over?"),
        ("question_too_long", "That is too long for a question; please ask it shorter."),
        ("bad_text", "The question holds characters that are no text; please type it again."),
        ("reader_lost", "Not in the articles. Reason: reader lost."),
    ],
)
def test_every_reason_has_its_words(reason: str, line: str) -> None:
    assert said(message(not_found("?", reason, None), {})) == [line]


@pytest.mark.parametrize(
    ("published", "shown"),
    [("2019-03-01", "1 March 2019"), ("2019-03", "2019-03"), ("2019", "2019"), (None, "date not given")],
)
def test_a_date_is_written_out_and_never_completed(published: str | None, shown: str) -> None:
    assert said(message(replace(ANSWER, citations=(replace(CITATION, published=published),)), {}))[5].split(", ")[
        1
    ] == (shown)


def test_a_speaker_is_named_beside_the_place() -> None:
    spoken = replace(ANSWER, citations=(replace(CITATION, speaker="a spokesman"),))
    assert said(message(spoken, {1: "sentence 3 of 9"}))[5].endswith("sentence 3 of 9, said by a spokesman")


def test_context_keeps_the_articles_lines_and_marks_the_quote() -> None:
    around = Context("Before.\n\n", CITATION.quote, " After.", 3, 3, 9)
    paragraphs = list(context(CITATION, around))
    assert said(paragraphs)[-3:] == ["Before.", "", "The SDF declared the caliphate over. After."]
    assert [run.style for run in paragraphs[-1].runs] == ["quote", "answer", "quote", "plain"]


def test_a_long_article_is_cut_around_the_citation_and_says_so() -> None:
    citation = FakeDesk(ARTICLES, Config(Path())).ask("whose yellow flags flew above Baghuz?").citations[0]
    lines = said(list(article(PLAIN, citation, 10)))
    assert lines[0] == PLAIN.title
    assert lines[1] == "River Courier, 23 March 2019, baghuz-falls"
    assert f"({citation.start - 10} characters before this)" in lines
    assert lines[-1] == f"({len(PLAIN.text) - citation.end - 10} characters after this: byline show baghuz-falls)"
    assert said(list(article(PLAIN, None, 10_000)))[5:] == PLAIN.text.split("\n")


def test_long_lists_end_with_how_much_more_there_is() -> None:
    listed = [Listed(f"a{i}", None, None, None) for i in range(1_500)]
    assert said(list(listing(listed, 2)))[-1] == "and 1,498 more; a word after :articles narrows the list"


def test_what_was_not_read_or_not_found_is_said_so() -> None:
    weighed = [Weighed("One.", "a", 1, None, 0.0164, None), Weighed("Two.", "b", None, 2, 0.01, 0.5)]
    assert said(list(why(weighed, 5))) == [
        " 1. not read, words 1, vectors -, fused 0.0164, a",
        "One.",
        " 2. reader 0.500, words -, vectors 2, fused 0.0100, b",
        "Two.",
    ]


def test_a_table_may_be_empty() -> None:
    assert list(table({})) == []
    assert list(table({"a": 1, "bcd": None})) == [
        Paragraph((Run("1"),), marker="a", indent=5),
        Paragraph((Run("None"),), marker="bcd", indent=5),
    ]
