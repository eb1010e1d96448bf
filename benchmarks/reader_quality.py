"""How well the reader finds the sentence, and knows when there is none: `python -m benchmarks.reader_quality`.

Measures, each by name: `squad2` (SQuAD 2.0 dev, odd half by article), `shifts` (SQuADShifts new-wiki, held-out
articles), `wikiqa` (test, clean), `news` (RealTimeQA 2022 with its baselines), `abstain` (is the confidence that is
shown true, on questions about held-out articles). None of their text is kept; data absent is said, with exit code 1.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import torch

from benchmarks.reader_news import news
from bot.evaluate import calibration_chance, calibration_error
from bot.read import Reader, Window, load_reader
from training.asked import published, shown, trials
from training.data import Corpus, DataMissing, Example, Part, read_corpus
from training.evaluate import (
    attempts,
    average_precision,
    best_threshold,
    f1_at,
    reciprocal_rank,
    sample,
)

MEASURES = ("squad2", "shifts", "wikiqa", "abstain", "news")


def _part(corpus: Corpus, source: str, part: Part) -> list[Example]:
    return [example for example in corpus.examples if example.source == source and example.part == part]


def squad2(reader: Reader, data: Path) -> dict[str, float]:
    """F1 with no-answer on the odd half, threshold from the dev articles of the even half (never trained on)."""
    corpus = read_corpus(data)
    threshold = best_threshold(attempts(reader, corpus, _part(corpus, "squad2", "dev")))
    found = attempts(reader, corpus, _part(corpus, "squad2", "test"))
    answerable = [attempt for attempt in found if attempt.answerable]
    return {
        "questions": len(found),
        "f1": 100 * f1_at(found, threshold),
        "f1_at_best_threshold_of_its_own": 100 * f1_at(found, best_threshold(found)),
        "f1_answerable_only": 100 * f1_at(answerable, -99),
        "always_no_answer": 100 * (1 - len(answerable) / len(found)),
        "threshold": threshold,
    }


def shifts(reader: Reader, data: Path) -> dict[str, float]:
    """F1 and exact match on new-wiki articles of the test part; every question has an answer."""
    corpus = read_corpus(data)
    found = attempts(reader, corpus, _part(corpus, "new_wiki", "test"))
    exact = sum(attempt.exact for attempt in found) / len(found)
    return {"questions": len(found), "f1": 100 * f1_at(found, -99), "exact": 100 * exact}


def wikiqa(reader: Reader, data: Path) -> dict[str, float]:
    """MAP and MRR on the clean test set: questions with both right and wrong sentences, each sentence by itself."""
    path = data / "wikiqa" / "WikiQA-test.tsv"
    if not path.exists():
        raise DataMissing(f"{path} is missing; see training/README.md for where it is published")
    questions: dict[str, list[tuple[str, str, str, bool]]] = {}
    for line in path.read_text(encoding="utf-8").splitlines()[1:]:
        number, question, _, title, _, sentence, label = line.split("\t")
        questions.setdefault(number, []).append((question, title, sentence, label == "1"))
    precision, rank = [], []
    for rows in questions.values():
        if len({right for *_, right in rows}) < 2:
            continue
        windows = [Window(sentence, ((0, len(sentence)),), title) for _, title, sentence, _ in rows]
        # One by one: the place of a sentence in its article is no retrieval rank and must not count.
        found = [reader.read(rows[0][0], [window]) for window in windows]
        order = sorted(range(len(rows)), key=lambda i: -found[i][0].score if found[i] else 99.0)
        precision.append(average_precision([rows[i][3] for i in order]))
        rank.append(reciprocal_rank([rows[i][3] for i in order]))
    return {"questions": len(rank), "map": sum(precision) / len(rank), "mrr": sum(rank) / len(rank)}


def abstain(reader: Reader, data: Path, count: int = 500) -> dict[str, float]:
    """Held-out questions the whole way over an index of encyclopedic articles: first citation right, confidence true."""
    corpus = read_corpus(data)
    with tempfile.TemporaryDirectory(prefix="byline-bench-") as folder:
        snapshot = published(corpus, Path(folder))
        found = trials(reader, snapshot, Path(folder), sample(corpus, "test", count))
        sure, right = shown(found, reader)
    given = [r for r, p in zip(right, sure, strict=True) if p >= 0.5]
    silent = [p < 0.5 for trial, p in zip(found, sure, strict=True) if not trial.answerable]
    answerable = [r for trial, r in zip(found, right, strict=True) if trial.answerable]
    return {
        "questions": len(found),
        "answerable": len(answerable),
        "first_citation_right_of_answerable": sum(answerable) / len(answerable),
        "right_of_shown_at_half": sum(given) / max(1, len(given)),
        "shown_at_half": len(given) / len(found),
        "unanswerable_refused_at_half": sum(silent) / len(silent),
        "expected_calibration_error": calibration_error(sure, right) or 0.0,
        "calibration_error_by_chance": calibration_chance(sure) or 0.0,
    }


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the measures asked for and prints one JSON line each."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.reader_quality", description=__doc__)
    parser.add_argument("measures", nargs="*", default=list(MEASURES), help=", ".join(MEASURES))
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--model", default="default", help="reader folder; 'default' is the shipped one")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--limit", type=int, default=None, help="only so many questions of `news`")
    options = parser.parse_args(argv)
    torch.set_num_threads(options.threads)
    reader = load_reader(options.model, threads=options.threads)
    for measure in options.measures:
        started = time.perf_counter()
        try:
            if measure == "news":
                figures = news(reader, options.data, options.limit)
            else:
                figures = {"squad2": squad2, "shifts": shifts, "wikiqa": wikiqa, "abstain": abstain}[measure](
                    reader, options.data
                )
        except (DataMissing, FileNotFoundError) as error:
            print(error, file=sys.stderr)
            return 1
        rounded = {name: round(value, 4) for name, value in figures.items()}
        print(
            json.dumps({"measure": measure, **rounded, "seconds": round(time.perf_counter() - started, 1)}), flush=True
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
