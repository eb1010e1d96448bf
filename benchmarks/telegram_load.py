"""The Telegram bot under load: `python -m benchmarks.telegram_load --index DIR --questions FILE`.

The bot runs as a process of its own against the tests' strict Bot API server on loopback, which keeps Telegram's limits
(30 messages a second, one a second to a chat). Prints one table: a line for each stage, then what else the machine did.

    --index DIR         an index folder; it is copied, and the bot works on the copy
    --questions FILE    JSON lines with "q" or "question"; each is asked once, then again in other words ("In May 2022, ...");
                        `different` says how many of those asked differed, in letters
    --minutes M         length of the steady stage (1; 0: left out)
    --users N, --rate R so many people ask, in turn, R questions a second in all (50 and 5)
    --flooder R         20 people ask 2 questions a second, alone; then 20 others beside one who sends R messages a
                        second to the same bot; then the ratios of their times (0: left out)
    --polite N          questions of each of the two (320, which take 160 s each; a p99 needs some hundreds)
    --burst N           N questions at once from N people (0: left out)
    --patience S        seconds to wait for the burst's last answer (1,800)
    --kills N           N times: 250 questions open, kill -9 at a random point, no reader (0: left out)
    --reader NAME       the reader of the other stages (shipped)
    --json              the figures as one JSON line a stage instead

Each stage but the second of the flooder begins with a new process and its warming: some 15 s. How far it is stands on stderr.

Times are from the moment an update can be fetched until the first sendMessage to that chat comes in. The server runs in
this process, on the same cores as the bot. Loop lag and tasks are the bot's own metrics; memory is what the kernel
says, `own` without pages of files: `own_before_first_mb` just after the start, `own_warm_mb` after the warming questions,
and the most while the stage ran over each of them. `cpu_ms` is the bot's processor time for an answer: on a busy machine,
the one figure about speed that means something.
"""

from __future__ import annotations

import argparse
import itertools
import json
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from benchmarks.telegram_watch import Watch, until, warmed
from bot.chat_telegram.working import INTERRUPTED
from tests.bot.telegram.bot_api.child import Bot
from tests.bot.telegram.bot_api.crowd import Crowd, kills
from tests.bot.telegram.bot_api.people import User
from tests.bot.telegram.bot_api.server import BotApi

_MONTHS = "January February March April May June July August September October November December".split()
_POLITE, _POLITE_RATE = 20, 2.0  # people, and what they ask a second together
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
    parser.add_argument("--polite", type=int, default=320)
    parser.add_argument("--burst", type=int, default=0)
    parser.add_argument("--patience", type=float, default=1_800.0)
    parser.add_argument("--kills", type=int, default=0)
    parser.add_argument("--reader", default="shipped")
    parser.add_argument("--json", action="store_true")
    return parser.parse_args(argv)


def _stages(options: argparse.Namespace, questions: Sequence[str]) -> Iterator[dict[str, Any]]:
    reader = {"BYLINE_READER__MODEL": options.reader}
    if options.minutes:
        with warmed(options.index, reader | _UNLIMITED) as watched:
            words = _reworded(questions)
            yield _asked("steady", watched, words, options.minutes * 60, options.users, options.rate)
    if options.flooder:
        yield from _flooded(options, questions, reader | {"BYLINE_TELEGRAM__PER_USER_HOUR": "600"})
    if options.burst:
        with warmed(options.index, reader) as watched:
            yield _burst(watched, questions, options.burst, options.patience)
    if options.kills:
        admins = {"BYLINE_TELEGRAM__ADMINS": json.dumps(list(range(1, options.kills + 1)))}
        with warmed(options.index, {"BYLINE_READER__MODEL": "none"} | admins) as (server, bot, _):
            yield _kills(server, bot, questions, options.kills)


def _asked(
    name: str, watched: tuple[BotApi, Bot, float], words: Iterator[str], seconds: float, users: int, rate: float,
    flood: Sequence[str] = (), flood_rate: float = 0.0, first: int = 1_000,
) -> dict[str, Any]:  # fmt: skip
    server, bot, cold = watched
    people = [User(server, first + number) for number in range(users)]
    flooder, watch, asked, sent, different = User(server, 500), Watch(server, bot, name, cold), 0, 0, set[str]()
    while (now := time.monotonic() - watch.began) < seconds:
        while asked < now * rate:
            different.add(people[asked % users].says(next(words)).text)
            asked += 1
        while flood and sent < now * flood_rate:
            flooder.says(f"{flood[sent % len(flood)]} ({sent})")  # no answer that is kept serves the others
            sent += 1
        watch.look()
        time.sleep(0.005)
    figures = watch.figures()
    until(lambda: all(len(user.heard()) >= _asked_by(user) for user in people), 60)
    times, lost = _times(server, people)
    return {
        "stage": name, "questions": asked, "different": len(different), "unanswered": lost, **_percentiles(times), **figures,
        **({"flooder_sent": sent, "flooder_got": len(flooder.heard())} if flood else {}),
    }  # fmt: skip


def _flooded(
    options: argparse.Namespace, questions: Sequence[str], settings: dict[str, str]
) -> Iterator[dict[str, Any]]:
    """Polite people alone, then as many others beside a flooder, of one bot; then the ratios of their times."""
    seconds = options.polite / _POLITE_RATE
    words = list(itertools.islice(_reworded(questions), 2 * options.polite + 2))
    shares = iter(words[::2]), iter(words[1::2])  # of one kind, and none twice
    with warmed(options.index, settings) as watched:
        alone = _asked("polite alone", watched, shares[0], seconds, _POLITE, _POLITE_RATE)
        yield alone
        flooded = _asked(
            f"polite, flooder {options.flooder:g}/s", watched, shares[1], seconds, _POLITE, _POLITE_RATE, questions,
            options.flooder, first=2_000,
        )  # fmt: skip
        yield flooded
    yield {"stage": "with / without flooder"} | _ratios(alone, flooded)


def _burst(
    watched: tuple[BotApi, Bot, float], questions: Sequence[str], number: int, patience: float
) -> dict[str, Any]:
    server, bot, cold = watched
    crowd, name = Crowd(server, questions), f"burst of {number}"
    watch = Watch(server, bot, name, cold)
    crowd.top_up(number)
    end = time.monotonic() + patience
    while crowd.open() and time.monotonic() < end:
        watch.look()
        time.sleep(0.5)
    figures = watch.figures()
    return {
        "stage": name, "questions": number, "different": len(set(questions[:number])), "unanswered": crowd.open(),
        "doubled": crowd.doubled(), "seconds": round(time.monotonic() - watch.began), **figures,
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


def _questions(path: Path) -> list[str]:
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    return [str(line.get("q") or line["question"]) for line in lines]


def _reworded(questions: Sequence[str]) -> Iterator[str]:
    """Each as it stands, then with a month before it: the words differ, so that no answer can be a kept one."""
    yield from questions
    for year, month in itertools.product((2022, 2021, 2020), _MONTHS):
        yield from (f"In {month} {year}, {question[:1].lower()}{question[1:]}" for question in questions)


def _table(rows: Sequence[dict[str, Any]]) -> str:
    """One block: figures down, stages across."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    cells = [[name, *("" if row.get(name) is None else str(row[name]) for row in rows)] for name in names]
    widths = [max(len(line[column]) for line in cells) for column in range(len(rows) + 1)]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) for line in cells)


if __name__ == "__main__":
    sys.exit(main())
