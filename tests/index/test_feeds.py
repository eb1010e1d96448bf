"""Runs over feeds: what is fetched, what is not fetched again, and that each run publishes at most once and only wholes."""

from __future__ import annotations

import os
import random
import shutil
import sqlite3
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from index import collect as collecting
from index import feeds as running
from index.build import build, remove
from index.errors import DocumentRejected, FetchFailed, IndexBusy
from index.feed_state import FILE, feed_state, feeds_as_noted
from index.feeds import FeedsReport, add_feed, fetch_feeds, remove_feed
from index.generations import current
from index.purge import purge
from index.sources.fetch import Fetcher, Fetching
from index.sources.kept import kept_documents, pages
from index.store import open_snapshot
from index.writing import writing
from tests.index.test_build import RECIPE, quiet, texts
from tests.index.web import Reply, Request, Server, Town, moved, serving, story, text
from tests.index.web_feeds import atom, jsonfeed, rss

pytestmark = pytest.mark.usefixtures("embedder", "power")

FEED = "http://news.example/feed"
QUICK = Fetching(ports=(80, 443), seconds_between=0, seconds=10)


class News:
    """A site with a feed of stories, each under its number; `replies` overrules single targets."""

    def __init__(self, numbers: range, write: Callable[..., bytes] = rss) -> None:
        self.numbers = numbers
        self.write = write
        self.replies: dict[str, Reply] = {}
        self.etag = True

    def __call__(self, request: Request) -> Reply:
        if request.target in self.replies:
            return self.replies[request.target]
        if request.target == "/feed":
            data = self.write(self.numbers).replace(b"https://news", b"http://news")
            tag = f'"{hash(data)}"'
            if self.etag and request.headers.get("if-none-match") == tag:
                return Reply(b"", 304, {"ETag": tag}, length=None)
            return Reply(data, headers={"Content-Type": "application/xml", **({"ETag": tag} if self.etag else {})})
        number = request.target[1:]
        if number.isdecimal():
            return text(
                f"Story {number} is told here. The ferry number {number} sank on Tuesday.\n\nIts captain swam ashore."
            )
        return Reply(b"", 404)


@pytest.fixture
def power(monkeypatch: pytest.MonkeyPatch) -> None:
    """Power stays on in these tests: the disk need not be waited for, which takes most of their time."""
    monkeypatch.setattr(os, "fsync", lambda descriptor: None)


@pytest.fixture
def news() -> News:
    return News(range(1, 11))


@pytest.fixture
def server(news: News) -> Iterator[Server]:
    with serving(news) as one:
        yield one


@pytest.fixture
def fetcher(server: Server) -> Fetcher:
    return Fetcher(QUICK, Town(server=server).wire())


def run(index: Path, fetcher: Fetcher) -> FeedsReport:
    """One run, by a fetcher that has forgotten what it knew of hosts."""
    return fetch_feeds(index, RECIPE, quiet, Fetcher(fetcher.fetching, fetcher._wire))


def states(index: Path, address: str = FEED) -> dict[str, int]:
    with feed_state(index) as state:
        return state.counts(address)


@pytest.mark.parametrize("write", [rss, atom, jsonfeed])
def test_the_articles_behind_a_feed_come_in_one_publish(
    tmp_path: Path, news: News, fetcher: Fetcher, write: Callable[..., bytes]
) -> None:
    news.write = write
    address, feed, new = add_feed(tmp_path, FEED, fetcher)
    assert (address, feed.title, len(feed.items), new) == (FEED, "The News", 10, True)
    done = run(tmp_path, fetcher)
    assert done.report
    assert (done.visits[0].new, len(done.report.added), done.failed) == (10, 10, ())
    assert current(tmp_path).folder.name.startswith("gen-000001")
    assert states(tmp_path) == {"done": 10}


def test_what_was_seen_is_not_fetched_again(tmp_path: Path, news: News, server: Server, fetcher: Fetcher) -> None:
    """Neither while the feed has not changed nor when it has, nor where the server knows no validators."""
    add_feed(tmp_path, FEED, fetcher)
    run(tmp_path, fetcher)
    for news.etag, news.numbers, new in (
        (True, range(1, 11), []),
        (True, range(1, 13), ["/11", "/12"]),
        (False, range(1, 13), []),
    ):
        server.asked.clear()
        done = run(tmp_path, fetcher)
        assert sorted(server.targets()) == sorted(["/feed", *new])
        assert (done.report is not None) == bool(new)
    assert len(texts(tmp_path)) == 12


