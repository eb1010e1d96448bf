"""The Bot API server of the tests refuses what Telegram refuses, keeps what it was given, and fails as it is told."""

from __future__ import annotations

import asyncio
import http.client
import json
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.bot.telegram.bot_api import checks, faults
from tests.bot.telegram.bot_api.pace import Pace
from tests.bot.telegram.bot_api.people import User, bot_added, group
from tests.bot.telegram.bot_api.quotes import quotes_in, slice_of, strays
from tests.bot.telegram.bot_api.refusal import Refused
from tests.bot.telegram.bot_api.server import BotApi


@pytest.fixture
def server() -> Iterator[BotApi]:
    with BotApi() as running:
        yield running


def call(server: BotApi, method: str, token: str | None = None, **parameters: Any) -> Any:
    """One call as a bot makes it: the result, or Refused."""
    request = urllib.request.Request(
        f"{server.root}/bot{token or server.token}/{method}", json.dumps(parameters).encode(),
        {"Content-Type": "application/json"},
    )  # fmt: skip
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.load(answer)["result"]
    except urllib.error.HTTPError as error:
        with error:
            body = json.load(error)
        assert body["ok"] is False and body["error_code"] == error.code
        raise Refused(error.code, body["description"], body.get("parameters")) from None


def refusal(server: BotApi, method: str, **parameters: Any) -> str:
    """The description with which a call is refused."""
    with pytest.raises(Refused) as refused:
        call(server, method, **parameters)
    return refused.value.description


def bold(offset: int, length: int, kind: str = "bold", **more: Any) -> dict[str, Any]:
    return {"type": kind, "offset": offset, "length": length, **more}


# -- who may call


def test_a_wrong_token_and_an_unknown_method_are_turned_away(server: BotApi) -> None:
    with pytest.raises(Refused, match="Unauthorized"):
        call(server, "getMe", token="1:" + "x" * 35)
    with pytest.raises(Refused, match="Not Found"):
        call(server, "getMe", token="nonsense")
    assert refusal(server, "sendRichMessage", chat_id=5) == "Not Found: method not found"


def test_a_bot_cannot_write_to_those_who_never_wrote_or_blocked_it(server: BotApi) -> None:
    User(server, 6, starts=False)
    user = User(server, 5)
    assert "chat not found" in refusal(server, "sendMessage", chat_id=99, text="x")
    assert "can't initiate" in refusal(server, "sendMessage", chat_id=6, text="x")
    user.blocks()
    assert refusal(server, "sendMessage", chat_id=5, text="x") == "Forbidden: bot was blocked by the user"


def test_a_group_that_became_a_supergroup_is_named_in_the_refusal(server: BotApi) -> None:
    group(server, -7, kind="group").migrated_to = -1007
    with pytest.raises(Refused) as refused:
        call(server, "sendMessage", chat_id=-7, text="x")
    assert refused.value.parameters == {"migrate_to_chat_id": -1007}


# -- texts


@pytest.mark.parametrize(
    ("text", "entities", "why"),
    [
        ("", [], "text is empty"),
        (" \n ", [], "text is empty"),
        ("a" * 4097, [], "too long"),
        ("🙂" * 2049, [], "too long"),
        ("ab", [bold(0, 3)], "after the end"),
        ("ab", [bold(-1, 1)], "no proper offset"),
        ("ab", [bold(0, 0)], "no proper offset"),
        ("🙂b", [bold(1, 2)], "middle of a UTF-16 symbol"),
        ("🙂b", [bold(0, 1)], "middle of a UTF-16 symbol"),
        ("abcd", [bold(0, 2), bold(1, 2)], "overlap"),
        ("abcd", [bold(0, 4, "blockquote"), bold(1, 2, "expandable_blockquote")], "blockquote can't hold expandable"),
        ("abcd", [bold(0, 4, "code"), bold(1, 2)], "code can't hold bold"),
        ("abcd", [bold(0, 4), bold(1, 2, "code")], "bold can't hold code"),
        ("abcd", [bold(0, 4, "text_link", url="https://x.org"), bold(1, 2, "code")], "can't hold code"),
        ("abcd", [bold(0, 4, "text_link", url="javascript:alert(1)")], "URL"),
        ("abcd", [bold(0, 4, "text_link", url="tg://user?id=1")], "URL"),
        ("abcd", [bold(0, 4, "marquee")], "unsupported type"),
        ("a" * 300, [bold(i, 1) for i in range(101)], "too many entities"),
    ],
)
def test_a_text_or_entities_that_telegram_would_not_take_are_refused(
    server: BotApi, text: str, entities: list[dict[str, Any]], why: str
) -> None:
    User(server, 5)
    assert why in refusal(server, "sendMessage", chat_id=5, text=text, entities=entities)


