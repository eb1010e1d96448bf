"""Many people who each ask once, and a bot that is killed while it answers them."""

from __future__ import annotations

import itertools
import os
import random
import signal
import threading
import time
from collections.abc import Sequence

from tests.bot.telegram.bot_api import faults
from tests.bot.telegram.bot_api.child import Bot
from tests.bot.telegram.bot_api.people import User
from tests.bot.telegram.bot_api.server import BotApi


class Crowd:
    """People who each ask once; how often each was answered stands in the server's world."""

    def __init__(self, server: BotApi, questions: Sequence[str], first: int = 10_000) -> None:
        self.server = server
        self.people: list[User] = []
        self._numbers = itertools.count(first)
        self._questions = itertools.cycle(questions)

    def top_up(self, number: int) -> None:
        """Ask until so many questions are open."""
        with self.server.world.changed:
            for _ in range(number - self.open()):
                self.people.append(User(self.server, next(self._numbers)))
                self.people[-1].says(next(self._questions))

    def open(self) -> int:
        """Questions that nobody has answered yet."""
        told = self.server.world.told
        return sum(1 for user in self.people if not told[user.id])

    def doubled(self) -> int:
        """Answers that came more than once."""
        told = self.server.world.told
        return sum(max(0, told[user.id] - 1) for user in self.people)

    def answered(self, timeout: float) -> None:
        """Wait until every question is answered; TimeoutError says how many were not."""
        try:
            self.server.wait(lambda: self.open() == 0, timeout)
        except TimeoutError:
            raise TimeoutError(f"{self.open()} of {len(self.people)} not answered after {timeout:g} s") from None


def kill_at(server: BotApi, bot: Bot, chance: random.Random) -> None:
    """Start the bot and SIGKILL it at a random point: while it starts, within a sendMessage, or soon after one."""
    way = chance.random()
    if way < 0.2:
        bot.start(wait=0)
        time.sleep(chance.uniform(0.2, 3.0))
    else:
        bot.start()
        target = len(server.world.outbox) + chance.randrange(1, 20)
        if way < 0.6:
            server.wait(lambda: len(server.world.outbox) >= target - 1, 120, "answers before the kill")
            done = threading.Event()
            server.faults.add("sendMessage", faults.nothing().after(lambda: _shoot(bot, done)))
            done.wait(60)
        else:
            server.wait(lambda: len(server.world.outbox) >= target, 120, "answers before the kill")
            time.sleep(chance.uniform(0, 0.05))
    bot.kill()
    server.faults.heal()


def kills(server: BotApi, bot: Bot, crowd: Crowd, orders: Sequence[User], in_flight: int, seed: int) -> list[int]:
    """Kill the bot once for each administrator, who gives one order each time; doubled answers of each round.

    At every kill so many questions are open; in the end, after one more start, all are answered.
    """
    chance, doubled = random.Random(seed), [0]
    for admin in orders:
        crowd.top_up(in_flight)
        admin.says("/stats")
        kill_at(server, bot, chance)
        time.sleep(0.05)
        doubled.append(crowd.doubled())
    bot.start()
    crowd.answered(900)
    time.sleep(1)
    doubled.append(crowd.doubled())
    return [after - before for before, after in itertools.pairwise(doubled)]


def _shoot(bot: Bot, done: threading.Event) -> None:
    os.kill(bot.process.pid, signal.SIGKILL)
    done.set()
