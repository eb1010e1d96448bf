"""Two texts, word by word -> where they differ.

Comes in: a text as somebody has it, and the article's own. Goes out: the differences in the order of the article, with
the words of both. The promise: whatever the article says between the first and the last word that both have, and the
text does not say, is in the list; so is what the text says and the article does not, and every letter that is large in
one and small in the other. Shapes of quotation marks and dashes count as equal. Knows nothing of the index.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

DOUBLE = '"“”„‟«»″'
SINGLE = "'’‘‚‛`´′‹›"
DASHES = "‐‑‒–—―−-"  # the plain one last, so that it stands for itself in a set of characters
ELLIPSIS = re.compile(r"\[\s*(?:…|\.{3})\s*\]|\(\s*(?:…|\.{3})\s*\)|…|\.(?:\s?\.){2,}")
_WORD = re.compile(
    rf"{ELLIPSIS.pattern}|(?P<word>\w+(?:[.{SINGLE}{DASHES}]\w+|(?<=\d),\d+)*)|[^\w\s]"
)  # fmt: skip
_SHAPES = str.maketrans({**dict.fromkeys(DOUBLE, '"'), **dict.fromkeys(SINGLE, "'"), **dict.fromkeys(DASHES, "-")})
_MARKS = frozenset("\"'")

Kind = Literal["removed", "added", "changed"]


@dataclass(frozen=True, slots=True)
class Word:
    """A word or a sign: where it stands, its shape evened out, and a key in which case does not count."""

    start: int
    end: int
    shape: str
    key: str
    spoken: bool


@dataclass(frozen=True, slots=True)
class Difference:
    """`removed`: the article says it, the text does not; `added`: the text alone says it; `changed`: each its own.

    `article` and `text` are the words of both, as they are written, one of them empty unless it is `changed`. `start`
    and `end` are the place in the article; of what was added, the place where it would stand.
    """

    kind: Kind
    article: str
    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Alignment:
    """How the words of an article's part and of a text lie to each other; `shared` counts spoken words in both.

    The article's words number `first` to `last` are those that the shared ones lie between; `span` of them are spoken.
    """

    opcodes: tuple[tuple[str, int, int, int, int], ...]
    shared: int
    first: int
    last: int
    span: int


def words(text: str, start: int = 0, end: int | None = None) -> list[Word]:
    """The words and signs of a part of the text, with offsets into all of it; an ellipsis is one sign."""
    return [_word(found) for found in _WORD.finditer(text, start, len(text) if end is None else end)]


def unmarked(said: Sequence[Word]) -> Sequence[Word]:
    """The words without the quotation marks that stand before and after all of them."""
    first, last = 0, len(said)
    while first < last and said[first].key in _MARKS:
        first += 1
    while first < last and said[last - 1].key in _MARKS:
        last -= 1
    return said[first:last]


def align(article: Sequence[Word], said: Sequence[Word]) -> Alignment | None:
    """The longest common runs of words, one after the other (difflib); None where no spoken word is shared."""
    matcher = SequenceMatcher(None, [word.key for word in article], [word.key for word in said], autojunk=False)
    opcodes = tuple(matcher.get_opcodes())
    both = [i for tag, i1, i2, _, _ in opcodes if tag == "equal" for i in range(i1, i2) if article[i].spoken]
    if not both:
        return None
    span = sum(word.spoken for word in article[both[0] : both[-1] + 1])
    return Alignment(opcodes, len(both), both[0], both[-1], span)


def differences(
    original: str, article: Sequence[Word], text: str, said: Sequence[Word], found: Alignment
) -> tuple[Difference, ...]:
    """Where the text differs from the article's part; `article` and `said` are the words of `original` and `text`.

    A text may begin and end within a sentence: what the article says before and after it is no difference, unless the
    text begins with a large letter where the article has a small one, as if the sentence began there.
    """
    listed: list[Difference] = []
    for number, (tag, i1, i2, j1, j2) in enumerate(found.opcodes):
        first, last = number == 0, number == len(found.opcodes) - 1
        if tag == "equal":
            listed += _cased(original, article[i1:i2], text, said[j1:j2])
        elif tag == "delete" and (last or (first and article[i2].shape == said[0].shape)):
            continue
        else:
            kind: Kind = "removed" if tag == "delete" else "added" if tag == "insert" else "changed"
            start = article[i1].start if i1 < len(article) else article[-1].end
            end = article[i2 - 1].end if i2 > i1 else start
            new = text[said[j1].start : said[j2 - 1].end] if j2 > j1 else ""
            listed.append(Difference(kind, original[start:end], new, start, end))
    return tuple(listed)


def _word(found: re.Match[str]) -> Word:
    shape = "…" if ELLIPSIS.fullmatch(found[0]) else found[0].translate(_SHAPES)
    return Word(found.start(), found.end(), shape, shape.casefold(), found["word"] is not None)


def _cased(original: str, article: Sequence[Word], text: str, said: Sequence[Word]) -> Iterator[Difference]:
    for one, other in zip(article, said, strict=True):
        if one.shape != other.shape:
            here, there = original[one.start : one.end], text[other.start : other.end]
            yield Difference("changed", here, there, one.start, one.end)
