"""The text of a page -> a tree of elements, within limits, and back to lines; the only door to lxml.

Nothing in a page is followed: no request is sent and no file is opened. A page nested deeper than 256 elements, or
with more elements than any article needs, is rejected rather than cut.
"""

from __future__ import annotations

import re
from typing import Any, TypeAlias

import lxml.etree  # type: ignore[import-untyped]  # lxml has no types
import lxml.html  # type: ignore[import-untyped]  # lxml ships no types

from index.errors import DocumentRejected

# lxml has no types of its own.
Element: TypeAlias = Any

# News pages have 1,000 to 8,000 elements. 100,000 links took trafilatura 6.7 s and 511 MB: docs/LOG.md.
_ELEMENTS = 30_000
# Also checked before parsing, since each element takes memory; scripts hold `<` that open nothing.
_OPENINGS = 120_000
# The parser compares each attribute of a tag with all before it: one tag of 100,000 took two minutes.
_CROWDED = re.compile(
    r"<[A-Za-z][^\s/>]{0,100}+"
    r"(?:(?:[\s/]++|(?<=[\"']))[^\s/>][^\s/>=]*+(?:\s*+=\s*+(?:\"[^\"]*+\"?|'[^']*+'?|[^\s>]*+))?+){200}"
)

_BLOCKS = frozenset(
    "address article aside blockquote body br caption center dd details dialog dir div dl dt fieldset figcaption "
    "figure footer form h1 h2 h3 h4 h5 h6 head header hgroup hr html item lb legend li list main menu nav ol option "
    "p pre quote row section select summary table tbody tfoot thead title tr ul".split()
)
_CELLS = frozenset(("td", "th", "cell"))
_SILENT = ("script", "style", "noscript", "template", "svg", "math", "iframe", "object", "embed", "textarea", "canvas")
_SPACE = re.compile(r"[ \t\r\n\f]+")
# The parser lets them through, but no text with one of them can be put back into a tree.
_NO_XML = {**dict.fromkeys((*range(9), 11, *range(14, 32), 0xFFFE, 0xFFFF)), 12: " "}
_REFERENCES = re.compile(
    r"&#(?:0*(?:[0-8]|1[1245-9]|2\d|3[01])(?!\d)|x0*(?:[0-8bce-f]|1[\da-f])(?![\da-f]));?", re.IGNORECASE
)


def parse(text: str) -> Element:
    """The tree of a page; comments and processing instructions are left out."""
    if text.count("<") > _OPENINGS:
        raise DocumentRejected("too_large", f"more than {_OPENINGS:,} tags; save the article alone")
    if _CROWDED.search(text):
        raise DocumentRejected("too_large", "a tag with 200 attributes or more; save the article alone")
    text = _REFERENCES.sub("", text.translate(_NO_XML))
    parser = lxml.html.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True, no_network=True)
    try:
        tree = lxml.html.document_fromstring(text.encode("utf-8", "replace"), parser=parser)
    except (lxml.etree.ParserError, lxml.etree.XMLSyntaxError):
        raise DocumentRejected("no_text", "the page is empty") from None
    for error in parser.error_log:
        if error.type_name == "ERR_RESOURCE_LIMIT":
            raise DocumentRejected("too_deep", "its elements are nested more than 256 deep")
    count = sum(1 for _ in tree.iter())
    if count > _ELEMENTS:
        raise DocumentRejected("too_large", f"{count:,} elements, of {_ELEMENTS:,} allowed; save the article alone")
    return tree


def parse_xml(data: bytes) -> Element:
    """The root of an XML part of a document. Entities are not expanded: a part that declares any is rejected."""
    if b"<!ENTITY" in data.replace(b"\x00", b""):  # before parsing: they count in attributes whatever is asked for
        raise DocumentRejected("bad_xml", "a part of it declares entities, which no document of this kind needs")
    parser = lxml.etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, dtd_validation=False, huge_tree=False,
        remove_comments=True, remove_pis=True,
    )  # fmt: skip
    try:
        return lxml.etree.fromstring(data, parser=parser)
    except (lxml.etree.XMLSyntaxError, ValueError) as error:
        raise DocumentRejected("bad_xml", f"a part of it is no XML: {str(error)[:120]}") from None


def drop(element: Element) -> None:
    """Take an element out of its tree, leaving the text that follows it."""
    if element.getparent() is not None:
        element.drop_tree()


def drop_silent(tree: Element) -> None:
    """Take out what a browser does not draw as text: scripts, styles, pictures, frames."""
    for element in list(tree.iter(*_SILENT)):
        drop(element)


def unwrap(tree: Element, names: tuple[str, ...]) -> None:
    """Take elements of these names out of the tree, leaving their text where it was."""
    lxml.etree.strip_tags(tree, *names)


def fold_spaces(tree: Element) -> None:
    """Make each run of white space one space, as a browser draws it, except in preformatted text."""
    preformatted = set(tree.iter("pre"))
    for pre in list(preformatted):
        preformatted.update(pre.iter())
    for element in tree.iter():
        if element.text and element not in preformatted:
            element.text = _SPACE.sub(" ", element.text)
        if element.tail and (element not in preformatted or element.tag == "pre"):
            element.tail = _SPACE.sub(" ", element.tail)


def lines(tree: Element, without: tuple[str, ...] = ()) -> str:
    """The text of a tree whose spaces are folded, one block a line; the cells of a table row stand apart by tabs.

    Elements named in `without` are passed over with all that is in them, and so is what follows the tree itself.
    """
    done: list[str] = []
    line: list[str] = []

    def close() -> None:
        text = "".join(line).strip(" \t\n")
        done.extend(part.strip(" \t") for part in text.split("\n") if part.strip())
        line.clear()

    walk = lxml.etree.iterwalk(tree, events=("start", "end"))
    for event, element in walk:
        if not isinstance(element.tag, str):
            continue
        if element.tag in _BLOCKS:
            close()
        if event == "start" and element.tag in without:
            walk.skip_subtree()
        elif event == "start":
            line.append(element.text or "")
        else:
            line.append("\t" if element.tag in _CELLS else "")
            line.append((element.tail or "") if element is not tree else "")
    close()
    return "\n".join(re.sub(r" *\t[ \t]*", "\t", re.sub(r" {2,}", " ", text)) for text in done)
