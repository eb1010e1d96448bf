"""What is done to the index from Telegram, and what is told of it, as values that travel between two processes.

Comes in: a deed. Goes out: news of it, as JSON and back. The promise: nothing but plain values is read from the other
process, which has parsed strangers' documents; what has not the form of news is refused. Knows nothing of messages.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

Do = Literal["add", "rebuild", "remove"]
SHOWN = 30  # articles and reasons that are told by name; beyond that only how many


@dataclass(frozen=True, slots=True)
class Deed:
    """What to do: with files for `add` and `rebuild` (for `add` addresses too), with article ids for `remove`.

    `collections` are given to what is added. A rebuild tells what would change, `questions` asked again included, and waits for a word before it publishes.
    """

    do: Do
    paths: tuple[str, ...] = ()
    articles: tuple[str, ...] = ()
    questions: tuple[str, ...] = ()
    collections: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Item:
    """An article as it is told of."""

    id: str
    title: str
    sentences: int


@dataclass(frozen=True, slots=True)
class Left:
    """A document that did not become an article."""

    origin: str
    reason: str
    detail: str


@dataclass(frozen=True, slots=True)
class Differs:
    """A question that would be answered in another way; None stands for no answer."""

    question: str
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a deed changed, or would change: at most `SHOWN` of each by name, and how many there are."""

    added: tuple[Item, ...] = ()
    changed: tuple[Item, ...] = ()
    gone: tuple[Item, ...] = ()
    left: tuple[Left, ...] = ()
    counts: Mapping[str, int] | None = None
    published: bool = False
    generation: str = ""
    articles: int = 0
    sentences: int = 0
    seconds: float = 0.0
    asked: int = 0
    empty: tuple[str, ...] = ()  # of the files given, those that no article of the generation comes from
    differing: tuple[Differs, ...] = ()

    def many(self, name: Literal["added", "changed", "gone", "left"]) -> int:
        """How many there are of that kind, named or not."""
        return (self.counts or {}).get(name, len(getattr(self, name)))


@dataclass(frozen=True, slots=True)
class News:
    """One message from the work: how far it is, what it would do, what it did, or why it could not."""

    kind: Literal["progress", "staged", "done", "failed"]
    text: str = ""
    done: int = 0
    total: int = 0
    outcome: Outcome | None = None


def write_news(news: News) -> bytes:
    """The news as JSON."""
    return json.dumps(asdict(news)).encode()


def read_news(data: bytes) -> News:
    """The news in the bytes; raises ValueError where there is none."""
    try:
        told = json.loads(data)
        outcome = told.pop("outcome")
        if told["kind"] not in ("progress", "staged", "done", "failed"):
            raise ValueError(told["kind"])
        return News(str(told["kind"]), str(told["text"]), int(told["done"]), int(told["total"]),  # type: ignore[arg-type]  # the kind was checked above
                    None if outcome is None else _outcome(outcome))  # fmt: skip
    except (KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError(f"no news: {type(error).__name__}") from error


def _outcome(told: dict[str, Any]) -> Outcome:
    lists: dict[str, Any] = {
        name: tuple(Item(str(one["id"]), str(one["title"]), int(one["sentences"])) for one in told.pop(name))
        for name in ("added", "changed", "gone")
    }
    left = tuple(Left(str(one["origin"]), str(one["reason"]), str(one["detail"])) for one in told.pop("left"))
    differing = tuple(Differs(**one) for one in told.pop("differing"))
    empty = tuple(str(path) for path in told.pop("empty"))
    counts = {str(name): int(number) for name, number in (told.pop("counts") or {}).items()}
    return Outcome(**lists, left=left, differing=differing, empty=empty, counts=counts, **told)
