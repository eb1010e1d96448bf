"""The same story twice: what is one text and what only shares a block, whatever the order, the scope and the way there."""

from __future__ import annotations

import random
import sqlite3
from itertools import combinations, permutations
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index import draft
from index.build import add, build, remove
from index.draft import ARTICLES
from index.duplicates import Shared, Wording, one_texts, shared, wording
from index.generations import current
from index.sources.read import Document, article, documents
from index.split import Sentence, split
from index.store import Scope, open_snapshot
from tests.conftest import ROOT
from tests.index.test_build import RECIPE, quiet
from tests.index.tiny import NGramEmbedder

WORDS = [
    f"{a}{b}{c}" for a in ("ba", "do", "ke", "mi", "nu") for b in ("ra", "se", "ti", "lo") for c in ("n", "k", "s")
]


def prose(seed: int, sentences: int = 12) -> list[str]:
    """Sentences of twelve made-up words; two seeds share no run of five words."""
    chance = random.Random(seed)
    return [" ".join(chance.choices(WORDS, k=12)).capitalize() + "." for _ in range(sentences)]


def said(*parts: list[str]) -> Wording:
    return wording(split(" ".join(sentence for part in parts for sentence in part)))


def one_text(one: Wording, other: Wording) -> bool:
    return bool(one_texts([one, other]))


def test_case_signs_and_breaks_make_no_other_wording() -> None:
    assert np.array_equal(
        wording(split("The Mayor’s bridge—opened on Monday.\n\n“It rained.”")),
        wording(split("the mayor's bridge, opened on monday. It rained!")),
    )


def test_headings_captions_and_boilerplate_are_nobodys_own_words() -> None:
    own = Sentence(0, 31, "The bridge was opened on Monday.", "sentence")
    others = [Sentence(40, 80, "Sign up for our daily letter here today.", kind) for kind in ("heading", "caption", "boilerplate")]  # fmt: skip
    assert np.array_equal(wording([own, *others]), wording([own]))
    assert len(wording(others)) == 0


def test_fewer_than_five_words_are_no_text() -> None:
    assert len(wording(split("It rained all day."))) == 0
    assert one_texts([wording([]), said(prose(1))]) == []


def test_a_shortened_copy_and_one_with_small_changes_are_one_text_with_the_long_piece() -> None:
    long = prose(1, 30)
    cut = long[:9]
    edited = [sentence.replace(" ", " also ", 1) if i % 3 == 0 else sentence for i, sentence in enumerate(long)]
    other = prose(2, 30)
    assert one_text(said(cut), said(prose(3), long, prose(4)))
    assert one_text(said(edited), said(long))
    assert not one_text(said(other), said(long))


def test_pages_that_share_a_block_have_each_its_own_story() -> None:
    """Nine tenths of the shorter page may be a gallery: what stands beside it in one piece is a story."""
    gallery = prose(1, 140)
    assert shared(said(prose(2, 15), gallery), said(prose(3, 30), gallery)).held > 0.85
    assert not one_text(said(prose(2, 15), gallery), said(prose(3, 30), gallery))
    assert not one_text(said(prose(4, 10), prose(5, 8)), said(prose(4, 10), prose(6, 8)))


def test_round_ups_with_one_item_of_their_own_are_two_and_as_many_own_words_in_two_places_are_one() -> None:
    """An item of 120 words in one piece is a story beside the shared ones; a version has that many spread over the text."""
    items = prose(1, 50)
    assert shared(said(items, prose(2, 10)), said(items, prose(3, 10))).held > 0.8
    assert not one_text(said(items, prose(2, 10)), said(items, prose(3, 10)))
    spread = [said(items[:25], prose(seed, 5), items[25:], prose(seed + 1, 5)) for seed in (2, 4)]
    assert one_text(*spread)


def mended(sentences: list[str], *places: int) -> list[str]:
    """The sentences, a word in the middle of those at `places` changed."""
    return [
        " ".join([*(words := one.split())[:6], "changed", *words[7:]]) if i in places else one
        for i, one in enumerate(sentences)
    ]


def test_an_article_worked_over_is_one_text_and_one_with_a_block_and_as_long_a_piece_of_its_own_is_not() -> None:
    """A hundred and fifty words in one piece are its own, in all; a block is taken over as it is, so nothing is mended in it."""
    kept = prose(1, 36)
    one, block = said(kept, prose(2, 13)), said(kept, prose(3, 13))
    once, twice = (said(mended(kept, *places), prose(3, 13)) for places in ((9,), (9, 21)))
    assert all(shared(one, other).own > 150 for other in (block, once, twice))
    assert [shared(one, other).mended for other in (block, once, twice)] == [0, 1, 2]
    assert [one_text(one, other) for other in (block, once, twice)] == [False, False, True]
    shorter, longer_piece = said(kept[:24], prose(2, 13)), said(mended(kept[:24], 5, 14), prose(3, 13))
    assert (found := shared(shorter, longer_piece)).mended == 2 and found.held > 0.6
    assert found.own > 0.31 * found.words and not found.one_text


