"""JSON files: each object an article, however they are put together, and none lost or half read without a word."""

from __future__ import annotations

import io
import json
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.article import Article
from index.sources import json_file
from index.sources.files import Skipped
from index.sources.json_file import numbered_objects
from tests.index.sources.reading import read_articles

_ONE = {"title": 'A "}" and a \\', "text": "Two swans [came] back {again}.", "tags": [{"a": 1}, []]}
_TWO = {"text": "Six foxes left."}


def _read(text: str) -> list[tuple[int, object] | Skipped]:
    found = numbered_objects(io.BytesIO(text.encode()), "f.json")
    return [item if isinstance(item, Skipped) else (item[0], json.loads(item[1])) for item in found]


@pytest.mark.parametrize(
    "text",
    [
        json.dumps([_ONE, _TWO]),
        json.dumps([_ONE, _TWO], indent=2),
        "\ufeff \n" + json.dumps([_ONE, _TWO]),
        json.dumps(_ONE) + "\n" + json.dumps(_TWO),
        json.dumps(_ONE, indent=1) + json.dumps(_TWO),
        json.dumps({"status": "ok", "articles": [_ONE, _TWO]}),
    ],
    ids=["list", "indented", "marked", "lines", "one after the other", "wrapped"],
)
def test_each_object_is_an_article(text: str) -> None:
    assert _read(text) == [(1, _ONE), (2, _TWO)]


@given(
    st.lists(st.dictionaries(st.text(), st.text(st.characters(codec="utf-8")) | st.lists(st.text()))),
    st.integers(1, 9), st.booleans(), st.sampled_from([None, 1]),
)  # fmt: skip
def test_objects_are_found_wherever_the_file_is_cut_in_pieces(
    objects: list[dict[str, object]], piece: int, escaped: bool, indent: int | None
) -> None:
    text = json.dumps([{"text": "", **one} for one in objects], ensure_ascii=escaped, indent=indent)
    before = json_file._PIECE
    json_file._PIECE = piece
    try:
        found = [item for item in _read(text.encode("utf-8", "replace").decode()) if not isinstance(item, Skipped)]
    finally:
        json_file._PIECE = before
    assert [one for _, one in found] == [{"text": "", **one} for one in json.loads(text.encode("utf-8", "replace"))]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "bad_json"),
        ("[1, 2]", "bad_json"),
        ("no JSON at all", "bad_json"),
        ('[{"text": "cut', "bad_json"),
        ('[{"text": "' + "a" * 2_000_001 + '"}', "too_large"),
        ('[{"text": "' + "a" * 2_000_001, "too_large"),
    ],
)
def test_what_is_no_article_has_a_reason(text: str, reason: str) -> None:
    (item,) = _read(text)
    assert isinstance(item, Skipped) and item.reason == reason


def test_an_object_after_one_that_is_too_large_is_read() -> None:
    large, one = _read('[{"text": "' + "a" * 3_000_000 + '"}, {"text": "Six foxes left."}]')
    assert isinstance(large, Skipped) and one == (2, _TWO)


def test_a_json_file_becomes_articles_with_usual_names_of_fields(tmp_path: Path) -> None:
    (tmp_path / "feed.json").write_text(
        json.dumps(
            [{"headline": "Swans back", "body": "Two swans came back.", "publishedAt": "2022-12-02T08:00:00Z"}, 5]
        )
    )
    (item,) = read_articles([tmp_path])
    assert isinstance(item, Article)
    assert (item.title, item.text, item.published) == ("Swans back", "Two swans came back.", "2022-12-02")
    assert item.origin.endswith("feed.json:1")


def test_a_large_file_is_read_in_pieces(tmp_path: Path) -> None:
    with (tmp_path / "a.json").open("w") as file:
        file.write("[" + ",".join(json.dumps({"text": f"Article {n}. " + "word " * 1000}) for n in range(4000)) + "]")
    tracemalloc.start()
    with (tmp_path / "a.json").open("rb") as stream:
        assert sum(1 for item in numbered_objects(stream, "a.json") if not isinstance(item, Skipped)) == 4000
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 2_000_000


def test_an_article_under_any_usual_name_of_its_text_is_no_wrapper_of_what_is_listed_in_it() -> None:
    text = '{"maintext": "Two swans came back.", "items": [{"id": 1}]}'
    assert _read(text) == [(1, json.loads(text))]


def test_half_a_letter_in_a_wrapped_article_costs_no_other(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text('{"articles": [{"text": "Half \\ud83d here."}, {"text": "Six foxes left."}]}')
    first, second = read_articles([tmp_path])
    assert isinstance(first, Skipped) and first.reason == "bad_text"
    assert isinstance(second, Article) and second.text == "Six foxes left."
