"""The public sets, read from small imitations written here, and the split that keeps test articles unseen."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from training.data import (
    Corpus,
    DataMissing,
    Example,
    Text,
    answer_spans,
    new_wiki_part,
    plain,
    read_corpus,
    squad2_part,
    title_hash,
)
from training.sentences import add_sentence_sets, joined

CONTEXT = "Orlec lies on the Mesmer. The Mesmer rises in May."


def qa(question: str, *answers: tuple[str, int, int]) -> dict[str, Any]:
    return {
        "question": question,
        "id": question,
        "answers": [{"text": t, "answer_start": s, "n_occurrences": n} for t, s, n in answers],
    }


def folder(root: Path) -> Path:
    """Every file that is read, with one paragraph each."""
    qas = [qa("where is Orlec?", ("the Mesmer", 14, 2))]
    article: dict[str, Any] = {"title": "Orlec", "paragraphs": [{"context": CONTEXT, "qas": qas}]}
    for path in (
        "squad/dev-v2.0.json", "squadshifts/new_wiki_v1.0.json", "squadshifts/amazon_reviews_v1.0.json",
        "squadshifts/reddit_v1.0.json", "policyqa/dev.json", "policyqa/test.json", "covidqa/200423_covidQA.json",
    ):  # fmt: skip
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        # A question on the same passage counts once over all sets, so each set has words of its own.
        own = json.loads(json.dumps(article).replace("May", path.split("/")[-1].replace(".", "")))
        (root / path).write_text(json.dumps({"data": [own]}), encoding="utf-8")
    sample = [{"context": CONTEXT, "qas": article["paragraphs"][0]["qas"]}]
    (root / "squad/squad_train_sample_nodev.json").write_text(json.dumps(sample), encoding="utf-8")
    for name in ("qed", "qamr", "reqa_squad", "nqg_squad"):
        (root / name).mkdir()
    row = {
        "title_text": "Orlec",
        "question_text": "where is orlec",
        "paragraph_text": CONTEXT + " So it is.",
        "original_nq_answers": [[{"start": 14, "end": 24, "string": "the Mesmer"}]],
    }
    (root / "qed/qed-dev.jsonlines").write_text(json.dumps(row) + "\n", encoding="utf-8")
    lines = "#Wiki1k:wikinews:7:3:1\nThe dam held.\nWhat held?" + " " * 40 + "The dam\tThe dam\n"
    for name in ("readable_dev", "readable_test"):
        (root / f"qamr/{name}.tsv").write_text(lines, encoding="utf-8")
    pairs = {"questions": ["Who held?", "where is Orlec?"], "answers": ["The dam held.", "Orlec lies here."]}
    (root / "reqa_squad/train.json").write_text(json.dumps(pairs), encoding="utf-8")
    (root / "nqg_squad/src-test.txt").write_text("the dam held .\nit rained in orlec .\n", encoding="utf-8")
    (root / "nqg_squad/tgt-test.txt").write_text("what held , then ?\nwhere did it rain ?\n", encoding="utf-8")
    return root


def test_every_span_names_its_answer(tmp_path: Path) -> None:
    corpus = read_corpus(folder(tmp_path))
    add_sentence_sets(corpus, tmp_path, seed=1)
    assert {e.source for e in corpus.examples} == {
        "squad2", "new_wiki", "amazon_reviews", "reddit", "squad1", "policyqa", "covidqa", "qed", "qamr", "reqa",
        "generated",
    }  # fmt: skip
    for example in corpus.examples:
        text = corpus.texts[example.passage].text
        pieces = {text[start:end] for start, end in example.spans}
        if example.exact:
            assert pieces <= {"the Mesmer", "The Mesmer", "The dam"}
        else:
            assert pieces <= {"The dam held.", "the dam held.", "it rained in orlec."}


def test_questions_that_a_set_with_spans_has_are_left_out_of_the_sentence_sets(tmp_path: Path) -> None:
    corpus = read_corpus(folder(tmp_path))
    add_sentence_sets(corpus, tmp_path, seed=1)
    assert [e.question for e in corpus.examples if e.source == "reqa"] == ["Who held?"]


def test_a_question_on_one_passage_counts_once() -> None:
    corpus = Corpus()
    corpus.add_text(Text("a", "a/1", None, CONTEXT))
    for question in ("Where is Orlec?", "where is orlec"):
        corpus.add(Example("a", "train", question, 0, ((0, 5),)))
    assert len(corpus.examples) == 1


def test_an_article_is_in_one_part_and_odd_titles_are_never_trained_on() -> None:
    titles = [f"Title {i}" for i in range(400)]
    for title in titles:
        assert (squad2_part(title) == "test") == (title_hash(title) % 2 == 1)
    assert {squad2_part(title) for title in titles} == {"train", "dev", "test"}
    assert {new_wiki_part(title) for title in titles} == {"train", "dev", "test"}


def test_rebuilt_offsets_are_trusted_only_where_the_answer_occurs_once() -> None:
    both = [
        {"text": "Mesmer", "answer_start": 18, "n_occurrences": 2},
        {"text": "Orlec", "answer_start": 0, "n_occurrences": 1},
    ]
    assert list(answer_spans(CONTEXT, both)) == [(0, 5)]
    assert list(answer_spans(CONTEXT, both[:1])) == [(18, 24), (30, 36)]
    assert list(answer_spans(CONTEXT, [{"text": "Orlec", "answer_start": 3}])) == [(0, 5)]
    assert list(answer_spans(CONTEXT, [{"text": "Tarvin", "answer_start": 3}])) == []


def test_a_missing_set_is_told_by_path(tmp_path: Path) -> None:
    with pytest.raises(DataMissing, match=r"dev-v2\.0\.json is missing"):
        read_corpus(tmp_path)


def test_plain_forgets_case_and_signs() -> None:
    assert plain("Where’s  ORLEC, then?") == "where s orlec then"


def test_token_lines_become_running_text() -> None:
    assert joined("the dam 's wall , -lrb- old -rrb- , `` held '' .") == 'the dam\'s wall, (old), "held".'
