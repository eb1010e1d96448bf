"""`byline check`: what people and scripts are told of a text."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bot.cli import run
from tests.bot.tiny_archive import publish_articles
from tests.index.tiny import TEXTS, article


@pytest.fixture
def index(tmp_path: Path) -> str:
    publish_articles(tmp_path, [article(*one) for one in TEXTS.items()])
    return str(tmp_path)


def check(capsys: pytest.CaptureFixture[str], index: str, *arguments: str) -> tuple[int, str, str]:
    """`byline check` in this process: exit code, stdout, stderr; no model is loaded for it."""
    code = run(["check", *arguments, "--index", index])
    said = capsys.readouterr()
    return code, said.out, said.err


def test_an_exact_text_is_told_with_its_sentence_and_source(capsys: pytest.CaptureFixture[str], index: str) -> None:
    """The whole sentence, not only the part."""
    code, output, _ = check(capsys, index, "a yellow flag over Baghuz")
    assert code == 0
    assert output.startswith("In the articles, word for word:\n[1] Commanders raised a yellow flag over Baghuz.\n")
    assert "baghuz" in output.splitlines()[-1]


def test_an_altered_text_is_told_with_every_difference(capsys: pytest.CaptureFixture[str], index: str) -> None:
    code, output, _ = check(capsys, index, "The harbour of Antwerp not reopened on.")
    assert code == 0
    assert "word for word:" not in output
    for told in ("article: Rotterdam  text: Antwerp not", "left out: Monday"):
        assert f"    {told}\n" in output


def test_an_absent_text_is_no_failure(capsys: pytest.CaptureFixture[str], index: str) -> None:
    assert check(capsys, index, "A bridge in the north collapsed after rain.") == (
        0, "Not in the articles, and nothing near it. It may stand elsewhere.\n", ""
    )  # fmt: skip


def test_scripts_get_places_and_differences(capsys: pytest.CaptureFixture[str], index: str) -> None:
    """Offsets fit the article's text as in every citation."""
    _, output, _ = check(capsys, index, "Turnout was not 61 percent.", "--json")
    told = json.loads(output)
    assert (told["verdict"], told["text"]) == ("altered", "Turnout was not 61 percent.")
    (difference,) = told["differences"]
    assert (difference["kind"], difference["text"], difference["article"]) == ("added", "not", "")
    (place,) = told["places"]
    assert TEXTS["élection.txt"][place["start"] : place["end"]] == place["quote"]
    assert told["generation"].startswith("gen-000001-")


def test_what_is_no_text_is_one_line_of_trouble(capsys: pytest.CaptureFixture[str], index: str) -> None:
    code, output, errors = check(capsys, index, "?!")
    assert (code, output) == (1, "")
    assert errors == "byline: please give the text that is to be checked\n"
