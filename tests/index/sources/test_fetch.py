"""The one fetcher: what it connects to, what it follows, where it stops, and how politely it asks."""

from __future__ import annotations

import shutil
import ssl
import subprocess
import threading
import time
import zlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from index.errors import FetchFailed
from index.sources import fetch
from index.sources.fetch import Fetched, Fetcher, Fetching
from index.sources.wire import Wire
from tests.index.sources.test_address import ALLOWED, FORBIDDEN, GENERATED
from tests.index.web import PUBLIC, Answer, Reply, Request, Town, moved, packed, serving, site, story, text

QUICK = Fetching(seconds_between=0, seconds=10)


def failure(fetcher: Fetcher, address: str, **more: object) -> FetchFailed:
    """Why the address could not be fetched; one line that says what to do."""
    with pytest.raises(FetchFailed) as failed:
        fetcher.fetch(address, **more)  # type: ignore[arg-type]  # given as it is on purpose: looser than the declared type
    assert "\n" not in str(failed.value)
    return failed.value


@pytest.fixture
def town() -> Iterator[Town]:
    """A town whose every public address leads to one site of a single story."""
    with serving(site({"/a": Reply(story(1))})) as server:
        yield Town(server=server)


def answering(town: Town, answer: Answer | dict[str, Reply]) -> Fetcher:
    """A fetcher of that town, whose site answers so from now on."""
    assert town.server is not None
    town.server.answer = site(answer) if isinstance(answer, dict) else answer
    return Fetcher(QUICK, town.wire())


# What is connected to


def test_the_page_comes_whole_with_what_the_server_says_of_it(town: Town) -> None:
    headers = {"Content-Type": "text/html", "ETag": '"x"', "Last-Modified": "Sat, 23 Mar 2019 10:00:00 GMT"}
    fetcher = answering(town, {"/a?b=c": Reply(story(1), headers=headers)})
    assert fetcher.fetch("http://news.example/a?b=c#part") == Fetched(
        "http://news.example/a?b=c",
        "http://news.example/a?b=c",
        200,
        story(1),
        "text/html",
        '"x"',
        headers["Last-Modified"],
    )
    assert town.server and town.server.asked[-1].headers["host"] == "news.example"


def test_the_address_connected_to_is_the_one_that_was_checked(town: Town) -> None:
    """NET-061: A name that leads elsewhere at the next look-up (rebinding) gains nothing: it is looked up once a request."""
    for number in range(100):
        answers: list[list[str]] = [[ALLOWED[number % len(ALLOWED)]], ["127.0.0.1"]]
        fresh = replace(town, names={"r.example": [*answers]}, connected=[], looked_up=[])
        fetcher = Fetcher(QUICK, fresh.wire())
        with pytest.raises(
            FetchFailed, match="address_not_public"
        ):  # robots.txt came from the first, the page from none
            fetcher.fetch("http://r.example/a")
        assert fresh.connected == [(answers[0][0], 80)]
        assert fresh.looked_up == ["r.example"] * 2


@pytest.mark.parametrize("inside", FORBIDDEN)
def test_one_answer_from_inside_among_public_ones_refuses_the_name(inside: str) -> None:
    """NET-062."""
    for answers in ([PUBLIC, inside], [inside, PUBLIC], [PUBLIC, "2606:4700:4700::1111", inside], [inside]):
        town = Town({"mixed.example": [answers]})
        refused = failure(Fetcher(QUICK, town.wire()), "http://mixed.example/")
        assert (refused.reason, town.connected) == ("address_not_public", [])
        assert inside in refused.detail


@pytest.mark.parametrize(
    "answers",
    [
        ["fe80::1%eth0"],
        ["127.1"],
        ["2130706433"],
        ["nonsense"],
        [""],
        [PUBLIC, "::1%lo"],
        ["2606:4700:4700::1111%eth0"],
    ],
)
def test_an_odd_answer_of_a_resolver_is_not_connected_to(answers: list[str]) -> None:
    town = Town({"odd.example": [answers]})
    assert failure(Fetcher(QUICK, town.wire()), "http://odd.example/").reason == "address_not_public"
    assert town.connected == []


def test_a_name_without_an_address_is_unknown() -> None:
    def fails(host: str, port: int) -> list[str]:
        raise OSError("no such name")

    assert failure(Fetcher(QUICK, Town({"x.example": [[]]}).wire()), "http://x.example/").reason == "host_unknown"
    assert failure(Fetcher(QUICK, Wire(resolve=fails)), "http://x.example/").reason == "host_unknown"


