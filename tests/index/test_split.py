"""Splitting: right on the gold file, and slices that lose only white space on anything."""

from __future__ import annotations

import time
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.lines import extends
from index.split import LONGEST, SPLITTER_VERSION, Sentence, split
from tests.index.gold import Case, cases

# What was reached on 2026-11-20 (docs/LOG.split.md); it must not fall.
REACHED = 1.0

WORDS = st.sampled_from(
    'The U.S. Gen. Mr. a.m. No. 7 3.5 he said “no.” "Yes!" ‘it’ is (it is.) [the group] … ... e.g. St. D.C. J. K. km. '
    "example.org a@b.org • - 1. 2) – — ? ! « oui » „ja“ z. B. 道路。 لا؟ 🇺🇸 👩‍🚀 e\u0301 \u0301 Follow us Photo: # \n \n\n \t".split(
        " "
    )
)
NEWSLIKE = st.lists(WORDS, max_size=60).map(" ".join)
ANYTHING = st.text(
    alphabet=st.characters(exclude_categories=("Cs", "Cc"), include_characters="\n\t"), max_size=300
).map(lambda text: unicodedata.normalize("NFC", text))
TEXTS = st.one_of(NEWSLIKE, ANYTHING, st.text(alphabet=".!?…\"'“”‘’()[]«» \naA1", max_size=200))


@pytest.mark.parametrize("case", cases(), ids=lambda case: case.name)
def test_gold_case_has_its_right_pieces(case: Case) -> None:
    assert [(piece.kind, piece.text) for piece in split(case.text)] == list(case.pieces)


def test_share_of_gold_cases_right_has_not_fallen() -> None:
    every = cases()
    right = sum([(p.kind, p.text) for p in split(case.text)] == list(case.pieces) for case in every)
    assert len(every) >= 170
    assert right / len(every) >= REACHED


@settings(max_examples=400, deadline=None)
@given(TEXTS)
def test_pieces_are_slices_in_order_that_lose_only_white_space(text: str) -> None:
    at = 0
    for piece in split(text):
        assert text[piece.start : piece.end] == piece.text
        assert piece.start >= at
        assert piece.text.strip()
        assert not text[at : piece.start].strip()
        at = piece.end
    assert not text[at:].strip()


@settings(max_examples=300, deadline=None)
@given(TEXTS)
def test_no_piece_begins_inside_a_visible_character(text: str) -> None:
    for piece in split(text):
        if piece.start and text[piece.start - 1] != "\n":
            assert not extends(text[piece.start])
            assert text[piece.start - 1] != "\u200d"


@settings(max_examples=200, deadline=None)
@given(TEXTS, st.sampled_from([None, "en", "de", "fr"]))
def test_splitting_twice_gives_the_same(text: str, language: str | None) -> None:
    assert split(text, language=language) == split(text, language=language)


@pytest.mark.parametrize("case", cases(), ids=lambda case: case.name)
def test_a_piece_alone_stays_one_piece(case: Case) -> None:
    """Wrapped lines are put on one line for it: a single joint of two lines says too little about a wrap."""
    for piece in split(case.text):
        line = piece.text.replace("\n", " ")
        assert [part.text for part in split(line)] == [line]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("A. " * 200_000, id="ING-017 initials"),
        pytest.param('((((("' * 20_000 + ".", id="ING-018 brackets"),
        pytest.param('"' * 100_001, id="ING-019 odd quotation marks"),
        pytest.param("word " * 400_000, id="words without a stop"),
        pytest.param("." * 200_000, id="dots"),
        pytest.param("He said. “No. Way. " * 15_000, id="quotations never closed"),
        pytest.param("x" * 400_000, id="one word"),
        pytest.param("e\u0301" * 100_000, id="combining marks"),
        pytest.param("🇺🇸" * 50_000, id="flags"),
        pytest.param(
            "The dam held.\nMore:Who owns the ferry\n" + "Nine engineers wish they had known of it before\n" * 12_000,
            id="headlines without end",
        ),
        pytest.param(
            "The dam held.\nMore:Who owns the ferry\n"
            + "".join(f"Dam {i}: Ten things that engineers wish they knew\nThe mayor spoke.\n" for i in range(5_000)),
            id="headlines between paragraphs without end",
        ),
    ],
)
def test_hostile_text_takes_under_two_seconds_and_stays_in_short_pieces(text: str) -> None:
    begun = time.process_time()
    pieces = split(text)
    assert time.process_time() - begun < 2
    assert max(len(piece.text) for piece in pieces) <= LONGEST
    assert sum(len(piece.text.split()) for piece in pieces) >= len(text.split())
    assert not any(extends(piece.text[0]) for piece in pieces)


def test_twice_the_text_takes_about_twice_the_time() -> None:
    def seconds(repeats: int) -> float:
        text = "“It is over. It is not,” he said of the U.S. The rest (he added) is no. 7 … Then … " * repeats
        best = 9.0
        for _ in range(3):
            begun = time.process_time()
            split(text)
            best = min(best, time.process_time() - begun)
        return best

    assert seconds(4_000) < 4 * seconds(2_000) + 0.05


def test_lines_without_a_stop_are_the_pieces() -> None:
    """ING-073: a poem, a table or a list."""
    lines = [f"line {number} of a long table" for number in range(300)]
    assert [piece.text for piece in split("\n".join(lines))] == lines


def test_a_line_that_repeats_the_title_is_a_heading_even_with_a_full_stop() -> None:
    text = "The dam held.\n\nEngineers had feared the worst."
    assert [piece.kind for piece in split(text, title="The  dam held.")] == ["heading", "sentence"]
    assert [piece.kind for piece in split(text)] == ["sentence", "sentence"]


def test_a_wrapped_sentence_keeps_its_line_end() -> None:
    text = "The harbour was closed for nine hours on Tuesday after a fire in\na warehouse near the quay."
    assert split(text) == (Sentence(0, len(text), text, "sentence"),)


def test_empty_text_has_no_pieces() -> None:
    assert split("") == split(" \n\n\t ") == ()


def test_the_splitter_has_a_version_for_the_manifest() -> None:
    assert SPLITTER_VERSION
