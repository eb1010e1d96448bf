"""The two sets that know only which sentence answers -> examples whose span is that whole sentence.

Comes in: ReQA SQuAD (question and its verbatim answer sentence) and the sentence pairs of neural question
generation on SQuAD (lower case, split into tokens). Goes out: passages of a few sentences with the answering one
marked, so that the model learns which sentence answers among neighbours. Questions that another set already has
are left out. Knows nothing of tokens or models.
"""

from __future__ import annotations

import random
import re
from pathlib import Path

from training.data import Corpus, Example, Text, _json, _lines, plain

_SPLIT_SIGNS = (
    (r" ([,.;:!?%)\]}])", r"\1"),
    (r"([(\[{$£€]) ", r"\1"),
    (r" ('s|'re|'ve|'ll|'d|'m|n't)\b", r"\1"),
    (r"`` ?", '"'),
    (r" ?''", '"'),
    (r"-lrb- ?", "("),
    (r" ?-rrb-", ")"),
    (r" ' ", "' "),
)


def joined(tokens: str) -> str:
    """Running text again from a line of tokens, well enough to be read: signs closed up, quotes straight."""
    text = " ".join(tokens.split())
    for pattern, replacement in _SPLIT_SIGNS:
        text = re.sub(pattern, replacement, text)
    return text


def add_sentence_sets(corpus: Corpus, folder: Path, seed: int) -> None:
    """Adds both sets to `corpus`; call it after the sets with spans, whose questions win."""
    rng = random.Random(seed)
    known = corpus.questions()
    _add_reqa(corpus, folder / "reqa_squad" / "train.json", known, rng)
    _add_generated(corpus, folder / "nqg_squad", known, rng)


def _add_reqa(corpus: Corpus, path: Path, known: set[str], rng: random.Random) -> None:
    data = _json(path)
    sentences = list(dict.fromkeys(answer.strip() for answer in data["answers"]))
    for question, answer in zip(data["questions"], data["answers"], strict=True):
        if plain(question) in known:
            continue
        known.add(plain(question))
        # Strangers on either side: the set does not say what stood next to the sentence.
        around = [s for s in rng.sample(sentences, rng.choice((0, 1, 2, 3))) if s != answer.strip()]
        _add_window(corpus, "reqa", "reqa", question, answer.strip(), around, rng)


def _add_generated(corpus: Corpus, folder: Path, known: set[str], rng: random.Random) -> None:
    questions = [line for line in _lines(folder / "tgt-test.txt") if line.strip()]
    lines = [joined(line) for line in _lines(folder / "src-test.txt") if line.strip()]
    order = list(dict.fromkeys(lines))
    place = {line: i for i, line in enumerate(order)}
    for question, line in zip(questions, lines, strict=True):
        if plain(joined(question)) in known:
            continue
        known.add(plain(joined(question)))
        i = place[line]
        around = order[max(0, i - rng.choice((0, 1, 2))) : i] + order[i + 1 : i + 1 + rng.choice((0, 1, 2))]
        _add_window(corpus, "generated", f"generated/{i // 40}", joined(question), line, around, rng)


def _add_window(
    corpus: Corpus, source: str, article: str, question: str, answer: str, around: list[str], rng: random.Random
) -> None:
    pieces = [*around, answer]
    rng.shuffle(pieces)
    start = sum(len(piece) + 1 for piece in pieces[: pieces.index(answer)])
    passage = corpus.add_text(Text(source, article, None, " ".join(pieces)))
    corpus.add(Example(source, "train", question, passage, ((start, start + len(answer)),), exact=False))
