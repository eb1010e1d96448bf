"""A page's tree -> what the page says of itself: title, address, outlet, authors, date, language.

Only what is stated for machines or marked up as such counts: JSON-LD, `meta`, microdata, `time`. A date in the
address or in the running text is not taken, nor the host's name for the outlet's. Knows nothing of the page's text.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from index.sources.contents import Contents, host_of, iso_date, web_address
from index.sources.tree import Element

_ARTICLE_TYPES = re.compile(r"(?:article|blogposting|report|newsitem)$", re.IGNORECASE)
_DATE_NAMES = (
    "article:published_time", "og:article:published_time", "datepublished", "article:published", "parsely-pub-date",
    "sailthru.date", "dc.date.issued", "dcterms.issued", "dcterms.created", "dc.date.created", "dc.date",
    "dcterms.date",
    "citation_publication_date", "citation_date", "publishdate", "publish_date", "publish-date", "published",
    "publication_date", "pubdate", "cxenseparse:recs:publishtime", "rnews:datepublished", "article.published",
    "originalpublicationdate", "ptime", "date",
)  # fmt: skip
_TITLE_NAMES = (
    "og:title",
    "headline",
    "parsely-title",
    "sailthru.title",
    "dc.title",
    "dcterms.title",
    "citation_title",
)
_SOURCE_NAMES = ("og:site_name", "publisher", "dc.publisher", "dcterms.publisher", "citation_journal_title")
_AUTHOR_NAMES = (
    "author", "article:author", "parsely-author", "sailthru.author", "dc.creator", "dcterms.creator", "byl",
    "citation_author", "article:author_name",
)  # fmt: skip
_DATED = re.compile(r"publi|post|dateline|byline|entry-date|timestamp|article[-_]?date|created", re.IGNORECASE)
_CHANGED = re.compile(r"modif|updat|revis|comment|relat", re.IGNORECASE)


def describe(tree: Element, address: str | None = None) -> Contents:
    """What the page says of itself, its text left empty. `address` is where it was fetched from, if it was."""
    metas = _metas(tree)
    article = next(_linked_articles(tree), {})
    url, flags = _address(tree, metas, address)
    return Contents(
        "",
        title=_first(metas, _TITLE_NAMES) or _string(article.get("headline")) or _heading(tree),
        url=url,
        source=_first(metas, _SOURCE_NAMES[:1]) or _name(article.get("publisher")) or _first(metas, _SOURCE_NAMES),
        authors=_authors(tree, metas, article),
        published=_published(tree, metas, article),
        language=_language(tree, metas, article),
        flags=flags,
    )


def _metas(tree: Element) -> dict[str, list[str]]:
    metas: dict[str, list[str]] = {}
    for element in tree.iter("meta"):
        name = element.get("property") or element.get("name") or element.get("itemprop") or ""
        content = " ".join(element.get("content", "").split())
        if name and content:
            metas.setdefault(name.strip().lower(), []).append(content)
    return metas


def _first(metas: dict[str, list[str]], names: tuple[str, ...]) -> str | None:
    """The first value under the names that is words: some pages put an address where a name belongs."""
    values = (value for name in names for value in metas.get(name, ()))
    return next((value for value in values if not value.lower().startswith(("http:", "https:", "@"))), None)


def _linked_articles(tree: Element) -> Iterator[dict[str, Any]]:
    """The articles of the page's JSON-LD, not those it only lists."""
    for script in tree.iter("script"):
        if script.get("type", "").split(";")[0].strip().lower() != "application/ld+json":
            continue
        try:
            found = json.loads(script.text or "", strict=False)
        except (ValueError, RecursionError):
            continue
        for entry in found if isinstance(found, list) else [found]:
            graph = entry.get("@graph") if isinstance(entry, dict) else None
            for node in graph if isinstance(graph, list) else [entry]:
                if isinstance(node, dict) and any(map(_ARTICLE_TYPES.search, _strings(node.get("@type")))):
                    yield node


def _strings(value: Any) -> list[str]:
    return [item for item in (value if isinstance(value, list) else [value]) if isinstance(item, str)]


def _string(value: Any) -> str | None:
    return next((item.strip() for item in _strings(value) if item.strip()), None)


