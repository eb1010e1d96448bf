"""A page's tree -> what the page says of itself: title, address, outlet, authors, date, language.

Only what is stated for machines or marked up as such counts: JSON-LD, `meta`, microdata, `time`, and what stands alone
in an element that is named after a date or an author. A date in the address or in the running text is not taken, nor
the host's name for the outlet's. Knows nothing of the page's text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice
from typing import Any

from index.sources.contents import Contents, host_of, web_address
from index.sources.dates import iso_date
from index.sources.linked import address as linked_address
from index.sources.linked import names, string, strings
from index.sources.opening import stated_authors, stated_days
from index.sources.tree import Element

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
_DATE_MARK = re.compile(
    r"(?:^|[\s_-])(?:date(?:line)?|published|posted|pub|byline|meta|timestamp)(?:$|[\s_-])", re.IGNORECASE
)
_WRITTEN = re.compile(r"(?:^|[\s_-])(?:byline|authors?)(?:$|[\s_-])", re.IGNORECASE)
_LONGEST_MARKED = 120
_PIECES = 40
_CHANGED = re.compile(r"modif|updat|revis|comment|relat(?!iv)", re.IGNORECASE)
# What stands around an article and has dates of its own: today's, those of comments and of other articles.
_OUTSIDE = re.compile(
    r"comment|disqus|related|recommend|teaser|trending|popular|latest|upcoming|promo|most[-_]?read|copyright|masthead"
    r"|read[-_]?(?:next|more|also)|more[-_](?:from|stories|news|on)|top[-_]?(?:bar|line|nav)|current|today|clock|weather"
    r"|ticker|(?:^|\s)sidebar", re.IGNORECASE,
)  # fmt: skip


def describe(tree: Element, article: dict[str, Any], address: str | None = None) -> Contents:
    """What the page says of itself, its text left empty. `address` is where it was fetched from, if it was.

    `article` is what its JSON-LD says.
    """
    metas = _metas(tree)
    url, flags = _address(tree, metas, linked_address(article), address)
    return Contents(
        "",
        title=_first(metas, _TITLE_NAMES) or string(article.get("headline")) or _heading(tree),
        url=url,
        source=_first(metas, _SOURCE_NAMES[:1])
        or next(iter(names(article.get("publisher"))), None)
        or _first(metas, _SOURCE_NAMES),
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


def _heading(tree: Element) -> str | None:
    """The page's only main heading, else its `title` without the outlet's name behind a bar or dash."""
    headings = [text for element in tree.iter("h1") if (text := " ".join("".join(element.itertext()).split()))]
    if len(headings) == 1:
        return headings[0]
    title = next(tree.iter("title"), None)
    words = " ".join("".join(title.itertext()).split()) if title is not None else ""
    return re.split(r"\s[|–—]\s|\s-\s(?=[^-]*$)", words)[0].strip() or (headings[0] if headings else None)


def _address(
    tree: Element, metas: dict[str, list[str]], linked: str | None, fetched: str | None
) -> tuple[str | None, tuple[str, ...]]:
    """The page's address. A page may not claim another host than it was fetched from or than it claims elsewhere.

    What its JSON-LD names counts only where it claims nothing else.
    """
    claims = [
        element.get("href", "")
        for element in tree.iter("link")
        if "canonical" in element.get("rel", "").lower().split()
    ]
    claims += metas.get("og:url", [])
    urls = [url for claim in claims or [linked or ""] if (url := web_address(claim))]
    if fetched is not None:
        same = [url for url in urls if host_of(url) == host_of(fetched)]
        return (same or [fetched])[0], ("foreign_canonical",) if len(same) < len(urls) else ()
    if len({host_of(url) for url in urls}) > 1:
        return None, ("foreign_canonical",)
    return (urls[0] if urls else None), ()


def _authors(tree: Element, metas: dict[str, list[str]], article: dict[str, Any]) -> tuple[str, ...]:
    found = names(article.get("author"))
    if not found:
        metaed = ([v for v in metas[key] if not v.startswith("http")] for key in _AUTHOR_NAMES if key in metas)
        found = next((values for values in metaed if values), [])
    if not found:
        marked = tree.xpath("//*[@itemprop='author' or @rel='author'][not(ancestor::aside)]")
        found = [" ".join("".join(element.itertext()).split()) for element in marked[:8]]
    if not found:
        lines = (stated_authors(text) for text in _marked(tree, _WRITTEN))
        found = list(next((line for line in lines if line), ()))
    plain = [re.sub(r"^by\s+", "", name, flags=re.IGNORECASE) for name in found]
    return tuple(dict.fromkeys(name for name in plain if 1 < len(name) <= 120))[:20]


def _published(tree: Element, metas: dict[str, list[str]], article: dict[str, Any]) -> str | None:
    stated = [
        *strings(article.get("datePublished")),
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
    if not candidates:
        candidates = list({day for text in _marked(tree, _DATE_MARK) for day in stated_days(text)})
    return candidates[0] if len(candidates) == 1 else None


def _marked(tree: Element, named: re.Pattern[str]) -> Iterator[str]:
    """The short texts of elements of that name, outside of what surrounds the article."""
    outside = _outside(tree)
    for element in tree.iter("p", "span", "div", "li", "small", "em", "time", "address", "h5", "h6", "td"):
        name = f"{element.get('class', '')} {element.get('id', '')}"
        if element not in outside and named.search(name) and not _CHANGED.search(_around(element)):
            # the first pieces tell whether it is short: elements may lie in each other, hundreds deep
            text = " ".join("".join(islice(element.itertext(), _PIECES + 1)).split())
            many = next(islice(element.itertext(), _PIECES, None), None) is not None
            if not many and len(text) <= _LONGEST_MARKED:
                yield text


def days_around(tree: Element) -> set[str]:
    """The days that stand alone around the article: today's, or that of another article."""
    texts = (element.text for element in _outside(tree) if element.text and len(element.text) <= _LONGEST_MARKED)
    return {day for text in texts for day in stated_days(text)}


def _outside(tree: Element) -> set[Element]:
    """The elements of what surrounds the article, with all that is in them, by their tags and names."""
    outside: set[Element] = set()
    for element in tree.iter():
        names = f"{element.get('class', '')} {element.get('id', '')}"
        if element.getparent() in outside or (
            element.tag in ("aside", "nav", "footer")
            or (element.tag not in ("html", "body") and _OUTSIDE.search(names))
            or (element.tag == "header" and _is_of_the_site(element))
        ):
            outside.add(element)
    return outside


def _is_of_the_site(header: Element) -> bool:
    """Whether a header is no article's: it has no main heading, and lies in no article."""
    return next(header.iter("h1"), None) is None and not any(
        e.tag in ("article", "main") for e in header.iterancestors()
    )


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
        *strings(article.get("inLanguage")),
        *metas.get("og:locale", ()),
    ]
    for value in stated:
        if match := re.fullmatch(r"([A-Za-z]{2,3})(?:[-_].{1,20})?", value.strip()):
            return match[1].lower()
    return None