def test_a_text_at_every_limit_is_taken_letter_by_letter(server: BotApi) -> None:
    User(server, 5)
    text = "🙂" * 2000 + "x" * 96
    sent = call(server, "sendMessage", chat_id=5, text=text, entities=[bold(2 * i, 2) for i in range(100)])
    assert sent["text"] == text and len(sent["entities"]) == 100
    assert not server.world.sent(5)[0].altered


def test_what_telegram_would_trim_or_drop_is_told_as_altered(server: BotApi) -> None:
    User(server, 5)
    call(server, "sendMessage", chat_id=5, text="  a\u202eb\x07c ", entities=[bold(2, 3)])
    kept = server.world.sent(5)[0]
    assert (kept.text, kept.entities, kept.altered) == ("ab c", (bold(0, 2),), True)


def test_html_is_parsed_as_strictly_as_telegram_parses_it(server: BotApi) -> None:
    User(server, 5)
    sent = call(
        server, "sendMessage", chat_id=5, parse_mode="HTML",
        text='🙂<b>bold &amp; <i>both</i></b><blockquote expandable>q</blockquote><a href="https://x.org/?a=1&amp;b">l</a>',
    )  # fmt: skip
    assert sent["text"] == "🙂bold & bothql"
    assert [(e["type"], slice_of(sent["text"], e)) for e in sent["entities"]] == [
        ("bold", "bold & both"), ("italic", "both"), ("expandable_blockquote", "q"), ("text_link", "l"),
    ]  # fmt: skip
    for wrong in ("<b>x", "x</b>", "<b><i>x</b></i>", "a < b", "<script>x</script>"):
        assert "can't parse entities" in refusal(server, "sendMessage", chat_id=5, parse_mode="HTML", text=wrong)
    assert "parse_mode" in refusal(server, "sendMessage", chat_id=5, parse_mode="MarkdownV2", text="x")


_TEXTS = st.text(alphabet=st.sampled_from("ab \n🙂é́\u202e\r\u200dא"), max_size=30)


@settings(max_examples=300)
@given(_TEXTS, st.lists(st.tuples(st.integers(0, 40), st.integers(1, 10)), max_size=3))
def test_entities_always_cover_what_they_covered_whatever_is_dropped_around_them(
    raw: str, spans: list[tuple[int, int]]
) -> None:
    try:
        kept = checks.checked(raw, [bold(*span) for span in spans], 4096)
    except Refused:
        return
    before = sorted(checks._DROPPED.sub("", slice_of(raw, bold(*span))).strip() for span in spans)
    after = sorted(slice_of(kept.text, entity).strip() for entity in kept.entities)
    assert [one for one in after if one] == [one for one in before if one]


# -- keyboards, replies, edits


@pytest.mark.parametrize(
    ("rows", "why"),
    [
        ([[{"text": "x", "callback_data": "é" * 33}]], "BUTTON_DATA_INVALID"),
        ([[{"text": "x", "callback_data": ""}]], "BUTTON_DATA_INVALID"),
        ([[{"text": "x"}]], "unallowed"),
        ([[{"text": " ", "callback_data": "a"}]], "non-empty"),
        ([[{"text": "x", "callback_data": "a", "url": "https://x.org"}]], "unallowed"),
        ([[{"text": "x", "url": "file:///etc/passwd"}]], "URL"),
        ([[{"text": "x", "copy_text": {"text": "y" * 257}}]], "COPY_TEXT"),
        ([[{"text": "x", "callback_data": "a"}] * 9], "too long"),
        ([[{"text": "x", "callback_data": "a"}]] * 101, "too long"),
    ],
)
def test_a_keyboard_past_a_limit_is_refused(server: BotApi, rows: Any, why: str) -> None:
    User(server, 5)
    assert why in refusal(server, "sendMessage", chat_id=5, text="x", reply_markup={"inline_keyboard": rows})


