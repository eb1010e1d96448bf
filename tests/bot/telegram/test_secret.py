"""The token: where it may come from, and that nothing shows it, whatever fails and whoever logs."""

from __future__ import annotations

import io
import logging
import pickle
from pathlib import Path

import pytest
from telegram.ext import ApplicationBuilder

from bot.chat_telegram.secret import MASK, Secret, conceal, guard_logs, read_token, read_webhook_secret
from bot.chat_telegram.wire import make_bot
from bot.errors import TokenUnusable
from tests.conftest import run_python

CANARY = "7654321:AAcanary-canary_CANARY-canary_canary"


def test_the_token_comes_from_the_environment_or_a_private_file(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text(CANARY + "\n", encoding="ascii")
    file.chmod(0o600)
    assert read_token({"TELEGRAM_BOT_TOKEN": f" {CANARY}\n"}).reveal() == CANARY
    assert read_token({"TELEGRAM_BOT_TOKEN_FILE": str(file)}).reveal() == CANARY


@pytest.mark.parametrize(
    ("environ", "words"),
    [
        ({}, "no bot token"),
        ({"TELEGRAM_BOT_TOKEN": "  "}, "no bot token"),
        ({"TELEGRAM_BOT_TOKEN": "secretsecret"}, "not the shape"),
        ({"TELEGRAM_BOT_TOKEN": "1234:secret/../secret"}, "not the shape"),
        ({"TELEGRAM_BOT_TOKEN": CANARY, "TELEGRAM_BOT_TOKEN_FILE": "x"}, "are both given"),
        ({"TELEGRAM_BOT_TOKEN_FILE": "nowhere/secret"}, "cannot be read: No such file"),
    ],
)
def test_what_is_no_token_is_refused_without_being_shown(environ: dict[str, str], words: str) -> None:
    with pytest.raises(TokenUnusable, match=words) as caught:
        read_token(environ)
    assert "secretsecret" not in str(caught.value)
    assert CANARY not in str(caught.value)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644, 0o620])
def test_a_token_file_that_others_can_read_or_change_is_refused_with_the_remedy(tmp_path: Path, mode: int) -> None:
    file = tmp_path / "token"
    file.write_text(CANARY, encoding="ascii")
    file.chmod(mode)
    with pytest.raises(TokenUnusable, match="chmod 600"):
        read_token({"TELEGRAM_BOT_TOKEN_FILE": str(file)})


def test_the_webhook_secret_is_long_enough_or_refused() -> None:
    assert read_webhook_secret({}) is None
    assert read_webhook_secret({"TELEGRAM_WEBHOOK_SECRET": "a" * 16}) is not None
    for bad in ("a" * 15, "a" * 257, "a b" * 10, "ä" * 20):
        with pytest.raises(TokenUnusable):
            read_webhook_secret({"TELEGRAM_WEBHOOK_SECRET": bad})


def test_a_secret_does_not_show_itself_and_is_not_pickled() -> None:
    secret = Secret(CANARY)
    assert CANARY not in f"{secret} {secret!r} {[secret]} {secret.digest()}"
    with pytest.raises(TypeError):
        pickle.dumps(secret)


def test_known_secrets_and_whatever_looks_like_a_token_are_masked_in_any_spelling() -> None:
    Secret(CANARY)
    half = CANARY.partition(":")[2]
    other = "123456789:" + "B" * 35
    text = f"/bot{CANARY}/getMe {CANARY.replace(':', '%3A')} {half} b'{CANARY}' {other} 12:30 o'clock"
    shown = conceal(text)
    assert half not in shown
    assert other not in shown
    assert shown.count(MASK) == 5
    assert shown.endswith("12:30 o'clock")


def test_any_handler_gets_only_masked_records_whatever_its_formatter_does() -> None:
    shown = io.StringIO()
    handler = logging.StreamHandler(shown)
    logger = logging.getLogger("somebody.else")
    logger.addHandler(handler)
    secret = Secret(CANARY)
    guard_logs()
    guard_logs()
    try:
        raise ValueError(CANARY)
    except ValueError:
        logger.exception("failed with %s", CANARY)
    logger.removeHandler(handler)
    assert len(handler.filters) == 1
    assert shown.getvalue().count(MASK) == 2
    assert "Traceback" in shown.getvalue()
    assert CANARY not in shown.getvalue()
    bot = make_bot(secret, "http://127.0.0.1:9")
    assert CANARY not in f"{bot} {bot!r} {ApplicationBuilder().bot(bot).updater(None).job_queue(None).build()!r}"


_LEAKS = r"""
import asyncio, logging, sys, threading, warnings
from bot.chat_telegram.run import _log_to_stderr
from bot.chat_telegram.secret import Secret
from bot.chat_telegram.wire import make_bot
from bot.cli import _fail
from bot.faults import record
from telegram.ext import ApplicationBuilder

token = Secret(sys.argv[1])
_log_to_stderr()
for name in ("", "telegram", "httpx", "httpcore", "asyncio", "bot"):
    logging.getLogger(name).setLevel(logging.DEBUG)
bot = make_bot(token, sys.argv[2])
application = ApplicationBuilder().bot(bot).updater(None).job_queue(None).build()
log = logging.getLogger("anything")
log.debug("%r %s %r", bot, application, application)
log.debug("%s", bot.base_url)
log.debug("%d", bot.token)  # arguments that do not fit

async def fail():
    for call in (bot.initialize, bot.get_me, lambda: bot.send_message(1, "x"), lambda: bot.updates(1, 1, 0, (), 1.0)):
        try:
            await call()
        except Exception as error:
            log.exception("%r", error)
            log.debug("stack", stack_info=True)
            print(record(error), file=sys.stderr)
            _fail(error, 1)
    asyncio.get_running_loop().call_exception_handler({"message": bot.base_url, "exception": ValueError(bot.base_url)})
    asyncio.create_task(boom())
    await asyncio.sleep(0.05)

async def boom():
    raise RuntimeError(bot.base_url)

asyncio.run(fail())
thread = threading.Thread(target=lambda: 1 / 0 if not bot.token else int(bot.token))
thread.start(); thread.join()
warnings.warn(bot.base_url)
raise RuntimeError(bot.base_url)
"""


def test_with_every_logger_at_debug_no_output_traceback_or_fault_file_holds_the_token(tmp_path: Path) -> None:
    """TEL-046, and F7: the five places where the library shows it, and Python's own three, in a process of its own."""
    environment = {"BYLINE_GUARD_WRITABLE": str(tmp_path), "TMPDIR": str(tmp_path)}
    code, output, errors = run_python("-c", _LEAKS, CANARY, "http://127.0.0.1:9", cwd=tmp_path, **environment)
    assert code == 1
    for line in (
        "RuntimeError",
        "httpcore",
        "ConnectError",
        "ValueError",
        "stack",
        "arguments left out",
        "UserWarning",
    ):
        assert line in errors, f"{line} was not even logged:\n{errors}"
    written = [output, errors, *(file.read_text(encoding="utf-8") for file in tmp_path.glob("byline-fault-*"))]
    assert len(written) == 6
    for text in written:
        assert CANARY not in text
        assert CANARY.partition(":")[2] not in text
