"""Who may do what, and which articles a chat may see.

Comes in: updates, and the settings and decisions of administrators. Goes out: a `Visitor` with a role, a yes or no for
each command, the collections of a chat. The promises others lean on: rights hang on numeric ids alone; a command that
has no row in `RIGHTS` may be used by nobody; administrators are administrators in their private chat only; a group is
served only if its id is allowed; scopes are for the search to enforce, never a filter afterwards. Knows nothing of
messages: `access.py` acts on what is decided here.

`Access.of` gives a `Visitor` (the design's name for it was Sender_). `may` takes a command's name.
"""

from __future__ import annotations

import asyncio
import base64
import hmac
import sqlite3
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from telegram import Update

from bot.chat_telegram import pairing
from bot.chat_telegram.pairing import Redeemed, Standing
from bot.chat_telegram.records import Records
from bot.chat_telegram.visitors import Sort, Where, caller
from bot.config import Config
from index.store import Scope

Role = Literal["admin", "member", "stranger"]
Place = Literal["private", "group"]

SCHEMA = (
    pairing.SCHEMA
    + """
CREATE TABLE IF NOT EXISTS notices (
    who INTEGER NOT NULL, kind TEXT NOT NULL, at REAL NOT NULL, PRIMARY KEY (who, kind));
CREATE TABLE IF NOT EXISTS supergroups (id INTEGER PRIMARY KEY, was INTEGER NOT NULL);
"""
)
ADMIN_AGE = 300.0  # seconds after which an administrator's command is no longer carried out


@dataclass(frozen=True, slots=True)
class Right:
    """Which role a command needs, and where it is taken."""

    who: Role
    where: frozenset[Place]


