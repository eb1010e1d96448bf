"""The same story twice: ours and its peers on hand-labelled pairs of real articles: `python -m benchmarks.duplicates`.

Comes in: benchmarks/duplicate_pairs.csv (ids and labels, no text) and `--data`, the folder with `articles.jsonl` of the
RealTimeQA archive of 2022 that the ids are of. Goes out: a table on stdout: precision and recall on the half that
thresholds were set on ("tune"), on the other ("held") and on pairs that were labelled later, most of them near the border
("fresh"), below it ("last"), or below what a build compares at all ("below", none of them one story); and seconds for all the articles. Every way is given the same words: those of sentences,
without headings, captions and boilerplate; ours is shown without and with the addresses, by which an index knows versions.
Peers that are not installed are named and left out; their thresholds are the best ones for the tune half, found in the
same run.

The rule for the labels, for all 552 pairs. What one story is for: a second telling of it is no second witness, so it counts
once, and its outlets are named. So two articles are one story when the shorter one is, in the main, the other's text:

- more than half of the sentences that the shorter one has of its own stand in the other, a few words or figures changed or
  not; links, credits, captions of galleries, notes on the author and quotations of one public statement count for neither;
- and what it has beside those is a newer or older state of the same matter, or more of it: somebody who knows the other
  would call it the same article. It is not when it tells of another event or subject: round-ups, newsletters and pages of
  running news of different days, and pieces of a series with a common background, are different whatever block they share.

So a copy, a shortened copy and an article worked over are one story, also an item that stands whole in a round-up; and so is
the later edition of a yearly explainer, of a list or of "what we know", at whatever address. It is a story of its own only
when most of it is new. It *supersedes* the earlier one only at the same address: elsewhere both may be cited, each with its
date, and count once. Texts at one address are versions, whatever they say. Of a pair where neither has text, the label is
"different". `exact`, `near` (copied, cut, slightly changed) and `version` (a later or earlier state) are one story.

How they were labelled: all pairs mixed, side by side as titles, dates, addresses, and the sentences that only one or both
have (cut short), with no share, stretch or verdict of any way on the screen; by one hand.
"""

from __future__ import annotations

import argparse
import csv
import importlib
import json
import re
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from index.canonical import canonicalise
from index.duplicates import one_texts, shared, wording
from index.split import Sentence, split
from index.versions import Addressed, settle

PAIRS = Path(__file__).with_name("duplicate_pairs.csv")
Ids = tuple[str, str]
# The pairs of one story, by a score that must reach a threshold; a pair that is not in it was not found.
Scores = dict[Ids, float]


@dataclass(frozen=True, slots=True)
class Labelled:
    """A pair that a person has read."""

    ids: Ids
    one_story: bool
    label: str
    half: str


@dataclass(frozen=True, slots=True)
class Read:
    """An article of the set, cut into sentences."""

    url: str
    published: str | None
    sentences: list[Sentence]


Articles = dict[str, Read]


def main() -> None:
    """Prints one line a way and half; then, for ours, every pair of the labelled ones that it gets wrong."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="the folder with articles.jsonl")
    arguments = parser.parse_args()
    pairs = list(_pairs())
    began = time.perf_counter()
    articles = dict(_articles(arguments.data / "articles.jsonl"))
    print(f"{len(articles):,} articles cut into sentences in {time.perf_counter() - began:.1f} s; {len(pairs)} pairs")
    print(
        f"{'way':34} {'half':5} {'precision':>9} {'recall':>7} {'right':>6} {'wrong':>6} {'missed':>6} {'seconds':>8}"
    )
    for name, way in _WAYS.items():
        try:
            began = time.perf_counter()
            scores = way(articles)
            seconds = time.perf_counter() - began
        except ImportError as missing:
            print(f"{name:34} skipped: {missing.name} is not installed")
            continue
        ours = name.startswith("byline")
        threshold = 0.5 if ours else _best(pairs, scores)
        for half in ("tune", "held", "fresh", "last", "below"):
            told = _told([pair for pair in pairs if pair.half == half], scores, threshold)
            print(f"{name:34} {half:5} {told} {seconds:8.1f}" + ("" if ours else f"  at {threshold:.2f}"))
        if name == "byline":
            wrong = [p for p in pairs if (scores.get(p.ids, 0) >= threshold) != p.one_story]
            for one in wrong:
                print(f"  {one.half}: {' '.join(one.ids)} is {one.label}")


def _pairs() -> Iterator[Labelled]:
    with open(PAIRS, encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            yield Labelled((row["one"], row["other"]), row["label"] != "different", row["label"], row["half"])


def _articles(path: Path) -> Iterator[tuple[str, Read]]:
    with open(path, encoding="utf-8") as file:
        for line in file:
            one = json.loads(line)
            sentences = list(split(canonicalise(one["text"]).text, one["title"], "en"))
            yield one["id"], Read(one["url"], one["published"], sentences)


def _told(pairs: Sequence[Labelled], scores: Scores, threshold: float) -> str:
    found = [scores.get(pair.ids, 0) >= threshold for pair in pairs]
    right = sum(said and pair.one_story for said, pair in zip(found, pairs, strict=True))
    wrong, missed = sum(found) - right, sum(pair.one_story for pair in pairs) - right
    precision, recall = right / max(1, right + wrong), right / max(1, right + missed)
    return f"{precision:9.3f} {recall:7.3f} {right:6} {wrong:6} {missed:6}"


def _best(pairs: Sequence[Labelled], scores: Scores) -> float:
    """The threshold at which the smaller of precision and recall on the tune half is highest."""
    tune = [pair for pair in pairs if pair.half == "tune"]

    def worst(threshold: float) -> float:
        precision, recall, *_ = map(float, _told(tune, scores, threshold).split())
        return min(precision, recall)

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
    return {pair.ids: score(articles[pair.ids[0]].sentences, articles[pair.ids[1]].sentences) for pair in _pairs()}


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
