"""Replies, sources and contexts -> pieces: what people read in a chat.

Comes in: values. Goes out: pieces, in the order of reading. The promises others lean on: the short answer comes first,
behind how a question was understood that was not taken as it was typed; a piece of the kind quote is a citation's quote, letter by letter, and nothing else; what is said about confidence is
what the number means. Knows nothing of chats and buttons; `parts.py` keeps the limits.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date

from bot import message
from bot.answer import Answer, not_found
from bot.chat_telegram.asking import Covered, Reply
from bot.chat_telegram.link import link
from bot.chat_telegram.parts import Kind, Piece
from bot.cite import Citation
from bot.desk import Context
from bot.message import also_in, from_outlets, nowhere, place, updated

EXPANDABLE = 300  # characters; longer quotes are folded to three lines until somebody taps them
_LONGEST_TITLE, _LONGEST_OUTLET = 160, 80
# Written out here: the names that strftime knows depend on the locale.
_MONTHS = "January February March April May June July August September October November December".split()
# Least confidence, and the words for it: an expected share of ten, because people misread percentages.
_SURE = ((0.9, "Very likely right"), (0.75, "Likely right"), (0.6, "Probably right"), (0.0, "Not sure"))
# The contract's reasons for having no answer, each in its own words; what the person can do comes last.
_REASONS = {
    "nothing_close": "No article comes close to it. Perhaps other words help: names, places, dates.",
    "no_answer_in_articles": "No sentence answers it with enough confidence.",
}
# Reasons that are not about the articles.
_ADVICE = {
    "empty_question": "I see no question in it. Please ask one in words; examples: ",
    "question_too_long": "That is too long for a question. Please ask it shorter.",
    "bad_text": "The question holds characters that are no text. Please type it again.",
    "greeting": "Hello. Ask me what the articles say, in your own words; examples: ",
    "thanks": "You are welcome. Ask on whenever you like.",
    "farewell": "Goodbye.",
    "no_question": "That alone asks nothing yet. Please say of whom or what; examples: ",
    "empty_index": "No articles are indexed yet, so there is nothing to answer from.",
}
_EXAMPLES = ("empty_question", "greeting", "no_question")  # these end with where examples are
BUSY = "I am busy: more questions are waiting than I can answer soon. Please ask again in a minute."
STALE = "You asked this while I was away, so I have not answered it:"
GONE = "The articles have changed since this answer, and the text that it was taken from is no longer there. Please ask again."
HELP = "Send me a question in words, and I answer with sentences from the articles. More with "


def answered(reply: Reply, used: int | None = None) -> tuple[Piece, ...]:
    """The whole answer; `used` says how many characters of the question were taken, where it was not all of it."""
    answer = reply.answer
    if answer.status != "answered" and answer.reason in _ADVICE:
        tried = (Piece("/start", "tap"), Piece(".")) if answer.reason in _EXAMPLES else ()
        return (Piece(_ADVICE[answer.reason]), *tried, *_cut(used))
    head = (Piece(f"Understood as: {answer.understood}", "italic"), Piece("\n\n")) if answer.understood else ()
    said = _found(answer) if answer.status == "answered" else _not_found(answer, reply.covered)
    return (*head, *said, *_cut(used))


def nothing_indexed(question: str) -> Reply:
    """The reply of a bot that has no index yet."""
    return Reply(not_found(question, "empty_index", None))


def cited(citation: Citation, numbered: bool = True, marked: bool = True) -> Iterator[Piece]:
    """A citation: its source on one line, its quote below; without a number, the outlet leads to the sentence."""
    yield from source(citation, numbered)
    yield Piece("\n")
    yield quote(citation) if marked else replace(quote(citation), answer=None)


def source(citation: Citation, numbered: bool = True) -> Iterator[Piece]:
    """Number, outlet, date and title on one line; the number leads to the sentence where the article has an address."""
    url = link(citation)
    name = f"[{citation.marker}]" if numbered else outlet(citation.source, citation.url)
    yield Piece(name, "link" if url else "plain", url)
    said = f", said by {_short(citation.speaker, _LONGEST_OUTLET)}" if citation.speaker else ""
    title = f": {_short(citation.title, _LONGEST_TITLE)}" if citation.title else ""
    first = f" {outlet(citation.source, citation.url)}" if numbered else ""
    yield Piece(f"{first}, {day(citation.published)}{said}{title}")
    for text in (also_in(citation), updated(citation)):
        if text:
            yield Piece(f"\n{_short(text, _LONGEST_TITLE)}", "italic")


def quote(citation: Citation) -> Piece:
    """The quote, the short answer in it bold."""
    kind: Kind = "expandable" if len(citation.quote) > EXPANDABLE else "quote"
    return Piece(citation.quote, kind, answer=_answer_in(citation))


def around(citation: Citation, context: Context) -> Iterator[Piece]:
    """A citation among the sentences around it; what was cited stands bold."""
    yield from source(citation)
    yield Piece(f"\n{place(context).capitalize()}; what was cited stands bold.\n")
    start = len(context.before)
    whole = context.before + context.quote + context.after
    yield Piece(whole, "quote", answer=(start, start + len(context.quote)))


def source_page(citations: Sequence[Citation], page: int) -> Iterator[Piece]:
    """All that is known of one citation's source; pages are counted from 0."""
    citation = citations[page]
    yield Piece(f"Source {page + 1} of {len(citations)}\n", "bold")
    yield from source(citation)
    yield Piece("\n")
    if citation.authors:
        yield Piece(f"By {_short(', '.join(citation.authors), 200)}\n")
    url = link(citation)
    if url:
        yield Piece("Open the article at this sentence", "link", url)
        yield Piece("\n")
    elif citation.url:
        yield Piece(f"Address: {_short(citation.url, 300)}\n")
    else:
        yield Piece("No address is known for this article.\n")
    yield quote(citation)


