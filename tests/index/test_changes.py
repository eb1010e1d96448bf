"""What becomes of files that move, of names that meet, and of notes on what was skipped, as an index is changed."""

from __future__ import annotations

import os
import shutil
from dataclasses import replace
from itertools import permutations
from pathlib import Path

import pytest

from index import build as building
from index.build import add, build, remove
from index.errors import IndexMismatch
from index.generations import current
from index.sources.files import Skipped
from index.sources.read import document_in
from index.stage import stage
from index.store import open_snapshot
from index.unread import FILE, unread
from tests.index.test_build import RECIPE, quiet, texts
from tests.index.tiny import NGramEmbedder

pytestmark = pytest.mark.usefixtures("embedder")


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def origins(index: Path) -> dict[str, str]:
    """Where each article says it was read from, by id."""
    snapshot = open_snapshot(index)
    found = {entry.id: snapshot.article(entry.id).article.origin for entry in snapshot.entries()}
    snapshot.close()
    return found


def notes(index: Path) -> list[tuple[str, str]]:
    """What the index says was skipped: file names and reasons."""
    snapshot = open_snapshot(index)
    found = sorted((Path(one.origin).name, one.reason) for one in snapshot.skipped())
    snapshot.close()
    return found


def test_a_file_of_the_same_name_in_another_folder_replaces_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where both were given by name alone, from where they lie."""
    for name in ("a", "b"):
        write(tmp_path / name / "story.txt", f"The story of {name} is told.")
    monkeypatch.chdir(tmp_path / "a")
    build(tmp_path / "index", [Path("story.txt")], RECIPE, quiet)
    assert list(origins(tmp_path / "index").values()) == [str(tmp_path / "a" / "story.txt")]
    monkeypatch.chdir(tmp_path / "b")
    report = add(tmp_path / "index", [Path("story.txt")], RECIPE, quiet)
    assert ([one.reason for one in report.skipped], report.published) == (["duplicate_id"], False)
    assert list(texts(tmp_path / "index").values()) == ["The story of a is told."]


def test_a_folder_that_moved_is_known_by_its_new_place(tmp_path: Path, embedder: NGramEmbedder) -> None:
    """Nothing is read or embedded again for it, and a build from nothing holds the same."""
    index = tmp_path / "index"
    write(tmp_path / "old" / "2019" / "x.txt", "The harbour reopened.")
    write(tmp_path / "old" / "y.jsonl", '{"text": "The mayor resigned."}')
    before = build(index, [tmp_path / "old"], RECIPE, quiet)
    embedder.encoded.clear()
    shutil.move(tmp_path / "old", tmp_path / "new")
    report = build(index, [tmp_path / "new"], RECIPE, quiet)
    assert (report.published, report.unchanged, report.embedded) == (True, 2, 0)
    assert set(origins(index)) == set(before.added)
    assert all(origin.startswith(str(tmp_path / "new")) for origin in origins(index).values())
    build(tmp_path / "fresh", [tmp_path / "new"], RECIPE, quiet)
    assert current(tmp_path / "fresh").manifest["content"] == current(index).manifest["content"]


@pytest.mark.parametrize("name", ["x.txt", "x.jsonl"])
def test_a_file_of_an_indexed_folder_that_is_added_keeps_its_id(tmp_path: Path, name: str) -> None:
    """Unchanged, nothing is published; changed, it replaces what it gave before (a line that says no id is new)."""
    index, path = tmp_path / "index", tmp_path / "n" / "2019" / name
    write(path, '{"text": "The harbour reopened."}')
    build(index, [tmp_path / "n"], RECIPE, quiet)
    before = list(texts(index))
    assert not add(index, [path], RECIPE, quiet).published
    assert not add(index, [path.parent], RECIPE, quiet).published
    if name == "x.txt":
        write(path, "The harbour closed again.")
        report = add(index, [path], RECIPE, quiet)
        assert (list(report.changed), report.added) == (before, ())
        assert texts(index) == {before[0]: "The harbour closed again."}


def test_a_file_that_declares_another_address_leaves_no_article_behind(tmp_path: Path) -> None:
    """Its id is a new one, and what it gave before is gone."""
    index, path = tmp_path / "index", tmp_path / "a.md"
    for address in ("https://a.example/1", "https://a.example/2"):
        write(path, f"---\nurl: {address}\n---\nThe harbour reopened.")
        report = add(index, [path], RECIPE, quiet)
    assert (len(report.added), len(report.gone), len(texts(index))) == (1, 1, 1)


def test_a_copy_that_is_added_does_not_move_the_article(tmp_path: Path) -> None:
    """While the first file is there; where it is not, the copy is where the article is from now."""
    index, first = tmp_path / "index", write(tmp_path / "a" / "x.txt", "The harbour reopened.")
    copy = write(tmp_path / "b" / "x.txt", "The harbour reopened.")
    build(index, [first], RECIPE, quiet)
    assert not add(index, [copy], RECIPE, quiet).published
    first.unlink()
    assert add(index, [copy], RECIPE, quiet).published
    assert list(origins(index).values()) == [str(copy)]


def test_files_of_one_name_in_several_folders_are_told_apart_in_any_order(tmp_path: Path) -> None:
    """All of them by as many parent folders as it takes; a file that meets no other is not touched."""
    folders = [tmp_path / name / "news" for name in ("x", "y", "z")]
    for folder in folders:
        write(folder / "s.txt", f"The story of {folder.parent.name} is told.")
    write(folders[0] / "alone.txt", "A story that is told once.")
    found = []
    for number, order in enumerate(permutations(folders)):
        index = tmp_path / f"index{number}"
        report = build(index, order, RECIPE, quiet)
        assert report.skipped == ()
        found.append((texts(index), current(index).manifest["content"]))
    assert len(found[0][0]) == 4
    assert all(one == found[0] for one in found)
    single = build(tmp_path / "single", [folders[0] / "alone.txt"], RECIPE, quiet)
    assert single.added[0] in found[0][0]


def test_a_file_reached_by_two_paths_is_known_by_the_longer_one_in_any_order(tmp_path: Path) -> None:
    """`n n/2019` and `n/2019 n` are one index."""
    write(tmp_path / "n" / "2019" / "x.txt", "The harbour reopened.")
    given = [tmp_path / "n", tmp_path / "n" / "2019"]
    reports = [build(tmp_path / str(k), order, RECIPE, quiet) for k, order in enumerate((given, given[::-1]))]
    assert reports[0].added == reports[1].added
    assert len(reports[0].added) == 1


def test_a_better_reader_reads_unchanged_files_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, embedder: NGramEmbedder
) -> None:
    """Nor does an article of more sentences than are allowed now stay because its file did not change."""
    index, path = tmp_path / "index", write(tmp_path / "a.txt", "One came. Two went. Three stayed.")
    build(index, [path], RECIPE, quiet)
    assert "trafilatura 2." in current(index).manifest["recipe"]["sources"]
    monkeypatch.setattr(building, "readers", lambda: "3")
    with pytest.raises(IndexMismatch, match="reader of files"):
        add(index, [path], RECIPE, quiet)
    embedder.encoded.clear()
    assert build(index, [path], RECIPE, quiet).embedded == len(embedder.encoded) > 0
    write(tmp_path / "b.txt", "Another one.")
    report = build(index, [path, tmp_path / "b.txt"], replace(RECIPE, max_sentences=2), quiet)
    assert [one.reason for one in report.skipped] == ["too_many_sentences"]


def test_notes_of_files_that_were_read_again_are_replaced(tmp_path: Path) -> None:
    """The others stay, and what an addition could not read is noted with them."""
    index, folder = tmp_path / "index", tmp_path / "n"
    write(folder / "good.txt", "The harbour reopened.")
    write(folder / "empty.txt", "")
    write(folder / "lines.jsonl", 'x\n{"text": "A line is read."}\n')
    write(folder / "style.css", "p {}")
    build(index, [folder], RECIPE, quiet)
    assert notes(index) == [
        ("empty.txt", "empty_file"),
        ("lines.jsonl:1", "bad_json"),
        ("style.css", "unsupported_format"),
    ]
    write(folder / "empty.txt", "It is empty no more.")
    write(folder / "lines.jsonl", '{"text": "A line is read."}\n{"text": "Another line."}\n')
    write(folder / "blank.txt", " ")
    add(index, [folder / "empty.txt", folder / "lines.jsonl", folder / "blank.txt"], RECIPE, quiet)
    assert notes(index) == [("blank.txt", "no_text"), ("style.css", "unsupported_format")]
    (article,) = (id_ for id_, text in texts(index).items() if "harbour" in text)
    remove(index, [article], RECIPE, quiet)
    assert notes(index) == [("blank.txt", "no_text"), ("style.css", "unsupported_format")]


def test_what_cannot_be_read_is_no_reason_to_publish(tmp_path: Path) -> None:
    """An addition of nothing but bad files reports them and leaves the index as it is."""
    index = tmp_path / "index"
    build(index, [write(tmp_path / "a.txt", "The harbour reopened.")], RECIPE, quiet)
    before = current(index)
    report = add(index, [write(tmp_path / "empty.txt", ""), tmp_path / "a.txt"], RECIPE, quiet)
    assert ([one.reason for one in report.skipped], report.published) == (["empty_file"], False)
    assert current(index) == before


def test_what_was_removed_is_nowhere_on_the_disk(tmp_path: Path) -> None:
    """IDX-018: in no older generation either; a reader that holds one open reads on."""
    index, folder = tmp_path / "index", tmp_path / "n"
    write(folder / "a.txt", "The harbour of Rotterdam reopened. Ships waited.")
    write(folder / "b.txt", "The council met.")
    build(index, [folder], RECIPE, quiet)
    add(index, [write(folder / "c.txt", "Another day passed.")], RECIPE, quiet)
    assert len(list(index.glob("gen-*"))) == 2
    (doomed,) = (id_ for id_, text in texts(index).items() if "Rotterdam" in text)
    held = open_snapshot(index)
    remove(index, [doomed], replace(RECIPE, keep=5), quiet)
    assert "Rotterdam" in held.article(doomed).article.text
    held.close()
    data = {path: path.read_bytes().lower() for path in index.rglob("*") if path.is_file()}
    for trace in ("rotterdam", "ships"):
        for encoding in ("utf-8", "utf-16-le"):
            assert [path for path, found in data.items() if trace.encode(encoding) in found] == []


def test_the_place_of_the_model_is_told_but_does_not_count(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same model in another folder makes the same index."""
    index, path = tmp_path / "index", write(tmp_path / "a.txt", "The harbour reopened.")
    monkeypatch.setattr(building, "fingerprint", lambda settings: {"sha256": "same"})
    build(index, [path], RECIPE, quiet)
    manifest = current(index).manifest
    assert manifest["embedding_model"] == RECIPE.embedding.model
    moved = replace(RECIPE, embedding=replace(RECIPE.embedding, model=os.fspath(tmp_path / "elsewhere")))
    assert not build(index, [path], moved, quiet).published


