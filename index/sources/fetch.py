"""Addresses -> the bytes that they lead to: the one fetcher, whose rules nothing that Byline fetches can go round.

Comes in: an address, perhaps with what the server said of it before. Goes out: `Fetched`, whole, or `FetchFailed` with
a fixed word and a line that says what to do. The promises others lean on: each redirect is checked like an address
that was typed, three at most and never from https to http; robots.txt is obeyed and no host is asked more often than
the settings say; a compressed answer is unpacked no further than the limit; no cookie, no password, no referrer is
ever sent. A fetcher may be used from several threads at once. Knows nothing of articles.
"""

from __future__ import annotations

import email.utils
import threading
import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import NoReturn
from urllib.parse import urljoin

from protego import Protego

from index.errors import FetchFailed
from index.sources.address import WEB_PORTS, Address, check_address
from index.sources.body import body
from index.sources.media import PAGES, media_type
from index.sources.wire import Budget, Response, Wire

PRODUCT = "Byline"
_REDIRECTS = (301, 302, 303, 307, 308)
# RFC 9309: at least 500 KiB of robots.txt are to be read (2.5), and it is to be asked for again after a day (2.4).
_ROBOTS_BYTES = 512_000
_ROBOTS_SECONDS = 86_400.0
# A site that cannot give its robots.txt now is left alone so long.
_ROBOTS_AGAIN = 600.0
# Sites may ask for longer pauses, up to this: beyond it a feed would never be read to its end.
_LONGEST_PAUSE = 30.0
_LONGEST_WAIT = 86_400.0
# Of so many sites it is remembered what they ask for; the rules of one may take half a megabyte and more in memory.
_MOST_SITES = 256


@dataclass(frozen=True, slots=True)
class Fetching:
    """How addresses are fetched; `contact` is told to every site, `seconds_between` holds for each host alone."""

    ports: tuple[int, ...] = WEB_PORTS
    allow_loopback: bool = False
    contact: str = ""
    seconds_between: float = 1.0
    parallel: int = 4
    seconds: float = 30.0
    wire_bytes: int = 10_000_000
    inflated_bytes: int = 20_000_000
    redirects: int = 3

    @property
    def agent(self) -> str:
        """The name under which Byline asks."""
        return (
            f"{PRODUCT}/0.1 (reads news articles for one person or team{'; ' + self.contact if self.contact else ''})"
        )


@dataclass(frozen=True, slots=True)
class Fetched:
    """What an address led to. `data` is empty where `status` is 304: nothing has changed since the validators."""

    address: str
    final_address: str
    status: int
    data: bytes
    content_type: str
    etag: str | None
    last_modified: str | None


