"""A text that somebody has -> whether it stands in the articles word for word, and what is different if it does not.

Comes in: a text and one generation. Goes out: a `Verdict` with the whole sentences that hold the text, or the nearest
ones with every difference. The promises: `exact` means every letter and sign, in their order, within one article; only
how much white space there is, the shapes of quotation marks and dashes, and marks around the whole text do not count.
Case does, and so does the sign at the end: a full stop says that the sentence ends there. A text with an ellipsis is
never exact: something was left out of it. A text that stands in any article of the scope is found. Knows nothing of
models.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from heapq import nsmallest
from itertools import chain
from typing import Literal

from bot.aligned import (
    DASHES,
    DOUBLE,
    ELLIPSIS,
    SINGLE,
    Alignment,
    Difference,
    Word,
    align,
    differences,
    unmarked,
    words,
)
from bot.cite import Citation, Place, check, cite
from bot.errors import QuestionRefused
from index.canonical import canonicalise
from index.errors import DocumentRejected
from index.search import best, holding
from index.store import Scope, Snapshot, StoredArticle
from index.words import terms

LONGEST = 5_000
# The share of the text's words that a run of sentences must have, in their order, to be what the text was made from;
# and the fewest words that are compared. Trials: docs/LOG.md, "Checking quotes".
_ALTERED = 0.65
_FEWEST = 4
# The share of that run's words that the text must have, unless it says itself that something is left out: common words
# lie in their order in any run that is long enough.
_DENSE = 0.5
_PASSAGES = 16  # looked at for what an altered text was made from
_RUNS = 6  # runs of sentences that are compared word by word
_PLACES = 5  # of an exact text: wire stories stand in many articles

_PIECE = re.compile(
    rf"(?P<dash>\s*[{DASHES}][\s{DASHES}]*)|(?P<space>\s+)|(?P<double>[{DOUBLE}])|(?P<single>[{SINGLE}])|.", re.DOTALL
)
_AS_ANY = {"dash": rf"\s*[{DASHES}][\s{DASHES}]*", "space": r"\s+", "double": f"[{DOUBLE}]", "single": f"[{SINGLE}]"}
_ENDING = re.compile(rf"[{DOUBLE}{SINGLE}\s.,]*$")


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the articles say of a text.

    `places` are whole sentences that hold it, the text itself marked in them as an answer is (None: all of it); for an
    `altered` one the nearest sentences. `differences` are in the order of that article, empty unless it is altered.
    """

    kind: Literal["exact", "altered", "absent"]
    places: tuple[Citation, ...] = ()
    differences: tuple[Difference, ...] = ()


def quoted(
    text: str, snapshot: Snapshot, scope: Scope = None, between: Callable[[], None] = lambda: None
) -> Verdict:  # fmt: skip
    """Whether the text stands in the articles of the scope; raises `QuestionRefused` where it is none.

    `between` is called between the steps, of which a common word takes as many as there are articles.
    """
    text = _text(text)
    places = _exact(text, snapshot, scope, between)
    if places:
        verdict = Verdict("exact", tuple(cite(place, marker) for marker, place in enumerate(places, 1)))
    else:
        verdict = _altered(text, snapshot, scope, between) or Verdict("absent")
    check(verdict.places, snapshot, scope)
    return verdict


def _text(written: str) -> str:
    if len(written) > LONGEST:
        raise QuestionRefused("question_too_long", f"at most {LONGEST:,} characters can be checked at once")
    try:
        text = canonicalise(written).text.strip()
    except DocumentRejected:
        raise QuestionRefused("bad_text", "the text holds characters that are no text; please paste it again") from None
    if not any(character.isalnum() for character in text):
        raise QuestionRefused("empty_question", "please give the text that is to be checked")
    return text


def _exact(text: str, snapshot: Snapshot, scope: Scope, between: Callable[[], None]) -> list[Place]:
    """Where the text stands to the letter, each article once, those first that speak of it most."""
    if ELLIPSIS.search(text):
        return []
    pattern, places = _pattern(text), list[Place]()
    for id_ in holding(snapshot, terms(text), snapshot.rows_in(scope)):
        between()
        stored = snapshot.article(id_)
        held = (_place(stored, found.start(), found.end()) for found in pattern.finditer(stored.article.text))
        if place := next(filter(None, held), None):
            places.append(place)
        if len(places) == _PLACES:
            break
    return places


def _pattern(text: str) -> re.Pattern[str]:
    """What matches the text and nothing that differs from it in a letter or a sign."""
    found = _ENDING.search(text)
    ending = found[0] if found else ""
    core = text[: len(text) - len(ending)].lstrip(f"{DOUBLE}{SINGLE} \n\t")
    pieces = [_AS_ANY.get(piece.lastgroup or "", re.escape(piece[0])) for piece in _PIECE.finditer(core)]
    stops = [sign for sign in ending if sign in ".,"]
    end = rf"[{DOUBLE}{SINGLE}\s]*[{stops[0]}]" if stops else r"(?!\w)"  # the mark may stand on either side of it
    return re.compile(rf"(?<!\w){''.join(pieces)}{end}")


