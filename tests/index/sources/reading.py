"""Every document under some paths as the article it becomes, or the reason why it becomes none; for tests only."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from index.article import Article
from index.errors import DocumentRejected
from index.sources.files import Skipped
from index.sources.read import article, documents


def read_articles(paths: Sequence[Path]) -> Iterator[Article | Skipped]:
    """What a build reads of the paths, repeated articles included."""
    for item in documents(paths):
        if isinstance(item, Skipped):
            yield item
            continue
        try:
            yield article(item)
        except DocumentRejected as rejected:
            yield Skipped(item.origin, rejected.reason, rejected.detail)
