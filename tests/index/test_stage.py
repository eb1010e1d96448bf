"""What is staged is nobody's business until it is published, and nobody's leftover when it is not."""

from __future__ import annotations

import errno
import gc
import os
import signal
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from index.build import add, build, remove
from index.errors import IndexBusy, IndexFailure, IndexMissing, IndexMoved, IndexUnwritable
from index.generations import current
from index.publish import Finished, finish
from index.stage import stage
from index.store import open_snapshot
from index.verify import verify
from index.writing import STAGED, writing
from tests.index.points import Points, counted
from tests.index.test_build import RECIPE, quiet, texts
from tests.index.test_publish import in_a_child, refusal, served
from tests.index.test_writers import end, start
from tests.index.tiny import NGramEmbedder, article, edition, fill, publish_texts

# What staging and publishing the small corpus passed when this was written; fewer would mean that points went unseen.
KNOWN_POINTS = 110
HOLD_STAGED = """
import sys, time
from pathlib import Path
from index.publish import finish
from index.writing import writing
from tests.index.tiny import article, edition, fill
index = Path(sys.argv[1])
with writing(index):
    held = finish(index, lambda folder: fill(folder, [article(*one) for one in edition(7).items()]))
print("ready", flush=True)
time.sleep(60)
"""


@pytest.fixture
def index(tmp_path: Path) -> Path:
    """An index of which edition 1 is current, and edition 0 still there."""
    for number in (0, 1):
        publish_texts(tmp_path / "index", edition(number))
    return tmp_path / "index"


@pytest.fixture
def news(tmp_path: Path, embedder: NGramEmbedder) -> Path:
    """A folder of two articles, indexed in `built`."""
    (tmp_path / "news").mkdir()
    (tmp_path / "news" / "a.txt").write_text("The harbour of Rotterdam reopened.")
    (tmp_path / "news" / "b.txt").write_text("The council met on Monday.")
    build(tmp_path / "built", [tmp_path / "news"], RECIPE, quiet, ["north"])
    embedder.encoded.clear()
    return tmp_path / "news"


@pytest.fixture
def built(news: Path) -> Path:
    return news.parent / "built"


def finished(index: Path, number: int) -> Finished:
    with writing(index):
        return finish(index, lambda folder: fill(folder, [article(*one) for one in edition(number).items()]))


def staged(index: Path) -> list[str]:
    return [path.name for path in index.iterdir() if path.name.startswith(STAGED)]


def stage_and_publish(index: Path, number: int) -> None:
    finished(index, number).publish(2)


def only_generations(index: Path) -> bool:
    names = {path.name for path in index.iterdir()}
    rest = {name for name in names if not name.startswith("gen-")}
    return rest == {"CURRENT", "writer.lock"} and max(names - rest) == current(index).name


def test_a_process_that_ends_at_any_operation_leaves_the_old_or_the_new_generation(index: Path) -> None:
    """Every k, staging and publishing: exit at operation k; the next writer leaves nothing but generations."""
    points = Points()
    with counted(points):
        stage_and_publish(index, 1)
    known = len(points.passed)
    print(f"{known} points")
    assert known >= KNOWN_POINTS
    seen, number = set(), 1
    for k in range(1, known + 1):
        dying = Points(k, lambda name: os._exit(7))

        def work(dying: Points = dying, number: int = number) -> None:
            with counted(dying):
                stage_and_publish(index, number + 1)

        assert in_a_child(work) in (7, 0)
        after = served(index)
        assert after in (number, number + 1), f"operation {k}"
        seen.add(after - number)
        number = after
        with writing(index):
            pass
        assert only_generations(index), f"operation {k}"
    assert seen == {0, 1}, "both ways of ending were tried"


