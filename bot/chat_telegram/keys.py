"""Buttons of answers: what is written on them, and the data that comes back when they are pressed.

Comes in: a stored answer and the records' salt. Goes out: keyboards; and from a button's data, which anybody can
forge, the `Key` that was meant. The promise: `genuine` is true only for data made here for that very answer, in its
chat and for its asker; data is at most 64 bytes. Knows nothing of what a press does.
"""

from __future__ import annotations

import base64
import hmac
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from telegram import CopyTextButton, InlineKeyboardButton, InlineKeyboardMarkup

from bot.chat_telegram.answers import Stored
from bot.chat_telegram.link import link
from bot.chat_telegram.parts import units
from bot.chat_telegram.wording import copied
from bot.cite import Citation

# back to the answer, context, source page, more, nothing, right, wrong, reason, ask again
Action = Literal["a", "c", "s", "m", "n", "u", "d", "r", "g"]
_DATA = re.compile(r"v1:([a-z]):([0-9a-z]{1,13}):([0-9]{1,3}):([A-Za-z0-9_-]{16})")
_COPIED = 256  # UTF-16 units: https://core.telegram.org/bots/api#copytextbutton
_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"

# What may have been wrong with an answer, and with having none; the stored word, and the button's.
WRONG = (
    ("wrong_answer", "The answer is wrong"), ("other_question", "Not what I asked"),
    ("not_in_articles", "Should be “not found”"), ("other", "Something else"),
)  # fmt: skip
MISSED = (("in_articles", "It is in the articles"), ("other_question", "Not what I asked"), ("other", "Something else"))


@dataclass(frozen=True, slots=True)
class Key:
    """What a button's data says: an action on an answer, a number that goes with it, and the digest that vouches for it."""

    action: Action
    answer: int
    number: int
    digest: str


@dataclass(frozen=True, slots=True)
class Keyring:
    """The salt, and whether thumbs are shown."""

    salt: bytes
    feedback: bool = True

    def data(self, stored: Stored, action: Action, number: int = 0) -> str:
        """A button's data."""
        body = f"v1:{action}:{_base36(stored.id)}:{number}"
        return f"{body}:{self._digest(body, stored)}"

    def genuine(self, key: Key, stored: Stored) -> bool:
        """Whether the key was made for that answer, in constant time."""
        body = f"v1:{key.action}:{_base36(key.answer)}:{key.number}"
        return hmac.compare_digest(key.digest, self._digest(body, stored))

    def under(self, stored: Stored, rated: str | None = None) -> InlineKeyboardMarkup | None:
        """The keyboard of an answer; `rated` is the thumb that was given."""
        reply = stored.reply
        if reply is None:
            return self.again(stored)
        shown = citations(stored)
        named = ["Context"] if len(shown) == 1 else [f"Context {citation.marker}" for citation in shown]
        context = [self._button(name, stored, "c", i) for i, name in enumerate(named)]
        row = [self._button("Sources", stored, "s")] if shown else []
        row += [self._button("More", stored, "m")] if reply.more else []
        copy = copied(reply.answer)
        row += [InlineKeyboardButton("Copy", copy_text=CopyTextButton(copy))] if copy and units(copy) <= _COPIED else []
        thumbs = [
            self._button("👍 Right ✓" if rated == "right" else "👍 Right", stored, "u"),
            self._button("👎 Wrong ✓" if rated == "wrong" else "👎 Wrong", stored, "d"),
        ]
        judged = self.feedback and (
            bool(shown) or reply.answer.reason in ("nothing_close", "no_answer_in_articles", "not_from_outlet")
        )
        rows = [*_rows(context, 3), row, thumbs if judged else []]
        return InlineKeyboardMarkup([row for row in rows if row]) if any(rows) else None

    def back(self, stored: Stored) -> InlineKeyboardMarkup:
        """The keyboard of a look at something beside the answer."""
        return InlineKeyboardMarkup([[self._button("Back to the answer", stored, "a")]])

    def pages(self, stored: Stored, page: int) -> InlineKeyboardMarkup:
        """The keyboard of a source's page, counted from 0."""
        shown = citations(stored)
        row = [self._button("‹ Previous", stored, "s", page - 1)] if page else []
        row += [self._button(f"{page + 1}/{len(shown)}", stored, "n")] if len(shown) > 1 else []
        row += [self._button("Next ›", stored, "s", page + 1)] if page + 1 < len(shown) else []
        url = link(shown[page])
        opened = [InlineKeyboardButton("Open article", url=url)] if url else []
        rows = [row, [*opened, self._button("Back to the answer", stored, "a")]]
        return InlineKeyboardMarkup([row for row in rows if row])

    def reasons(self, stored: Stored) -> InlineKeyboardMarkup:
        """The keyboard that asks what was wrong."""
        rows = _rows([self._button(words, stored, "r", i) for i, (_, words) in enumerate(reasons(stored))], 2)
        return InlineKeyboardMarkup([*rows, [self._button("Back to the answer", stored, "a")]])

    def again(self, stored: Stored, back: bool = False) -> InlineKeyboardMarkup:
        """The keyboard that offers to ask the question again."""
        row = [self._button("Ask it again", stored, "g")]
        return InlineKeyboardMarkup([[*row, self._button("Back", stored, "a")] if back else row])

    def _button(self, words: str, stored: Stored, action: Action, number: int = 0) -> InlineKeyboardButton:
        return InlineKeyboardButton(words, callback_data=self.data(stored, action, number))

    def _digest(self, body: str, stored: Stored) -> str:
        said = f"{body} {stored.place} {stored.asker}".encode()
        return base64.urlsafe_b64encode(hmac.digest(self.salt, b"button " + said, "sha256")[:12]).decode()


def read(data: object) -> Key | None:
    """What a button's data says; None for what cannot be ours."""
    found = _DATA.fullmatch(data) if isinstance(data, str) else None
    if found is None or found[1] not in get_args(Action):
        return None
    answer = int(found[2], 36)
    action: Action = found[1]  # type: ignore[assignment]  # looked up just above
    return Key(action, answer, int(found[3]), found[4]) if answer < 2**63 else None


def citations(stored: Stored) -> tuple[Citation, ...]:
    """What the answer's numbers stand for: its citations, or the nearest sentences."""
    return (stored.reply.answer.citations or stored.reply.answer.nearest) if stored.reply else ()


def reasons(stored: Stored) -> Sequence[tuple[str, str]]:
    """What may be wrong with the answer."""
    return WRONG if stored.reply is not None and stored.reply.answer.status == "answered" else MISSED


def _rows(buttons: Sequence[InlineKeyboardButton], width: int) -> list[list[InlineKeyboardButton]]:
    return [list(buttons[i : i + width]) for i in range(0, len(buttons), width)]


def _base36(number: int) -> str:
    digits = ""
    while number:
        number, digit = divmod(number, 36)
        digits = _DIGITS[digit] + digits
    return digits or "0"
