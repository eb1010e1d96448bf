"""The process that changes the index: what it tells, and what becomes of the index when either side dies."""

from __future__ import annotations

import asyncio
import io
import json
import multiprocessing
import threading
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from bot import archive as archives
from bot.chat_telegram import received, workbench, workshop
from bot.chat_telegram.deeds import Deed, Differs, Item, Left, News, Outcome, read_news, write_news
from bot.chat_telegram.workshop import Workshop
from bot.config import Config, change_setting, load_config
from index import build as building
from index.generations import CURRENT
from index.store import open_snapshot
from tests.bot.tiny_archive import NameReader
from tests.index.tiny import NGramEmbedder, publish_texts

HARBOUR = "Mayor Ada Finch opened the harbour of Rotterdam on Monday. Ships had waited.\n"
QUAKE = "An earthquake shook the coast at dawn. Nobody was hurt, the mayor said.\n"


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Config:
    """A configuration with one article in its sources, and no model behind it."""
    for module in (building, archives):
        monkeypatch.setattr(module, "load_embedder", lambda settings, *, bulk: NGramEmbedder())
        monkeypatch.setattr(module, "fingerprint", lambda settings: {"sha256": "n-grams"})
    monkeypatch.setattr(archives, "load_reader", lambda place, threads: NameReader())
    monkeypatch.setattr(workbench, "_EVERY", 0.0)
    sources = tmp_path / "sources"
    sources.mkdir()
    (sources / "harbour.txt").write_text(HARBOUR, encoding="utf-8")
    made = load_config(None, {}, tmp_path / "index")
    return replace(made, index=replace(made.index, sources=(sources,)))


def told(config: Config, deed: Deed, word: bytes | None = None) -> list[News]:
    """The news of a deed that is done in this very process; `word` is said to what is staged, or the pipe closed."""
    ours, theirs = multiprocessing.Pipe()
    news: list[News] = []

    def listen() -> None:
        for one in _received(ours):
            news.append(one)
            if one.kind == "staged" and word is not None:
                ours.send_bytes(word)
            elif one.kind == "staged":
                ours.close()
                return

    listener = threading.Thread(target=listen)
    listener.start()
    workbench.carry_out(config, deed, theirs)
    theirs.close()
    listener.join()
    return news


def _received(pipe: Connection) -> Iterator[News]:
    while True:
        try:
            yield read_news(pipe.recv_bytes())
        except (EOFError, OSError):
            return


def built(config: Config) -> str:
    """An index of the sources; the generation's name."""
    return building.build(config.index.dir, config.index.sources, archives.recipe(config), lambda *_: None).generation


def current(config: Config) -> str:
    """The current generation's name."""
    return (config.index.dir / CURRENT).read_text(encoding="utf-8").split()[0]


def test_an_addition_tells_titles_sentences_reasons_and_which_files_gave_nothing(config: Config) -> None:
    built(config)
    good, _ = received.keep(config, QUAKE.encode(), "quake.txt")
    bad, _ = received.keep(config, b"%PDF-1.7 x", "paper.pdf")
    *progress, last = told(config, Deed("add", (str(good), str(bad))))
    outcome = last.outcome
    assert progress and all(one.kind == "progress" for one in progress)
    assert last.kind == "done" and outcome is not None and outcome.published
    assert [item.sentences for item in outcome.added] == [2] and outcome.articles == 2
    assert [(one.origin, one.reason) for one in outcome.left] == [(str(bad), "bad_pdf")]
    assert outcome.empty == (str(bad),)


def test_lines_of_one_file_count_as_that_file(config: Config) -> None:
    built(config)
    lines = json.dumps({"text": QUAKE}) + "\n{broken\n"
    path, _ = received.keep(config, lines.encode(), "two.jsonl")
    outcome = told(config, Deed("add", (str(path),)))[-1].outcome
    assert outcome is not None and outcome.empty == ()
    assert [one.origin for one in outcome.left] == [f"{path}:2"] and outcome.many("left") == 1


def test_members_of_an_archive_count_as_that_archive(config: Config) -> None:
    built(config)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("quake.txt", QUAKE)
    path, _ = received.keep(config, packed.getvalue(), "saved.zip")
    outcome = told(config, Deed("add", (str(path),)))[-1].outcome
    assert outcome is not None and outcome.empty == () and len(outcome.added) == 1
    for origin in (f"{path}!quake.txt", f"{path.with_suffix('.jsonl')}:2", str(path)):
        mine = received.mine(config, origin)
        assert mine is not None and mine.stem == path.stem


def test_a_document_sent_again_changes_nothing_and_is_not_empty(config: Config) -> None:
    built(config)
    path, _ = received.keep(config, QUAKE.encode(), "quake.txt")
    told(config, Deed("add", (str(path),)))
    outcome = told(config, Deed("add", (str(path),)))[-1].outcome
    assert outcome is not None and not outcome.published and outcome.empty == () and outcome.added == ()


def test_documents_go_into_the_collections_that_were_named_and_keep_them_in_a_rebuild(config: Config) -> None:
    built(config)
    path, _ = received.keep(config, QUAKE.encode(), "quake.txt")
    outcome = told(config, Deed("add", (str(path),), collections=("Press",)))[-1].outcome
    assert outcome is not None
    (config.index.sources[0] / "new.txt").write_text("Snow fell on the hills. It was cold.\n", encoding="utf-8")
    told(config, Deed("rebuild", tuple(map(str, received.sources(config)))), b"publish")
    snapshot = open_snapshot(config.index.dir)
    assert snapshot.entry(outcome.added[0].id).collections == ("press",)
    assert snapshot.counts["articles"] == 3


