"""Values -> what scripts read (JSON) and what people read (lines) of everything but answers.

Comes in: reports, statuses, articles, answers. Goes out: plain dictionaries in the words of the contract, or lines of
text with every control character made visible. Knows nothing of terminals.
"""

from __future__ import annotations

import os
import re
import shlex
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from bot.answer import Answer
from bot.cite import Citation
from bot.visible import visible, visible_lines
from index.article import file_name
from index.build import Report
from index.known import file_of
from index.outlets import outlet_of
from index.purge import Purged
from index.split import Sentence
from index.store import Entry, StoredArticle
from index.stories import Version

# A document left out for this reason is no trouble: nothing is missing from the index.
_HARMLESS = frozenset({"duplicate"})
_SHOWN = 20
# So many documents left out for one reason are named one by one, with their places.
_APART = 3
_NUMBER = re.compile(r"\d+")
_CITED = "boilerplate is never cited, headings and captions only where no sentence says it"


def answer_json(answer: Answer) -> dict[str, Any]:
    """An answer in the words of the contract."""
    return {
        "question": answer.question,
        "understood": answer.understood,
        "outlets": list(answer.outlets),
        "status": answer.status,
        "reason": answer.reason,
        "answer": answer.answer,
        "confidence": answer.confidence,
        "citations": [citation_json(citation) for citation in answer.citations],
        "groups": list(answer.groups),
        "nearest": [citation_json(citation) | {"nearest": True} for citation in answer.nearest],
        "generation": answer.generation,
        "timings_ms": dict(answer.timings_ms),
    }


def citation_json(citation: Citation) -> dict[str, Any]:
    """A citation in the words of the contract."""
    told = asdict(citation)
    return told | {name: list(told[name]) for name in ("authors", "also_in", "earlier")}


def entry_json(entry: Entry, newest: Version | None = None) -> dict[str, Any]:
    """One line of the list of articles; `newest` is the version that supersedes it, if one does."""
    return {
        "id": entry.id, "title": entry.title, "source": entry.source, "authors": list(entry.authors),
        "url": entry.url, "published": entry.published, "language": entry.language, "origin": entry.origin,
        "collections": list(entry.collections), "sentences": entry.pieces,
        "superseded_by": None if newest is None else asdict(newest),
    }  # fmt: skip


def article_json(
    stored: StoredArticle, newest: Version | None = None, earlier: Sequence[Version] = ()
) -> dict[str, Any]:
    """An article with its canonical text, the one that all offsets refer to, and the versions after and before it."""
    article = stored.article
    return {
        "id": article.id, "title": article.title, "source": article.source, "authors": list(article.authors),
        "url": article.url, "published": article.published, "language": article.language, "origin": article.origin,
        "collections": list(article.collections), "format": article.markup, "flags": list(article.flags),
        "pages": list(article.pages), "text_sha256": article.text_sha256,
        "superseded_by": None if newest is None else asdict(newest), "earlier": [asdict(one) for one in earlier],
        "text": article.text, "sentences": [[s.start, s.end, s.kind] for s in stored.sentences],
    }  # fmt: skip


def article_line(entry: Entry, newest: Version | None = None) -> str:
    """One article in a list: id, date, outlet, title."""
    line = f"{entry.id}  {entry.published or 'no date   '}  {visible(outlet_of(entry.source, entry.url) or '-')}  {visible(entry.title or Path(entry.origin).name)}"
    return line if newest is None else f"{line}  (superseded by {_version(newest)})"


def article_lines(stored: StoredArticle, newest: Version | None = None, earlier: Sequence[Version] = ()) -> list[str]:
    """One article to be read: what is known of it, an empty line, its text."""
    article = stored.article
    known = (
        ("id", article.id), ("title", article.title), ("outlet", article.source), ("authors", ", ".join(article.authors)),
        ("date", article.published or "not given"), ("link", article.url), ("read from", article.origin),
        ("superseded", newest and f"by {_version(newest)}: never cited nor counted"),
        ("before it", ", ".join(map(_version, earlier))),
        ("collections", ", ".join(article.collections)), ("taken out", ", ".join(article.flags)),
    )  # fmt: skip
    return [f"{name + ':':<13}{visible(value)}" for name, value in known if value] + ["", visible_lines(article.text)]


def _version(version: Version) -> str:
    return f"{version.article} of {version.published or 'no date'}"


def raw_lines(stored: StoredArticle, newest: Version | None = None, earlier: Sequence[Version] = ()) -> list[str]:
    """An article to be read with the kind of each of its paragraphs, and what the kinds mean for citations."""
    text, pieces = stored.article.text, stored.sentences
    about = article_lines(stored, newest, earlier)[:-1]
    shown: list[str] = []
    for begin, end, kind in _paragraphs(text, pieces):
        first, *others = visible_lines(text[begin:end]).split("\n")
        shown += [f"{kind:<13}{first}", *(f"{'':<13}{line}" for line in others)]
    counts = Counter(kind for *_, kind in _paragraphs(text, pieces))
    said = ", ".join(f"{count:,} {kind}" for kind, count in counts.most_common())
    return [*about, *shown, "", f"paragraphs: {said}; {_CITED}"]


def _paragraphs(text: str, pieces: Sequence[Sentence]) -> Iterator[tuple[int, int, str]]:
    """Runs of sentences of one kind that no line end parts: (start, end, kind)."""
    begin = 0
    for i, piece in enumerate(pieces, 1):
        if i < len(pieces) and pieces[i].kind == piece.kind and "\n" not in text[piece.end : pieces[i].start]:
            continue
        yield pieces[begin].start, piece.end, piece.kind
        begin = i


