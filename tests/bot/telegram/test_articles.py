"""Documents that administrators send: how they are taken in, told of, and kept."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from telegram.error import TimedOut

from bot.chat_telegram import articles, received
from bot.chat_telegram.deeds import Item, Left, News
from tests.bot.telegram.front import ADMIN, GROUP, MEMBER, Front, done, logged, run
from tests.bot.telegram.recording import message

Patch = pytest.MonkeyPatch
PAGE = b"<html><body><p>Ships left the harbour on Friday.</p></body></html>"


def document(
    front: Front, name: str | None, data: bytes = PAGE, size: int | None = -1, by: int = ADMIN, **more: Any
) -> dict[str, Any]:
    """A message with a document; `size` is what the message says of it."""
    id_ = f"file-{len(front.request.files)}"
    front.request.files[id_] = data
    sent = {"file_id": id_, "file_unique_id": id_, "file_name": name, "file_size": len(data) if size == -1 else size}
    return message(None, by, document={k: v for k, v in sent.items() if v is not None}, **more)


def kept(tmp_path: Path) -> list[Path]:
    """The documents that lie with the index."""
    folder = tmp_path / "index" / received.FOLDER
    return sorted(folder.iterdir()) if folder.is_dir() else []


def empty(paths: Sequence[Path]) -> tuple[str, ...]:
    """The files, as an outcome names those that gave no article."""
    return tuple(map(str, paths))


def test_a_document_becomes_articles_and_one_edited_message_tells_how(tmp_path: Path, monkeypatch: Patch) -> None:
    async def sent(front: Front) -> tuple[list[str], list[str], list[Any]]:
        front.shop.script = [
            News("progress", "articles", 1), News("progress", "passages embedded", 3, 9),
            done(added=(Item("harbour-9", "Ships left", 1),), articles=3),
        ]  # fmt: skip

        async def later() -> None:
            front.clock.now += 3

        front.shop.meanwhile = later
        await front.feed(document(front, "page.html"))
        await front.work()
        calls = [call for call in front.request.calls if call.method.startswith(("send", "edit"))]
        said = front.said()
        return [call.method for call in calls], said, front.shop.deeds

    methods, said, deeds = run(tmp_path, monkeypatch, sent)
    assert methods == ["sendMessage"] + ["editMessageText"] * (len(methods) - 1) and len(methods) == 4
    assert "articles, 1" in said[1] and "3 of 9" in said[2]
    assert "Ships left, 1 sentence" in said[-1] and "/remove harbour-9" in said[-1] and "3 articles now" in said[-1]
    assert [deed.do for deed in deeds] == ["add"] and deeds[0].paths == empty(kept(tmp_path))
    assert kept(tmp_path)[0].read_bytes() == PAGE


def test_an_article_without_a_title_goes_by_the_name_of_the_document(tmp_path: Path, monkeypatch: Patch) -> None:
    async def sent(front: Front) -> list[str]:
        class Untitled(list[News]):
            def pop(self, index: Any = -1) -> News:
                super().pop(index)
                return done(added=(Item("tg-1", Path(front.shop.deeds[0].paths[0]).name, 2),))

        front.shop.script = Untitled([News("progress")])
        await front.feed(document(front, "harbour notes.txt", b"Ships."))
        return await front.settle()

    assert "• harbour notes.txt, 2 sentences" in run(tmp_path, monkeypatch, sent)[-1]


def test_progress_is_edited_at_most_every_few_seconds(tmp_path: Path, monkeypatch: Patch) -> None:
    async def sent(front: Front) -> int:
        front.shop.script = [*(News("progress", "articles", number) for number in range(100)), done()]
        await front.feed(document(front, "page.html"))
        await front.work()
        return len(front.request.of("editMessageText", "sendMessage"))

    assert run(tmp_path, monkeypatch, sent) <= 3


def test_documents_sent_together_are_read_together(tmp_path: Path, monkeypatch: Patch) -> None:

    async def sent(front: Front) -> tuple[list[str], int]:
        front.shop.script = [done(added=(Item("a", "A", 1), Item("b", "B", 2)))]
        await front.feed(*(document(front, f"{n}.txt", f"Text number {n}.".encode()) for n in range(3)))
        return await front.settle(), len(front.shop.deeds[0].paths)

    said, paths = run(tmp_path, monkeypatch, sent)
    assert paths == 3 and said[0] == "Reading 3 documents …" and "New: 2 articles" in said[-1]


@pytest.mark.parametrize(
    "name", ["../../x.pdf", "/etc/passwd", "a\x00b.txt", ".hidden.html", "..", "x" * 5000 + ".txt", "", None, "a.b/c"]
)
def test_a_document_lies_under_a_name_of_our_own_whatever_it_is_called(
    name: str | None, tmp_path: Path, monkeypatch: Patch
) -> None:
    """TEL-009."""

    async def sent(front: Front) -> None:
        front.shop.script = [done()]
        await front.feed(document(front, name))
        await front.work()

    before = set(tmp_path.rglob("*"))
    run(tmp_path, monkeypatch, sent)
    new = {path for path in set(tmp_path.rglob("*")) - before if path.is_file() and "gen-" not in str(path)}
    documents = [path for path in new if path.parent.name == received.FOLDER]
    assert len(documents) == 1 and documents[0].name.startswith("tg-") and len(documents[0].name) < 40
    assert {path.parent.name for path in new} <= {received.FOLDER, "index"}
    assert documents[0].stat().st_mode & 0o077 == 0 and documents[0].parent.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("size", [received.MOST_BYTES + 1, None])
def test_what_is_too_large_or_of_unknown_size_is_not_even_asked_for(
    size: int | None, tmp_path: Path, monkeypatch: Patch
) -> None:
    async def sent(front: Front) -> tuple[list[str], list[str]]:
        await front.feed(document(front, "big.html", size=size))
        said = await front.settle()
        return said, [call.method for call in front.request.calls if call.method == "getFile"]

    said, asked = run(tmp_path, monkeypatch, sent)
    assert asked == [] and "big.html" in said[-1] and "20 MB" in said[-1] and kept(tmp_path) == []


def test_what_grew_on_the_way_is_not_fetched(tmp_path: Path, monkeypatch: Patch) -> None:
    async def sent(front: Front) -> tuple[list[str], list[str]]:
        raw = document(front, "big.html")
        front.request.told[raw["message"]["document"]["file_id"]] = received.MOST_BYTES + 1
        await front.feed(raw)
        await front.work()
        methods = [call.method for call in front.request.calls]
        return front.said(), methods

    said, methods = run(tmp_path, monkeypatch, sent)
    assert "download" not in methods and "Not taken: big.html" in said[-1] and kept(tmp_path) == []


def test_a_document_that_telegram_does_not_hand_out_is_named_and_the_others_are_read(
    tmp_path: Path, monkeypatch: Patch
) -> None:

    async def sent(front: Front) -> list[str]:
        front.shop.script = [done(added=(Item("b", "B", 2),))]
        front.request.fail("getFile", 400, "Bad Request: file is too big")
        await front.feed(document(front, "a.txt", b"A."), document(front, "b.txt", b"B."))
        return await front.settle()

    said = run(tmp_path, monkeypatch, sent)
    assert "Not taken: a.txt" in said[-1] and "• B, 2 sentences" in said[-1]


def test_what_was_left_out_is_told_by_the_documents_own_name_with_the_reason_and_is_not_kept(
    tmp_path: Path, monkeypatch: Patch
) -> None:
    async def sent(front: Front) -> list[str]:
        class Useless(list[News]):
            def pop(self, index: Any = -1) -> News:  # the path is known only now
                path = front.shop.deeds[0].paths[0]
                left = (
                    Left(path, "unsupported_format", "a PDF file is not read"),
                    Left(f"{path}:3", "bad_json", "line 3: no"),
                )
                super().pop(index)
                return done(left=left, empty=(path,), published=False)

        front.shop.script = Useless([News("progress")])
        await front.feed(document(front, "report\u202efdp.exe"))
        return await front.settle()

    said = run(tmp_path, monkeypatch, sent)
    assert "• report\\u202efdp.exe: a PDF file is not read" in said[-1]
    assert "• report\\u202efdp.exe, line 3: line 3: no" in said[-1]
    assert kept(tmp_path) == [] and "tg-" not in said[-1]


def test_where_nothing_could_be_done_nothing_new_is_kept_and_nothing_old_is_lost(
    tmp_path: Path, monkeypatch: Patch
) -> None:

    async def sent(front: Front) -> list[str]:
        front.shop.script = [done(added=(Item("a", "A", 1),))]
        await front.feed(document(front, "a.txt", b"A is here."))
        await front.settle()
        front.shop.script = [News("failed", "the index is being written by process 7")]
        await front.feed(document(front, "a.txt", b"A is here."), document(front, "b.txt", b"B is here."))
        return await front.settle()

    said = run(tmp_path, monkeypatch, sent)
    assert said[-1] == "Nothing was added. the index is being written by process 7"
    assert [path.read_bytes() for path in kept(tmp_path)] == [b"A is here."]


def test_what_was_accepted_before_a_crash_is_read_after_it(tmp_path: Path, monkeypatch: Patch) -> None:
    async def crashes(front: Front) -> None:
        await front.feed(document(front, "a.txt", b"A is here."))

    async def restarts(front: Front) -> tuple[list[str], Sequence[str]]:
        front.shop.script = [done(added=(Item("a", "A", 1),))]
        await articles.resume(front.yard)
        said = await front.settle()
        paths = front.shop.deeds[0].paths
        await articles.resume(front.yard)
        return [*said, *await front.settle()], paths

    run(tmp_path, monkeypatch, crashes)
    said, paths = run(tmp_path, monkeypatch, restarts, holds=())
    assert paths == empty(kept(tmp_path)) and "New: 1 article" in said[-1]
    assert sum("New:" in text for text in said) == 1, "only once"


def test_a_caption_sorts_documents_into_collections_for_a_whole_album(tmp_path: Path, monkeypatch: Patch) -> None:

    async def sent(front: Front) -> list[tuple[tuple[str, ...], int]]:
        front.shop.script = [done(added=(Item("a", "A", 1),)), done(added=(Item("c", "C", 1),))]
        await front.feed(
            document(front, "a.txt", b"A.", caption="for #wires and #press", media_group_id="1"),
            document(front, "b.txt", b"B.", media_group_id="1"),
            document(front, "c.txt", b"C."),
        )
        await front.settle()
        return [(deed.collections, len(deed.paths)) for deed in front.shop.deeds]

    assert run(tmp_path, monkeypatch, sent) == [(("press", "wires"), 2), ((), 1)]


@pytest.mark.parametrize(("by", "to"), [(MEMBER, None), (ADMIN, GROUP)])
def test_documents_of_others_and_in_groups_are_not_touched(
    by: int, to: int | None, tmp_path: Path, monkeypatch: Patch
) -> None:
    async def sent(front: Front) -> list[str]:
        await front.feed(document(front, "a.txt", b"A.", by=by, to=to))
        await front.settle()
        return [call.method for call in front.request.calls if call.method in ("getFile", "download")]

    assert run(tmp_path, monkeypatch, sent) == [] and kept(tmp_path) == []


def test_add_takes_the_document_that_it_answers(tmp_path: Path, monkeypatch: Patch) -> None:
    async def sent(front: Front) -> list[tuple[str, ...]]:
        front.shop.script = [done(added=(Item("a", "A", 1),))]
        other = document(front, "a.txt", b"A.")["message"]
        await front.feed(message("/add #press", ADMIN, reply_to_message=other))
        await front.settle()
        return [deed.collections for deed in front.shop.deeds]

    assert run(tmp_path, monkeypatch, sent) == [("press",)] and len(kept(tmp_path)) == 1


PAGES = "https://www.news.example/a", "http://other.example/b?c=1"


@pytest.mark.parametrize(
    ("text", "collections"),
    [
        (f"/add {PAGES[0]} #press\n{PAGES[1]}", ("press",)),
        (" \n".join(PAGES), ()),
        (f"www.news.example/a\n{PAGES[1]}", ()),
    ],
    ids=["after the command", "pasted", "as people say it"],
)
def test_addresses_are_fetched_as_one_deed_and_what_was_left_out_is_told(
    text: str, collections: tuple[str, ...], tmp_path: Path, monkeypatch: Patch
) -> None:
    async def sent(front: Front) -> tuple[list[str], list[Any]]:
        left = Left(PAGES[1], "unreachable", "nobody answers there")
        front.shop.script = [done(added=(Item("ships", "Ships left", 4),), left=(left,))]
        await front.feed(message(text, ADMIN))
        return await front.settle(), front.shop.deeds

    said, deeds = run(tmp_path, monkeypatch, sent)
    assert [(deed.do, deed.paths, deed.collections) for deed in deeds] == [("add", PAGES, collections)]
    assert said[0] == "Fetching 2 pages …" and "Ships left, 4 sentences" in said[-1]
    assert "other.example" in said[-1] and "nobody answers there" in said[-1] and kept(tmp_path) == []


@pytest.mark.parametrize("text", [PAGES[0], f"/add {PAGES[0]}"])
def test_addresses_of_others_than_administrators_are_not_fetched(text: str, tmp_path: Path, monkeypatch: Patch) -> None:
    async def sent(front: Front) -> int:
        await front.feed(message(text, MEMBER))
        await front.settle()
        return len(front.shop.deeds)

    assert run(tmp_path, monkeypatch, sent) == 0


@pytest.mark.parametrize("text", ["/add news.example", "/add ftp://x.example/a", "/add"])
def test_what_is_no_address_is_answered_with_how_to_add(text: str, tmp_path: Path, monkeypatch: Patch) -> None:
    async def sent(front: Front) -> tuple[list[str], int]:
        await front.feed(message(text, ADMIN))
        return await front.settle(), len(front.shop.deeds)

    said, deeds = run(tmp_path, monkeypatch, sent)
    assert deeds == 0 and len(said) == 1 and "addresses of articles" in said[0]


def test_an_old_document_is_not_read_but_named(tmp_path: Path, monkeypatch: Patch) -> None:
    async def sent(front: Front) -> list[str]:
        await front.feed(document(front, "a.txt", date=int(front.clock.now) - 301))
        return await front.settle()

    said = run(tmp_path, monkeypatch, sent)
    assert len(said) == 1 and "a.txt" in said[0] and "send it again" in said[0] and kept(tmp_path) == []


def test_two_deeds_never_run_at_the_same_time(tmp_path: Path, monkeypatch: Patch) -> None:
    running, most = [0], [0]

    async def sent(front: Front) -> tuple[int, int]:
        gate = asyncio.Event()

        async def count() -> None:
            running[0] += 1
            most[0] = max(most[0], running[0])
            await gate.wait()
            running[0] -= 1

        front.shop.meanwhile = count
        front.shop.script = [done(), done()]
        front.quiet.set()
        await front.feed(document(front, "a.txt", b"A."))
        while not running[0]:
            await asyncio.sleep(0.01)
        await front.feed(document(front, "b.txt", b"B."))
        await asyncio.sleep(0.3)
        gate.set()
        await front.work()
        return most[0], len(front.shop.deeds)

    most_at_once, deeds = run(tmp_path, monkeypatch, sent)
    assert (most_at_once, deeds) == (1, 2)


def test_a_fault_of_our_own_is_told_with_a_number_that_the_log_has_and_without_text(
    tmp_path: Path, monkeypatch: Patch
) -> None:
    async def sent(front: Front) -> list[str]:
        async def broken() -> None:
            raise RuntimeError("the secret plan of Ada")

        front.shop.meanwhile = broken
        front.shop.script = [done()]
        await front.feed(document(front, "secret.txt"))
        return await front.settle()

    with logged() as lines:
        said = run(tmp_path, monkeypatch, sent)
    number = said[-1].split("number ")[1].split()[0]
    assert any(number in line for line in lines) and not any("secret" in line for line in lines)


def test_that_progress_cannot_be_shown_does_not_stop_the_work(tmp_path: Path, monkeypatch: Patch) -> None:
    async def sent(front: Front) -> list[str]:
        front.shop.script = [News("progress", "articles", 1), done(added=(Item("a", "A", 1),))]
        front.request.lose("sendMessage", TimedOut(), 1)
        front.request.fail("editMessageText", 400, "Bad Request: message to edit not found")
        await front.feed(document(front, "a.txt"))
        return await front.settle()

    assert "New: 1 article" in run(tmp_path, monkeypatch, sent)[-1]


def test_a_message_that_is_no_addresses_is_told_so_at_once() -> None:
    """Forty of these pieces took years: where one address ends and the next begins could be cut in every way."""
    assert articles._ONLY_ADDRESSES.fullmatch("www.a" * 40 + "<") is None
    assert articles._ONLY_ADDRESSES.fullmatch(" www.a.example/x\nhttps://b.example ") is not None
