"""The inbox: nothing accepted is lost or doubled, chats keep their order, and there is never more than fits."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.chat_telegram.entries import Entry, Work
from bot.chat_telegram.inbox import HELD_MOST, Inbox
from bot.chat_telegram.shelf import REMEMBERED
from bot.chat_telegram.sorting import Sorted, Unfit, addressed, sort
from bot.chat_telegram.working import SLOW, SWIFT
from tests.bot.telegram.awaiting import (
    ADMIN,
    BOT_ID,
    DESK,
    Clock,
    awaited,
    group_message,
    opened,
    press,
    question,
    soon,
    within,
)

BOTH = SLOW | SWIFT


async def all_of(box: Inbox) -> list[Entry]:
    """Take and finish until nothing comes any more."""
    taken: list[Entry] = []
    while await within(0.05, _taken(box, taken)):
        await box.done(taken[-1])
    return taken


def ids(entries: list[Entry]) -> list[int]:
    return [entry.update_id for entry in entries]


# Sorting


@pytest.mark.parametrize(
    ("raw", "kind", "lane"),
    [
        (question(1), "question", 5),
        (question(1, text="/ask who"), "question", 5),
        (question(1, ADMIN, "who?"), "question", ADMIN),
        (question(1, ADMIN, "/ask who"), "question", ADMIN),
        (question(1, ADMIN, "/rebuild"), "admin", ADMIN),
        (question(1, ADMIN, "/Rebuild@byline_test_bot now"), "admin", ADMIN),
        (question(1, ADMIN, "/rebuild", forward_origin={"type": "hidden_user"}), "question", ADMIN),
        (question(1, ADMIN, "https://news.example/a"), "admin", ADMIN),
        (question(1, ADMIN, "", document={"file_id": "x"}), "admin", ADMIN),
        (question(1, 5, "/rebuild"), "question", 5),
        (group_message(1, "/rebuild", user=ADMIN), "question", -77),
        ({"update_id": 1, "edited_message": question(1, ADMIN, "/rebuild")["message"]}, "question", ADMIN),
        (press(1), "swift", 5),
        ({"update_id": 1, "inline_query": {"id": "1", "from": {"id": 6}, "query": "x", "offset": ""}}, "swift", 6),
        ({"update_id": 1, "my_chat_member": {"chat": {"id": -8, "type": "group"}}}, "swift", -8),
        ({"update_id": 1, "message": [1]}, "question", 0),
    ],
)
def test_an_update_goes_where_it_belongs(raw: dict[str, Any], kind: str, lane: int) -> None:
    found = sort(raw, DESK)
    assert isinstance(found, Sorted)
    assert (found.kind, found.lane, found.update_id) == (kind, lane, 1)


@pytest.mark.parametrize(
    ("text", "more", "concerns"),
    [
        ("just talk about @other_bot", {}, False),
        ("@Byline_Test_Bot who?", {}, True),
        ("/ask who", {}, True),
        ("/ask@byline_test_bot who", {}, True),
        ("/ask@other_bot who", {}, False),
        ("and then?", {"reply_to_message": {"from": {"id": BOT_ID}}}, True),
        ("and then?", {"reply_to_message": {"from": {"id": 8}}}, False),
        ("you?", {"entities": [{"type": "text_mention", "user": {"id": BOT_ID}}]}, True),
        ("", {"caption": "@byline_test_bot who?"}, True),
        ("", {"migrate_to_chat_id": -100}, True),
        ("", {"new_chat_title": "x"}, False),
    ],
)
def test_talk_in_a_group_that_is_not_for_the_bot_is_not_even_stored(
    text: str, more: dict[str, Any], concerns: bool
) -> None:
    """TEL-027."""
    raw = group_message(1, text, **more)
    assert addressed(raw["message"], DESK) == concerns
    assert (sort(raw, DESK) is not None) == concerns


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=9),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(
                    ["update_id", "message", "chat", "id", "from", "text", "entities", "reply_to_message", "type"]
                ),
                inner,
                max_size=6,
            )
        ),
        max_leaves=20,
    )
)
def test_whatever_comes_is_sorted_refused_or_ignored_and_never_raises(raw: object) -> None:
    found = sort(raw, DESK)
    assert found is None or isinstance(found, Sorted | Unfit)


# Order and promises


@awaited
async def test_one_chat_in_order_and_chats_beside_each_other(tmp_path: Path) -> None:
    records, box = await opened(tmp_path)
    assert await box.accept([question(3, 5), question(1, 5), question(2, 6)]) == 3
    first, other = await box.take(SLOW), await box.take(SLOW)
    assert (first.update_id, other.update_id) == (1, 2)
    assert not await within(0.05, box.take(SLOW))
    await box.done(first)
    assert (await box.take(SLOW)).update_id == 3
    await records.close()


@awaited
async def test_a_press_does_not_wait_behind_a_question_of_the_same_person(tmp_path: Path) -> None:
    records, box = await opened(tmp_path)
    await box.accept([question(1), question(2), press(3)])
    await box.take(SLOW)
    assert (await box.take(SWIFT)).update_id == 3
    await records.close()


@awaited
async def test_a_flooder_delays_nobody_for_the_oldest_chat_comes_first(tmp_path: Path) -> None:
    records, box = await opened(tmp_path)
    await box.accept([question(number, 5) for number in range(1, 90)])
    await box.accept([question(100, 6)])
    await box.take(SLOW)
    assert (await box.take(SLOW)).update_id == 100
    await records.close()


@awaited
async def test_duplicates_and_disorder_make_exactly_the_distinct_ones(tmp_path: Path) -> None:
    """TG9; numbers that begin anew are other questions, whatever was had under that number before."""
    records, box = await opened(tmp_path)
    first = [question(number, 5 + number % 7) for number in range(1, 60)]
    for batch in (first[30:], first[:40], first):
        await box.accept(batch)
    assert sorted(ids(await all_of(box))) == list(range(1, 60))
    anew = question(7, 30, message_id=900)
    await box.accept([*first, anew])
    assert [entry.lane for entry in await all_of(box)] == [30]
    assert box.counts["accepted"] == 60
    await records.close()


@awaited
async def test_what_was_accepted_is_there_after_a_kill_in_the_same_order(tmp_path: Path) -> None:
    records, box = await opened(tmp_path)
    await box.accept([question(number, 5 + number % 3) for number in range(1, 20)])
    entry = await box.begin(await box.take(SLOW))
    work = Work.on(entry)
    await box.sent(work, 501)
    await box.doubt(work)
    done = await box.take(SLOW)
    await box.done(done)
    other, again = await opened(tmp_path)  # the first is left as a kill leaves it
    assert again.waiting() == 18
    back = await again.take(SLOW)
    assert (back.update_id, back.tries, back.messages, back.doubtful) == (1, 1, (501,), 1)
    await again.done(back)
    left = await all_of(again)
    assert sorted(ids(left)) == sorted(set(range(2, 20)) - {done.update_id})
    for lane in (5, 6, 7):
        mine = [entry.update_id for entry in left if entry.lane == lane]
        assert mine == sorted(mine)
    await records.close()
    await other.close()


@awaited
async def test_there_are_never_more_than_fit_and_the_rest_is_not_acknowledged(tmp_path: Path) -> None:
    records, box = await opened(tmp_path, most=8)
    accepting = asyncio.create_task(box.accept([question(number, number) for number in range(1, 21)]))
    await soon(lambda: box.waiting() == 8)
    await asyncio.sleep(0.05)
    assert not accepting.done()
    for _ in range(12):
        await box.done(await box.take(SLOW))
        await asyncio.sleep(0.01)
        assert box.waiting() <= 8
    assert await accepting == 20
    await records.close()


@awaited
async def test_an_accept_that_is_cancelled_has_stored_and_knows_it_or_has_not_stored(tmp_path: Path) -> None:
    """Else Telegram's repetition would be taken for something that is being dealt with."""
    records, box = await opened(tmp_path)
    for number in range(1, 40):
        accepting = asyncio.create_task(box.accept([question(number, number)]))
        for _ in range(number % 4):
            await asyncio.sleep(0)
        accepting.cancel()
        await asyncio.gather(accepting, return_exceptions=True)
        await box.accept([question(number, number)])
    assert sorted(ids(await all_of(box))) == list(range(1, 40))
    await records.close()


