"""The public data sets, in their authors' own formats -> questions, passages and answer spans, split.

Comes in: the folder that holds the originals. Goes out: a `Corpus` of passages and of examples that point into
them, each with its part ("train", "dev" or "test"). Others lean on the split: it is by article, decided by the
SHA-256 of the title, so that no passage of a test article is ever trained on; sets that may only be measured on
are not read here at all. Knows nothing of tokens or models.

Sources and what each gives: SQuAD 2.0 dev (questions without an answer, written by people), SQuADShifts, a
sample of SQuAD 1.1 train, QED (real search questions), QAMR (many short questions a sentence), PolicyQA and
COVID-QA; `training.sentences` adds the two sets that know only the answer's sentence.
"""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

Part = Literal["train", "dev", "test"]
Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Text:
    """One passage; `article` names what it was taken from, so that neighbours can be told."""

    source: str
    article: str
    title: str | None
    text: str


@dataclass(frozen=True, slots=True)
class Example:
    """A question on `texts[passage]`; no spans means that the passage does not answer it.

    `exact` spans are answers; otherwise they are sentences that hold the answer somewhere. `refs` are the
    acceptable answer strings, for scoring.
    """

    source: str
    part: Part
    question: str
    passage: int
    spans: tuple[Span, ...]
    exact: bool = True
    refs: tuple[str, ...] = ()


@dataclass(slots=True)
class Corpus:
    """Everything read so far; `add` keeps a question of one passage once."""

    texts: list[Text] = field(default_factory=list)
    examples: list[Example] = field(default_factory=list)
    _seen: set[tuple[str, str]] = field(default_factory=set)

    def add_text(self, text: Text) -> int:
        self.texts.append(text)
        return len(self.texts) - 1

    def add(self, example: Example) -> None:
        key = (plain(example.question), self.texts[example.passage].text)
        if key not in self._seen:
            self._seen.add(key)
            self.examples.append(example)

    def questions(self) -> set[str]:
        """Every question so far in plain form, for leaving out what another set repeats."""
        return {question for question, _ in self._seen}


class DataMissing(Exception):
    """A data set is not where it should be; the text names the path."""


def plain(text: str) -> str:
    """Lower case, letters and digits only, single spaces: for comparing questions across sets."""
    return " ".join(re.findall(r"\w+", unicodedata.normalize("NFKC", text).lower()))


def title_hash(title: str) -> int:
    """The SHA-256 of a title as a number; even or odd decides the halves of SQuAD 2.0 dev."""
    return int(hashlib.sha256(title.encode()).hexdigest(), 16)


def squad2_part(title: str) -> Part:
    """Even half: train, a quarter of its residues dev (three articles); odd half: test. As the data's README lays down."""
    number = title_hash(title)
    if number % 2:
        return "test"
    return "dev" if number // 2 % 8 in (0, 2) else "train"


def new_wiki_part(title: str) -> Part:
    """About a quarter of the articles test, an eighth dev, the rest train."""
    share = title_hash(title) % 8
    return "test" if share < 2 else "dev" if share == 2 else "train"


def read_corpus(folder: Path) -> Corpus:
    """All sets with answer spans. Raises DataMissing when a file is absent."""
    corpus = Corpus()
    for article in _squad_articles(folder / "squad" / "dev-v2.0.json"):
        _add_squad(corpus, "squad2", article, squad2_part(article["title"]), keep_title=True)
    for article in _squad_articles(folder / "squadshifts" / "new_wiki_v1.0.json"):
        _add_squad(corpus, "new_wiki", article, new_wiki_part(article["title"]), keep_title=True)
    for name in ("amazon_reviews", "reddit"):
        for article in _squad_articles(folder / "squadshifts" / f"{name}_v1.0.json"):
            _add_squad(corpus, name, article, "train", keep_title=False)
    sample = _json(folder / "squad" / "squad_train_sample_nodev.json")
    _add_squad(corpus, "squad1", {"title": "squad1", "paragraphs": sample}, "train", keep_title=False)
    for name in ("dev", "test"):
        for article in _squad_articles(folder / "policyqa" / f"{name}.json"):
            _add_squad(corpus, "policyqa", article, "train", keep_title=False)
    for number, article in enumerate(_squad_articles(folder / "covidqa" / "200423_covidQA.json")):
        _add_squad(corpus, "covidqa", article | {"title": f"covid {number}"}, "train", keep_title=False)
    _add_qed(corpus, folder / "qed" / "qed-dev.jsonlines")
    _add_qamr(corpus, folder / "qamr")
    return corpus


