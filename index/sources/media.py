"""Which types of answers are read, by the names that servers give them.

A server's word is a first check only: what the bytes are is looked at again, and must agree.
"""

from __future__ import annotations

# Types of articles, with the extension that a file of the kind would have. What Byline does not read yet is refused
# by `sniff`, in its own words.
PAGES = {
    "text/html": ".html", "application/xhtml+xml": ".html", "text/plain": ".txt", "text/markdown": ".md",
    "application/pdf": ".pdf", "application/epub+zip": ".epub", "message/rfc822": ".eml",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": ".docx",
}  # fmt: skip
# Feeds come under many names, misleading ones too; whether it is one shows when it is read.
FEEDS = (
    "application/rss+xml", "application/atom+xml", "application/rdf+xml", "application/xml", "text/xml",
    "application/feed+json", "application/json", "text/html", "text/plain",
)  # fmt: skip


def media_type(content_type: str) -> str:
    """The type without its parameters, in lower case."""
    return content_type.split(";")[0].strip().lower()
