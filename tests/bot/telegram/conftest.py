"""A Bot API on loopback, small indexes, and the bot as a process of its own between them."""

from __future__ import annotations

import itertools
import json
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.bot.conftest import Byline
from tests.bot.telegram.bot_api.child import Bot
from tests.bot.telegram.bot_api.people import User
from tests.bot.telegram.bot_api.server import BotApi
from tests.conftest import ROOT, run_python

SEEDS = ("meridian-wire-victory.txt", "northern-courier-victory.html", "beacon-raqqa.md")
Starts = Callable[..., Bot]


@pytest.fixture
def server() -> Iterator[BotApi]:
    """A strict Bot API with the real one's limits."""
    with BotApi() as running:
        yield running


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> Byline:
    """`byline` over three articles, so that answers cost little; the index is copied for each bot."""
    byline = Byline(tmp_path_factory.mktemp("small"), tmp_path_factory.mktemp("small-index"))
    code, output, errors = byline("build", *(str(ROOT / "seeds" / name) for name in SEEDS))
    assert code == 0, output + errors
    return byline


@pytest.fixture
def starts(tmp_path: Path, server: BotApi) -> Iterator[Starts]:
    """Start a bot over a copy of an index; every bot is gone, and its output guarded, when the test ends.

    `reader.model` is none unless the test says otherwise: hundreds of answers in seconds.
    """
    with ExitStack() as stack:
        bots: list[Bot] = []

        def start(index: Path, *, wait: float = 60.0, fresh: bool = True, chatty: bool = False, **settings: str) -> Bot:
            place = tmp_path / "index"
            if fresh:
                shutil.copytree(index, place)
            bot = Bot(server, tmp_path, place, chatty=chatty, **({"BYLINE_READER__MODEL": "none"} | settings))
            bots.append(bot)
            stack.callback(bot.__exit__, None, None, None)
            return bot.start(wait)

        yield start
        _unspoilt(server, tmp_path, bots)


@dataclass(frozen=True, slots=True)
class Party:
    """A server and a bot that the tests of a file share; each test brings its own people."""

    server: BotApi
    bot: Bot
    ids: Iterator[int]

    def people(self, number: int) -> list[User]:
        """So many people whom the bot has not met."""
        return [User(self.server, next(self.ids)) for _ in range(number)]


@pytest.fixture(scope="module")
def party(small: Byline, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Party]:
    """One bot over the small index without a reader, warmed up; person 1 administers it, group -100500 may ask."""
    folder = tmp_path_factory.mktemp("party")
    shutil.copytree(small.index, folder / "index")
    with BotApi() as server:
        User(server, 1)
        with Bot(
            server, folder, folder / "index", BYLINE_READER__MODEL="none", BYLINE_TELEGRAM__ADMINS="[1]",
            BYLINE_TELEGRAM__GROUPS="[-100500]",
        ) as bot:  # fmt: skip
            User(server, 2).asks("who declared the caliphate over?", timeout=60)
            yield Party(server, bot, itertools.count(5))
        _unspoilt(server, folder, [bot])


def _unspoilt(server: BotApi, folder: Path, bots: Sequence[Bot]) -> None:
    """No bot has shown the token, written elsewhere or called anything but the server."""
    for bot in bots:
        assert server.token.partition(":")[2] not in bot.output(), "the token is in the bot's output"
    assert not (folder / "refused").exists(), (folder / "refused").read_text(encoding="utf-8")


_SHOW_ALL = """
import contextlib, io, json
from bot.cli import run
listed = io.StringIO()
with contextlib.redirect_stdout(listed):
    assert run(["articles", "--json"]) == 0
for line in listed.getvalue().splitlines():
    assert run(["show", json.loads(line)["id"], "--json"]) == 0
"""


def texts(byline: Byline) -> list[str]:
    """The canonical text of every article, as `byline show --json` prints it."""
    code, shown, errors = run_python("-c", _SHOW_ALL, cwd=byline.folder, BYLINE_INDEX=str(byline.index))
    assert (code, errors) == (0, "")
    return [json.loads(line)["text"] for line in shown.splitlines()]
