"""Clean questions and passages -> what people type and what pages look like.

Comes in: a question, or a passage with spans, and a random generator. Goes out: the same with typing slips, words
left out, other quotation marks, lost case, or lines of a page around it; spans still name the same characters.
The rules and the lines are our own. Knows nothing of tokens or models.
"""

from __future__ import annotations

import random
import re

from training.data import Span

_BEFORE = (
    "Advertisement", "Share this article", "Home > World", "Breaking news", "Listen to this story", "By staff writers",
    "Published: 10:42", "Updated 3 hours ago", "Image source, Agency", "Read more:", "Live updates", "Menu", "Opinion",
    "(Agency) –", "EXCLUSIVE:", "Photo: handout", "What we know so far",
)  # fmt: skip
_AFTER = (
    "Follow us", "Sign up for our newsletter.", "Read more", "Most popular", "Share", "Comments are closed.",
    "All rights reserved.", "Get in touch with the newsroom.", "Related topics", "Subscribe today", "Advertisement",
    "Don't miss a story: turn on notifications.", "This is a developing story.", "More on this",
)  # fmt: skip
_EMPTY_WORDS = frozenset(
    "who what when where why how which whom whose is are was were be been do does did has have had the a an of in on "
    "at to for by with that this it its".split()
)
_CURLY = str.maketrans({'"': "“", "'": "’"})
_STRAIGHT = str.maketrans({"“": '"', "”": '"', "‘": "'", "’": "'"})


def question_variant(question: str, rng: random.Random) -> str:
    """The question as it is (mostly), mistyped, cut to its key words, or without its question mark."""
    roll = rng.random()
    if roll < 0.08:
        question = _mistype(question, rng)
    elif roll < 0.14:
        question = _telegraphic(question)
    elif roll < 0.20:
        question = _without_one_small_word(question, rng)
    if rng.random() < 0.3:
        question = question.rstrip("? ")
    return question


def _mistype(question: str, rng: random.Random) -> str:
    """One slip in one longer word: two letters swapped, one left out, doubled or replaced."""
    places = list(re.finditer(r"[^\W\d_]{4,}", question))
    if not places:
        return question
    match = rng.choice(places)
    word = match.group()
    i = rng.randrange(1, len(word) - 1)
    slips = (
        word[:i] + word[i + 1] + word[i] + word[i + 2 :],
        word[:i] + word[i + 1 :],
        word[:i] + word[i] + word[i:],
        word[:i] + rng.choice("aeiourstnl") + word[i + 1 :],
    )
    return question[: match.start()] + rng.choice(slips) + question[match.end() :]


def _telegraphic(question: str) -> str:
    """Only the words that carry meaning, the question word kept when it narrows the answer."""
    words = question.rstrip("? ").split()
    kept = [w for i, w in enumerate(words) if w.lower() not in _EMPTY_WORDS or (i == 0 and w.lower() != "what")]
    return " ".join(kept) if len(kept) >= 3 else question


def _without_one_small_word(question: str, rng: random.Random) -> str:
    words = question.split()
    small = [i for i, word in enumerate(words) if i and word.lower() in _EMPTY_WORDS]
    if small:
        del words[rng.choice(small)]
    return " ".join(words)


def passage_variant(text: str, spans: tuple[Span, ...], rng: random.Random) -> tuple[str, tuple[Span, ...]]:
    """The passage as it is (mostly), or with other quotation marks, without case, with page lines around it."""
    if rng.random() < 0.15:
        text = text.translate(rng.choice((_CURLY, _STRAIGHT)))
    if rng.random() < 0.08:
        lowered = text.lower()
        text = lowered if len(lowered) == len(text) else text
    if rng.random() < 0.12:
        lead = "\n".join(rng.sample(_BEFORE, rng.choice((1, 1, 2)))) + rng.choice(("\n", "\n\n", " "))
        text = lead + text
        spans = tuple((start + len(lead), end + len(lead)) for start, end in spans)
    if rng.random() < 0.12:
        text = text + rng.choice(("\n", "\n\n")) + "\n".join(rng.sample(_AFTER, rng.choice((1, 2, 3))))
    return text, spans
