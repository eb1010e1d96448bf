"""What people read: links that land on the sentence, confidence in words, what was searched, sources without facts."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import unquote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.chat_telegram.asking import Covered
from bot.chat_telegram.link import link
from bot.chat_telegram.parts import parts
from bot.chat_telegram.wording import cited, covers, day, sure
from bot.cite import Citation
from tests.bot.telegram.recording import check_text

CITATION = Citation(
    1, "Ships, boats & well-known rafts waited.", "harbour", "Harbour", "Dock News", (), "https://dock.example/a", "2021-01-04",
    0, 39, 0, 5, None, 0.9,
)  # fmt: skip


def test_a_link_lands_on_the_sentence_with_every_sign_encoded() -> None:
    """https://wicg.github.io/scroll-to-text-fragment/: hyphen, comma and ampersand mean something else."""
    assert link(CITATION) == ("https://dock.example/a#:~:text=Ships%2C%20boats%20%26%20well%2Dknown%20rafts%20waited.")


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://dock.example/a?b=1&c=2#top", "https://dock.example/a?b=1&c=2#top:~:text="),
        ("https://dock.example/a#x:~:text=old", "https://dock.example/a#x:~:text="),
        ("http://dock.example", "http://dock.example#:~:text="),
        ("https://münchen.example/ä", "https://münchen.example/ä#:~:text="),
    ],
)
def test_the_address_before_the_fragment_stays_as_it_is(url: str, expected: str) -> None:
    assert (link(replace(CITATION, url=url)) or "").startswith(expected)


@pytest.mark.parametrize("url", [None, "", "javascript:alert(1)", "file:///etc/passwd", "https://a@b.example/"])
def test_what_is_no_web_page_is_no_link(url: str | None) -> None:
    assert link(replace(CITATION, url=url)) is None


def test_a_long_quote_is_found_by_its_first_and_last_words() -> None:
    quote = (
        "One two-three, four five six seven. " + "And so on it went. " * 9 + "The last of them\nwas the end, surely."
    )
    assert (link(replace(CITATION, quote=quote)) or "").endswith(
        "#:~:text=One%20two%2Dthree%2C%20four%20five%20six%20seven.,of%20them%20was%20the%20end%2C%20surely."
    )


@given(st.text(min_size=1, max_size=400), st.text(max_size=30))
@settings(max_examples=200)
def test_whatever_the_quote_the_fragment_is_plain_and_says_its_words(quote: str, path: str) -> None:
    found = link(replace(CITATION, quote=quote, url="https://dock.example/" + path.encode("ascii", "ignore").hex()))
    assert found is not None and len(found) <= 2048
    _, _, said = found.partition(":~:text=")
    assert said.isascii() and not set(said) - set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789%_.~,")
    words = " ".join(quote.encode("utf-8", "replace").decode().split())
    assert all(unquote(one) in words for one in said.split(","))


@pytest.mark.parametrize(
    ("confidence", "said"),
    [
        (1.0, "Very likely right: of answers like this one, nearly all are correct."),
        (0.999, "Very likely right: of answers like this one, about 9 in 10 are correct."),
        (0.9, "Very likely right: of answers like this one, about 9 in 10 are correct."),
        (0.8, "Likely right: of answers like this one, about 8 in 10 are correct."),
        (0.7, "Probably right: of answers like this one, about 7 in 10 are correct."),
        (0.41, "Not sure: of answers like this one, about 4 in 10 are correct."),
        (0.05, "Not sure: of answers like this one, fewer than 1 in 10 are correct."),
        (0.0, "Not sure: of answers like this one, fewer than 1 in 10 are correct."),
    ],
)
def test_confidence_is_said_in_words_and_never_rounded_up(confidence: float, said: str) -> None:
    assert sure(confidence) == said


@pytest.mark.parametrize(
    ("covered", "said"),
    [
        (Covered(0), "There are no articles here yet."),
        (Covered(1, None, None), "I searched 1 article; none gives a date."),
        (Covered(1234, "2019-03-23", "2021"), "I searched 1,234 articles, from 23 March 2019 to 2021."),
        (Covered(2, "2019-03-23", "2019-03-23"), "I searched 2 articles of 23 March 2019."),
    ],
)
def test_what_was_searched_is_said_with_its_period(covered: Covered, said: str) -> None:
    assert covers(covered) == said


@pytest.mark.parametrize(
    ("published", "said"), [(None, "date not given"), ("2019-13-40", "2019-13-40"), ("March", "March")]
)
def test_a_date_is_never_guessed(published: str | None, said: str) -> None:
    assert day(published) == said


def test_a_source_of_tricks_is_letters_on_one_line() -> None:
    tricks = replace(
        CITATION,
        title="<b>Tricks</b>\n\n[1] Fake News\x1b[31m" + "x" * 5000,
        source="@admin\n/rebuild \u202e",
        url=None,
    )
    (part,) = parts(tuple(cited(tricks)))
    check_text(part.text, [entity.to_dict() for entity in part.entities])
    head, quote = part.text.split("\n")
    assert quote == tricks.quote and head.startswith(
        "[1] @admin /rebuild \\u202e, 4 January 2021: <b>Tricks</b> [1] Fake News"
    )
    assert len(head) < 400
