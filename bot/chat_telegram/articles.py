"""Administrators send documents and addresses, and they become articles.

Comes in: documents, one or several at a time, addresses, and /add. Goes out: one message that tells how far it is, then what was
read and what was left out, why, and how to take it out again. The promises others lean on: a document's size is known
before it is fetched, and it lies under a name of our own; it is kept with the index, so that rebuilds read it again;
one that was accepted before a crash is read after it. Knows nothing of formats.
"""

from __future__ import annotations

import asyncio
import logging
import re
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from telegram import Bot, Document, Message, Update
from telegram.error import TelegramError
from telegram.ext import BaseHandler, CallbackContext, MessageHandler, filters

from bot.chat_telegram import received
from bot.chat_telegram.calls import Later
from bot.chat_telegram.deeds import Deed, Item, Left, News, Outcome
from bot.chat_telegram.notice import Notice
from bot.chat_telegram.office import Office
from bot.chat_telegram.office import office as office_of
from bot.chat_telegram.parts import Piece, parts, plain
from bot.chat_telegram.rights import ADMIN_AGE
from bot.chat_telegram.sorting import ADDRESS
from bot.chat_telegram.yard import Yard, yard
from bot.visible import visible
from index.errors import IndexUnwritable

log = logging.getLogger(__name__)

SCHEMA = """
CREATE TABLE IF NOT EXISTS intake (path TEXT PRIMARY KEY, chat INTEGER NOT NULL, name TEXT NOT NULL, at REAL NOT NULL);
"""
QUIET = 1.5  # seconds without another document after which those that came are read together
_HASHTAG = re.compile(r"#([\w.-]{1,60})")
_ONLY_ADDRESSES = re.compile(rf"\s*(?:{ADDRESS.pattern}(?:\s+|$))+", re.IGNORECASE)
_MOST_ADDRESSES = 20  # fetched for one message
_HOW = (
    "Send me a document (a saved web page, PDF, DOCX, EPUB, e-mail, Markdown, text, JSON, or a ZIP of them; up to "
    "20 MB), or answer one with /add; or send the addresses of articles. Several at once are read together. A caption "
    "such as #press sorts them into that collection."
)


@dataclass(frozen=True, slots=True)
class Received:
    """One document that came: where it lies, or why it does not; `fresh` if it did not lie there before."""

    name: str
    path: Path | None
    refusal: str = ""
    fresh: bool = False
    collections: tuple[str, ...] = ()
    album: str | None = None


def handlers(office: Office) -> list[BaseHandler[Any, Any, Any]]:
    """Documents of administrators; everybody else's are no business of this module."""
    admins = filters.User(user_id=office.config.telegram.admins)
    mine = filters.UpdateType.MESSAGE & filters.ChatType.PRIVATE & admins & filters.Document.ALL
    pasted = filters.UpdateType.MESSAGE & filters.ChatType.PRIVATE & admins & _OnlyAddresses()
    return [MessageHandler(mine, document), MessageHandler(pasted, add)]


async def document(update: Update, context: CallbackContext[Any, Any, Any, Any]) -> None:
    """A document was sent."""
    message = update.message
    if message is not None and message.document is not None:
        await _take(message, message.document, message.caption or "", context)


async def add(update: Update, context: CallbackContext[Any, Any, Any, Any]) -> None:
    """/add, as an answer to a document, or with an address."""
    message = update.message
    if message is None:
        return
    answered = message.reply_to_message
    if answered is not None and answered.document is not None:
        await _take(message, answered.document, (message.text or "").partition(" ")[2], context)
        return
    words = message.text or ""
    found = (one if "://" in one else f"https://{one}" for one in ADDRESS.findall(words))
    addresses = tuple(dict.fromkeys(found))
    if 0 < len(addresses) <= _MOST_ADDRESSES:
        there = yard(context)
        notice = there.notice(message.chat.id)
        collections = tuple(sorted(set(_HASHTAG.findall(ADDRESS.sub(" ", words)))))
        there.begin(_fetch(there, notice, addresses, collections), notice)
        return
    line = f"At most {_MOST_ADDRESSES} addresses in one message, please." if addresses else _HOW
    await office_of(context).sender.send(message.chat.id, plain(line), reply_to=message.message_id)


