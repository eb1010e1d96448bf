"""Whether a text stands in the articles word for word, and that nothing left out or put in goes unseen."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.aligned import align, differences, words
from bot.errors import QuestionRefused
from bot.quoted import LONGEST, quoted
from index.store import Snapshot, open_snapshot
from tests.bot.tiny_archive import publish_articles
from tests.index.tiny import TEXTS, article

STORIES = TEXTS | {
    "court.txt": "The minister said on Tuesday that he would not resign before the court had ruled on the case.\n\n"
    "“I will resign,” he told reporters, “if the court says so – and not a day earlier.” Not one member of his party "
    "voted against him.\nThe vote was 61 to 0, with 1,204 citizens watching from the gallery.",
    "wire.txt": "Agency report: Ships had waited for three days. The port’s director called it “a long night.”",
    "page.txt": "It was here and there, and it was them. They share this view of an article on Twitter.\n\nShare this article",
    "wait.txt": "“We waited … and then we waited again,” the captain of the ferry told us.",
}
SHAPES = str.maketrans({"“": '"', "”": '"', "’": "'", "–": "-"})


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Snapshot]:
    """The stories, each in a collection of its own beside `all-but`, which holds every one but the court's."""
    index = tmp_path_factory.mktemp("quoted")
    stories = [
        replace(article(*one), collections=(one[0][:4], *(("all-but",) if one[0] != "court.txt" else ())))
        for one in STORIES.items()
    ]
    publish_articles(index, stories)
    held = open_snapshot(index)
    yield held
    held.close()


def sentences(snapshot: Snapshot) -> list[tuple[str, str]]:
    """Every sentence with its article's id, but for the one with an ellipsis."""
    return [
        (entry.id, one.text)
        for entry in snapshot.entries()
        for one in snapshot.article(entry.id).sentences
        if one.kind == "sentence" and "…" not in one.text
    ]


def kinds(snapshot: Snapshot, text: str) -> tuple[str, list[tuple[str, str, str]]]:
    """The verdict and its differences, without their places."""
    found = quoted(text, snapshot)
    return found.kind, [(one.kind, one.article, one.text) for one in found.differences]


