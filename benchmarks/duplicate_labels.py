"""The labelled pairs of articles, the rules they were labelled by, and how far two hands agree.

Comes in: benchmarks/duplicate_pairs.csv: ids of the RealTimeQA archive of 2022 and two hands' answers, no text. Goes out: the pairs.
A pair belongs to the part that thresholds were set on ("tune"), to the other half ("held"), to pairs that were labelled later,
most of them near the border ("fresh"), below it ("last"), or below what a build compares at all ("below").

What one story is for: somebody asks, and is told how many witnesses say a thing. A second telling of a text is no second
witness, so it counts once; an independent report, or a page that only shares a block with another, is one of its own.

The rule of the first hand
--------------------------
Two articles are one story when the shorter one is, in the main, the other's text:

- more than half of the sentences that the shorter one has of its own stand in the other, a few words or figures changed or
  not; links, credits, captions of galleries, notes on the author and quotations of one public statement count for neither;
- and what it has beside those is a newer or older state of the same matter, or more of it: somebody who knows the other
  would call it the same article. It is not when it tells of another event or subject: round-ups, newsletters and pages of
  running news of different days, and pieces of a series with a common background, are different whatever block they share.

So a copy, a shortened copy and an article worked over are one story, also an item that stands whole in a round-up; and so is
the later edition of a yearly explainer, of a list or of "what we know", at whatever address. It is a story of its own only
when most of it is new. It *supersedes* the earlier one only at the same address: elsewhere both may be cited, each with its
date, and count once. Of a pair where neither has text, the label is "different". `exact`, `near` (copied, cut, slightly
changed) and `version` (a later or earlier state) are one story.

Labelled mixed, side by side as titles, dates, addresses, and the sentences that only one or both have (cut short), with no share,
stretch or verdict of any way on the screen.

The rule of the second hand
---------------------------
Two articles are one story when A and B both hold; different when one of them does not; "cannot say" by C.

What counts. Sentences of running text. Neither counted nor matter: links, credits, notes on the author, calls to read
or subscribe, advertisements, headings, contents and key points above an article, bylines and datelines, captions of
pictures (but of two pages that are nothing but captions these are the text), and quotations of one public statement
(a speech, a ruling, a post, a law), which everybody may have from its source. Words said to the outlet itself do
count.

A. More than half of the sentences of the shorter one (the one with fewer of them) stand in the other. A sentence
stands there when the other makes the same statement in recognisably the same words: someone who sees both would say
that one was made from the other. Shortened, split, joined, put into another tense, with another day, name's title or
figure, it still stands.
- Half of its words are new: it stands where its main statement is the old one and the new is added to it; it does not
  where the new is the statement and the old a clause that says who somebody is or what went before.
- A figure changed because the same event went on (a toll, a count, a forecast come true): it stands. A figure or name
  changed because another occasion is told in the same form (next week's rate, another match, the next day's numbers):
  it does not, whatever the words.
- The same fact in other words does not stand: that is what an independent report looks like.

B. What the shorter one has beside those sentences, and, unless three quarters of it stand there, what the longer one
has too, is the same matter: give each article a headline without a date; the rest of each would have to fit under
both. An article that was worked over fits (what happened next in the same event, reactions to it, more of it, its
background). It does not fit where the news itself is another event, decision, match, person or product, and the
common part is background, or one item.
- From three quarters on the rest of the longer one may be anything: an item that stands whole in a round-up, a report
  inside an analysis, is told there once more.
- Pages of items (round-ups, newsletters, live pages, quizzes, lists of what to see or buy this week): with each
  other, and with an article, they are one story only from three quarters on. Below it they share a block, even a long
  one.
- Galleries: their running text alone decides. An opening taken from the report is that report; a page whose running
  text is its own is a witness of its own, whatever pictures it shares.
- Editions of an explainer, a guide or a list that is printed again (each year, or at each occasion): one story by A
  and B like any other article worked over; the occasion (this year's solstice, eclipse, storm, deadline) is its newer
  state and no other event. Where the occasion is the news, and what is explained about it is new, A fails by itself.

C. Cannot say: where after reading both the answer hangs on how one or two sentences are counted, or on whether the
rest is one matter and a reader might well see it either way; or where fewer than three sentences of the shorter one
count, and they are not all in the other. It is no way out of counting: where a count is plain it decides.

Pairs of one address are versions of one page whatever they say: the address decides there, and no hand is asked. Of a
pair where one has no running text at all the answer is "different".

Labelled mixed, by number, with ids, parts and the first hand's labels stripped, as titles, dates, outlets, the shorter one's
sentences in order (each marked as the same, alike with its changed words, or its own; cut short, those near one half read
whole), some that only the longer one has, and the count of each kind, which is the rule's own measure; without shares of
words, stretches or a verdict of any way. A transcript that two outlets print is one story by the aim: C would have it open.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

PAIRS = Path(__file__).with_name("duplicate_pairs.csv")
PARTS = ("tune", "held", "fresh", "last", "below")
Ids = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Labelled:
    """A pair that two people have read, and what each said of it."""

    ids: Ids
    part: str
    first: str
    second: str

    @property
    def by_first(self) -> bool:
        """Whether the first hand calls it one story."""
        return self.first != "different"

    @property
    def by_second(self) -> bool | None:
        """Whether the second hand, or the address that both give, calls it one story; None for "cannot say"."""
        return None if self.second == "cannot say" else self.second != "different"

    @property
    def by_both(self) -> bool | None:
        """What both call it; None where they differ or one cannot say."""
        return self.by_first if self.by_first == self.by_second else None


@dataclass(frozen=True, slots=True)
class Agreement:
    """Of the pairs that both hands were asked about and answered: how many, the share answered alike, and Cohen's kappa.

    Kappa (Cohen 1960) is the share beyond what two hands with as many "one story" each would reach by chance.
    """

    pairs: int
    alike: float
    kappa: float


def labelled_pairs() -> Iterator[Labelled]:
    """All of them, in the order of the file."""
    with open(PAIRS, encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            yield Labelled((row["one"], row["other"]), row["half"], row["label"], row["second"])


def agreement(pairs: Sequence[Labelled]) -> Agreement:
    """How far the hands agree, apart from pairs where the address decides; kappa is 1 where there is but one answer."""
    both = [(pair.by_first, pair.by_second) for pair in pairs if pair.second in ("one", "different")]
    count = max(1, len(both))
    alike = sum(one == other for one, other in both) / count
    first, second = sum(one for one, _ in both) / count, sum(bool(other) for _, other in both) / count
    chance = first * second + (1 - first) * (1 - second)
    return Agreement(len(both), alike, (alike - chance) / (1 - chance) if chance < 1 else 1.0)
