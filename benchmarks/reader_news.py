"""RealTimeQA 2022: 454 quiz questions on 4,828 raw news articles, read and held against three baselines.

Comes in: a reader and the data folder. Goes out: how often a gold answer stands in the first sentence, and in the
first three, for the reader, for the nearest all-MiniLM sentence, the best BM25 sentence, and both ranks together,
all over the same thirty windows that BM25 finds.
"""

from __future__ import annotations

import json
import logging
import math
import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import bm25s
import numpy as np

from bot.read import Reader, Window
from index.encoder import Encoder, load_encoder
from training.data import DataMissing
from training.evaluate import holds
from training.school import minilm
from training.windows import windows

log = logging.getLogger("benchmarks")
_WORD = re.compile(r"\w+")


def news(reader: Reader, data: Path, limit: int | None = None, k: int = 30) -> dict[str, float]:
    """Shares of questions whose first sentence (and first three) hold a gold answer; `held` is the ceiling."""
    folder = data / "realtimeqa_2022"
    if not folder.exists():
        raise DataMissing(f"{folder} is missing; it is for measuring only and not published with Byline")
    pool = [one for article in _rows(folder / "articles.jsonl") for one in windows(article["text"], article["title"])]
    asked = _rows(folder / "questions.jsonl")[:limit]
    tokens = bm25s.tokenize([f"{one.title or ''} {one.text}" for one in pool], stopwords="en", show_progress=False)
    index = bm25s.BM25()
    index.index(tokens, show_progress=False)
    queries = bm25s.tokenize([row["q"] for row in asked], stopwords="en", show_progress=False)
    found, _ = index.retrieve(queries, k=k, show_progress=False)
    rarity = _rarity(pool)
    encoder = load_encoder(minilm(), "auto")
    hits: Counter[str] = Counter()
    for row, near in zip(asked, np.asarray(found), strict=True):
        chosen = _distinct([pool[int(i)] for i in near])
        hits["held"] += any(holds(one.text, row["answers"]) for one in chosen)
        for name, ranking in _rankings(reader, encoder, rarity, row["q"], chosen).items():
            hits[f"{name}_first"] += holds(ranking[0], row["answers"]) if ranking else 0
            hits[f"{name}_three"] += any(holds(sentence, row["answers"]) for sentence in ranking[:3])
    return {"questions": len(asked), "windows": len(pool), **{name: n / len(asked) for name, n in sorted(hits.items())}}


def _rows(path: Path) -> list[dict[str, str]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def _distinct(found: Sequence[Window]) -> list[Window]:
    return list({one.text: one for one in found}.values())


def _rarity(pool: Sequence[Window]) -> dict[str, float]:
    """BM25's weight of each word over all windows."""
    counts = Counter(word for one in pool for word in set(_WORD.findall(one.text.lower())))
    return {word: math.log(1 + (len(pool) - n + 0.5) / (n + 0.5)) for word, n in counts.items()}


def _rankings(
    reader: Reader, encoder: Encoder, rarity: dict[str, float], question: str, chosen: Sequence[Window]
) -> dict[str, list[str]]:
    sentences = [one.text[start:end] for one in chosen for start, end in one.sentences]
    vectors = encoder.encode([question, *sentences])
    near = vectors[1:] @ vectors[0]
    words = np.array([_bm25(question, sentence, rarity) for sentence in sentences])
    ranks = 1 / (60 + np.argsort(np.argsort(-near))) + 1 / (60 + np.argsort(np.argsort(-words)))
    readings = reader.read(question, chosen)
    read = [chosen[r.window].text[slice(*chosen[r.window].sentences[r.sentence])] for r in readings]
    orders = {"embedding": near, "bm25": words, "hybrid": ranks}
    return {"reader": read} | {
        name: [sentences[i] for i in np.argsort(-scores, kind="stable")[:3]] for name, scores in orders.items()
    }


def _bm25(question: str, sentence: str, rarity: dict[str, float]) -> float:
    counts = Counter(_WORD.findall(sentence.lower()))
    length = sum(counts.values())
    return sum(
        rarity.get(word, 0.0) * counts[word] * 2.5 / (counts[word] + 1.5 * (0.25 + 0.75 * length / 22))
        for word in set(_WORD.findall(question.lower()))
        if word in counts
    )
