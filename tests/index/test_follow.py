"""Following folders: what comes, changes and goes there does so in the index, and nothing else does."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from index.build import Report, add, build, follow
from index.store import open_snapshot
from tests.index.test_build import RECIPE, quiet

pytestmark = pytest.mark.usefixtures("embedder")


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


@pytest.fixture
def index(tmp_path: Path) -> Path:
    """Two files and a line under `here`, and one file elsewhere."""
    for name in ("ferry", "dam"):
        write(tmp_path / "here" / f"{name}.txt", f"The {name} was closed on Monday.")
    write(tmp_path / "here" / "wire.jsonl", '{"text": "The wire was cut."}\n{"text": "The wire was mended."}\n')
    add(tmp_path / "index", [write(tmp_path / "hereafter" / "bridge.txt", "The bridge held.")], RECIPE, quiet)
    following(tmp_path)
    return tmp_path / "index"


def following(folder: Path) -> Report:
    return follow(folder / "index", [folder / "here"], RECIPE, quiet)


def held(index: Path) -> set[str]:
    snapshot = open_snapshot(index)
    found = {snapshot.article(entry.id).article.text for entry in snapshot.entries()}
    snapshot.close()
    return found


ALL = {
    "The ferry was closed on Monday.", "The dam was closed on Monday.", "The wire was cut.", "The wire was mended.",
    "The bridge held.",
}  # fmt: skip


def test_what_goes_from_the_folder_goes_from_the_index_and_what_is_elsewhere_stays(tmp_path: Path, index: Path) -> None:
    """Files and single lines; a folder whose name only begins alike is elsewhere, also when its file is gone."""
    assert held(index) == ALL
    assert not following(tmp_path).published
    (tmp_path / "here" / "dam.txt").unlink()
    (tmp_path / "hereafter" / "bridge.txt").unlink()
    write(tmp_path / "here" / "wire.jsonl", '{"text": "The wire was mended."}\n')
    report = following(tmp_path)
    assert (report.published, len(report.gone), len(report.added)) == (True, 2, 0)
    assert held(index) == ALL - {"The dam was closed on Monday.", "The wire was cut."}
    assert not following(tmp_path).published


def test_it_comes_to_what_a_build_of_the_same_would_be(tmp_path: Path, index: Path) -> None:
    write(tmp_path / "here" / "ferry.txt", "The ferry sails again.")
    (tmp_path / "here" / "dam.txt").unlink()
    write(tmp_path / "here" / "mill.txt", "The mill burned.")
    following(tmp_path)
    build(tmp_path / "anew", [tmp_path / "here", tmp_path / "hereafter"], RECIPE, quiet)
    assert held(index) == held(tmp_path / "anew")


def test_a_folder_that_is_gone_or_empty_takes_nothing_with_it(tmp_path: Path, index: Path) -> None:
    shutil.move(tmp_path / "here", tmp_path / "away")
    assert not following(tmp_path).published
    (tmp_path / "here").mkdir()
    assert not following(tmp_path).published
    assert held(index) == ALL


@pytest.mark.parametrize("first", ["here", "link"])
def test_a_folder_that_is_given_by_a_link_is_the_folder(tmp_path: Path, first: str) -> None:
    """Whichever of the two the index was made from, what goes from the folder goes, and all else is held once."""
    for name in ("ferry", "dam", "mill"):
        write(tmp_path / "here" / f"{name}.txt", f"The {name} was closed on Monday.")
    (tmp_path / "link").symlink_to(tmp_path / "here")
    other = "link" if first == "here" else "here"
    add(tmp_path / "index", [tmp_path / first], RECIPE, quiet)
    (tmp_path / "here" / "dam.txt").unlink()
    for given in (other, first):
        follow(tmp_path / "index", [tmp_path / given], RECIPE, quiet)
        assert held(tmp_path / "index") == {"The ferry was closed on Monday.", "The mill was closed on Monday."}
        snapshot = open_snapshot(tmp_path / "index")
        assert len(list(snapshot.entries())) == 2
        snapshot.close()


def test_a_file_that_moves_within_the_folder_is_held_once(tmp_path: Path, index: Path) -> None:
    (tmp_path / "here" / "old").mkdir()
    shutil.move(tmp_path / "here" / "dam.txt", tmp_path / "here" / "old" / "dam.txt")
    following(tmp_path)
    snapshot = open_snapshot(index)
    assert sorted(entry.origin for entry in snapshot.entries() if "dam" in entry.origin) == [
        str(tmp_path / "here" / "old" / "dam.txt")
    ]


def test_a_round_looks_once_where_a_folder_really_lies(
    tmp_path: Path, index: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many files lie in it; and anew in the next round, for a link may lead elsewhere by then."""
    for number in range(20):
        write(tmp_path / "here" / f"{number}.txt", f"The ferry number {number} was closed.")
    following(tmp_path)
    looked: list[str] = []
    real = os.path.realpath

    def counted(path: str, *, strict: bool = False) -> str:
        looked.append(str(path))
        return real(path, strict=strict)

    monkeypatch.setattr("index.leaving.os.path.realpath", counted)
    for _ in range(2):
        looked.clear()
        following(tmp_path)
        assert looked.count(str(tmp_path / "here")) <= 3
        assert looked.count(str(tmp_path / "hereafter")) == 1
