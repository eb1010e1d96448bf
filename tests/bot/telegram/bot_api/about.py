"""What a bot says about itself: menus of commands, descriptions; and where its updates go."""

from __future__ import annotations

import re
from collections.abc import Callable

from tests.bot.telegram.bot_api.checks import structure
from tests.bot.telegram.bot_api.given import Given
from tests.bot.telegram.bot_api.markup import units
from tests.bot.telegram.bot_api.refusal import bad

_SCOPES = {"default", "all_private_chats", "all_group_chats", "all_chat_administrators"}


def _menu_key(given: Given) -> tuple[str, str]:
    scope = structure(given.parameters, "scope", dict) or {"type": "default"}
    language = given.parameters.get("language_code", "")
    if language and not re.fullmatch("[a-z]{2}", language):
        raise bad("LANGUAGE_CODE_INVALID")
    if scope.get("type") in _SCOPES:
        return str(scope["type"]), language
    if scope.get("type") in ("chat", "chat_administrators", "chat_member"):
        given.world.chat(int(scope.get("chat_id", 0)))
        return f"{scope['type']}:{scope['chat_id']}", language
    raise bad("unsupported BotCommandScope")


def set_commands(given: Given) -> object:
    """The menu of a scope and language."""
    commands = structure(given.parameters, "commands", list)
    if commands is None or len(commands) > 100:
        raise bad("BOT_COMMANDS_TOO_MUCH")
    for command in commands:
        if not re.fullmatch("[a-z0-9_]{1,32}", command.get("command", "")):
            raise bad("BOT_COMMAND_INVALID")
        if not 1 <= units(command.get("description", "")) <= 256:
            raise bad("BOT_COMMAND_DESCRIPTION_INVALID")
    given.world.menus[_menu_key(given)] = commands
    return True


def delete_commands(given: Given) -> object:
    """No menu of its own for a scope and language."""
    given.world.menus.pop(_menu_key(given), None)
    return True


def get_commands(given: Given) -> object:
    """The menu of a scope and language."""
    return given.world.menus.get(_menu_key(given), [])


def text_about(name: str, most: int) -> Callable[[Given], object]:
    """A method that sets a text about the bot."""

    def set_it(given: Given) -> object:
        text = given.parameters.get(name, "")
        if units(text) > most:
            raise bad(f"{name} is too long")
        given.world.texts[name + ":" + given.parameters.get("language_code", "")] = text
        return True

    return set_it


def menu_button(given: Given) -> object:
    """The button beside the input field."""
    button = structure(given.parameters, "menu_button", dict) or {"type": "default"}
    if button.get("type") not in ("commands", "default"):
        raise bad("MENU_BUTTON_TYPE_INVALID")
    return True


def set_webhook(given: Given) -> object:
    """Updates go to an address from now on."""
    url, secret = given.parameters.get("url", ""), given.parameters.get("secret_token", "")
    if url and not url.startswith("https://"):
        raise bad("bad webhook: An HTTPS URL must be provided for webhook")
    if secret and not re.fullmatch("[A-Za-z0-9_-]{1,256}", secret):
        raise bad("bad webhook: secret token contains unallowed characters")
    given.world.webhook = dict(given.parameters) if url else {}
    return True


def delete_webhook(given: Given) -> object:
    """Updates are fetched from now on."""
    given.world.webhook = {}
    if given.parameters.get("drop_pending_updates") == "true":
        given.world.updates.clear()
    return True


def webhook_info(given: Given) -> object:
    """Where updates go, and how many wait."""
    return {
        "url": given.world.webhook.get("url", ""), "has_custom_certificate": False,
        "pending_update_count": len(given.world.updates),
    }  # fmt: skip