@pytest.mark.parametrize(
    ("code", "on"),
    [(errno.ENOSPC, False), (errno.EIO, False), (errno.EROFS, True)],
    ids=["full once", "broken once", "read-only from then on"],
)
def test_a_refusal_at_any_operation_is_one_line_and_the_old_generation_serves(index: Path, code: int, on: bool) -> None:
    """Every k: either it fails and the old serves, or the new one serves; no descriptor and no folder is left."""
    points = Points()
    with counted(points):
        stage_and_publish(index, 1)
    gc.collect()
    descriptors, number, failed = len(os.listdir("/proc/self/fd")), 1, 0
    for k in range(1, len(points.passed) + 1):

        def refuse(name: str) -> None:
            raise refusal(name, code)

        try:
            with counted(Points(k, refuse, on=on)):
                stage_and_publish(index, number + 1)
        except IndexUnwritable as failure:
            failed += 1
            assert "nothing was changed" in str(failure) and "\n" not in str(failure)
        else:
            number += 1
        assert served(index) == number, f"operation {k}"
        with writing(index):
            pass
        assert only_generations(index), f"operation {k}"
    gc.collect()
    assert len(os.listdir("/proc/self/fd")) == descriptors, "no descriptor leaks"
    assert failed > len(points.passed) // 2


def test_what_is_staged_is_seen_by_its_holder_alone(built: Path, news: Path, embedder: NGramEmbedder) -> None:
    """Readers and later builds go on with the old generation; published, it is what a build would have made."""
    (news / "a.txt").write_text("The harbour of Antwerp reopened.")
    (news / "c.txt").write_text("A bridge collapsed.")
    before = current(built)
    held = stage(built, [news], RECIPE, quiet)
    assert (len(held.report.added), len(held.report.changed), held.report.published) == (1, 1, True)
    assert current(built) == before
    assert any("Rotterdam" in text for text in texts(built).values())
    seen = {entry.id: held.snapshot.article(entry.id).article.text for entry in held.snapshot.entries()}
    assert "The harbour of Antwerp reopened." in seen.values()
    assert len(embedder.encoded) == held.report.embedded == 2
    with writing(built):
        pass  # another writer that comes and goes sweeps nothing of it away
    report = held.publish()
    assert report.generation == current(built).name == held.snapshot.name
    assert texts(built) == seen
    build(news.parent / "fresh", [news], RECIPE, quiet)
    assert not staged(built)
    held.discard()
    assert held.publish() == report
    assert texts(built) == seen
    assert [held.snapshot.article(id_).article.text for id_ in seen] == list(seen.values())


def test_an_addition_can_be_staged_with_its_collections(built: Path, news: Path) -> None:
    extra = news.parent / "extra.txt"
    extra.write_text("A bridge collapsed.")
    held = stage(built, [extra], RECIPE, quiet, mode="add", collections=["south"])
    held.publish()
    with_collections = {entry.collections for entry in open_snapshot(built).entries()}
    assert (len(texts(built)), with_collections) == (3, {("north",), ("south",)})


def test_where_nothing_changes_nothing_waits(built: Path, news: Path) -> None:
    """Publishing it is nothing either; the snapshot is the current one."""
    before = current(built)
    held = stage(built, [news], RECIPE, quiet)
    assert (held.report.published, held.snapshot.name, staged(built)) == (False, before.name, [])
    assert held.publish() == held.report
    held.discard()
    assert current(built) == before


def test_what_was_overtaken_is_not_published(built: Path, news: Path) -> None:
    """Another generation became current: refused, nothing changed, nothing left; the snapshot can still be read."""
    (news / "c.txt").write_text("A bridge collapsed.")
    held = stage(built, [news], RECIPE, quiet)
    (news.parent / "d.txt").write_text("The mayor resigned.")
    add(built, [news.parent / "d.txt"], RECIPE, quiet)
    now = current(built)
    with pytest.raises(IndexMoved, match="became current while this one waited; nothing was changed"):
        held.publish()
    assert (current(built), staged(built)) == (now, [])
    assert any("bridge" in held.snapshot.article(entry.id).article.text for entry in held.snapshot.entries())
    with pytest.raises(IndexMoved):
        held.publish()


