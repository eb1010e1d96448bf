"""JSON lines: one article a line, each line for itself."""

from __future__ import annotations

import json
import tracemalloc
from pathlib import Path
from typing import Any

import pytest

from index.article import Article
from index.sources.files import Skipped
from index.sources.read import documents
from tests.index.sources.reading import read_articles


def _read(path: Path, *lines: bytes | dict[str, Any]) -> list[Article | Skipped]:
    encoded = [json.dumps(line).encode() if isinstance(line, dict) else line for line in lines]
    (path / "a.jsonl").write_bytes(b"\n".join(encoded))
    return list(read_articles([path]))


def test_all_fields_of_the_contract_are_read(tmp_path: Path) -> None:
    (item,) = _read(
        tmp_path,
        {
            "id": "senn-1", "title": "Bridge closed", "text": "The bridge is closed.", "url": "https://senn.example/1",
            "source": "The Senn Courier", "authors": ["A. Reporter"], "published": "2019-03-26",
        },
    )  # fmt: skip
    assert isinstance(item, Article)
    assert (item.id, item.title, item.text) == ("senn-1", "Bridge closed", "The bridge is closed.")
    assert (item.url, item.source, item.authors) == ("https://senn.example/1", "The Senn Courier", ("A. Reporter",))
    assert (item.published, item.markup, item.flags) == ("2019-03-26", "jsonl", ())
    assert item.origin.endswith("a.jsonl:1")


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"{not json", "bad_json"),
        (b"[1, 2]", "bad_json"),
        (b"[" * 100_000, "bad_json"),
        (b'{"text": ' + b"9" * 5000 + b"}", "bad_json"),
        (b'{"title": "no text"}', "bad_field"),
        (b'{"text": 5}', "bad_field"),
        (b'{"text": "  "}', "no_text"),
        (b'{"text": "a\xff"}', "bad_encoding"),
        (b'{"text": "' + b"a" * 2_000_001 + b'"}', "too_large"),
    ],
    ids=["broken", "list", "deep", "digits", "no text", "number", "blank", "bytes", "long"],
)
def test_a_bad_line_is_named_by_number_and_the_others_are_read(tmp_path: Path, line: bytes, reason: str) -> None:
    first, bad, third = _read(tmp_path, {"text": "One."}, line, {"text": "Three."})
    assert isinstance(first, Article) and isinstance(third, Article)
    assert isinstance(bad, Skipped) and bad.reason == reason
    assert bad.origin.endswith("a.jsonl:2") and third.origin.endswith("a.jsonl:3")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("published", "03/04/2019"),
        ("published", "2019-02-30"),
        ("published", 1553299200),
        ("url", "file:///etc/passwd"),
        ("url", "https://user:word@a.example/"),
        ("url", "https://a.example/\nx"),
        ("title", ["no string"]),
        ("authors", {"number": 5}),
        ("id", "../../etc/passwd"),
        ("id", "two\nlines"),
        ("id", "x" * 129),
        ("id", "--index"),
    ],
)
def test_an_unclear_field_is_left_out_and_flagged(tmp_path: Path, field: str, value: Any) -> None:
    (item,) = _read(tmp_path, {"text": "One.", field: value})
    assert isinstance(item, Article)
    assert item.flags == (f"bad_{field}",)
    assert item.id != value if field == "id" else not getattr(item, field)


def test_a_date_with_a_time_keeps_its_day_as_written(tmp_path: Path) -> None:
    (item,) = _read(tmp_path, {"text": "One.", "published": "2019-03-26T23:30:00+01:00"})
    assert isinstance(item, Article) and item.published == "2019-03-26"


def test_a_line_without_id_is_known_by_its_address_and_else_by_its_content(tmp_path: Path) -> None:
    before = _read(tmp_path, {"text": "One.", "url": "https://a.example/1"}, {"text": "Two."})
    after = _read(tmp_path, {"text": "New."}, {"text": "Two."}, {"text": "One, changed.", "url": "https://a.example/1"})
    ids = [item.id for item in (*before, *after) if isinstance(item, Article)]
    assert ids[0] == ids[4] and ids[1] == ids[3]
    assert len(set(ids)) == 3


def test_blank_lines_crlf_and_a_byte_order_mark_do_no_harm(tmp_path: Path) -> None:
    items = _read(tmp_path, b'\xef\xbb\xbf{"text": "One."}\r', b"", b'{"text": "Two."}\r', b"")
    assert [item.text for item in items if isinstance(item, Article)] == ["One.", "Two."]


def test_the_raw_digest_is_that_of_the_line(tmp_path: Path) -> None:
    _one, two = _read(tmp_path, {"text": "One."}, {"text": "Two."})
    (tmp_path / "a.jsonl").write_bytes(json.dumps({"text": "Two."}).encode() + b"\r\n")
    (alone,) = documents([tmp_path])
    assert isinstance(two, Article) and not isinstance(alone, Skipped)
    assert alone.raw_sha256 == two.raw_sha256


def test_a_large_file_is_read_line_by_line(tmp_path: Path) -> None:
    with (tmp_path / "a.jsonl").open("w") as file:
        for number in range(4000):
            file.write(json.dumps({"id": str(number), "text": f"Article {number}. " + "word " * 1000}) + "\n")
    assert (tmp_path / "a.jsonl").stat().st_size > 20_000_000
    tracemalloc.start()
    count = sum(1 for item in read_articles([tmp_path]) if isinstance(item, Article))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert count == 4000
    assert peak < 4_000_000


@pytest.mark.parametrize(
    "line",
    [
        {"headline": "Ice road", "body": "It opened.", "published_at": "2022-12-02T08:00:00Z", "source": {"id": None, "name": "Tarn News"}, "link": "https://t.example/i", "author": "By Per Lund"},
        {"title": "Ice road", "maintext": "It opened.", "date_publish": "2022-12-02 10:00:00", "outlet": "Tarn News", "url": "https://t.example/i", "authors": ["Per Lund"]},
        {"Title": "Ice road", "Text": "It opened.", "Date": "2022-12-02", "Publisher": "Tarn News", "URL": "https://t.example/i", "Author": {"name": "Per Lund"}},
        {"title": "Ice road", "text": "It opened.", "body": "Something else.", "source": "Tarn News", "publisher": "Nobody", "url": "https://t.example/i", "published": "2022-12-02", "date": "2001-01-01", "authors": ["Per Lund"]},
    ],
    ids=["newsapi", "news-please", "capitals", "ours first"],
)  # fmt: skip
def test_usual_names_of_fields_are_understood_and_ours_go_first(tmp_path: Path, line: dict[str, Any]) -> None:
    (item,) = _read(tmp_path, line)
    assert isinstance(item, Article)
    assert (item.title, item.text, item.source, item.authors) == ("Ice road", "It opened.", "Tarn News", ("Per Lund",))
    assert (item.url, item.published, item.flags) == ("https://t.example/i", "2022-12-02", ())


def test_a_line_without_a_text_is_told_what_it_has_instead(tmp_path: Path) -> None:
    (item,) = _read(tmp_path, {"kop": "Bridge", "inhoud": "The bridge is closed."})
    assert isinstance(item, Skipped)
    assert '"text" is needed' in item.detail and '"kop", "inhoud"' in item.detail
