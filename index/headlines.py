"""How the headlines of other articles are worded that stand between the paragraphs of one, and what leads to them.

Patterns for one line each, without its line end, and what tells whether two lines speak of the same. Where such lines stand,
and which of them are left alone, is `links.py`'s.
"""

from __future__ import annotations

import re

# "Dam burst:What the engineers knew": a link inside an article lost the space after its colon with its mark-up.
LINK = re.compile(
    r"[►•*\s–-]*(?![QA]:|\d[^:]*\d:)['‘]?[^\W_“”\"][^:!?“”\"]{1,60}(?:[\w?][’']?:[A-Z‘'“\"$►#]|[^\W\d_][’']?:\d+ [a-z]).{3,}$"
)
# "'It was close!':Ferrymen tell of the flood", "Who owns the ferry? :The man behind it": what is before the colon is said, asked
# or called; and, of lines without a full stop, where a space was kept before the colon or behind it too.
SAID = re.compile(
    r"[^\w:]*[^\s:][^:]{2,100}[^\s:](?:(?<=[?!.…])[’'”\"]? ?|[’'”\")])(?<!\.[A-Z][’'”\")]):[A-Z‘'“\"►#](?=.{3})[^:]*$"
)
ASIDE = re.compile(r"[^\w:]*[^\s:][^:]{2,100}[?!.…][’'”\"]? : ?[A-Z‘'“\"][^:]{3,}$")
# "VIDEO:What the dam looked like", "Photos: The river rises": lines of players and galleries, where captions say one photograph.
PLAYER = re.compile(
    r"[^\w“”\"]*(?:(?:videos?|photos|pictures|photo gallery|gallery|galleries|slideshow|watch|listen|podcast|graphics?|interactive|archives?)\s*:"
    r"(?-i:[A-Z‘'“\"])|(?:(?-i:VIDEOS?|PHOTOS|PICTURES|GALLERY|WATCH|LISTEN|INTERACTIVE)|(?:photos|videos|interactive))\s*:\s+"
    r"(?=(?-i:[A-Z‘'“\"])(?:\S+ ){2})(?!.*(?:\.\W*$|\bcaption\b))).{3,120}$",
    re.IGNORECASE,
)
# "FLOOD WATCH: What the engineers knew": so are links set where their mark-up was lost in another way.
LOUD = re.compile(
    r"[►•*\s]*(?=[^a-z]*[A-Z]{2})(?!\d|WINNER|FINAL|CHAPTER|PART|\w*DAY:|WH|HOW|Q:|A:)[^a-z:“”\"]{3,45}(?<!\d): (?=(?:\S+ ){3}\S)[^.!?…]*[^.!?…:;”\",\d]$"
)
# "More: What the engineers knew", "Related: …": what leads to another article in so many words.
MORE = re.compile(
    r"\W*(?:more|related|read(?: more)?|also|see also|watch|previous(?:ly)?|and|deeper dive)\s*:", re.IGNORECASE
)
# "The engineers: What they knew", on a line of its own: other articles' headlines, where nothing near it has these words.
HEADLINE = re.compile(
    r"[►•*\s]*+(?P<label>(?!\d|(?:jan|feb|mar|apr|may|june?|july?|aug|sep|oct|nov|dec)[a-z]*\.? \d)[^:\n]{3,60}): "
    r"(?=[‘'“\"]?(?-i:[A-Z]|\d+ [a-z]))(?!.*(?:, \d{2}|\bvs?\.))",
    re.IGNORECASE,
)
# "Who knew it? What the engineers say", "The dam is gone. What the engineers say": the same in two.
TWOFOLD = re.compile(
    r"[►•*\s]*[^\W_][^.!?:“”\"]{4,70}(?:[^\W\d_A-Z]{3}[.!?]|[^\W\d_A-Z]{2}[!?]) [‘']?[A-Z](?:[^.!?“”\"]|\b[A-Z]\.){15,110}$"
)
# "Looking for a ferry? Nine ways over the river": what asks the reader leads on, whatever follows.
_TO_READER = (
    r"(?:looking|want|need|worried|hungry|ready|planning|travel+ing|heading|missed|love|curious|confused|shopping)\b"
)
# "Worried about the dam? Tell the Wire", "The dam is gone. Here's what they knew": what such a line leads to is elsewhere,
# whatever stands next to it. Of a statement only a short one, since longer ones are news that lost its full stop.
ASKED = re.compile(
    rf"[►•*\s]*(?i:{_TO_READER})[^.!?:“”\"]{{4,90}}\? [A-Z‘'][^.!?“”\"]{{8,110}}$|"
    r"[►•*\s]*[^\W_][^.!?:“”\"]{4,90}\? Don['’]t miss\b[^.!?“”\"]{8,90}$|"
    r"[►•*\s]*[^\W_][^.!?:“”\"]{8,110}[^\W\d_A-Z][’']?\? (?:Here['’](?:s|re)|These|This|See|Hear|Watch|Share|Find|Check|Take|"
    r"Read|Learn|Get|Who|What|How|Why|Where|When|Everything)\b[^.!?“”\"]{8,110}$|"
    r"[►•*\s]*[^\W\d_](?:[^\s.!?:“”\"]+ ){3,8}[^\s.!?:“”\"]*[^\W\d_A-Z][.!] (?:Here['’]s|Hear|See|How|What)\b[^.!?:“”\"]{8,80}"
    r"(?<! here)$"
)
# "Opinion: …", "Fact check: …": what other pages are, said of one, on a line without a full stop.
SORT = re.compile(
    r"[^\w“”\"]*(?:fact[- ]check|opinion|column|editorial|exclusive|explainer|review|live (?:updates?|blog)|recap|q&a|quiz|"
    r"for subscribers|subscriber exclusive|interactive|timeline|podcast|newsletter|breaking(?: news)?|special report|commentary|"
    r"perspective|now trending|previously|icymi)\s?: ?(?=[‘'“\"]?[A-Z\d])(?=(?:\S+ ){3})(?!.*https?:)",
    re.IGNORECASE,
)
# "► Ferry fares rise for the third year": so are links set on some pages, where days and sentences have the same mark.
BULLETED = re.compile(r"\s*[►»]\s?(?!(?:[A-Z][a-z]{2,8}\.? )?\d{1,2}\b)(?=(?:\S+ ){5})")
SCORE = re.compile(r"(?<!\d)\d{1,3}$")
OPEN_QUESTION = re.compile(r"\W*(?:who|what|when|where|why|how)\b", re.IGNORECASE)
ENDED_INSIDE = re.compile(r"[^\W\d_]{3}[.!?][”’\"']?\s?[A-Z‘“]")
# What stands over links to other articles, however many.
READ_MORE = re.compile(
    r"\W*(?:read more|see more|more|related|see also|also read|read also|read next|(?:more|related) (?:stories|coverage|news|"
    r"reading|articles|headlines)|more (?:top )?(?:reads |stories |coverage |news |headlines )?(?:on|from|about) [\w .]{2,30}|"
    r"go deeper|quick links)\s*:$",
    re.IGNORECASE,
)

SMALL_WORDS = frozenset(
    "a an and are as at be but by for from has have in is its of on or that the their to was were will with".split()
)
_COMMON = frozenset(
    "about after also amid been before could first from have here into just know more over says than that their them there "
    "these they this those what when where which while will with would your".split()
)


def telling(line: str) -> frozenset[str]:
    """The beginnings of the words that say what a line is about."""
    words = re.findall(r"[^\W\d_]{4,}", line.casefold())
    return frozenset(word[:5] for word in words if word not in _COMMON)
