"""`byline telegram` as a supervisor sees it: its exit codes, its one line of trouble, its end within ten seconds."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.bot.conftest import Byline
from tests.bot.telegram.bot_api import faults
from tests.bot.telegram.bot_api.server import BotApi
from tests.bot.telegram.conftest import Starts
from tests.conftest import run_python

TOKEN = "7654321:AAcanary-canary_CANARY-canary_canary"


@pytest.mark.parametrize(
    ("environment", "words"),
    [
        ({}, "no bot token"),
        ({"TELEGRAM_BOT_TOKEN": "canary"}, "not the shape"),
        ({"TELEGRAM_BOT_TOKEN": TOKEN, "TELEGRAM_WEBHOOK_SECRET": "canary"}, "TELEGRAM_WEBHOOK_SECRET"),
        ({"TELEGRAM_BOT_TOKEN": TOKEN, "BYLINE_TELEGRAM__MODE": "webhook"}, "telegram.webhook_url"),
    ],
)
def test_what_is_misconfigured_is_78_in_one_line_without_the_secret(
    byline: Byline, environment: dict[str, str], words: str
) -> None:
    code, output, errors = byline(
        "telegram", **({"TELEGRAM_BOT_TOKEN": "", "TELEGRAM_WEBHOOK_SECRET": ""} | environment)
    )
    assert (code, output, errors.count("\n")) == (78, "", 1)
    assert words in errors
    assert "canary" not in errors


def test_without_an_index_one_line_says_how_to_make_one(byline: Byline) -> None:
    code, _, errors = byline("telegram", TELEGRAM_BOT_TOKEN=TOKEN)
    assert (code, errors.count("\n")) == (1, 1)
    assert "byline build" in errors


def test_importing_the_command_line_loads_no_telegram_library(tmp_path: Path) -> None:
    probe = "import sys, bot.cli; print([m for m in ('telegram', 'httpx', 'tornado', 'sqlite3') if m in sys.modules])"
    assert run_python("-c", probe, cwd=tmp_path)[:2] == (0, "[]\n")


def test_a_second_process_is_told_before_the_libraries_are_loaded(byline: Byline) -> None:
    (byline.index / "gen-000001-0123456789ab").mkdir(parents=True)
    probe = (
        "import sys, os, bot.cli, index.generations as g\ng.names = lambda folder: ['one']\n"
        "from pathlib import Path\nfrom bot.chat_telegram.lock import lock\nfrom bot.chat_telegram.secret import Secret\n"
        "held = lock(Path(os.environ['BYLINE_INDEX']), Secret(os.environ['TELEGRAM_BOT_TOKEN']))\n"
        "print(bot.cli.run(['telegram']), 'telegram' in sys.modules)"
    )
    code, output, errors = run_python(
        "-c", probe, cwd=byline.folder, BYLINE_INDEX=str(byline.index), TELEGRAM_BOT_TOKEN=TOKEN,
        BYLINE_GUARD_WRITABLE=os.pathsep.join((str(byline.index), str(byline.folder))),
    )  # fmt: skip
    assert (code, output) == (0, "75 False\n"), errors
    assert "process" in errors
    assert "canary" not in errors


@pytest.mark.model
def test_a_token_that_telegram_does_not_know_is_78(server: BotApi, starts: Starts, small: Byline) -> None:
    bot = starts(small.index, wait=0, TELEGRAM_BOT_TOKEN=TOKEN)
    code, _ = bot.ends(30)
    assert code == 78
    assert "does not know this bot token" in bot.output()
    assert "canary" not in bot.output()


@pytest.mark.model
def test_a_signal_before_telegram_can_be_reached_ends_it_too(server: BotApi, starts: Starts, small: Byline) -> None:
    server.outage()
    bot = starts(small.index, wait=0)
    deadline = time.monotonic() + 30
    while "cannot be asked" not in bot.output() and time.monotonic() < deadline:
        time.sleep(0.1)
    assert bot.terminate()[0] == 0


@pytest.mark.model
def test_ctrl_c_is_130_and_sigterm_with_a_hanging_server_is_0_within_ten_seconds(
    server: BotApi, starts: Starts, small: Byline
) -> None:
    bot = starts(small.index)
    bot.process.send_signal(signal.SIGINT)
    assert bot.ends(12)[0] == 130
    from tests.bot.telegram.bot_api.people import User

    server.faults.add("sendMessage", faults.black_hole(), times=None)
    bot.start()
    for number in range(20):
        User(server, 100 + number).says("who declared the caliphate over?")
    server.wait(lambda: bool(server.of("sendMessage")), 30, "a send that hangs")
    code, seconds = bot.terminate()
    assert (code, seconds < 10) == (0, True)
    server.faults.heal()
    bot.start()
    server.wait(lambda: all(server.world.told[100 + number] for number in range(20)), 60, "every answer after all")


def test_what_hangs_in_a_thread_does_not_hold_up_the_end(tmp_path: Path) -> None:
    program = (
        "import asyncio, time, signal, bot.chat_telegram.run as run\n"
        "run.END_SECONDS = 1.0\n"
        "async def main():\n"
        "    stop = run.Stop()\n"
        "    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.by, signal.SIGTERM)\n"
        "    work = asyncio.get_running_loop().run_in_executor(None, time.sleep, 60)\n"
        "    print('ready', flush=True)\n"
        "    await stop.event.wait()\n"
        "asyncio.run(main())\n"
    )
    root = Path(__file__).resolve().parents[3]
    child = subprocess.Popen([sys.executable, "-c", program], cwd=root, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert child.stdout is not None
    assert child.stdout.readline() == b"ready\n"
    child.send_signal(signal.SIGTERM)
    began = time.monotonic()
    _, errors = child.communicate(timeout=20)
    assert (child.returncode, time.monotonic() - began < 5) == (0, True)
    assert b"taken up again" in errors
