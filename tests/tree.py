"""The tree at the README's end, from the files themselves: `python -m tests.tree` writes it, a test compares it.

A module's remark is the first sentence of its docstring; those of other files stand here.
"""

from __future__ import annotations

import ast
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
START = "## The tree\n\n"

FOLDERS = ("bot", "index", "models", "training", "benchmarks", "seeds", "docs", "deploy", "tests")
OTHERS = {
    ".ci/run": "what CI runs: `make test`",
    "CHANGELOG.md": "what changes for users",
    "LICENSE": "Apache-2.0",
    "Makefile": "set-up and every command",
    "README.md": "this page",
    "config.yaml": "every setting with its reason",
    "pyproject.toml": "the distribution, its dependencies, the settings of its tools",
    "requirements.lock": "every package at one version, with digests",
    "docs/LOG.md": "every trial that decided something, the failed ones too",
    "docs/telegram.md": "the Telegram bot from BotFather to backup",
    "deploy/byline-telegram.service": "the bot under systemd, with watchdog and hardening",
    "deploy/Containerfile": "the bot in a container",
    "deploy/Containerfile.dockerignore": "what of the repository goes into it",
    "seeds": "the starter corpus: twelve articles in text, Markdown, HTML and JSON lines",
    "tests/bot/transcripts": "the REPL's transcripts, compared letter by letter",
    "tests/questions": "question files: the starter corpus and two reports, halves set aside",
    "benchmarks/duplicate_pairs.csv": "pairs of articles of a public set, by id, and whether they are one story; no text",
    "tests/index/gold_sentences.txt": "tricky news sentences and how they are to be split",
    "benchmarks/peers/requirements.txt": "the peers and all they need, at one version each",
    "training/README.md": "how the reader is made, and how to go on",
    "benchmarks/boilerplate_marks.jsonl": "238 articles marked by hand: ids, digests, places and marks, no text",
    "models/reader/README.md": "the reader's card",
    "models/reader/config.json": "its shape, calibration and digest",
    "models/reader/reliability.png": "confidence against the share that was right",
    "models/reader/tokenizer.json": "its vocabulary",
    "models/reader/weights.safetensors": "its weights, int8 rows with scales",
}
_HIDDEN = {"__pycache__", "out"}


def tree() -> str:
    """The tree, one line a file or summed-up folder, with remarks."""
    lines = [(path, OTHERS[path]) for path in sorted(OTHERS) if "/" not in path and (ROOT / path).is_file()]
    lines.append((".ci/run", OTHERS[".ci/run"]))
    for folder in FOLDERS:
        if (ROOT / folder).is_dir():
            lines += _lines(ROOT / folder)
    width = max(len(path) for path, _ in lines) + 2
    return "".join(f"    {path:<{width}}{remark}\n" for path, remark in lines)


def _lines(folder: Path) -> list[tuple[str, str]]:
    name = folder.relative_to(ROOT).as_posix()
    if name in OTHERS:
        return [(f"{name}/", OTHERS[name])]
    found = []
    for path in sorted(folder.iterdir(), key=lambda path: (path.is_dir(), path.name)):
        if path.name.startswith(".") or path.name in _HIDDEN:
            continue
        if path.is_dir():
            found += _lines(path)
        elif remark := _remark(path):
            found.append((path.relative_to(ROOT).as_posix(), remark))
    return found


def _remark(path: Path) -> str:
    name = path.relative_to(ROOT).as_posix()
    if name in OTHERS:
        return OTHERS[name]
    if path.suffix != ".py":
        raise SystemExit(f"{name} needs a remark in tests/tree.py")
    docstring = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    if path.name == "__init__.py" and not docstring:
        return ""
    if not docstring:
        raise SystemExit(f"{name} needs a docstring")
    return docstring.split("\n\n")[0].replace("\n", " ").split(". ")[0].rstrip(".")


def main() -> int:
    """Write the tree into the README."""
    readme = ROOT / "README.md"
    head = readme.read_text(encoding="utf-8").split(START)[0]
    readme.write_text(head + START + tree(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
