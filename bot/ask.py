"""The whole way of the package: question -> candidates -> readings -> answer -> citations, checked.

Comes in: a person's line and the parts, held open. Goes out: what was answered, with all that led to it. The promise:
one call sees one generation from beginning to end, and within it nothing but what the scope holds; no citation leaves
without having been compared with the stored text.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from bot.alike import mentions
from bot.answer import Answer, Rules, answer, body, further, not_found
from bot.cite import Citation, check, with_story
from bot.courtesy import courtesy
from bot.errors import QuestionRefused
from bot.fitting import YEAR
from bot.leader import surely
from bot.outlets import Sourced, may_name_source, sourced
from bot.question import Question, question
from bot.read import Reader, Reading, Window
from bot.retrieve import Candidate, Retrieval, retrieve
from bot.support import support
from index.embed import Embedder
from index.outlets import outlets
from index.store import Scope, Snapshot

# Windows that are always read, and how likely the answer they give must be to leave others unread. On 454 real
# questions the same answers were given and the same first sentences cited, a quarter of the windows left out: docs/LOG.md.
_FIRST = 8
_SURE = 0.6
# A window without a sentence keeps its place and is not read.
_UNREAD = Window("", ())


@dataclass(frozen=True, slots=True)
class Asking:
    """How questions are answered; each part's own settings together."""

    max_chars: int = 1000
    query_prefix: str = ""
    retrieval: Retrieval = field(default_factory=Retrieval)
    rules: Rules = field(default_factory=Rules)


@dataclass(frozen=True, slots=True)
class Asked:
    """An answer with the candidates and readings behind it, for whoever wants to know why.

    `more` are other answers than the one given, next best first; empty where none was given.
    """

    answer: Answer
    candidates: Sequence[Candidate] = ()
    readings: Sequence[Reading] = ()
    more: tuple[Citation, ...] = ()


def nothing() -> None:
    """What is done between the steps where there is nothing to do."""


def ask(
    line: str,
    snapshot: Snapshot,
    embedder: Embedder,
    reader: Reader,
    how: Asking,
    scope: Scope = None,
    between: Callable[[], None] = nothing,
) -> Asked:
    """Answer a person's line from the articles of one generation that the scope holds.

    Not having an answer is an answer; damage raises. `between` is called between the steps: other questions may be answered
    there, with the same parts.
    """
    began = time.perf_counter()
    try:
        asked = question(line, how.max_chars)
    except QuestionRefused as refused:
        return Asked(_timed(not_found(line[: how.max_chars], refused.reason, snapshot.name), began))
    if nothing_asked := courtesy(asked):
        return Asked(_timed(not_found(asked.text, nothing_asked, snapshot.name), began))
    if not snapshot.counts["passages"]:
        return Asked(_timed(not_found(asked.text, "empty_index", snapshot.name), began))
    answered = partial(
        _asked, snapshot=snapshot, embedder=embedder, reader=reader, how=how, scope=scope, between=between
    )
    named = sourced(asked.text, outlets(snapshot, scope)) if may_name_source(asked.text) else None
    if named is None:
        return answered(asked, began=began)
    return _of_outlets(asked, named, answered, began)


def _of_outlets(asked: Question, named: Sourced, answered: Callable[..., Asked], began: float) -> Asked:
    """The answer of the outlets that the question names; where they have none, that of the others, and not as theirs.

    Where the outlet may be what is asked about, others' answers are as good; else they stand under `nearest`.
    """
    narrowed = question(named.asked, len(named.asked))
    theirs = answered(narrowed, began=began, named=named.outlets)
    if theirs.answer.status == "not_found":
        others = answered(narrowed if named.firm else asked, began=began)
        if others.answer.status == "answered":
            theirs = others
            if named.firm:
                said = others.answer
                reason = not_found(asked.text, "not_from_outlet", said.generation, said.confidence, said.citations)
                theirs = replace(others, answer=replace(reason, timings_ms=said.timings_ms), more=())
    found = _whole(theirs.answer) if named.subject else theirs.answer
    return replace(theirs, answer=replace(found, question=asked.text, outlets=named.outlets))


def _whole(found: Answer) -> Answer:
    """The answer without a short one: what is said about something is said by whole sentences."""
    bare, near = (
        tuple(replace(one, answer_start=None, answer_end=None) for one in those)
        for those in (found.citations, found.nearest)
    )
    return replace(found, answer=None, citations=bare, nearest=near)


