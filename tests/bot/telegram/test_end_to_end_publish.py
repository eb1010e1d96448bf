"""Articles change under a running bot: answers go on, and each quote stands in the generation that gave it."""

from __future__ import annotations

import json
import threading
import time
from pathlib import Path

import pytest

from tests.bot.conftest import Byline
from tests.bot.telegram.bot_api.people import User
from tests.bot.telegram.bot_api.quotes import quotes_in, strays
from tests.bot.telegram.bot_api.server import BotApi
from tests.bot.telegram.conftest import Starts, texts

pytestmark = pytest.mark.model
QUESTIONS = (
    "who declared the caliphate over?",
    "who is Mustafa Bali?",
    "What happened in Raqqa?",
    "what fell in Baghuz?",
)
NEW = "The keeper Ana Brandt repaired the lighthouse lamp at Korr on Tuesday."


def test_publishing_never_stops_answers_and_no_quote_is_of_no_generation(
    server: BotApi, starts: Starts, small: Byline, tmp_path: Path
) -> None:
    bot = starts(small.index)
    here = Byline(tmp_path, bot.index)
    old = texts(here)
    first = User(server, 5)
    before = first.asks(QUESTIONS[0], timeout=30)
    article = tmp_path / "lighthouse.jsonl"
    article.write_text(
        json.dumps({"title": "Lamp", "text": f"{NEW}\n\nIt had been dark for a year."}), encoding="utf-8"
    )
    listed = [json.loads(line)["id"] for line in here("articles", "--json")[1].splitlines()]
    outcomes: list[tuple[int, str, str]] = []

    def change() -> None:
        outcomes.append(here("add", str(article)))
        outcomes.append(here("remove", listed[0]))

    work = threading.Thread(target=change)
    work.start()
    people: list[User] = []
    while work.is_alive():
        people.append(User(server, 100 + len(people)))
        people[-1].says(QUESTIONS[len(people) % len(QUESTIONS)])
        time.sleep(0.25)
    work.join()
    assert [code for code, *_ in outcomes] == [0, 0], outcomes
    for user in people:
        user.hears(1, timeout=20)
    new = texts(here)
    assert len(people) >= 5 and len(new) == len(old)
    shown = [m for user in people for m in user.heard()]
    assert all(strays(m.text, m.entities, [*old, *new]) == [] for m in shown)
    after = User(server, 6).asks("who repaired the lighthouse lamp?", timeout=20)
    assert NEW in quotes_in(after.text, after.entities)
    late = [User(server, 7 + number).asks(question, timeout=20) for number, question in enumerate(QUESTIONS)]
    assert all(strays(m.text, m.entities, new) == [] for m in late)
    for row in before.keyboard or []:
        for button in row:
            if "callback_data" in button:
                first.told(first.sends_press(before, button["callback_data"]))
    time.sleep(1)
    versions = [version for message in first.heard() for version in message.versions]
    assert all(strays(one.text, one.entities, [*old, *new]) == [] for one in versions)