def test_of_two_that_wait_the_first_to_be_published_wins(built: Path, news: Path) -> None:
    """Also if both hold the same: then the second changes nothing, and the first one's generation stays."""
    (news / "c.txt").write_text("A bridge collapsed.")
    one, other = stage(built, [news], RECIPE, quiet), stage(built, [news], RECIPE, quiet)
    assert len(staged(built)) == 2
    one.publish()
    with pytest.raises(IndexMoved):
        other.publish()
    (news / "e.txt").write_text("Rain fell.")
    build(built, [news], RECIPE, quiet)
    with pytest.raises(IndexMoved):
        other.publish()
    verify(open_snapshot(built))
    assert len(list(built.glob("gen-*"))) == 2


def test_what_was_removed_is_in_nothing_that_waits(built: Path, news: Path) -> None:
    """IDX-018: a removal takes the folder of whoever waits, for it holds what was removed."""
    (news / "c.txt").write_text("A bridge collapsed.")
    held = stage(built, [news], RECIPE, quiet)
    (doomed,) = (id_ for id_, text in texts(built).items() if "Rotterdam" in text)
    remove(built, [doomed], RECIPE, quiet)
    data = {path: path.read_bytes().lower() for path in built.rglob("*") if path.is_file()}
    assert [path for path, found in data.items() if b"rotterdam" in found] == []
    with pytest.raises(IndexMoved):
        held.publish()


@pytest.mark.parametrize("way", ["discarded", "forgotten"])
def test_what_is_discarded_or_forgotten_leaves_no_trace(built: Path, news: Path, way: str) -> None:
    """Twice is as once; the index is as it was."""
    (news / "c.txt").write_text("A bridge collapsed.")
    before = {path.name for path in built.iterdir()}
    held = stage(built, [news], RECIPE, quiet)
    assert len(staged(built)) == 1
    if way == "discarded":
        held.discard()
        held.discard()
        with pytest.raises(IndexMoved):
            held.publish()
    else:
        del held
        gc.collect()
    assert {path.name for path in built.iterdir()} == before


def test_what_a_living_process_holds_is_not_swept_and_what_a_dead_one_held_is(index: Path) -> None:
    """`kill -9` on the holder; the next writer clears up, no sooner."""
    child = start(HOLD_STAGED, index)
    try:
        with writing(index):
            pass
        assert len(staged(index)) == 1
    finally:
        child.send_signal(signal.SIGKILL)
        end(child)
    assert served(index) == 1
    with writing(index):
        pass
    assert staged(index) == []


@pytest.mark.parametrize("kind", ["file", "link"])
def test_what_only_looks_staged_is_cleared_without_being_followed(index: Path, tmp_path: Path, kind: str) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "kept.txt").write_text("It stays.")
    if kind == "file":
        (index / f"{STAGED}x").write_text("junk")
    else:
        (index / f"{STAGED}x").symlink_to(outside, target_is_directory=True)
    with writing(index):
        pass
    assert staged(index) == []
    assert (outside / "kept.txt").exists()


def test_publishing_beside_a_writer_is_refused_and_may_be_tried_again(index: Path) -> None:
    """Nothing is lost by having asked at the wrong moment."""
    held = finished(index, 2)
    with writing(index), pytest.raises(IndexBusy):
        held.publish(2)
    assert served(index) == 1
    held.publish(2)
    assert served(index) == 2


def test_the_first_index_can_be_staged(tmp_path: Path, embedder: NGramEmbedder) -> None:
    """Nothing is current until it is published; a build of nothing leaves nothing."""
    index, path = tmp_path / "index", tmp_path / "a.txt"
    (tmp_path / "none").mkdir()
    with pytest.raises(IndexFailure, match="no file was found"):
        stage(index, [tmp_path / "none"], RECIPE, quiet)
    assert staged(index) == []
    path.write_text("The harbour reopened.")
    held = stage(index, [path], replace(RECIPE, keep=3), quiet)
    with pytest.raises(IndexMissing):
        current(index)
    held.publish()
    assert len(texts(index)) == 1


@pytest.fixture(autouse=True)
def _collected() -> Iterator[None]:
    """What one test held must not be cleared away in the middle of the next one's count of operations."""
    yield
    gc.collect()
