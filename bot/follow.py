"""A line of a talk and what was said before -> the whole question that it stands for, or that it stands for itself.

Comes in: a person's line and the turns before it. Goes out: a question, made of the line's words and of what was asked
and answered, or None. The promises: a question that can be understood by itself is never changed; no name comes in
that was not said; the same line after the same turns gives the same question. It is done by rules, for English; lines
in other languages stand for themselves. Knows nothing of articles, and of no time or person: the fronts do.

Measured on the dialogues of CANARD and CAsT: docs/LOG.md.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from bot.clauses import again, asks_for, instead
from bot.mentions import AUXILIARY, DOES, PREPOSITIONS, PRONOUNS, SMALL, WH, Mention, Turn, fitting, words

# What people say before they go on: "ok, and when?", "thanks! why?"
_FILLER = re.compile(
    r"^(?:(?:ok(?:ay)?|thanks|thank you|thx|great|good|nice|cool|i see|hm+|well|oh|ah|wow|alright|right|sure|yes|no|interesting)"
    r"\b[\s,.!…-]*)+(?=\S)",
    re.IGNORECASE,
)
_JOINED = re.compile(r"^(?:and|but|so|or)\b[\s,]*", re.IGNORECASE)
# A question word with next to nothing beside it: it asks once more, for something else.
_BARE = re.compile(
    r"(?P<wh>(?:(?:since|until|till|from|by|with|against|for|to|in|at|on|of|about) )?"
    r"(?:who(?:m|se)?|when|where|why|how(?: (?:come|so|long|many(?: times)?|much|often|far|old|exactly))?|"
    r"(?:what|which) (?:year|day|month|date|time|city|country|place|town)|what))"
    r"(?P<not> not)?(?P<exactly>,? (?:exactly|precisely))?(?P<else> else)?"
    r"(?: (?:is|was|are|were|did|does|has|had|would|will) (?:(?:that|this|it) (?:happen|take place|occur|be|so|done|come about)"
    r"|(?:that|this)(?: exactly)?|(?:it|they|he|she) (?:do|say) (?:that|this|it|so))|(?P<it> (?:is|was) it)"
    r"|(?P<by> (?:by|for|with|from|to|against))| happened| so)?\W*",
    re.IGNORECASE,
)
_NEXT = re.compile(r"(?:what happened |what |and )?(?:next|then|afterwards?|after (?:that|this))\W*", re.IGNORECASE)
_ELSE = re.compile(r"(?:any(?:one|body|thing|where)|some(?:one|body|thing)) else\W*", re.IGNORECASE)
# "What about Raqqa?", "and in 2019?"
_INSTEAD = re.compile(r"(?:what|how) about\s+(?P<what>.+?)\W*|(?:and|or)\s+(?P<and>.+?)\W*", re.IGNORECASE)
# "Did anybody die there?", not "was there".
_THERE = re.compile(
    r"(?<!\bis )(?<!\bare )(?<!\bwas )(?<!\bwere )(?<!\bbe )(?<!\bbeen )(?<!\bhas )(?<!\bhave )\bthere(?=\W*$)",
    re.IGNORECASE,
)
_THEN = re.compile(r"\b(?:(?:on|in) )?(?:that|the same) (?:very )?(day|year|month)\b", re.IGNORECASE)
_YEAR = re.compile(r"\b(?:1\d|20)\d\d\b")
_MOST = 5  # words of a line without a verb that may take the place of others

_OWNING = frozenset("his her hers their theirs its".split())
_OBJECT = frozenset("him them".split())
# "It" that stands for nothing: it rains, it takes a day to, it is true that.
_EMPTY = re.compile(
    r"\bit['’]?s? (?:(?:is|was|be|been|still|not|really|ever|so|too|very|an?|the) )*(?:\w+ (?:or \w+ )?(?:that|to|for|if|when|who|how)\b|true|possible|like\b|"
    r"(?:good|bad|best|great|big|right|wrong) \w+ to\b|when\b|(?:estimated|believed|thought|said|known|expected|reported|likely)\b(?! (?:to|by|in|as)\b)|"
    r"(?:hot|cold|warm|dry|wet|dark|windy|sunny|cloudy|foggy)\b|"
    r"rain\w*|snow\w*|take[sn]?\b|took\b|cost|mean\b|seem\w*|appear\w*|who\b|that\b)|\b(?:what|which) (?:time|day|date|year) (?:is|was) it\b"
    r"|\b(?:does|did|will|would) it (?:usually |really )?(?:take|cost|mean|matter)\b|\bhow (?:is|was) it (?:that|possible)\b"
    r"|\bhow (?:far|long) (?:is|was) it (?:from|to|between|until|till|since)\b",
    re.IGNORECASE,
)
_STOPS = re.compile(r"[.!?;:,–—-]\s|\s(?:and|or|but)\b", re.IGNORECASE)  # what comes before one was said for itself
_CLAUSES = frozenset("when while as if because that after before since until who which once where".split())
_MANY = frozenset("people children men women police".split())
_OWNED = 3  # words of "his last album"
_CHARACTERS = 200  # of a line that is looked at at all
_LONGEST = 14  # words; who says more names what he means (docs/LOG.md)
_SOMEBODY = frozenset("who people anyone anybody someone somebody everyone everybody".split())


def followed(line: str, turns: Sequence[Turn]) -> str | None:
    """The whole question that a line stands for after these turns (oldest first), or None where it stands for itself."""
    if not turns or not may_follow(line):
        return None
    said = _FILLER.sub("", " ".join(line.split()))
    whole = _bare(said, turns) or _other(said, turns)
    if whole is None:
        placed = _placed(said, turns)
        whole = _named(placed, turns) or (placed if placed != said else None)
    return whole if whole and whole != line else None


def may_follow(line: str) -> bool:
    """Whether the line can stand for another question at all; most do not, and need not be looked up for."""
    if len(line) > _CHARACTERS:
        return False
    typed = _FILLER.sub("", " ".join(line.split()))
    said = _JOINED.sub("", typed)
    if len(words(said)) > _LONGEST:
        return False
    leans = any(_pronoun(said, word) in PRONOUNS for word in words(said)) and not _titled(said)
    forms = (_BARE, _NEXT, _ELSE)
    return leans or bool(_THERE.search(said) or _THEN.search(said) or any(one.fullmatch(said) for one in forms)
                         or _INSTEAD.fullmatch(typed))  # fmt: skip


def _titled(said: str) -> bool:
    """Whether a line that asks nothing begins with a pronoun as titles do: "It chapter two cast"; not "his wife"."""
    lower = [word[0].lower() for word in words(said)]
    return (
        not said.endswith("?")
        and not (WH | AUXILIARY).intersection(lower)
        and (
            (lower[0] in PRONOUNS and lower[0] not in _OWNING) or (lower[0] in _OWNING and not 1 < len(lower) <= _OWNED)
        )
    )


def _bare(said: str, turns: Sequence[Turn]) -> str | None:
    """The last question with another question word: "and when?", "why?", "where was that?", "who else?"."""
    core = _JOINED.sub("", said)
    if _ELSE.fullmatch(core):
        return _once_more("who" if "one" in core or "body" in core else "what", turns)
    if _NEXT.fullmatch(core):
        return again(turns[-1], "what happened after")
    asked = _BARE.fullmatch(core)
    if asked is None:
        return None
    wh = asked["wh"].lower()
    if asked["not"]:
        denied = wh == "why" and words(turns[-1].question)[:1] and words(turns[-1].question)[0][0].lower() in AUXILIARY
        return again(turns[-1], "why not:") if denied else None
    if asked["it"] and wh not in ("when", "where", "why"):
        return None  # what is it?
    if wh in ("how come", "how so") or (wh == "what" and asked["by"] == " for"):
        wh = "why"
    elif wh == "what" and not asked["else"]:
        return None
    elif asked["by"]:
        wh = f"{asked['by'].strip()} {'whom' if wh == 'who' else wh}"
    if asked["else"]:
        return _once_more(wh, turns)
    return again(turns[-1], f"{wh}{(asked['exactly'] or '').replace(',', '')}")


def _once_more(wh: str, turns: Sequence[Turn]) -> str | None:
    """The last question that asked for such, besides what was answered: "who else?"."""
    before = next((turn for turn in reversed(turns) if asks_for(turn.question, wh)), None)
    return again(before, wh, more=True) if before else None


def _other(said: str, turns: Sequence[Turn]) -> str | None:
    """The last question about somebody or something else: "what about Raqqa?", "and in 2019?"."""
    found = _INSTEAD.fullmatch(said)
    if found is None:
        return None
    about = found["what"] or found["and"]
    tokens = [word[0].lower() for word in words(about)]
    if not any(_tells(token) or token in PRONOUNS or token.isdigit() for token in tokens):
        return None  # or else
    if not 0 < len(tokens) <= _MOST or tokens[0] in WH | AUXILIARY or not AUXILIARY.isdisjoint(tokens):
        return None
    named = _named(about, turns)
    return instead(turns[-1], named or about) if named or tokens[0] not in PRONOUNS else None


def _placed(said: str, turns: Sequence[Turn]) -> str:
    """The line with the place for "there" and the date for "that day", where it was just told."""
    then = _THEN.search(said)
    when = _dated(turns[-1], then[1].lower()) if then else None
    if then is not None and when is not None:
        said = f"{said[: then.start()]}{when}{said[then.end() :]}"
    named = any(word[0][0].isupper() for word in words(said)[1:])
    there = None if named else _THERE.search(said)
    place = fitting("place", turns, said) if there else None
    if there is None or place is None:
        return said
    where = place.text if place.text.split()[0].lower() in PREPOSITIONS else f"in {place.text}"
    return f"{said[: there.start()]}{where}{said[there.end() :]}"


def _dated(turn: Turn, unit: str) -> str | None:
    """The day, month or year that is the short answer to a question for a time, with its preposition."""
    asks = re.search(r"\b(?:when|(?:what|which) (?:year|day|month|date))\b", turn.question, re.IGNORECASE)
    when = (turn.answer or "").strip(" .,")
    if not asks or not when or len(when.split()) > _MOST:
        return None
    year = _YEAR.search(when)
    if unit == "year" and year:
        return f"in {year[0]}"
    return when if when.split()[0].lower() in PREPOSITIONS else f"{'on' if unit == 'day' else 'in'} {when}"


def _named(said: str, turns: Sequence[Turn]) -> str | None:
    """The line with what "he", "they" or "it" stands for in the place of the first of them; None where none is free."""
    found = words(said)
    chosen: dict[str, Mention] = {}
    out, at = [], 0
    for i, word in enumerate(found):
        pronoun = _pronoun(said, word)
        kind = PRONOUNS.get(pronoun)
        if kind is None:
            continue
        owning = pronoun in _OWNING and (pronoun != "her" or _owns(found, i))
        if pronoun[0] not in chosen:
            if _bound(said, i, pronoun, owning) or _empty(said, word.start(), pronoun):
                continue
            mention = fitting(kind, turns, " ".join([said, *(one.text for one in chosen.values())]))
            if mention is None:
                continue
            chosen[pronoun[0]] = mention
        name, rest = chosen[pronoun[0]].text, word[0][len(pronoun) :]
        out += [said[at : word.start()], name, ("'" if name.endswith("s") else "'s") if owning else rest]
        at = word.end()
    return "".join(out) + said[at:] if chosen else None


def _pronoun(said: str, word: re.Match[str]) -> str:
    """A word in small letters, without what was drawn to it; in capitals amidst others it is a name: "IT", "in It"."""
    bare = re.sub(r"['’](?:s|re|d|ll|ve)$", "", word[0])
    if bare.lower() not in PRONOUNS or bare.islower():
        return bare.lower()
    begins = re.fullmatch(r"(?:.*[.!?:,])?\W*", said[: word.start()], re.DOTALL)
    named = bare[:1].isupper() and (len(bare) > 1 and bare.isupper() if begins else not said.istitle())
    return bare if named and not said.isupper() else bare.lower()


def _owns(found: Sequence[re.Match[str]], i: int) -> bool:
    """Whether "her" is followed by what is hers."""
    return i + 1 < len(found) and found[i + 1][0].lower() not in SMALL


def _empty(said: str, at: int, pronoun: str) -> bool:
    return pronoun == "it" and any(found.start() <= at < found.end() for found in _EMPTY.finditer(said))


def _bound(said: str, i: int, pronoun: str, owning: bool) -> bool:
    """Whether the line itself has what its pronoun may stand for: a sentence, a name or a noun before it."""
    found = words(said)
    before, lower = found[:i], [word[0].lower() for word in found[:i]]
    lower = ["usa" if word == "us" and j and lower[j - 1] == "the" else word for j, word in enumerate(lower)]
    if not before:
        return False
    if _opens(found, i):
        return True
    cut = max((one.end() for one in _STOPS.finditer(said[: found[i].start()])), default=0)
    if any(found[j].start() < cut and (_tells(found[j][0]) or _tells(word)) for j, word in enumerate(lower)):
        return True
    if lower[0] in ("besides", "other", "aside") and any(word[0][0].isupper() for word in found[1:]):
        return True  # besides his role there, what did Smith do
    if any(re.search(r"\w['’]s$", word) and _tells(word.split("'")[0].split("’")[0]) for word in lower):
        return True  # what did luther's tutors tell him
    verb = next(j for j in range(len(lower)) if lower[j] in AUXILIARY) if lower[-1] in AUXILIARY else None
    has = owning and pronoun in ("its", "their") and lower[-1] in ("has", "have", "had")
    if has and any(_may_be(lower, j, pronoun == "their") for j in range(1, len(lower) - 1) if _tells(lower[j])):
        return True  # which university has its seat there
    if verb == len(lower) - 1:
        return False  # the subject of the question itself: "when did he", "what songs did they"
    if any(word[0][0].isupper() and _tells(word[0]) for word in before[1:]):
        return True
    if lower[0] not in SMALL or lower[0] in ("which", "whose"):
        return True  # which band released their album; Apple named its boss
    auxiliary = next((j for j, word in enumerate(lower) if word in AUXILIARY), None)
    if (
        lower[0] in _SOMEBODY
        and (auxiliary is None or auxiliary > 1)
        and pronoun not in _OBJECT
        and (owning or pronoun != "it")
    ):
        return True  # who lost his job
    if auxiliary is not None and lower[auxiliary + 1] == "is":
        return True  # did IS lose its capital, typed as people type
    embedded = lower[-1] in _CLAUSES or (i + 1 < len(found) and found[i + 1][0].lower() in AUXILIARY)
    if auxiliary is not None and (owning or embedded) and _subject(lower, auxiliary):
        return True  # how old was mandela when he died
    nouns = [j for j, word in enumerate(lower) if _tells(word) and j > (auxiliary or 0)]
    if auxiliary is None and lower[0] in ("what", "who") and nouns:
        nouns = nouns[1:] if (nouns[0] == 1 and len(nouns) == 1) or lower[0] == "who" else nouns  # what caused it
    if auxiliary is not None and lower[0] == "who" and owning and nouns:
        return True  # who did not keep their word
    if embedded and len(nouns) > 1:
        return True  # did they say it would
    if not owning and nouns and nouns[-1] == i - 1:
        nouns.pop()  # the verb that the pronoun is the object of
    asked = [j for j in range(1, auxiliary or 0) if _tells(lower[j])]  # what cells are at their lowest
    return any(_may_be(lower, j, PRONOUNS[pronoun] == "group") for j in (*asked, *nouns))


def _opens(found: Sequence[re.Match[str]], i: int) -> bool:
    """Whether a pronoun stands before the question itself, which has a subject: "in his speech, what did Ada announce"."""
    lower = [word[0].lower() for word in found]
    if lower[0] not in PREPOSITIONS | _CLAUSES or lower[1] in AUXILIARY or not WH.isdisjoint(lower[1:i]):
        return False
    asks = next((j for j in range(i + 1, len(lower)) if lower[j] in WH), None)
    verbs = AUXILIARY if asks is not None and lower[asks] in ("when", "where", "why", "how") else DOES
    auxiliary = next((j for j in range(asks or i + 1, len(lower) - 1) if lower[j] in verbs), None)
    if auxiliary is None:
        return False
    subject = auxiliary + 1 + (lower[auxiliary + 1] in ("the", "a", "an"))
    return subject < len(lower) and _tells(lower[subject])


def _subject(lower: Sequence[str], auxiliary: int) -> bool:
    """Whether a single name may stand right behind the auxiliary as its subject, typed small as people type."""
    if auxiliary and lower[0] not in ("when", "where", "why", "how") and lower[auxiliary] not in DOES:
        return False
    word = lower[auxiliary + 1]
    many = word in _MANY or (word.endswith("s") and not word.endswith(("ss", "us", "is", "'s", "’s")))
    return _tells(word) and not many


def _tells(word: str) -> bool:
    """Whether a word may name something; "US" and "WHO" do, "us" and "who" do not."""
    return (word.lower() not in SMALL or (len(word) > 1 and word.isupper())) and not word.isdigit()


def _may_be(lower: Sequence[str], j: int, plural: bool) -> bool:
    """Whether the word, by its number and the article before it, is a noun that a pronoun may stand for."""
    many = lower[j] in _MANY or (lower[j].endswith("s") and not lower[j].endswith(("ss", "us", "is")))
    if plural or many:
        return plural and many
    start = j
    while start and _tells(lower[start - 1]):
        start -= 1
    return start > 0 and lower[start - 1] in (
        "do",
        "does",
        "did",
        "the",
        "a",
        "an",
        "this",
        "that",
        "every",
        "each",
        "what",
        "which",
    )
