"""A question in a chat -> its answer in the same chat, stored so that its buttons work.

Comes in: what was asked, by whom, where. Goes out: one message (or, where it is too long, several), or the old ones
changed. The promises: typing is shown at once; whoever cannot be answered now is told so, with a button to ask again;
an answer is stored before it is sent, so no button is ever without its answer. Knows nothing of updates.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from telegram import InlineKeyboardMarkup

from bot.chat_telegram.answers import Given, keep, salt_of, sent
from bot.chat_telegram.asking import Busy
from bot.chat_telegram.keys import Keyring
from bot.chat_telegram.office import Office
from bot.chat_telegram.parts import Part, Piece, parts
from bot.chat_telegram.said_before import whole
from bot.chat_telegram.wording import BUSY, STALE, answered, nothing_indexed
from index.errors import IndexMissing

_SEVERAL = 60.0  # seconds since the last answer in a chat: questions are then likely to cross, so answers are replies
_QUOTED = 300  # characters of a question that are said again
_LEFT_OVER = "(This part belonged to an earlier answer.)"


@dataclass(frozen=True, slots=True)
class Asked:
    """A question as it came: who asks where, in which message and topic, and which of the bot's messages it answers."""

    chat: int
    user: int
    message: int
    text: str
    thread: int | None = None
    to: int | None = None


async def give(office: Office, asked: Asked, over: Sequence[int] = ()) -> None:
    """Answer the question, in place of the messages `over` where there are any; raises what cannot be mended."""
    text, used = shortened(asked.text, office.config.question.max_chars)
    scope = await office.access.scope(asked.chat)
    understood = await whole(office, asked.chat, asked.user, asked.message, text, scope, asked.to)
    if understood is not None:
        understood, _ = shortened(understood, office.config.question.max_chars)
        asked = replace(asked, text=understood)  # so that it can be asked again whatever was said meanwhile
    try:
        async with office.sender.typing(asked.chat, asked.thread):
            reply = await office.asking.ask(asked.text if understood else text, scope, asked.user)
    except Busy:
        await _offer(office, asked, (Piece(BUSY),), over)
        return
    except IndexMissing:
        reply = nothing_indexed(text)
    if understood is not None:
        reply = replace(reply, answer=replace(reply.answer, question=text, understood=understood))
    given = Given(asked.chat, asked.user, asked.message, understood or text, scope, reply)
    await _show(office, asked, given, answered(reply, used), over)


async def offer_again(office: Office, asked: Asked) -> None:
    """Say that the question came too late, and offer to ask it again."""
    said = " ".join(asked.text.split())
    shown = said if len(said) <= _QUOTED else f"{said[:_QUOTED].rstrip()}…"
    await _offer(office, asked, (Piece(f"{STALE}\n"), Piece(shown, "italic")), ())


def shortened(text: str, most: int) -> tuple[str, int | None]:
    """The question's beginning, cut between words, and how many characters that are, where it was longer."""
    if len(text) <= most:
        return text, None
    cut = text[:most]
    words = cut.rsplit(None, 1)[0] if any(c.isspace() for c in cut[most // 2 :]) else cut
    return words, most


async def keyring(office: Office) -> Keyring:
    """What makes and reads buttons."""
    return Keyring(await salt_of(office.records), office.config.telegram.feedback)


async def _offer(office: Office, asked: Asked, pieces: Sequence[Piece], over: Sequence[int]) -> None:
    text, _ = shortened(asked.text, office.config.question.max_chars)
    await _show(office, asked, Given(asked.chat, asked.user, asked.message, text, None, None), pieces, over)


async def _show(office: Office, asked: Asked, given: Given, pieces: Sequence[Piece], over: Sequence[int]) -> None:
    now = office.clock()
    stored, before = await keep(office.records, given, now)
    crowded = asked.chat < 0 or (before is not None and now - before < _SEVERAL)
    keyboard = (await keyring(office)).under(stored)
    made = parts(pieces)
    kept = await _replace(office, asked, made, keyboard, [message for message in over if message]) if over else ()
    reply_to = asked.message if crowded and not kept else None
    rest = made[len(kept) :]
    new = await office.sender.send(
        asked.chat, rest, reply_to=reply_to, thread=asked.thread, keyboard=keyboard
    ) if rest else ()  # fmt: skip
    sent(office.records, stored.id, (*kept, *new))


async def _replace(
    office: Office, asked: Asked, made: Sequence[Part], keyboard: InlineKeyboardMarkup | None, over: Sequence[int]
) -> tuple[int, ...]:
    """Put the parts in place of the messages; those that were changed. Where one is gone, all are sent anew."""
    changed: list[int] = []
    for i, message in enumerate(over):
        part = made[i] if i < len(made) else Part(_LEFT_OVER)
        if not await office.sender.edit(asked.chat, message, part, keyboard if i == len(made) - 1 else None):
            return ()
        changed.append(message)
    return tuple(changed[: len(made)])