def purged_json(purged: Purged) -> dict[str, Any]:
    """What a purge did."""
    return {
        "generation": purged.generation,
        "freed": [asdict(one) for one in purged.freed],
        "freed_bytes": sum(one.bytes for one in purged.freed),
        "forgotten": purged.forgotten,
        "held": list(purged.held),
        "left": [{"name": name, "why": why} for name, why in purged.left],
    }


def purged_lines(purged: Purged) -> list[str]:
    """What a purge did, in a few lines."""
    total = sum(one.bytes for one in purged.freed) / 2**20
    lines = [
        f"{purged.generation} stays; {total:,.1f} MiB freed"
        if purged.freed
        else f"nothing lies beside {purged.generation}"
    ]
    lines += [f"  {visible(one.name)}  {one.bytes / 2**20:,.1f} MiB" for one in purged.freed[:_SHOWN]]
    if len(purged.freed) > _SHOWN:
        lines.append(f"  and {len(purged.freed) - _SHOWN:,} more: byline purge --json lists them all")
    if purged.forgotten:
        lines.append(f"{purged.forgotten:,} items of feeds whose articles were removed are known by a digest only now")
    lines += [
        f"{name} stays: a process that lives holds it, until it is published or discarded" for name in purged.held
    ]
    return lines + [f"{visible(name)} could not be removed: {why}" for name, why in purged.left]


def status_lines(status: Mapping[str, Any]) -> list[str]:
    """What `byline status` prints."""
    period = " to ".join(status["period"]) if status["period"] else "no article has a date"
    lines = [
        f"generation  {status['generation']}, published {status['published']}",
        f"holds       {_held(status)}",
        f"period      {period}",
        f"embedding   {status['models']['embedding']}",
        f"reader      {status['models']['reader']}",
        f"size        {status['bytes'] / 2**20:,.1f} MiB in {status['index']}",
        f"last build  {status['build_seconds']:,.1f} s",
    ]
    superseded = status["superseded"]
    if superseded:
        lines.append(f"superseded  {len(superseded):,} of the articles, by newer versions of them")
        lines += [
            f"  {one['article']} of {one['published'] or 'no date'}: by {one['by']} of {one['by_published'] or 'no date'}"
            for one in superseded[:_SHOWN]
        ]
        if len(superseded) > _SHOWN:
            lines.append(f"  and {len(superseded) - _SHOWN:,} more: byline status --json lists them all")
    return lines + _skipped_lines([(s["origin"], s["reason"], s["detail"]) for s in status["skipped"]])


def report_lines(report: Report) -> list[str]:
    """What a build did, in a few lines."""
    counts = report.counts
    changes = [(report.added, "added"), (report.changed, "changed"), (report.gone, "gone")]
    said = ", ".join(f"{len(ids):,} {word}" for ids, word in changes if ids)
    idle = "nothing was changed in" if troubled(report) else "nothing to do, all of it is in"
    first = f"{report.generation} published" if report.published else f"{idle} {report.generation}"
    return [
        f"{first}: {_held(counts)}",
        f"{said or 'no article changed'}, {report.unchanged:,} as before; {many(report.embedded, 'passage')} embedded, "
        f"{report.seconds:,.1f} s",
        *_skipped_lines([(s.origin, s.reason, s.detail) for s in report.skipped]),
    ]


def many(count: int, what: str) -> str:
    """A count with its noun."""
    return f"{count:,} {what}" if count == 1 else f"{count:,} {what}s"


def _held(counts: Mapping[str, Any]) -> str:
    return ", ".join(many(counts[f"{what}s"], what) for what in ("article", "sentence", "passage"))


def forsaken(origins: Iterable[str]) -> str | None:
    """How to have articles back that are gone though their files are there: a build without paths goes by the settings."""
    files = sorted({file for origin in origins if os.path.isfile(file := file_of(origin))})
    if not files:
        return None
    # Never the folder that they have in common: that may be the home folder, or the disk.
    places = files if len(files) <= _APART else sorted({os.path.dirname(file) for file in files})
    given = " ".join(visible(shlex.quote(place)) for place in places[:_APART])
    rest = f" (and {many(len(places) - _APART, 'more folder')})" if len(places) > _APART else ""
    return (
        f"gone are {many(len(files), 'file')} that index.sources does not name, though still there: "
        f"`byline add {given}`{rest} brings them back; name them in index.sources to keep them"
    )


def troubled(report: Report) -> bool:
    """Whether documents were left out that somebody should look at."""
    return any(skipped.reason not in _HARMLESS for skipped in report.skipped)


def _skipped_lines(skipped: list[tuple[str, str, str]]) -> list[str]:
    if not skipped:
        return []
    reasons = ", ".join(f"{count:,} {reason}" for reason, count in Counter(s[1] for s in skipped).most_common())
    # What is wrong with many documents is said once, so that it does not hide what is wrong with one.
    groups: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for origin, reason, detail in skipped:
        groups.setdefault((reason, _NUMBER.sub("", detail)), []).append((origin, detail))
    lines = [f"skipped     {many(len(skipped), 'document')}: {reasons}"]
    named = left_out = 0
    for (reason, _), alike in groups.items():
        if len(lines) > _SHOWN:
            left_out += len(alike)
        elif len(alike) <= _APART:
            named += len(alike)
            lines += [f"  {visible(origin)}: {reason}: {visible(detail)}" for origin, detail in alike]
        else:
            named += _APART
            names = ", ".join(visible(file_name(origin) or origin) for origin, _ in alike[:_APART])
            lines.append(f"  {len(alike):,} of them: {reason}: {visible(alike[0][1])}")
            lines.append(f"    {names} and {len(alike) - _APART:,} more")
    if named < len(skipped):
        more = f"and {left_out:,} more: " if left_out else ""
        lines.append(f"  {more}byline status --json lists them all")
    return lines
