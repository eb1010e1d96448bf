"""A paragraph -> the language whose sentence rules to use: a cheap guess, by script and by the commonest words.

Comes in: text. Goes out: a code that sentencex knows; "en" when nothing else is likelier. A wrong guess costs an
abbreviation here and there, never a letter. Knows nothing of dialects.
"""

from __future__ import annotations

import re
from typing import Final

_WORDS = re.compile(r"[^\W\d_]+")
# Enough for a dozen of the commonest words.
_SAMPLE = 600

_COMMON: Final[dict[str, frozenset[str]]] = {
    code: frozenset(words.split())
    for code, words in {
        "en": "the of and to in is was that it he for on with as are by at from his her not be this had have who",
        "de": "der die und das den von zu mit sich des auf für ist im dem nicht ein eine als auch es an er hat dass am",
        "fr": "le la les des et est une du dans que qui pour pas sur au par il elle ont avec ce sont à aux depuis",
        "es": "el los las y del que en un una por con para se su al como más está lo fue ha nos sus pero",
        "it": "il di che e è la un una per non sono con del della dei nel alla da ha gli le si anche",
        "pt": "o os as do da dos das em um uma não para com por que se é foi na no ao mais",
        "nl": "de het een van en is dat op te zijn met voor niet aan er ook als bij door naar dit werd",
    }.items()
}

_SCRIPTS: Final = (
    ("ar", re.compile(r"[\u0600-\u06ff]")),
    ("ru", re.compile(r"[\u0400-\u04ff]")),
    ("ja", re.compile(r"[\u3040-\u30ff]")),
    ("zh", re.compile(r"[\u4e00-\u9fff]")),
    ("hi", re.compile(r"[\u0900-\u097f]")),
    ("el", re.compile(r"[\u0370-\u03ff]")),
    ("he", re.compile(r"[\u0590-\u05ff]")),
)


def guess_language(text: str, otherwise: str = "en") -> str:
    """The likeliest of the few languages known here; `otherwise` when the text is too short to say."""
    sample = text[:_SAMPLE]
    if not sample.isascii():
        letters = sum(map(str.isalpha, sample))
        for code, script in _SCRIPTS:
            if letters and len(script.findall(sample)) > letters / 3:
                return code
    words = _WORDS.findall(sample.lower())
    hits = {code: sum(map(common.__contains__, words)) for code, common in _COMMON.items()}
    best = max(hits, key=lambda code: hits[code])
    # Two common words more than the next best: one foreign name ("Los Angeles") does not turn a paragraph.
    if hits[best] >= 2 and hits[best] >= hits.get(otherwise, 0) + 2:
        return best
    return otherwise
