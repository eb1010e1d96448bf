"""What the readers of a page cannot see goes; what they can see stays."""

from __future__ import annotations

import time

import pytest

from index.sources.hidden import remove_hidden
from index.sources.tree import lines, parse


def _seen(html: str) -> tuple[str, int]:
    tree = parse(f"<html><body>{html}</body></html>")
    removed = remove_hidden(tree)
    return lines(tree), removed


@pytest.mark.parametrize(
    "attributes",
    [
        "hidden",
        'hidden=""',
        'aria-hidden="true"',
        'style="display:none"',
        'style="DISPLAY : None !important"',
        'style="display:/* */none"',
        'style="color:red; visibility:hidden"',
        'style="opacity:0"',
        'style="opacity: 0.0;"',
        'style="opacity:.01"',
        'style="font-size:1px"',
        'style="font-size:.05em"',
        'style="font-size:0"',
        'style="font-size:0.1px"',
        'style="position:absolute;left:-9999px"',
        'style="position:fixed; top:-100vh"',
        'style="text-indent:-5000px"',
        'style="transform:scale(0)"',
        'style="transform: translateX(-9999px)"',
        'style="clip:rect(0,0,0,0);position:absolute"',
        'style="clip-path: inset(50%)"',
        'style="height:0;overflow:hidden"',
        'style="width:1px;height:1px;overflow:hidden"',
        'style="color:#fff"',
        'style="color:white;background-color:#FFFFFF"',
        'style="color:rgb(255, 255, 255)"',
        'style="color:#123456;background:#123456"',
        'style="color:transparent"',
        'class="note sr-only"',
        'class="visually-hidden"',
        'class="screen-reader-text"',
        'class="hidden"',
        'class="d-none"',
        f'style="{"x:y;" * 2000}display:none"',
    ],
)
def test_hidden_paragraphs_go_and_are_counted(attributes: str) -> None:
    assert _seen(f"<p>Seen.</p><p {attributes}>Secret <b>words</b>.</p>after") == ("Seen.\nafter", 1)


@pytest.mark.parametrize(
    "attributes",
    [
        'style="font-size:0.9em"',
        'style="font-size:.9rem"',
        'style="font-size:11px"',
        'style="width:1em;overflow:hidden"',
        'style="opacity:0.5"',
        'style="font-size:10px;left:0;margin-left:-10px"',
        'style="color:#fff;background:#000"',
        'style="height:100px;overflow:hidden"',
        'style="text-align:left"',
        'class="hidden md:block"',
        'class="d-none d-md-block"',
        'class="hidden-gem"',
        'aria-hidden="false"',
        'hidden="until-found"',
    ],
)
def test_visible_paragraphs_stay(attributes: str) -> None:
    assert _seen(f"<p {attributes}>Seen words.</p>") == ("Seen words.", 0)


def test_white_on_a_dark_ground_around_it_stays() -> None:
    assert _seen('<div style="background:#222"><p style="color:#fff">Seen words.</p></div>') == ("Seen words.", 0)


def test_plain_rules_of_the_pages_own_styles_count() -> None:
    style = """<style>/* x */ .a1, p.b2 { display: none } #c3{font-size:0} .d4{color:red}
      @media print { .e5 { display: none } } .js .f6 { display: none } body { opacity: 0 }</style>"""
    paragraphs = "".join(f'<p class="{name}" id="{name}">{name}</p>' for name in ("a1", "b2", "c3", "d4", "e5", "f6"))
    text, removed = _seen(style + paragraphs)
    assert text.endswith("d4\ne5\nf6") and "a1" not in text.split("\n")
    assert removed == 3


def test_templates_closed_dialogs_and_noscript_go() -> None:
    assert _seen("<template>A</template><dialog>B</dialog><noscript>C</noscript><p>D</p>")[0] == "D"


@pytest.mark.parametrize(
    "html",
    [
        '<div style="color:red">' * 240 + '<b style="color:#fff">x</b>' * 20_000,
        "<style>" + "/*" * 400_000 + "</style>",
        '<p style="transform:' + "translate(" * 300_000 + '">x',
    ],
    ids=["nested", "comments", "brackets"],
)
def test_time_stays_linear_on_hostile_styles(html: str) -> None:
    start = time.process_time()
    _seen(html)
    assert time.process_time() - start < 2
