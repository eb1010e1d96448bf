"""The bot's token: from the environment or a private file to the one place that needs it, and never into a log.

Comes in: TELEGRAM_BOT_TOKEN, or TELEGRAM_BOT_TOKEN_FILE (readable by its owner alone). Goes out: a `Secret`, whose repr
is a mask, and `conceal`, which takes every known secret and whatever looks like a token out of a text. The promise:
after `guard_logs` no handler writes a secret, whatever the level, tracebacks included. Knows nothing of Telegram.
"""

from __future__ import annotations

import hashlib
import logging
import re
import stat
import sys
import threading
import traceback
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from urllib.parse import quote

from bot.errors import TokenUnusable
from bot.faults import concealing
from bot.rules import plain

MASK = "[token]"
_SHAPE = re.compile(r"[0-9]{1,20}:[A-Za-z0-9_-]{3,200}")
_ANY_TOKEN = re.compile(r"[0-9]{6,12}(?::|%3A)[A-Za-z0-9_-]{30,}", re.IGNORECASE)
_WEBHOOK_SECRET = re.compile(r"[A-Za-z0-9_-]{16,256}")
_known: set[str] = set()


class Secret:
    """A text that does not show itself; `reveal` gives it to the one call that needs it."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text
        _know(text)

    def reveal(self) -> str:
        """The text itself."""
        return self._text

    def digest(self) -> str:
        """Twelve hexadecimal digits that name the secret without giving it away."""
        return hashlib.blake2b(self._text.encode(), digest_size=6, person=b"byline").hexdigest()

    def __repr__(self) -> str:
        return "Secret(...)"

    def __reduce__(self) -> str | tuple[object, ...]:
        raise TypeError("a secret is not pickled")


def read_token(environ: Mapping[str, str]) -> Secret:
    """The bot's token. Raises TokenUnusable: none, two, a file that others can read, or not a token's shape."""
    text = _read(environ, "TELEGRAM_BOT_TOKEN")
    if text is None:
        raise TokenUnusable(
            "no bot token: put the one that @BotFather gave you into TELEGRAM_BOT_TOKEN, or into a file that only you "
            "can read, named by TELEGRAM_BOT_TOKEN_FILE"
        )
    if not _SHAPE.fullmatch(text):
        raise TokenUnusable("the bot token has not the shape of one (digits, a colon, letters); copy it whole")
    return Secret(text)


def read_webhook_secret(environ: Mapping[str, str]) -> Secret | None:
    """The secret that Telegram sends with every webhook call; None where none is given. Raises TokenUnusable."""
    text = _read(environ, "TELEGRAM_WEBHOOK_SECRET")
    if text is not None and not _WEBHOOK_SECRET.fullmatch(text):
        raise TokenUnusable("TELEGRAM_WEBHOOK_SECRET: 16 to 256 characters of A-Z, a-z, 0-9, _ and - are allowed")
    return None if text is None else Secret(text)


def conceal(text: str) -> str:
    """The text without any known secret, its secret half, or what has a token's shape."""
    for secret in sorted(_known, key=len, reverse=True):
        text = text.replace(secret, MASK)
    return _ANY_TOKEN.sub(MASK, text)


class Concealing(logging.Filter):
    """Takes secrets out of a record's text and traceback before a handler sees them."""

    def filter(self, record: logging.LogRecord) -> bool:
        try:
            text = record.getMessage()
        except Exception:  # arguments that do not fit: the handler would print them with a traceback
            text = f"{record.msg} [arguments left out]"
        record.msg, record.args = conceal(text), None
        if record.exc_info:
            kind, error, trace = record.exc_info
            written = "".join(traceback.format_exception(kind, error, trace)).rstrip("\n")
            record.exc_text, record.exc_info = conceal(written), None
        elif record.exc_text:
            record.exc_text = conceal(record.exc_text)
        record.stack_info = conceal(record.stack_info) if record.stack_info else None
        return True


def guard_logs() -> None:
    """Put the filter on every handler there is, and on what Python prints by itself; may be called again."""
    loggers = [logging.getLogger(), *(logging.getLogger(name) for name in list(logging.root.manager.loggerDict))]
    if conceal not in concealing:
        concealing.append(conceal)
    handlers = {handler for logger in loggers for handler in logger.handlers}
    if logging.lastResort is not None:
        handlers.add(logging.lastResort)
    for handler in handlers:
        if not any(isinstance(known, Concealing) for known in handler.filters):
            handler.addFilter(Concealing())
    sys.excepthook = _print_concealed
    threading.excepthook = lambda given: _print_concealed(given.exc_type, given.exc_value, given.exc_traceback)
    sys.unraisablehook = lambda given: _print_concealed(given.exc_type, given.exc_value, given.exc_traceback)


def _print_concealed(
    kind: type[BaseException], error: BaseException | None, trace: TracebackType | None = None
) -> None:
    print(conceal("".join(traceback.format_exception(kind, error, trace))), end="", file=sys.stderr)


def _know(text: str) -> None:
    _known.update({text, quote(text, safe="")})
    half = text.partition(":")[2]
    if len(half) >= 6:  # a shorter one would blot out common words
        _known.add(half)


def _read(environ: Mapping[str, str], name: str) -> str | None:
    given, file = environ.get(name, "").strip(), environ.get(f"{name}_FILE", "").strip()
    if given and file:
        raise TokenUnusable(f"{name} and {name}_FILE are both given; keep one of them")
    return _from_file(Path(file), f"{name}_FILE") if file else (given or None)


def _from_file(path: Path, variable: str) -> str:
    shown = plain(path)
    try:
        with path.open("rb") as file:
            found = path.stat()
            if not stat.S_ISREG(found.st_mode):
                raise TokenUnusable(f"{variable}: {shown} is not a regular file")
            if found.st_mode & 0o077:
                raise TokenUnusable(f"{variable}: others can read {shown}; run: chmod 600 {shown}")
            raw = file.read(1_000)
    except OSError as error:
        raise TokenUnusable(f"{variable}: {shown} cannot be read: {error.strerror}") from None
    return raw.decode("ascii", errors="replace").strip()
