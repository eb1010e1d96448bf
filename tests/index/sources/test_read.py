"""The way in: stable order, stable ids, nothing parsed before it must be."""

from __future__ import annotations

import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from index.article import Article, sha256
from index.errors import DocumentRejected
from index.sources.contents import Contents, web_address
from index.sources.dates import iso_date
from index.sources.files import Skipped
from index.sources.read import _READERS, Document, article, document_in, documents
from index.sources.sniff import markup_of
from index.sources.text import headline
from tests.index.sources.paper import docx, paragraph, zipped
from tests.index.sources.reading import read_articles


def _articles(*paths: Path) -> list[Article]:
    return [item for item in read_articles(paths) if isinstance(item, Article)]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A small folder of every format, with things that are no articles."""
    root = tmp_path / "news"
    for name, text in {
        "b.txt": "Plain text here.",
        "a.md": "# Heading\n\nMarkdown here.",
        "sub/c.html": "<html><body><p>A page here.</p></body></html>",
        "sub/c_files/style.css": "p {}",
        "sub/README.md": "A nested file here.",
        "d.jsonl": '{"text": "A line here."}\n{"id": "x", "text": "Another line here."}\n',
        "README.md": "About this folder.",
        ".hidden.txt": "Not read.",
        ".git/x.txt": "Not read.",
        "z.css": "p {}",
    }.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return root


def test_a_folder_is_read_in_the_order_of_names(folder: Path) -> None:
    assert [(item.markup, item.text.split("\n")[-1]) for item in _articles(folder)] == [
        ("markdown", "Markdown here."),
        ("text", "Plain text here."),
        ("jsonl", "A line here."),
        ("jsonl", "Another line here."),
        ("markdown", "A nested file here."),
        ("html", "A page here."),
    ]


def test_what_is_not_read_is_named_with_a_reason(folder: Path) -> None:
    skipped = [item for item in read_articles([folder]) if isinstance(item, Skipped)]
    assert [(Path(item.origin).name, item.reason) for item in skipped] == [("z.css", "unsupported_format")]


def test_ids_do_not_change_when_the_folder_moves(folder: Path, tmp_path: Path) -> None:
    before = [item.id for item in _articles(folder)]
    moved = Path(shutil.move(folder, tmp_path / "elsewhere"))
    assert [item.id for item in _articles(moved)] == before
    assert len(set(before)) == len(before)


def test_the_same_file_reached_twice_is_read_once(folder: Path) -> None:
    assert len(_articles(folder, folder / "b.txt", folder)) == len(_articles(folder))


def test_two_folders_with_the_same_names_are_kept_apart(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "a.txt").write_text(f"Article of {name}.")
    items = _articles(tmp_path / "one", tmp_path / "two")
    assert [item.text for item in items] == ["Article of one.", "Article of two."]
    assert len({item.id for item in items}) == 2


def test_a_link_that_a_person_gives_may_lead_to_a_folder(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(folder, target_is_directory=True)
    assert [item.id for item in _articles(tmp_path / "link")] == [item.id for item in _articles(folder)]


def test_documents_come_unparsed_and_one_by_one(folder: Path) -> None:
    stream = documents([folder, folder / "missing"])
    first = next(stream)
    assert isinstance(first, Document)
    assert (first.key, first.markup, first.raw_sha256) == ("a.md", "markdown", sha256(first.data))
    assert article(replace(first, collections=("tag",))).collections == ("tag",)
    (folder / "b.txt").write_text("Written after the first was read.")
    second = next(stream)
    assert isinstance(second, Document) and second.data == b"Written after the first was read."


def test_an_article_keeps_raw_and_canonical_digests(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes("Cafe\u0301 opened.\r\n".encode())
    (item,) = _articles(tmp_path)
    assert item.raw_sha256 == sha256("Cafe\u0301 opened.\r\n".encode())
    assert item.text_sha256 == sha256("Caf\u00e9 opened.".encode())


def test_a_document_that_is_no_article_is_rejected_by_itself() -> None:
    with pytest.raises(DocumentRejected, match="no_text"):
        article(Document("a.txt", "a.txt", b"***", "text"))


@pytest.mark.parametrize("error", [ValueError, RecursionError, KeyError, ZeroDivisionError, AttributeError, TypeError])
def test_an_error_that_nobody_foresaw_costs_one_document(
    folder: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, error: type[Exception]
) -> None:
    def fails(data: bytes) -> Contents:
        raise error("inside")

    monkeypatch.setitem(_READERS, "text", fails)
    first, second, *_ = documents([folder])
    assert isinstance(first, Document) and isinstance(second, Document)
    with pytest.raises(DocumentRejected, match=f"unreadable: {error.__name__} while it was read"):
        article(second)
    assert "b.txt: a parser failed on it" in caplog.text
    assert article(first).text == "Heading\nMarkdown here."


def test_fetched_bytes_are_a_document_known_by_their_address() -> None:
    address = "https://a.example/report"
    one = document_in(docx(paragraph("A report here.")), "page.docx", address, "https://a.example/report?x=1")
    assert (one.key, one.origin, one.markup, one.address) == (address, address, "docx", "https://a.example/report?x=1")
    assert article(one).text == "A report here."
    for data, name, reason in (
        (zipped({"a.txt": "One text.", "b.txt": "Another."}), "page.zip", "unsupported_format"),
        (b"%PDF-1.4", "page.html", "content_type_mismatch"),
        (b'{"no": 1', "page.jsonl", "bad_json"),
    ):
        with pytest.raises(DocumentRejected, match=reason):
            document_in(data, name, address)


def test_a_page_with_more_text_than_an_article_has_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.html").write_text("<html><body><p>" + "word " * 500_000)
    (item,) = read_articles([tmp_path])
    assert isinstance(item, Skipped) and item.reason == "too_large"


@pytest.mark.parametrize(
    ("name", "data", "markup"),
    [
        ("a.txt", b"Text.", "text"),
        ("a", b"Text.", "text"),
        ("Report on U.S. troops", b"Text.", "text"),
        ("a.TXT", b"x^2 is text.", "text"),
        ("a.php", b"\xef\xbb\xbf\n<!-- x --><!DOCTYPE html><p>x", "html"),
        ("a.txt", b"<html><p>x", "html"),
        ("a.txt", b"<b>Bold</b> words", "text"),
        ("a.txt", "Text".encode("utf-16"), "text"),
        ("a.html", "<p>Text".encode("utf-16"), "html"),
        ("a.pdf", b"%PDF-1.7\n", "pdf"),
        ("download", b"%PDF-1.7\n", "pdf"),
        ("a.zip", b"PK\x03\x04rest", "zip"),
        ("a.docx", b"PK\x03\x04rest", "zip"),
        ("a.eml", b"Subject: The harbour\r\n\r\nText.", "email"),
        ("a.txt", b"From: The Desk\nSubject: The harbour\n\nA memo in a story.", "text"),
        ("a", b"Received: by a\nFrom: a@b.example\nSubject: x\n\nText.", "email"),
    ],
)
def test_the_content_decides_the_format(name: str, data: bytes, markup: str) -> None:
    assert markup_of(name, data) == markup


@pytest.mark.parametrize(
    ("name", "data", "reason"),
    [
        ("a.html", b"No markup at all.", "content_type_mismatch"),
        ("a.txt", b"PK\x03\x04rest", "content_type_mismatch"),
        ("a.pptx", b"PK\x03\x04rest", "unsupported_format"),
        ("a.pdf", b"Just text.", "content_type_mismatch"),
        ("a.png", b"\x89PNG", "unsupported_format"),
        ("a.jsonl", b"<html><p>x", "content_type_mismatch"),
        ("a.xml", b"<?xml version='1.0'?><rss version='2.0'>", "unsupported_format"),
        ("a.html", b"<?xml version='1.0'?><!DOCTYPE l [<!ENTITY a 'x'>]><rss>", "content_type_mismatch"),
        ("a.eml", b"Dear all, this has no headers.", "content_type_mismatch"),
        ("a.eml", b"<html><p>x", "content_type_mismatch"),
        ("a.docx", b"%PDF-1.4", "content_type_mismatch"),
        ("a.html", b"%PDF-1.4", "content_type_mismatch"),
    ],
)
def test_what_is_something_else_is_refused(name: str, data: bytes, reason: str) -> None:
    with pytest.raises(DocumentRejected, match=reason):
        markup_of(name, data)


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("Bridge closed after divers find cracks\n\nThe bridge is closed.", "Bridge closed after divers find cracks"),
        ("A theme for pages.\n\nBridge closed at once\n\nThe bridge is closed.", "Bridge closed at once"),
        ("The bridge is closed.\n\nIt will open again.", None),
        ("Bridge closed at once\nThe bridge is closed.", None),
        ("By A. Reporter of Senn\n\nThe bridge is closed.", None),
        ("Only one line here", None),
    ],
)
def test_a_headline_is_a_short_line_that_stands_alone(text: str, title: str | None) -> None:
    assert headline(text) == title


@pytest.mark.parametrize(
    ("written", "day"),
    [
        ("2019-03-23", "2019-03-23"),
        ("2019-03-23T10:00:00.000Z", "2019-03-23"),
        ("2019-03-23 10:00:00 +0100", "2019-03-23"),
        ("20190323", "2019-03-23"),
        ("2019/3/23", "2019-03-23"),
        ("Sat, 23 Mar 2019 10:00:00 GMT", "2019-03-23"),
        ("March 23, 2019", "2019-03-23"),
        ("23 Sept. 2019", "2019-09-23"),
        ("Saturday 23rd March 2019, 2:30 p.m. ET", "2019-03-23"),
        ("March 23, 2019 at 2:30 PM EST", "2019-03-23"),
        ("Sat Mar 23 2019 14:30:00 GMT+0100 (Central European Standard Time)", "2019-03-23"),
        ("2019-03-23T14:30:00+01:00[Europe/Berlin]", "2019-03-23"),
        ("Samstag, 23. März 2019, 14:30 Uhr", "2019-03-23"),
        ("le 1er mars 2019", None),
        ("1er mars 2019", "2019-03-01"),
        ("23 de marzo de 2019", "2019-03-23"),
        ("2019年3月23日", "2019-03-23"),
        ("23/03/2019", "2019-03-23"),
        ("03.23.2019", "2019-03-23"),
        ("03.04.2019", None),
        ("5 listopada 2019", None),
        ("Updated 23 March 2019", None),
        ("23 March 2019 and 24 March 2019", None),
        ("1553342400", None),
        ("03/04/2019", None),
        ("2019-02-29", None),
        ("0001-01-01T00:00:00", None),
        ("March 2019", None),
        ("2019", None),
        ("yesterday", None),
        ("23 Marvellous 2019", None),
    ],
)
def test_a_date_is_read_only_where_it_has_one_meaning(written: str, day: str | None) -> None:
    assert iso_date(written) == day


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("https://a.example/x?y=1#z", True),
        ("http://a.example:8080/", True),
        ("ftp://a.example/", False),
        ("//a.example/x", False),
        ("https://", False),
        ("https://a.example:99999/", False),
        ("https://a.example/<script>", False),
        ("https://[::1", False),
        ("https://a.example/" + "x" * 2048, False),
    ],
)
def test_only_plain_web_addresses_are_kept(written: str, kept: bool) -> None:
    assert web_address(written) == (written if kept else None)


def test_reading_articles_loads_no_model_library_and_no_parser() -> None:
    """Parsers are for the other process: this one starts sooner and has nothing for a document to attack."""
    names = "'torch', 'haystack', 'transformers', 'lxml', 'trafilatura', 'pypdf', 'markdown_it', 'yaml'"
    code = f"import sys, index.sources.read; print(sorted({{{names}}} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"