def test_a_reply_needs_its_message_unless_it_says_otherwise(server: BotApi) -> None:
    message = User(server, 5).says("what?")
    asked = {"message_id": message.id, "quote": "wha"}
    assert (
        call(server, "sendMessage", chat_id=5, text="x", reply_parameters=asked)["reply_to_message"]["text"] == "what?"
    )
    assert "QUOTE" in refusal(server, "sendMessage", chat_id=5, text="x", reply_parameters=asked | {"quote": "who"})
    gone = {"message_id": 999}
    assert "not found" in refusal(server, "sendMessage", chat_id=5, text="x", reply_parameters=gone)
    loose = gone | {"allow_sending_without_reply": True}
    assert "reply_to_message" not in call(server, "sendMessage", chat_id=5, text="x", reply_parameters=loose)
    assert "thread" in refusal(server, "sendMessage", chat_id=5, text="x", message_thread_id=3)


def test_an_edit_that_changes_nothing_or_is_of_someone_elses_message_is_refused(server: BotApi) -> None:
    asked = User(server, 5).says("what?")
    sent = call(server, "sendMessage", chat_id=5, text="x")
    same = {"chat_id": 5, "message_id": sent["message_id"], "text": "x"}
    assert "message is not modified" in refusal(server, "editMessageText", **same)
    assert call(server, "editMessageText", **(same | {"text": "y"}))["text"] == "y"
    assert "can't be edited" in refusal(server, "editMessageText", **(same | {"message_id": asked.id}))
    assert "not found" in refusal(server, "editMessageText", **(same | {"message_id": 77}))
    assert [version.text for version in server.world.sent(5)[0].versions] == ["x", "y"]


# -- presses, inline and guest queries


def test_a_press_is_answered_once_and_with_at_most_200_characters(server: BotApi) -> None:
    user = User(server, 5)
    user.says("hello")
    rows = {"inline_keyboard": [[{"text": "Sources", "callback_data": "v1:a"}]]}
    call(server, "sendMessage", chat_id=5, text="x", reply_markup=rows)
    query = user.presses(server.world.sent(5)[0], "Sources")
    (_, update) = call(server, "getUpdates", timeout=0)
    assert update["callback_query"]["data"] == "v1:a" and update["callback_query"]["chat_instance"]
    assert "TOO_LONG" in refusal(server, "answerCallbackQuery", callback_query_id=query, text="x" * 201)
    call(server, "answerCallbackQuery", callback_query_id=query, text="seen")
    assert user.told(query) == {"text": "seen", "alert": False}
    assert "too old" in refusal(server, "answerCallbackQuery", callback_query_id=query)
    assert "too old" in refusal(server, "answerCallbackQuery", callback_query_id="12345")


def test_inline_and_guest_answers_are_held_to_the_limits_of_messages(server: BotApi) -> None:
    user = User(server, 5)
    query, guest = user.types_inline("caliphate"), user.asks_guest("who? @byline_test_bot")

    def result(name: str, text: str = "x") -> dict[str, Any]:
        return {"type": "article", "id": name, "title": "t", "input_message_content": {"message_text": text}}

    answer = "answerInlineQuery"
    assert "RESULT_ID" in refusal(server, answer, inline_query_id=query, results=[result("a"), result("a")])
    assert "RESULT_ID" in refusal(server, answer, inline_query_id=query, results=[result("a" * 65)])
    assert "too long" in refusal(server, answer, inline_query_id=query, results=[result("a", "x" * 4097)])
    assert "too many" in refusal(server, answer, inline_query_id=query, results=[result(str(i)) for i in range(51)])
    call(server, answer, inline_query_id=query, results=[result("a")], cache_time=0, is_personal=True)
    assert (user.told(query)["cache_time"], user.told(query)["is_personal"]) == ("0", "true")
    assert call(server, "answerGuestQuery", guest_query_id=guest, result=result("g", "hi"))["inline_message_id"]
    assert [text.text for text in user.told(guest)["texts"]] == ["hi"]


