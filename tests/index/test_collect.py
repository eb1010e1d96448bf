"""Addresses become articles: kept as they came, whole or not at all, and gone when they are removed."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from index.build import Report, add, build, remove
from index.collect import add_addresses
from index.errors import ArticleUnknown, IndexBusy, IndexFailure
from index.generations import current
from index.sources.fetch import Fetcher, Fetching
from index.sources.kept import FOLDER, forget, kept, kept_documents, pages
from index.store import open_snapshot
from index.writing import writing
from tests.index.sources import paper
from tests.index.test_build import RECIPE, quiet, texts
from tests.index.tiny import TEXTS, NGramEmbedder
from tests.index.web import Reply, Request, Server, Town, moved, serving, site, story

pytestmark = pytest.mark.usefixtures("embedder")

QUICK = Fetching(seconds_between=0, seconds=10)


@pytest.fixture
def server() -> Iterator[Server]:
    """A site of a few stories, and of pages that are none."""
    wall = b"<html><body><h1>Just a moment...</h1><p>Verify you are human. It takes a while. Wait please. Thanks.</p></body></html>"
    pages = {f"/{number}": Reply(story(number)) for number in range(5)}
    pages |= {
        "/wall": Reply(wall),
        "/short": Reply(b"<html><body><p>Only this stands here.</p></body></html>"),
        "/cut": Reply(story("cut"), cut=400),
        "/inside": moved("http://10.0.0.1/"),
        "/pdf": Reply(b"%PDF-1.4 nonsense"),
        "/latin": Reply(
            story("latin", "Le président réélu.").decode().replace("<meta charset=utf-8>", "").encode("latin-1"),
            headers={"Content-Type": "text/html; charset=ISO-8859-1"},
        ),
        "/kyrillic": Reply(
            story("kyrillic", "Президент сказал это вчера.")
            .decode()
            .replace("<meta charset=utf-8>", "")
            .encode("cp1251"),
            headers={"Content-Type": "text/html; charset=windows-1251"},
        ),
    }
    with serving(site(pages)) as running:
        yield running


@pytest.fixture
def fetcher(server: Server) -> Fetcher:
    """A fetcher to which every public name is that site."""
    return Fetcher(QUICK, Town(server=server).wire())


def at(*names: object) -> list[str]:
    """Addresses of that site."""
    return [f"http://news.example/{name}" for name in names]


def add_to(index: Path, fetcher: Fetcher, *names: object) -> Report:
    return add_addresses(index, at(*names), RECIPE, quiet, fetcher)


def test_articles_come_from_addresses_with_their_address_and_one_publish(tmp_path: Path, fetcher: Fetcher) -> None:
    report = add_to(tmp_path / "index", fetcher, 0, 1, 2)
    assert (len(report.added), report.skipped, report.published) == (3, (), True)
    assert current(tmp_path / "index").folder.name.startswith("gen-000001")
    snapshot = open_snapshot(tmp_path / "index")
    assert sorted(entry.url or "" for entry in snapshot.entries()) == at(0, 1, 2)
    assert {entry.title for entry in snapshot.entries()} == {"Story 0", "Story 1", "Story 2"}


def test_an_address_that_fails_costs_itself_alone_and_is_named(tmp_path: Path, fetcher: Fetcher) -> None:
    """NET-071."""
    report = add_to(tmp_path / "index", fetcher, 0, "cut", "wall", "short", "inside", "pdf", "none", 1)
    assert len(report.added) == 2
    reasons = {skipped.origin.rsplit("/", 1)[1]: skipped.reason for skipped in report.skipped}
    assert reasons.pop("pdf") in ("content_type_mismatch", "unsupported_format")
    assert reasons == {
        "cut": "truncated", "wall": "no_article", "short": "no_article", "inside": "address_not_public", "none": "http_status",
    }  # fmt: skip
    assert [page.address for page in sorted(pages(tmp_path / "index"), key=lambda page: page.address)] == at(0, 1)


def test_where_all_addresses_fail_there_is_no_index_and_the_reasons_are_told(tmp_path: Path, fetcher: Fetcher) -> None:
    with pytest.raises(IndexFailure, match=r"none: http_status.*nothing was changed"):
        add_to(tmp_path / "index", fetcher, "none")


def test_a_build_without_paths_has_them_still_and_fetches_nothing(
    tmp_path: Path, fetcher: Fetcher, server: Server, embedder: NGramEmbedder
) -> None:
    index = tmp_path / "index"
    add_to(index, fetcher, 0, 1)
    before, asked = texts(index), len(server.asked)
    embedder.encoded.clear()
    assert not build(index, [], RECIPE, quiet, more=kept_documents(index)).published
    (tmp_path / "file.txt").write_text(TEXTS["quake.txt"], encoding="utf-8")
    build(index, [tmp_path / "file.txt"], RECIPE, quiet, more=kept_documents(index))
    assert texts(index).items() > before.items()
    assert len(server.asked) == asked
    assert not any("ferry" in text for text in embedder.encoded)


def test_what_was_fetched_is_kept_as_it_came_with_what_is_known_of_it(tmp_path: Path, fetcher: Fetcher) -> None:
    add_to(tmp_path, fetcher, "latin")
    (about,) = (tmp_path / FOLDER).glob("*.json")
    (data,) = (path for path in (tmp_path / FOLDER).iterdir() if path != about)
    assert b"r\xe9\xe9lu" in data.read_bytes()
    said = json.loads(about.read_text(encoding="utf-8"))
    assert said["address"] == said["final_address"] == "http://news.example/latin"
    assert said.keys() >= {"etag", "last_modified", "fetched", "sha256", "content_type"}


def test_the_encoding_that_the_server_names_is_believed(tmp_path: Path, fetcher: Fetcher) -> None:
    add_to(tmp_path, fetcher, "latin", "kyrillic")
    found = "\n".join(texts(tmp_path).values())
    assert "président réélu" in found
    assert "Президент сказал" in found


def test_what_is_no_web_page_has_its_address_as_its_link_and_its_bytes_as_they_came(
    tmp_path: Path, fetcher: Fetcher, server: Server
) -> None:
    """A server may name an encoding for a PDF too, which means nothing."""
    said = "The harbour of Senn reopened. Its captain swam ashore. Nobody else was on board."
    printed, plain = paper.pdf([paper.drawn(paper.column(said))]), f"{said} They said so on Monday.".encode()
    server.answer = site({
        "/report": Reply(printed, headers={"Content-Type": "application/pdf; charset=ISO-8859-15"}),
        "/old": moved("/plain"),
        "/plain": Reply(plain, headers={"Content-Type": "text/plain"}),
    })  # fmt: skip
    report = add_addresses(tmp_path, at("report", "old"), RECIPE, quiet, fetcher, collections=["harbour"])
    assert report.skipped == ()
    found = {(entry.url, entry.origin): entry for entry in open_snapshot(tmp_path).entries()}
    assert set(found) == {(at("report")[0], at("report")[0]), (at("plain")[0], at("old")[0])}
    assert {entry.collections for entry in found.values()} == {("harbour",)}
    assert not build(tmp_path, [], RECIPE, quiet, more=kept_documents(tmp_path)).published
    remove(tmp_path, [entry.id for entry in found.values()], RECIPE, quiet)
    assert not list((tmp_path / FOLDER).iterdir())


def test_what_a_killed_writer_had_begun_goes_with_its_page(tmp_path: Path, fetcher: Fetcher) -> None:
    add_to(tmp_path, fetcher, 1)
    (about,) = (tmp_path / FOLDER).glob("*.json")
    (tmp_path / FOLDER / f".{about.stem}.0123456789abcdef.1-1").write_bytes(story(1))
    forget(tmp_path, at(1))
    assert not list((tmp_path / FOLDER).iterdir())


def test_an_article_is_removed_with_the_page_it_came_from(tmp_path: Path, fetcher: Fetcher) -> None:
    report = add_to(tmp_path, fetcher, 0, 1)
    doomed = next(entry.id for entry in open_snapshot(tmp_path).entries() if entry.title == "Story 1")
    assert doomed in report.added
    remove(tmp_path, [doomed], RECIPE, quiet)
    assert [page.address for page in pages(tmp_path)] == at(0)
    assert not any(b"ferry number 1" in path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert not build(tmp_path, [], RECIPE, quiet, more=kept_documents(tmp_path)).published


def test_a_page_is_removed_by_its_address_whether_or_not_the_index_holds_its_article(
    tmp_path: Path, fetcher: Fetcher
) -> None:
    """A build of paths alone leaves what was fetched where it is, out of the index."""
    (tmp_path / "a.txt").write_text("The bridge was closed.")
    add_to(tmp_path, fetcher, 0, 1)
    remove(tmp_path, at(0), RECIPE, quiet)
    assert [entry.title for entry in open_snapshot(tmp_path).entries()] == ["Story 1"]
    build(tmp_path, [tmp_path / "a.txt"], RECIPE, quiet)
    assert [page.address for page in pages(tmp_path)] == at(1)
    assert not remove(tmp_path, at(1), RECIPE, quiet).published
    assert not list((tmp_path / FOLDER).iterdir())
    assert open_snapshot(tmp_path).counts["articles"] == 1
    with pytest.raises(ArticleUnknown):
        remove(tmp_path, at(1), RECIPE, quiet)


def test_a_page_that_the_build_refuses_for_good_is_not_kept(tmp_path: Path, fetcher: Fetcher) -> None:
    """It is named and costs itself alone; its bytes would only be refused again."""
    add_to(tmp_path, fetcher, 0)
    few = replace(RECIPE, max_sentences=3)
    (tmp_path / "a.txt").write_text("The bridge was closed.")
    build(tmp_path, [tmp_path / "a.txt"], few, quiet)
    report = add_addresses(tmp_path, at(1), few, quiet, fetcher)
    assert [skipped.reason for skipped in report.skipped] == ["too_many_sentences"]
    assert [page.address for page in pages(tmp_path)] == at(0)


@pytest.mark.parametrize(
    ("data", "markup"),
    [
        (story("bare"), "html"),
        (b"<h1>Story bare</h1>" + b"<p>The ferry sailed at nine. Nobody was hurt. It came back.</p>" * 3, "html"),
        (b"The ferry sailed at nine. Nobody was hurt. It came back at noon.", "text"),
        (paper.pdf([paper.drawn(paper.column("The ferry sailed at nine. Nobody was hurt. It came back."))]), "pdf"),
    ],
)
def test_where_the_server_names_no_type_the_content_decides(
    tmp_path: Path, data: bytes, markup: str, fetcher: Fetcher, server: Server
) -> None:
    server.answer = site({"/bare": Reply(data, headers={})})
    add_to(tmp_path, fetcher, "bare")
    (entry,) = open_snapshot(tmp_path).entries()
    assert open_snapshot(tmp_path).article(entry.id).article.markup == markup


def test_the_same_address_again_is_a_conditional_request_that_changes_nothing(
    tmp_path: Path, fetcher: Fetcher, server: Server
) -> None:
    def answer(request: Request) -> Reply:
        if request.headers.get("if-none-match") == '"1"':
            return Reply(b"", 304, {}, length=None)
        return Reply(story(1), headers={"Content-Type": "text/html", "ETag": '"1"'})

    server.answer = answer
    add_to(tmp_path, fetcher, 1)
    report = add_to(tmp_path, fetcher, 1)
    assert (report.published, report.unchanged, report.skipped) == (False, 1, ())
    assert server.asked[-1].headers["if-none-match"] == '"1"'


def test_a_page_that_changed_replaces_its_article_and_one_that_fails_leaves_it(
    tmp_path: Path, fetcher: Fetcher, server: Server
) -> None:
    add_to(tmp_path, fetcher, 1)
    for reply in (Reply(b"", 500), Reply(story(1), cut=300), Reply(b"<html><p>Access denied. No. No. No.</p></html>")):
        server.answer = site({"/1": reply})
        assert [skipped.origin for skipped in add_to(tmp_path, fetcher, 1).skipped] == at(1)
        assert "swam ashore" in next(iter(texts(tmp_path).values()))
    server.answer = site({"/1": Reply(story(1, "The captain has died since."))})
    report = add_to(tmp_path, fetcher, 1)
    assert (len(report.changed), report.skipped) == (1, ())
    (now,) = (id_ for id_, text in texts(tmp_path).items() if "The captain has died since." in text)
    (before,) = texts(tmp_path).keys() - {now}
    snapshot = open_snapshot(tmp_path)
    assert [one.article for one in snapshot.stories.earlier(now)] == [before]
    snapshot.close()
    assert len(list((tmp_path / FOLDER).iterdir())) == 2


def test_two_addresses_of_one_article_are_one_article_and_the_newer_page_stays(
    tmp_path: Path, fetcher: Fetcher, server: Server
) -> None:
    page = story(1).replace(b"<title>", b'<link rel=canonical href="http://news.example/1"><title>')
    server.answer = site({"/1": Reply(page), "/1?from=mail": Reply(page)})
    add_to(tmp_path, fetcher, 1)
    add_to(tmp_path, fetcher, "1?from=mail")
    assert len(texts(tmp_path)) == 1
    assert [page.address for page in pages(tmp_path)] == at("1?from=mail")
    assert not build(tmp_path, [], RECIPE, quiet, more=kept_documents(tmp_path)).skipped


def test_a_page_does_not_claim_the_address_of_another_host(tmp_path: Path, fetcher: Fetcher, server: Server) -> None:
    page = story(1).replace(
        b"<title>", b'<base href="http://evil.example/"><link rel=canonical href="http://bank.example/"><title>'
    )
    server.answer = site({"/1": moved("/2"), "/2": Reply(page)})
    add_to(tmp_path, fetcher, 1)
    (entry,) = open_snapshot(tmp_path).entries()
    assert (entry.url, entry.origin) == (at(2)[0], at(1)[0])


def test_a_kept_page_that_came_to_harm_is_named_and_fetched_anew(tmp_path: Path, fetcher: Fetcher) -> None:
    add_to(tmp_path, fetcher, 0, 1)
    page = kept(tmp_path, at(1)[0])
    assert page
    (data,) = (tmp_path / FOLDER).glob(f"*.{page.sha256[:16]}")
    data.write_bytes(data.read_bytes()[:-1])
    report = build(tmp_path, [], RECIPE, quiet, more=kept_documents(tmp_path))
    assert [(skipped.origin, skipped.reason) for skipped in report.skipped] == [(at(1)[0], "truncated")]
    assert len(add_to(tmp_path, fetcher, 1).added) == 1


def test_pages_fetched_while_another_process_writes_are_not_lost(tmp_path: Path, fetcher: Fetcher) -> None:
    add_to(tmp_path, fetcher, 0)
    with writing(tmp_path), pytest.raises(IndexBusy):
        add_to(tmp_path, fetcher, 1)
    build(tmp_path, [], RECIPE, quiet, more=kept_documents(tmp_path))
    assert len(texts(tmp_path)) == 2


def test_files_and_addresses_come_in_one_publish(tmp_path: Path, fetcher: Fetcher) -> None:
    (tmp_path / "file.txt").write_text(TEXTS["quake.txt"], encoding="utf-8")
    report = add_addresses(tmp_path / "index", at(1), RECIPE, quiet, fetcher, [tmp_path / "file.txt"])
    assert (len(report.added), report.generation[:10]) == (2, "gen-000001")


def test_a_stop_ends_the_fetching_and_what_came_before_is_added(
    tmp_path: Path, fetcher: Fetcher, server: Server
) -> None:
    stop = threading.Event()
    inner = server.answer

    def answer(request: Request) -> Reply:
        if request.target == "/1":
            stop.set()
        return inner(request)

    server.answer = answer
    report = add_addresses(tmp_path, at(0, 1, 2, 3), RECIPE, quiet, fetcher, stop=stop)
    assert len(report.added) in (1, 2)
    assert {skipped.reason for skipped in report.skipped} == {"stopped"}
    assert "/3" not in server.targets()


def test_several_hosts_are_asked_at_a_time_and_one_host_never_twice_at_once(tmp_path: Path, server: Server) -> None:
    now: dict[str, int] = {}
    most: dict[str, int] = {}
    together: list[int] = []
    lock, inner = threading.Lock(), server.answer

    def answer(request: Request) -> Reply:
        host = request.headers["host"]
        with lock:
            now[host] = now.get(host, 0) + 1
            most[host] = max(most.get(host, 0), now[host])
            together.append(sum(now.values()))
        threading.Event().wait(0.02)
        with lock:
            now[host] -= 1
        return inner(request)

    server.answer = answer
    addresses = [f"http://h{host}.example/{number}" for host in range(4) for number in range(5)]
    add_addresses(tmp_path, addresses, RECIPE, quiet, Fetcher(replace(QUICK, parallel=3), Town(server=server).wire()))
    assert set(most.values()) == {1}
    assert 2 <= max(together) <= 3


def test_files_added_beside_fetched_pages_leave_them_alone(tmp_path: Path, fetcher: Fetcher) -> None:
    add_to(tmp_path / "index", fetcher, 0)
    (tmp_path / "file.txt").write_text(TEXTS["quake.txt"], encoding="utf-8")
    add(tmp_path / "index", [tmp_path / "file.txt"], RECIPE, quiet)
    assert len(texts(tmp_path / "index")) == 2