_PRIVATE: frozenset[Place] = frozenset({"private"})
_ANYWHERE: frozenset[Place] = frozenset({"private", "group"})
_EVERYBODY = ("start", "help", "ask", "check", "sources", "latest", "status", "new", "privacy", "forget")
_ADMINISTRATORS = ("add", "rebuild", "remove", "reload", "stats", "pair", "allow", "deny")
RIGHTS: Mapping[str, Right] = {name: Right("member", _ANYWHERE) for name in _EVERYBODY} | {
    name: Right("admin", _PRIVATE) for name in _ADMINISTRATORS
}
ADMIN_COMMANDS = frozenset(_ADMINISTRATORS)


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who is behind an update, where, and as what: `user` is None unless it is a person who can be told from others.

    `welcome` says that the place is served: a private chat, an allowed group, or no chat at all.
    """

    sort: Sort
    user: int | None
    chat: int | None
    where: Where
    role: Role
    welcome: bool


class Access:
    """The settings' ids, and what administrators decided since, held in memory and kept in the records."""

    def __init__(self, config: Config, records: Records, clock: Callable[[], float] = time.time) -> None:
        self.settings = config.telegram
        self._records, self._clock = records, clock
        self._standing: dict[int, Standing] | None = None
        self._was: dict[int, int] = {}  # the numbers that groups had before they became supergroups
        self._loading = asyncio.Lock()

    async def of(self, update: Update) -> Visitor:
        """Who stands behind the update, and as what."""
        who = caller(update)
        standing = await self._known()
        welcome = who.where in ("private", "nowhere") or (
            who.where == "group" and who.chat is not None and self._group_allowed(who.chat, standing)
        )
        role: Role = "stranger"
        if who.user is not None and who.where == "group":
            role = "member" if welcome and standing.get(who.user) != "denied" else "stranger"
        elif who.user is not None and welcome:
            role = self._role(who.user, standing)
        return Visitor(who.sort, who.user, who.chat, who.where, role, welcome)

    async def role(self, user: int) -> Role:
        """What a person is in a private chat."""
        return self._role(user, await self._known())

    async def scope(self, chat: int) -> Scope:
        """The collections that the chat may see; for a private chat its id is the person's.

        A group that became a supergroup sees what it saw under its old number.
        """
        await self._known()
        seen: set[int] = set()
        while chat not in self.settings.scopes and chat in self._was and chat not in seen:
            seen.add(chat)
            chat = self._was[chat]
        given = self.settings.scopes.get(chat, self.settings.default_scope)
        return None if "all" in given else frozenset(given)

    def scopes(self) -> tuple[Scope, ...]:
        """Every scope that a chat may have, that of all others first."""
        given = (self.settings.default_scope, *self.settings.scopes.values())
        return tuple(dict.fromkeys(None if "all" in one else frozenset(one) for one in given))

    def may(self, visitor: Visitor, command: str) -> bool:
        """Whether the visitor may use the command there; nobody may use one that `RIGHTS` does not name."""
        right = RIGHTS.get(command)
        if right is None or not visitor.welcome or visitor.where not in right.where:
            return False
        if right.who == "admin":
            return visitor.role == "admin"
        return visitor.role in ("admin", "member")

    async def standing(self, id_: int) -> Standing | None:
        """What administrators decided about a person or group, beside the settings."""
        return (await self._known()).get(id_)

    async def decide(self, id_: int, standing: Standing, how: str) -> None:
        """Let somebody in or turn them away, from now on and after a restart."""
        await self._known()
        now = self._clock()
        await self._records.do(lambda connection: pairing.set_standing(connection, id_, standing, how, now))
        assert self._standing is not None  # for the type checker
        self._standing[id_] = standing

    async def became(self, old: int, new: int) -> None:
        """A group that is allowed has another number now: what it may do and see goes with it."""
        await self._records.do(lambda c: c.execute("INSERT OR REPLACE INTO supergroups VALUES (?, ?)", (new, old)))
        await self.decide(new, "allowed", "became a supergroup")
        self._was[new] = old

    async def new_code(self) -> str:
        """A pairing code, good for one person and ten minutes."""
        salt, now = await self._records.salt(), self._clock()
        return await self._records.do(lambda connection: pairing.make_code(connection, salt, now))

    async def redeem(self, user: int, code: str) -> Redeemed:
        """Try a code that a stranger sent."""
        salt, now = await self._records.salt(), self._clock()
        done = await self._records.do(lambda connection: pairing.redeem(connection, salt, user, code, now))
        if done == "welcome":
            (await self._known())[user] = "allowed"
        return done

    async def first(self, who: int, kind: str, seconds: float) -> bool:
        """Whether this is the first of its kind towards this id for so many seconds; then the time begins anew."""
        now = self._clock()

        def note(connection: sqlite3.Connection) -> bool:
            done = connection.execute(
                "INSERT INTO notices VALUES (?, ?, ?) ON CONFLICT (who, kind) DO UPDATE SET at = excluded.at "
                "WHERE at <= ? OR at > excluded.at",  # a clock that was set back must not silence us for long
                (who, kind, now, now - seconds),
            )
            return done.rowcount == 1

        return await self._records.do(note)

    async def deep_link(self, verb: str) -> str:
        """A /start payload that only we can make: 64 characters at most, A-Z a-z 0-9 _ -."""
        return f"{verb}-{_keyed(await self._records.salt(), verb)}"

    async def read_deep_link(self, payload: str) -> str | None:
        """What a /start payload of ours says; None for all others, which have no effect."""
        verb, _, digest = payload.rpartition("-")
        ours = _keyed(await self._records.salt(), verb)
        return verb if verb and hmac.compare_digest(ours.encode(), digest.encode()) else None

    async def _known(self) -> dict[int, Standing]:
        async with self._loading:
            if self._standing is None:
                standing = await self._records.do(pairing.standings)
                self._was = dict(
                    await self._records.do(lambda c: c.execute("SELECT id, was FROM supergroups").fetchall())
                )
                self._standing = standing
        return self._standing

    def _role(self, user: int, standing: Mapping[int, Standing]) -> Role:
        if user in self.settings.admins:
            return "admin"
        if standing.get(user) == "denied":
            return "stranger"
        let_in = self.settings.access == "open" or user in self.settings.users or standing.get(user) == "allowed"
        return "member" if let_in else "stranger"

    def _group_allowed(self, chat: int, standing: Mapping[int, Standing]) -> bool:
        decided = standing.get(chat)
        return decided == "allowed" or (chat in self.settings.groups and decided != "denied")


def _keyed(salt: bytes, text: str) -> str:
    digest = hmac.digest(salt, b"link " + text.encode(), "sha256")[:12]
    return base64.b32encode(digest).decode().rstrip("=").lower()
