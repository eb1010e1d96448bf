"""The bot under test: `python -m bot telegram` in a process of its own, so that signals and crashes are real.

Comes in: the server it is to talk to, an index, and settings as environment variables. Goes out: when it polls, how
it ended, what it wrote, and what its metrics and the kernel say of it.
"""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from types import TracebackType

from tests.bot.telegram.bot_api.server import BotApi

ROOT = Path(__file__).resolve().parents[4]
_CHATTY = """
import logging, sys
logging.Logger.setLevel = lambda self, level: None
logging.getLogger().level = logging.DEBUG
from bot.__main__ import main
sys.exit(main(["telegram"]))
"""


def free_port() -> int:
    """A port on loopback that nobody listens on now."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


class Bot:
    """One bot over one index folder; it can be started again after it ended or was killed.

    `chatty`: every library logs everything, whatever level the bot asks of it.
    """

    def __init__(self, server: BotApi, folder: Path, index: Path, *, chatty: bool = False, **settings: str) -> None:
        self.server, self.folder, self.index = server, folder, index
        self.health = free_port()
        self.log = folder / f"bot-{self.health}.log"
        self._settings, self._program = settings, ("-c", _CHATTY) if chatty else ("-m", "bot", "telegram")
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Bot:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process is not None and self._process.poll() is None:
            self.kill()

    @property
    def process(self) -> subprocess.Popen[bytes]:
        """The process of the last start."""
        assert self._process is not None, "never started"
        return self._process

    def environment(self) -> dict[str, str]:
        """Under the tests' guard: loopback alone, and no files but in the index and the folder."""
        given = {
            "PYTHONPATH": os.pathsep.join((str(ROOT / "tests" / "guarded"), str(ROOT))),
            "BYLINE_GUARD_LOG": str(self.folder / "refused"),
            "BYLINE_GUARD_WRITABLE": os.pathsep.join((str(self.index), str(self.folder))),
            "BYLINE_INDEX": str(self.index), "BYLINE_CONFIG": str(ROOT / "config.yaml"), "TMPDIR": str(self.folder),
            "TELEGRAM_BOT_TOKEN": self.server.token, "TELEGRAM_API_BASE": self.server.root, "PYTHONUNBUFFERED": "1",
            "BYLINE_TELEGRAM__ACCESS": "open", "BYLINE_TELEGRAM__HEALTH_PORT": str(self.health),
        }  # fmt: skip
        kept = {key: value for key, value in os.environ.items() if not key.startswith(("BYLINE_", "TELEGRAM_"))}
        return kept | given | self._settings

    def start(self, wait: float = 60.0) -> Bot:
        """Start it; returns when it has asked for updates (wait=0: at once)."""
        polls = len(self.server.of("getUpdates"))
        with open(self.log, "ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, *self._program], cwd=self.folder, env=self.environment(),
                stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            )  # fmt: skip
        if wait:
            self.server.wait(
                lambda: len(self.server.of("getUpdates")) > polls or self.process.poll() is not None,
                wait, f"getUpdates; it wrote:\n{self.output()}",
            )  # fmt: skip
            assert self.process.poll() is None, f"ended with {self.process.returncode}:\n{self.output()}"
        return self

    def kill(self) -> None:
        """SIGKILL, and wait for the corpse."""
        self.process.kill()
        self.process.wait(10)

    def terminate(self, within: float = 15.0) -> tuple[int, float]:
        """SIGTERM: the exit code and the seconds it took; TimeoutExpired where it takes longer."""
        began = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(within), time.monotonic() - began

    def ends(self, within: float) -> tuple[int, float]:
        """Wait until it ends by itself: the exit code and the seconds it took."""
        began = time.monotonic()
        return self.process.wait(within), time.monotonic() - began

    def output(self) -> str:
        """Everything it has written to stdout and stderr, over all starts."""
        return self.log.read_text(encoding="utf-8", errors="replace") if self.log.exists() else ""

    def page(self, path: str) -> tuple[int, str]:
        """A page of its health endpoint: status and text."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.health}{path}", timeout=5) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode()

    def metrics(self) -> dict[str, float]:
        """Its Prometheus metrics by name with labels."""
        lines = re.findall(r"^([a-z_]\S*) (\S+)$", self.page("/metrics")[1], re.M)
        return {name: float(value) for name, value in lines}

    def memory(self) -> float:
        """Resident memory in MB."""
        return _status(self.process.pid, "VmRSS") / 1024

    def own_memory(self) -> float:
        """Resident memory in MB that is no file's: what it has allocated."""
        return _status(self.process.pid, "RssAnon") / 1024

    def threads(self) -> int:
        """Threads that it runs."""
        return int(_status(self.process.pid, "Threads"))


def _status(pid: int, name: str) -> float:
    found = re.search(rf"^{name}:\s+(\d+)", Path(f"/proc/{pid}/status").read_text(encoding="ascii"), re.M)
    assert found is not None
    return float(found[1])
