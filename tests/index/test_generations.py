"""What a reader finds in an index folder: the current generation whole, or a failure that names the file."""

from __future__ import annotations

import hashlib
import json
import logging
import os
import random
import shutil
import stat
from pathlib import Path

import pytest

from index import generations
from index.errors import IndexDamaged, IndexFailure, IndexMismatch, IndexMissing, IndexUnreadable
from index.generations import CURRENT, FORMAT, MANIFEST, Generation, check, current, dump, pointer_line, previous
from index.publish import prune
from index.store import open_snapshot
from tests.index.tiny import edition, publish_texts


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An index with two generations, editions 1 and 2; not to be changed."""
    index = tmp_path_factory.mktemp("published") / "index"
    for number in (1, 2):
        publish_texts(index, edition(number))
    return index


@pytest.fixture
def index(published: Path, tmp_path: Path) -> Path:
    """A copy of it, to be damaged."""
    return Path(shutil.copytree(published, tmp_path / "index"))


def files(index: Path) -> list[Path]:
    """All that a reader of the current generation leans on."""
    return [index / CURRENT, *sorted(current(index, whole=False).folder.iterdir())]


def test_what_is_published_is_current_and_whole(tmp_path: Path) -> None:
    """The generation that `publish` returns is the one that `current` finds, manifest and all."""
    made = publish_texts(tmp_path / "new" / "index")
    assert current(tmp_path / "new" / "index") == made
    assert set(made.manifest["files"]) == {path.name for path in made.folder.iterdir()} - {MANIFEST}
    assert json.loads((made.folder / MANIFEST).read_bytes()) == made.manifest


def test_no_folder_and_an_empty_folder_are_no_index(tmp_path: Path) -> None:
    """Neither is damage; the message names the command that makes an index."""
    for index in (tmp_path / "none", tmp_path):
        with pytest.raises(IndexMissing, match="byline build"):
            current(index)


def test_a_hundred_single_byte_changes_are_all_detected(published: Path, tmp_path: Path) -> None:
    """A random byte of a random file becomes another one: found, with the file's name and the command that mends it."""
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    chance = random.Random(seed)
    index = Path(shutil.copytree(published, tmp_path / "index"))
    paths = files(index)
    touched = set()
    for k in range(100):
        path = paths[k % len(paths)]
        data = bytearray(path.read_bytes())
        at = chance.randrange(len(data))
        data[at] ^= chance.randrange(1, 256)
        whole = path.read_bytes()
        path.write_bytes(data)
        with pytest.raises(IndexDamaged, match="byline build") as failure:
            open_snapshot(index)
        assert str(path) in str(failure.value), f"byte {at} of {path.name}"
        assert failure.value.path == path
        path.write_bytes(whole)
        touched.add(path.name)
    assert len(touched) == 12
    open_snapshot(index).close()


