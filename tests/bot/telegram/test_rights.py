"""Every command of every kind of sender: what happens is written out here, and what is not written fails."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from telegram import Update

from bot.chat_telegram import commands
from bot.chat_telegram.access import Command
from bot.chat_telegram.rights import ADMIN_COMMANDS, RIGHTS, Access, Visitor
from bot.chat_telegram.visitors import ANONYMOUS_ADMIN, POSTED_AS_CHANNEL, TELEGRAM, caller
from tests.bot.telegram.front import ADMIN, FOREIGN, GROUP, MEMBER, STRANGER, Front, logged, run
from tests.bot.telegram.recording import BOT, chat, message, user

Raw = dict[str, Any]
HERE = f"@{BOT['username']}"
CHANNEL = {"id": -100900, "type": "channel", "title": "Loud"}
PRIVATE_FORWARD = {"type": "user", "date": 1, "sender_user": user(STRANGER)}


def private(by: int, **more: Any) -> Callable[[str], Raw]:
    """Who writes in a private chat."""
    return lambda text: message(text, by, **more)


def grouped(by: int, to: int = GROUP, **more: Any) -> Callable[[str], Raw]:
    """Who writes in a group, to this bot by name."""
    return lambda text: message(text + HERE, by, to, **more)


def posted(text: str) -> Raw:
    """A post in a channel: nobody is named as its writer."""
    raw = message(text, kind="channel_post", chat=CHANNEL, sender_chat=CHANNEL)
    del raw["channel_post"]["from"]
    return raw


def bot_in_group(text: str) -> Raw:
    """A bot that writes in an allowed group."""
    return message(text + HERE, STRANGER, GROUP, **{"from": user(STRANGER, is_bot=True)})  # type: ignore[arg-type]  # given as it is on purpose: looser than the declared type


# The senders, in the order of the columns below: their settings, and how they write.
SENDERS: tuple[tuple[str, dict[str, Any], Callable[[str], Raw]], ...] = (
    ("administrator in private", {}, private(ADMIN)),
    ("administrator in an allowed group", {}, grouped(ADMIN)),
    ("listed person in private", {}, private(MEMBER)),
    ("listed person in an allowed group", {}, grouped(MEMBER)),
    ("anybody in an allowed group", {}, grouped(STRANGER)),
    ("stranger where all may ask", {"access": "open"}, private(STRANGER)),
    ("stranger to a list", {"access": "list"}, private(STRANGER)),
    ("stranger where codes let in", {"access": "pairing"}, private(STRANGER)),
    ("person turned away where all may ask", {"access": "open", "denied": (STRANGER,)}, private(STRANGER)),
    ("person turned away in an allowed group", {"denied": (STRANGER,)}, grouped(STRANGER)),
    ("anonymous administrator of a group", {}, grouped(ANONYMOUS_ADMIN, sender_chat=chat(GROUP))),
    ("somebody as a channel in a group", {}, grouped(POSTED_AS_CHANNEL, sender_chat=CHANNEL)),
    ("post of a linked channel", {}, grouped(TELEGRAM, sender_chat=CHANNEL, is_automatic_forward=True)),
    ("another bot", {"access": "open"}, bot_in_group),
    ("administrator through another bot", {}, private(ADMIN, via_bot=user(STRANGER, is_bot=True))),
    ("administrator who forwards", {}, private(ADMIN, forward_origin=PRIVATE_FORWARD)),
    ("administrator who edits", {}, lambda text: message(text, ADMIN, kind="edited_message", edit_date=1)),
    ("channel", {"access": "open"}, posted),
    ("administrator in a group not allowed, or left", {}, grouped(ADMIN, FOREIGN)),
    ("administrator as a guest elsewhere", {},
     lambda text: message(text, ADMIN, FOREIGN, kind="guest_message", guest_query_id="1")),
)  # fmt: skip

# The anonymous one is TEL-013. R runs, U heard as an unknown command, S one line for strangers, A one line for the anonymous, F that what is forwarded is no command,
# - nothing at all.
MATRIX: Mapping[str, str] = {
    "start":   "R R R R R R S S S - A - - - - F - - - -",
    "help":    "R R R R R R S S S - A - - - - F - - - -",
    "ask":     "R R R R R R S S S - A - - - - F - - - -",
    "check":   "R R R R R R S S S - A - - - - F - - - -",
    "sources": "R R R R R R S S S - A - - - - F - - - -",
    "latest":  "R R R R R R S S S - A - - - - F - - - -",
    "status":  "R R R R R R S S S - A - - - - F - - - -",
    "new":     "R R R R R R S S S - A - - - - F - - - -",
    "privacy": "R R R R R R S S S - A - - - - F - - - -",
    "forget":  "R R R R R R S S S - A - - - - F - - - -",
    "add":     "R U U U U U S S S - A - - - - F - - - -",
    "rebuild": "R U U U U U S S S - A - - - - F - - - -",
    "remove":  "R U U U U U S S S - A - - - - F - - - -",
    "reload":  "R U U U U U S S S - A - - - - F - - - -",
    "stats":   "R U U U U U S S S - A - - - - F - - - -",
    "pair":    "R U U U U U S S S - A - - - - F - - - -",
    "allow":   "R U U U U U S S S - A - - - - F - - - -",
    "deny":    "R U U U U U S S S - A - - - - F - - - -",
}  # fmt: skip


def test_every_command_has_a_row_of_rights_and_every_right_a_command() -> None:
    assert set(MATRIX) == set(commands.TABLE) == set(RIGHTS)
    assert all(len(row.split()) == len(SENDERS) for row in MATRIX.values())


@pytest.mark.parametrize("column", range(len(SENDERS)), ids=[name for name, *_ in SENDERS])
def test_each_command_does_for_each_sender_what_the_table_says(
    column: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, settings, writes = SENDERS[column]
    denied = settings.get("denied", ())
    ran: list[str] = []

    def recorder(command: Command) -> Command:
        async def record(update: Update, context: object) -> None:
            ran.append(command.name)

        return replace(command, run=record)

    monkeypatch.setattr(commands, "TABLE", {name: recorder(one) for name, one in commands.TABLE.items()})

    async def told(front: Front) -> dict[str, str]:
        for person in denied:
            await front.office.access.decide(person, "denied", "test")
        found = {}
        for name in MATRIX:
            front.clock.now += 7200
            raw = writes(f"/{name}")
            next(part for part in raw.values() if isinstance(part, dict))["date"] = int(front.clock.now)
            await front.feed(raw)
            found[name] = _happened(front, ran, name)
        return found

    found = run(tmp_path, monkeypatch, told, **{k: v for k, v in settings.items() if k != "denied"})
    assert found == {name: row.split()[column] for name, row in MATRIX.items()}


def _happened(front: Front, ran: list[str], name: str) -> str:
    texts = front.request.texts()
    others = [call.method for call in front.request.calls if call.method not in ("sendMessage", "leaveChat")]
    front.request.clear()
    assert others == [], others
    if ran:
        assert (ran, texts) == ([name], [])
        ran.clear()
        return "R"
    for letter, beginning in (("U", commands.UNKNOWN), ("S", "I answer only those"), ("A", "Anonymous"),
                              ("F", "This command was forwarded")):  # fmt: skip
        if len(texts) == 1 and texts[0].startswith(beginning):
            return letter
    assert texts == []
    return "-"


def test_a_command_without_a_row_may_be_used_by_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    admin = Visitor("person", ADMIN, ADMIN, "private", "admin", welcome=True)

    async def tried(front: Front) -> bool:
        return front.office.access.may(admin, "shutdown")

    assert run(tmp_path, monkeypatch, tried) is False


def test_an_administrators_command_is_for_private_chats_whoever_asks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    admin = Visitor("person", ADMIN, GROUP, "group", "admin", welcome=True)
    unwelcome = Visitor("person", ADMIN, ADMIN, "private", "admin", welcome=False)

    async def tried(front: Front) -> list[bool]:
        may = front.office.access.may
        return [may(who, name) for who in (admin, unwelcome) for name in ("rebuild", "status")]

    assert run(tmp_path, monkeypatch, tried) == [False, True, False, False]


@pytest.mark.parametrize(
    ("id_", "more", "sort"),
    [(ANONYMOUS_ADMIN, {}, "anonymous"), (ANONYMOUS_ADMIN, {"sender_chat": chat(GROUP)}, "anonymous"),
     (ADMIN, {"sender_chat": chat(GROUP)}, "anonymous"), (ADMIN, {"sender_chat": CHANNEL}, "channel"),
     (POSTED_AS_CHANNEL, {}, "channel"), (TELEGRAM, {}, "channel"), (ADMIN, {}, "person"),
     (ADMIN, {"via_bot": user(5, is_bot=True)}, "bot"), (ADMIN, {"sender_business_bot": user(5, is_bot=True)}, "bot")],
)  # fmt: skip
def test_who_speaks_for_another_is_no_person(id_: int, more: dict[str, Any], sort: str) -> None:
    """Each sign by itself is enough: Telegram's stand-in accounts, a chat as the sender, a bot on the way."""
    found = caller(Update.de_json(message("/stats", id_, GROUP, **more), None))
    assert (found.sort, found.user) == (sort, ADMIN if sort == "person" else None)


