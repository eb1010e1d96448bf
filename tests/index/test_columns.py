"""Columns of words: whatever was carried over, set aside or merged in pieces, the files are the same."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import index.columns
from index.columns import Columns, write_words
from index.words import COUNTS, LENGTHS, LETTERS, MOST, PLACES, ROWS, STARTS, Words

FILES = (LETTERS, PLACES, STARTS, ROWS, COUNTS, LENGTHS)
TERM = st.sampled_from(["a", "b", "flag", "^is", "é", "zebra", "straße", "𝕏", "Z"])
PASSAGES = st.lists(st.lists(TERM, max_size=7), min_size=1, max_size=12)


def written(folder: Path) -> dict[str, bytes]:
    assert {path.name for path in folder.iterdir()} == set(FILES)  # nothing that was set aside is left
    return {name: (folder / name).read_bytes() for name in FILES}


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(old=PASSAGES, taken=st.lists(st.integers(0, 11) | st.lists(TERM, max_size=7), max_size=12))
def test_what_is_carried_is_as_if_it_were_written_anew(
    tmp_path_factory: pytest.TempPathFactory, old: list[list[str]], taken: list[int | list[str]]
) -> None:
    """Rows kept, dropped, in another order and among fresh ones: byte for byte what their terms alone would give."""
    before, after, anew = (tmp_path_factory.mktemp(name) for name in ("before", "after", "anew"))
    write_words(before, old)
    words, columns, seen, expected = Words(before, len(old)), Columns(after), set[int](), list[list[str]]()
    for one in taken:
        if isinstance(one, list):
            columns.add([one])
            expected.append(one)
        elif one < len(old) and one not in seen:
            columns.carry(words, range(one, one + 1))
            seen.add(one)
            expected.append(old[one])
    columns.finish()
    write_words(anew, expected)
    assert written(after) == written(anew)
    Words(after, len(expected)).verify()


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(passages=PASSAGES, run=st.integers(1, 9), block=st.integers(1, 9), terms=st.integers(1, 3))
def test_pieces_of_any_size_give_the_same_files(
    tmp_path_factory: pytest.TempPathFactory, passages: list[list[str]], run: int, block: int, terms: int
) -> None:
    """How much is gathered before it is set aside, and how much is merged at a time, leaves no trace."""
    whole, pieces = tmp_path_factory.mktemp("whole"), tmp_path_factory.mktemp("pieces")
    write_words(whole, passages)
    with pytest.MonkeyPatch.context() as patch:
        for name, value in (("_RUN", run), ("_BLOCK", block), ("_TERMS", terms)):
            patch.setattr(index.columns, name, value)
        write_words(pieces, passages)
    assert written(pieces) == written(whole)


def test_a_term_is_counted_up_to_a_limit(tmp_path: Path) -> None:
    """Beyond it the count stays there, the length does not, and nothing is damaged."""
    write_words(tmp_path, [["a"] * (MOST + 5) + ["b"]])
    words = Words(tmp_path, 1)
    words.verify()
    assert (words.counts_of_all.tolist(), words.lengths.tolist()) == ([MOST, 1], [MOST + 6])


def test_terms_are_found_by_their_spelling_alone(tmp_path: Path) -> None:
    """First, last, one that begins like another, one beyond every other, one that is no text at all."""
    write_words(tmp_path, [["ab", "a"], ["abc", "𝕏"], ["é"]])
    words = Words(tmp_path, 3)
    assert words.vocabulary() == ["a", "ab", "abc", "é", "𝕏"]
    found = {term: words.rows(term).tolist() for term in ("a", "ab", "abc", "é", "𝕏", "", "aa", "abcd", "\udc80")}
    assert found == {"a": [0], "ab": [0], "abc": [1], "é": [2], "𝕏": [1], "": [], "aa": [], "abcd": [], "\udc80": []}
