"""A forwarded message or a pasted quote -> whether it stands in the articles word for word.

Comes in: text that is no question. Goes out: one message: exact, altered with the differing words shown, or not in this
archive; always with the source, or with what was searched. The promise: a quote is called exact only if the archive
says so of every word. Knows nothing of how texts are compared.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from bot.aligned import Difference
from bot.chat_telegram.asking import Busy, Covered
from bot.chat_telegram.giving import Asked
from bot.chat_telegram.office import Office
from bot.chat_telegram.parts import Kind, Piece, parts
from bot.chat_telegram.sorting import ADDRESS
from bot.chat_telegram.wording import BUSY, cited, covers, quote, source
from bot.errors import QuestionRefused
from bot.quoted import Verdict
from index.errors import IndexMissing

_PLACES = 3
_DIFFERENCES, _LONGEST_DIFFERENCE = 12, 200
_FEWEST_WORDS = 4  # between quotation marks: shorter ones are names and titles, which people ask about
_LONG = 25  # words of a text without a question that is taken for a quote
_MARKS = {"“": "”", '"': '"', "„": "“", "«": "»", "»": "«", "‘": "’", "「": "」", "『": "』"}
_ASKS = re.compile(
    r"(?:who|whom|whose|what|which|when|where|why|how|is|are|was|were|do|does|did|has|have|had|can|could|will|would|should|"
    r"may|might|tell|give|list|name|show|explain|find|describe|summari[sz]e|please|"
    r"(?:i|we)(?:['’]d| would| want| need| wonder| am looking))\b", re.IGNORECASE,
)  # fmt: skip
_ADDRESS_BEFORE = re.compile(rf"\s*[(<\[]?{ADDRESS.pattern}>?(?:\s+|$)", re.IGNORECASE)
_ADDRESS_BEHIND = re.compile(rf"[(<\[]?{ADDRESS.pattern}>?", re.IGNORECASE)
_TO_ADD = "\n\nTo add the article that it leads to, send me its address alone."
_REFUSED = {
    "empty_question": "Send me the quote behind the command, or reply with /check to the message that holds it.",
    "question_too_long": "That is too long to be checked at once. Please send a shorter part.",
    "bad_text": "The text holds characters that are no text. Please paste it again.",
}


def is_quote(text: str, *, forwarded: bool = False) -> bool:
    """Whether a message is a text to be checked, not a question to be answered."""
    words = text.split()
    asks = text.rstrip('”"’» ').endswith(("?", "؟", "？"))
    if forwarded:
        return not (asks and len(words) < _LONG)
    inner = unquoted(text)
    if inner != text.strip():
        return len(inner.split()) >= _FEWEST_WORDS
    return len(words) >= _LONG and not asks and not _ASKS.match(text)


def unquoted(text: str) -> str:
    """The text without the quotation marks that stand around all of it."""
    said = text.strip()
    for start, end in _MARKS.items():
        inner = said[1:-1]
        if len(said) > 2 and said[0] == start and said[-1] in (end, start if start in '"„' else end):
            return inner.strip() if start not in inner and end not in inner else said
    return said


def without_addresses(text: str) -> str:
    """The text without the addresses above and below it: where it was read, no part of what was said; within it they are."""
    while before := _ADDRESS_BEFORE.match(text):
        text = text[before.end() :]
    while (words := text.rsplit(maxsplit=1)) and _ADDRESS_BEHIND.fullmatch(words[-1]):
        text = words[0] if len(words) > 1 else ""
    return text


async def check(office: Office, asked: Asked) -> None:
    """Say what the archive says of the text."""
    text = unquoted(without_addresses(asked.text)) or asked.text
    scope = await office.access.scope(asked.chat)
    try:
        async with office.sender.typing(asked.chat, asked.thread):
            verdict = await office.asking.quoted(text, scope, asked.user)
            pieces = tuple(checked(verdict, await office.asking.covered(scope)))
        if verdict.kind == "absent" and ADDRESS.search(asked.text) and await office.access.role(asked.user) == "admin":
            pieces = (*pieces, Piece(_TO_ADD))
    except Busy:
        pieces = (Piece(BUSY),)
    except IndexMissing:
        pieces = (Piece(covers(Covered(0))),)
    except QuestionRefused as refused:
        pieces = (Piece(_REFUSED.get(refused.reason, str(refused))),)
    await office.sender.send(asked.chat, parts(pieces), reply_to=asked.message, thread=asked.thread)


def checked(verdict: Verdict, covered: Covered) -> Iterator[Piece]:
    """The verdict in words, with its sources."""
    if verdict.kind == "exact":
        yield Piece("In the articles, word for word.", "bold")
        for citation in verdict.places[:_PLACES]:
            yield Piece("\n\n")
            yield from cited(citation)
    elif verdict.kind == "altered":
        yield from _altered(verdict)
    else:
        yield Piece("Not in this archive.", "bold")
        yield Piece(f" No sentence reads like it. {covers(covered)} It may still stand elsewhere.")


def _altered(verdict: Verdict) -> Iterator[Piece]:
    place = verdict.places[0]
    yield Piece("Close to what an article says, but not word for word.", "bold")
    yield Piece("\n\nWhat differs; yours is struck through, the article's is bold:")
    for one in verdict.differences[:_DIFFERENCES]:
        yield from _difference(one)
    if len(verdict.differences) > _DIFFERENCES:
        yield Piece(f"\n• and {len(verdict.differences) - _DIFFERENCES} more")
    yield Piece("\n\n")
    yield from source(place)
    yield Piece("\n")
    spans = ((one.start - place.start, one.end - place.start) for one in verdict.differences)
    inside = [(max(0, start), min(end, len(place.quote))) for start, end in spans]
    marks: tuple[tuple[int, int, Kind], ...] = tuple((start, end, "bold") for start, end in inside if start < end)
    yield replace(quote(place), answer=None, marks=marks)


def _difference(one: Difference) -> Iterator[Piece]:
    yield Piece({"removed": "\n• left out: ", "added": "\n• put in: ", "changed": "\n• "}[one.kind])
    if one.text:
        yield Piece(_short(one.text), "strike")
    if one.kind == "changed":
        yield Piece(" instead of ")
    if one.article:
        yield Piece(_short(one.article), "bold")


def _short(words: str) -> str:
    line = " ".join(words.split())
    return line if len(line) <= _LONGEST_DIFFERENCE else f"{line[:_LONGEST_DIFFERENCE].rstrip()}…"
