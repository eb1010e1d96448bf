"""What is stored of people, for how long, and that it goes when they say so."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest

from bot.answer import Answer
from bot.chat_telegram import privacy
from bot.chat_telegram.answers import Given, find, keep, rate
from bot.chat_telegram.asking import Reply
from bot.chat_telegram.records import FILE
from bot.cite import Citation
from tests.bot import tiny_archive
from tests.bot.telegram.front import ADMIN, ARTICLES, GROUP, MEMBER, Front, logged, run
from tests.bot.telegram.recording import message

Patch = pytest.MonkeyPatch
DAY = 86_400


async def asked(
    front: Front, text: str, by: int = MEMBER, to: int | None = None, rated: bool = True,
    cited: Mapping[str, Sequence[str]] = MappingProxyType({}), quote: str = "q",
) -> None:  # fmt: skip
    """A question that was answered, and rated."""
    quotes = {
        place: tuple(Citation(1, quote, article, None, None, (), None, None, 0, 1, None, None, None, 0.5) for article in articles)
        for place, articles in cited.items()
    }  # fmt: skip
    shown, nearest = quotes.get("citations", ()), quotes.get("nearest", ())
    reply = Reply(Answer(text, "not_found", "nothing_close", None, 0.0, shown, nearest, "g"), quotes.get("more", ()))
    given = Given(by if to is None else to, by, int(front.clock.now * 1000) % 10**9, text, None, reply)
    stored, _ = await keep(front.office.records, given, front.clock.now)
    found = await find(front.office.records, stored.id)
    if rated and found is not None:
        await rate(front.office.records, found, "wrong", "other", front.clock.now)
    front.clock.now += 1


async def questions(front: Front, table: str = "answers") -> list[str]:
    """The questions that are stored."""
    return await front.office.records.do(
        lambda c: [row[0] for row in c.execute(f"SELECT question FROM {table} ORDER BY question")]
    )


def test_forget_deletes_what_the_person_asked_anywhere_and_nothing_of_others(
    tmp_path: Path, monkeypatch: Patch
) -> None:
    async def tried(front: Front) -> tuple[list[str], list[str], list[str]]:
        await asked(front, "mine in private")
        await asked(front, "mine in the group", to=GROUP)
        await asked(front, "of another", by=ADMIN)
        await asked(front, "of another in the group", by=ADMIN, to=GROUP)
        await front.feed(message("/forget", MEMBER))
        return await questions(front), await questions(front, "feedback"), front.said()

    answers, feedback, said = run(tmp_path, monkeypatch, tried)
    assert answers == feedback == ["of another", "of another in the group"]
    assert "4 stored records" in said[0]


def test_what_was_forgotten_is_not_in_the_file_any_more(tmp_path: Path, monkeypatch: Patch) -> None:
    async def tried(front: Front) -> None:
        await asked(front, "the unmistakable heliotrope question")
        await front.feed(message("/forget", MEMBER))

    run(tmp_path, monkeypatch, tried)
    for path in (tmp_path / "index").glob(f"{FILE}*"):
        assert b"heliotrope" not in path.read_bytes(), path


def test_forget_with_nothing_stored_says_so_and_keeps_the_person_in(tmp_path: Path, monkeypatch: Patch) -> None:
    async def tried(front: Front) -> tuple[list[str], str]:
        await front.office.access.decide(44, "allowed", "code")
        await front.feed(message("/forget", 44))
        return front.said(), await front.office.access.role(44)

    said, role = run(tmp_path, monkeypatch, tried)
    assert "no stored question" in said[0] and "Kept is your number" in said[0] and role == "member"


@pytest.mark.parametrize("days", [1, 30])
def test_the_sweep_takes_what_is_older_than_the_settings_say_and_nothing_younger(
    days: int, tmp_path: Path, monkeypatch: Patch
) -> None:
    async def tried(front: Front) -> tuple[int, list[str], list[str], dict[str, int]]:
        access = front.office.access
        await asked(front, "old")
        await access.first(5, "stranger", 1)
        await access.redeem(5, "AAAA2222")
        await access.new_code()
        front.clock.now += days * DAY - 60
        await asked(front, "young")
        assert await privacy.sweep(front.office) == 0
        front.clock.now += 120
        gone = await privacy.sweep(front.office)
        left = await front.office.records.do(
            lambda c: {
                table: c.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
                for table in ("notices", "pairing_codes", "pairing_failures", "confirmations")
            }
        )
        return gone, await questions(front), await questions(front, "feedback"), left

    gone, answers, feedback, left = run(tmp_path, monkeypatch, tried, retention_days=days, access="pairing")
    assert (gone, answers, feedback) == (2, ["young"], ["young"])
    assert set(left.values()) == {0}


def test_what_cites_an_article_that_is_gone_is_forgotten_however_it_went_and_nothing_else(
    tmp_path: Path, monkeypatch: Patch
) -> None:
    """Also for `nearest` and `more`, in hundreds of rows; a quote that only looks like an article's id is none."""

    async def tried(front: Front) -> tuple[int, list[str], list[str], int, list[str]]:
        for number, (name, articles) in enumerate(
            {"gone": ["quake-1"], "gone too": ["harbour-1", "quake-1"], "kept": ["harbour-1"], "cites none": []}.items()
        ):
            for place in ("citations", "nearest", "more")[: 3 if articles else 1]:
                await asked(front, f"{name} {place}", cited={place: articles})
            await asked(front, f"kept {number}", cited={"citations": ["harbour-1"]}, quote='say: "article": "quake-1"')
        example = json.dumps([["Who said so?", "quake-1", "0"]])
        for number in range(250):
            await asked(front, f"many {number:03}", cited={"citations": ["quake-1"]}, rated=False)
        await front.office.records.do(
            lambda c: c.execute("INSERT INTO examples VALUES ('gen-old', 'all', ?)", (example,))
        )
        before = await privacy.forget_gone(front.office)
        tiny_archive.publish_articles(front.office.config.index.dir, ARTICLES[:1])
        gone = await privacy.forget_gone(front.office)
        left = await questions(front)
        examples = await front.office.records.do(lambda c: c.execute("SELECT count(*) FROM examples").fetchone()[0])
        (front.office.config.index.dir / "CURRENT").unlink()
        assert await privacy.forget_gone(front.office) == 0, "an index that is away for a moment is no reason"
        return before + gone, left, await questions(front, "feedback"), examples, await questions(front)

    gone, left, feedback, examples, after = run(tmp_path, monkeypatch, tried)
    assert gone == 2 * 6 + 250 and examples == 0
    assert left == feedback == after == [
        "cites none citations", "kept 0", "kept 1", "kept 2", "kept 3", "kept citations", "kept more", "kept nearest"
    ]  # fmt: skip


