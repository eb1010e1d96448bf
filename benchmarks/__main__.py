"""`make bench`: the measurements that need nothing but the repository, one after the other."""

from __future__ import annotations

import subprocess
import sys

ALONE = ("splitters", "engines", "reader_speed", "build", "rebuild", "ask", "quality", "memory", "start")


def main() -> int:
    """Run each in a process of its own; the first failure's exit code, or 0."""
    for name in ALONE:
        print(f"== benchmarks.{name}", flush=True)
        code = subprocess.run([sys.executable, "-m", f"benchmarks.{name}"], check=False).returncode
        if code:
            return code
    return 0


if __name__ == "__main__":
    sys.exit(main())
