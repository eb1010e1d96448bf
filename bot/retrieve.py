"""Question -> Candidates: the passages most likely to hold an answer, from one generation.

Comes in: a Question and a snapshot of the index. Goes out: candidates, best first, each a slice of one article with
its sentences and the scores that brought it here. Knows nothing of reading or answering.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bot.question import Question
from index.embed import Embedder
from index.outlets import rows_of
from index.passages import Passage
from index.search import Hit, search
from index.split import Sentence
from index.store import Scope, Snapshot, StoredArticle
from index.words import terms


@dataclass(frozen=True, slots=True)
class Candidate:
    """A passage that may hold an answer: its article, its sentences, and how it was found."""

    article: StoredArticle
    passage: Passage
    hit: Hit

    @property
    def sentences(self) -> tuple[Sentence, ...]:
        """The passage's sentences, with offsets into the article."""
        return self.article.sentences[self.passage.first : self.passage.last + 1]


@dataclass(frozen=True, slots=True)
class Retrieval:
    """How many passages each search may find, how ranks are fused, and how many go on to be read."""

    vectors: int = 50
    words: int = 50
    fuse_k: int = 60
    passages_read: int = 20


def retrieve(
    question: Question,
    snapshot: Snapshot,
    embedder: Embedder,
    query_prefix: str,
    how: Retrieval,
    scope: Scope = None,
    named: Sequence[str] = (),
) -> list[Candidate]:
    """The passages of the scope that fit the question best, at most `how.passages_read`, best first.

    Where outlets are named, those of their articles alone.
    """
    vector = embedder.encode([query_prefix + question.key])[0]
    hits = search(
        snapshot, terms(question.key), vector, vectors=how.vectors, words=how.words, fuse_k=how.fuse_k,
        allowed=rows_of(snapshot, named, scope) if named else snapshot.rows_in(scope),
    )[: how.passages_read]  # fmt: skip
    found = snapshot.passages([hit.row for hit in hits])
    return [Candidate(snapshot.article(p.article), p, hit) for p, hit in zip(found, hits, strict=True)]
