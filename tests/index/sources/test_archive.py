"""Archives: every member a document of its own, nothing unpacked that was not allowed for, nothing written to disk."""

from __future__ import annotations

import io
import os
import stat
import struct
import time
import zipfile
from pathlib import Path

import pytest

from index.article import Article
from index.errors import DocumentRejected
from index.sources.archive import MEMBERS, open_archive
from index.sources.chapters import _has_words
from index.sources.files import Skipped
from tests.index.sources.paper import column, docx, drawn, epub, letter, paragraph, pdf, zipped
from tests.index.sources.reading import read_articles

BOOK = (
    "<dc:title>The Senn Review</dc:title><dc:creator>Ada Brook</dc:creator><dc:date>2019-03-23</dc:date>"
    "<dc:language>en</dc:language>"
)


def _read(folder: Path, name: str, data: bytes) -> list[Article | Skipped]:
    (folder / name).write_bytes(data)
    return list(read_articles([folder]))


def _short(item: Article | Skipped) -> tuple[str, str]:
    name = item.origin.partition("!")[2]
    return name, item.reason if isinstance(item, Skipped) else item.text.split("\n")[-1]


def test_every_member_is_read_as_the_file_it_is_and_a_bad_one_costs_itself(tmp_path: Path) -> None:
    word = docx(paragraph("A report here."))
    items = _read(
        tmp_path,
        "a.zip",
        zipped(
            {
                "b/story.txt": "Plain story here.", "page.html": "<html><body><p>A page here.</p>",
                "page_files/ad.html": "<html><body><p>An advert.</p>", "__MACOSX/page.html": "<html><p>x",
                ".DS_Store": "x", "lines.jsonl": '{"text": "One line."}\n{"id": 7}\n', "report.docx": word,
                "paper.pdf": pdf([drawn(column("A paper here."))]), "mail.eml": letter("A letter here."),
                "issue.epub": epub({"c.xhtml": "<h1>One</h1><p>A chapter here.</p>"}), "bad.pdf": b"%PDF-1.4",
                "deep.zip": zipped({"a.txt": "Deep."}), "pic.png": b"\x89PNG", "empty.txt": b"",
            }
        ),
    )  # fmt: skip
    assert list(map(_short, items)) == [
        ("b/story.txt", "Plain story here."), ("bad.pdf", "bad_pdf"), ("deep.zip", "unsupported_format"),
        ("empty.txt", "empty_file"), ("issue.epub!OEBPS/c.xhtml", "A chapter here."), ("lines.jsonl:1", "One line."),
        ("lines.jsonl:2", "bad_field"), ("mail.eml", "A letter here."), ("page.html", "A page here."),
        ("paper.pdf", "A paper here."), ("pic.png", "unsupported_format"), ("report.docx", "A report here."),
    ]  # fmt: skip
    articles = [item for item in items if isinstance(item, Article)]
    assert len({item.id for item in articles}) == len(articles)
    assert sorted(os.listdir(tmp_path)) == ["a.zip"]


def test_a_word_file_or_a_book_is_told_by_what_it_holds(tmp_path: Path) -> None:
    (tmp_path / "b.zip").write_bytes(docx(paragraph("A report here.")))
    (tmp_path / "c.docx").write_bytes(zipped({"x.txt": "Text in an archive."}))
    (tmp_path / "d.zip").write_bytes(zipped({"xl/workbook.xml": "<x/>"}))
    (tmp_path / "e").write_bytes(zipped({"x.txt": "Text in an archive."}))
    items = list(read_articles([tmp_path]))
    assert [item.reason if isinstance(item, Skipped) else item.markup for item in items] == [
        "docx", "text", "unsupported_format", "content_type_mismatch",
    ]  # fmt: skip


def test_each_chapter_is_an_article_of_its_book_in_the_order_of_reading(tmp_path: Path) -> None:
    chapters = {
        "one.xhtml": "<h1>Harbour reopens</h1><p>The harbour&nbsp;reopened.</p><p hidden='hidden'>PWNED.</p>",
        "two.xhtml": "<h2>Council votes</h2><p>The council votes.</p>",
        "cover.xhtml": "<img src='cover.jpg' alt='Cover'/>",
        "unlisted.xhtml": "<p>Not in the book.</p>",
        "answers.xhtml": "<p>Beside the order of reading.</p>",
    }
    items = _read(
        tmp_path, "b.epub", epub(chapters, BOOK, spine=["cover.xhtml", "two.xhtml", "-answers.xhtml", "one.xhtml"])
    )
    assert [(item.title, item.text.split("\n")[-1]) for item in items if isinstance(item, Article)] == [
        ("Council votes", "The council votes."), ("Harbour reopens", "The harbour\u00a0reopened."),
    ]  # fmt: skip
    first = items[0]
    assert isinstance(first, Article) and len(items) == 2
    assert (first.source, first.authors, first.published, first.language, first.markup) == (
        "The Senn Review", ("Ada Brook",), "2019-03-23", "en", "epub",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (zipped({"META-INF/container.xml": "<x/>"}), "bad_epub"),
        (zipped({"META-INF/container.xml": '<rootfile full-path="../../etc/passwd"/>'}), "bad_epub"),
        (zipped({"META-INF/container.xml": '<rootfile full-path="a.opf"/>', "a.opf": "<package/>"}), "bad_epub"),
        (zipped({"META-INF/container.xml": '<rootfile full-path="a.opf"/>', "a.opf": "<package>"}), "bad_xml"),
        (epub({"c.xhtml": "x"})[:-30], "bad_archive"),
    ],
)
def test_what_is_no_book_is_refused(tmp_path: Path, data: bytes, reason: str) -> None:
    (item,) = _read(tmp_path, "b.epub", data)
    assert isinstance(item, Skipped) and item.reason == reason


