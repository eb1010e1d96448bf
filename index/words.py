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

import numpy as np
from numpy.typing import NDArray

from index.errors import IndexDamaged

WORDS_VERSION = "1"

_VOCABULARY = "words.json"
_ARRAYS = ("words.scores.npy", "words.rows.npy", "words.starts.npy")
_WORD = re.compile(r"[^\W_]+(?:[.'’][^\W_]+)*")
_STOP = frozenset(
    "a an and are as at be been but by did do does for from had has have he her his how i if in into is it its of on or "
    "s she so t than that the their them there these they this to us was we were what when where which who whom whose why "
    "will with would you your".split()
)


def terms(text: str) -> list[str]:
    """The search terms of a text: case and accents folded, stems cut, words that say nothing left out.

    A stop word written in capitals inside a text that is not all capitals is a name ("IS", "US", "WHO") and
    becomes a term of its own, with a caret before it; one written with full stops ("U.S.") is a name anywhere.
    """
    text = unicodedata.normalize("NFC", text)
    words = _WORD.findall(text)
    shouted = len(words) > 1 and text.isupper()
    found = [(word, term) for word in words if (term := _term(word))]
    return [term for word, term in found if term[0] != "^" or "." in word or not shouted]


class Words:
    """The words of one generation, held open; scores are float32, one a passage, zero where no term is shared.

    The arrays are mapped, so they can be read on after the folder is gone. Reading needs no bm25s: a score is a sum
    over the terms' columns of what bm25s worked out beforehand.
    """

    def __init__(self, folder: Path, count: int) -> None:
        self._folder, self._count = folder, count
        try:
            self._vocabulary: dict[str, int] = json.loads((folder / _VOCABULARY).read_text(encoding="utf-8"))
            self._values, self._rows, self._starts = (np.load(folder / name, mmap_mode="r") for name in _ARRAYS)
        except (ValueError, EOFError) as error:
            raise IndexDamaged(folder / _VOCABULARY, f"the words cannot be read: {error}") from error

    def scores(self, wanted: Sequence[str]) -> NDArray[np.float32]:
        """BM25 of each passage for the terms, in row order; a term counts once, however often it is asked for."""
        scores = np.zeros(self._count, dtype=np.float32)
        for term in dict.fromkeys(wanted):
            if (column := self._vocabulary.get(term)) is not None:
                start, end = self._starts[column : column + 2].tolist()
                scores[self._rows[start:end]] += self._values[start:end]  # a row occurs once in a column
        return scores

    def rows(self, term: str) -> NDArray[np.int32]:
        """The rows of the passages that hold the term, ascending; none where no passage does."""
        if (column := self._vocabulary.get(term)) is None:
            return np.zeros(0, dtype=np.int32)
        start, end = self._starts[column : column + 2].tolist()
        found: NDArray[np.int32] = self._rows[start:end]
        return found

    def verify(self) -> None:
        """Raise `IndexDamaged` where the arrays do not fit one another or name a passage that is not there."""
        starts, columns = self._starts, len(self._vocabulary)
        fits = len(starts) == columns + 1 and len(self._rows) == len(self._values) == starts[-1]
        within = not len(self._rows) or (self._rows.min() >= 0 and self._rows.max() < self._count)
        if not (fits and within and starts[0] == 0 and np.all(np.diff(starts) >= 0)):
            raise IndexDamaged(self._folder / _ARRAYS[1], "the words do not fit the passages")


def write_words(folder: Path, passages: Iterable[Sequence[str]]) -> None:
    """Write the vocabulary and the BM25 columns of the passages' terms, in row order, into the folder."""
    vocabulary: dict[str, int] = {}
    ids = [[vocabulary.setdefault(term, len(vocabulary)) for term in found] for found in passages]
    (folder / _VOCABULARY).write_text(json.dumps(vocabulary, ensure_ascii=False), encoding="utf-8")
    arrays = (np.zeros(0, dtype=np.float32), np.zeros(0, dtype=np.int32), np.zeros(1, dtype=np.int64))
    if vocabulary:
        import bm25s

        model = bm25s.BM25(method="lucene", k1=1.5, b=0.75)
        model.index((ids, vocabulary), create_empty_token=False, show_progress=False)
        arrays = tuple(model.scores[name] for name in ("data", "indices", "indptr"))
    for name, array in zip(_ARRAYS, arrays, strict=True):
        with open(folder / name, "wb") as file:
            np.lib.format.write_array(file, np.ascontiguousarray(array), allow_pickle=False)


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
