"""/rebuild and /remove: what would change is shown first, and nothing happens without a press.

Comes in: the commands of administrators, and their presses. Goes out: one message that tells how far it is, what would
change, and in the end what did. The promises others lean on: a rebuild is staged beside the generation that answers,
which goes on answering; it is published by a press alone, once, within five minutes; what is taken out is taken out of
the received files too. Knows nothing of how an index is made.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from telegram import Update
from telegram.ext import BaseHandler, CallbackContext, CallbackQueryHandler

from bot.chat_telegram import confirm, received
from bot.chat_telegram.answers import recent_questions
from bot.chat_telegram.articles import changes
from bot.chat_telegram.catalogue import Found, find
from bot.chat_telegram.confirm import PATTERN, Confirmed
from bot.chat_telegram.deeds import Deed, News, Outcome
from bot.chat_telegram.notice import Notice
from bot.chat_telegram.office import Office
from bot.chat_telegram.office import office as office_of
from bot.chat_telegram.parts import Piece, parts, plain
from bot.chat_telegram.privacy import forget_gone
from bot.chat_telegram.yard import Yard, yard

log = logging.getLogger(__name__)

REBUILD_SECONDS, REMOVE_SECONDS = 300.0, 60.0
QUESTIONS = 20  # recent questions that are asked of the new generation before it is published
_MOST_REMOVED = 20
_REFUSALS = {
    "forged": "This button is not one of mine.",
    "not yours": "This button is for whoever was asked.",
    "over": "That is over; nothing was done. Send the command again.",
}


def handlers(office: Office) -> list[BaseHandler[Any, Any, Any]]:
    """Presses of yes and no."""
    return [CallbackQueryHandler(press, pattern=PATTERN)]


async def rebuild(update: Update, context: CallbackContext[Any, Any, Any, Any]) -> None:
    """/rebuild: read all sources again, show what would change, ask."""
    message = update.message
    if message is None or message.from_user is None:
        return
    there = yard(context)
    if there.rebuilding:
        line = "A rebuild is under way already, or waits for its yes or no."
        await there.office.sender.send(message.chat.id, plain(line), reply_to=message.message_id)
        return
    there.rebuilding = True
    notice = there.notice(message.chat.id)
    there.begin(_rebuild(there, notice, message.chat.id, message.from_user.id), notice)


async def remove(update: Update, context: CallbackContext[Any, Any, Any, Any]) -> None:
    """/remove ARTICLE ...: name what would go, ask."""
    message = update.message
    if message is None or message.from_user is None:
        return
    office = office_of(context)
    wanted = (message.text or "").split()[1:]
    if not wanted or len(wanted) > _MOST_REMOVED:
        line = f"Name one article, or up to {_MOST_REMOVED}, by their ids: /remove ID. /latest and reports name them."
        await office.sender.send(message.chat.id, plain(line), reply_to=message.message_id)
        return
    found, unknown = await find(office, wanted)
    if unknown:
        await office.sender.send(message.chat.id, plain(f"Nothing was done. {unknown}"), reply_to=message.message_id)
        return
    _, keyboard = await confirm.ask(
        office.records, "remove", " ".join(one.id for one in found), chat=message.chat.id, user=message.from_user.id,
        expires=office.clock() + REMOVE_SECONDS, yes="Yes, take out",
    )  # fmt: skip
    said = parts(tuple(_would_go(found, office)))
    await office.sender.send(message.chat.id, said, reply_to=message.message_id, keyboard=keyboard)


async def press(update: Update, context: CallbackContext[Any, Any, Any, Any]) -> None:
    """A yes or a no; everything that is not the first press of the person who was asked is refused."""
    query, office = update.callback_query, office_of(context)
    if query is None:
        return
    chat = query.message.chat.id if query.message is not None else 0
    user = query.from_user.id
    if user not in office.config.telegram.admins:
        await office.sender.toast(query.id, _REFUSALS["not yours"])
        return
    done = await confirm.pressed(office.records, query.data or "", chat=chat, user=user, now=office.clock())
    if not isinstance(done, Confirmed):
        await office.sender.toast(query.id, _REFUSALS[done])
        return
    there = yard(context)
    if done.deed == "rebuild":
        waited = there.answer(done.id, done.yes)
        await office.sender.toast(query.id, "" if waited else _REFUSALS["over"])
        return
    await office.sender.toast(query.id)
    message = query.message.message_id if query.message is not None else None
    if not done.yes:
        if message is not None:
            await office.sender.edit(chat, message, plain("Nothing was taken out.")[0])
        return
    notice = there.notice(chat, message)
    there.begin(_remove(there, notice, tuple(done.value.split())), notice)


async def _rebuild(there: Yard, notice: Notice, chat: int, user: int) -> None:
    try:
        await notice.say("Reading all sources again …")
        office = there.office
        questions = await recent_questions(office.records, QUESTIONS)
        paths = await asyncio.to_thread(received.sources, office.config)

        async def decide(news: News) -> bool:
            return await _decide(there, notice, chat, user, news.outcome or Outcome())

        deed = Deed("rebuild", tuple(map(str, paths)), questions=tuple(questions))
        last = await there.do(deed, notice, decide)
        if last.kind == "done":
            await forget_gone(office)
        await notice.finish(parts(tuple(_rebuilt(last))))
    finally:
        there.rebuilding = False


async def _decide(there: Yard, notice: Notice, chat: int, user: int, outcome: Outcome) -> bool:
    """Show what would change and wait for the press; no press is a no."""
    if not _differs(outcome):
        return False
    office = there.office
    number, keyboard = await confirm.ask(
        office.records, "rebuild", outcome.generation, chat=chat, user=user,
        expires=office.clock() + REBUILD_SECONDS, yes="Yes, publish",
    )  # fmt: skip
    answer = there.ask(number)
    await notice.finish(parts(tuple(_would_change(outcome))), keyboard)
    with contextlib.suppress(asyncio.TimeoutError):
        return await asyncio.wait_for(answer, REBUILD_SECONDS)
    return False


async def _remove(there: Yard, notice: Notice, articles: Sequence[str]) -> None:
    found, unknown = await find(there.office, articles)
    if unknown:
        await notice.finish(plain(f"Nothing was taken out. {unknown}"))
        return
    files = {path for one in found if (path := received.mine(there.office.config, one.origin)) is not None}
    deed = Deed("remove", tuple(sorted(map(str, files))), tuple(one.id for one in found))
    last = await there.do(deed, notice)
    outcome = last.outcome
    if last.kind != "done" or outcome is None:
        await notice.finish(plain(f"Nothing was taken out. {last.text}"))
        return
    await asyncio.to_thread(received.drop, [path for path in files if str(path) in outcome.empty])
    await forget_gone(there.office)
    await notice.finish(parts(tuple(_gone(outcome, files))))


def _differs(outcome: Outcome) -> bool:
    return outcome.published or any(outcome.many(name) for name in ("added", "changed", "gone"))


def _would_go(found: Sequence[Found], office: Office) -> Iterator[Piece]:
    yield Piece("Take out for good, also from the disk?\n", "bold")
    for one in found:
        yield Piece(f"• {one.title}, {one.sentences:,} sentences\n")
    if any(received.mine(office.config, one.origin) is None for one in found):
        yield Piece(
            "What comes from the configured sources is there again after the next rebuild: delete its file too.\n"
        )


def _would_change(outcome: Outcome) -> Iterator[Piece]:
    yield Piece("The new articles are ready. Publish them?\n\n", "bold")
    yield from changes(outcome, {}, removable=False)
    yield Piece(f"\nThen there are {outcome.articles:,} articles with {outcome.sentences:,} sentences.\n")
    if not outcome.asked:
        return
    yield Piece(
        f"Of the {outcome.asked:,} questions asked last, {len(outcome.differing):,} would be answered otherwise"
    )
    yield Piece(":\n" if outcome.differing else ".\n")
    for one in outcome.differing:
        yield Piece(f"• {one.question}\n   {one.before or 'no answer'} → {one.after or 'no answer'}\n")


def _rebuilt(last: News) -> Iterator[Piece]:
    outcome = last.outcome
    if last.kind == "failed" or outcome is None:
        yield Piece(f"Nothing was published. {last.text}\n")
    elif last.kind == "staged" and not _differs(outcome):
        yield Piece("Nothing would change, so nothing was published.\n")
        yield from changes(Outcome(left=outcome.left, counts=outcome.counts), {}) if outcome.left else ()
    elif last.kind == "staged":
        yield Piece("Not published; the articles are as they were.\n")
    else:
        yield Piece(
            f"Published: {outcome.articles:,} articles with {outcome.sentences:,} sentences answer from now on.\n"
        )


def _gone(outcome: Outcome, files: set[Path]) -> Iterator[Piece]:
    yield Piece(f"Taken out: {outcome.many('gone'):,}. The archive holds {outcome.articles:,} articles now.\n")
    if any(str(path) not in outcome.empty for path in files):
        yield Piece("Its document holds other articles too and is kept: a rebuild would bring all of them back.\n")
