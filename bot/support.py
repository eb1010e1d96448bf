"""An answer and the candidates -> citations from other stories that say the same, though not as an answer to the question.

Comes in: an answer that was given, with the candidates it was read from. Goes out: further citations. The promises: each
is a sentence of a story that is not cited yet, holds the short answer's words, and means nearly what one of the citations
means; it is cited beside the answer and never makes it surer. Knows nothing of how the answer was read.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence

import numpy as np

from bot.alike import alike, mentions
from bot.answer import Answer, body, first_needed
from bot.cite import Citation, Place, cite
from bot.retrieve import Candidate
from index.embed import Embedder
from index.split import Sentence

# Cosine to a citation from which a sentence that holds the same answer says the same: of those that it added
# to answers from two small corpora 20 of 23 did, by eye (docs/LOG.md).
_LEAST = 0.65
# Sentences that are compared: the best retrieved ones. Each costs the embedding of a sentence.
_COMPARED = 6


def support(
    given: Answer,
    candidates: Sequence[Candidate],
    embedder: Embedder,
    story: Callable[[str], Hashable],
    most: int,
    scores: Callable[[str, int], float],
) -> tuple[Citation, ...]:
    """At most `most` further citations, the nearest in meaning first, one a story; markers go on from the answer's.

    `scores` gives the reader's confidence in the sentence of an article that starts at a place.
    """
    said = [_short(one) for one in given.citations]
    if given.status != "answered" or most < 1 or not all(said):
        return ()
    least = min((one for one in said if alike(one, said[0])), key=len, default=said[0])  # not who speaks for it
    cited = {story(one.article) for one in given.citations}
    places: dict[tuple[str, int], tuple[Candidate, int]] = {}
    for candidate in candidates:
        if story(candidate.passage.article) in cited:
            continue
        for i, sentence in enumerate(candidate.sentences):
            if sentence.kind == "sentence" and _says(sentence, least) and len(places) < _COMPARED:
                places.setdefault((candidate.passage.article, sentence.start), (candidate, candidate.passage.first + i))
    if not places:
        return ()
    found = list(places.items())
    quotes = [one.quote for one in given.citations]
    vectors = embedder.encode([*quotes, *(_text(candidate, number) for _, (candidate, number) in found)])
    near = (vectors[len(quotes) :] @ vectors[: len(quotes)].T).max(1)
    chosen: list[Citation] = []
    for i in np.argsort(-near, kind="stable").tolist():
        (article, start), (candidate, number) = found[i]
        if near[i] < _LEAST or len(chosen) == most:
            break
        if story(article) not in cited:
            cited.add(story(article))
            first = first_needed(candidate.article, number)
            place = Place(candidate.article, first, number, None, scores(article, start))
            chosen.append(cite(place, len(given.citations) + len(chosen) + 1))
    return tuple(chosen)


def _short(citation: Citation) -> str:
    """The words of the short answer as this citation has them; empty where it is the sentence itself."""
    if citation.answer_start is None or citation.answer_end is None:
        return ""
    return citation.quote[citation.answer_start - citation.start : citation.answer_end - citation.start]


def _says(sentence: Sentence, answer: str) -> bool:
    asks = sentence.text.rstrip("\"'”’)] ").endswith("?")
    return not asks and mentions(sentence.text, answer)


def _text(candidate: Candidate, number: int) -> str:
    sentence = candidate.article.sentences[number]
    return sentence.text[body(sentence) - sentence.start :]
