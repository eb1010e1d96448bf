"""A citation -> the sentences around it, from the generation that it was made from.

Comes in: a snapshot and a citation of it. Goes out: a `Context`, all slices of one article's text, adjacent. The
promise: the citation is compared with the stored text before anything is shown. Knows nothing of who asks.
"""

from __future__ import annotations

from collections.abc import Sequence

from bot.cite import Citation, check
from bot.desk import Context
from index.split import Sentence
from index.store import Scope, Snapshot


def around(snapshot: Snapshot, citation: Citation, sentences: int, scope: Scope = None) -> Context:
    """The citation with up to that many sentences before and after it, none beyond boilerplate; with 0, only its place.

    Raises `CitationBroken` where it does not stand in this generation or the scope leaves its article out, and
    `ArticleUnknown` where the article is gone.
    """
    check((citation,), snapshot, scope)
    stored = snapshot.article(citation.article)
    text, all_ = stored.article.text, stored.sentences
    first = next(i for i, one in enumerate(all_) if one.start == citation.start)
    last = next(i for i, one in enumerate(all_) if one.end == citation.end)
    begin = all_[_reached(all_, first, -1, sentences)].start
    end = all_[_reached(all_, last, 1, sentences)].end
    before, after = text[begin : citation.start], text[citation.end : end]
    return Context(before, citation.quote, after, first + 1, last + 1, len(all_))


def _reached(sentences: Sequence[Sentence], at: int, step: int, most: int) -> int:
    """The place of the last sentence that is shown that way; what is shown is one slice, so boilerplate ends it."""
    for _ in range(most):
        if not 0 <= at + step < len(sentences) or sentences[at + step].kind == "boilerplate":
            break
        at += step
    return at
