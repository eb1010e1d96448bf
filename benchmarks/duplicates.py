"""The same story twice: ours and its peers on hand-labelled pairs of real articles: `python -m benchmarks.duplicates`.

Comes in: the pairs of benchmarks/duplicate_labels.py, and `--data`, the folder with `articles.jsonl` of the RealTimeQA archive of
2022 that their ids are of. Goes out: a table on stdout: precision and recall of each way in each part of the pairs, by the labels
that two hands share, by the second hand's and by the first's; how far the hands agree; and seconds for all the articles. Every
way is given the same words: those of sentences, without headings, captions and boilerplate; ours is shown without and with the
addresses, by which an index knows versions. Peers that are not installed are named and left out; their thresholds are the
best ones for the pairs of "tune" on which both hands agree, found in the same run.
"""

from __future__ import annotations

import argparse
import importlib
import json
import re
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.duplicate_labels import PARTS, Ids, Labelled, agreement, labelled_pairs
from index.canonical import canonicalise
from index.duplicates import one_texts, shared, wording
from index.split import Sentence, split
from index.versions import Addressed, settle

# The pairs of one story, by a score that must reach a threshold; a pair that is not in it was not found.
Scores = dict[Ids, float]


# What a pair is by each way to take the labels; None where they leave it open.
_HANDS: dict[str, Callable[[Labelled], bool | None]] = {
    "both hands": lambda pair: pair.by_both,
    "second hand": lambda pair: pair.by_second,
    "first hand": lambda pair: pair.by_first,
}


@dataclass(frozen=True, slots=True)
class Read:
    """An article of the set, cut into sentences."""

    url: str
    published: str | None
    sentences: list[Sentence]


Articles = dict[str, Read]