def test_the_promise_names_the_days_of_the_settings_and_thumbs_only_where_there_are_any(
    tmp_path: Path, monkeypatch: Patch
) -> None:
    async def tried(front: Front) -> list[str]:
        await front.feed(message("/privacy", MEMBER))
        return front.said()

    with_thumbs = run(tmp_path, monkeypatch, tried, retention_days=7)[0]
    without = run(tmp_path, monkeypatch, tried, retention_days=1, feedback=False, holds=())[0]
    assert "for 7 days" in with_thumbs and "👍" in with_thumbs
    assert "for 1 day," in without and "👍" not in without


def test_no_number_of_a_person_stands_beside_what_they_asked(tmp_path: Path, monkeypatch: Patch) -> None:
    """The promise of /privacy: a key from which the number cannot be told."""
    person = 987_654_321

    async def tried(front: Front) -> None:
        await front.feed(message("Who opened the harbour of Rotterdam on Monday?", person))

    run(tmp_path, monkeypatch, tried, users=(person,))
    with sqlite3.connect(tmp_path / "index" / FILE) as kept:
        written = "\n".join(kept.iterdump())
    assert "harbour of Rotterdam" in written and str(person) not in written


def test_no_text_of_people_reaches_the_log(tmp_path: Path, monkeypatch: Patch) -> None:
    """AU7, for what the commands and administrators' part logs, down to DEBUG."""
    words = ("zanzibar", "quagga", "heliotrope")

    async def tried(front: Front) -> None:
        for by, to in ((MEMBER, None), (ADMIN, None), (33, None), (MEMBER, GROUP), (33, -100777)):
            for text in ("/ask zanzibar?", "/remove quagga", "/allow heliotrope", "/start zanzibar", "zanzibar quagga",
                         "/teleport heliotrope", "/rebuild quagga"):  # fmt: skip
                await front.feed(message(text, by, to, **_named("heliotrope")))
        await front.settle()

    with logged() as lines:
        run(tmp_path, monkeypatch, tried)
    assert lines and not [line for line in lines if re.search("|".join(words), line)]


def _named(name: str) -> dict[str, Any]:
    return {"author_signature": name}


def test_stats_count_and_name_nobody(tmp_path: Path, monkeypatch: Patch) -> None:
    async def tried(front: Front) -> str:
        await asked(front, "who was Zanzibar?", rated=True)
        await front.feed(message("Who opened the harbour of Rotterdam on Monday?", MEMBER))
        front.said()
        await front.feed(message("/stats", ADMIN))
        return front.said()[0]

    said = run(tmp_path, monkeypatch, tried)
    assert "Questions in the last 7 days: 2, of 1 person\n" in said
    assert "Answered: 1 (50 %), not in the articles: 1" in said and "Rated right: 0, wrong: 1" in said
    assert "Zanzibar" not in said and str(MEMBER) not in said
