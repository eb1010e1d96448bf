"""Purging: the current generation alone stays, whatever happens meanwhile, and what was removed is nowhere any more."""

from __future__ import annotations

import os
import shutil
import signal
from dataclasses import replace
from pathlib import Path

import pytest

from index.article import sha256
from index.build import add, build, remove
from index.errors import IndexBusy, IndexDamaged, IndexMissing
from index.feed_state import FILE, feed_state, feeds_as_noted, unnamed
from index.generations import CURRENT, current
from index.purge import purge
from index.sources.kept import FOLDER, Page, document, keep, kept_documents, orphans, pages
from index.sources.read import article as article_of
from index.store import open_snapshot
from index.writing import LOCK
from tests.index.points import Points, counted
from tests.index.test_build import RECIPE, quiet, texts
from tests.index.test_publish import in_a_child, served
from tests.index.test_stage import HOLD_STAGED
from tests.index.test_writers import HOLD, end, start
from tests.index.tiny import NGramEmbedder, edition, publish_texts

# What purging an old generation, leftovers and one item of a feed passed when this was written; fewer would mean that points went unseen.
KNOWN_POINTS = 90
FEED = "https://meridian.example/feed"
ADDRESS = "https://meridian.example/2019/zebra-quarrel-at-lindworth"
TITLE = "Zebra quarrel at Lindworth"
STORY = "The zebras of Lindworth quarrelled on Tuesday. Quagga keepers “ran for shelter”, said Mr Öxenfjord."


@pytest.fixture
def index(tmp_path: Path) -> Path:
    """An index of which edition 2 is current, and editions 0 and 1 still there."""
    for number in range(3):
        publish_texts(tmp_path / "index", edition(number), keep=3)
    return tmp_path / "index"


def litter(index: Path) -> None:
    """What dead writers may leave: a build half way, a pointer half way, one staged, one placed and never current."""
    folder = current(index).folder
    shutil.copytree(folder, index / ".unfinished-77")
    (index / ".unfinished-CURRENT").write_bytes(b"gen-")
    shutil.copytree(folder, index / ".staged-dead")
    shutil.copytree(folder, index / "gen-000009-00000000")


def inside(index: Path) -> set[str]:
    """The names in the index folder."""
    return {path.name for path in index.iterdir()}


def test_only_the_current_generation_stays_and_the_rest_is_told_with_its_size(index: Path) -> None:
    """Old generations and what dead writers left, each by name; a second purge finds nothing."""
    kept = current(index)
    litter(index)
    before = {path: path.read_bytes() for path in kept.folder.iterdir()}
    size = {path.name: sum(file.stat().st_size for file in path.iterdir()) for path in index.iterdir() if path.is_dir()}
    purged = purge(index)
    expected = {name: bytes for name, bytes in size.items() if name != kept.name} | {".unfinished-CURRENT": 4}
    assert {one.name: one.bytes for one in purged.freed} == expected
    assert (purged.generation, purged.held, purged.left, purged.forgotten) == (kept.name, (), (), 0)
    assert inside(index) == {CURRENT, LOCK, kept.name}
    assert {path: path.read_bytes() for path in kept.folder.iterdir()} == before
    assert purge(index).freed == ()


def test_a_purge_that_ends_at_any_operation_leaves_the_current_generation_whole(index: Path) -> None:
    """Every k: killed at operation k; edition 2 serves, no other generation lies there in part, the next purge goes on."""
    purge(index)
    with feed_state(index) as state:
        state.add(FEED, None, "2019-03-01")
    with_feeds = inside(index)
    for k in range(1, 1000):
        shutil.copytree(current(index).folder, index / "gen-000001-00000000")
        litter(index)
        with feed_state(index) as state:
            state.checked(FEED, "2019-03-01", items=[(f"urn:{k}", f"https://gone.example/{k}", "done", None)])
        points = Points(k, lambda name: os.kill(os.getpid(), signal.SIGKILL))

        def work(points: Points = points) -> None:
            with counted(points):
                purge(index)

        ended = in_a_child(work)
        assert ended in (-signal.SIGKILL, 0)
        assert served(index) == 2, f"operation {k}"
        for folder in index.glob("gen-00000[0-8]-*"):
            assert len(list(folder.iterdir())) == len(list(current(index).folder.iterdir())), f"operation {k}"
        purge(index)
        assert inside(index) == with_feeds, f"operation {k}"
        assert b"gone.example" not in (index / FILE).read_bytes(), f"operation {k}"
        if ended == 0:
            break
    print(f"{k} points")
    assert k > KNOWN_POINTS


