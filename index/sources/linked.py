"""A page's JSON-LD -> the one article that the page is, with what it refers to by `@id` put in its place.

Comes in: the tree of a page. Goes out: a plain mapping in the words of schema.org. Articles that the page only lists
(entries of a live page, related ones, parts) are not taken. Knows nothing of what is made of the mapping.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from index.sources.contents import web_address
from index.sources.tree import Element

_ARTICLE_TYPES = re.compile(r"(?:article|blogposting|report|newsitem)$", re.IGNORECASE)
# Old pages wrap their data so that it is a comment to scripts, or to browsers without any.
_WRAPPED = re.compile(
    r"^\s*(?://\s*|/\*\s*)?<!(?:--|\[CDATA\[)(?:\s*\*/)?|(?://\s*|/\*\s*)?(?:-->|\]\]>)(?:\s*\*/)?\s*$"
)
# Where a node of the page holds the article that it is about.
_MAIN = ("mainEntity", "mainEntityOfPage")


def linked_article(tree: Element, fetched: str | None = None) -> dict[str, Any]:
    """The article of the page's JSON-LD; of several, the one with the page's address or headline; or nothing.

    `fetched` is where the page was fetched from, if it was.
    """
    nodes = list(_nodes(tree))
    named = {node["@id"]: node for node in nodes if isinstance(node.get("@id"), str) and "name" in node}
    articles = [
        one
        for node in nodes
        for one in (node, *(node[key] for key in _MAIN if isinstance(node.get(key), dict)))
        if any(map(_ARTICLE_TYPES.search, strings(one.get("@type"))))
    ]
    return {key: _resolved(value, named) for key, value in _own(articles, tree, fetched).items()}


def _own(articles: list[dict[str, Any]], tree: Element, fetched: str | None) -> dict[str, Any]:
    """Which of the articles the page is: pages may tell of others beside it; where none can be told to be it, none."""
    if len({string(one.get("headline")) for one in articles} - {None}) <= 1:
        return articles[0] if articles else {}
    claimed = [fetched or "", *(link.get("href", "") for link in tree.iter("link") if link.get("rel") == "canonical")]
    metas = [(meta.get("property") or meta.get("name"), meta.get("content", "")) for meta in tree.iter("meta")]
    addresses = {_bare(url) for url in (*claimed, *(value for name, value in metas if name == "og:url")) if url}
    headings = {" ".join("".join(heading.itertext()).split()) for heading in tree.iter("h1")}
    headings |= {" ".join(value.split()) for name, value in metas if name == "og:title"}
    here = [one for one in articles if _bare(address(one) or "") in addresses]
    here += [one for one in articles if " ".join((string(one.get("headline")) or "").split()) in headings - {""}]
    return here[0] if here else {}


def _bare(url: str) -> str:
    return url.partition("#")[0].strip().rstrip("/")


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

    def told(item: Any) -> Any:
        refers = isinstance(item, dict) and "name" not in item and isinstance(item.get("@id"), str)
        return named.get(item["@id"], item) if refers else item

    return [told(item) for item in value] if isinstance(value, list) else told(value)


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
    named = [page.get("@id"), page.get("url")] if isinstance(page, dict) else [page]
    return next((url for url in strings([*named, article.get("url")]) if web_address(url)), None)
