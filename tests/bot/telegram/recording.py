"""A Bot API without a socket: python-telegram-bot's own way of sending, recorded call by call.

Comes in: what the bot sends through `telegram.Bot`. Goes out: a list of `Call`s, and plausible answers, or the
failures that a test has asked for. The promise others lean on: a call that Telegram would refuse for its form (more
than 4,096 UTF-16 units, an entity outside its text, 65 bytes on a button) fails the test that made it. Beside it:
raw updates as Telegram sends them, to be fed through `process`.

    request = RecordingRequest()
    application = make_application(request, handlers)          # or with bot_data={"office": office}
    await process(application, message("who declared it over?"))
    assert request.texts() == ["..."]
"""

from __future__ import annotations

import itertools
import json
import time
from collections import defaultdict, deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from telegram import LinkPreviewOptions, Update
from telegram.ext import Application, ApplicationBuilder, BaseHandler, Defaults
from telegram.request import BaseRequest, RequestData

TOKEN = "1234567:" + "A" * 35  # the form of a token; no bot's
BOT = {"id": 1234567, "is_bot": True, "first_name": "Byline", "username": "byline_test_bot",
       "can_join_groups": True, "can_read_all_group_messages": False, "supports_inline_queries": True,
       "supports_guest_queries": True}  # fmt: skip
_MESSAGES = ("sendMessage", "sendDocument", "editMessageText", "editMessageReplyMarkup", "forwardMessage")
_updates = itertools.count(1)
_ids = itertools.count(1)


@dataclass(frozen=True, slots=True)
class Call:
    """One call of a Bot API method, its parameters as they were before they became JSON."""

    method: str
    parameters: Mapping[str, Any]
    at: float

    @property
    def text(self) -> str:
        return str(self.parameters.get("text", ""))

    @property
    def buttons(self) -> list[dict[str, Any]]:
        """The buttons of its inline keyboard, row by row."""
        rows = (self.parameters.get("reply_markup") or {}).get("inline_keyboard", [])
        return [button for row in rows for button in row]

    def button(self, words: str) -> dict[str, Any]:
        """The first button whose text holds these words."""
        return next(button for button in self.buttons if words in button["text"])


class RecordingRequest(BaseRequest):
    """Records every call and answers it; `fail` scripts what goes wrong, in order, per method."""

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self._failures: dict[str, deque[tuple[int, dict[str, Any]] | Exception]] = defaultdict(deque)
        self._message = itertools.count(1001)

    @property
    def read_timeout(self) -> float | None:
        return 5.0

    async def initialize(self) -> None:
        return

    async def shutdown(self) -> None:
        return

    def fail(self, method: str, status: int, description: str, times: int = 1, **parameters: int) -> None:
        """The next calls of the method are answered with that status, e.g. 429 with `retry_after=35`."""
        body: dict[str, Any] = {"ok": False, "error_code": status, "description": description}
        if parameters:
            body["parameters"] = parameters
        self._failures[method].extend([(status, body)] * times)

    def lose(self, method: str, failure: Exception, times: int = 1) -> None:
        """The next calls of the method raise, as lost connections do: `lose("sendMessage", TimedOut())`."""
        self._failures[method].extend([failure] * times)

    def of(self, *methods: str) -> list[Call]:
        """The calls of these methods, in order."""
        return [call for call in self.calls if call.method in methods]

    def texts(self) -> list[str]:
        """The texts of the messages that were sent, edits not among them."""
        return [call.text for call in self.of("sendMessage")]

    def clear(self) -> None:
        """Forget the calls so far."""
        self.calls.clear()

    async def do_request(
        self, url: str, method: str, request_data: RequestData | None = None, *_: Any, **__: Any
    ) -> tuple[int, bytes]:
        name = url.rsplit("/", 1)[-1]
        parameters = request_data.parameters if request_data else {}
        call = Call(name, parameters, time.monotonic())
        if name != "getMe":
            self.calls.append(call)
        check_form(call)
        if self._failures[name]:
            failure = self._failures[name].popleft()
            if isinstance(failure, Exception):
                raise failure
            return failure[0], json.dumps(failure[1]).encode()
        return 200, json.dumps({"ok": True, "result": self._result(call)}).encode()

    def _result(self, call: Call) -> object:
        if call.method == "getMe":
            return BOT
        if call.method == "answerGuestQuery":
            return {"inline_message_id": "guest-1"}
        if call.method not in _MESSAGES or "inline_message_id" in call.parameters:
            return True
        chat = int(call.parameters["chat_id"])
        made: dict[str, Any] = {
            "message_id": call.parameters.get("message_id") or next(self._message), "date": int(time.time()),
            "chat": {"id": chat, "type": "private" if chat > 0 else "supergroup", "title": "c"}, "from": BOT,
        }  # fmt: skip
        for name in ("text", "entities", "reply_markup"):
            if call.parameters.get(name):
                made[name] = call.parameters[name]
        return made


