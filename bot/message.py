"""An answer and what stands behind it -> paragraphs, with the meaning of every piece marked and no markup in text.

Comes in: values. Goes out: `Paragraph`s, which a front turns into what it can show: styles on a terminal, entities
in a chat, nothing in a pipe. The promise others lean on: a quote's runs joined are the quote, letter by letter.
Knows nothing of widths, colours and escapes; making strangers' text harmless is the front's last step, so that no
caller can forget it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from bot.answer import Answer
from bot.cite import Citation
from bot.desk import Context, Listed, Weighed
from index.article import Article
from index.outlets import outlet_of

Style = Literal["plain", "answer", "marker", "quote", "heading", "faint", "warning", "error"]

# Written out here: the names that strftime knows depend on the locale.
_MONTHS = "January February March April May June July August September October November December".split()
_REASONS = {
    "nothing_close": "No article comes close to it.",
    "no_answer_in_articles": "No sentence answers it with enough confidence.",
}
# Lines that were not taken as a question, or could not be: what to do, instead of what the articles lack.
_ADVICE = {
    "empty_question": "Please ask a question, for example: who declared the caliphate over?",
    "question_too_long": "That is too long for a question; please ask it shorter.",
    "bad_text": "The question holds characters that are no text; please type it again.",
    "greeting": "Hello. Ask me what the articles say, for example: who declared the caliphate over?",
    "thanks": "You are welcome. Ask on whenever you like.",
    "farewell": "Goodbye.",
    "no_question": "That alone asks nothing yet; please say of whom or what, for example: who declared the caliphate over?",
    "empty_index": "No articles are indexed yet; `byline build` reads them.",
}


@dataclass(frozen=True, slots=True)
class Run:
    """A piece of text with one meaning."""

    text: str
    style: Style = "plain"


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Runs that follow each other; `marker` stands before them, `indent` is the column where they begin.

    Without runs it is an empty line.
    """

    runs: tuple[Run, ...] = ()
    marker: str = ""
    indent: int = 0


BLANK = Paragraph()


def message(answer: Answer, places: Mapping[int, str]) -> tuple[Paragraph, ...]:
    """The whole answer: the short one, the cited sentences, their sources.

    `places` says by marker where in the article a citation stands; where it is silent, the offsets do.
    """
    if answer.status != "answered" and answer.reason in _ADVICE:
        return (line(_ADVICE[answer.reason]),)
    head = (line(f"Understood as: {answer.understood}", "faint"), BLANK) if answer.understood else ()
    return (*head, *(_answered if answer.status == "answered" else _not_found)(answer, places))


def line(text: str, style: Style = "plain", indent: int = 0) -> Paragraph:
    """One run as a paragraph."""
    return Paragraph((Run(text, style),), indent=indent)


def _answered(answer: Answer, places: Mapping[int, str]) -> Iterator[Paragraph]:
    if answer.answer is not None:
        yield line(answer.answer, "answer")
        yield BLANK
    for citation in answer.citations:
        yield _marked(citation, quote(citation))
    yield BLANK
    yield from sources(answer.citations, places)
    yield BLANK
    yield line(" ".join(filter(None, (f"Confidence {_percent(answer.confidence)}.", from_outlets(answer)))), "faint")


def _not_found(answer: Answer, places: Mapping[int, str]) -> Iterator[Paragraph]:
    reason = answer.reason or "no reason given"
    why = _REASONS.get(reason, f"Reason: {reason.replace('_', ' ')}.")
    elsewhere = reason == "not_from_outlet"
    yield Paragraph((Run(nowhere(answer), "warning"), Run("" if elsewhere else f" {why}")))
    if answer.nearest:
        yield BLANK
        yield line("Others say:" if elsewhere else "Nearest sentences, not an answer:", "heading")
        for citation in answer.nearest:
            yield _marked(citation, (Run(citation.quote, "faint"),))
        yield BLANK
        yield from sources(answer.nearest, places)


def nowhere(answer: Answer) -> str:
    """That there is no answer, and in whose articles, where the question names its source."""
    if not answer.outlets:
        return "Not in the articles."
    others = "" if answer.reason == "not_from_outlet" else ", nor in others"
    return f"Not in the articles of {outlets(answer)}{others}."


def from_outlets(answer: Answer) -> str | None:
    """Whether an answer is from the outlets that the question names; None where it names none."""
    if not answer.outlets:
        return None
    if all(outlet_of(one.source, one.url) in answer.outlets for one in answer.citations):
        return f"From articles of {outlets(answer)} alone."
    return f"No article of {outlets(answer)} answers it; this is from others."


def outlets(answer: Answer, most: int = 3) -> str:
    """The outlets that the question names, as a text."""
    rest = f" and {len(answer.outlets) - most:,} more" if len(answer.outlets) > most else ""
    return f"{', '.join(answer.outlets[:most])}{rest}"


def quote(citation: Citation, style: Style = "plain") -> tuple[Run, ...]:
    """The quote, with the short answer in it marked; the runs joined are the quote."""
    if citation.answer_start is None or citation.answer_end is None:
        return (Run(citation.quote, style),)
    start, end = citation.answer_start - citation.start, citation.answer_end - citation.start
    pieces = (
        Run(citation.quote[:start], style),
        Run(citation.quote[start:end], "answer"),
        Run(citation.quote[end:], style),
    )
    return tuple(piece for piece in pieces if piece.text)


def sources(citations: Sequence[Citation], places: Mapping[int, str]) -> Iterator[Paragraph]:
    """Where the citations stand: outlet, date and place; title and authors; link."""
    yield line("Sources" if len(citations) > 1 else "Source", "heading")
    for citation in citations:
        yield from _source(citation, places.get(citation.marker, f"characters {citation.start} to {citation.end}"))


