"""The bot as people meet it: real models, a real process, a strict Bot API, and answers that are held against the articles."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tests.bot.conftest import Byline
from tests.bot.telegram.bot_api import faults
from tests.bot.telegram.bot_api.people import User, group
from tests.bot.telegram.bot_api.quotes import quotes_in, slice_of, strays
from tests.bot.telegram.bot_api.server import BotApi
from tests.bot.telegram.bot_api.world import Message
from tests.bot.telegram.conftest import Party, Starts, texts

pytestmark = pytest.mark.model
QUESTION = "who declared the caliphate over?"
QUESTIONS = (
    QUESTION, "How many fighters surrendered?", "Who is Mustafa Bali?", "when did the caliphate fall?",
    "What happened in Baghuz?", "Was sagte der Sprecher?", "How tall is the Eiffel Tower?",
)  # fmt: skip


def quoted(message: Message) -> list[str]:
    """The quotes that the message shows in block quotations."""
    return quotes_in(message.text, message.entities)


def unlike(message: Message, articles: list[str]) -> list[str]:
    """The quotes of every version of the message that stand in no article."""
    return [one for version in message.versions for one in strays(version.text, version.entities, articles)]


def test_the_first_answer_names_the_syrian_democratic_forces_in_the_articles_own_words(
    server: BotApi, starts: Starts, byline: Byline, shared: Path
) -> None:
    assert byline("build", str(shared / "seeds"))[0] == 0
    bot = starts(byline.index, fresh=False, BYLINE_READER__MODEL="shipped")
    user = User(server, 5)
    asked = user.says(QUESTION)
    answer = user.hears(1, timeout=30)[0]
    assert "Syrian Democratic Forces" in answer.text
    assert quoted(answer) and unlike(answer, texts(byline)) == []
    assert not answer.altered and "link_preview_options" in answer.more
    assert len(server.of("sendMessage", 5)) == 1
    waits = [_until_typing(server, user, asked)]
    for number in (6, 7):
        other = User(server, number)
        asked = other.says(QUESTION)
        other.hears(1)
        waits.append(_until_typing(server, other, asked))
    assert sorted(waits)[1] < 0.3, waits  # the middle one: others use these cores too
    assert (bot.terminate()[0], len(user.heard())) == (0, 1)


def _until_typing(server: BotApi, user: User, asked: Message) -> float:
    """Seconds from the question to the first sign of life, which comes before the answer."""
    typing = server.of("sendChatAction", user.id)[0]
    assert typing.at < server.of("sendMessage", user.id)[0].at
    return typing.at - asked.at


def test_every_quote_in_every_answer_stands_letter_by_letter_in_an_article(
    server: BotApi, starts: Starts, starter: Byline
) -> None:
    starts(starter.index, BYLINE_READER__MODEL="shipped")
    people = [User(server, number) for number in range(10, 10 + len(QUESTIONS))]
    for user, question in zip(people, QUESTIONS, strict=True):
        user.says(question)
    answers = [user.hears(1, timeout=60)[0] for user in people]
    articles = texts(starter)
    assert sum(len(quoted(answer)) for answer in answers) >= len(QUESTIONS)
    assert [unlike(answer, articles) for answer in answers] == [[]] * len(answers)
    for answer in answers:
        for link in (entity for entity in answer.entities if entity["type"] == "text_link"):
            assert slice_of(answer.text, link) and link["url"].startswith("http")


def test_buttons_answer_at_once_and_what_they_show_is_in_the_articles_too(
    server: BotApi, starts: Starts, starter: Byline
) -> None:
    bot = starts(starter.index, BYLINE_READER__MODEL="shipped")
    user = User(server, 5)
    answer = user.asks(QUESTION, timeout=30)
    articles, pressed = texts(starter), set[str]()
    labels = [button["text"] for row in answer.keyboard or [] for button in row if "callback_data" in button]
    assert labels
    for label in labels:
        if any(label == button["text"] for row in answer.keyboard or [] for button in row):
            began = time.monotonic()
            user.told(user.presses(answer, label), timeout=10)
            assert time.monotonic() - began < 2
            pressed.add(label)
    time.sleep(1)
    assert len(pressed) >= 2
    assert [unlike(message, articles) for message in user.heard()] == [[]] * len(user.heard())
    data = next(b["callback_data"] for row in answer.keyboard or [] for b in row if "callback_data" in b)
    bot.kill()
    bot.start()
    user.told(user.sends_press(answer, data))
    other = User(server, 6)
    assert other.told(other.sends_press(answer, data))["text"]
    assert user.told(user.sends_press(answer, "v1:src:forged:1"))["text"]


def test_in_groups_it_answers_what_is_addressed_to_it_as_a_reply(party: Party) -> None:
    server, (user,) = party.server, party.people(1)
    place = group(server, -100500)
    asked = user.says(f"/ask@byline_test_bot {QUESTION}", chat=place)
    server.wait(lambda: len(server.world.sent(place.id)) == 1, 15, "an answer in the group")
    answer = server.world.sent(place.id)[0]
    assert answer.reply_to is asked
    user.says("and when was that?", chat=place, reply_to=answer)
    user.says("@byline_test_bot who is Mustafa Bali?", chat=place)
    user.says("just talk among ourselves", chat=place)
    server.wait(lambda: len(server.world.sent(place.id)) == 3, 15, "two more answers")
    time.sleep(0.5)
    assert len(server.world.sent(place.id)) == 3


def test_an_edited_question_changes_its_answer_and_adds_no_second(party: Party, small: Byline) -> None:
    server, (user,) = party.server, party.people(1)
    asked = user.says("who is Mustafa Bali?")
    answer = user.hears(1)[0]
    user.edits(asked, "What happened in Raqqa?")
    server.wait(lambda: len(answer.versions) == 2, 10, "the answer's second version")
    assert answer.versions[0].text != answer.versions[1].text
    assert len(user.heard()) == 1 and unlike(answer, texts(small)) == []


def test_inline_and_guest_queries_are_answered_within_seconds_for_the_asker_alone(party: Party, small: Byline) -> None:
    (user,) = party.people(1)
    user.asks(QUESTION)
    began = time.monotonic()
    answer = user.told(user.types_inline("caliphate over"), timeout=10)
    assert time.monotonic() - began < 3
    assert (answer["cache_time"], answer["is_personal"]) == ("0", "true")
    assert answer["results"]
    guest = user.told(user.asks_guest(f"@byline_test_bot {QUESTION}"), timeout=10)
    articles = texts(small)
    for text in (*answer["texts"], *guest["texts"]):
        assert not text.altered and strays(text.text, text.entities, articles) == []


def test_menus_are_set_for_private_chats_groups_and_administrators(party: Party) -> None:
    server = party.server
    User(server, 1)
    bot = party.bot
    server.wait(lambda: any(scope == "chat:1" for scope, _ in server.world.menus), 15, "an administrator's menu")
    menus = {scope: {c["command"] for c in commands} for (scope, _), commands in server.world.menus.items()}
    assert {"start", "help", "ask"} <= menus["all_private_chats"]
    assert "rebuild" in menus["chat:1"] and "rebuild" not in menus["all_private_chats"] | menus["all_group_chats"]
    assert [call for call in server.calls if call.status in (400, 404)] == []
    assert bot.page("/healthz")[0] == 200


def test_no_one_but_an_administrator_can_change_anything_and_an_administrator_can(party: Party) -> None:
    server, (other,) = party.server, party.people(1)
    admin = User(server, 1)
    article = b"The Lighthouse at Korr\n\nThe keeper Ana Brandt repaired the lighthouse lamp on Tuesday.\n"
    other.uploads("lighthouse.txt", article)
    admin.uploads("lighthouse.txt", article)
    server.wait(lambda: len(server.of("getFile")) > 0, 20, "the administrator's document")
    message = admin.hears(1)[0]
    server.wait(lambda: message.text.startswith("New: 1 article"), 60, "what was read")
    assert len(server.of("getFile")) == 1
    assert not any("lighthouse" in m.text.lower() for m in other.heard())
    answer = other.asks("who repaired the lighthouse lamp?")
    assert "The keeper Ana Brandt repaired the lighthouse lamp on Tuesday." in quoted(answer)


def test_the_token_is_nowhere_even_when_every_library_logs_everything(
    server: BotApi, starts: Starts, small: Byline
) -> None:
    bot = starts(small.index, chatty=True)
    user = User(server, 5)
    user.asks(QUESTION, timeout=30)
    server.faults.add("sendMessage", faults.error(500), chat=5)
    server.faults.add("getUpdates", faults.error(401, "Unauthorized"))
    server.outage()
    time.sleep(1.5)
    server.back()
    user.asks("who is Mustafa Bali?", timeout=30)
    secret = server.token.partition(":")[2]
    assert secret not in bot.page("/metrics")[1] + bot.page("/healthz")[1]
    assert bot.terminate()[0] == 0
    assert "DEBUG" in bot.output() and "sendMessage" in bot.output(), "is this really everything?"
    assert secret not in bot.output()
    kept = [path for path in bot.index.rglob("*") if path.is_file() and secret.encode() in path.read_bytes()]
    assert kept == []


def test_what_people_write_stands_in_no_log(party: Party) -> None:
    user = User(party.server, next(party.ids), name="Quokka Zanzibari")
    user.asks("who is zanzibar-quokka-question?", timeout=30)
    user.says("/frobnicate zanzibar-quokka")
    user.uploads("zanzibar-quokka.txt", b"zanzibar")
    user.hears(3, timeout=15)
    assert "anzibar" not in party.bot.output()


def test_a_missing_or_refused_token_ends_it_with_78_in_one_line(server: BotApi, starts: Starts, small: Byline) -> None:
    missing = starts(small.index, wait=0, TELEGRAM_BOT_TOKEN="")
    assert missing.ends(20)[0] == 78
    assert len(missing.output().splitlines()) == 1 and "TELEGRAM_BOT_TOKEN" in missing.output()
    refused = starts(small.index, wait=0, fresh=False, TELEGRAM_BOT_TOKEN="77:" + "x" * 35)
    assert refused.ends(30)[0] == 78
    assert len(refused.output().splitlines()) == 1 and "x" * 35 not in refused.output()
