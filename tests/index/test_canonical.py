"""Canonical text: what goes, what stays, what is flagged, and that doing it twice changes nothing."""

from __future__ import annotations

import time
import unicodedata

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from index.canonical import canonicalise, one_line
from index.errors import DocumentRejected

# Characters that steps of canonicalising act on, so that hypothesis meets their combinations.
_ODD = list(
    "aeZ .\n\r\t\x00\x07\x0b\x1b[]2J\\;\x85\x9b\x9c\x9d\u00a0\u00ad\u0301\u0323\u0344\u034f\u0430\u061c\u0647\u064b"
    "\u0915\u093c\u094d\u0e33\u115f\u1160\u1100\u1161\u11a8\u180e\u2000\u200b\u200c\u200d\u200e\u2028\u202e\u2060\u2066"
    "\u212b\u3164\u4e00\uf900\ufe0f\ufeff\ufffd\uffff\U0001f600\U0001f3fd\U000e0041\U000e0100\U000f0000\U0001d15e"
)
_texts = st.one_of(
    st.text(st.sampled_from(_ODD), max_size=24),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=60),
)
_FORBIDDEN = frozenset(
    "\u200b\u2060\ufeff\u00ad\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
)


@settings(max_examples=400, deadline=None)
@given(_texts)
@example("\u0647\u0301\u200b\u064b\u200d")
@example(" \ufe0f")
@example("e" + "\u0344" * 40)
@example("\u0647\u200d\u0301\u200d\U0001f600\u200d\u200d\U0001f600")
def test_canonicalising_twice_changes_nothing(text: str) -> None:
    once = canonicalise(text).text
    assert canonicalise(once).text == once


@settings(max_examples=400, deadline=None)
@given(_texts)
def test_canonical_text_is_composed_encodable_and_free_of_what_must_go(text: str) -> None:
    result = canonicalise(text).text
    assert result.encode("utf-8").decode("utf-8") == result
    assert unicodedata.is_normalized("NFC", result)
    for character in result:
        assert character not in _FORBIDDEN
        assert character in "\n\t" or unicodedata.category(character) not in ("Cc", "Cs", "Co", "Cn")
        assert not "\U000e0000" <= character <= "\U000e007f"
    assert "\n\n\n\n" not in result
    assert all(line == line.rstrip() for line in result.split("\n"))


@settings(deadline=None)
@given(st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=1))
def test_plain_words_are_left_letter_by_letter(text: str) -> None:
    assert canonicalise(text).text == text
    assert canonicalise(text).flags == ()


@pytest.mark.parametrize(
    ("given_text", "text", "flags"),
    [
        ("a\r\nb\rc\u2028d\x85e", "a\nb\nc\nd\ne", ()),
        ("a \t \nb\u00a0\n", "a\nb", ()),
        ("a\n\n\n\n\n\nb", "a\n\n\nb", ()),
        ("a\u00a0b\tc", "a\u00a0b\tc", ()),
        ("Caf\u0065\u0301 opened.", "Café opened.", ()),
        ("one\x1b[2J\x1b]52;c;cm0=\x07 two\x1b[31mthree\x1b]0;t\x1b\\.", "one twothree.", ("escapes_stripped=4",)),
        ("a\x1b]unfinished words", "aunfinished words", ("escapes_stripped=1",)),
        ("a\x00b\x07c", "abc", ("control_stripped=2",)),
        ("x \u202ey\u202c z", "x y z", ("bidi_stripped=2",)),
        ("a" + "".join(chr(0xE0000 + ord(c)) for c in "obey me") + "b", "ab", ("invisible_text=7",)),
        ("in\u200bvis\u2060ib\u00adle\ufeff", "invisible", ("zero_width_stripped=4",)),
        ("a\ue000b\U000f0001", "ab", ("private_stripped=2",)),
        ("a\uffffb", "ab", ("unassigned_stripped=1",)),
        ("lost \ufffd byte", "lost \ufffd byte", ("replacement=1",)),
        ("P\u0430ris fell. \u0420aris again.", "P\u0430ris fell. \u0420aris again.", ("confusable=2",)),
        ("Москва и Paris", "Москва и Paris", ()),
    ],
)
def test_what_goes_and_what_is_flagged(given_text: str, text: str, flags: tuple[str, ...]) -> None:
    result = canonicalise(given_text)
    assert (result.text, result.flags) == (text, flags)


@pytest.mark.parametrize(
    "text",
    [
        "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",  # Persian, two halves of one word
        "\u0915\u094d\u200d\u0937",  # Devanagari, a half letter
        "\U0001f468\u200d\U0001f469\u200d\U0001f467",  # a family, one picture
        "\u2764\ufe0f\u200d\U0001f525",  # a heart on fire
        "\u845b\U000e0100",  # an ideograph in its variant
    ],
)
def test_joiners_and_selectors_stay_where_they_matter(text: str) -> None:
    assert canonicalise(text).text == text


def test_joiners_and_selectors_that_join_nothing_go_and_are_counted() -> None:
    result = canonicalise("pass\u200dword and a\U000e0101\U000e0102 smile \U0001f600\ufe0f\ufe01")
    assert result.text == "password and a smile \U0001f600\ufe0f"
    assert result.flags == ("invisible_text=3", "zero_width_stripped=1")


def test_half_a_surrogate_pair_is_rejected_with_its_place() -> None:
    with pytest.raises(DocumentRejected, match=r"bad_text: lone_surrogate U\+D800 at character 3"):
        canonicalise("abc\ud800")


@pytest.mark.parametrize(
    "text",
    [
        " " * 400_000 + "x",
        "\x1b]" * 200_000,
        "\n" * 400_000 + "x",
        "e" + "\u0301\u0323" * 200_000,
        "a\u200d" * 200_000,
        "\u202e" * 400_000,
        "".join(map(chr, range(0xF0000, 0xFFFFE))) * 4,
    ],
    ids=["spaces", "escapes", "newlines", "marks", "joiners", "bidi", "private"],
)
def test_time_stays_linear_on_hostile_text(text: str) -> None:
    start = time.process_time()
    canonicalise(text)
    assert time.process_time() - start < 2


def test_metadata_becomes_one_line() -> None:
    assert one_line(" A\n title\u00a0 of\ttwo \u202elines ") == "A title of two lines"
