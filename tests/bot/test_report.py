"""What a build did and what it left out, told so that what is wrong with many documents hides nothing."""

from __future__ import annotations

from pathlib import Path

from bot.report import forsaken, report_lines
from index.build import Report
from index.sources.files import Skipped


def _told(skipped: list[Skipped], *, published: bool = True) -> list[str]:
    counts = {"articles": 1, "sentences": 5, "passages": 1}
    return report_lines(Report("gen-1", published, ("a",), (), (), 0, tuple(skipped), counts, 1, 0.5))


def test_one_is_told_as_one() -> None:
    assert _told([])[:2] == [
        "gen-1 published: 1 article, 5 sentences, 1 passage",
        "1 added, 0 as before; 1 passage embedded, 0.5 s",
    ]


def test_a_thousand_pictures_are_one_line_and_hide_nothing() -> None:
    pictures = [Skipped(f"/pics/{n}.png", "unsupported_format", "a picture is not read") for n in range(1000)]
    broken = Skipped("/z/report.pdf", "bad_pdf", "it has no pages")
    assert _told([*pictures, broken])[2:] == [
        "skipped     1,001 documents: 1,000 unsupported_format, 1 bad_pdf",
        "  1,000 of them: unsupported_format: a picture is not read",
        "    0.png, 1.png, 2.png and 997 more",
        "  /z/report.pdf: bad_pdf: it has no pages",
        "  byline status --json lists them all",
    ]


def test_what_is_told_has_an_end_and_says_so() -> None:
    skipped = [Skipped(f"/a/{n}.txt", f"reason_{chr(97 + n)}", "no text") for n in range(26)]
    lines = _told(skipped)
    assert len(lines) < 30 and lines[-1] == "  and 6 more: byline status --json lists them all"


def test_where_something_was_left_out_it_is_not_said_that_all_is_in() -> None:
    wrong = Skipped("/nowhere", "io_error", "there is no such file or folder")
    assert _told([wrong], published=False)[0].startswith("nothing was changed in gen-1")
    assert _told([], published=False)[0].startswith("nothing to do, all of it is in gen-1")


def test_how_to_have_files_back_is_told_where_they_still_are(tmp_path: Path) -> None:
    for name in ("a.txt", "b.jsonl"):
        (tmp_path / name).write_text("x")
    there = [f"{tmp_path}/a.txt", f"{tmp_path}/b.jsonl:3", f"{tmp_path}/b.jsonl:4"]
    told = forsaken([*there, f"{tmp_path}/deleted.txt", "https://a.example/x"])
    assert (
        told is not None
        and told.startswith("gone are 2 files")
        and f"`byline add {tmp_path}/a.txt {tmp_path}/b.jsonl`" in told
    )
    assert forsaken([f"{tmp_path}/deleted.txt", "https://a.example/x"]) is None
    alone = forsaken([f"{tmp_path}/a.txt"])
    assert alone is not None and f"`byline add {tmp_path}/a.txt`" in alone


def test_of_many_files_their_folders_are_told_and_never_what_lies_beside_them(tmp_path: Path) -> None:
    files = [tmp_path / place / f"{n}.txt" for place in ("one", "two") for n in range(3)]
    for file in files:
        file.parent.mkdir(exist_ok=True)
        file.write_text("x")
    told = forsaken(map(str, files))
    assert told is not None and f"`byline add {tmp_path}/one {tmp_path}/two` brings them back" in told
