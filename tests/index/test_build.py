"""Building: what is embedded again, what is published, and what stays when nothing good came of it."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from index.build import Recipe, Report, add, build, remove
from index.draft import ARTICLES
from index.embed import Embedding
from index.errors import ArticleUnknown, IndexBusy, IndexDamaged, IndexFailure, IndexMismatch, IndexMissing
from index.generations import Generation, current
from index.search import search
from index.sources.read import Document
from index.store import open_snapshot
from index.verify import verify
from index.words import terms
from index.writing import writing
from tests.index.tiny import TEXTS, NGramEmbedder, vector

ROOT = Path(__file__).parents[2]
RECIPE = Recipe(target_chars=60, longest_chars=120)
QUESTIONS = ("flag over Baghuz", "harbour of Rotterdam", "earthquake coast", "council turnout")


def quiet(stage: str, done: int, total: int) -> None:
    """No progress is shown."""


@pytest.fixture
def sources(tmp_path: Path) -> Path:
    """The small corpus as files."""
    folder = tmp_path / "sources"
    folder.mkdir()
    for name, text in TEXTS.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


@pytest.fixture
def index(tmp_path: Path, sources: Path, embedder: NGramEmbedder) -> Path:
    """An index built of it."""
    report = build(tmp_path / "index", [sources], RECIPE, quiet)
    assert (len(report.added), report.published) == (len(TEXTS), True)
    embedder.encoded.clear()
    return tmp_path / "index"


def texts(index: Path) -> dict[str, str]:
    """Every article's text by its id, after a check of the whole generation."""
    snapshot = open_snapshot(index)
    verify(snapshot)
    found = {entry.id: snapshot.article(entry.id).article.text for entry in snapshot.entries()}
    snapshot.close()
    return found


def answers(index: Path) -> list[object]:
    """What every question finds, in order, with scores; the rows themselves may differ."""
    snapshot = open_snapshot(index)
    found: list[object] = []
    for question in QUESTIONS:
        for hit in search(snapshot, terms(question), vector(question), vectors=5, words=5, fuse_k=60):
            found.append((snapshot.passages([hit.row])[0], hit.score, hit.vector_score, hit.words_score))
    snapshot.close()
    return found


def rows(generation: Generation, table: str) -> list[tuple[object, ...]]:
    """Everything in a table of the generation."""
    with closing(sqlite3.connect(generation.folder / ARTICLES)) as database:
        return database.execute(f"SELECT * FROM {table} ORDER BY 1").fetchall()


def article_of(index: Path, word: str) -> str:
    return next(id_ for id_, text in texts(index).items() if word in text)


def test_a_build_of_nothing_new_embeds_and_publishes_nothing(
    index: Path, sources: Path, embedder: NGramEmbedder
) -> None:
    """The generation stays, to the byte."""
    before = current(index)
    report = build(index, [sources], RECIPE, quiet)
    assert (report.published, report.generation, report.embedded) == (False, before.name, 0)
    assert (report.added, report.changed, report.gone, report.unchanged) == ((), (), (), len(TEXTS))
    assert embedder.encoded == []
    assert current(index) == before


def test_only_what_changed_is_embedded_again(index: Path, sources: Path, embedder: NGramEmbedder) -> None:
    """A changed article is replaced; the vectors of the others are taken over bit by bit."""
    path = sources / "harbour.txt"
    path.write_text("The harbour of Antwerp reopened on Friday.", encoding="utf-8")
    report = build(index, [sources], RECIPE, quiet)
    assert len(report.changed) == 1
    assert (report.unchanged, report.added, report.gone) == (len(TEXTS) - 1, (), ())
    assert len(embedder.encoded) == report.embedded == 1
    assert "Antwerp" in embedder.encoded[0]
    assert not any("Rotterdam" in text for text in texts(index).values())
    fresh = index.parent / "fresh"
    build(fresh, [sources], RECIPE, quiet)
    assert answers(index) == answers(fresh)


