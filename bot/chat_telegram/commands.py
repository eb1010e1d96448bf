"""The commands: one table of them all, and those that everybody may use.

Comes in: messages that begin with a slash. Goes out: what the command says, or one line that it is not known. The
promises others lean on: a command is taken from a new message only, never from an edited or a forwarded one, and never
where it is addressed to another bot; who may not use a command hears the same as for one that does not exist; /help
and the menus are made from the table. Knows nothing of how articles come in.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Mapping
from typing import Any

from telegram import Message, Update
from telegram.ext import BaseHandler, CallbackContext, MessageHandler, filters

from bot.chat_telegram import administration, articles, privacy, rebuild
from bot.chat_telegram.access import Command
from bot.chat_telegram.catalogue import Held, held, latest, outlets
from bot.chat_telegram.examples import showcase
from bot.chat_telegram.inert import safe_url
from bot.chat_telegram.limits import Quota
from bot.chat_telegram.menus import own_menu
from bot.chat_telegram.office import Office
from bot.chat_telegram.office import office as office_of
from bot.chat_telegram.parts import Piece, parts, plain
from bot.chat_telegram.questions import answer_question, check_quote
from bot.chat_telegram.rights import ADMIN_AGE, ADMIN_COMMANDS, Visitor
from bot.chat_telegram.said_before import new
from bot.chat_telegram.wording import day, outlet
from index.store import Scope

log = logging.getLogger(__name__)
Context = CallbackContext[Any, Any, Any, Any]

UNKNOWN = "I do not know that command. /help lists those that I know."
_MOST_OUTLETS, _LATEST, _MOST_LATEST = 25, 5, 20
_COMMAND = re.compile(r"\A/([A-Za-z0-9_]+)(?:@([A-Za-z0-9_]+))?(?![A-Za-z0-9_])")
_UNKNOWN_LINES = ((3, 60.0),)  # lines about unknown commands to one person in so many seconds


async def ask(update: Update, context: Context) -> None:
    """The words after the command are a question; without any, the message that it answers is."""
    if (text := await _words(update, context, "Write your question after it: /ask who was there?")) is not None:
        await answer_question(office_of(context), update, text)


async def check(update: Update, context: Context) -> None:
    """The words after the command, or the message that it answers, are a quote that may stand in the articles."""
    if (
        text := await _words(update, context, "Write the quote after it, or answer a message that holds it.")
    ) is not None:
        await check_quote(office_of(context), update, text)


async def start(update: Update, context: Context) -> None:
    """What it answers from, and three examples that were tried."""
    message, office = update.message, office_of(context)
    if message is None or message.from_user is None:
        return
    payload = (message.text or "").split()[1:]
    asked_for = await office.access.read_deep_link(payload[0]) if payload else None
    if asked_for in LINKED:
        await TABLE[asked_for].run(update, context)
        return
    scope = await office.access.scope(message.chat.id)
    there = await held(office, scope)
    tried = await _tried(message, context, scope, there) if there.articles else ()
    await _say(message, office, *_started(there, tried))
    if message.chat.id in office.config.telegram.admins:
        await own_menu(office, message.chat.id, TABLE.values())


async def _tried(message: Message, context: Context, scope: Scope, there: Held) -> tuple[str, ...]:
    """The examples that are there, or, right after the start and where nobody else waits, those that soon will be."""
    office = office_of(context)
    shown = showcase(context.application, office)
    if tried := await shown.examples(scope, there.generation, 0.0):
        return tried
    async with office.sender.typing(message.chat.id):
        return await shown.examples(scope, there.generation)


async def help_(update: Update, context: Context) -> None:
    """The commands that this person may use here."""
    message, office = update.message, office_of(context)
    if message is None:
        return
    visitor = await office.access.of(update)
    pieces = [*_helped(visitor, office)]
    if visitor.where == "group":
        payload = await office.access.deep_link("help")
        pieces.append(Piece("All of it in private", "link", f"https://t.me/{context.bot.username}?start={payload}"))
    await _say(message, office, *pieces)


async def sources(update: Update, context: Context) -> None:
    """The outlets whose articles are searched."""
    message, office = update.message, office_of(context)
    if message is None:
        return
    found = await outlets(office, await office.access.scope(message.chat.id))
    pieces = [Piece(f"The articles come from {_counted(len(found), 'outlet')}:\n", "bold")] if found else []
    for one in found[:_MOST_OUTLETS]:
        dates = f", {_period(one.first, one.last)}" if one.first else ""
        pieces.append(Piece(f"• {outlet(one.name)}: {_counted(one.articles, 'article')}{dates}\n"))
    if len(found) > _MOST_OUTLETS:
        pieces.append(Piece(f"and {len(found) - _MOST_OUTLETS:,} more\n"))
    await _say(message, office, *(pieces or [Piece("There are no articles here yet.")]))


async def newest(update: Update, context: Context) -> None:
    """The latest articles; a number after the command says how many."""
    message, office = update.message, office_of(context)
    if message is None:
        return
    wanted = (message.text or "").split()[1:2]
    most = (
        min(_MOST_LATEST, max(1, int(wanted[0])))
        if wanted and wanted[0].isdecimal() and len(wanted[0]) < 4
        else _LATEST
    )
    visitor = await office.access.of(update)
    pieces: list[Piece] = []
    for one in await latest(office, await office.access.scope(message.chat.id), most):
        url = safe_url(one.url)
        pieces += [
            Piece(f"• {day(one.published)}, {outlet(one.source, one.url)}: "),
            Piece(one.title[:160], "link" if url else "plain", url),
        ]
        pieces += [Piece("\n   "), Piece(one.id, "code")] if visitor.role == "admin" else []
        pieces.append(Piece("\n"))
    await _say(message, office, *(pieces or [Piece("There are no articles here yet.")]))


async def status(update: Update, context: Context) -> None:
    """What is there, since when, and how busy it is."""
    message, office = update.message, office_of(context)
    if message is None:
        return
    there = await held(office, await office.access.scope(message.chat.id))
    waiting = office.asking.people_waiting()
    lines = [
        f"Articles: {there.articles:,}, with {there.sentences:,} sentences\n",
        f"Period: {_period(there.first, there.last) if there.first else 'no article has a date'}\n",
        f"Last update: {day(there.updated[:10])}, {there.updated[11:16]} UTC\n",
        f"Questions waiting: {waiting:,}\n" if waiting else "No question is waiting.\n",
    ]
    await _say(message, office, Piece("".join(lines)))


# Menus show them in this order; what is not here does not exist. Their rights are in rights.py.
_ALL = (
    Command("ask", "ask a question (in private just type it)", ask),
    Command("check", "is this quote in the articles, word for word?", check),
    Command("latest", "the newest articles", newest),
    Command("sources", "the outlets that are searched", sources),
    Command("status", "how many articles, from when, last update", status),
    Command("new", "begin anew: what you ask next follows on nothing", new),
    Command("start", "what I answer from, with examples", start),
    Command("help", "all commands", help_),
    Command("privacy", "what is stored, and for how long", privacy.privacy),
    Command("forget", "delete what is stored of you", privacy.forget),
    Command("add", "how to send articles", articles.add),
    Command("rebuild", "read all sources again, see what would change", rebuild.rebuild),
    Command("remove", "take articles out, by id", rebuild.remove),
    Command("reload", "take up the newest index now", administration.reload),
    Command("stats", "questions, answers, feedback", administration.stats),
    Command("pair", "a code that lets one person in", administration.pair),
    Command("allow", "let a person or group in, by number", administration.allow),
    Command("deny", "turn a person or group away, by number", administration.deny),
)
# What a link to this bot may open; a link that we have not made opens nothing.
LINKED = ("help", "latest", "sources", "status", "privacy")
TABLE: Mapping[str, Command] = {command.name: command for command in _ALL}


def handlers(office: Office) -> list[BaseHandler[Any, Any, Any]]:
    """One handler for all commands."""
    lines = Quota(_UNKNOWN_LINES)

    async def dispatch(update: Update, context: Context) -> None:
        message = update.message
        found = _COMMAND.match(message.text or "") if message is not None else None
        if message is None or found is None or (found[2] and found[2].lower() != context.bot.username.lower()):
            return
        name = found[1].lower()
        visitor = await office.access.of(update)
        if name not in TABLE or not office.access.may(visitor, name):
            if (visitor.where == "private" or found[2]) and not lines.take(visitor.user, office.clock()):
                await _say(message, office, Piece(UNKNOWN[:-1], "tap"), Piece("."))
            if name in ADMIN_COMMANDS:
                log.warning("/%s refused to user %s", name, visitor.user)
        elif name in ADMIN_COMMANDS and office.clock() - message.date.timestamp() > ADMIN_AGE:
            line = f"/{name} is more than five minutes old and was not carried out. Send it again if you still want it."
            await office.sender.send(message.chat.id, plain(line), reply_to=message.message_id)
        else:
            await TABLE[name].run(update, context)

    # what others wrote is no command of the person who passes it on
    commands = filters.UpdateType.MESSAGE & ~filters.FORWARDED & filters.Regex(_COMMAND)
    return [MessageHandler(commands, dispatch)]


async def _words(update: Update, context: Context, usage: str) -> str | None:
    """What stands after the command, or else in the message that it answers; None after a line on how to write it."""
    message = update.message
    if message is None:
        return None
    text = message.text or ""
    after = text[found.end() :].strip() if (found := _COMMAND.match(text)) else ""
    answered = message.reply_to_message
    if not after and answered is not None:
        after = (answered.text or answered.caption or "").strip()
    if not after:
        await _say(message, office_of(context), Piece(usage))
        return None
    return after


async def _say(message: Message, office: Office, *pieces: Piece) -> None:
    reply_to = message.message_id if message.chat.type != "private" else None
    thread = message.message_thread_id if message.is_topic_message else None
    await office.sender.send(message.chat.id, parts(pieces), reply_to=reply_to, thread=thread)


def _started(there: Held, tried: tuple[str, ...]) -> Iterator[Piece]:
    if not there.articles:
        yield Piece("I answer questions from news articles, with their own sentences. There are no articles here yet.")
        return
    period = f", {_period(there.first, there.last)}" if there.first else ""
    yield Piece(
        f"I answer questions from {_counted(there.articles, 'news article')}{period}, with their own sentences, or say "
        f"that they do not hold the answer. Last update: {day(there.updated[:10])}.\n"
    )
    if tried:
        yield Piece("\nJust ask, for example (tap to copy):\n" if len(tried) > 1 else "\nJust ask, for example:\n")
        for question in tried:
            yield Piece("• ")
            yield Piece(question, "code")
            yield Piece("\n")
    else:
        yield Piece("\nJust ask, in your own words.\n")
    yield Piece("/help lists more.", "tap")


def _helped(visitor: Visitor, office: Office) -> Iterator[Piece]:
    yield Piece(
        "Ask me in your own words. " if visitor.where == "private" else "Ask with /ask, or by answering me. ", "tap"
    )
    yield Piece("I answer with sentences from the articles, each with its source.\n\n")
    for ours, heading in ((False, ""), (True, "\nFor administrators:\n")):
        allowed = [c for c in _ALL if (c.name in ADMIN_COMMANDS) == ours and office.access.may(visitor, c.name)]
        yield Piece(heading if allowed else "", "bold")
        for command in allowed:
            yield Piece(f"/{command.name}", "tap")
            yield Piece(f" {command.text}\n")


def _period(first: str | None, last: str | None) -> str:
    return f"of {day(first)}" if first == last else f"from {day(first)} to {day(last)}"


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
