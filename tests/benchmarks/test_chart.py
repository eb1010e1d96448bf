"""Tables and charts say what was measured, and nothing where nothing was."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.chart import bars, curves, shown, table


@pytest.mark.parametrize(
    ("cell", "text"),
    [(None, "-"), ("x", "x"), (0, "0"), (1234, "1,234"), (1234.6, "1,235"), (56.78, "56.8"), (5.678, "5.68"), (0.05678, "0.0568")],
)  # fmt: skip
def test_a_figure_is_shown_to_three_places_that_count(cell: str | float | None, text: str) -> None:
    assert shown(cell) == text


def test_a_table_is_markdown_with_its_columns_in_line() -> None:
    assert table(["system", "ms"], [["Byline", 12.345], ["a long name", None]]).split("\n") == [
        "| system      | ms   |",
        "|-------------|------|",
        "| Byline      | 12.3 |",
        "| a long name | -    |",
    ]


def test_charts_are_pictures_also_where_a_figure_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MPLCONFIGDIR", str(tmp_path / "fonts"))  # else it keeps its list of fonts in the home folder
    pytest.importorskip("matplotlib")
    bars(tmp_path / "new" / "b.png", "t", [("ms", {"a": 1.0, "b": None}), ("s", {"a": None, "b": None})])
    curves(tmp_path / "c.png", "t", [("ms", {"a": [(10, 1), (100, 2)]})], "passages")
    for picture in (tmp_path / "new" / "b.png", tmp_path / "c.png"):
        assert picture.read_bytes().startswith(b"\x89PNG")