def check_form(call: Call) -> None:
    """Raise AssertionError for what Telegram would refuse, cut or ignore."""
    parameters = call.parameters
    assert "parse_mode" not in parameters, "markup in text"
    if "text" in parameters and call.method.startswith(("send", "edit")):
        check_text(str(parameters["text"]), parameters.get("entities") or [])
        assert (parameters.get("link_preview_options") or {}).get("is_disabled") is True, "a link would be previewed"
    if call.method == "answerCallbackQuery":
        assert units(str(parameters.get("text", ""))) <= 200
    for button in call.buttons:
        given = [name for name in button if name not in ("text", "style", "icon_custom_emoji_id")]
        assert button["text"] and len(given) == 1, f"a button does one thing: {button}"
        assert 1 <= len(str(button.get("callback_data", "x")).encode()) <= 64, f"callback_data: {button}"
        assert 1 <= units(button.get("copy_text", {"text": "x"})["text"]) <= 256, f"copy_text: {button}"
    assert len(call.buttons) <= 100
    if call.method in ("answerInlineQuery", "answerGuestQuery"):
        results = parameters.get("results", [parameters.get("result")])
        assert len(results) <= 50 and len({result["id"] for result in results}) == len(results)
        for result in results:
            assert 1 <= len(result["id"].encode()) <= 64
            content = result["input_message_content"]
            assert not content.get("parse_mode")
            check_text(content["message_text"], content.get("entities") or [])


def check_text(text: str, entities: Iterable[Mapping[str, Any]]) -> None:
    """Raise AssertionError unless Telegram would take the text and every entity as they are."""
    assert text.strip(), "an empty message"
    assert units(text) <= 4096 and len(text.encode()) <= 32 * 1024
    found = list(entities)
    assert len(found) <= 100
    borders = set(itertools.accumulate((units(c) for c in text), initial=0))
    for entity in found:
        start, end = entity["offset"], entity["offset"] + entity["length"]
        assert start < end, f"an empty entity: {entity}"
        assert start in borders and end in borders, f"an entity outside the text or inside a character: {entity}"


def units(text: str) -> int:
    """The length of the text as Telegram counts it."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def make_application(
    request: RecordingRequest, handlers: Iterable[BaseHandler[Any, Any, Any]] = (), **bot_data: object
) -> Application[Any, Any, Any, Any, Any, Any]:
    """An Application over the recording, not yet initialised; `bot_data` as keywords, e.g. `office=...`."""
    builder = ApplicationBuilder().token(TOKEN).request(request).get_updates_request(RecordingRequest()).updater(None)
    application = builder.defaults(Defaults(link_preview_options=LinkPreviewOptions(is_disabled=True))).build()
    application.add_handlers(list(handlers))
    application.bot_data.update(bot_data)
    return application


async def process(application: Application[Any, Any, Any, Any, Any, Any], *raws: Mapping[str, Any]) -> None:
    """Feed raw updates through the application, one after the other, as a worker does."""
    if not getattr(application, "_initialized", False):
        await application.initialize()
    for raw in raws:
        update = Update.de_json(dict(raw), application.bot)
        await application.process_update(update)


def user(id: int = 7, **more: object) -> dict[str, Any]:
    """A person."""
    return {"id": id, "is_bot": False, "first_name": "Ada", "language_code": "en"} | more


def chat(id: int = 7) -> dict[str, Any]:
    """A private chat for a positive id, a supergroup for a negative one."""
    return {"id": id, "type": "private", "first_name": "Ada"} if id > 0 else {
        "id": id, "type": "supergroup", "title": "Newsroom"}  # fmt: skip


def message(text: str | None = "hello", by: int = 7, to: int | None = None, kind: str = "message",
            **more: object) -> dict[str, Any]:  # fmt: skip
    """A message as an update; in the private chat of its sender unless `to` names a group (a negative id).

    `kind` may be `edited_message`, `channel_post`, `guest_message`. "/command" at the beginning and "@name" become
    entities, as Telegram's server makes them. `more` goes into the message: `reply_to_message=...`, `date=...`.
    """
    inner: dict[str, Any] = {
        "message_id": next(_ids), "date": int(time.time()), "from": user(by), "chat": chat(by if to is None else to),
    }  # fmt: skip
    if text is not None:
        inner["text"] = text
        entities = _marks(text)
        if entities:
            inner["entities"] = entities
    return {"update_id": next(_updates), kind: inner | more}


def press(
    data: str | None, by: int = 7, to: int | None = None, message_id: int = 1001, **more: object
) -> dict[str, Any]:
    """A press of an inline button under the bot's message; `message=None` leaves the message out."""
    shown: dict[str, Any] = {
        "message_id": message_id, "date": int(time.time()), "chat": chat(by if to is None else to), "from": BOT, "text": "x",
    }  # fmt: skip
    inner: dict[str, Any] = {"id": f"press-{next(_ids)}", "from": user(by), "chat_instance": "1", "message": shown}
    if data is not None:
        inner["data"] = data
    inner |= more
    return {"update_id": next(_updates), "callback_query": {k: v for k, v in inner.items() if v is not None}}


def inline(query: str, by: int = 7, **more: object) -> dict[str, Any]:
    """A letter typed after the bot's name in some chat."""
    return {"update_id": next(_updates),
            "inline_query": {"id": f"inline-{next(_ids)}", "from": user(by), "query": query, "offset": ""} | more}  # fmt: skip


def _marks(text: str) -> list[dict[str, Any]]:
    """The entities that Telegram's server finds in what a person typed."""
    found, at = [], 0
    for word in text.split(" "):
        name = word.rstrip(".,?!:")
        if at == 0 and len(name) > 1 and name.startswith("/"):
            found.append({"type": "bot_command", "offset": 0, "length": units(name)})
        elif len(name) > 1 and name.startswith("@"):
            found.append({"type": "mention", "offset": at, "length": units(name)})
        at += units(word) + 1
    return found
