"""PDF files: their running text, what they may claim of themselves, and nothing that their readers cannot see."""

from __future__ import annotations

import pytest

from index.errors import DocumentRejected
from index.sources.pdf import read_pdf
from tests.index.sources.paper import column, drawn, pdf

LEFT = "The harbour of Senn reopened on Mon-\nday after divers had declared the chan-\nnel safe. Ships had waited."
RIGHT = "The mayor, a self-\nmade man, thanked the crews. Nobody\nwas hurt."
HEAD = [("The Harbour Post", 72.0, 760.0, 9.0), ("Harbour reopens after the storm", 72.0, 735.0, 20.0)]


def _shown(extra: bytes) -> tuple[str, tuple[str, ...]]:
    contents = read_pdf(pdf([drawn(column("Seen text here.")) + b"\n" + extra]))
    return contents.text, contents.flags


def test_043_two_columns_are_read_one_after_the_other_and_words_made_whole() -> None:
    """Columns come in the order in which the file draws them."""
    page = drawn([*HEAD, *column(LEFT, 72, 700), *column(RIGHT, 320, 700), ("3", 500, 30, 9)])
    other = drawn([("The Harbour Post", 72, 760, 9), *column("The council meets in May.", 72, 700), ("4", 500, 30, 9)])
    contents = read_pdf(pdf([page, other]))
    assert contents.text.split("\n") == [
        "Harbour reopens after the storm",
        "The harbour of Senn reopened on Monday after divers had declared the channel safe. Ships had waited.",
        "The mayor, a self-made man, thanked the crews. Nobody was hurt.",
        "The council meets in May.",
    ]
    assert [contents.text[start:][:11] for start in contents.pages] == ["Harbour reo", "The council"]
    assert contents.title == "Harbour reopens after the storm"


@pytest.mark.parametrize(
    ("title", "author", "kept"),
    [
        ("Harbour of Senn reopens", "Ada Brook", ("Harbour of Senn reopens", ("Ada Brook",))),
        ("Microsoft Word - draft3.doc", "admin", (None, ())),
        ("Untitled", "Somebody Else", (None, ())),
    ],
)
def test_properties_count_only_where_the_pages_say_the_same_and_dates_of_files_never(
    title: str, author: str, kept: tuple[str | None, tuple[str, ...]]
) -> None:
    page = drawn(column("HARBOUR OF SENN REOPENS\nBy Ada Brook\nShips had waited for three days."))
    contents = read_pdf(pdf([page], {"Title": title, "Author": author, "CreationDate": "D:20190323100000Z"}))
    assert (contents.title, contents.authors) == kept
    assert contents.published is None


@pytest.mark.parametrize(
    "hidden",
    [
        b"BT 3 Tr /F1 11 Tf 72 600 Td (PWNED.) Tj ET",
        b"BT 3 Tr /F1 11 Tf 72 600 Td [(PW) -20 (NED.)] TJ ET",
        b"q 1 g BT /F1 11 Tf 72 600 Td (PWNED.) Tj ET Q",
        b"1 1 1 rg BT /F1 11 Tf 72 600 Td (PWNED.) Tj ET",
        b"0 0 0 0 k BT /F1 11 Tf 72 600 Td (PWNED.) ' ET",
        b"1 g 0 0 612 792 re f BT /F1 11 Tf 72 600 Td (PWNED.) Tj ET",
        b"BT /F1 0.4 Tf 72 600 Td (PWNED.) Tj ET",
        b"q 0.01 0 0 0.01 0 0 cm BT /F1 11 Tf 7200 60000 Td (PWNED.) Tj ET Q",
        b"BT /F1 11 Tf 72 -600 Td (PWNED.) Tj ET",
    ],
    ids=["invisible", "invisible-array", "white", "white-rgb", "white-cmyk", "white-on-white", "tiny", "scaled", "off"],
)
def test_042_text_that_no_reader_sees_is_not_read_and_flagged(hidden: bytes) -> None:
    assert _shown(hidden) == ("Seen text here.", ("pdf_hidden_text=1",))


@pytest.mark.parametrize(
    "seen",
    [
        b"0 0 1 rg 60 590 300 30 re f 1 g BT /F1 11 Tf 72 600 Td (White on blue.) Tj ET",
        b"q 1 g Q BT /F1 11 Tf 72 600 Td (White on blue.) Tj ET",
        b"BT 3 Tr 0 Tr /F1 11 Tf 72 600 Td (White on blue.) Tj ET",
    ],
)
def test_text_that_readers_see_is_read(seen: bytes) -> None:
    assert _shown(seen)[0].endswith("White on blue.")


def test_the_words_recognised_under_a_scanned_page_are_read_and_flagged() -> None:
    page = b"/Im Do BT 3 Tr /F1 11 Tf 72 600 Td (Recognised words here.) Tj ET"
    contents = read_pdf(pdf([page], resources=b"/XObject << /Im 10 0 R >>", objects=[IMAGE]))
    assert (contents.text, contents.flags) == ("Recognised words here.", ("recognised_pages=1",))


IMAGE = (
    b"<< /Type /XObject /Subtype /Image /Width 1 /Height 1 /ColorSpace /DeviceGray /BitsPerComponent 8 /Length 1 >>\n"
    b"stream\n\x00\nendstream"
)


def test_038_pictures_without_text_are_said_to_be_so() -> None:
    with pytest.raises(DocumentRejected, match=r"no_text_layer: .*OCR"):
        read_pdf(pdf([b"/Im Do"], resources=b"/XObject << /Im 10 0 R >>", objects=[IMAGE]))


def test_an_empty_page_has_no_text() -> None:
    with pytest.raises(DocumentRejected, match="no_text"):
        read_pdf(pdf([b""]))