def test_every_sentence_is_exact_in_the_article_that_holds_it(snapshot: Snapshot) -> None:
    """Also with other quotation marks, dashes and line breaks, in marks of its own, or without its full stop."""
    for id_, text in sentences(snapshot):
        bare = text.rstrip(".”’")
        for written in (
            text,
            text.translate(SHAPES),
            text.replace(" ", "\n "),
            f"«{text}»",
            f"“{bare}”",
            f'"{bare}".',
        ):
            found = quoted(written, snapshot)
            assert found.kind == "exact", written
            (place,) = (one for one in found.places if one.article == id_)
            assert text in place.quote
            assert found.differences == ()


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_a_text_is_exact_just_where_the_slow_obvious_way_finds_it(snapshot: Snapshot, data: st.DataObject) -> None:
    """Any run of words of any article, over sentences and paragraphs; any with two words exchanged is exact nowhere."""

    def evened(text: str) -> str:
        return f" {' '.join(text.translate(SHAPES).split())} "

    whole = {
        entry.id: snapshot.article(entry.id).article.text
        for entry in snapshot.entries()
        if entry.title not in ("page", "wait")
    }
    id_ = data.draw(st.sampled_from(sorted(whole)))
    places = [found.span() for found in re.finditer(r"\S+", whole[id_])]
    first = data.draw(st.integers(0, len(places) - 3))
    last = data.draw(st.integers(first + 2, len(places) - 1))
    text = whole[id_][places[first][0] : places[last][1]].rstrip(".,”")
    found = quoted(text, snapshot)
    assert found.kind == "exact"
    place = next(one for one in found.places if one.article == id_)
    assert evened(text.strip("“”"))[1:-1] in evened(place.quote)
    marked = place.quote if place.answer_start is None else whole[id_][place.answer_start : place.answer_end]
    assert evened(marked.strip("“”"))[1:-1].rstrip('."') == evened(text.strip("“”"))[1:-1].rstrip('."')
    swapped = text.split()
    i = data.draw(st.integers(0, len(swapped) - 2))
    swapped[i], swapped[i + 1] = swapped[i + 1], swapped[i]
    there = any(evened(" ".join(swapped).strip("“”"))[1:-1] in evened(one) for one in whole.values())
    assert there or quoted(" ".join(swapped), snapshot).kind != "exact"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("The minister said on Tuesday that he would resign before the court had ruled on the case.", ("removed", "not", "")),
        ("he would resign before the court had ruled", ("removed", "not", "")),
        ("One member of his party voted against him.", ("removed", "Not", "")),
        ("“if the court says so – and a day earlier.”", ("removed", "not", "")),
        ("Nobody was not hurt, the mayor said.", ("added", "", "not")),
        ("Turnout was not 61 percent.", ("added", "", "not")),
        ("“I will resign if the court says so.”", ("removed", ",” he told reporters, “", "")),
        ("“I will resign,” he told reporters, “if the court says so.”", ("removed", "– and not a day earlier", "")),
        ("The vote was 61 to 10, with 1,204 citizens watching", ("changed", "0", "10")),
        ("The vote was 61 to 0, with 1.204 citizens watching", ("changed", "1,204", "1.204")),
        ("The harbour of Antwerp reopened on Monday.", ("changed", "Rotterdam", "Antwerp")),
        ("the harbour of Rotterdam reopened on Monday.", ("changed", "The", "the")),
        ("Voters in Evreux chose a new council.", ("changed", "Évreux", "Evreux")),
        ("Did voters in Évreux choose a new council?", ("changed", "chose", "choose")),
        ("The harbour of Rotterdam reopened on Monday?", ("changed", ".", "?")),
    ],
)  # fmt: skip
def test_what_was_left_out_put_in_or_changed_is_shown(
    snapshot: Snapshot, text: str, shown: tuple[str, str, str]
) -> None:
    """A dropped "not" above all, wherever it stood; names, figures, signs and capitals too."""
    kind, listed = kinds(snapshot, text)
    assert kind == "altered"
    assert shown in listed


def test_a_sentence_cut_short_with_a_full_stop_is_not_exact(snapshot: Snapshot) -> None:
    """Where the article goes on without a comma, the full stop says what the article does not."""
    text = "The minister said on Tuesday that he would not resign."
    kind, listed = kinds(snapshot, text)
    assert (kind, listed) == ("altered", [("removed", "before the court had ruled on the case", "")])
    assert quoted(text.rstrip("."), snapshot).kind == "exact"
    assert quoted("“I will resign,”", snapshot).kind == "exact"
    assert quoted("“I will resign.”", snapshot).kind == "absent"
    listed = kinds(snapshot, "“I will resign,” he told reporters.")[1]
    assert listed == [("removed", ", “if the court says so – and not a day earlier", "")]


def test_no_single_word_can_be_dropped_added_or_exchanged_unseen(snapshot: Snapshot) -> None:
    """Each inner word of each sentence: the text is no longer exact, and the difference names the word."""
    for id_, text in sentences(snapshot):
        said = text.split()
        if len(said) < 7 or "it was them" in text:  # what is made of stop words alone is only found as it is
            continue
        for i in range(1, len(said) - 1):
            core = said[i].strip(".,“”’")
            for tampered in (
                said[:i] + said[i + 1 :],
                [*said[:i], "zebras", *said[i + 1 :]],
                [*said[:i], "zebras", *said[i:]],
            ):
                found = quoted(" ".join(tampered), snapshot)
                assert found.kind == "altered", tampered
                assert found.places[0].article == id_ or "waited" in text
                named = " ".join(f"{one.article} | {one.text}" for one in found.differences)
                assert ("zebras" if "zebras" in tampered else core) in named, (tampered, named)