# -- updates


def test_updates_below_the_offset_are_dropped_and_at_most_100_come_at_once(server: BotApi) -> None:
    user = User(server, 5)
    for number in range(150):
        user.says(str(number))
    first = call(server, "getUpdates")
    assert [u["message"]["text"] for u in first] == [str(i) for i in range(100)]
    assert call(server, "getUpdates") == first
    rest = call(server, "getUpdates", offset=first[-1]["update_id"] + 1)
    assert len(rest) == 50 == len(server.world.updates)
    assert call(server, "getUpdates", offset=-1) == rest[-1:]


def test_a_long_poll_waits_and_wakes_at_once(server: BotApi) -> None:
    user = User(server, 5)
    threading.Timer(0.3, lambda: user.says("now")).start()
    began = time.monotonic()
    (update,) = call(server, "getUpdates", timeout=5)
    assert 0.25 < time.monotonic() - began < 2 and update["message"]["text"] == "now"
    assert call(server, "getUpdates", offset=update["update_id"] + 1, timeout=1) == []


def test_only_the_kinds_that_were_asked_for_come(server: BotApi) -> None:
    user = User(server, 5)
    call(server, "getUpdates", allowed_updates=["message"])
    bot_added(server, group(server, -7), user)
    user.says("x")
    assert [set(u) - {"update_id"} for u in call(server, "getUpdates")] == [{"message"}]


def test_the_older_of_two_pollers_gets_409(server: BotApi) -> None:
    seen: list[str] = []

    def older() -> None:
        seen.append(refusal(server, "getUpdates", timeout=5))

    thread = threading.Thread(target=older)
    thread.start()
    server.wait(lambda: len(server.of("getUpdates")) == 1)
    time.sleep(0.1)
    assert call(server, "getUpdates", timeout=0) == []
    thread.join(5)
    assert seen[0].startswith("Conflict: terminated by other getUpdates")


def test_a_group_in_privacy_mode_passes_on_only_what_is_addressed_to_the_bot(server: BotApi) -> None:
    user, place = User(server, 5), group(server, -7)
    call(server, "sendMessage", chat_id=-7, text="hello")
    ours = server.world.sent(-7)[0]
    for text in ("just talk", "/ask who", "/ask@other_bot who", "@byline_test_bot who", "/ask@byline_test_bot who"):
        user.says(text, chat=place)
    user.says("and who?", chat=place, reply_to=ours)
    texts = [update["message"]["text"] for update in call(server, "getUpdates")]
    assert texts == ["/ask who", "@byline_test_bot who", "/ask@byline_test_bot who", "and who?"]


# -- files


def test_a_document_comes_as_multipart_and_one_over_20_mb_is_not_given_out(server: BotApi) -> None:
    user = User(server, 5)
    user.uploads("big.txt", b"x" * (20 * 1024 * 1024 + 1))
    user.uploads("small.txt", b"\x00small\r\n--b--\r\n")
    big, small = (update["message"]["document"]["file_id"] for update in call(server, "getUpdates"))
    assert "too big" in refusal(server, "getFile", file_id=big)
    path = call(server, "getFile", file_id=small)["file_path"]
    with urllib.request.urlopen(f"{server.root}/file/bot{server.token}/{path}", timeout=5) as answer:
        assert answer.read() == b"\x00small\r\n--b--\r\n"
    import telegram

    async def send() -> telegram.Message:
        bot = telegram.Bot(server.token, base_url=f"{server.root}/bot", base_file_url=f"{server.root}/file/bot")
        async with bot:
            await bot.send_message(5, "x", entities=[telegram.MessageEntity("bold", 0, 1)])
            return await bot.send_document(5, b"\x00line\r\n", filename="out.jsonl", caption="yours")

    sent = asyncio.run(send())
    assert sent.document is not None and sent.document.file_name == "out.jsonl" and sent.caption == "yours"
    assert server.world.files[sent.document.file_id][1] == b"\x00line\r\n"
    assert server.world.sent(5)[0].entities == (bold(0, 1),)


