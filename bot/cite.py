"""Places in articles -> Citations, each checked against the stored text.

Comes in: a stored article and a span of whole sentences in it. Goes out: a `Citation` whose quote is a slice of the
canonical text. The promise the product stands on: `text[start:end] == quote`, checked here against text whose digest
was just compared, and again by `check` before an answer is shown. No quote comes from anywhere but a slice, and none holds
boilerplate.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from bot.errors import CitationBroken
from index.store import Scope, Snapshot, StoredArticle, within
from index.stories import Version


@dataclass(frozen=True, slots=True)
class Holder:
    """Another article of the same story that holds a quote letter by letter, as whole sentences at these offsets."""

    article: str
    source: str | None
    published: str | None
    url: str | None
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Citation:
    """Whole sentences of one article, letter by letter; offsets are code points into its canonical text.

    `answer_start` and `answer_end` mark the short answer inside the quote, or are None. `score` is the confidence
    in this one citation, 0 to 1. `published` is an ISO date or None, never a guess. `page` is that of a PDF, counted from
    1 in the file, on whose extracted text the quote begins. `also_in` are other outlets' copies of the story that hold the
    same words; `earlier` the versions that this article superseded, the newest first. `file` is the name of the file that it
    was read from, None for what was fetched.
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
    also_in: tuple[Holder, ...] = ()
    earlier: tuple[Version, ...] = ()
    file: str | None = None


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
        file=article.file(),
    )


def with_story(citation: Citation, snapshot: Snapshot, scope: Scope = None) -> Citation:
    """The citation with the other articles of its story that hold its quote, and the versions before its own.

    All of them are of the scope. An article that says it in other words, or with another sign, is not listed.
    """
    others = (id_ for id_ in snapshot.stories.of(citation.article, scope) if id_ != citation.article)
    holders = tuple(held for id_ in others if (held := _holder(snapshot.article(id_), citation.quote)))
    return replace(citation, also_in=holders, earlier=snapshot.stories.earlier(citation.article, scope))


def _holder(stored: StoredArticle, quote: str) -> Holder | None:
    """The article as a holder of the quote, if it has it as whole sentences that may be cited."""
    article, at = stored.article, stored.article.text.find(quote)
    while at >= 0:
        if _stands(stored, at, at + len(quote)):
            return Holder(article.id, article.source, article.published, article.url, at, at + len(quote))
        at = article.text.find(quote, at + 1)
    return None


def _stands(stored: StoredArticle, start: int, end: int) -> bool:
    """Whether that part of the article is whole sentences, none of them boilerplate."""
    held = [one for one in stored.sentences if one.start < end and start < one.end]
    whole = bool(held) and (held[0].start, held[-1].end) == (start, end)
    return whole and not any(one.kind == "boilerplate" for one in held)


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
        for holder in citation.also_in:
            other = snapshot.article(holder.article)
            if not within(other.article.collections, scope):
                raise CitationBroken(f"the quote [{citation.marker}] lists an article outside of what may be seen")
            if other.article.text[holder.start : holder.end] != citation.quote:
                raise CitationBroken(f"the quote [{citation.marker}] does not stand in article {holder.article}")
        for version in citation.earlier:
            if not within(snapshot.entry(version.article).collections, scope):
                raise CitationBroken(f"the quote [{citation.marker}] lists an article outside of what may be seen")
