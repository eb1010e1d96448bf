"""The door: strangers, codes, groups, channels, and names that lie."""

from __future__ import annotations

import sqlite3
import time
from pathlib import Path
from typing import Any

import pytest

from bot.chat_telegram.records import FILE
from bot.chat_telegram.rights import Access
from index.store import Scope
from tests.bot.telegram.front import ADMIN, FOREIGN, GROUP, MEMBER, STRANGER, Front, logged, run
from tests.bot.telegram.recording import BOT, inline, message, press, user

HOUR = 3600
Patch = pytest.MonkeyPatch


def added(by: int, to: int, status: str = "member", kind: str = "supergroup") -> dict[str, Any]:
    """The bot was put into a chat, or out of it."""
    old, new = ({"user": BOT, "status": "left"}, {"user": BOT, "status": status})
    return {
        "update_id": 1,
        "my_chat_member": {"chat": {"id": to, "type": kind, "title": "g"}, "from": user(by), "date": int(time.time()),
                           "old_chat_member": old, "new_chat_member": new},
    }  # fmt: skip


def test_a_stranger_hears_one_line_an_hour_with_the_number_that_an_administrator_needs(
    tmp_path: Path, monkeypatch: Patch
) -> None:
    async def tried(front: Front) -> tuple[list[str], list[str], list[str]]:
        await front.feed(*(message(text, STRANGER) for text in ("hello", "who was there?", "/help")))
        first = front.said()
        await front.feed(press("v1:a:1:0:AAAAAAAAAAAAAAAA", STRANGER), inline("harbour", STRANGER))
        between = [call.text for call in front.request.calls]
        front.request.clear()
        front.clock.now += HOUR + 1
        await front.feed(message("hello again", STRANGER))
        return first, between, front.said()

    first, between, later = run(tmp_path, monkeypatch, tried)
    assert len(first) == 1 and str(STRANGER) in first[0] and len(first[0]) < 120
    assert between == [""], "a press is answered without a word, an inline query not at all"
    assert later == first


def test_an_administrator_lets_a_stranger_in_and_turns_him_away_and_both_outlive_a_restart(
    tmp_path: Path, monkeypatch: Patch
) -> None:
    async def tried(front: Front) -> list[str]:
        roles = []
        for command in ("allow", "deny"):
            await front.feed(message(f"/{command} {STRANGER}", ADMIN))
            roles.append(await front.office.access.role(STRANGER))
            roles.append(await Access(front.office.config, front.office.records, front.clock).role(STRANGER))
        await front.feed(message(f"/deny {ADMIN}", ADMIN))
        return [*roles, await front.office.access.role(ADMIN)]

    assert run(tmp_path, monkeypatch, tried) == ["member", "member", "stranger", "stranger", "admin"]


@pytest.mark.parametrize("written", ["{}", "/start {}", " {} "])
def test_a_code_lets_one_person_in_once(written: str, tmp_path: Path, monkeypatch: Patch) -> None:
    async def tried(front: Front) -> tuple[str, str, str]:
        await front.feed(message("/pair", ADMIN))
        code = next(word for word in front.said()[0].split() if word.count("-") == 1 and len(word) == 9)
        await front.feed(message(written.format(code.lower()), STRANGER), message(code, STRANGER + 1))
        access = front.office.access
        return code, await access.role(STRANGER), await access.role(STRANGER + 1)

    code, first, second = run(tmp_path, monkeypatch, tried, access="pairing")
    assert (first, second) == ("member", "stranger")
    kept = (tmp_path / "index" / FILE).read_bytes()
    assert code.encode() not in kept and code.replace("-", "").encode() not in kept


def test_a_code_dies_after_ten_minutes(tmp_path: Path, monkeypatch: Patch) -> None:
    async def tried(front: Front) -> str:
        code = await front.office.access.new_code()
        front.clock.now += 601
        await front.feed(message(code, STRANGER))
        return await front.office.access.role(STRANGER)

    assert run(tmp_path, monkeypatch, tried, access="pairing") == "stranger"


def test_after_five_wrong_codes_even_the_right_one_is_not_looked_at_for_an_hour(
    tmp_path: Path, monkeypatch: Patch
) -> None:
    async def tried(front: Front) -> tuple[str, str, int]:
        wrong = [message(f"AAAA-AA{number}{number}", STRANGER) for number in range(2, 7)]
        await front.feed(*wrong)
        lines = len(front.said())
        await front.feed(message(await front.office.access.new_code(), STRANGER))
        soon = await front.office.access.role(STRANGER)
        front.clock.now += HOUR + 1
        await front.feed(message(await front.office.access.new_code(), STRANGER))
        return soon, await front.office.access.role(STRANGER), lines

    assert run(tmp_path, monkeypatch, tried, access="pairing") == ("stranger", "member", 1)


