"""Python imports this at start where this folder is on its path: it puts a child process under the tests' guard."""

from __future__ import annotations

import os
from pathlib import Path

from tests.guard import install_guard

install_guard([Path(path) for path in os.environ.get("BYLINE_GUARD_WRITABLE", "").split(os.pathsep) if path])
