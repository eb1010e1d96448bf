"""A person's line -> Question: what is shown, and what is searched for.

Comes in: any string a person may type or paste. Goes out: a Question whose `text` is canonical like the articles'
and whose `key` has look-alike letters, widths and piled-up accents folded away; the key is for searching and
reading only and is never shown. The promise: nothing is tokenised before its length is known. Knows nothing of
the articles.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from bot.errors import QuestionRefused
from index.canonical import canonicalise
from index.errors import DocumentRejected

# Letters of other scripts that are drawn like Latin ones (from Unicode's confusables, those in common use).
_LOOKALIKES = str.maketrans(
    "АВСЕНІЈКМОРЅТХасеіјорѕухԁһΑΒΕΖΗΙΚΜΝΟΡΤΥΧοαν", "ABCEHIJKMOPSTXaceijopsyxdhABEZHIKMNOPTYXoav"
)
_WORD = re.compile(r"[^\W\d_]+")
_MARKS = 8


@dataclass(frozen=True, slots=True)
class Question:
    """`text` is what was asked, in canonical form; `key` is what is searched and read with."""

    text: str
    key: str


def question(line: str, max_chars: int) -> Question:
    """The question in a line; raises `QuestionRefused` (`empty_question`, `question_too_long`, `bad_text`)."""
    if len(line) > max_chars:
        raise QuestionRefused(
            "question_too_long", f"that is {len(line):,} characters; please ask in at most {max_chars:,}"
        )
    try:
        text = canonicalise(line).text.strip()
    except DocumentRejected:
        raise QuestionRefused(
            "bad_text", "the question holds characters that are no text; please type it again"
        ) from None
    text = " ".join(text.split())
    if not any(c.isalnum() for c in text):
        raise QuestionRefused("empty_question", "please ask a question, for example: who declared the caliphate over?")
    return Question(text, _key(text))


def _key(text: str) -> str:
    # people leave the mark out as often as not, and an answer must not hang on it
    text = _capped(unicodedata.normalize("NFKC", text)).rstrip("?!. ")
    return _WORD.sub(lambda match: _latin(match.group()), text)


def _latin(word: str) -> str:
    """A word that mixes Latin letters with look-alikes, or is made of look-alikes alone beside a Latin one, in Latin."""
    folded = word.translate(_LOOKALIKES)
    mixed = any(c.isascii() for c in word) and not word.isascii()
    return folded if mixed and folded.isascii() else word


def _capped(text: str) -> str:
    """At most eight combining marks on a letter: more is noise that only costs time."""
    kept, marks = [], 0
    for c in text:
        marks = marks + 1 if unicodedata.combining(c) else 0
        if marks <= _MARKS:
            kept.append(c)
    return "".join(kept)
