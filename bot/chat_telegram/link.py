"""A citation -> the address at which a browser shows its article, at the very sentence.

Comes in: an article's address and a quote from it. Goes out: the address with a text fragment, or without one where it
would grow too long; None where the address may not become a link. The promise: the address before its fragment is the
article's own, and the fragment's text is the quote's, percent-encoded throughout. Rules:
https://wicg.github.io/scroll-to-text-fragment/ (the directive is `text=start` or `text=start,end`; a hyphen, comma or
ampersand in a text must be encoded; a browser compares with white space collapsed, and looks for one text in one block).
"""

from __future__ import annotations

from urllib.parse import quote as percent

from bot.chat_telegram.inert import safe_url
from bot.cite import Citation

_WHOLE = 120  # characters of a quote that is looked for as it is; of a longer one, its first and last words
_WORDS = 6
_LETTERS = 40  # of a beginning or end in a script that writes no spaces
_LONGEST = 2048


def link(citation: Citation) -> str | None:
    """The address of the citation's article, at the quote, if it is one of a web page."""
    url = safe_url(citation.url)
    if url is None:
        return None
    plain, _, fragment = url.partition("#")
    element = fragment.partition(":~:")[0]
    whole = f"{plain}#{element}:~:text={_text(citation.quote)}"
    return whole if len(whole) <= _LONGEST else url


def _text(quote: str) -> str:
    words = quote.split()
    if len(quote) <= _WHOLE and "\n" not in quote:
        return _encoded(" ".join(words))
    first, last = _short(words[:_WORDS], end=False), _short(words[-_WORDS:], end=True)
    return f"{_encoded(first)},{_encoded(last)}"


def _short(words: list[str], *, end: bool) -> str:
    text = " ".join(words)
    if len(text) <= 2 * _LETTERS:
        return text
    return text[-_LETTERS:] if end else text[:_LETTERS]


def _encoded(text: str) -> str:
    """Every sign that is no letter, digit, underscore, full stop or tilde as its bytes in percent signs."""
    return percent(text, safe="", encoding="utf-8", errors="replace").replace("-", "%2D")
