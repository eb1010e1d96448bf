"""Versions of one address: the newest alone is found, the others stay known, and it does not matter how they came."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from dataclasses import replace
from itertools import permutations
from pathlib import Path

import pytest

from index.build import Recipe, Report, add, build, remove
from index.collect import add_addresses
from index.generations import current
from index.search import search
from index.sources.fetch import Fetcher
from index.sources.kept import kept_documents
from index.store import Scope, open_snapshot
from index.verify import verify
from index.versions import Addressed, plain_address, settle
from index.words import terms
from tests.index.test_build import RECIPE, quiet, texts
from tests.index.test_collect import QUICK, at
from tests.index.test_duplicates import prose
from tests.index.tiny import vector
from tests.index.web import Reply, Server, Town, serving, site, story

pytestmark = pytest.mark.usefixtures("embedder")
ADDRESS = "https://paper.example/2022/bridge"
DAYS = ("2022-03-01", "2022-03-04", "2022-03-09")


@pytest.fixture
def server() -> Iterator[Server]:
    """A site whose one page is told by each test."""
    with serving(site({})) as running:
        yield running


@pytest.fixture
def fetcher(server: Server) -> Fetcher:
    """A fetcher to which every public name is that site."""
    return Fetcher(QUICK, Town(server=server).wire())


def page(folder: Path, name: str, text: str, published: str | None = None, address: str = ADDRESS) -> Path:
    """A saved page that names its address."""
    day = f"date: {published}\n" if published else ""
    folder.mkdir(exist_ok=True)
    path = folder / f"{name}.md"
    path.write_text(f"---\nurl: {address}\n{day}---\n{text}", encoding="utf-8")
    return path


def three(folder: Path) -> list[Path]:
    """Three versions of one address; each says a word that the others do not."""
    words = ("falcon", "heron", "osprey")
    return [
        page(folder, f"{'bca'[i]}-saved", f"The {words[i]} was seen on the bridge. {' '.join(prose(1))}", DAYS[i])
        for i in range(3)
    ]


def versions(index: Path, scope: Scope = None) -> dict[str, list[tuple[str, str | None]]]:
    """The newest article's id of each address with versions, and the versions before it."""
    snapshot = open_snapshot(index)
    verify(snapshot)
    hidden = snapshot.stories.hidden(scope)
    found = {
        entry.id: [(one.article, one.published) for one in snapshot.stories.earlier(entry.id, scope)]
        for entry in snapshot.entries(scope) if entry.id not in hidden
    }  # fmt: skip
    snapshot.close()
    return {id_: earlier for id_, earlier in found.items() if earlier}


def found(index: Path, word: str, scope: Scope = None) -> bool:
    """Whether the search finds a passage with that word."""
    snapshot = open_snapshot(index)
    hits = search(snapshot, terms(word), vector(word), vectors=9, words=9, fuse_k=60, allowed=snapshot.rows_in(scope))
    passages = snapshot.passages([hit.row for hit in hits])
    snapshot.close()
    return any(word in passage.text for passage in passages)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("https://www.paper.example/a/", "http://paper.example/a", True),
        ("https://paper.example/a/index.html", "https://PAPER.example/a", True),
        ("https://paper.example/a?utm_source=x&cid=mail", "https://paper.example/a#top", True),
        ("https://paper.example/a?id=1", "https://paper.example/a?id=2", False),
        ("https://paper.example/a", "https://paper.example/A", False),
        ("https://paper.example:8080/a", "https://paper.example/a", False),
        ("https://en.paper.example/a", "https://paper.example/a", False),
    ],
)
def test_addresses_are_compared_without_what_names_no_other_page(one: str, other: str, same: bool) -> None:
    assert (plain_address(one) == plain_address(other)) is same


def test_the_newest_by_date_goes_by_the_plain_id_whatever_the_order() -> None:
    """Undated ones are the oldest; with one date, the one that was read last is the newest."""
    facts = [
        Addressed(f"x{'' if i == 0 else f'~{i}{i}{i}{i}{i}{i}{i}{i}'}", ADDRESS, day, "html", f"{i}" * 64, f"{i}")
        for i, day in enumerate((None, "2022-03-09", "2022-03-01", "2022-03-09"))
    ]
    for order in permutations(facts):
        settled = settle(order, lambda one, other: False)
        assert settled.ids == {"x": "x~00000000", "x~33333333": "x"}
        assert [id_ for id_, *_ in settled.editions] == ["x~00000000", "x~22222222", "x~11111111", "x"]


