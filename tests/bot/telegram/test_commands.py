"""What everybody's commands say, and that it is true of the articles and of the chat's scope."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.answer import Answer
from bot.chat_telegram import commands, examples, privacy
from bot.chat_telegram.asking import Asking, Busy, Reply
from bot.chat_telegram.catalogue import newest
from bot.cite import Citation
from index.article import Article
from index.store import Scope
from tests.bot import tiny_archive
from tests.bot.telegram.front import ADMIN, ARTICLES, GROUP, MEMBER, Front, run
from tests.bot.telegram.recording import BOT, message

Patch = pytest.MonkeyPatch
WIRES: dict[str, Any] = {"scopes": {MEMBER: ("wires",)}}


def say(
    tmp_path: Path, monkeypatch: Patch, *texts: str, by: int = MEMBER, to: int | None = None, **settings: Any
) -> str:
    """What is said to these messages, joined."""

    async def told(front: Front) -> str:
        await front.feed(*(message(text, by, to) for text in texts))
        return "\n".join(front.said())

    return run(tmp_path, monkeypatch, told, **settings)


def test_start_says_how_many_articles_there_are_from_when_and_when_they_were_updated(
    tmp_path: Path, monkeypatch: Patch
) -> None:
    said = say(tmp_path, monkeypatch, "/start")
    day = time.strftime("%d %B %Y", time.gmtime()).lstrip("0")
    assert "2 news articles, from 2 March 2026 to 5 March 2026" in said and f"Last update: {day}" in said


def test_start_without_an_index_says_so_and_promises_nothing(tmp_path: Path, monkeypatch: Patch) -> None:
    said = say(tmp_path, monkeypatch, "/start", "/sources", "/latest", "/status", holds=())
    assert said.count("There are no articles here yet") == 3 and "Articles: 0" in said


def test_the_examples_of_start_were_answered_from_the_article_that_they_were_made_from(
    tmp_path: Path, monkeypatch: Patch
) -> None:
    async def told(front: Front) -> tuple[str, Answer]:
        await front.feed(message("/start", MEMBER))
        said = front.said()[0]
        question = said.split("• ")[1].split("\n")[0]
        return question, (await front.office.asking.ask(question, None)).answer

    question, answer = run(tmp_path, monkeypatch, told)
    assert question == "Who opened the harbour of Rotterdam on Monday after three days of storms?"
    assert answer.status == "answered" and answer.citations[0].article == "harbour-1"
    assert answer.answer == "Mayor Ada Finch" or (answer.answer or "") in "Mayor Ada Finch"


def test_who_said_a_quoted_sentence_is_an_example_too_and_nobody_in_particular_is_not(
    tmp_path: Path, monkeypatch: Patch
) -> None:
    text = (
        "“Ships will sail again before the winter ends,” said Mayor Ada Finch. Several ships waited outside the harbour. "
        "He opened the gates of the old harbour. “No,” she said."
    )
    article = replace(ARTICLES[0], text=text)

    async def told(front: Front) -> list[str]:
        return [one.question for one in examples.candidates(newest(front.office.config.index.dir), None)]

    made = run(tmp_path, monkeypatch, told, holds=(article,))
    assert made == ["Who said “Ships will sail again before the winter ends”?"]


@pytest.mark.parametrize(
    ("text", "question"),
    [
        ("Die Ärztin Ada Finch hat am Montag den Hafen von Rotterdam eröffnet. Das ist nicht der Anfang und die Schiffe warten.",
         "Wer hat am Montag den Hafen von Rotterdam eröffnet?"),
        ("Zur Hauptstadt hatte er das alte Rotterdam nicht gemacht. Kanzlerin Ada Finch war die erste an der Spitze und das ist lange her.",
         "Wer war die erste an der Spitze und das ist lange her?"),
        ("Le maire de la ville est venu. Élodie Martin a ouvert le port de Rotterdam lundi matin. Les navires et des équipages attendaient une semaine.",
         "Qui a ouvert le port de Rotterdam lundi matin?"),
        ("Ángela Pérez abrió el puerto de Rotterdam el lunes. Los barcos que esperaban por una semana y las grúas son viejas.",
         "¿Quién abrió el puerto de Rotterdam el lunes?"),
    ],
)  # fmt: skip
def test_examples_are_made_in_the_language_of_the_article(
    text: str, question: str, tmp_path: Path, monkeypatch: Patch
) -> None:
    async def told(front: Front) -> list[str]:
        return [one.question for one in examples.candidates(newest(front.office.config.index.dir), None)]

    made = run(tmp_path, monkeypatch, told, holds=(replace(ARTICLES[0], text=text),))
    assert question in made and not any(one.startswith("Wer hatte er") for one in made)


def test_where_no_sentence_yields_an_example_the_titles_that_are_answered_from_their_article_do(
    tmp_path: Path, monkeypatch: Patch
) -> None:
    articles = [
        replace(ARTICLES[0], id=f"a-{n}", title=f"港は再開した そして船が戻った {n}", text=f"港は月曜日に再開した。船は三日待った {n}。")
        for n in range(5)
    ]  # fmt: skip

    async def ask(self: Asking, question: str, scope: Scope, who: object = None) -> Reply:
        number = question[-1]
        article = f"a-{number}" if number != "3" else "a-1"
        cited = Citation(1, "q", article, None, None, (), None, None, 0, 1, None, None, None, 0.9)
        return Reply(Answer(question, "answered", None, None, 0.9, (cited,), (), newest(tmp_path / "index").name))

    monkeypatch.setattr(Asking, "ask", ask)
    said = say(tmp_path, monkeypatch, "/start", holds=articles)
    shown = [line[2:] for line in said.split("\n") if line.startswith("• ")]
    assert len(shown) == 3 and all(line in {one.title for one in articles} for line in shown)
    assert not any(line.endswith("3") for line in shown), "answered from another article"


@pytest.mark.parametrize(
    ("status", "article", "short", "confidence"),
    [("not_found", "harbour-1", None, 0.9), ("answered", "quake-1", "Ada Finch", 0.9),
     ("answered", "harbour-1", "Rotterdam", 0.9), ("answered", "harbour-1", "Ada Finch", 0.5)],
    ids=["not answered", "from another article", "with another answer", "unsurely"],
)  # fmt: skip
def test_a_question_that_was_not_rightly_and_surely_answered_is_no_example(
    status: Any, article: str, short: str | None, confidence: float, tmp_path: Path, monkeypatch: Patch
) -> None:
    async def ask(self: Asking, question: str, scope: Scope, who: object = None) -> Reply:
        cited = Citation(1, "q", article, None, None, (), None, None, 0, 1, None, None, None, confidence)
        name = newest(tmp_path / "index").name
        return Reply(Answer(question, status, None, short, confidence, (cited,), (), name))

    monkeypatch.setattr(Asking, "ask", ask)
    said = say(tmp_path, monkeypatch, "/start", holds=[replace(one, title=None) for one in ARTICLES])
    assert "example" not in said and "in your own words" in said


@contextmanager
def busy_line(monkeypatch: Patch, asked: list[str], seconds: float = 0.0) -> Iterator[None]:
    """As if others' questions filled the line: what nobody waits for is noted, and refused after so many seconds."""

    async def busy(self: Asking, question: str, scope: Scope, who: object = None) -> Reply:
        asked.append(question)
        await asyncio.sleep(seconds)
        raise Busy

    with monkeypatch.context() as patch:
        patch.setattr(Asking, "ask", busy)
        patch.setattr(Asking, "people_waiting", lambda self: 30)
        yield


