"""Boilerplate on real articles, marked by hand: `python -m benchmarks.boilerplate --data DIR`.

Comes in: RealTimeQA 2022 (4,828 news articles as plain text, not published with Byline) and the marks of 238 of them
beside this file, which hold places and no text. Goes out: for each way of cleaning, how many of the boilerplate
sentences are kept from being cited (97 % is the goal) and how many real ones are lost (1 % at most), for each part.

The parts: on "tune" (30 articles) the rules were made; "held" (30) was set aside by a digest of the ids, scored once
(80.0 %), and then opened for rules too; "later" (29) was drawn at the same time, kept out of every search for rules,
and marked after the last of them was written; "dev" (30) was drawn and marked later still, before the rules for other
articles' headlines, which were made on it. Rules and marks were made by the same hand, and all of "tune" and "held"
was marked before any rule was changed: whoever made the rules had read "held" once. All four are used for rules by now.
"fourth" and "fifth" (30 each) were drawn and marked before, and after, the rules that were made on all of those; each was
scored once, and used for rules after that; the articles of fifth had been read in part for kinds, unmarked. "sixth" (30)
was marked before the rules that came of reading all other articles kind by kind, "seventh" (29) after them; both were kept
out of that reading, scored once with the rules before and once with those after (86.5 % and 83.0 %, which is what to
expect of unseen pages), and used for rules after that. docs/LOG.md, "Kinds instead of pages".

How the articles were drawn: from each outlet (24 of usatoday.com, 24 of cnn.com, 12 of theweek.co.uk; then six times 12, 12 and 6)
as many from each sixth of its lengths, in the order of a digest of their ids; of articles with equal text, the first.
Of the later ones a list of 979 concerts was left out, and of seventh one that had been read before.

How they were marked: every sentence as `split(keep_boilerplate=True)` cuts it, so that whoever marks is not told what
the rules think.

- text: sentences, headings, list items, quotations, captions that say what is to be seen, corrections of facts,
  headings of rubrics, notes on how an interview was held, teasers that say something of what they point at;
- boilerplate: headlines of other articles and what leads to them, with or without "More:" before; sentences that do
  nothing but send the reader elsewhere (a form, a video, a newsletter, a page); lines of video players; bylines,
  datelines, agencies and outlets that stand alone, credits of photographs, "contributed to this report"; who the author
  is and how to reach them; advertisements with their small print; "this story has been updated"; lines of signs;
- a piece that holds both goes by its larger part; one that could not be decided is counted nowhere.

"repetition" marks lines of six words or more that stand in ten articles of an outlet and in one of a hundred; articles
with equal text count once. docs/LOG.md says why it is no part of Byline.

Peers are made for pages. Each gets the article as the least page there is: its title, and a `<p>` a line. So they lack
what else a page would tell them (classes, links, menus), and their figures say what they do with text that was
extracted before, not what they do with a page. A sentence counts as kept from being cited where none of its letters
stand in what a peer gives back, in order.
"""

from __future__ import annotations

import argparse
import html
import importlib
import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from index.article import Article, sha256
from index.lines import paragraphs
from index.sources.read import Document, article, documents
from index.split import split

MARKS = Path(__file__).with_name("boilerplate_marks.jsonl")
PARTS = ("tune", "held", "dev", "later", "fourth", "fifth", "sixth", "seventh")
_DRAWN = {"www.usatoday.com": 2, "www.cnn.com": 2, "www.theweek.co.uk": 1}
_SIXTHS = 6
# Drawn, but not marked: a list of 979 pieces, and, of seventh, one that had been among the articles read for rules.
_LEFT_OUT = ("rt2382", "rt2802")
# From when on a line counts as repeated: words, articles of the outlet, share of its articles.
_WORDS, _COPIES, _OF_ALL = 6, 10, 0.01

# Which characters of a text may still be cited.
Left = list[bool]
Cleaning = Callable[[Article], Left]


@dataclass(frozen=True, slots=True)
class Marked:
    """An article with what its pieces are: (start, end, "t" for text, "b" for boilerplate or "u" for unsure)."""

    article: Article
    pieces: Sequence[tuple[int, int, str]]
    part: str


