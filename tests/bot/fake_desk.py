"""A true desk over a handful of articles held in memory; no model, no disk.

It answers with the sentence that shares most words with the question, and takes the longest run of capitalised
words in it for the short answer. Offsets, neighbours and failures are those of a real one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TypeVar

from bot.answer import Answer, not_found
from bot.cite import Citation
from bot.config import Config, change_setting, settings
from bot.courtesy import courtesy
from bot.desk import Context, Listed, Weighed
from bot.question import question as as_question
from bot.quoted import Verdict
from index.article import Article
from index.errors import ArticleUnknown

T = TypeVar("T")
_SENTENCE = re.compile(r"[^\s][^\n]*?(?:[.!?]”?(?=\s)|$)", re.MULTILINE)
_NAME = re.compile(r"(?:[A-Z][\w-]+ )+[A-Z][\w-]+|[A-Z][\w-]+")
_NEEDED = 2  # words in common


class FakeDesk:
    """Articles by id, and what was last asked."""

    def __init__(self, articles: Sequence[Article], config: Config, notice: str | None = None) -> None:
        self._articles = {article.id: article for article in articles}
        self._config = config
        self._notice = notice
        self._weighed: list[Weighed] = []

    def ask(self, question: str) -> Answer:
        if not self._articles:
            return not_found(question, "empty_index", None)
        asked = _words(question)
        if any(c.isalnum() for c in question) and (courteous := courtesy(as_question(question, len(question)))):
            return not_found(question, courteous, "g1")
        if not asked:
            return not_found(question, "empty_question", "g1")
        if len(question) > self._config.question.max_chars:
            return not_found(question[:50], "question_too_long", "g1")
        found = [
            (len(asked & _words(text)), article, start, text)
            for article in self._articles.values()
            for start, text in _sentences(article.text)
            if asked & _words(text)
        ]
        found.sort(key=lambda one: -one[0])
        self._weighed = [
            Weighed(text, a.id, i, None, 1 / (60 + i), float(n)) for i, (n, a, _, text) in _numbered(found)
        ]
        best = found[: self._config.answer.max_citations]
        if not best:
            return not_found(question, "nothing_close", "g1")
        enough = best[0][0] >= _NEEDED
        cited = tuple(
            _cite(article, start, text, marker, shared / len(asked), enough)
            for marker, (shared, article, start, text) in _numbered(best)
            if shared == best[0][0]
        )
        if not enough:
            return not_found(question, "no_answer_in_articles", "g1", 0.2, cited)
        first = cited[0]
        short = None
        if first.answer_start is not None and first.answer_end is not None:
            short = first.quote[first.answer_start - first.start : first.answer_end - first.start]
        return Answer(question, "answered", None, short, first.score, cited, (), "g1")

    def context(self, citation: Citation, sentences: int) -> Context:
        text = self.article(citation.article).text
        spans = [(start, start + len(sentence)) for start, sentence in _sentences(text)]
        at = spans.index((citation.start, citation.end))
        first, last = max(0, at - sentences), min(len(spans) - 1, at + sentences)
        start, end = citation.start, citation.end
        return Context(
            text[spans[first][0] : start], text[start:end], text[end : spans[last][1]], at + 1, at + 1, len(spans)
        )

    def check(self, text: str) -> Verdict:
        for article in self._articles.values():
            for start, sentence in _sentences(article.text):
                if text == sentence:
                    return Verdict("exact", (_cite(article, start, sentence, 1, 1.0, False),))
        return Verdict("absent")

    def article(self, id: str) -> Article:
        if id not in self._articles:
            raise ArticleUnknown(f"article {id} is no longer available")
        return self._articles[id]

    def articles(self) -> Sequence[Listed]:
        return [Listed(one.id, one.title, one.source, one.published) for one in self._articles.values()]

    def why(self) -> Sequence[Weighed]:
        return self._weighed

    def status(self) -> Mapping[str, object]:
        shown = {"articles": len(self._articles), "generation": "g1", "reader": "none"}
        return shown | ({"notice": self._notice} if self._notice else {})

    def settings(self) -> Mapping[str, str]:
        return {name: str(value) for name, value in settings(self._config).items() if name.startswith("answer.")}

    def set(self, name: str, value: str) -> str:
        self._config = change_setting(self._config, name, value)
        return self.settings()[name]

    def remove(self, id: str) -> None:
        """As if the article had been removed by somebody else meanwhile."""
        del self._articles[id]


def _numbered(items: Sequence[T]) -> list[tuple[int, T]]:
    return list(enumerate(items, 1))


def _sentences(text: str) -> list[tuple[int, str]]:
    return [(found.start(), found[0]) for found in _SENTENCE.finditer(text)]


def _words(text: str) -> set[str]:
    return {word for word in re.findall(r"\w+", text.casefold()) if len(word) > 3}


def _cite(article: Article, start: int, text: str, marker: int, score: float, enough: bool) -> Citation:
    names = sorted(_NAME.finditer(text), key=lambda found: -len(found[0])) if enough else []
    return Citation(
        marker=marker,
        quote=text,
        article=article.id,
        title=article.title,
        source=article.source,
        authors=article.authors,
        url=article.url,
        published=article.published,
        start=start,
        end=start + len(text),
        answer_start=start + names[0].start() if names else None,
        answer_end=start + names[0].end() if names else None,
        speaker=None,
        score=round(score, 4),
    )
