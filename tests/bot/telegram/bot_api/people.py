"""The people who write to the bot, and how they see what it says: they write, edit, press, forward and upload.

`server.wait` and `hears` wait with a timeout; nothing here polls the bot. Commands, mentions and links get the
entities that Telegram gives them, and a group's privacy mode keeps from the bot what it keeps from real ones.
"""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tests.bot.telegram.bot_api.checks import Text
from tests.bot.telegram.bot_api.given import ME, SELF
from tests.bot.telegram.bot_api.markup import units
from tests.bot.telegram.bot_api.server import BotApi
from tests.bot.telegram.bot_api.world import Chat, Message

_MARKED = (
    ("bot_command", re.compile(r"(?<![\w/])/[A-Za-z0-9_]{1,32}(?:@\w+)?")),
    ("mention", re.compile(r"(?<!\w)@\w{5,32}")),
    ("url", re.compile(r"https?://\S+")),
)


@dataclass(slots=True)
class User:
    """A person with a private chat with the bot (or none yet: `starts=False`)."""

    server: BotApi
    id: int
    language: str | None = "en"
    name: str = ""
    starts: bool = True

    def __post_init__(self) -> None:
        with self.server.world.changed:
            self.server.world.chats.setdefault(
                self.id, Chat(self.id, "private", {"first_name": self.name or f"User {self.id}"}, started=self.starts)
            )

    @property
    def chat(self) -> Chat:
        """The private chat with the bot."""
        return self.server.world.chats[self.id]

    def api(self) -> dict[str, Any]:
        """The person as the Bot API shows them."""
        shown: dict[str, Any] = {"id": self.id, "is_bot": False, "first_name": self.name or f"User {self.id}"}
        return shown | ({"language_code": self.language} if self.language else {})

    # -- writing

    def says(
        self, text: str, *, chat: Chat | None = None, reply_to: Message | None = None, date: float | None = None,
        thread: int | None = None, **more: Any,
    ) -> Message:  # fmt: skip
        """Write a message; to the private chat where no other is given."""
        place = chat or self.chat
        place.started = True
        return self._write(place, Text(text, marked(text)), reply_to, date, thread, more)

    def forwards(self, text: str, *, origin: str = "Another Channel") -> Message:
        """Forward somebody else's message to the bot."""
        origin_api = {"type": "hidden_user", "sender_user_name": origin, "date": int(time.time()) - 100}
        return self._write(self.chat, Text(text, marked(text)), None, None, None, {"forward_origin": origin_api})

    def uploads(self, name: str, data: bytes, *, caption: str = "", mime: str = "text/plain") -> Message:
        """Send the bot a document."""
        with self.server.world.changed:
            file_id = f"file-{len(self.server.world.files)}"
            self.server.world.files[file_id] = (f"documents/file_{len(self.server.world.files)}", data)
        unique = hashlib.sha256(data).hexdigest()[:16]
        document = {
            "file_id": file_id,
            "file_unique_id": unique,
            "file_name": name,
            "mime_type": mime,
            "file_size": len(data),
        }
        more: dict[str, Any] = {"document": document} | ({"caption": caption} if caption else {})
        return self._write(self.chat, None, None, None, None, more)

    def _write(
        self, chat: Chat, text: Text | None, reply_to: Message | None, date: float | None, thread: int | None,
        more: dict[str, Any],
    ) -> Message:  # fmt: skip
        world = self.server.world
        with world.changed:
            message = world.add(
                chat, self.api(), text, reply_to=reply_to, thread=thread, more=more,
                date=None if date is None else int(date),
            )  # fmt: skip
            if _reaches_bot(message):
                world.queue("message", message.api())
            return message

    def edits(self, message: Message, text: str) -> None:
        """Change a message of one's own."""
        world = self.server.world
        with world.changed:
            message.text, message.entities = text, marked(text)
            if _reaches_bot(message):
                world.queue("edited_message", message.api() | {"edit_date": int(time.time())})

    def asks_guest(self, text: str) -> str:
        """Call the bot as a guest in a chat it is not in; the query's id."""
        world = self.server.world
        with world.changed:
            number = str(next(world.query_ids))
            world.queries[number] = {"kind": "guest_message", "at": time.monotonic()}
            shown = {
                "message_id": 7, "date": int(time.time()), "chat": {"id": -100777, "type": "supergroup", "title": "Elsewhere"},
                "from": self.api(), "text": text, "entities": list(marked(text)), "guest_query_id": number,
            }  # fmt: skip
            world.queue("guest_message", shown)
            return number

    def types_inline(self, text: str) -> str:
        """Type an inline query; its id."""
        world = self.server.world
        with world.changed:
            number = str(next(world.query_ids))
            world.queries[number] = {"kind": "inline_query", "at": time.monotonic()}
            world.queue(
                "inline_query", {"id": number, "from": self.api(), "query": text, "offset": "", "chat_type": "sender"}
            )
            return number

    # -- pressing

    def presses(self, message: Message, label: str) -> str:
        """Press the button whose text holds the label; the query's id. AssertionError where there is none."""
        buttons = [button for row in message.keyboard or [] for button in row if label in button["text"]]
        assert buttons, f"no button {label!r} under message {message.id}: {message.keyboard}"
        return self.sends_press(message, buttons[0]["callback_data"])

    def sends_press(self, message: Message, data: str) -> str:
        """Send a callback query, forged or not; its id."""
        world = self.server.world
        with world.changed:
            number = str(next(world.query_ids))
            world.queries[number] = {"kind": "callback_query", "at": time.monotonic()}
            instance = str(abs(message.chat.id) * 7919)
            shown = {
                "id": number,
                "from": self.api(),
                "message": message.api(),
                "chat_instance": instance,
                "data": data,
            }
            world.queue("callback_query", shown)
            return number

    def told(self, query: str, timeout: float = 10.0) -> dict[str, Any]:
        """The bot's answer to a press, an inline query or a guest query."""
        queries = self.server.world.queries
        self.server.wait(lambda: "answer" in queries[query], timeout, f"an answer to query {query}")
        answer: dict[str, Any] = queries[query]["answer"]
        return answer

    def blocks(self) -> None:
        """Block the bot."""
        with self.server.world.changed:
            self.chat.refuses = "bot was blocked by the user"

    # -- hearing

    def heard(self) -> Sequence[Message]:
        """What the bot has written to this person so far."""
        return self.server.world.sent(self.id)

    def hears(self, number: int = 1, timeout: float = 15.0) -> Sequence[Message]:
        """Wait until the bot has written so many messages in all to this person."""
        self.server.wait(lambda: len(self.heard()) >= number, timeout, f"{number} messages to {self.id}")
        return self.heard()

    def asks(self, text: str, timeout: float = 15.0) -> Message:
        """Write, and wait for the next message of the bot."""
        before = len(self.heard())
        self.says(text)
        return self.hears(before + 1, timeout)[before]