def context(citation: Citation, around: Context) -> Iterator[Paragraph]:
    """The cited sentences among their neighbours, in the article's own lines, below where they stand."""
    yield from _source(citation, place(around))
    yield BLANK
    yield from _lines((Run(around.before), *quote(citation, "quote"), Run(around.after)))


def place(around: Context) -> str:
    """Where in its article a citation stands, for people."""
    number = f"sentence {around.first}" if around.first == around.last else f"sentences {around.first} to {around.last}"
    return f"{number} of {around.of}"


def article(shown: Article, citation: Citation | None, around: int) -> Iterator[Paragraph]:
    """An article's head, and its text for `around` characters on both sides of the citation, or of its beginning."""
    yield line(shown.title or "title not given", "heading")
    yield line(f"{outlet(shown.source, shown.url, shown.file())}, {_day(shown.published)}, {shown.id}")
    yield from _more(None, shown.authors, shown.url)
    yield BLANK
    start, end = (citation.start, citation.end) if citation else (0, 0)
    first, last = max(0, start - around), min(len(shown.text), end + around)
    if first:
        yield line(f"({first:,} characters before this)", "faint")
    cited = quote(citation, "quote") if citation else ()
    yield from _lines((Run(shown.text[first:start]), *cited, Run(shown.text[end:last])))
    if last < len(shown.text):
        yield line(f"({len(shown.text) - last:,} characters after this: byline show {shown.id})", "faint")


def listing(listed: Sequence[Listed], most: int) -> Iterator[Paragraph]:
    """One paragraph an article, at most `most` of them."""
    for one in listed[:most]:
        yield line(f"{_day(one.published)}, {outlet(one.source, one.url, one.file)}: {one.title or 'title not given'}")
        yield line(one.id, "faint", indent=4)
    if len(listed) > most:
        yield line(f"and {len(listed) - most:,} more; a word after :articles narrows the list", "faint")


def why(weighed: Sequence[Weighed], most: int) -> Iterator[Paragraph]:
    """What was considered, with its ranks and scores, at most `most` of it."""
    for number, one in enumerate(weighed[:most], 1):
        read = "not read" if one.reader is None else f"reader {one.reader:.3f}"
        ranks = f"words {one.words or '-'}, vectors {one.vectors or '-'}, fused {one.fused:.4f}"
        yield Paragraph((Run(f"{read}, {ranks}, {one.article}", "faint"),), marker=f"{number:>2}.")
        yield line(one.sentence, indent=4)


def table(rows: Mapping[str, object]) -> Iterator[Paragraph]:
    """Names and values, one paragraph each, the values in one column."""
    width = max((len(name) for name in rows), default=0) + 2
    for name, value in rows.items():
        yield Paragraph((Run(str(value)),), marker=name, indent=width)


def _source(citation: Citation, where: str) -> Iterator[Paragraph]:
    speaker = f", said by {citation.speaker}" if citation.speaker else ""
    page = f"extracted text of page {citation.page}, " if citation.page else ""
    first = (
        f"{outlet(citation.source, citation.url, citation.file)}, {_day(citation.published)}, {page}{where}{speaker}"
    )
    marked = _marked(citation, (Run(first),))
    yield marked
    indent = len(marked.marker) + 1
    yield from _more(citation.title, citation.authors, citation.url, indent)
    for text in (also_in(citation), updated(citation)):
        if text:
            yield line(text, "faint", indent)


def also_in(citation: Citation, most: int = 5) -> str | None:
    """Which other outlets' copies of the story hold the quote, each outlet once, as a line; None where none does."""
    outlets = list(dict.fromkeys(outlet(one.source, one.url) for one in citation.also_in))
    if not outlets:
        return None
    rest = f" and {len(outlets) - most:,} more" if len(outlets) > most else ""
    return f"also in: {', '.join(outlets[:most])}{rest}"


def updated(citation: Citation) -> str | None:
    """That the article superseded an earlier version, with the dates of both; None where it did not."""
    if not citation.earlier:
        return None
    return f"updated: this version {_day(citation.published)}, before it {_day(citation.earlier[0].published)}"


def _more(title: str | None, authors: Sequence[str], url: str | None, indent: int = 0) -> Iterator[Paragraph]:
    written = f"{title or ''}{' / ' if title and authors else ''}{', '.join(authors)}"
    for text in (written, url):
        if text:
            yield line(text, "faint", indent)


def _marked(citation: Citation, runs: tuple[Run, ...]) -> Paragraph:
    return Paragraph(runs, marker=f"[{citation.marker}]")


def _lines(runs: Sequence[Run]) -> Iterator[Paragraph]:
    """The runs as one paragraph for each line of the text."""
    current: list[Run] = []
    for run in runs:
        first, *others = run.text.split("\n")
        current.append(Run(first, run.style))
        for other in others:
            yield Paragraph(tuple(piece for piece in current if piece.text))
            current = [Run(other, run.style)]
    yield Paragraph(tuple(piece for piece in current if piece.text))


def outlet(source: str | None, url: str | None = None, file: str | None = None) -> str:
    """Who published it: the outlet, where none is given the host of its address, else the file that it was read from."""
    return outlet_of(source, url) or file or "outlet not given"


def _day(published: str | None) -> str:
    """The date for people; what is not a whole date (a month, a year) is left as it is."""
    if published is None:
        return "date not given"
    try:
        day = date.fromisoformat(published)
    except ValueError:
        return published
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


def _percent(confidence: float) -> str:
    return f"{int(confidence * 100)} %"  # rounded down: 99.6 % is not certainty
