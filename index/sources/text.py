"""A plain text file -> Contents. Outlet, date and authors only where its first lines say so, in so many words."""

from __future__ import annotations

import re

from index.decode import decode
from index.sources.contents import Contents, web_address
from index.sources.dates import iso_date
from index.sources.opening import labelled, opening, stated_authors, stated_day

_LONGEST_TITLE = 160
_ENDS = re.compile(r"[.!?…:;,]['\"’”»)\]]*$")
_NO_TITLE = re.compile(
    r"by |follow us|share|advert|updated|published|http|www\.|\d+ of [\d,]+(?: documents)?$|[-*•=_#|>]", re.IGNORECASE
)


def read_text(data: bytes) -> Contents:
    """The text of the file; a short first line that stands alone and does not end like a sentence is the title too.

    A block of "Title: …", "Date: …" lines at its head is what the file says of itself, no part of its text.
    """
    said, text = labelled(decode(data))
    head = opening(text.splitlines())
    authors, source = said.get("authors", ""), said.get("source")
    named = web_address(source or "")  # what clips pages names the page so
    return Contents(
        text,
        title=said.get("title") or headline(text),
        url=web_address(said.get("url", "")) or named,
        source=None if named else source,
        authors=stated_authors(f"By {authors}") or ((authors,) if authors else head.authors),
        published=iso_date(said["published"]) if "published" in said else head.published,
        language=said.get("language"),
    )


def headline(text: str) -> str | None:
    """The headline of a plain text: the first of its opening lines that looks like one, or None.

    It must stand between blank lines, or before a line that gives the date or the author and nothing else, with at most
    one line between. It may come second if the very first line, standing alone as well, is a sentence of the page around
    the article ("Ultimate magazine theme for WordPress.").
    """
    blocks = [
        block.strip() for block in re.split(r"\n[^\S\n]*\n", re.sub(r"\r\n?", "\n", text[:4000]).strip(), maxsplit=2)
    ]
    first, *under = blocks[0].split("\n")
    if any(stated_day(line) or stated_authors(line) for line in under[:2]) and _looks_like_title(first.strip()):
        return first.strip()
    if len(blocks) < 2:
        return None
    if _looks_like_title(blocks[0]):
        return blocks[0]
    alone = "\n" not in blocks[0] and len(blocks[0]) <= 80 and len(blocks) > 2
    return blocks[1] if alone and _looks_like_title(blocks[1]) else None


def _looks_like_title(block: str) -> bool:
    short = "\n" not in block and len(block) <= _LONGEST_TITLE and len(block.split()) >= 3
    return short and not _ENDS.search(block) and not _NO_TITLE.match(block)
