"""Saved pages: the article alone, what the page says of itself, and nothing that its readers cannot see."""

from __future__ import annotations

import pytest

from index.errors import DocumentRejected
from index.sources.html import read_html

_BODY = (
    "<p>HARBOUR TOWN (Agency) – The old bridge over the river Senn was closed on\n Tuesday after <a href='/x'>divers"
    "</a> found <b>two</b> cracks in its eastern pier, the port office said.</p>"
    "<h2>Ferries run at night</h2>"
    "<p>“We would rather be late than sorry,” said the harbour master. Two ferries take cars across until the pier is "
    "mended, which may take six weeks, and buses go round by the northern road.</p>"
    "<ul><li>Line 4 stops at the quay.</li><li>Line 9 does not run.</li></ul>"
)
_MENU = "<nav><ul><li><a href='/'>Home</a></li><li><a href='/news'>News</a></li></ul></nav>"
_TAIL = "<footer><p>Follow us on our channels.</p><p>© The Senn Courier</p></footer>"


def _page(head: str = "", body: str = _BODY, root: str = "<html lang='en-GB'>") -> bytes:
    return (
        f"<!DOCTYPE html>{root}<head>{head}</head><body>{_MENU}<article>{body}</article>{_TAIL}</body></html>".encode()
    )


def test_paragraphs_headings_and_list_items_are_lines_and_menus_go() -> None:
    assert read_html(_page()).text.split("\n") == [
        "HARBOUR TOWN (Agency) – The old bridge over the river Senn was closed on Tuesday after divers found two "
        "cracks in its eastern pier, the port office said.",
        "Ferries run at night",
        "“We would rather be late than sorry,” said the harbour master. Two ferries take cars across until the pier is "
        "mended, which may take six weeks, and buses go round by the northern road.",
        "Line 4 stops at the quay.",
        "Line 9 does not run.",
    ]


def test_a_short_page_keeps_its_sentences_whole_around_links() -> None:
    page = _page(body="<p>The <a href='/m'>mayor</a> of <i>Senn</i>\nresigned.</p><p>No reason was given.</p>")
    assert read_html(page).text == "The mayor of Senn resigned.\nNo reason was given."


def test_what_the_page_says_of_itself_is_read() -> None:
    head = """
      <title>Bridge closed - The Senn Courier</title>
      <meta property="og:title" content="Old bridge closed after divers find cracks">
      <meta property="og:site_name" content="The Senn Courier">
      <link rel="canonical" href="https://www.senn-courier.example/bridge">
      <script type="application/ld+json">{"@context": "https://schema.org", "@type": "NewsArticle",
        "datePublished": "2019-03-26T23:30:00+01:00", "dateModified": "2019-04-01",
        "author": [{"@type": "Person", "name": "A. Reporter"}, {"name": "B. Writer"}]}</script>"""
    contents = read_html(_page(head))
    assert contents.title == "Old bridge closed after divers find cracks"
    assert contents.source == "The Senn Courier"
    assert contents.url == "https://www.senn-courier.example/bridge"
    assert contents.authors == ("A. Reporter", "B. Writer")
    assert contents.published == "2019-03-26"
    assert contents.language == "en"
    assert contents.flags == ()


@pytest.mark.parametrize(
    ("head", "body"),
    [
        ('<meta property="article:published_time" content="2019-03-26T08:00:00Z">', ""),
        ('<meta name="date" content="26 March 2019">', ""),
        ('<meta name="pubdate" content="Tue, 26 Mar 2019 08:00:00 GMT">', ""),
        ("", '<time datetime="2019-03-26T08:00">yesterday</time>'),
        ("", '<span itemprop="datePublished" content="2019-03-26">x</span>'),
        ("", '<p class="published"><time datetime="2019-03-26">a</time></p><time datetime="2018-01-01">b</time>'),
        ("", "<p>Published on March 26, 2019.</p>"),
        ("", '<p class="post-meta">26 March 2019 · Ada Brook</p>'),
        ("", '<article><header><p class="date relative">26 March 2019</p></header><h1>Bridge closed</h1></article>'),
        ("", '<span class="dateline">Tuesday, March 26, 2019 at 9:30 am</span>'),
    ],
)
def test_a_date_is_taken_where_the_page_marks_it(head: str, body: str) -> None:
    assert read_html(_page(head, body + _BODY)).published == "2019-03-26"


@pytest.mark.parametrize(
    ("head", "body"),
    [
        ("", "<p>The bridge was built on March 26, 2019.</p>"),
        ("", '<p class="date">Updated 26 March 2019</p>'),
        ("", '<aside><p class="date">26 March 2019</p></aside>'),
        ("", '<p class="date">26 March 2019</p><p class="date">27 March 2019</p>'),
        ("", '<p class="meta">Last updated · 26 March 2019</p>'),
        ("", '<div class="topbar"><p class="date">Tuesday, 26 March 2019</p></div>'),
        ("", '<div class="teaser"><a>Ferry sinks</a> <span class="date">26 March 2019</span></div>'),
        ("", '<div id="comments"><ol><li><div><div><p class="date">26 March 2019</p></div></div></li></ol></div>'),
        ("", '<article class="comment"><p class="meta"><span class="date">26 March 2019</span></p></article>'),
        ('<link rel="canonical" href="https://senn.example/2019/03/26/bridge">', ""),
        ('<meta name="date" content="03/04/2019">', ""),
        ('<meta property="article:modified_time" content="2019-03-26">', ""),
        ("", '<time class="updated" datetime="2019-03-26">x</time>'),
        ("", '<time datetime="2019-03-26">a</time><time datetime="2018-01-01">b</time>'),
        ('<meta name="date" content="0001-01-01">', ""),
    ],
)
def test_no_date_is_guessed(head: str, body: str) -> None:
    assert read_html(_page(head, body + _BODY)).published is None


