"""A plain text file -> Contents. Its text is all there is: no outlet and no date is made up from the wording."""

from __future__ import annotations

import re

from index.decode import decode
from index.sources.contents import Contents

_LONGEST_TITLE = 160
_ENDS = re.compile(r"[.!?…:;,]['\"’”»)\]]*$")
_NO_TITLE = re.compile(r"by |follow us|share|advert|updated|published|http|www\.|[-*•=_#|>]", re.IGNORECASE)


def read_text(data: bytes) -> Contents:
    """The text of the file; a short first line that stands alone and does not end like a sentence is the title too."""
    text = decode(data)
    return Contents(text, title=headline(text))


def headline(text: str) -> str | None:
    """The headline of a plain text: the first of its opening lines that looks like one, or None.

    It must stand between blank lines. It may come second if the very first line, standing alone as well, is a
    sentence of the page around the article ("Ultimate magazine theme for WordPress.").
    """
    blocks = [
        block.strip() for block in re.split(r"\n[^\S\n]*\n", re.sub(r"\r\n?", "\n", text[:4000]).strip(), maxsplit=2)
    ]
    if len(blocks) < 2:
        return None
    if _looks_like_title(blocks[0]):
        return blocks[0]
    alone = "\n" not in blocks[0] and len(blocks[0]) <= 80 and len(blocks) > 2
    return blocks[1] if alone and _looks_like_title(blocks[1]) else None


def _looks_like_title(block: str) -> bool:
    short = "\n" not in block and len(block) <= _LONGEST_TITLE and len(block.split()) >= 3
    return short and not _ENDS.search(block) and not _NO_TITLE.match(block)
