"""Collections: how they are named, given, declared and kept, and that none of it embeds anything again."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.build import add, build, remove
from index.collections import collection_name, collection_names
from index.errors import IndexFailure
from index.generations import current
from index.store import open_snapshot
from index.vectors import VECTORS
from index.verify import verify
from tests.index.test_build import RECIPE, quiet
from tests.index.tiny import NGramEmbedder

pytestmark = pytest.mark.usefixtures("embedder")


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def lines(path: Path, *rows: dict[str, Any]) -> Path:
    return write(path, "\n".join(map(json.dumps, rows)))


def carried(index: Path) -> dict[str, tuple[str, ...]]:
    """The collections of every article by the first word of its text, after a check that list and article agree."""
    snapshot = open_snapshot(index)
    verify(snapshot)
    found = {}
    for entry in snapshot.entries():
        article = snapshot.article(entry.id).article
        assert article.collections == entry.collections
        found[article.text.split()[0]] = entry.collections
    snapshot.close()
    return found


@pytest.fixture
def index(tmp_path: Path) -> Path:
    return tmp_path / "index"


def test_what_is_built_and_added_carries_what_was_given(index: Path, tmp_path: Path) -> None:
    """Each reading gives its own; an article that is not read keeps its own."""
    build(index, [write(tmp_path / "a.txt", "Alpha reopened.")], RECIPE, quiet, ["north", "trade"])
    add(index, [write(tmp_path / "b.txt", "Beta closed.")], RECIPE, quiet, ["south"])
    add(index, [write(tmp_path / "c.txt", "Gamma burned.")], RECIPE, quiet)
    assert carried(index) == {"Alpha": ("north", "trade"), "Beta": ("south",), "Gamma": ()}


def test_they_stay_through_builds_additions_removals_and_another_recipe(index: Path, tmp_path: Path) -> None:
    """Also where a file changed, moved, or is read again by other rules: nothing given means nothing changed."""
    folder = tmp_path / "n"
    write(folder / "a.txt", "Alpha reopened.")
    write(folder / "b.txt", "Beta closed.")
    build(index, [folder], RECIPE, quiet, ["north"])
    assert not build(index, [folder], RECIPE, quiet).published
    assert not add(index, [folder / "a.txt"], RECIPE, quiet).published
    write(folder / "a.txt", "Alpha closed again.")
    assert len(build(index, [folder], RECIPE, quiet).changed) == 1
    write(folder / "a.txt", "Alpha is open for good.")
    add(index, [folder / "a.txt"], RECIPE, quiet)
    assert carried(index) == {"Alpha": ("north",), "Beta": ("north",)}
    build(index, [folder], replace(RECIPE, target_chars=100), quiet)
    assert carried(index) == {"Alpha": ("north",), "Beta": ("north",)}
    moved = folder.rename(tmp_path / "m")
    build(index, [moved], replace(RECIPE, target_chars=100), quiet)
    assert carried(index) == {"Alpha": ("north",), "Beta": ("north",)}
    remove(index, [open_snapshot(index).entry("b-").id], replace(RECIPE, target_chars=100), quiet)
    assert carried(index) == {"Alpha": ("north",)}


@pytest.mark.parametrize("work", [build, add])
def test_another_collection_changes_a_known_article_without_embedding_it(
    index: Path, tmp_path: Path, embedder: NGramEmbedder, work: Any
) -> None:
    """What is given now takes the place of what was given before; the vectors are the old ones, bit by bit."""
    path = write(tmp_path / "a.txt", "Alpha reopened. Ships came.")
    work(index, [path], RECIPE, quiet, ["north"])
    before = open_snapshot(index).vectors.tobytes()
    embedder.encoded.clear()
    report = work(index, [path], RECIPE, quiet, ["south"])
    assert (len(report.changed), report.added, report.embedded, report.published) == (1, (), 0, True)
    assert embedder.encoded == []
    assert carried(index) == {"Alpha": ("south",)}
    assert open_snapshot(index).vectors.tobytes() == before
    assert not work(index, [path], RECIPE, quiet, ["south"]).published
    fresh = tmp_path / "fresh"
    build(fresh, [path], RECIPE, quiet, ["south"])
    assert current(fresh).manifest["content"] == current(index).manifest["content"]


def test_a_line_of_json_declares_its_own_beside_those_given(index: Path, tmp_path: Path) -> None:
    """Declared and given are joined; what a changed line no longer declares is gone."""
    path = lines(
        tmp_path / "a.jsonl",
        {"id": "a", "text": "Alpha reopened.", "collections": ["Trade", "north"]},
        {"id": "b", "text": "Beta closed.", "collections": "south"},
        {"id": "c", "text": "Gamma burned."},
    )
    build(index, [path], RECIPE, quiet)
    assert carried(index) == {"Alpha": ("north", "trade"), "Beta": ("south",), "Gamma": ()}
    add(index, [path], RECIPE, quiet, ["wire"])
    assert carried(index) == {"Alpha": ("north", "trade", "wire"), "Beta": ("south", "wire"), "Gamma": ("wire",)}
    assert not build(index, [path], RECIPE, quiet).published
    lines(
        path,
        {"id": "a", "text": "Alpha reopened.", "collections": ["north"]},
        {"id": "b", "text": "Beta closed.", "collections": "south"},
        {"id": "c", "text": "Gamma burned."},
    )
    build(index, [path], RECIPE, quiet)
    assert carried(index) == {"Alpha": ("north",), "Beta": ("south", "wire"), "Gamma": ("wire",)}


@pytest.mark.parametrize("bad", [["north", "a b"], [7], {"north": 1}, ["all"], [["north"]], ""])
def test_a_name_that_is_none_is_left_out_and_flagged(index: Path, tmp_path: Path, bad: object) -> None:
    """The line is read all the same; it is seen by fewer, never by more."""
    build(
        index, [lines(tmp_path / "a.jsonl", {"id": "a", "text": "Alpha reopened.", "collections": bad})], RECIPE, quiet
    )
    snapshot = open_snapshot(index)
    article = snapshot.article("a").article
    assert article.flags == ("bad_collections",)
    assert article.collections == (("north",) if bad == ["north", "a b"] else ())


def test_they_outlive_damage_where_an_older_generation_is_whole(index: Path, tmp_path: Path) -> None:
    """No document says them, so a rebuild that mends takes them from there; it is published though nothing else differs."""
    folder = tmp_path / "n"
    write(folder / "a.txt", "Alpha reopened.")
    build(index, [folder], RECIPE, quiet, ["north"])
    add(index, [lines(tmp_path / "wire.jsonl", {"text": "Beta closed."})], RECIPE, quiet, ["south"])
    add(index, [write(tmp_path / "c.txt", "Gamma burned.")], RECIPE, quiet)
    remaining = [folder, tmp_path / "wire.jsonl"]
    harmed = current(index).folder / VECTORS
    harmed.write_bytes(b"?" * harmed.stat().st_size)
    report = build(index, remaining, RECIPE, quiet)
    assert (report.published, report.embedded) == (True, 0)
    assert carried(index) == {"Alpha": ("north",), "Beta": ("south",)}


def test_another_file_of_the_same_name_inherits_nothing(index: Path, tmp_path: Path) -> None:
    """A rebuild from another folder must not put a stranger's story into a collection."""
    build(index, [write(tmp_path / "x" / "s.txt", "Alpha is secret.")], RECIPE, quiet, ["secret"])
    build(index, [write(tmp_path / "y" / "s.txt", "Beta is not.")], RECIPE, quiet)
    assert carried(index) == {"Beta": ()}


