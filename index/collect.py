"""Addresses -> pages in the index folder -> articles in a new generation.

Comes in: addresses of articles. Goes out: what a build reports, each address that failed among what was skipped. The
promises others lean on: an address that fails costs itself alone and leaves what was kept of it before as it was;
what is no article (a cookie wall, a page for an error, a page that the build refuses for good) is not kept; there is one publish, after all was fetched;
pages are fetched from several hosts at a time, from one host never two at once. Knows nothing of feeds.
"""

from __future__ import annotations

import datetime
import queue
import re
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

from index.article import Article, sha256
from index.build import Recipe, Report, add
from index.errors import DocumentRejected, FetchFailed, IndexUnwritable
from index.intake import Progress
from index.sources.contents import host_of
from index.sources.fetch import Fetcher
from index.sources.files import Skipped, shown
from index.sources.kept import Page, document, forget, intact, keep, kept, kept_documents, pages
from index.sources.read import Document
from index.sources.read import article as article_of
from index.split import split

T = TypeVar("T")

# What stands on a page instead of its article, where a page has few words.
_WALL = re.compile(
    r"(?:enable|turn on|activate) (?:javascript|cookies)|javascript is (?:disabled|required)|are you a (?:robot|human)"
    r"|(?:not|n['’]t) a robot|verify (?:that )?you(?:['’]re| are) (?:a )?human|unusual traffic|captcha|access denied|just a moment"
    r"|page (?:you (?:requested|were looking for) )?(?:could not be|was not|not|can['’]?t be) found|error 40[34]|404 not found"
    r"|checking your browser|before you continue to|accept (?:all )?cookies to",
    re.IGNORECASE,
)
_WALL_CHARS = 1500
_FEWEST_SENTENCES = 3
# Failures that say more of the way, or of the hour, than of the page.
OF_THE_NETWORK = frozenset({"unreachable", "host_unknown", "tls", "truncated", "too_slow"})
_TROUBLES = 3
# What a build refuses of a page that was read well: it would refuse the same bytes again.
_NO_ARTICLE = frozenset({"no_text", "too_many_sentences", "too_large"})
# Parsers keep tables of their own that were not made for several threads; the time goes into the network anyway.
_PARSING = threading.Lock()


@dataclass(frozen=True, slots=True)
class Gathered:
    """What became of one address: the page that is kept of it now, or why there is none."""

    address: str
    page: Page | None
    failure: DocumentRejected | None = None


def add_addresses(
    index: Path,
    addresses: Sequence[str],
    recipe: Recipe,
    progress: Progress,
    fetcher: Fetcher,
    paths: Sequence[Path] = (),
    collections: Sequence[str] = (),
    stop: threading.Event | None = None,
) -> Report:
    """Fetch the articles at the addresses and add them, with those under `paths`, in one publish.

    Blocks until all is done, so call it in a thread of its own where others wait; `stop` ends the fetching early, and
    what was fetched until then is added. Raises what `add` raises; the pages are kept even then.
    """
    gathered = list(gather(index, addresses, fetcher, progress, stop))
    return publish_gathered(index, gathered, recipe, progress, paths, collections)


def publish_gathered(
    index: Path,
    gathered: Sequence[Gathered],
    recipe: Recipe,
    progress: Progress,
    paths: Sequence[Path] = (),
    collections: Sequence[str] = (),
) -> Report:
    """Add the gathered pages as articles; a page that an article came from before, at another address, is forgotten."""
    found = sorted({one.page.address for one in gathered if one.page})
    failed = sorted(
        (
            Skipped(shown(one.address), one.failure.reason, one.failure.detail)
            for one in gathered if one.failure
        ),
        key=lambda skipped: skipped.origin,
    )  # fmt: skip
    report = add(index, paths, recipe, progress, collections, more=_each(index, found, failed))
    _forget_superseded(index, [one.page for one in gathered if one.page])
    refused = {skipped.origin for skipped in report.skipped if skipped.reason in _NO_ARTICLE}
    forget(index, refused.intersection(found))
    return report


def _each(index: Path, found: Sequence[str], failed: Sequence[Skipped]) -> Iterator[Document | Skipped]:
    yield from kept_documents(index, found)
    yield from failed


