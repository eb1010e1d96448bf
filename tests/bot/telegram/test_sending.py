"""Sending: what is tried again, how often at most, what is put off and what is given up; nothing is lost or tripled."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest
from telegram import InlineKeyboardButton, InlineKeyboardMarkup, MessageEntity
from telegram.error import BadRequest, NetworkError, TimedOut

from bot.chat_telegram.calls import PAUSES, Gone, Later
from bot.chat_telegram.entries import Work, current
from bot.chat_telegram.inbox import Inbox
from bot.chat_telegram.limits import SPACING, Pace
from bot.chat_telegram.sending import DOUBT_PAUSES, UNSURE, Sender
from bot.chat_telegram.wire import Bot, Denied, Doubtful, Garbled, Trouble
from bot.chat_telegram.working import SLOW, Line
from tests.bot.telegram.awaiting import Clock, awaited, opened, question
from tests.bot.telegram.recording import TOKEN, RecordingRequest

KEYBOARD = InlineKeyboardMarkup([[InlineKeyboardButton("Context", callback_data="x")]])


def lost() -> TimedOut:
    """The answer to a call did not come."""
    error = TimedOut()
    error.__cause__ = httpx.ReadTimeout("")
    return error


def unreachable() -> NetworkError:
    """The connection could not be made."""
    error = NetworkError("httpx.ConnectError")
    error.__cause__ = httpx.ConnectError("")
    return error


class Desk:
    """A sender over a recording request, with one entry in work."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.clock, self.request = folder, Clock(0.0), RecordingRequest()
        self.bot = Bot(TOKEN, request=self.request, get_updates_request=RecordingRequest())
        self.inbox: Inbox
        self.work: Work

    @asynccontextmanager
    async def open(self, *, work: bool = True) -> AsyncIterator[Sender]:
        records, self.inbox = await opened(self.folder)
        await self.bot.initialize()
        if work:
            await self.inbox.accept([question(1)])
            self.work = Work.on(await self.inbox.take(SLOW))
        token = current.set(self.work if work else None)
        try:
            yield Sender(self.bot, self.inbox, Pace(30), self.clock, self.clock.sleep)
        finally:
            current.reset(token)
            await records.close()

    def texts(self) -> list[str]:
        return self.request.texts()


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


@awaited
async def test_a_message_goes_out_as_plain_text_with_entities_unpreviewed_and_replies_even_to_what_was_deleted(
    desk: Desk,
) -> None:
    bold = Line("a b", (MessageEntity("bold", 0, 1),))
    async with desk.open() as sender:
        ids = await sender.send(5, [bold, Line("c")], reply_to=7, thread=3, keyboard=KEYBOARD)
    first, second = (call.parameters for call in desk.request.of("sendMessage"))
    assert ids == (1001, 1002)
    assert "parse_mode" not in first
    assert first["entities"] == [{"type": "bold", "offset": 0, "length": 1}]
    assert first["link_preview_options"] == {"is_disabled": True}
    assert first["reply_parameters"] == {"message_id": 7, "allow_sending_without_reply": True}
    assert (first["message_thread_id"], second["message_thread_id"]) == (3, 3)
    assert "reply_markup" not in first
    assert "reply_markup" in second
    assert "reply_parameters" not in second


@awaited
async def test_one_chat_gets_a_message_a_second(desk: Desk) -> None:
    async with desk.open() as sender:
        await sender.send(5, [Line(str(i)) for i in range(3)])
    assert sum(desk.clock.slept) >= 2 * SPACING - 0.1


@awaited
async def test_after_a_lost_response_a_line_follows_and_becomes_the_message(desk: Desk) -> None:
    """TG8: two copies at most, never none; before the line, Telegram is asked until it answers."""
    bold = Line("a b", (MessageEntity("bold", 0, 1),))
    async with desk.open() as sender:
        desk.request.lose("sendMessage", lost())
        desk.request.lose("getMe", unreachable(), 2)
        assert await sender.send(5, [bold], reply_to=7, thread=3, keyboard=KEYBOARD) == (1001,)
        assert desk.texts() == ["a b", UNSURE]
        assert not desk.request._failures["getMe"], "the line went out before Telegram answered again"
    (_, line), (edit,) = desk.request.of("sendMessage"), desk.request.of("editMessageText")
    assert "reply_markup" not in line.parameters and line.parameters["message_thread_id"] == 3
    assert line.parameters["reply_parameters"]["message_id"] == 7
    assert (edit.text, edit.parameters["message_id"]) == ("a b", 1001)
    assert edit.parameters["entities"] == [{"type": "bold", "offset": 0, "length": 1}]
    assert "reply_markup" in edit.parameters


