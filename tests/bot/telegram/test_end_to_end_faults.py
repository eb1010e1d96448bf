"""What goes wrong between Telegram and the bot, one thing at a time: nothing is lost, nobody else waits, nothing storms."""

from __future__ import annotations

import itertools
import time
from collections.abc import Sequence
from dataclasses import replace

import pytest

from bot.chat_telegram.sending import UNSURE
from tests.bot.conftest import Byline
from tests.bot.telegram.bot_api import faults
from tests.bot.telegram.bot_api.people import User
from tests.bot.telegram.bot_api.server import BotApi
from tests.bot.telegram.conftest import Party, Starts

pytestmark = pytest.mark.model
QUESTION = "who declared the caliphate over?"


def asked(people: Sequence[User]) -> Sequence[User]:
    """The people, each with a question under way."""
    for user in people:
        user.says(QUESTION)
    return people


def all_answered(server: BotApi, people: Sequence[User], timeout: float) -> list[int]:
    """Wait until each has heard something; how many messages each has heard."""
    server.wait(lambda: all(server.world.told[user.id] for user in people), timeout, "an answer to everyone")
    return [len(user.heard()) for user in people]


def test_a_chat_that_telegram_holds_back_waits_as_told_while_the_others_are_answered(party: Party) -> None:
    server, (slow, never, *others) = party.server, party.people(22)
    server.faults.add("sendMessage", faults.flood(6), chat=slow.id)
    server.faults.add("sendMessage", faults.flood(86_400), chat=never.id)
    asked([slow, never])
    server.wait(lambda: bool(server.of("sendMessage", slow.id) and server.of("sendMessage", never.id)), 15, "the 429s")
    all_answered(server, asked(others), 20)
    assert len(slow.hears(1, timeout=20)) == 1
    refused, again = server.of("sendMessage", slow.id)
    assert again.at - refused.answered >= 6
    assert max(user.heard()[0].at for user in others) < slow.heard()[0].at, "the others waited too"
    assert len(server.of("sendMessage", never.id)) == 1 and not never.heard()


def answered(server: BotApi, user: User, timeout: float) -> None:
    """Wait until the person has an answer, and not only the line that stands for one."""
    server.wait(lambda: any(one.text != UNSURE for one in user.heard()), timeout, f"an answer to {user.id}")


def test_a_server_that_fails_is_asked_again_and_the_answer_comes_once(party: Party) -> None:
    server, (user,) = party.server, party.people(1)
    for fault in (faults.error(500), faults.page(502), faults.unsent(), faults.error(503)):
        server.faults.add("sendMessage", fault, chat=user.id)
    server.faults.add("sendChatAction", faults.error(500), times=None)
    user.says(QUESTION)
    answered(server, user, 40)
    time.sleep(2)
    server.faults.heal("sendChatAction")
    assert len(user.heard()) == 1


def test_a_lost_response_means_at_most_two_copies_and_never_none(party: Party) -> None:
    """Also where a server says 500 or 502 and has done it all the same."""
    server, people = party.server, party.people(24)
    lost = itertools.cycle(
        (faults.lost(), faults.halved(), *(replace(faults.error(n), effect=True) for n in (500, 502)))
    )
    for user, fault in zip(people, lost, strict=False):
        server.faults.add("sendMessage", fault, chat=user.id)
    all_answered(server, asked(people), 30)
    server.wait(lambda: all(len(user.heard()) == 2 for user in people), 20, "the second copies")
    server.wait(lambda: all(user.heard()[0].text == user.heard()[1].text for user in people), 20, "the lines' change")
    time.sleep(4)
    assert [len(user.heard()) for user in people] == [2] * len(people)


def test_two_lost_sends_in_a_row_mean_an_answer_all_the_same_and_never_three_copies(party: Party) -> None:
    """Whether they were carried out or not, nobody can tell."""
    server, people = party.server, party.people(12)
    for user in people:
        for fault in (faults.lost(), faults.unsent()) if user.id % 2 else (faults.unsent(), faults.lost()):
            server.faults.add("sendMessage", fault, chat=user.id)
    asked(people)
    for user in people:
        answered(server, user, 40)
    server.wait(lambda: all(len(user.heard()) == 2 for user in people), 20, "what follows")
    time.sleep(4)
    for user in people:
        copies = [one for one in user.heard() if one.text != UNSURE]
        assert 1 <= len(copies) <= 2 and len(user.heard()) == 2


def test_an_undeliverable_answer_is_tried_once(party: Party) -> None:
    server, (user, other) = party.server, party.people(2)
    with server.world.changed:
        asked([user])
        user.says("who is Mustafa Bali?")
        user.blocks()
    other.asks(QUESTION, timeout=20)
    time.sleep(2)
    assert len(server.of("sendMessage", user.id)) <= 1


def test_an_outage_of_some_seconds_loses_nothing_and_does_not_fill_the_log(party: Party) -> None:
    server, before, during = party.server, party.people(20), party.people(20)
    lines, sent = party.bot.output().count("\n"), len(server.world.outbox)
    asked(before)
    server.wait(lambda: len(server.world.outbox) >= sent + 3, 20, "the first answers")
    server.outage()
    asked(during)
    time.sleep(5)
    server.back()
    began = time.monotonic()
    heard = all_answered(server, [*before, *during], 60)
    assert time.monotonic() - began < 30
    assert max(heard) <= 2 and heard.count(2) <= 4
    assert party.bot.output().count("\n") - lines <= 10, party.bot.output()


