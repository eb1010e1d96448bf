"""Text that may hold anything -> text that a terminal cannot obey.

Comes in: what strangers wrote (articles, questions, settings, file names). Goes out: the same with control, format
and lone surrogate characters written as escapes (`\\x1b`), so that nothing moves the cursor, changes colours, turns
the reading direction or breaks an encoder. For showing only: no quote that is checked or stored passes through here.
"""

from __future__ import annotations

import re

# Controls, C1 included; soft hyphen; direction and invisible format characters; line and paragraph separators; lone
# surrogates; tags. The joiners U+200C and U+200D stay: Persian, Hindi and many emoji are misspelt without them.
_OBEYED = re.compile(
    "[\x00-\x1f\x7f-\x9f\xad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ud800-\udfff\ufeff\ufff9-\ufffb"
    "\U000e0000-\U000e007f]"
)


def visible(text: str) -> str:
    """The text on one line: white space controls become spaces, all other obeyed characters become escapes."""
    return _OBEYED.sub(_escape, text)


def visible_lines(text: str) -> str:
    """The same, but a line feed stays a line feed."""
    return "\n".join(visible(line) for line in text.split("\n"))


def obeyed(text: str) -> bool:
    """Whether any character in the text is one that a terminal may obey."""
    return _OBEYED.search(text) is not None


def _escape(found: re.Match[str]) -> str:
    character = found[0]
    return " " if character in "\t\n\r\x0b\x0c\u2028\u2029" else character.encode("unicode_escape").decode("ascii")