# -- pace and faults


def test_messages_that_come_too_fast_get_429_and_the_seconds_to_wait() -> None:
    with BotApi(pace=Pace(burst=2)) as server:
        for number in (5, -7):
            User(server, number) if number > 0 else group(server, number)
        call(server, "sendMessage", chat_id=5, text="1")
        call(server, "sendMessage", chat_id=5, text="2")
        with pytest.raises(Refused) as refused:
            call(server, "sendMessage", chat_id=5, text="3")
        assert refused.value.parameters == {"retry_after": 1} and server.pace.refused == 1
        call(server, "sendMessage", chat_id=-7, text="others go on")
        time.sleep(1.05)
        call(server, "sendMessage", chat_id=5, text="3")
    with BotApi(pace=Pace(group_minute=3)) as server:
        group(server, -7)
        for number in range(3):
            call(server, "sendMessage", chat_id=-7, text=str(number))
        with pytest.raises(Refused) as refused:
            call(server, "sendMessage", chat_id=-7, text="4")
        assert refused.value.parameters["retry_after"] > 50


def test_faults_come_in_the_scripted_order_and_say_whether_anything_happened(server: BotApi) -> None:
    User(server, 5)
    for fault in (faults.error(500), faults.flood(3), faults.page(), faults.body(b'{"ok": tr'), faults.lost(),
                  faults.unsent(), faults.halved(), faults.slow(0.2)):  # fmt: skip
        server.faults.add("sendMessage", fault)
    outcomes: list[object] = []
    for number in range(9):
        try:
            outcomes.append(call(server, "sendMessage", chat_id=5, text=str(number))["text"])
        except Refused as refused:
            outcomes.append(refused.status)
        except ValueError:
            outcomes.append("no JSON")
        except (OSError, http.client.HTTPException):
            outcomes.append("reset")
    assert outcomes == [500, 429, "no JSON", "no JSON", "reset", "reset", "reset", "7", "8"]
    assert [message.text for message in server.world.sent(5)] == ["4", "6", "7", "8"]
    assert len(server.of("sendMessage", chat=5)) == 9


def test_a_black_hole_answers_nothing_and_lets_go_when_the_caller_does(server: BotApi) -> None:
    server.faults.add("getMe", faults.black_hole())
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=0.3)
    connection.request("GET", f"/bot{server.token}/getMe")
    with pytest.raises(TimeoutError):
        connection.getresponse()
    connection.close()
    assert call(server, "getMe")["is_bot"] is True


def test_during_an_outage_nobody_listens_and_afterwards_everything_is_as_it_was(server: BotApi) -> None:
    User(server, 5).says("before")
    server.outage()
    with pytest.raises(urllib.error.URLError):
        call(server, "getMe")
    server.back()
    assert [update["message"]["text"] for update in call(server, "getUpdates")] == ["before"]


# -- the checker of quotes


def test_the_checker_finds_a_quote_that_differs_by_one_letter() -> None:
    article = "“The caliphate is over,” he said. 🙂 So it was."
    text = "🙂 SDF\n“The caliphate is over,” he said.\nThe caliphate is ovr."
    start = len("🙂 SDF\n".encode("utf-16-le")) // 2
    first = bold(start, len("“The caliphate is over,” he said."), "blockquote")
    second = bold(start + first["length"] + 1, len("The caliphate is ovr."), "expandable_blockquote")
    assert quotes_in(text, [first, second]) == ["“The caliphate is over,” he said.", "The caliphate is ovr."]
    assert strays(text, [first, second], [article]) == ["The caliphate is ovr."]
