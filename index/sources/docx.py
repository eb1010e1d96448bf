"""The bytes of a Word document (DOCX) -> Contents: its paragraphs and tables as a reader sees them.

Read with zipfile and lxml, both limited: python-docx leaves out what was inserted under tracked changes and what
stands in content controls, so that sentences lose words (docs/LOG.md). Inserted text is read, deleted text is not; nor
are headers, footers, notes and comments. Hidden text (hidden, white on white, tiny) goes and is counted.
"""

from __future__ import annotations

import io
from collections.abc import Iterator

from index.errors import DocumentRejected
from index.sources.archive import Archive, open_archive
from index.sources.claims import shown_authors, shown_title
from index.sources.contents import Contents
from index.sources.opening import opening
from index.sources.tree import Element, parse_xml

UNPACKED = 50_000_000
_PART = 20_000_000
_ELEMENTS = 500_000

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_STRICT = "{http://purl.oclc.org/ooxml/wordprocessingml/main}"
_DC = "{http://purl.org/dc/elements/1.1/}"
# Deleted or moved away; field codes; and the second copy of what newer programs draw otherwise.
_UNREAD = frozenset(("del", "moveFrom", "instrText", "delText", "Fallback", "rPr", "pPr", "tblPr", "sectPr"))


def read_docx(data: bytes) -> Contents:
    """The document's text, one paragraph a line; rejected as `bad_docx`, `archive_limit` or `no_text`."""
    archive = open_archive(io.BytesIO(data), UNPACKED)
    if "word/document.xml" not in archive.members:
        raise DocumentRejected("bad_docx", "there is no document in it")
    body = _part(archive, "word/document.xml")
    walk = _Walk(_hidden_styles(archive))
    paragraphs = [(style, text) for style, text in walk.blocks(body) if text.strip()]
    text = "\n".join(text for _, text in paragraphs)
    if not text:
        raise DocumentRejected("no_text", "there is no text in the document that a reader would see")
    core = _part(archive, "docProps/core.xml") if "docProps/core.xml" in archive.members else None
    head = opening(text for _, text in paragraphs)
    return Contents(
        text,
        title=_styled(paragraphs, "title") or shown_title(_property(core, "title"), text) or _styled(paragraphs, "heading1"),
        authors=shown_authors(_property(core, "creator"), text) or head.authors,
        published=head.published,
        flags=(f"hidden_text={walk.hidden}",) if walk.hidden else (),
    )  # fmt: skip


def _part(archive: Archive, name: str) -> Element:
    root = parse_xml(archive.read(name, _PART))
    if sum(1 for _ in root.iter()) > _ELEMENTS:
        raise DocumentRejected("too_large", f"more than {_ELEMENTS:,} elements in {name}")
    return root


def _property(core: Element | None, name: str) -> str | None:
    found = core.find(_DC + name) if core is not None else None
    return " ".join((found.text or "").split()) or None if found is not None else None


def _styled(paragraphs: list[tuple[str, str]], style: str) -> str | None:
    """The first paragraph of that style, if it comes near the beginning."""
    return next((" ".join(text.split()) for named, text in paragraphs[:10] if named == style), None)


def _name(element: Element) -> str:
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def _value(element: Element | None, name: str = "val") -> str:
    if element is None:
        return ""
    return str(element.get(_W + name) or element.get(_STRICT + name) or "")


def _child(element: Element | None, *path: str) -> Element | None:
    for name in path:
        element = next((child for child in element if _name(child) == name), None) if element is not None else None
    return element


def _hidden_styles(archive: Archive) -> frozenset[str]:
    if "word/styles.xml" not in archive.members:
        return frozenset()
    styles = [style for style in _part(archive, "word/styles.xml") if _name(style) == "style"]
    return frozenset(_value(style, "styleId") for style in styles if _is_on(_child(style, "rPr", "vanish")))


def _is_on(switch: Element | None) -> bool:
    return switch is not None and _value(switch) not in ("0", "false", "off")


class _Walk:
    """One pass over a document's body; `hidden` counts the runs with words that were left out as unseen."""

    def __init__(self, hidden_styles: frozenset[str]) -> None:
        self.hidden = 0
        self._hidden_styles = hidden_styles

    def blocks(self, root: Element) -> Iterator[tuple[str, str]]:
        """Each paragraph and table row with its style; text in boxes follows the paragraph that holds the box."""
        for element in self._children(root):
            name = _name(element)
            if name == "p":
                boxes: list[Element] = []
                style = _value(_child(element, "pPr", "pStyle"))
                yield style.lower(), "".join(self._inline(element, boxes, style in self._hidden_styles))
                for box in boxes:
                    yield from self.blocks(box)
            elif name == "tr":
                cells = [[text for _, text in self.blocks(cell)] for cell in element if _name(cell) in ("tc", "sdt")]
                yield "", "\t".join(" ".join(" ".join(cell).split()) for cell in cells)
            elif name not in _UNREAD:
                yield from self.blocks(element)

    def _children(self, element: Element) -> Iterator[Element]:
        return (child for child in element if _name(child) not in _UNREAD)

    def _inline(self, element: Element, boxes: list[Element], hidden: bool) -> Iterator[str]:
        for child in self._children(element):
            name = _name(child)
            if name == "txbxContent":
                boxes.append(child)
            elif name == "r" and (hidden or self._unseen(child)):
                self.hidden += any((t.text or "").strip() for t in child if _name(t) == "t")
            elif name == "t":
                yield child.text or ""
            elif name == "tab" or name == "ptab":
                yield "\t"
            elif name in ("br", "cr"):
                yield "\n"
            elif name == "noBreakHyphen":
                yield "-"
            else:
                yield from self._inline(child, boxes, hidden)

    def _unseen(self, run: Element) -> bool:
        look = _child(run, "rPr")
        if look is None:
            return False
        style = _value(_child(look, "rStyle"))
        size = _value(_child(look, "sz"))
        if _is_on(_child(look, "vanish")) or style in self._hidden_styles or (size.isdigit() and int(size) <= 4):
            return True
        return _value(_child(look, "color")).upper() == "FFFFFF" and not _has_ground(run)


def _has_ground(run: Element) -> bool:
    """Whether something other than white lies under a run: its own, its paragraph's or its cell's shading."""
    element = run
    while element is not None:
        for name in ("rPr", "pPr", "tcPr", "tblPr"):
            look = _child(element, name)
            fill = _value(_child(look, "shd"), "fill").upper()
            if fill not in ("", "AUTO", "FFFFFF") or _child(look, "highlight") is not None:
                return True
        element = element.getparent()
    return False
