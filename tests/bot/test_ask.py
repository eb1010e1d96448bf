"""Reading stops where the answer is sure, but for what could support it, and not before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from bot.archive import Archive
from bot.ask import Asked, window
from bot.question import question as understood
from bot.read import Reading, Window
from bot.similar import SentenceScorer
from tests.bot.tiny_archive import NameReader, archive, publish_articles
from tests.index.tiny import NGramEmbedder, article

PLACES = "Orlec Tarvin Mesmer Halden Brisk Undal Perrin Costa Velm Ashby Noor Sella Quill Rask".split()


class Watched(NameReader):
    """Notes every text that it reads."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    def read(self, question: str, windows: Sequence[Window]) -> list[Reading]:
        self.texts += [one.text for one in windows if one.sentences]
        return super().read(question, windows)


@pytest.fixture
def index(tmp_path: Path) -> Path:
    """Fourteen reports on one bridge each, and one, found last, that names everybody."""
    made = [
        article(f"{place}.txt", f"The old bridge over the river was opened by Ana {place}. It rained.")
        for place in PLACES
    ]
    crowd = f"In the crowd stood {', '.join(f'Ana {place}' for place in PLACES)}."
    publish_articles(tmp_path, [*made, article("crowd.txt", crowd)])
    return tmp_path


def asked(index: Path, monkeypatch: pytest.MonkeyPatch, reader: NameReader, question: str) -> Asked:
    held: Archive = archive(index, monkeypatch, reader)
    return held.ask(question)


SURE = "Who opened the old bridge over the river?"
UNSURE = "Who opened the river house?"


def test_after_a_sure_answer_only_what_holds_its_words_is_read(index: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    reader = Watched()
    found = asked(index, monkeypatch, reader, SURE)
    assert found.answer.status == "answered" and found.answer.answer
    texts = [one.passage.text for one in found.candidates]
    assert len(texts) == len(PLACES) + 1
    supporting = [text for text in texts[8:] if found.answer.answer in text]
    assert reader.texts == [*texts[:8], *supporting] and supporting


def test_without_a_sure_answer_everything_is_read(index: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    reader = Watched()
    found = asked(index, monkeypatch, reader, UNSURE)
    assert found.answer.status == "answered" and found.answer.confidence < 0.6
    assert (
        sorted(reader.texts) == sorted(one.passage.text for one in found.candidates)
        and len(reader.texts) == len(PLACES) + 1
    )


def test_no_window_is_read_twice_and_readings_name_the_candidate_they_are_from(
    index: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for question in (SURE, UNSURE):
        reader = Watched()
        found = asked(index, monkeypatch, reader, question)
        assert len(reader.texts) == len(set(reader.texts))
        for reading in found.readings:
            text = found.candidates[reading.window].passage.text
            assert text in reader.texts and text[reading.start : reading.end].strip()
        scores = [reading.score for reading in found.readings]
        assert scores == sorted(scores, reverse=True)


def test_a_reader_that_weighs_all_windows_together_is_given_them_together(
    index: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Sentences compared without a model: how rare a word is among eight windows says nothing of fifteen."""
    line = "Who stood in the crowd by the old bridge over the river?"
    scorer = SentenceScorer(NGramEmbedder())
    found = archive(index, monkeypatch, scorer).ask(line)
    windows = [window(one) for one in found.candidates]
    assert len(windows) > 8 and list(found.readings) == scorer.read(understood(line, 1000).key, windows)


def test_other_questions_may_be_answered_between_the_steps_of_one(index: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    held: Archive = archive(index, monkeypatch, Watched())
    alone = [replace(held.ask(line).answer, timings_ms={}) for line in (SURE, UNSURE)]
    others: list[Asked] = []
    found = held.ask(SURE, between=lambda: others.append(held.ask(UNSURE))).answer
    assert len(others) == 3, "after finding, after the first windows, after the others"
    assert [replace(one, timings_ms={}) for one in (found, others[0].answer)] == alone
