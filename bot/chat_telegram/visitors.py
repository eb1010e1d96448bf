"""An update -> who is behind it and where, before anybody asks what they may do.

Comes in: any update. Goes out: a `Caller`, never an exception. The promise others lean on: `user` is the numeric id
of a person who can be told from all others, or None; whoever speaks as a channel, as an anonymous administrator, as a
bot or through one never comes out as a person, whatever their names say. Knows nothing of rights.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from telegram import Chat, Message, Update, User

Where = Literal["private", "group", "channel", "nowhere"]  # nowhere: inline queries, presses under inline messages
Sort = Literal["person", "anonymous", "channel", "bot", "nobody"]

# Telegram's own accounts that stand in for others: GroupAnonymousBot, Channel_Bot, and the one that carries the posts
# of a linked channel into its group. They keep their numbers whatever `is_bot` says.
ANONYMOUS_ADMIN, POSTED_AS_CHANNEL, TELEGRAM = 1087968824, 136817688, 777000

# What is served at all; all other kinds of update are nobody's.
SERVED = (
    "message", "edited_message", "callback_query", "inline_query", "chosen_inline_result", "guest_message",
    "my_chat_member",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Caller:
    """Who and where: `user` only for a person, `chat` only where there is one."""

    sort: Sort
    user: int | None
    chat: int | None
    where: Where


def caller(update: Update) -> Caller:
    """Who is behind the update, told by numbers alone."""
    if not any(getattr(update, kind) is not None for kind in SERVED):
        return Caller("nobody", None, None, "nowhere")
    chat, user = update.effective_chat, update.effective_user
    message = _message(update)
    where = "nowhere" if update.guest_message is not None else _where(chat)
    sort = _sort(user, message)
    known = user.id if user is not None and sort == "person" else None
    return Caller(sort, known, None if chat is None else chat.id, where)


def _message(update: Update) -> Message | None:
    """The message that was written now; the one under a pressed button is the bot's own."""
    return update.message or update.edited_message or update.guest_message


def _where(chat: Chat | None) -> Where:
    if chat is None:
        return "nowhere"
    if chat.type == Chat.PRIVATE:
        return "private"
    return "group" if chat.type in (Chat.GROUP, Chat.SUPERGROUP) else "channel"


def _sort(user: User | None, message: Message | None) -> Sort:
    if message is not None and message.sender_chat is not None:
        return "anonymous" if message.sender_chat.id == message.chat.id else "channel"
    if user is None:
        return "nobody"
    if user.id == ANONYMOUS_ADMIN:
        return "anonymous"
    if user.id in (POSTED_AS_CHANNEL, TELEGRAM):
        return "channel"
    via = message is not None and (message.via_bot is not None or message.sender_business_bot is not None)
    return "bot" if user.is_bot or via else "person"