def test_what_could_not_be_added_is_noted_until_it_is_read_again_or_all_is_built_anew(tmp_path: Path) -> None:
    """Only where nothing was published: a generation holds its own notes. Each document is noted once."""
    index, bad = tmp_path / "index", write(tmp_path / "bad.txt", "")
    build(index, [write(tmp_path / "a.txt", "The harbour reopened.")], RECIPE, quiet)
    failed = Skipped("https://a.example/b", "unreachable", "nobody answers")
    for _ in range(2):
        assert not add(index, [bad, tmp_path / "a.txt"], RECIPE, quiet, more=[failed]).published
        assert [(one.origin, one.reason) for one in unread(index)] == [
            (str(bad), "empty_file"),
            ("https://a.example/b", "unreachable"),
        ]
    write(bad, "The dam held.")
    assert add(index, [bad], RECIPE, quiet).published
    assert unread(index) == [failed]
    assert notes(index) == []
    worse = write(tmp_path / "worse.txt", "")
    assert add(index, [worse, write(tmp_path / "b.txt", "The mill burned.")], RECIPE, quiet).published
    assert (unread(index), notes(index)) == ([failed], [("worse.txt", "empty_file")])
    build(index, [tmp_path / "a.txt", bad], RECIPE, quiet)
    assert unread(index) == []
    assert not [path for path in index.iterdir() if "unread" in path.name]


