"""`python -m index [PATH ...]` does what `byline build` does.

The command line lies in `bot`, the only place where parts are put together; this door hands over to it.
"""

from __future__ import annotations

import importlib
import sys


def main() -> int:
    """Run `byline build` with these arguments; returns its exit code."""
    code: int = importlib.import_module("bot.__main__").main(["build", *sys.argv[1:]])
    return code


if __name__ == "__main__":
    sys.exit(main())
