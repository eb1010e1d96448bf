"""A line being typed -> the sentences that the search finds for it, at once and without a reading model.

Comes in: a person's line and one generation. Goes out: citations without a short answer, one a passage, in the order
of the search. The promise: each is checked like every other citation; none claims to answer. Knows nothing of readers.
"""

from __future__ import annotations

from collections.abc import Sequence

from bot.ask import Asking
from bot.cite import Citation, Place, check, cite
from bot.errors import QuestionRefused
from bot.leader import plain
from bot.question import question
from bot.retrieve import Candidate, retrieve
from bot.similar import shares
from index.embed import Embedder
from index.store import Scope, Snapshot
from index.words import terms


def found(
    line: str, snapshot: Snapshot, embedder: Embedder, how: Asking, most: int, scope: Scope = None
) -> tuple[Citation, ...]:
    """At most `most` sentences for a line, best passage first, each wording once; none where it is no question."""
    try:
        asked = question(line, how.max_chars)
    except QuestionRefused:
        return ()
    candidates = retrieve(asked, snapshot, embedder, how.query_prefix, how.retrieval, scope)
    wanted = terms(asked.key)
    places: list[Place] = []
    seen: set[str] = set()
    for candidate in candidates:
        place = _place(candidate, wanted)
        wording = plain(" ".join(one.text for one in candidate.article.sentences[place.first : place.last + 1]))
        if wording not in seen and len(places) < most:
            seen.add(wording)
            places.append(place)
    citations = tuple(cite(place, marker) for marker, place in enumerate(places, 1))
    check(citations, snapshot, scope)
    return citations


def _place(candidate: Candidate, wanted: Sequence[str]) -> Place:
    """The passage's sentence that has most of the question's terms, one that can stand by itself before a heading."""
    held = shares(wanted, [set(terms(sentence.text)) for sentence in candidate.sentences])
    best = max(range(len(held)), key=lambda i: (held[i] > 0, candidate.sentences[i].kind == "sentence", held[i], -i))
    number = candidate.passage.first + best
    return Place(candidate.article, number, number, None, max(0.0, min(1.0, candidate.hit.vector_score)))
