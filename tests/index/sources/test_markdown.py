"""Markdown: its front matter, and its text as a reader sees it."""

from __future__ import annotations

import pytest

from index.errors import DocumentRejected
from index.sources.markdown import read_markdown

_ARTICLE = """---
title: "Bridge closed: cracks found"
date: 2019-03-26
author: A. Reporter
source: The Senn Courier
url: https://senn.example/bridge
---
# Old bridge closed

The *old* bridge over the [river Senn](https://x.example/ "t") was **closed**
on Tuesday, the port office said.

![A diver](diver.jpg)

- Line 4 stops at the quay.
- Line 9 does not run.

> “We would rather be late than sorry,” he said.

```
06:10 quay
07:40 quay
```
"""


def test_markup_goes_and_sentences_stay_whole() -> None:
    assert read_markdown(_ARTICLE.encode()).text.split("\n") == [
        "Old bridge closed",
        "The old bridge over the river Senn was closed on Tuesday, the port office said.",
        "Line 4 stops at the quay.",
        "Line 9 does not run.",
        "“We would rather be late than sorry,” he said.",
        "06:10 quay",
        "07:40 quay",
    ]


def test_front_matter_is_read() -> None:
    contents = read_markdown(_ARTICLE.encode())
    assert contents.title == "Bridge closed: cracks found"
    assert contents.published == "2019-03-26"
    assert contents.authors == ("A. Reporter",)
    assert contents.source == "The Senn Courier"
    assert contents.url == "https://senn.example/bridge"
    assert contents.flags == ()


def test_front_matter_that_is_no_yaml_is_read_by_line() -> None:
    contents = read_markdown(
        b"---\ntitle: Bridge closed: cracks found\ndate: 26 March 2019\n---\nThe bridge is closed.\n"
    )
    assert (contents.title, contents.published) == ("Bridge closed: cracks found", "2019-03-26")
    assert contents.text == "The bridge is closed."


def test_a_text_between_two_rules_is_no_front_matter() -> None:
    assert read_markdown(b"---\nJust a sentence.\n\n---\nAnother one.\n").text == "Just a sentence.\nAnother one."


def test_the_first_heading_is_the_title_without_front_matter() -> None:
    assert read_markdown(b"# Bridge *closed*\n\nThe bridge is closed.").title == "Bridge closed"


def test_unclear_fields_are_left_out_and_flagged() -> None:
    contents = read_markdown(b"---\ndate: 03/04/2019\nurl: javascript:alert(1)\n---\nThe bridge is closed.\n")
    assert (contents.published, contents.url, contents.flags) == (None, None, ("bad_url", "bad_published"))


def test_hidden_html_within_markdown_goes() -> None:
    contents = read_markdown(b"Seen. <span hidden>PWNED.</span>\n\n<p style='display:none'>PWNED</p>\n")
    assert (contents.text, contents.flags) == ("Seen.", ("hidden_text=2",))


def test_quotes_and_dashes_are_not_rewritten() -> None:
    text = '"It\'s 3 -- 4 ... (c)" she said.'
    assert read_markdown(text.encode()).text == text


def test_aliases_that_multiply_are_harmless() -> None:
    bomb = "a: &a [x, x]\n" + "".join(
        f"{chr(98 + i)}: &{chr(98 + i)} [*{chr(97 + i)}, *{chr(97 + i)}]\n" for i in range(24)
    )
    assert read_markdown(f"---\n{bomb}title: T\n---\nText here.\n".encode()).title == "T"


def test_merged_aliases_cost_no_time() -> None:
    bomb = "a0: &a0 {k: v}\n" + "".join(f"a{i}: &a{i}\n  <<: [*a{i - 1}, *a{i - 1}, *a{i - 1}]\n" for i in range(1, 40))
    contents = read_markdown(f"---\n{bomb}title: T\n---\nText here.\n".encode())
    assert "Text here." in contents.text


@pytest.mark.parametrize("written", ["0x" + "f" * 5000, "1" * 5000, "0b1", "12:30:45", "1_000", "yes", "0o17", "1e3"])
def test_a_value_stays_as_it_was_written(written: str) -> None:
    contents = read_markdown(f"---\ntitle: {written}\n---\nThe bridge is closed.\n".encode())
    assert (contents.title, contents.text) == (written, "The bridge is closed.")


@pytest.mark.parametrize("written", ["", "~", "null"])
def test_an_empty_value_is_none(written: str) -> None:
    assert read_markdown(f"---\ntitle: {written}\n---\nThe bridge is closed.\n".encode()).title is None


def test_markup_without_text_is_refused() -> None:
    with pytest.raises(DocumentRejected, match="no_text"):
        read_markdown(b"![](a.jpg)\n\n---\n")


def test_front_matter_in_toml_is_read() -> None:
    front = '+++\ntitle = "Roof garden"\ndate = 2021-08-11T09:00:00Z\nauthor = "Nils Ode"\n+++\n\n'
    contents = read_markdown((front + "The library has a garden.").encode())
    assert (contents.title, contents.published, contents.authors) == ("Roof garden", "2021-08-11", ("Nils Ode",))
    assert contents.text == "The library has a garden."
    assert read_markdown(b"+++\nno = toml = at all\n+++\n\nA story.").title is None


def test_a_clipped_page_names_its_address_as_its_source() -> None:
    front = '---\nsource: "https://a.example/ice"\nauthor:\n  - "[[Marta Kugler]]"\npublished: 2023-09-14\ncreated: 2023-09-20\n---\n'
    contents = read_markdown((front + "The ice is thin.").encode())
    assert (contents.url, contents.source, contents.authors) == ("https://a.example/ice", None, ("Marta Kugler",))
    assert contents.published == "2023-09-14"