def _name(value: Any) -> str | None:
    """The name of a person or organisation in JSON-LD, which is a string, an object or a list of either."""
    for item in value if isinstance(value, list) else [value]:
        name = _string(item.get("name")) if isinstance(item, dict) else _string(item)
        if name and not name.lower().startswith(("http:", "https:")):
            return name
    return None


def _heading(tree: Element) -> str | None:
    """The page's only main heading, else its `title` without the outlet's name behind a bar or dash."""
    headings = [text for element in tree.iter("h1") if (text := " ".join("".join(element.itertext()).split()))]
    if len(headings) == 1:
        return headings[0]
    title = next(tree.iter("title"), None)
    words = " ".join("".join(title.itertext()).split()) if title is not None else ""
    return re.split(r"\s[|–—]\s|\s-\s(?=[^-]*$)", words)[0].strip() or (headings[0] if headings else None)


def _address(tree: Element, metas: dict[str, list[str]], fetched: str | None) -> tuple[str | None, tuple[str, ...]]:
    """The page's address. A page may not claim another host than it was fetched from or than it claims elsewhere."""
    claims = [
        element.get("href", "")
        for element in tree.iter("link")
        if "canonical" in element.get("rel", "").lower().split()
    ]
    claims += metas.get("og:url", [])
    urls = [url for claim in claims if (url := web_address(claim))]
    if fetched is not None:
        same = [url for url in urls if host_of(url) == host_of(fetched)]
        return (same or [fetched])[0], ("foreign_canonical",) if len(same) < len(urls) else ()
    if len({host_of(url) for url in urls}) > 1:
        return None, ("foreign_canonical",)
    return (urls[0] if urls else None), ()


def _authors(tree: Element, metas: dict[str, list[str]], article: dict[str, Any]) -> tuple[str, ...]:
    stated = article.get("author")
    names = [name for item in (stated if isinstance(stated, list) else [stated]) if (name := _name(item))]
    if not names:
        names = next(([v for v in metas[key] if not v.startswith("http")] for key in _AUTHOR_NAMES if key in metas), [])
    if not names:
        marked = tree.xpath("//*[@itemprop='author' or @rel='author'][not(ancestor::aside)]")
        names = [" ".join("".join(element.itertext()).split()) for element in marked[:8]]
    plain = [re.sub(r"^by\s+", "", name, flags=re.IGNORECASE) for name in names]
    return tuple(dict.fromkeys(name for name in plain if 1 < len(name) <= 120))[:20]


def _published(tree: Element, metas: dict[str, list[str]], article: dict[str, Any]) -> str | None:
    stated = [
        *_strings(article.get("datePublished")),
        *(value for name in _DATE_NAMES for value in metas.get(name, ())),
    ]
    for element in tree.xpath("//*[@itemprop='datePublished'][not(ancestor::aside)]"):
        stated.append(element.get("datetime") or element.get("content") or "".join(element.itertext()))
    if day := next((day for value in stated if (day := iso_date(value))), None):
        return day
    times = [element for element in tree.iter("time") if not _CHANGED.search(_around(element))]
    days = [(element, day) for element in times if (day := iso_date(element.get("datetime", "")))]
    marked = [day for element, day in days if "pubdate" in element.attrib or _DATED.search(_around(element))]
    # A lone date on the page is the article's; several without a mark could be anybody's.
    candidates = marked[:1] or list({day for _, day in days})
    return candidates[0] if len(candidates) == 1 else None


def _around(element: Element) -> str:
    """The names that an element and the two around it go by."""
    names: list[str] = []
    for _ in range(3):
        if element is None or element.tag in ("article", "main", "body"):
            break
        names += [element.get("class", ""), element.get("id", ""), element.get("itemprop", "")]
        names += [element.tag] if element.tag in ("aside", "nav") else []
        element = element.getparent()
    return " ".join(names)


def _language(tree: Element, metas: dict[str, list[str]], article: dict[str, Any]) -> str | None:
    root = tree.getroottree().getroot()
    stated = [
        root.get("lang", ""),
        root.get("xml:lang", ""),
        *_strings(article.get("inLanguage")),
        *metas.get("og:locale", ()),
    ]
    for value in stated:
        if match := re.fullmatch(r"([A-Za-z]{2,3})(?:[-_].{1,20})?", value.strip()):
            return match[1].lower()
    return None
