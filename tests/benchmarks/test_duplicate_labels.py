"""The labelled pairs: whole, without text, two hands' answers side by side, and how far they agree."""

from __future__ import annotations

import hashlib
import re

import pytest

from benchmarks.duplicate_labels import PARTS, Agreement, Labelled, agreement, labelled_pairs


def pair(first: str, second: str) -> Labelled:
    return Labelled(("rt1", "rt2"), "tune", first, second)


def test_the_labelled_pairs_are_whole_and_their_halves_are_set_by_their_ids() -> None:
    """No text lies beside them: ids of a public set, two labels, a part; the pairs of the later parts are new ones."""
    pairs = list(labelled_pairs())
    assert len({frozenset(one.ids) for one in pairs}) == len(pairs) == 552
    assert {one.part for one in pairs} == set(PARTS)
    assert all(re.fullmatch(r"rt\d+", id_) for one in pairs for id_ in one.ids)
    for one in pairs:
        if one.part in ("tune", "held"):
            odd = int(hashlib.sha256(" ".join(one.ids).encode()).hexdigest(), 16) % 2
            assert one.part == ("held" if odd else "tune")


def test_each_hand_has_answered_every_pair_with_a_word_of_its_rule() -> None:
    pairs = list(labelled_pairs())
    assert {one.first for one in pairs} == {"exact", "near", "version", "different"}
    assert {one.second for one in pairs} == {"one", "different", "cannot say", "address"}


def test_what_the_hands_share_is_what_both_answered_alike() -> None:
    """Where the second hand cannot say nothing is shared, and where the address decides it stands for the second hand."""
    assert [pair(first, "one").by_both for first in ("near", "different")] == [True, None]
    assert [pair(first, "different").by_both for first in ("version", "different")] == [None, False]
    assert pair("near", "cannot say").by_both is pair("different", "cannot say").by_second is None
    assert pair("version", "address").by_both is True


def test_kappa_is_the_agreement_beyond_chance() -> None:
    """Cohen's own kind of example: 20 and 15 of 50 alike, 0.7 in all; by chance it would be 0.5."""
    cells = {("near", "one"): 20, ("near", "different"): 5, ("different", "one"): 10, ("different", "different"): 15}
    pairs = [pair(*answers) for answers, count in cells.items() for _ in range(count)]
    found = agreement([*pairs, pair("near", "cannot say"), pair("version", "address")])
    assert (found.pairs, found.alike) == (50, 0.7)
    assert found.kappa == pytest.approx(0.4)
    assert agreement([pair("near", "one"), pair("different", "different")]).kappa == 1
    assert agreement([pair("different", "different")]) == Agreement(1, 1.0, 1.0)
