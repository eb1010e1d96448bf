"""What Telegram shows of the bot before anybody has typed: menus of commands, and what it says it is.

Comes in: the table of commands. Goes out: calls to Telegram, each only where what it would set is not what was set
last. The promise: a failure here costs nothing but the menu, and is tried again at the next start. Knows nothing of
what commands do.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Awaitable, Callable, Iterable

from telegram import (
    BotCommand,
    BotCommandScope,
    BotCommandScopeAllGroupChats,
    BotCommandScopeAllPrivateChats,
    BotCommandScopeChat,
    MenuButtonCommands,
)
from telegram.error import TelegramError

from bot.chat_telegram.access import Command
from bot.chat_telegram.calls import Gone, Later
from bot.chat_telegram.office import Office

log = logging.getLogger(__name__)

SCHEMA = "CREATE TABLE IF NOT EXISTS menus (name TEXT PRIMARY KEY, digest TEXT NOT NULL);"
# At most 512 and 120 characters: https://core.telegram.org/bots/api#setmydescription
DESCRIPTION = (
    "I answer questions from a collection of news articles with the articles' own sentences, each with outlet, date and "
    "link, or say that the articles do not hold the answer. I never write a quote of my own. What is stored, and how to "
    "delete it: /privacy"
)
SHORT = "Answers from news articles, in their own sentences, with sources."


async def menus(office: Office, commands: Iterable[Command]) -> None:
    """Set what has changed since it was last set: menus, descriptions, the menu button."""
    bot, table = office.sender.bot, tuple(commands)
    everybody = [c for c in table if c.who != "admin"]
    await _commands(office, "private", [c for c in everybody if "private" in c.where], BotCommandScopeAllPrivateChats())
    await _commands(office, "group", [c for c in everybody if "group" in c.where], BotCommandScopeAllGroupChats())
    for admin in office.config.telegram.admins:
        await own_menu(office, admin, table)
    await _retired(office)
    await _once(office, "description", DESCRIPTION, lambda: bot.set_my_description(DESCRIPTION))
    await _once(office, "short description", SHORT, lambda: bot.set_my_short_description(SHORT))
    await _once(office, "button", "commands", lambda: bot.set_chat_menu_button(menu_button=MenuButtonCommands()))


async def own_menu(office: Office, admin: int, commands: Iterable[Command]) -> None:
    """The menu in an administrator's chat, all commands in it; Telegram takes it once they have written to the bot."""
    private = [c for c in commands if "private" in c.where]
    await _commands(office, f"chat {admin}", private, BotCommandScopeChat(admin))


async def _commands(office: Office, name: str, commands: Iterable[Command], scope: BotCommandScope) -> None:
    shown = [BotCommand(command.name, command.text) for command in commands]
    written = "\n".join(f"{one.command} {one.description}" for one in shown)
    await _once(office, name, written, lambda: office.sender.bot.set_my_commands(shown, scope=scope))


async def _retired(office: Office) -> None:
    """Take the menus of those who are administrators no longer."""
    rows = await office.records.do(lambda c: c.execute("SELECT name FROM menus WHERE name LIKE 'chat %'").fetchall())
    for (name,) in rows:
        chat = int(str(name).removeprefix("chat "))
        if chat in office.config.telegram.admins:
            continue
        scope = BotCommandScopeChat(chat)
        await _try(office, lambda scope=scope: office.sender.bot.delete_my_commands(scope=scope))  # type: ignore[misc]  # mypy cannot type bound defaults
        await office.records.do(lambda c, name=name: c.execute("DELETE FROM menus WHERE name = ?", (name,)))  # type: ignore[misc]  # likewise


async def _once(office: Office, name: str, content: str, call: Callable[[], Awaitable[bool]]) -> None:
    """Make the call unless the same was set by this bot before."""
    digest = hashlib.sha256(f"{office.sender.bot.id} {content}".encode()).hexdigest()
    kept = await office.records.do(lambda c: c.execute("SELECT digest FROM menus WHERE name = ?", (name,)).fetchone())
    if (kept is None or kept[0] != digest) and await _try(office, call):
        await office.records.do(lambda c: c.execute("INSERT OR REPLACE INTO menus VALUES (?, ?)", (name, digest)))


async def _try(office: Office, call: Callable[[], Awaitable[bool]]) -> bool:
    try:
        await office.sender.call(call, chat=None, safe_to_repeat=True)
    except (TelegramError, Later, Gone) as failure:
        log.info("a menu or description was not set: %s", type(failure).__name__)
        return False
    return True
