"""E-mail: the letter's text as its readers see it, its sender as the outlet, its subject as the title."""

from __future__ import annotations

from html import escape

import pytest

from index.errors import DocumentRejected
from index.sources.mail import read_mail
from tests.index.sources.paper import letter

PAGE = (
    "<html><body><table><tr><td><h1>Harbour reopens</h1><p>The harbour of Senn reopened.</p>"
    '<p style="display:none">PWNED preview.</p></td></tr></table></body></html>'
)


def test_headers_are_outlet_title_and_date_as_the_sender_wrote_them() -> None:
    mail = letter(
        "The harbour reopened.",
        Subject="Fwd: Café opens in Évreux",
        Date="Sat, 23 Mar 2019 23:30:00 -0500",
        From="Ada <a@b.example>",
    )
    contents = read_mail(mail)
    assert (contents.title, contents.source, contents.published) == ("Café opens in Évreux", "Ada", "2019-03-23")
    assert contents.text.strip() == "The harbour reopened."


def test_the_html_part_is_read_as_a_page_and_hidden_previews_are_not() -> None:
    contents = read_mail(letter("Plain twin.", PAGE, attached=b"\x00", Subject="News"))
    assert contents.text == "Harbour reopens\nThe harbour of Senn reopened."
    assert contents.flags == ("hidden_text=1", "attachments=1")


def test_the_declared_encoding_of_a_part_is_used() -> None:
    mail = b"Subject: =?koi8-r?B?7c/T1A==?=\nContent-Type: text/plain; charset=koi8-r\n\n" + "Мост закрыт.".encode(
        "koi8-r"
    )
    contents = read_mail(mail)
    assert (contents.title, contents.text) == ("Мост", "Мост закрыт.")


def test_a_page_saved_as_mht_keeps_what_the_page_says() -> None:
    mail = (
        b"From: <Saved by Blink>\nSnapshot-Content-Location: https://a.example/bridge\nSubject: x\nMIME-Version: 1.0\n"
        b'Content-Type: multipart/related; boundary="b"; type="text/html"\n\n--b\nContent-Type: text/html\n\n'
        b"<html><head><title>Bridge closed</title></head><body><p>The bridge is closed.</p></body></html>\n--b--\n"
    )
    contents = read_mail(mail)
    assert (contents.url, contents.title, contents.source) == ("https://a.example/bridge", "Bridge closed", None)


@pytest.mark.parametrize("header", ["=?utf-8?q?=FF=FE?=", "", '"unclosed <x', "=?x?b?%%%?=", "a" * 5000, "@," * 50])
def test_odd_headers_cost_themselves_alone(header: str) -> None:
    mail = f"From: {header}\nSubject: {header}\nDate: {header}\n\nThe letter stands.\n".encode()
    assert read_mail(mail).text.strip() == "The letter stands."
    assert read_mail(mail).published is None


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"\n\nno headers at all", "bad_email"),
        (b"Subject: x\nContent-Type: image/png\n\nxx", "no_text"),
        (b"Subject: x\nContent-Type: text/plain; charset=utf-8\n\n\xff\xfe\x80 x", "bad_encoding"),
        (b"Subject: x\nContent-Type: multipart/mixed; boundary=b\n\n" + b"--b\n\nx\n" * 600, "too_large"),
    ],
)
def test_what_is_no_letter_is_refused(data: bytes, reason: str) -> None:
    with pytest.raises(DocumentRejected, match=reason):
        read_mail(data)


@pytest.mark.parametrize("html", [False, True])
def test_a_letter_that_was_passed_on_is_its_first_senders(html: bool) -> None:
    lines = [
        "FYI, for your story. Joe", "---------- Forwarded message ---------", "From: Sea Trade Daily <news@sea.example>",
        "Date: Mon, Mar 6, 2023 at 8:02 AM", "Subject: Ferry firm goes under", "To: <joe@paper.example>", "",
        "The ferry firm filed for insolvency.",
    ]  # fmt: skip
    mail = letter(
        "" if html else "\n".join(lines),
        f"<html><body>{'<br>'.join(map(escape, lines))}</body></html>" if html else "",
        Subject="Fwd: Ferry firm goes under",
        Date="Tue, 07 Mar 2023 17:00:00 +0000",
        From="Joe <j@p.example>",
    )
    contents = read_mail(mail)
    assert (contents.title, contents.source, contents.published) == (
        "Ferry firm goes under",
        "Sea Trade Daily",
        "2023-03-06",
    )
    assert contents.text.strip() == "The ferry firm filed for insolvency."
    assert "forwarded=1" in contents.flags