def test_the_outlet_is_not_guessed_from_the_address() -> None:
    assert read_html(_page('<link rel="canonical" href="https://senn-courier.example/a">')).source is None


@pytest.mark.parametrize(
    ("head", "fetched", "url", "flags"),
    [
        ('<link rel="canonical" href="https://a.example/x">', None, "https://a.example/x", ()),
        ('<link rel="canonical" href="javascript:alert(1)">', None, None, ()),
        ('<link rel="canonical" href="/x">', None, None, ()),
        (
            '<link rel="canonical" href="https://evil.example/x"><meta property="og:url" content="https://a.example/x">',
            None,
            None,
            ("foreign_canonical",),
        ),
        (
            '<link rel="canonical" href="https://evil.example/x">',
            "https://a.example/y?utm=1",
            "https://a.example/y?utm=1",
            ("foreign_canonical",),
        ),
        (
            '<link rel="canonical" href="https://www.a.example/y">',
            "https://a.example/y?u=1",
            "https://www.a.example/y",
            (),
        ),
    ],
)
def test_only_a_web_address_of_the_pages_own_host_is_kept(
    head: str, fetched: str | None, url: str | None, flags: tuple[str, ...]
) -> None:
    contents = read_html(_page(head), fetched)
    assert (contents.url, contents.flags) == (url, flags)


def test_the_browsers_note_of_where_a_page_was_saved_from_counts_as_its_address() -> None:
    page = b"<!-- saved from url=(0024)https://a.example/bridge -->" + _page(
        '<link rel="canonical" href="https://evil.example/x">'
    )
    assert read_html(page).url == "https://a.example/bridge"


@pytest.mark.parametrize("long", [False, True])
def test_the_day_above_the_whole_site_is_not_the_articles(long: bool) -> None:
    """Newspapers print today's date there: that of the day on which the page was saved."""
    story = "<p>The bridge over the Senn is closed until May, the port office said on Monday.</p>" * (9 if long else 1)
    page = f'<header><p class="date">Tuesday, 26 March 2019</p></header><main><h1>Bridge closed</h1>{story}</main>'
    assert read_html(f"<html><body>{page}</body></html>".encode()).published is None
    bare = page.replace("<main>", "").replace("</main>", "")
    assert read_html(f"<html><body>{bare}</body></html>".encode()).published is None
    moved = page.replace("<main>", "").replace("<header>", "<main><header>")
    assert read_html(f"<html><body>{moved}</body></html>".encode()).published == "2019-03-26"


@pytest.mark.parametrize(
    "note",
    [
        "<!--\n Page saved with SingleFile \n url: https://a.example/bridge \n saved date: Tue Feb 07 2023\n-->",
        "<!-- Saved from https://a.example/bridge at 2023-02-07T09:00:00Z using monolith v2.7.0 -->",
        '<meta name="savepage-url" content="https://a.example/bridge">',
    ],
)
def test_the_notes_of_tools_that_save_pages_count_likewise(note: str) -> None:
    assert read_html(note.encode() + _page()).url == "https://a.example/bridge"


def test_a_line_that_is_named_a_byline_gives_the_authors() -> None:
    page = _page(body='<p class="c-byline">By Ada Brook and Jan van der Meer</p>' + _BODY)
    assert read_html(page).authors == ("Ada Brook", "Jan van der Meer")
    assert read_html(_page(body='<p class="c-byline">By Monday it will be open</p>' + _BODY)).authors == ()


def test_the_declared_encoding_is_used() -> None:
    page = _page('<meta charset="windows-1251">', "<p>Мост закрыт.</p>").decode().encode("cp1251", "replace")
    assert "Мост закрыт." in read_html(page).text


def test_scripts_and_their_data_are_not_text() -> None:
    head = '<script type="application/ld+json">{"@type": "NewsArticle", "articleBody": "PWNED. PWNED."}</script>'
    assert "PWNED" not in read_html(_page(head, "<p>Short page.</p><script>PWNED</script>")).text


@pytest.mark.parametrize("page", [b"<html></html>", b"<html><body><p hidden>All hidden.</p></body></html>"])
def test_a_page_without_visible_text_is_refused(page: bytes) -> None:
    with pytest.raises(DocumentRejected, match="no_text"):
        read_html(page)


@pytest.mark.parametrize(
    "page",
    [
        "<html><body>" + "<p>word</p>" * 40_000,
        "<html><body>" + "<" * 200_000,
        "<html><body><p " + " ".join(f"a{i}=1" for i in range(100_000)) + ">word</p>",
    ],
    ids=["elements", "openings", "attributes"],
)
def test_a_page_that_would_be_slow_is_refused(page: str) -> None:
    with pytest.raises(DocumentRejected, match="too_large"):
        read_html(page.encode())


@pytest.mark.parametrize("control", ["\x01", "\x08", "\x0b", "\x1b", "\x1f", "\ufffe", "&#1;", "&#27;"])
def test_a_stray_control_character_costs_itself_and_not_the_page(control: str) -> None:
    assert read_html(_page("", f"<p>The  bridge{control} is  closed.</p>")).text == "The bridge is closed."


def test_a_form_feed_is_a_space() -> None:
    assert read_html(_page("", "<p>The bridge\x0cis closed.</p>")).text == "The bridge is closed."
