"""What is to go from an index: the articles that somebody named, and those whose files went from followed folders.

Comes in: an open generation and what was named, or articles' origins and the folders. Goes out: which go with which pages,
or which stay. Nothing is removed here.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path

from index.known import file_of, page_before
from index.sources.files import File, find
from index.sources.kept import kept_as
from index.store import Snapshot


def doomed_by(index: Path, old: Snapshot, articles: Iterable[str]) -> tuple[set[str], set[str]]:
    """The ids of the articles that are to go, and the addresses of the pages that go with them or by themselves."""
    ids, addresses = set[str](), set[str]()
    for given in articles:
        if page := kept_as(index, given):
            addresses.add(page.address)
            ids.update(entry.id for entry in old.entries() if page.address == entry.origin or given == entry.origin)
        else:
            ids.add(old.entry(given).id)
    for article in tuple(ids):
        if old.stories.newest(article) is None:
            ids.update(one.article for one in old.stories.earlier(article))
    # what a page said before has no page of its own: that is the page's, which may stay
    addresses.update(old.entry(article).origin for article in ids if page_before(old.key(article)) is None)
    return ids, addresses


def elsewhere(origins: Mapping[str, str], articles: Sequence[str], paths: Sequence[Path]) -> list[str]:
    """Those of the articles that were not read from under the paths."""
    given = [os.path.abspath(path) for path in paths if any(isinstance(one, File) for one in find([path]))]
    there = {*given, *map(os.path.realpath, given)}
    real = lru_cache(maxsize=None)(os.path.realpath)  # many files lie in one folder

    def inside(origin: str) -> bool:
        file = file_of(origin)
        # a folder may be given by a link to it, or by way of one; the file itself may be gone
        by_link = os.path.join(real(os.path.dirname(file)), os.path.basename(file))
        return "://" not in origin and any(
            one == path or one.startswith(path.rstrip("/") + "/") for path in there for one in (file, by_link)
        )

    return [article for article in articles if not inside(origins[article])]
