"""Everything that `index` can fail with.

IndexFailure                 a message that says what, where and what to do now
├── DocumentRejected         one document cannot become an article; `reason` is a fixed word
│   └── FetchFailed          what an address leads to cannot be had, or must not be
├── ArticleUnknown           no article goes by that id in this generation
├── IndexMissing             there is no index in that folder yet
├── IndexDamaged             a file of the index is not what its manifest says; `path` names it
├── IndexMismatch            the index was made by another format, model or splitter than asked for
├── IndexBusy                another process writes this index now
├── IndexMoved               what was staged was made beside a generation that is no longer the current one
├── IndexUnreadable          the system refused a read: rights, too many open files; the index may be whole
├── IndexUnwritable          the disk refused a write: full, read-only, not ours
└── EmbedderUnavailable      the embedding model cannot be loaded
"""

from __future__ import annotations

from pathlib import Path


class IndexFailure(Exception):
    """A failure that the user can understand; the text is fit to be shown as it is."""


class DocumentRejected(IndexFailure):
    """One document cannot become an article; the others of its batch go on.

    `reason` is one of a fixed set of words (`empty_file`, `no_text`, `bad_encoding`, `bad_text`, `truncated`,
    `too_large`, `too_many_sentences`, `too_deep`, `content_type_mismatch`, `not_a_regular_file`, `io_error`,
    `bad_json`, `bad_field`, `duplicate`, `duplicate_id`, `unsupported_format`, `no_article`, `unreadable`; of packed
    formats `bad_pdf`, `encrypted_pdf`, `pdf_limit`, `too_many_pages`, `no_text_layer`, `bad_docx`, `bad_epub`,
    `bad_xml`, `bad_email`, `bad_archive`, `archive_limit`, `unsafe_path`, `encrypted`; of the process that parses
    `too_slow`, `memory_limit`, `unsafe`, `worker_died`), stable for scripts; the text says more. `unreadable` is what
    no rule foresaw: a parser failed on it, and the log says how.
    """

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail


class FetchFailed(DocumentRejected):
    """An address that was not fetched, or not to the end; nothing of it is kept, and the others go on.

    `reason` is one of `bad_address`, `address_not_public`, `host_unknown`, `unreachable`, `tls`, `robots`, `busy`,
    `gone`, `http_status`, `too_many_redirects`, `content_type_mismatch`, `bad_encoding`, `too_large`, `too_slow`,
    `truncated`, `stopped`, `not_tried`. `status` is the server's answer, if there was one; `again` the seconds it asked to wait.
    """

    def __init__(self, reason: str, detail: str, *, status: int | None = None, again: float | None = None) -> None:
        super().__init__(reason, detail)
        self.status = status
        self.again = again


class ArticleUnknown(IndexFailure):
    """No article of this generation goes by that id."""


class IndexMissing(IndexFailure):
    """There is no index in the folder yet."""


class IndexDamaged(IndexFailure):
    """A file of the index differs from what its manifest says."""

    def __init__(self, path: Path, detail: str) -> None:
        super().__init__(f"index damaged: {path}: {detail}; mend it with `byline build`")
        self.path = path


class IndexMismatch(IndexFailure):
    """The index was made by another format, model or splitter than the one asked for."""


class IndexBusy(IndexFailure):
    """Another process writes this index now; nothing was changed."""


class IndexMoved(IndexFailure):
    """Another generation became current since this one was staged; nothing was changed."""


class IndexUnreadable(IndexFailure):
    """The system refused a read for a reason that says nothing of damage."""


class IndexUnwritable(IndexFailure):
    """The disk refused a write; the generation published before is untouched."""


class EmbedderUnavailable(IndexFailure):
    """The embedding model cannot be loaded from where the configuration says."""
