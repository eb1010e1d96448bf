"""Words of passages -> BM25 scores; the only door to bm25s.

Comes in: one list of terms a passage. Goes out: files in a generation's folder, and from them one score a passage
for the terms of a question. The promise: terms of text and of questions are made by the same function, `terms`.
Scoring is BM25 as Lucene has it (k1 = 1.5, b = 0.75; Kamphuis et al. 2020, "Which BM25 do you mean?").
"""

from __future__ import annotations

import functools
import json
import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

WORDS_VERSION = "1"

_WORD = re.compile(r"[^\W_]+(?:[.'’][^\W_]+)*")
_STOP = frozenset(
    "a an and are as at be been but by did do does for from had has have he her his how i if in into is it its of on or "
    "s she so t than that the their them there these they this to was we were what when where which who whom whose why "
    "will with would you your".split()
)


def terms(text: str) -> list[str]:
    """The search terms of a text: case and accents folded, stems cut, words that say nothing left out.

    A stop word written in capitals inside a text that is not all capitals is a name ("IS", "US", "WHO") and
    becomes a term of its own, with a caret before it.
    """
    found = [term for word in _WORD.findall(text) if (term := _term(word))]
    return [term for term in found if term[0] != "^"] if text.isupper() else found


class Words:
    """The words of one generation, held open; scores are float32, one a passage, zero where no term is shared."""

    def __init__(self, folder: Path, count: int) -> None:
        self._folder = folder
        self._count = count
        self._vocabulary: dict[str, int] | None = None
        self._model: Any = None

    def scores(self, wanted: Sequence[str]) -> NDArray[np.float32]:
        """BM25 of each passage for the terms, in row order."""
        model, vocabulary = self._load()
        ids = [vocabulary[term] for term in dict.fromkeys(wanted) if term in vocabulary]
        if not ids:
            return np.zeros(self._count, dtype=np.float32)
        scores: NDArray[np.float32] = model.get_scores_from_ids(ids)
        return scores

    def _load(self) -> tuple[Any, dict[str, int]]:
        if self._vocabulary is None:
            vocabulary: dict[str, int] = json.loads((self._folder / _VOCABULARY).read_text(encoding="utf-8"))
            if vocabulary:
                import bm25s

                self._model = bm25s.BM25.load(str(self._folder), mmap=True, load_vocab=False, **_FILES)
            self._vocabulary = vocabulary
        return self._model, self._vocabulary


def write_words(folder: Path, passages: Iterable[Sequence[str]]) -> None:
    """Write the BM25 files of the passages' terms, in row order, into the folder."""
    import bm25s

    vocabulary: dict[str, int] = {}
    ids = [[vocabulary.setdefault(term, len(vocabulary)) for term in found] for found in passages]
    if not vocabulary:
        (folder / _VOCABULARY).write_text("{}", encoding="utf-8")
        return
    model = bm25s.BM25(method="lucene", k1=1.5, b=0.75)
    model.index((ids, vocabulary), create_empty_token=False, show_progress=False)
    model.save(str(folder), show_progress=False, **_FILES)


@functools.cache
def _stemmer() -> Callable[[str], str]:
    import Stemmer

    stem: Callable[[str], str] = Stemmer.Stemmer("english").stemWord
    return stem


@functools.lru_cache(maxsize=2**18)
def _term(word: str) -> str:
    """The term of one word, or an empty string where it says nothing."""
    folded = _fold(word)
    if folded not in _STOP:
        return _stemmer()(folded)
    return "^" + folded if len(word) > 1 and word.isupper() else ""


def _fold(word: str) -> str:
    """Case, accents, width, inner full stops ("U.S") and the possessive folded away."""
    plain = unicodedata.normalize("NFKD", word).casefold().replace("’", "'").removesuffix("'s")
    return "".join(c for c in plain if c not in ".'" and not unicodedata.combining(c))


_VOCABULARY = "words.json"
_FILES = {
    "data_name": "words.scores.npy",
    "indices_name": "words.rows.npy",
    "indptr_name": "words.starts.npy",
    "vocab_name": _VOCABULARY,
    "params_name": "words.parameters.json",
    "nnoc_name": "words.absent.npy",
}
