"""`byline add URL`, `byline feeds` and `byline watch` as people and scripts meet them, against a site on loopback."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bot.config import load_config
from bot.fetching import fetcher
from bot.watch import _round
from tests.bot.conftest import Byline
from tests.conftest import ROOT, run_python
from tests.index.web import Reply, Request, Server, serving, story
from tests.index.web_feeds import rss


def news(request: Request) -> Reply:
    """A site with a feed of three stories, of which one is cut."""
    here = f"http://{request.headers['host']}"
    if request.target == "/feed":
        return Reply(rss([1, 2, 3], link=here + "/{}"), headers={"Content-Type": "application/rss+xml"})
    number = request.target[1:]
    if number == "3":
        return Reply(story(3), cut=250)
    return Reply(story(number)) if number.isdecimal() else Reply(b"", 404)


@pytest.fixture
def server() -> Iterator[Server]:
    with serving(news) as one:
        yield one


@pytest.fixture
def environment(server: Server) -> dict[str, str]:
    """Settings that let Byline fetch from that site, quickly."""
    return {
        "BYLINE_FETCH__ALLOW_LOOPBACK": "true", "BYLINE_FETCH__PORTS": f"[80, 443, {server.port}]",
        "BYLINE_FETCH__SECONDS_BETWEEN": "0", "BYLINE_FETCH__WATCH_MINUTES": "0.01",
    }  # fmt: skip


def test_an_address_without_its_beginning_is_named_as_such_and_nothing_is_added(byline: Byline) -> None:
    for given in ("www.news.example/a", "news.example/2023/a.html"):
        code, _, errors = byline("add", given)
        assert code == 1 and f"write https://{given}" in errors
    code, _, errors = byline("add", "nowhere/a.txt")
    assert code == 1 and "no such file or folder" in errors
    assert not byline.index.exists() or not list(byline.index.glob("gen-*"))


def test_the_settings_reach_the_fetcher() -> None:
    given = {
        "BYLINE_FETCH__CONTACT": "me@news.example",
        "BYLINE_FETCH__PORTS": "[8080]",
        "BYLINE_FETCH__SECONDS_BETWEEN": "2.5",
    }
    made = fetcher(load_config(None, given)).fetching
    assert (made.ports, made.seconds_between, made.allow_loopback) == ((8080,), 2.5, False)
    assert "me@news.example" in made.agent


def test_importing_the_command_line_and_the_build_loads_nothing_of_the_network(tmp_path: Path) -> None:
    names = ("httpx", "httpcore", "feedparser", "protego")
    probe = f"import sys, bot.cli, bot.fetching, bot.cli_feeds, index.sources.kept; print([m for m in {names} if m in sys.modules])"
    assert run_python("-c", probe, cwd=tmp_path)[:2] == (0, "[]\n")


@pytest.mark.parametrize(
    "address", ["http://127.0.0.1:9/", "http://2130706433/", "file:///etc/passwd", "https://a:b@news.example/"]
)
def test_an_address_that_is_not_fetched_is_told_in_one_line(byline: Byline, address: str) -> None:
    code, output, errors = byline("add", address)
    assert (code, output, errors.count("\n")) == (1, "", 1)
    assert "bad_address" in errors or "address_not_public" in errors


@pytest.mark.model
def test_articles_are_added_by_address_beside_one_that_fails_and_stay_through_a_build(
    byline: Byline, server: Server, environment: dict[str, str]
) -> None:
    at = f"http://127.0.0.1:{server.port}"
    code, output, _ = byline("add", f"{at}/1", f"{at}/3", f"{at}/2", **environment)
    assert code == 1
    assert "2 added" in output
    assert f"{at}/3: truncated" in output
    quake = byline.folder / "own" / "quake.txt"
    quake.parent.mkdir()
    quake.write_text("The coast shook at dawn. Nobody was hurt. Schools stay closed.", encoding="utf-8")
    asked = len(server.asked)
    assert byline("build", BYLINE_INDEX__SOURCES=f"[{quake.parent}]")[0] == 0
    listed = [json.loads(line) for line in byline("articles", "--json")[1].splitlines()]
    assert {entry["url"] for entry in listed} == {None, f"{at}/1", f"{at}/2"}
    byline("build", str(quake))
    assert len(byline("articles")[1].splitlines()) == 1
    assert len(server.asked) == asked


@pytest.mark.model
def test_feeds_are_added_listed_fetched_and_removed(
    byline: Byline, server: Server, environment: dict[str, str]
) -> None:
    feed = f"http://127.0.0.1:{server.port}/feed"
    assert "The News, 3 items" in byline("feeds", "add", feed, **environment)[1]
    code, output, _ = byline("feeds", "fetch", **environment)
    assert (code, "2 added" in output, "/3: truncated" in output) == (1, True, True)
    about = json.loads(byline("feeds", "list", "--json", **environment)[1])
    assert (about["address"], about["items"]) == (feed, {"done": 2, "waiting": 1})
    assert "2 done" in byline("feeds", "list")[1]
    assert byline("feeds", "remove", feed, **environment)[0] == 0
    assert byline("feeds", "remove", feed, **environment)[0] == 1
    assert "no feeds yet" in byline("feeds", "list")[1]


@pytest.mark.parametrize(
    "wrong",
    [["feeds"], ["feeds", "add"], ["feeds", "list", "x"], ["feeds", "nonsense"], ["build", "http://x.example/"]],
)
def test_wrong_usage_is_2(byline: Byline, wrong: list[str]) -> None:
    code, output, errors = byline(*wrong)
    assert (code, output) == (2, "")
    assert errors


def watching(byline: Byline, environment: dict[str, str], *paths: str) -> subprocess.Popen[str]:
    """`byline watch` in a process of its own."""
    python = os.pathsep.join((str(ROOT / "tests" / "guarded"), str(ROOT)))
    writable = os.pathsep.join((str(byline.folder), str(byline.index)))
    given = {"PYTHONPATH": python, "BYLINE_GUARD_WRITABLE": writable, "TMPDIR": str(byline.folder)}
    return subprocess.Popen(
        [sys.executable, "-m", "bot", "watch", *paths, "--index", str(byline.index)], cwd=byline.folder, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=os.environ | environment | given,
    )  # fmt: skip


def wait_for(happened: Callable[[], bool], process: subprocess.Popen[str]) -> None:
    """Wait until it has happened or the process has ended."""
    until = time.monotonic() + 120
    while not happened() and time.monotonic() < until and process.poll() is None:
        time.sleep(0.2)


@pytest.mark.model
def test_watch_publishes_what_is_new_until_it_is_told_to_stop(
    byline: Byline, server: Server, environment: dict[str, str]
) -> None:
    server.answer = lambda request: news(request) if request.target != "/3" else Reply(story(3))
    quake = byline.folder / "watched" / "quake.txt"
    quake.parent.mkdir()
    quake.write_text("The coast shook at dawn. Nobody was hurt. Schools stay closed.", encoding="utf-8")
    assert byline("feeds", "add", f"http://127.0.0.1:{server.port}/feed", **environment)[0] == 0
    process = watching(byline, environment, str(quake.parent))
    try:
        for number in (2, 3):
            wait_for(lambda number=number: any(byline.index.glob(f"gen-{number:06d}-*")), process)  # type: ignore[misc]  # mypy does not infer a default bound in a lambda
            quake.with_name("harbour.txt").write_text(
                "The harbour reopened. Ships waited. They left.", encoding="utf-8"
            )
        process.send_signal(signal.SIGTERM)
        output, errors = process.communicate(timeout=60)
    finally:
        process.kill()
    assert (process.returncode, errors) == (0, "")
    assert output.count("published") == 3
    assert len(byline("articles")[1].splitlines()) == 5
    assert byline("verify")[0] == 0


def test_watch_names_a_folder_that_is_not_there(byline: Byline, environment: dict[str, str]) -> None:
    (byline.folder / "there").mkdir()
    code, _, errors = byline("watch", "nowhere", "there", "--once", **environment)
    assert code == 1 and "byline: nowhere: there is no such file or folder yet" in errors
    assert "byline: there:" not in errors


def test_fetching_without_a_feed_says_how_to_note_one(byline: Byline, environment: dict[str, str]) -> None:
    assert byline("feeds", "fetch", **environment)[:2] == (0, "no feeds yet; byline feeds add URL\n")


@pytest.mark.model
def test_the_address_of_a_feed_given_as_an_article_is_told_where_it_belongs(
    byline: Byline, server: Server, environment: dict[str, str]
) -> None:
    address = f"http://127.0.0.1:{server.port}/feed"
    code, output, errors = byline("add", address, **environment)
    assert code == 1 and "`byline feeds add`" in output + errors


def test_watch_ends_with_130_on_an_interrupt(byline: Byline, environment: dict[str, str]) -> None:
    process = watching(byline, environment)
    try:
        wait_for((byline.index / "feeds.lock").exists, process)
        time.sleep(0.3)
        process.send_signal(signal.SIGINT)
        output, errors = process.communicate(timeout=60)
    finally:
        process.kill()
    assert (process.returncode, output, errors) == (130, "", "")


def test_a_signal_ends_a_long_addition_with_nothing_of_it_published(tmp_path: Path) -> None:
    (tmp_path / "quake.txt").write_text("The coast shook at dawn. Nobody was hurt.", encoding="utf-8")
    config, stop = load_config(None, {}, tmp_path / "index"), threading.Event()
    stop.set()
    assert not _round(config, [tmp_path / "quake.txt"], fetcher(config), stop)
    assert not list((tmp_path / "index").glob("*gen-*"))