@awaited
async def test_finished_updates_leave_no_text_behind_and_their_numbers_for_two_days(tmp_path: Path) -> None:
    clock = Clock()
    records, box = await opened(tmp_path, clock)
    await box.accept([question(1, text="a very private canary")])
    await all_of(box)
    rows = await records.do(lambda c: c.execute("SELECT raw, messages, outcome FROM inbox").fetchall())
    assert rows == [(None, "", "done")]
    clock.now += REMEMBERED - 1
    await box.sweep(30)
    await box.accept([question(1, text="a very private canary")])
    assert box.waiting() == 0
    clock.now += 2
    await box.sweep(30)
    assert await records.do(lambda c: c.execute("SELECT count(*) FROM inbox").fetchone()) == (0,)
    await records.do(lambda c: None)
    await records.close()
    assert b"canary" not in (tmp_path / "telegram.sqlite").read_bytes()


# What does not fit


@awaited
async def test_bad_updates_are_parked_one_by_one_shortened_and_the_others_taken(tmp_path: Path) -> None:
    """TEL-001, TEL-002, TEL-005: what has no number cannot be acknowledged, and is kept once however often it comes."""
    records, box = await opened(tmp_path)
    batch = [question(1), {"update_id": "2", "message": "x" * 500}, None, [3], {"update_id": 14, "quantum_message": {}}]
    for _ in range(3):
        assert await box.accept([*batch, question(15, 6)]) == 15
    rows = await records.do(
        lambda c: c.execute("SELECT update_id, excerpt, reason FROM parked ORDER BY serial").fetchall()
    )
    assert len(rows) == 3
    assert {reason for _, _, reason in rows} == {
        "no update_id that is a number", "not an update: NoneType", "not an update: list",
    }  # fmt: skip
    assert max(len(excerpt) for _, excerpt, _ in rows) == 200
    assert (box.counts["parked"], box.counts["ignored"]) == (3, 3)
    assert ids(await all_of(box)) == [1, 15]
    await records.close()


