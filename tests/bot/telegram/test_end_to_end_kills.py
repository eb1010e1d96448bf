"""The bot dies, or is told to stop, in the middle of things: what was accepted is answered, orders happen at most once."""

from __future__ import annotations

import time

import pytest

from bot.chat_telegram.working import BUSY
from tests.bot.conftest import Byline
from tests.bot.telegram.bot_api.child import Bot
from tests.bot.telegram.bot_api.crowd import Crowd, kills
from tests.bot.telegram.bot_api.people import User
from tests.bot.telegram.bot_api.server import BotApi
from tests.bot.telegram.conftest import Starts

pytestmark = pytest.mark.model
QUESTION = "who declared the caliphate over?"
ROUNDS, IN_FLIGHT, WORKERS = 20, 250, 4


@pytest.mark.timeout(1_200)  # 90 s on two cores that are free; others may use them too
def test_kill_9_loses_no_question_doubles_few_answers_and_repeats_no_order(
    server: BotApi, starts: Starts, small: Byline
) -> None:
    """TEL-038."""
    admins = [User(server, 1 + number) for number in range(ROUNDS)]
    bot = starts(small.index, wait=0, BYLINE_TELEGRAM__ADMINS=str([user.id for user in admins]))
    bot.kill()
    crowd = Crowd(server, [QUESTION])
    doubled = kills(server, bot, crowd, admins, IN_FLIGHT, seed=9)
    assert max(doubled) <= WORKERS, f"doubled answers by round: {doubled}"
    carried_out = [len(admin.heard()) for admin in admins]
    assert max(carried_out) == 1 and sum(carried_out) >= ROUNDS // 2, carried_out
    print(f"{len(crowd.people)} questions over {ROUNDS} kills, doubled: {sum(doubled)}")


def test_sigterm_with_thousands_queued_ends_it_within_ten_seconds_and_loses_nothing(
    server: BotApi, starts: Starts, small: Byline
) -> None:
    """TEL-039."""
    crowd = Crowd(server, [QUESTION])
    crowd.top_up(3000)
    bot = starts(small.index)
    server.wait(lambda: len(server.world.outbox) >= 20, 30, "the first answers")
    code, seconds = bot.terminate(20)
    assert code == 0 and seconds <= 10, (code, seconds)
    answered, waiting = len(server.world.outbox), len(server.world.updates)
    assert waiting >= 2000, "far more was fetched than could be answered"
    bot.start()
    accepted = crowd.people[: 3000 - waiting]
    server.wait(lambda: all(server.world.told[user.id] for user in accepted), 60, "an answer to all that was accepted")
    assert answered < len(accepted) and crowd.doubled() == 0


def test_a_burst_of_two_thousand_takes_bounded_memory_and_few_tasks(
    server: BotApi, starts: Starts, small: Byline
) -> None:
    """TEL-042, of which a tenth; all of it: `benchmarks/telegram_load.py`."""
    bot = starts(small.index)
    User(server, 5).asks(QUESTION, timeout=30)
    before, threads = bot.memory(), bot.threads()
    Crowd(server, [QUESTION]).top_up(2000)
    most, tasks, until = 0.0, 0.0, time.monotonic() + 10
    while time.monotonic() < until:
        most = max(most, bot.memory() - before)
        tasks = max(tasks, tasks_of(bot))
        time.sleep(0.25)
    assert most <= 64 and tasks <= 64 and bot.threads() <= threads + 8, (most, tasks, bot.threads())
    told = [message.text for message in server.world.outbox]
    assert len(told) >= 100
    assert sum(text != BUSY for text in told) >= 10, "nobody was answered, all were told that it is busy"
    assert len(server.world.updates) >= 1000, "the rest stays with Telegram"


def tasks_of(bot: Bot) -> float:
    """Tasks on its event loop, by its own metrics."""
    found = [value for name, value in bot.metrics().items() if "tasks" in name]
    assert found, bot.page("/metrics")[1]
    return max(found)