def test_what_was_removed_and_purged_is_not_fetched_again(
    tmp_path: Path, news: News, server: Server, fetcher: Fetcher
) -> None:
    """Of its item only a digest is known then."""
    add_feed(tmp_path, FEED, fetcher)
    run(tmp_path, fetcher)
    gone = next(id_ for id_, told in texts(tmp_path).items() if "Story 4 " in told)
    remove(tmp_path, [gone], RECIPE, quiet)
    assert purge(tmp_path).forgotten == 1
    assert b"http://news.example/4" not in (tmp_path / FILE).read_bytes()
    server.asked.clear()
    news.numbers = range(1, 12)
    assert run(tmp_path, fetcher).visits[0].new == 1
    assert sorted(server.targets()) == ["/11", "/feed"]
    assert len(texts(tmp_path)) == 10


def test_a_feed_that_has_not_changed_is_asked_conditionally(tmp_path: Path, server: Server, fetcher: Fetcher) -> None:
    add_feed(tmp_path, FEED, fetcher)
    run(tmp_path, fetcher)
    server.asked.clear()
    assert run(tmp_path, fetcher).visits[0].new == 0
    assert "if-none-match" in next(request.headers for request in server.asked if request.target == "/feed")


def test_an_item_that_fails_is_tried_again_though_the_feed_has_not_changed_and_not_for_ever(
    tmp_path: Path, news: News, server: Server, fetcher: Fetcher
) -> None:
    news.replies["/3"] = Reply(story(3), cut=200)
    news.replies["/4"] = Reply(b"", 500)
    news.replies["/5"] = Reply(b"", 404)
    add_feed(tmp_path, FEED, fetcher)
    first = run(tmp_path, fetcher)
    assert sorted((one.origin[-1], one.reason) for one in first.failed) == [
        ("3", "truncated"),
        ("4", "http_status"),
        ("5", "http_status"),
    ]
    assert states(tmp_path) == {"done": 7, "refused": 1, "waiting": 2}
    del news.replies["/3"]
    assert len((run(tmp_path, fetcher).report or pytest.fail("nothing published")).added) == 1
    for _ in range(5):
        run(tmp_path, fetcher)
    assert states(tmp_path) == {"done": 8, "refused": 2}
    assert server.targets().count("/4") == 5
    assert server.targets().count("/5") == 1


def test_each_link_of_a_feed_passes_the_guard_and_the_feed_goes_on(tmp_path: Path, news: News, server: Server) -> None:
    links = [
        "http://127.0.0.1/x", "file:///etc/passwd", "javascript:alert(1)", "http://inside.example/x", "http://10.0.0.1:22/",
        "http://other.example/7", "http://[::1]/", "/8", "http://a:b@news.example/9", "/away",
    ]  # fmt: skip
    items = "".join(
        f"<item><guid isPermaLink='false'>{i}</guid><link>{link}</link></item>" for i, link in enumerate(links)
    )
    news.replies["/feed"] = Reply(f"<rss version='2.0'><channel>{items}</channel></rss>".encode(), headers={})
    news.replies["/away"] = moved("http://169.254.169.254/")
    town = Town({"inside.example": [["192.168.1.1"]]}, server)
    fetcher = Fetcher(QUICK, town.wire())
    add_feed(tmp_path, FEED, fetcher)
    done = run(tmp_path, fetcher)
    assert states(tmp_path) == {"done": 2, "refused": 8}
    assert done.report
    assert {(entry.url, entry.origin) for entry in open_snapshot(tmp_path).entries()} == {
        (address, address) for address in ("http://other.example/7", "http://news.example/8")
    }
    assert {address for address, _ in town.connected} == {"93.184.216.34"}


def test_items_without_a_link_are_articles_of_their_own_text(tmp_path: Path, news: News, fetcher: Fetcher) -> None:
    news.write = lambda numbers: rss(numbers, link="", text="&lt;p&gt;The mayor resigned. He gave no reason.&lt;/p&gt;")
    add_feed(tmp_path, FEED, fetcher)
    done = run(tmp_path, fetcher)
    assert done.report
    assert len(done.report.added) == 10
    entry = next(entry for entry in open_snapshot(tmp_path).entries() if entry.title == "Story 3")
    assert (entry.published, entry.url) == ("2019-03-03", None)
    assert run(tmp_path, fetcher).report is None
    news.numbers = range(11, 13)
    run(tmp_path, fetcher)
    assert (len(texts(tmp_path)), len(pages(tmp_path))) == (12, 12)