def test_another_document_of_the_same_address_inherits_nothing(index: Path, tmp_path: Path) -> None:
    """They were given to a document: what another one says there is not yet for those who see that one."""
    address = "---\nurl: https://paper.example/bridge\n---\n"
    first = write(tmp_path / "x" / "s.md", f"{address}Alpha was seen on the bridge.")
    add(index, [first], RECIPE, quiet, ["secret"])
    add(index, [write(tmp_path / "y" / "t.md", f"{address}Beta was seen on the bridge.")], RECIPE, quiet)
    assert carried(index) == {"Alpha": ("secret",), "Beta": ()}
    write(first, f"{address}Gamma was seen on the bridge.")
    add(index, [first], RECIPE, quiet)
    assert carried(index) == {"Gamma": ("secret",), "Beta": ()}


@pytest.mark.parametrize(
    ("written", "name"),
    [("North", "north"), (" war-2019 ", "war-2019"), ("ÉTÉ", "été"), ("e\u0301te\u0301", "été"), ("a.b_c", "a.b_c"), ("新聞", "新聞")],
)  # fmt: skip
def test_names_that_look_the_same_are_the_same(written: str, name: str) -> None:
    assert collection_name(written) == name


@pytest.mark.parametrize(
    "wrong", ["", " ", "a b", "-a", "_a", ".a", "a/b", "a,b", "ALL", "x" * 41, "a\nb", "a\u202eb", "\ud800"]
)
def test_what_is_no_name_is_refused_with_what_is_allowed(wrong: str) -> None:
    with pytest.raises(ValueError, match="allowed: 1 to 40 letters"):
        collection_name(wrong)


@settings(max_examples=100)
@given(st.lists(st.text(max_size=8) | st.integers() | st.none(), max_size=5))
def test_names_are_stable_sorted_and_fit_for_the_index(written: Sequence[object]) -> None:
    """Folding a name twice changes nothing."""
    names = collection_names(written)
    assert list(names) == sorted(set(names))
    assert collection_names(names) == names


def test_a_build_refuses_a_name_that_is_none(index: Path, tmp_path: Path) -> None:
    """Whoever calls it, and before anything is read."""
    path = write(tmp_path / "a.txt", "Alpha reopened.")
    for work in (build, add):
        with pytest.raises(IndexFailure, match="'a b' is no name of a collection"):
            work(index, [path], RECIPE, quiet, ["north", "a b"])
    build(index, [path], RECIPE, quiet, ["North"])
    assert carried(index) == {"Alpha": ("north",)}
