"""The teacher is MPNet, learns only in its upper half, and what it said reaches the learner at the right token."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer
from torch import Tensor

from bot.span_model import LOWER, Pair, SpanModel, pair, score
from index.bert import Shape, pack
from tests.drawn import drawn
from tests.training.test_groups import corpus, tokenizer
from training import lessons, teacher
from training.batch import Batch
from training.export import averaged
from training.model import loss
from training.school import School
from training.train import Recipe, Run, follow

SMALL = Shape(layers=4, width=24, heads=2, inner=48, positions=62, types=5, epsilon=1e-5)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A random MPNet as transformers saves it, with the vocabulary's true size."""
    transformers = pytest.importorskip("transformers")
    torch.manual_seed(3)
    config = transformers.MPNetConfig(
        vocab_size=30527, hidden_size=24, num_hidden_layers=4, num_attention_heads=2, intermediate_size=48,
        max_position_embeddings=64, initializer_range=0.3,
    )  # fmt: skip
    made = transformers.MPNetModel(config, add_pooling_layer=False).eval()
    save_file({name: value.contiguous() for name, value in made.state_dict().items()}, tmp_path / "model.safetensors")
    made.config.save_pretrained(tmp_path)
    return tmp_path


def test_the_network_equals_transformers_mpnet(folder: Path) -> None:
    import transformers

    theirs = transformers.MPNetModel.from_pretrained(folder, add_pooling_layer=False, attn_implementation="eager")
    ours = teacher.fresh_teacher(folder, 1, SMALL)
    states: list[Tensor] = []
    ours.upper[-1].register_forward_hook(lambda _module, _given, made: states.append(made))
    sequences = [[101, *range(2000, 2050), 102], [101, 3000, 102]]
    packed = pack(sequences, [[0] * len(sequence) for sequence in sequences])
    with torch.no_grad():
        ours(packed)
        begin = 0
        for sequence, length in zip(sequences, packed.lengths, strict=True):
            ids = torch.tensor([[{101: 0, 102: 2}.get(token, token + 4) for token in sequence]])
            expected = theirs(ids, attention_mask=torch.ones_like(ids)).last_hidden_state[0]
            assert torch.allclose(states[0][begin : begin + len(sequence)], expected, atol=1e-3)
            begin += length


def test_only_the_upper_half_and_the_heads_learn(folder: Path) -> None:
    model = teacher.fresh_teacher(folder, 1, SMALL)
    run = Run(model, partial(teacher.score, model), Recipe(tokens=10**6, warm_steps=1, rate=1e-2), folder / "run")
    before = {name: value.clone() for name, value in model.state_dict().items()}
    run.step(lessons.batches(school(), [0], 1, 0, False, words(), 512).__next__())
    changed = {name.split(".")[0] for name, value in model.state_dict().items() if not torch.equal(value, before[name])}
    assert changed == {"upper", "kinds", "span", "none"}
    run.save()
    learnt = teacher.taught(folder, averaged([folder / "run" / "checkpoint.safetensors"], {}, "master"), SMALL)
    asked = [pair((2005,), (), (2006, 2007), (LOWER, LOWER))]
    model.eval()
    assert torch.allclose(teacher.score(learnt, asked)[0], teacher.score(model, asked)[0])


def words() -> Tokenizer:
    return tokenizer("Bridges of town The mayor is number again . ? who in the bridges 0 1 2 3 4 5 Mayor , what Who")


def school() -> School:
    made = corpus()
    return School(made, made.examples, [(0, 1, 3)], {})


def spoken(pairs: Sequence[Pair]) -> list[Tensor]:
    """A teacher whose word on each token is the token's number, so that a shift shows."""
    return [torch.tensor([[token, -token] for token in one.tokens[one.offset : -1]]).float() for one in pairs]


def test_what_the_teacher_said_comes_back_at_its_token(tmp_path: Path) -> None:
    shares = {"squad1": 40.0}
    lessons.write(spoken, school(), shares, tmp_path, words(), 5, (0, 1), 10**4, late=False)
    files = sorted(tmp_path.glob("*.safetensors"))
    assert files and not list(tmp_path.glob("*.new"))
    seen = 0
    chunks = lessons.lessons(school(), tmp_path, words(), Recipe(batch_tokens=64), 0)
    for _ in range(2 * len(files)):
        for batch in next(chunks):
            for one, shown in zip(batch.pairs, batch.shown, strict=True):
                assert torch.equal(shown, spoken([one])[0])
                seen += 1
    assert seen > 40


def test_voices_in_unison_are_their_mean_by_shares() -> None:
    def louder(pairs: Sequence[Pair]) -> list[Tensor]:
        return [3 * said for said in spoken(pairs)]

    asked = [pair((5,), (), (6, 7), (LOWER, LOWER)), pair((5,), (), (8,), (LOWER,))]
    for said, once in zip(lessons.in_unison([(1, spoken), (3, louder)], asked), spoken(asked), strict=True):
        assert torch.allclose(said, 2.5 * once)


