"""Presses: what each shows, and that nobody else's, no forged, no stale and no repeated one does anything."""

from __future__ import annotations

import random
import time
from pathlib import Path
from typing import Any

import pytest

from bot.chat_telegram import answers, buttons
from bot.chat_telegram.keys import read
from index.article import Article
from tests.bot.fake_articles import BARE, PLAIN
from tests.bot.telegram.newsroom import ARTICLES, ASKED, GROUP, HARBOUR, Newsroom, in_loop, newsroom
from tests.bot.telegram.recording import Call, chat, message, press, units
from tests.bot.telegram.test_questions import entities

ANSWER = "Syrian Democratic Forces"


async def answered(room: Newsroom, to: int | None = None, question: str = ASKED) -> Call:
    """The answer to the question, with its buttons."""
    text = question if to is None else f"@byline_test_bot {question}"
    await room.feed(message(text, to=to))
    return room.request.of("sendMessage")[-1]


async def pressed(room: Newsroom, data: str | None, **how: Any) -> list[Call]:
    """What a press leads to; the first is always its answer, and there is one."""
    room.request.clear()
    await room.feed(press(data, **how))
    first, *others = room.request.calls
    assert first.method == "answerCallbackQuery" and not [c for c in others if c.method == "answerCallbackQuery"]
    return room.request.calls[:]


def data(call: Call, words: str) -> str:
    return str(call.button(words)["callback_data"])


@in_loop
async def test_context_shows_the_sentences_around_in_the_same_message_and_leads_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with newsroom(tmp_path, monkeypatch) as room:
        answer = await answered(room)
        _, shown = await pressed(room, data(answer, "Context 1"))
        assert (shown.method, shown.parameters["message_id"]) == ("editMessageText", 1001)
        assert shown.text.startswith(
            "[1] River Courier, 23 March 2019: Last village of the caliphate falls\nSentence 2 of 6"
        )
        (quote,) = [text for kind, text in entities(shown) if "blockquote" in kind]
        assert quote == PLAIN.text[: PLAIN.text.index(" The fight")]
        assert ("bold", "The Syrian Democratic Forces declared the caliphate over on Saturday.") in entities(shown)
        _, back = await pressed(room, data(shown, "Back"))
        assert (back.text, back.buttons) == (answer.text, answer.buttons)


@in_loop
async def test_sources_are_turned_page_by_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with newsroom(tmp_path, monkeypatch) as room:
        _, first = await pressed(room, data(await answered(room), "Sources"))
        assert [b["text"] for b in first.buttons] == ["1/2", "Next ›", "Open article", "Back to the answer"]
        assert first.button("Open")["url"].startswith("https://news.example/2019/baghuz#:~:text=")
        assert "By Foreign desk" in first.text
        _, second = await pressed(room, data(first, "Next"))
        assert second.text.startswith("Source 2 of 2\n[2] outlet not given") and "No address is known" in second.text
        _, again = await pressed(room, data(second, "Previous"))
        assert again.text == first.text
        assert len(await pressed(room, data(first, "1/2"))) == 1, "the page's number does nothing"


@in_loop
async def test_more_shows_other_answers_each_with_its_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with newsroom(tmp_path, monkeypatch) as room:
        answer = await answered(room)
        _, shown = await pressed(room, data(answer, "More"))
        assert shown.text.startswith("Other possible answers, less likely than the first:\n\n")
        assert "[3]" in shown.text and shown.button("Back")
        stored = await answers.find(room.office.records, 1)
        assert stored is not None and stored.reply is not None
        quotes = [text for kind, text in entities(shown) if "blockquote" in kind]
        assert quotes == [one.quote for one in stored.reply.more]


@in_loop
async def test_copy_holds_the_quote_and_its_source_where_that_fits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with newsroom(tmp_path, monkeypatch) as room:
        short = await answered(room)
        assert short.button("Copy")["copy_text"]["text"] == (
            "“The Syrian Democratic Forces declared the caliphate over on Saturday.” (River Courier, 23 March 2019)"
        )
        long = await answered(room, question="what did the airship of the Zeppelin Society do over the lake?")
        assert "Zeppelin Society" in long.text and not [b for b in long.buttons if b["text"] == "Copy"]


