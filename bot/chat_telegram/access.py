"""The door: every update passes it before any other handler, and most of what comes from strangers ends here.

Comes in: every update, in handler group -1. Goes out: nothing for those who are admitted; for strangers one short line
an hour, for unknown groups the bot's departure. The promises others lean on: a handler of another group never sees an
update of a stranger, a channel, a bot or a group that is not allowed; and where the door itself fails, it stays shut.
Knows nothing of commands but their table's shape; roles and scopes are told in `rights.py`, who is who in `visitors.py`.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from telegram import ChatMember, ChatMemberUpdated, Message, Update
from telegram.error import TelegramError
from telegram.ext import ApplicationHandlerStop, BaseHandler, CallbackContext, TypeHandler

from bot.chat_telegram.calls import Gone, Later
from bot.chat_telegram.pairing import MINUTES, read_code
from bot.chat_telegram.parts import plain
from bot.chat_telegram.rights import ADMIN_AGE as ADMIN_AGE
from bot.chat_telegram.rights import ADMIN_COMMANDS as ADMIN_COMMANDS
from bot.chat_telegram.rights import RIGHTS, Place, Right, Role, Visitor
from bot.chat_telegram.rights import SCHEMA as SCHEMA
from bot.chat_telegram.rights import Access as Access

if TYPE_CHECKING:
    from bot.chat_telegram.office import Office

log = logging.getLogger(__name__)

GROUP = -1
_HOUR = 3600.0
_THERE = (ChatMember.MEMBER, ChatMember.ADMINISTRATOR, ChatMember.OWNER, ChatMember.RESTRICTED)

Run = Callable[[Update, "CallbackContext[Any, Any, Any, Any]"], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Command:
    """A command: its name without the slash, what the menu says of it, and what it does. Its rights are in `RIGHTS`."""

    name: str
    text: str
    run: Run

    @property
    def right(self) -> Right:
        return RIGHTS[self.name]

    @property
    def who(self) -> Role:
        return self.right.who

    @property
    def where(self) -> frozenset[Place]:
        return self.right.where


def handlers(office: Office) -> list[BaseHandler[Any, Any, Any]]:
    """The door, to be put into group -1."""

    async def guard(update: Update, context: CallbackContext[Any, Any, Any, Any]) -> None:
        try:
            admitted = await _admitted(update, office, context.bot.leave_chat)
        except Exception as error:
            # python-telegram-bot would go on to the other groups after an error
            await context.application.process_error(update, error)
            raise ApplicationHandlerStop from error
        if not admitted:
            if update.callback_query is not None:
                await office.sender.toast(update.callback_query.id)  # or the button goes on turning
            raise ApplicationHandlerStop

    return [TypeHandler(Update, guard)]


async def _admitted(update: Update, office: Office, leave: Callable[[int], Awaitable[bool]]) -> bool:
    visitor = await office.access.of(update)
    if update.my_chat_member is not None:
        return await _membership(update.my_chat_member, visitor, office, leave)
    if visitor.sort == "nobody" or visitor.where == "channel":
        return False
    if visitor.where == "group" and not visitor.welcome:
        await _depart(visitor, office, leave)
        return False
    if update.message is not None and visitor.welcome and visitor.where == "group":
        await _moved(update.message, office)
    if visitor.sort == "anonymous" and update.message is not None:
        await _anonymous(update.message, visitor, office)
    if visitor.sort != "person":
        return False
    if visitor.role == "stranger":
        await _turn_away(update, visitor, office)
        return False
    return True


async def _membership(
    change: ChatMemberUpdated, visitor: Visitor, office: Office, leave: Callable[[int], Awaitable[bool]]
) -> bool:
    """The bot was put into a chat or out of it; only an administrator's doing lets it stay where it is not allowed."""
    if visitor.where == "private":
        return visitor.role != "stranger"
    chat = change.chat.id
    if visitor.welcome or change.new_chat_member.status not in _THERE:
        return False
    adder = change.from_user.id if change.from_user is not None and not change.from_user.is_bot else None
    denied = await office.access.standing(chat) == "denied"
    if visitor.where == "channel" or denied or adder is None or await office.access.role(adder) != "admin":
        await _leave(chat, office, leave)
        return False
    if await office.access.standing(chat) != "waiting":
        await office.access.decide(chat, "waiting", "added by an administrator")
        await office.sender.send(
            adder, plain(f"I am in the group {chat} now and stay silent there until you send me: /allow {chat}")
        )
    return False


async def _depart(visitor: Visitor, office: Office, leave: Callable[[int], Awaitable[bool]]) -> None:
    """A group that is not allowed spoke to us: we should not be there, unless an administrator is still to decide."""
    if visitor.chat is None or await office.access.standing(visitor.chat) == "waiting":
        return
    if await office.access.first(visitor.chat, "left", _HOUR):
        await _leave(visitor.chat, office, leave)


async def _leave(chat: int, office: Office, leave: Callable[[int], Awaitable[bool]]) -> None:
    try:
        await office.sender.call(lambda: leave(chat), chat=None, safe_to_repeat=True)
        log.info("left the chat %d, which is not allowed", chat)
    except (Gone, Later, TelegramError) as failure:
        log.info("could not leave the chat %d: %s", chat, type(failure).__name__)


async def _moved(message: Message, office: Office) -> None:
    """A group that is allowed became a supergroup and has another id now."""
    if message.migrate_to_chat_id is not None:
        await office.access.became(message.chat.id, message.migrate_to_chat_id)


async def _anonymous(message: Message, visitor: Visitor, office: Office) -> None:
    """Nobody can tell who asks, so nothing can be theirs: neither rights nor answers that only they may page through."""
    spoken_to = (message.text or "").startswith("/")
    if visitor.chat is not None and spoken_to and await office.access.first(visitor.chat, "anonymous", _HOUR):
        line = "Anonymous administrators are not answered, since I cannot tell who asks. Please ask under your name."
        await office.sender.send(visitor.chat, plain(line), reply_to=message.message_id)


async def _turn_away(update: Update, visitor: Visitor, office: Office) -> None:
    """One short line an hour for a stranger in private, or a chance to send a code; nothing else, nowhere else."""
    message, user = update.message, visitor.user
    if message is None or user is None or visitor.where != "private":
        return
    pairing = office.access.settings.access == "pairing"
    code = read_code(_first_words(message)) if pairing else None
    if code is not None:
        await _pair(user, code, office)
    elif await office.access.first(user, "stranger", _HOUR):
        line = f"I answer only those whom an administrator let in. Your number, for them: {user}."
        await office.sender.send(user, plain(f"{line} Or send me the code that you were given." if pairing else line))


async def _pair(user: int, code: str, office: Office) -> None:
    outcome = await office.access.redeem(user, code)
    if outcome == "welcome":
        log.info("user %d came in with a code", user)
        await office.sender.send(user, plain("Welcome. Ask me a question, or send /start to see what I answer from."))
    elif outcome == "refused" and await office.access.first(user, "code", _HOUR):
        line = f"That code is not good: each works once, for {MINUTES} minutes. I answer again when one is right."
        await office.sender.send(user, plain(line))


def _first_words(message: Message) -> str:
    """The message without `/start`, which a link puts before its payload."""
    text = message.text or ""
    return text.removeprefix("/start ") if message.forward_origin is None else ""
