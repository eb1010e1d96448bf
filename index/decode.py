"""The bytes of a text or page -> its characters, or a reason why not.

Comes in: bytes, and what the page itself declares. Goes out: text. The promise others lean on: nothing is replaced
or skipped, so no U+FFFD stands in the text that was not in the bytes; what cannot be decoded with good reason is
rejected as `bad_encoding`, with the offset of the first byte that is wrong, or as `truncated`. Knows nothing of
formats beyond where they declare their encoding.
"""

from __future__ import annotations

import codecs
import re

from index.errors import DocumentRejected

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16, whose mark is its beginning
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)

# What pages declare -> what browsers take it for (WHATWG Encoding Standard, section 4.2). Anything else, UTF-7 above
# all, is not honoured; UTF-16 declared inside readable bytes cannot be true.
_DECLARABLE = {
    **dict.fromkeys(("ascii", "us-ascii", "iso-8859-1", "iso8859-1", "latin1", "latin-1", "l1", "cp1252"), "cp1252"),
    **{f"windows-{n}": f"cp{n}" for n in (874, *range(1250, 1259))},
    **{f"cp{n}": f"cp{n}" for n in range(1250, 1259)},
    **{f"iso-8859-{n}": f"iso8859-{n}" for n in (2, 3, 4, 5, 6, 7, 8, 10, 13, 14, 15, 16)},
    **{"iso-8859-9": "cp1254", "iso-8859-11": "cp874", "koi8-r": "koi8-r", "koi8-u": "koi8-u", "ibm866": "cp866"},
    **{"macintosh": "mac-roman", "gb2312": "gb18030", "gbk": "gb18030", "gb18030": "gb18030", "big5": "big5hkscs"},
    **{"shift_jis": "cp932", "shift-jis": "cp932", "sjis": "cp932", "euc-jp": "euc_jp", "iso-2022-jp": "iso2022_jp"},
    **{"euc-kr": "cp949", "ks_c_5601-1987": "cp949"},
}

_HEAD = 4096
_META = re.compile(rb"<meta\b[^>]{0,400}?charset\s*=\s*[\"']?\s*([A-Za-z0-9_:.\-]{2,40})", re.IGNORECASE)
_XML = re.compile(rb"^\s*<\?xml\b[^>]{0,200}?encoding\s*=\s*[\"']([A-Za-z0-9_:.\-]{2,40})[\"']", re.IGNORECASE)

# Undeclared bytes are taken for windows-1252 only if they read like words of western Europe.
_UTF8_PAIR = re.compile(rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}")
_WORD = re.compile(r"[^\W\d_]+")
_WORD_OF_ONE = frozenset("àÀáÁéÉèÈêÊíÍóÓôÔòÒöÖúÚåÅæÆøØªº")
_SYMBOLS = frozenset("\u00a0\u00ad€‚„…†‡‰‹›‘’“”•–—™¡¢£¥§©®«»°±²³´·¶¹¼½¾¿×÷µ¨")


def declared_encoding(data: bytes) -> str | None:
    """The encoding that a page names in its XML declaration or in a `meta` element near its beginning."""
    match = _XML.search(data[:_HEAD]) or _META.search(data[:_HEAD])
    return match[1].decode("ascii") if match else None


def decode(data: bytes, declared: str | None = None) -> str:
    """The text of the bytes, without a byte order mark.

    Tried in this order: the byte order mark; UTF-8, which hardly any other text fits by chance; the declared
    encoding; windows-1252 where every byte has a character and all of them stand as in words. Rejected else.
    """
    for mark, encoding in _BOMS:
        if data.startswith(mark):
            return _strictly(data[len(mark) :], encoding, len(mark))
    encoding = _DECLARABLE.get((declared or "").strip().lower(), "")
    if encoding == "iso2022_jp" and b"\x1b" in data:  # all of it is ASCII to other decoders
        return _strictly(data, encoding)
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as failure:
        error = failure
    if encoding:
        return _strictly(data, encoding)
    if data[error.start] == 0xED and data[error.start + 1 : error.start + 2] >= b"\xa0":
        raise DocumentRejected("bad_text", f"lone_surrogate: half of a surrogate pair at byte {error.start}")
    if error.reason == "unexpected end of data":
        raise DocumentRejected("truncated", f"the text ends within a character, at byte {error.start}; fetch it again")
    text = data.decode("cp1252", "ignore")
    if len(text) < len(data) or _UTF8_PAIR.search(data) or not _reads_like_western_words(text):
        raise _rejected("utf-8", error)
    return text


def _strictly(data: bytes, encoding: str, skipped: int = 0) -> str:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        raise _rejected(encoding, error, skipped) from None


def _rejected(encoding: str, error: UnicodeDecodeError, skipped: int = 0) -> DocumentRejected:
    offset = error.start + skipped
    return DocumentRejected(
        "bad_encoding",
        f"byte {offset} (0x{error.object[error.start]:02x}) is not {encoding}; save the text as UTF-8",
    )


def _reads_like_western_words(text: str) -> bool:
    """Whether every character beyond ASCII stands where French, German, Spanish and their like would put it."""
    strange = sum(1 for character in text if character > "\x7f")
    if strange > len(text) // 4:
        return False
    for word in _WORD.findall(text):
        if word.isascii() or word in _WORD_OF_ONE:
            continue
        if not any(character <= "\x7f" for character in word) or re.search(r"[^\x00-\x7f]{3}", word):
            return False
    return all(c <= "\x7f" or c.isalpha() or c in _SYMBOLS for c in set(text))