@in_loop
async def test_thumbs_are_stored_thanked_for_and_told_to_byline_eval(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with newsroom(tmp_path, monkeypatch) as room:
        good, bad = await answered(room), await answered(room, question="who waited three days in Rotterdam harbour?")
        thanks, marked = await pressed(room, data(good, "Right"))
        assert thanks.text == "Thank you." and marked.button("👍 Right ✓") and marked.text == good.text
        asked, reasons = await pressed(room, data(bad, "Wrong"), message_id=1002)
        assert asked.text == "Thank you. What was wrong?" and reasons.text == bad.text
        for _ in range(2):
            thanks, marked = await pressed(room, data(reasons, "not found"), message_id=1002)
            assert thanks.text == "Thank you." and marked.button("👎 Wrong ✓")
        await pressed(room, data(bad, "Wrong"), message_id=1002)
        first, second = await room.office.records.do(lambda connection: list(answers.export(connection)))
        assert (first["question"], first["answers"]) == (ASKED, [ANSWER])
        assert first["sentences"] == ["The Syrian Democratic Forces declared the caliphate over on Saturday."]
        assert (second["answers"], second["feedback"]["reason"]) == ([], "not_in_articles")
        assert first["feedback"]["generation"].startswith("gen-") and first["feedback"]["asker"] != "7"


@in_loop
async def test_a_wrong_answer_alone_is_no_line_for_byline_eval(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with newsroom(tmp_path, monkeypatch) as room:
        answer = await answered(room)
        await pressed(room, data(answer, "Wrong"))
        lines = await room.office.records.do(
            lambda c: (list(answers.export(c)), list(answers.export(c, everything=True)))
        )
        assert lines[0] == [] and lines[1][0]["answers"] is None


@in_loop
async def test_without_feedback_in_the_settings_there_are_no_thumbs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with newsroom(tmp_path, monkeypatch, telegram__feedback="false") as room:
        assert not [b for b in (await answered(room)).buttons if "👍" in b["text"]]


@in_loop
async def test_in_a_group_only_the_asker_may_press(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """TEL-021."""
    async with newsroom(tmp_path, monkeypatch) as room:
        answer = await answered(room, to=GROUP)
        for button in answer.buttons:
            if "callback_data" in button:
                (refused,) = await pressed(room, button["callback_data"], by=8, to=GROUP)
                assert refused.text == buttons.FOREIGN
        assert len(await pressed(room, data(answer, "Sources"), by=7, to=GROUP)) == 2


@in_loop
async def test_a_button_counts_in_its_own_chat_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with newsroom(tmp_path, monkeypatch) as room:
        answer = await answered(room)
        (refused,) = await pressed(room, data(answer, "Sources"), by=7, to=GROUP)
        assert refused.text == buttons.UNKNOWN


@in_loop
async def test_no_forged_data_is_accepted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """AU2 (10,000 by hand: the same loop): altered, swapped, foreign, endless and empty data."""
    chance = random.Random(4)
    async with newsroom(tmp_path, monkeypatch) as room:
        good = [data(await answered(room), "Sources"), data(await answered(room, question="who waited?"), "👍")]
        letters = "abcdefghijklmnopqrstuvwxyz0123456789:-_ABC\x00é😀"
        forged: list[str] = [
            "",
            "v1:",
            "v1:a:1:0:" + "A" * 16,
            "v1:a:zzzzzzzzzzzzz:0:" + "A" * 16,
            "x" * 64,
            "v2" + good[0][2:],
        ]
        swapped = good[0].split(":")
        forged += [":".join((*swapped[:3], "1", swapped[4])), ":".join(("v1", "u", *swapped[2:]))]
        for _ in range(300):
            whole = list(chance.choice(good))
            at = chance.randrange(len(whole))
            whole[at] = chance.choice(letters.replace(whole[at], ""))
            forged.append("".join(whole))
        for one in forged:
            (refused,) = await pressed(room, one)
            assert refused.text in (buttons.UNKNOWN, buttons.OLD), one
        lines = await room.office.records.do(lambda connection: list(answers.export(connection, everything=True)))
        assert not lines


@pytest.mark.parametrize("digit", ["١", "１", "𝟏"])
def test_digits_of_other_scripts_are_no_numbers(digit: str) -> None:
    """CI9."""
    assert read(f"v1:c:1:{digit}:" + "A" * 16) is None


@in_loop
async def test_a_replayed_press_does_what_one_does(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """TEL-022."""
    async with newsroom(tmp_path, monkeypatch) as room:
        answer = await answered(room)
        texts = {(await pressed(room, data(answer, "Sources")))[1].text for _ in range(20)}
        assert len(texts) == 1
        for _ in range(20):
            await pressed(room, data(answer, "👍"))
        assert len(await room.office.records.do(lambda connection: list(answers.export(connection)))) == 1


@in_loop
async def test_a_press_without_its_message_is_answered_and_no_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """TEL-023."""
    async with newsroom(tmp_path, monkeypatch) as room:
        good = data(await answered(room), "Sources")
        gone = {"chat": chat(7), "message_id": 1001, "date": 0}
        hows: tuple[dict[str, Any], ...] = (
            {"message": None},
            {"message": None, "inline_message_id": "i"},
            {"message": gone},
        )
        for how in hows:
            (refused,) = await pressed(room, good, **how)
            assert refused.text == buttons.UNREACHABLE
        (refused,) = await pressed(room, None, game_short_name="chess")
        assert refused.text == buttons.UNKNOWN


@in_loop
async def test_buttons_work_after_a_restart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with newsroom(tmp_path, monkeypatch) as room:
        answer = await answered(room)
    async with newsroom(tmp_path, monkeypatch, articles=None) as room:
        _, shown = await pressed(room, data(answer, "Context 1"))
        assert "Sentence 2 of 6" in shown.text
        _, shown = await pressed(room, data(answer, "Sources"))
        assert shown.text.startswith("Source 1 of 2")


@in_loop
async def test_a_generation_still_on_disk_serves_its_buttons_and_one_that_is_gone_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with newsroom(tmp_path, monkeypatch) as room:
        answer = await answered(room)
    async with newsroom(tmp_path, monkeypatch, articles=(PLAIN, BARE)) as room:
        _, shown = await pressed(room, data(answer, "Context 1"))
        assert "Sentence 2 of 6" in shown.text
        assert len(list(room.index.glob("gen-*"))) == 2
    async with newsroom(tmp_path, monkeypatch, articles=(BARE,)) as room:
        room.publish((BARE, HARBOUR))
        for words in ("Context 1", "Sources", "More", "👍"):
            _, shown = await pressed(room, data(answer, words))
            assert shown.text.startswith("The articles have changed since this answer") and ANSWER not in shown.text
        *_, asked_again = await pressed(room, data(shown, "Ask it again"))
        assert asked_again.method == "editMessageText" and "After five years" in asked_again.text


@in_loop
@pytest.mark.parametrize("left", [(BARE, HARBOUR), (PLAIN, HARBOUR)], ids=["the first source", "the second"])
async def test_no_button_shows_text_of_an_article_that_is_gone_though_its_generation_is_on_the_disk(
    left: tuple[Article, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with newsroom(tmp_path, monkeypatch) as room:
        answer = await answered(room)
        room.publish(left)
        assert len(list(room.index.glob("gen-*"))) == 2
        for words in ("Context 1" if left[0] is BARE else "Context 2", "Sources", "More", "👍", "👎"):
            _, shown = await pressed(room, data(answer, words))
            assert shown.text.startswith("The articles have changed since this answer"), words


@in_loop
async def test_what_the_chat_may_no_longer_see_is_not_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with newsroom(tmp_path, monkeypatch) as room:
        answer = await answered(room)
    async with newsroom(tmp_path, monkeypatch, articles=None, telegram__default_scope="[docks]") as room:
        for words in ("Context 1", "Sources", "More", "👎"):
            _, shown = await pressed(room, data(answer, words))
            assert "Baghuz" not in shown.text and ANSWER not in shown.text, words


@in_loop
async def test_an_answer_that_is_no_longer_kept_has_stale_buttons(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with newsroom(tmp_path, monkeypatch) as room:
        answer = await answered(room)
        await room.office.records.do(lambda connection: answers.prune(connection, time.time() + 60))
        (refused,) = await pressed(room, data(answer, "Sources"))
        assert refused.text == buttons.OLD


@in_loop
async def test_asked_once_more_by_the_inbox_an_answer_keeps_its_number(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with newsroom(tmp_path, monkeypatch) as room:
        again = message(ASKED)
        await room.feed(again, again)
        first, second = room.request.of("sendMessage")
        assert data(first, "Sources") == data(second, "Sources")


@in_loop
async def test_every_button_is_within_telegrams_limits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with newsroom(tmp_path, monkeypatch) as room:
        await room.office.records.do(
            lambda c: c.execute("INSERT INTO sqlite_sequence (name, seq) VALUES ('answers', 9007199254740991)")
        )
        answer = await answered(room, to=GROUP)
        for button in answer.buttons:
            assert units(button["text"]) <= 24 and len(button.get("callback_data", "").encode()) <= 64


def test_the_test_articles_differ() -> None:
    assert len({one.id for one in ARTICLES}) == len(ARTICLES)
