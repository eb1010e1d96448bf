"""Small indexes for tests: a few articles, and an embedder that is a real function but loads no model."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from index.article import Article, article_id, sha256
from index.draft import Draft
from index.embed import Vectors
from index.generations import Generation
from index.passages import passages
from index.publish import publish
from index.split import split
from index.words import terms
from index.writing import writing

DIMENSION = 24

TEXTS = {
    "baghuz.txt": "The last village fell on Saturday. Commanders raised a yellow flag over Baghuz.\n\n"
    "The U.S. general thanked the fighters. Families had left the camp the week before.",
    "harbour.txt": "The harbour of Rotterdam reopened on Monday. Ships had waited for three days.",
    "quake.txt": "An earthquake of magnitude 5.9 shook the coast at dawn. Nobody was hurt, the mayor said.\n\n"
    "Schools stay closed until Thursday. “We felt two shocks,” said a teacher.",
    "élection.txt": "Voters in Évreux chose a new council. Turnout was 61 percent.",
}


@dataclass
class NGramEmbedder:
    """Unit vectors from hashed runs of three characters: equal texts get equal vectors, alike texts near ones."""

    encoded: list[str] = field(default_factory=list)

    def encode(self, texts: Sequence[str]) -> Vectors:
        self.encoded.extend(texts)
        return np.array([vector(text) for text in texts], dtype=np.float32).reshape(len(texts), DIMENSION)


def vector(text: str) -> Vectors:
    """One text's vector, as `NGramEmbedder` makes it."""
    found = np.zeros(DIMENSION, dtype=np.float32)
    padded = f"  {text.casefold()} "
    for i in range(len(padded) - 2):
        digest = hashlib.blake2b(padded[i : i + 3].encode("utf-8"), digest_size=4).digest()
        found[digest[0] % DIMENSION] += 1 if digest[1] & 1 else -1
    found[0] += 0.5  # never of length zero
    return found / np.linalg.norm(found)


def article(name: str, text: str) -> Article:
    """An article of that text, known by its name."""
    return Article(article_id(name), text, sha256(text.encode("utf-8")), name, title=name.partition(".")[0])


def fill(folder: Path, articles: Sequence[Article]) -> dict[str, object]:
    """Write the articles into a generation's folder; what `publish` wants of its callback."""
    draft = Draft(folder)
    try:
        for one in articles:
            sentences = split(one.text, one.title)
            runs = passages(one.id, one.text, sentences, 60, 120)
            draft.add(one, one.origin, sentences, runs, [terms(run.text) for run in runs])
            draft.add_vectors(NGramEmbedder().encode([run.text for run in runs]))
        content = sha256("".join(sorted(one.fingerprint() for one in articles)).encode())
        return {"content": content, "recipe": {"embedding": "n-grams"}, "counts": draft.finish()}
    finally:
        draft.close()


def publish_texts(index: Path, texts: dict[str, str] = TEXTS, keep: int = 2) -> Generation:
    """Publish a generation of these texts, the names being those of their files."""
    with writing(index):
        return publish(index, lambda folder: fill(folder, [article(*one) for one in texts.items()]), keep)


def edition(number: int) -> dict[str, str]:
    """The texts of one of several generations: every article says its number, so that a mixture would show."""
    return {name: f"Edition {number} begins here. {text}" for name, text in TEXTS.items()}
