"""JSON-LD: the one article that a page is, however the data is wrapped, and no article that it only lists."""

from __future__ import annotations

import json
from typing import Any

import pytest

from index.sources.html import read_html

_STORY = "<h1>Bridge closed</h1><p>The bridge over the Senn is closed until May, the port office said on Monday.</p>"
_ARTICLE = {
    "@type": "NewsArticle", "headline": "Bridge closed", "datePublished": "2023-05-14T07:12:31+00:00",
    "author": {"@type": "Person", "name": "Ada Brook"}, "publisher": {"@type": "Organization", "name": "Senn Post"},
}  # fmt: skip


def _page(data: Any, body: str = _STORY) -> bytes:
    text = data if isinstance(data, str) else json.dumps(data)
    return f'<html><head><script type="application/ld+json">{text}</script></head><body><main>{body}</main></body></html>'.encode()


@pytest.mark.parametrize(
    "data",
    [
        _ARTICLE,
        [{"@type": "BreadcrumbList"}, _ARTICLE],
        {"@graph": [{"@type": "WebPage"}, _ARTICLE]},
        {"@type": "WebPage", "datePublished": "2020-01-01", "mainEntity": _ARTICLE},
        f"\n//<![CDATA[\n{json.dumps(_ARTICLE)}\n//]]>\n",
        f"<!-- {json.dumps(_ARTICLE)} -->",
        {"@graph": [
            _ARTICLE | {"author": {"@id": "#ada"}, "publisher": {"@id": "#post"}},
            {"@type": "Organization", "@id": "#post", "name": "Senn Post"},
            {"@type": "Person", "@id": "#ada", "name": "Ada Brook"},
        ]},
    ],
    ids=["alone", "list", "graph", "main entity", "cdata", "comment", "references"],
)  # fmt: skip
def test_what_an_article_says_is_found_however_it_is_wrapped(data: Any) -> None:
    contents = read_html(_page(data))
    assert (contents.source, contents.authors, contents.published) == ("Senn Post", ("Ada Brook",), "2023-05-14")


@pytest.mark.parametrize(
    "data",
    [
        {"@type": "ItemList", "itemListElement": [_ARTICLE]},
        {"@type": "WebPage", "hasPart": [_ARTICLE]},
        {"@graph": [{"@type": "Organization", "@id": "#x", "name": "Somebody"}]},
        {"@type": "NewsArticle", "publisher": {"@id": "#nowhere"}},
        "{broken",
        "[" * 3000,
        [_ARTICLE | {"headline": "Ferry sinks"}, _ARTICLE | {"headline": "Mayor resigns"}],
    ],
    ids=["list", "part", "others", "dangling", "broken", "deep", "several others"],
)
def test_other_articles_and_broken_data_say_nothing_of_the_page(data: Any) -> None:
    contents = read_html(_page(data))
    assert (contents.source, contents.authors, contents.published) == (None, (), None)


def test_the_address_in_the_data_counts_only_where_the_page_claims_no_other() -> None:
    data = _ARTICLE | {"mainEntityOfPage": {"@type": "WebPage", "@id": "https://senn.example/bridge"}}
    assert read_html(_page(data)).url == "https://senn.example/bridge"
    canonical = _page(data).replace(b"<head>", b'<head><link rel="canonical" href="https://senn.example/other">')
    assert (read_html(canonical).url, read_html(canonical).flags) == ("https://senn.example/other", ())
    fetched = read_html(_page(data), "https://elsewhere.example/x")
    assert (fetched.url, fetched.flags) == ("https://elsewhere.example/x", ("foreign_canonical",))


def _entries(opening: str) -> str:
    told = "".join(
        f"{opening}<h2>Entry {n}</h2><p>In hour {n} the mayor said that {n * 7} houses stood in the water, and that more "
        f"would follow before the evening, since the river was still rising.</p></article>"
        for n in range(1, 6)
    )
    return f"<h1>Flood live</h1><p>Hour by hour.</p>{told}"


@pytest.mark.parametrize("told_by", ["data", "name"])
def test_all_entries_of_a_live_page_are_read(told_by: str) -> None:
    if told_by == "data":
        page = _page({"@type": "LiveBlogPosting", "headline": "Flood live"}, _entries("<article>"))
    else:
        page = _page({}, _entries('<article class="live-post">'))
    text = read_html(page).text
    assert [f"{n * 7} houses" in text for n in range(1, 6)] == [True] * 5
    assert "Hour by hour." in text


def test_other_stories_beside_an_article_stay_out() -> None:
    """Pages that load the next story below the first: each is an `article`, and one of them is the page's."""
    text = read_html(_page(_ARTICLE, _entries("<article>"))).text
    assert sum(f"that {n * 7} houses" in text for n in range(1, 6)) == 1


@pytest.mark.parametrize("told_by", ["headline", "canonical", "fetched"])
def test_of_several_articles_the_one_that_the_page_is_counts(told_by: str) -> None:
    address = "https://senn.example/bridge"
    mine = _ARTICLE if told_by == "headline" else _ARTICLE | {"headline": "Crossing shut", "url": f"{address}/#article"}
    other = {"@type": "NewsArticle", "headline": "Ferry sinks", "datePublished": "2001-01-01", "author": "Bo Hart"}
    page = _page([other, mine])
    if told_by == "canonical":
        page = page.replace(b"<head>", f'<head><link rel="canonical" href="{address}">'.encode())
    contents = read_html(page, address if told_by == "fetched" else None)
    assert (contents.authors, contents.published) == (("Ada Brook",), "2023-05-14")


def test_data_that_lies_deep_in_an_article_costs_nothing() -> None:
    deep = json.dumps(_ARTICLE)[:-1] + ', "x": ' + "[" * 900 + "]" * 900 + "}"
    assert read_html(_page(deep)).published == "2023-05-14"


def test_what_is_no_address_is_passed_over_for_one_that_is() -> None:
    assert (
        read_html(_page(_ARTICLE | {"mainEntityOfPage": "True", "url": "https://senn.example/b"})).url
        == "https://senn.example/b"
    )