def _asked(
    asked: Question, *, snapshot: Snapshot, embedder: Embedder, reader: Reader, how: Asking, scope: Scope,
    between: Callable[[], None], began: float, named: Sequence[str] = (),
) -> Asked:  # fmt: skip
    """Answer a question from the scope's articles, or of these from those of the outlets named."""
    candidates = retrieve(asked, snapshot, embedder, how.query_prefix, how.retrieval, scope, named)
    retrieved = time.perf_counter()
    between()

    def story(article: str) -> tuple[str, ...]:
        return snapshot.stories.of(article, scope)

    windows = windows_of(candidates, story)
    readings = _read(asked, candidates, windows, reader, how.rules, story, between)
    read = time.perf_counter()
    between()
    sure = surely(candidates, readings, partial(reader.confidence, windows=windows), story)
    found = answer(asked.text, candidates, readings, sure, how.rules, snapshot.name, story)
    room = how.rules.max_citations - len(found.citations)
    beside = support(found, candidates, embedder, story, room, _scores(candidates, readings, sure))
    found = replace(found, citations=tuple(with_story(one, snapshot, scope) for one in (*found.citations, *beside)))
    more = further(found, candidates, readings, sure, how.rules.further)
    check(found.citations + found.nearest + more, snapshot, scope)
    return Asked(_timed(found, began, retrieved, read), candidates, readings, more)


def _read(
    asked: Question,
    candidates: Sequence[Candidate],
    windows: Sequence[Window],
    reader: Reader,
    rules: Rules,
    story: Callable[[str], Hashable],
    between: Callable[[], None],
) -> list[Reading]:
    """The readings of all windows, or, where the first ones give a sure answer, of those and what could support it.

    Only what holds the answer's words can. That what is left unread would seldom have overturned it was found by trial.
    """
    if len(windows) <= _FIRST or not reader.apart:
        return reader.read(asked.key, windows)
    first = reader.read(asked.key, [one if i < _FIRST else _UNREAD for i, one in enumerate(windows)])
    between()
    likely = surely(candidates, first, partial(reader.confidence, windows=windows), story)
    said = answer(asked.text, candidates, first, likely, rules, "", story)
    sure = said.answer is not None and said.confidence >= _SURE
    rest = [
        one if i >= _FIRST and not (sure and not mentions(one.text, said.answer or "")) else _UNREAD
        for i, one in enumerate(windows)
    ]
    return sorted([*first, *reader.read(asked.key, rest)], key=lambda one: (-one.score, one.window, one.start))


def _scores(
    candidates: Sequence[Candidate], readings: Sequence[Reading], sure: Callable[[Reading], float]
) -> Callable[[str, int], float]:
    """How likely the sentence of an article that starts at a place is right; 0 for one in which nothing was found."""
    read = {
        (candidates[one.window].passage.article, candidates[one.window].sentences[one.sentence].start): one
        for one in reversed(readings)
    }
    return lambda article, start: sure(read[article, start]) if (article, start) in read else 0.0


def windows_of(candidates: Sequence[Candidate], story: Callable[[str], Hashable]) -> list[Window]:
    """What the reader sees of each, in the order of the retrieval; another article of a story takes no place in it.

    So copies of a story push nothing down.
    """
    tellers: dict[Hashable, str] = {}
    windows, place = [], 0
    for candidate in candidates:
        article = candidate.passage.article
        windows.append(replace(window(candidate), place=place))
        place += tellers.setdefault(story(article), article) == article
    return windows


def window(candidate: Candidate) -> Window:
    """What the reader sees of a candidate: its text, where its sentences lie in it, and its article's title.

    A sentence begins behind the stub of its dateline: "CITY (Agency) –" says where it was written, not what happened.
    """
    base = candidate.passage.start
    spans = tuple((body(sentence) - base, sentence.end - base) for sentence in candidate.sentences)
    article = candidate.article.article
    years = tuple(dict.fromkeys(YEAR.findall(article.text))) if article.published is None else ()
    return Window(candidate.passage.text, spans, article.title, published=article.published, years=years)


def _timed(found: Answer, began: float, retrieved: float | None = None, read: float | None = None) -> Answer:
    """The answer with what each step took; a step that was not needed took nothing."""
    retrieved = began if retrieved is None else retrieved
    read = retrieved if read is None else read
    total = _ms(time.perf_counter() - began)
    return replace(
        found, timings_ms={"retrieve": _ms(retrieved - began), "read": _ms(read - retrieved), "total": total}
    )


def _ms(seconds: float) -> float:
    return round(seconds * 1000, 1)
