"""Figures: the measures agree with cases worked out by hand."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from tokenizers import Tokenizer
from tokenizers.models import WordLevel

from bot.read import Reading, Window, load_reader
from bot.read_mini import MiniReader, load
from bot.span_model import SpanModel
from bot.weigh import Calibration, Weights
from index.bert import Shape
from tests.drawn import drawn
from training.calibrate import diagram, fit, fit_weights, reweighed
from training.evaluate import (
    Attempt,
    Trial,
    average_precision,
    best_threshold,
    f1,
    f1_at,
    holds,
    reciprocal_rank,
)
from training.export import averaged, export, mixed, shipped_weights
from training.windows import sentence_spans, windows


def test_f1_counts_common_words_without_articles_and_signs() -> None:
    assert f1("The Old Bridge.", "old bridge") == 1.0
    assert f1("old stone bridge", "bridge") == pytest.approx(0.5)
    assert f1("dam", "bridge") == 0.0


def test_withholding_is_right_only_where_there_is_no_answer() -> None:
    found = [Attempt(True, 5.0, 0.8, 0.0), Attempt(False, -1.0, 0.0, 0.0), Attempt(True, -3.0, 1.0, 1.0)]
    assert f1_at(found, -99) == pytest.approx(0.6)
    assert f1_at(found, 0.0) == pytest.approx((0.8 + 1.0 + 0.0) / 3)
    assert f1_at(found, best_threshold(found)) == pytest.approx(0.6)


def test_rank_measures() -> None:
    assert average_precision([False, True, False, True]) == pytest.approx(0.5)
    assert reciprocal_rank([False, True]) == 0.5
    assert average_precision([False]) == reciprocal_rank([False]) == 0.0


def test_a_reference_is_held_as_whole_words_only() -> None:
    assert holds("The SDF won in Orlec.", ["orlec"])
    assert not holds("Orlecs won.", ["Orlec"])
    assert not holds("anything", ["", "?"])


def test_the_fit_finds_the_function_behind_the_answers_that_it_chooses_itself() -> None:
    """Of two readings a question the likelier is given; which it is hangs on the weights that are sought."""
    rng = np.random.default_rng(1)
    made = rng.normal((0, -1), (3, 1), (6000, 2, 2))
    odds = made @ (0.8, 1.5) - 1
    right = rng.random(odds.shape) < 1 / (1 + np.exp(-odds))

    def given(by: Calibration) -> tuple[list[tuple[float, ...]], list[bool]]:
        first = (made @ (by.odds, by.share)).argmax(1)
        return [tuple(row) for row in made[range(6000), first]], right[range(6000), first].tolist()

    found = fit(given)
    assert (found.bias, found.odds, found.share) == pytest.approx((-1, 0.8, 1.5), abs=0.15)


def test_weights_are_fitted_to_what_tells_right_from_wrong() -> None:
    right, wrong = Window("Ann won in Orlec.", ((0, 17),)), Window("Bob sang.", ((0, 9),))
    found = []
    for i in range(60):
        # The score misleads in half of the questions; the shared words never do.
        readings = (Reading(0, 0, 0, 3, float(i % 2)), Reading(1, 0, 0, 3, 0.5))
        found.append(Trial("who won in Orlec?", True, bool(i % 2), ("Bob", "Ann")[1:], readings, (right, wrong)))
    weights = fit_weights(found)
    assert weights.window + weights.sentence > 1
    assert all(trial.right for trial in reweighed(found, weights))


def test_the_diagram_is_a_picture(tmp_path: Path) -> None:
    diagram(tmp_path / "d.png", {"made": ([0.1, 0.9] * 10, [False, True] * 10)})
    assert (tmp_path / "d.png").read_bytes().startswith(b"\x89PNG")


def test_sentences_are_slices_and_abbreviations_do_not_end_them() -> None:
    text = "Gen. Orlec of the U.S. Army spoke. “It held.” Then\nA heading\nJ. Tarvin left."
    assert [text[start:end] for start, end in sentence_spans(text)] == [
        "Gen. Orlec of the U.S. Army spoke.", "“It held.”", "Then", "A heading", "J. Tarvin left.",
    ]  # fmt: skip


def test_windows_hold_every_sentence_once() -> None:
    text = " ".join(f"Sentence number {i} is here." for i in range(50))
    found = windows(text, target=200)
    assert [w.text[s:e] for w in found for s, e in w.sentences] == [text[s:e] for s, e in sentence_spans(text)]
    assert all(len(w.text) < 250 for w in found)


def test_an_exported_folder_loads_and_vouches_for_its_weights(tmp_path: Path) -> None:
    tensors = dict(drawn(SpanModel(Shape())).state_dict())
    fixed = {"bert.words.weight": tensors.pop("bert.words.weight")}
    save_file({f"average.{n}": v for n, v in tensors.items()}, tmp_path / "a.safetensors")
    save_file({f"average.{n}": v * 3 for n, v in tensors.items()}, tmp_path / "b.safetensors")
    mean = averaged([tmp_path / "a.safetensors", tmp_path / "b.safetensors"], fixed)
    assert torch.allclose(mean["span.weight"], tensors["span.weight"] * 2)
    kept = mixed(mean, {name: torch.zeros_like(value) for name, value in mean.items()}, 0.25)
    assert torch.allclose(kept["span.weight"], mean["span.weight"] * 0.75)
    Tokenizer(WordLevel({"[UNK]": 0}, unk_token="[UNK]")).save(str(tmp_path / "t.json"))
    export(tmp_path / "out", "r", mean, Weights(1.0), Calibration(0.5), tmp_path / "t.json", titles=False)
    assert json.loads((tmp_path / "out/config.json").read_text())["calibration"]["bias"] == 0.5
    assert shipped_weights(tmp_path / "out") == Weights(1.0)
    assert sum(path.stat().st_size for path in (tmp_path / "out").iterdir()) < 25_000_000
    assert load_reader(tmp_path / "out").name == "r"


def test_a_reader_at_work_keeps_its_weights_when_others_are_exported_over_them(tmp_path: Path) -> None:
    """It leaves the rows of its words in the file, so that file must not be written over."""
    vocabulary = tmp_path / "t.json"
    Tokenizer(WordLevel({"[UNK]": 0}, unk_token="[UNK]")).save(str(vocabulary))

    def words_of(reader: MiniReader) -> torch.Tensor:
        return reader.model.bert.words.get_buffer("small")

    tensors = drawn(SpanModel(Shape())).state_dict()
    export(tmp_path / "out", "r", tensors, Weights(), Calibration(), vocabulary, titles=False)
    reader = load(tmp_path / "out")
    before = words_of(reader).clone()
    turned = {name: -tensor for name, tensor in tensors.items()}
    export(tmp_path / "out", "r", turned, Weights(), Calibration(), vocabulary, titles=False)
    assert torch.equal(words_of(reader), before)
    assert torch.equal(words_of(load(tmp_path / "out")), -before)
    assert {path.suffix for path in (tmp_path / "out").iterdir()} == {".json", ".safetensors"}
