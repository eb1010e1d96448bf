"""How well follow-up questions are understood: `python -m benchmarks.follow_ups --canard dev.json --cast2019 A B --cast2020 C`.

Comes in: the public originals of CANARD (Elgohary and others 2019) and of TREC CAsT 2019 (turns and resolved turns) and
2020. Goes out: counts. Each turn is taken with what Byline understood of the turns before it. Of those that people
rewrote: how many were changed, how many then hold all the terms that people put in, or some, and for how many the ten
passages that words find are those that the people's question finds (CANARD alone: its passages are all dialogues' answers with
their pages' titles). Of those that stand by themselves, people's own rewrites among them, put in the same place: how
many were changed. CANARD's first 390 dialogues are for making rules, the rest to be held against.
"""

from __future__ import annotations

import argparse
import json
import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from bot.follow import followed
from bot.mentions import Turn
from index.words import terms

_TUNED = 390
_FOUND = 10
_NONE = "I don't know"  # how QuAC says that there is no answer


@dataclass(frozen=True, slots=True)
class Asked:
    """One turn: its dialogue, the line, people's rewrite, and the answer that came before it, if it is known."""

    talk: str
    line: str
    rewrite: str
    before: str | None = None
    topic: str | None = None


def canard(file: Path, tuned: bool) -> list[Asked]:
    """One part of the dialogues, turn by turn."""
    rows = json.loads(file.read_text(encoding="utf-8"))
    first = set(list(dict.fromkeys(row["QuAC_dialog_id"] for row in rows))[:_TUNED])
    return [
        Asked(
            row["QuAC_dialog_id"], row["Question"], row["Rewrite"],
            row["History"][-1] if len(row["History"]) > 2 and not row["History"][-1].startswith(_NONE) else None,
            row["History"][0],
        )
        for row in rows if (row["QuAC_dialog_id"] in first) == tuned
    ]  # fmt: skip


def cast2019(turns: Path, resolved: Path) -> list[Asked]:
    """The evaluation topics with their resolved turns; their answers are not known."""
    lines = (line.split("\t", 1) for line in resolved.read_text(encoding="utf-8").splitlines() if "\t" in line)
    rewritten = {number: text.strip() for number, text in lines}
    return [
        Asked(str(topic["number"]), turn["raw_utterance"], rewritten[f"{topic['number']}_{turn['number']}"])
        for topic in json.loads(turns.read_text(encoding="utf-8")) for turn in topic["turn"]
        if f"{topic['number']}_{turn['number']}" in rewritten
    ]  # fmt: skip


def cast2020(file: Path) -> list[Asked]:
    """The evaluation topics with their manual rewrites."""
    return [
        Asked(str(topic["number"]), turn["raw_utterance"], turn["manual_rewritten_utterance"])
        for topic in json.loads(file.read_text(encoding="utf-8")) for turn in topic["turn"]
    ]  # fmt: skip


def measure(asked: Sequence[Asked], passages: Iterable[str] = ()) -> Iterator[str]:
    """The counts of one set, as lines."""
    count: Counter[str] = Counter()
    found = _Words(passages)
    for line, rewrite, understood, changed in _understood(asked):
        count["of people's rewrites, put in the same place, changed"] += changed
        count["turns"] += 1
        if _same(line, rewrite):
            count["stand by themselves"] += 1
            count["of these changed"] += understood is not None
            continue
        count["need what was said"] += 1
        added, ours = set(terms(rewrite)) - set(terms(line)), set(terms(understood or line))
        count["changed"] += understood is not None
        count["hold all terms that people added"] += added <= ours
        count["hold some of them"] += bool(added & ours)
        count["changed, holding none of them"] += understood is not None and bool(added) and not added & ours
        if found:
            theirs = found.best(rewrite)
            count["same first passage, as asked"] += found.best(line)[:1] == theirs[:1]
            count["same first passage, as understood"] += found.best(understood or line)[:1] == theirs[:1]
            count["same ten passages in hundredths, as asked"] += _overlap(found.best(line), theirs)
            count["same ten passages in hundredths, as understood"] += _overlap(found.best(understood or line), theirs)
    needing = max(1, count["need what was said"])
    for name, number in count.items():
        share = number / needing / (100 if "hundredths" in name else 1)
        yield f"{name:<55}{number:>7,}   {share:.3f} of those that need it"


def _understood(asked: Sequence[Asked]) -> Iterator[tuple[str, str, str | None, bool]]:
    """Each line with its rewrite, what it was understood as, and whether the rewrite would have been changed."""
    talks: dict[str, list[Turn]] = {}
    for one in asked:
        turns = talks.setdefault(one.talk, [Turn(f"Tell me about {one.topic}")] if one.topic else [])
        if turns and one.before:
            turns[-1] = replace(turns[-1], answer=one.before, quote=one.before)
        understood = followed(one.line, turns)
        again = followed(one.rewrite, turns)
        yield one.line, one.rewrite, understood, again is not None and not _same(again, one.rewrite)
        turns.append(Turn(understood or one.line, line=one.line))


class _Words:
    """BM25 over passages in memory, with Byline's terms."""

    def __init__(self, passages: Iterable[str]) -> None:
        self._columns: dict[str, dict[int, int]] = defaultdict(dict)
        self._lengths: list[int] = []
        for i, passage in enumerate(passages):
            counted = Counter(terms(passage))
            self._lengths.append(sum(counted.values()))
            for term, often in counted.items():
                self._columns[term][i] = often
        self._mean = sum(self._lengths) / max(1, len(self._lengths))

    def __bool__(self) -> bool:
        return bool(self._lengths)

    def best(self, question: str) -> list[int]:
        scores: dict[int, float] = defaultdict(float)
        for term in set(terms(question)):
            column = self._columns.get(term, {})
            rarity = math.log(1 + (len(self._lengths) - len(column) + 0.5) / (len(column) + 0.5))
            for i, often in column.items():
                scores[i] += rarity * often / (often + 1.5 * (0.25 + 0.75 * self._lengths[i] / self._mean))
        return sorted(scores, key=lambda i: (-scores[i], i))[:_FOUND]


def _overlap(ours: Sequence[int], theirs: Sequence[int]) -> int:
    return round(100 * len(set(ours) & set(theirs)) / max(1, len(theirs)))


def _same(one: str, other: str) -> bool:
    return re.sub(r"\W+", " ", one).strip().lower() == re.sub(r"\W+", " ", other).strip().lower()


def main() -> None:
    """Print the counts of every set that is given."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--canard", type=Path)
    parser.add_argument("--cast2019", type=Path, nargs=2)
    parser.add_argument("--cast2020", type=Path)
    given = parser.parse_args()
    sets: dict[str, tuple[list[Asked], list[str]]] = {}
    if given.canard:
        halves = {name: canard(given.canard, tuned) for name, tuned in (("tuned on", True), ("set aside", False))}
        every = [one for asked in halves.values() for one in asked]
        passages = list(dict.fromkeys(f"{one.topic} {one.before}" for one in every if one.before))
        sets |= {f"CANARD, {name}": (asked, passages) for name, asked in halves.items()}
    if given.cast2019:
        sets["CAsT 2019"] = cast2019(*given.cast2019), []
    if given.cast2020:
        sets["CAsT 2020"] = cast2020(given.cast2020), []
    for name, (asked, passages) in sets.items():
        print(name, *measure(asked, passages), sep="\n  ")


if __name__ == "__main__":
    main()
