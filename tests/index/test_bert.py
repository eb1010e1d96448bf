"""The network against transformers, and what packing sequences must not change."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from index.bert import Bert, Packed, Shape, build_bert, from_hugging_face, pack, rounded, where_they_lie
from index.encoder import load_encoder
from tests.drawn import drawn
from tests.index.test_encoder import TEXTS, minilm

TINY = Shape(vocabulary=50, layers=2, width=16, heads=2, inner=32, positions=40)


def tiny() -> Bert:
    return build_bert(TINY, drawn(Bert(TINY)).state_dict())


def hidden(bert: Bert, sequences: list[list[int]]) -> list[torch.Tensor]:
    packed = pack(sequences)
    states = bert(packed)[: sum(packed.lengths)].split(packed.lengths)
    return [part[: len(sequence)] for part, sequence in zip(states, sequences, strict=True)]


def test_packed_sequences_do_not_see_each_other() -> None:
    bert = tiny()
    sequences = [[1, 2, 3], [4, 5, 6], [7, 8, 9, 10, 11], [12]]
    together = hidden(bert, sequences)
    for sequence, states in zip(sequences, together, strict=True):
        assert torch.allclose(states, hidden(bert, [sequence])[0], atol=1e-5)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_steps_written_over_one_another_give_the_same_to_the_bit(dtype: torch.dtype) -> None:
    bert = build_bert(TINY, drawn(Bert(TINY)).state_dict(), dtype)
    packed = pack([[1, 2, 3], [4, 5, 6, 7], [8] * 17])
    with torch.enable_grad():
        apart = bert(packed)
    with torch.inference_mode():
        assert torch.equal(bert(packed), apart)
    with torch.no_grad():
        assert torch.equal(bert(packed), apart)


def test_what_fills_a_sequence_up_changes_nothing() -> None:
    bert = tiny()
    tokens = torch.tensor([7, 8, 9])
    alone = bert(Packed(tokens, torch.zeros_like(tokens), torch.arange(3), (3,), None))
    filled = pack([[7, 8, 9], [4] * 16, [5] * 17])
    assert filled.lengths == (16, 16, 32) and filled.hidden is not None
    assert pack([[4] * 16]).hidden is None
    assert torch.allclose(bert(filled)[:3], alone, atol=1e-5)
    seen = bert(replace(filled, hidden=None))[:3]
    assert not torch.allclose(seen, alone, atol=1e-3)
    tight = pack([[7, 8, 9], [4] * 16, [5] * 17], tight=True)
    assert tight.lengths == (4, 16, 20) and len(tight.tokens) == 40
    assert torch.allclose(bert(tight)[:3], alone, atol=1e-5)


def test_order_of_tokens_matters() -> None:
    bert = tiny()
    assert not torch.allclose(hidden(bert, [[1, 2, 3]])[0].mean(0), hidden(bert, [[3, 2, 1]])[0].mean(0), atol=1e-4)


def test_lengths_are_rounded_up_to_few_shapes() -> None:
    assert all(rounded(n) >= n for n in range(1, 5000))
    assert len({rounded(n) for n in range(1, 2049)}) <= 30


def named_by_hugging_face(shape: Shape) -> dict[str, torch.Tensor]:
    """Random tensors under the names that transformers' BertModel gives its own."""
    torch.manual_seed(3)
    width, inner = shape.width, shape.inner
    tensors = {
        "embeddings.word_embeddings.weight": torch.randn(shape.vocabulary, width),
        "embeddings.position_embeddings.weight": torch.randn(shape.positions, width),
        "embeddings.token_type_embeddings.weight": torch.randn(shape.types, width),
    }
    attention = {f"attention.self.{part}": (width, width) for part in ("query", "key", "value")}
    matrices = {"attention.output.dense": (width, width), "intermediate.dense": (inner, width)} | attention
    matrices["output.dense"] = (width, inner)
    norms = [f"encoder.layer.{i}.{half}" for i in range(shape.layers) for half in ("attention.output", "output")]
    for name in ["embeddings", *norms]:
        tensors |= {f"{name}.LayerNorm.{kind}": torch.randn(width) for kind in ("weight", "bias")}
    for i in range(shape.layers):
        for name, size in matrices.items():
            tensors[f"encoder.layer.{i}.{name}.weight"] = torch.randn(size)
            tensors[f"encoder.layer.{i}.{name}.bias"] = torch.randn(size[0])
    return tensors


def test_tensors_left_where_they_lie_give_the_numbers_that_joined_ones_give() -> None:
    tensors = named_by_hugging_face(TINY)
    joined, apart = build_bert(TINY, from_hugging_face(TINY, tensors)), where_they_lie(TINY, tensors)
    sequences = [[1, 2, 3], [4] * 20, [12]]
    for one, other in zip(hidden(joined, sequences), hidden(apart, sequences), strict=True):
        assert torch.allclose(one, other, atol=1e-5)
    held = {tensor.data_ptr() for tensor in (*apart.parameters(), *apart.buffers())}
    assert held == {tensor.data_ptr() for tensor in tensors.values()}


@pytest.mark.model
def test_hidden_states_equal_transformers_bert() -> None:
    from transformers import AutoModel, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(minilm(), local_files_only=True)
    model = AutoModel.from_pretrained(minilm(), local_files_only=True).eval()
    encoder = load_encoder(minilm())
    for text in TEXTS[:3]:
        inputs = tokenizer(text, return_tensors="pt")
        with torch.no_grad():
            theirs = model(**inputs).last_hidden_state[0]
        ours = hidden(encoder._bert, [inputs["input_ids"][0].tolist()])[0]
        assert torch.allclose(theirs, ours, atol=1e-4)
