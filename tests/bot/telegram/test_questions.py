"""Messages of every kind: which are answered, how, and which are not."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from bot.chat_telegram.asking import Library, Reply
from bot.chat_telegram.turns import Aside
from index.article import Article
from index.store import Scope
from tests.bot.telegram.newsroom import ARTICLES, ASKED, GROUP, in_loop, newsroom
from tests.bot.telegram.recording import BOT, Call, chat, message, user

FILE = {"file_id": "f", "file_unique_id": "u"}
STICKER = FILE | {"type": "regular", "width": 9, "height": 9, "is_animated": False, "is_video": False}
POLL = {
    "id": "1", "question": "Which?", "options": [], "total_voter_count": 0, "is_closed": False, "is_anonymous": True,
    "type": "regular", "allows_multiple_answers": False, "allows_revoting": True, "members_only": False,
}  # fmt: skip
UNKNOWN = "which painter won the yacht race?"


def entities(call: Call) -> list[tuple[str, str]]:
    """Every entity's type with its text."""
    wide = call.text.encode("utf-16-le")
    return [
        (e["type"], wide[2 * e["offset"] : 2 * (e["offset"] + e["length"])].decode("utf-16-le"))
        for e in call.parameters.get("entities", [])
    ]


@in_loop
async def test_a_question_is_answered_with_typing_the_short_answer_and_cited_sentences(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with newsroom(tmp_path, monkeypatch) as room:
        await room.feed(message(ASKED))
        typing, answer = room.request.calls
        assert typing.method == "sendChatAction"
        assert answer.text == (
            "Syrian Democratic Forces\n\n"
            "[1] River Courier, 23 March 2019: Last village of the caliphate falls\n"
            "The Syrian Democratic Forces declared the caliphate over on Saturday.\n\n"
            "[2] outlet not given, date not given\n"
            "After five years the caliphate was declared over by the Syrian Democratic Forces.\n\n"
            "Very likely right: of answers like this one, about 9 in 10 are correct."
        )
        assert entities(answer)[0] == ("bold", "Syrian Democratic Forces")
        assert [text for kind, text in entities(answer) if kind == "blockquote"] == [
            "The Syrian Democratic Forces declared the caliphate over on Saturday.",
            "After five years the caliphate was declared over by the Syrian Democratic Forces.",
        ]
        assert "reply_parameters" not in answer.parameters
        (link,) = [e["url"] for e in answer.parameters["entities"] if e["type"] == "text_link"]
        assert link == (
            "https://news.example/2019/baghuz#:~:text="
            "The%20Syrian%20Democratic%20Forces%20declared%20the%20caliphate%20over%20on%20Saturday."
        )


@in_loop
async def test_not_in_the_articles_says_what_was_searched_and_shows_the_nearest_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with newsroom(tmp_path, monkeypatch) as room:
        await room.feed(message("who painted Friedrichshafen?"))
        (text,) = room.request.texts()
        assert text.startswith(
            "Not in the articles. No sentence answers it with enough confidence.\n\n"
            "I searched 4 articles, from 6 May 1930 to 4 January 2021.\n\n"
            "The nearest sentence, which does not answer it:\n[1] Dock News, 6 May 1930: A long sentence\nThe Zeppelin "
        )


@in_loop
async def test_a_chat_sees_only_the_collections_that_it_is_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with newsroom(tmp_path, monkeypatch, telegram__default_scope="[docks]") as room:
        await room.feed(message(ASKED), message("who waited three days in Rotterdam harbour?"))
        hidden, shown = room.request.texts()
        assert "Syrian" not in hidden and "I searched 2 articles, from 6 May 1930" in hidden
        assert "Port Director Jansen" in shown or "Rotterdam" in shown


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("...", "I see no question in it."),
        ("\u200b?", "I see no question in it."),
        ("who \ud83d declared it over?", "The question holds characters that are no text."),
        ("who " * 500 + "declared the caliphate over", "only its first 1,000 characters were used."),
    ],
)
@in_loop
async def test_what_is_no_question_is_answered_in_its_own_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, said: str
) -> None:
    async with newsroom(tmp_path, monkeypatch) as room:
        await room.feed(message(text))
        assert said in room.request.texts()[0]


@in_loop
async def test_without_any_index_the_bot_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with newsroom(tmp_path, monkeypatch, articles=None) as room:
        await room.feed(message(ASKED))
        assert room.request.texts() == ["No articles are indexed yet, so there is nothing to answer from."]
        assert not room.request.of("sendMessage")[0].buttons


