"""Paragraphs and sentences -> which of them are the page's furniture, and which are captions.

Comes in: canonical text and the spans of its paragraphs, or one sentence. Goes out: for each paragraph "boilerplate",
"caption" or None, by rule and one page at a time; for a sentence inside a paragraph of text, whether it is furniture.
The promise others lean on: running text is left alone (at most one real sentence in a hundred lost,
`benchmarks.boilerplate`), so a rule matches a whole line, or a line's beginning that no news sentence has; quotations
are never furniture. Knows nothing of what other pages of the same outlet repeat.
"""

from __future__ import annotations

import re
from collections.abc import Sequence, Set
from typing import Literal

from index import furniture, headlines, links
from index.calls import is_call
from index.closing import says_who
from index.credits import ends_with_credit

Mark = Literal["boilerplate", "caption"]

# Furniture is short; the longest cookie notes seen have about this many characters.
_LONGEST = 420
# After "Most popular" and the like, this many lines without a full stop are a list of links.
_LONGEST_TAIL = 14
_BARE_LINK = 120
_LONGEST_SENTENCE = 240
_LONGEST_QUESTION = 90
# From this many sentences on, a paragraph that speaks to the reader is one of promotion.
_PROMOTION = 3
# Notes on who the author is run to a paragraph.
_LONGEST_NOTE = 1_200
# Before the text: author, outlet, address.
_HEAD_LINES, _LONGEST_HEAD = 3, 90
_LONGEST_SIGNED = 90


def boilerplate_lines(text: str, lines: Sequence[tuple[int, int]], title: str | None = None) -> tuple[Mark | None, ...]:
    """For each line (a span of the text), whether it is the page's furniture, a caption, or neither (None)."""
    marks = [
        _mark(text[start:end]) if end - start <= _LONGEST_NOTE else _gallery(text[start:end]) for start, end in lines
    ]
    _mark_head(text, lines, marks, title)
    _mark_signed(text, lines, marks)
    _mark_tail(text, lines, marks)
    told = [text[start:end] for start, end in lines]
    for i in links.led(told):
        marks[i] = "boilerplate"
    free, taken = [mark is None for mark in marks], [mark == "boilerplate" for mark in marks]
    for i in links.others(told, free, taken, title):
        marks[i] = "boilerplate"
    return tuple(marks)


def boilerplate_sentences(sentences: Sequence[str]) -> list[bool]:
    """For each sentence of a paragraph of text whether it is furniture, such as a credit or a call to sign up.

    A short question to the reader goes with the call that it leads to ("Have a story? Write to us at …"), so does who the
    author is with how to reach them, and so does all of a paragraph that offers what the outlet has beside its articles and
    mostly speaks to the reader.
    """
    marks = [_is_furniture(sentence) for sentence in sentences]
    offered = len(marks) >= _PROMOTION and marks[-1] and furniture.OFFER.search(sentences[-1])
    if offered and _speaks_to_reader(sentences[:-1]):
        return [True] * len(marks)
    marks[-1:] = [
        one or bool(furniture.AGENCY.match(sentences[-1])) or ends_with_credit(sentences) for one in marks[-1:]
    ]
    for i in range(len(marks) - 2, -1, -1):
        leads = len(sentences[i]) <= _LONGEST_QUESTION and furniture.asks_reader(sentences[i])
        marks[i] = marks[i] or (marks[i + 1] and bool(leads or says_who(sentences[i])))
    return marks


def _is_furniture(sentence: str) -> bool:
    if furniture.SPOKEN.search(sentence) or len(sentence) > _LONGEST_SENTENCE or furniture.TOLD.search(sentence):
        return False
    rules = (
        furniture.CREDIT.match,
        furniture.LEAD.match,
        furniture.ANYWHERE.search,
        furniture.ELSEWHERE.match,
        is_call,
    )
    return any(rule(sentence) for rule in rules)


def _speaks_to_reader(sentences: Sequence[str]) -> bool:
    """Whether nobody is quoted, and more than half of the sentences speak to the reader or call out."""
    if any(furniture.SPOKEN.search(one) for one in sentences):
        return False
    return 2 * sum(furniture.TO_READER.search(one) is not None for one in sentences) > len(sentences)


