"""Inline mode and guests: sentences alone, for one person, at most one look-up for many letters."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from telegram.error import TimedOut
from telegram.ext import BaseHandler

from bot.chat_telegram import inline as inline_mode
from bot.chat_telegram.asking import Library
from bot.chat_telegram.inline import Typists, handlers
from bot.chat_telegram.office import Office
from bot.cite import Citation
from index.store import Scope
from tests.bot.telegram.newsroom import ASKED, GROUP, Newsroom, in_loop, newsroom
from tests.bot.telegram.recording import inline, message, user


class Counting:
    """A library that counts look-ups."""

    def __init__(self, inner: Library) -> None:
        self.inner, self.looked_up = inner, list[str]()

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)

    def found(self, text: str, scope: Scope, k: int) -> tuple[Citation, ...]:
        self.looked_up.append(text)
        return self.inner.found(text, scope, k)


def typing(typists: Typists) -> Any:
    def more(office: Office) -> list[BaseHandler[Any, Any, Any]]:
        return handlers(office, typists)

    return more


async def results(room: Newsroom, typists: Typists) -> list[dict[str, Any]]:
    await typists.settled()
    return list(room.request.of("answerInlineQuery")[-1].parameters["results"])


@in_loop
async def test_a_typed_line_finds_sentences_for_that_person_alone_and_uncached(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """AU5."""
    typists = Typists(pause=0.0, between=0.0)
    async with newsroom(tmp_path, monkeypatch, more=typing(typists)) as room:
        await room.feed(inline("caliphate over on Saturday"))
        found = await results(room, typists)
        (call,) = room.request.calls
        assert call.parameters["cache_time"] == 0 and call.parameters["is_personal"] is True
        assert call.parameters["button"] == {"text": "Ask in private", "start_parameter": "inline"}
        assert 1 <= len(found) <= 10
        content = found[0]["input_message_content"]
        assert content["message_text"].startswith("River Courier, 23 March 2019: Last village")
        assert content["message_text"].endswith("declared the caliphate over on Saturday.")
        assert content["link_preview_options"] == {"is_disabled": True}
        assert {e["type"] for e in content["entities"]} == {"text_link", "blockquote"}
        assert found[0]["description"] == "River Courier, 23 March 2019"


@in_loop
async def test_twenty_letters_in_three_seconds_are_at_most_two_look_ups_and_the_last_line_is_answered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """TEL-025, in a fifth of the time."""
    typists, counting = Typists(pause=0.07, between=0.3), list[Counting]()

    def wrap(inner: Library) -> Library:
        counting.append(Counting(inner))
        return counting[0]

    async with newsroom(tmp_path, monkeypatch, more=typing(typists), library=wrap) as room:
        line = "caliphate declared o"
        for i in range(20):
            await room.feed(inline(line[: i + 1], id=f"letter-{i}"))
            await asyncio.sleep(0.03)
        await typists.settled()
        assert 1 <= len(counting[0].looked_up) <= 2 and counting[0].looked_up[-1] == line
        assert room.request.of("answerInlineQuery")[-1].parameters["inline_query_id"] == "letter-19"


@in_loop
async def test_so_many_people_may_type_at_a_time_and_no_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    typists = Typists(pause=0.05, between=0.0)
    async with newsroom(tmp_path, monkeypatch, more=typing(typists)) as room:
        for by in range(1, 60):
            await room.feed(inline("caliphate", by=by))
        assert len(typists.tasks) == inline_mode.TYPISTS
        await typists.settled()
        assert not typists.tasks and not typists.newest and len(room.request.calls) == inline_mode.TYPISTS


@pytest.mark.parametrize("line", ["", "a", "  ", "?!", "x" * 256])
@in_loop
async def test_a_line_that_finds_nothing_leads_to_the_private_chat(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, line: str
) -> None:
    typists = Typists(pause=0.0, between=0.0)
    async with newsroom(tmp_path, monkeypatch, more=typing(typists)) as room:
        await room.feed(inline(line))
        await results(room, typists)
        assert room.request.calls[0].parameters["button"]["text"] == "Ask in private"


@in_loop
async def test_a_typed_line_finds_what_the_person_may_see(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    typists = Typists(pause=0.0, between=0.0)
    async with newsroom(tmp_path, monkeypatch, more=typing(typists), telegram__scopes='{"7": [docks]}') as room:
        await room.feed(inline("caliphate declared over"))
        mine = await results(room, typists)
        await room.feed(inline("caliphate declared over", by=8))
        theirs = await results(room, typists)
        assert "caliphate" not in str(mine) and "caliphate" in str(theirs)


@in_loop
async def test_inline_mode_that_is_switched_off_answers_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with newsroom(tmp_path, monkeypatch, telegram__inline="false") as room:
        await room.feed(inline("caliphate"), message(ASKED, to=GROUP, kind="guest_message", guest_query_id="g"))
        assert not room.request.calls


@in_loop
async def test_a_guest_answers_with_one_message_and_sends_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with newsroom(tmp_path, monkeypatch) as room:
        await room.feed(message(f"@byline_test_bot {ASKED}", to=GROUP, kind="guest_message", guest_query_id="g-1"))
        (call,) = room.request.calls
        assert (call.method, call.parameters["guest_query_id"]) == ("answerGuestQuery", "g-1")
        assert call.parameters["result"]["input_message_content"]["message_text"].startswith("Syrian Democratic Forces")
        room.request.clear()
        bot: Any = user(8, is_bot=True)
        await room.feed(message(ASKED, to=GROUP, kind="guest_message", guest_query_id="g-2", **{"from": bot}))
        await room.feed(message(ASKED, to=GROUP, kind="guest_message"))
        assert not room.request.calls


@in_loop
async def test_a_guests_answer_whose_fate_is_unknown_is_given_again_and_once_it_is_there_that_is_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = message(ASKED, to=GROUP, kind="guest_message", guest_query_id="g-1")
    async with newsroom(tmp_path, monkeypatch) as room:
        room.request.lose("answerGuestQuery", TimedOut())
        room.request.fail("answerGuestQuery", 429, "Too Many Requests: retry after 1", retry_after=1)
        await room.feed(asked)
        assert len(room.request.of("answerGuestQuery")) == 3 == len(room.request.calls)
        for description in ("Bad Request: query is too old", "Bad Request: QUERY_ID_INVALID"):
            room.request.clear()
            room.request.lose("answerGuestQuery", TimedOut())
            room.request.fail("answerGuestQuery", 400, description)
            await room.feed(asked)
            assert len(room.request.of("answerGuestQuery")) == 2 == len(room.request.calls)


@in_loop
async def test_a_guests_answer_whose_entities_are_refused_is_given_as_plain_text(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with newsroom(tmp_path, monkeypatch) as room:
        room.request.fail("answerGuestQuery", 400, "Bad Request: ENTITY_BOUNDS_INVALID")
        await room.feed(message(ASKED, to=GROUP, kind="guest_message", guest_query_id="g-1"))
        refused, taken = (call.parameters["result"]["input_message_content"] for call in room.request.calls)
        assert refused["message_text"] == taken["message_text"] and refused["entities"] and not taken.get("entities")
