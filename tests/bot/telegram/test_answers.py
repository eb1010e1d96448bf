"""Stored answers and feedback: whole after a restart, gone when forgotten, and a question file for `byline eval`."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from bot.answer import Answer
from bot.chat_telegram import answers
from bot.chat_telegram.answers import Given, Stored, Verdict
from bot.chat_telegram.asking import Covered, Reply
from bot.chat_telegram.records import FILE, Records, asker_key
from bot.cli import run
from bot.evaluate import _questions as questions_of
from tests.bot.telegram.newsroom import in_loop
from tests.bot.telegram.test_wording import CITATION

FOUND = Reply(
    Answer("who waited?", "answered", None, "Ships", 0.8, (CITATION,), (), "gen-1", {"total": 1.0}, ({"a": 1},)),
    (replace(CITATION, marker=2, authors=("A", "B")),), Covered(3, "2019", "2020"),
)  # fmt: skip
MISSED = Reply(Answer("who sank?", "not_found", "nothing_close", None, 0.1, (), (CITATION,), "gen-1"))


async def opened(folder: Path) -> Records:
    records = Records(folder / FILE, (answers.SCHEMA,))
    await records.open()
    return records


async def given(
    records: Records, reply: Reply | None = FOUND, user: int = 7, message: int = 1, at: float = 100.0
) -> Stored:
    question = reply.answer.question if reply else "too late?"
    stored, _ = await answers.keep(records, Given(user, user, message, question, frozenset({"b", "a"}), reply), at)
    return stored


@in_loop
async def test_an_answer_comes_back_as_it_was_stored(tmp_path: Path) -> None:
    records = await opened(tmp_path)
    made = await given(records)
    answers.sent(records, made.id, (5, 6))
    await records.close()
    records = await opened(tmp_path)
    found = await answers.find(records, made.id)
    assert found is not None and found.reply == FOUND and found.messages == (5, 6)
    assert await answers.asked_as(records, 7, 1) == found
    assert await answers.asked_as(records, 8, 1) is None and await answers.find(records, 99) is None
    assert await answers.recent_questions(records, 9) == ("who waited?",)
    await records.close()


@in_loop
async def test_no_id_of_a_person_or_chat_is_in_the_file(tmp_path: Path) -> None:
    records = await opened(tmp_path)
    stored = await given(records, user=987654321987)
    await answers.rate(records, stored, "right", None, 1.0)
    await records.close()
    assert b"987654321987" not in b"".join(path.read_bytes() for path in tmp_path.iterdir())


@in_loop
async def test_forgetting_a_person_leaves_the_others(tmp_path: Path) -> None:
    records = await opened(tmp_path)
    salt = await records.salt()
    for user in (7, 8):
        await answers.rate(records, await given(records, user=user), "right", None, 1.0)
    gone = await records.do(lambda c: answers.forget(c, asker_key(salt, 7), answers.place_key(salt, 7)))
    left = await records.do(lambda c: list(answers.export(c)))
    assert gone == 2 and [one["feedback"]["asker"] for one in left] == [asker_key(salt, 8)]
    assert await answers.asked_as(records, 7, 1) is None and await answers.asked_as(records, 8, 1) is not None
    await records.close()


@in_loop
async def test_what_is_older_than_it_may_be_is_deleted(tmp_path: Path) -> None:
    records = await opened(tmp_path)
    for message, at in ((1, 100.0), (2, 200.0)):
        await answers.rate(records, await given(records, message=message, at=at), "right", None, at)
    assert await records.do(lambda c: answers.prune(c, 150.0)) == 2
    assert len(await records.do(lambda c: list(answers.export(c)))) == 1
    await records.close()


@in_loop
async def test_a_question_that_was_not_answered_cannot_be_judged(tmp_path: Path) -> None:
    records = await opened(tmp_path)
    await answers.rate(records, await given(records, None), "right", None, 1.0)
    assert not await records.do(lambda c: list(answers.export(c, everything=True)))
    assert await answers.recent_questions(records, 9) == ()
    await records.close()


@in_loop
async def fill(folder: Path) -> None:
    records = await opened(folder)
    said: list[tuple[Reply, Verdict, str | None]] = [
        (FOUND, "right", None), (FOUND, "wrong", "wrong_answer"), (FOUND, "wrong", "not_in_articles"), (MISSED, "right", None),
        (MISSED, "wrong", "in_articles"),
    ]  # fmt: skip
    for message, (reply, verdict, reason) in enumerate(said):
        await answers.rate(records, await given(records, reply, message=message), verdict, reason, 1.0)
    await records.close()


def test_byline_feedback_writes_a_question_file_that_byline_eval_reads(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fill(tmp_path)
    assert run(["feedback", "--json", "--index", str(tmp_path)]) == 0
    file = tmp_path / "feedback.jsonl"
    file.write_text(capsys.readouterr().out, encoding="utf-8")
    lines = questions_of(file)
    assert [(one["id"], one["answers"], one["sentences"]) for one in lines] == [
        ("telegram-1", ["Ships"], [CITATION.quote]), ("telegram-3", [], []), ("telegram-4", [], []),
    ]  # fmt: skip
    assert lines[0]["feedback"]["scope"] == ["a", "b"]


def test_byline_feedback_tells_people_everything(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    fill(tmp_path)
    assert run(["feedback", "--index", str(tmp_path)]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "right: who waited? -> Ships",
        "wrong (the answer is wrong): who waited? -> Ships",
        "wrong (should be “not found”): who waited? -> Ships",
        "right: who sank? -> not in the articles",
        "wrong (it is in the articles): who sank? -> not in the articles",
    ]
    assert run(["feedback", "--json", "--all", "--index", str(tmp_path)]) == 0
    assert [json.loads(line)["answers"] for line in capsys.readouterr().out.splitlines()] == [
        ["Ships"],
        None,
        [],
        [],
        None,
    ]


def test_without_a_bot_there_is_no_feedback(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["feedback", "--index", str(tmp_path)]) == 1
    assert "nobody has judged its answers" in capsys.readouterr().err