def group(server: BotApi, id: int, title: str = "A group", *, kind: str = "supergroup") -> Chat:
    """A group that the bot is in."""
    with server.world.changed:
        return server.world.chats.setdefault(id, Chat(id, kind, {"title": title}))


def bot_added(server: BotApi, chat: Chat, by: User) -> None:
    """Tell the bot that somebody has put it into a group."""
    base = {"user": SELF}
    server.world.queue("my_chat_member", {
        "chat": chat.api(), "from": by.api(), "date": int(time.time()),
        "old_chat_member": base | {"status": "left"}, "new_chat_member": base | {"status": "member"},
    })  # fmt: skip


def marked(text: str) -> tuple[dict[str, Any], ...]:
    """The entities that Telegram finds in what people write."""
    found = [
        {"type": kind, "offset": units(text[: match.start()]), "length": units(match[0])}
        for kind, pattern in _MARKED
        for match in pattern.finditer(text)
    ]
    return tuple(sorted(found, key=lambda one: one["offset"]))


def _reaches_bot(message: Message) -> bool:
    """Privacy mode: in groups a bot sees commands, mentions of itself and replies to itself."""
    if message.chat.kind == "private":
        return True
    if message.chat.refuses:
        return False
    name = f"@{ME['username']}".lower()
    command = any(e["type"] == "bot_command" for e in message.entities)
    foreign = re.match(r"/\w+@(\w+)", message.text)
    if command and (foreign is None or "@" + foreign[1].lower() == name):
        return True
    return name in message.text.lower() or (message.reply_to is not None and message.reply_to.by_bot)