def main() -> None:
    """Prints how far the hands agree and one line a way and part; then the pairs that both hands share and ours gets wrong."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="the folder with articles.jsonl")
    arguments = parser.parse_args()
    pairs = list(labelled_pairs())
    began = time.perf_counter()
    articles = dict(_articles(arguments.data / "articles.jsonl"))
    print(f"{len(articles):,} articles cut into sentences in {time.perf_counter() - began:.1f} s; {len(pairs)} pairs")
    _print_agreement(pairs)
    print(
        f"{'precision, recall (wrong, missed)':34} {'part':5}"
        + "".join(f" {hand:>22}" for hand in _HANDS)
        + "  seconds"
    )
    for name, way in _WAYS.items():
        try:
            began = time.perf_counter()
            scores = way(articles)
            seconds = time.perf_counter() - began
        except ImportError as missing:
            print(f"{name:34} skipped: {missing.name} is not installed")
            continue
        threshold = 0.5 if name.startswith("byline") else _best(pairs, scores)
        _print_way(name, pairs, scores, threshold, seconds)
        if name == "byline":
            wrong = [p for p in pairs if p.by_both not in (None, scores.get(p.ids, 0) >= threshold)]
            for one in wrong:
                print(f"  {one.part}: {' '.join(one.ids)} is {one.first}")


def _print_agreement(pairs: Sequence[Labelled]) -> None:
    compared = [pair for pair in pairs if pair.part != "below"]
    for part, some in [(part, [p for p in pairs if p.part == part]) for part in PARTS] + [("all but below", compared)]:
        found, open_ = agreement(some), sum(pair.by_second is None for pair in some)
        print(
            f"  two hands, {part:13} {found.pairs:4} pairs, alike {found.alike:.3f}, kappa {found.kappa:.3f}; {open_} left open"
        )


def _print_way(name: str, pairs: Sequence[Labelled], scores: Scores, threshold: float, seconds: float) -> None:
    for part in PARTS:
        some = [pair for pair in pairs if pair.part == part]
        told = "".join(f" {_told(some, scores, threshold, hand)!s:>22}" for hand in _HANDS.values())
        at = "" if name.startswith("byline") else f"  at {threshold:.2f}"
        print(f"{name:34} {part:5}{told} {seconds:8.1f}{at}")


def _articles(path: Path) -> Iterator[tuple[str, Read]]:
    with open(path, encoding="utf-8") as file:
        for line in file:
            one = json.loads(line)
            sentences = list(split(canonicalise(one["text"]).text, one["title"], "en"))
            yield one["id"], Read(one["url"], one["published"], sentences)


@dataclass(frozen=True, slots=True)
class Told:
    """How well a way told the pairs of one story."""

    right: int
    wrong: int
    missed: int

    @property
    def precision(self) -> float:
        """The share of the pairs found that are one story."""
        return self.right / max(1, self.right + self.wrong)

    @property
    def recall(self) -> float:
        """The share of the pairs of one story that were found."""
        return self.right / max(1, self.right + self.missed)

    def __str__(self) -> str:
        return f"{self.precision:.3f}, {self.recall:.3f} ({self.wrong}, {self.missed})"


def _told(pairs: Sequence[Labelled], scores: Scores, threshold: float, hand: Callable[[Labelled], bool | None]) -> Told:
    answers = [(scores.get(pair.ids, 0) >= threshold, hand(pair)) for pair in pairs if hand(pair) is not None]
    return Told(*(answers.count(one) for one in ((True, True), (True, False), (False, True))))


def _best(pairs: Sequence[Labelled], scores: Scores) -> float:
    """The threshold at which the smaller of precision and recall on "tune" is highest."""
    tune = [pair for pair in pairs if pair.part == "tune"]

    def worst(threshold: float) -> float:
        told = _told(tune, scores, threshold, _HANDS["both hands"])
        return min(told.precision, told.recall)

    return max((step / 40 for step in range(4, 40)), key=worst)


def _ours(articles: Articles) -> Scores:
    """As a build does it: equal wordings at once, the rest compared."""
    began = time.perf_counter()
    ids, wordings = list(articles), [wording(one.sentences) for one in articles.values()]
    size = sum(one.nbytes for one in wordings) / 1e6
    print(
        f"  wordings: {time.perf_counter() - began:.1f} s, {size:.1f} MB; comparing, as every build does it: ", end=""
    )
    began = time.perf_counter()
    having: dict[bytes, list[str]] = {}
    for id_, one in zip(ids, wordings, strict=True):
        if len(one):
            having.setdefault(one.tobytes(), []).append(id_)
    different = [np.frombuffer(one, dtype=np.uint32) for one in having]
    groups = list(having.values())
    scores = {(a, b): 1.0 for group in groups for a in group for b in group if a != b}
    for i, j in one_texts(different):
        scores |= {pair: 1.0 for a in groups[i] for b in groups[j] for pair in ((a, b), (b, a))}
    print(f"{time.perf_counter() - began:.1f} s; {sum(len(group) > 1 for group in groups)} texts told twice and more")
    return scores


def _ours_and_addresses(articles: Articles) -> Scores:
    """As an index does it: with the versions of one address."""

    def kin(one: str, other: str) -> bool:
        return shared(wording(articles[one].sentences), wording(articles[other].sentences)).kin

    facts = (
        Addressed(id_, one.url, one.published, "jsonl", "", f"{number:09}")
        for number, (id_, one) in enumerate(articles.items())
    )
    addresses: dict[str, list[str]] = {}
    for id_, address, _ in settle(facts, kin).editions:
        addresses.setdefault(address, []).append(id_)
    return _ours(articles) | {(a, b): 1.0 for same in addresses.values() for a in same for b in same if a != b}


def _held_alone(articles: Articles) -> Scores:
    """The share of the shorter one's words in the other, without a look at what is its own; labelled pairs only."""
    return _scored(articles, lambda one, other: shared(wording(one), wording(other)).held)


