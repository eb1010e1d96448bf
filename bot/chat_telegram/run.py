"""`byline telegram`: the parts put together, and the life of the process from its start to its exit code.

Comes in: the configuration and the token. Goes out: an exit code: 0 after SIGTERM, 130 after Ctrl-C, both with the work in
hand finished and nothing lost; failures as exceptions of bot/errors.py. The promise: ten seconds after the signal the
process is gone, whatever hangs. Knows nothing of updates and answers.
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, NoReturn

from telegram import Update
from telegram.error import InvalidToken, RetryAfter, TelegramError
from telegram.ext import Application, ApplicationBuilder, BaseHandler

from bot.chat_telegram import health, shelf
from bot.chat_telegram.health import Health, tell_systemd
from bot.chat_telegram.inbox import Inbox
from bot.chat_telegram.limits import Pace
from bot.chat_telegram.polling import PAUSES, Poll, Pulse
from bot.chat_telegram.records import FILE, Records
from bot.chat_telegram.secret import Secret, conceal, guard_logs
from bot.chat_telegram.sending import Sender
from bot.chat_telegram.sorting import Desk
from bot.chat_telegram.wire import PUBLIC_ROOT, Bot, make_bot, pause_asked, said
from bot.chat_telegram.working import Workers, on_error, where
from bot.config import Config
from bot.errors import BylineError, TokenUnusable

log = logging.getLogger(__name__)
App = Application[Any, Any, Any, Any, Any, Any]
DRAIN_SECONDS = 5.5  # for the work in hand, of the ten that a supervisor waits; the rest is for letting go
END_SECONDS = 8.5  # after the signal, the process ends even where a model or a build will not
TEND_SECONDS = 5.0
HOUR = 3_600.0


@dataclass(frozen=True, slots=True)
class Furnished:
    """What the modules of handlers bring: tables are made before, handlers in their groups, and what runs beside."""

    handlers: Mapping[int, Sequence[BaseHandler[Any, Any, Any]]]
    welcome: Callable[[Update], Awaitable[bool]]
    generation: Callable[[], str | None] = lambda: None
    beside: Sequence[Callable[[App], Awaitable[None]]] = ()
    close: Callable[[], None] = lambda: None


@dataclass(slots=True)
class Stop:
    """Set by a signal; the second Ctrl-C ends at once."""

    code: int = 0
    event: asyncio.Event = field(default_factory=asyncio.Event)

    def by(self, number: int) -> None:
        """What a signal does."""
        if self.event.is_set() and number == signal.SIGINT:
            os._exit(130)
        self.code = 130 if number == signal.SIGINT else 0
        self.event.set()
        deadline = threading.Timer(END_SECONDS, _end, [self.code])
        deadline.daemon = True
        deadline.start()


def run(config: Config, token: Secret, environ: Mapping[str, str], webhook_secret: Secret | None = None) -> NoReturn:
    """Run the bot until a signal ends the process. Raises what bot/errors.py has for other ends."""
    _log_to_stderr()
    root = environ.get("TELEGRAM_API_BASE", "").strip() or PUBLIC_ROOT
    with asyncio.Runner() as runner:
        code = runner.run(_live(config, make_bot(token, root), webhook_secret))
    logging.shutdown()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)  # taking the model libraries down takes Python seconds, and there is nothing left to write


async def _live(config: Config, bot: Bot, webhook_secret: Secret | None) -> int:
    loop, stop = asyncio.get_running_loop(), Stop()
    loop.set_exception_handler(_loop_failed)
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.by, number)
    records = Records(config.index.dir / FILE, (shelf.SCHEMA, *_schemas()))
    await records.open()
    try:
        now = time.monotonic()
        if not await _greeted(bot, stop):
            return stop.code
        return await _serve(config, bot, records, Pulse(now, now), stop, webhook_secret)
    finally:
        await records.close()
        with suppress(Exception):
            await asyncio.wait_for(bot.shutdown(), 1)


async def _serve(
    config: Config, bot: Bot, records: Records, pulse: Pulse, stop: Stop, webhook_secret: Secret | None
) -> int:
    settings = config.telegram
    desk = Desk(bot.id, bot.username, frozenset(settings.admins))
    box = Inbox(records, desk, most=settings.waiting, expires=settings.answer_within_minutes * 60)
    await box.open()
    sender = Sender(bot, box, Pace(settings.sends_per_second))
    application: App = ApplicationBuilder().bot(bot).updater(None).job_queue(None).build()
    furnished = await _furnish(config, records, sender, application)
    for group, handlers in furnished.handlers.items():
        application.add_handlers(list(handlers), group)
    application.add_error_handler(on_error)
    await application.initialize()
    await application.start()
    workers = Workers(box, sender, application, settings, furnished.welcome)
    state = Health(box, pulse, settings.mode, furnished.generation, lambda: sender.last_answer)
    beside = [state.lag.measure(), health.watchdog(state), _tend(box, settings.retention_days)]
    tasks = [asyncio.ensure_future(each) for each in (*beside, *(task(application) for task in furnished.beside))]
    server = await health.serve(state, settings.health_port) if settings.health_port else None
    source = asyncio.create_task(_source(config, bot, box, pulse, webhook_secret))
    workers.start()
    tell_systemd("READY=1")
    log.info("the bot @%s runs: %s, %d updates wait", bot.username, settings.mode, box.waiting())
    if settings.access == "list" and not (settings.admins or settings.users or settings.groups):
        log.warning(
            "nobody may ask yet: write to the bot, it tells you your number, and put that into telegram.admins "
            "(config.yaml, or BYLINE_TELEGRAM__ADMINS='[NUMBER]'); with telegram.access `open` everybody may"
        )
    stopped = asyncio.create_task(stop.event.wait())
    try:
        await asyncio.wait({source, stopped}, return_when=asyncio.FIRST_COMPLETED)
        if source.done():
            source.result()  # it ends by an exception alone
        return stop.code
    finally:
        state.stopping = True
        tell_systemd("STOPPING=1")
        await _cancelled(source, stopped)
        await workers.drain(DRAIN_SECONDS)
        await _cancelled(*tasks)
        if server is not None:
            server.close()
        furnished.close()
        with suppress(Exception):
            await asyncio.wait_for(application.stop(), 1)


async def _source(config: Config, bot: Bot, box: Inbox, pulse: Pulse, webhook_secret: Secret | None) -> None:
    """Where updates come from, until cancelled."""
    if config.telegram.mode == "webhook":
        from bot.chat_telegram.webhook import listen

        await listen(config.telegram, bot, box, pulse, webhook_secret)
    else:
        with suppress(TelegramError):  # where it matters, polling meets 409 and takes it away then
            await bot.delete_webhook(drop_pending_updates=False)
        await Poll(bot, box, pulse).run()


async def _greeted(bot: Bot, stop: Stop) -> bool:
    """Ask Telegram who the bot is, as long as it takes; false where a signal came first. Raises TokenUnusable."""
    failures = 0
    while not stop.event.is_set():
        try:
            await bot.initialize()
            return True
        except InvalidToken:
            raise TokenUnusable(
                "Telegram does not know this bot token (401 or 404): copy it again from @BotFather; where "
                "TELEGRAM_API_BASE is set, it must be the root of a Bot API"
            ) from None
        except Exception as error:
            if failures % 10 == 0:
                log.error("Telegram cannot be asked who this bot is, trying on: %s", said(error))
            failures += 1
            pause = pause_asked(error) if isinstance(error, RetryAfter) else PAUSES[min(failures, len(PAUSES)) - 1]
        with suppress(TimeoutError):
            await asyncio.wait_for(stop.event.wait(), pause)
    return False


async def _tend(box: Inbox, parked_days: float) -> None:
    """What the inbox needs now and then."""
    swept = -HOUR
    while True:
        try:
            await box.expire()
            if time.monotonic() - swept >= HOUR:
                swept = time.monotonic()
                await box.sweep(parked_days)
        except Exception as error:
            log.error("the inbox could not be tended: %s", where(error))
        await asyncio.sleep(TEND_SECONDS)


def _schemas() -> Sequence[str]:
    from bot.chat_telegram.duties import SCHEMAS

    return SCHEMAS


async def _furnish(config: Config, records: Records, sender: Sender, application: App) -> Furnished:
    """The modules of handlers, put together; the models are loaded at the first question or a moment before."""
    from bot.archive import Archive
    from bot.chat_telegram import access, articles, buttons, commands, inline, office, questions, rebuild
    from bot.chat_telegram.asking import Asking
    from bot.chat_telegram.duties import duties
    from bot.chat_telegram.library import ArchiveLibrary

    asking = Asking(ArchiveLibrary(Archive(config)), config.question.max_chars)
    here = office.Office(config, records, sender, access.Access(config, records), asking, time.time)
    application.bot_data[office.KEY] = here
    modules = (commands, rebuild, articles, buttons, inline, questions)

    async def welcome(update: Update) -> bool:
        visitor = await here.access.of(update)
        return visitor.welcome and visitor.role != "stranger"

    return Furnished(
        {access.GROUP: access.handlers(here), 0: [one for module in modules for one in module.handlers(here)]},
        welcome,
        lambda: _generation(config),
        (duties,),
        asking.close,
    )


def _generation(config: Config) -> str | None:
    """The name of the generation that the index folder names as current."""
    try:
        return (config.index.dir / "CURRENT").read_text(encoding="utf-8", errors="replace").split()[0][:100]
    except (OSError, IndexError):
        return None


def _log_to_stderr() -> None:
    """Lines on stderr: Byline's own from INFO, the libraries' from WARNING, for below that they print what people write."""
    shown = logging.StreamHandler(sys.stderr)
    shown.setFormatter(_Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logging.getLogger().addHandler(shown)
    for name in ("bot", "index"):
        logger = logging.getLogger(name)
        logger.handlers.clear()  # the one-line warnings of the other commands
        logger.propagate = True
        logger.setLevel(logging.INFO)
    for name in ("telegram", "httpx", "httpcore", "tornado", "asyncio"):
        logging.getLogger(name).setLevel(logging.WARNING)
    logging.captureWarnings(True)
    guard_logs()


class _Formatter(logging.Formatter):
    """One line a record, whatever is in it, and no secret: the filter on the handler has seen to it, this is the seal."""

    def format(self, record: logging.LogRecord) -> str:
        return conceal(super().format(record)).replace("\n", "\n  ")


def _loop_failed(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    error = context.get("exception")
    log.error("a task failed: %s", where(error) if isinstance(error, BaseException) else context.get("message"))


async def _cancelled(*tasks: asyncio.Future[Any]) -> None:
    for task in tasks:
        task.cancel()
    for outcome in await asyncio.gather(*tasks, return_exceptions=True):
        if isinstance(outcome, Exception) and not isinstance(outcome, BylineError):
            log.error("a task ended with %s", where(outcome))


def _end(code: int) -> None:
    """The end, though something hangs: what matters is on the disk."""
    print("byline: stopped with work in hand; it is taken up again at the next start", file=sys.stderr, flush=True)
    os._exit(code)