def test_examples_are_looked_for_once_a_generation_and_again_after_a_busy_time(
    tmp_path: Path, monkeypatch: Patch
) -> None:
    asked: list[str] = []

    async def told(front: Front) -> tuple[int, int, tuple[str, ...]]:
        name = newest(front.office.config.index.dir).name
        shown = examples.showcase(front.application, front.office)
        with busy_line(monkeypatch, asked):
            assert not await shown.prepare(None, name)
            assert await shown.examples(None, name) == ()
        tried = len(asked)
        assert await shown.prepare(None, name)
        first = await shown.examples(None, name)
        with busy_line(monkeypatch, asked):
            assert await examples.Showcase(front.office).prepare(None, name), "after a restart they are there"
            again = await examples.Showcase(front.office).examples(None, name)
        return len(asked) - tried, len(first), again

    asked_again, found, again = run(tmp_path, monkeypatch, told)
    assert (asked_again, found, len(again)) == (0, 1, 1)


def test_start_waits_for_no_question_while_others_wait_and_shows_what_still_stands_of_the_generation_before(
    tmp_path: Path, monkeypatch: Patch
) -> None:
    changed = replace(ARTICLES[0], text=ARTICLES[0].text.replace("three days", "four days"))

    async def told(front: Front) -> list[str]:
        index, shown = front.office.config.index.dir, examples.showcase(front.application, front.office)
        await shown.prepare(None, newest(index).name)
        with busy_line(monkeypatch, [], 10.0):
            for articles in ((ARTICLES[0],), (changed,)):
                tiny_archive.publish_articles(index, articles)
                await privacy.forget_gone(front.office)
                began = time.perf_counter()
                await front.feed(message("/start", MEMBER))
                assert time.perf_counter() - began < 3, "its own patience would be six"
        return front.said()

    unchanged, other = run(tmp_path, monkeypatch, told)
    assert "1 news article" in unchanged and "Who opened the harbour of Rotterdam on Monday" in unchanged
    assert "1 news article" in other and "Who opened" not in other and "in your own words" in other


