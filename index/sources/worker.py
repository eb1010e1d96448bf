"""The process that parses: documents in by stdin, Contents or a reason out by stdout, one after the other.

A parser may be led to eat memory, to run for ever or to crash by a document made for that; here it costs this process
and no other. The promise: at most 1 GB of address space, 20 s of processor time a document, 4 MB out; no connection,
no other program, no file opened outside Python's own and the temporary folder given, none written outside the latter.
What the guard sees is what passes through Python; where Linux allows it, the process has no network at all. macOS
does not bound the memory. Knows nothing of articles, and of its parent only the two pipes.
"""

from __future__ import annotations

import contextlib
import ctypes
import dataclasses
import importlib
import json
import os
import resource
import select
import shutil
import struct
import sys
import traceback
from collections.abc import Callable
from typing import Any, BinaryIO

from index.errors import DocumentRejected
from index.sources.contents import Contents

MEMORY = 2**30
SECONDS = 20
OUTPUT = 4_000_000
# Without a document for so long it ends by itself: a bot that runs for months reads one now and then.
IDLE_SECONDS = 60
# A process that has grown to this has too little room left for the next document, and is given up after its reply.
_TIRED = 400_000_000
_TIRED_DOCUMENTS = 2000
_FRAME = struct.Struct(">II")

_FORBIDDEN = ("socket.", "os.exec", "os.fork", "os.posix_spawn", "os.spawn", "os.system", "subprocess.", "pty.")
_CHANGING = frozenset(
    "os.remove os.rename os.rmdir os.mkdir os.link os.symlink os.truncate os.chmod os.chown os.utime "
    "shutil.rmtree shutil.move shutil.copyfile".split()
)
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


_MODULES = {
    "html": "index.sources.html", "markdown": "index.sources.markdown", "pdf": "index.sources.pdf",
    "docx": "index.sources.docx", "email": "index.sources.mail", "epub": "index.sources.epub",
    "epub-spine": "index.sources.epub",
}  # fmt: skip


def parse(markup: str, data: bytes, address: str | None) -> Contents:
    """The article in the bytes by the reader of that format, whose libraries are loaded with its first document."""
    if markup == "html":
        from index.sources.html import read_html

        return read_html(data, address)
    if markup == "markdown":
        from index.sources.markdown import read_markdown

        return read_markdown(data)
    if markup == "pdf":
        from index.sources.pdf import read_pdf

        return read_pdf(data)
    if markup == "docx":
        from index.sources.docx import read_docx

        return read_docx(data)
    if markup == "email":
        from index.sources.mail import read_mail

        return read_mail(data)
    from index.sources import epub

    return epub.read_spine(data) if markup == "epub-spine" else epub.read_epub(data)


def main(folder: str) -> None:
    """Answer requests until stdin ends; `folder` is where files may be written."""
    requests, replies = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    with open(os.devnull, "r+b") as nothing:
        os.dup2(nothing.fileno(), 0)
        os.dup2(nothing.fileno(), 1)
    sys.dont_write_bytecode = True
    refused: list[str] = []
    held = _sizing()
    _bound_memory()
    _leave_network()
    _guard(folder, refused)
    for _ in range(_TIRED_DOCUMENTS):
        idle = not select.select([requests], [], [], IDLE_SECONDS)[0]
        head = b"" if idle else requests.read(_FRAME.size)
        if len(head) < _FRAME.size:  # nobody asks any more, or nobody is left to clean up after this process
            with contextlib.suppress(OSError):
                shutil.rmtree(folder)
            return
        about, size = _FRAME.unpack(head)
        request = json.loads(requests.read(about))
        data = requests.read(size)
        reply = _answer(request, data, refused)
        del data
        last = reply.pop("last", False) or held() > _TIRED
        _send(replies, reply | {"last": last})
        if last:
            return


