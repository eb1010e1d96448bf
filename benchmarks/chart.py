"""Figures -> a table in Markdown and a chart as PNG: what every benchmark hands over.

Comes in: rows of figures, or named series. Goes out: text and a picture. A missing figure (None) is a dash in the
table and a gap in the chart, never a nought. The only door to matplotlib, which the extra `benchmarks` brings.
"""

from __future__ import annotations

import json
import sys
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Cell = str | float | int | None

# Colours that stay apart for most colour-blind people (Okabe and Ito 2008); the first is Byline's.
_COLOURS = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#999999", "#F0E442")


def table(columns: Sequence[str], rows: Sequence[Sequence[Cell]]) -> str:
    """A Markdown table, columns aligned for the terminal too; numbers to three or more places that count."""
    lines = [[str(column) for column in columns], *([shown(cell) for cell in row] for row in rows)]
    widths = [max(len(line[i]) for line in lines) for i in range(len(columns))]
    head, *body = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) + " |" for line in lines
    ]
    return "\n".join([head, "|" + "|".join("-" * (width + 2) for width in widths) + "|", *body])


def shown(cell: Cell) -> str:
    """A cell's text: three places that count, all of them before the point."""
    if cell is None:
        return "-"
    if isinstance(cell, str):
        return cell
    if isinstance(cell, int) or abs(cell) >= 100:
        return f"{cell:,.0f}"
    return f"{cell:#.3g}" if abs(cell) < 1 else f"{cell:.1f}" if abs(cell) >= 10 else f"{cell:.2f}"


def bars(
    path: Path,
    title: str,
    groups: Sequence[tuple[str, Mapping[str, float | None]]],
    note: str = "",
) -> None:
    """Panels side by side, each a name with its unit and one bar a system; systems keep their colour in all panels.

    Each panel has a scale of its own, from nought, and every bar carries its figure.
    """
    names = list(dict.fromkeys(name for _, figures in groups for name in figures))
    colours = {name: _COLOURS[i % len(_COLOURS)] for i, name in enumerate(names)}
    with _axes(path, title, note, len(groups), height=1.2 + 0.42 * len(names)) as axes:
        for i, (axis, (label, figures)) in enumerate(zip(axes, groups, strict=True)):
            values = [figures.get(name) for name in names]
            axis.barh(names, [value or 0 for value in values], color=[colours[name] for name in names])
            axis.set_xlim(0, 1.25 * max([value for value in values if value] or [1]))
            for place, value in enumerate(values):
                axis.text(value or 0, place, f" {shown(value)}", va="center", fontsize=8)
            axis.set_title(label, fontsize=9)
            axis.invert_yaxis()
            axis.tick_params(labelleft=i == 0, labelsize=8)
            axis.grid(axis="x", alpha=0.3)
            axis.set_axisbelow(True)


def curves(
    path: Path,
    title: str,
    panels: Sequence[tuple[str, Mapping[str, Sequence[tuple[float, float]]]]],
    xlabel: str,
    note: str = "",
) -> None:
    """Panels side by side, each a name with its unit and one line of (x, y) a series, both axes logarithmic."""
    names = list(dict.fromkeys(name for _, lines in panels for name in lines))
    colours = {name: _COLOURS[i % len(_COLOURS)] for i, name in enumerate(names)}
    with _axes(path, title, note, len(panels), height=3.4) as axes:
        for axis, (label, lines) in zip(axes, panels, strict=True):
            for name, points in lines.items():
                axis.plot([x for x, _ in points], [y for _, y in points], "o-", color=colours[name], label=name, ms=4)
                for x, y in points:
                    axis.annotate(shown(y), (x, y), textcoords="offset points", xytext=(0, 6), fontsize=7, ha="center")
            axis.set_xscale("log")
            axis.set_yscale("log")
            axis.margins(0.12)
            axis.set_title(label, fontsize=9)
            axis.set_xlabel(xlabel, fontsize=8)
            axis.tick_params(which="both", labelsize=8)
            axis.grid(alpha=0.3)
            axis.legend(fontsize=8)


def deliver(
    out: Path, name: str, columns: Sequence[str], rows: Sequence[Sequence[Cell]], notes: Sequence[str], figures: object
) -> None:
    """Print the table with its notes, and keep both and the figures behind them beside the chart."""
    text = "\n".join([table(columns, rows), "", *(f"{note}" for note in notes)])
    print(text, flush=True)
    out.mkdir(parents=True, exist_ok=True)
    (out / f"{name}.md").write_text(text + "\n", encoding="utf-8")
    (out / f"{name}.json").write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    print(f"chart, table, figures: {out / name}.png, .md, .json", file=sys.stderr)


@contextmanager
def _axes(path: Path, title: str, note: str, count: int, height: float) -> Iterator[list[Axes]]:
    """So many panels side by side; the picture is written when they are filled."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    width = max(6.0, 1.2 + 3.3 * count)
    figure = Figure(figsize=(width, height + 0.6), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots(1, count, squeeze=False)[0]
    yield list(axes)
    figure.suptitle(title, fontsize=11)
    if note:
        figure.supxlabel(textwrap.fill(note, int(15 * width)), fontsize=8, color="#444444")
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=130)