def test_one_start_alone_waits_for_the_first_examples(tmp_path: Path, monkeypatch: Patch) -> None:
    async def slow(self: Asking, question: str, scope: Scope, who: object = None) -> Reply:
        await asyncio.sleep(60)
        raise Busy

    async def told(front: Front) -> tuple[bool, tuple[str, ...]]:
        name, shown = newest(front.office.config.index.dir).name, examples.showcase(front.application, front.office)
        first = asyncio.create_task(shown.examples(None, name, 60))
        while not shown._awaited:
            await asyncio.sleep(0.01)
        second = await asyncio.wait_for(shown.examples(None, name, 60), 10)
        waits = not first.done()
        shown.close()
        await first
        return waits, second

    monkeypatch.setattr(Asking, "ask", slow)
    assert run(tmp_path, monkeypatch, told) == (True, ())


def test_examples_of_a_generation_that_was_overtaken_are_not_kept_in_place_of_earlier_ones(
    tmp_path: Path, monkeypatch: Patch
) -> None:
    async def told(front: Front) -> tuple[bool, bool, list[Any]]:
        index, shown = front.office.config.index.dir, examples.showcase(front.application, front.office)
        first = newest(index).name
        await shown.prepare(None, first)
        tiny_archive.publish_articles(index, (ARTICLES[0],))
        second = newest(index).name

        async def overtaken(self: Asking, question: str, scope: Scope, who: object = None) -> Reply:
            return Reply(Answer(question, "not_found", "nothing_close", None, 0.0, (), (), "gen-later"))

        with monkeypatch.context() as patch:
            patch.setattr(Asking, "ask", overtaken)
            while_asked = await shown.prepare(None, second)
        tiny_archive.publish_articles(index, (ARTICLES[1],))
        before_asking = await shown.prepare(None, second)
        rows = await front.office.records.do(lambda c: c.execute("SELECT generation FROM examples").fetchall())
        return while_asked, before_asking, [name == first for (name,) in rows]

    assert run(tmp_path, monkeypatch, told) == (False, False, [True])


def test_an_example_goes_with_its_article_even_before_there_are_others(tmp_path: Path, monkeypatch: Patch) -> None:
    async def told(front: Front) -> list[Any]:
        index = front.office.config.index.dir
        await examples.showcase(front.application, front.office).prepare(None, newest(index).name)
        kept = []
        for articles in ((ARTICLES[0],), (ARTICLES[1],)):
            tiny_archive.publish_articles(index, articles)
            await privacy.forget_gone(front.office)
            kept.append(
                await front.office.records.do(lambda c: c.execute("SELECT count(*) FROM examples").fetchone()[0])
            )
        return kept

    assert run(tmp_path, monkeypatch, told) == [1, 0]


def test_a_chat_hears_only_of_the_articles_in_its_scope(tmp_path: Path, monkeypatch: Patch) -> None:
    said = say(tmp_path, monkeypatch, "/start", "/sources", "/latest 20", "/status", **WIRES)
    assert "1 news article" in said and "Coast Wire: 1 article" in said and "Quake at dawn" in said
    assert "Articles: 1, with" in said
    assert not any(word in said for word in ("Harbour", "harbour", "River Courier", "2 March"))


def test_sources_count_articles_and_dates_of_each_outlet(tmp_path: Path, monkeypatch: Patch) -> None:
    more = replace(ARTICLES[0], id="harbour-2", published="2026-03-09", text="Ships came back. The port was full.")
    nameless = Article("x", "Nobody signed this page. It has no date.", "0" * 64, "x.txt")
    hosted = replace(nameless, id="y", text="Nobody signed that page.", url="https://www.coast.example/y")
    said = say(tmp_path, monkeypatch, "/sources", holds=(*ARTICLES, more, nameless, hosted)).split("\n")
    assert said[1:] == [
        "• River Courier: 2 articles, from 2 March 2026 to 9 March 2026",
        "• Coast Wire: 1 article, of 5 March 2026",
        "• coast.example: 1 article",
        "• outlet not given: 1 article",
    ]


@pytest.mark.parametrize(("given", "shown"), [("", 5), (" 2", 2), (" 0", 1), (" 99", 8), (" ٣", 3), (" x", 5)])
def test_latest_lists_the_newest_first_as_many_as_asked_for(
    given: str, shown: int, tmp_path: Path, monkeypatch: Patch
) -> None:
    many = [
        replace(
            ARTICLES[0], id=f"n-{day}", title=f"Day {day}", published=f"2026-03-{day:02}", text=f"It was day {day}."
        )
        for day in range(1, 9)
    ]
    said = say(tmp_path, monkeypatch, f"/latest{given}", holds=many)
    assert [line.split(": ")[1] for line in said.split("\n")] == [f"Day {day}" for day in range(8, 8 - shown, -1)]