def test_another_writer_is_not_disturbed(index: Path) -> None:
    """While a process writes, or fetches feeds, a purge is busy at once and removes nothing."""
    before = inside(index)
    child = start(HOLD, index)
    try:
        with pytest.raises(IndexBusy):
            purge(index)
    finally:
        end(child)
    with feed_state(index), pytest.raises(IndexBusy):
        purge(index)
    assert before <= inside(index)


def test_what_a_living_process_has_staged_stays_and_is_told(index: Path) -> None:
    """Until that process ends, however it does."""
    child = start(HOLD_STAGED, index)
    try:
        purged = purge(index)
        assert [name.startswith(".staged-") for name in purged.held] == [True]
        assert (index / purged.held[0]).is_dir()
    finally:
        end(child)
    purged = purge(index)
    assert (purged.held, [one.name.startswith(".staged-") for one in purged.freed]) == ((), [True])


def test_nothing_goes_where_the_current_generation_is_not_whole(index: Path) -> None:
    """An older one may be all there is."""
    path = current(index).folder / "vectors.f32"
    path.write_bytes(b"\0" + path.read_bytes()[1:])
    before = inside(index)
    with pytest.raises(IndexDamaged, match=r"vectors\.f32"):
        purge(index)
    assert inside(index) == before


def test_where_there_is_no_index_none_is_made(tmp_path: Path) -> None:
    with pytest.raises(IndexMissing):
        purge(tmp_path / "index")
    assert not (tmp_path / "index").exists()