class _OnlyAddresses(filters.MessageFilter):
    """A message that is nothing but the addresses of pages."""

    def filter(self, message: Message) -> bool:
        return bool(message.text and _ONLY_ADDRESSES.fullmatch(message.text))


async def _fetch(yard: Yard, notice: Notice, addresses: tuple[str, ...], collections: tuple[str, ...]) -> None:
    await notice.say(f"Fetching {_counted(len(addresses), 'page')} …")
    last = await yard.do(Deed("add", addresses, collections=collections), notice)
    await notice.finish(parts(list(_told({address: address for address in addresses}, last, collections))))


async def resume(yard: Yard) -> None:
    """Read what was accepted before the bot stopped, and had not been read yet."""
    found = await yard.office.records.do(
        lambda connection: connection.execute("SELECT chat, name, path FROM intake ORDER BY at").fetchall()
    )
    for chat, name, path in found:
        if Path(path).is_file():
            _put(yard, chat, Received(name, Path(path)))


async def _take(message: Message, sent: Document, words: str, context: CallbackContext[Any, Any, Any, Any]) -> None:
    office, name = office_of(context), visible(sent.file_name or "a document without a name")[:80]
    if office.clock() - message.date.timestamp() > ADMIN_AGE:
        line = f"{name} came more than five minutes ago, while I was away; please send it again."
        await office.sender.send(message.chat.id, plain(line), reply_to=message.message_id)
        return
    if sent.file_size is None or sent.file_size > received.MOST_BYTES:
        size = "of unknown size" if sent.file_size is None else f"{sent.file_size / 2**20:,.1f} MB"
        taken = Received(name, None, f"{size}; at most {received.MOST_BYTES // 2**20} MB can be fetched from Telegram")
    else:
        taken = await _fetched(sent, name, message.chat.id, office, context.bot)
    taken = replace(taken, album=message.media_group_id, collections=tuple(sorted(set(_HASHTAG.findall(words)))))
    _put(yard(context), message.chat.id, taken)


async def _fetched(sent: Document, name: str, chat: int, office: Office, bot: Bot) -> Received:
    async def fetch() -> bytes:
        file = await bot.get_file(sent.file_id)
        if file.file_size is not None and file.file_size > received.MOST_BYTES:
            return b""
        return bytes(await file.download_as_bytearray())

    try:
        data = await office.sender.call(fetch, chat=None, safe_to_repeat=True)
        if not data or len(data) > received.MOST_BYTES:
            return Received(name, None, "it is empty, or larger than it said")
        path, fresh = await asyncio.to_thread(received.keep, office.config, data, sent.file_name or "")
    except Later:
        return Received(name, None, "Telegram cannot hand it out now; please send it again in a while")
    except TelegramError as failure:
        return Received(name, None, f"Telegram does not hand it out ({type(failure).__name__})")
    except IndexUnwritable as failure:
        return Received(name, None, str(failure))
    now = office.clock()

    def note(connection: sqlite3.Connection) -> None:
        connection.execute("INSERT OR REPLACE INTO intake VALUES (?, ?, ?, ?)", (str(path), chat, name, now))

    await office.records.do(note)
    return Received(name, path, fresh=fresh)


def _put(yard: Yard, chat: int, taken: Received) -> None:
    """Read the document together with those that come right before and after it."""
    waiting: list[Received] | None = yard.intake.get(chat)
    if waiting is None:
        waiting = yard.intake[chat] = []
        notice = yard.notice(chat)
        yard.begin(_read(yard, chat, notice), notice)
    waiting.append(taken)


async def _read(yard: Yard, chat: int, notice: Notice) -> None:
    waiting = yard.intake[chat]
    seen = 0
    while seen != len(waiting):
        seen = len(waiting)
        await _quiet()
    del yard.intake[chat]
    told: list[Piece] = []
    for collections, some in _sorted_out(waiting).items():
        names = {str(one.path): one.name for one in some}
        await notice.say(f"Reading {_counted(len(names), 'document')} …")
        last = await yard.do(Deed("add", tuple(names), collections=collections), notice)
        await _settle(yard, some, last.outcome if last.kind == "done" else None)
        told += _told(names, last, collections)
    told += [Piece(f"Not taken: {one.name}: {one.refusal}\n") for one in waiting if one.path is None]
    await notice.finish(parts(told))