def test_a_build_that_waited_ends_the_notes_when_it_is_published(tmp_path: Path) -> None:
    index, good, bad = tmp_path / "index", write(tmp_path / "a.txt", "The dam held."), write(tmp_path / "bad.txt", "")
    for text in ("The dam held.", "The dam broke."):
        add(index, [good], RECIPE, quiet)
        assert not add(index, [bad], RECIPE, quiet).published
        assert len(unread(index)) == 1
        held = stage(index, [write(good, text)], RECIPE, quiet)
        if held.report.published:
            assert len(unread(index)) == 1
        held.publish()
        assert unread(index) == []


def test_no_note_names_the_address_of_a_page_that_was_removed(tmp_path: Path) -> None:
    """Neither those of the generation nor those beside it."""
    index, address = tmp_path / "index", "https://paper.example/flood"
    page = document_in(b"The dam broke at noon.", "page.txt", address, None)
    build(index, [write(tmp_path / "a.txt", "The mill burned.")], RECIPE, quiet, more=[page])
    failed = Skipped(address, "unreachable", "nobody answers")
    assert add(index, [write(tmp_path / "b.txt", "The ferry sank.")], RECIPE, quiet, more=[failed]).published
    assert not add(index, [], RECIPE, quiet, more=[failed]).published
    assert unread(index) == [failed]
    (doomed,) = (id_ for id_, text in texts(index).items() if "dam" in text)
    remove(index, [doomed], RECIPE, quiet)
    data = b"".join(path.read_bytes() for path in index.rglob("*") if path.is_file())
    assert b"paper.example" not in data


