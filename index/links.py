"""Lines of a page -> which of them are other articles' headlines, set between its paragraphs.

Comes in: lines, and which of them are text so far and which furniture. Goes out: the places of those that lead to other
articles, by their wording and by where they stand. The promise others lean on: a heading of the text is told from one by
what comes next, which speaks of the same and is no link. Knows nothing of what the pages say that are led to.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import groupby

from index import headlines
from index.lines import is_ended, is_item

# Longer ones that end like a sentence are news under a bold place: "Springfield:A mill has burned down …".
_LONGEST_LINK, _LONGEST_ENDED_LINK = 200, 140
_LONGEST_LOUD = 130
# Headlines between paragraphs: how long, and how many words tell one from a heading where what comes next does not speak of
# the same (docs/LOG.md, "Other articles' headlines").
_LONGEST_HEADLINE = 170
_LED, _BEFORE_LINK, _ALONE, _MOST_WORDS = 5, 6, 8, 20
_NEXT = 400
# Headings come in numbers: on a page with this many bare lines or fewer, one that has this many words in common with what
# follows is still no heading where what follows goes on from what stood before (docs/LOG.md, "Kinds instead of pages").
_LONE, _ITS_OWN, _RUNNING, _NEAR = 3, 2, 60, 12
# Under "Read more:" too, a line that has more words than this in common with the paragraph right after it is its heading.
_ITS_HEADING = 2
# From this many of them on, bare lines are a list.
_LIST_LINES = 3
_TITLE = 40


def is_link(line: str) -> bool:
    """Whether the line is another article's headline, under a word or two that lead to it."""
    if len(line) <= _LONGEST_LOUD and headlines.LOUD.match(line):
        return True
    longest = _LONGEST_ENDED_LINK if line[-1] in ".!" else _LONGEST_LINK
    if len(line) > longest or ":" not in line:
        return False
    if headlines.LINK.match(line) or headlines.SAID.match(line):
        return True
    return not is_ended(line) and headlines.ASIDE.match(line) is not None


def led(told: Sequence[str]) -> list[int]:
    """The bare lines right under "Read more:" and the like, in the middle of a page."""
    bare = [_LED <= len(line.split()) <= _MOST_WORDS and not is_ended(line) for line in told] + [False]
    found, leads = list[int](), False
    for i, line in enumerate(told):
        if headlines.READ_MORE.match(line):
            leads = True
        elif leads := leads and (bare[i] or (line.endswith("?") and bare[i + 1])) and not _heads(told, i):
            found.append(i)
    return found


def others(told: Sequence[str], free: Sequence[bool], furniture: Sequence[bool], title: str | None) -> list[int]:
    """Other articles' headlines that stand bare between paragraphs, most of them on pages that lead to others anyway.

    `free` are the lines that nothing is known of, `furniture` those that are the page's; lines may be neither.
    """
    links = [one and _leads_away(line) for one, line in zip(furniture, told, strict=True)]
    bare = [one and _is_bare(line) for one, line in zip(free, told, strict=True)]
    in_list, found = _in_lists(bare), list[int]()
    for i, line in enumerate(told):
        if not bare[i] or in_list[i]:
            continue
        if (headlines.ASKED.match(line) and not _is_answered(told, i)) or _is_sorted(line, i, title):
            links[i], bare[i] = True, False
            found.append(i)
    if not any(links):
        return found
    labels = Counter(line.lstrip("►•* ").partition(":")[0] for line in told if ":" in line)
    lone = sum(one and not listed for one, listed in zip(bare, in_list, strict=True)) <= _LONE
    running = [
        one and not is_bare and len(line) > _RUNNING for one, is_bare, line in zip(free, bare, told, strict=True)
    ]
    for i in range(len(told) - 1, -1, -1):
        words = len(told[i].split())
        if not bare[i] or in_list[i] or not _BEFORE_LINK <= words <= _MOST_WORDS:
            continue
        if i + 1 < len(told) and links[i + 1]:
            links[i] = True
        elif words >= _ALONE:
            links[i] = _is_headline(told, bare, labels, i) or (
                lone and _is_worded(told[i], labels) and _interrupts(told, running, i)
            )
        links[i] = links[i] or headlines.BULLETED.match(told[i]) is not None
        if links[i]:
            found.append(i)
    return found


