"""/rebuild and /remove: nothing without a press, one press once, and what is shown before is what would happen."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.answer import Answer
from bot.chat_telegram import rebuild, received
from bot.chat_telegram.answers import Given, keep
from bot.chat_telegram.asking import Reply
from bot.chat_telegram.deeds import Differs, Item, News, Outcome
from tests.bot import tiny_archive
from tests.bot.telegram.front import ADMIN, ARTICLES, MEMBER, Front, done, run
from tests.bot.telegram.recording import Call, message, press

Patch = pytest.MonkeyPatch
STAGED = News(
    "staged",
    outcome=Outcome(
        added=(Item("new-1", "A new one", 4),), gone=(Item("quake-1", "Quake at dawn", 2),), published=True, articles=2,
        sentences=9, asked=2, differing=(Differs("who opened it?", "Ada Finch", None),),
    ),
)  # fmt: skip


async def waiting(front: Front) -> Call:
    """The message that asks for a yes, once it is there."""
    for _ in range(500):
        for call in reversed(front.request.calls):
            if call.method in ("sendMessage", "editMessageText") and call.buttons:
                return call
        await asyncio.sleep(0.005)
    raise AssertionError("nobody was asked")


def answers(call: Call, way: str, by: int = ADMIN, to: int | None = None) -> dict[str, Any]:
    """A press of the yes or the no of that message."""
    button = next(one for one in call.buttons if one["callback_data"].startswith(f"v1:{way}:"))
    return press(button["callback_data"], by, to)


def rebuilt(tmp_path: Path, monkeypatch: Patch, *ways: str, by: int = ADMIN) -> tuple[list[str], list[str], list[str]]:
    """The words that the workshop hears, what was said, and the toasts, after these presses."""

    async def tried(front: Front) -> tuple[list[str], list[str], list[str]]:
        front.shop.script = [STAGED, done(articles=2, sentences=9)]
        await front.feed(message("/rebuild", ADMIN))
        call = await waiting(front)
        for way in ways:
            await front.feed(answers(call, way, by))
            await asyncio.sleep(0.02)
        toasts = [one.text for one in front.request.of("answerCallbackQuery")]
        if not front.shop.words:
            await front.yard.close()
        return list(front.shop.words), await front.settle(), toasts

    return run(tmp_path, monkeypatch, tried)


def test_a_rebuild_shows_what_would_change_and_publishes_after_a_yes(tmp_path: Path, monkeypatch: Patch) -> None:
    words, said, _ = rebuilt(tmp_path, monkeypatch, "yes")
    shown = next(text for text in said if "Publish them?" in text)
    assert "New: 1 article" in shown and "A new one, 4 sentences" in shown
    assert "Gone: 1 article" in shown and "Quake at dawn" in shown
    assert "Of the 2 questions asked last, 1 would be answered otherwise" in shown
    assert "who opened it?" in shown and "Ada Finch → no answer" in shown
    assert words == ["publish"] and said[-1].startswith("Published: 2 articles with 9 sentences")


def test_a_rebuild_is_discarded_after_a_no(tmp_path: Path, monkeypatch: Patch) -> None:
    words, said, _ = rebuilt(tmp_path, monkeypatch, "no")
    assert words == ["discard"] and said[-1].startswith("Not published")


def test_a_yes_counts_once_however_often_it_is_pressed(tmp_path: Path, monkeypatch: Patch) -> None:
    words, _, toasts = rebuilt(tmp_path, monkeypatch, "yes", "yes", "no", "yes")
    assert words == ["publish"] and toasts[0] == "" and all("That is over" in text for text in toasts[1:])


def test_a_yes_of_somebody_else_counts_for_nothing(tmp_path: Path, monkeypatch: Patch) -> None:
    words, _, toasts = rebuilt(tmp_path, monkeypatch, "yes", by=MEMBER)
    assert words == [] and toasts == ["This button is for whoever was asked."]


def test_a_yes_from_another_chat_counts_for_nothing(tmp_path: Path, monkeypatch: Patch) -> None:
    """Somebody else who administers may not press what was not shown to them."""

    async def tried(front: Front) -> tuple[list[str], list[str]]:
        front.shop.script = [STAGED, done()]
        await front.feed(message("/rebuild", ADMIN))
        await front.feed(answers(await waiting(front), "yes", ADMIN + 1))
        toasts = [one.text for one in front.request.of("answerCallbackQuery")]
        await front.yard.close()
        return list(front.shop.words), toasts

    words, toasts = run(tmp_path, monkeypatch, tried, admins=(ADMIN, ADMIN + 1))
    assert words == [] and toasts == ["This button is for whoever was asked."]


@pytest.mark.parametrize(
    "forge", [lambda d: d[:-1] + ("A" if d[-1] != "A" else "B"), lambda d: d.replace("v1:yes", "v1:no"),
              lambda d: d.replace(":1:", ":2:"), lambda d: d + "\n", lambda d: d.replace("v1", "v2")]
)  # fmt: skip
def test_a_forged_press_counts_for_nothing(forge: Any, tmp_path: Path, monkeypatch: Patch) -> None:
    async def tried(front: Front) -> tuple[list[str], int]:
        front.shop.script = [STAGED, done()]
        await front.feed(message("/rebuild", ADMIN))
        call = await waiting(front)
        data = next(one["callback_data"] for one in call.buttons if one["callback_data"].startswith("v1:yes:"))
        await front.feed(press(forge(data), ADMIN))
        await asyncio.sleep(0.02)
        toasts = front.request.of("answerCallbackQuery")
        await front.yard.close()
        return list(front.shop.words), len(toasts)

    assert run(tmp_path, monkeypatch, tried) == ([], 1)


def test_no_press_within_five_minutes_is_a_no_and_a_late_yes_is_told_so(tmp_path: Path, monkeypatch: Patch) -> None:
    monkeypatch.setattr(rebuild, "REBUILD_SECONDS", 0.05)

    async def tried(front: Front) -> tuple[list[str], list[str], list[str]]:
        front.shop.script = [STAGED, done()]
        await front.feed(message("/rebuild", ADMIN))
        call = await waiting(front)
        said = await front.settle()
        front.clock.now += 1
        await front.feed(answers(call, "yes"))
        return list(front.shop.words), said, [one.text for one in front.request.of("answerCallbackQuery")]

    words, said, toasts = run(tmp_path, monkeypatch, tried)
    assert words == ["discard"] and said[-1].startswith("Not published") and "over" in toasts[0]


def test_a_yes_after_a_restart_is_told_to_ask_anew(tmp_path: Path, monkeypatch: Patch) -> None:
    data: list[dict[str, Any]] = []

    async def before(front: Front) -> None:
        front.shop.script = [STAGED, done()]
        await front.feed(message("/rebuild", ADMIN))
        data.append(answers(await waiting(front), "yes"))

    async def after(front: Front) -> tuple[list[str], list[str]]:
        await front.feed(*data)
        return list(front.shop.words), [one.text for one in front.request.of("answerCallbackQuery")]

    run(tmp_path, monkeypatch, before)
    words, toasts = run(tmp_path, monkeypatch, after, holds=())
    assert words == [] and "Send the command again" in toasts[0]


def test_where_nothing_would_change_nobody_is_asked(tmp_path: Path, monkeypatch: Patch) -> None:
    async def tried(front: Front) -> tuple[list[str], list[str]]:
        front.shop.script = [News("staged", outcome=Outcome(articles=2))]
        await front.feed(message("/rebuild", ADMIN))
        return await front.settle(), list(front.shop.words)

    said, words = run(tmp_path, monkeypatch, tried)
    assert said[-1].startswith("Nothing would change") and words == ["discard"]


def test_a_second_rebuild_is_refused_while_one_is_under_way(tmp_path: Path, monkeypatch: Patch) -> None:
    async def tried(front: Front) -> tuple[int, list[str]]:
        front.shop.script = [STAGED, done()]
        await front.feed(message("/rebuild", ADMIN))
        call = await waiting(front)
        await front.feed(message("/rebuild", ADMIN))
        second = front.said()
        await front.feed(answers(call, "no"))
        await front.settle()
        return len(front.shop.deeds), second

    deeds, second = run(tmp_path, monkeypatch, tried)
    assert deeds == 1 and "under way already" in second[-1]


def test_answers_go_on_while_a_rebuild_waits_for_its_word(tmp_path: Path, monkeypatch: Patch) -> None:
    async def tried(front: Front) -> list[str]:
        front.shop.script = [STAGED, done()]
        await front.feed(message("/rebuild", ADMIN))
        await waiting(front)
        front.said()
        await front.feed(message("Who opened the harbour of Rotterdam?", MEMBER), message("/status", ADMIN))
        return front.request.texts()

    said = run(tmp_path, monkeypatch, tried)
    assert len(said) == 2 and "Finch" in said[0] and said[1].startswith("Articles: 2")


def test_a_rebuild_reads_the_sources_and_what_was_received_and_asks_recent_questions(
    tmp_path: Path, monkeypatch: Patch
) -> None:
    async def tried(front: Front) -> Any:
        received.keep(front.office.config, b"Kept.", "a.txt")
        for number in range(30):
            reply = Reply(Answer("q", "not_found", "nothing_close", None, 0.0, (), (), "g"))
            given = Given(MEMBER, MEMBER, number, f"question {number}", None, reply)
            await keep(front.office.records, given, front.clock.now)
        front.shop.script = [News("failed", "no source can be read")]
        await front.feed(message("/rebuild", ADMIN))
        return front.office.config, await front.settle(), front.shop.deeds[0]

    config, said, deed = run(tmp_path, monkeypatch, tried)
    assert deed.do == "rebuild" and said[-1] == "Nothing was published. no source can be read"
    assert deed.paths == (*map(str, config.index.sources), str(received.folder(config)))
    assert deed.questions == tuple(f"question {number}" for number in range(29, 9, -1))


def test_an_article_is_named_before_it_is_taken_out_and_goes_after_a_yes(tmp_path: Path, monkeypatch: Patch) -> None:
    async def tried(front: Front) -> tuple[list[str], int, list[str], Any]:
        front.shop.script = [done(gone=(Item("quake-1", "Quake at dawn", 2),), articles=1)]
        await front.feed(message("/remove quake", ADMIN))
        asked, before = front.request.texts(), len(front.shop.deeds)
        await front.feed(answers(await waiting(front), "yes"))
        return asked, before, await front.settle(), front.shop.deeds

    asked, before, said, deeds = run(tmp_path, monkeypatch, tried)
    assert "Quake at dawn, 2 sentences" in asked[0] and "next rebuild" in asked[0] and before == 0
    assert [(deed.do, deed.articles) for deed in deeds] == [("remove", ("quake-1",))]
    assert said[-1].startswith("Taken out: 1. The archive holds 1 articles")


@pytest.mark.parametrize(("way", "wait", "deeds"), [("no", 0, 0), ("yes", 61, 0), ("yes", 59, 1)])
def test_a_removal_wants_a_yes_within_a_minute(
    way: str, wait: int, deeds: int, tmp_path: Path, monkeypatch: Patch
) -> None:
    async def tried(front: Front) -> int:
        front.shop.script = [done(gone=(Item("quake-1", "Quake", 2),))]
        await front.feed(message("/remove quake-1", ADMIN))
        call = await waiting(front)
        front.clock.now += wait
        await front.feed(answers(call, way), answers(call, way))
        await front.settle()
        return len(front.shop.deeds)

    assert run(tmp_path, monkeypatch, tried) == deeds


def test_a_yes_of_somebody_who_administers_no_longer_counts_for_nothing(tmp_path: Path, monkeypatch: Patch) -> None:
    data: list[dict[str, Any]] = []

    async def before(front: Front) -> None:
        await front.feed(message("/remove quake-1", ADMIN))
        data.append(answers(await waiting(front), "yes"))

    async def after(front: Front) -> tuple[int, list[str]]:
        await front.feed(*data)
        toasts = [one.text for one in front.request.of("answerCallbackQuery")]
        await front.settle()
        return len(front.shop.deeds), toasts

    run(tmp_path, monkeypatch, before)
    deeds, toasts = run(tmp_path, monkeypatch, after, holds=(), admins=(), access="open")
    assert deeds == 0 and toasts == ["This button is for whoever was asked."]


@pytest.mark.parametrize("text", ["/remove", "/remove " + "quake-1 " * 21])
def test_a_removal_without_or_with_too_many_ids_says_how(text: str, tmp_path: Path, monkeypatch: Patch) -> None:
    async def tried(front: Front) -> tuple[list[str], int]:
        await front.feed(message(text, ADMIN))
        return front.said(), len(front.shop.deeds)

    said, deeds = run(tmp_path, monkeypatch, tried)
    assert deeds == 0 and "/remove ID" in said[0]


@pytest.mark.parametrize("id_", ["nothing", "' OR 1=1 --", "%", "quake-"])
def test_an_id_that_fits_no_article_or_several_takes_nothing_out(id_: str, tmp_path: Path, monkeypatch: Patch) -> None:
    async def tried(front: Front) -> list[str]:
        await front.feed(message(f"/remove {id_}", ADMIN))
        assert not any(call.buttons for call in front.request.calls)
        return front.said()

    alike = replace(ARTICLES[1], id="quake-2", text="The coast shook again.")
    said = run(tmp_path, monkeypatch, tried, holds=(*ARTICLES, alike))
    assert len(said) == 1 and said[0].startswith("Nothing was done")


def test_a_received_document_goes_with_its_last_article_and_what_cites_it_is_forgotten(
    tmp_path: Path, monkeypatch: Patch
) -> None:
    async def tried(front: Front) -> tuple[bool, list[str], int]:
        path, _ = received.keep(front.office.config, b"Mayor Ada Finch opened it.", "h.txt")
        there = (replace(ARTICLES[0], origin=str(path)), ARTICLES[1])
        tiny_archive.publish_articles(front.office.config.index.dir, there)
        await front.feed(message("Who shook the coast at dawn?", MEMBER))
        await front.feed(message("Who opened the harbour of Rotterdam on Monday?", MEMBER))
        kept = await front.office.records.do(lambda c: c.execute("SELECT count(*) FROM answers").fetchone()[0])
        assert kept == 2
        front.request.clear()

        async def taken_out() -> None:
            tiny_archive.publish_articles(front.office.config.index.dir, ARTICLES[1:])

        front.shop.meanwhile = taken_out
        front.shop.script = [done(gone=(Item("harbour-1", "Harbour reopens", 1),), empty=(str(path),), articles=1)]
        await front.feed(message("/remove harbour-1", ADMIN))
        asked = front.request.texts()
        await front.feed(answers(await waiting(front), "yes"))
        await front.settle()
        left = await front.office.records.do(lambda c: c.execute("SELECT count(*) FROM answers").fetchone()[0])
        return path.exists(), asked, left

    exists, asked, left = run(tmp_path, monkeypatch, tried)
    assert not exists and "next rebuild" not in asked[0] and left == 1, asked
