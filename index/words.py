"""Words of passages -> BM25 scores.

Comes in: a generation's folder with the columns that columns.py wrote, and the terms of a question. Goes out: one score
a passage. The promises: terms of text and of questions are made by the same function, `terms`; passages that hold the
same terms as often score the same to the bit. Scoring is BM25 as Lucene has it (k1 = 1.5, b = 0.75; Kamphuis et al.
2020, "Which BM25 do you mean?").
"""

from __future__ import annotations

import bisect
import functools
import itertools
import math
import re
import unicodedata
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from index.errors import IndexDamaged

WORDS_VERSION = "1"

# The vocabulary, sorted: its letters in UTF-8, and where each term begins in them and the last one ends.
LETTERS, PLACES = "words.letters.npy", "words.places.npy"
# Where each term's column begins and the last one ends; the rows in it, ascending; how often each has the term.
STARTS, ROWS, COUNTS = "words.starts.npy", "words.rows.npy", "words.counts.npy"
# How many terms each passage has.
LENGTHS = "words.lengths.npy"
MOST = 2**16 - 1  # a term is counted up to this often in one passage

_STEP = 2**22  # entries of columns looked at at a time
_K1, _B = np.float32(1.5), np.float32(0.75)
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

    A term's column holds the rows of the passages that have it, and how often: nothing that depends on other passages,
    so that later generations take columns over, and a score is worked out when it is asked for. All but four bytes a
    passage stay on the disk, mapped, and can be read on after the folder is gone.
    """

    def __init__(self, folder: Path, count: int) -> None:
        self._folder = folder
        try:
            self._letters, self._places, self.starts, self.rows_of_all, self.counts_of_all, self.lengths = (
                np.asarray(np.load(folder / name, mmap_mode="r"))
                for name in (LETTERS, PLACES, STARTS, ROWS, COUNTS, LENGTHS)
            )
        except (ValueError, EOFError) as error:
            raise IndexDamaged(folder / LETTERS, f"the words cannot be read: {error}") from error
        if len(self.lengths) != count or len(self._places) != len(self.starts):
            raise IndexDamaged(folder / LENGTHS, "the words do not fit the passages")
        lengths = np.asarray(self.lengths, dtype=np.float32)
        mean = np.float32(max(int(self.lengths.sum(dtype=np.int64)), 1) / max(count, 1))
        self._norms: NDArray[np.float32] = _K1 * (1 - _B + _B * lengths / mean)

    def scores(self, wanted: Sequence[str]) -> NDArray[np.float32]:
        """BM25 of each passage for the terms, in row order; a term counts once, however often it is asked for."""
        scores = np.zeros(len(self.lengths), dtype=np.float32)
        for term in dict.fromkeys(wanted):
            start, end = self._column(term)
            if found := end - start:
                rarity = np.float32(math.log(1 + (len(scores) - found + 0.5) / (found + 0.5)))
                rows, often = self.rows_of_all[start:end], self.counts_of_all[start:end].astype(np.float32)
                scores[rows] += rarity * often / (often + self._norms[rows])  # a row occurs once in a column
        return scores

    def rows(self, term: str) -> NDArray[np.int32]:
        """The rows of the passages that hold the term, ascending; none where no passage does."""
        start, end = self._column(term)
        found: NDArray[np.int32] = self.rows_of_all[start:end]
        return found

    def vocabulary(self) -> list[str]:
        """Every term, in the order of their columns."""
        letters, places = self._letters.tobytes(), self._places.tolist()
        try:
            return [letters[a:b].decode("utf-8") for a, b in itertools.pairwise(places)]
        except UnicodeDecodeError as error:
            raise IndexDamaged(self._folder / LETTERS, f"a term cannot be read: {error}") from error

    def verify(self) -> None:
        """Raise `IndexDamaged` where the arrays do not fit one another or name a passage that is not there."""
        rows, counts, starts, places = self.rows_of_all, self.counts_of_all, self.starts, self._places
        vocabulary = self.vocabulary()
        fits = (
            len(rows) == len(counts) == starts[-1] and starts[0] == places[0] == 0
            and places[-1] == len(self._letters) and bool(np.all(np.diff(places) > 0)) and bool(np.all(np.diff(starts) > 0))
            and all(a < b for a, b in itertools.pairwise(vocabulary))
        )  # fmt: skip
        if not (fits and self._rows_fit()):
            raise IndexDamaged(self._folder / ROWS, "the words do not fit the passages")

    def _rows_fit(self) -> bool:
        """Whether each column's rows ascend, and each passage has as many terms in the columns as it is long."""
        found = np.zeros(len(self.lengths), dtype=np.int64)
        begins = np.zeros(len(self.rows_of_all) + 1, dtype=np.bool_)
        begins[self.starts] = True
        for at in range(0, len(self.rows_of_all), _STEP):
            rows, counts = self.rows_of_all[at : at + _STEP], self.counts_of_all[at : at + _STEP]
            before = self.rows_of_all[at - 1 : at + len(rows) - 1] if at else np.append(np.int32(-1), rows[:-1])
            if rows.min() < 0 or rows.max() >= len(found) or counts.min() < 1:
                return False
            if not np.all((rows > before) | begins[at : at + len(rows)]):
                return False
            found += np.bincount(rows, weights=counts, minlength=len(found)).astype(np.int64)
        return bool(np.all((found == self.lengths) | ((found < self.lengths) & (self.lengths > MOST))))

    def _column(self, term: str) -> tuple[int, int]:
        """Where the term's column begins and ends; both 0 where no passage has it."""
        wanted, places = term.encode("utf-8", "surrogatepass"), self._places

        def spelt(column: int) -> bytes:
            return self._letters[places[column] : places[column + 1]].tobytes()

        columns = range(len(places) - 1)
        column = bisect.bisect_left(columns, wanted, key=spelt)
        if column == len(columns) or spelt(column) != wanted:
            return 0, 0
        start, end = self.starts[column : column + 2].tolist()
        return start, end


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