def _heads(told: Sequence[str], i: int) -> bool:
    """Whether what comes right after a line is longer, and has words in common with it, as under a heading."""
    after = told[i + 1] if i + 1 < len(told) else ""
    if len(after) <= _RUNNING or not is_ended(after):
        return False
    return len(headlines.telling(told[i]) & headlines.telling(after)) > _ITS_HEADING


def _is_sorted(line: str, i: int, title: str | None) -> bool:
    """Whether a line says what sort of page it leads to; the page's own title may say so too, at its head."""
    if title and line[:_TITLE] == title[:_TITLE]:
        return False
    return i > 1 and headlines.SORT.match(line) is not None


def _is_answered(told: Sequence[str], i: int) -> bool:
    """Whether a line that opens with a question of what or who is answered by what stands below it: a heading."""
    following = " ".join(told[i + 1 : i + 4])[:_NEXT]
    asks = headlines.OPEN_QUESTION.match(told[i])
    return asks is not None and len(headlines.telling(told[i]) & headlines.telling(following)) > 1


def _in_lists(bare: Sequence[bool]) -> list[bool]:
    """For each line whether it is one of so many bare ones in a row that they are a list."""
    runs = [list(run) for _, run in groupby(bare)]
    return [one and len(run) >= _LIST_LINES for run in runs for one in run]


def _leads_away(line: str) -> bool:
    return (is_link(line) and headlines.PLAYER.match(line) is None) or headlines.MORE.match(line) is not None


def _is_bare(line: str) -> bool:
    """Whether the line is a headline's length, no sentence and no item of a list."""
    if len(line) > _LONGEST_HEADLINE or is_ended(line) or is_item(line):
        return False
    if headlines.ENDED_INSIDE.search(line) is None:
        return True
    return headlines.TWOFOLD.match(line) is not None or headlines.ASKED.match(line) is not None


def _is_headline(told: Sequence[str], bare: Sequence[bool], labels: Mapping[str, int], i: int) -> bool:
    """Whether a bare line leads to another article: it closes the page, or has that form and what follows is of something else.

    `labels` counts the lines of the page that begin with the same words and a colon.
    """
    if i + 1 == len(told):
        return told[i].split()[-1].lower() not in headlines.SMALL_WORDS
    if not _is_worded(told[i], labels):
        return False
    following = "" if bare[i + 1] else " ".join(told[i + 1 : i + 4])[:_NEXT]
    return not headlines.telling(told[i]) & headlines.telling(following)


def _is_worded(line: str, labels: Mapping[str, int]) -> bool:
    """Whether a bare line is worded as headlines are, "Label: …" or in two sentences, and no caption or score."""
    if "/" in line or headlines.SCORE.search(line):
        return False
    form = headlines.HEADLINE.match(line)
    if form:
        return labels[form["label"]] == 1  # else a label, such as "Author" in a list of books
    return headlines.TWOFOLD.match(line) is not None


def _interrupts(told: Sequence[str], running: Sequence[bool], i: int) -> bool:
    """Whether the text goes on after the line from what it spoke of before, more than from the line."""
    near = range(max(0, i - _NEAR), min(len(told), i + _NEAR))
    before = [told[j] for j in near if j < i and running[j]][-2:]
    after = [told[j] for j in near if j > i and running[j]][:3]
    following = headlines.telling(" ".join(after)[:_NEXT])
    own = len(headlines.telling(told[i]) & following)
    return own <= _ITS_OWN and len(headlines.telling(" ".join(before)[-_NEXT:]) & following) > own
