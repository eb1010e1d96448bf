"""How articles close: who wrote them, where from, and how to reach those people.

Patterns and one rule of place. Comes in: the sentences of an article, in order, and which of them are furniture by
themselves. Goes out: which of the last ones only say who made it. The same words inside an article may be its news ("Jane
Doe is an editor for the Courier"), so only what stands at the very end counts, peeled off from there: the first sentence
that says anything else, or speaks of somebody whom the article told of, ends it. Whoever signed the article before its
text is its author. docs/LOG.md, "Boilerplate", says what this takes.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from index import furniture

_LONGEST = 420
# How many pieces before the text may sign it, and how long what is said of an author after the first sentence.
_SIGNING, _LONGEST_MORE = 3, 260
# Longer rows of such sentences are what the page is about: a masthead, a list of people.
_MOST = 20
_NAME = r"(?:[A-Z][\w.’'-]* ){1,3}[A-Z][\w.’'-]+"
_NAMES = rf"{_NAME}(?:(?:,| and|, and) {_NAME})*"
_TRADE = (
    r"(?i:reporters?|columnists?|editors?|(?:staff |freelance )?writers?|correspondents?|journalists?|producers?|"
    r"photographers?|bloggers?|critics?(?! of (?:the|an?|his|her|their)\b))"
)
# The trade is what somebody is ("is recovering, his agent told reporters" is news), and what follows is where.
_OF_WORDS = r"(?:[\w.&/’'-]+ )"
# Without an article the trade is what somebody is only where no such word comes before it ("is among the editors in jail").
_NO_TRADE = r"(?:an?|the|one|not|as|of|by|to|in|on|with|from|for|among|his|her|their|its|and)\b"
_ROLE = (
    rf"(?:(?:(?:is (?:an?|the|our|senior|chief)|are(?: an?| the| our)?) {_OF_WORDS}{{0,7}}?|is (?:(?!{_NO_TRADE}){_OF_WORDS}){{0,7}}?){_TRADE}"
    r"(?=\W*$|,| (?:at|for|with|on|in|of|from|based|covering|and|who (?:covers?|writes?|reports?|specializes))\b)|"
    r"(?:is|are) [^.!?]{0,160}\bmembers? of (?:the )?(?:[\w’'.]+ ){0,5}Board of Contributors\b|"
    r"covers? (?!(?:his|her|its|their|up|about|nearly|only|such|[\w ]{0,20}\b(?:costs?|bills?|expenses))\b|\d)\S|"
    r"writes? (?:for|about|on)\b|reported from\b)"
)
_REACHED = (
    r"(?:(?:can|may) be (?:reached|e-?mailed|contacted)(?: directly)? (?:at|via|through|by (?:phone|e-?mail|calling)|on (?:Twitter|"
    r"Instagram|Facebook|\W*[@\d]))|(?:can|may) be (?:followed|found) (?:at|on)\b[^!?]{0,60}(?:@|\bTwitter\b|\bInstagram\b|\bFacebook\b)|"
    r"is on Twitter(?:\W*$|\W*@| (?:at|as)\b))"
)
_WHO = re.compile(rf"(?P<names>{_NAMES})(?:, [^.]{{3,120}},)? (?:{_ROLE}|(?P<reached>{_REACHED}))")
_SAME = re.compile(rf"(?:He|She|They) (?:{_ROLE}|(?P<reached>{_REACHED}))")
_AGENCY = r"(?:[Tt]he )?(?:Associated Press|AP|AFP|Reuters|Agence France-Presse)\b"
_UP_TO = r"(?:[^.!?]|\b[A-Z]\.){0,200}"
_WIRE = re.compile(
    rf"(?:{_NAMES} of )?{_AGENCY}{_UP_TO}\bcontributed"
    r"(?: (?:from|to this report)\b[^.!?]*)?\.?$|"
    rf"{_NAME}{_UP_TO}\bcontributed (?:from|to this report)\b[^.!?]*\.?$"
)
# "Doe reported from Port Town; Roe from Mill Town": by their family names, as they signed.
_FROM = re.compile(r"(?P<name>(?![A-Z]{2,}\b)[A-Z][\w’'-]+) (?:also )?reported from [A-Z](?!.*\bthat\b)")
# What is said of an author under the family name alone, which may be a word of the text ("Long lines formed", "White House").
_DOES = (
    r"(?:also |often |now |previously |recently |has |have )*(?:is|was|were|are|can|may|covers?|covered|writes?|wrote|written|reports?|reported|"
    r"contributed|works?|worked|lives?|lived|teaches|taught|serves?|served|edits?|edited|hosts?|hosted|leads?|led|holds?|held|won|"
    r"received|studied|studies|graduated|joined|earned|spent|has|had|retired|owns?|runs?|ran|operates?|founded|authored|does)\b"
)
# "— Jane Doe", "-- Jane and John": under the last words, where they are nobody's.
_SIGNATURE = re.compile(r"[-–—]{1,3} ?[A-Z][\w.’'-]*(?:(?:,? (?:and|&))? [A-Z][\w.’'-]*){0,3}$")
# What is said of an author after the first sentence on them.
_MORE = re.compile(r"(?:He|She|They|His|Her|Their|In (?:his|her|their))\b")
# How to reach somebody, and nothing else: addresses, names, and these words.
_ADDRESS = re.compile(
    r"[^\s@]{1,60}(?:@|\(at\))[^\s@]{1,60}\.\w{2,}|(?<![\w(])@\w{2,}|(?:https?://|www\.)\S*|\b(?:twitter|facebook|instagram)\.com/?\S*|"
    r"\(?\d{3}\)?[ .-]{1,2}\d{3}[ .-]\d{4}",
    re.IGNORECASE,
)
_PERSONAL = re.compile(
    r"@\w|\(at\)\w|\btwitter\b|^\W*(?:contact|reach|call|follow|facebook)\b(?!: ?www)", re.IGNORECASE
)
_OWN_ADDRESS = re.compile(r"@|\(at\)|https?:|www\.|\.com\b", re.IGNORECASE)
_WORD = re.compile(r"[^\W\d_][\w’'-]*")
_MOST_WORDS = 24
_REACHING = frozenset(
    "a also an and at be by call called can contact contacted directly e-mail email emailed follow for found her him his "
    "her in is it may me message news of on or our phone please reach reached reporter reporters send story stories text "
    "the them their tips to tweet tweets us via with write writer editor columnist you your".split()
)
_QUOTED = re.compile(r"[“”„«»\"]")


def closing(sentences: Sequence[str], marked: Sequence[bool]) -> frozenset[int]:
    """The places of the last sentences that only say who made the article, between and before those that are `marked`.

    Whoever was named before is one of the news and not its author, and so is whom a pronoun at the beginning stands for,
    unless it is said how to reach them, or they signed the article.
    """
    authors = _authors(sentences, marked)
    found: list[int] = []
    for i in range(len(sentences) - 1, 0, -1):
        if marked[i]:
            continue
        if len(found) == _MOST or not (_signs(sentences, i, authors) or _says_more(sentences[i])):
            break
        found.append(i)
    kept: list[int] = []
    for i in reversed(found):
        told = [one for k, one in enumerate(sentences[:i]) if k not in kept and not marked[k]]
        says_on = not _signs(sentences, i, authors)  # more on somebody, where that was said of them
        news = not kept if says_on else _is_news(sentences[i], told, bool(kept), authors)
        kept = [] if news else [*kept, i]
    return frozenset(kept)


def _authors(sentences: Sequence[str], marked: Sequence[bool]) -> frozenset[str]:
    """The names that sign the article before its text."""
    heads = [one for one, is_marked in zip(sentences[:_SIGNING], marked, strict=False) if is_marked]
    signed = [one for one in heads if furniture.AUTHOR.match(one) and not furniture.OUTLET.match(one)]
    names = {name for one in signed for name in re.split(r",? and |, ", one.removeprefix("By ")) if " " in name}
    return frozenset(name for name in names if name != name.upper() and not furniture.OUTLET.match(name))


def _signs(sentences: Sequence[str], i: int, authors: frozenset[str]) -> bool:
    """Whether the sentence says who made the article, or how to reach them, if it stands at the end."""
    sentence = sentences[i]
    if says_who(sentence) or _is_contact(sentence):
        return True
    if _SIGNATURE.match(sentence):
        return _QUOTED.search(sentences[i - 1]) is None
    return _author_of(sentence, authors) is not None and len(sentence) <= _LONGEST and sentence[-1] != ":"


def _author_of(sentence: str, authors: frozenset[str]) -> str | None:
    """The family name of the author whom the sentence begins with."""
    for name in authors:
        family = name.split()[-1]
        if re.match(rf"{re.escape(name)}\b(?![’'])|{re.escape(family)},? {_DOES}", sentence):
            return family
    return None


def _says_more(sentence: str) -> bool:
    return len(sentence) <= _LONGEST_MORE and _MORE.match(sentence) is not None and _QUOTED.search(sentence) is None


def _is_contact(sentence: str) -> bool:
    """Whether the sentence holds an address, and beside it nothing but names and words for reaching somebody."""
    if len(sentence) > _LONGEST_MORE or not _ADDRESS.search(sentence) or _QUOTED.search(sentence):
        return False
    words = _WORD.findall(_ADDRESS.sub(" ", sentence))
    if all(word.lower() in _REACHING for word in words) and not _OWN_ADDRESS.search(sentence):
        return False  # "Call 555-555-0100.": whose number that is stands in the text before it
    if (
        len(words) > _MOST_WORDS
        or "(@" in sentence
        or not _PERSONAL.search(sentence)
        or furniture.POLICE.search(sentence)
    ):
        return False
    return all(word[0].isupper() or word.lower() in _REACHING for word in words)


def _is_news(sentence: str, told: Sequence[str], follows: bool, authors: frozenset[str]) -> bool:
    """Whether such a sentence speaks of somebody who was spoken of before."""
    if same := _SAME.match(sentence):
        return not same["reached"] and not follows
    if family := _author_of(sentence, authors):
        return any(re.search(rf"\b{re.escape(family)}\b", before) for before in told)
    if source := _FROM.match(sentence):
        return any(re.search(rf"\b{re.escape(source['name'])}\b", before) for before in told)
    who = _WHO.match(sentence)
    if who is None or who["reached"]:
        return False
    families = [name.split()[-1] for name in re.split(r",? and |, ", who["names"])]
    return any(re.search(rf"\b{re.escape(one)}\b", before) for one in families for before in told)


def says_who(sentence: str) -> bool:
    """Whether the sentence would be a note on who made the article if it stood at the end, or before how to reach them."""
    if len(sentence) > _LONGEST or _QUOTED.search(sentence):
        return False
    return any(rule.match(sentence) for rule in (_WHO, _SAME, _WIRE, _FROM))