@pytest.mark.parametrize(
    "poison",
    [
        {"message": {"message_id": 1, "date": 1, "chat": {"id": 10**30, "type": "private"}, "text": "x"}},
        {"message": {"message_id": 1, "date": "\ud800", "chat": {"id": 5, "type": "private"}, "text": "x"}},
        {"message": {"message_id": 1, "date": 1, "chat": {"id": "\ud800", "type": "private"}, "text": "x"}},
        {"callback_query": {"id": "\ud800", "from": {"id": 10**30}}},
        {"inline_query": {"id": "\ud800", "from": {"id": 5}}},
    ],
)
def test_what_the_file_does_not_take_costs_nothing_but_itself(poison: dict[str, Any], tmp_path: Path) -> None:
    """A number of thirty digits, a lone surrogate: the batch is stored all the same, or it would come for ever."""

    @awaited
    async def run() -> None:
        records, box = await opened(tmp_path)
        assert await box.accept([question(1), {"update_id": 2} | poison, question(3, 6)]) == 3
        assert sorted(ids(await all_of(box))) == [1, 2, 3]
        await records.close()

    run()


@awaited
async def test_a_batch_without_a_single_number_acknowledges_nothing(tmp_path: Path) -> None:
    records, box = await opened(tmp_path)
    assert await box.accept([None, {}]) is None
    assert await box.accept([]) is None
    await records.close()


@awaited
async def test_lone_surrogates_and_other_odd_text_survive_the_file(tmp_path: Path) -> None:
    records, box = await opened(tmp_path)
    odd = json.loads('"\\ud800 \\u0000 \\u202e \\ud83d\\ude00"')
    await box.accept([question(1, text=odd)])
    other, again = await opened(tmp_path)
    assert (await again.take(SLOW)).raw["message"]["text"] == odd
    await records.close()
    await other.close()


# Waiting and giving up


@awaited
async def test_a_chat_that_is_put_off_waits_and_the_others_do_not(tmp_path: Path) -> None:
    clock = Clock()
    records, box = await opened(tmp_path, clock)
    await box.accept([question(1, 5), question(2, 5), question(3, 6)])
    entry = await box.take(SLOW)
    await box.begin(entry)
    await box.defer(entry, 35, expires=True)
    assert ids(await all_of(box)) == [3]
    clock.now += 34
    assert await all_of(box) == []
    clock.now += 2
    again = await all_of(box)
    assert ids(again) == [1, 2]
    assert again[0].tries == 0, "a pause is no crash"
    await records.close()


@awaited
async def test_a_pause_that_telegram_asked_for_outlives_a_restart(tmp_path: Path) -> None:
    clock = Clock()
    records, box = await opened(tmp_path, clock)
    await box.accept([question(1, 5)])
    await box.defer(await box.take(SLOW), 35, expires=True)
    other, again = await opened(tmp_path, clock)
    assert await all_of(again) == []
    clock.now += 36
    assert ids(await all_of(again)) == [1]
    await records.close()
    await other.close()