def test_whom_an_administrator_turned_away_no_code_lets_in(tmp_path: Path, monkeypatch: Patch) -> None:
    async def tried(front: Front) -> str:
        await front.office.access.decide(STRANGER, "denied", "test")
        await front.feed(message(await front.office.access.new_code(), STRANGER))
        return await front.office.access.role(STRANGER)

    assert run(tmp_path, monkeypatch, tried, access="pairing") == "stranger"


def test_codes_mean_nothing_where_a_list_decides(tmp_path: Path, monkeypatch: Patch) -> None:
    async def tried(front: Front) -> tuple[str, list[str]]:
        await front.feed(message("/pair", ADMIN))
        said = front.said()
        await front.feed(message(await front.office.access.new_code(), STRANGER))
        return await front.office.access.role(STRANGER), said

    role, said = run(tmp_path, monkeypatch, tried, access="list")
    assert role == "stranger" and "pairing" in said[0]


@pytest.mark.parametrize("kind", ["supergroup", "channel"])
def test_a_chat_that_a_stranger_adds_the_bot_to_is_left_at_once(kind: str, tmp_path: Path, monkeypatch: Patch) -> None:
    """TEL-026: without a word, and without anything of the chat being stored."""

    async def tried(front: Front) -> tuple[list[tuple[str, object]], int]:
        await front.feed(added(MEMBER, FOREIGN, kind=kind))
        calls = [(call.method, call.parameters.get("chat_id")) for call in front.request.calls]
        rows = await front.office.records.do(lambda c: c.execute("SELECT count(*) FROM rights").fetchone()[0])
        return calls, rows

    assert run(tmp_path, monkeypatch, tried, access="open") == ([("leaveChat", FOREIGN)], 0)


def test_a_group_that_an_administrator_adds_the_bot_to_waits_in_silence_until_it_is_allowed(
    tmp_path: Path, monkeypatch: Patch
) -> None:
    async def tried(front: Front) -> tuple[list[Any], list[str], list[str]]:
        await front.feed(added(ADMIN, FOREIGN), message(f"/status@{BOT['username']}", STRANGER, FOREIGN))
        calls = [(call.method, call.parameters.get("chat_id")) for call in front.request.calls]
        told = front.said()
        await front.feed(message(f"/allow {FOREIGN}", ADMIN))
        front.request.clear()
        await front.feed(message(f"/status@{BOT['username']}", STRANGER, FOREIGN))
        return calls, told, front.said()

    calls, told, answered = run(tmp_path, monkeypatch, tried)
    assert calls == [("sendMessage", ADMIN)] and f"/allow {FOREIGN}" in told[0]
    assert len(answered) == 1 and answered[0].startswith("Articles:")


def test_a_group_that_is_turned_away_is_left_and_stays_unanswered(tmp_path: Path, monkeypatch: Patch) -> None:
    async def tried(front: Front) -> tuple[list[str], list[str]]:
        await front.feed(message(f"/deny {GROUP}", ADMIN))
        left = [call.method for call in front.request.of("leaveChat")]
        front.request.clear()
        await front.feed(message(f"/status@{BOT['username']}", MEMBER, GROUP), added(ADMIN, GROUP))
        return left, [call.method for call in front.request.of("sendMessage")]

    assert run(tmp_path, monkeypatch, tried) == (["leaveChat"], [])


def test_a_group_that_is_not_allowed_is_left_once_an_hour_and_never_answered(
    tmp_path: Path, monkeypatch: Patch
) -> None:
    async def tried(front: Front) -> list[str]:
        for _ in range(3):
            await front.feed(message(f"/ask@{BOT['username']} who?", MEMBER, FOREIGN))
        return [call.method for call in front.request.calls]

    assert run(tmp_path, monkeypatch, tried) == ["leaveChat"]


def test_a_press_is_answered_wherever_and_by_whomever_it_is_made(tmp_path: Path, monkeypatch: Patch) -> None:
    """In a group that is not allowed, by a bot, without a message: no button goes on turning."""
    data = "v1:a:1:0:AAAAAAAAAAAAAAAA"

    async def tried(front: Front) -> list[str]:
        by_a_bot = press(data, MEMBER)
        by_a_bot["callback_query"]["from"]["is_bot"] = True
        await front.feed(press(data, MEMBER, FOREIGN), by_a_bot, press(data, message=None))
        return [call.parameters["callback_query_id"] for call in front.request.of("answerCallbackQuery")]

    answered = run(tmp_path, monkeypatch, tried)
    assert len(answered) == len(set(answered)) == 3