def _answer(request: dict[str, Any], data: bytes, refused: list[str]) -> dict[str, Any]:
    """The reply to one request: contents, or a reason; `last` says that this process should not be used again."""
    _bound_time()
    try:
        importlib.import_module(_MODULES[request["markup"]])
        refused.clear()  # urllib3 tries for a socket when it is loaded, and does without
        contents = parse(request["markup"], data, request["address"])
    except DocumentRejected as rejected:
        return {"reason": rejected.reason, "detail": rejected.detail}
    except MemoryError:
        return {"reason": "memory_limit", "detail": "reading it takes more than 1 GB of memory", "last": True}
    except RecursionError:
        return {"reason": "too_deep", "detail": "its parts are nested too deep"}
    except Exception as error:  # what its makers did not think of costs the document alone
        told = "".join(traceback.format_exception(error, limit=-20))[-20_000:]
        return {"reason": "unreadable", "detail": f"{type(error).__name__} while it was read", "trace": told}
    if refused:
        return {"reason": "unsafe", "detail": f"it made its reader try to {refused[0]}", "last": True}
    return {"contents": dataclasses.asdict(contents)}


def _send(replies: BinaryIO, reply: dict[str, Any]) -> None:
    body = json.dumps(reply, ensure_ascii=False).encode("utf-8", "surrogatepass")
    if len(body) > OUTPUT:
        detail = f"what was read from it has more than {OUTPUT:,} bytes"
        body = json.dumps({"reason": "too_large", "detail": detail, "last": reply["last"]}).encode()
    replies.write(_FRAME.pack(len(body), 0) + body)
    replies.flush()


def _sizing() -> Callable[[], int]:
    """A function that gives this process's memory in bytes: its address space, where the system shows it.

    The largest size that `getrusage` gives is of no use on Linux: a new process begins with that of its parent.
    """
    try:
        shown = os.open("/proc/self/statm", os.O_RDONLY)
    except OSError:
        unit = 1 if sys.platform == "darwin" else 1024
        return lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
    page = resource.getpagesize()
    return lambda: int(os.pread(shown, 100, 0).split()[0]) * page


def _bound_memory() -> None:
    for limit, value in ((resource.RLIMIT_AS, MEMORY), (resource.RLIMIT_CORE, 0), (resource.RLIMIT_FSIZE, 64_000_000)):
        try:
            _, most = resource.getrlimit(limit)
            value = value if most == resource.RLIM_INFINITY else min(value, most)
            resource.setrlimit(limit, (value, value))
        except (ValueError, OSError):  # macOS refuses some
            continue


def _bound_time() -> None:
    """Let the system end this process 20 s of processor time from now."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    _, most = resource.getrlimit(resource.RLIMIT_CPU)
    value = int(used.ru_utime + used.ru_stime) + 1 + SECONDS
    resource.setrlimit(resource.RLIMIT_CPU, (value if most == resource.RLIM_INFINITY else min(value, most), most))


def _leave_network() -> None:
    """On Linux, go to a name space of one's own without any interface, where the kernel lets plain users do that."""
    if sys.platform == "linux":
        try:
            ctypes.CDLL(None).unshare(0x10000000 | 0x40000000)  # CLONE_NEWUSER, CLONE_NEWNET
        except (OSError, AttributeError):
            return


def _guard(folder: str, refused: list[str]) -> None:
    """Refuse, from now on, what no parser needs; each refusal is noted, since libraries swallow errors."""
    own = os.path.realpath(folder) + os.sep
    libraries = {os.path.realpath(path) + os.sep for path in (*sys.path, sys.prefix, sys.base_prefix) if path}
    code = os.path.dirname(os.path.dirname(os.path.realpath(__file__)))
    if not os.path.isdir(os.path.join(code, "..", "lxml")):  # a checkout, where the index and other files lie beside us
        libraries.discard(os.path.dirname(code) + os.sep)
        libraries.add(code + os.sep)
    readable = (own, *libraries, "/usr/share/zoneinfo/")

    def refuse(what: str) -> None:
        refused.append(what)
        raise PermissionError(f"refused: {what}")

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if event == "open":
            path, mode, flags = arguments
            if isinstance(path, int) or path is None:
                return
            real = os.path.realpath(os.fsdecode(path))
            writes = (isinstance(flags, int) and flags & _WRITING) or any(c in (mode or "") for c in "wax+")
            if not (real + os.sep).startswith(own if writes else readable) and real != os.devnull:
                refuse(f"{'write' if writes else 'open'} a file ({os.path.basename(real)[:80]})")
        elif event.startswith(_FORBIDDEN):
            refuse(f"{'reach the network' if event.startswith('socket.') else 'start a program'} ({event})")
        elif event in _CHANGING and not (os.path.realpath(os.fsdecode(arguments[0])) + os.sep).startswith(own):
            refuse("change a file")

    sys.addaudithook(hook)
