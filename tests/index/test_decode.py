"""Bytes become characters without loss, or are rejected with the place that is wrong."""

from __future__ import annotations

import codecs

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.decode import declared_encoding, decode
from index.errors import DocumentRejected

_any_text = st.text(st.characters(exclude_categories=["Cs"]))


@settings(deadline=None)
@given(_any_text)
def test_utf8_comes_back_as_it_was(text: str) -> None:
    if not text.startswith("\ufeff"):
        assert decode(text.encode("utf-8")) == text


@settings(deadline=None)
@given(_any_text, st.sampled_from(["utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"]))
def test_a_byte_order_mark_decides_and_is_not_part_of_the_text(text: str, encoding: str) -> None:
    mark = {"utf-16-le": codecs.BOM_UTF16_LE, "utf-16-be": codecs.BOM_UTF16_BE}.get(encoding)
    mark = mark or {"utf-32-le": codecs.BOM_UTF32_LE, "utf-32-be": codecs.BOM_UTF32_BE}[encoding]
    # A UTF-16 text that opens with NUL cannot be told from UTF-32.
    if not text.startswith("\x00"):
        assert decode(mark + text.encode(encoding), "windows-1252") == text


@settings(deadline=None)
@given(st.binary())
def test_any_bytes_decode_without_replacement_or_are_rejected(data: bytes) -> None:
    try:
        text = decode(data)
    except DocumentRejected as rejected:
        assert rejected.reason in ("bad_encoding", "bad_text", "truncated")
    else:
        assert ("\ufffd" in text) <= (b"\xef\xbf\xbd" in data or b"\xfd\xff" in data or b"\xff\xfd" in data)


@pytest.mark.parametrize(
    "text",
    ["Président réélu. Fin.", "“Über alles” – 5 € à gagner", "El niño dijo: ¿qué?", "Malmö ligger i Skåne, på ö"],
)
def test_western_bytes_without_declaration_are_read_as_windows_1252(text: str) -> None:
    assert decode(text.encode("cp1252")) == text


@pytest.mark.parametrize(
    ("data", "offset"),
    [
        (b"Good sentence. \xff\xfe\x80 bad tail.", 15),
        ("Президент сказал да.".encode("cp1251"), 0),
        ("Caf\u00e9, ".encode() + b"and \xe9t\xe9 too", 11),
        (b"\xef\xbb\xbfHello \xff there", 9),
        ("大統領は言った。".encode("cp932"), 0),
    ],
)
def test_bytes_that_fit_nothing_are_rejected_with_their_offset(data: bytes, offset: int) -> None:
    with pytest.raises(DocumentRejected, match=rf"bad_encoding: byte {offset} ") as caught:
        decode(data)
    assert caught.value.reason == "bad_encoding"


@pytest.mark.parametrize(
    ("declared", "codec", "text"),
    [
        ("ISO-8859-1", "cp1252", "“naïve”"),
        ("windows-1251", "cp1251", "Президент сказал да."),
        ("Shift_JIS", "cp932", "大統領は言った。"),
        ("gb2312", "gb18030", "总统说是。"),
        ("iso-2022-jp", "iso2022_jp", "大統領"),
        ("windows-1252", "utf-8", "misdeclared, but “UTF-8”"),
    ],
)
def test_a_declared_encoding_is_used_where_the_bytes_are_not_utf8(declared: str, codec: str, text: str) -> None:
    assert decode(text.encode(codec), declared) == text


@pytest.mark.parametrize("declared", ["utf-7", "UTF-7", "utf-16", "rot13", "base64", "unicode_escape", ""])
def test_encodings_that_could_smuggle_are_not_honoured(declared: str) -> None:
    assert decode(b"+ADw-script+AD4- \\u0041 caf\xc3\xa9", declared) == "+ADw-script+AD4- \\u0041 café"


def test_text_that_ends_within_a_character_is_truncated() -> None:
    with pytest.raises(DocumentRejected, match=r"truncated: .* at byte 12"):
        decode(b"Some words: \xe2\x80")


@pytest.mark.parametrize(
    ("head", "encoding"),
    [
        (b"<html><head><meta charset=utf-8>", "utf-8"),
        (b"<meta http-equiv='Content-Type' content='text/html; charset=ISO-8859-1'>", "ISO-8859-1"),
        (b'<?xml version="1.0" encoding="koi8-r"?><html>', "koi8-r"),
        (b"<html><body>charset=latin-1</body>", None),
    ],
)
def test_the_encoding_a_page_declares(head: bytes, encoding: str | None) -> None:
    assert declared_encoding(head) == encoding
