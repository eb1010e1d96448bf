"""Terms: what counts as the same word, and what is a name."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.columns import write_words
from index.errors import IndexDamaged
from index.words import Words, terms


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("The U.S. envoy", "the US envoy"),
        ("U.S.", "US"),
        ("U.S.-backed", "US backed"),
        ("Iraq's army", "Iraq army"),
        ("Iraq’s army", "Iraq's army"),
        ("élection", "Election"),
        ("e\u0301lection", "élection"),
        ("Évreux", "evreux"),
        ("Müller", "Muller"),
        ("Straße", "STRASSE"),
        ("O’Brien", "O'Brien"),
        ("fighters fighting", "fighter fights"),
        ("ＮＡＴＯ", "NATO"),
        ("İstanbul", "istanbul"),
        ("Ａ.Ｂ. test", "AB test"),
    ],
)
def test_these_are_the_same_words(one: str, other: str) -> None:
    """Case, accents, width, full stops within, possessives and endings do not tell words apart."""
    assert terms(one) == terms(other)


@pytest.mark.parametrize(
    ("name", "word"), [("IS", "is"), ("WHO", "who"), ("US", "us"), ("U.S.", "us"), ("IT", "it"), ("THE", "the")]
)
def test_a_stop_word_in_capitals_is_a_name(name: str, word: str) -> None:
    """It becomes a term of its own, which the stop word never is."""
    assert terms(f"Then {name} said") == [*terms("Then"), f"^{word}", *terms("said")]
    assert terms(f"Then {word} said") == terms("Then said")


def test_a_text_all_in_capitals_has_no_such_names_but_those_with_full_stops() -> None:
    """A shouted headline is not full of names."""
    assert terms("WHO IS IT") == []
    assert terms("U.S. IS OUT") == ["^us", *terms("out")]


def test_i_alone_is_no_name() -> None:
    """The only stop word that is written large everywhere."""
    assert terms("I said") == terms("said")


@given(st.text())
def test_terms_do_not_depend_on_composition(text: str) -> None:
    """Composed and decomposed letters give the same terms, none of them empty or with white space."""
    composed, decomposed = (terms(unicodedata.normalize(form, text)) for form in ("NFC", "NFD"))
    assert composed == decomposed
    assert all(term and not any(c.isspace() for c in term) for term in composed)


def test_texts_without_words_have_no_terms() -> None:
    """Nothing but stop words and marks."""
    assert terms("") == terms(" … — “” 's") == terms("of the") == []


def test_words_of_no_passages_score_nothing(tmp_path: Path) -> None:
    """An empty index, and one whose passages hold no words, answer with zeros."""
    for count in (0, 3):
        write_words(tmp_path, [[]] * count)
        words = Words(tmp_path, count)
        words.verify()
        assert words.scores(["any"]).tolist() == [0.0] * count


def test_a_term_asked_for_twice_counts_once(tmp_path: Path) -> None:
    """A question that repeats itself does not weigh its words anew."""
    write_words(tmp_path, [["a", "b"], ["b"]])
    words = Words(tmp_path, 2)
    assert np.array_equal(words.scores(["b", "b"]), words.scores(["b"]))


def test_words_that_cannot_be_read_are_damage(tmp_path: Path) -> None:
    """Though a digest may be right, nothing is guessed."""
    write_words(tmp_path, [["a"]])
    (tmp_path / "words.counts.npy").write_bytes(b"no array")
    with pytest.raises(IndexDamaged, match="byline build"):
        Words(tmp_path, 1)
