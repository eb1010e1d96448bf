"""What a front may ask for, and the values that it gets.

Comes in: a person's wish, already understood by the front. Goes out: answers and what stands behind them. The
promise others lean on: everything that one answer's calls return comes from the generation that answered; failures
are BylineError or IndexFailure, with a text that is fit to be shown. Knows nothing of terminals or chats, and
nothing here says how the real desk works: the command line puts it together.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from bot.answer import Answer
from bot.cite import Citation
from bot.quoted import Verdict
from index.article import Article


@dataclass(frozen=True, slots=True)
class Context:
    """A citation among its neighbours, all slices of one article's text and adjacent: white space lies in `before`
    and `after`. The quote is sentences `first` to `last` of `of`, counted from 1.
    """

    before: str
    quote: str
    after: str
    first: int
    last: int
    of: int


@dataclass(frozen=True, slots=True)
class Listed:
    """One line of the list of articles."""

    id: str
    title: str | None
    source: str | None
    published: str | None
    url: str | None = None
    file: str | None = None


@dataclass(frozen=True, slots=True)
class Weighed:
    """One sentence that was considered for the last question, best first.

    `words` and `vectors` are its passage's ranks from 1, None where that search did not find it; `fused` and
    `reader` are scores, higher is better; `reader` is None where no reading model read it.
    """

    sentence: str
    article: str
    words: int | None
    vectors: int | None
    fused: float
    reader: float | None


class Desk(Protocol):
    """Where questions are taken; one person's, with what was last asked and what is set for this session."""

    def ask(self, question: str) -> Answer:
        """The answer to a line as it was typed; having none, or not being a question, is an answer with a reason."""

    def context(self, citation: Citation, sentences: int) -> Context:
        """The citation with that many sentences before and after it; with 0, only its place."""

    def check(self, text: str) -> Verdict:
        """Whether a text stands in the articles word for word; its places are not those of the last answer."""

    def article(self, id: str) -> Article:
        """One article with its canonical text."""

    def articles(self) -> Sequence[Listed]:
        """All articles, in the order in which people should see them."""

    def why(self) -> Sequence[Weighed]:
        """What was considered for the last question, best first; empty before the first one."""

    def status(self) -> Mapping[str, object]:
        """What is known of the index and the models, by names fit to be shown.

        `articles` is their number. `notice`, where there is one, is a sentence on what people should know before
        they ask, for example that no reading model is loaded.
        """

    def settings(self) -> Mapping[str, str]:
        """The settings that can be changed for this session, by dotted name, and what they are now."""

    def set(self, name: str, value: str) -> str:
        """Change a setting for this session; what it is now. A value that is not allowed raises ConfigInvalid."""
