"""The reader's network at the start of training, and the loss that it is trained by.

Comes in: all-MiniLM-L6-v2's weights; groups of scored passages. Goes out: a `SpanModel` whose encoder starts from
those weights; one number to minimise. Knows nothing of data sets or optimisers.

The loss has two parts. Each passage by itself: the answer's tokens against all others and "none" (as for SQuAD
2.0, Devlin et al., arXiv 1810.04805). All passages of one question together: one softmax over every token of all
of them and one "none" (shared normalisation, Clark and Gardner, arXiv 1710.10723), which is what makes scores
comparable across passages. Where only the sentence is known, any token of it counts as right.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import Tensor

from bot.read_mini import expanded, load_tensors
from bot.span_model import SpanModel
from index.bert import Shape, from_hugging_face

# Weight of the shared softmax beside the one for each passage.
_SHARED = 0.5
# Where a teacher speaks: the weight of the right answer beside it, and by how much both are softened.
_GOLD, _SOFT = 0.4, 2.0


def fresh_model(folder: Path, seed: int) -> SpanModel:
    """A SpanModel on the weights in `folder`; the heads are drawn anew from `seed`."""
    torch.manual_seed(seed)
    model = SpanModel(Shape())
    tensors = from_hugging_face(Shape(), load_file(folder / "model.safetensors"))
    kinds = tensors["types.weight"]
    # Row 0 marks the question; the passage's rows all begin as BERT's "second sentence".
    tensors["types.weight"] = torch.cat((kinds[:1], kinds[1:].expand(4, -1))).clone()
    model.bert.load_state_dict(tensors)
    for head in (model.span, model.none):
        torch.nn.init.normal_(head.weight, std=0.02)
        torch.nn.init.zeros_(head.bias)
    return _with_words_fixed(model)


def begun_model(folder: Path, minilm: Path) -> SpanModel:
    """A SpanModel that goes on from a reader that was exported to `folder`; word embeddings as they were before."""
    model = SpanModel(Shape())
    tensors = expanded(load_tensors(folder / "weights.safetensors"))
    tensors["bert.words.weight"] = load_file(minilm / "model.safetensors")["embeddings.word_embeddings.weight"]
    model.load_state_dict(tensors)
    return _with_words_fixed(model)


def _with_words_fixed(model: SpanModel) -> SpanModel:
    """The word embeddings stay as they are: a third less work."""
    model.bert.words.weight.requires_grad_(False)
    return model


def loss(odds: Sequence[Tensor], firsts: Sequence[Sequence[int]], lasts: Sequence[Sequence[int]],
         groups: Sequence[int], shown: Sequence[Tensor] = ()) -> Tensor:  # fmt: skip
    """The mean loss over groups of consecutive passages.

    `odds`: for each passage the (tokens, 2) log-odds; `firsts` and `lasts`: right first and last tokens, none if
    the passage does not answer; `groups`: how many passages each question has, the answering one first; `shown`:
    a teacher's log-odds for the same tokens, which then count most (Hinton et al., arXiv 1503.02531).
    """
    alone, shared = [], []
    begin = 0
    for size in groups:
        part = range(begin, begin + size)
        begin += size
        for i in part:
            weight = 1.0 if i == part[0] else 0.5
            alone.append(weight * (_missed(odds[i][:, 0], firsts[i]) + _missed(odds[i][:, 1], lasts[i])))
            if shown:
                alone[-1] = _GOLD * alone[-1] + (1 - _GOLD) * weight * _unlike(odds[i], shown[i])
        if size > 1:
            joint = torch.cat([odds[i] for i in part])
            own = part[0]
            shared.append(_missed(joint[:, 0], firsts[own]) + _missed(joint[:, 1], lasts[own]))
            if shown:
                taught = torch.cat([shown[i] for i in part])
                shared[-1] = _GOLD * shared[-1] + (1 - _GOLD) * _unlike(joint, taught)
    total = torch.stack(alone).sum() / len(groups)
    if shared:
        total = total + _SHARED * torch.stack(shared).sum() / len(groups)
    return total / 2


def _unlike(odds: Tensor, shown: Tensor) -> Tensor:
    """Divergence of the learner's softened distributions over tokens and "none" from the teacher's, first and last."""
    none = odds.new_zeros(1, 2)
    learner = torch.log_softmax(torch.cat((none, odds)) / _SOFT, 0)
    teacher = torch.log_softmax(torch.cat((none, shown)) / _SOFT, 0)
    return _SOFT**2 * torch.sum(teacher.exp() * (teacher - learner))


def _missed(odds: Tensor, right: Sequence[int]) -> Tensor:
    """-log of the probability of the right tokens, or of "none" (log-odds 0) where there is no right one."""
    everything = torch.logsumexp(torch.cat((odds.new_zeros(1), odds)), 0)
    return everything - (torch.logsumexp(odds[list(right)], 0) if right else 0)
