"""What the README says is true: its tree, its commands, its settings."""

from __future__ import annotations

import re
from pathlib import Path

from bot.cli import _parser
from tests.tree import START, tree


def readme(root: Path) -> str:
    """The README's text."""
    return (root / "README.md").read_text(encoding="utf-8")


def test_the_tree_at_the_end_names_every_file_with_its_remark(root: Path) -> None:
    assert readme(root).split(START)[1] == tree(), "run: python -m tests.tree"


def test_every_command_of_the_readme_exists_and_every_command_is_in_the_readme(root: Path) -> None:
    help_text = _parser().format_help()
    commands = set(re.findall(r"^    (\w+) ", help_text, re.M))
    named = set(re.findall(r"\bbyline (\w+)\b(?= |$)", "\n".join(re.findall(r"^    (byline .*)", readme(root), re.M))))
    assert named == commands


def test_every_make_target_of_the_readme_exists(root: Path) -> None:
    targets = set(re.findall(r"^([a-z]+):", (root / "Makefile").read_text(encoding="utf-8"), re.M))
    assert set(re.findall(r"`make ([a-z]+)\b", readme(root))) <= targets


def test_no_path_of_a_machine_and_no_registry_host_stands_in_the_repository(root: Path) -> None:
    forbidden = re.compile("/" + r"(?:work|farm|root|home)/\w|py" + r"pi\.org|pytorch\.org|huggingface\.co")
    for path in root.rglob("*"):
        inside = path.relative_to(root).parts
        skipped = (".git", ".venv", "runs", "node_modules", "out")
        if not path.is_file() or any(part in skipped or part.startswith(".") for part in inside[:-1]):
            continue
        if path.suffix in {".py", ".md", ".yaml", ".toml", ".txt", ".lock", ".json"} and path.stat().st_size < 10**6:
            found = forbidden.search(path.read_text(encoding="utf-8", errors="replace"))
            assert not found, f"{path}: {found}"
