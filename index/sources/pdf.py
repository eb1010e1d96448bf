"""The bytes of a PDF file -> Contents: the text of its pages in their order; the only door to pypdf.

A PDF says where letters stand, not what belongs together: the text is what was extracted, never what is printed.
Columns come in the order of the file. What readers cannot see (invisible, white on white, tiny or beside the page)
goes and is counted; a scanned page keeps the invisible words that were recognised under its picture, and is flagged.
Not seen through: transparency, and text under pictures or in the colour of a ground that is not white.
"""

from __future__ import annotations

import io
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pypdf
from pypdf.errors import DependencyError, FileNotDecryptedError, LimitReachedError, PyPdfError
from pypdf.generic import PdfObject, TextStringObject

from index.errors import DocumentRejected
from index.sources.claims import shown_authors, shown_title
from index.sources.contents import Contents
from index.sources.opening import opening
from index.sources.printed import Line, running_text

# It warns of every small fault of a file; what we make of that is said in our own words.
logging.getLogger("pypdf").setLevel(logging.CRITICAL)

PAGES = 500
# One page's drawing; the pypdf manual tells of 300 MB that took 10 GB. Parsed it takes some 30 times as much.
_PAGE_BYTES = 10_000_000
_CONFIGURATION = pypdf.Configuration(
    maximum_declared_stream_length=20_000_000,
    array_based_stream_maximum_output_length=_PAGE_BYTES,
    zlib_maximum_output_length=20_000_000,
    lzw_maximum_output_length=20_000_000,
    run_length_maximum_output_length=20_000_000,
    brotli_maximum_output_length=20_000_000,
    stream_decoding_work_maximum_length=60_000_000,
    stream_parsing_work_maximum_count=500_000,
    xform_maximum_invocations_per_extraction=500,
    page_tree_maximum_entries=20_000,
    jbig2dec_binary=None,
    disable_legacy_handling=True,
)
_SHOWS = (b"Tj", b"TJ", b"'", b'"')
_FILLS = (b"f", b"F", b"f*", b"B", b"B*", b"b", b"b*")


def read_pdf(data: bytes) -> Contents:
    """The text of the pages, and where each begins.

    Rejected as `bad_pdf`, `encrypted_pdf`, `too_many_pages`, `pdf_limit` or `no_text_layer`.
    """
    with pypdf.apply_configuration(_CONFIGURATION):
        try:
            return _read(data)
        except (FileNotDecryptedError, DependencyError):
            raise DocumentRejected("encrypted_pdf", "it opens with a password only; save it without") from None
        except LimitReachedError as error:
            raise DocumentRejected("pdf_limit", str(error)[:200]) from None
        except (PyPdfError, OSError, ValueError, TypeError, LookupError, AttributeError, ArithmeticError,
                RecursionError, AssertionError, NotImplementedError) as error:  # fmt: skip
            if isinstance(error, PermissionError):
                raise
            raise DocumentRejected(
                "bad_pdf", f"it cannot be read: {str(error)[:120] or type(error).__name__}"
            ) from None


def _read(data: bytes) -> Contents:
    reader = pypdf.PdfReader(io.BytesIO(data), strict=False)
    if reader.is_encrypted and not reader.decrypt(""):
        raise DocumentRejected("encrypted_pdf", "it opens with a password only; save it without")
    count = _page_count(reader)
    if count == 0:
        raise DocumentRejected("bad_pdf", "it has no pages")
    if count > PAGES:
        raise DocumentRejected("too_many_pages", f"{count:,} pages, of {PAGES} allowed")
    pages, hidden, recognised, pictures = [], 0, 0, 0
    for page in reader.pages:
        sight = _lines(page)
        if not any(line.text.strip() for line in sight.lines) and sight.invisible and sight.pictures:
            sight = _lines(page, recognised=True)
            recognised += 1
        pages.append(sight.lines)
        hidden += sight.hidden
        pictures += sight.pictures
    text, starts = running_text(pages)
    if not any(character.isalnum() for character in text):
        if pictures:
            raise DocumentRejected("no_text_layer", "its pages are pictures; run text recognition (OCR) over it first")
        raise DocumentRejected("no_text", "there is no text on its pages that a reader would see")
    about: Mapping[str, object] = reader.metadata or {}
    flags = [f"pdf_hidden_text={hidden}"] if hidden else []
    flags += [f"recognised_pages={recognised}"] if recognised else []
    title = shown_title(_string(about.get("/Title")), text) or _headline(pages)
    head = opening(text.split("\n"), title)
    return Contents(
        text,
        title=title,
        authors=shown_authors(_string(about.get("/Author")), text) or head.authors,
        published=head.published,
        flags=tuple(flags),
        pages=starts,
    )


