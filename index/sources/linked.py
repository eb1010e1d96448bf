"""A page's JSON-LD -> the one article that the page is, with what it refers to by `@id` put in its place.

Comes in: the tree of a page. Goes out: a plain mapping in the words of schema.org. Articles that the page only lists
(entries of a live page, related ones, parts) are not taken. Knows nothing of what is made of the mapping.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from index.sources.tree import Element

_ARTICLE_TYPES = re.compile(r"(?:article|blogposting|report|newsitem)$", re.IGNORECASE)
# Old pages wrap their data so that it is a comment to scripts, or to browsers without any.
_WRAPPED = re.compile(
    r"^\s*(?://\s*|/\*\s*)?<!(?:--|\[CDATA\[)(?:\s*\*/)?|(?://\s*|/\*\s*)?(?:-->|\]\]>)(?:\s*\*/)?\s*$"
)
# Where a node of the page holds the article that it is about.
_MAIN = ("mainEntity", "mainEntityOfPage")


def linked_article(tree: Element) -> dict[str, Any]:
    """The first article of the page's JSON-LD, or nothing."""
    nodes = list(_nodes(tree))
    named = {node["@id"]: node for node in nodes if isinstance(node.get("@id"), str) and "name" in node}
    for node in nodes:
        for one in (node, *(node[key] for key in _MAIN if isinstance(node.get(key), dict))):
            if any(map(_ARTICLE_TYPES.search, strings(one.get("@type")))):
                return {key: _resolved(value, named) for key, value in one.items()}
    return {}


def is_live(article: Mapping[str, Any]) -> bool:
    """Whether the article is a page that grows while things happen, each of its entries an article to its browser."""
    return any(name.lower() == "liveblogposting" for name in strings(article.get("@type")))


def _nodes(tree: Element) -> Iterator[dict[str, Any]]:
    for script in tree.iter("script"):
        if script.get("type", "").split(";")[0].strip().lower() != "application/ld+json":
            continue
        try:
            found = json.loads(_WRAPPED.sub("", script.text or "").strip(), strict=False)
        except (ValueError, RecursionError):
            continue
        for entry in found if isinstance(found, list) else [found]:
            graph = entry.get("@graph") if isinstance(entry, dict) else None
            yield from (node for node in (graph if isinstance(graph, list) else [entry]) if isinstance(node, dict))


def _resolved(value: Any, named: Mapping[str, dict[str, Any]]) -> Any:
    """The value, with nodes in the place of what refers to them and says nothing of itself."""
    if isinstance(value, list):
        return [_resolved(item, named) for item in value]
    if isinstance(value, dict) and "name" not in value and isinstance(value.get("@id"), str):
        return named.get(value["@id"], value)
    return value


def strings(value: Any) -> list[str]:
    """The strings in a value that is one or a list."""
    return [item for item in (value if isinstance(value, list) else [value]) if isinstance(item, str)]


def string(value: Any) -> str | None:
    """The first of them that has words."""
    return next((item.strip() for item in strings(value) if item.strip()), None)


def names(value: Any) -> list[str]:
    """The names of persons or organisations, which are strings, objects or a list of either; addresses are none."""
    items = value if isinstance(value, list) else [value]
    found = [string(item.get("name")) if isinstance(item, dict) else string(item) for item in items]
    return [name for name in found if name and not name.lower().startswith(("http:", "https:"))]


def address(article: Mapping[str, Any]) -> str | None:
    """Where the article says it stands."""
    page = article.get("mainEntityOfPage")
    return string(page.get("@id") or page.get("url")) if isinstance(page, dict) else string([page, article.get("url")])
