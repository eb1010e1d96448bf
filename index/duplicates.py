"""Articles' own words -> which articles are one text: copies, also shortened and slightly changed ones.

Comes in: the sentences of each article. Goes out: a `Wording` each, and the pairs of wordings that are one text. The
promises others lean on: whether two articles are one text follows from these two alone, whatever else is in the index and
in whatever order it came; so an index that was added to holds the same stories as one that was built at once, and what
nobody may see decides nothing. Of more than sixty different wordings of one text not every pair is named, but enough to
come from each to each (where a scope holds a few of them, some may stay apart). Knows nothing of outlets, dates or the disk.

Two articles are one text when more than half of the shorter one's own words stand in the other, in runs of five and more,
and no long stretch of it is its own: pages that share a block (a picture gallery, yesterday's news below today's) each have
a story of their own beside it. A longer stretch may be its own where a few words were changed here and there in what is
shared: a block is put on another page as it is, and an article that is worked over is not. Headings, captions and
boilerplate are left out. A wording is one hash for each run of five words (shingles; Broder 1997). Pairs that are worth
comparing are found by the quarter of the hashes that is divisible by four: the same quarter of every text, so a short copy
meets the long one that holds it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from index.article import sha256
from index.split import Sentence

# To be raised when the same sentences come to give another wording, or the same wordings other pairs.
DUPLICATES_VERSION = "5"

Wording = NDArray[np.uint32]

_WORD = re.compile(r"\w+")
_RUN = 5
# The share of the shorter one's words that must stand in the other; its longest stretch that is not in there may be this
# much of it, where what is shared was mended in so many places, each of so many words at most: one text was worked over
# then. Otherwise it may have so many words, or this share of a long page with many items. Set on the pairs of one half
# on which two hands agree, measured on the others; how long the longest shared stretch is told less, days between the
# two and a stretch in both no more: docs/LOG.md, "The same story twice".
_HELD = 0.56
_OWN_MOST = 0.30
_MENDED, _MEND = 2, 10
_OWN_STRETCH = 110
_OWN_SHARE = 0.05
# The share from which two texts at one address are versions of each other where the address alone does not say so. Of
# the 31 pairs of one address in that set the least had 0.26 (a page whose text is mostly another day's); texts of one
# outlet on other matters share less than 0.1.
_KIN = 0.20
# Fewer words than this in common, between words that are not, are chance.
_CHANCE = 10
_QUARTER = 4
# Pairs that share less than this of the shorter one's quarter are not looked at; it is far below what `_HELD` asks for.
_WORTH = 0.2
# Of a hash in more wordings than this only near ones are paired, in the order they come in, since pairs grow with its
# square: it is furniture that nobody took out, or a wire story that everybody printed with a line of their own.
_COMMON, _NEAR = 60, 5


@dataclass(frozen=True, slots=True)
class Shared:
    """How much of the shorter of two texts stands in the other.

    `held` is that share of its words, `own` its longest stretch of words that do not, `mended` the number of places where
    a few words that do not lie between words that do, `words` all it has.
    """

    held: float
    own: int
    mended: int
    words: int

    @property
    def one_text(self) -> bool:
        """Whether the two are one text."""
        if self.held < _HELD or self.own > _OWN_MOST * self.words:
            return False
        return self.mended >= _MENDED or self.own <= max(_OWN_STRETCH, _OWN_SHARE * self.words)

    @property
    def kin(self) -> bool:
        """Whether one may be a version of the other, if their address says so too."""
        return self.held >= _KIN


def wording(sentences: Iterable[Sentence]) -> Wording:
    """One hash for each run of five words of the sentences that are no heading, caption or boilerplate, in order.

    Case and signs do not count. Empty for fewer than five words: that little is no text of anybody's own.
    """
    running = (one.text for one in sentences if one.kind == "sentence")
    words = [crc32(word.encode()) for text in running for word in _WORD.findall(text.casefold())]
    if len(words) < _RUN:
        return np.zeros(0, dtype=np.uint32)
    numbers = np.array(words, dtype=np.uint64)
    count = len(words) - _RUN + 1
    mixed = np.zeros(count, dtype=np.uint64)
    for i in range(_RUN):
        mixed = mixed * np.uint64(0x9E3779B97F4A7C15) + numbers[i : i + count]  # overflow is meant
    # the finish of splitmix64 (Steele, Lea and Flood 2014), so that near numbers come to lie far apart
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return (mixed >> np.uint64(32)).astype(np.uint32)


def told_by(said: Wording) -> str:
    """The digest of a wording: equal for articles that tell one text word for word; empty where there is no text."""
    return sha256(said.astype("<u4").tobytes())[:32] if len(said) else ""


def shared(one: Wording, other: Wording) -> Shared:
    """How much of the shorter text stands in the longer one; of two of one length, the one that has less of it."""
    if len(one) == len(other):
        return min(_held(one, other), _held(other, one), key=lambda found: (found.held, -found.own, found.mended))
    return _held(one, other) if len(one) < len(other) else _held(other, one)


def one_texts(wordings: Sequence[Wording]) -> list[tuple[int, int]]:
    """The pairs of places, lower first and in order, whose wordings are one text; the wordings are all different."""
    return [(i, j) for i, j in _worth_comparing(wordings) if shared(wordings[i], wordings[j]).one_text]


def _held(short: Wording, long: Wording) -> Shared:
    if not len(short):
        return Shared(0.0, 0, 0, 0)
    found, held = np.isin(short, long), np.zeros(len(short) + _RUN - 1, dtype=np.bool_)
    for i in range(_RUN):
        held[i : i + len(found)] |= found
    edges = np.flatnonzero(np.diff(np.concatenate(([0], held.view(np.int8), [0]))))
    starts, ends = edges[::2], edges[1::2]
    long_enough = ends - starts >= _CHANCE
    own = np.append(starts[long_enough], len(held)) - np.insert(ends[long_enough], 0, 0)
    mended = np.count_nonzero(starts[1:] - ends[:-1] <= _MEND)
    return Shared(float(held.mean()), int(own.max()), int(mended), len(held))


def _worth_comparing(wordings: Sequence[Wording]) -> list[tuple[int, int]]:
    """The pairs whose quarters share enough hashes, lower place first, in order."""
    quarters = [np.unique(one[one % _QUARTER == 0]) for one in wordings]
    sizes = np.array([len(one) for one in quarters], dtype=np.int64)
    if not sizes.sum():
        return []
    places = np.repeat(np.arange(len(quarters), dtype=np.uint64), sizes)
    entries = np.sort(np.concatenate(quarters).astype(np.uint64) << np.uint64(32) | places)
    hashes, places = entries >> np.uint64(32), (entries & np.uint64(0xFFFFFFFF)).astype(np.int64)
    starts = np.flatnonzero(np.concatenate(([True], hashes[1:] != hashes[:-1])))
    counts = np.diff(np.append(starts, len(hashes)))
    pairs = []
    for count in np.unique(counts[counts > 1]).tolist():
        having = places[starts[counts == count][:, None] + np.arange(count)]
        left, right = np.triu_indices(count, 1) if count <= _COMMON else _near(count)
        pairs.append((having[:, left] * len(quarters) + having[:, right]).ravel())
    if not pairs:
        return []
    keys, common = np.unique(np.concatenate(pairs), return_counts=True)
    left, right = keys // len(quarters), keys % len(quarters)
    enough = common >= _WORTH * np.minimum(sizes[left], sizes[right])
    return list(zip(left[enough].tolist(), right[enough].tolist(), strict=True))


def _near(count: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Of so many in a row the pairs that lie at most `_NEAR` apart."""
    left, apart = np.repeat(np.arange(count), _NEAR), np.tile(np.arange(1, _NEAR + 1), count)
    there = left + apart < count
    return left[there], (left + apart)[there]