def test_an_index_that_was_changed_is_the_one_that_would_have_been_built(
    index: Path, sources: Path, embedder: NGramEmbedder
) -> None:
    """Article by article and byte by byte, whatever was taken over: one changed, one gone, one new, one moved."""
    (sources / "harbour.txt").write_text("The harbour of Antwerp reopened on Friday.", encoding="utf-8")
    (sources / "élection.txt").unlink()
    (sources / "a first one.txt").write_text("Rain fell on Monday.", encoding="utf-8")
    (sources / "later").mkdir()
    (sources / "baghuz.txt").rename(sources / "later" / "baghuz.txt")
    build(index, [sources], RECIPE, quiet)
    fresh = index.parent / "fresh"
    build(fresh, [sources], RECIPE, quiet)
    changed, anew = current(index), current(fresh)
    assert {name for name, file in anew.manifest["files"].items() if changed.manifest["files"][name] != file} <= {
        "articles.sqlite"
    }
    for table in ("articles", "one_texts", "versions", "skipped"):
        assert rows(changed, table) == rows(anew, table)


def test_articles_that_stay_are_not_cut_into_terms_again(
    index: Path, sources: Path, embedder: NGramEmbedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Publishing looks at the words of what changed alone."""
    seen = list[str]()

    def noted(text: str) -> list[str]:
        seen.append(text)
        return terms(text)

    monkeypatch.setattr("index.lay.terms", noted)
    (sources / "harbour.txt").write_text("The harbour of Antwerp reopened on Friday.", encoding="utf-8")
    build(index, [sources], RECIPE, quiet)
    assert len(seen) == 1 and "Antwerp" in seen[0]


def test_writing_begins_at_the_first_change(index: Path, sources: Path, embedder: NGramEmbedder) -> None:
    """So that an addition never holds all that is new in memory; before it, nothing is written."""

    def lines() -> Iterator[Document]:
        for number, text in enumerate(("Rain fell.", "Snow fell.", "Hail fell.")):
            began.append(bool(list(index.glob(".unfinished-*"))))
            yield Document(f"{number}", f"{number}.txt", text.encode(), "text")

    began = list[bool]()
    add(index, [], RECIPE, quiet, more=lines())
    assert began == [False, True, True]


def test_what_is_gone_from_the_sources_is_gone_from_the_index(
    index: Path, sources: Path, embedder: NGramEmbedder
) -> None:
    """Also its bytes: no file of the new generation holds a word that only the removed article had."""
    (sources / "harbour.txt").unlink()
    report = build(index, [sources], RECIPE, quiet)
    assert len(report.gone) == 1
    assert embedder.encoded == []
    for path in current(index).folder.iterdir():
        data = path.read_bytes().lower()
        for trace in (b"rotterdam", b"ships", "rotterdam".encode("utf-16-le")):
            assert trace not in data, path.name


def test_articles_are_added_and_removed_without_the_others(
    index: Path, sources: Path, tmp_path: Path, embedder: NGramEmbedder
) -> None:
    """An index after an add and a remove answers as one that was built so at once."""
    extra = tmp_path / "extra.txt"
    extra.write_text("A bridge collapsed in the north. The mayor blamed the flood.", encoding="utf-8")
    report = add(index, [extra], RECIPE, quiet)
    assert (len(report.added), report.unchanged, report.gone) == (1, len(TEXTS), ())
    assert all("bridge" in text or "flood" in text for text in embedder.encoded)
    doomed = article_of(index, "Rotterdam")
    report = remove(index, [doomed[:9]], RECIPE, quiet)
    assert report.gone == (doomed,)
    (sources / "harbour.txt").unlink()
    at_once = tmp_path / "at once"
    build(at_once, [extra, sources], RECIPE, quiet)
    assert texts(at_once) == texts(index)
    assert answers(at_once) == answers(index)
    assert current(at_once).manifest["content"] == current(index).manifest["content"]


def test_adding_what_is_there_already_changes_nothing(index: Path, sources: Path) -> None:
    """Nor does naming a document twice."""
    before = current(index)
    report = add(index, [sources / "quake.txt", sources, sources / "quake.txt"], RECIPE, quiet)
    assert not report.published
    assert current(index) == before


def test_the_last_article_can_be_removed(index: Path) -> None:
    """An index may be empty when that is what was asked for."""
    remove(index, list(texts(index)), RECIPE, quiet)
    assert texts(index) == {}
    assert answers(index) == []


def test_removing_an_unknown_article_changes_nothing(index: Path) -> None:
    """Also where another one named with it is known."""
    before = current(index)
    with pytest.raises(ArticleUnknown, match="nobody"):
        remove(index, [article_of(index, "Rotterdam"), "nobody"], RECIPE, quiet)
    assert current(index) == before


@pytest.mark.parametrize("work", [build, add])
def test_where_not_one_article_can_be_read_the_old_index_stays(
    index: Path, tmp_path: Path, work: Callable[..., Report]
) -> None:
    """The failure says why; what was there is there."""
    bad = tmp_path / "bad"
    bad.mkdir()
    (bad / "empty.txt").write_bytes(b"")
    before = texts(index)
    if work is add:
        assert work(index, [bad], RECIPE, quiet).skipped
    else:
        with pytest.raises(IndexFailure, match=r"empty\.txt: empty_file.*nothing was changed"):
            work(index, [bad], RECIPE, quiet)
    assert texts(index) == before


def test_the_first_build_of_nothing_leaves_no_index(tmp_path: Path, embedder: NGramEmbedder) -> None:
    """No half of one either."""
    (tmp_path / "none").mkdir()
    with pytest.raises(IndexFailure, match="no file was found"):
        build(tmp_path / "index", [tmp_path / "none"], RECIPE, quiet)
    with pytest.raises(IndexMissing):
        current(tmp_path / "index")
    assert [path.name for path in (tmp_path / "index").iterdir()] == ["writer.lock"]


def test_the_order_of_the_sources_changes_neither_digest_nor_answers(
    index: Path, sources: Path, tmp_path: Path, embedder: NGramEmbedder
) -> None:
    """IX12: the same files, named one by one backwards."""
    other = tmp_path / "other"
    build(other, sorted(sources.iterdir(), reverse=True), RECIPE, quiet)
    assert texts(other).keys() == texts(index).keys()
    assert current(other).manifest["content"] == current(index).manifest["content"]
    assert answers(other) == answers(index)


def test_another_recipe_embeds_all_anew(index: Path, sources: Path, embedder: NGramEmbedder) -> None:
    """IDX-011 and IX10: vectors of another model, prefix or cut are never taken over."""
    for changed in (
        replace(RECIPE, target_chars=100),
        replace(RECIPE, embedding=Embedding(model="another")),
        replace(RECIPE, embedding=Embedding(passage_prefix="passage: ")),
    ):
        with pytest.raises(IndexMismatch, match="byline build"):
            add(index, [sources], changed, quiet)
        with pytest.raises(IndexMismatch, match="byline build"):
            remove(index, [article_of(index, "Rotterdam")], changed, quiet)
        assert embedder.encoded == []
        report = build(index, [sources], changed, quiet)
        assert report.embedded == len(embedder.encoded) == report.counts["passages"]
        embedder.encoded.clear()


def test_kept_boilerplate_is_found_and_an_index_made_without_it_is_known_as_such(
    tmp_path: Path, embedder: NGramEmbedder
) -> None:
    """Nothing is added to an index that was made the other way; a build makes all of it anew, there and back."""
    index, path = tmp_path / "index", tmp_path / "a.txt"
    path.write_text("The dam held on Monday.\n\nSign up for our newsletter today.\n\nNobody was hurt.")
    kept = replace(RECIPE, keep_boilerplate=True)
    contents = []
    for now, other, found in ((RECIPE, kept, False), (kept, RECIPE, True), (RECIPE, kept, False)):
        report = build(index, [path], now, quiet)
        assert (report.published, report.embedded) == (True, report.counts["passages"])
        snapshot = open_snapshot(index)
        rows = snapshot.passages(range(snapshot.counts["passages"]))
        snapshot.close()
        assert any("newsletter" in passage.text for passage in rows) is found
        with pytest.raises(IndexMismatch, match="settings of articles"):
            add(index, [path], other, quiet)
        contents.append(current(index).manifest["content"])
    assert contents[0] == contents[2] != contents[1]


def test_a_build_mends_damage_and_an_add_refuses_to_hide_it(
    index: Path, sources: Path, embedder: NGramEmbedder
) -> None:
    """An add to a damaged index must not make it one of the added articles alone."""
    path = current(index).folder / "vectors.f32"
    path.write_bytes(path.read_bytes()[:-4] + b"\1\2\3\4")
    with pytest.raises(IndexDamaged):
        add(index, [sources / "quake.txt"], RECIPE, quiet)
    report = build(index, [sources], RECIPE, quiet)
    assert report.published
    assert len(texts(index)) == len(TEXTS)


def test_two_articles_of_one_id_are_told_apart_from_a_repeated_one(tmp_path: Path, embedder: NGramEmbedder) -> None:
    """The first stays; the other is skipped with a reason, in every build the same."""
    lines = tmp_path / "a.jsonl"
    rows = [{"id": "x", "text": "The first story is told."}, {"id": "x", "text": "Another story is told."}]
    lines.write_text("\n".join(map(json.dumps, [*rows, rows[0]])), encoding="utf-8")
    for _ in range(2):
        report = build(tmp_path / "index", [lines], RECIPE, quiet)
        assert [one.reason for one in report.skipped] == ["duplicate_id", "duplicate"]
    assert not report.published
    assert list(texts(tmp_path / "index").values()) == ["The first story is told."]


def test_059_the_same_page_twice_is_one_article(tmp_path: Path, embedder: NGramEmbedder) -> None:
    """Two files that name one address and say the same; the build says which was passed over."""
    page = (
        '<html><head><link rel="canonical" href="https://paper.example/a"></head><body><p>One. Two.</p></body></html>'
    )
    (tmp_path / "pages").mkdir()
    for name in ("a.html", "b.html"):
        (tmp_path / "pages" / name).write_text(page, encoding="utf-8")
    report = build(tmp_path / "index", [tmp_path / "pages"], RECIPE, quiet)
    assert len(report.added) == 1
    assert [(Path(one.origin).name, one.reason) for one in report.skipped] == [("b.html", "duplicate")]


def test_a_second_builder_is_refused_at_once(index: Path, sources: Path) -> None:
    """One writer at a time; the other is told so before it reads anything."""
    with writing(index):
        for work in (build, add):
            with pytest.raises(IndexBusy):
                work(index, [sources], RECIPE, quiet)


BUILD = """
import sys
from pathlib import Path
from index import build as building
from tests.index.tiny import NGramEmbedder
building.load_embedder = lambda settings, *, bulk: NGramEmbedder()
building.fingerprint = lambda settings: {"model": settings.model, "passage_prefix": settings.passage_prefix}
print("ready", flush=True)
building.build(Path(sys.argv[1]), [Path(sys.argv[2])], building.Recipe(target_chars=60, longest_chars=120), lambda *_: None)
"""


def test_hash_seeds_change_neither_digest_nor_words(index: Path, sources: Path, tmp_path: Path) -> None:
    """IX12: builds under other seeds of Python's hashes give the same content and the same answers."""
    for seed in ("1", "2"):
        other = tmp_path / seed
        subprocess.run(
            [sys.executable, "-c", BUILD, str(other), str(sources)], check=True, cwd=ROOT, stdout=subprocess.DEVNULL,
            env={**os.environ, "PYTHONHASHSEED": seed},
        )  # fmt: skip
        assert current(other).manifest["content"] == current(index).manifest["content"]
        assert answers(other) == answers(index)


def test_a_killed_build_keeps_the_old_index(index: Path, sources: Path) -> None:
    """`kill -9` in mid-build: the old articles are served, and the next build goes through."""
    before = texts(index)
    for number in range(300):
        (sources / f"more{number}.txt").write_text(f"Report {number} came in. It was long.", encoding="utf-8")
    child = subprocess.Popen([sys.executable, "-c", BUILD, str(index), str(sources)], cwd=ROOT, stdout=subprocess.PIPE)
    assert child.stdout is not None
    child.stdout.readline()
    until = time.monotonic() + 20
    while not list(index.glob(".unfinished-*")) and time.monotonic() < until and child.poll() is None:
        time.sleep(0.001)
    child.send_signal(signal.SIGKILL)
    child.wait()
    child.stdout.close()
    after = texts(index)
    assert after == before or len(after) == len(before) + 300
    report = build(index, [sources], RECIPE, quiet)
    assert report.counts["articles"] == len(before) + 300
    assert not list(index.glob(".unfinished-*"))


def test_no_sqlite_file_is_left_open_to_be_written(index: Path) -> None:
    """The engine's file needs neither a journal nor a lock beside it."""
    names = {path.name for path in current(index).folder.iterdir()}
    assert not any(name.endswith(("-wal", "-shm", "-journal")) for name in names)
    snapshot = open_snapshot(index)
    with pytest.raises(IndexDamaged, match="readonly"):
        snapshot._query("DELETE FROM articles")
    snapshot.close()
