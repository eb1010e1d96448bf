"""A person's line becomes a question, or a refusal with a fixed word; folding touches the search key alone."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import QuestionRefused
from bot.question import question


def refusal(line: str, max_chars: int = 1000) -> str:
    with pytest.raises(QuestionRefused) as refused:
        question(line, max_chars)
    return refused.value.reason


@pytest.mark.parametrize("line", ["", " \t\n\u2003\u200b", "?", "?!…", "“”"])
def test_a_line_without_a_letter_or_digit_is_no_question(line: str) -> None:
    assert refusal(line) == "empty_question"


@pytest.mark.parametrize("line", ["a" * 100_000, "word " * 200_000])
def test_a_line_that_is_too_long_is_refused_before_anything_looks_at_it(line: str) -> None:
    assert refusal(line) == "question_too_long"


def test_a_lone_surrogate_is_refused() -> None:
    assert refusal("Where is Paris?\ud800") == "bad_text"


def test_direction_controls_are_taken_out_of_what_is_shown() -> None:
    assert question("\u202esiraP si erehW", 1000).text == "siraP si erehW"


def test_look_alike_letters_search_like_latin_ones_but_are_shown_as_typed() -> None:
    asked = question("Wh\u0435r\u0435 is P\u0430ris?", 1000)
    assert asked.key == "Where is Paris"
    assert asked.text == "Wh\u0435r\u0435 is P\u0430ris?"


def test_full_width_letters_search_like_plain_ones() -> None:
    assert question("\uff37\uff48\uff45\uff52\uff45 \uff49\uff53 \uff30\uff41\uff52\uff49\uff53\uff1f", 1000).key == (
        "Where is Paris"
    )


def test_a_word_that_is_all_cyrillic_stays_cyrillic() -> None:
    assert question("Где Москва?", 1000).key == "Где Москва"


def test_piled_up_accents_are_capped_at_eight() -> None:
    assert len(question("Z" + "\u0301" * 3000 + "algo?", 5000).key) <= len("Zalgo") + 8


@pytest.mark.parametrize(
    "line",
    [
        "'; DROP TABLE articles;-- ",
        "{{7*7}} ${jndi:ldap://x} {% for x in ().__class__.__bases__ %} %n%s%x",
        "http://169.254.169.254/latest/meta-data/",
        "<b>bold</b> *x* _y_ [z](http://evil) `c`",
        "[0] [-1] [999999] [1-999999999]",
    ],
)
def test_code_and_markup_in_a_question_are_text_like_any_other(line: str) -> None:
    assert question(line, 1000).text == line.strip()


@given(st.text(max_size=300))
def test_a_question_is_a_fixed_point_and_has_no_character_that_a_terminal_obeys(line: str) -> None:
    try:
        asked = question(line, 1000)
    except QuestionRefused as refused:
        assert refused.reason in ("empty_question", "bad_text")
        return
    assert question(asked.text, 1000).text == asked.text
    assert not any(ord(c) < 32 or 0x7F <= ord(c) < 0xA0 for c in asked.text)


def test_a_question_is_searched_alike_with_its_mark_and_without() -> None:
    assert question("who opened the bridge?", 1000).key == question("who opened the bridge", 1000).key
