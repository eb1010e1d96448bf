"""Feeds as they are written: RSS, Atom and JSON Feed, odd and hostile ones; nothing is opened on their behalf."""

from __future__ import annotations

import builtins
import json
import socket
import time
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.errors import DocumentRejected
from index.sources.feed import read_feed
from index.sources.html import read_html
from tests.index.web_feeds import atom, jsonfeed, rss

HERE = "https://news.example/feeds/all.xml"


@pytest.mark.parametrize("write", [rss, atom, jsonfeed])
def test_all_three_kinds_give_the_same_items(write: Callable[..., bytes]) -> None:
    feed = read_feed(write([1, 2, 3]), HERE)
    assert (feed.title, feed.beyond) == ("The News", 0)
    assert [(item.id, item.link, item.title, item.published) for item in feed.items] == [
        (f"urn:n:{number}", f"https://news.example/{number}", f"Story {number}", f"2019-03-0{number}")
        for number in (3, 2, 1)
    ]


def test_links_are_taken_from_where_the_feed_stands() -> None:
    data = (
        b"<rss version='2.0'><channel><title>x</title><item><link>../a.html?x=1</link></item><item><link>//other.example/b"
        b"</link></item><item><guid>https://news.example/c</guid></item></channel></rss>"
    )
    links = [item.link for item in read_feed(data, HERE).items]
    assert links == ["https://news.example/a.html?x=1", "https://other.example/b", "https://news.example/c"]


def test_an_item_with_nothing_but_a_text_is_told_by_it_and_has_no_date() -> None:
    data = b"<rss version='2.0'><channel><item><description>One &lt;b&gt;bold&lt;/b&gt; text.</description></item></channel></rss>"
    (item,) = read_feed(data, HERE).items
    assert (item.link, item.title, item.published) == (None, None, None)
    assert len(item.id) == 64
    assert item.page
    assert "One bold text." in read_html(item.page.encode()).text


def test_the_page_of_an_items_own_text_has_its_title_and_date() -> None:
    item = read_feed(rss([1], link="", text="&lt;p&gt;A ferry sank.&lt;/p&gt;"), HERE).items[0]
    assert item.page
    found = read_html(item.page.encode())
    assert (found.title, found.published) == ("Story 1", "2019-03-01")
    assert "A ferry sank." in found.text


def test_of_many_items_the_newest_are_taken_and_the_others_counted() -> None:
    data = rss(range(1, 100_001), small=True)
    began = time.process_time()
    feed = read_feed(data, HERE)
    assert (len(feed.items), feed.beyond) == (200, 99_800)
    assert time.process_time() - began < 10
    many = read_feed(rss(range(1, 301)), HERE)
    assert [item.id for item in many.items][:2] == ["urn:n:300", "urn:n:299"]
    assert many.beyond == 100


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-8-sig"])
@pytest.mark.parametrize(
    "entity",
    [
        "<!ENTITY a0 'lol'><!ENTITY a1 '&a0;&a0;'>",
        "<!ENTITY x SYSTEM 'file:///etc/hostname'>",
        "<!ENTITY % p SYSTEM 'http://127.0.0.1/x'>%p;",
    ],
)
def test_a_feed_that_declares_entities_is_refused(encoding: str, entity: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*given: object, **more: object) -> None:
        raise AssertionError(f"opened {given}")

    data = f"<?xml version='1.0'?><!DOCTYPE l [{entity}]><rss version='2.0'><channel><item><title>&x;</title></item></channel></rss>"
    monkeypatch.setattr(builtins, "open", never)
    monkeypatch.setattr(socket, "socket", never)
    with pytest.raises(DocumentRejected) as refused:
        read_feed(data.encode(encoding), HERE)
    assert refused.value.reason == "feed_has_dtd"


@pytest.mark.parametrize(
    "body",
    [
        b"/etc/passwd", b"https://news.example/feed", b"file:///etc/passwd", b"", b"{}", b"[]", b"{" * 100_000, b"\x00" * 100,
        b"<html><body>no feed</body></html>", b'{"version": "https://jsonfeed.org/version/1", "items"', b"<rss>" + b"<a>" * 100_000,
    ],
)  # fmt: skip
def test_a_body_that_is_no_feed_is_refused_and_nothing_is_opened(body: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    """An address or a path among them: feedparser would fetch the one and open the other."""

    def never(*given: object, **more: object) -> None:
        raise AssertionError(f"opened {given}")

    monkeypatch.setattr(builtins, "open", never)
    monkeypatch.setattr(socket, "socket", never)
    with pytest.raises(DocumentRejected) as refused:
        read_feed(body, HERE)
    assert refused.value.reason == "bad_feed"


@pytest.mark.parametrize(
    "piece",
    [b"<", b"<!--", b"<![CDATA[", b"<a b=", b"&", b"&a", b"<item>", b"<item><title>&lt;", b"<!DOCTYPE a [", b"<a:b "],
)
def test_broken_xml_made_to_be_slow_is_read_or_refused_within_seconds(piece: bytes) -> None:
    for size in (290_000, 9_000_000):
        began = time.process_time()
        try:
            read_feed(b"<rss version='2.0'><channel>" + piece * (size // len(piece)), HERE)
        except DocumentRejected as refused:
            assert refused.reason in ("bad_feed", "feed_has_dtd")
        assert time.process_time() - began < 10


def test_a_feed_with_broken_xml_still_gives_the_items_that_are_whole() -> None:
    data = rss([1, 2, 3]).replace(b"<title>Story 2</title>", b"<title>Story & <b>2</title>")
    assert {item.id for item in read_feed(data, HERE).items} == {"urn:n:1", "urn:n:2", "urn:n:3"}


def test_odd_values_in_a_json_feed_are_left_out() -> None:
    odd: list[object] = [
        None,
        3,
        [],
        {},
        {"id": {}, "url": 5, "title": [], "content_html": 7},
        {"id": 12, "url": "x", "date_published": "soon"},
    ]
    feed = read_feed(json.dumps({"version": "https://jsonfeed.org/version/1.1", "items": odd}).encode(), HERE)
    assert [(item.link, item.published) for item in feed.items if item.link] == [("https://news.example/feeds/x", None)]


@settings(max_examples=40)
@given(st.binary(max_size=200), st.integers(0, 400))
def test_whatever_the_bytes_a_feed_comes_out_or_a_reason(junk: bytes, place: int) -> None:
    data = rss([1, 2])
    for given_bytes in (junk, data[:place] + junk + data[place:], jsonfeed([1])[:place] + junk):
        try:
            feed = read_feed(given_bytes, HERE)
        except DocumentRejected as refused:
            assert refused.reason in ("bad_feed", "feed_has_dtd")
        else:
            assert len({item.id for item in feed.items}) == len(feed.items) <= 200
