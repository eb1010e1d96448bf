"""Lines on pages become running text: words whole, furniture gone, and no letter lost but with it."""

from __future__ import annotations

import re
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.canonical import canonicalise
from index.sources.printed import Line, joined, running_text, without_furniture

WORDS = st.lists(st.text("bcdgkmaeu", min_size=2, max_size=12), min_size=1, max_size=60)


def _lines(*texts: str, top: float = 720, size: float = 11) -> list[Line]:
    return [Line(text, 72, top - 14 * number, size) for number, text in enumerate(texts)]


def _text(*texts: str) -> str:
    return running_text([_lines(*texts)])[0]


@settings(max_examples=200)
@given(WORDS, st.data())
def test_words_broken_at_line_ends_are_whole_again(words: list[str], data: st.DataObject) -> None:
    lines, line = [], ""
    for word in words:
        place = data.draw(st.integers(0, len(word)))
        if data.draw(st.booleans()) and 1 <= place < len(word):
            lines.append(f"{line} {word[:place]}-".strip())
            line = word[place:]
        elif data.draw(st.booleans()) and line:
            lines.append(line)
            line = word
        else:
            line = f"{line} {word}".strip()
    assert _text(*lines, line) == " ".join(words)


@settings(max_examples=200)
@given(st.lists(st.from_regex(r"[a-zé][a-zA-Zäﬁ0-9 .,;“”\u00ad-]{0,40}", fullmatch=True), min_size=1, max_size=12))
def test_no_letter_is_lost_or_added_and_the_text_is_canonical(lines: list[str]) -> None:
    def letters(text: str) -> str:
        return re.sub(r"[\s\u00ad\u2010-]", "", text.replace("ﬁ", "fi"))

    text = _text(*lines)
    assert letters(text) == letters("".join(lines))
    assert canonicalise(text).text == text


@pytest.mark.parametrize(
    ("line", "following", "together"),
    [
        ("the chan-", "nel was safe", "the channel was safe"),
        ("a self-", "made man", "a self-made man"),
        ("state-of-the-", "art ships", "state-of-the-art ships"),
        ("the Anglo-", "American fleet", "the Anglo-American fleet"),
        ("the 2019-", "20 season", "the 2019-20 season"),
        ("short-", "and long-term", "short- and long-term"),
        ("he left –", "and came back", "he left – and came back"),
        ("a pause -", "then rain", "a pause - then rain"),
        ("the har\u2010", "bour", "the harbour"),
    ],
)
def test_a_hyphen_at_a_line_end_goes_only_where_it_split_a_word(line: str, following: str, together: str) -> None:
    assert joined(line, following, Counter()) == together


@pytest.mark.parametrize(("elsewhere", "together"), [("co-operation", "co-operation"), ("cooperation", "cooperation")])
def test_the_document_itself_shows_whether_a_word_has_a_hyphen(elsewhere: str, together: str) -> None:
    assert joined("their co-", "operation", Counter([elsewhere])) == f"their {together}"


def test_a_capital_word_that_stands_whole_elsewhere_is_put_together() -> None:
    assert joined("the OP-", "TIONAL part", Counter(["optional"])) == "the OPTIONAL part"


@settings(max_examples=40)
@given(
    st.lists(st.lists(WORDS.map(" ".join), min_size=4, max_size=9, unique=True), min_size=2, max_size=5),
    st.integers(0, 40),
    st.booleans(),
)
def test_running_heads_and_page_numbers_go_and_the_text_stays(
    bodies: list[list[str]], offset: int, spelt: bool
) -> None:
    """Every line of the body is told from those of other pages by its page's name."""
    pages, kept = [], []
    for number, body in enumerate(bodies):
        said = [f"{'xyzwv'[number]}q {line}" for line in body]
        foot = f"Page {number + offset} of 99" if spelt else f"{number + offset}"
        head, feet = Line("The Harbour Post", 72, 760, 9), Line(foot, 500, 30, 9)
        pages.append([head, *_lines(*said), feet])
        kept.append(said)
    assert [[line.text for line in page] for page in without_furniture(pages)] == kept


def test_a_page_number_that_wanders_is_known_by_its_counting() -> None:
    """At the foot of one page and the head of the next, so that the place alone says nothing."""
    pages = [
        [*_lines("One here.", "More.", "Yet more.", "The rest."), Line("6", 300, 40, 9)],
        [Line("7", 500, 770, 9), *_lines("Two here.", "And more.", "And yet.", "And all.")],
    ]
    assert [len(page) for page in without_furniture(pages)] == [4, 4]


def test_the_number_of_an_only_page_goes() -> None:
    page = [*_lines("One here.", "More.", "Yet more.", "The rest."), Line("- 1 -", 300, 40, 9)]
    assert [len(page) for page in without_furniture([page])] == [4]


def test_a_line_that_comes_again_elsewhere_on_a_page_stays() -> None:
    pages = [
        _lines("It was cold.", "The year.", "So it went.", "Ships froze."),
        _lines("Then.", "Again.", "Still.", "It was cold."),
    ]
    assert [len(page) for page in without_furniture(pages)] == [4, 4]


def test_numbers_that_do_not_count_pages_stay() -> None:
    pages = [
        _lines("1912", "The year.", "It was cold.", "Ships froze."),
        _lines("1847", "Another.", "So warm.", "No ice."),
    ]
    assert [len(page) for page in without_furniture(pages)] == [4, 4]


def test_a_sentence_goes_on_over_the_end_of_a_page_and_pages_begin_where_their_words_do() -> None:
    pages = [_lines("The harbour of Senn was reo-"), [], _lines("pened on Monday.", "It rained.")]
    text, starts = running_text(pages)
    assert text == "The harbour of Senn was reopened on Monday. It rained."
    assert [text[start:][:7] for start in starts] == ["The har", "pened o", "pened o"]


def test_paragraphs_end_at_gaps_indents_larger_letters_and_list_items() -> None:
    page = [
        Line("Harbour reopens", 72, 740, 20),
        *_lines("The harbour reopened.", "It rained.", top=700),
        Line("    The mayor spoke.", 92, 672, 11),
        Line("She was brief.", 72, 658, 11),
        Line("After a gap.", 72, 620, 11),
        Line("• one thing", 72, 606, 11),
        Line("• another", 72, 592, 11),
    ]
    assert running_text([page])[0].split("\n") == [
        "Harbour reopens", "The harbour reopened. It rained.", "The mayor spoke. She was brief.", "After a gap.",
        "• one thing", "• another",
    ]  # fmt: skip


def test_ligatures_become_the_letters_that_people_type() -> None:
    assert _text("The ﬁrst oﬃcer ﬂed.") == "The first officer fled."
