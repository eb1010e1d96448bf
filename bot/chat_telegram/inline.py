"""Lines being typed in other chats, and questions of guests -> sentences from the articles.

Comes in: inline queries, one a letter; messages of chats where the bot is only a guest. Goes out: at most ten
sentences as results, for that person alone and uncached; or one answer as a guest's message. The promises: of a person
who types, the newest line alone is looked up, at most once in 1.5 seconds; at most 16 people's lines wait at a time,
and a line that can't be looked up soon gets no answer, which Telegram allows; nothing here holds up anybody's messages.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from telegram import (
    InlineQueryResultArticle,
    InlineQueryResultsButton,
    InputTextMessageContent,
    LinkPreviewOptions,
    MessageEntity,
    Update,
)
from telegram.ext import BaseHandler, CallbackContext, InlineQueryHandler, MessageHandler, filters

from bot.chat_telegram import wording
from bot.chat_telegram.asking import Busy
from bot.chat_telegram.giving import shortened
from bot.chat_telegram.inert import harmless
from bot.chat_telegram.office import Office
from bot.chat_telegram.office import office as office_of
from bot.chat_telegram.parts import Piece, parts
from bot.cite import Citation
from index.errors import IndexMissing

log = logging.getLogger(__name__)
MOST = 10
PAUSE = 0.35  # seconds without a new letter before a line is looked up
BETWEEN = 1.5  # seconds between two look-ups for one person
TYPISTS = 16
SHORTEST = 3  # letters: before that, a line finds everything
START = "inline"  # what /start is given behind the button above the results
_KNOWN = 4096
_NO_PREVIEW = LinkPreviewOptions(is_disabled=True)
_BUTTON = InlineQueryResultsButton("Ask in private", start_parameter=START)


@dataclass(slots=True)
class Typists:
    """Who is typing what: the newest line of each, and when one was last looked up."""

    pause: float = PAUSE
    between: float = BETWEEN
    clock: Callable[[], float] = time.monotonic
    newest: dict[int, tuple[str, str]] = field(default_factory=dict)
    looked_up: dict[int, float] = field(default_factory=dict)
    tasks: dict[int, asyncio.Task[None]] = field(default_factory=dict)

    def typed(self, here: Office, user: int, query: str, line: str) -> None:
        """Remember the line; it is looked up soon unless a newer one comes."""
        if user not in self.tasks and len(self.tasks) >= TYPISTS:
            return
        self.newest[user] = (query, line)
        if user not in self.tasks:
            self.tasks[user] = asyncio.create_task(self._follow(here, user))
            self.tasks[user].add_done_callback(lambda _: self.tasks.pop(user, None))

    async def settled(self) -> None:
        """Wait until nobody's line waits."""
        while self.tasks:
            await asyncio.wait(set(self.tasks.values()))

    async def _follow(self, here: Office, user: int) -> None:
        """Wait for the typing to pause, look the line up, and again while newer ones have come."""
        while user in self.newest:
            query, line = self.newest[user]
            wait = max(self.pause, self.looked_up.get(user, -self.between) + self.between - self.clock())
            await asyncio.sleep(wait)
            if self.newest[user][0] != query:
                continue
            del self.newest[user]
            self._note(user)
            try:
                await look_up(here, user, query, line, lambda: user not in self.newest)
            except Exception as failure:
                log.error("an inline query was not answered: %s", type(failure).__name__)

    def _note(self, user: int) -> None:
        now = self.clock()
        if len(self.looked_up) >= _KNOWN:
            self.looked_up = {one: at for one, at in self.looked_up.items() if now - at < self.between}
        self.looked_up[user] = now


def handlers(office: Office, typists: Typists | None = None) -> list[BaseHandler[Any, Any, Any]]:
    """Inline queries, where the settings allow them, and guests' messages."""
    if not office.config.telegram.inline:
        return []
    there = typists or Typists()

    async def typed(update: Update, context: CallbackContext[Any, Any, Any, Any]) -> None:
        query = update.inline_query
        if query is not None:
            there.typed(office_of(context), query.from_user.id, query.id, query.query)

    return [InlineQueryHandler(typed), MessageHandler(filters.UpdateType.GUEST_MESSAGE, guest)]


async def look_up(
    here: Office, user: int, query: str, line: str, wanted: Callable[[], bool] = lambda: True
) -> None:  # fmt: skip
    """Answer an inline query with the sentences that the search finds; the reading model is not asked.

    An answer that Telegram does not take at once is tried again as long as it is wanted.
    """
    text = " ".join(line.split())
    found: tuple[Citation, ...] = ()
    if len(text) >= SHORTEST:
        try:
            found = await here.asking.found(text, await here.access.scope(user), MOST)
        except (Busy, IndexMissing):
            found = ()
    results = [result for citation in found[:MOST] if (result := _result(citation)) is not None]
    await here.sender.inline(query, results, button=_BUTTON, wanted=wanted)


async def guest(update: Update, context: CallbackContext[Any, Any, Any, Any]) -> None:
    """Answer a question of a chat where the bot is a guest, as far as one message holds it."""
    message, here = update.guest_message, office_of(context)
    if message is None or message.guest_query_id is None or message.from_user is None or message.from_user.is_bot:
        return
    text = (message.text or message.caption or "").replace(f"@{here.sender.bot.username}", " ").strip()
    text, used = shortened(text, here.config.question.max_chars)
    try:
        user = message.from_user.id
        reply = await here.asking.ask(text, await here.access.scope(user), user)
        made = parts(wording.answered(reply, used))
    except Busy:
        made = parts((Piece(wording.BUSY),))
    except IndexMissing:
        made = parts(wording.answered(wording.nothing_indexed(text)))
    await here.sender.guest(
        message.guest_query_id, made[0],
        lambda text, entities: InlineQueryResultArticle("answer", "Answer", _content(text, entities)),
    )  # fmt: skip


def _result(citation: Citation) -> InlineQueryResultArticle | None:
    made = parts(tuple(wording.cited(citation, numbered=False)))
    if len(made) != 1:
        return None  # a quote is not cut in two where the second half cannot be sent
    title = harmless(wording.quoted_briefly(citation.quote, 120))
    source = harmless(f"{wording.outlet(citation.source, citation.url)}, {wording.day(citation.published)}")
    return InlineQueryResultArticle(
        f"s{citation.marker}", title, _content(made[0].text, made[0].entities), description=source
    )


def _content(text: str, entities: Sequence[MessageEntity]) -> InputTextMessageContent:
    return InputTextMessageContent(text, entities=entities, link_preview_options=_NO_PREVIEW)
