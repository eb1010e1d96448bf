"""An index of the starter corpus, made once for all tests that ask it with the real models."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.conftest import ROOT, run_python


class Byline:
    """The command line as a user has it: in a process of its own, under the guard, in an empty folder."""

    def __init__(self, folder: Path, index: Path) -> None:
        self.folder, self.index, self.refused = folder, index, folder / "refused"

    def __call__(self, *arguments: str, module: str = "bot", **environment: str) -> tuple[int, str, str]:
        """Run `byline` (or another module) with the arguments: exit code, stdout, stderr."""
        guarded = {
            "BYLINE_GUARD_LOG": str(self.refused),
            "BYLINE_GUARD_WRITABLE": os.pathsep.join((str(self.index), str(self.folder))),
            "BYLINE_INDEX": str(self.index),
            "BYLINE_CONFIG": str(ROOT / "config.yaml"),
            "TMPDIR": str(self.folder),
        }
        return run_python("-m", module, *arguments, cwd=self.folder, **(guarded | environment))


@pytest.fixture(scope="session")
def starter(tmp_path_factory: pytest.TempPathFactory) -> Byline:
    """`byline` over a fresh index of seeds/; tests must not change it."""
    byline = Byline(tmp_path_factory.mktemp("starter"), tmp_path_factory.mktemp("index"))
    code, output, errors = byline("build")
    assert (code, errors) == (0, ""), errors
    assert "published" in output
    return byline


@pytest.fixture
def byline(tmp_path: Path) -> Byline:
    """`byline` with an index folder of its own that does not exist yet."""
    folder = tmp_path / "here"
    folder.mkdir()
    return Byline(folder, tmp_path / "index")
