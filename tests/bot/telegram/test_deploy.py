"""The service file, the container and the page of docs say what is true of the code."""

from __future__ import annotations

import re
import shutil
import subprocess
import tomllib
from dataclasses import fields
from pathlib import Path

import pytest

from bot.chat_telegram import received
from bot.chat_telegram.rights import ADMIN_COMMANDS, RIGHTS
from bot.cli import BUSY, MISCONFIGURED, _parser
from bot.config import TelegramSettings


@pytest.fixture
def unit(root: Path) -> str:
    """The service file's text."""
    return (root / "deploy" / "byline-telegram.service").read_text(encoding="utf-8")


@pytest.fixture
def page(root: Path) -> str:
    """The page on Telegram."""
    return (root / "docs" / "telegram.md").read_text(encoding="utf-8")


def setting(unit: str, name: str) -> list[str]:
    """The values of a setting of the service file."""
    return re.findall(rf"^{name}=(.*)$", unit, re.M)


def test_the_service_runs_a_command_that_exists_and_waits_for_its_word(unit: str) -> None:
    (start,) = setting(unit, "ExecStart")
    assert start.split("/")[-1] == "byline telegram"
    assert "telegram" in _parser().format_help()
    assert setting(unit, "Type") == ["notify"] and setting(unit, "WatchdogSec") == ["60"]
    assert setting(unit, "RestartPreventExitStatus") == [str(MISCONFIGURED)]
    assert BUSY == 75


def test_no_secret_stands_in_the_service_or_the_container(unit: str, root: Path) -> None:
    container = (root / "deploy" / "Containerfile").read_text(encoding="utf-8")
    for text in (unit, container):
        assert not re.search(r"\d{6,12}:[A-Za-z0-9_-]{20,}|TELEGRAM_BOT_TOKEN=|WEBHOOK_SECRET=", text)
    assert setting(unit, "Environment")[-1] == "TELEGRAM_BOT_TOKEN_FILE=/etc/byline/token"


def test_systemd_takes_the_service_file(unit: str, tmp_path: Path) -> None:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd-analyze is not there")
    file = tmp_path / "byline-telegram.service"
    file.write_text(unit.replace("/opt/byline/.venv/bin/byline telegram", "/bin/true"), encoding="utf-8")
    done = subprocess.run(["systemd-analyze", "verify", str(file)], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_the_container_copies_what_the_package_is_made_of_and_runs_as_nobody_special(root: Path) -> None:
    container = (root / "deploy" / "Containerfile").read_text(encoding="utf-8")
    copied = set(re.findall(r"^COPY (\w[\w. ]*?) \S+$", container, re.M))
    packages = re.search(r"^packages = \[(.*)\]$", (root / "pyproject.toml").read_text(encoding="utf-8"), re.M)
    assert packages is not None and set(re.findall(r'"(\w+)"', packages[1])) <= copied
    wanted = (root / "deploy" / "Containerfile.dockerignore").read_text(encoding="utf-8")
    for name in " ".join(copied).split():
        assert (root / name).exists() and f"!{name}\n" in wanted, name
    made = (root / "Makefile").read_text(encoding="utf-8")
    torch = re.search(r"^TORCH := (\S+)$", made, re.M)
    assert torch is not None and re.findall(r"torch==[\w.+]+", container) == [f"{torch[1]}+cpu", torch[1]]
    pip = re.search(r"^PIP_VERSION := (\S+)$", made, re.M)
    assert pip is not None and f" pip=={pip[1]} " in container
    assert re.findall(r"^USER (.*)$", container, re.M) == ["10001"]


def test_the_container_keeps_no_tool_of_developers(root: Path) -> None:
    container = (root / "deploy" / "Containerfile").read_text(encoding="utf-8")
    extras = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]
    tools = {re.split(r"[<>=]", one)[0] for name in ("dev", "benchmarks") for one in extras[name]}
    assert tools <= set(container.split("uninstall --yes --quiet", 1)[1].split("\n\n")[0].replace("\\", " ").split())


def test_what_the_page_has_done_as_the_service_s_user_finds_its_folder(page: str) -> None:
    """The folder of the service is there only once it has run; the first build comes before."""
    steps = page.split("## As a service")[1].split("In a container")[0]
    assert steps.index("install -d -o byline -g byline -m 700 /var/lib/byline") < steps.index("byline build")


def test_the_page_names_every_command_and_none_that_is_not_there(page: str) -> None:
    table = page.split("## Commands")[1].split("## Articles")[0]
    named = set(re.findall(r"`/(\w+)", table.split("**Inline")[0]))
    assert named == set(RIGHTS)
    for line in table.split("\n"):
        if "administrators" in line:
            assert set(re.findall(r"`/(\w+)", line)) <= ADMIN_COMMANDS, line


def test_the_page_names_settings_that_exist_and_limits_as_they_are(page: str) -> None:
    there = {one.name for one in fields(TelegramSettings)}
    for name in ("access", "admins", "users", "groups", "scopes", "default_scope", "webhook_url", "webhook_port",
                 "webhook_path", "health_port", "retention_days", "inline", "mode"):  # fmt: skip
        assert name in there and name in page, name
    settings = TelegramSettings()
    assert f"({settings.health_port})" in page and f"`retention_days` ({settings.retention_days})" in page
    assert f"up to {received.MOST_BYTES // 2**20} MB" in page and f"`{received.FOLDER}/`" in page
    assert settings.access == "list" and "`list` (default)" in page
