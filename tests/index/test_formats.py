"""A document in every format, the whole way: built, cut, cited, and every citation stands in what is shown of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.cite import Place, cite
from bot.message import sources
from bot.report import article_json, article_lines, citation_json
from index.article import Article
from index.build import Recipe, add, build
from index.known import known_of
from index.sources import parsers
from index.sources.contents import Contents
from index.sources.read import readers
from index.store import open_snapshot
from index.verify import verify
from tests.index.sources.paper import column, docx, drawn, epub, letter, paragraph, pdf, zipped
from tests.index.test_build import RECIPE, quiet, texts
from tests.index.tiny import NGramEmbedder

SAID = "The harbour of Senn reopened on Monday."
MORE = "Ships had waited for three days, said the pilot’s “Gazette”."
PAGE = f"<html><body><article><p>{SAID} {MORE}</p></article></body></html>"
PRINTED = "The harbour of Senn reo-\npened on Monday. Ships had waited for three\ndays, said the pilot’s “Gazette”."

FORMATS: dict[str, tuple[str, bytes]] = {
    "text": ("a.txt", f"{SAID} {MORE}".encode()),
    "markdown": ("a.md", f"{SAID} *{MORE}*".encode()),
    "html": ("a.html", PAGE.encode()),
    "jsonl": ("a.jsonl", f'{{"text": "{SAID} {MORE}"}}'.encode()),
    "pdf": ("a.pdf", pdf([drawn(column(PRINTED))])),
    "docx": ("a.docx", docx(paragraph(f"{SAID} ", MORE))),
    "epub": ("a.epub", epub({"c.xhtml": f"<p>{SAID} {MORE}</p>"})),
    "email": ("a.eml", letter("Plain twin.", PAGE, Subject="The harbour")),
}


@pytest.mark.parametrize("packed", [False, True], ids=["file", "zipped"])
@pytest.mark.parametrize("kind", FORMATS)
def test_every_sentence_stands_in_what_is_shown(
    tmp_path: Path, embedder: NGramEmbedder, kind: str, packed: bool
) -> None:
    name, data = FORMATS[kind]
    path = tmp_path / ("all.zip" if packed else name)
    path.write_bytes(zipped({name: data}) if packed else data)
    build(tmp_path / "index", [path], RECIPE, quiet)
    snapshot = open_snapshot(tmp_path / "index")
    verify(snapshot)
    (entry,) = snapshot.entries()
    stored = snapshot.article(entry.id)
    assert stored.article.markup == kind
    printed, told = "\n".join(article_lines(stored)), article_json(stored)
    quotes = [sentence.text for sentence in stored.sentences]
    assert quotes == [SAID, MORE]
    for sentence in stored.sentences:
        assert told["text"][sentence.start : sentence.end] == sentence.text
        assert sentence.text in printed
    passages = snapshot.passages(range(stored.rows.start, stored.rows.stop))
    assert all(passage.text in told["text"] for passage in passages)
    snapshot.close()


def test_a_citation_names_the_page_whose_extracted_text_it_begins_on(tmp_path: Path, embedder: NGramEmbedder) -> None:
    """Also after the index was built again around it; an article of another format has no pages."""
    pages = [column("The harbour of Senn reopened on Monday. The coun-"), column("cil was glad. Ships had waited.")]
    (tmp_path / "a.pdf").write_bytes(pdf([drawn(page) for page in pages]))
    (tmp_path / "b.txt").write_text("Plain text stands here.")
    index = tmp_path / "index"
    build(index, [tmp_path / "a.pdf", tmp_path / "b.txt"], RECIPE, quiet)
    (tmp_path / "b.txt").write_text("Other text stands here.")
    build(index, [tmp_path / "a.pdf", tmp_path / "b.txt"], RECIPE, quiet)
    snapshot = open_snapshot(index)
    found = {}
    for entry in snapshot.entries():
        stored = snapshot.article(entry.id)
        for number, sentence in enumerate(stored.sentences):
            found[sentence.text] = cite(Place(stored, number, number, None, 0.5), 1)
    assert {quote: one.page for quote, one in found.items()} == {
        "The harbour of Senn reopened on Monday.": 1, "The council was glad.": 1, "Ships had waited.": 2,
        "Other text stands here.": None,
    }  # fmt: skip
    shown = [
        "".join(run.text for run in part.runs) for part in sources([found["Ships had waited."]], {1: "sentence 3 of 3"})
    ]
    assert shown[1] == "a.pdf, date not given, extracted text of page 2, sentence 3 of 3"
    told = citation_json(found["Ships had waited."])
    assert (told["page"], told["file"], told["source"]) == (2, "a.pdf", None)
    snapshot.close()


def test_other_pages_for_the_same_text_make_another_article() -> None:
    """The page is shown, so a file whose pages break elsewhere is a change that an index must take up."""
    one = Article("a", "The same text.", "0", "a.pdf", pages=(0, 4))
    assert replace(one, pages=(0, 9)).fingerprint() != one.fingerprint() != replace(one, pages=()).fingerprint()
    assert [one.page(offset) for offset in (0, 3, 4, 14)] == [1, 1, 2, 2]


def test_an_archive_that_was_read_before_goes_by_its_old_ids(tmp_path: Path, embedder: NGramEmbedder) -> None:
    """Whether it is added by itself or with its folder; and what has gone from it is noted no more."""
    folder = tmp_path / "news" / "may"
    folder.mkdir(parents=True)
    archive = folder / "a.zip"
    archive.write_bytes(zipped({"x.txt": f"{SAID} One.", "y.html": PAGE, "z.pdf": b"%PDF-1.4", "l.jsonl": '{"text": "A line here."}'}))  # fmt: skip
    first = build(tmp_path / "index", [tmp_path / "news"], RECIPE, quiet)
    assert (len(first.added), [one.reason for one in first.skipped]) == (3, ["bad_pdf"])
    embedder.encoded.clear()
    assert not add(tmp_path / "index", [archive], RECIPE, quiet).published
    archive.write_bytes(zipped({"x.txt": f"{SAID} Two.", "y.html": PAGE, "l.jsonl": '{"text": "A line here."}'}))
    again = add(tmp_path / "index", [archive], RECIPE, quiet)
    assert (len(again.changed), again.added, again.unchanged, again.skipped) == (1, (), 2, ())
    snapshot = open_snapshot(tmp_path / "index")
    assert list(snapshot.skipped()) == []
    assert all(known_of(snapshot, reusable=True).still_there(entry.id) for entry in snapshot.entries())
    snapshot.close()


def test_a_document_whose_reader_died_is_named_and_tried_again_at_the_next_build(
    tmp_path: Path, embedder: NGramEmbedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    parsers.close()
    dies = "import os, sys; os.kill(os.getpid(), 9)"
    folder = tmp_path / "news"
    folder.mkdir()
    (folder / "a.html").write_text(PAGE)
    (folder / "b.txt").write_text("A good article. It stands.")
    with monkeypatch.context() as broken:
        broken.setattr(parsers, "_BOOT", dies)
        report = build(tmp_path / "index", [folder], RECIPE, quiet)
    assert [(one.reason, Path(one.origin).name) for one in report.skipped] == [("worker_died", "a.html")]
    snapshot = open_snapshot(tmp_path / "index")
    assert [note.reason for note in snapshot.skipped()] == ["worker_died"]
    snapshot.close()
    report = build(tmp_path / "index", [folder], RECIPE, quiet)
    assert (len(report.added), report.unchanged, report.skipped) == (1, 1, ())
    assert len(texts(tmp_path / "index")) == 2


def test_what_has_not_changed_is_not_parsed_again_and_no_process_outlives_a_build(
    tmp_path: Path, embedder: NGramEmbedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    real: Callable[..., Contents] = parsers.parsed

    def spied(markup: str, *rest: Any) -> Contents:
        asked.append(markup)
        return real(markup, *rest)

    monkeypatch.setattr("index.sources.read.parsed", spied)
    monkeypatch.setattr("index.sources.chapters.parsed", spied)
    for name, data in FORMATS.values():
        (tmp_path / f"news-{name}").write_bytes(data.replace(b"Senn", b"Senn " + name[2:].encode()))
    paths = sorted(tmp_path.glob("news-*"))
    build(tmp_path / "index", paths, RECIPE, quiet)
    assert sorted(asked) == ["docx", "email", "epub", "epub-spine", "html", "markdown", "pdf"]
    assert parsers._worker.pid is None
    asked.clear()
    build(tmp_path / "index", paths, RECIPE, quiet)
    assert asked == ["epub-spine"]


def test_an_index_read_by_other_libraries_is_known_as_such(monkeypatch: pytest.MonkeyPatch) -> None:
    now = Recipe().describe()["sources"]
    assert all(name in readers() for name in ("pypdf", "lxml", "trafilatura", "markdown-it-py"))
    monkeypatch.setattr("index.sources.read.metadata.version", lambda name: "0.0")
    assert Recipe().describe()["sources"] != now
