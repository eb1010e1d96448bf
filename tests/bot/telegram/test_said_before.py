"""Follow-ups in chats: whose talk they belong to, how long, and what ends it."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import pytest

from bot.chat_telegram import commands
from bot.chat_telegram.answers import asked_as, forget
from bot.chat_telegram.records import asker_key
from bot.chat_telegram.said_before import ANEW
from tests.bot.telegram.newsroom import ASKED, GROUP, Newsroom, in_loop, newsroom
from tests.bot.telegram.recording import BOT, chat, message

WHOLE = "When was it that the Syrian Democratic Forces declared the caliphate over?"
UNDERSTOOD = f"Understood as: {WHOLE}\n\n"
ANN, BEN = 7, 8
_numbers = itertools.count(500)


def answers(room: Newsroom) -> list[str]:
    """What was said since the last look."""
    texts = room.request.texts()
    room.request.clear()
    return texts


def named(text: str, by: int) -> dict[str, Any]:
    """A question to the bot in the group, numbered before the bot's own messages there, the first of which is 1001."""
    return message(f"@{BOT['username']} {text}", by=by, to=GROUP, message_id=next(_numbers))


@in_loop
async def test_a_follow_up_is_answered_as_the_whole_question_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with newsroom(tmp_path, monkeypatch) as room:
        await room.feed(message(ASKED), message("and when?"), message(WHOLE))
        _, followed, whole = answers(room)
        assert followed == f"{UNDERSTOOD}{whole}"