def test_a_resolver_that_never_answers_is_waited_for_no_longer_than_allowed() -> None:
    def hangs(host: str, port: int) -> list[str]:
        time.sleep(12)
        return [PUBLIC]

    began = time.monotonic()
    assert failure(Fetcher(replace(QUICK, seconds=0.6), Wire(resolve=hangs)), "http://x.example/").reason == "too_slow"
    assert time.monotonic() - began < 9


def test_the_next_address_of_a_name_is_tried_where_the_first_does_not_answer(town: Town) -> None:
    inner = town.connect

    def connect(address: str, port: int, seconds: float) -> object:
        if ":" in address:
            town.connected.append((address, port))
            raise OSError("no route")
        return inner(address, port, seconds)

    town.names["two.example"] = [["2606:4700:4700::1111", PUBLIC]]
    fetcher = Fetcher(QUICK, Wire(resolve=town.resolve, connect=connect))  # type: ignore[arg-type]  # given as it is on purpose: looser than the declared type
    assert fetcher.fetch("http://two.example/a").data == story(1)
    assert town.connected[:2] == [("2606:4700:4700::1111", 80), (PUBLIC, 80)]


def test_loopback_serves_where_a_setting_says_so_and_on_its_port_alone() -> None:
    with serving(site({"/a": Reply(story(1))})) as server:
        address = f"http://127.0.0.1:{server.port}/a"
        allowed = Fetching(ports=(server.port,), allow_loopback=True, seconds_between=0)
        assert Fetcher(allowed).fetch(address).data == story(1)
        asked = len(server.asked)
        for fetching in (replace(allowed, ports=(80,)), replace(allowed, allow_loopback=False)):
            failure(Fetcher(fetching), address)
        assert len(server.asked) == asked


def test_neither_the_environment_nor_netrc_is_looked_at(
    town: Town, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """NET-073."""
    (tmp_path / ".netrc").write_text("default login me password secret\n", encoding="utf-8")
    monkeypatch.setenv("HOME", str(tmp_path))
    with serving(lambda request: text("the proxy")) as proxy:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy", "HTTPS_PROXY"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
        assert Fetcher(QUICK, town.wire()).fetch("http://news.example/a").data == story(1)
        assert proxy.asked == []
    assert town.server
    assert not any(
        name in request.headers for request in town.server.asked for name in ("authorization", "cookie", "referer")
    )


def test_no_cookie_that_a_site_sets_is_ever_sent_back(town: Town) -> None:
    headers = {"Content-Type": "text/html", "Set-Cookie": "id=1; Path=/"}
    fetcher = answering(
        town, {"/a": Reply(story(1), headers=headers), "/b": Reply(b"", 302, {**headers, "Location": "/a"})}
    )
    for page in ("a", "b", "a"):
        fetcher.fetch(f"http://news.example/{page}")
    assert town.server
    assert all("cookie" not in request.headers for request in town.server.asked)


# Redirects


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_three_redirects_are_followed_and_a_fourth_is_not(town: Town, status: int) -> None:
    """NET-059."""
    pages = {f"/{i}": moved(f"http://n{i - 1}.example/{i - 1}", status) for i in range(1, 5)} | {"/0": Reply(story(0))}
    fetcher = answering(town, pages)
    found = fetcher.fetch("http://n3.example/3")
    assert (found.address, found.final_address) == ("http://n3.example/3", "http://n0.example/0")
    assert failure(fetcher, "http://n4.example/4").reason == "too_many_redirects"


def test_a_redirect_in_a_circle_ends_at_once(town: Town) -> None:
    fetcher = answering(town, {"/a": moved("/b"), "/b": moved("http://NEWS.example:80/a#again")})
    assert failure(fetcher, "http://news.example/a").reason == "too_many_redirects"
    assert town.server and town.server.targets() == ["/a", "/b"]


def test_a_redirect_is_checked_like_an_address_that_was_typed(town: Town) -> None:
    """Every generated address, and names that lead inside, each from a public page that redirects to it."""
    where: list[str] = []
    fetcher = answering(town, lambda request: text("") if request.target == "/robots.txt" else moved(where[0]))
    town.names["inside.example"] = [["10.0.0.1"]]
    odd = [
        address for address in GENERATED if not any(c in address for c in "\n\x00\t ​") and address.isascii()
        and "://[]" not in address and "://[::1/" not in address
    ]  # fmt: skip
    for target in [
        *odd[::4],
        "file:///etc/passwd",
        "ftp://example.org/",
        "//10.0.0.1/",
        "http://inside.example/",
        "data:,x",
    ]:
        where[:] = [target]
        assert failure(fetcher, "http://news.example/a").reason in ("address_not_public", "bad_address"), target
    assert {address for address, _ in town.connected} == {PUBLIC}
    assert town.server and set(town.server.targets()) == {"/a"}


# TLS


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for news.example, signed by itself, with its key."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl, which makes the certificate, is not there")
    path = tmp_path_factory.mktemp("tls") / "both.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
         "-subj", "/CN=news.example", "-addext", "subjectAltName=DNS:news.example", "-keyout", str(path),
         "-out", str(path.with_suffix(".crt"))], check=True, capture_output=True,
    )  # fmt: skip
    path.write_text(path.read_text() + path.with_suffix(".crt").read_text())
    return path


