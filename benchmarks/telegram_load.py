"""The Telegram bot under load: `python -m benchmarks.telegram_load --index DIR --questions FILE`.

The bot runs as a process of its own against the tests' strict Bot API server on loopback, which keeps Telegram's limits
(30 messages a second, one a second to a chat). Prints one table: a line for each stage, then what else the machine did.

    --index DIR         an index folder; it is copied, and the bot works on the copy
    --questions FILE    JSON lines with "q" or "question"; each is asked once, then again in other words ("In May 2022, ...");
                        `different` says how many of those asked differed, in letters
    --minutes M         length of the steady stage (1)
    --users N, --rate R so many people ask, in turn, R questions a second in all (50 and 5)
    --flooder R         one more person sends R messages a second, after a stage of the same length without; a third row
                        has the ratios of the others' times with the flooder to those without (0: left out)
    --burst N           N questions at once from N people (0: left out)
    --patience S        seconds to wait for the burst's last answer (1,800)
    --kills N           N times: 250 questions open, kill -9 at a random point (0: left out)
    --reader NAME       the reader of the steady and flooder stages (shipped); the other stages read with none
    --json              the figures as one JSON line a stage instead

Times are from the moment an update can be fetched until the first sendMessage to that chat comes in. The server runs in
this process, on the same cores as the bot. Loop lag and tasks are the bot's own metrics; memory is what the kernel
says, `own` without pages of files. `cpu_ms` is the bot's processor time for an answer: on a busy machine, the one figure
about speed that means something.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bot.chat_telegram.wording import BUSY
from bot.chat_telegram.working import INTERRUPTED
from tests.bot.telegram.bot_api.child import Bot
from tests.bot.telegram.bot_api.crowd import Crowd, kills
from tests.bot.telegram.bot_api.people import User
from tests.bot.telegram.bot_api.server import BotApi

_MONTHS = "January February March April May June July August September October November December".split()
# In one process, asked of 50,944 passages: 309 MB of its own after the first question, 368 after 5, 389 after 40.
_WARMING = [f"What did the {who} say about {what}?" for who in ("police", "minister", "mayor", "bank", "players")
            for what in ("it", "the vote", "prices", "the long winter and the storms that came before it")]  # fmt: skip
_UNLIMITED = {"BYLINE_TELEGRAM__PER_USER_10S": "1000", "BYLINE_TELEGRAM__PER_USER_HOUR": "10000"}


def main(argv: Sequence[str] | None = None) -> int:
    """Run the stages that were asked for; 1 where the data is not there."""
    options = _options(argv)
    if not any(options.index.glob("gen-*")) or not options.questions.is_file():
        print("telegram_load: name an index folder and a file of questions (--index, --questions)", file=sys.stderr)
        return 1
    questions = _questions(options.questions)
    rows = []
    for figures in _stages(options, questions):
        rows.append(figures)
        if options.json:
            print(json.dumps(figures), flush=True)
    if not options.json:
        print(_table(rows))
    return 0


def _options(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.telegram_load",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--index", type=Path, default=Path(".index"))
    parser.add_argument("--questions", type=Path, default=Path("../shared/data/realtimeqa_2022/questions.jsonl"))
    parser.add_argument("--minutes", type=float, default=1.0)
    parser.add_argument("--users", type=int, default=50)
    parser.add_argument("--rate", type=float, default=5.0)
    parser.add_argument("--flooder", type=float, default=0.0)
    parser.add_argument("--burst", type=int, default=0)
    parser.add_argument("--patience", type=float, default=1_800.0)
    parser.add_argument("--kills", type=int, default=0)
    parser.add_argument("--reader", default="shipped")
    parser.add_argument("--json", action="store_true")
    return parser.parse_args(argv)


def _stages(options: argparse.Namespace, questions: Sequence[str]) -> Iterator[dict[str, Any]]:
    reader = {"BYLINE_READER__MODEL": options.reader}
    none = {"BYLINE_READER__MODEL": "none"}
    seconds = options.minutes * 60
    if options.minutes:
        with _bot(options.index, reader | _UNLIMITED) as (server, bot):
            yield _asked("steady", server, bot, questions, seconds, options.users, options.rate)
    if options.flooder:
        hour = {"BYLINE_TELEGRAM__PER_USER_HOUR": "600"}
        both = []
        for name, flood in (("20 polite alone", 0.0), (f"20 polite, flooder {options.flooder:g}/s", options.flooder)):
            with _bot(options.index, reader | hour) as (server, bot):
                both.append(_asked(name, server, bot, questions, seconds, 20, 2.0, flood))
                yield both[-1]
        yield {"stage": "with / without flooder"} | _ratios(*both)
    if options.burst:
        with _bot(options.index, none) as (server, bot):
            yield _burst(server, bot, questions, options.burst, options.patience)
    if options.kills:
        admins = {"BYLINE_TELEGRAM__ADMINS": json.dumps(list(range(1, options.kills + 1)))}
        with _bot(options.index, none | admins) as (server, bot):
            yield _kills(server, bot, questions, options.kills)


@contextmanager
def _bot(index: Path, settings: dict[str, str]) -> Iterator[tuple[BotApi, Bot]]:
    """A bot over a copy of the index that has answered some questions: its models are loaded, its memory has settled."""
    with tempfile.TemporaryDirectory(prefix="byline-load-") as folder, BotApi() as server:
        shutil.copytree(index, Path(folder) / "index", ignore=shutil.ignore_patterns("telegram.sqlite*", "*.lock"))
        with Bot(server, Path(folder), Path(folder) / "index", chatty=False, **settings) as bot:
            warming = Crowd(server, _WARMING, first=9_000)
            warming.top_up(len(_WARMING))
            warming.answered(600)
            yield server, bot


@dataclass(slots=True)
class _Watch:
    """Looks at the bot now and then; keeps the largest values."""

    bot: Bot
    cpu: float = 0.0
    began: float = 0.0
    memory: float = 0.0
    growth: float = 0.0
    own: float = 0.0
    own_growth: float = 0.0
    tasks: float = 0.0
    _last: float = field(default=0.0)

    def __post_init__(self) -> None:
        self.began, self.cpu = time.monotonic(), _cpu(self.bot.process.pid)
        self.memory, self.own = self.bot.memory(), self.bot.own_memory()

    def look(self) -> None:
        """Once a second at most."""
        if time.monotonic() - self._last >= 1:
            self._last = time.monotonic()
            self.growth = max(self.growth, self.bot.memory() - self.memory)
            self.own_growth = max(self.own_growth, self.bot.own_memory() - self.own)
            found = [value for name, value in self.bot.metrics().items() if "tasks" in name]
            self.tasks = max([self.tasks, *found])

    def figures(self, server: BotApi) -> dict[str, Any]:
        """Share of one core, memory, tasks, event-loop lag by the bot's own metrics."""
        answers = len(server.world.outbox) - len(_WARMING)
        seconds = time.monotonic() - self.began
        lag = {name: value for name, value in self.bot.metrics().items() if "lag" in name}
        p99 = next((value for name, value in lag.items() if "0.99" in name), None)
        return {
            "busy": sum(message.text == BUSY for message in server.world.outbox),
            "cpu_ms": round(1000 * (_cpu(self.bot.process.pid) - self.cpu) / max(1, answers), 1),
            "bot_cores": round((_cpu(self.bot.process.pid) - self.cpu) / seconds, 2),
            "lag_p99_ms": None if p99 is None else round(p99 * 1000, 1),
            "memory_mb": round(self.memory), "growth_mb": round(self.growth),
            "own_growth_mb": round(self.own_growth), "tasks": int(self.tasks),
            "load_average": os.getloadavg()[0],
        }  # fmt: skip