def test_an_answer_with_the_question_below_stays_its_writers() -> None:
    text = "No, never.\n\nOn Monday Ada wrote:\n> From: the pier\n> To: the quay\n"
    contents = read_mail(letter(text, Subject="Re: Ferry", From="Joe <j@p.example>"))
    assert (contents.source, contents.flags) == ("Joe", ())
    assert contents.text.startswith("No, never.")


def test_a_page_saved_by_an_older_browser_is_a_page_as_well() -> None:
    mail = (
        b'From: "Saved by Windows Internet Explorer 11"\nSubject: x\nDate: Sat, 4 Mar 2017 10:00:00 +0100\nMIME-Version: 1.0\n'
        b'Content-Type: multipart/related; boundary="b"; type="text/html"\n\n--b\nContent-Type: text/html\n'
        b"Content-Location: https://a.example/bridge\n\n"
        b"<html><head><title>Bridge closed</title></head><body><p>The bridge is closed.</p></body></html>\n--b--\n"
    )
    contents = read_mail(mail)
    assert (contents.url, contents.title, contents.source) == ("https://a.example/bridge", "Bridge closed", None)
    assert contents.published is None  # the day on which it was saved says nothing of the page


def _mark(writer: str, subject: str, day: int) -> str:
    head = f"From: {writer} <w@sea.example>\nDate: Mon, {day} Mar 2023 08:02:00 +0000\nSubject: {subject}\nTo: <joe@paper.example>"
    return f"---------- Forwarded message ---------\n{head}\n\n"


def test_a_letter_that_was_passed_on_twice_is_its_first_senders() -> None:
    text = (
        "FYI\n\n"
        + _mark("Bo", "Fwd: Ferry", 6)
        + "Look. " * 200
        + "\n\n"
        + _mark("Sea Trade Daily", "Ferry", 2)
        + "It sank."
    )
    contents = read_mail(letter(text, Subject="Fwd: Fwd: Ferry"))
    assert (contents.source, contents.published) == ("Sea Trade Daily", "2023-03-02")
    assert (contents.text.strip(), contents.flags) == ("It sank.", ("forwarded=1",))


def test_a_letter_that_a_story_quotes_takes_nothing_from_the_story() -> None:
    text = (
        "The paper has the letter in full, and what it says is told here. " * 10
        + "\n\n"
        + _mark("Bo", "Ferry", 6)
        + "It sank."
    )
    contents = read_mail(letter(text, Subject="Our weekly letter", From="Senn Post <p@senn.example>"))
    assert (contents.source, contents.flags) == ("Senn Post", ())
    assert contents.text.startswith("The paper has the letter")


@pytest.mark.parametrize(
    "mark",
    [
        "-------- Mensaje reenviado --------\nAsunto: Ferry\nFecha: Mon, 6 Mar 2023 08:00:00 +0100\nDe: Sea Trade <n@s.example>\nPara: j@p.example",
        "-------- Messaggio inoltrato --------\nOggetto: Ferry\nData: Mon, 6 Mar 2023 08:00:00 +0100\nMittente: Sea Trade <n@s.example>\nA: j@p.example",
        "-------- Message transféré --------\nSujet : Ferry\nDate : Mon, 6 Mar 2023 08:00:00 +0100\nDe : Sea Trade <n@s.example>\nPour : j@p.example",
        "-------- Weitergeleitete Nachricht --------\nBetreff: Ferry\nDatum: Mon, 6 Mar 2023 08:00:00 +0100\nVon: Sea Trade <n@s.example>\nAn: j@p.example",
    ],
)
def test_the_marks_of_other_languages_are_known_with_their_headers(mark: str) -> None:
    contents = read_mail(letter(f"{mark}\n\nIt sank.", Subject="Ferry"))
    assert (contents.source, contents.title, contents.published) == ("Sea Trade", "Ferry", "2023-03-06")
    assert contents.text.strip() == "It sank."