def _json(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise DataMissing(f"{path} is missing; see training/README.md for where it is published") from error


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="utf-8").split("\n")
    except FileNotFoundError as error:
        raise DataMissing(f"{path} is missing; see training/README.md for where it is published") from error


def _squad_articles(path: Path) -> Iterator[dict[str, Any]]:
    yield from _json(path)["data"]


def _add_squad(corpus: Corpus, source: str, article: dict[str, Any], part: Part, *, keep_title: bool) -> None:
    title = article["title"].replace("_", " ") if keep_title else None
    for paragraph in article["paragraphs"]:
        context = paragraph["context"]
        passage = corpus.add_text(Text(source, f"{source}/{article['title']}", title, context))
        for qa in paragraph["qas"]:
            spans = tuple(sorted(set(answer_spans(context, qa["answers"]))))
            if qa["answers"] and not spans:
                continue
            refs = tuple(dict.fromkeys(answer["text"] for answer in qa["answers"]))
            corpus.add(Example(source, part, qa["question"].strip(), passage, spans, refs=refs))


def answer_spans(context: str, answers: Iterable[dict[str, Any]]) -> Iterator[Span]:
    """Where the answers stand; a rebuilt offset is trusted only where the text occurs once.

    SQuAD 2.0 dev was rebuilt with `answer_start` as the first occurrence and `n_occurrences` beside it: answers
    that occur once are taken if there are any, otherwise every occurrence counts as right.
    """
    answers = list(answers)
    certain = [answer for answer in answers if answer.get("n_occurrences", 1) == 1]
    for answer in certain or answers:
        text = answer["text"]
        if certain and context.startswith(text, answer["answer_start"]):
            yield answer["answer_start"], answer["answer_start"] + len(text)
        elif text:
            for match in re.finditer(re.escape(text), context):
                yield match.start(), match.end()


def _add_qed(corpus: Corpus, path: Path) -> None:
    for line in _lines(path):
        if not line.strip():
            continue
        row = json.loads(line)
        title = row["title_text"]
        spans = {(part["start"], part["end"]) for answer in row["original_nq_answers"] for part in answer}
        text = row["paragraph_text"]
        passage = corpus.add_text(Text("qed", f"qed/{title}", title, text))
        part: Part = "dev" if title_hash(title) % 5 == 0 else "train"
        refs = tuple(dict.fromkeys(text[start:end] for start, end in sorted(spans)))
        corpus.add(Example("qed", part, row["question_text"], passage, tuple(sorted(spans)), refs=refs))


def _add_qamr(corpus: Corpus, folder: Path) -> None:
    for name in ("readable_dev", "readable_test"):
        article, passage = "", -1
        for line in _lines(folder / f"{name}.tsv"):
            if line.startswith("#"):
                article, passage = line[1:].rsplit(":", 2)[0], -1
            elif article and passage < 0:
                passage = corpus.add_text(Text("qamr", article, None, line.strip()))
            elif "\t" in line:
                # The first answer follows the question after padding to 50 columns, the second after a tab.
                question, *answers = (cell.strip() for cell in re.split(r"\t| {2,}|(?<=\?) ", line) if cell.strip())
                sentence = corpus.texts[passage].text
                spans = tuple(sorted({span for answer in answers for span in _word_spans(sentence, answer)}))
                if spans:
                    corpus.add(Example("qamr", "train", question, passage, spans))


def _word_spans(sentence: str, answer: str) -> Iterator[Span]:
    """The first place where the answer stands as whole words."""
    match = re.search(rf"(?<!\w){re.escape(answer)}(?!\w)", sentence) if answer else None
    if match:
        yield match.start(), match.end()