def trusting(certificate: Path) -> ssl.SSLContext:
    """TLS that trusts that certificate, and is as strict else as the real one."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(certificate)
    return context


@pytest.fixture
def secure(certificate: Path) -> Iterator[Town]:
    """A town whose site speaks TLS with that certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with serving(site({"/a": Reply(story(1)), "/b": moved("http://news.example/a")}), context) as server:
        yield Town(server=server)


def test_tls_is_checked_against_the_name_while_the_checked_address_is_connected_to(
    secure: Town, certificate: Path
) -> None:
    fetcher = Fetcher(QUICK, replace(secure.wire(), tls=lambda: trusting(certificate)))
    assert fetcher.fetch("https://news.example/a").data == story(1)
    assert set(secure.connected) == {(PUBLIC, 443)}
    assert failure(fetcher, "https://other.example/a").reason == "tls"


def test_a_certificate_that_nobody_vouches_for_is_refused_and_never_passed_over(secure: Town) -> None:
    """NET-069."""
    refused = failure(Fetcher(QUICK, secure.wire()), "https://news.example/a")
    assert refused.reason == "tls"
    assert secure.server and secure.server.asked == []
    assert {port for _, port in secure.connected} == {443}


def test_a_redirect_from_https_to_http_is_not_followed(secure: Town, certificate: Path) -> None:
    fetcher = Fetcher(QUICK, replace(secure.wire(), tls=lambda: trusting(certificate)))
    assert "from https to http" in failure(fetcher, "https://news.example/b").detail
    assert {port for _, port in secure.connected} == {443}


# Where it stops

SMALL = replace(QUICK, wire_bytes=300_000, inflated_bytes=600_000)


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        (Reply(b"x" * 400_000), "too_large"),
        (Reply(b"", endless=True, length=None), "too_large"),
        (Reply(b"", endless=True, length=None, headers={"Content-Type": "text/html", "Transfer-Encoding": "chunked"}), "truncated"),
        (Reply(b"", length=5_000_000_000), "too_large"),
        (Reply(b"x" * 400_000, headers={"X": "y" * 400_000}), "truncated"),
        (packed(b"x" * 900_000), "too_large"),
        (packed(b"x" * 590_000), "fine"),
        (Reply(b"no gzip", headers={"Content-Encoding": "gzip", "Content-Type": "text/html"}), "bad_encoding"),
        (Reply(packed(b"x" * 9000).body[:-5], headers=packed(b"").headers), "truncated"),
        (Reply(packed(b"x").body + b"more", headers=packed(b"").headers), "bad_encoding"),
        (packed(b"x" * 90, "gzip, gzip"), "bad_encoding"),
        (packed(b"x" * 90, "br"), "bad_encoding"),
        (packed(b"x" * 90, "zstd"), "bad_encoding"),
        (packed(b"x" * 90, "deflate"), "bad_encoding"),
        (Reply(story(1), pace=0.05), "too_slow"),
        (Reply(story(1), cut=300), "truncated"),
        (Reply(story(1), cut=20), "truncated"),
        (Reply(story(1), cut=0), "truncated"),
        (Reply(story(1)[:-30], length=None), "truncated"),
        (Reply(story(1), length=None), "fine"),
        (Reply(story(1), headers={"Content-Type": "image/png"}), "content_type_mismatch"),
        (Reply(story(1), headers={"Content-Type": "application/octet-stream"}), "content_type_mismatch"),
        (Reply(story(1), headers={"Content-Type": "application/gzip"}), "content_type_mismatch"),
        (Reply(story(1), headers={}), "fine"),
        (Reply(story(1), 500), "http_status"),
        (Reply(story(1), 403), "http_status"),
        (Reply(story(1), 206), "http_status"),
        (Reply(b"", 304), "http_status"),
        (Reply(story(1), 410), "gone"),
        (Reply(b"", 302), "http_status"),
    ],
)  # fmt: skip
def test_what_is_too_much_too_slow_cut_or_not_an_article_is_refused_whole(
    town: Town, reply: Reply, reason: str
) -> None:
    """NET-065, NET-066, NET-067, NET-070."""
    assert town.server
    town.server.answer = site({"/a": reply})
    fetcher, began = Fetcher(replace(SMALL, seconds=1) if reply.pace else SMALL, town.wire()), time.monotonic()
    if reason == "fine":
        fetcher.fetch("http://news.example/a")
    else:
        assert failure(fetcher, "http://news.example/a").reason == reason
    assert time.monotonic() - began < 9


