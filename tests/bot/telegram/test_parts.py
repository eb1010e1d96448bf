"""The message builder: whatever the text, what Telegram is given is within its limits and says what was meant.

By hand with 20,000 examples: `python -m tests.bot.telegram.test_parts 20000`.
"""

from __future__ import annotations

import itertools
import sys
from collections.abc import Sequence

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.chat_telegram.inert import harmless, safe_url, tokens
from bot.chat_telegram.parts import LONGEST, Kind, Part, Piece, intended, joined, parts, plain, units
from tests.bot.telegram.recording import check_text

KINDS: tuple[Kind, ...] = ("plain", "bold", "italic", "strike", "quote", "expandable", "code", "link", "tap")
ODD = [
    "👩‍👩‍👧‍👦", "🇩🇪🇫🇷", "👍🏽", "❤️", "e\u0301", "Z\u0351\u0352\u0353", "שלום עולם", "مرحبا بالعالم", "日本語の文。", "नमस्ते",
    "a", "B", "7", " ", "\n", "\n\n", "\t", ". ", "。", "! ", "“", "”", "/rebuild", "@admin", "/x@y_bot", "km/h", "t.me/evil",
    "https://evil.example/?q=1", "tg://user?id=1", "mail@example.com", "<b>", "&amp;", "*_`[](", "\u200b", "\u2800", "\u3164",
    "\ufe0f", "\u200d", "\u202e", "\x00", "\x1b[31m", "\ud800", "\U000e0041", "\U0001f1e9", "word", "Baghuz fell on Saturday.",
]  # fmt: skip
texts = st.one_of(
    st.text(max_size=60),
    st.lists(st.sampled_from(ODD), max_size=40).map("".join),
    st.tuples(st.sampled_from(ODD), st.integers(1, 9000)).map(lambda one: one[0] * (one[1] // len(one[0]) + 1)),
    st.lists(st.sampled_from(ODD), min_size=1, max_size=8).map(lambda some: "".join(some) * 250),
)


@st.composite
def pieces(draw: st.DrawFn) -> tuple[Piece, ...]:
    found = []
    for kind in draw(st.lists(st.sampled_from(KINDS), max_size=12)):
        text = draw(texts)
        span = draw(st.none() | st.tuples(st.integers(0, len(text)), st.integers(0, len(text))))
        answer = (min(span), max(span)) if span and kind not in ("code", "link") else None
        url = draw(
            st.sampled_from(["https://news.example/a", "javascript:alert(1)", "https://x.example/" + "b" * 1900])
        )
        found.append(Piece(text, kind, url if kind == "link" else None, answer))
    return tuple(found)


def holds(made: Sequence[Part], of: Sequence[Piece]) -> None:
    """What is promised for every list of pieces."""
    assert joined(made) == intended(of)
    for part in made:
        entities = [entity.to_dict() for entity in part.entities]
        check_text(part.text, entities)
        assert part.text == harmless(part.text)
        assert part.text == part.text.strip(), "Telegram would cut it"
        assert len(part.text.encode()) + sum(len(e.get("url", "").encode()) for e in entities) <= 32 * 1024
        spans = [(e["offset"], e["offset"] + e["length"], e["type"]) for e in entities]
        for i, (start, end, kind) in enumerate(spans):
            for other_start, other_end, other in spans[i + 1 :]:
                apart = end <= other_start
                inside = start <= other_start and other_end <= end
                assert apart or inside or (other_start, end) == (start, other_end), "entities across each other"
                if not apart:
                    assert "code" not in (kind,), f"code holds {other}"
                    assert not ("blockquote" in kind and "blockquote" in other), "a quote in a quote"
        tappable(part, of)


def tappable(part: Part, of: Sequence[Piece]) -> None:
    """Nothing that a client would make something to tap stands outside of code, links and our own words."""
    if any(piece.kind == "tap" for piece in of):
        return
    sizes = [0, *itertools.accumulate(map(units, part.text))]
    closed = [(e.offset, e.offset + e.length) for e in part.entities if e.type in ("code", "text_link")]
    blocks = [at for e in part.entities if "quote" in e.type for at in (e.offset, e.offset + e.length)]
    for first, last in ((sizes[a], sizes[b]) for a, b in tokens(part.text)):
        broken = any(start < last and first < end for start, end in closed) or any(first < at < last for at in blocks)
        assert broken, part.text


@given(pieces())
@settings(max_examples=200)
def test_parts_are_within_limits_say_all_that_was_meant_and_mark_what_they_say(given_pieces: tuple[Piece, ...]) -> None:
    """TG11, CI10, TEL-043: parts within the limits, joined equal to the intended text, entities on character borders."""
    holds(parts(given_pieces), given_pieces)


@pytest.mark.parametrize("odd", ODD)
@pytest.mark.parametrize("kind", KINDS)
def test_every_odd_text_once_and_many_times_over(odd: str, kind: Kind) -> None:
    for text in (odd, odd * 1500):
        of = (
            Piece("[1] ", "plain"),
            Piece(text, kind, "https://news.example/" if kind == "link" else None),
            Piece(" end"),
        )
        holds(parts(of), of)


def entities(part: Part) -> list[tuple[str, str]]:
    """Every entity's type with the text that Telegram takes it for."""
    wide = part.text.encode("utf-16-le")
    return [(e.type, wide[2 * e.offset : 2 * (e.offset + e.length)].decode("utf-16-le")) for e in part.entities]


def test_offsets_count_units_where_characters_have_two() -> None:
    (part,) = parts((Piece("😀👩‍👩‍👧 ", "plain"), Piece("שלום 😀 e\u0301", "quote", answer=(5, 6)), Piece("\nend")))
    assert entities(part) == [("blockquote", "שלום 😀 e\u0301"), ("bold", "😀")]


def test_the_answer_stands_bold_inside_its_quote() -> None:
    quote = "The Syrian Democratic Forces declared it."
    (part,) = parts((Piece(quote, "quote", answer=(0, 28)),))
    assert entities(part) == [("blockquote", quote), ("bold", "The Syrian Democratic Forces")]


def test_commands_names_and_addresses_of_strangers_are_code() -> None:
    """C10: nothing in a quote can be tapped."""
    said = "Send /rebuild@byline_bot to @admin, see evil.example/x or tg://user?id=1, 50 km/h, U.S. and mail@x.example."
    (part,) = parts((Piece(said, "quote", answer=(0, 20)),))
    assert [text for type_, text in entities(part) if type_ == "code"] == [
        "/rebuild@byline_bot", "@admin", "evil.example/x", "tg://user?id=1,", "mail@x.example",
    ]  # fmt: skip
    assert ("bold", "Send") in entities(part)


def test_our_own_words_can_be_tapped() -> None:
    (part,) = parts((Piece("Type "), Piece("/help", "tap"), Piece(" or /other")))
    assert entities(part) == [("code", "/other")]


def test_markup_and_invisible_signs_are_letters() -> None:
    (part,) = plain("<b>*bold*<b> \u202e\x1b[31m &lt;")
    assert part.text == "<b>*bold*<b> \\u202e\\x1b[31m &lt;" and not part.entities


def test_nothing_that_can_be_seen_is_no_message() -> None:
    for text in ("", " \n", "\u2800" * 9000, "\u3164", "\ufe0f"):
        assert plain(text) == ()


def test_a_long_text_is_cut_between_paragraphs() -> None:
    paragraph = ("A sentence of some words. " * 60).strip()
    made = plain("\n\n".join([paragraph] * 5))
    assert [part.text for part in made] == ["\n\n".join([paragraph] * 2)] * 2 + [paragraph]
    assert made[0].gap == "\n\n"


def test_a_quote_that_fits_a_message_is_never_cut() -> None:
    quotes = [f"Sentence number {i} of this one. " * 90 for i in range(4)]
    of = [piece for quote in quotes for piece in (Piece("[1] Outlet\n"), Piece(quote.strip(), "quote"), Piece("\n\n"))]
    made = parts(of)
    assert [text for part in made for type_, text in entities(part)] == [quote.strip() for quote in quotes]
    assert all(part.text.startswith("[1] Outlet\n") and not part.head and not part.tail for part in made)


def test_a_longer_quote_is_cut_at_a_sentence_and_both_halves_say_so() -> None:
    quote = ("It is said that one sentence follows. " * 200).strip()
    first, second = parts((Piece(quote, "quote"),))
    assert first.text.endswith("one sentence follows.\n(The quote goes on in the next message.)")
    assert second.text.startswith("(The quote goes on:)\nIt is said")
    assert " ".join(text for part in (first, second) for _, text in entities(part)) == quote


def test_decoration_is_dropped_before_meaning() -> None:
    of = [Piece(f"{i} ", "bold" if i % 2 else "link", "https://news.example/") for i in range(170)]
    made = parts(of)
    kinds = [entity.type for part in made for entity in part.entities]
    assert kinds.count("text_link") == 85 and 0 < kinds.count("bold") < 85


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)", "tg://user?id=1", "ftp://news.example/", "https://", "https:///x", "http://a b.example/", "//x.example",
        "https://bank.example@evil.example/", "https://news.example/\x1b", "https://news.example/\u202e", "https://x.example:port/",
        "https://[::1", "https://x.example\\@evil.example/", "https://x.example/" + "a" * 2100, "", None,
    ],
)  # fmt: skip
def test_only_addresses_of_web_pages_become_links(url: str | None) -> None:
    assert safe_url(url) is None
    (part,) = parts((Piece("[1]", "link", url),))
    assert not part.entities


def test_a_text_made_to_be_slow_is_not() -> None:
    import time

    began = time.process_time()
    for text in (
        "a." * 50_000,
        "a@" * 50_000,
        "@a " * 30_000,
        "/" * 100_000,
        "\u0301" * 100_000,
        "a.b@" * 25_000,
        "\n" * 100_000,
    ):
        assert all(units(part.text) <= LONGEST for part in parts((Piece(text, "quote"),)))
    assert time.process_time() - began < 10


if __name__ == "__main__":

    @given(pieces())
    @settings(max_examples=int(sys.argv[1]), deadline=None, database=None, suppress_health_check=list(HealthCheck))
    def many(of: tuple[Piece, ...]) -> None:
        holds(parts(of), of)

    many()
    print(f"{sys.argv[1]} examples: within limits, joined as intended")
