"""A file's name and bytes -> the format to read it as, or why it is not read.

The content decides; the name must not contradict it. A page saved under any name is read as a page, while bytes
that are plainly something else than their name says are rejected as `content_type_mismatch`, and formats that are
known but not read as `unsupported_format`. Nothing is ever unpacked here: a Word document, an EPUB and an archive of
articles are all "zip" until they are opened.
"""

from __future__ import annotations

import codecs
import os
import re
from typing import Literal

from index.errors import DocumentRejected

# "json" is a file of several articles, each of which is read as a line of "jsonl".
Markup = Literal["text", "markdown", "html", "json", "jsonl", "pdf", "docx", "epub", "email", "zip"]

HEAD = 4096

_BY_SUFFIX: dict[str, Markup] = {
    "": "text",
    ".txt": "text",
    ".text": "text",
    ".md": "markdown",
    ".markdown": "markdown",
    ".html": "html",
    ".htm": "html",
    ".xhtml": "html",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "json",
    ".eml": "email",
    ".mht": "email",
    ".mhtml": "email",
}
_READ = "Byline reads .txt, .md, .html, .mhtml, .json, .jsonl, .pdf, .docx, .epub, .eml and .zip"

# Formats told by their first bytes, and the names that they may go by.
_PACKED: tuple[tuple[bytes, Markup, tuple[str, ...]], ...] = (
    (b"%PDF-", "pdf", (".pdf", "")),
    (b"PK\x03\x04", "zip", (".zip", ".docx", ".epub", "")),
    (b"PK\x05\x06", "zip", (".zip", "")),
)

_MAGIC = (
    (b"\x1f\x8b", "a gzip archive", (".gz", ".tgz")),
    (b"PK\x03\x04", "a ZIP archive", (".zip", ".docx", ".epub", ".odt", ".xlsx", ".pptx", ".jar")),
    (b"PK\x05\x06", "a ZIP archive", (".zip",)),
    (b"%PDF-", "a PDF file", (".pdf",)),
    (b"GIF8", "a picture", (".gif",)),
    (b"\x89PNG", "a picture", (".png",)),
    (b"\xff\xd8\xff", "a picture", (".jpg", ".jpeg")),
    (b"RIFF", "a picture or a sound", (".webp", ".wav", ".avi")),
    (b"\xd0\xcf\x11\xe0", "an old Office file", (".doc", ".xls", ".ppt", ".msg")),
    (b"{\\rtf", "a rich text file", (".rtf", ".doc")),
    (b"7z\xbc\xaf", "a 7-Zip archive", (".7z",)),
    (b"Rar!", "a RAR archive", (".rar",)),
    (b"\xfd7zXZ", "an xz archive", (".xz",)),
    (b"BZh", "a bzip2 archive", (".bz2",)),
    (b"(\xb5/\xfd", "a zstd archive", (".zst",)),
    (b"\x7fELF", "a program", (".so", ".bin", ".o")),
    (b"SQLite format 3", "a database", (".db", ".sqlite")),
    (b"wOF", "a font", (".woff", ".woff2")),
    (b"\x00\x00\x01\x00", "a picture", (".ico",)),
    (b"OggS", "a sound", (".ogg",)),
    (b"ID3", "a sound", (".mp3",)),
)
_PAGE = re.compile(
    rb"\s*(?:<\?xml[^>]*>\s*|<!--(?:(?!-->).){0,2000}-->\s*)*<(?:!doctype\s+html|html|head|body)[\s>]", re.I | re.S
)
_FEED = re.compile(rb"<(?:rss|feed|rdf:RDF)[\s>]", re.IGNORECASE)
_WIDE_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)
_HEADERS = re.compile(rb"(?:[!-9;-~]{1,80}:[^\r\n]{0,2000}\r?\n(?:[ \t][^\r\n]{0,2000}\r?\n){0,200}){1,200}")
_MAIL = re.compile(rb"^(?:from|date|subject|to|mime-version|received|message-id):", re.IGNORECASE | re.MULTILINE)
_SENT = re.compile(rb"^(?:mime-version|received|message-id):", re.IGNORECASE | re.MULTILINE)
_CONTROL = bytes(set(range(32)) - set(b"\t\n\x0b\x0c\r\x1b")) + b"\x7f"


