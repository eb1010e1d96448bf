"""A model's folder -> its tokenizer, held once.

Comes in: a folder with a tokenizer.json. Goes out: a tokenizer that neither cuts nor fills up. Others lean on this: folders
whose tokenizers differ in nothing but cutting and filling share one (the packaged embedding model and the reader do; a
vocabulary of 30,522 takes 8 MB), so nobody may change what he is given; it may be used from several threads.
"""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path

from tokenizers import Tokenizer


def tokenizer_in(folder: Path) -> Tokenizer:
    """The tokenizer of that folder. Raises OSError where there is none, ValueError for a file that cannot be used."""
    told = (folder / "tokenizer.json").read_text(encoding="utf-8")
    try:
        return _made(json.dumps(json.loads(told) | {"truncation": None, "padding": None}, sort_keys=True))
    except Exception as error:  # tokenizers raises bare Exception for a description it cannot use
        raise ValueError(f"tokenizer.json describes no tokenizer: {error}") from error


# Two, since the one before is still in use while another model is loaded.
@lru_cache(maxsize=2)
def _made(described: str) -> Tokenizer:
    return Tokenizer.from_str(described)
