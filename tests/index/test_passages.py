"""Passages: runs of whole sentences that leave out boilerplate and nothing else."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from index.cuts import KINDS
from index.passages import passages
from index.split import Sentence

PIECES = st.lists(st.tuples(st.integers(1, 40), st.integers(0, 3), st.sampled_from(KINDS)), max_size=30)


def sentences_of(pieces: list[tuple[int, int, str]]) -> tuple[str, tuple[Sentence, ...]]:
    """A text of pieces of these lengths, each after so many spaces."""
    text, found = "", []
    for length, gap, kind in pieces:
        text += " " * gap
        found.append(Sentence(len(text), len(text) + length, "x" * length, kind))  # type: ignore[arg-type]  # given as it is on purpose: looser than the declared type
        text += "x" * length
    return text, tuple(found)


@given(pieces=PIECES, target=st.integers(1, 80), more=st.integers(0, 80))
def test_every_citable_sentence_stands_in_exactly_one_passage(
    pieces: list[tuple[int, int, str]], target: int, more: int
) -> None:
    """In order, as slices of the text, without boilerplate, and no longer than allowed but for single sentences."""
    text, sentences = sentences_of(pieces)
    longest = target + more
    runs = passages("a", text, sentences, target, longest)
    covered = [i for run in runs for i in range(run.first, run.last + 1)]
    assert covered == [i for i, sentence in enumerate(sentences) if sentence.kind != "boilerplate"]
    for run in runs:
        assert run.article == "a"
        assert (run.start, run.end) == (sentences[run.first].start, sentences[run.last].end)
        assert run.text == text[run.start : run.end]
        assert run.end - run.start <= longest or run.first == run.last
    assert all(one.end <= other.start for one, other in pairwise(runs))


@given(pieces=PIECES, target=st.integers(1, 80))
def test_a_passage_below_the_target_ends_for_a_reason(pieces: list[tuple[int, int, str]], target: int) -> None:
    """It is the last, or boilerplate, a heading or a sentence too long for it comes next."""
    text, sentences = sentences_of(pieces)
    for run in passages("a", text, sentences, target, target):
        if run.end - run.start < target and run.last + 1 < len(sentences):
            after = sentences[run.last + 1]
            assert after.kind in ("boilerplate", "heading") or after.end - run.start > target


def test_a_heading_stays_with_what_it_heads() -> None:
    """Once the run before it is half full."""
    text, sentences = sentences_of([(30, 0, "sentence"), (10, 1, "heading"), (30, 1, "sentence")])
    assert [(run.first, run.last) for run in passages("a", text, sentences, 60, 100)] == [(0, 0), (1, 2)]


def test_nothing_citable_makes_no_passage() -> None:
    """No sentence, or boilerplate alone."""
    text, sentences = sentences_of([(5, 0, "boilerplate"), (7, 1, "boilerplate")])
    assert passages("a", text, sentences, 10, 20) == passages("a", "", (), 10, 20) == ()
