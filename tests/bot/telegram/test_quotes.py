"""Forwarded messages and pasted quotes: exact, altered, or not in this archive."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from bot.chat_telegram import questions
from bot.chat_telegram.quotes import is_quote, unquoted, without_addresses
from tests.bot.telegram.newsroom import ASKED, in_loop, newsroom
from tests.bot.telegram.recording import message
from tests.bot.telegram.test_questions import entities

TRUE = "The Syrian Democratic Forces declared the caliphate over on Saturday."
FORWARDED: dict[str, Any] = {
    "forward_origin": {"type": "hidden_user", "date": int(time.time()), "sender_user_name": "somebody"}
}


@pytest.mark.parametrize(
    "text",
    [f"“{TRUE}”", f'"{TRUE}"', f"«{TRUE}»", f"„{TRUE}“", TRUE * 4, "I saw how " + TRUE * 4, "„Wir schaffen das doch noch“"],
)  # fmt: skip
def test_a_text_in_quotation_marks_or_a_long_statement_is_a_quote(text: str) -> None:
    assert is_quote(text)


@pytest.mark.parametrize(
    "text",
    [ASKED, "caliphate Baghuz", "“Baghuz”", '"The Hobbit" by whom', f"who said “{TRUE}”?", "tell me " + "all of it " * 20, "I would like to know " + "more and " * 20,
     "“Baghuz is free” and “we have won it”", TRUE * 4 + " Is that so?", ""],
)  # fmt: skip
def test_a_question_is_no_quote(text: str) -> None:
    assert not is_quote(text)


def test_what_was_forwarded_is_a_quote_unless_it_asks() -> None:
    assert is_quote(TRUE, forwarded=True) and not is_quote(ASKED, forwarded=True)


def test_only_marks_around_the_whole_text_are_taken_off() -> None:
    assert unquoted("“a b”") == "a b" and unquoted("“a” and “b”") == "“a” and “b”" and unquoted("'") == "'"


@in_loop
async def test_a_true_quote_is_exact_with_its_source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with newsroom(tmp_path, monkeypatch) as room:
        for raw in (message(f"“{TRUE}”"), message(TRUE, **FORWARDED)):
            await room.feed(raw)
            (sent,) = room.request.of("sendMessage")
            assert sent.text.startswith("In the articles, word for word.\n\n[1] River Courier, 23 March 2019")
            assert ("blockquote", TRUE) in entities(sent)
            assert sent.parameters["reply_parameters"]["message_id"] == raw["message"]["message_id"]
            room.request.clear()


@in_loop
async def test_the_address_below_a_forwarded_quote_is_no_part_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with newsroom(tmp_path, monkeypatch, telegram__admins="[8]") as room:
        await room.feed(message(f"{TRUE}\n\nhttps://news.example/a?b=1", **FORWARDED))
        for person in (7, 8):
            await room.feed(message("Nobody here ever said this. www.news.example/a", by=person, **FORWARDED))
        true, visitor, admin = room.request.texts()
        assert true.startswith("In the articles, word for word.")
        assert visitor.startswith("Not in this archive") and "send me its address" not in visitor
        assert admin.endswith("To add the article that it leads to, send me its address alone.")


@in_loop
async def test_a_forwarded_command_gets_a_line_and_a_longer_text_behind_a_slash_is_checked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with newsroom(tmp_path, monkeypatch) as room:
        for text in ("/rebuild", f"/ask {ASKED}", "/ " + TRUE * 4):
            await room.feed(message(text, **FORWARDED))
        short, asked, long = room.request.texts()
        assert short == asked == questions.FORWARDED
        assert long.startswith(("Close to", "Not in this archive"))


@in_loop
async def test_an_altered_quote_shows_the_words_that_differ(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    altered = "The Syrian Democratic Forces never declared the caliphate dead on Saturday."
    async with newsroom(tmp_path, monkeypatch) as room:
        await room.feed(message(altered, **FORWARDED))
        (sent,) = room.request.of("sendMessage")
        assert sent.text.startswith("Close to what an article says, but not word for word.\n\n")
        assert "• put in: never\n• dead instead of over\n" in sent.text
        assert [text for kind, text in entities(sent) if kind == "strikethrough"] == ["never", "dead"]
        assert ("blockquote", TRUE) in entities(sent) and entities(sent).count(("bold", "over")) == 2


@in_loop
async def test_what_no_article_says_is_not_in_this_archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with newsroom(tmp_path, monkeypatch, telegram__default_scope="[docks]") as room:
        await room.feed(message(f"“{TRUE}”"), message("“Nobody ever wrote these words about anything at all”"))
        for text in room.request.texts():
            assert text.startswith(
                "Not in this archive. No sentence reads like it. I searched 2 articles, from 6 May 1930"
            )


@in_loop
async def test_a_check_of_nothing_asks_for_the_quote(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with newsroom(tmp_path, monkeypatch) as room:
        await room.feed(message("...", **FORWARDED))
        assert room.request.texts() == [
            "Send me the quote behind the command, or reply with /check to the message that holds it."
        ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (f"{TRUE}\n\nhttps://a.example/x www.a.example", TRUE),
        (f"https://a.example/x\n{TRUE}", TRUE),
        (f"{TRUE} (https://a.example/x)", TRUE),
        ("He said www.a.example/x was his", "He said www.a.example/x was his"),
        ("https://a.example/x", ""),
    ],
)
def test_an_address_within_a_text_is_part_of_it(text: str, said: str) -> None:
    assert without_addresses(text) == said
