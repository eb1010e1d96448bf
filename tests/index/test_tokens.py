"""One tokenizer for all that need the same."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from index.tokens import tokenizer_in
from tests.index.test_encoder import minilm


def test_nothing_is_cut_or_filled_up_whatever_the_file_says() -> None:
    told = json.loads((minilm() / "tokenizer.json").read_text(encoding="utf-8"))
    assert told["truncation"] and told["padding"]
    one, other = tokenizer_in(minilm()).encode_batch(["word " * 600, "word"])
    assert (len(one.ids), len(other.ids)) == (602, 3)


def test_another_vocabulary_is_another_tokenizer(tmp_path: Path) -> None:
    told = json.loads((minilm() / "tokenizer.json").read_text(encoding="utf-8"))
    words = told["model"]["vocab"]
    words["the"], words["of"] = words["of"], words["the"]
    (tmp_path / "tokenizer.json").write_text(json.dumps(told), encoding="utf-8")
    assert tokenizer_in(tmp_path).encode("the").ids == tokenizer_in(minilm()).encode("of").ids


@pytest.mark.parametrize("text", ["{", "[]", "{}", '{"model": 3}'])
def test_what_describes_no_tokenizer_is_a_value_error_that_names_the_file(tmp_path: Path, text: str) -> None:
    (tmp_path / "tokenizer.json").write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=r"tokenizer\.json"):
        tokenizer_in(tmp_path)