def test_items_between_shared_ones_are_no_mending() -> None:
    """Round-ups that share several items have items of their own between them: of eleven words and more, and so not mended."""
    items = [prose(seed, 9) for seed in range(4)]
    pages = [
        said(*(part for i, item in enumerate(items) for part in (item, prose(seed + i, 1))), prose(seed + 9, 13))
        for seed in (20, 40)
    ]
    assert shared(*pages).held > 0.56
    assert shared(*pages).mended == 0
    assert not one_text(*pages)
    before, after = " ".join(prose(1)), " ".join(prose(2))
    ten, eleven, longer = (
        wording(split(f"{before} {' '.join(words)} {after}")) for words in (WORDS[:10], WORDS[:11], WORDS[20:40])
    )
    assert [shared(one, longer).mended for one in (ten, eleven)] == [1, 0]


def test_half_of_the_words_or_a_third_of_its_own_in_one_piece_are_two_texts() -> None:
    """However the rest is spread."""
    half = [[p for i in range(6) for p in (prose(i, 4), prose(seed + i, 4))] for seed in (20, 40)]
    piece = [
        [*(p for i in range(6) for p in (prose(i, 5), prose(seed + i, 1))), prose(seed + 9, 17)] for seed in (20, 40)
    ]
    assert not one_text(said(*half[0]), said(*half[1]))
    assert shared(said(*piece[0]), said(*piece[1])).held > 0.56
    assert not one_text(said(*piece[0]), said(*piece[1]))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 11), min_size=1, max_size=40), st.lists(st.integers(0, 11), min_size=1, max_size=40))
def test_what_is_shared_is_what_counting_word_by_word_finds(left: list[int], right: list[int]) -> None:
    """Few words, so that runs meet by chance."""
    texts = [[WORDS[i] for i in some] for some in (left, right)]
    found = shared(*(wording([Sentence(0, 9, " ".join(text), "sentence")]) for text in texts))
    assert found in (_slowly(*texts), _slowly(*texts[::-1]))
    assert found == shared(*(wording([Sentence(0, 9, " ".join(text), "sentence")]) for text in texts[::-1]))


def _slowly(short: list[str], long: list[str]) -> Shared:
    if len(short) < 5:
        return Shared(0.0, 0, 0, 0)
    runs = {tuple(long[i : i + 5]) for i in range(len(long) - 4)}
    held = [False] * len(short)
    for i in range(len(short) - 4):
        if tuple(short[i : i + 5]) in runs:
            held[i : i + 5] = [True] * 5
    own, longest, mended, i = 0, 0, 0, 0
    while i < len(held):
        end = next((j for j in range(i, len(held)) if held[j] != held[i]), len(held))
        own = 0 if held[i] and end - i >= 10 else own + end - i
        mended += not held[i] and i > 0 and end < len(held) and end - i <= 10
        longest, i = max(longest, own), end
    return Shared(sum(held) / len(held), longest, mended, len(held))


