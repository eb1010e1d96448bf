"""Documents that administrators sent -> files under the index folder, which every rebuild reads again.

Comes in: bytes and the name that a stranger may have chosen. Goes out: a file under a name of our own, made from its
content, so that the same document sent twice is one file. The promises others lean on: nothing is written outside
`<index>/received`, whatever the document is called; a file is there whole or not at all; what became no article is
deleted again, and so is a document whose articles were all removed. Knows nothing of formats: those are told by content when the file is read.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from bot.config import Config
from index.article import sha256
from index.errors import IndexUnwritable
from index.known import file_of

FOLDER = "received"
MOST_BYTES = 20 * 2**20  # what a bot may download: https://core.telegram.org/bots/api#getfile
_SUFFIX = re.compile(r"\.[A-Za-z0-9]{1,8}")


def folder(config: Config) -> Path:
    """Where received documents lie."""
    return config.index.dir / FOLDER


def sources(config: Config) -> tuple[Path, ...]:
    """What a rebuild reads: the configured sources, and what was received, if anything was."""
    there = folder(config)
    some = there.is_dir() and any(not path.name.startswith(".") for path in there.iterdir())
    return (*config.index.sources, there) if some else config.index.sources


def keep(config: Config, data: bytes, name: str) -> tuple[Path, bool]:
    """Write the document down; its file, and whether it is new. Raises IndexUnwritable.

    Of the name only the extension is kept: it may contradict the content, and is then refused where it is read.
    """
    suffix = os.path.splitext(name)[1].lower()
    path = folder(config) / f"tg-{sha256(data)[:20]}{suffix if _SUFFIX.fullmatch(suffix) else ''}"
    if path.is_file():
        return path, False
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(unfinished, path)
    except OSError as error:
        drop([unfinished])
        raise IndexUnwritable(f"the document cannot be kept: {error.strerror or error}; nothing was changed") from error
    return path, True


def drop(paths: Sequence[Path]) -> None:
    """Delete files; one that is gone already is no trouble."""
    for path in paths:
        path.unlink(missing_ok=True)


def mine(config: Config, origin: str) -> Path | None:
    """The received file that an article's origin names, or None for what lies elsewhere."""
    path = Path(file_of(origin))
    return path if path.parent == folder(config).absolute() else None


def left_over(config: Config, gone: Iterable[str], staying: Iterable[str]) -> list[Path]:
    """The received files that articles which are gone were read from, and none that stays."""
    files = {path for origin in gone if (path := mine(config, origin)) is not None}
    return sorted(files - {mine(config, origin) for origin in staying}) if files else []