async def _quiet() -> None:
    await asyncio.sleep(QUIET)


def _sorted_out(waiting: Sequence[Received]) -> dict[tuple[str, ...], list[Received]]:
    """The documents that can be read, by the collections they go into; what one of an album says holds for all."""
    said = {one.album: one.collections for one in waiting if one.album is not None and one.collections}
    sorted_out: dict[tuple[str, ...], list[Received]] = {}
    for one in waiting:
        if one.path is not None:
            sorted_out.setdefault(one.collections or said.get(one.album or "", ()), []).append(one)
    return sorted_out


async def _settle(yard: Yard, taken: Sequence[Received], outcome: Outcome | None) -> None:
    """Forget what no article came from; where nothing was done, nothing new is kept: it is to be sent again."""
    paths = [one.path for one in taken if one.path is not None]
    if outcome is None:
        useless = [one.path for one in taken if one.path is not None and one.fresh]
    else:
        useless = [path for path in paths if str(path) in outcome.empty]

    def forget(connection: sqlite3.Connection) -> None:
        connection.executemany("DELETE FROM intake WHERE path = ?", [(str(path),) for path in paths])

    await yard.office.records.do(forget)
    await asyncio.to_thread(received.drop, useless)


def _told(names: dict[str, str], last: News, collections: Sequence[str]) -> Iterator[Piece]:
    """What was read and what was left out, for the administrator."""
    if last.kind != "done" or last.outcome is None:
        yield Piece(f"Nothing was added. {last.text}\n")
        return
    yield from changes(last.outcome, names)
    if collections and len(last.outcome.empty) < len(names):
        yield Piece(f"In: {', '.join(collections)}.\n")
    yield Piece(f"The archive holds {_counted(last.outcome.articles, 'article')} now.\n")


def changes(outcome: Outcome, names: dict[str, str], *, removable: bool = True) -> Iterator[Piece]:
    """What a deed changed, or would change: articles by name, then what was left out and why."""
    if not (outcome.many("added") or outcome.many("changed") or outcome.many("gone")):
        yield Piece(
            "Nothing new: the archive holds all of it already.\n" if not outcome.left else "Nothing was read.\n"
        )
    for heading, items, many in (
        ("New", outcome.added, outcome.many("added")),
        ("Changed", outcome.changed, outcome.many("changed")),
        ("Gone", outcome.gone, outcome.many("gone")),
    ):
        if many:
            yield Piece(f"{heading}: {_counted(many, 'article')}\n", "bold")
            yield from _items(items, many, names, removable=removable and heading != "Gone")
    if outcome.many("left"):
        yield Piece(f"Left out: {_counted(outcome.many('left'), 'document')}\n", "bold")
        for one in outcome.left:
            yield Piece(f"• {visible(_origin(one, names))}: {visible(one.detail)}\n")
        yield from _more(len(outcome.left), outcome.many("left"))


def _items(items: Sequence[Item], many: int, names: dict[str, str], *, removable: bool) -> Iterator[Piece]:
    called = {Path(path).name: name for path, name in names.items()}  # what has no title goes by its file's name
    for item in items:
        yield Piece(f"• {visible(called.get(item.title, item.title))}, {_counted(item.sentences, 'sentence')}\n")
        if removable:
            yield Piece("   take it out: ")
            yield Piece(f"/remove {item.id}", "code")
            yield Piece("\n")
    yield from _more(len(items), many)


def _more(shown: int, many: int) -> Iterator[Piece]:
    if many > shown:
        yield Piece(f"and {many - shown:,} more\n")


def _origin(left: Left, names: dict[str, str]) -> str:
    """The document's own name, and the line where the reason concerns one; elsewhere the last part of its place."""
    path, _, line = left.origin.rpartition(":")
    if left.origin in names:
        return names[left.origin]
    return f"{names[path]}, line {line}" if path in names else Path(left.origin).name


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