@pytest.mark.parametrize("failure", [lost(), Garbled("200 with 5 bytes"), Doubtful("500"), Doubtful("502")])
@pytest.mark.parametrize("times", range(1, len(DOUBT_PAUSES)))
def test_however_often_the_fate_is_unknown_there_is_one_full_copy_beside_the_one_that_is_known(
    failure: NetworkError, times: int, tmp_path: Path
) -> None:
    @awaited
    async def one() -> None:
        desk = Desk(tmp_path)
        async with desk.open() as sender:
            desk.request.lose("sendMessage", failure, times)
            while True:  # as the worker does
                try:
                    ids = await sender.send(5, [Line("a"), Line("b")])
                except Later as later:
                    assert 5 < later.seconds <= DOUBT_PAUSES[-1] and not later.held
                    desk.clock.now += later.seconds
                    desk.work = Work.on(desk.work.as_of(desk.work.entry))
                    current.set(desk.work)
                else:
                    break
        assert desk.texts() == ["a", *[UNSURE] * times, "b"]
        assert [call.text for call in desk.request.of("editMessageText")] == ["a"]
        assert ids == (1001, 1002)

    one()


@awaited
async def test_a_message_that_is_only_ever_doubtful_is_given_up_in_the_end_and_never_copied(desk: Desk) -> None:
    async with desk.open(work=False) as sender:
        desk.request.lose("sendMessage", lost(), 100)
        assert await sender.send(5, [Line("a")]) == (0,)
    assert desk.texts().count("a") == 1
    assert 60 < sum(desk.clock.slept) < 180


@awaited
async def test_the_second_copy_is_the_last_even_if_the_process_was_killed_in_between(desk: Desk) -> None:
    async with desk.open() as sender:
        await desk.inbox.doubt(desk.work)
        records, again = await opened(desk.folder)
        current.set(Work.on(await again.take(SLOW)))
        assert await Sender(desk.bot, again, Pace(30), desk.clock, desk.clock.sleep).send(5, [Line("a")]) == (1001,)
        await records.close()
        assert sender.last_answer is None
    assert desk.texts() == [UNSURE]
    assert [call.text for call in desk.request.of("editMessageText")] == ["a"]


@awaited
async def test_a_line_that_stands_is_not_sent_again_where_its_change_is_put_off(desk: Desk) -> None:
    async with desk.open() as sender:
        desk.request.lose("sendMessage", lost())
        desk.request.fail("editMessageText", 429, "Too Many Requests: retry after 35", retry_after=35)
        with pytest.raises(Later):
            await sender.send(5, [Line("a")])
        desk.clock.now += 41
        current.set(Work.on(desk.work.as_of(desk.work.entry)))
        assert await sender.send(5, [Line("a")]) == (1001,)
    assert desk.texts() == ["a", UNSURE]


@awaited
async def test_a_connection_that_could_not_be_made_is_tried_again_and_then_put_off(desk: Desk) -> None:
    async with desk.open() as sender:
        for failure in (unreachable(), Trouble("503"), Denied("401")):
            desk.request.lose("sendMessage", failure, len(PAUSES))
            await sender.send(5, [Line("a")])
            desk.request.lose("sendMessage", failure, len(PAUSES) + 1)
            with pytest.raises(Later) as later:
                await sender.send(5, [Line("b")])
            assert 5 < later.value.seconds < 30
            assert not later.value.held
    assert desk.work.doubtful == 0
    assert len(desk.inbox.counts) == 1


@awaited
async def test_an_answer_cut_short_goes_on_where_it_stopped(desk: Desk) -> None:
    parts = [Line("a"), Line("b"), Line("c")]
    async with desk.open() as sender:
        desk.request.fail("sendMessage", 429, "Too Many Requests", retry_after=1)
        desk.request._failures["sendMessage"].clear()
        await sender.send(5, parts[:1])
        assert desk.work.entry.messages == ()
        records, again = await opened(desk.folder)  # as after a kill
        entry = await again.take(SLOW)
        assert entry.messages == (1001,)
        current.set(Work.on(entry))
        other = Sender(desk.bot, again, Pace(30), desk.clock, desk.clock.sleep)
        assert await other.send(5, parts) == (1001, 1002, 1003)
        await records.close()
    assert desk.texts() == ["a", "b", "c"]