def _page_count(reader: pypdf.PdfReader) -> int:
    """The pages as the file declares them if that is too many already, else as they are."""
    tree = reader.trailer["/Root"].get_object()["/Pages"].get_object()  # type: ignore[index]  # pypdf types it too widely; what it raises is caught
    declared = tree.get("/Count") if isinstance(tree, dict) else None
    return declared if isinstance(declared, int) and declared > PAGES else len(reader.pages)


def _string(value: object) -> str | None:
    return str(value) if isinstance(value, str) else None


def _headline(pages: list[list[Line]]) -> str | None:
    """The lines in the largest letters of the first page, if they are few words and clearly larger than the rest."""
    first = [line for line in pages[0] if line.text.strip()]
    if not first:
        return None
    largest = max(line.size for line in first)
    sizes = sorted(line.size for page in pages for line in page for _ in range(len(line.text)))
    text = " ".join(" ".join(line.text for line in first if line.size > 0.97 * largest).split())
    clearly = largest >= 1.25 * sizes[len(sizes) // 2]
    return text if clearly and len(text.split()) >= 3 and len(text) <= 200 else None


@dataclass(slots=True)
class _Sight:
    """What was seen on a page: its lines, how many pieces of text were left out as unseen, how many as invisible."""

    lines: list[Line] = field(default_factory=list)
    hidden: int = 0
    invisible: int = 0
    pictures: int = 0


def _lines(page: pypdf.PageObject, *, recognised: bool = False) -> _Sight:
    """The page's lines without what its readers cannot see; with `recognised`, invisible words count as seen."""
    contents = page.get_contents()
    if contents is not None and len(contents.get_data()) > _PAGE_BYTES:
        raise DocumentRejected("pdf_limit", f"a page of more than {_PAGE_BYTES:,} bytes")
    sight = _Sight()
    pen = _Pen(sight, recognised)
    box = page.mediabox
    edges = (float(box.left) - 2, float(box.bottom) - 2, float(box.right) + 2, float(box.top) + 2)
    pieces: list[tuple[str, float, float, float]] = []

    def close() -> None:
        words = [piece for piece in pieces if piece[0].strip()]
        if words:
            size = max(words, key=lambda piece: len(piece[0]))[3]
            sight.lines.append(Line("".join(piece[0] for piece in pieces), words[0][1], words[0][2], size))
        pieces.clear()

    def text(words: str, cm: list[float], tm: list[float], font: Any, size: float) -> None:
        x, y = tm[4] * cm[0] + tm[5] * cm[2] + cm[4], tm[4] * cm[1] + tm[5] * cm[3] + cm[5]
        height = abs(size) * _scale(tm) * _scale(cm)
        inside = edges[0] <= x <= edges[2] and edges[1] <= y <= edges[3]
        if words.strip() and (not inside or height < 1):
            sight.hidden += 1
            words = "\n" if words.endswith("\n") else ""
        parts = words.split("\n")
        for number, part in enumerate(parts):
            if number:
                close()
            if part:
                pieces.append((part, x, y, height))

    page.extract_text(visitor_operand_before=pen.before, visitor_text=text)
    close()
    return sight


def _scale(matrix: list[float]) -> float:
    return float((matrix[2] ** 2 + matrix[3] ** 2) ** 0.5)


class _Pen:
    """Follows what a page is drawn with, and takes the letters out of what is drawn unseen before they are read."""

    def __init__(self, sight: _Sight, recognised: bool) -> None:
        self._sight, self._recognised = sight, recognised
        self._invisible = self._white = False
        self._saved: list[tuple[bool, bool]] = []
        self._ground = False  # something other than white was painted: white letters may be seen on it

    def before(self, operator: bytes, operands: Any, cm: Any, tm: Any) -> None:
        """Called with each drawing step before pypdf takes it."""
        if operator == b"q":
            self._saved.append((self._invisible, self._white))
        elif operator == b"Q" and self._saved:
            self._invisible, self._white = self._saved.pop()
        elif operator == b"Tr" and operands:
            self._invisible = operands[0] in (3, 7)
        elif operator in (b"g", b"rg", b"sc", b"scn", b"k"):
            numbers = [float(one) for one in operands if isinstance(one, int | float)]
            paper = 0.0 if operator == b"k" or len(numbers) == 4 else 1.0
            self._white = len(numbers) == len(operands) > 0 and all(abs(one - paper) < 0.03 for one in numbers)
        elif operator in _FILLS or operator == b"sh":
            self._ground = self._ground or not self._white
        elif operator in (b"Do", b"BI", b"INLINE IMAGE"):
            self._sight.pictures += 1
            self._ground = True
        elif operator in _SHOWS and self._unseen():
            self._sight.hidden += 1
            self._sight.invisible += self._invisible
            operands[:] = [*operands[:-1], _EMPTY]

    def _unseen(self) -> bool:
        if self._invisible:
            return not self._recognised
        return self._white and not self._ground


_EMPTY: PdfObject = TextStringObject("")
