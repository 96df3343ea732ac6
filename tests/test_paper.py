"""The book on paper: contents, numbered sheets, bookmarks, and what stands on them."""

import re

import paper
import pypdfium2
import pytest
from bs4 import BeautifulSoup

PAGES = ["chapters/loss", "chapters/pooling"]


@pytest.fixture(scope="module")
def book(browser, html_folder, tmp_path_factory):
    """Two pages of the book."""
    file = tmp_path_factory.mktemp("paper") / "book.pdf"
    paper.print_pages(browser, file, PAGES)
    with pypdfium2.PdfDocument(file) as printed:
        yield printed


@pytest.fixture(scope="module")
def sheets(book) -> list[str]:
    return [sheet.get_textpage().get_text_range() for sheet in book]


def titles(html_folder) -> list[str]:
    found = []
    for _, page, _ in paper.entries(PAGES):
        html = BeautifulSoup((html_folder / f"{page}.html").read_text("utf-8"), "html.parser")
        for heading in html.article.find_all(re.compile("^h[1-6]$")):
            heading.find(class_="headerlink").decompose()
            found.append(" ".join(heading.get_text().split()))
    return found


def test_every_heading_is_a_bookmark_that_leads_to_it(book, sheets, html_folder):
    marks = list(book.get_toc(max_depth=6))
    assert [mark.get_title() for mark in marks] == titles(html_folder)
    for mark in marks:
        sheet = sheets[mark.get_dest().get_index()]
        assert paper.squeezed(mark.get_title()) in paper.squeezed(sheet)


def test_each_sheet_has_its_number_and_the_contents_say_it(book, sheets, html_folder):
    for number, sheet in enumerate(sheets[1:], 2):  # the cover has none
        assert str(number) in sheet.split()
    listed = re.findall(r"^(\D.*) (\d+)\s*$", sheets[1], re.MULTILINE)
    first = {mark.get_title(): mark.get_dest().get_index() + 1 for mark in book.get_toc()}
    assert len(listed) == len(PAGES)
    for title, number in listed:
        assert first[" ".join(title.split())] == int(number)


def test_formulas_and_code_are_text(sheets):
    everything = paper.squeezed("".join(sheets))
    assert "loss=\u2212ln\U0001d45d" in everything
    assert "probabilities=np.exp(scores)/np.exp(scores).sum()" in everything


def test_a_link_into_the_book_leads_to_its_sheet(html_folder):
    text, _ = paper.document(PAGES)
    html = BeautifulSoup(text, "html.parser")
    names = {node["id"] for node in html.find_all(id=True)}
    inside = [link["href"][1:] for link in html.select("a[href^='#']")]
    assert inside and [name for name in inside if name not in names] == []
    assert not html.select("a[href$='.html']")
    assert len(names) == len(html.find_all(id=True)), "no name twice"


def test_an_edition_without_a_page_is_printed_without_it(monkeypatch, tmp_path):
    (tmp_path / "chapters").mkdir()
    (tmp_path / "chapters" / "loss.html").touch()
    monkeypatch.setattr(paper.slides, "HTML", tmp_path)
    assert [page for _, page, _ in paper.entries() if page][1:] == ["chapters/loss"]
