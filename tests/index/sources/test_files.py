"""Bad things in a folder: what is no regular file, or cannot be read, costs itself alone (cases ING-067, 069, 070)."""

from __future__ import annotations

import os
import socket
from pathlib import Path
from typing import Any

import pytest

from bot.report import troubled
from index.article import Article
from index.build import Recipe, build
from index.errors import DocumentRejected
from index.sources.files import File, Skipped, find, opened, shown
from tests.index.sources.reading import read_articles


def _reason(item: Article | Skipped) -> str:
    return item.reason if isinstance(item, Skipped) else "accepted"


def test_067_links_pipes_devices_and_sockets_are_not_opened(tmp_path: Path) -> None:
    (tmp_path / "good.txt").write_bytes(b"A good article.")
    (tmp_path / "link.txt").symlink_to(tmp_path / "good.txt")
    (tmp_path / "folder-link").symlink_to(tmp_path, target_is_directory=True)
    os.mkfifo(tmp_path / "pipe.txt")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "socket.txt"))
        items = list(read_articles([tmp_path, Path("/dev/zero")]))
    assert sorted(map(_reason, items)) == ["accepted"] + ["not_a_regular_file"] * 5


def test_069_a_file_that_cannot_be_opened_costs_itself_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("a.txt", "b.txt", "c.txt"):
        (tmp_path / name).write_text(f"Article {name}.")
    real = os.open

    def guarded(path: Any, *arguments: Any) -> int:
        if str(path).endswith("b.txt"):
            raise PermissionError(13, "Permission denied")
        return real(path, *arguments)

    monkeypatch.setattr(os, "open", guarded)
    items = list(read_articles([tmp_path, tmp_path / "vanished"]))
    assert list(map(_reason, items)) == ["accepted", "io_error", "accepted", "io_error"]
    assert isinstance(items[1], Skipped) and items[1].detail == "Permission denied"


def test_069_a_folder_that_vanishes_during_the_scan_ends_nothing(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("One article.")
    (tmp_path / "gone").mkdir()
    (tmp_path / "gone" / "b.txt").write_text("Another article.")
    items = read_articles([tmp_path])
    assert _reason(next(items)) == "accepted"
    (tmp_path / "gone" / "b.txt").unlink()
    (tmp_path / "gone").rmdir()
    assert list(map(_reason, items)) == ["io_error"]


def test_070_one_bad_file_among_a_thousand_good(tmp_path: Path) -> None:
    for number in range(1000):
        (tmp_path / f"{number:04}.txt").write_text(f"Article {number} is good.")
    (tmp_path / "0500-bad.txt").write_bytes(b"bad \xff\xfe\x80\x81 bytes")
    items = list(read_articles([tmp_path]))
    skipped = [item for item in items if isinstance(item, Skipped)]
    assert len(items) == 1001
    assert [(Path(item.origin).name, item.reason) for item in skipped] == [("0500-bad.txt", "bad_encoding")]


@pytest.mark.usefixtures("embedder")
def test_070_a_build_of_them_stores_the_thousand_and_names_the_one(tmp_path: Path) -> None:
    """The command line then ends with 1: what the user can mend; 2 stays for wrong usage, as in every command."""
    (folder := tmp_path / "n").mkdir()
    for number in range(1000):
        (folder / f"{number:04}.txt").write_text(f"Article {number} is good.")
    (folder / "0500-bad.txt").write_bytes(b"bad \xff\xfe\x80\x81 bytes")
    report = build(tmp_path / "index", [folder], Recipe(), lambda what, done, total: None)
    assert (report.counts["articles"], len(report.added), report.published) == (1000, 1000, True)
    assert [(Path(item.origin).name, item.reason) for item in report.skipped] == [("0500-bad.txt", "bad_encoding")]
    assert troubled(report)


def test_a_link_or_pipe_put_in_the_place_of_a_file_is_not_opened(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("An article.")
    (file,) = find([tmp_path])
    assert isinstance(file, File)
    (tmp_path / "a.txt").rename(tmp_path / "b.txt")
    (tmp_path / "a.txt").symlink_to(tmp_path / "b.txt")
    with pytest.raises(DocumentRejected, match=r"not_a_regular_file|io_error"), opened(file):
        pass
    (tmp_path / "a.txt").unlink()
    os.mkfifo(tmp_path / "a.txt")
    with pytest.raises(DocumentRejected, match="not_a_regular_file"), opened(file):
        pass


def test_folders_may_be_nested_deeper_than_the_stack(tmp_path: Path) -> None:
    here = os.open(tmp_path, os.O_RDONLY)
    inner = here
    for _ in range(300):
        os.mkdir("d", dir_fd=inner)
        inner, outer = os.open("d", os.O_RDONLY, dir_fd=inner), inner
        if outer != here:
            os.close(outer)
    os.close(os.open("a.txt", os.O_CREAT | os.O_WRONLY, dir_fd=inner))
    os.close(inner)
    os.close(here)
    (file,) = find([tmp_path])
    assert isinstance(file, File) and file.key.count("/") == 300


def test_undecodable_and_control_characters_in_names_are_shown_escaped() -> None:
    assert shown("a\udcff\n\u202e.txt") == "a\\udcff\\n\\u202e.txt"