def test_the_newest_version_alone_is_found_in_any_order_built_at_once_or_added(tmp_path: Path) -> None:
    paths = three(tmp_path / "n")
    expected: dict[str, list[tuple[str, str | None]]] = {}
    contents = set()
    for number, order in enumerate(permutations(paths)):
        for index, steps in (
            (tmp_path / f"once{number}", [order]),
            (tmp_path / f"added{number}", [[p] for p in order]),
        ):
            for step in steps:
                report = add(index, step, RECIPE, quiet)
                assert report.skipped == ()
            told = versions(index)
            expected = expected or told
            assert told == expected
            assert [found(index, word) for word in ("osprey", "heron", "falcon")] == [True, False, False]
            contents.add(current(index).manifest["content"])
    ((newest, before),) = expected.items()
    assert [day for _, day in before] == [DAYS[1], DAYS[0]]
    assert all(id_.startswith(f"{newest}~") for id_, _ in before)
    assert len(contents) == 1
    report = build(tmp_path / "once0", paths, RECIPE, quiet)
    assert (report.published, report.skipped) == (False, ())


def test_what_a_version_said_is_shown_and_goes_when_its_file_is_gone(tmp_path: Path) -> None:
    paths, index = three(tmp_path / "n"), tmp_path / "index"
    build(index, paths, RECIPE, quiet)
    ((newest, before),) = versions(index).items()
    assert "heron" in texts(index)[before[0][0]]
    build(index, paths[:2], RECIPE, quiet)
    assert [one for one, text in texts(index).items() if "heron" in text] == [newest]
    assert found(index, "heron")


def test_removing_the_newest_removes_what_it_superseded_to_the_last_byte(tmp_path: Path) -> None:
    paths, index = three(tmp_path / "n"), tmp_path / "index"
    other = page(tmp_path / "n", "z", " ".join(prose(5)), address="https://paper.example/z")
    build(index, [*paths, other], RECIPE, quiet)
    ((newest, before),) = versions(index).items()
    report = remove(index, [newest], RECIPE, quiet)
    assert sorted(report.gone) == sorted([newest, *(id_ for id_, _ in before)])
    data = b"".join(path.read_bytes().lower() for path in index.rglob("*") if path.is_file())
    assert not any(word in data for word in (b"osprey", b"heron", b"falcon", b"paper.example/2022"))


def test_sorting_an_old_version_into_a_collection_does_not_make_it_the_newest(tmp_path: Path) -> None:
    index = tmp_path / "index"
    paths = [page(tmp_path / "n", w, f"The {w} was seen. {' '.join(prose(1))}") for w in ("falcon", "heron")]
    build(index, paths, RECIPE, quiet)
    for path in (paths[0], paths[1], paths[0]):
        report = add(index, [path], RECIPE, quiet, collections=[f"red{path.stem}"])
        assert [found(index, word) for word in ("falcon", "heron")] == [False, True]
    assert not report.published


def test_a_version_can_be_removed_alone(tmp_path: Path) -> None:
    index = tmp_path / "index"
    build(index, three(tmp_path / "n"), RECIPE, quiet)
    ((newest, before),) = versions(index).items()
    assert remove(index, [before[0][0]], RECIPE, quiet).gone == (before[0][0],)
    assert versions(index) == {newest: before[1:]}


def test_for_who_may_not_see_the_newer_version_there_is_none(tmp_path: Path) -> None:
    """The newest of the scope is found there, and nothing says that there is another."""
    paths, index = three(tmp_path / "n"), tmp_path / "index"
    for path, name in zip(paths, ("red", "red", "blue"), strict=True):
        add(index, [path], RECIPE, quiet, collections=[name])
    red = frozenset({"red"})
    assert [found(index, word, red) for word in ("osprey", "heron", "falcon")] == [False, True, False]
    assert [found(index, word) for word in ("osprey", "heron", "falcon")] == [True, False, False]
    ((newest, before),) = versions(index, red).items()
    assert "heron" in texts(index)[newest]
    assert [day for _, day in before] == [DAYS[0]]
    assert versions(index, frozenset({"blue"})) == {}