@awaited
async def test_a_429_puts_the_chat_off_for_all_and_nothing_goes_there_before(desk: Desk) -> None:
    """TEL-030."""
    async with desk.open() as sender:
        desk.request.fail("sendMessage", 429, "Too Many Requests: retry after 35", retry_after=35)
        with pytest.raises(Later) as later:
            await sender.send(5, [Line("a")])
        assert later.value.held
        assert 35 < later.value.seconds < 41
        with pytest.raises(Later):
            await sender.edit(5, 1, Line("b"))
        async with sender.typing(5):
            await asyncio.sleep(0.01)
        assert len(desk.request.calls) == 1
        await sender.send(6, [Line("c")])
        desk.clock.now += 41
        await sender.send(5, [Line("d")])
    assert desk.texts() == ["a", "c", "d"]


@awaited
async def test_work_beside_the_updates_waits_a_short_429_out_and_never_a_long_one(desk: Desk) -> None:
    async with desk.open(work=False) as sender:
        desk.request.fail("sendMessage", 429, "Too Many Requests", retry_after=3)
        await sender.send(5, [Line("a")])
        assert 3 < sum(desk.clock.slept) < 6
        desk.request.fail("sendMessage", 429, "Too Many Requests", retry_after=86_400)
        with pytest.raises(Later):
            await sender.send(6, [Line("a")])
        assert sum(desk.clock.slept) < 10


@awaited
async def test_entities_that_telegram_refuses_cost_the_entities_and_not_the_answer(desk: Desk) -> None:
    async with desk.open() as sender:
        for words in ("Bad Request: can't parse entities: byte 3", "Bad Request: ENTITY_BOUNDS_INVALID"):
            desk.request.fail("sendMessage", 400, words)
            await sender.send(5, [Line("a", (MessageEntity("bold", 0, 1),))], keyboard=KEYBOARD)
            with_entities, without = desk.request.of("sendMessage")[-2:]
            assert "entities" in with_entities.parameters
            assert "entities" not in without.parameters
            assert "reply_markup" in without.parameters
        desk.request.fail("sendMessage", 400, "Bad Request: something else")
        with pytest.raises(BadRequest):
            await sender.send(5, [Line("b")])


@awaited
async def test_a_group_with_a_new_number_gets_the_message_there_then_and_ever_after(desk: Desk) -> None:
    async with desk.open() as sender:
        desk.request.fail("sendMessage", 400, "Bad Request: group chat was upgraded", migrate_to_chat_id=-1005)
        await sender.send(-5, [Line("a")])
        await sender.send(-5, [Line("b")])
        assert [call.parameters["chat_id"] for call in desk.request.of("sendMessage")] == [-5, -1005, -1005]
        desk.request.fail("sendMessage", 400, "Bad Request: group chat was upgraded", migrate_to_chat_id=-1005)
        with pytest.raises(Gone) as gone:  # to where it is already
            await sender.send(-5, [Line("c")])
        assert not gone.value.whole


@awaited
async def test_a_circle_of_groups_that_have_moved_into_each_other_ends(desk: Desk) -> None:
    async with desk.open() as sender:
        for round_ in range(3):
            for new in (-6, -5) * 3:
                desk.request.fail("sendMessage", 400, "Bad Request: group chat was upgraded", migrate_to_chat_id=new)
            with pytest.raises(Gone) as gone:
                await sender.send(-5, [Line("a")])
            assert not gone.value.whole, round_
            assert len(desk.request.of("sendMessage")) <= 3 * (round_ + 1)
            desk.request._failures["sendMessage"].clear()
            desk.clock.now += 60


