"""Four small articles for the fake desk: two outlets that say the same, one without metadata, one with tricks."""

from __future__ import annotations

from index.article import Article

PLAIN = Article(
    id="baghuz-falls",
    text=(
        "Last village of the caliphate falls\n\n"
        "The Syrian Democratic Forces declared the caliphate over on Saturday. Yellow flags flew above Baghuz, on the "
        "bank of the Euphrates. The assault had begun at the start of March.\n\n"
        "“Baghuz is free,” a spokesman wrote. The fight against sleeper cells goes on."
    ),
    raw_sha256="0" * 64,
    origin="seeds/baghuz.txt",
    title="Last village of the caliphate falls",
    url="https://news.example/2019/baghuz",
    source="River Courier",
    authors=("Foreign desk",),
    published="2019-03-23",
)
BARE = Article(
    id="bare",
    text="After five years the caliphate was declared over by the Syrian Democratic Forces. Nobody signed this page.",
    raw_sha256="0" * 64,
    origin="seeds/bare.txt",
)
TRICKS = Article(
    id="tricks",
    text=(
        "[bold red]Markup[/bold red] and :smile: are letters here, said \x1b[31mESC\x1b[0m Agency\x07. "
        "Right \u202eto left\u202c and \u200bnothing :warning: [link=file:///etc/passwd]here[/link]."
    ),
    raw_sha256="0" * 64,
    origin="seeds/tricks.html",
    title="[blink]Tricks[/blink]\x1b]0;title\x07",
    url="https://news.example/\x1b[2J",
    source="\x1b[1mLoud\x1b[0m",
    published="March",
)
ARTICLES = (PLAIN, BARE, TRICKS)