def test_an_edited_command_is_left_to_those_who_answer_edits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def tried(front: Front) -> list[object]:
        (handler,) = commands.handlers(front.office)
        raws = (message("/ask who?", MEMBER), message("/ask who?", MEMBER, kind="edited_message", edit_date=1))
        return [bool(handler.check_update(Update.de_json(raw, front.application.bot))) for raw in raws]

    assert run(tmp_path, monkeypatch, tried) == [True, False]


def test_an_administrators_command_from_others_reads_like_one_that_does_not_exist(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """TEL-011: the same words, rarely, and the attempt in the log by number and command alone."""

    async def tried(front: Front) -> tuple[list[str], list[str], list[str]]:
        await front.feed(message("/rebuild now please", MEMBER))
        real = front.said()
        await front.feed(message("/teleport", MEMBER))
        none = front.said()
        await front.feed(*(message("/rebuild", MEMBER) for _ in range(20)))
        return real, none, front.said()

    with logged() as lines:
        real, none, flood = run(tmp_path, monkeypatch, tried)
    assert real == none == [commands.UNKNOWN]
    assert len(flood) <= 1
    assert f"/rebuild refused to user {MEMBER}" in lines
    assert not any("please" in line or "teleport" in line for line in lines)


def test_commands_of_other_bots_and_unknown_ones_in_groups_are_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def tried(front: Front) -> list[str]:
        await front.feed(message("/status@other_bot", MEMBER, GROUP), message("/teleport", MEMBER, GROUP))
        return front.said()

    assert run(tmp_path, monkeypatch, tried) == []


@pytest.mark.parametrize("name", sorted(ADMIN_COMMANDS))
def test_an_administrators_command_older_than_five_minutes_is_not_carried_out(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def tried(front: Front) -> tuple[list[str], int]:
        await front.feed(message(f"/{name} 5", ADMIN, date=int(front.clock.now) - 301))
        return front.said(), len(front.shop.deeds)

    said, deeds = run(tmp_path, monkeypatch, tried)
    assert len(said) == 1 and "not carried out" in said[0] and deeds == 0


def test_where_the_door_itself_fails_it_stays_shut(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """python-telegram-bot goes on to the next group after an error; no handler may see the update then."""

    async def broken(self: Access, update: Update) -> Visitor:
        raise RuntimeError("no rights to be had")

    async def tried(front: Front) -> tuple[list[str], list[str]]:
        failures = []

        async def failed(update: object, context: Any) -> None:
            failures.append(type(context.error).__name__)

        front.application.add_error_handler(failed)
        monkeypatch.setattr(Access, "of", broken)
        await front.feed(message("/status", STRANGER), message("who was there?", STRANGER))
        return front.said(), failures

    assert run(tmp_path, monkeypatch, tried) == ([], ["RuntimeError", "RuntimeError"])
