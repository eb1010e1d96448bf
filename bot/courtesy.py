"""A line that asks nothing -> what it is: a greeting, thanks, a farewell, or words that are no question alone.

Comes in: a question as it was typed. Goes out: a reason for not searching, or None. The promise: a line is taken for
courtesy only as a whole; with one word more it is a question. The courtesies are those of the languages in which Byline
makes its examples; small words alone are known in English. Knows nothing of how it is answered.
"""

from __future__ import annotations

import re
from typing import Literal, get_args

from bot.question import Question
from index.words import terms

Courtesy = Literal["greeting", "thanks", "farewell", "no_question"]

COURTESIES: frozenset[str] = frozenset(get_args(Courtesy))

_GREETINGS = (
    "hello|hi+|hey+|howdy|greetings|good (?:morning|afternoon|evening|day)|how are you(?: doing)?(?: today)?|nice to meet you|"
    "guten (?:tag|morgen|abend)|moin|servus|hallo|bonjour|bonsoir|salut|hola|buen(?:os|as) (?:días|dias|tardes|noches)|ciao|buongiorno|"
    "buonasera|goedemorgen|goedendag|goedenavond|hoi|olá|ola|oi|bom dia|boa (?:tarde|noite)"
)
_THANKS = (
    "thanks?(?: you| u)?|thx|ty|cheers|(?:very |so )?much appreciated|well done|good (?:bot|job|work)|"
    "danke(?: schön| schoen| sehr)?|vielen dank|merci(?: beaucoup| bien)?|(?:muchas )?gracias|(?:molte )?grazie|(?:mille )?grazie|"
    "dank ?(?:je|u)(?: wel)?|bedankt|(?:muito )?obrigad[oa]"
)
_FAREWELLS = (
    "(?:good)? ?bye(?: bye)?|see (?:you|ya)(?: later| soon| tomorrow)?|farewell|good ?night|take care|"
    "tschüss|tschuess|auf wiedersehen|au revoir|à bientôt|adi[oó]s|hasta luego|arrivederci|tot ziens|doei|tchau|até logo"
)
_WORDS = (
    "ok(?:ay)?|k|yes|yeah|yep|no|nope|sure|fine|right|great|good|nice|cool|perfect|awesome|wow|lol|ha(?:ha)+|h+m+|oh|ah|uh|um|well|so|"
    "really|interesting|i see|got it|understood|please|help(?: me)?|test(?:ing)?|"
    "ja|nein|oui|non|sí|si|no|nee|sim|não|gut|super|bien|bitte|s'il (?:te|vous) plaît|por favor|per favore"
)
_TO = "all|everyone|everybody|there|you|so much|very much|a lot|a bunch|again|bot|byline|friend|my friend|for (?:that|this|everything|the (?:help|answer|info))|for your help"
_KINDS: tuple[tuple[Courtesy, str], ...] = (
    ("farewell", _FAREWELLS), ("thanks", _THANKS), ("greeting", _GREETINGS), ("no_question", _WORDS),
)  # fmt: skip
# No choice is taken back, or a row of words that are known twice takes hours; so what is longer comes first.
_WHOLE = re.compile(rf"(?>(?:{_FAREWELLS}|{_THANKS}|{_GREETINGS}|{_TO}|{_WORDS}) )+", re.IGNORECASE)
_HELD = {kind: re.compile(rf"(?:^| )(?:{words}) ", re.IGNORECASE) for kind, words in _KINDS}
_BETWEEN = re.compile(r"[^\w'’]+|_+")
_LONGEST = 80  # characters; nobody is as courteous in more


def courtesy(asked: Question) -> Courtesy | None:
    """What a line is that asks nothing; of several, what it ends a talk with comes first. None for a question."""
    plain = _BETWEEN.sub(" ", asked.text.replace("’", "'")).strip() + " "
    if len(plain) <= _LONGEST and _WHOLE.fullmatch(plain):
        found = next((kind for kind, held in _HELD.items() if held.search(plain)), None)
        if found is not None:
            return found
    return None if terms(asked.key) else "no_question"
