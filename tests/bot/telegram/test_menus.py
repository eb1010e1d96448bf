"""What Telegram is told of the bot: once, per kind of chat, and without harm where it fails."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bot.chat_telegram import menus
from bot.chat_telegram.asking import Asking, Reply
from bot.chat_telegram.commands import TABLE
from bot.chat_telegram.duties import duties
from bot.chat_telegram.rights import ADMIN_COMMANDS
from index.store import Scope
from tests.bot.telegram.front import ADMIN, MEMBER, Front, run
from tests.bot.telegram.recording import message
from tests.bot.telegram.test_privacy import asked, questions

Patch = pytest.MonkeyPatch


def calls(front: Front) -> list[str]:
    """The methods that were called; forgets them."""
    found = [call.method for call in front.request.calls]
    front.request.clear()
    return found


def test_menus_differ_by_kind_of_chat_and_hold_what_may_be_used_there(tmp_path: Path, monkeypatch: Patch) -> None:
    async def tried(front: Front) -> dict[str, set[str]]:
        await menus.menus(front.office, TABLE.values())
        return {
            call.parameters["scope"]["type"]: {one["command"] for one in call.parameters["commands"]}
            for call in front.request.of("setMyCommands")
        }

    found: dict[str, Any] = run(tmp_path, monkeypatch, tried)
    everybody = set(TABLE) - ADMIN_COMMANDS
    assert found == {"all_private_chats": everybody, "all_group_chats": everybody, "chat": set(TABLE)}


def test_a_second_start_sets_nothing_and_a_change_only_what_changed(tmp_path: Path, monkeypatch: Patch) -> None:
    async def tried(front: Front) -> tuple[list[str], list[str], list[str]]:
        await menus.menus(front.office, TABLE.values())
        first = calls(front)
        await menus.menus(front.office, TABLE.values())
        second = calls(front)
        monkeypatch.setattr(menus, "SHORT", "Answers.")
        await menus.menus(front.office, TABLE.values())
        return first, second, calls(front)

    first, second, third = run(tmp_path, monkeypatch, tried)
    assert len(first) == 6 and second == [] and third == ["setMyShortDescription"]


def test_what_telegram_refuses_is_harmless_and_tried_again(tmp_path: Path, monkeypatch: Patch) -> None:
    """An administrator who has never written to the bot has no chat to put a menu in, until /start."""

    async def tried(front: Front) -> tuple[list[str], list[str]]:
        front.request.fail("setMyDescription", 500, "Internal", times=9)
        await menus.menus(front.office, [TABLE["help"]])
        front.request._failures.clear()
        calls(front)
        await front.office.records.do(lambda c: c.execute("DELETE FROM menus WHERE name LIKE 'chat%'"))
        await menus.menus(front.office, [TABLE["help"]])
        again = calls(front)
        await front.feed(message("/start", ADMIN), message("/start", MEMBER))
        return again, [method for method in calls(front) if method not in ("sendMessage", "sendChatAction")]

    again, started = run(tmp_path, monkeypatch, tried)
    assert again == ["setMyCommands", "setMyDescription"] and started == ["setMyCommands"]


def test_whoever_administers_no_longer_loses_the_menu(tmp_path: Path, monkeypatch: Patch) -> None:
    async def before(front: Front) -> None:
        await menus.menus(front.office, TABLE.values())

    async def after(front: Front) -> list[tuple[str, Any]]:
        await menus.menus(front.office, TABLE.values())
        return [(call.method, call.parameters["scope"]) for call in front.request.of("deleteMyCommands")]

    run(tmp_path, monkeypatch, before, admins=(ADMIN, 12))
    gone = run(tmp_path, monkeypatch, after, holds=())
    assert gone == [("deleteMyCommands", {"type": "chat", "chat_id": 12})]


def test_descriptions_fit_what_telegram_takes() -> None:
    assert len(menus.DESCRIPTION) <= 512 and len(menus.SHORT) <= 120
    assert all(len(one.text) <= 256 and len(name) <= 32 for name, one in TABLE.items())


def test_duties_set_menus_sweep_every_hour_and_survive_a_failure(tmp_path: Path, monkeypatch: Patch) -> None:
    pauses = []

    async def tried(front: Front) -> tuple[list[str], list[str]]:
        async def pause(seconds: float) -> None:
            pauses.append(seconds)
            if len(pauses) == 1:
                await asked(front, "old")
                front.clock.now += 2 * 86_400
                await front.office.records.do(lambda c: c.execute("DROP TABLE examples"))
            else:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            await duties(front.application, pause)
        return await questions(front), [call.method for call in front.request.of("setChatMenuButton")]

    left, button = run(tmp_path, monkeypatch, tried, retention_days=1)
    assert (left, button, pauses) == ([], ["setChatMenuButton"], [10.0, 10.0])


def test_the_models_are_loaded_and_the_examples_of_every_scope_made_before_anybody_asks(
    tmp_path: Path, monkeypatch: Patch
) -> None:
    heard: list[tuple[str, Scope, object]] = []
    real = Asking.ask

    async def ask(self: Asking, question: str, scope: Scope, who: object = None) -> Reply:
        heard.append((question, scope, who))
        return await real(self, question, scope, who)

    async def tried(front: Front) -> list[tuple[str, Scope, object]]:
        async def pause(seconds: float) -> None:
            raise KeyboardInterrupt

        started = []
        for _ in range(2):
            heard.clear()
            front.application.bot_data.pop("showcase", None)  # as after a restart
            with pytest.raises(KeyboardInterrupt):
                await duties(front.application, pause)
            started.append([*heard])
        first, second = started
        assert {scope for _, scope, _ in first} == {None, frozenset({"wires"})} and {who for *_, who in first} == {None}
        assert second == first[:1], "the examples are kept, the models are not"
        return second

    monkeypatch.setattr(Asking, "ask", ask)
    assert len(run(tmp_path, monkeypatch, tried, scopes={MEMBER: ("wires",)})) == 1