def _mark(line: str) -> Mark | None:
    if furniture.NOTE.match(line) or furniture.CONSENT.match(line) or furniture.VIEWS.search(line):
        return "boilerplate"
    if len(line) > _LONGEST or furniture.GALLERY.search(line):
        return _gallery(line)
    if furniture.CREDIT.match(line) or (":" in line and headlines.PLAYER.match(line)):
        return "boilerplate"
    if furniture.CAPTION.match(line) or (furniture.CREDITED.search(line[-140:]) and not furniture.SPOKEN.search(line)):
        return "caption"
    if (
        furniture.RULE.match(line)
        or furniture.WHOLE.match(line)
        or (len(line) <= 60 and furniture.STUB.match(line))
        or links.is_link(line)
        or furniture.PATH.match(line)
    ):
        return "boilerplate"
    if line[:1] in "“„«\"'‘" or furniture.TOLD.search(line):
        return None
    if (furniture.LEAD.match(line) or (len(line) <= _LONGEST_SENTENCE and is_call(line))) and not _reports(line):
        return "boilerplate"
    return "boilerplate" if furniture.ANYWHERE.search(line) and not furniture.SPOKEN.search(line) else None


def _gallery(line: str) -> Mark | None:
    return "caption" if furniture.GALLERY.search(line) else None


def _reports(line: str) -> bool:
    """Whether the line tells what somebody said: such a line is news, whatever it begins with."""
    return re.search(r"[”\"»]\s*(?:,|\w+ ){0,4}(?:said|says|asked|told|tweeted|wrote)\b|,[”\"]", line) is not None


def _mark_head(text: str, lines: Sequence[tuple[int, int]], marks: list[Mark | None], title: str | None) -> None:
    """Marks the names of authors and outlets that stand before the text; names in the title are what it is about."""
    told = set((title or "").casefold().split()) - {"and"}
    signed = False
    for i, (start, end) in enumerate(lines[: min(_HEAD_LINES, len(lines) - 1)]):
        line = text[start:end]
        if marks[i] is not None:
            signed = signed or (i == 0 and furniture.AUTHOR.match(line) is not None)
            continue
        if end - start > _LONGEST_HEAD:
            return
        named = bool(furniture.AUTHOR.match(line)) and line != line.upper()
        led = i == 0 and marks[1] == "boilerplate" and furniture.ROLE.match(text[slice(*lines[1])]) is not None
        author = named and bool(told) and (led or not told & set(line.casefold().split()))
        first = i == 0 and _is_no_headline(line, told)
        outlet = furniture.OUTLET.match(line) is not None and (i > 0 or (first and bool(furniture.SHORT.match(line))))
        staff = first and furniture.STAFF.match(line) is not None
        if not (
            staff
            or author
            or outlet
            or (led and furniture.SHORT.match(line))
            or (signed and furniture.SHORT.match(line))
        ):
            return
        signed, marks[i] = author and not outlet, "boilerplate"


def _is_no_headline(line: str, told: Set[str]) -> bool:
    """Whether the first line is not the title once more, which may end with such words ("Ferry Breaks Record")."""
    words = set(line.casefold().split())
    return bool(told) and 2 * len(told & words) <= len(words)


def _mark_signed(text: str, lines: Sequence[tuple[int, int]], marks: list[Mark | None]) -> None:
    """Marks who signed a piece of the text, where that is not who spoke what stands before it.

    After a quotation it may be who spoke; but one who signs what is no quotation, too, is who wrote it.
    """
    signed = {
        i: frozenset(furniture.BETWEEN_NAMES.split(text[slice(*lines[i])].strip("—–- .")))
        for i in range(1, len(lines))
        if marks[i] is None
        and lines[i][1] - lines[i][0] <= _LONGEST_SIGNED
        and furniture.SIGNED.match(text[slice(*lines[i])])
    }
    after_text = (names for i, names in signed.items() if text[lines[i - 1][1] - 1] not in "”\"'’")
    writers = frozenset().union(*after_text)
    for i, names in signed.items():
        if names & writers:
            marks[i] = "boilerplate"


def _mark_tail(text: str, lines: Sequence[tuple[int, int]], marks: list[Mark | None]) -> None:
    """Marks the lines after the last "Most popular" and the like, when nothing but bare links stands there.

    After "Sponsor content: …" all of it is, to the end of the page.
    """
    told = [text[start:end] for start, end in lines]
    heads = (i for i in range(len(lines) - 1, -1, -1) if marks[i] and _heads_tail(told[i]))
    tail = next(heads, None)
    if tail is None or len(lines) - tail > _LONGEST_TAIL:
        return
    after = [i for i in range(tail + 1, len(lines)) if marks[i] is None]
    bare = (len(told[i]) <= _BARE_LINK and told[i][-1] not in '.!…”"' for i in after)
    if furniture.ADVERTISED.match(told[tail]) or all(bare):
        for i in after:
            marks[i] = "boilerplate"


def _heads_tail(line: str) -> bool:
    return bool(furniture.TAIL.match(line) or furniture.ADVERTISED.match(line) or headlines.READ_MORE.match(line))
