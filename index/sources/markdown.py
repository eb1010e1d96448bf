"""A Markdown file -> Contents: front matter and readable text. The only door to markdown-it and to YAML in articles.

The text is rendered to HTML and read back as a page is, so that raw HTML in it is treated alike: links leave their
words, headings and list items are lines of their own, pictures and hidden elements go, code stays as text.
"""

from __future__ import annotations

import re
import tomllib
from datetime import date
from typing import Any

import yaml
from markdown_it import MarkdownIt

from index.decode import decode
from index.errors import DocumentRejected
from index.sources.contents import Contents, web_address
from index.sources.dates import iso_date
from index.sources.hidden import remove_hidden
from index.sources.opening import opening
from index.sources.tree import drop_silent, fold_spaces, lines, parse

# No typographer: it would rewrite quotes and dashes.
_MARKDOWN = MarkdownIt("commonmark", {"html": True, "typographer": False}).enable(["table", "strikethrough"])

_TOML_FRONT = re.compile(r"\+\+\+[ \t]*\n(.{0,16000}?)\n\+\+\+[ \t]*(?:\n|$)", re.DOTALL)
_FRONT = re.compile(r"---[ \t]*\n(.{0,16000}?)\n(?:---|\.\.\.)[ \t]*(?:\n|$)", re.DOTALL)
_PAIR = re.compile(r"([A-Za-z][\w-]*):(?:\s+(.*))?$")


class _Loader(yaml.BaseLoader):
    """YAML whose every value stays the string that was written, so that no number or date can fail to be one.

    Aliases are refused: a few lines of them stand for millions of values.
    """

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        event = self.peek_event()  # type: ignore[no-untyped-call]  # PyYAML has no type for it
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None) is not None:
            raise yaml.YAMLError("aliases are not read")
        return super().compose_node(parent, index)


def read_markdown(data: bytes) -> Contents:
    """The readable text; the title, date, author(s), outlet and address of the front matter, if there is one."""
    text = re.sub(r"\r\n?", "\n", decode(data))
    about: dict[str, Any] = {}
    match = _FRONT.match(text) or _TOML_FRONT.match(text)
    if match and (about := (_toml if text.startswith("+") else _front_matter)(match[1])):
        text = text[match.end() :]
    tree = parse(f"<html><body>{_MARKDOWN.render(text)}</body></html>")
    hidden = remove_hidden(tree)
    drop_silent(tree)
    fold_spaces(tree)
    readable = lines(tree)
    if not readable:
        raise DocumentRejected("no_text", "there is no text under the markup")
    heading = next((" ".join("".join(element.itertext()).split()) for element in tree.iter("h1")), None)
    flags = [f"hidden_text={hidden}"] if hidden else []
    source = _word(about, "outlet", "publisher", "publication", "source", "site")
    url = _word(about, "url", "link", "canonical", "canonical_url")
    if source and web_address(source):  # what clips pages names the page so
        source, url = None, url or source
    day = _word(about, "published", "date", "pubdate", "published_at")
    head = opening(readable.split("\n"), heading)
    flags += ["bad_url"] if url and not web_address(url) else []
    flags += ["bad_published"] if day and not iso_date(day) else []
    return Contents(
        readable,
        title=_word(about, "title", "headline") or heading,
        url=web_address(url) if url else None,
        source=source,
        authors=_authors(about) or head.authors,
        published=iso_date(day) if day else head.published,
        language=_word(about, "lang", "language"),
        flags=tuple(flags),
    )


def _front_matter(block: str) -> dict[str, Any]:
    """The block as a mapping, or nothing where it is a text between two rules.

    A title with a colon in it is no valid YAML, and yet common: such a block is read line by line.
    """
    try:
        found = yaml.load(block, Loader=_Loader)
    except (yaml.YAMLError, ValueError, RecursionError):
        pairs = [_PAIR.match(line) for line in block.split("\n") if line.strip()]
        if not all(pairs):
            return {}
        found = {pair[1]: (pair[2] or "").strip().strip("\"'") for pair in pairs if pair}
    if not isinstance(found, dict):
        return {}
    return {str(key).lower(): value for key, value in found.items()}


def _toml(block: str) -> dict[str, Any]:
    """The block as a mapping, dates as they were written; nothing where it is no TOML."""
    try:
        found = tomllib.loads(block)
    except (tomllib.TOMLDecodeError, RecursionError, ValueError):
        return {}
    return {key.lower(): str(value) if isinstance(value, date) else value for key, value in found.items()}


def _word(about: dict[str, Any], *names: str) -> str | None:
    for name in names:
        value = about.get(name)
        if isinstance(value, str) and value.strip() not in ("", "~", "null"):
            return value.strip()
    return None


def _authors(about: dict[str, Any]) -> tuple[str, ...]:
    value = about.get("authors", about.get("author"))
    items = value if isinstance(value, list) else [value]
    names = [item.get("name") if isinstance(item, dict) else item for item in items]
    # Notes link people in double brackets.
    plain = [name.strip().removeprefix("[[").removesuffix("]]") for name in names if isinstance(name, str)]
    return tuple(name for name in plain if name)[:20]