def _sentences(articles: Articles) -> Scores:
    """The share of the shorter one's sentences that stand in the other word for word; labelled pairs only."""

    def held(one: list[Sentence], other: list[Sentence]) -> float:
        left, right = ({tuple(_words([s])) for s in some if s.kind == "sentence"} for some in (one, other))
        common, least = sum(map(len, left & right)), min(sum(map(len, left)), sum(map(len, right)))
        return common / least if least else 0.0

    return _scored(articles, held)


def _scored(articles: Articles, score: Callable[[list[Sentence], list[Sentence]], float]) -> Scores:
    return {
        pair.ids: score(articles[pair.ids[0]].sentences, articles[pair.ids[1]].sentences) for pair in labelled_pairs()
    }


def _minhash(articles: Articles) -> dict[str, Any]:
    """datasketch's MinHash of each article's runs of five words, 128 permutations."""
    sketch = importlib.import_module("datasketch").MinHash
    made = {}
    for id_, one in articles.items():
        runs = _runs(_words(one.sentences))
        if runs:
            made[id_] = sketch(num_perm=128)
            made[id_].update_batch(runs)
    return made


def _datasketch(articles: Articles) -> Scores:
    """MinHash LSH: pairs that share a band, by their estimated Jaccard similarity."""
    made = _minhash(articles)
    index = importlib.import_module("datasketch").MinHashLSH(threshold=0.3, num_perm=128)
    for id_, one in made.items():
        index.insert(id_, one)
    return {(a, b): made[a].jaccard(made[b]) for a in made for b in index.query(made[a]) if a != b}


def _ensemble(articles: Articles) -> Scores:
    """LSH Ensemble, datasketch's way to containment: found at some of its thresholds, each an index of its own."""
    made = _minhash(articles)
    sizes = {id_: len(set(_runs(_words(articles[id_].sentences)))) for id_ in made}
    ensemble = importlib.import_module("datasketch").MinHashLSHEnsemble
    scores: Scores = {}
    for threshold in (0.5, 0.6, 0.7, 0.8, 0.9):
        index = ensemble(threshold=threshold, num_perm=128, num_part=16)
        index.index([(id_, one, sizes[id_]) for id_, one in made.items()])
        for a, one in made.items():
            for b in index.query(one, sizes[a]):
                if a != b and sizes[a] <= sizes[b]:
                    scores[a, b] = scores[b, a] = threshold
    return scores


def _semhash(articles: Articles) -> Scores:
    """semhash on our own vectors of all-MiniLM-L6-v2 (the first 256 tokens of each article): pairs by cosine."""
    semhash = importlib.import_module("semhash").SemHash
    from index.embed import Embedding, load_embedder

    embedder = load_embedder(Embedding(), bulk=True)
    records = [{"id": id_, "text": " ".join(_words(one.sentences)[:220]) or "-"} for id_, one in articles.items()]

    class Ours:
        """Our embedder in the shape that semhash asks for."""

        def encode(self, inputs: Sequence[str], **_: object) -> Any:
            return embedder.encode(list(inputs))

    found = semhash.from_records(records, columns=["text"], model=Ours()).self_deduplicate(threshold=0.7)
    scores: Scores = {}
    for one in found.filtered:
        for other, score in one.duplicates:
            a, b = one.record["id"], other["id"]
            scores[a, b] = scores[b, a] = float(score)
    return scores


def _words(sentences: Sequence[Sentence]) -> list[str]:
    running = (one.text for one in sentences if one.kind == "sentence")
    return [word for text in running for word in re.findall(r"\w+", text.casefold())]


def _runs(words: Sequence[str]) -> list[bytes]:
    return [" ".join(words[i : i + 5]).encode() for i in range(len(words) - 4)]


_WAYS: dict[str, Callable[[Articles], Scores]] = {
    "byline, words alone": _ours,
    "byline": _ours_and_addresses,
    "share of words held (pairs only)": _held_alone,
    "share of sentences (pairs only)": _sentences,
    "datasketch MinHash LSH": _datasketch,
    "datasketch LSH Ensemble": _ensemble,
    "semhash, our vectors": _semhash,
}

if __name__ == "__main__":
    main()
