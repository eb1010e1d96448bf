"""Strangers' text -> text that no client obeys, and where it holds what a client would make something to tap.

Comes in: article text, questions, names, addresses. Goes out: the text with controls, direction marks and invisible
characters written as escapes; spans of "/command", "@name" and addresses, which then stand as code; whether an
address may become a link. The promise: a canonical text comes out letter by letter as it went in. Telegram finds
commands, names and addresses in every text that a bot sends, whatever entities come with it; only code is left alone.
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from bot.visible import obeyed, visible

_LONGEST_URL = 2048
_MOST_TOKENS = 12  # in one run of text; a text with more is hostile, and near ones are taken together
_LINE = re.compile(r"[^\n\t]+")
_TOKEN = re.compile(
    r"""
    (?<![\w+.-]) [a-z][a-z0-9+.-]* :// \S+                                      # an address
  | (?<![\w.+-]) [\w.+-]+ @ [\w-]+ (?: \. [\w-]+ )+                             # of mail
  | (?<![\w.@-]) (?: [\w-]+ \. )+ [^\W\d_]{2,} (?: [/?\#:] \S* )?               # a host's name
  | (?<![\w.@-]) \d{1,3} (?: \. \d{1,3} ){3} (?! [\w.] ) (?: [/?\#:] \S* )?     # a host's number
  | (?<!\w) / \w+ (?: @ \w+ )?                                                  # a command
  | (?<!\w) @ \w+                                                               # a name
    """,
    re.VERBOSE | re.IGNORECASE,
)


def harmless(text: str) -> str:
    """The text with everything that moves, hides or turns other text written as an escape; lines and tabs stay."""
    return _LINE.sub(lambda found: visible(found[0]), text)


def tokens(text: str) -> list[tuple[int, int]]:
    """Where in the text something stands that a client would let people tap; in order, apart from each other."""
    found = [found.span() for found in _TOKEN.finditer(text)]
    near = 1
    while len(found) > _MOST_TOKENS:
        together: list[tuple[int, int]] = []
        for start, end in found:
            if together and start - together[-1][1] <= near:
                together[-1] = (together[-1][0], end)
            else:
                together.append((start, end))
        found, near = together, near * 2
    return found


def opens_token(text: str) -> int:
    """The length of what can be tapped at the very beginning of the text; 0 where there is nothing."""
    found = _TOKEN.match(text)
    return found.end() if found else 0


def safe_url(url: str | None) -> str | None:
    """The address if it may become a link: http or https with a host, no password in it, nothing invisible."""
    if not url or len(url) > _LONGEST_URL or obeyed(url) or any(c.isspace() for c in url):
        return None
    try:
        found = urlsplit(url)
        whole = found.scheme in ("http", "https") and found.hostname and found.port != 0
    except ValueError:  # a port that is no number, brackets that do not close
        return None
    return url if whole and "@" not in found.netloc and "\\" not in url else None
