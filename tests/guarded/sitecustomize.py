"""Python imports this at start where this folder is on its path: it puts a child process under the tests' guard."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from tests.guard import install_guard

# A module that only a child imports must not be compiled into the folder of the code.
sys.dont_write_bytecode = True
install_guard([Path(path) for path in os.environ.get("BYLINE_GUARD_WRITABLE", "").split(os.pathsep) if path])
