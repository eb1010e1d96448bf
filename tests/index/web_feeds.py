"""Small feeds for tests, in each of the three kinds: the same items under the same ids, dates and links."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

_FIRST = datetime(2019, 3, 1, 12, tzinfo=UTC)


def _day(number: int) -> datetime:
    return _FIRST + timedelta(days=number - 1)


def rss(numbers: Iterable[int], *, link: str = "https://news.example/{}", text: str = "", small: bool = False) -> bytes:
    """RSS 2.0; `small` leaves out the dates."""
    items = "".join(
        f"<item><title>Story {n}</title><guid isPermaLink='false'>urn:n:{n}</guid>"
        + (f"<link>{link.format(n)}</link>" if link else "")
        + ("" if small else f"<pubDate>{format_datetime(_day(n))}</pubDate>")
        + (f"<description>{text}</description>" if text else "")
        + "</item>"
        for n in numbers
    )
    return f"<?xml version='1.0'?><rss version='2.0'><channel><title>The News</title>{items}</channel></rss>".encode()


def atom(numbers: Iterable[int]) -> bytes:
    """Atom 1.0."""
    entries = "".join(
        f"<entry><id>urn:n:{n}</id><title>Story {n}</title><link rel='enclosure' href='x.mp3'/>"
        f"<link href='https://news.example/{n}'/><published>{_day(n).isoformat()}</published></entry>"
        for n in numbers
    )
    return f"<feed xmlns='http://www.w3.org/2005/Atom'><title>The News</title>{entries}</feed>".encode()


def jsonfeed(numbers: Iterable[int]) -> bytes:
    """JSON Feed 1.1."""
    items = [
        {
            "id": f"urn:n:{n}",
            "url": f"https://news.example/{n}",
            "title": f"Story {n}",
            "date_published": _day(n).isoformat(),
        }
        for n in numbers
    ]
    return json.dumps({"version": "https://jsonfeed.org/version/1.1", "title": "The News", "items": items}).encode()