def _forget_superseded(index: Path, new: Sequence[Page]) -> None:
    articles, addresses = {page.article for page in new if page.article}, {page.address for page in new}
    if articles:
        forget(index, [p.address for p in pages(index) if p.article in articles and p.address not in addresses])


def gather(
    index: Path, addresses: Sequence[str], fetcher: Fetcher, progress: Progress, stop: threading.Event | None = None
) -> Iterator[Gathered]:
    """Fetch and keep each address once; they come in the order that they are done in.

    Where a host fails several times in a row, its other addresses are not tried any more.
    """
    ending = stop or threading.Event()
    wanted = list(dict.fromkeys(addresses))
    troubles: dict[str, int] = {}

    def work(address: str) -> Gathered:
        host = _host(address)
        if troubles.get(host, 0) >= _TROUBLES:
            return Gathered(
                address, None, FetchFailed("not_tried", f"{host} failed {_TROUBLES} times in a row before it")
            )
        one = _gather_one(index, address, fetcher, ending)
        troubles[host] = troubles.get(host, 0) + 1 if one.failure and one.failure.reason in OF_THE_NETWORK else 0
        return one

    found = by_host(wanted, work, fetcher.fetching.parallel, ending)
    for number, one in enumerate(found, 1):
        progress("pages fetched", number, len(wanted))
        yield one


def by_host(addresses: Sequence[str], work: Callable[[str], T], parallel: int, stop: threading.Event) -> Iterator[T]:
    """The work on each address, on several hosts at a time, on those of one host one after the other.

    An error that the work lets out sets `stop` and is raised here.
    """
    hosts: dict[str, list[str]] = {}
    for address in addresses:
        hosts.setdefault(_host(address), []).append(address)
    done: queue.Queue[T | _Error] = queue.Queue()

    def one_host(its: Sequence[str]) -> None:
        for address in its:
            try:
                done.put(work(address))
            except BaseException as error:  # it is raised again where it is waited for
                done.put(_Error(error))
                return

    with ThreadPoolExecutor(parallel, thread_name_prefix="fetch") as pool:
        try:
            for its in hosts.values():
                pool.submit(one_host, its)
            for _ in addresses:
                one = done.get()
                if isinstance(one, _Error):
                    raise one.error
                yield one
        except BaseException:
            stop.set()
            raise


@dataclass(frozen=True, slots=True)
class _Error:
    error: BaseException


def _host(address: str) -> str:
    try:
        return host_of(address)
    except ValueError:
        return ""


def _gather_one(index: Path, address: str, fetcher: Fetcher, stop: threading.Event) -> Gathered:
    known = address
    try:
        known = str(fetcher.check(address))
        before = kept(index, known)
        if before is None or not intact(index, before):
            before, found = None, fetcher.fetch(known, stop=stop)
        else:
            found = fetcher.fetch(known, etag=before.etag, last_modified=before.last_modified, stop=stop)
        if before and found.status == 304:
            return Gathered(known, before)
        page = Page(
            address=known, final_address=found.final_address, content_type=found.content_type, fetched=now(),
            sha256=sha256(found.data), etag=found.etag, last_modified=found.last_modified,
        )  # fmt: skip
        with _PARSING:
            page = replace(page, article=news_of(article_of(document(page, found.data))).id)
        keep(index, page, found.data)
    except DocumentRejected as failure:
        return Gathered(known, None, failure)
    except OSError as error:
        raise IndexUnwritable(f"{index}: a fetched page could not be kept: {error.strerror}; make room") from error
    return Gathered(known, page)


def news_of(article: Article) -> Article:
    """The article, if there is one on its page; raises `DocumentRejected` where something stands in its place."""
    language = article.language and article.language.split("-")[0].lower()
    sentences = [one for one in split(article.text, article.title, language) if one.kind == "sentence"]
    if len(article.text) < _WALL_CHARS and (wall := _WALL.search(f"{article.title or ''}\n{article.text}")):
        detail = f"the page says “{' '.join(wall[0].split())}” instead; save it from a browser and give its file"
        raise DocumentRejected("no_article", detail)
    if len(sentences) < _FEWEST_SENTENCES:
        detail = (
            f"the page has {len(sentences)} sentences, too few for an article; save it from a browser, give its file"
        )
        raise DocumentRejected("no_article", detail)
    return article


def now() -> str:
    """The time, as ISO writes it in UTC."""
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="microseconds")