@pytest.mark.parametrize(
    ("status", "words", "whole"),
    [
        (403, "Forbidden: bot was blocked by the user", True),
        (403, "Forbidden: bot was kicked from the group chat", True),
        (400, "Bad Request: chat not found", True),
        (400, "Bad Request: not enough rights to send text messages to the chat", True),
        (400, "Bad Request: TOPIC_CLOSED", False),
        (400, "Bad Request: message thread not found", False),
    ],
)
def test_a_chat_that_is_gone_is_tried_once(tmp_path: Path, status: int, words: str, whole: bool) -> None:
    """TEL-029."""

    @awaited
    async def one() -> None:
        desk = Desk(tmp_path)
        async with desk.open() as sender:
            desk.request.fail("sendMessage", status, words)
            with pytest.raises(Gone) as gone:
                await sender.send(5, [Line("a")])
        assert (gone.value.chat, gone.value.whole, len(desk.texts())) == (5, whole, 1)

    one()


@awaited
async def test_editing_knows_what_is_no_failure(desk: Desk) -> None:
    async with desk.open() as sender:
        desk.request.fail("editMessageText", 400, "Bad Request: message is not modified: specified new message ...")
        desk.request.fail("editMessageText", 400, "Bad Request: message to edit not found")
        assert await sender.edit(5, 1, Line("a"))
        assert not await sender.edit(5, 1, Line("a"))
        desk.request.lose("editMessageText", lost(), 2)
        assert await sender.edit(5, 1, Line("a"), KEYBOARD), "an edit may be repeated"


@awaited
async def test_a_toast_an_inline_answer_and_typing_never_raise(desk: Desk) -> None:
    async with desk.open() as sender:
        for method in ("answerCallbackQuery", "answerInlineQuery", "sendChatAction"):
            desk.request.fail(method, 400, "Bad Request: query is too old")
        await sender.toast("1", "x" * 500, alert=True)
        await sender.inline("1", [])
        async with sender.typing(5):
            await asyncio.sleep(0.01)
        desk.request.lose("answerCallbackQuery", unreachable(), 1)
        await sender.toast("2")
        toasts = desk.request.of("answerCallbackQuery")
        (inline,) = desk.request.of("answerInlineQuery")
    assert len(toasts[0].parameters["text"]) == 200
    assert len(toasts) == 3
    assert (inline.parameters["cache_time"], inline.parameters["is_personal"]) == (0, True)


@awaited
async def test_a_press_is_answered_after_a_short_429_and_not_twice_if_its_work_is_put_off(desk: Desk) -> None:
    async with desk.open() as sender:
        desk.request.fail("answerCallbackQuery", 429, "Too Many Requests", retry_after=2)
        await sender.toast("1")
        assert sum(desk.clock.slept) >= 2
        await sender.toast("1")
        assert len(desk.request.of("answerCallbackQuery")) == 2
        desk.request.fail("answerCallbackQuery", 429, "Too Many Requests", retry_after=60)
        await sender.toast("2")
        assert len(desk.request.of("answerCallbackQuery")) == 3
        assert sum(desk.clock.slept) < 10


@awaited
async def test_an_inline_answer_is_tried_again_while_it_is_wanted_and_the_query_lives(desk: Desk) -> None:
    async with desk.open() as sender:
        desk.request.fail("answerInlineQuery", 429, "Too Many Requests", retry_after=2)
        desk.request.lose("answerInlineQuery", Doubtful("502"))
        await sender.inline("1", [])
        assert len(desk.request.of("answerInlineQuery")) == 3 and 2 < sum(desk.clock.slept) < 5
        desk.request.fail("answerInlineQuery", 429, "Too Many Requests", retry_after=60)
        await sender.inline("2", [])
        assert len(desk.request.of("answerInlineQuery")) == 4, "who typed is gone after a minute"
        desk.request.lose("answerInlineQuery", unreachable())
        await sender.inline("3", [], wanted=lambda: False)
        assert len(desk.request.of("answerInlineQuery")) == 5, "a newer line is there"
        assert sum(desk.clock.slept) < 5


@awaited
async def test_typing_is_shown_at_once_and_ends_with_the_work(desk: Desk) -> None:
    async with desk.open() as sender, sender.typing(5):
        await asyncio.sleep(0.01)
        assert [call.method for call in desk.request.calls] == ["sendChatAction"]


@awaited
async def test_an_answer_that_is_there_at_once_does_not_come_before_typing(desk: Desk) -> None:
    async with desk.open() as sender:
        async with sender.typing(5):
            pass
        await sender.send(5, [Line("a")])
    assert [call.method for call in desk.request.calls] == ["sendChatAction", "sendMessage"]