def more(others: Sequence[Citation]) -> Iterator[Piece]:
    """Other short answers than the first, each with its sentence."""
    yield Piece("Other possible answers, less likely than the first:", "bold")
    for citation in others:
        yield Piece("\n\n")
        short = short_answer(citation)
        if short:
            yield Piece(f"{short}\n", "bold")
        yield from cited(citation)


def sure(confidence: float) -> str:
    """A calibrated confidence in words; rounded down, for 0.99 is not certainty."""
    word = next(word for least, word in _SURE if confidence >= least)
    tenths = int(confidence * 10 + 1e-9)
    share = f"about {tenths} in 10" if 0 < tenths < 10 else "nearly all" if tenths else "fewer than 1 in 10"
    return f"{word}: of answers like this one, {share} are correct."


def covers(covered: Covered) -> str:
    """What was searched, as a sentence."""
    many = "1 article" if covered.articles == 1 else f"{covered.articles:,} articles"
    if covered.first is None or covered.last is None:
        return f"I searched {many}; none gives a date." if covered.articles else "There are no articles here yet."
    if covered.first == covered.last:
        return f"I searched {many} of {day(covered.first)}."
    return f"I searched {many}, from {day(covered.first)} to {day(covered.last)}."


def copied(answer: Answer) -> str | None:
    """The first quote with its source, to be pasted elsewhere."""
    if not answer.citations:
        return None
    first = answer.citations[0]
    return f"“{first.quote}” ({outlet(first.source, first.url)}, {day(first.published)})"


def short_answer(citation: Citation) -> str | None:
    """The span of the quote that answers, if one is marked."""
    span = _answer_in(citation)
    return citation.quote[span[0] : span[1]] if span else None


def quoted_briefly(quote: str, most: int) -> str:
    """The beginning of a quote for a list; never in place of the quote."""
    return _short(quote, most)


def outlet(source: str | None, url: str | None = None) -> str:
    """Who published it; names of files are not for a chat."""
    return _short(message.outlet(source, url), _LONGEST_OUTLET)


def day(published: str | None) -> str:
    """The date for people; what is not a whole date (a month, a year) is left as it is."""
    if published is None:
        return "date not given"
    try:
        found = date.fromisoformat(published)
    except ValueError:
        return published[:40]
    return f"{found.day} {_MONTHS[found.month - 1]} {found.year}"


def _found(answer: Answer) -> Iterator[Piece]:
    yield Piece(answer.answer or "The articles say:", "bold")
    for citation in answer.citations:
        yield Piece("\n\n")
        yield from cited(citation)
    yield Piece("\n\n")
    yield Piece(" ".join(filter(None, (sure(answer.confidence), from_outlets(answer)))), "italic")


def _not_found(answer: Answer, covered: Covered) -> Iterator[Piece]:
    reason = answer.reason or "no reason given"
    yield Piece(nowhere(answer), "bold")
    words = reason.replace("_", " ")
    elsewhere = reason == "not_from_outlet"
    yield Piece("" if elsewhere else f" {_REASONS.get(reason, f'Reason: {words}.')}")
    yield Piece(f"\n\n{covers(covered)}")
    if answer.nearest:
        yield Piece("\n\nOthers say:" if elsewhere else
                    "\n\nNearest sentences, which do not answer it:" if len(answer.nearest) > 1 else
                    "\n\nThe nearest sentence, which does not answer it:")  # fmt: skip
        for citation in answer.nearest:
            yield Piece("\n\n" if citation.marker > 1 else "\n")
            yield from cited(citation, marked=elsewhere)  # what does not answer is not marked as if it did


def _cut(used: int | None) -> Iterator[Piece]:
    if used is not None:
        yield Piece(f"\n\nYour question was long; only its first {used:,} characters were used.", "italic")


def _answer_in(citation: Citation) -> tuple[int, int] | None:
    if citation.answer_start is None or citation.answer_end is None:
        return None
    return citation.answer_start - citation.start, citation.answer_end - citation.start


def _short(text: str, most: int) -> str:
    """A name or title on one line, cut where it is unreasonably long."""
    line = " ".join(text.split())
    return line if len(line) <= most else f"{line[: most - 1].rstrip()}…"
