"""The configuration -> a fetcher, and what `byline add` is given -> files and addresses.

Comes in: settings; words from the command line. Goes out: the one fetcher of this run; a build's report. Libraries of
the network are imported only where something is fetched.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from bot.archive import recipe
from bot.config import Config
from bot.errors import GivenUnclear
from index.build import Report, add

if TYPE_CHECKING:
    from index.sources.fetch import Fetcher

_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://|(?:https?|ftp|file|data|javascript):", re.IGNORECASE)

# "www.courier.example/story": an address as people say it. A file's name has a slash before its last dot, or no slash.
_HOST = re.compile(r"(?:www\.[\w-]+\.|(?:[\w-]+\.)+[A-Za-z]{2,}/)[\w./?=&%#+,;:@~-]*$")


def fetcher(config: Config) -> Fetcher:
    """A fetcher that keeps to the settings."""
    from index.sources.fetch import Fetcher, Fetching

    f = config.fetch
    return Fetcher(
        Fetching(
            f.ports, f.allow_loopback, f.contact, f.seconds_between, f.parallel, f.seconds, f.wire_bytes,
            f.inflated_bytes, f.redirects,
        )
    )  # fmt: skip


def add_given(
    config: Config, given: Sequence[str], progress: Callable[[str, int, int], None], collections: Sequence[str] = ()
) -> Report:
    """Add the files, folders and addresses given, in one publish; all of it carries the collections."""
    for one in given:
        if _HOST.match(one) and not Path(one).exists():
            raise GivenUnclear(
                f"{one}: there is no such file; if it is an address, write https://{one}; nothing was added"
            )
    addresses = [one for one in given if _ADDRESS.match(one)]
    paths = [Path(one) for one in given if not _ADDRESS.match(one)]
    if not addresses:
        return add(config.index.dir, paths, recipe(config), progress, collections)
    from index.collect import add_addresses

    return add_addresses(config.index.dir, addresses, recipe(config), progress, fetcher(config), paths, collections)