def test_the_pairs_are_those_that_comparing_every_pair_finds_in_any_order() -> None:
    """The quick way looks at few pairs; it must miss none."""
    chance = random.Random(7)
    texts = []
    for seed in range(40):
        base = prose(seed // 4, 20)
        kept = [sentence for sentence in base if chance.random() < 0.8]
        texts.append(said(kept, prose(100 + seed, chance.randrange(0, 14))))
    slowly = {(i, j) for i, j in combinations(range(40), 2) if shared(texts[i], texts[j]).one_text}
    assert set(one_texts(texts)) == slowly
    assert 20 < len(slowly) < 60
    order = chance.sample(range(40), 40)
    turned = {tuple(sorted((order[i], order[j]))) for i, j in one_texts([texts[k] for k in order])}
    assert turned == slowly


def test_a_story_that_a_hundred_outlets_changed_a_little_is_one_story_still() -> None:
    """Each left out some of it and added a line; not every pair is named, but each is reached from each."""
    chance = random.Random(5)
    long = prose(1, 30)
    texts = [said([one for one in long if chance.random() < 0.9], prose(1000 + i, 1)) for i in range(100)]
    pairs = one_texts([*texts, said(prose(2, 30))])
    reached, waiting = {0}, [0]
    while waiting:
        one = waiting.pop()
        new = {other for pair in pairs if one in pair for other in pair} - reached
        reached |= new
        waiting += new
    assert reached == set(range(100))
    assert len(pairs) < 100 * 60


def files(folder: Path) -> dict[str, Path]:
    """A long piece, its short copy, another outlet's copy of it to the letter, an edited one, and something else."""
    long = prose(1, 24)
    texts = {
        "long": long, "short": long[:8], "twin": long, "else": prose(2, 24),
        "edited": [*long[:20], *prose(3, 3)], "block": [*long[:8], *prose(4, 30)],
    }  # fmt: skip
    folder.mkdir()
    for name, text in texts.items():
        (folder / f"{name}.txt").write_text(" ".join(text), encoding="utf-8")
    return {name: folder / f"{name}.txt" for name in texts}


def stories(index: Path, scope: Scope = None) -> set[frozenset[str]]:
    """The stories of an index, by the names of files."""
    snapshot = open_snapshot(index)
    names = {entry.id: Path(entry.origin).stem for entry in snapshot.entries(scope)}
    found = {frozenset(names[one] for one in snapshot.stories.of(id_, scope)) for id_ in names}
    snapshot.close()
    return found


# "block" holds the whole short copy, so it belongs to the story through it, though not by itself to the long piece.
EXPECTED = {frozenset({"long", "short", "twin", "edited", "block"}), frozenset({"else"})}


def test_the_stories_are_the_same_in_any_order_built_at_once_or_added(tmp_path: Path, embedder: NGramEmbedder) -> None:
    paths = files(tmp_path / "n")
    orders = list(permutations(paths))[:: len(list(permutations(paths))) // 5]
    for number, order in enumerate(orders):
        at_once, added = tmp_path / f"once{number}", tmp_path / f"added{number}"
        build(at_once, [paths[name] for name in order], RECIPE, quiet)
        for name in order:
            add(added, [paths[name]], RECIPE, quiet)
        assert stories(at_once) == stories(added) == EXPECTED


def test_a_story_falls_apart_when_the_article_between_is_removed(tmp_path: Path, embedder: NGramEmbedder) -> None:
    paths, index = files(tmp_path / "n"), tmp_path / "index"
    build(index, list(paths.values()), RECIPE, quiet)
    snapshot = open_snapshot(index)
    doomed = next(entry.id for entry in snapshot.entries() if entry.origin.endswith("short.txt"))
    snapshot.close()
    remove(index, [doomed], RECIPE, quiet)
    assert stories(index) == {frozenset({"long", "twin", "edited"}), frozenset({"block"}), frozenset({"else"})}


def test_only_what_is_new_is_read_for_its_wording(
    tmp_path: Path, embedder: NGramEmbedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Wordings of articles that did not change are taken over from the generation before."""
    paths, index, asked = files(tmp_path / "n"), tmp_path / "index", list[int]()
    build(index, [path for name, path in paths.items() if name != "twin"], RECIPE, quiet)

    def counted(sentences: object) -> Wording:
        asked.append(1)
        return wording(sentences)  # type: ignore[arg-type]  # given as it is on purpose: looser than the declared type

    monkeypatch.setattr(draft, "wording", counted)
    add(index, [paths["twin"]], RECIPE, quiet)
    assert len(asked) == 1
    assert stories(index) == EXPECTED


def test_a_story_is_put_together_within_the_scope(tmp_path: Path, embedder: NGramEmbedder) -> None:
    """What nobody of the scope may see joins nothing and is not named: "short" alone leads from "block" to the others."""
    paths, index = files(tmp_path / "n"), tmp_path / "index"
    for name, path in paths.items():
        add(index, [path], RECIPE, quiet, collections=["blue"] if name == "short" else ["red"])
    assert stories(index) == EXPECTED
    red = frozenset({"red"})
    assert stories(index, red) == {frozenset({"long", "twin", "edited"}), frozenset({"block"}), frozenset({"else"})}
    assert stories(index, frozenset({"blue"})) == {frozenset({"short"})}


def test_nothing_of_a_removed_articles_wording_is_left(tmp_path: Path, embedder: NGramEmbedder) -> None:
    """A hash can be compared with a text that somebody has, so it goes with its article."""
    paths, index = files(tmp_path / "n"), tmp_path / "index"
    build(index, list(paths.values()), RECIPE, quiet)
    snapshot = open_snapshot(index)
    doomed = next(entry.id for entry in snapshot.entries() if entry.origin.endswith("else.txt"))
    snapshot.close()
    traces = wording(split(paths["else"].read_text()))
    path = current(index).folder / ARTICLES
    assert traces[3:9].tobytes() in path.read_bytes()
    remove(index, [doomed], RECIPE, quiet)
    data = (current(index).folder / ARTICLES).read_bytes()
    assert not any(traces[i : i + 3].tobytes() in data for i in range(len(traces) - 2))
    with sqlite3.connect(current(index).folder / ARTICLES) as database:
        told = {one for (one,) in database.execute("SELECT told FROM articles")}
        assert {one for (one,) in database.execute("SELECT told FROM one_texts")} <= told


def test_the_wire_story_that_the_starter_corpus_prints_twice_is_one_and_no_other_is() -> None:
    """All twelve tell of one event, and two of them in one text."""
    made = [article(one) for one in documents([ROOT / "seeds"]) if isinstance(one, Document)]
    pairs = one_texts([wording(split(one.text, one.title)) for one in made])
    assert [{Path(made[place].origin).stem for place in pair} for pair in pairs] == [
        {"meridian-wire-victory", "northern-courier-victory"}
    ]
