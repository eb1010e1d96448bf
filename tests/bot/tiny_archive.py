"""A true archive over a handful of articles without any model: n-gram vectors, and a reader that looks for names."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from pathlib import Path

import pytest

from bot import archive as archives
from bot.archive import Archive
from bot.config import change_setting, load_config
from bot.read import Reader, Reading, Window
from index.article import Article
from index.embed import Embedding
from index.publish import publish
from index.words import terms
from index.writing import writing
from tests.index.tiny import NGramEmbedder, fill

NAME = re.compile(r"(?:[A-Z][\w-]+ )*[A-Z][\w-]+")
MARK = {"embedding": "n-grams"}


class NameReader:
    """Takes the longest run of capitalised words behind a sentence's first word for its answer.

    The score is the number of terms that sentence and question share; three of them make an answer likely.
    """

    name = "names"
    apart = True

    def read(self, question: str, windows: Sequence[Window]) -> list[Reading]:
        asked = set(terms(question))
        readings = []
        for number, window in enumerate(windows):
            for sentence, (start, end) in enumerate(window.sentences):
                names = sorted(NAME.finditer(window.text, start + 1, end), key=lambda found: -len(found[0]))
                if names and (shared := len(asked & set(terms(window.text[start:end])))):
                    readings.append(Reading(number, sentence, names[0].start(), names[0].end(), float(shared)))
        return sorted(readings, key=lambda one: (-one.score, one.window, one.start))

    def confidence(self, readings: Sequence[Reading], windows: Sequence[Window]) -> float:
        """Another sentence with the same name makes one likelier."""
        if not readings:
            return 0.0
        name, *names = (windows[one.window].text[one.start : one.end] for one in readings)
        agreeing = [
            one
            for one, its in zip(readings[1:], names, strict=True)
            if (its in name or name in its) and one != readings[0]
        ]
        return 1 - math.prod(1 - min(1.0, one.score / 3.5) for one in (readings[0], *agreeing))


def publish_articles(index: Path, articles: Sequence[Article], keep: int = 2) -> None:
    """Make these articles the current generation of the folder."""

    def write(folder: Path) -> dict[str, object]:
        told = {"recipe": MARK, "embedding_model": "n-grams", "seconds": 0.0}
        return fill(folder, articles) | told

    with writing(index):
        publish(index, write, keep)


def archive(index: Path, monkeypatch: pytest.MonkeyPatch, reader: Reader | None = None, **settings: str) -> Archive:
    """The archive of that folder with the n-gram embedder and this reader; settings as `answer__max_citations="2"`."""
    config = load_config(None, {}, index)
    for name, value in settings.items():
        config = change_setting(config, name.replace("__", "."), value)

    def load(settings: Embedding, *, bulk: bool) -> NGramEmbedder:
        return NGramEmbedder()

    monkeypatch.setattr(archives, "load_embedder", load)
    monkeypatch.setattr(archives, "fingerprint", lambda settings: "n-grams")
    monkeypatch.setattr(archives, "load_reader", lambda place, threads: reader or NameReader())
    return Archive(config)