@pytest.mark.parametrize("mark", ["…", "...", "[...]", "[…]", ". . .", "(...)"])
def test_a_text_with_an_ellipsis_is_never_exact(snapshot: Snapshot, mark: str) -> None:
    """Between, before and behind: something was left out, and what it was is shown; also where the article has one."""
    assert kinds(snapshot, f"We waited {mark} and then we waited again")[0] == "altered"
    kind, listed = kinds(snapshot, f"The minister said {mark} that he would not resign before the court had ruled")
    assert kind == "altered"
    assert ("changed", "on Tuesday", mark) in listed
    for text in (f"{mark} he would not resign before the court", f"he would not resign before the court {mark}"):
        kind, listed = kinds(snapshot, text)
        assert kind == "altered"
        assert any(mark in one[2] for one in listed)


def test_a_text_over_several_sentences_is_found_as_a_whole(snapshot: Snapshot) -> None:
    """Exact over a paragraph's end; altered where a whole sentence between two others is missing."""
    text = "Not one member of his party voted against him. The vote was 61 to 0"
    found = quoted(text, snapshot)
    assert (found.kind, len(found.places)) == ("exact", 1)
    assert found.places[0].quote.startswith("Not one member") and found.places[0].quote.endswith("gallery.")
    joined = "The last village fell on Saturday. The U.S. general thanked the fighters."
    kind, listed = kinds(snapshot, joined)
    assert kind == "altered"
    assert any("Commanders raised a yellow flag over Baghuz" in one[1] for one in listed)


def test_the_same_sentence_in_several_articles_is_shown_in_each(snapshot: Snapshot) -> None:
    found = quoted("ships had waited for three days".capitalize(), snapshot)
    assert found.kind == "exact"
    assert len({one.article for one in found.places}) == 2
    assert [one.marker for one in found.places] == [1, 2]


@pytest.mark.parametrize(
    "text",
    [
        "A bridge collapsed in the north of the country after heavy rain.", "xyzzy", "Nobody was", "of",
        "The mayor of Rotterdam resigned over the earthquake on Sunday night.",
        "An earthquake shook nobody, said schools; shocks, said a teacher.",
    ],
)  # fmt: skip
def test_what_stands_nowhere_is_absent_unless_it_is_a_fragment(snapshot: Snapshot, text: str) -> None:
    """Unrelated texts are not called altered, nor are words picked here and there from an article; a few words that do stand there are exact, however common."""
    assert quoted(text, snapshot).kind == ("exact" if text in ("Nobody was", "of") else "absent")


def test_words_that_are_no_search_terms_are_found_all_the_same(snapshot: Snapshot) -> None:
    """The search for candidates must not lose a text made of stop words, nor parts of words count as words."""
    assert quoted("and it was them", snapshot).kind == "exact"
    assert quoted("it was the", snapshot).kind == "absent"
    assert quoted("he harbour of Rotterdam reopened", snapshot).kind == "altered"


def test_boilerplate_is_never_cited(snapshot: Snapshot) -> None:
    """What is no part of the story is no quote from it, alone or at the end of one."""
    assert quoted("They share this view of an article on Twitter.", snapshot).kind == "exact"
    for text in ("Share this article", "They share this view of an article on Twitter. Share this article"):
        found = quoted(text, snapshot)
        assert found.kind != "exact"
        assert all("Share this" not in one.quote for one in found.places)


