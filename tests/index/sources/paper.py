"""Files of formats that are awkward to write, made small and by hand for the tests: PDF, DOCX, EPUB, ZIP, e-mail."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from email.message import EmailMessage

# A line: its text, where it begins, the size of its letters.
Placed = tuple[str, float, float, float]


def drawn(lines: Sequence[Placed]) -> bytes:
    """The drawing of one page that shows these lines."""
    shown = []
    for text, x, y, size in lines:
        escaped = text.encode("cp1252").replace(b"\\", b"\\\\").replace(b"(", b"\\(").replace(b")", b"\\)")
        shown.append(b"BT /F1 %g Tf %g %g Td (%s) Tj ET" % (size, x, y, escaped))
    return b"\n".join(shown)


def column(text: str, x: float = 72, top: float = 720, size: float = 11, step: float = 14) -> list[Placed]:
    """A text's lines one below the other; an empty one leaves a gap."""
    return [(line, x, top - step * number, size) for number, line in enumerate(text.split("\n")) if line]


def pdf(
    pages: Sequence[bytes], info: Mapping[str, str] | None = None, resources: bytes = b"", objects: Sequence[bytes] = ()
) -> bytes:
    """A PDF file of these drawings, in WinAnsi Helvetica; `objects` follow at numbers from 10 on."""
    count = len(pages)
    first = 10 + len(objects)
    kids = b" ".join(b"%d 0 R" % (first + 2 * number) for number in range(count))
    about = b"".join(b"/%s (%s) " % (name.encode(), value.encode("cp1252")) for name, value in (info or {}).items())
    numbered: dict[int, bytes] = {
        1: b"<< /Type /Catalog /Pages 2 0 R >>",
        2: b"<< /Type /Pages /Count %d /Kids [%s] >>" % (count, kids),
        3: b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
        4: b"<< %s>>" % about,
    }
    numbered.update(enumerate(objects, 10))
    for number, page in enumerate(pages):
        at = first + 2 * number
        numbered[at] = (
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents %d 0 R "
            b"/Resources << /Font << /F1 3 0 R >> %s >> >>" % (at + 1, resources)
        )
        numbered[at + 1] = stream(page)
    out = bytearray(b"%PDF-1.4\n")
    places = {}
    for number, body in numbered.items():
        places[number] = len(out)
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = len(out)
    size = max(numbered) + 1
    out += b"xref\n0 %d\n0000000000 65535 f \n" % size
    out += b"".join(
        b"%010d 00000 n \n" % places[n] if n in places else b"0000000000 65535 f \n" for n in range(1, size)
    )
    out += b"trailer\n<< /Size %d /Root 1 0 R /Info 4 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (size, table)
    return bytes(out)


def stream(data: bytes, more: bytes = b"") -> bytes:
    """A stream object's body, deflated unless `more` names filters of its own."""
    if b"/Filter" not in more:
        data, more = zlib.compress(data), more + b"/Filter /FlateDecode"
    return b"<< /Length %d %s >>\nstream\n%s\nendstream" % (len(data), more, data)


def zipped(members: Mapping[str, bytes | str]) -> bytes:
    """A ZIP archive of these members, deflated."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(zipfile.ZipInfo(name, (2019, 3, 23, 0, 0, 0)), data, zipfile.ZIP_DEFLATED)
    return out.getvalue()


_W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_TYPES = (
    '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.'
    'wordprocessingml.document.main+xml"/></Types>'
)
_RELS = (
    '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" '
    'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" '
    'Target="word/document.xml"/></Relationships>'
)


def paragraph(*runs: str, style: str = "") -> str:
    """A paragraph of a Word document; a run that is no markup yet is made one."""
    made = [run if run.startswith("<") else f'<w:r><w:t xml:space="preserve">{run}</w:t></w:r>' for run in runs]
    look = f'<w:pPr><w:pStyle w:val="{style}"/></w:pPr>' if style else ""
    return f"<w:p>{look}{''.join(made)}</w:p>"


def docx(body: str, title: str = "", author: str = "", more: Mapping[str, bytes | str] | None = None) -> bytes:
    """A Word document of this body."""
    core = (
        '<cp:coreProperties xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties" '
        f'xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>{title}</dc:title><dc:creator>{author}</dc:creator>'
        "</cp:coreProperties>"
    )
    document = f'<?xml version="1.0" encoding="UTF-8"?><w:document xmlns:w="{_W}"><w:body>{body}</w:body></w:document>'
    return zipped(
        {"[Content_Types].xml": _TYPES, "_rels/.rels": _RELS, "docProps/core.xml": core, "word/document.xml": document}
        | dict(more or {})
    )


def epub(chapters: Mapping[str, str], metadata: str = "", spine: Sequence[str] | None = None) -> bytes:
    """An EPUB of these chapters' bodies; a name in the spine with `-` before it is beside the order of reading."""
    names = list(chapters)
    items = "".join(
        f'<item id="c{number}" href="{name}" media-type="application/xhtml+xml"/>' for number, name in enumerate(names)
    )
    order = "".join(
        f'<itemref idref="c{names.index(name.lstrip("-"))}" linear="{"no" if name.startswith("-") else "yes"}"/>'
        for name in (spine or names)
    )
    package = (
        '<?xml version="1.0"?><package xmlns="http://www.idpf.org/2007/opf" version="3.0"><metadata '
        f'xmlns:dc="http://purl.org/dc/elements/1.1/">{metadata}</metadata><manifest>{items}</manifest>'
        f"<spine>{order}</spine></package>"
    )
    container = (
        '<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container" version="1.0"><rootfiles><rootfile '
        'full-path="OEBPS/book.opf" media-type="application/oebps-package+xml"/></rootfiles></container>'
    )
    page = (
        '<?xml version="1.0" encoding="utf-8"?><!DOCTYPE html><html xmlns="http://www.w3.org/1999/xhtml"><head>'
        "<title>A page</title></head><body>{}</body></html>"
    )
    return zipped(
        {"mimetype": "application/epub+zip", "META-INF/container.xml": container, "OEBPS/book.opf": package}
        | {f"OEBPS/{name}": page.format(body) for name, body in chapters.items()}
    )


def letter(plain: str = "", html: str = "", attached: bytes = b"", **headers: str) -> bytes:
    """An e-mail with a plain part, an HTML part, or both."""
    message = EmailMessage()
    for name, value in ({"From": "The Harbour Post <news@harbour.example>", "MIME-Version": "1.0"} | headers).items():
        if name not in message:
            message[name] = value
    if plain or not html:
        message.set_content(plain)
    if html and plain:
        message.add_alternative(html, subtype="html")
    elif html:
        message.set_content(html, subtype="html")
    if attached:
        message.add_attachment(attached, maintype="application", subtype="octet-stream", filename="a.bin")
    return bytes(message)