def test_removing_an_article_ends_the_notes_that_name_it_and_no_others(tmp_path: Path) -> None:
    """Also where its id is a word or a letter that other notes hold by chance."""
    index, lines = tmp_path / "index", tmp_path / "a.jsonl"
    ids = ("an", "e", "other")
    said = [f'{{"id": "{id_}", "text": "The {id_} ship came."}}' for id_ in ids]
    write(lines, "\n".join([*said, said[0].replace("ship", "boat"), said[2].replace("ship", "boat")]))
    bad = write(tmp_path / "bad.txt", "")
    build(index, [lines, bad], RECIPE, quiet)
    assert sorted(notes(index)) == [
        ("a.jsonl:4", "duplicate_id"),
        ("a.jsonl:5", "duplicate_id"),
        ("bad.txt", "empty_file"),
    ]
    remove(index, ["e"], RECIPE, quiet)
    assert len(notes(index)) == 3
    remove(index, ["an"], RECIPE, quiet)
    assert sorted(notes(index)) == [("a.jsonl:5", "duplicate_id"), ("bad.txt", "empty_file")]


def test_notes_that_came_to_harm_are_none(tmp_path: Path) -> None:
    index, bad = tmp_path / "index", write(tmp_path / "bad.txt", "")
    build(index, [write(tmp_path / "a.txt", "The harbour reopened.")], RECIPE, quiet)
    for harm in ("{", '[["a"]]', "[1]", "null"):
        write(index / FILE, harm)
        assert unread(index) == []
    add(index, [bad], RECIPE, quiet)
    assert [one.reason for one in unread(index)] == ["empty_file"]