def zero_512(path: Path) -> None:
    data = path.read_bytes()
    at = max(0, len(data) // 2 - 256)
    path.write_bytes(data[:at] + bytes(len(data[at : at + 512])) + data[at + 512 :])


def swap(path: Path) -> None:
    """Put the same file of the generation before in its place."""
    other = sorted(path.parent.parent.glob("gen-*"))[0]
    shutil.copyfile(other / path.name, path)


def no_file(path: Path) -> None:
    path.unlink()
    path.mkdir()


def pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def link(path: Path) -> None:
    """The same bytes, but by way of a link."""
    away = path.parents[1] / "elsewhere"
    shutil.move(path, away)
    path.symlink_to(away)


DAMAGE = {
    "cut short": lambda path: path.write_bytes(path.read_bytes()[:-1]),
    "emptied": lambda path: path.write_bytes(b""),
    "a NUL more": lambda path: path.write_bytes(path.read_bytes() + b"\0"),
    "512 bytes zero": zero_512,
    "deleted": lambda path: path.unlink(),
    "of the generation before": swap,
    "a folder": no_file,
    "a pipe": pipe,
    "a link": link,
}


@pytest.mark.parametrize("how", DAMAGE)
def test_damage_of_any_kind_to_any_file_is_detected(published: Path, tmp_path: Path, how: str) -> None:
    """Each file that a reader leans on, damaged each way: the failure names it."""
    for number, original in enumerate(files(published)):
        if how == "of the generation before" and original.name == CURRENT:
            continue
        index = Path(shutil.copytree(published, tmp_path / str(number)))
        path = index / original.relative_to(published)
        DAMAGE[how](path)
        if path.is_file() and not path.is_symlink() and path.read_bytes() == original.read_bytes():
            assert how == "of the generation before"  # the words of both editions are the same
            continue
        with pytest.raises(IndexDamaged, match="byline build") as failure:
            open_snapshot(index)
        assert failure.value.path == path


def test_a_file_that_the_manifest_does_not_know_is_damage(index: Path) -> None:
    """Nothing is smuggled into a generation."""
    stranger = current(index).folder / "stranger"
    stranger.write_bytes(b"")
    with pytest.raises(IndexDamaged, match="stranger"):
        current(index)


def test_damage_leaves_the_generation_before_to_serve(index: Path) -> None:
    """`previous` passes over what is damaged, also where CURRENT is gone."""
    newest = current(index)
    assert previous(index) == newest
    (index / CURRENT).unlink()
    assert previous(index) == newest
    zero_512(newest.folder / "vectors.f32")
    assert previous(index).manifest["generation"].startswith("gen-000001-")


def test_a_manifest_changed_where_no_pointer_covers_it_is_detected(index: Path) -> None:
    """A manifest carries its own digest: one changed number in it is found without CURRENT."""
    newest = current(index)
    (index / CURRENT).unlink()
    path = newest.folder / MANIFEST
    path.write_bytes(path.read_bytes().replace(b'"sentences": ', b'"sentences": 1'))
    assert previous(index).folder != newest.folder


def test_nothing_whole_is_no_index(index: Path) -> None:
    """Where every generation is damaged, `previous` says so and names the command."""
    for folder in index.glob("gen-*"):
        (folder / MANIFEST).write_bytes(b"[" * 100_000)
    with pytest.raises(IndexMissing, match="byline build"):
        previous(index)


def test_damage_to_the_only_generation_names_the_file(tmp_path: Path) -> None:
    """IDX-006: with nothing else to serve, the message and the cause lead to what is damaged."""
    path = publish_texts(tmp_path).folder / "vectors.f32"
    zero_512(path)
    with pytest.raises(IndexMissing, match=r"vectors\.f32.*byline build") as failure:
        previous(tmp_path)
    assert isinstance(failure.value.__cause__, IndexDamaged)
    assert failure.value.__cause__.path == path


@pytest.mark.parametrize(
    "line",
    ["", "\n", "../..", "/etc", "gen-000002-/../../x", "\x00", "gen-000002-zzzzzzzz", "é"],
)
def test_a_pointer_that_names_no_generation_is_damage(index: Path, line: str) -> None:
    """IDX-009: also where the pointer's own digest is right, only a generation's name is ever followed."""
    for text in (line, pointer_line(line, "0" * 64) if line.isascii() else line):
        (index / CURRENT).write_text(text, encoding="utf-8")
        with pytest.raises(IndexDamaged, match="CURRENT"):
            current(index)


def test_a_pointer_that_is_gone_is_damage_where_generations_are_there(index: Path) -> None:
    """It is not taken for an index that never was."""
    (index / CURRENT).unlink()
    with pytest.raises(IndexDamaged, match="it is gone"):
        current(index)


def test_a_pointer_to_a_missing_folder_is_damage(index: Path) -> None:
    """The manifest that is not there is named."""
    shutil.rmtree(current(index).folder)
    with pytest.raises(IndexDamaged, match=r"manifest\.json"):
        current(index)


def test_links_are_not_followed(index: Path, tmp_path: Path) -> None:
    """IDX-017: neither CURRENT nor the folder of a generation may be a link, even to the real thing."""
    folder = current(index).folder
    folder.rename(tmp_path / "moved")
    folder.symlink_to(tmp_path / "moved")
    with pytest.raises(IndexDamaged, match="link"):
        current(index)


def test_a_folder_that_anyone_may_write_is_warned_of(index: Path, caplog: pytest.LogCaptureFixture) -> None:
    """IDX-017: once, with the command that closes it."""
    index.chmod(index.stat().st_mode | stat.S_IWOTH)
    with caplog.at_level(logging.WARNING):
        current(index)
        current(index)
    assert [record.getMessage() for record in caplog.records].count(caplog.messages[0]) == 1
    assert "chmod o-w" in caplog.messages[0]


def forge(generation: Generation, **changes: object) -> None:
    """Rewrite the manifest with every digest right, as another Byline would have written it."""
    manifest = {key: value for key, value in {**generation.manifest, **changes}.items() if key != "digest"}
    data = dump({**manifest, "digest": generations.own_digest(manifest)})
    (generation.folder / MANIFEST).write_bytes(data)
    line = pointer_line(generation.name, hashlib.sha256(data).hexdigest())
    (generation.folder.parent / CURRENT).write_text(line, encoding="ascii")


@pytest.mark.parametrize(
    ("format_", "mend"), [(0, "byline build"), (1, "byline build"), (FORMAT + 1, "newer Byline"), (99, "newer Byline"), (None, "byline build"), ("1", "byline build")]
)  # fmt: skip
def test_another_format_is_refused_with_what_to_do(index: Path, format_: object, mend: str) -> None:
    """IDX-010: an older one is rebuilt, a newer one wants a newer program; no guess is made."""
    forge(current(index), format=format_)
    with pytest.raises(IndexMismatch, match=mend):
        current(index)


def test_a_refused_read_is_not_called_damage(index: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rights and descriptor limits: nobody is told to rebuild an index that is whole."""

    def refuse(*arguments: object, **named: object) -> int:
        raise PermissionError(13, "Permission denied")

    with monkeypatch.context() as patched:
        patched.setattr(os, "open", refuse)
        with pytest.raises(IndexUnreadable, match="Permission denied"):
            current(index)
    current(index)


def test_as_many_generations_stay_as_are_to_be_kept(tmp_path: Path) -> None:
    """`keep` counts the new one; 0 is taken for 1."""
    for keep, left in ((3, 1), (3, 2), (3, 3), (3, 3), (2, 2), (1, 1), (0, 1)):
        publish_texts(tmp_path, keep=keep)
        assert len(list(tmp_path.glob("gen-*"))) == left
    assert current(tmp_path).name.startswith("gen-000007-")


def test_pruning_spares_the_current_generation(index: Path) -> None:
    """Even where a folder with a higher number lies beside it."""
    kept = current(index)
    shutil.copytree(kept.folder, index / "gen-999999-00000000")
    shutil.copytree(kept.folder, index / "gen-1000000-00000000")
    prune(index, 1)
    assert current(index) == kept
    assert sorted(path.name for path in index.glob("gen-*")) == sorted([kept.name, "gen-1000000-00000000"])


def test_every_failure_is_an_index_failure(index: Path) -> None:
    """A generation whose folder vanishes under the reader is damage too, not a crash."""
    generation = current(index)
    shutil.rmtree(generation.folder)
    with pytest.raises(IndexFailure):
        check(generation)
