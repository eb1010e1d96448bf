"""Pages that were fetched, kept in the index folder, so that a build has them and nothing is fetched twice.

Comes in: what an address led to. Goes out: documents like those of files, known by their address. The promises others
lean on: a page is whole on the disk or not there at all, whenever its writer dies; its bytes are those that came, and
are checked against their digest when they are read; a forgotten page leaves no byte. Knows nothing of the network.

Two files a page: `NAME.json` says what it is, `NAME.DIGEST` holds the bytes; the first is written last.
"""

from __future__ import annotations

import codecs
import json
import os
import re
import threading
import time
from collections.abc import Collection, Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from index.article import sha256
from index.errors import DocumentRejected
from index.sources.files import Skipped
from index.sources.media import PAGES, media_type
from index.sources.read import Document, document_in
from index.sources.sniff import HEAD, markup_of

FOLDER = "fetched"
# Between the two files of a page that is being written there are milliseconds; what stands alone longer is left over.
_WRITING_SECONDS = 60
_DRAFT = re.compile(r"\.[0-9a-f]{32}\.(?:json|[0-9a-f]{16})\.(\d+)-\d+")
_BYTES = re.compile(r"([0-9a-f]{32})\.([0-9a-f]{16})")
_TAG = re.compile(rb"<[A-Za-z!/]")
_CHARSET = re.compile(r"charset\s*=\s*[\"']?([A-Za-z0-9_.:-]{2,40})", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Page:
    """What is known of a kept page. `article` is the id it went by; `final_address` is None for text from a feed."""

    address: str
    final_address: str | None
    content_type: str
    fetched: str
    sha256: str
    etag: str | None = None
    last_modified: str | None = None
    article: str | None = None


_NAMES = {field.name for field in fields(Page)}


def document(page: Page, data: bytes) -> Document:
    """The page as a document of the format that its type and its bytes agree on; raises `DocumentRejected`."""
    told = media_type(page.content_type)
    suffix = PAGES.get(told, ".bin") if told else _suffix_of(data)
    if suffix in (".html", ".txt", ".md"):
        data = _in_utf8(data, page.content_type)
    return document_in(data, f"page{suffix}", page.address, page.final_address)


def _suffix_of(data: bytes) -> str:
    """The extension to go by where the server names no type: none, so that the content decides, but for a page's parts."""
    head = data[:HEAD]
    with suppress(DocumentRejected):
        return ".html" if markup_of("page", head) == "text" and _TAG.search(head) else ""
    return ""


def _in_utf8(data: bytes, content_type: str) -> bytes:
    """The bytes, in UTF-8 where the server named another encoding for them: it knows better than the page."""
    named = _CHARSET.search(content_type)
    try:
        encoding = codecs.lookup(named[1]).name if named else "utf-8"
        if not encoding.startswith(("iso8859", "cp", "koi8", "gb", "big5", "shift_jis", "euc")):
            return data
        encoding = "cp1252" if encoding == "iso8859-1" else encoding  # as browsers do
        with suppress(UnicodeDecodeError):
            data.decode("utf-8")
            return data
        return codecs.BOM_UTF8 + data.decode(encoding).encode("utf-8")
    except (LookupError, UnicodeError):
        return data


def keep(index: Path, page: Page, data: bytes) -> None:
    """Write the page to the disk, in the place of what was kept of its address before."""
    folder, before = index / FOLDER, kept(index, page.address)
    folder.mkdir(parents=True, exist_ok=True)
    name = _name(page.address)
    _write(folder / f"{name}.{page.sha256[:16]}", data)
    _write(folder / f"{name}.json", json.dumps(asdict(page), ensure_ascii=False).encode("utf-8", "backslashreplace"))
    if before and before.sha256 != page.sha256:
        (folder / f"{name}.{before.sha256[:16]}").unlink(missing_ok=True)


def kept(index: Path, address: str) -> Page | None:
    """What is kept of the address, if anything."""
    return _page(index / FOLDER / f"{_name(address)}.json")


def pages(index: Path) -> list[Page]:
    """All that is kept, the newest first."""
    found = (_page(path) for path in (index / FOLDER).glob("*.json"))
    return sorted(
        sorted((page for page in found if page), key=lambda page: page.address),
        key=lambda page: page.fetched, reverse=True,
    )  # fmt: skip


def kept_documents(index: Path, addresses: Collection[str] | None = None) -> Iterator[Document | Skipped]:
    """The kept pages as documents, the newest first, one in memory at a time; those of the addresses, or all."""
    for page in pages(index) if addresses is None else [page for a in addresses if (page := kept(index, a))]:
        try:
            yield document(page, _bytes(index, page))
        except DocumentRejected as rejected:
            yield Skipped(page.address, rejected.reason, rejected.detail)


def intact(index: Path, page: Page) -> bool:
    """Whether the page's bytes are there as they came."""
    try:
        return bool(_bytes(index, page))
    except DocumentRejected:
        return False


def kept_as(index: Path, given: str) -> Page | None:
    """What is kept of an address as a person gives it: as it was fetched, or as it led further."""
    exact = kept(index, given)
    return exact or next((page for page in pages(index) if page.final_address == given), None)


def forget(index: Path, addresses: Collection[str], articles: Collection[str] = ()) -> None:
    """Remove what is kept of the addresses, and of every page that went by one of the articles' ids."""
    gone = set(addresses) | {page.address for page in (pages(index) if articles else ()) if page.article in articles}
    for address in gone:
        path = index / FOLDER / f"{_name(address)}.json"
        path.unlink(missing_ok=True)
        # the second: what a writer that was killed had begun
        for names in (f"{_name(address)}.*", f".{_name(address)}.*"):
            for data in (index / FOLDER).glob(names):
                data.unlink(missing_ok=True)


def orphans(index: Path) -> list[Path]:
    """Files of pages whose writers died: drafts, and bytes that no page is known by."""
    folder = index / FOLDER
    return sorted(path for path in folder.iterdir() if _is_orphan(path)) if folder.is_dir() else []


def _is_orphan(path: Path) -> bool:
    if draft := _DRAFT.fullmatch(path.name):
        return not _lives(int(draft[1]))
    if not (data := _BYTES.fullmatch(path.name)):
        return False
    try:
        fresh = time.time() - path.stat().st_mtime < _WRITING_SECONDS
    except OSError:
        return False
    page = _page(path.with_name(f"{data[1]}.json"))
    return not fresh and (page is None or page.sha256[:16] != data[2])


def _lives(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):
        return True
    return True


def _name(address: str) -> str:
    return sha256(address.encode("utf-8", "surrogatepass"))[:32]


def _page(path: Path) -> Page | None:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        return Page(**{name: value for name, value in found.items() if name in _NAMES})
    except (OSError, ValueError, TypeError, AttributeError):
        return None


def _bytes(index: Path, page: Page) -> bytes:
    try:
        data = (index / FOLDER / f"{_name(page.address)}.{page.sha256[:16]}").read_bytes()
    except OSError as error:
        detail = f"its kept page cannot be read ({error.strerror}); fetch it again with `byline add`"
        raise DocumentRejected("io_error", detail) from error
    if sha256(data) != page.sha256:
        raise DocumentRejected("truncated", "its kept page is not what was fetched; fetch it again with `byline add`")
    return data


def _write(path: Path, data: bytes) -> None:
    """Put the file in its place in one step, on the disk before anyone sees it."""
    draft = path.with_name(f".{path.name}.{os.getpid()}-{threading.get_ident()}")
    try:
        with open(draft, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(draft, path)
    finally:
        draft.unlink(missing_ok=True)
