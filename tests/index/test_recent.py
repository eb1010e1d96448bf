"""What was used last is kept, by weight, and made anew when it is gone."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.recent import Recent


@given(st.lists(st.text("abc", max_size=9), max_size=60), st.integers(0, 40), st.integers(0, 3))
def test_what_is_kept_is_the_longest_run_of_the_last_used_that_is_allowed(
    keys: list[str], most: int, least: int
) -> None:
    made: list[str] = []

    def make(key: str) -> str:
        made.append(key)
        return key * 2

    recent = Recent(make, len, most, least)
    kept: list[str] = []  # the last used at the end
    for key in keys:
        known = key in kept
        before = len(made)
        assert recent(key) == key * 2
        assert len(made) == before + (not known)
        kept = [one for one in kept if one != key] + [key]
        while sum(2 * len(one) for one in kept) > most and len(kept) > least:
            kept.pop(0)
        assert len(recent) == len(kept)


def test_what_cannot_be_made_is_tried_again() -> None:
    tries: list[str] = []

    def make(key: str) -> str:
        tries.append(key)
        if len(tries) == 1:
            raise KeyError(key)
        return key

    recent = Recent(make, len, 100, 1)
    with pytest.raises(KeyError):
        recent("a")
    assert recent("a") == recent("a") == "a" and len(tries) == 2
