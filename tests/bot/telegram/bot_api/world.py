"""Chats, messages and updates: what Telegram's servers hold between the people and the bot.

One condition guards it all: people change it from the tests' threads, the bot's calls from the server's. Whoever
changes something wakes those who wait. Nothing here knows of HTTP.
"""

from __future__ import annotations

import itertools
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.bot.telegram.bot_api.checks import Text
from tests.bot.telegram.bot_api.refusal import Refused, bad

BOT_ID = 4242
NOT_BY_DEFAULT = {"chat_member", "message_reaction", "message_reaction_count"}
Rows = list[list[dict[str, Any]]]


@dataclass(slots=True)
class Message:
    """A message as it stands now, and for the bot's own every version that stood there before."""

    chat: Chat
    id: int
    sender: dict[str, Any]
    date: int
    at: float
    text: str = ""
    entities: tuple[dict[str, Any], ...] = ()
    keyboard: Rows | None = None
    reply_to: Message | None = None
    thread: int | None = None
    altered: bool = False
    more: dict[str, Any] = field(default_factory=dict)
    versions: list[Text] = field(default_factory=list)

    @property
    def by_bot(self) -> bool:
        """Whether the bot under test wrote it."""
        return bool(self.sender["id"] == BOT_ID)

    def api(self, deep: bool = True) -> dict[str, Any]:
        """The message as the Bot API shows it."""
        shown: dict[str, Any] = {"message_id": self.id, "date": self.date, "chat": self.chat.api(), "from": self.sender}
        if self.text:
            shown["text"] = self.text
        if self.entities:
            shown["entities"] = list(self.entities)
        if self.keyboard:
            shown["reply_markup"] = {"inline_keyboard": self.keyboard}
        if self.thread is not None:
            shown |= {"message_thread_id": self.thread, "is_topic_message": True}
        if self.reply_to is not None and deep:
            shown["reply_to_message"] = self.reply_to.api(deep=False)
        return shown | self.more


@dataclass(slots=True)
class Chat:
    """A private chat, a group or a channel."""

    id: int
    kind: str
    named: dict[str, Any]
    messages: dict[int, Message] = field(default_factory=dict)
    started: bool = True
    refuses: str = ""
    migrated_to: int | None = None
    topics: set[int] = field(default_factory=set)
    drafts: dict[int, str] = field(default_factory=dict)
    ids: itertools.count[int] = field(default_factory=lambda: itertools.count(1))

    def api(self) -> dict[str, Any]:
        """The chat as the Bot API shows it."""
        return {"id": self.id, "type": self.kind, **self.named}


@dataclass(slots=True)
class Update:
    """An update that waits to be fetched."""

    id: int
    raw: dict[str, Any]
    at: float


class World:
    """Everything between the people and the bot."""

    def __init__(self) -> None:
        self.changed = threading.Condition(threading.RLock())
        self.chats: dict[int, Chat] = {}
        self.updates: deque[Update] = deque()
        self.update_ids = itertools.count(1000)
        self.queued_at: dict[int, float] = {}
        self.allowed: tuple[str, ...] = ()
        self.queries: dict[str, dict[str, Any]] = {}
        self.query_ids = itertools.count(1)
        self.files: dict[str, tuple[str, bytes]] = {}
        self.menus: dict[tuple[str, str], list[dict[str, Any]]] = {}
        self.texts: dict[str, str] = {}
        self.inline: dict[str, Text] = {}
        self.webhook: dict[str, Any] = {}
        self.wakers: list[Callable[[], None]] = []
        self.outbox: list[Message] = []
        self.told: Counter[int] = Counter()

    def wake(self) -> None:
        """Tell all who wait that something changed; the condition must be held."""
        self.changed.notify_all()
        for waker in self.wakers:
            waker()

    def wait(self, true: Callable[[], bool], timeout: float, what: str = "") -> None:
        """Wait until something is so; TimeoutError names what did not come."""
        with self.changed:
            if not self.changed.wait_for(true, timeout):
                raise TimeoutError(f"not so after {timeout:g} s: {what}")

    # -- updates

    def queue(self, kind: str, content: dict[str, Any]) -> int:
        """Put an update where the bot will fetch it; its id. Kinds that the bot did not ask for are dropped."""
        with self.changed:
            number = next(self.update_ids)
            wanted = kind in self.allowed if self.allowed else kind not in NOT_BY_DEFAULT
            if wanted:
                self.put({"update_id": number, kind: content})
            return number

    def put(self, raw: dict[str, Any]) -> None:
        """Queue a raw update just as it is, good or bad."""
        with self.changed:
            now = time.monotonic()
            self.updates.append(Update(raw["update_id"], raw, now))
            self.queued_at[raw["update_id"]] = now
            self.wake()

    def fetch(self, offset: int | None, limit: int) -> list[dict[str, Any]]:
        """Drop what lies below the offset, and give the next updates."""
        with self.changed:
            if offset is not None and offset < 0:
                offset = self.updates[offset].id if -offset <= len(self.updates) else None
            if offset is not None:
                while self.updates and self.updates[0].id < offset:
                    self.updates.popleft()
                self.changed.notify_all()
            return [update.raw for update in itertools.islice(self.updates, limit)]

    # -- chats and messages

    def chat(self, id: int) -> Chat:
        """The chat that a bot may write to; Refused as Telegram would."""
        chat = self.chats.get(id)
        if chat is None:
            raise bad("chat not found")
        if chat.migrated_to is not None:
            raise Refused(
                400,
                "Bad Request: group chat was upgraded to a supergroup chat",
                {"migrate_to_chat_id": chat.migrated_to},
            )
        if chat.refuses:
            raise Refused(403, f"Forbidden: {chat.refuses}")
        if not chat.started:
            raise Refused(403, "Forbidden: bot can't initiate conversation with a user")
        return chat

    def add(self, chat: Chat, sender: dict[str, Any], text: Text | None = None, **rest: Any) -> Message:
        """Put a message into a chat."""
        with self.changed:
            date = rest.pop("date", None)
            message = Message(
                chat, next(chat.ids), sender, int(time.time()) if date is None else date, time.monotonic(), **rest
            )
            if text is not None:
                message.text, message.entities, message.altered = text.text, text.entities, text.altered
                message.versions.append(text)
            chat.messages[message.id] = message
            if message.by_bot:
                self.outbox.append(message)
                self.told[chat.id] += 1
            self.wake()
            return message

    def sent(self, chat: int | None = None) -> Sequence[Message]:
        """The bot's messages, in one chat or in all, in the order of their sending."""
        with self.changed:
            if chat is None:
                return list(self.outbox)
            return [message for message in self.chats[chat].messages.values() if message.by_bot]