def main() -> None:
    """Prints one line a way of cleaning and half."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="the folder with RealTimeQA's articles.jsonl")
    parser.add_argument("--part", choices=PARTS, help="only this part")
    parser.add_argument("--wrong", action="store_true", help="list what Byline gets wrong")
    given = parser.parse_args()
    every = [article(one) for one in documents([given.data / "articles.jsonl"]) if isinstance(one, Document)]
    marked = _marked(every)
    if {one.article.id: one.part for one in marked} != drawn(every):
        raise SystemExit(f"{MARKS} is not of the articles that are drawn from {given.data}")
    if given.wrong:
        _list_wrong([one for one in marked if given.part in (None, one.part)])
        return
    print(f"{'cleaning':12} {'part':6} {'boilerplate kept from being cited':>34} {'text lost':>22}")
    cleanings = {
        "byline": _ours,
        "repetition": _repetition(every),
        "trafilatura": _trafilatura(),
        "justext": _justext(),
    }
    for name, cleaning in {**cleanings, "none": lambda one: [True] * len(one.text)}.items():
        for part in (given.part,) if given.part else PARTS:
            kept, boilerplate, lost, text = _score(cleaning, [one for one in marked if one.part == part])
            print(f"{name:12} {part:6} {_share(kept, boilerplate):>34} {_share(lost, text):>22}", flush=True)


def drawn(every: Sequence[Article]) -> dict[str, str]:
    """The ids of the articles that are to be marked, with the parts that they belong to."""
    distinct = list({one.text_sha256: one for one in reversed(every)}.values())
    first, later, dev = list[str](), list[str](), list[str]()
    fourth, fifth, sixth, seventh = list[str](), list[str](), list[str](), list[str]()
    for host, count in _DRAWN.items():
        those = sorted((one for one in distinct if _host(one) == host), key=lambda one: (len(one.text), one.id))
        for nth in range(_SIXTHS):
            part = [one.id for one in those[len(those) * nth // _SIXTHS : len(those) * (nth + 1) // _SIXTHS]]
            part.sort(key=_order)
            now = [id_ for half in ("tune", "held") for id_ in [id_ for id_ in part if _half(id_) == half][:count]]
            first += now
            then = [id_ for id_ in part if id_ not in now][:count]
            later += [id_ for id_ in then if id_ not in _LEFT_OUT]
            rest = [id_ for id_ in part if id_ not in (*now, *then)]
            dev += rest[:count]
            fourth += rest[count : 2 * count]
            fifth += rest[2 * count : 3 * count]
            sixth += rest[3 * count : 4 * count]
            seventh += [id_ for id_ in rest[4 * count : 5 * count] if id_ not in _LEFT_OUT]
    those_later = {"later": later, "dev": dev, "fourth": fourth, "fifth": fifth, "sixth": sixth, "seventh": seventh}
    return {id_: _half(id_) for id_ in first} | {id_: name for name, ids in those_later.items() for id_ in ids}


def _half(id_: str) -> str:
    return PARTS[int(sha256(f"half {id_}".encode()), 16) % 2]


def _order(id_: str) -> str:
    return sha256(f"boilerplate 2026 {id_}".encode())


def _host(one: Article) -> str:
    return urlsplit(one.url or "").hostname or ""


def _marked(every: Sequence[Article]) -> list[Marked]:
    by_id, parts = {one.id: one for one in every}, drawn(every)
    found = []
    for line in MARKS.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        one = by_id.get(row["id"])
        if one is None or one.text_sha256 != row["text_sha256"]:
            raise SystemExit(f"{MARKS}: article {row['id']} is missing or has another text now")
        found.append(Marked(one, [(start, end, mark) for start, end, mark in row["pieces"]], parts.get(one.id, "")))
    return found


def _score(cleaning: Cleaning, chosen: Sequence[Marked]) -> tuple[int, int, int, int]:
    """Boilerplate kept from being cited, all of it, text lost, all of it."""
    kept = boilerplate = lost = text = 0
    for one in chosen:
        left = cleaning(one.article)
        for start, end, mark in one.pieces:
            gone = not any(left[start:end])
            boilerplate += mark == "b"
            text += mark == "t"
            kept += gone and mark == "b"
            lost += gone and mark == "t"
    return kept, boilerplate, lost, text


def _share(part: int, whole: int) -> str:
    return f"{part:,} of {whole:,} {100 * part / whole:6.2f} %"


def _list_wrong(chosen: Sequence[Marked]) -> None:
    for one in chosen:
        left = _ours(one.article)
        for start, end, mark in one.pieces:
            gone = not any(left[start:end])
            if mark != "u" and gone != (mark == "b"):
                print("lost  " if gone else "missed", one.article.id, repr(one.article.text[start:end]))


def _ours(one: Article) -> Left:
    """What `byline build` leaves to be cited by the rules, one article at a time."""
    left = [False] * len(one.text)
    for piece in split(one.text, one.title, one.language and one.language.split("-")[0].lower()):
        if piece.kind != "boilerplate":
            left[piece.start : piece.end] = [True] * (piece.end - piece.start)
    return left


def _repetition(every: Sequence[Article]) -> Cleaning:
    articles, lines = Counter[str](), Counter[tuple[str, str]]()
    for one in {one.text_sha256: one for one in every}.values():
        articles[_host(one)] += 1
        lines.update((_host(one), line) for line in {_plain(one.text[a:b]) for a, b in paragraphs(one.text)})

    def left(one: Article) -> Left:
        cited, host = [True] * len(one.text), _host(one)
        for start, end in paragraphs(one.text):
            line = _plain(one.text[start:end])
            if len(line.split()) >= _WORDS and lines[host, line] >= max(_COPIES, _OF_ALL * articles[host]):
                cited[start:end] = [False] * (end - start)
        return cited

    return left


def _plain(line: str) -> str:
    return " ".join(line.casefold().split())


def _page(one: Article) -> str:
    lines = "".join(f"<p>{html.escape(one.text[start:end])}</p>\n" for start, end in paragraphs(one.text))
    title = html.escape(one.title or "")
    return f"<html><head><title>{title}</title></head><body><article><h1>{title}</h1>\n{lines}</article></body></html>"


def _trafilatura() -> Cleaning:
    extract = importlib.import_module("trafilatura").extract
    return lambda one: _found(one.text, iter((extract(_page(one)) or "").split("\n")))


def _justext() -> Cleaning:
    module = importlib.import_module("justext")
    words = module.get_stoplist("English")

    def good(one: Article) -> Iterator[str]:
        for paragraph in module.justext(_page(one).encode(), words, encoding="utf-8"):
            if not paragraph.is_boilerplate:
                yield paragraph.text

    return lambda one: _found(one.text, good(one))


def _found(text: str, lines: Iterator[str]) -> Left:
    """Where lines that were given back stand in the text, in order; white space aside, as peers fold it."""
    places = [i for i, character in enumerate(text) if not character.isspace()]
    bare = "".join(text[i] for i in places)
    left, at = [False] * len(text), 0
    for line in lines:
        wanted = "".join(line.split())
        start = bare.find(wanted, at) if wanted else -1
        if start >= 0:
            at = start + len(wanted)
            for i in places[start:at]:
                left[i] = True
    return left


if __name__ == "__main__":
    main()