def test_a_book_that_points_out_of_itself_reads_nothing_there(tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_text("")
    book = epub({"../../secret.txt": "x"})
    items = _read(tmp_path, "b.epub", book)
    assert [item.reason for item in items if isinstance(item, Skipped)] == ["unsafe_path", "empty_file"]


UNSAFE = [
    "../../etc/cron.d/x", "/etc/passwd", "C:\\x", "c:/x", "..\\..\\x", "\\\\server\\x", "a/../../x", "a/..", "..",
    "a\x00.txt",
]  # fmt: skip


@pytest.mark.parametrize("name", UNSAFE)
def test_049_a_name_that_leads_out_refuses_the_whole_archive(tmp_path: Path, name: str) -> None:
    marker = "N" * len(name)
    data = zipped({"a.txt": "Good text.", marker: "x"}).replace(marker.encode(), name.encode())
    (item,) = _read(tmp_path, "a.zip", data)
    assert isinstance(item, Skipped) and item.reason == "unsafe_path"
    assert os.listdir(tmp_path) == ["a.zip"]


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFCHR, stat.S_IFBLK, stat.S_IFIFO, stat.S_IFSOCK])
def test_049_a_link_or_a_device_refuses_the_whole_archive(tmp_path: Path, kind: int) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        info = zipfile.ZipInfo("link.txt")
        info.create_system, info.external_attr = 3, (kind | 0o777) << 16
        archive.writestr(info, "/etc/passwd")
    (item,) = _read(tmp_path, "a.zip", out.getvalue())
    assert isinstance(item, Skipped) and item.reason == "unsafe_path"


@pytest.mark.parametrize("name", ["two\nlines.txt", "-rf.txt", "b\x1b[2J.txt", "n" * 300 + ".txt", "é\u202e.txt"])
def test_odd_names_are_data_and_shown_escaped(tmp_path: Path, name: str) -> None:
    (item,) = _read(tmp_path, "a.zip", zipped({name: "Good text here."}))
    assert isinstance(item, Article) and item.origin.isprintable() and item.id.isprintable()


def test_members_that_are_too_large_encrypted_or_broken_cost_themselves(tmp_path: Path) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.txt", "Good text. It stands.")
        archive.writestr("b.txt", os.urandom(3_000_000).hex())
        archive.writestr("c.txt", "Text behind a password.")
        archive.writestr("d.txt", "Text that was damaged later.", zipfile.ZIP_STORED)
        archive.writestr("e.txt", "Text packed otherwise.", zipfile.ZIP_LZMA)
    data = bytearray(out.getvalue().replace(b"damaged later", b"DAMAGED later"))
    flags = data.rindex(b"c.txt") - 46 + 8
    struct.pack_into("<H", data, flags, 1)
    items = _read(tmp_path, "a.zip", bytes(data))
    assert [_short(item)[1] for item in items] == [
        "Good text. It stands.", "too_large", "encrypted", "bad_archive", "bad_archive",
    ]  # fmt: skip


def test_archives_of_too_many_members_or_beyond_32_bits_are_refused_by_their_end() -> None:
    many = zipped({f"{number}.txt": b"x" for number in range(MEMBERS + 1)})
    with pytest.raises(DocumentRejected, match="archive_limit"):
        open_archive(io.BytesIO(many))
    end = bytearray(zipped({"a.txt": "x"}))
    struct.pack_into("<HH", end, len(end) - 22 + 8, MEMBERS + 1, MEMBERS + 1)
    with pytest.raises(DocumentRejected, match="archive_limit"):
        open_archive(io.BytesIO(bytes(end)))
    end = bytearray(zipped({"a.txt": "x"}))
    struct.pack_into("<L", end, len(end) - 22 + 12, 2_000_000_000)
    with pytest.raises(DocumentRejected, match="archive_limit"):
        open_archive(io.BytesIO(bytes(end)))
    longer = zipped({"a.txt": "x"})
    longer = longer[:-22] + b"PK\x06\x07" + b"\x00" * 16 + longer[-22:]
    with pytest.raises(DocumentRejected, match="archive_limit"):
        open_archive(io.BytesIO(longer))


def test_members_that_share_their_bytes_count_each_for_itself() -> None:
    """A bomb of overlapping members says its true size in the directory."""
    with pytest.raises(DocumentRejected, match="archive_limit"):
        open_archive(io.BytesIO(zipped({f"{n}": os.urandom(80_000) for n in range(10)})), 500_000)


@pytest.mark.parametrize("cut", [4, 10, 21, 60, 100])
def test_an_archive_cut_short_is_refused(cut: int) -> None:
    data = zipped({"a.txt": "Good text."})
    with pytest.raises(DocumentRejected, match="bad_archive"):
        open_archive(io.BytesIO(data[: len(data) - cut]))


def test_whether_a_chapter_has_words_is_told_in_time_whatever_it_is_made_of() -> None:
    """It is looked at in the building process, with no limit but the chapter's size."""
    start = time.process_time()
    assert not _has_words(b"<body>" + b"x" * 1_000_000)
    assert not _has_words(b"<body>" + b">!" * 500_000)
    assert _has_words(b"<body><p>" + b"x" * 1_000_000 + b"</p>")
    assert time.process_time() - start < 5
