"""Groups: crops hold the answer, lookalikes do not, batches lose nothing."""

from __future__ import annotations

import random
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Whitespace

from training.batch import batches_of, token_span
from training.data import Corpus, Example, Text
from training.groups import Choice, Group, crop, group, lookalikes
from training.school import schedule

STORY = " ".join(f"Sentence {i} tells of Orlec and its {i} bridges." for i in range(40))


def corpus() -> Corpus:
    made = Corpus()
    for i in range(6):
        made.add_text(Text("squad1", f"a/{i}", None, f"Bridges of town {i}. The mayor is number {i}. Bridges again."))
    made.add(Example("squad1", "train", "who is mayor of the bridges in town 2?", 2, ((35, 43),)))
    return made


def tokenizer(*texts: str) -> Tokenizer:
    words = sorted({word for text in texts for word, _ in Whitespace().pre_tokenize_str(text)})
    made = Tokenizer(WordLevel({word: i for i, word in enumerate(["[UNK]", *words])}, unk_token="[UNK]"))
    made.pre_tokenizer = Whitespace()
    return made


@given(st.integers(0, 39), st.integers(0, 10_000))
def test_a_crop_is_whole_sentences_around_the_answer(number: int, seed: int) -> None:
    start = STORY.index(f"Sentence {number} ")
    cropped, spans = crop(STORY, ((start, start + 10),), 200, random.Random(seed))
    assert cropped in STORY
    assert cropped.startswith("Sentence") and cropped.endswith(".")
    assert [cropped[s:e] for s, e in spans] == [STORY[start : start + 10]]
    assert len(cropped) < 320


def test_lookalikes_never_hold_the_answer_or_the_passage_itself() -> None:
    made = corpus()
    made.texts[4] = Text("squad1", "a/4", None, "Bridges. The mayor of town 2 is number 2.")
    (near,) = lookalikes(made, made.examples * 1)
    assert near == () or (2 not in near and 4 not in near)


def test_a_group_is_the_same_for_the_same_seed() -> None:
    made = corpus()
    groups = [group(made, made.examples[0], (0, 1, 3), {}, random.Random("x")) for _ in range(2)]
    assert groups[0] == groups[1]
    assert all(not choice.spans for choice in groups[0].choices[1:])


def test_batches_mark_first_and_last_token_of_the_answer() -> None:
    text = "The dam at Orlec held well"
    one = Group("who held", "squad1", (Choice(text, None, ((4, 16),)), Choice("no answer", None, ())))
    (batch,) = batches_of([one], [True], tokenizer(text, "who held", "no answer"), 1000)
    assert (batch.firsts, batch.lasts) == (((1,), ()), ((3,), ()))
    assert batch.groups == (2,)
    assert batch.tokens == sum(len(p.tokens) for p in batch.pairs)


def test_where_only_the_sentence_is_known_every_token_of_it_counts() -> None:
    text = "The dam held well"
    one = Group("who", "reqa", (Choice(text, None, ((4, 12),)),))
    (batch,) = batches_of([one], [False], tokenizer(text, "who"), 1000)
    assert batch.firsts == batch.lasts == ((1, 2),)


def test_no_group_is_split_over_batches() -> None:
    one = Group("who held", "squad1", (Choice("The dam held well", None, ((4, 7),)), Choice("no answer", None, ())))
    batches = list(batches_of([one] * 7, [True] * 7, tokenizer("who held The dam well no answer"), 30))
    assert [batch.groups for batch in batches] == [(2, 2)] * 3 + [(2,)] or all(set(b.groups) == {2} for b in batches)
    assert sum(len(batch.groups) for batch in batches) == 7


def test_a_resumed_schedule_goes_on_where_it_was() -> None:
    made = corpus()
    examples = made.examples * 700
    whole = [chunk for _, chunk in zip(range(5), schedule(examples, 3, 0), strict=False)]
    rest = [chunk for _, chunk in zip(range(3), schedule(examples, 3, 2), strict=False)]
    assert whole[2:] == rest


def test_a_span_touches_the_tokens_it_overlaps(tmp_path: Path) -> None:
    from bot.span_model import tokenize

    tokens = tokenize(tokenizer("The dam held"), ["The dam held"])[0]
    assert token_span(tokens, (5, 6)) == (1, 1)
    assert token_span(tokens, (3, 4)) is None
