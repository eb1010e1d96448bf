"""Answers to what people press and type: callback queries, inline queries and calls as a guest."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from tests.bot.telegram.bot_api import checks
from tests.bot.telegram.bot_api.checks import Text, structure, text_of
from tests.bot.telegram.bot_api.given import Given
from tests.bot.telegram.bot_api.markup import units
from tests.bot.telegram.bot_api.refusal import bad


def _query(given: Given, name: str, kind: str) -> dict[str, Any]:
    query = given.world.queries.get(given.parameters.get(name, ""))
    if query is None or query["kind"] != kind or "answer" in query:
        raise bad("query is too old and response timeout expired or query ID is invalid")
    return query


def answer_callback(given: Given) -> object:
    """Answer a press, once."""
    query = _query(given, "callback_query_id", "callback_query")
    text = given.parameters.get("text", "")
    if units(text) > 200:
        raise bad("MESSAGE_TOO_LONG")
    query["answer"] = {"text": text, "alert": given.parameters.get("show_alert") == "true"}
    return True


def answer_inline(given: Given) -> object:
    """Answer an inline query, once, with articles that Telegram would take."""
    query = _query(given, "inline_query_id", "inline_query")
    results = structure(given.parameters, "results", list)
    if results is None or len(results) > 50:
        raise bad("too many results or none given")
    ids = [str(result.get("id", "")) for result in results]
    if len(set(ids)) != len(ids) or not all(1 <= len(one.encode()) <= 64 for one in ids):
        raise bad("RESULT_ID_INVALID")
    texts = [_result(result) for result in results]
    button = structure(given.parameters, "button", dict)
    if button is not None and not (
        button.get("text") and re.fullmatch(r"[A-Za-z0-9_-]{1,64}", str(button.get("start_parameter", "")))
    ):
        raise bad("START_PARAM_INVALID")
    query["answer"] = {
        "results": results, "texts": texts, "button": button, "cache_time": given.parameters.get("cache_time"),
        "is_personal": given.parameters.get("is_personal"),
    }  # fmt: skip
    return True


def _result(result: Mapping[str, Any]) -> Text:
    content = result.get("input_message_content")
    if result.get("type") != "article" or not str(result.get("title", "")).strip() or not isinstance(content, dict):
        raise bad("can't parse inline query result: only articles with a title and a text are taken here")
    if result.get("url") is not None:
        checks.web_address(result["url"])
    if result.get("reply_markup") is not None:
        checks.keyboard(result["reply_markup"])
    inside = {
        key.replace("message_text", "text"): value if isinstance(value, str) else json.dumps(value)
        for key, value in content.items()
    }
    return text_of(inside)


def answer_guest(given: Given) -> object:
    """Answer a call as a guest, once."""
    query = _query(given, "guest_query_id", "guest_message")
    result = structure(given.parameters, "result", dict)
    if result is None:
        raise bad("result is empty")
    text = _result(result)
    name = f"guest-{len(given.world.inline) + 1}"
    given.world.inline[name] = text
    query["answer"] = {"texts": [text], "result": result}
    return {"inline_message_id": name}