def test_what_cannot_be_done_is_said_in_the_words_of_the_failure(config: Config) -> None:
    built(config)
    assert "no article goes by 'nobody'" in told(config, Deed("remove", articles=("nobody",)))[-1].text
    path, _ = received.keep(config, QUAKE.encode(), "quake.txt")
    last = told(config, Deed("add", (str(path),), collections=("no good name",)))[-1]
    assert last.kind == "failed" and "no name of a collection" in last.text


def test_a_removal_says_what_went_and_which_received_file_nothing_comes_from_now(config: Config) -> None:
    built(config)
    path, _ = received.keep(config, QUAKE.encode(), "quake.txt")
    added = told(config, Deed("add", (str(path),)))[-1].outcome
    assert added is not None
    outcome = told(config, Deed("remove", (str(path),), (added.added[0].id,)))[-1].outcome
    assert outcome is not None and [item.id for item in outcome.gone] == [added.added[0].id]
    assert outcome.gone[0].sentences == 2 and outcome.empty == (str(path),) and outcome.articles == 1


def test_a_rebuild_tells_what_would_change_and_publishes_after_the_word_alone(config: Config) -> None:
    before = built(config)
    (config.index.sources[0] / "harbour.txt").write_text(HARBOUR.replace("Ada Finch", "Bo Lindqvist"), encoding="utf-8")
    (config.index.sources[0] / "quake.txt").write_text(QUAKE, encoding="utf-8")
    deed = Deed("rebuild", tuple(map(str, config.index.sources)),
                questions=("Who opened the harbour of Rotterdam?", "Who won?"))  # fmt: skip
    news = told(config, deed, b"discard")
    assert [one.kind for one in news if one.kind != "progress"] == ["staged"] and current(config) == before
    outcome = news[-1].outcome
    assert outcome is not None and (len(outcome.added), len(outcome.changed), outcome.many("gone")) == (1, 1, 0)
    assert outcome.asked == 2
    assert outcome.differing == (Differs("Who opened the harbour of Rotterdam?", "Ada Finch", "Bo Lindqvist"),)
    done = told(config, deed, b"publish")[-1]
    assert done.kind == "done" and done.outcome is not None and current(config) == done.outcome.generation != before


@pytest.mark.parametrize("word", [None, b"discard", b"", b"publish!", b"x" * 90])
def test_without_the_word_a_rebuild_leaves_the_index_as_it_was(word: bytes | None, config: Config) -> None:
    """A closed pipe is what the worker sees when the bot is killed."""
    before = built(config)
    (config.index.sources[0] / "quake.txt").write_text(QUAKE, encoding="utf-8")
    news = told(config, Deed("rebuild", tuple(map(str, config.index.sources))), word)
    assert [one.kind for one in news if one.kind != "progress"] == ["staged"]
    assert current(config) == before
    assert [path.name for path in config.index.dir.glob("gen-*")] == [before]
    assert not list(config.index.dir.glob(".unfinished-*")) and not list(config.index.dir.glob(".staged*"))


def test_a_rebuild_where_there_was_no_index_publishes_one(config: Config) -> None:
    done = told(config, Deed("rebuild", tuple(map(str, config.index.sources))), b"publish")[-1]
    assert done.kind == "done" and current(config).startswith("gen-000001")


def test_news_travel_as_they_are(config: Config) -> None:
    outcome = Outcome((Item("a", "Ä “x”", 1),), (), (), (Left("o", "r", "d\u202e"),), {"added": 7}, True, "g", 2, 3, 0.5, 4,
                      ("/p",), (Differs("q", None, "a"),))  # fmt: skip
    for news in (News("progress", "articles", 1, 2), News("done", outcome=outcome), News("failed", "no\nroom")):
        assert read_news(write_news(news)) == news


@pytest.mark.parametrize(
    "data", [b"", b"{}", b"[]", b'"x"', b"\xff", b'{"kind":"publish","text":"","done":0,"total":0,"outcome":null}',
             b'{"kind":"done","text":"","done":0,"total":0,"outcome":{"added":[{}]}}', b"[" * 100_000]
)  # fmt: skip
def test_what_is_no_news_is_refused(data: bytes) -> None:
    """The worker has parsed strangers' documents; what it says is data."""
    with pytest.raises(ValueError):  # noqa: PT011 - which of json's, which of ours, does not matter
        read_news(data)


async def _last(config: Config, deed: Deed, kill: bool = False) -> News:
    async with Workshop(config).open(deed) as bench:
        if kill:
            multiprocessing.active_children()[0].kill()
        async for one in bench.news():
            last = one
    return last


def test_a_real_process_tells_its_news_and_is_gone_afterwards(tmp_path: Path) -> None:
    """With scopes in the settings, which cannot be sent to another process as they are."""
    publish_texts(tmp_path / "index")
    config = load_config(None, {}, tmp_path / "index")
    config = change_setting(config, "telegram.scopes", '{"5": [press]}')
    last = asyncio.run(_last(config, Deed("remove", articles=("nobody",))))
    assert last.kind == "failed" and "no article goes by 'nobody'" in last.text
    assert multiprocessing.active_children() == []


def test_a_worker_that_is_killed_is_a_failure_and_nothing_more(tmp_path: Path) -> None:
    publish_texts(tmp_path / "index")
    config = load_config(None, {}, tmp_path / "index")
    last = asyncio.run(_last(config, Deed("remove", articles=("nobody",)), kill=True))
    assert last == News("failed", workshop._DIED)
    assert multiprocessing.active_children() == []
