"""What people wrote down: config.yaml and the environment -> settings by dotted name, their values not checked yet.

Comes in: a file, environment variables, the names that there are. Goes out: names and values, and what cannot be told to be a
setting at all as a problem. Knows nothing of what a value may be.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path

from bot.rules import plain, shown
from bot.strict_yaml import YamlRefused, read_yaml

NOT_SETTINGS = ("BYLINE_CONFIG", "BYLINE_INDEX")


def named(environ: Mapping[str, str], variable: str) -> Path | None:
    """The path that a variable names, if it is set."""
    return Path(environ[variable]) if environ.get(variable) else None


def from_file(file: Path, sections: Collection[str], problems: list[str]) -> Iterator[tuple[str, object]]:
    """The file's settings by dotted name; a section that is empty, or all comments, holds none."""
    try:
        content = read_yaml(file)
    except YamlRefused as refused:
        problems.append(f"{plain(file)}: {refused}")
        return
    if content is not None and not isinstance(content, dict):
        problems.append(f"{plain(file)}: {shown(content)}: only sections with settings are allowed at the top")
        return
    for section, body in (content or {}).items():
        if isinstance(body, dict) and body:
            yield from ((f"{section}.{key}", value) for key, value in body.items())
        elif body is not None or section not in sections:
            yield section, body


def from_environment(
    environ: Mapping[str, str], known: Iterable[str], problems: list[str]
) -> Iterator[tuple[str, str, str]]:
    """(variable, dotted name, raw value); a BYLINE_ variable that is nearly a setting's is a typing error."""
    for variable in sorted(environ):
        if not variable.startswith("BYLINE_") or variable in NOT_SETTINGS:
            continue
        section, separator, key = variable.removeprefix("BYLINE_").lower().partition("__")
        if separator:
            yield variable, f"{section}.{key}", environ[variable]
        elif near := get_close_matches(variable, [*NOT_SETTINGS, *map(variable_of, known)], n=1, cutoff=0.85):
            problems.append(f"{plain(variable)}: no such setting; did you mean {near[0]}?")


def variable_of(name: str) -> str:
    """The variable that gives the setting of this dotted name."""
    return "BYLINE_" + name.replace(".", "__").upper()
