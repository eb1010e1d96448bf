"""Documents -> Contents by a worker process: started when first needed, kept for the next document, replaced when it dies.

Comes in: a document's format and bytes. Goes out: its Contents, or a rejection. The promises others lean on: whatever
a document does to its parser, the next one is read; a document takes 30 s at most; one whose worker dies is tried once
more, by a new one, before it is rejected as `worker_died`. Bytes that a worker sends are checked like those of
a stranger.
"""

from __future__ import annotations

import atexit
import contextlib
import dataclasses
import json
import logging
import os
import selectors
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

from index.errors import DocumentRejected, IndexFailure
from index.sources.contents import Contents
from index.sources.worker import OUTPUT, SECONDS

log = logging.getLogger(__name__)

WALL_SECONDS = 30.0
_FRAME = struct.Struct(">II")
_ROOT = Path(__file__).resolve().parent.parent.parent
# Not `-m`: alone with -I it would find the installed package, which need not be the one that runs here.
_BOOT = "import sys; sys.path.insert(0, sys.argv[1]); from index.sources.worker import main; main(sys.argv[2])"
_KEPT_VARIABLES = ("PATH", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")


class _WorkerDied(Exception):
    """The worker ended, or sent what no worker of ours sends; the text says how."""


class Worker:
    """One parsing process and the pipes to it; not started before the first document."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._folder = ""

    @property
    def pid(self) -> int | None:
        """The process's number while there is one."""
        return self._process.pid if self._process else None

    def ask(self, request: dict[str, Any], data: bytes, deadline: float) -> dict[str, Any]:
        """The reply to one request; raises `_WorkerDied`, or `TimeoutError` when the deadline has passed."""
        if self._process is not None and self._process.poll() is not None:
            self.close()  # it had nothing to do for long, or something ended it between documents
        process = self._process or self._start()
        try:
            reply = self._exchange(process, request, data, deadline)
        except BaseException:
            self.close()
            raise
        if reply.get("last"):
            self.close()
        return reply

    def close(self) -> None:
        """End the process and remove its folder; safe to call twice."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()
            for pipe in (process.stdin, process.stdout):
                if pipe is not None:
                    with contextlib.suppress(OSError):
                        pipe.close()
        folder, self._folder = self._folder, ""
        if folder:
            shutil.rmtree(folder, ignore_errors=True)

    def _start(self) -> subprocess.Popen[bytes]:
        self._folder = tempfile.mkdtemp(prefix="byline-parse-")
        environment = {name: os.environ[name] for name in _KEPT_VARIABLES if name in os.environ}
        with open(os.path.join(self._folder, "stderr"), "wb") as errors:
            self._process = subprocess.Popen(
                [sys.executable, "-I", "-X", "utf8", "-c", _BOOT, str(_ROOT), self._folder],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, bufsize=0, cwd=self._folder,
                env=environment | {"HOME": self._folder, "TMPDIR": self._folder},
            )  # fmt: skip
        assert self._process.stdin and self._process.stdout  # for the type checker
        os.set_blocking(self._process.stdin.fileno(), False)
        os.set_blocking(self._process.stdout.fileno(), False)
        return self._process

    def _exchange(
        self, process: subprocess.Popen[bytes], request: dict[str, Any], data: bytes, deadline: float
    ) -> dict[str, Any]:
        """Send the request and take the reply, whichever way the pipes are ready, until the deadline."""
        assert process.stdin and process.stdout  # for the type checker
        about = json.dumps(request).encode()
        waiting = [memoryview(_FRAME.pack(len(about), len(data)) + about), memoryview(data)]
        got = bytearray()
        with selectors.DefaultSelector() as ready:
            ready.register(process.stdout, selectors.EVENT_READ)
            if ready.select(0):  # what is said of one document must not be taken for the reply to the next
                raise _WorkerDied("it ended, or sent what nobody had asked for")
            ready.register(process.stdin, selectors.EVENT_WRITE)
            while True:
                left = deadline - time.monotonic()
                if left <= 0:
                    raise TimeoutError
                for key, _ in ready.select(left):
                    if key.fileobj is process.stdin:
                        if not self._write(process, waiting):
                            ready.unregister(process.stdin)
                    else:
                        piece = os.read(process.stdout.fileno(), 1 << 16)
                        if not piece:
                            raise _WorkerDied(self._death(process))
                        got += piece
                size = _FRAME.unpack_from(got)[0] if len(got) >= _FRAME.size else 0
                if size > OUTPUT:
                    raise _WorkerDied("it sent more than it may")
                if size and len(got) >= _FRAME.size + size:
                    if any(map(len, waiting)):
                        raise _WorkerDied("it replied to what it had not read")
                    return _decoded(bytes(got[_FRAME.size :]))

    def _write(self, process: subprocess.Popen[bytes], waiting: list[memoryview]) -> bool:
        """Write what the pipe takes; false when there is nothing left to write, or nobody to read it."""
        assert process.stdin  # for the type checker
        while waiting and not len(waiting[0]):
            waiting.pop(0)
        if not waiting:
            return False
        try:
            waiting[0] = waiting[0][os.write(process.stdin.fileno(), waiting[0][: 1 << 20]) :]
        except BlockingIOError:
            return True
        except OSError:  # it is gone: reading says so too, and why
            return False
        return True

    def _death(self, process: subprocess.Popen[bytes]) -> str:
        """How the process ended, in words that are the same each time."""
        try:
            code = process.wait(5)
        except subprocess.TimeoutExpired:
            return "it closed its pipe"
        if code == -signal.SIGXCPU:
            raise DocumentRejected("too_slow", f"reading it takes more than {SECONDS} s of processor time")
        if code < 0:
            return f"the process that read it was ended by {signal.Signals(-code).name}"
        with contextlib.suppress(OSError), open(os.path.join(self._folder, "stderr"), "rb") as errors:
            log.warning("a parsing process ended: %s", errors.read(4000).decode("utf-8", "replace"))
        return f"the process that read it ended with {code}"


def _decoded(body: bytes) -> dict[str, Any]:
    try:
        reply = json.loads(body.decode("utf-8", "surrogatepass"))
    except (ValueError, RecursionError):
        raise _WorkerDied("it sent no JSON") from None
    if not isinstance(reply, dict):
        raise _WorkerDied("it sent no object")
    return reply


def _contents(found: Any) -> Contents:
    """Contents out of a reply, every field of its type: a parser led astray may send anything."""
    fields = found if isinstance(found, dict) else {}
    if set(fields) != {field.name for field in dataclasses.fields(Contents)} or not isinstance(fields["text"], str):
        raise _WorkerDied("it sent no contents")
    for name, value in fields.items():
        kinds = {"authors": str, "flags": str, "pages": int}
        if name in kinds:
            if not isinstance(value, list) or not all(isinstance(one, kinds[name]) for one in value):
                raise _WorkerDied(f"it sent {name} of another type")
            fields[name] = tuple(value)
        elif not (value is None or isinstance(value, str)):
            raise _WorkerDied(f"it sent {name} of another type")
    return Contents(**fields)


_worker = Worker()
_lock = threading.Lock()


def parsed(markup: str, data: bytes, address: str | None = None) -> Contents:
    """The document's contents, read in another process; raises `DocumentRejected`, never what the document did to it."""
    request = {"markup": markup, "address": address}
    with _lock:
        deadline = time.monotonic() + WALL_SECONDS  # the time that documents of other threads took is not this one's
        try:
            try:
                reply, contents = _asked(request, data, deadline)
            except _WorkerDied as death:
                log.warning("parsing: %s; trying once more", death)
                reply, contents = _asked(request, data, deadline)
        except _WorkerDied as death:
            raise DocumentRejected("worker_died", f"{death}, twice") from None
        except TimeoutError:
            raise DocumentRejected("too_slow", f"reading it takes more than {WALL_SECONDS:.0f} s") from None
        except OSError as error:
            raise IndexFailure(f"no process to parse documents could be started: {error.strerror or error}") from error
    if contents is None:
        if "trace" in reply:
            log.warning("a parser failed: %s", reply["trace"])
        raise DocumentRejected(str(reply.get("reason")), str(reply.get("detail")))
    return contents


def _asked(request: dict[str, Any], data: bytes, deadline: float) -> tuple[dict[str, Any], Contents | None]:
    """The worker's reply and the contents in it, if it has any; a worker that sends nonsense is not asked again."""
    reply = _worker.ask(request, data, deadline)
    try:
        return reply, _contents(reply["contents"]) if "contents" in reply else None
    except _WorkerDied:
        _worker.close()
        raise


def close() -> None:
    """End the worker, if there is one and it reads nothing; the next document starts another.

    Never waits: a listing of documents that was broken off calls this when it is collected, which may be in the middle
    of `parsed`, in the same thread.
    """
    if _lock.acquire(blocking=False):
        try:
            _worker.close()
        finally:
            _lock.release()


atexit.register(close)
