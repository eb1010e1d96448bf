"""Word documents: what their readers see, tracked changes as they stand, and nothing hidden."""

from __future__ import annotations

import pytest

from index.errors import DocumentRejected
from index.sources.docx import read_docx
from tests.index.sources.paper import docx, paragraph, zipped

RUN = '<w:r>{look}<w:t xml:space="preserve">{text}</w:t></w:r>'


def _run(text: str, look: str = "") -> str:
    return RUN.format(text=text, look=f"<w:rPr>{look}</w:rPr>" if look else "")


def test_inserted_words_are_read_and_deleted_ones_not() -> None:
    body = paragraph(
        "The harbour ",
        f"<w:ins>{_run('quickly ')}</w:ins>",
        f"<w:del><w:r><w:delText>slowly </w:delText></w:r>{_run('not ')}</w:del>",
        f"<w:moveFrom>{_run('moved away ')}</w:moveFrom>",
        f"<w:hyperlink>{_run('reopened')}</w:hyperlink>",
        f"<w:smartTag>{_run('.')}</w:smartTag>",
    )
    inside = f"<w:sdt><w:sdtContent>{paragraph('In a control.')}</w:sdtContent></w:sdt>"
    assert read_docx(docx(body + inside)).text == "The harbour quickly reopened.\nIn a control."


def test_tables_are_rows_and_boxes_follow_their_paragraph_once() -> None:
    cell = "<w:tc>{}</w:tc>".format
    table = f"<w:tbl><w:tr>{cell(paragraph('Ships'))}{cell(paragraph('12') + paragraph('late'))}</w:tr></w:tbl>"
    box = f"<w:txbxContent>{paragraph('In a box.')}</w:txbxContent>"
    drawing = f'<w:r><mc:AlternateContent xmlns:mc="m"><mc:Choice>{box}</mc:Choice><mc:Fallback>{box}</mc:Fallback></mc:AlternateContent></w:r>'
    text = read_docx(docx(paragraph("Before", drawing, " it.") + table)).text
    assert text == "Before it.\nIn a box.\nShips\t12 late"


def test_breaks_tabs_and_special_hyphens_are_what_they_look_like() -> None:
    run = "<w:r><w:t>a</w:t><w:tab/><w:t>b</w:t><w:br/><w:t>c</w:t><w:noBreakHyphen/><w:t>d</w:t><w:softHyphen/><w:t>e</w:t></w:r>"
    assert read_docx(docx(paragraph(run))).text == "a\tb\nc-de"


@pytest.mark.parametrize(
    "look",
    ["<w:vanish/>", '<w:color w:val="FFFFFF"/>', '<w:sz w:val="2"/>', '<w:rStyle w:val="Unseen"/>'],
    ids=["hidden", "white", "tiny", "style"],
)
def test_text_that_no_reader_sees_is_not_read(look: str) -> None:
    styles = '<w:styles xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:style w:styleId="Unseen"><w:rPr><w:vanish/></w:rPr></w:style></w:styles>'
    contents = read_docx(docx(paragraph("Seen.", _run("PWNED", look)), more={"word/styles.xml": styles}))
    assert (contents.text, contents.flags) == ("Seen.", ("hidden_text=1",))


@pytest.mark.parametrize(
    "look", ['<w:vanish w:val="0"/>', '<w:color w:val="FFFFFF"/><w:shd w:fill="0000FF"/>', '<w:sz w:val="12"/>']
)
def test_text_that_readers_see_is_read(look: str) -> None:
    assert read_docx(docx(paragraph(_run("Seen.", look)))).text == "Seen."


def test_the_title_is_the_one_that_the_document_shows() -> None:
    body = paragraph("Harbour reopens", style="Title") + paragraph("By Ada Brook") + paragraph("Ships had waited.")
    contents = read_docx(docx(body, title="Template of the desk", author="Ada Brook"))
    assert (contents.title, contents.authors) == ("Harbour reopens", ("Ada Brook",))
    plain = docx(paragraph("Harbour reopens") + paragraph("Ships."), title="Harbour reopens", author="user")
    assert (read_docx(plain).title, read_docx(plain).authors) == ("Harbour reopens", ())
    assert read_docx(docx(paragraph("Ships."), title="Template of the desk")).title is None


def test_date_and_authors_are_those_that_its_first_lines_give() -> None:
    body = "".join(map(paragraph, ("Harbour reopens", "Tuesday, 9 May 2023", "By Ada Brook", "Ships had waited.")))
    contents = read_docx(docx(body))
    assert (contents.published, contents.authors) == ("2023-05-09", ("Ada Brook",))


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (docx(""), "no_text"),
        (docx("<w:p>")[:-40], "bad_archive"),
        (docx("<w:p>"), "bad_xml"),
        (zipped({"a.txt": "x"}), "bad_docx"),
        (zipped({"word/document.xml": "<!DOCTYPE w [<!ENTITY x 'y'>]><w>&x;</w>"}), "bad_xml"),
        (zipped({"word/document.xml": "<!DOCTYPE w [<!ENTITY x 'y'>]><w>&x;</w>".encode("utf-16")}), "bad_xml"),
        (zipped({"word/document.xml": "<a>" * 400}), "bad_xml"),
    ],
)
def test_what_is_no_document_is_refused(data: bytes, reason: str) -> None:
    with pytest.raises(DocumentRejected, match=reason):
        read_docx(data)
