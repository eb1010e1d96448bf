"""An e-mail (a newsletter saved as .eml, a page saved as .mht) -> Contents; the only door to the email package.

The text is that of the HTML part, read as a page is, or of the plain part; attachments are left out. `From` is the
outlet, `Subject` the title, `Date` the date, each as the sender wrote it. A page that a browser saved in this form
keeps what the page says of itself.
"""

from __future__ import annotations

import dataclasses
import email
import email.policy
import re
from email.message import EmailMessage, Message

from index.decode import decode
from index.errors import DocumentRejected
from index.sources.contents import Contents, iso_date, web_address
from index.sources.html import read_html

_PARTS = 500
_FORWARDED = re.compile(r"^(?:(?:re|fwd?|aw|wg|tr)\s*:\s*)+", re.IGNORECASE)
_UTF8_MARK = b"\xef\xbb\xbf"


def read_mail(data: bytes) -> Contents:
    """The message's text; rejected as `bad_email` without headers, as `no_text` without a text part."""
    message = email.message_from_bytes(data, policy=email.policy.default)
    assert isinstance(message, EmailMessage)  # for the type checker
    if not message.keys():
        raise DocumentRejected("bad_email", "it has no headers")
    if sum(1 for _ in message.walk()) > _PARTS:
        raise DocumentRejected("too_large", f"more than {_PARTS} parts")
    texts = (part for part in message.walk() if part.get_content_maintype() == "text")
    body = message.get_body(("html", "plain")) or next(texts, None)
    if body is None:
        raise DocumentRejected("no_text", "the message has no text, only attachments")
    text = _text(body)
    saved = web_address(_header(message, "Snapshot-Content-Location") or "")
    if body.get_content_subtype() != "html":
        contents = Contents(text)
    else:
        contents = read_html(_UTF8_MARK + text.encode("utf-8", "replace"), saved)
    if saved:
        return contents
    name, address = _sender(message)
    attached = sum(1 for part in message.walk() if part.is_attachment())
    return dataclasses.replace(
        contents,
        title=_FORWARDED.sub("", _header(message, "Subject") or "").strip() or contents.title,
        source=name or address or contents.source,
        published=iso_date(_header(message, "Date") or ""),
        authors=(),
        url=None,
        flags=(*contents.flags, *((f"attachments={attached}",) if attached else ())),
    )


def _text(part: Message) -> str:
    payload = part.get_payload(decode=True)
    if not isinstance(payload, bytes):
        raise DocumentRejected("bad_email", "its text part cannot be decoded")
    return decode(payload, part.get_content_charset())


def _header(message: EmailMessage, name: str) -> str | None:
    """A header with its encoded words read; None where it is missing or cannot be."""
    try:
        return " ".join(str(message[name]).split()) if name in message else None
    except (ValueError, LookupError, AttributeError, TypeError, IndexError):  # the parser of headers has gaps
        return None


def _sender(message: EmailMessage) -> tuple[str | None, str | None]:
    try:
        sender = message["From"].addresses[0]
        return sender.display_name or None, sender.addr_spec or None
    except (ValueError, LookupError, AttributeError, TypeError):
        return None, None
