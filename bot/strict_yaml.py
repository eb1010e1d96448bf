"""Bytes or text from outside -> plain Python values, or one sentence that says why not. The only door to yaml.

Comes in: what a person wrote. Goes out: mappings, lists and scalars of YAML's safe subset. The promise others lean
on: it ends quickly whatever comes in (size, depth and alias limits), never makes objects, and takes no key twice.
Knows nothing of settings.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from bot.visible import visible

SIZE_LIMIT = 64_000  # bytes; our own file has 5,000, and PyYAML reads about 200,000 a second
_DEPTH_LIMIT = 8  # settings are two levels deep; PyYAML's composer recurses


class YamlRefused(ValueError):
    """The text is not YAML that can be taken; the message is one line without the text's own control characters."""


def read_yaml(path: Path) -> object:
    """The value in a file. Raises YamlRefused: too large, not UTF-8, not a regular file, not readable, not YAML."""
    try:
        if path.exists() and not path.is_file():
            raise YamlRefused("not a regular file")
        with path.open("rb") as file:
            raw = file.read(SIZE_LIMIT + 1)
    except OSError as error:
        raise YamlRefused(f"cannot be read: {error.strerror}") from error
    if len(raw) > SIZE_LIMIT:
        raise YamlRefused(f"larger than {SIZE_LIMIT:,} bytes")
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise YamlRefused(f"not UTF-8 (byte {error.start + 1}); save it as UTF-8") from error
    return parse_yaml(text)


def parse_yaml(text: str) -> object:
    """The value that the text stands for; None for empty text. Raises YamlRefused."""
    if len(text) > SIZE_LIMIT:
        raise YamlRefused(f"larger than {SIZE_LIMIT:,} bytes")
    try:
        return yaml.load(text, Loader=_StrictLoader)  # a SafeLoader, made stricter
    except YamlRefused:
        raise
    except yaml.MarkedYAMLError as error:
        where = f" (line {error.problem_mark.line + 1})" if error.problem_mark else ""
        raise YamlRefused(_one_line(f"{error.problem}{where}")) from error
    except (yaml.YAMLError, ValueError, OverflowError) as error:  # ValueError: a date or number out of range
        raise YamlRefused(_one_line(f"not YAML: {error}")) from error


def _one_line(message: str) -> str:
    return visible(" ".join(message.split()))[:200]


def _refused(why: str, at: yaml.Event | yaml.Node) -> YamlRefused:
    line = f" (line {at.start_mark.line + 1})" if at.start_mark else ""
    return YamlRefused(_one_line(why) + line)


class _StrictLoader(yaml.SafeLoader):
    """Plain values only: no aliases, no deep nesting, keys are names, each given once."""

    _depth = 0

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        event: yaml.Event = self.peek_event()  # type: ignore[no-untyped-call]  # the stubs leave it bare
        if isinstance(event, yaml.AliasEvent):
            raise _refused("aliases (*name) are not taken", event)
        self._depth += 1
        if self._depth > _DEPTH_LIMIT:
            raise _refused("nested too deeply", event)
        node: yaml.Node | None = super().compose_node(parent, index)
        self._depth -= 1
        return node

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[str] = set()
        for key, _ in node.value:
            if key.tag != "tag:yaml.org,2002:str":  # a number, a list, a merge (<<), or a yes/no read as true/false
                raise _refused("a key must be a name", key)
            if key.value in seen:
                raise _refused(f"`{key.value}` is given twice", key)
            seen.add(key.value)
        return super().construct_mapping(node, deep)
