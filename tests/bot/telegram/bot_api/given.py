"""What a method works with, and who the bot is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tests.bot.telegram.bot_api.checks import whole
from tests.bot.telegram.bot_api.pace import Pace
from tests.bot.telegram.bot_api.refusal import bad
from tests.bot.telegram.bot_api.wire import Upload
from tests.bot.telegram.bot_api.world import BOT_ID, Chat, Message, World

ME = {
    "id": BOT_ID, "is_bot": True, "first_name": "Byline", "username": "byline_test_bot", "can_join_groups": True,
    "can_read_all_group_messages": False, "supports_inline_queries": True, "supports_guest_queries": True,
    "can_connect_to_business": False, "has_main_web_app": False,
}  # fmt: skip
SELF = {key: ME[key] for key in ("id", "is_bot", "first_name", "username")}


@dataclass(frozen=True, slots=True)
class Given:
    """What a method works with."""

    world: World
    pace: Pace
    parameters: Mapping[str, str]
    files: Mapping[str, Upload]

    def chat(self) -> Chat:
        """The chat of `chat_id`."""
        return self.world.chat(whole(self.parameters, "chat_id"))

    def own(self) -> Message:
        """The bot's own message that is named."""
        message = self.chat().messages.get(whole(self.parameters, "message_id"))
        if message is None:
            raise bad("message to edit not found")
        if not message.by_bot:
            raise bad("message can't be edited")
        return message
