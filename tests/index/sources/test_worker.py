"""What the parsing process may do: no network, no other program, no file of others; hostile documents ask for none."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from index.sources import parsers
from index.sources.parsers import close, parsed
from tests.index.sources import paper

PAGE = b"<html><body><p>The harbour of Senn reopened.</p></body></html>"

_GUARDED = """
import os, socket, subprocess, sys
sys.path.insert(0, sys.argv[1])
from index.sources import worker
refused = []
os.mkdir(sys.argv[2] + "/own")
worker._guard(sys.argv[2] + "/own", refused)
for name, attempt in {
    "connect": lambda: socket.create_connection(("127.0.0.1", 9)),
    "resolve": lambda: socket.getaddrinfo("harbour.example", 80),
    "run": lambda: subprocess.run(["true"]),
    "shell": lambda: os.system("true"),
    "fork": os.fork,
    "read": lambda: open(sys.argv[2] + "/secret.txt"),
    "read-beside-the-code": lambda: open(sys.argv[1] + "/README.md"),
    "read-linked": lambda: open(sys.argv[2] + "/own/link"),
    "write": lambda: open(sys.argv[2] + "/new.txt", "w"),
    "low-write": lambda: os.open(sys.argv[2] + "/new.txt", os.O_WRONLY | os.O_CREAT),
    "change-code": lambda: open(worker.__file__, "a"),
    "remove": lambda: os.remove(sys.argv[2] + "/secret.txt"),
    "rename": lambda: os.rename(sys.argv[2] + "/secret.txt", sys.argv[2] + "/own/x"),
}.items():
    before = len(refused)
    try:
        attempt()
        print("allowed", name)
    except PermissionError:
        print("noted" if len(refused) > before else "unnoted")
open(sys.argv[2] + "/own/a", "w").close()
open(worker.__file__).close()
"""


def test_the_workers_guard_refuses_the_network_programs_and_files_of_others(tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_text("secret")
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "link").symlink_to(tmp_path / "secret.txt")
    code = _GUARDED.replace('os.mkdir(sys.argv[2] + "/own")\n', "")
    run = subprocess.run(
        [sys.executable, "-I", "-c", code, str(parsers._ROOT), str(tmp_path)],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert run.stdout.split("\n") == ["noted"] * 13 + [""], run.stderr
    assert (tmp_path / "secret.txt").read_text() == "secret"


def test_a_worker_has_no_network_where_linux_allows_it() -> None:
    parsed("html", PAGE)
    place = f"/proc/{parsers._worker.pid}/ns/net"
    if not os.path.exists(place) or subprocess.run(["unshare", "-Un", "true"], capture_output=True).returncode:
        pytest.skip("this system gives plain users no name spaces of their own")
    assert os.readlink(place) != os.readlink("/proc/self/ns/net")


def test_a_worker_is_told_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    if not os.path.exists("/proc/self/environ"):
        pytest.skip("the system does not show a process's environment")
    close()
    monkeypatch.setenv("TELEGRAM_BOT_TOKEN", "123456:secret")
    parsed("html", PAGE)
    assert b"secret" not in Path(f"/proc/{parsers._worker.pid}/environ").read_bytes()
    close()


_HOSTILE = {
    "launch.pdf": paper.pdf(
        [paper.drawn(paper.column("Seen text."))],
        resources=b"/XObject << /X 10 0 R >>",
        objects=[
            b"<< /Type /XObject /Subtype /Form /F (/etc/passwd) /FFilter /FlateDecode /Length 0 >>\nstream\n\nendstream"
        ],
    ),
    "page.html": PAGE.replace(
        b"<p>", b'<img src="http://192.0.2.1/x"><link rel=stylesheet href="file:///etc/passwd"><p>'
    ),
    "mail.eml": b"From: a@b.example\nSubject: x\nMIME-Version: 1.0\nContent-Type: message/external-body; access-type=local-file; name=/etc/passwd\n\nContent-Type: text/plain\n\n",
    "include.md": b"# T\n\n![x](file:///etc/passwd) <object data='/etc/passwd'></object> Words.",
}
_XXE = '<?xml version="1.0"?><!DOCTYPE w [<!ENTITY x SYSTEM "file:///etc/passwd">]>'

_SPIED = """
import importlib, os, sys
sys.path.insert(0, sys.argv[1])
from index.errors import DocumentRejected
from index.sources import worker
for module in worker._MODULES.values(): importlib.import_module(module)
worker.parse("html", b"<html><body><p>Hello there.</p></body></html>", None)
documents = [(name, open(os.path.join(sys.argv[2], name), "rb").read()) for name in sorted(os.listdir(sys.argv[2]))]
refused, opened = [], []
worker._guard(sys.argv[2] + "/none", refused)
sys.addaudithook(lambda event, args: opened.append(args[0]) if event == "open" else None)
for name, data in documents:
    kind = {"pdf": "pdf", "docx": "docx", "html": "html", "eml": "email", "md": "markdown", "opf": "epub-spine"}[name.split(".")[1]]
    try:
        worker.parse(kind, data, None)
    except DocumentRejected as rejected:
        pass
libraries = tuple(os.path.realpath(path) for path in (*sys.path, sys.prefix, sys.base_prefix) if path)
print(refused, [path for path in opened if isinstance(path, int) or not os.path.realpath(path).startswith(libraries)])
"""


def test_hostile_documents_make_their_readers_open_nothing(tmp_path: Path) -> None:
    documents = dict(_HOSTILE)
    documents["xxe.docx"] = paper.zipped({"word/document.xml": _XXE + "<w><t>&x;</t></w>"})
    documents["xxe.opf"] = (_XXE + "<package>&x;</package>").encode()
    for name, data in documents.items():
        (tmp_path / name).write_bytes(data)
    run = subprocess.run(
        [sys.executable, "-I", "-c", _SPIED, str(parsers._ROOT), str(tmp_path)],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert run.stdout == "[] []\n", run.stderr
