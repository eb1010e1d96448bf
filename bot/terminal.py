"""Paragraphs -> a screen or a pipe; a person's lines <- a keyboard or a pipe. The only door to rich and prompt_toolkit.

Comes in: paragraphs whose text may hold anything. Goes out: on a terminal, wrapped lines with styles; elsewhere
plain lines, one a paragraph, without prompt, colours or cursor movements. The promise others lean on: no character
of a stranger's text is obeyed by the terminal or read as markup, and none breaks the output's encoding: what it
cannot hold is written as an escape. Knows nothing of questions and answers.
"""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TextIO

from prompt_toolkit import PromptSession
from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document
from prompt_toolkit.formatted_text import FormattedText
from prompt_toolkit.history import FileHistory, History, InMemoryHistory
from rich.console import Console
from rich.text import Text

from bot.message import Paragraph, Style
from bot.visible import visible

Complete = Callable[[str], Iterable[str]]

_STYLES: dict[Style, str] = {
    "plain": "",
    "answer": "bold green",
    "marker": "cyan",
    "quote": "bold",
    "heading": "bold",
    "faint": "dim",
    "warning": "yellow",
    "error": "red",
}
_WIDEST = 96  # columns; longer lines are hard to follow back to the next one's beginning


class Screen:
    """Where paragraphs go."""

    def __init__(self, stdout: TextIO, colour: bool) -> None:
        _tolerate(stdout, "backslashreplace")
        self.terminal = stdout.isatty()
        self._console = Console(
            file=stdout, no_color=None if colour else True, force_terminal=None if self.terminal else False,
            highlight=False, markup=False, emoji=False,
        )  # fmt: skip

    def show(self, paragraphs: Iterable[Paragraph]) -> None:
        """Write the paragraphs, one or more lines each."""
        for paragraph in paragraphs:
            for written in self._lines(paragraph):
                self._console.print(written, soft_wrap=True)

    def _lines(self, paragraph: Paragraph) -> Iterator[Text]:
        text = Text()
        for run in paragraph.runs:
            text.append(visible(run.text), _STYLES[run.style])
        marker = visible(paragraph.marker)
        column = max(paragraph.indent, len(marker) + 1 if marker else 0)
        width = min(self._console.width, _WIDEST) - column
        # One long word (an address) is left to the terminal to break: what it breaks itself can still be clicked.
        wraps = self.terminal and width > 0 and " " in text.plain
        wrapped = text.wrap(self._console, width, overflow="fold") if wraps else [text]
        for number, part in enumerate(wrapped):
            part.rstrip()
            before = (marker if number == 0 else "").ljust(column)
            yield Text.assemble((before, _STYLES["marker"]), part) if column else part


class Keyboard:
    """Lines typed on a terminal, edited and completed, with a history that outlives the session.

    An iterator: it ends at Ctrl-D, and Ctrl-C begins the line anew.
    """

    def __init__(self, complete: Complete, history: Path | None) -> None:
        self._session: PromptSession[str] = PromptSession(
            FormattedText([("bold", "> ")]), completer=_Completer(complete), history=_history(history),
            complete_while_typing=False, enable_history_search=True,
        )  # fmt: skip

    def __iter__(self) -> Iterator[str]:
        while True:
            try:
                yield self._session.prompt()
            except KeyboardInterrupt:
                continue
            except EOFError:
                return


def piped(stdin: TextIO) -> Iterator[str]:
    """Lines from a pipe or file, read as UTF-8 whatever the locale says; bytes that are not become lone surrogates."""
    if isinstance(stdin, io.TextIOWrapper):
        stdin.reconfigure(encoding="utf-8", errors="surrogateescape")
    for typed in stdin:
        yield typed.rstrip("\n")


class _Completer(Completer):
    def __init__(self, complete: Complete) -> None:
        self._complete = complete

    def get_completions(self, document: Document, complete_event: CompleteEvent) -> Iterator[Completion]:
        before = document.text_before_cursor
        word = before.rsplit(" ", 1)[-1]
        for whole in self._complete(before):
            yield Completion(whole, start_position=-len(word), display=visible(whole))


class _History(FileHistory):
    """A history that is never the reason why a question is not asked."""

    def store_string(self, string: str) -> None:
        try:
            super().store_string(string)
        except (OSError, UnicodeEncodeError):  # a full disk; bytes typed that are no text
            return


def _history(file: Path | None) -> History:
    """The history in the file, readable by its owner only; in memory where there can be no such file."""
    if file is None:
        return InMemoryHistory()
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(file, os.O_CREAT | os.O_RDWR, 0o600))
    except OSError:
        return InMemoryHistory()
    return _History(file)


def _tolerate(stream: TextIO, errors: str) -> None:
    if isinstance(stream, io.TextIOWrapper):
        stream.reconfigure(errors=errors)
