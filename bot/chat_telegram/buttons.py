"""Presses of the buttons under answers -> the same message, changed in place.

Comes in: callback queries, which anybody can forge, replay, and send from anywhere. Goes out: exactly one answer to each
press, before anything else is done, and then a changed message. The promises: a press counts only in the chat of its
answer and from the person who asked; pressing twice does what pressing once does; every quote is compared with the
articles again before it is shown, within what the chat may see now. Knows nothing of how answers are found.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from telegram import CallbackQuery, InlineKeyboardMarkup, Message, Update
from telegram.ext import BaseHandler, CallbackContext, CallbackQueryHandler

from bot.chat_telegram import wording
from bot.chat_telegram.answers import Stored, find, place_key, rate
from bot.chat_telegram.asking import AnswerGone, Reply
from bot.chat_telegram.giving import Asked, give, keyring
from bot.chat_telegram.keys import Key, Keyring, citations, read, reasons
from bot.chat_telegram.office import Office, office
from bot.chat_telegram.parts import Piece, parts
from bot.chat_telegram.records import asker_key
from bot.errors import CitationBroken
from index.errors import ArticleUnknown

log = logging.getLogger(__name__)
NEIGHBOURS = 3  # sentences shown before and after a cited one
UNKNOWN = "That is not one of my buttons."
OLD = "This answer is too old for its buttons. Please ask again."
FOREIGN = "This button belongs to the person who asked. Ask me your own question."
UNREACHABLE = "I can no longer change that message. Please ask again."
THANKS = "Thank you."
WHAT_WRONG = "Thank you. What was wrong?"
ONE_PAGE = "The arrows turn the page."


@dataclass(frozen=True, slots=True)
class _Press:
    """A press that counts: whose, on what, and where it shows."""

    chat: int
    user: int
    message: int
    thread: int | None
    key: Key
    stored: Stored
    keys: Keyring


@dataclass(frozen=True, slots=True)
class _View:
    """What a message is changed into; of several parts, `last` says, the last one: it carried the buttons before."""

    pieces: Sequence[Piece]
    keyboard: InlineKeyboardMarkup | None
    last: bool = False


def handlers(office: Office) -> list[BaseHandler[Any, Any, Any]]:
    """All presses that nobody before has taken, forged ones too: each must be answered."""
    return [CallbackQueryHandler(pressed)]


async def pressed(update: Update, context: CallbackContext[Any, Any, Any, Any]) -> None:
    """Answer a press, then do what it asks for."""
    query, here = update.callback_query, office(context)
    assert query is not None
    press = await _read(here, query)
    if isinstance(press, str):
        await here.sender.toast(query.id, press)
        return
    await here.sender.toast(query.id, _toast(press))
    if press.key.action == "g":
        asked = Asked(press.chat, press.user, press.stored.asked, press.stored.question, press.thread)
        await give(here, asked, press.stored.messages or (press.message,))
    elif press.key.action != "n":
        view = await _view(here, press)
        shown = parts(view.pieces)
        part = shown[-1 if view.last else 0]
        if not await here.sender.edit(press.chat, press.message, part, view.keyboard):
            await here.sender.send(press.chat, [part], thread=press.thread, keyboard=view.keyboard)


async def _read(here: Office, query: CallbackQuery) -> _Press | str:
    """The press, or the one line that says why it is none; told apart as far as that reveals nothing."""
    key = read(query.data)
    if key is None:
        return UNKNOWN
    stored = await find(here.records, key.answer)
    if stored is None:
        return OLD
    keys = await keyring(here)
    if not keys.genuine(key, stored):
        return UNKNOWN
    message = query.message
    if message is None:
        return UNREACHABLE
    if place_key(keys.salt, message.chat.id) != stored.place:
        return UNKNOWN
    if asker_key(keys.salt, query.from_user.id) != stored.asker:
        return FOREIGN
    if not message.is_accessible or not isinstance(message, Message):
        return UNREACHABLE
    if key.action in ("c", "s") and key.number >= len(citations(stored)):
        return OLD  # the answer has been replaced by one with fewer sources
    if key.action == "r" and key.number >= len(reasons(stored)):
        return OLD
    if key.action != "g" and (stored.reply is None or (key.action == "m" and not stored.reply.more)):
        return OLD
    thread = message.message_thread_id if message.is_topic_message else None
    return _Press(message.chat.id, query.from_user.id, message.message_id, thread, key, stored, keys)


def _toast(press: _Press) -> str:
    if press.key.action == "n":
        return ONE_PAGE
    if press.key.action == "d":
        return WHAT_WRONG
    return THANKS if press.key.action in ("u", "r") else ""


async def _view(here: Office, press: _Press) -> _View:
    """What the press asks to see; what is no longer in the articles is not shown."""
    await _rated(here, press)
    try:
        return await _looked_up(here, press)
    except (AnswerGone, ArticleUnknown):
        log.info("a press came for an answer whose articles have changed")
    except CitationBroken:
        log.exception("a stored answer differs from the articles")
    return _View((Piece(wording.GONE),), press.keys.again(press.stored))


async def _rated(here: Office, press: _Press) -> None:
    action, number = press.key.action, press.key.number
    if not here.config.telegram.feedback or action not in ("u", "d", "r"):
        return
    reason = reasons(press.stored)[number][0] if action == "r" else None
    await rate(here.records, press.stored, "right" if action == "u" else "wrong", reason, here.clock())


async def _looked_up(here: Office, press: _Press) -> _View:
    action, number, stored, keys = press.key.action, press.key.number, press.stored, press.keys
    reply, shown = stored.reply, citations(stored)
    assert reply is not None
    scope = await here.access.scope(press.chat)
    generation = reply.answer.generation or ""
    if action == "c":
        context = await here.asking.around(shown[number], generation, NEIGHBOURS, scope)
        return _View(tuple(wording.around(shown[number], context)), keys.back(stored))
    await here.asking.check((*shown, *reply.more), generation, scope)
    if action == "s":
        return _View(tuple(wording.source_page(shown, number)), keys.pages(stored, number))
    if action == "m":
        return _View(_more(reply), keys.back(stored))
    rated = {"u": "right", "r": "wrong"}.get(action)
    keyboard = keys.reasons(stored) if action == "d" else keys.under(stored, rated)
    return _View(wording.answered(reply), keyboard, last=True)


def _more(reply: Reply) -> tuple[Piece, ...]:
    """As many other answers as one message holds: what is changed in place can't become two."""
    for count in range(len(reply.more), 1, -1):
        pieces = tuple(wording.more(reply.more[:count]))
        if len(parts(pieces)) == 1:
            return pieces
    return tuple(wording.more(reply.more[:1]))