def _place(stored: StoredArticle, start: int, end: int, score: float = 1.0) -> Place | None:
    """The sentences that hold a part of the article; None where it reaches into what is never cited."""
    held = [i for i, one in enumerate(stored.sentences) if one.start < end and start < one.end]
    if not held or any(stored.sentences[i].kind == "boilerplate" for i in held):
        return None
    first, last = stored.sentences[held[0]].start, stored.sentences[held[-1]].end
    if start < first or end > last:
        return None
    return Place(stored, held[0], held[-1], None if (start, end) == (first, last) else (start, end), score)


def _altered(text: str, snapshot: Snapshot, scope: Scope, between: Callable[[], None]) -> Verdict | None:
    """The sentences that the text was most likely made from, if they are near enough, and how it differs from them."""
    said = unmarked(words(text))
    count = sum(word.spoken for word in said)
    if count < _FEWEST:
        return None
    likely = nsmallest(_RUNS, _runs(said, text, snapshot, scope, between), key=lambda run: -run.promise)
    dense = 0.0 if ELLIPSIS.search(text) else _DENSE
    near = (
        one
        for run in likely
        if (one := _near(run, said, count, between)) and one.found.shared >= dense * one.found.span
    )
    nearest = max(near, key=lambda one: one.score, default=None)
    if nearest is None:
        return None
    article, found = nearest.run.stored.article.text, nearest.found
    start, end = nearest.words[found.first].start, nearest.words[found.last].end
    listed = differences(article, nearest.words, text, said, found)
    # words and signs may be equal and not the letters: "U. S." for "U.S."
    listed = listed or (Difference("changed", article[start:end], text, start, end),)
    place = _place(nearest.run.stored, start, end, found.shared / count)
    return Verdict("altered", (cite(place, 1),), listed) if place else None


@dataclass(frozen=True, slots=True)
class _Run:
    """Sentences of one article, how many of the text's words they have in any order, and that as a share, less for length."""

    stored: StoredArticle
    sentences: Sequence[Sequence[Word]]
    held: int
    promise: float


@dataclass(frozen=True, slots=True)
class _Near:
    """A run cut down to the sentences that share words with the text, and how they lie to each other."""

    run: _Run
    words: Sequence[Word]
    found: Alignment
    score: float


def _near(run: _Run, said: Sequence[Word], count: int, between: Callable[[], None]) -> _Near | None:
    """The run compared word by word, if it has enough of the text's words in their order."""
    # in their order there are no more of them; and comparing takes longest where words repeat
    if run.held < _ALTERED * count:
        return None
    between()
    all_ = list(chain.from_iterable(run.sentences))
    found = align(all_, said)
    if found is None or found.shared < _ALTERED * count:
        return None
    place = _place(run.stored, all_[found.first].start, all_[found.last].end)
    if place is None:
        return None
    first, last = run.stored.sentences[place.first].start, run.stored.sentences[place.last].end
    inside = [word for word in all_ if first <= word.start and word.end <= last]
    found = align(inside, said)
    return _Near(run, inside, found, 2 * found.shared / (count + found.span)) if found else None


def _runs(
    said: Sequence[Word], text: str, snapshot: Snapshot, scope: Scope, between: Callable[[], None]
) -> Iterator[_Run]:
    """Runs of sentences in and around the passages that share most words with the text, up to twice its length."""
    wanted = Counter(word.key for word in said if word.spoken)
    count = wanted.total()
    scores = snapshot.words.scores(terms(text))
    rows = [row for row in best(scores, _PASSAGES, snapshot.standing, snapshot.rows_in(scope)) if scores[row] > 0]
    seen: set[tuple[str, int, int]] = set()
    known: dict[tuple[str, int], list[Word]] = {}
    for passage in snapshot.passages(rows):
        between()
        stored = snapshot.article(passage.article)
        for first in _starts(stored, passage.first, passage.last, count):
            run: list[Sequence[Word]] = []
            left, long, spoken, held = wanted.copy(), 0, 0, 0
            for last in range(first, len(stored.sentences)):
                sentence = stored.sentences[last]
                if sentence.kind == "boilerplate" or long > 2 * len(said) + 40:
                    break
                at = passage.article, last
                its = known[at] = known.get(at) or words(stored.article.text, sentence.start, sentence.end)
                run.append(its)
                long += len(its)
                for word in its:
                    spoken += word.spoken
                    if word.spoken and left[word.key] > 0:
                        left[word.key] -= 1
                        held += 1
                if last >= passage.first and (passage.article, first, last) not in seen:
                    seen.add((passage.article, first, last))
                    promise = (held - 0.05 * max(0, spoken - count)) / count
                    yield _Run(stored, tuple(run), held, promise)


def _starts(stored: StoredArticle, first: int, last: int, count: int) -> range:
    """Where a run may begin that reaches the passage: as far before it as the text has words."""
    before = 0
    while first > 0 and before < count:
        first -= 1
        before += len(stored.sentences[first].text.split())
    return range(first, last + 1)