WRONG = {
    "500": faults.error(500), "a page": faults.page(200), "half": faults.body(b'{"ok":true,"result":[{"update'),
    "null": faults.body(b"null"), "text": faults.body(b'{"ok":true,"result":"x"}'),
    "no updates": faults.body(b'{"ok":true,"result":[1,null,"x",{}]}'), "not ok": faults.body(b'{"ok":false}'),
    "401": faults.error(401, "Unauthorized"), "404": faults.error(404, "Not Found"), "409": faults.conflict(),
    "reset": faults.unsent(), "half a batch": faults.halved(),
}  # fmt: skip


def test_whatever_getupdates_answers_questions_are_answered_and_polls_stay_slow(party: Party) -> None:
    """Each wrong answer comes to a poll that has a question waiting."""
    server, people = party.server, party.people(2 * len(WRONG))
    polls, began = len(server.of("getUpdates")), time.monotonic()
    for (name, fault), first, second in zip(WRONG.items(), people[::2], people[1::2], strict=True):
        seen = len(server.of("getUpdates"))
        with server.world.changed:
            server.faults.add("getUpdates", fault)
            first.says(QUESTION)
        server.wait(lambda seen=seen: len(server.of("getUpdates")) > seen, 10, f"a poll to meet {name}")  # type: ignore[misc]  # mypy does not infer a default bound in a lambda
        second.says(QUESTION)
        all_answered(server, [first, second], 20)
    polled, seconds = len(server.of("getUpdates")) - polls, time.monotonic() - began
    assert polled <= 2 * seconds + 2, f"{polled} polls in {seconds:.1f} s"
    assert [len(user.heard()) for user in people] == [1] * len(people)
    assert party.bot.process.poll() is None


POISON: tuple[dict[str, object], ...] = (
    {"message": {"message_id": 1, "date": "not-a-date", "chat": {"id": 5, "type": "private"}}},
    {"message": [1]},
    {"message": {"message_id": 1, "date": 10**18, "chat": {"id": 5, "type": "private"}, "text": "hi"}},
    {"quantum_message": {"x": 1}},
    {"callback_query": {"id": "x", "from": {"id": 5, "is_bot": False, "first_name": "a"}, "data": "v1:x"}},
    {"message": {"message_id": 2, "date": 1, "chat": {"id": "five", "type": "private"}, "text": "\ud800"}},
)


def test_poison_in_a_stream_of_a_thousand_updates_stops_none_of_the_others(party: Party) -> None:
    server, (first, *people) = party.server, party.people(51)
    answer = first.asks(QUESTION, timeout=30)
    polls, began, queries = len(server.of("getUpdates")), time.monotonic(), []
    with server.world.changed:
        for number in range(1000):
            if number % 150 == 75:
                server.world.put({"update_id": next(server.world.update_ids), **POISON[number // 150 % len(POISON)]})
            elif number % 20 == 0:
                asked([people[number // 20]])
            else:
                (stranger,) = party.people(1)
                queries.append(stranger.sends_press(answer, "v1:src:forged:1"))
    found = server.world.queries
    server.wait(lambda: all("answer" in found[one] for one in queries), 60, "an answer to every press")
    all_answered(server, people, 60)
    seconds = time.monotonic() - began
    polled = len(server.of("getUpdates")) - polls
    assert polled <= 2 * seconds + 2, f"{polled} polls in {seconds:.1f} s"
    assert max(map(len, party.bot.output().splitlines()), default=0) <= 600
    assert QUESTION not in party.bot.output()


def test_a_second_bot_on_the_same_records_gives_up_at_once_and_names_the_first(
    server: BotApi, starts: Starts, small: Byline
) -> None:
    first = starts(small.index)
    second = starts(small.index, fresh=False, wait=0)
    code, seconds = second.ends(30)
    assert code == 75 and seconds < 8
    assert str(first.process.pid) in second.output()
    assert User(server, 5).asks(QUESTION, timeout=30) and first.process.poll() is None


def test_old_orders_are_not_carried_out_and_old_questions_are_asked_about(
    server: BotApi, starts: Starts, small: Byline
) -> None:
    admin, user, fresh = User(server, 1), User(server, 5), User(server, 6)
    now = time.time()
    admin.says("/reload", date=now - 6 * 60)
    user.says(QUESTION, date=now - 20 * 60)
    fresh.says(QUESTION, date=now - 60)
    starts(small.index, BYLINE_TELEGRAM__ADMINS="[1]")
    answer, note = fresh.hears(1, timeout=30)[0], user.hears(1, timeout=10)[0]
    assert len(answer.text) > len(note.text) and QUESTION in note.text
    user.told(user.presses(note, "gain"))
    server.wait(lambda: len(note.versions) == 2, 15, "the answer in the note's place")
    assert note.text == answer.text and len(user.heard()) == 1
    time.sleep(1)
    assert len(admin.heard()) <= 1
    assert not any("reloaded" in message.text.lower() for message in admin.heard())