@awaited
async def test_a_pause_of_a_day_expires_what_waits_at_once_and_leaves_nothing_that_sleeps(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """TEL-031."""
    clock = Clock()
    records, box = await opened(tmp_path, clock)
    await box.accept([question(1, 5), question(2, 5), question(3, 6)])
    await box.defer(await box.take(SLOW), 86_400, expires=True)
    assert box.waiting() == 1
    await box.accept([question(4, 5)])
    assert box.waiting() == 1
    assert box.counts["expired"] == 3
    assert "2 updates expired" in caplog.text
    await records.close()


@awaited
async def test_what_waits_for_a_held_chat_expires_when_it_is_too_old_but_an_outage_expires_nothing(
    tmp_path: Path,
) -> None:
    clock = Clock()
    records, box = await opened(tmp_path, clock)
    await box.accept([question(1, 5), question(2, 6)])
    for expires in (True, False):
        await box.defer(await box.take(SLOW), 600, expires=expires)
    assert box.waiting() == 2
    for _ in range(3):
        clock.now += 500
        entries: list[Entry] = []
        while await within(0.02, _taken(box, entries)):
            await box.defer(entries[-1], 600, expires=entries[-1].lane == 5)
    assert await records.do(unfinished) == [(2,)]
    await records.close()


async def _taken(box: Inbox, into: list[Entry]) -> None:
    into.append(await box.take(BOTH))


def unfinished(connection: sqlite3.Connection) -> list[tuple[int]]:
    return connection.execute("SELECT update_id FROM inbox WHERE finished IS NULL").fetchall()


@awaited
async def test_a_held_chat_cannot_fill_the_inbox(tmp_path: Path) -> None:
    records, box = await opened(tmp_path)
    await box.accept([question(1, 5)])
    await box.defer(await box.take(SLOW), 60, expires=True)
    await box.accept([question(number, 5) for number in range(2, 90)])
    assert box.waiting() == HELD_MOST
    await records.close()


@awaited
async def test_a_chat_that_is_gone_loses_what_waits_for_it_and_nobody_else_does(tmp_path: Path) -> None:
    """TEL-029."""
    records, box = await opened(tmp_path)
    await box.accept([question(1, 5), question(2, 5), press(3, 5), question(4, 6)])
    assert await box.drop(await box.take(SLOW), "undeliverable") == 3
    assert ids(await all_of(box)) == [4]
    await box.accept([question(5, 5)])
    assert ids(await all_of(box)) == [5]
    await records.close()


@awaited
async def test_nobody_waits_behind_another_persons_backlog(tmp_path: Path) -> None:
    """Somebody's only question goes before the second one of everybody who asked many."""
    records, box = await opened(tmp_path)
    await box.accept([question(10 * user + i, user) for user in (1, 2, 3) for i in range(5)])
    order = [await box.take(SLOW), await box.take(SLOW)]
    await box.accept([question(100, 4), question(101, 1), question(102, 5)])
    while box.waiting():
        await box.done(order[-2])
        await box.done(order[-1])
        order += [await box.take(SLOW), await box.take(SLOW)] if box.waiting() > 1 else []
    chats = [entry.lane for entry in order]
    assert sorted(chats[:5]) == [1, 2, 3, 4, 5], chats
    assert [entry.update_id for entry in order if entry.lane == 1] == [10, 11, 12, 13, 14, 101]
    await records.close()


@awaited
async def test_a_group_that_got_another_number_is_found_under_it_after_a_restart(tmp_path: Path) -> None:
    records, box = await opened(tmp_path)
    await box.move(-5, -1005)
    other, again = await opened(tmp_path)
    assert (again.home(-5), again.home(6)) == (-1005, 6)
    await records.close()
    await other.close()


@awaited
async def test_a_burst_is_worked_off_with_few_tasks_and_never_more_than_fit(tmp_path: Path) -> None:
    records, box = await opened(tmp_path)
    most, tasks = 0, 0

    async def work() -> None:
        nonlocal most, tasks
        while True:
            entry = await box.take(SLOW)
            most, tasks = max(most, box.waiting()), max(tasks, len(asyncio.all_tasks()))
            await box.done(entry)

    workers = [asyncio.create_task(work()) for _ in range(4)]
    for start in range(0, 1_000, 100):
        await box.accept([question(number, number) for number in range(start, start + 100)])
    await soon(lambda: not box.waiting())
    for worker in workers:
        worker.cancel()
    await asyncio.gather(*workers, return_exceptions=True)
    assert box.counts["done"] == 1_000
    assert most <= 256
    assert tasks <= 10
    await records.close()
