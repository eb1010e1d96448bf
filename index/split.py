"""Canonical text -> Sentences, which are slices of it.

Comes in: canonical text. Goes out: sentences in order, not overlapping, that lose only white space. Headings,
captions and boilerplate lines are pieces of their own, marked by `kind`. Knows nothing of articles' metadata.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["sentence", "heading", "caption", "boilerplate"]


@dataclass(frozen=True, slots=True)
class Sentence:
    """`text == article.text[start:end]`; offsets are code points.

    `kind` says how far it may be cited: a `sentence` freely, a `heading` or `caption` only when nothing better
    says it, `boilerplate` (menus, "follow us", advertisements) never.
    """

    start: int
    end: int
    text: str
    kind: Kind = "sentence"
