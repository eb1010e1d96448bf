"""Messages from people -> answers, checks of quotes, or silence.

Comes in: messages and edits, after `access.py` has let them through. Goes out: what `giving.py` and `quotes.py` say. The
promises: in a group nothing is answered that is not addressed to the bot; bots, channels and what came through other
bots are never answered; a question that waited too long gets one line that offers to ask it again; an edit changes
the answer that is there, or nothing. Commands never come from here, and what is forwarded never is one: it is a quote
to check. Knows nothing of models.

For /ask and /check: `answer_question(office, update, text)` and `check_quote(office, update, text)`.
"""

from __future__ import annotations

from typing import Any

from telegram import Message, MessageEntity, Update
from telegram.ext import BaseHandler, CallbackContext, MessageHandler, filters

from bot.chat_telegram.answers import asked_as, salt_of
from bot.chat_telegram.giving import Asked, give, offer_again
from bot.chat_telegram.office import Office, office
from bot.chat_telegram.parts import Piece, parts, plain
from bot.chat_telegram.quotes import check as compare
from bot.chat_telegram.quotes import is_quote
from bot.chat_telegram.records import asker_key
from bot.chat_telegram.wording import HELP

FORWARDED = (
    "This command was forwarded, so I have not carried it out: what others wrote counts as a quote, never as an order. "
    "Type it yourself if you want it."
)
_HOUR = 3600.0
_COMMAND_WORDS = 25  # a forwarded text of more is no command, though it begins with a slash


def handlers(office: Office) -> list[BaseHandler[Any, Any, Any]]:
    """New messages that are no commands, and edited ones."""
    people = filters.ChatType.PRIVATE | filters.ChatType.GROUPS
    return [
        MessageHandler(filters.UpdateType.MESSAGE & people & (~filters.COMMAND | filters.FORWARDED), said),
        MessageHandler(filters.UpdateType.EDITED_MESSAGE & people, edited),
    ]


async def said(update: Update, context: CallbackContext[Any, Any, Any, Any]) -> None:
    """Answer a message, check it as a quote, or say once an hour what this bot is for."""
    message, here = update.message, office(context)
    if message is None or not _person(message):
        return
    text = _text(message, here)
    if text is None:
        return
    if not text and message.reply_to_message is not None and not _own(message.reply_to_message, here):
        text = message.reply_to_message.text or message.reply_to_message.caption or ""
    if not text:
        await _help(here, message)
    elif message.forward_origin is not None and text.startswith("/"):
        await _forwarded(here, update, text)
    elif is_quote(text, forwarded=message.forward_origin is not None):
        await check_quote(here, update, text)
    else:
        await answer_question(here, update, text)


async def answer_question(office: Office, update: Update, text: str) -> None:
    """Answer the text as a question in the update's chat, or offer to, where it waited too long."""
    message = update.effective_message
    if message is None or message.from_user is None:
        return
    asked = _asked(message, text)
    if office.clock() - message.date.timestamp() > office.config.telegram.answer_within_minutes * 60:
        await offer_again(office, asked)
    else:
        await give(office, asked)


async def check_quote(office: Office, update: Update, text: str) -> None:
    """Say whether the text stands in the articles word for word."""
    message = update.effective_message
    if message is not None and message.from_user is not None:
        await compare(office, _asked(message, text))


async def ask(update: Update, context: CallbackContext[Any, Any, Any, Any]) -> None:
    """/ask: the words behind the command, or the message that it replies to."""
    await answer_question(office(context), update, _behind(update))


async def check(update: Update, context: CallbackContext[Any, Any, Any, Any]) -> None:
    """/check: the same words, looked for letter by letter."""
    await check_quote(office(context), update, _behind(update))


async def edited(update: Update, context: CallbackContext[Any, Any, Any, Any]) -> None:
    """Answer an edited question in the message that answered it, while that is young; all other edits are nothing."""
    message, here = update.edited_message, office(context)
    if message is None or not _person(message) or message.from_user is None:
        return
    text = _text(message, here)
    if text and text.startswith("/"):
        command, _, words = text.partition(" ")
        text = words.strip() if command.partition("@")[0] == "/ask" else None
    stored = await asked_as(here.records, message.chat.id, message.message_id) if text else None
    if not text or stored is None or not stored.messages:
        return
    young = here.clock() - stored.created <= here.config.telegram.edit_minutes * 60
    if young and stored.asker == asker_key(await salt_of(here.records), message.from_user.id):
        await give(here, _asked(message, text), stored.messages)


async def _forwarded(here: Office, update: Update, text: str) -> None:
    """A forwarded command is not carried out; where it is a longer text, that is checked as any other quote."""
    message = update.effective_message
    assert message is not None
    if len(text.split()) > _COMMAND_WORDS:
        await check_quote(here, update, text)
        return
    thread = message.message_thread_id if message.is_topic_message else None
    await here.sender.send(message.chat.id, plain(FORWARDED), reply_to=message.message_id, thread=thread)


def _behind(update: Update) -> str:
    """What stands behind a command; in a reply without words of its own, the message that it replies to."""
    message = update.effective_message
    if message is None:
        return ""
    text = (message.text or message.caption or "").split(None, 1)
    words = text[1].strip() if len(text) > 1 else ""
    replied = message.reply_to_message
    return words or ((replied.text or replied.caption or "").strip() if replied else "")


def _asked(message: Message, text: str) -> Asked:
    assert message.from_user is not None
    thread = message.message_thread_id if message.is_topic_message else None
    replied = message.reply_to_message
    to = replied.message_id if replied is not None and replied.from_user and replied.from_user.is_bot else None
    return Asked(message.chat.id, message.from_user.id, message.message_id, text, thread, to)


def _person(message: Message) -> bool:
    user = message.from_user
    return user is not None and not user.is_bot and message.sender_chat is None and message.via_bot is None


def _text(message: Message, here: Office) -> str | None:
    """What is said to the bot; empty if it is nothing in words, None if it is not meant for the bot."""
    text = (message.text or message.caption or "").strip()
    if message.chat.id > 0:
        return text
    mention = f"@{here.sender.bot.username}".casefold()
    named = {
        (entity, part) for entities in (message.parse_entities(), message.parse_caption_entities())
        for entity, part in entities.items()
        if (entity.type == MessageEntity.MENTION and part.casefold() == mention)
        or (entity.type == MessageEntity.TEXT_MENTION and entity.user and entity.user.id == here.sender.bot.id)
    }  # fmt: skip
    for _, part in named:
        text = text.replace(part, " ")
    replied = message.reply_to_message is not None and _own(message.reply_to_message, here)
    return " ".join(text.split()) if named else text if replied else None


def _own(message: Message, here: Office) -> bool:
    return message.from_user is not None and message.from_user.id == here.sender.bot.id


async def _help(here: Office, message: Message) -> None:
    """In a private chat, at most once an hour: a photo or a sticker is no question."""
    assert message.from_user is not None
    if message.chat.id > 0 and await here.access.first(message.from_user.id, "help", _HOUR):
        await here.sender.send(message.chat.id, parts((Piece(HELP), Piece("/help", "tap"), Piece("."))))