def test_no_more_than_the_limit_is_taken_from_the_wire_whatever_it_would_unpack_to(town: Town) -> None:
    """All of a fetch counts together: headers, redirects and robots.txt too."""
    fetching = replace(QUICK, wire_bytes=300_000, inflated_bytes=50_000_000)
    big = {"Content-Type": "text/html", "X": "y" * 60_000}
    for pages in ({"/a": Reply(b"", endless=True, length=None)}, {f"/{i}": moved(f"/{i + 1}") for i in range(4)}):
        assert town.server
        pages |= {"/a": pages.get("/a", moved("/0"))}
        town.server.answer = site(
            {path: replace(page, headers={**page.headers, **big}) for path, page in pages.items()}
        )
        refused = failure(
            Fetcher(replace(fetching, redirects=9, wire_bytes=200_000), town.wire()), "http://news.example/a"
        )
        assert "fetch.wire_bytes" in refused.detail


def test_a_bomb_of_gzip_is_unpacked_no_further_than_the_limit(town: Town) -> None:
    """200 MB in 200 kB: the limit of 20 MB holds, and memory stays with it."""
    import tracemalloc

    bomb = zlib.compressobj(9, wbits=31)
    data = b"".join(bomb.compress(b"\0" * 1_000_000) for _ in range(200)) + bomb.flush()
    fetcher = answering(town, {"/a": Reply(data, headers=packed(b"").headers)})
    tracemalloc.start()
    try:
        assert failure(fetcher, "http://news.example/a").reason == "too_large"
        assert tracemalloc.get_traced_memory()[1] < 64_000_000
    finally:
        tracemalloc.stop()


def test_a_stop_from_another_thread_ends_a_slow_fetch(town: Town) -> None:
    fetcher, stop = answering(town, {"/a": Reply(story(1), pace=0.3)}), threading.Event()
    threading.Timer(0.5, stop.set).start()
    began = time.monotonic()
    assert failure(fetcher, "http://news.example/a", stop=stop).reason == "stopped"
    assert time.monotonic() - began < 9


# Politeness


def test_robots_txt_is_asked_once_a_site_and_obeyed(town: Town) -> None:
    rules = "User-agent: *\nDisallow: /\n\nUser-agent: byline\nDisallow: /private\nAllow: /private/open\nDisallow: /*.cgi$\n"
    pages = {path: Reply(story(path)) for path in ("/a", "/private/open/1", "/b.cgi", "/private/x")}
    fetcher = answering(town, site(pages, rules))
    for path in ("/a", "/private/open/1"):
        fetcher.fetch(f"http://news.example{path}")
    for path in ("/private/x", "/b.cgi"):
        assert failure(fetcher, f"http://news.example{path}").reason == "robots"
    assert town.server
    assert [request.target for request in town.server.asked] == ["/robots.txt", "/a", "/private/open/1"]


