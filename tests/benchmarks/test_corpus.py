"""What the systems are given: other articles every round, the same ones every run."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from benchmarks.corpus import Corpus, corpus, filled, read_articles, samples, write_articles
from benchmarks.rebuild import change
from benchmarks.systems import BM25, BYLINE, TXTAI, available, options


@pytest.fixture
def some(tmp_path: Path) -> Corpus:
    file = tmp_path / "given.jsonl"
    write_articles(file, [{"id": f"a{i}", "title": "t", "text": f"text {i}"} for i in range(10)])
    return Corpus("some", file, ())


def texts(file: Path) -> list[str]:
    return [json.loads(line)["text"] for line in file.read_text(encoding="utf-8").splitlines()]


def test_no_article_comes_twice_while_there_are_others(some: Corpus, tmp_path: Path) -> None:
    files = samples(some, 3, 3, tmp_path)
    drawn = [text for file in files for text in texts(file)]
    assert len(set(drawn)) == len(drawn) == 9
    assert [texts(file) for file in samples(some, 3, 3, tmp_path)] == [drawn[0:3], drawn[3:6], drawn[6:9]]


def test_where_there_are_too_few_all_come_equally_often_and_under_ids_of_their_own(
    some: Corpus, tmp_path: Path
) -> None:
    files = samples(some, 10, 2, tmp_path)
    assert set(Counter(text for file in files for text in texts(file)).values()) == {2}
    (both,) = samples(some, 20, 1, tmp_path)
    assert len({one["id"] for one in read_articles(both, tmp_path)}) == 20


def test_one_in_a_hundred_changes_and_others_the_next_time() -> None:
    articles = [{"id": str(i), "text": "x"} for i in range(300)]
    change(articles, 0)
    first = {one["id"] for one in articles if one["text"] != "x"}
    change(articles, 1)
    assert first == {"0", "100", "200"}
    assert {one["id"] for one in articles if one["text"] != "x"} - first == {"1", "101", "201"}


def test_few_articles_change_by_one_at_least() -> None:
    articles = [{"id": str(i), "text": "x"} for i in range(3)]
    change(articles, 4)
    assert [one["text"] != "x" for one in articles] == [False, True, False]


@pytest.mark.model
def test_the_kept_index_is_built_anew_when_the_articles_or_the_format_change(tmp_path: Path, some: Corpus) -> None:
    given = options("ask", "", ["--cache", str(tmp_path / "cache"), "--threads", "1"])
    first = filled(some, given)
    pointer = (first.index / "CURRENT").read_bytes()
    assert (first.count, filled(some, given)) == (10, first)
    assert (first.index / "CURRENT").read_bytes() == pointer
    write_articles(some.source, [{"id": "a", "title": "t", "text": "another text"}])
    second = filled(some, given)
    assert (second.count, first.vectors.exists()) == (1, False)
    made_of = given.cache / "some.made-of"
    made_of.write_text(made_of.read_text("utf-8").replace("format ", "format 1"), "utf-8")
    before = (second.index / "CURRENT").stat().st_mtime_ns
    assert filled(some, given).count == 1
    assert (second.index / "CURRENT").stat().st_mtime_ns > before


def test_a_data_folder_without_its_files_is_named(tmp_path: Path) -> None:
    given = options("ask", "", ["--data", str(tmp_path), "--cache", str(tmp_path)])
    with pytest.raises(SystemExit, match=r"articles\.jsonl"):
        corpus(given)


def test_without_data_the_starter_questions_that_have_an_answer_are_asked(tmp_path: Path) -> None:
    starter = corpus(options("ask", "", ["--cache", str(tmp_path)]))
    assert len(starter.questions) > 50
    assert all(one.answers for one in starter.questions)


def test_peers_that_are_not_installed_or_not_wanted_are_left_out(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kinds = (BYLINE, TXTAI, BM25)
    cache = ["--cache", str(tmp_path)]
    assert available(kinds, options("ask", "", [*cache, "--peers", str(tmp_path / "none")])) == [BYLINE]
    assert "python -m benchmarks.peers" in capsys.readouterr().err
    assert available(kinds, options("memory", "", [*cache, "--peers", str(tmp_path / "none")])) == [BYLINE]
    assert not capsys.readouterr().err, "it is said once"
    here = tmp_path / "python"
    here.touch()
    assert available(kinds, options("ask", "", [*cache, "--peers", str(here)])) == list(kinds)
    assert available(kinds, options("ask", "", [*cache, "--peers", str(here), "--only", "bm25s"])) == [BYLINE, BM25]
