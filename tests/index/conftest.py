"""What the tests of the index share."""

from __future__ import annotations

import pytest

from index import build as building
from index.embed import Embedding
from tests.index.tiny import NGramEmbedder


@pytest.fixture
def embedder(monkeypatch: pytest.MonkeyPatch) -> NGramEmbedder:
    """The n-gram embedder in the place of the model; it keeps what it was given."""
    made = NGramEmbedder()

    def described(settings: Embedding) -> dict[str, object]:
        return {"model": settings.model, "passage_prefix": settings.passage_prefix}

    monkeypatch.setattr(building, "load_embedder", lambda settings, *, bulk: made)
    monkeypatch.setattr(building, "fingerprint", described)
    return made