def test_a_removed_article_does_not_come_back_with_the_next_run(tmp_path: Path, news: News, fetcher: Fetcher) -> None:
    add_feed(tmp_path, FEED, fetcher)
    run(tmp_path, fetcher)
    doomed = next(entry.id for entry in open_snapshot(tmp_path).entries() if entry.origin.endswith("/4"))
    remove(tmp_path, [doomed], RECIPE, quiet)
    news.numbers = range(1, 12)
    run(tmp_path, fetcher)
    build(tmp_path, [], RECIPE, quiet, more=kept_documents(tmp_path))
    assert {entry.origin.rsplit("/", 1)[1] for entry in open_snapshot(tmp_path).entries()} == {
        str(n) for n in range(1, 12) if n != 4
    }


def test_a_busy_server_is_not_asked_before_its_time_and_a_gone_feed_no_more(
    tmp_path: Path, news: News, server: Server, fetcher: Fetcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_feed(tmp_path, FEED, fetcher)
    news.replies["/feed"] = Reply(b"", 429, {"Retry-After": "3600"})
    assert run(tmp_path, fetcher).visits[0].failed
    server.asked.clear()
    now = time.time()
    for later, asked in ((0, 0), (3500, 0), (3700, 1)):
        with monkeypatch.context() as patch:
            patch.setattr(time, "time", lambda later=later: now + later)
            run(tmp_path, fetcher)
        assert server.targets().count("/feed") == asked
    with feed_state(tmp_path) as state:
        state.checked(FEED, "now")
    news.replies["/feed"] = Reply(b"", 410)
    assert "asked no more" in (run(tmp_path, fetcher).visits[0].note or "")
    server.asked.clear()
    assert run(tmp_path, fetcher).visits == ()
    assert server.asked == []
    del news.replies["/feed"]
    assert not add_feed(tmp_path, FEED, fetcher)[2]
    assert run(tmp_path, fetcher).visits[0].new == 10


def test_a_feed_that_moves_to_another_host_is_followed_through_the_guard_and_said(
    tmp_path: Path, news: News, fetcher: Fetcher
) -> None:
    add_feed(tmp_path, FEED, fetcher)
    news.replies["/feed"] = moved("http://new.example/new", 301)
    news.replies["/new"] = Reply(rss([1]).replace(b"https:", b"http:"), headers={})
    done = run(tmp_path, fetcher)
    assert "new.example" in (done.visits[0].note or "")
    assert (done.visits[0].new, done.visits[0].failed) == (1, False)
    news.replies["/feed"] = moved("http://127.0.0.1/new", 301)
    assert "address_not_public" in (run(tmp_path, fetcher).visits[0].note or "")


def test_what_is_no_feed_is_not_added(tmp_path: Path, news: News, fetcher: Fetcher) -> None:
    for reply in (Reply(story(1)), Reply(b"/etc/passwd", headers={}), Reply(b"", 404), Reply(rss([1]), cut=300)):
        news.replies["/feed"] = reply
        with pytest.raises(DocumentRejected):
            add_feed(tmp_path, FEED, fetcher)
    with pytest.raises(FetchFailed):
        add_feed(tmp_path, "/etc/passwd", fetcher)
    assert not (tmp_path / FILE).exists()


def test_a_feed_is_removed_and_its_articles_stay(tmp_path: Path, fetcher: Fetcher) -> None:
    add_feed(tmp_path, FEED, fetcher)
    run(tmp_path, fetcher)
    assert remove_feed(tmp_path, "HTTP://news.example:80/feed", fetcher)
    assert not remove_feed(tmp_path, FEED, fetcher)
    assert (run(tmp_path, fetcher).visits, len(texts(tmp_path))) == ((), 10)


def test_two_runs_at_once_are_refused_and_a_busy_index_loses_nothing(tmp_path: Path, fetcher: Fetcher) -> None:
    add_feed(tmp_path, FEED, fetcher)
    with feed_state(tmp_path), pytest.raises(IndexBusy):
        run(tmp_path, fetcher)
    with feed_state(tmp_path), feeds_as_noted(tmp_path) as state:
        assert state
        assert [feed.address for feed in state.feeds()] == [FEED]
    with writing(tmp_path), pytest.raises(IndexBusy):
        run(tmp_path, fetcher)
    assert states(tmp_path) == {"kept": 10}
    done = run(tmp_path, fetcher)
    assert done.report
    assert len(done.report.added) == 10


@pytest.mark.parametrize("where", ["publish_gathered", "gather"])
def test_a_run_that_dies_is_taken_up_by_the_next(
    tmp_path: Path, server: Server, fetcher: Fetcher, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    add_feed(tmp_path, FEED, fetcher)

    def dies(*given: object, **more: object) -> Iterator[object]:
        if where == "gather":
            yield from list(collecting.gather(*given, **more))[:4]  # type: ignore[arg-type]  # given as it is on purpose: looser than the declared type
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(running, where, (lambda *a, **m: next(dies())) if where != "gather" else dies)
        with pytest.raises(KeyboardInterrupt):
            run(tmp_path, fetcher)
    run(tmp_path, fetcher)
    assert (states(tmp_path), len(texts(tmp_path))) == ({"done": 10}, 10)


def test_a_damaged_state_is_told_with_the_way_out(tmp_path: Path, fetcher: Fetcher) -> None:
    (tmp_path / FILE).write_bytes(b"no database" * 100)
    with pytest.raises(Exception, match="remove that file"):
        run(tmp_path, fetcher)
    (tmp_path / FILE).unlink()
    add_feed(tmp_path, FEED, fetcher)
    with sqlite3.connect(tmp_path / FILE) as database:
        assert database.execute("SELECT count(*) FROM feeds").fetchone() == (1,)
    database.close()


class CutNews(News):
    """A site that sends so many bytes in all, and nothing afterwards: the network is cut in the middle of something."""

    left: float = float("inf")
    sent = 0

    def __call__(self, request: Request) -> Reply:
        reply = super().__call__(request)
        if request.target == "/robots.txt":
            return reply
        size = len(reply.sent())
        allowed = max(0, min(size, int(min(self.left, size))))
        self.left -= size
        self.sent += size
        return reply if allowed == size else replace(reply, cut=allowed)


# Trials that begin with an empty index take a second each; the others begin with most of the feed read.
FROM_EMPTY, FROM_MOST = 4, 46


def test_a_feed_cut_anywhere_gives_whole_items_in_one_publish_and_the_next_run_completes_it(tmp_path: Path) -> None:
    """200 items, cut at 50 random bytes; each time a run that is cut, then one that is not, against one without a cut."""
    news = CutNews(range(1, 201))
    with serving(news) as server:
        fetcher = Fetcher(QUICK, Town(server=server).wire())
        starts = {}
        for name, numbers in (("empty", range(0)), ("most", range(6, 195)), ("whole", range(1, 201))):
            news.numbers, news.sent = range(1, 201), 0
            add_feed(tmp_path / name, FEED, fetcher)
            news.numbers, news.sent = numbers, 0
            if numbers:
                run(tmp_path / name, fetcher)
            starts[name] = news.sent
        whole = tmp_path / "whole"
        expected, content = texts(whole), current(whole).manifest["content"]
        digests = {page.sha256 for page in pages(whole)}
        assert len(expected) == 200
        seed = random.randrange(2**32)
        print(f"seed {seed}")
        chance = random.Random(seed)
        for start, trials in (("empty", FROM_EMPTY), ("most", FROM_MOST)):
            for _ in range(trials):
                index = Path(shutil.copytree(tmp_path / start, tmp_path / "cut"))
                news.left = chance.randrange(starts["whole"] - starts[start] + 20_000)
                before = set(index.glob("gen-*"))
                first = run(index, fetcher)
                after = set(index.glob("gen-*"))
                assert len(after - before) == (1 if first.report else 0)
                if after:
                    assert texts(index).items() <= expected.items()
                assert {page.sha256 for page in pages(index)} <= digests
                news.left = float("inf")
                run(index, fetcher)
                assert len(set(index.glob("gen-*")) - after) <= 1
                assert current(index).manifest["content"] == content
                assert states(index) == {"done": 200}
                shutil.rmtree(index)


def test_days_without_a_network_cost_no_article_and_a_host_that_is_down_is_not_asked_for_all_it_has(
    tmp_path: Path, server: Server
) -> None:
    town = Town(server=server)
    fetcher = Fetcher(QUICK, town.wire())
    add_feed(tmp_path, FEED, fetcher)
    answer = server.answer
    server.answer = lambda request: (
        Reply(b"", cut=0) if request.target not in ("/feed", "/robots.txt") else answer(request)
    )
    for _ in range(8):
        server.asked.clear()
        assert len(run(tmp_path, fetcher).failed) == 10
        assert len(server.targets()) == 4
    server.answer = lambda request: Reply(b"", cut=0)
    for _ in range(8):
        server.asked.clear()
        assert len(run(tmp_path, fetcher).failed) == 10
        assert [request.target for request in server.asked] == ["/robots.txt"]
    server.answer = answer
    assert len((run(tmp_path, fetcher).report or pytest.fail("nothing came")).added) == 10