class Fetcher:
    """The one way to the web. What it keeps, it keeps in memory: the robots.txt of some sites, and when a host was asked.

    Of sites beyond `_MOST_SITES` those are forgotten whose rules are oldest; they are asked for them again.
    """

    def __init__(self, fetching: Fetching, wire: Wire | None = None) -> None:
        self.fetching = fetching
        self._wire = wire or Wire(allow_loopback=fetching.allow_loopback)
        self._robots: dict[str, tuple[Protego | FetchFailed, float]] = {}
        self._free: dict[str, float] = {}
        self._busy: dict[str, float] = {}
        self._lock = threading.Lock()
        self._asking: dict[str, threading.Lock] = {}

    def check(self, address: str) -> Address:
        """The address in its normal form; raises `FetchFailed` for one that must not be fetched."""
        return check_address(address, self.fetching.ports, allow_loopback=self.fetching.allow_loopback)

    def fetch(
        self,
        address: str,
        accept: Collection[str] = PAGES.keys(),
        etag: str | None = None,
        last_modified: str | None = None,
        stop: threading.Event | None = None,
    ) -> Fetched:
        """What the address leads to, if it is of a type accepted; the validators make it a conditional request.

        Raises `FetchFailed`. Waiting for a host's turn does not count as time. `stop` ends the waiting for an answer
        within half a second, that for a connection within eight.
        """
        first = self.check(address)
        limits = Budget(time.monotonic() + self.fetching.seconds, self.fetching.wire_bytes, stop or threading.Event())
        asked = {"If-None-Match": etag, "If-Modified-Since": last_modified}
        validators = {name: value for name, value in asked.items() if value and _plain(value)}
        return self._follow(first, accept, validators, limits, robots=True)

    def _follow(
        self, first: Address, accept: Collection[str], validators: Mapping[str, str], limits: Budget, *, robots: bool
    ) -> Fetched:
        """Go after redirects until there is an answer."""
        at, been = first, {str(first)}
        for _ in range(self.fetching.redirects + 1):
            if robots:
                self._obey_robots(at, limits)
            self._wait_turn(at, limits)
            with self._wire.ask(at, self._headers(at, accept, validators), limits) as response:
                if response.status not in _REDIRECTS:
                    return self._answer(first, at, response, accept, limits, conditional=bool(validators))
                at = self._next(at, response.headers.get("location", ""))
            if str(at) in been:
                raise FetchFailed(
                    "too_many_redirects", f"it leads back to {at}; give the address of the article itself"
                )
            been.add(str(at))
        most = self.fetching.redirects
        raise FetchFailed("too_many_redirects", f"more than {most} on the way; give the address of the article itself")

    def _next(self, at: Address, location: str) -> Address:
        if not location:
            raise FetchFailed("http_status", f"{at.host} redirects to nowhere; give the address of the article itself")
        try:
            following = self.check(urljoin(str(at), location))
        except FetchFailed as refused:
            raise FetchFailed(refused.reason, f"{at.host} redirects to what is not fetched: {refused.detail}") from None
        except ValueError:
            raise FetchFailed("bad_address", f"{at.host} redirects to what is no address") from None
        if at.scheme == "https" and following.scheme == "http":
            raise FetchFailed("bad_address", f"{at.host} redirects from https to http, which anyone could have written")
        return following

    def _headers(self, at: Address, accept: Collection[str], validators: Mapping[str, str]) -> list[tuple[str, str]]:
        return [
            ("Host", at.authority), ("User-Agent", self.fetching.agent), ("Accept", ", ".join((*accept, "*/*;q=0.1"))),
            ("Accept-Encoding", "gzip"), *validators.items(), ("Connection", "close"),
        ]  # fmt: skip

    def _answer(
        self,
        first: Address,
        at: Address,
        response: Response,
        accept: Collection[str],
        limits: Budget,
        *,
        conditional: bool,
    ) -> Fetched:
        status, headers = response.status, response.headers
        kind = headers.get("content-type", "")
        etag, modified = headers.get("etag"), headers.get("last-modified")
        if status == 304 and conditional:
            return Fetched(str(first), str(at), 304, b"", kind, etag, modified)
        if status != 200:
            self._refused(at, status, headers)
        if (type_ := media_type(kind)) and accept and type_ not in accept:
            feed = "; if it is a feed, `byline feeds add` takes it" if type_.endswith(("xml", "json")) else ""
            raise FetchFailed(
                "content_type_mismatch", f"it is {type_[:60]}, no page or document that Byline reads{feed}"
            )
        return Fetched(
            str(first), str(at), 200, body(response, type_, limits, self.fetching.inflated_bytes), kind, etag, modified
        )

    def _refused(self, at: Address, status: int, headers: Mapping[str, str]) -> NoReturn:
        if status in (429, 503):
            again = _seconds(headers.get("retry-after", "")) or 3600.0
            with self._lock:
                self._busy[at.authority] = time.monotonic() + again
            raise _not_before(at, again, status)
        if status == 410:
            raise FetchFailed("gone", f"{at.host} says that it is gone for good (410)", status=status)
        what = {401: "asks for a password", 403: "refuses", 404: "knows no such page"}.get(status, "answers")
        detail = (
            f"{at.host} {what} ({status}); open it in a browser: if it shows there, save the page and give its file"
        )
        raise FetchFailed("http_status", detail, status=status)

    def _wait_turn(self, at: Address, limits: Budget) -> None:
        """Wait until the host may be asked again, and take the turn; the deadline moves by what was waited."""
        with self._lock:
            now = time.monotonic()
            if (until := self._busy.get(at.authority, 0.0)) > now:
                raise _not_before(at, until - now, None)
            turn = max(now, self._free.get(at.authority, 0.0))
            self._free[at.authority] = turn + self._pause(at)
        limits.deadline += turn - now
        if turn > now and limits.stop.wait(turn - now):
            limits.seconds()

    def _pause(self, at: Address) -> float:
        rules, _ = self._robots.get(at.root, (None, 0.0))
        asked = rules.crawl_delay(PRODUCT) if isinstance(rules, Protego) else None
        return max(self.fetching.seconds_between, min(asked or 0.0, _LONGEST_PAUSE))

    def _obey_robots(self, at: Address, limits: Budget) -> None:
        """Raise `FetchFailed` where the site's robots.txt forbids the address, or cannot be had for now."""
        with self._lock:
            asking = self._asking.setdefault(at.root, threading.Lock())
        with asking:
            rules, until = self._robots.get(at.root, (None, 0.0))
            if rules is None or time.monotonic() >= until:
                rules, keep = self._robots_of(at, limits)
                with self._lock:
                    self._robots.pop(at.root, None)  # so that the oldest come first
                    self._robots[at.root] = (rules, time.monotonic() + keep)
                    self._forget_oldest()
        if isinstance(rules, FetchFailed):
            raise FetchFailed(rules.reason, rules.detail, status=rules.status, again=rules.again)
        if not rules.can_fetch(str(at), PRODUCT):
            detail = f"robots.txt of {at.host} asks not to fetch it; open it in a browser, save the page, give its file"
            raise FetchFailed("robots", detail)

    def _forget_oldest(self) -> None:
        """Keep what is known of sites within bounds; call it with the lock held."""
        now = time.monotonic()
        for root in list(self._robots)[:-_MOST_SITES]:
            del self._robots[root]
        for root in [root for root, asking in self._asking.items() if root not in self._robots and not asking.locked()]:
            del self._asking[root]
        for times in (self._free, self._busy):
            for host in [host for host, until in times.items() if until <= now] if len(times) > _MOST_SITES else ():
                del times[host]

    def _robots_of(self, at: Address, limits: Budget) -> tuple[Protego | FetchFailed, float]:
        """The site's rules, or why there are none, and how long that holds (RFC 9309, 2.3.1)."""
        page = Address(at.scheme, at.host, at.port, "/robots.txt")
        try:
            found = self._follow(page, (), {}, limits, robots=False)
        except FetchFailed as failure:
            if failure.reason in ("stopped", "too_slow"):
                raise
            if failure.status is not None and 400 <= failure.status < 500 and failure.status != 429:
                return Protego.parse(""), _ROBOTS_SECONDS
            detail = f"robots.txt of {at.host} could not be read ({failure}); until it can, nothing is fetched there"
            reason = "robots" if failure.status is not None or failure.reason == "too_large" else failure.reason
            return FetchFailed(reason, detail, status=failure.status, again=failure.again), _ROBOTS_AGAIN
        return Protego.parse(found.data[:_ROBOTS_BYTES].decode("utf-8", "replace")), _ROBOTS_SECONDS


def _plain(value: str) -> bool:
    return len(value) <= 1000 and value.isascii() and value.isprintable()


def _seconds(retry_after: str) -> float | None:
    """What `Retry-After` says, as seconds from now; at most a day."""
    if retry_after.isdecimal():
        return min(float(retry_after[:9]), _LONGEST_WAIT)
    try:
        at = email.utils.parsedate_to_datetime(retry_after)
        return min(max(at.timestamp() - time.time(), 0.0), _LONGEST_WAIT)
    except (ValueError, TypeError, OverflowError):
        return None


def _not_before(at: Address, again: float, status: int | None) -> FetchFailed:
    minutes = max(1, round(again / 60))
    return FetchFailed("busy", f"{at.host} asks to come back in {minutes} min", status=status, again=again)