def test_an_edited_version_keeps_its_own_collections_and_takes_none_of_the_newest(tmp_path: Path) -> None:
    """What it says now would else be shown to those who were never given it."""
    paths, index = three(tmp_path / "n"), tmp_path / "index"
    for path, name in zip(paths, ("red", "red", "blue"), strict=True):
        add(index, [path], RECIPE, quiet, collections=[name])
    page(tmp_path / "n", paths[0].stem, f"The kestrel was seen. {' '.join(prose(1))}", "2022-03-30")
    for work in (add, build):
        work(index, paths, RECIPE, quiet)
        assert [found(index, "kestrel", frozenset({name})) for name in ("red", "blue")] == [True, False]


def test_pages_that_name_their_sites_front_page_stay_articles_of_their_own(tmp_path: Path) -> None:
    """A careless canonical address would else leave one article of a whole folder."""
    index, front = tmp_path / "index", "https://paper.example/"
    paths = [page(tmp_path / "n", f"p{i}", " ".join(prose(i)), DAYS[i], front) for i in range(3)]
    report = build(index, paths, RECIPE, quiet)
    assert (len(texts(index)), report.skipped, versions(index)) == (3, (), {})
    assert sum("~" in id_ for id_ in texts(index)) == 2
    again = build(index, paths, RECIPE, quiet)
    assert not again.published


def test_lines_with_ids_of_their_own_are_versions_only_where_they_share_their_words(tmp_path: Path) -> None:
    """A live page's entries may all give its address."""
    index, path = tmp_path / "index", tmp_path / "a.jsonl"
    rows = [
        {"id": "old", "text": " ".join(prose(1)), "published": DAYS[0]},
        {"id": "new", "text": " ".join([*prose(1), *prose(2, 3)]), "published": DAYS[1]},
        {"id": "entry", "text": " ".join(prose(3)), "published": DAYS[0]},
    ]
    path.write_text("\n".join(json.dumps(row | {"url": ADDRESS}) for row in rows), encoding="utf-8")
    build(index, [path], RECIPE, quiet)
    assert versions(index) == {"new": [("old", DAYS[0])]}
    assert len(texts(index)) == 3


@pytest.mark.parametrize("marks", [("#post-1", "#post-2"), ("?cid=1", "?cid=2")])
def test_addresses_that_differ_in_a_mark_are_of_one_page_only_where_the_texts_share_words(
    tmp_path: Path,
    marks: tuple[str, str],
) -> None:
    """Entries of a live page, and articles of one script, each stay to be found; a correction supersedes all the same."""
    index = tmp_path / "index"
    one, other = (ADDRESS + mark for mark in marks)
    paths = [
        page(tmp_path / "n", "a", f"The falcon was seen. {' '.join(prose(1))}", DAYS[0], one),
        page(tmp_path / "n", "b", f"The heron was seen. {' '.join(prose(1))}", DAYS[1], one),
        page(tmp_path / "n", "c", f"The osprey was seen. {' '.join(prose(3))}", DAYS[2], other),
    ]
    build(index, paths, RECIPE, quiet)
    assert [found(index, word) for word in ("falcon", "heron", "osprey")] == [False, True, True]
    page(tmp_path / "n", "c", f"The osprey was seen. {' '.join(prose(1))}", DAYS[2], other)
    build(index, paths, RECIPE, quiet)
    assert [found(index, word) for word in ("falcon", "heron", "osprey")] == [False, False, True]


def test_a_file_that_was_edited_in_its_place_leaves_no_version(tmp_path: Path) -> None:
    """Its owner replaced it: what it said before is to be nowhere."""
    index = tmp_path / "index"
    for word in ("falcon", "osprey"):
        path = page(tmp_path / "n", "a", f"The {word} was seen. {' '.join(prose(1))}", DAYS[0])
        for work in (add, build):
            work(index, [path], RECIPE, quiet)
    assert versions(index) == {}
    assert b"falcon" not in b"".join(p.read_bytes() for p in current(index).folder.iterdir())


def test_a_line_that_was_edited_leaves_no_version(tmp_path: Path) -> None:
    """It may be known by its address, as fetched pages are, and is its owner's all the same."""
    index, path = tmp_path / "index", tmp_path / "a.jsonl"
    for word in ("falcon", "osprey"):
        path.write_text(json.dumps({"url": ADDRESS, "text": f"The {word} was seen. {' '.join(prose(1))}"}))
        add(index, [path], RECIPE, quiet)
    assert versions(index) == {}
    assert b"falcon" not in b"".join(p.read_bytes() for p in current(index).folder.iterdir())


