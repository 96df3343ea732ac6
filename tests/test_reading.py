"""The reading list: each work has words of its own, and each chapter two works with reasons."""

import html
import re

import citations
import execution
import guide
import pytest
from pybtex.database import parse_string

READING = execution.ROOT / "chapters" / "reading.md"
FURTHER = re.compile(r"^\*\*Further reading\.\*\*(?:.+\n)+", re.MULTILINE)
PROMISED = {
    page: further[0]
    for below in guide.guide().values()
    for page in below
    if (further := FURTHER.search((execution.ROOT / f"{page}.md").read_text(encoding="utf-8")))
}
ENTRY = re.compile(
    r'<div class="citation" id="([^"]+)"[^>]*>\s*<span class="label">(.*?)</span>\s*(<p>.*?)</div>',
    re.DOTALL,
)
CITATION = re.compile(r'<span class="bibtex-citation"[^>]*>(.*?)</span>', re.DOTALL)
# "Kim [2014]" with a link on the year, or a link on "Kim, 2014".
LINK = re.compile(r'(?:([^][<>]+)\s\[)?<a [^>]*href="[^"#]*#([^"]+)"[^>]*>([^<]+)</a>')


def plain(markup: str) -> str:
    """Return what a reader sees."""
    return " ".join(html.unescape(re.sub(r"<[^>]+>", "", markup)).split())


def listed(html_folder) -> dict[str, tuple[str, str]]:
    """Return the label and the text of each entry of the list, by its place in the page."""
    page = (html_folder / "chapters" / "reading.html").read_text(encoding="utf-8")
    found = {place: (plain(label)[1:-1], plain(text)) for place, label, text in ENTRY.findall(page)}
    assert len(found) == READING.with_name("references.bib").read_text("utf-8").count("\n@") + 1
    return found


def test_no_two_works_have_the_same_label_and_no_entry_shows_tex(html_folder):
    entries = listed(html_folder).values()
    assert len({label for label, _ in entries}) == len(entries)
    for label, text in entries:
        assert not set("{}\\$~") & set(label + text.partition("URL: ")[0]), (label, text)


def test_a_work_is_cited_with_the_words_that_label_it(html_folder):
    entries, cited = listed(html_folder), set()
    for page in (html_folder / "chapters").rglob("*.html"):
        for citation in CITATION.findall(page.read_text(encoding="utf-8")):
            for authors, place, words in LINK.findall(re.sub(r"</?em>", "", citation)):
                name = plain(authors).strip(", ")
                said = f"{name}, {plain(words)}" if name else plain(words)
                assert said == entries[place][0], (page.name, said)
                cited.add(place)
    assert len(cited) > 50


@pytest.mark.parametrize("page", PROMISED)
def test_the_list_has_two_works_for_each_chapter_and_one_that_its_page_does_not_name(page):
    name = f"reading-{execution.room(page)}"
    assert f"{{ref}}`annotated reading list <{name}>` has more." in PROMISED[page]
    group = READING.read_text(encoding="utf-8").split(f"\n({name})=\n")[1]
    group = re.split(r"^(?:\(|## )", group, maxsplit=1, flags=re.MULTILINE)[0]
    works = set(re.findall(r"^- \{cite:t\}`(\w+)`: \S.{40,}", group, re.MULTILINE))
    assert len(works) >= 2
    assert works - set(re.findall(r"\{cite:t\}`(\w+)`", PROMISED[page]))


def test_no_work_is_given_two_reasons():
    works = re.findall(r"^- \{cite:t\}`(\w+)`", READING.read_text(encoding="utf-8"), re.MULTILINE)
    assert len(works) == len(set(works))


def test_works_that_would_be_cited_alike_get_letters():
    works = parse_string(
        """
        @misc{z, author = {Ng, A. and Ab, B. and Cd, C.}, title = {Z}, year = 2016}
        @misc{a, author = {Ng, A. and Ab, B. and Xy, X.}, title = {A}, year = 2016}
        @misc{o, author = {Ng, A. and Ab, B. and Xy, X.}, title = {O}, year = 2015}
        @misc{i, author = {{{\\c S}-T}}, title = {I}, year = 2016}
        """,
        "bibtex",
    ).entries.values()
    works = citations.sort_works(works)
    assert [work.key for work in works] == ["o", "z", "a", "i"]
    assert list(citations.labels(works)) == [
        "Ng et al., 2015", "Ng et al., 2016a", "Ng et al., 2016b", "Ş-T, 2016",
    ]  # fmt: skip
