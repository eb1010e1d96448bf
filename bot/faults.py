"""Trouble -> one line on stderr, and for our own faults a file with the rest.

Comes in: log records of Byline's own modules. Goes out: warnings as one line, in which no character moves a cursor;
a traceback never reaches the screen, it goes into a file of its own in the system's temporary folder, which the line
names. Knows nothing of what went wrong.
"""

from __future__ import annotations

import logging
import os
import sys
import tempfile
import traceback
from collections.abc import Callable

from bot.visible import visible

# What takes secrets out of a text before it is written; put here by whoever holds a secret.
concealing: list[Callable[[str], str]] = []


def record(error: BaseException) -> str:
    """Write the traceback of an error to a file of its own; returns its path."""
    descriptor, path = tempfile.mkstemp(prefix="byline-fault-", suffix=".log")
    with os.fdopen(descriptor, "w", encoding="utf-8", errors="backslashreplace") as file:
        file.write(_concealed("".join(traceback.format_exception(error))))
    return path


def _concealed(text: str) -> str:
    for conceal in concealing:
        text = conceal(text)
    return text


class Lines(logging.Handler):
    """A line on stderr for each warning."""

    def emit(self, entry: logging.LogRecord) -> None:
        text = visible(entry.getMessage())
        if entry.exc_info and entry.exc_info[1]:
            text += f"; please report it with the file {record(entry.exc_info[1])}"
        print(f"byline: warning: {text}", file=sys.stderr)


def show_warnings() -> None:
    """Send the warnings of Byline's own modules to stderr, once."""
    for package in ("bot", "index"):
        logger = logging.getLogger(package)
        if not any(isinstance(handler, Lines) for handler in logger.handlers):
            logger.addHandler(Lines(logging.WARNING))
        logger.propagate = False
