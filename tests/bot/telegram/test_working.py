"""Workers: who is answered, who is told why not, what is put off, and that orders are carried out at most once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from telegram import Update
from telegram.error import NetworkError
from telegram.ext import Application, ApplicationBuilder, TypeHandler

from bot.chat_telegram import working
from bot.chat_telegram.calls import Gone, Later
from bot.chat_telegram.inbox import Inbox
from bot.chat_telegram.limits import Pace
from bot.chat_telegram.records import Records
from bot.chat_telegram.sending import Sender
from bot.chat_telegram.wire import Bot
from bot.chat_telegram.working import (
    BUSY,
    CRASHES,
    GIVEN_UP,
    INTERRUPTED,
    SLOW,
    SWIFT,
    TOO_OLD,
    Line,
    Workers,
    on_error,
)
from bot.config import TelegramSettings
from tests.bot.telegram.awaiting import ADMIN, Clock, awaited, group_message, opened, press, question, soon
from tests.bot.telegram.recording import TOKEN, RecordingRequest

Handler = Callable[[Update, Sender], Awaitable[None]]


@dataclass(slots=True)
class Floor:
    """Workers over a recording request; `handled` are the updates that reached the handler, in order."""

    records: Records
    inbox: Inbox
    sender: Sender
    workers: Workers
    request: RecordingRequest
    clock: Clock
    handled: list[int] = field(default_factory=list)

    async def all(self) -> None:
        """Deal with what can be dealt with now, one after the other."""
        while True:
            try:
                entry = await asyncio.wait_for(self.inbox.take(SLOW | SWIFT), 0.03)
            except TimeoutError:
                return
            await self.workers.deal(entry)

    def texts(self) -> list[str]:
        return self.request.texts()


async def echo(update: Update, sender: Sender) -> None:
    if update.effective_chat is not None:
        await sender.send(update.effective_chat.id, [Line("answer")])


@asynccontextmanager
async def floor(
    folder: Path, handler: Handler = echo, *, known: bool = True, clock: Clock | None = None, **settings: Any
) -> AsyncIterator[Floor]:
    """The floor with its doors open; `known` says whether those who write may be spoken to."""
    clock, request = clock or Clock(), RecordingRequest()
    bot = Bot(TOKEN, request=request, get_updates_request=RecordingRequest())
    application: Application[Any, Any, Any, Any, Any, Any] = (
        ApplicationBuilder().bot(bot).updater(None).job_queue(None).build()
    )
    chosen = replace(TelegramSettings(), **settings)
    records, box = await opened(folder, clock, chosen.waiting)
    sender = Sender(bot, box, Pace(1_000), clock, clock.sleep)

    async def welcome(update: Update) -> bool:
        return known

    workers = Workers(box, sender, application, chosen, welcome, clock)
    there = Floor(records, box, sender, workers, request, clock)

    async def handle(update: Update, context: Any) -> None:
        there.handled.append(update.update_id)
        await handler(update, sender)

    application.add_handler(TypeHandler(Update, handle))
    application.add_error_handler(on_error)
    await application.initialize()
    request.clear()
    try:
        yield there
    finally:
        await records.close()


@awaited
async def test_a_question_is_answered_and_done(tmp_path: Path) -> None:
    async with floor(tmp_path) as here:
        await here.inbox.accept([question(1), press(2)])
        await here.all()
        assert here.handled == [1, 2]
        assert here.inbox.waiting() == 0
        assert (here.inbox.counts["answered"], here.inbox.counts["handled"]) == (1, 1)


@pytest.mark.parametrize(
    "message",
    [
        {"message_id": 1, "date": "not-a-date", "chat": {"id": 5, "type": "private"}},
        [1],
        {"message_id": 1, "date": 10**18, "chat": {"id": 5, "type": "private"}, "text": "hi canary"},
        {"message_id": 1, "date": 1_700_000_000_000, "chat": {"id": 5, "type": "private"}},
    ],
)
def test_what_cannot_be_parsed_is_parked_and_the_next_of_that_chat_answered(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, message: object
) -> None:
    """TEL-001 to TEL-003."""

    @awaited
    async def one() -> None:
        async with floor(tmp_path) as here:
            await here.inbox.accept([{"update_id": 10, "message": message}, question(11)])
            await here.all()
            assert here.handled == [11]
            parked = await here.records.do(lambda c: c.execute("SELECT update_id, excerpt FROM parked").fetchall())
            assert [(number, len(excerpt) <= 200) for number, excerpt in parked] == [(10, True)]
        assert "update 10 parked" in caplog.text
        assert "canary" not in caplog.text

    one()


# Limits and honesty


@awaited
async def test_a_flooder_is_told_once_a_minute_and_the_polite_are_answered(tmp_path: Path) -> None:
    async with floor(tmp_path) as here:
        await here.inbox.accept([question(number) for number in range(1, 31)])
        await here.inbox.accept([question(50, 6)])
        while here.inbox.waiting():
            await here.all()
            here.clock.now += 0.5
        to_flooder = [call.text for call in here.request.of("sendMessage") if call.parameters["chat_id"] == 5]
        answers = [text for text in to_flooder if text == "answer"]
        notices = [text for text in to_flooder if text != "answer"]
        assert len(notices) == 1
        assert "more than I answer" in notices[0]
        assert 5 <= len(answers) <= 20
        assert len(answers) + here.inbox.counts["limited"] == 30
        assert "answer" in [call.text for call in here.request.of("sendMessage") if call.parameters["chat_id"] == 6]


@awaited
async def test_a_flood_that_waits_is_off_the_table_at_one_stroke_and_takes_nothing_else_with_it(tmp_path: Path) -> None:
    async with floor(tmp_path, per_user_10s=2) as here:
        await here.inbox.accept(
            [*(question(number, ADMIN) for number in range(1, 60)), question(60, ADMIN, "/stats"), press(61, ADMIN)]
        )
        dealt = 0
        while here.inbox.counts["limited"] == 0:
            await here.workers.deal(await here.inbox.take(SLOW))
            dealt += 1
            here.clock.now += 1.1
        assert dealt == 3 and here.inbox.counts["limited"] == 57, (
            "two are answered, and all that is left is over the limit"
        )
        assert here.inbox.waiting() == 2
        await here.all()
        assert sorted(here.handled) == [1, 2, 60, 61], "an order and a press are no part of the flood"


@awaited
async def test_who_is_over_the_limit_for_a_moment_only_is_heard_again_after_it(tmp_path: Path) -> None:
    async with floor(tmp_path, per_user_10s=1) as here:
        await here.inbox.accept([question(1)])
        await here.all()
        here.clock.now += 9.5
        await here.inbox.accept([question(2), question(3)])
        await here.workers.deal(await here.inbox.take(SLOW))
        here.clock.now += 1.1
        await here.all()
        assert here.handled == [1, 3]


@awaited
async def test_an_hour_of_flooding_gets_sixty_answers(tmp_path: Path) -> None:
    """LD4."""
    async with floor(tmp_path) as here:
        for number in range(1, 90):
            await here.inbox.accept([question(number)])
            entry = await here.inbox.take(SLOW)
            await here.workers.deal(entry)
            here.clock.now += 30
        assert here.texts().count("answer") == 60
        assert here.inbox.counts["limited"] == 29


@awaited
async def test_those_who_may_not_ask_are_not_told_of_limits_either(tmp_path: Path) -> None:
    async with floor(tmp_path, known=False) as here:
        await here.inbox.accept([question(number) for number in range(1, 10)])
        await here.all()
        assert "more than" not in " ".join(here.texts())


@awaited
async def test_a_wait_not_worth_having_is_said_at_once(tmp_path: Path) -> None:
    async with floor(tmp_path, waiting=8, workers=1) as here:
        here.workers._took.extend([20.0] * 20)
        await here.inbox.accept([question(number, number) for number in range(1, 9)])
        await here.all()
        assert here.inbox.counts["busy"] == 4
        assert here.texts().count(BUSY) == 4
        assert here.texts().count("answer") == 4


@awaited
async def test_one_persons_flood_is_no_reason_to_tell_others_busy(tmp_path: Path) -> None:
    async with floor(tmp_path, waiting=16, workers=1, per_user_10s=5) as here:
        here.workers._took.extend([20.0] * 20)
        await here.inbox.accept([*(question(number) for number in range(1, 15)), question(15, 6)])
        first = await here.inbox.take(SLOW)
        polite = await here.inbox.take(SLOW)
        assert (first.lane, polite.lane) == (5, 6)
        await here.workers.deal(polite)
        assert here.texts() == ["answer"]


@awaited
async def test_a_short_line_is_answered_however_full_the_inbox_is(tmp_path: Path) -> None:
    async with floor(tmp_path, waiting=8) as here:
        await here.inbox.accept([question(number, number) for number in range(1, 9)])
        await here.all()
        assert here.texts() == ["answer"] * 8


@awaited
async def test_a_question_begun_before_a_kill_is_neither_limited_nor_turned_away(tmp_path: Path) -> None:
    async with floor(tmp_path, per_user_10s=1) as here:
        await here.inbox.accept([question(1), question(2), question(3)])
        await here.inbox.begin(await here.inbox.take(SLOW))
    async with floor(tmp_path, per_user_10s=1) as here:
        await here.all()
        here.clock.now += 5
        await here.all()
        assert here.handled == [1, 2]
        assert here.inbox.counts["limited"] == 1


@awaited
async def test_a_question_that_telegram_puts_off_counts_once(tmp_path: Path) -> None:
    """As many as one person may ask, the first answer held back: none of them is turned away when it is tried again."""
    async with floor(tmp_path) as here:
        here.request.fail("sendMessage", 429, "Too Many Requests", retry_after=3)
        await here.inbox.accept([question(number) for number in range(1, 6)])
        await here.all()
        here.clock.now += 4.5
        await here.all()
        assert here.texts() == ["answer"] * 6, "one of them was refused"
        assert here.inbox.counts == {"accepted": 5, "answered": 5}


@awaited
async def test_a_notice_that_telegram_does_not_take_is_not_tried_for_ever(tmp_path: Path) -> None:
    async with floor(tmp_path, per_user_10s=1) as here:
        await here.inbox.accept([question(1), question(2)])
        await here.workers.deal(await here.inbox.take(SLOW))
        here.request.fail("sendMessage", 400, "Bad Request: something else", times=9)
        await here.all()
        assert len(here.texts()) == 2
        assert here.inbox.waiting() == 0


@awaited
async def test_who_presses_faster_than_messages_change_is_told_so_at_once(tmp_path: Path) -> None:
    """A press that waited for the messages to change, one a second, would be answered when nobody waits any more."""
    async with floor(tmp_path) as here:
        await here.inbox.accept([press(number) for number in range(1, 61)])
        await here.all()
        assert here.handled == list(range(40, 61))
        assert len(here.request.of("answerCallbackQuery")) == 39
        assert here.inbox.counts["limited"] == 39


@awaited
async def test_a_group_waits_for_telegrams_limit_and_only_a_flood_of_it_is_turned_away(tmp_path: Path) -> None:
    async with floor(tmp_path) as here:
        await here.inbox.accept([group_message(number, "/ask x", user=number) for number in range(1, 61)])
        while here.inbox.waiting():
            await here.all()
            here.clock.now += 1
        answers, notices = here.texts().count("answer"), len(here.texts()) - here.texts().count("answer")
        assert here.clock.now - 1_000_000 < 180
        assert answers >= 20
        assert 1 <= notices <= 3
        assert answers + here.inbox.counts["limited"] == 60


# Orders


@awaited
async def test_an_order_is_carried_out_once_and_a_kill_in_the_middle_is_reported_once(tmp_path: Path) -> None:
    async with floor(tmp_path) as here:
        await here.inbox.accept([question(1, ADMIN, "/rebuild")])
        await here.inbox.begin(await here.inbox.take(SLOW))
    for _ in range(2):
        async with floor(tmp_path) as here:
            await here.all()
            assert here.handled == []
            texts = here.texts()
            if _ == 0:
                assert texts == [INTERRUPTED]
            else:
                assert texts == []


@awaited
async def test_an_interrupted_order_is_not_carried_out_even_if_the_report_has_to_wait(tmp_path: Path) -> None:
    async with floor(tmp_path) as here:
        await here.inbox.accept([question(1, ADMIN, "/rebuild")])
        await here.inbox.begin(await here.inbox.take(SLOW))
    async with floor(tmp_path) as here:
        here.request.fail("sendMessage", 429, "Too Many Requests", retry_after=10)
        await here.all()
        here.clock.now += 30
        await here.all()
        assert here.handled == []
        assert here.texts() == [INTERRUPTED, INTERRUPTED]
        assert here.inbox.waiting() == 0


@awaited
async def test_an_order_that_is_older_than_five_minutes_is_reported_instead(tmp_path: Path) -> None:
    """TEL-041."""
    async with floor(tmp_path, clock=Clock(1_000_000.0 + 301)) as here:
        await here.inbox.accept([question(1, ADMIN, "/rebuild"), question(2, 5, "who?")])
        await here.all()
        assert here.handled == [2]
        assert TOO_OLD in here.texts()


@awaited
async def test_an_order_whose_answer_must_wait_is_not_carried_out_again(tmp_path: Path) -> None:
    async with floor(tmp_path) as here:
        here.request.fail("sendMessage", 429, "Too Many Requests", retry_after=10)
        await here.inbox.accept([question(1, ADMIN, "/rebuild")])
        await here.all()
        here.clock.now += 30
        await here.all()
        assert here.handled == [1]
        assert here.inbox.waiting() == 0
        assert here.texts() == ["answer", "answer"], "the first was refused, and an order's answer is not lost"


@awaited
async def test_an_order_in_a_chat_that_telegram_holds_back_is_begun_afterwards(tmp_path: Path) -> None:
    async with floor(tmp_path) as here:
        here.request.fail("sendMessage", 429, "Too Many Requests", retry_after=100)
        await here.inbox.accept([question(1, ADMIN, "who?"), question(2, ADMIN, "/stats")])
        await here.all()
        assert here.handled == [1]
        here.clock.now += 120
        await here.all()
        assert here.handled == [1, 1, 2]
        assert here.texts() == ["answer"] * 3


# Failures


@awaited
async def test_a_fault_of_ours_is_numbered_told_and_logged_without_what_was_written(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def fail(update: Update, sender: Sender) -> None:
        raise ValueError(update.message and update.message.text)

    async with floor(tmp_path, fail) as here:
        await here.inbox.accept([question(1, text="a private canary"), press(2)])
        await here.all()
        (told,) = here.texts()
        number = told.split("under ")[1].split(".")[0]
        assert f"fault {number}: ValueError at test_working.py:" in caplog.text
        assert "canary" not in caplog.text
        assert here.request.of("answerCallbackQuery")[0].text.startswith("Something went wrong")
        assert here.inbox.counts["failed"] == 2


@awaited
async def test_an_answer_that_has_to_wait_is_given_later_without_a_second_copy_of_its_first_part(
    tmp_path: Path,
) -> None:
    async def two(update: Update, sender: Sender) -> None:
        await sender.send(5, [Line("one"), Line("two")])

    async with floor(tmp_path, two) as here:
        fails = iter([None, 35])
        send = here.request.do_request

        async def flaky(url: str, method: str, request_data: Any = None, *_: Any, **__: Any) -> tuple[int, bytes]:
            if url.endswith("sendMessage") and next(fails, None):
                here.request.fail("sendMessage", 429, "Too Many Requests", retry_after=35)
            return await send(url, method, request_data)

        here.request.do_request = flaky  # type: ignore[method-assign]  # the fault that is tested
        await here.inbox.accept([question(1), question(2, 6)])
        await here.all()
        assert here.texts()[:2] == ["one", "two"]
        here.clock.now += 60
        await here.all()
        assert here.texts().count("one") == 2, "once for each question"
        assert here.texts().count("two") == 3, "one of them was refused"
        assert here.inbox.waiting() == 0


@awaited
async def test_who_blocked_the_bot_loses_what_waits_and_is_written_to_once(tmp_path: Path) -> None:
    async with floor(tmp_path) as here:
        here.request.fail("sendMessage", 403, "Forbidden: bot was blocked by the user", times=9)
        await here.inbox.accept([question(1), question(2), question(3)])
        await here.all()
        assert len(here.texts()) == 1
        assert here.inbox.counts["undeliverable"] == 3


@awaited
async def test_a_closed_topic_costs_its_own_question_and_no_other(tmp_path: Path) -> None:
    async with floor(tmp_path) as here:
        here.request.fail("sendMessage", 400, "Bad Request: TOPIC_CLOSED")
        await here.inbox.accept([group_message(1, "/ask a"), group_message(2, "/ask b")])
        await here.all()
        here.clock.now += 5
        await here.all()
        assert here.handled == [1, 2]
        assert (here.inbox.counts["undeliverable"], here.inbox.counts["answered"]) == (1, 1)


@awaited
async def test_a_call_past_the_sender_that_fails_for_the_network_is_put_off_too(tmp_path: Path) -> None:
    tries = []

    async def flaky(update: Update, sender: Sender) -> None:
        tries.append(1)
        if len(tries) == 1:
            raise NetworkError("getFile did not come back")
        await echo(update, sender)

    async with floor(tmp_path, flaky) as here:
        await here.inbox.accept([question(1)])
        await here.all()
        here.clock.now += 60
        await here.all()
        assert here.texts() == ["answer"]


@awaited
async def test_an_update_that_ends_the_process_again_and_again_is_given_up_and_told(tmp_path: Path) -> None:
    async with floor(tmp_path) as here:
        await here.inbox.accept([question(1)])
    for _ in range(CRASHES):
        records, box = await opened(tmp_path)
        await box.begin(await box.take(SLOW))
        await records.close()
    async with floor(tmp_path) as here:
        await here.all()
        assert here.handled == []
        assert here.texts() == [GIVEN_UP]


@awaited
async def test_a_group_that_moves_is_followed(tmp_path: Path) -> None:
    async with floor(tmp_path) as here:
        await here.inbox.accept([group_message(1, "", migrate_to_chat_id=-1077)])
        await here.all()
        assert here.inbox.home(-77) == -1077


@awaited
async def test_an_inline_query_that_nobody_waits_for_is_not_worked_on(tmp_path: Path) -> None:
    query = {"id": "1", "from": {"id": 6, "is_bot": False, "first_name": "a"}, "query": "x", "offset": ""}
    async with floor(tmp_path) as here:
        await here.inbox.accept([{"update_id": 1, "inline_query": query}])
        here.clock.now += 31
        await here.all()
        assert (here.handled, here.inbox.counts["stale"]) == ([], 1)


# Together


@awaited
async def test_presses_are_answered_while_every_worker_for_questions_is_busy(tmp_path: Path) -> None:
    gate = asyncio.Event()

    async def slow(update: Update, sender: Sender) -> None:
        if update.message:
            await gate.wait()
        else:
            await sender.toast("x")

    async with floor(tmp_path, slow) as here:
        here.workers.start()
        await here.inbox.accept([question(number, number) for number in range(1, 20)])
        await here.inbox.accept([press(number, number) for number in range(30, 40)])
        await soon(lambda: len(here.request.of("answerCallbackQuery")) == 10)
        assert len([number for number in here.handled if number < 30]) == 4
        gate.set()
        await soon(lambda: not here.inbox.waiting())
        await here.workers.drain(1)


@awaited
async def test_draining_finishes_what_is_in_hand_and_takes_up_nothing_more(tmp_path: Path) -> None:
    gate = asyncio.Event()

    async def slow(update: Update, sender: Sender) -> None:
        await gate.wait()
        await echo(update, sender)

    async with floor(tmp_path, slow) as here:
        await here.inbox.accept([question(number, number) for number in range(1, 20)])
        here.workers.start()
        await soon(lambda: len(here.handled) == 4)
        draining = asyncio.create_task(here.workers.drain(5))
        await asyncio.sleep(0.05)
        gate.set()
        await draining
        assert len(here.texts()) == 4
        assert here.inbox.waiting() == 15


@awaited
async def test_draining_lets_go_of_what_hangs_and_it_is_taken_up_again(tmp_path: Path) -> None:
    """TG2."""

    async def hang(update: Update, sender: Sender) -> None:
        await asyncio.Event().wait()

    async with floor(tmp_path, hang) as here:
        await here.inbox.accept([question(number, number) for number in range(1, 8)])
        here.workers.start()
        await soon(lambda: len(here.handled) == 4)
        await here.workers.drain(0.1)
        assert here.inbox.waiting() == 7
    async with floor(tmp_path) as here:
        await here.all()
        assert sorted(here.handled) == list(range(1, 8))


@awaited
async def test_an_entry_that_cannot_be_settled_is_given_out_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with floor(tmp_path) as here:
        done = here.inbox.done
        failures = iter([OSError("disk full")])

        async def flaky(entry: Any, outcome: str = "done") -> None:
            if failure := next(failures, None):
                raise failure
            await done(entry, outcome)

        monkeypatch.setattr(here.inbox, "done", flaky)
        monkeypatch.setattr(working, "UNSETTLED_PAUSE", 0.01)
        await here.inbox.accept([question(1)])
        await here.all()
        assert here.handled == [1, 1]
        assert here.texts() == ["answer"], "what was sent is not sent again"
        assert not here.inbox.waiting()


def test_later_and_gone_carry_no_text_of_users() -> None:
    assert str(Later(35.2)) == "in 35 s"
    assert str(Gone(5, "Forbidden")) == "Forbidden"
