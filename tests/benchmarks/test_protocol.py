"""Systems under measurement answer every order on one line, whatever their libraries do meanwhile."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from benchmarks.ask import _split, ratio
from benchmarks.peers.protocol import Text, read_texts
from benchmarks.systems import HAYSTACK, RANKED

TOY = """
import time
import numpy as np
from benchmarks.peers.protocol import Found, serve

class Toy:
    packages = ("numpy",)
    steps = {}
    def build(self, articles):
        print("a library's banner")
        self.held = articles
        return [one.titled for one in articles]
    def fill(self, passages, vectors):
        assert len(passages) == len(vectors)
        self.held = passages
    def ask(self, question, k):
        time.sleep(0.05)
        self.steps = {"search": 0.01}
        return [Found(one.id, one.text) for one in self.held[:k]]
    def embed(self, texts): return np.ones((len(texts), 2), dtype=np.float32)
    def compare(self, question, texts): return [len(text) for text in texts]
    def save(self, folder): raise OSError("no room")
    def open(self, folder): pass

serve(Toy)
"""


def obey(root: Path, *orders: dict[str, Any]) -> list[dict[str, Any]]:
    done = subprocess.run(
        [sys.executable, "-c", TOY], input="".join(json.dumps(one) + "\n" for one in orders), text=True,
        capture_output=True, cwd=root, timeout=60, check=True,
    )  # fmt: skip
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_each_order_has_one_answer_also_when_a_library_prints_or_fails(root: Path, tmp_path: Path) -> None:
    articles = tmp_path / "articles.jsonl"
    articles.write_text(
        '{"id": "a", "title": "Bridge", "text": "It stands."}\n{"text": "No title."}\n', encoding="utf-8"
    )
    built, asked, failed, unknown, scores, about = obey(
        root,
        {"do": "build", "articles": str(articles), "to": str(tmp_path / "texts")},
        {"do": "ask", "question": "?", "k": 1},
        {"do": "save", "folder": "x"},
        {"do": "dance"},
        {"do": "compare", "question": "?", "texts": ["a", "abc"]},
        {"do": "about"},
    )
    assert built["passages"] == 2
    assert [json.loads(line) for line in (tmp_path / "texts").read_text().splitlines()] == [
        "Bridge\nIt stands.",
        "No title.",
    ]
    assert asked["found"] == [{"article": "a", "text": "It stands.", "sentence": None}]
    assert 0.05 <= asked["seconds"] < 5
    assert asked["steps"] == {"search": 0.01}
    assert failed["error"] == "OSError: no room"
    assert "dance" in unknown["error"]
    assert scores["scores"] == [1.0, 3.0]
    assert "numpy" in about["versions"]


def test_articles_without_an_id_go_by_their_line_and_a_title_is_not_said_twice(tmp_path: Path) -> None:
    file = tmp_path / "a.jsonl"
    file.write_text('{"text": "x"}\n{"id": 7, "text": "y", "title": null}\n', encoding="utf-8")
    assert list(read_texts(file)) == [Text("0", "", "x"), Text("7", "", "y")]
    assert Text("a", "Bridge", "Bridge opens.").titled == "Bridge opens."


def rounds(*blocks: tuple[float, ...]) -> dict[str, Any]:
    return {"rounds": [[{"seconds": one, "retrieve": one / 2} for one in block] for block in blocks], "hits": [1]}


def test_a_ratio_is_the_median_of_the_rounds_so_that_one_noisy_round_says_nothing() -> None:
    ours, theirs = rounds((1, 1), (1, 1), (90, 90)), rounds((3, 3), (3, 3), (3, 3))
    assert ratio(ours, theirs) == 3


def test_haystack_without_its_ranker_is_its_first_step_and_the_ranker_has_no_quality() -> None:
    split = _split({"Byline": rounds((1,)), RANKED.name: rounds((4,)), "bm25s": rounds((2,))})
    assert list(split) == ["Byline", HAYSTACK.name, RANKED.name, "bm25s"]
    assert split[HAYSTACK.name]["rounds"] == [[{"seconds": 2}]]
    assert split[HAYSTACK.name]["hits"] == [1]
    assert split[RANKED.name]["hits"] is None