@in_loop
async def test_in_a_group_only_what_is_addressed_is_answered_and_as_a_reply(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """TEL-027: ordinary talk is ignored."""
    own = {"message_id": 5, "date": int(time.time()), "chat": chat(GROUP), "from": BOT, "text": "x"}
    other = own | {"from": user(9)}
    async with newsroom(tmp_path, monkeypatch) as room:
        await room.feed(
            message(ASKED, to=GROUP), message(f"@somebody {ASKED}", to=GROUP),
            message(ASKED, to=GROUP, reply_to_message=other), message(None, to=GROUP, photo=[]),
        )  # fmt: skip
        assert not room.request.calls
        mentioned = message(f"@byline_test_bot {ASKED}", to=GROUP)
        replied = message(ASKED, to=GROUP, reply_to_message=own)
        bare = message("@byline_test_bot", to=GROUP, reply_to_message=other | {"text": ASKED})
        for raw in (mentioned, replied, bare):
            await room.feed(raw)
            (sent,) = room.request.of("sendMessage")
            assert sent.text.startswith("Syrian Democratic Forces")
            assert sent.parameters["reply_parameters"]["message_id"] == raw["message"]["message_id"]
            assert sent.parameters["chat_id"] == GROUP
            room.request.clear()


@in_loop
async def test_bots_channels_and_what_came_through_bots_are_never_answered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """TEL-014, TEL-015, TEL-018."""
    bot: Any = user(8, is_bot=True)
    nobody: Any = None
    async with newsroom(tmp_path, monkeypatch) as room:
        await room.feed(
            message(ASKED, **{"from": bot}), message(ASKED, via_bot=bot), message(ASKED, sender_chat=chat(-200)),
            message(ASKED, kind="channel_post", to=-300, **{"from": nobody}), message(ASKED, **{"from": nobody}),
        )  # fmt: skip
        assert not room.request.calls


@in_loop
async def test_a_message_without_words_is_answered_with_help_once_an_hour(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """TEL-006."""
    async with newsroom(tmp_path, monkeypatch) as room:
        kinds: tuple[dict[str, Any], ...] = (
            {"sticker": STICKER},
            {"dice": {"value": 1, "emoji": "🎲"}},
            {"location": {"latitude": 1, "longitude": 1}},
            {"contact": {"phone_number": "+1", "first_name": "Ana"}},
            {"poll": POLL},
            {"photo": [FILE | {"width": 9, "height": 9}]},
            {"voice": FILE | {"duration": 3}},
            {"story": {"chat": chat(-300), "id": 4}},
            {"gift": {"gift": {"id": "g", "sticker": STICKER, "star_count": 5}}},
            {"new_chat_members": [user(77)]},
            {"pinned_message": {"chat": chat(), "message_id": 3, "date": 0}},
        )
        for kind in kinds:
            await room.feed(message(None, **kind), message(None, to=GROUP, **kind))
        assert len(room.request.texts()) == 1 and "/help" in room.request.texts()[0]
        assert entities(room.request.of("sendMessage")[0]) == []
        room.clock.now += 3601
        await room.feed(message(None))
        assert len(room.request.texts()) == 2


@in_loop
async def test_a_caption_is_a_question_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """TEL-007."""
    async with newsroom(tmp_path, monkeypatch) as room:
        await room.feed(message(None, caption=ASKED))
        assert room.request.texts()[0].startswith("Syrian Democratic Forces")


@in_loop
async def test_a_question_that_waited_too_long_gets_one_line_and_a_button_that_asks_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tests.bot.telegram.recording import press

    async with newsroom(tmp_path, monkeypatch) as room:
        await room.feed(message(ASKED, date=int(time.time()) - 16 * 60))
        (offered,) = room.request.of("sendMessage")
        assert ASKED in offered.text and "Syrian" not in offered.text
        assert not room.request.of("sendChatAction")
        data = offered.button("Ask it again")["callback_data"]
        await room.feed(press(data))
        (changed,) = room.request.of("editMessageText")
        assert changed.text.startswith("Syrian Democratic Forces") and changed.parameters["message_id"] == 1001
        assert changed.button("Sources")


@in_loop
async def test_an_edited_question_changes_its_answer_while_that_is_young(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with newsroom(tmp_path, monkeypatch) as room:
        asked = message("who painted the caliphate?")
        await room.feed(asked)
        again = asked["message"] | {"text": ASKED, "edit_date": int(time.time())}
        await room.feed({"update_id": 900, "edited_message": again})
        (changed,) = room.request.of("editMessageText")
        assert changed.text.startswith("Syrian Democratic Forces") and len(room.request.texts()) == 1
        await room.feed({"update_id": 901, "edited_message": again})
        first, second = room.request.of("editMessageText")
        assert first.parameters == second.parameters, "an edit that is handled twice does what once does"
        room.clock.now += 601
        await room.feed({"update_id": 902, "edited_message": again | {"text": "who waited in Rotterdam harbour?"}})
        assert len(room.request.of("editMessageText")) == 2 and len(room.request.texts()) == 1


@pytest.mark.parametrize("text", ["/rebuild", "/rebuild now", "/start", "", "/ask"])
@in_loop
async def test_an_edit_never_becomes_a_command_and_unanswered_edits_are_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    """TEL-010."""
    async with newsroom(tmp_path, monkeypatch) as room:
        asked = message(ASKED)
        await room.feed(asked)
        room.request.clear()
        await room.feed({"update_id": 900, "edited_message": asked["message"] | {"text": text}})
        await room.feed({"update_id": 901, "edited_message": asked["message"] | {"text": "new?", "message_id": 77}})
        await room.feed({"update_id": 902, "edited_message": asked["message"] | {"text": "new?", "from": user(8)}})
        assert not room.request.calls


@in_loop
async def test_questions_that_cross_are_answered_as_replies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with newsroom(tmp_path, monkeypatch) as room:
        first, second = message(ASKED), message("who waited in Rotterdam harbour?")
        await room.feed(first, second)
        one, two = room.request.of("sendMessage")
        assert "reply_parameters" not in one.parameters
        assert two.parameters["reply_parameters"]["message_id"] == second["message"]["message_id"]
        room.clock.now += 61
        await room.feed(message(UNKNOWN))
        assert "reply_parameters" not in room.request.of("sendMessage")[-1].parameters


@in_loop
async def test_an_answer_too_long_for_a_message_is_cut_between_its_quotes_with_the_buttons_under_the_last(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """TEL-043: 😀 counts as two."""
    lakes = {"Constance": "again", "Geneva": "twice", "Como": "often", "Garda": "since", "Lugano": "still"}
    texts = [
        f"The Zeppelin Society says that its airship flew over {one}, {f'{word} 😀, ' * 110}and landed."
        for one, word in lakes.items()
    ]
    articles = [Article(one, text, "0" * 64, f"seeds/{one}.txt") for one, text in zip(lakes, texts, strict=True)]
    async with newsroom(tmp_path, monkeypatch, articles=articles) as room:
        await room.feed(message("who says that its airship flew and landed?"))
        first, last = room.request.of("sendMessage")
        assert not first.buttons and last.button("Sources")
        quotes = [text for call in (first, last) for kind, text in entities(call) if "blockquote" in kind]
        assert sorted(quotes) == sorted(texts)
        assert {kind for call in (first, last) for kind, _ in entities(call) if "blockquote" in kind} == {
            "expandable_blockquote"
        }


@in_loop
async def test_an_edit_takes_as_many_messages_as_its_answer_needs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lakes = ["Constance", "Geneva", "Como", "Garda", "Lugano"]
    texts = [
        f"The Zeppelin Society says that its airship flew over {one}, {'again and ' * 110}landed." for one in lakes
    ]
    articles = [Article(one, text, "0" * 64, f"seeds/{one}.txt") for one, text in zip(lakes, texts, strict=True)]
    async with newsroom(tmp_path, monkeypatch, articles=(*ARTICLES, *articles)) as room:
        asked = message(ASKED)
        await room.feed(asked)
        for number, text in enumerate(("who says that its airship flew and landed?", ASKED)):
            room.request.clear()
            await room.feed({"update_id": 900 + number, "edited_message": asked["message"] | {"text": text}})
            edits, sends = room.request.of("editMessageText"), room.request.of("sendMessage")
            if not number:
                assert [call.parameters["message_id"] for call in edits] == [1001] and len(sends) == 1
                assert not edits[0].buttons and sends[0].button("Sources")
            else:
                assert [call.parameters["message_id"] for call in edits] == [1001, 1002] and not sends
                assert edits[0].button("Sources") and "earlier answer" in edits[1].text and not edits[1].buttons


class Full:
    """A library whose line is always full."""

    def __init__(self, inner: Library) -> None:
        self._inner = inner

    def __getattr__(self, name: str) -> object:
        return getattr(self._inner, name)

    def ask(self, question: str, scope: Scope, aside: Aside) -> Reply:
        from bot.chat_telegram.asking import Busy

        raise Busy


@in_loop
async def test_whoever_cannot_be_answered_soon_is_told_so_with_a_button_to_ask_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with newsroom(tmp_path, monkeypatch, library=lambda inner: Full(inner)) as room:  # type: ignore[arg-type, return-value]  # a stand-in that passes all else on
        await room.feed(message(ASKED))
        (sent,) = room.request.of("sendMessage")
        assert sent.text.startswith("I am busy") and sent.button("Ask it again")