def _asked(
    name: str, server: BotApi, bot: Bot, questions: Sequence[str], seconds: float, users: int, rate: float,
    flood: float = 0.0,
) -> dict[str, Any]:  # fmt: skip
    people = [User(server, 1_000 + number) for number in range(users)]
    flooder, words = User(server, 500), itertools.cycle(_reworded(questions))
    watch, asked, sent, different = _Watch(bot), 0, 0, set[str]()
    while (now := time.monotonic() - watch.began) < seconds:
        while asked < now * rate:
            different.add(people[asked % users].says(next(words)).text)
            asked += 1
        while flood and sent < now * flood:
            flooder.says(f"{questions[sent % len(questions)]} ({sent})")  # no answer that is kept serves the others
            sent += 1
        watch.look()
        time.sleep(0.005)
    figures = watch.figures(server)
    _until(lambda: all(len(user.heard()) >= _asked_by(user) for user in people), 60)
    times, lost = _times(server, people)
    return {
        "stage": name, "questions": asked, "different": len(different), "unanswered": lost, **_percentiles(times), **figures,
        "refused_429": server.pace.refused, "log_lines": bot.output().count("\n"),
        **({"flooder_sent": sent, "flooder_got": len(flooder.heard())} if flood else {}),
    }  # fmt: skip


