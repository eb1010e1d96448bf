"""The network against transformers, and what packing sequences must not change."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from index.bert import Bert, Packed, Shape, build_bert, pack, rounded
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


def test_order_of_tokens_matters() -> None:
    bert = tiny()
    assert not torch.allclose(hidden(bert, [[1, 2, 3]])[0].mean(0), hidden(bert, [[3, 2, 1]])[0].mean(0), atol=1e-4)


def test_lengths_are_rounded_up_to_few_shapes() -> None:
    assert all(rounded(n) >= n for n in range(1, 5000))
    assert len({rounded(n) for n in range(1, 4097)}) < 40


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
