"""Places in articles -> Citations, each checked against the stored text.

Comes in: a stored article and a span of whole sentences in it. Goes out: a `Citation` whose quote is a slice of the
canonical text. The promise the product stands on: `text[start:end] == quote`, checked here against text whose digest
was just compared, and again by `check` before an answer is shown. No quote comes from anywhere but a slice, and none holds
boilerplate.
"""

from __future__ import annotations

from dataclasses import dataclass

from bot.errors import CitationBroken
from index.store import Scope, Snapshot, StoredArticle, within


@dataclass(frozen=True, slots=True)
class Citation:
    """Whole sentences of one article, letter by letter; offsets are code points into its canonical text.

    `answer_start` and `answer_end` mark the short answer inside the quote, or are None. `score` is the confidence
    in this one citation, 0 to 1. `published` is an ISO date or None, never a guess. `page` is that of a PDF, counted from
    1 in the file, on whose extracted text the quote begins.
    """

    marker: int
    quote: str
    article: str
    title: str | None
    source: str | None
    authors: tuple[str, ...]
    url: str | None
    published: str | None
    start: int
    end: int
    answer_start: int | None
    answer_end: int | None
    speaker: str | None
    score: float
    page: int | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """Where a citation is to be cut: whole sentences `first` to `last` of an article, the answer's span inside."""

    article: StoredArticle
    first: int
    last: int
    answer: tuple[int, int] | None
    score: float


def cite(place: Place, marker: int) -> Citation:
    """The citation at that place; raises `CitationBroken` where the span is not whole sentences of the article."""
    article = place.article.article
    sentences = place.article.sentences
    if not 0 <= place.first <= place.last < len(sentences):
        raise CitationBroken(f"no sentences {place.first} to {place.last} in article {article.id}")
    start, end = sentences[place.first].start, sentences[place.last].end
    if place.answer is not None and not start <= place.answer[0] < place.answer[1] <= end:
        raise CitationBroken(f"the answer at {place.answer} lies outside its sentences in article {article.id}")
    answer_start, answer_end = place.answer or (None, None)
    return Citation(
        marker=marker,
        quote=article.text[start:end],
        article=article.id,
        title=article.title,
        source=article.source,
        authors=article.authors,
        url=article.url,
        published=article.published,
        start=start,
        end=end,
        answer_start=answer_start,
        answer_end=answer_end,
        speaker=None,
        score=round(place.score, 4),
        page=article.page(start),
    )


def check(citations: tuple[Citation, ...], snapshot: Snapshot, scope: Scope = None) -> None:
    """Compare every quote with the text of the generation once more; raises `CitationBroken` for the first that differs.

    Reading the article compares its text with its digest, so damage after loading is found here too; and so is a quote
    from an article that the scope leaves out, whatever let it through.
    """
    for citation in citations:
        stored = snapshot.article(citation.article)
        if not within(stored.article.collections, scope):
            raise CitationBroken(f"the quote [{citation.marker}] stands in an article outside of what may be seen")
        text = stored.article.text
        starts = {sentence.start for sentence in stored.sentences}
        ends = {sentence.end for sentence in stored.sentences}
        whole = citation.start in starts and citation.end in ends
        covered = (one for one in stored.sentences if one.start < citation.end and citation.start < one.end)
        if any(one.kind == "boilerplate" for one in covered):
            raise CitationBroken(f"the quote [{citation.marker}] holds what is no part of article {citation.article}")
        if not whole or text[citation.start : citation.end] != citation.quote or not citation.quote:
            raise CitationBroken(f"the quote [{citation.marker}] does not stand in article {citation.article}")
