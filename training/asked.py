"""Held-out questions -> what Byline says to them, the whole way over a published index.

Comes in: a corpus, examples of it, a reader. Goes out: trials, that is the readings of the passages that retrieval
finds as it does in use; and how sure Byline would show itself to be, with whether the first citation was right.
Others lean on this: weights and calibration are fitted on what users get to see, not on a stand-in for it. Knows
nothing of how a reader is trained.
"""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from bot.answer import Rules, answer
from bot.archive import asking, embedding, recipe
from bot.ask import window
from bot.config import Config
from bot.leader import evidence, likeliest, surely
from bot.question import question
from bot.read import Reader
from bot.retrieve import retrieve
from bot.weigh import Calibration
from index.build import build
from index.embed import Embedder, load_embedder
from index.store import Snapshot, open_snapshot
from training.data import Corpus, Example
from training.evaluate import Trial, holds, sentence
from training.negatives import likes, swapped

_SOURCES = ("squad2", "new_wiki", "squad1", "qed")


def published(corpus: Corpus, folder: Path) -> Snapshot:
    """An index of every encyclopedic passage in `folder`, each article's own together; made if it is not there."""
    config = Config(folder)
    index = folder / "index"
    if not index.exists():
        held: dict[tuple[str, str], list[str]] = {}
        for number, text in enumerate(corpus.texts):
            if text.source in _SOURCES:
                # Paragraphs of the SQuAD 1.1 sample come without their articles.
                name = text.article if text.title else f"{text.article} {number}"
                held.setdefault((name, text.title or ""), []).append(text.text)
        lines = [
            json.dumps({"id": f"a{i}", "title": title, "text": "\n\n".join(dict.fromkeys(texts))})
            for i, ((_, title), texts) in enumerate(held.items())
        ]
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "articles.jsonl").write_text("\n".join(lines), encoding="utf-8")
        build(index, [folder / "articles.jsonl"], recipe(config), lambda *_: None)
    return open_snapshot(index)


def with_strangers(corpus: Corpus, examples: Sequence[Example]) -> list[Example]:
    """The examples, every third with an answer followed by its like that has none: asked of another name, number or thing.

    People ask about what no article says with the right words around it; of such questions the sets have too few.
    """
    names, rng = likes(example.question for example in corpus.examples), random.Random(1)
    known = {example.question for example in corpus.examples}
    made = []
    for number, example in enumerate(examples):
        made.append(example)
        if example.spans and number % 3 == 0:
            stranger = swapped(example.question, corpus.texts[example.passage].text, names, rng)
            # Changed at random it may be what another article was asked, and answers.
            if stranger is not None and stranger not in known:
                made.append(replace(example, question=stranger, spans=(), refs=()))
    return made


def trials(
    reader: Reader, snapshot: Snapshot, folder: Path, examples: Sequence[Example], hide: float = 0.3
) -> list[Trial]:
    """Each question among the passages that are found for it.

    From a share `hide` of the answerable questions every passage that holds a reference is taken away, so that the
    right thing is to abstain; unanswerable questions stay as they are.
    """
    how = asking(Config(folder))
    embedder: Embedder = load_embedder(embedding(Config(folder)), bulk=False)
    count = how.retrieval.passages_read
    found = []
    for number, example in enumerate(examples):
        asked = question(example.question, how.max_chars)
        candidates = retrieve(asked, snapshot, embedder, "", replace(how.retrieval, passages_read=2 * count))
        hidden = bool(example.spans) and (number * 0.6180339887) % 1 < hide
        if hidden:
            candidates = [one for one in candidates if not holds(one.passage.text, example.refs)]
        candidates = candidates[:count]
        windows = tuple(window(one) for one in candidates)
        readings = tuple(reader.read(asked.key, windows))
        answerable = bool(example.spans) and any(holds(one.text, example.refs) for one in windows)
        right = answerable and bool(readings) and holds(sentence(readings[0], windows), example.refs)
        found.append(Trial(asked.text, answerable, right, example.refs, readings, windows, tuple(candidates)))
    return found


def given(trials: Sequence[Trial], by: Calibration) -> tuple[list[tuple[float, float]], list[bool]]:
    """What the confidence of each trial's answer is made of, the answer chosen by `by`, and whether it is right.

    Trials without a reading are left out: nothing is to be weighed there.
    """
    read = [trial for trial in trials if trial.readings]
    made = []
    for trial in read:
        others = evidence(trial.candidates, trial.readings)
        likely = surely(trial.candidates, trial.readings, partial(by.confidence, windows=trial.windows))
        first = likeliest(trial.candidates, trial.readings, likely)
        made.append(by.features([first, *others], trial.windows))
    return made, shown(read, by)[1]


def shown(trials: Sequence[Trial], by: Calibration | Reader) -> tuple[list[float], list[bool]]:
    """For each trial the confidence of the answer that would be given, however low, and whether it is right."""
    sure, right = [], []
    for trial in trials:
        likely = surely(trial.candidates, trial.readings, partial(by.confidence, windows=trial.windows))
        found = answer(trial.question, trial.candidates, trial.readings, likely, Rules(min_confidence=0.0), "")
        sure.append(found.confidence)
        right.append(trial.answerable and bool(found.citations) and holds(found.citations[0].quote, trial.refs))
    return sure, right
