"""One document -> its article, cut into sentences and passages, ready to be embedded and stored.

Comes in: a document as it was read. Goes out: `Prepared`, or a rejection with its reason. The promise: an article has
at least one passage, and no more sentences than are allowed. Knows nothing of other articles or of the index.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from index.article import Article
from index.errors import DocumentRejected
from index.passages import Passage, passages
from index.sources.read import Document
from index.sources.read import article as article_of
from index.split import Sentence, split


@dataclass(frozen=True, slots=True)
class Prepared:
    """An article on its way into the generation; `rows` are those of the old generation that still hold for it.

    `read_at` is when it was read, where that was for an older generation.
    """

    key: str
    article: Article
    sentences: Sequence[Sentence]
    passages: Sequence[Passage]
    rows: range | None = None
    read_at: str | None = None


def prepare(
    document: Document, target_chars: int, longest_chars: int, max_sentences: int, *, keep_boilerplate: bool = False
) -> Prepared:
    """The document's article with its sentences and passages; raises `DocumentRejected`."""
    made = article_of(document)
    language = made.language and made.language.split("-")[0].lower()
    sentences = split(made.text, made.title, language, keep_boilerplate=keep_boilerplate)
    if len(sentences) > max_sentences:
        raise DocumentRejected("too_many_sentences", f"{len(sentences)} sentences; at most {max_sentences} an article")
    runs = passages(made.id, made.text, sentences, target_chars, longest_chars)
    if not runs:
        raise DocumentRejected("no_text", "nothing in it can be cited")
    return Prepared(document.key, made, sentences, runs)


def embedded_text(title: str | None, passage: str) -> str:
    """What is searched for a passage: its article's title, which often holds the names, before its own text."""
    return passage if not title or passage.startswith(title) else f"{title}\n{passage}"
