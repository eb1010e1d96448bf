"""Characters as a source wrote them -> canonical text, the one text that every offset refers to.

Comes in: text of any origin. Goes out: `Canonical`, the text and flags that count what was taken out or noticed.
The promises others lean on: canonicalising twice changes nothing, the result can be encoded as UTF-8, and it holds no
control character but newline and tab, no surrogate, no private or unassigned character, no bidi control and no
invisible text. No word is rewritten: letters that imitate others are flagged and left. Time is linear in the length.
Knows nothing of articles and formats.

The result depends on Python's Unicode tables (what is assigned, what composes), so `CANONICAL_VERSION` names them.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from dataclasses import dataclass
from functools import lru_cache

from index.errors import DocumentRejected

CANONICAL_VERSION = f"1-unicode{unicodedata.unidata_version}"

# What a terminal would obey: CSI, strings up to their end (OSC, DCS, SOS, PM, APC), and choices of character set.
# An unfinished string loses only its introducer, so that nothing readable disappears with it.
_ESCAPE = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]"
    r"|(?:\x1b[\]PX^_]|[\x90\x98\x9d-\x9f])[^\x07\x1b\x9c\n]*(?:\x07|\x1b\\|\x9c)"
    r"|\x1b[()*+\-./#%][0-~]|\x1b[\[\]PX^_=>78]"
)
_BLANK_LINES = re.compile(r"\n{4,}")

_BIDI = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_ZERO_WIDTH = frozenset("\u200b\u2060\ufeff\u00ad")
_NEWLINES = frozenset("\x0b\x0c\r\x1c\x1d\x1e\x85\u2028\u2029")
_JOINERS = frozenset("\u200c\u200d")
# Letters and marks that draw nothing: Hangul fillers and the grapheme joiner.
_FILLERS = frozenset("\u034f\u3164\uffa0")
# Format characters that are seen: Arabic, Syriac and Kaithi number signs (prepended marks), Egyptian layout.
_SEEN_FORMAT = frozenset("\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u0890\u0891\u08e2\U000110bd\U000110cd")

# Scripts in which a joiner changes what is read: Arabic and its kin, and those of India and South-East Asia.
_JOINING = re.compile("[\u0600-\u08ff\u0900-\u0dff\u0f00-\u0fff\u1000-\u109f\u1780-\u18af\ufb50-\ufdff\ufe70-\ufefc]")
_EMOJI = re.compile("[\u2190-\u2bff\u3030\u303d\u3297\u3299\U0001f000-\U0001faff]")
_IDEOGRAPH = re.compile("[\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")

# Cyrillic and Greek letters drawn like Latin ones; a word that mixes them with Latin imitates another word.
_LOOKALIKE = (
    "\u0430\u0435\u043e\u0440\u0441\u0443\u0445\u0456\u0458\u0455\u0501\u04bb\u051b\u051d\u0475\u0410\u0412\u0415"
    "\u041a\u041c\u041d\u041e\u0420\u0421\u0422\u0425\u0406\u0408\u0405\u0391\u0392\u0395\u0396\u0397\u0399\u039a"
    "\u039c\u039d\u039f\u03a1\u03a4\u03a5\u03a7\u03bd\u03bf\u03b1\u03c1"
)
_LOOKALIKES = frozenset(_LOOKALIKE)
_LATIN = "A-Za-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u024f"
_MIXED = re.compile(f"(?:[{_LATIN}][{_LOOKALIKE}]|[{_LOOKALIKE}][{_LATIN}])")
_WORD = re.compile(r"[^\W\d_]+")

# More marks on one letter than any language writes (Unicode's stream-safe format, UAX 15 section 13, has 30 too).
# Without a limit, composing a long run of marks takes quadratic time: docs/LOG.md.
_MARKS = 30

_FLAGS = {
    "bidi": "bidi_stripped",
    "control": "control_stripped",
    "fill": "invisible_text",
    "invisible": "invisible_text",
    "joiner": "zero_width_stripped",
    "private": "private_stripped",
    "selector": "invisible_text",
    "unassigned": "unassigned_stripped",
    "zero_width": "zero_width_stripped",
}


@dataclass(frozen=True, slots=True)
class Canonical:
    """Canonical text, and what was done to get it: flags such as `bidi_stripped=2`, in alphabetical order."""

    text: str
    flags: tuple[str, ...] = ()


def canonicalise(text: str) -> Canonical:
    """The one text that offsets refer to; rejected as `bad_text` if it holds half of a surrogate pair.

    Line ends become newlines, spaces at line ends go, and more than two blank lines in a row become two. Tabs and
    the many kinds of space inside a line stay as they are.
    """
    characters = set(text)
    kinds = {character: kind for character in characters if (kind := _kind(character))}
    counts: Counter[str] = Counter()
    if kinds:
        text = _stripped(text, kinds, counts)
    text = _composed(text, characters, counts)
    if any(kind in ("joiner", "selector") for kind in kinds.values()):
        text = _composed(_without_idle_joiners(text, counts), characters, counts)
    text = "\n".join(line.rstrip() for line in text.split("\n"))
    if "\n\n\n\n" in text:
        text = _BLANK_LINES.sub("\n\n\n", text)
    text = text.strip()
    if not text.isascii():
        counts["replacement"] = text.count("\ufffd")
        if not _LOOKALIKES.isdisjoint(characters):
            counts["confusable"] = sum(1 for word in _WORD.finditer(text) if _MIXED.search(word[0]))
    return Canonical(text, tuple(sorted(f"{flag}={count}" for flag, count in counts.items() if count)))


def one_line(text: str) -> str:
    """Canonical text with every run of white space as one space: for titles, names and other metadata."""
    return " ".join(canonicalise(text).text.split())


@lru_cache(maxsize=65536)
def _sits_on_another(character: str) -> bool:
    return unicodedata.combining(character) != 0


@lru_cache(maxsize=65536)
def _kind(character: str) -> str:
    """Why a character needs a look; empty for nearly all."""
    if " " <= character <= "~" or character in "\n\t":
        return ""
    for kind, members in (("newline", _NEWLINES), ("bidi", _BIDI), ("zero_width", _ZERO_WIDTH), ("joiner", _JOINERS)):
        if character in members:
            return kind
    if "\ufe00" <= character <= "\ufe0f" or "\U000e0100" <= character <= "\U000e01ef":
        return "selector"
    if character in _FILLERS:
        return "fill"
    category = unicodedata.category(character)
    if category == "Cf":
        seen = character in _SEEN_FORMAT or "\U00013430" <= character <= "\U0001345f"
        return "" if seen else "invisible"
    return {"Cc": "control", "Cs": "surrogate", "Co": "private", "Cn": "unassigned"}.get(category, "")


def _stripped(text: str, kinds: dict[str, str], counts: Counter[str]) -> str:
    """The text without what is never kept, and with newlines for every kind of line end."""
    if "surrogate" in kinds.values():
        at, bad = next((i, character) for i, character in enumerate(text) if kinds.get(character) == "surrogate")
        raise DocumentRejected("bad_text", f"lone_surrogate U+{ord(bad):04X} at character {at}")
    if "\x1b" in kinds or "control" in kinds.values():
        text, counts["escapes_stripped"] = _ESCAPE.subn("", text)
    text = text.replace("\r\n", "\n")
    changed = {ord(c): "\n" if kind == "newline" else None for c, kind in kinds.items() if kind not in _CONDITIONAL}
    if changed:
        for character, count in Counter(character for character in text if ord(character) in changed).items():
            if flag := _FLAGS.get(kinds[character]):
                counts[flag] += count
        text = text.translate(changed)
    return text


_CONDITIONAL = ("joiner", "selector")


def _composed(text: str, characters: set[str], counts: Counter[str]) -> str:
    """The text in Unicode's composed form (NFC), no letter carrying more than 30 marks.

    `characters` holds those of the text, and may hold more.
    """
    if text.isascii():
        return text
    text = _few_marks(text, characters, counts)
    if unicodedata.is_normalized("NFC", text):
        return text
    # Once more: composing may first take marks apart (U+0344 is two of them) and so lengthen a run.
    text = unicodedata.normalize("NFC", text)
    return _few_marks(text, set(text), counts)


def _few_marks(text: str, characters: set[str], counts: Counter[str]) -> str:
    marks = "".join(character for character in characters if _sits_on_another(character))
    if not marks:
        return text
    shorter = re.sub(f"([{marks}]{{{_MARKS}}})[{marks}]+", r"\1", text)
    counts["marks_stripped"] += len(text) - len(shorter)
    return shorter


def _without_idle_joiners(text: str, counts: Counter[str]) -> str:
    """The text without joiners and variation selectors that join or vary nothing: they could carry hidden words.

    A joiner stays after a letter of a script that joins, and between emoji; a selector stays when it is the first
    after its character, the supplementary ones (U+E0100 on) only after an ideograph. What decides is a base that
    neither composing nor dropping other characters changes; hence canonicalising stays idempotent.
    """
    kept: list[str] = []
    base = ""
    for i, character in enumerate(text):
        kind = _kind(character)
        if kind == "joiner":
            following = text[i + 1 : i + 2]
            keep = bool(_JOINING.match(base) or (_EMOJI.match(base) and _EMOJI.match(following)))
        elif kind == "selector":
            before = text[i - 1 : i] if i else ""
            varies = _IDEOGRAPH.match(before) if character > "\uffff" else before.strip() and not _kind(before)
            keep = bool(varies)
        else:
            keep = True
        if keep:
            kept.append(character)
        else:
            counts[_FLAGS[kind]] += 1
        # Marks and first selectors sit on the base and do not change it; a second joiner in a row joins nothing.
        if kind != "selector" and not _sits_on_another(character):
            base = character
    return "".join(kept)