def markup_of(name: str, head: bytes) -> Markup:
    """The format of a file by its name and its first 4,096 bytes; rejected if it is none that is read."""
    suffix = _suffix(name)
    if not head:
        raise DocumentRejected("empty_file", "the file has no bytes")
    for magic, markup, suffixes in _PACKED:
        if head.startswith(magic) and suffix in suffixes:
            return markup
    if what := _binary(head, suffix):
        raise what
    wide = head.startswith(_WIDE_MARKS)
    visible = head.replace(b"\x00", b"") if wide else head
    visible = (
        visible.removeprefix(codecs.BOM_UTF8).lstrip(b"\xff\xfe") if wide else visible.removeprefix(codecs.BOM_UTF8)
    )
    by_name = _BY_SUFFIX.get(suffix)
    if by_name in ("email", "text") and _is_mail(visible, sure=by_name == "text"):
        return "email"
    if _PAGE.match(visible):
        if by_name in ("json", "jsonl", "email"):
            raise DocumentRejected("content_type_mismatch", f"named {suffix}, but it is a web page")
        return "html"
    if visible.lstrip().startswith(b"<") and _FEED.search(visible):
        reason = "content_type_mismatch" if by_name else "unsupported_format"
        raise DocumentRejected(reason, "it is a feed or other XML; `byline feeds add` takes the address of a feed")
    if by_name is None:
        known = any(suffix in suffixes for _, _, suffixes in _MAGIC)
        if known:
            raise DocumentRejected("content_type_mismatch", f"named {suffix}, but its bytes are not of that kind")
        raise DocumentRejected("unsupported_format", f"{suffix} files are not read; {_READ}")
    if by_name == "html" and not re.search(rb"<[A-Za-z!/]", visible):
        raise DocumentRejected("content_type_mismatch", f"named {suffix}, but there is no markup in it; name it .txt")
    if by_name == "email":
        raise DocumentRejected("content_type_mismatch", f"named {suffix}, but it does not begin with headers")
    return by_name


def _is_mail(head: bytes, *, sure: bool) -> bool:
    """Whether the bytes begin with the headers of a message; `sure` asks for those that only mail programs write."""
    match = _HEADERS.match(head)
    if match is None:
        return False
    known = len(set(map(bytes.lower, _MAIL.findall(match[0]))))
    return known >= (3 if sure else 1) and (not sure or _SENT.search(match[0]) is not None)


def _suffix(name: str) -> str:
    """The name's extension in lower case; `Report on U.S. troops` has none."""
    return suffix.lower() if re.fullmatch(r"\.[A-Za-z0-9]{1,8}", suffix := os.path.splitext(name)[1]) else ""


def _binary(head: bytes, suffix: str) -> DocumentRejected | None:
    for magic, what, suffixes in _MAGIC:
        if head.startswith(magic):
            if suffix in suffixes:
                return DocumentRejected("unsupported_format", f"{what} is not read; {_READ}")
            return DocumentRejected(
                "content_type_mismatch", f"named {suffix or 'without an extension'}, but it is {what}"
            )
    # zlib has no magic of its own; `x^2` is text and begins alike.
    if head[:2] in (b"x\x01", b"x^", b"x\x9c", b"x\xda") and not (head[1:2] == b"^" and head[:64].isascii()):
        return DocumentRejected("content_type_mismatch", f"named {suffix}, but it is zlib-compressed data")
    return None


def check_text(data: bytes) -> None:
    """Reject what is no text although it begins like one: machine data, or a page that is an archive as well."""
    if data.startswith(_WIDE_MARKS):
        return
    zeros = data.count(0)
    if zeros > 8 and zeros * 5 > len(data):
        raise DocumentRejected("bad_encoding", "every other byte is zero, as in UTF-16 without its byte order mark")
    controls = len(data) - len(data.translate(None, _CONTROL))
    if controls > 8 and controls * 20 > len(data):
        raise DocumentRejected(
            "content_type_mismatch", f"{controls} of {len(data)} bytes are control characters: no text"
        )
    # A ZIP archive is read from its end, so that a page may hold one: readers would disagree on what the file is.
    if b"PK\x05\x06" in data[-65_600:] and b"PK\x03\x04" in data:
        raise DocumentRejected("content_type_mismatch", "the text is a ZIP archive as well")