def _burst(server: BotApi, bot: Bot, questions: Sequence[str], number: int, patience: float) -> dict[str, Any]:
    crowd = Crowd(server, questions)
    watch = _Watch(bot)
    crowd.top_up(number)
    until = time.monotonic() + patience
    while crowd.open() and time.monotonic() < until:
        watch.look()
        time.sleep(0.25)
    figures = watch.figures(server)
    return {
        "stage": f"burst of {number}", "questions": number, "different": len(set(questions[:number])), "unanswered": crowd.open(), "doubled": crowd.doubled(),
        "seconds": round(time.monotonic() - watch.began), **figures, "refused_429": server.pace.refused,
        "log_lines": bot.output().count("\n"),
    }  # fmt: skip


def _kills(server: BotApi, bot: Bot, questions: Sequence[str], rounds: int) -> dict[str, Any]:
    bot.terminate()
    crowd, began = Crowd(server, questions), time.monotonic()
    admins = [User(server, 1 + number) for number in range(rounds)]
    doubled = kills(server, bot, crowd, admins, 250, seed=int(began))
    return {
        "stage": f"{rounds} kills", "questions": len(crowd.people), "unanswered": crowd.open(),
        "doubled": sum(doubled), "doubled_at_most": max(doubled),
        "orders_twice": sum(sum(INTERRUPTED not in m.text for m in admin.heard()) > 1 for admin in admins), "seconds": round(time.monotonic() - began),
    }  # fmt: skip


def _ratios(alone: dict[str, Any], flooded: dict[str, Any]) -> dict[str, Any]:
    """How many times as long the others wait."""
    names = ("p50_ms", "p99_ms", "most_ms")
    return {name: round(flooded[name] / alone[name], 2) for name in names if alone[name] and flooded[name]}


def _times(server: BotApi, people: Sequence[User]) -> tuple[list[float], int]:
    """Seconds from each question to the answer that belongs to it (one chat is answered in order), and how many have none."""
    times, lost = [], 0
    for user in people:
        asked = [message.at for message in user.chat.messages.values() if not message.by_bot]
        calls = iter(call.at for call in server.of("sendMessage", user.id) if call.status == 200)
        for at in asked:
            answered = next((one for one in calls if one >= at), None)
            if answered is None:
                lost += 1
            else:
                times.append(answered - at)
    return times, lost


def _percentiles(times: Sequence[float]) -> dict[str, Any]:
    ordered = sorted(times)
    if not ordered:
        return {"p50_ms": None, "p99_ms": None, "most_ms": None}
    at = {"p50_ms": 0.5, "p99_ms": 0.99, "most_ms": 1.0}
    return {
        name: round(1000 * ordered[min(len(ordered) - 1, int(share * len(ordered)))], 1) for name, share in at.items()
    }


def _asked_by(user: User) -> int:
    return sum(1 for message in user.chat.messages.values() if not message.by_bot)


def _until(true: Callable[[], object], seconds: float, pause: float = 0.1) -> None:
    until = time.monotonic() + seconds
    while not true() and time.monotonic() < until:
        time.sleep(pause)


def _questions(path: Path) -> list[str]:
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    return [str(line.get("q") or line["question"]) for line in lines]


def _reworded(questions: Sequence[str]) -> Iterator[str]:
    """Each as it stands, then with a month before it: the words differ, so that no answer can be a kept one."""
    yield from questions
    for year, month in itertools.product((2022, 2021, 2020), _MONTHS):
        yield from (f"In {month} {year}, {question[:1].lower()}{question[1:]}" for question in questions)


def _cpu(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _table(rows: Sequence[dict[str, Any]]) -> str:
    """One block: figures down, stages across."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    cells = [[name, *("" if row.get(name) is None else str(row[name]) for row in rows)] for name in names]
    widths = [max(len(line[column]) for line in cells) for column in range(len(rows) + 1)]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) for line in cells)


if __name__ == "__main__":
    sys.exit(main())
