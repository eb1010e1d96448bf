"""A forwarded message or a pasted quote -> whether it stands in the articles word for word.

Comes in: text that is no question. Goes out: one message: exact, altered with the differing words shown, or not in this
archive; always with the source, or with what was searched. The promise: a quote is called exact only if the archive
says so of every word. Knows nothing of how texts are compared.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from difflib import SequenceMatcher
from typing import TYPE_CHECKING

from bot.chat_telegram.asking import Busy, Covered
from bot.chat_telegram.giving import Asked
from bot.chat_telegram.office import Office
from bot.chat_telegram.parts import Kind, Piece, parts
from bot.chat_telegram.wording import BUSY, EXPANDABLE, cited, covers, quote, source
from bot.cite import Citation
from index.errors import IndexMissing

if TYPE_CHECKING:
    from bot.quoted import Verdict

LONGEST = 4096  # characters that are compared; a longer text can't come in one message
_PLACES = 3
_FEWEST_WORDS = 4  # between quotation marks: shorter ones are names and titles, which people ask about
_LONG = 25  # words of a text without a question that is taken for a quote
_MARKS = {"“": "”", '"': '"', "„": "“", "«": "»", "»": "«", "‘": "’", "「": "」", "『": "』"}
_ASKS = re.compile(
    r"(?:who|whom|whose|what|which|when|where|why|how|is|are|was|were|do|does|did|has|have|had|can|could|will|would|should|"
    r"may|might|tell|give|list|name|show|explain|find|describe|summari[sz]e|please)\b", re.IGNORECASE,
)  # fmt: skip
_WORD = re.compile(r"\S+")
_EDGE = re.compile(r"^\W+|\W+$")


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


async def check(office: Office, asked: Asked) -> None:
    """Say what the archive says of the text."""
    text = unquoted(asked.text)[:LONGEST]
    scope = await office.access.scope(asked.chat)
    try:
        async with office.sender.typing(asked.chat, asked.thread):
            verdict = await office.asking.quoted(text, scope) if text else None
            covered = await office.asking.covered(scope)
    except Busy:
        verdict, pieces = None, (Piece(BUSY),)
    except IndexMissing:
        verdict, pieces = None, (Piece(covers(Covered(0))),)
    else:
        pieces = tuple(checked(text, verdict, covered)) if verdict else (Piece(_NOTHING),)
    reply_to = asked.message  # a check is about that very message
    await office.sender.send(asked.chat, parts(pieces), reply_to=reply_to, thread=asked.thread)


_NOTHING = "Send me the quote behind the command, or reply with it to a message."


def checked(text: str, verdict: Verdict, covered: Covered) -> Iterator[Piece]:
    """The verdict in words, with its sources."""
    if verdict.kind == "exact":
        yield Piece("In the articles, word for word.", "bold")
        for citation in verdict.places[:_PLACES]:
            yield Piece("\n\n")
            yield from cited(citation)
    elif verdict.kind == "altered" and verdict.places:
        yield from _altered(text, verdict.places[0])
    else:
        yield Piece("Not in this archive.", "bold")
        yield Piece(
            f" No sentence reads like it. {covers(covered)} That does not make it wrong: it may stand elsewhere."
        )


def _altered(text: str, place: Citation) -> Iterator[Piece]:
    yours, theirs = differing(text, place.quote)
    yield Piece("Close to a sentence in the articles, but not word for word.", "bold")
    yield Piece("\n\nAs you sent it; words that the article does not have are struck through:\n")
    kind: Kind = "expandable" if len(text) > EXPANDABLE else "quote"
    yield Piece(text, kind, marks=tuple((start, end, "strike") for start, end in yours))
    yield Piece("\n\nAs the article has it; words that yours does not have are bold:\n")
    yield from source(place)
    yield Piece("\n")
    yield replace(quote(place), answer=None, marks=tuple((start, end, "bold") for start, end in theirs))


def differing(text: str, original: str) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
    """Where the words differ: spans of the text that the original lacks, and of the original that the text lacks."""
    yours, theirs = list(_WORD.finditer(text)), list(_WORD.finditer(original))
    matcher = SequenceMatcher(None, [_bare(one[0]) for one in yours], [_bare(one[0]) for one in theirs], autojunk=False)
    struck, bold = [], []
    for tag, a, b, c, d in matcher.get_opcodes():
        if tag != "equal":
            struck += [(yours[a].start(), yours[b - 1].end())] if b > a else []
            bold += [(theirs[c].start(), theirs[d - 1].end())] if d > c else []
    return struck, bold


def _bare(word: str) -> str:
    return _EDGE.sub("", word) or word
