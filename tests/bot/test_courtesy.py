"""Lines that ask nothing."""

from __future__ import annotations

import pytest

from bot.courtesy import courtesy
from bot.question import question


def kind(line: str) -> str | None:
    return courtesy(question(line, 1000))


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("thanks!", "thanks"), ("Thank you very much 🙏", "thanks"), ("danke schön", "thanks"), ("gracias", "thanks"),
        ("merci beaucoup", "thanks"), ("obrigada", "thanks"), ("hello", "greeting"), ("Good morning everyone", "greeting"),
        ("Guten Tag!", "greeting"), ("hi there", "greeting"), ("bye", "farewell"), ("OK thanks, bye!", "farewell"),
        ("au revoir", "farewell"), ("thanks so much", "thanks"),
        ("so much appreciated", "thanks"), ("good job, everyone", "thanks"), ("good night, goodbye", "farewell"),
        ("ok", "no_question"), ("yes", "no_question"), ("YES", "no_question"),
        ("hmm…", "no_question"), ("help", "no_question"),
    ],
)  # fmt: skip
def test_a_courtesy_is_known_as_a_whole_line(line: str, expected: str) -> None:
    assert kind(line) == expected


@pytest.mark.parametrize("line", ["who?", "the", "what is it", "is", "who are you?", "and of the"])
def test_small_words_alone_ask_nothing(line: str) -> None:
    assert kind(line) == "no_question"


@pytest.mark.parametrize(
    "line",
    ["WHO", "IS", "US", "2019", "谁?", "Hello Kitty", "ok, who won?", "No Time to Die", "ok computer", "thanks to whom did they win?",
     "good bank", "who said thanks", "how many", "who said hello?", "Bye Bye Birdie", "Later"],
)  # fmt: skip
def test_with_a_word_more_or_a_name_it_is_a_question(line: str) -> None:
    assert kind(line) is None


@pytest.mark.parametrize("word", ["no", "bye", "grazie", "thank you", "haha"])
def test_a_row_of_courtesies_that_ends_in_a_question_is_given_up_at_once(word: str) -> None:
    """Where choices are taken back, 25 times "no" takes minutes and the test hangs."""
    row = " ".join([word] * (76 // (len(word) + 1)))
    assert kind(f"{row} x") is None
    assert kind(row) is not None