@in_loop
async def test_a_follow_up_follows_on_the_question_that_the_one_before_was_understood_as(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with newsroom(tmp_path, monkeypatch) as room:
        await room.feed(message(ASKED), message("and when?"), message("thanks!"), message("where?"))
        *_, thanked, where = answers(room)
        assert thanked == "You are welcome. Ask on whenever you like."
        assert where.startswith(f"Understood as: {WHOLE.replace('When', 'Where')}\n\n")


@in_loop
async def test_without_a_question_before_it_a_bare_word_is_told_to_be_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with newsroom(tmp_path, monkeypatch) as room:
        await room.feed(message("and when?"))
        assert answers(room) == ["That alone asks nothing yet. Please say of whom or what; examples: /start."]


@in_loop
async def test_in_a_group_everybody_has_a_talk_of_his_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with newsroom(tmp_path, monkeypatch) as room:
        await room.feed(
            named(ASKED, ANN), named("and when?", BEN), named("and when?", ANN), message("and when?", by=ANN)
        )
        _, ben, ann, private = answers(room)
        assert ann.startswith(UNDERSTOOD)
        assert "Understood" not in ben + private


@in_loop
async def test_whoever_answers_a_message_of_the_bot_follows_on_that_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with newsroom(tmp_path, monkeypatch) as room:
        first = named(ASKED, ANN)
        await room.feed(first, named("who opened the harbour of Rotterdam?", ANN))
        stored = await asked_as(room.office.records, GROUP, first["message"]["message_id"])
        assert stored is not None
        replied = {"message_id": stored.messages[0], "from": BOT, "chat": chat(GROUP), "date": 1, "text": "…"}
        room.request.clear()
        await room.feed(message("and when?", by=BEN, to=GROUP, reply_to_message=replied))
        assert answers(room)[0].startswith(UNDERSTOOD)


@in_loop
async def test_a_message_of_the_same_number_in_another_chat_is_another_message(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with newsroom(tmp_path, monkeypatch) as room:
        first = named(ASKED, ANN)
        await room.feed(first)
        stored = await asked_as(room.office.records, GROUP, first["message"]["message_id"])
        assert stored is not None
        replied = {"message_id": stored.messages[0], "from": BOT, "chat": chat(BEN), "date": 1, "text": "…"}
        room.request.clear()
        await room.feed(message("and when?", by=BEN, reply_to_message=replied))
        assert "Understood" not in answers(room)[0]


@in_loop
async def test_after_the_minutes_that_are_set_a_question_follows_on_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with newsroom(tmp_path, monkeypatch, question__follow_up_minutes="20") as room:
        await room.feed(message(ASKED))
        room.clock.now += 19 * 60
        await room.feed(message("and when?", date=int(room.clock())))
        room.clock.now += 21 * 60
        await room.feed(message("and when?", date=int(room.clock())))
        _, soon, late = answers(room)
        assert soon.startswith(UNDERSTOOD) and "Understood" not in late


@in_loop
async def test_set_to_no_minutes_every_question_stands_for_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with newsroom(tmp_path, monkeypatch, question__follow_up_minutes="0") as room:
        await room.feed(message(ASKED), message("and when?"))
        assert "Understood" not in answers(room)[1]


@in_loop
async def test_new_ends_a_talk_and_the_next_question_begins_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with newsroom(tmp_path, monkeypatch, more=commands.handlers) as room:
        await room.feed(message(ASKED), message("/new"))
        room.clock.now += 1
        await room.feed(message("and when?"), message(ASKED), message("and when?"))
        _, done, none, _, again = answers(room)
        assert done == ANEW
        assert "Understood" not in none and again.startswith(UNDERSTOOD)


@in_loop
async def test_a_talk_outlives_a_restart_and_is_gone_when_it_is_forgotten(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with newsroom(tmp_path, monkeypatch) as room:
        await room.feed(message(ASKED))
    async with newsroom(tmp_path, monkeypatch, None) as room:
        await room.feed(message("and when?"))
        assert answers(room)[0].startswith(UNDERSTOOD)
        key = asker_key(await room.office.records.salt(), ANN)
        await room.office.records.do(lambda connection: forget(connection, key))
        await room.feed(message("and when?"))
        assert "Understood" not in answers(room)[0]


@in_loop
async def test_an_edited_question_follows_on_what_stood_before_it_not_on_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with newsroom(tmp_path, monkeypatch) as room:
        await room.feed(message(ASKED))
        asked = message("who opened the harbour of Rotterdam?")
        await room.feed(asked)
        room.request.clear()
        edited = message("and when?", kind="edited_message", message_id=asked["message"]["message_id"])
        await room.feed(edited)
        (call,) = room.request.of("editMessageText")
        assert call.text.startswith(UNDERSTOOD)


@in_loop
async def test_what_is_stored_of_a_follow_up_can_be_asked_by_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with newsroom(tmp_path, monkeypatch) as room:
        asked, follow = message(ASKED), message("and when?")
        await room.feed(asked, follow)
        second = await asked_as(room.office.records, ANN, follow["message"]["message_id"])
        assert second is not None and second.reply is not None
        assert second.question == WHOLE
        assert (second.reply.answer.question, second.reply.answer.understood) == ("and when?", WHOLE)


@in_loop
async def test_what_was_answered_in_another_scope_is_not_followed_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with newsroom(tmp_path, monkeypatch) as room:
        first = named(ASKED, ANN)
        await room.feed(first, message(ASKED))
        stored = await asked_as(room.office.records, GROUP, first["message"]["message_id"])
        assert stored is not None
    replied = {"message_id": stored.messages[0], "from": BOT, "chat": chat(GROUP), "date": 1, "text": "…"}
    follow_ups = message("and when?"), message("and when?", by=BEN, to=GROUP, reply_to_message=replied)
    async with newsroom(tmp_path, monkeypatch, None, telegram__default_scope="[docks]") as room:
        await room.feed(*follow_ups)
        said = answers(room)
        assert len(said) == 2 and "Understood" not in "".join(said) and "Syrian" not in "".join(said)
    async with newsroom(tmp_path, monkeypatch, None) as room:
        await room.feed(*follow_ups)
        assert all(text.startswith(UNDERSTOOD) for text in answers(room))