def test_a_group_that_became_a_supergroup_keeps_its_rights(tmp_path: Path, monkeypatch: Patch) -> None:
    async def tried(front: Front) -> list[str]:
        await front.feed(message(None, MEMBER, GROUP, migrate_to_chat_id=FOREIGN))
        await front.feed(message(f"/status@{BOT['username']}", MEMBER, FOREIGN))
        return front.said()

    assert len(run(tmp_path, monkeypatch, tried)) == 1


def test_names_give_no_rights_and_never_reach_a_message_or_the_log(tmp_path: Path, monkeypatch: Patch) -> None:
    """TEL-017: an administrator's old username and markup in a name are letters, and nobody needs them."""
    liar = user(STRANGER, first_name="</b><a href=tg://user?id=11>admin</a>", username="the_admin")

    async def tried(front: Front) -> tuple[str, list[str]]:
        raw = message("/stats", STRANGER)
        raw["message"]["from"] = liar
        await front.feed(raw)
        return await front.office.access.role(STRANGER), front.said()

    with logged() as lines:
        role, said = run(tmp_path, monkeypatch, tried)
    assert role == "stranger" and not any("admin</a>" in text or "the_admin" in text for text in (*said, *lines))


@pytest.mark.parametrize("kind", ["channel_post", "edited_channel_post", "business_message", "edited_business_message"])
def test_posts_without_a_writer_and_messages_of_other_peoples_accounts_are_ignored(
    kind: str, tmp_path: Path, monkeypatch: Patch
) -> None:
    """TEL-015."""

    async def tried(front: Front) -> list[str]:
        raw = message("/status", ADMIN, kind=kind)
        if "channel" in kind:
            del raw[kind]["from"]
        await front.feed(raw, {"update_id": 5})
        return [call.method for call in front.request.calls]

    assert run(tmp_path, monkeypatch, tried, access="open") == []


def test_scopes_belong_to_chats_and_all_means_no_limit(tmp_path: Path, monkeypatch: Patch) -> None:
    async def tried(front: Front) -> list[Scope]:
        return [await front.office.access.scope(chat) for chat in (MEMBER, GROUP, STRANGER)]

    settings: dict[str, Any] = {"scopes": {MEMBER: ("press", "wires"), GROUP: ("all",)}, "default_scope": ("wires",)}
    found = run(tmp_path, monkeypatch, tried, **settings)
    assert found == [frozenset({"press", "wires"}), None, frozenset({"wires"})]


def test_a_deep_link_says_something_only_with_our_digest(tmp_path: Path, monkeypatch: Patch) -> None:
    """TEL-019."""

    async def tried(front: Front) -> tuple[str, list[str | None]]:
        link = await front.office.access.deep_link("inline")
        forged = (link[:-1] + ("a" if link[-1] != "a" else "b"), "cm0gLXJmIC8", "inline", "", "-" * 64, "é-ü")
        return link, [await front.office.access.read_deep_link(one) for one in (link, *forged)]

    link, read = run(tmp_path, monkeypatch, tried)
    assert len(link) <= 64 and read == ["inline", None, None, None, None, None, None]


def test_a_start_with_a_strange_payload_is_a_start(tmp_path: Path, monkeypatch: Patch) -> None:
    async def tried(front: Front) -> tuple[list[str], list[str]]:
        await front.feed(message("/start", MEMBER))
        plain = front.said()
        await front.feed(message("/start cm0gLXJmIC8", MEMBER))
        return plain, front.said()

    plain, strange = run(tmp_path, monkeypatch, tried)
    assert plain == strange and len(plain) == 1


def test_the_records_of_the_door_hold_numbers_and_no_text(tmp_path: Path, monkeypatch: Patch) -> None:
    async def tried(front: Front) -> None:
        await front.feed(message("my secret plan", STRANGER), message("AAAA-2222", STRANGER))
        await front.feed(message("our secret talk", MEMBER, FOREIGN))

    run(tmp_path, monkeypatch, tried, access="pairing")
    with sqlite3.connect(tmp_path / "index" / FILE) as kept:
        written = "\n".join(kept.iterdump())
    assert "secret" not in written and "AAAA" not in written