def test_a_scope_hides_what_it_leaves_out(snapshot: Snapshot) -> None:
    """Neither exact nor altered, by no word of the other collection."""
    exact, altered = "Not one member of his party voted", "Not one member of the party voted against him."
    for scope, seen in (
        (None, True),
        (frozenset({"cour"}), True),
        (frozenset({"all-but"}), False),
        (frozenset[str](), False),
    ):
        assert [quoted(text, snapshot, scope).kind for text in (exact, altered)] == (
            ["exact", "altered"] if seen else ["absent", "absent"]
        )


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "empty_question"),
        (" ?! ", "empty_question"),
        ("a " * LONGEST, "question_too_long"),
        ("a \ud800 b", "bad_text"),
    ],
)
def test_what_is_no_text_is_refused(snapshot: Snapshot, text: str, reason: str) -> None:
    with pytest.raises(QuestionRefused) as refused:
        quoted(text, snapshot)
    assert refused.value.reason == reason


@pytest.mark.parametrize(
    "text", ["- " * 2000, "a" + " -" * 2000 + " b", '"' * 4000 + "a", ". " * 2400 + "a", "the " * 1200]
)
@pytest.mark.timeout(20)
def test_texts_made_to_be_slow_are_not(snapshot: Snapshot, text: str) -> None:
    """Runs of signs and of one word take no longer than their length."""
    try:
        assert quoted(text, snapshot).kind in ("absent", "altered", "exact")
    except QuestionRefused as refused:
        assert refused.reason == "empty_question"


WORDS = st.lists(
    st.sampled_from(["Not", "not", "all", "the", "ships", "came", ",", ".", "5", "“x”"]), min_size=1, max_size=12
)


@settings(max_examples=200, deadline=None)
@given(WORDS, WORDS)
def test_differences_turn_the_article_into_the_text(one: list[str], other: list[str]) -> None:
    """Applied to the article's words they give the text, but for what stands before and after a part of a sentence."""
    original, text = " ".join(one), " ".join(other)
    article_words, said = words(original), words(text)
    found = align(article_words, said)
    if found is None:
        return
    made, at = "", 0
    for change in differences(original, article_words, text, said, found):
        assert original[change.start : change.end] == change.article
        assert (change.kind == "removed") == (change.text == "") and (change.kind == "added") == (change.article == "")
        made += f"{original[at : change.start]} {change.text} "
        at = change.end
    made += original[at:]
    shapes, wanted = [word.shape for word in words(made)], [word.shape for word in said]
    while wanted and wanted[-1] in '.,"':
        wanted.pop()
    runs = [shapes[i : i + len(wanted)] for i in range(len(shapes) - len(wanted) + 1)]
    assert wanted in runs


def test_a_long_text_takes_little_whatever_it_repeats(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No sentence is cut into words twice, and nothing is compared that cannot be near enough."""
    long = " ".join(f"The ferry number {n} left the harbour of Senn before the storm." for n in range(400))
    publish_articles(tmp_path, [article("long.txt", long)])
    done: Counter[str] = Counter()

    def counted(name: str, does: Callable[..., Any]) -> Callable[..., Any]:
        def run(*given: object) -> Any:
            done[name] += 1
            return does(*given)

        return run

    monkeypatch.setattr("bot.quoted.words", counted("words", words))
    monkeypatch.setattr("bot.quoted.align", counted("align", align))
    snapshot = open_snapshot(tmp_path)
    assert quoted(long[2000:6000].replace("left", "leaves"), snapshot).kind == "altered"
    assert done["words"] <= 401 and done["align"] <= 12
    done.clear()
    assert quoted("the ferry " + "number the " * 400, snapshot).kind == "absent"
    assert not done["align"]
    snapshot.close()


def test_others_may_be_served_between_the_steps_and_the_verdict_is_the_same(snapshot: Snapshot) -> None:
    altered, exact = "Ships had waited for nine days", "and it was them"
    steps: list[str] = []

    def between() -> None:
        steps.append(quoted(exact, snapshot).kind)

    assert quoted(altered, snapshot, None, between) == quoted(altered, snapshot)
    looked = len(steps)
    assert quoted("it", snapshot, None, between) == quoted("it", snapshot)
    assert looked >= 2 and len(steps) >= looked + 2 and set(steps) == {"exact"}, "as many steps as articles"