def fetched(index: Path, fetcher: Fetcher, recipe: Recipe = RECIPE) -> Report:
    return add_addresses(index, at(1), recipe, quiet, fetcher)


def test_a_file_and_a_fetched_page_of_one_address_are_two_versions_in_every_build(
    tmp_path: Path,
    fetcher: Fetcher,
    server: Server,
) -> None:
    index, path = tmp_path / "index", tmp_path / "saved.html"
    path.write_bytes(story(1).replace(b"<title>", b'<link rel=canonical href="http://news.example/1"><title>'))
    server.answer = site({"/1": Reply(story(1, "The captain has died since."))})
    build(index, [path], RECIPE, quiet)
    assert fetched(index, fetcher).skipped == ()
    ((newest, _),) = versions(index).items()
    assert "The captain" in texts(index)[newest]
    for _ in range(2):
        report = build(index, [path], RECIPE, quiet, more=kept_documents(index))
        assert (report.skipped, list(versions(index))) == ((), [newest])
    assert not report.published


def test_what_a_fetched_page_said_before_stays_through_builds_and_goes_with_it(
    tmp_path: Path,
    fetcher: Fetcher,
    server: Server,
) -> None:
    index = tmp_path / "index"
    for word in ("falcon", "heron", "osprey"):
        server.answer = site({"/1": Reply(story(1, f"A {word} has been seen since."))})
        fetched(index, fetcher)
    ((newest, before),) = versions(index).items()
    assert [word in texts(index)[id_] for word, (id_, _) in zip(("heron", "falcon"), before, strict=True)] == [
        True,
        True,
    ]
    other = page(tmp_path / "n", "z", " ".join(prose(5)))
    assert build(index, [other], RECIPE, quiet, more=kept_documents(index)).published
    assert versions(index) == {newest: before}
    assert not build(index, [other], RECIPE, quiet, more=kept_documents(index)).published
    remove(index, [newest], RECIPE, quiet)
    data = b"".join(path.read_bytes().lower() for path in index.rglob("*") if path.is_file())
    assert not any(word in data for word in (b"falcon", b"heron", b"osprey"))


def test_of_a_page_that_changes_at_every_fetch_the_last_versions_are_kept_and_no_more(
    tmp_path: Path,
    fetcher: Fetcher,
    server: Server,
) -> None:
    """Added to or built anew; what goes leaves nothing, and a smaller number takes effect at the next build."""
    index, recipe = tmp_path / "index", replace(RECIPE, page_versions=2, keep=1)
    for word in ("falcon", "heron", "osprey", "kestrel", "plover"):
        server.answer = site({"/1": Reply(story(1, f"A {word} has been seen since."))})
        fetched(index, fetcher, recipe)
    ((newest, before),) = versions(index).items()
    assert [word for word in ("plover", "kestrel", "osprey", "heron", "falcon") if any(word in text for text in texts(index).values())] == [
        "plover", "kestrel", "osprey",
    ]  # fmt: skip
    assert len(before) == 2
    assert "plover" in texts(index)[newest]
    data = b"".join(path.read_bytes().lower() for path in index.rglob("*") if path.is_file())
    assert [word for word in (b"falcon", b"heron", b"osprey") if word in data] == [b"osprey"]
    assert not build(index, [], recipe, quiet, more=kept_documents(index)).published
    assert build(index, [], replace(recipe, page_versions=0), quiet, more=kept_documents(index)).published
    assert (versions(index), list(texts(index))) == ({}, [newest])


def test_a_fetched_page_whose_furniture_alone_changed_has_no_version_more(
    tmp_path: Path,
    fetcher: Fetcher,
    server: Server,
) -> None:
    index = tmp_path / "index"
    for chance in (1, 2):
        token = str(random.Random(chance).random()).encode()
        server.answer = site(
            {"/1": Reply(story(1).replace(b"<title>", b'<meta name="token" content="' + token + b'"><title>'))}
        )
        fetched(index, fetcher)
    assert versions(index) == {}
    assert len(texts(index)) == 1
