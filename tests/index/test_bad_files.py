"""Bad PDF files, documents and archives (cases ING-034 to 049): refused for the right reason, in bounded time and memory.

All of them are read in one run by a process of its own, beside good articles that must come through, so that what the
reading process and the parsing process grow by can be measured. 042 and 043 are in sources/test_pdf.py, the names of
049 in sources/test_archive.py.
"""

from __future__ import annotations

import io
import json
import random
import subprocess
import sys
import time
import zipfile
import zlib
from pathlib import Path
from typing import Any

import pypdf
import pytest

from index.errors import DocumentRejected
from index.sources.parsers import parsed
from tests.index.sources.paper import column, docx, drawn, epub, letter, paragraph, pdf, stream, zipped
from tests.index.sources.test_pdf import IMAGE

TEXT = drawn(column("The harbour of Senn reopened."))


def _deflated(size: int, filling: bytes = b" ") -> bytes:
    """What deflates to nothing much, made without holding it."""
    packer, out = zlib.compressobj(9), bytearray()
    for _ in range(size // 1_000_000):
        out += packer.compress(filling * (1_000_000 // len(filling)))
    return bytes(out + packer.flush())


def _swollen(name: str, size: int, others: dict[str, bytes | str]) -> bytes:
    """An archive in which one member unpacks to `size` bytes."""
    out = io.BytesIO(zipped(others))
    with zipfile.ZipFile(out, "a", zipfile.ZIP_DEFLATED, compresslevel=1) as archive, archive.open(name, "w") as member:
        for _ in range(size // 1_000_000):
            member.write(b"<w:p/>" + b" " * 999_994)
    return out.getvalue()


def _encrypted() -> bytes:
    writer = pypdf.PdfWriter(clone_from=io.BytesIO(pdf([TEXT])))
    writer.encrypt("a password", algorithm="RC4-128")
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def _nested_streams() -> bytes:
    """A page whose drawing is deflated twice: a kilobyte that stands for 300 MB."""
    bomb = zlib.compress(_deflated(300_000_000), 9)
    page = pdf([b""])
    at, end = page.rindex(b"<< /Length"), page.rindex(b"endstream") + 9
    return page[:at] + stream(bomb, b"/Filter [/FlateDecode /FlateDecode]") + page[end:]


def _many_pages(declared: int) -> bytes:
    """20,000 times the same page, of which the file declares some."""
    few = pdf([TEXT])
    kids = b" ".join([b"10 0 R"] * 20_000)
    return few.replace(b"/Count 1 /Kids [10 0 R]", b"/Count %d /Kids [%s]" % (declared, kids))


def _loop(kind: bytes) -> bytes:
    """A form that draws itself, or a page tree that holds itself."""
    if kind == b"tree":
        return pdf([TEXT]).replace(b"/Kids [10 0 R]", b"/Kids [2 0 R 10 0 R]")
    form = b"<< /Type /XObject /Subtype /Form /Resources << /XObject << /X 10 0 R >> >> /Length 5 >>\nstream\n/X Do\nendstream"
    return pdf([b"/X Do " * 2000 + TEXT], resources=b"/XObject << /X 10 0 R >>", objects=[form])


def _deep(levels: int) -> bytes:
    return b"<html><body>" + b"<table><tr><td>" * levels + b"<p>hello.</p>"


BAD: dict[str, tuple[bytes, set[str]]] = {
    "034.pdf": (b"%PDF-1.4\n%%EOF", {"bad_pdf"}),
    "035.pdf": (b"%PDF-1.4" + b"\x00" * 200, {"bad_pdf"}),
    "037.pdf": (_encrypted(), {"encrypted_pdf"}),
    "038.pdf": (pdf([b"/Im Do"], resources=b"/XObject << /Im 10 0 R >>", objects=[IMAGE]), {"no_text_layer"}),
    "039.pdf": (_nested_streams(), {"pdf_limit"}),
    "041.pdf": (_many_pages(20_000), {"too_many_pages"}),
    "041-lying.pdf": (_many_pages(1), {"too_many_pages", "pdf_limit", "bad_pdf"}),
    "045.pdf": (b"GIF89a" + b"x" * 1000, {"content_type_mismatch"}),
    "047.docx": (_swollen("word/document.xml", 300_000_000, {"a.txt": "x"}), {"archive_limit"}),
    "047.zip": (_swollen("a.html", 600_000_000, {"b.txt": "x"}), {"archive_limit"}),
    "050.docx": (zipped({"word/document.xml": "<!DOCTYPE l [<!ENTITY a 'lol'>" + "".join(f"<!ENTITY a{n} '{'&a;' * 10}'>" for n in range(9)) + "]><w>&a8;</w>"}), {"bad_xml"}),
    "051.epub": (zipped({"META-INF/container.xml": '<rootfile full-path="a.opf"/>', "a.opf": "<!DOCTYPE l [<!ENTITY x SYSTEM 'file:///etc/hostname'>]><package>&x;</package>"}), {"bad_xml"}),
    "deep.docx": (docx("<w:tbl><w:tr><w:tc>" * 5000), {"bad_xml"}),
    "deep.eml": (letter(html=_deep(2000).decode()), {"too_deep"}),
    "deep-parts.eml": (b"Subject: x\n" + b"".join(b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (n, n) for n in range(1200)), {"too_deep"}),
    "loop-tree.pdf": (_loop(b"tree"), {"bad_pdf", "accepted", "pdf_limit"}),
    "loop-form.pdf": (_loop(b"form"), {"accepted"}),
    "wide.docx": (docx("<w:p/>" * 600_000), {"too_large", "archive_limit"}),
    "large.pdf": (b"%PDF-1.4" + b" " * 19_000_000, {"bad_pdf"}),
    "runs.pdf": (pdf([b"BT /F1 1 Tf " + b"(a) Tj 1 0 Td " * 200_000 + b"ET"]), {"pdf_limit"}),
    "long.epub": (epub({"c.xhtml": "<p>" + "word " * 900_000}), {"archive_limit"}),
}  # fmt: skip

_READ = """
import json, resource, sys, time
from pathlib import Path
from index.sources.parsers import close
from tests.index.sources.peak import peak
from tests.index.sources.reading import read_articles
before = peak()
found, last = {}, time.monotonic()
for item in read_articles([Path(sys.argv[1])]):
    now = time.monotonic()
    found[Path(item.origin).name] = (getattr(item, "reason", "accepted"), now - last)
    last = now
close()
print(json.dumps({"found": found, "grown": peak() - before,
                  "parser": resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss}))
"""


@pytest.fixture(scope="module")
def outcome(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Every bad file between good ones, read in one run: reasons, seconds, and kilobytes grown by."""
    folder = tmp_path_factory.mktemp("bad")
    for name, (data, _) in BAD.items():
        (folder / name).write_bytes(data)
        (folder / f"{name}-good.html").write_bytes(b"<html><body><p>A good article.</p>")
    run = subprocess.run(
        [sys.executable, "-c", _READ, str(folder)], capture_output=True, text=True, check=True, timeout=240
    )
    found: dict[str, Any] = json.loads(run.stdout)
    return found


@pytest.mark.parametrize("name", BAD)
def test_each_ends_as_it_must_and_the_next_is_read(outcome: dict[str, Any], name: str) -> None:
    reason, seconds = outcome["found"][name]
    assert reason in BAD[name][1]
    assert seconds < 30
    assert outcome["found"][f"{name}-good.html"][0] == "accepted"


def test_memory_stays_within_bounds_in_both_processes(outcome: dict[str, Any]) -> None:
    """The reader of files grows by less than 64 MB over all of them; the parser stays below 512 MB."""
    unit = 2**20 if sys.platform == "darwin" else 2**10
    assert 0 < outcome["grown"] < 64 * 2**10
    assert outcome["parser"] < 512 * unit


@pytest.mark.parametrize("kind", ["pdf", "docx", "email", "epub", "html"])
def test_documents_with_bytes_changed_at_random_are_read_or_refused(kind: str) -> None:
    """40 of each kind, 1 to 30 bytes changed, from a seed that is printed; nothing but a rejection comes out."""
    good = {
        "pdf": pdf([TEXT, TEXT], {"Title": "x"}), "docx": docx(paragraph("The harbour.") * 3), "html": _deep(3),
        "email": letter("Plain.", "<p>Page.</p>", Subject="x"), "epub": b"<package/>\x00\x00chapter\x00" + _deep(2),
    }[kind]  # fmt: skip
    seed = random.randrange(10**6)
    print(f"seed {seed}")
    chance, start = random.Random(seed), time.monotonic()
    for _ in range(40):
        data = bytearray(good)
        for _ in range(chance.randint(1, 30)):
            data[chance.randrange(len(data))] = chance.randrange(256)
        try:
            parsed(kind, bytes(data))
        except DocumentRejected as rejected:
            assert rejected.reason not in ("worker_died", "unsafe", "unreadable"), (seed, rejected)
    assert time.monotonic() - start < 30


def test_the_list_of_bad_inputs_has_no_file_case_that_is_not_tested(shared: Path) -> None:
    """By number, wherever in the tests of the index it is; those of feeds, syndication and the whole build aside."""
    cases = json.loads((shared / "bad_inputs.json").read_text(encoding="utf-8"))
    numbers = {case["id"][4:] for case in cases if case["id"].startswith("ING-")}
    elsewhere = {"050", "051", "053", "054", "055", "057", "058", "059", "061", "062", "071"}
    tests = "".join(path.read_text(encoding="utf-8") for path in Path(__file__).parent.rglob("test_*.py"))
    missing = {number for number in numbers - elsewhere if f"_{number}_" not in tests and f'"{number}' not in tests}
    assert not missing
