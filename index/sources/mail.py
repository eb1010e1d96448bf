"""An e-mail (a newsletter saved as .eml, a page saved as .mht) -> Contents; the only door to the email package.

The text is that of the HTML part, read as a page is, or of the plain part; attachments are left out. `From` is the
outlet, `Subject` the title, `Date` the date, each as the sender wrote it; of a letter that was passed on, those of the
first sender, and the words of who passed it on are left out. A page that a browser saved in this form keeps what the
page says of itself.
"""

from __future__ import annotations

import dataclasses
import email
import email.policy
import email.utils
import re
from collections.abc import Iterator
from email.message import EmailMessage, Message

from index.decode import decode
from index.errors import DocumentRejected
from index.sources.contents import Contents, web_address
from index.sources.dates import iso_date
from index.sources.html import read_html

_PARTS = 500
_FORWARDED = re.compile(r"^(?:(?:re|fwd?|aw|wg|tr|rv)\s*:\s*)+", re.IGNORECASE)
_IS_PASSED_ON = re.compile(r"(?:fwd?|wg|tr|rv)\s*:", re.IGNORECASE)
# So much is said above a letter that is passed on; where more stands above the mark, it may lie within a story.
_NOTE = 500
_LETTERS = 10
# The headers that mail programs repeat under their mark for a letter within a letter.
_REPEATED_AS = {
    **dict.fromkeys(("from", "von", "de", "da", "mittente"), "from"),
    **dict.fromkeys(("date", "sent", "datum", "gesendet", "envoyé", "fecha", "enviado", "data"), "date"),
    **dict.fromkeys(("subject", "betreff", "objet", "sujet", "asunto", "oggetto"), "subject"),
    **dict.fromkeys(("to", "cc", "reply-to", "an", "à", "pour", "para", "a"), "to"),
}
_REPEATED = rf"[ \t*>]{{0,9}}({'|'.join(_REPEATED_AS)})[*]?[ \xa0]?:"
_PASSED_ON = re.compile(
    r"^[ \t*>_-]{0,40}(?:(?:begin )?forwarded message|weitergeleitete nachricht|message transféré|mensaje reenviado|messaggio inoltrato)"
    r"[ \t*>_:-]{0,40}\n{1,4}((?:" + _REPEATED.replace("(", "(?:", 1) + r"[^\n]{0,500}\n{1,4}){2,12})",
    re.IGNORECASE | re.MULTILINE,
)
_HEADER = re.compile(rf"^{_REPEATED}[ \t*]*(\S.*)$", re.IGNORECASE | re.MULTILINE)
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
    saved, is_page = _saved_page(message, body)
    if body.get_content_subtype() != "html":
        contents = Contents(text)
    else:
        contents = read_html(_UTF8_MARK + text.encode("utf-8", "replace"), saved)
    if is_page:
        return contents
    name, address = _sender(message)
    subject, day, flags = _header(message, "Subject"), _header(message, "Date"), contents.flags
    for passed_on, text in _letters_within(contents.text, subject):
        name, address = (
            email.utils.parseaddr(passed_on["from"]) if "@" in passed_on["from"] else (passed_on["from"], None)
        )
        subject, day = passed_on["subject"] or subject, passed_on["date"]
        contents = dataclasses.replace(contents, text=text, flags=(*flags, "forwarded=1"))
    attached = sum(1 for part in message.walk() if part.is_attachment())
    return dataclasses.replace(
        contents,
        title=_FORWARDED.sub("", subject).strip() or contents.title,
        source=name or address or contents.source,
        published=iso_date(day),
        authors=(),
        url=None,
        flags=(*contents.flags, *((f"attachments={attached}",) if attached else ())),
    )


def _letters_within(text: str, subject: str) -> Iterator[tuple[dict[str, str], str]]:
    """The headers and the text of the letter that was passed on, then of the one that had been passed on to its writer.

    A mark that stands far below the beginning counts only where the subject says that the letter was passed on: a story
    may quote such a letter.
    """
    for _ in range(_LETTERS):
        mark = _PASSED_ON.search(text)
        if mark is None or not (_IS_PASSED_ON.match(subject) or len(text[: mark.start()].strip()) <= _NOTE):
            return
        text = text[mark.end() :]
        told = {_REPEATED_AS[key.lower()]: value.strip(" \t*") for key, value in reversed(_HEADER.findall(mark[1]))}
        headers = {name: told.get(name, "") for name in ("from", "date", "subject")}
        subject = headers["subject"]
        yield headers, text


def _saved_page(message: EmailMessage, body: Message) -> tuple[str | None, bool]:
    """The address of a page that a browser saved, where it notes one, and whether it is such a page."""
    address = _header(message, "Snapshot-Content-Location")
    saved_by = re.match(r"\W*saved by\b", _header(message, "From"), re.IGNORECASE) is not None
    if not address and saved_by:
        address = _header(body, "Content-Location") or _header(message, "Content-Location")
    return web_address(address), saved_by or bool(web_address(address))


def _header(part: Message, name: str) -> str:
    """A header with its encoded words read; empty where it is missing or cannot be."""
    try:
        return " ".join(str(part[name]).split()) if name in part else ""
    except (ValueError, LookupError, AttributeError, TypeError, IndexError):  # the parser of headers has gaps
        return ""


def _text(part: Message) -> str:
    payload = part.get_payload(decode=True)
    if not isinstance(payload, bytes):
        raise DocumentRejected("bad_email", "its text part cannot be decoded")
    return decode(payload, part.get_content_charset())


def _sender(message: EmailMessage) -> tuple[str | None, str | None]:
    try:
        sender = message["From"].addresses[0]
        return sender.display_name or None, sender.addr_spec or None
    except (ValueError, LookupError, AttributeError, TypeError):
        return None, None
