"""Where the embedding model comes from, what is refused, and that both ways lead to the same vectors."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from index.embed import PACKAGED, Embedding, find_model, fingerprint, is_plain_bert, load_embedder
from index.errors import EmbedderUnavailable

TEXTS = (
    "The ferry of Lowmoor sank on Tuesday.",
    "Its captain swam ashore; nobody else was on board when it went down, the harbour master said.",
    "Der Kapitän schwamm an Land.",
    "IS is not is.",
    "88,000 sq km (34,000 sq. miles) " * 40,
)


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """A folder laid out like a model, with no real weights in it."""
    folder = tmp_path / "model"
    shutil.copytree(find_model(PACKAGED), folder, ignore=shutil.ignore_patterns("*.safetensors"))
    (folder / "model.safetensors").write_bytes(b"weights")
    return folder


def test_a_missing_model_is_named_with_its_place(tmp_path: Path) -> None:
    with pytest.raises(EmbedderUnavailable, match=r"no model found at .*nowhere"):
        find_model(str(tmp_path / "nowhere"))


def test_a_name_that_is_not_on_this_machine_is_not_fetched() -> None:
    with pytest.raises(EmbedderUnavailable, match="no model found"):
        find_model("some-maker/some-model")


def test_pickled_weights_are_not_loaded(model: Path) -> None:
    (model / "model.safetensors").rename(model / "pytorch_model.bin")
    with pytest.raises(EmbedderUnavailable, match="pickled"):
        find_model(str(model))


def test_a_model_that_brings_code_is_refused(model: Path) -> None:
    config = json.loads((model / "config.json").read_text(encoding="utf-8"))
    (model / "config.json").write_text(json.dumps(config | {"auto_map": {"AutoModel": "evil.Model"}}), encoding="utf-8")
    with pytest.raises(EmbedderUnavailable, match="code of its own"):
        find_model(str(model))


def test_damaged_weights_are_one_clear_error(model: Path) -> None:
    with pytest.raises(EmbedderUnavailable, match=str(model)):
        load_embedder(Embedding(model=str(model), engine="packed"), bulk=True).encode(["A text."])


def test_the_fingerprint_follows_weights_and_prefixes(model: Path) -> None:
    one = fingerprint(Embedding(model=str(model)))
    assert fingerprint(Embedding(model=str(model), passage_prefix="passage: ")) != one
    other = model.parent / "other"
    shutil.copytree(model, other)
    assert fingerprint(Embedding(model=str(other))) == one
    (other / "vocab.txt").write_text("another", encoding="utf-8")
    (model.parent / "third").mkdir()
    assert (
        fingerprint(Embedding(model=str(shutil.copytree(other, model.parent / "third" / "m"))))["sha256"]
        != one["sha256"]
    )


@pytest.mark.parametrize("name", ["sentencepiece.bpe.model", "merges.txt", "merges"])
def test_the_fingerprint_covers_every_file_of_a_tokenizer(model: Path, name: str) -> None:
    (model / name).write_bytes(b"one")
    other = Path(shutil.copytree(model, model.parent / "other"))
    (other / name).write_bytes(b"another")
    assert fingerprint(Embedding(model=str(other))) != fingerprint(Embedding(model=str(model)))


@pytest.mark.parametrize("data", [b"{", b"\xff", b"[]", b"[" * 100_000])
def test_a_broken_configuration_is_one_clear_error(model: Path, data: bytes) -> None:
    (model / "config.json").write_bytes(data)
    with pytest.raises(EmbedderUnavailable, match=r"config\.json cannot be read"):
        load_embedder(Embedding(model=str(model)), bulk=True)


def test_only_a_bert_with_mean_pooling_goes_the_packed_way(model: Path) -> None:
    assert is_plain_bert(model)
    pooling = model / "1_Pooling" / "config.json"
    said = json.loads(pooling.read_text(encoding="utf-8"))
    pooling.write_text(
        json.dumps(said | {"pooling_mode_mean_tokens": False, "pooling_mode_cls_token": True}), encoding="utf-8"
    )
    assert not is_plain_bert(model)


@pytest.mark.model
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_the_packed_way_makes_the_library_s_vectors() -> None:
    library = load_embedder(Embedding(engine="sentence-transformers", precision="float32"), bulk=True).encode(TEXTS)
    packed = load_embedder(Embedding(engine="packed", precision="float32"), bulk=True).encode(TEXTS)
    assert packed.shape == library.shape == (len(TEXTS), 384)
    assert float((library * packed).sum(1).min()) > 0.9999


@pytest.mark.model
def test_bulk_arithmetic_stays_within_a_cosine_of_0_999_of_float32() -> None:
    exact = load_embedder(Embedding(precision="auto"), bulk=False).encode(TEXTS)
    bulk = load_embedder(Embedding(precision="bfloat16"), bulk=True).encode(TEXTS)
    assert np.allclose(np.linalg.norm(bulk, axis=1), 1, atol=1e-3)
    assert float((exact * bulk).sum(1).min()) > 0.999