def test_latest_links_to_addresses_of_the_web_alone_and_names_ids_to_administrators_alone(
    tmp_path: Path, monkeypatch: Patch
) -> None:
    tricky = replace(ARTICLES[1], url="tg://user?id=11")

    async def told(front: Front) -> tuple[list[Any], str, str]:
        await front.feed(message("/latest", MEMBER))
        call = front.request.of("sendMessage")[0]
        links = [entity.get("url") for entity in call.parameters["entities"] if entity["type"] == "text_link"]
        member = front.said()[0]
        await front.feed(message("/latest", ADMIN))
        return links, member, front.said()[0]

    links, member, admin = run(tmp_path, monkeypatch, told, holds=(ARTICLES[0], tricky))
    assert links == ["https://news.example/harbour"]
    assert "harbour-1" not in member and "harbour-1" in admin


def test_help_names_exactly_the_commands_that_one_may_use_there(tmp_path: Path, monkeypatch: Patch) -> None:
    def named(said: str) -> set[str]:
        return {line.split()[0][1:] for line in said.split("\n") if line.startswith("/")}

    everybody = {name for name, one in commands.TABLE.items() if one.who != "admin"}
    assert named(say(tmp_path, monkeypatch, "/help", by=ADMIN)) == set(commands.TABLE)
    assert named(say(tmp_path, monkeypatch, "/HELP", by=MEMBER)) == everybody
    assert named(say(tmp_path, monkeypatch, "/help", by=ADMIN, to=GROUP)) == everybody


def test_the_link_under_a_groups_help_opens_the_help_in_private_and_a_forged_one_only_starts(
    tmp_path: Path, monkeypatch: Patch
) -> None:
    async def told(front: Front) -> tuple[str, str]:
        await front.feed(message(f"/help@{BOT['username']}", MEMBER, GROUP))
        entities = front.request.of("sendMessage")[0].parameters["entities"]
        link = next(entity["url"] for entity in entities if entity["type"] == "text_link")
        front.request.clear()
        payload = link.split("start=")[1]
        await front.feed(message(f"/start {payload}", MEMBER), message(f"/start {payload[:-1]}9", MEMBER))
        opened, forged = front.said()
        return opened, forged

    opened, forged = run(tmp_path, monkeypatch, told)
    assert "/privacy" in opened and "news articles" in forged


@pytest.mark.parametrize("text", ["/ask", "/ask@byline_test_bot", "/check  "])
def test_a_command_without_its_words_says_how_to_write_it(text: str, tmp_path: Path, monkeypatch: Patch) -> None:
    assert say(tmp_path, monkeypatch, text).startswith("Write ")


def test_ask_answers_the_words_behind_it_or_the_message_that_it_answers(tmp_path: Path, monkeypatch: Patch) -> None:
    asked: list[str] = []

    async def answer(office: object, update: object, text: str) -> None:
        asked.append(text)

    monkeypatch.setattr(commands, "answer_question", answer)
    monkeypatch.setattr(commands, "check_quote", answer)

    async def told(front: Front) -> None:
        other = message("who was there?", 5)["message"]
        for text in ("/ask@byline_test_bot who\nopened it?", "/check “Nobody was hurt”", "/ask"):
            await front.feed(message(text, MEMBER, GROUP, reply_to_message=other))

    run(tmp_path, monkeypatch, told)
    assert asked == ["who\nopened it?", "“Nobody was hurt”", "who was there?"]


def test_an_edit_into_a_command_is_no_command(tmp_path: Path, monkeypatch: Patch) -> None:
    """TEL-010."""

    async def told(front: Front) -> tuple[list[str], int]:
        await front.feed(message("/rebuild", ADMIN, kind="edited_message", edit_date=1))
        return await front.settle(), len(front.shop.deeds)

    assert run(tmp_path, monkeypatch, told) == ([], 0)


def test_answers_to_commands_in_groups_are_replies(tmp_path: Path, monkeypatch: Patch) -> None:
    async def told(front: Front) -> list[Any]:
        await front.feed(message("/status", MEMBER, GROUP), message("/status", MEMBER))
        return [call.parameters.get("reply_parameters") for call in front.request.of("sendMessage")]

    grouped, private = run(tmp_path, monkeypatch, told)
    assert grouped is not None and private is None


@pytest.mark.parametrize("text", ["/" + "a" * 64, "/start@", "/help@ me"])
def test_a_command_of_a_strange_form_is_not_met_with_silence(text: str, tmp_path: Path, monkeypatch: Patch) -> None:
    marks = [{"type": "bot_command", "offset": 0, "length": len(text.split("@")[0])}]

    async def told(front: Front) -> int:
        await front.feed(message(text, MEMBER, entities=marks))
        return len(front.said())

    assert run(tmp_path, monkeypatch, told) == 1
