"""What holds for every test: no network, no home folder, no telemetry, and data that may be absent.

The guard is an audit hook, below every library: a connection to anything but this machine's loopback raises, and so
does opening a file for writing from Python outside the temporary folder and the repository.
`test_guard.py` proves it.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

ROOT = Path(__file__).resolve().parent.parent
SHARED = ROOT.parent / "shared"

os.environ["HOME"] = tempfile.mkdtemp(prefix="byline-home-")
os.environ["HAYSTACK_TELEMETRY_ENABLED"] = "false"
os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["TRANSFORMERS_OFFLINE"] = "1"
os.environ["OMP_WAIT_POLICY"] = "PASSIVE"
os.environ["GOMP_SPINCOUNT"] = "0"
for name in [name for name in os.environ if name.startswith("BYLINE_")]:
    del os.environ[name]

from tests.guard import install_guard  # noqa: E402 - the environment comes first

install_guard(writable=(Path(tempfile.gettempdir()), ROOT))

# No example database: tests leave nothing behind. No deadline: two shared cores make single examples slow at times.
settings.register_profile(
    "byline", database=None, deadline=None, print_blob=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("byline")


@pytest.fixture
def shared() -> Path:
    """The folder of data that lies beside a developer's checkout; the test is skipped where it is absent."""
    if not SHARED.is_dir():
        pytest.skip("the data folder beside the checkout is not there")
    return SHARED


@pytest.fixture(scope="session")
def root() -> Path:
    """The repository's root."""
    return ROOT


def run_python(*arguments: str, cwd: Path, **environment: str) -> tuple[int, str, str]:
    """Run this Python under the guard in a process of its own: exit code, stdout, stderr."""
    import subprocess

    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=cwd,
        env=os.environ | {"PYTHONPATH": os.pathsep.join((str(ROOT / "tests" / "guarded"), str(ROOT)))} | environment,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=240,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    return done.returncode, done.stdout, done.stderr