def test_what_cannot_be_removed_is_told_with_the_reason(index: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The others go; a purge never says that something is gone which is there."""
    really = os.rename

    def refuse(source: Path, target: Path) -> None:
        if "gen-000001" in str(source):
            raise PermissionError(13, "Permission denied")
        really(source, target)

    monkeypatch.setattr(os, "rename", refuse)
    purged = purge(index)
    assert [(name[:10], why) for name, why in purged.left] == [("gen-000001", "Permission denied")]
    assert [one.name[:10] for one in purged.freed] == ["gen-000002"]
    assert len(list(index.glob("gen-*"))) == 2


def test_a_link_is_removed_and_not_what_it_leads_to(index: Path, tmp_path: Path) -> None:
    """Whoever may write in the folder cannot make a purge reach outside it."""
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "letter").write_text("mine")
    for name in ("gen-000001-00000000", ".unfinished-1", ".staged-1"):
        (index / name).symlink_to(outside)
    purge(index)
    assert inside(index) == {CURRENT, LOCK, current(index).name}
    assert (outside / "letter").read_text() == "mine"


def page(address: str, data: bytes, article: str | None = None) -> Page:
    return Page(address, address, "text/plain; charset=utf-8", "2019-03-01", sha256(data), article=article)


def test_drafts_of_pages_whose_writers_died_go_and_no_others(index: Path) -> None:
    """A page that is being written now is left alone: its draft, and its bytes while its description is to come."""
    data = STORY.encode()
    keep(index, page(ADDRESS, data), data)
    folder, name = index / FOLDER, next((index / FOLDER).glob("*.json")).stem
    child = start(HOLD, index.parent / "another")
    end(child)
    dead, alive = f".{name}.json.{child.pid}-1", f".{name}.json.{os.getpid()}-1"
    old, young = f"{name}.{'0' * 16}", f"{'1' * 32}.{'1' * 16}"
    for one in (dead, alive, old, young):
        (folder / one).write_bytes(data)
    os.utime(folder / old, (0, 0))
    whole = next(path for path in folder.iterdir() if path.name == f"{name}.{sha256(data)[:16]}")
    os.utime(whole, (0, 0))
    assert {path.name for path in orphans(index)} == {dead, old}
    purged = purge(index)
    assert {one.name for one in purged.freed} >= {f"{FOLDER}/{dead}", f"{FOLDER}/{old}"}
    assert {alive, young, whole.name, f"{name}.json"} == {path.name for path in folder.iterdir()}
    assert [one.address for one in pages(index)] == [ADDRESS]


def test_items_of_feeds_whose_pages_are_gone_are_known_by_a_digest_alone(index: Path) -> None:
    """They are not fetched again; items whose pages are kept, or that still wait, stay as they are."""
    data = STORY.encode()
    keep(index, page("https://meridian.example/kept", data), data)
    with feed_state(index) as state:
        state.add(FEED, None, "2019-03-01")
        state.checked(FEED, "2019-03-01", items=[
            ("urn:gone", ADDRESS, "done", None), ("urn:kept", "https://meridian.example/kept", "done", None),
            ("urn:waits", "https://meridian.example/waits", "waiting", None),
        ])  # fmt: skip
    assert purge(index).forgotten == 1
    assert purge(index).forgotten == 0
    with feed_state(index) as state:
        assert state.seen(FEED) == {unnamed("urn:gone"), "urn:kept", "urn:waits"}
        assert state.counts(FEED) == {"done": 2, "waiting": 1}
    assert b"urn:gone" not in (index / FILE).read_bytes()


def test_forgotten_items_leave_no_byte_in_the_file_of_the_feeds(index: Path) -> None:
    """Of 400 items with long names, also while somebody else has that file open to look at it."""
    numbers = range(400)
    with feed_state(index) as state:
        state.add(FEED, None, "2019-03-01")
        items = [(f"urn:gone:{n}:{'g' * (n % 90)}", f"https://gone.example/{n}") for n in numbers]
        state.checked(FEED, "2019-03-01", items=[(id_, address, "done", None) for id_, address in items])
    with feeds_as_noted(index) as noted:
        assert noted is not None
        assert purge(index).forgotten == len(numbers)
        for path in index.glob(f"{FILE}*"):
            assert b"urn:gone" not in path.read_bytes(), path.name
            assert b"gone.example" not in path.read_bytes(), path.name


def traces(index: Path) -> list[str]:
    """Which words, sentences, titles and addresses of the story stand in which file, in four encodings."""
    told = [*STORY.split(". "), TITLE, ADDRESS, "zebra-quarrel", "meridian.example/2019"]
    told += ["Lindworth", "lindworth", "zebras", "Quagga", "quagga", "Öxenfjord", "öxenfjord", "quarrelled"]
    forms = {(one, code): one.encode(code) for one in told for code in ("utf-8", "utf-16-le", "utf-16-be")}
    forms |= {(one, "escaped"): one.encode("ascii", "backslashreplace") for one in told}
    found = []
    for path in (path for path in index.rglob("*") if path.is_file()):
        data = path.read_bytes()
        found += [f"{path.name}: {one} in {code}" for (one, code), form in forms.items() if form in data]
        found += [f"the name of {path}"] * any(one in path.name for one in told)
    return found


def test_removal_is_real(tmp_path: Path, embedder: NGramEmbedder) -> None:
    """After remove and purge no byte of an article's text, title or address is left in the index folder.

    It had been fetched from a feed, stood in three generations, was met again under another address, and was in what
    two writers left who died.
    """
    index, other = tmp_path / "index", tmp_path / "other"
    other.mkdir()
    (other / "harbour.txt").write_text("The harbour of Rotterdam reopened on Monday. Ships had waited for three days.")
    html = f"""<html lang="en"><head><title>{TITLE}</title><link rel="canonical" href="{ADDRESS}">
        <meta property="og:title" content="{TITLE}"></head><body><article><h1>{TITLE}</h1>
        <p>{STORY}</p><p>{STORY}</p><p>Lindworth is quiet again.</p></article></body></html>""".encode()
    build(index, [other], RECIPE, quiet)
    for address in (ADDRESS, f"{ADDRESS}?from=feed"):
        fetched = Page(address, address, "text/html; charset=utf-8", "2019-03-01", sha256(html))
        keep(index, replace(fetched, article=article_of(document(fetched, html)).id), html)
    with feed_state(index) as state:
        state.add(FEED, "The Meridian", "2019-03-01")
        state.checked(FEED, "2019-03-01", items=[(ADDRESS, ADDRESS, "done", None)])
    report = add(index, [], RECIPE, quiet, more=kept_documents(index))
    (id_,) = report.added
    assert [one.reason for one in report.skipped] == ["duplicate"]
    for number in range(2):
        (other / f"{number}.txt").write_text(f"The ferry number {number} sank. Its captain swam ashore.")
        add(index, [other / f"{number}.txt"], RECIPE, quiet)
    left = current(index).folder
    shutil.copytree(left, tmp_path / "left")
    assert {trace.split(":")[0] for trace in traces(index)} >= {"articles.sqlite", "feeds.sqlite"}
    assert remove(index, [id_], RECIPE, quiet).gone == (id_,)
    for name in (".unfinished-1", ".staged-1", left.name):
        shutil.copytree(tmp_path / "left", index / name)
    assert traces(index) != []
    purge(index)
    assert traces(index) == []
    assert len(texts(index)) == 3
    snapshot = open_snapshot(index)
    assert snapshot.skipped() == []
    snapshot.close()
