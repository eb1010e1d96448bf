"""The nearest by the signs of vectors first: nearly all of the exact nearest, and the same whatever order rows have."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import index.vectors
from index.embed import Vectors
from index.errors import IndexDamaged
from index.vectors import SIGNS, VECTORS, Matrix, signs

ROWS, WIDTH, GROUPS = 6000, 384, 60


def unit(vectors: NDArray[np.floating[Any]]) -> Vectors:
    found: Vectors = (vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)).astype(np.float32)
    return found


@pytest.fixture(scope="module")
def material() -> tuple[Vectors, Vectors]:
    """Vectors in groups, as texts on one subject are, and questions that lie near some of them."""
    chance = np.random.default_rng(3)
    centres = chance.standard_normal((GROUPS, WIDTH))
    vectors = unit(centres[np.arange(ROWS) % GROUPS] + 0.9 * chance.standard_normal((ROWS, WIDTH)))
    return vectors, unit(centres[:20] + 0.6 * chance.standard_normal((20, WIDTH)))


def matrix(folder: Path, vectors: Vectors) -> Matrix:
    folder.mkdir(exist_ok=True)
    vectors.tofile(folder / VECTORS)
    np.ascontiguousarray(signs(vectors)).tofile(folder / SIGNS)
    return Matrix(folder, *vectors.shape)


@pytest.fixture(autouse=True)
def by_signs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond 100 rows the signs rank, and 300 are looked at closely."""
    for name, value in (("EXACT", 100), ("LEAST", 300), ("EACH", 6)):
        monkeypatch.setattr(index.vectors, name, value)


def test_the_nearest_are_among_those_that_are_looked_at(tmp_path: Path, material: tuple[Vectors, Vectors]) -> None:
    """Of the exact nearest 50, at least 99 in 100, while 95 in 100 of all rows are passed over."""
    vectors, questions = material
    held, standing = matrix(tmp_path, vectors), np.arange(ROWS, dtype=np.int32)
    shares = []
    for question in questions:
        near = held.near(question, 50, standing, None)
        assert (len(near), near.tolist()) == (300, sorted(set(near.tolist())))
        shares.append(np.isin(np.argsort(-(vectors @ question))[:50], near).mean())
    assert np.mean(shares) >= 0.99


def test_who_is_looked_at_does_not_depend_on_the_order_of_the_rows(
    tmp_path: Path, material: tuple[Vectors, Vectors]
) -> None:
    """Also among many that tie: those whose names come first."""
    vectors, questions = material
    vectors = np.concatenate([vectors[:1000], np.repeat(vectors[:1], 1000, axis=0)])
    names = np.random.default_rng(4).permutation(len(vectors)).astype(np.int32)  # of row n, whichever row that is
    order = np.random.default_rng(5).permutation(len(vectors))
    one, other = matrix(tmp_path / "one", vectors), matrix(tmp_path / "other", vectors[order])
    for question in [*questions, vectors[0]]:
        found = {names[row] for row in one.near(question, 50, names, None)}
        assert found == {names[order][row] for row in other.near(question, 50, names[order], None)}
    tied = set(np.flatnonzero((vectors == vectors[0]).all(axis=1)).tolist())
    assert found == set(sorted(names[list(tied)])[:300])


def test_where_few_are_allowed_all_of_them_are_looked_at(tmp_path: Path, material: tuple[Vectors, Vectors]) -> None:
    """And where many are, none but those."""
    vectors, questions = material
    held, standing = matrix(tmp_path, vectors), np.arange(ROWS, dtype=np.int32)
    few, many = np.arange(ROWS) % 20 == 3, np.arange(ROWS) % 2 == 0
    assert held.near(questions[0], 50, standing, few).tolist() == np.flatnonzero(few).tolist()
    near = held.near(questions[0], 50, standing, many)
    assert len(near) == 300 and many[near].all()
    exact = [row for row in np.argsort(-(vectors @ questions[0])).tolist() if many[row]][:50]
    assert np.isin(exact, near).mean() >= 0.98


@pytest.mark.parametrize("width", [1, 24, 63, 64, 65, 384])
def test_signs_of_any_width_rank_the_vector_itself_first(tmp_path: Path, width: int) -> None:
    """What a width leaves of the last word takes no part."""
    vectors = unit(np.random.default_rng(width).standard_normal((400, width)))
    held, standing = matrix(tmp_path, vectors), np.arange(400, dtype=np.int32)
    for row in (0, 17, 399):
        near = held.near(vectors[row], 50, standing, None)
        assert row in near or (vectors[near] == vectors[row]).all()


def test_rows_are_read_though_the_folder_is_gone(tmp_path: Path, material: tuple[Vectors, Vectors]) -> None:
    """As they were written, in the order asked for; none asked for gives none."""
    held = matrix(tmp_path / "folder", material[0])
    shutil.rmtree(tmp_path / "folder")
    assert np.array_equal(held.at([5, 0, 5999, 5]), material[0][[5, 0, 5999, 5]])
    assert held.at([]).shape == (0, WIDTH)
    assert np.array_equal(held.run(range(7, 900)), material[0][7:900])


def test_a_file_that_was_cut_short_while_it_is_held_is_damage(
    tmp_path: Path, material: tuple[Vectors, Vectors]
) -> None:
    """Named, and never a row of something else."""
    held = matrix(tmp_path, material[0])
    (tmp_path / VECTORS).write_bytes(b"")
    with pytest.raises(IndexDamaged, match=VECTORS):
        held.at([1])
    with pytest.raises(IndexDamaged, match=VECTORS):
        held.run(range(1, 3))