def test_labels_are_made_in_parts_and_never_twice(tmp_path: Path) -> None:
    for part in ((0, 2), (1, 2)):
        lessons.write(spoken, school(), {"squad1": 1200.0}, tmp_path, words(), 5, part, 1, late=True)
    assert sorted(path.stem for path in tmp_path.glob("*.safetensors")) == ["00000", "00001"]
    before = {path: path.stat().st_mtime_ns for path in tmp_path.glob("*.safetensors")}
    lessons.write(spoken, school(), {"squad1": 1200.0}, tmp_path, words(), 5, (0, 1), 1, late=True)
    after = {path: path.stat().st_mtime_ns for path in tmp_path.glob("*.safetensors")}
    assert len(after) == 3 and all(after[path] == before[path] for path in before)


def test_labels_of_other_data_are_refused(tmp_path: Path) -> None:
    lessons.write(spoken, school(), {"squad1": 40.0}, tmp_path, words(), 5, (0, 1), 10**4, late=False)
    other = tokenizer(*words().get_vocab(), "0a")  # one word more, so that all behind it have other numbers
    with pytest.raises(ValueError, match=r"0000\d\.safetensors holds labels of other data"):
        list(next(lessons.lessons(school(), tmp_path, other, Recipe(batch_tokens=64), 0)))
    fewer = replace(school(), examples=[])
    with pytest.raises(ValueError, match="labels of other data"):
        list(next(lessons.lessons(fewer, tmp_path, words(), Recipe(batch_tokens=64), 0)))


def test_labels_that_do_not_say_what_they_are_of_are_taken_with_a_warning(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    lessons.write(spoken, school(), {"squad1": 40.0}, tmp_path, words(), 5, (0, 1), 1, late=False)
    (path,) = tmp_path.glob("*.safetensors")
    with safe_open(path, "pt") as held:
        said, tensors = held.metadata(), {name: held.get_tensor(name) for name in ("odds", "counts")}
    del said["digest"]
    save_file(tensors, path, said)
    assert list(next(lessons.lessons(school(), tmp_path, words(), Recipe(batch_tokens=64), 0)))
    assert "does not say which data" in caplog.text
    save_file({**tensors, "counts": torch.cat((tensors["counts"], torch.tensor([0])))}, path, said)
    with pytest.raises(ValueError, match="labels of other data"):
        list(next(lessons.lessons(school(), tmp_path, words(), Recipe(batch_tokens=64), 0)))


def test_no_labels_is_said(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"training\.teach"):
        next(lessons.lessons(school(), tmp_path, words(), Recipe(), 0))


def test_a_learner_is_drawn_to_the_teacher_and_to_the_right_answer() -> None:
    said = torch.tensor([[3.0, -4.0], [-4.0, 3.0], [-4.0, -4.0]])
    like, unlike = said.clone(), -said
    gold = ([(0,)], [(1,)], [1])
    assert float(loss([like], *gold, [said])) < float(loss([unlike], *gold, [said]))
    # Where it says what the teacher says only the right answer is left, at its share.
    assert float(loss([like], *gold, [said])) == pytest.approx(0.4 * float(loss([like], *gold)), rel=1e-4)


def test_labels_bring_the_learner_closer_than_right_answers_alone(tmp_path: Path) -> None:
    def mild(pairs: Sequence[Pair]) -> list[Tensor]:
        return [torch.tensor([[token % 3 - 1.0, -2.0] for token in one.tokens[one.offset : -1]]) for one in pairs]

    lessons.write(mild, school(), {"squad1": 60.0}, tmp_path / "said", words(), 5, (0, 1), 10**4, late=False)
    shape = Shape(vocabulary=120, layers=1, width=16, heads=2, inner=32, positions=330, types=5)
    recipe = Recipe(tokens=60_000, batch_tokens=400, warm_steps=5, rate=1e-2, decay=0.5)

    def chunks() -> Iterator[Iterator[Batch]]:
        return lessons.lessons(school(), tmp_path / "said", words(), recipe, 0)

    asked = next(next(chunks()))

    def distance(model: SpanModel) -> float:
        with torch.no_grad():
            said = score(model, asked.pairs)
        return sum(float((a.float() - b).abs().mean()) for a, b in zip(said, asked.shown, strict=True))

    shown, alone = drawn(SpanModel(shape), 5), drawn(SpanModel(shape), 5)
    before = distance(shown)
    follow(Run(shown, partial(score, shown), recipe, tmp_path / "run"), chunks())
    unshown = ((replace(batch, shown=()) for batch in chunk) for chunk in chunks())
    follow(Run(alone, partial(score, alone), recipe, tmp_path / "alone"), unshown)
    assert distance(shown) < before
    assert distance(shown) < distance(alone) / 2
    assert load_file(tmp_path / "run" / "checkpoint.safetensors")
