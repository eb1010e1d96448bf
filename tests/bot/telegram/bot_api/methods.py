"""The Bot API's methods: parameters in, the result out, or a refusal.

`METHODS` holds all that exist here; any other is 404. getUpdates is the server's own, since it waits.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.bot.telegram.bot_api import about, checks, queries
from tests.bot.telegram.bot_api.checks import structure, text_of, whole
from tests.bot.telegram.bot_api.given import ME, SELF, Given
from tests.bot.telegram.bot_api.markup import units
from tests.bot.telegram.bot_api.refusal import bad
from tests.bot.telegram.bot_api.world import Chat, Message

LARGEST_DOWNLOAD = 20 * 1024 * 1024
_ACTIONS = {"typing", "upload_document", "upload_photo", "find_location", "choose_sticker"}
_NOT_MODIFIED = (
    "message is not modified: specified new message content and reply markup are exactly the same as a current "
    "content and reply markup of the message"
)


def _get_me(given: Given) -> object:
    return ME


def _send_message(given: Given) -> object:
    chat = given.chat()
    text = text_of(given.parameters)
    reply, thread, rows = _reply(given, chat), _thread(given, chat), checks.keyboard_of(given.parameters)
    given.pace.spend(chat.id)
    more: dict[str, Any] = (
        {"link_preview_options": {"is_disabled": True}} if checks.no_preview(given.parameters) else {}
    )
    chat.drafts.clear()
    return given.world.add(chat, SELF, text, reply_to=reply, thread=thread, keyboard=rows, more=more).api()


def _reply(given: Given, chat: Chat) -> Message | None:
    asked = structure(given.parameters, "reply_parameters", dict)
    if asked is None:
        if "reply_to_message_id" not in given.parameters:
            return None
        asked = {"message_id": whole(given.parameters, "reply_to_message_id")}
    replied = chat.messages.get(asked.get("message_id", 0))
    if replied is None:
        if asked.get("allow_sending_without_reply"):
            return None
        raise bad("message to be replied not found")
    quote = asked.get("quote")
    if quote is not None and (quote not in replied.text or units(quote) > 1024):
        raise bad("QUOTE_TEXT_INVALID")
    return replied


def _thread(given: Given, chat: Chat) -> int | None:
    if "message_thread_id" not in given.parameters:
        return None
    thread = whole(given.parameters, "message_thread_id")
    if thread not in chat.topics:
        raise bad("message thread not found")
    return thread


def _send_document(given: Given) -> object:
    chat = given.chat()
    caption = text_of(given.parameters, "caption", checks.MOST_CAPTION, empty=True)
    named = given.parameters.get("document", "")
    upload = given.files.get(named.removeprefix("attach://")) if named else given.files.get("document")
    if upload is None:
        raise bad("there is no document in the request")
    if len(upload.data) > 50 * 1024 * 1024:
        raise bad("file is too big")
    if not upload.data:
        raise bad("file must be non-empty")
    given.pace.spend(chat.id)
    file_id = f"sent-{len(given.world.files)}"
    given.world.files[file_id] = (f"documents/{file_id}", upload.data)
    more: dict[str, Any] = {"document": {
        "file_id": file_id, "file_unique_id": file_id, "file_name": upload.name, "file_size": len(upload.data)
    }}  # fmt: skip
    if caption.text:
        more |= {"caption": caption.text, "caption_entities": list(caption.entities)}
    return given.world.add(chat, SELF, reply_to=_reply(given, chat), thread=_thread(given, chat), more=more).api()


def _edit_text(given: Given) -> object:
    text, rows = text_of(given.parameters), checks.keyboard_of(given.parameters)
    if (inline := given.parameters.get("inline_message_id")) is not None:
        if inline not in given.world.inline:
            raise bad("MESSAGE_ID_INVALID")
        given.world.inline[inline] = text
        return True
    message = given.own()
    if (text.text, text.entities, rows) == (message.text, message.entities, message.keyboard):
        raise bad(_NOT_MODIFIED)
    given.pace.spend(message.chat.id)
    message.text, message.entities, message.keyboard = text.text, text.entities, rows
    message.altered |= text.altered
    message.versions.append(text)
    return message.api()


def _edit_keyboard(given: Given) -> object:
    rows = checks.keyboard_of(given.parameters)
    if given.parameters.get("inline_message_id") in given.world.inline:
        return True
    message = given.own()
    if rows == message.keyboard:
        raise bad(_NOT_MODIFIED)
    given.pace.spend(message.chat.id)
    message.keyboard = rows
    return message.api()


def _delete_message(given: Given) -> object:
    chat = given.chat()
    if chat.messages.pop(whole(given.parameters, "message_id"), None) is None:
        raise bad("message to delete not found")
    return True


def _chat_action(given: Given) -> object:
    chat = given.chat()
    _thread(given, chat)
    if given.parameters.get("action") not in _ACTIONS:
        raise bad("wrong parameter action in request")
    return True


def _draft(given: Given) -> object:
    chat = given.chat()
    if chat.kind != "private":
        raise bad("TEXTDRAFT_PEER_INVALID")
    number = whole(given.parameters, "draft_id")
    if number == 0:
        raise bad("RANDOM_ID_INVALID")
    chat.drafts[number] = text_of(given.parameters, empty=True).text
    return True


def _get_file(given: Given) -> object:
    file_id = given.parameters.get("file_id", "")
    if file_id not in given.world.files:
        raise bad("invalid file_id")
    path, data = given.world.files[file_id]
    if len(data) > LARGEST_DOWNLOAD:
        raise bad("file is too big")
    return {"file_id": file_id, "file_unique_id": file_id, "file_size": len(data), "file_path": path}


def _reaction(given: Given) -> object:
    if whole(given.parameters, "message_id") not in given.chat().messages:
        raise bad("message to react not found")
    if len(structure(given.parameters, "reaction", list) or []) > 1:
        raise bad("REACTIONS_TOO_MANY")
    return True


def _get_chat(given: Given) -> object:
    return given.chat().api() | {"accent_color_id": 0, "max_reaction_count": 11, "accepted_gift_types": {
        "unlimited_gifts": False, "limited_gifts": False, "unique_gifts": False, "premium_subscription": False,
        "gifts_from_channels": False,
    }}  # fmt: skip


def _leave(given: Given) -> object:
    chat = given.chat()
    if chat.kind == "private":
        raise bad("chat member status can't be changed in private chats")
    chat.refuses = "bot is not a member of the group chat"
    return True


METHODS: dict[str, Callable[[Given], object]] = {
    "getMe": _get_me, "sendMessage": _send_message, "sendDocument": _send_document, "editMessageText": _edit_text,
    "editMessageReplyMarkup": _edit_keyboard, "deleteMessage": _delete_message, "sendChatAction": _chat_action,
    "sendMessageDraft": _draft, "answerCallbackQuery": queries.answer_callback, "answerInlineQuery": queries.answer_inline,
    "answerGuestQuery": queries.answer_guest, "setMyCommands": about.set_commands, "deleteMyCommands": about.delete_commands,
    "getMyCommands": about.get_commands, "setMyDescription": about.text_about("description", 512),
    "setMyShortDescription": about.text_about("short_description", 120), "setChatMenuButton": about.menu_button,
    "getFile": _get_file, "setMessageReaction": _reaction, "getChat": _get_chat, "leaveChat": _leave,
    "setWebhook": about.set_webhook, "deleteWebhook": about.delete_webhook, "getWebhookInfo": about.webhook_info,
}  # fmt: skip
