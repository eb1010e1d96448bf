"""The guard around the tests holds: nothing reaches the network, and nothing is written elsewhere."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from tests.conftest import ROOT, run_python
from tests.guard import Refused


def test_a_connection_to_another_machine_is_refused() -> None:
    with socket.socket() as sock, pytest.raises(Refused):
        sock.connect(("192.0.2.1", 80))


def test_a_name_is_not_even_looked_up() -> None:
    with pytest.raises(Refused):
        socket.getaddrinfo("example.org", 443)


def test_loopback_stays_open_to_tests_that_bring_their_own_server() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()):
        pass


def test_a_file_outside_is_not_written() -> None:
    with pytest.raises(Refused):
        Path("/var/tmp/byline-test").write_text("x", encoding="utf-8")


def test_the_home_folder_of_tests_is_an_empty_one() -> None:
    assert list(Path.home().iterdir()) == []


@pytest.mark.parametrize(
    "attempt",
    [
        "import socket; socket.create_connection(('192.0.2.1', 80))",
        "open('/var/tmp/byline-test', 'w')",
        "import os; os.mkdir('/var/tmp/byline-test')",
    ],
)
def test_programs_that_tests_start_are_under_the_guard_too(attempt: str, tmp_path: Path) -> None:
    log = tmp_path / "refused"
    code, _, errors = run_python(
        "-c", attempt, cwd=tmp_path, BYLINE_GUARD_LOG=str(log), BYLINE_GUARD_WRITABLE=str(tmp_path)
    )
    assert code != 0
    assert "refused by the tests' guard" in errors
    assert log.read_text(encoding="utf-8").count("\n") == 1


def test_a_program_may_write_where_the_test_lets_it(tmp_path: Path) -> None:
    code, _, errors = run_python("-c", "open('x', 'w').write('y')", cwd=tmp_path, BYLINE_GUARD_WRITABLE=str(tmp_path))
    assert (code, errors) == (0, "")
    assert (tmp_path / "x").read_text(encoding="utf-8") == "y"


def test_no_token_or_setting_of_the_developer_reaches_the_tests() -> None:
    assert [name for name in os.environ if name.startswith("BYLINE_")] == []
    assert ROOT.is_dir()