def test_of_many_sites_only_the_last_are_remembered(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that fetches for months keeps no more than so many; a site that was forgotten is asked again."""
    monkeypatch.setattr(fetch, "_MOST_SITES", 3)
    fetcher = answering(town, site({"/a": Reply(story(1))}, "User-agent: *\nDisallow: /private"))
    for host in (*"abcdef", "f", "a"):
        fetcher.fetch(f"http://{host}.example/a")
    assert town.server
    asked = [request.headers["host"] for request in town.server.asked if request.target == "/robots.txt"]
    assert asked == [f"{host}.example" for host in "abcdefa"]
    remembered = (fetcher._robots, fetcher._asking, fetcher._free, fetcher._busy)
    assert [len(one) <= 4 for one in remembered] == [True] * 4


def test_robots_txt_holds_for_where_a_redirect_leads_too(town: Town) -> None:
    def answer(request: Request) -> Reply:
        if request.target == "/robots.txt":
            return text("User-agent: *\nDisallow: /" if request.headers["host"] == "b.example" else "")
        return moved("http://b.example/a")

    assert failure(answering(town, answer), "http://a.example/").reason == "robots"


@pytest.mark.parametrize(
    ("status", "reason"), [(404, None), (403, None), (500, "robots"), (503, "robots"), (429, "robots")]
)
def test_a_site_without_rules_is_read_and_one_that_cannot_give_them_is_left_alone(
    town: Town, status: int, reason: str | None
) -> None:
    def answer(request: Request) -> Reply:
        return Reply(b"", status) if request.target == "/robots.txt" else Reply(story(1))

    fetcher = answering(town, answer)
    for _ in range(2):
        if reason:
            assert failure(fetcher, "http://news.example/a").reason == reason
        else:
            fetcher.fetch("http://news.example/a")
    assert town.server
    assert len(town.server.asked) == (1 if reason else 3)


def test_one_host_is_asked_no_more_often_than_the_settings_and_its_robots_txt_say(town: Town) -> None:
    """NET-074: Also from several threads; another host need not wait, and waiting does not use up the time."""
    assert town.server
    times: dict[str, list[float]] = {}

    def answer(request: Request) -> Reply:
        times.setdefault(request.headers["host"], []).append(time.monotonic())
        if request.target == "/robots.txt":
            return text("User-agent: *\nCrawl-delay: 1.5" if "slow" in request.headers["host"] else "")
        return Reply(story(1))

    town.server.answer = answer
    fetcher = Fetcher(replace(QUICK, seconds_between=0.2, seconds=2.5), town.wire())
    hosts = ["slow.example"] * 3 + ["quick.example"] * 4
    threads = [threading.Thread(target=fetcher.fetch, args=(f"http://{host}/a",)) for host in hosts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for host, least in (("slow.example", 1.5), ("quick.example", 0.2)):
        pauses = [after - before for before, after in zip(times[host], times[host][1:], strict=False)]
        assert len(times[host]) == 1 + hosts.count(host)
        assert min(pauses[1:]) > least / 2  # as the server sees it, which is not alone on the machine


@pytest.mark.parametrize(
    ("header", "least", "most"), [("3600", 3599, 3601), ("999999999999", 86400, 86400), ("soon", 3600, 3600)]
)
def test_a_host_that_asks_to_come_back_later_is_not_asked_before(
    town: Town, header: str, least: float, most: float
) -> None:
    busy = Reply(b"", 429, {"Retry-After": header})
    fetcher = answering(town, {"/a": busy, "/b": Reply(story(1))})
    refused = failure(fetcher, "http://news.example/a")
    assert refused.again is not None
    assert (refused.reason, least <= refused.again <= most) == ("busy", True)
    assert failure(fetcher, "http://news.example/b").reason == "busy"
    assert town.server and town.server.targets() == ["/a"]


def test_byline_says_who_asks(town: Town) -> None:
    assert town.server
    Fetcher(replace(QUICK, contact="desk@news.example"), town.wire()).fetch("http://news.example/a")
    agents = {request.headers["user-agent"] for request in town.server.asked}
    assert len(agents) == 1
    assert all(agent.startswith("Byline/") and "desk@news.example" in agent for agent in agents)


def test_a_conditional_request_brings_nothing_where_nothing_has_changed(town: Town) -> None:
    def answer(request: Request) -> Reply:
        if request.headers.get("if-none-match") == '"1"' and "if-modified-since" in request.headers:
            return Reply(b"", 304, {"ETag": '"1"'}, length=None)
        return Reply(story(1), 404 if request.target == "/robots.txt" else 200)

    fetcher = answering(town, answer)
    since = "Sat, 23 Mar 2019 10:00:00 GMT"
    assert fetcher.fetch("http://news.example/a", etag='"1"', last_modified=since).status == 304
    assert fetcher.fetch("http://news.example/a", etag='"2"', last_modified=since).data == story(1)
    assert fetcher.fetch("http://news.example/a", etag='"1"\r\nX: y', last_modified=since).data == story(1)


def test_a_host_that_does_not_answer_is_unreachable() -> None:
    assert failure(Fetcher(QUICK, Town().wire()), "http://news.example/").reason == "unreachable"
