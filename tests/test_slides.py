"""The slides of a page of the guide show what the page shows, and need nothing but their folder."""

import embed
import guide
import pytest
import slides
from browsing import new_page
from bs4 import BeautifulSoup

PAGES = list(guide.guide())
# What does not lie on its sheet, or would have to be scrolled there.
TOO_LARGE = """() => {
  const sheet = Reveal.getCurrentSlide().querySelector(".sheet");
  const { bottom, right } = sheet.getBoundingClientRect();
  return [...sheet.querySelectorAll("*")]
    .filter((node) => !node.closest("math") && node.getClientRects().length)
    .filter((node) => {
      const box = node.getBoundingClientRect();
      const cut = ["auto", "scroll"].includes(getComputedStyle(node).overflowX)
        && node.scrollWidth > node.clientWidth + 2;
      return cut || box.bottom > bottom || box.right > right + 1;
    }).map((node) => node.outerHTML.slice(0, 150));
}"""


def both(html_folder, page: str):
    """Return the page as it was built, and its slides."""
    built = BeautifulSoup((html_folder / f"{page}.html").read_text("utf-8"), "html.parser")
    return built.article, BeautifulSoup(slides.deck_of(page), "html.parser")


def words(node) -> str:
    return " ".join(node.get_text().split())


@pytest.mark.parametrize("page", PAGES)
def test_what_the_page_shows_is_on_a_slide(html_folder, page):
    article, deck = both(html_folder, page)
    for node in [*article.select("details.hide"), *article.select("noscript, .headerlink")]:
        node.decompose()  # folded code stays out
    for kind in ("figcaption", "pre", ".question-asked", ".question summary", "h2", "table"):
        shown = [words(node) for node in deck.select(kind)]
        assert [text for text in map(words, article.select(kind)) if text not in shown] == []
    assert {image["alt"] for image in article.select("figure img")} == {
        image["alt"] for image in deck.select("figure img")
    }
    alive = {node["data-widget"] for node in article.select("[data-widget]")} & set(embed.HEIGHTS)
    assert [frame["data-src"] for frame in deck.select("iframe")] == [
        f"embed/{name}.html" for name in alive
    ]


@pytest.mark.parametrize("page", PAGES)
def test_the_notes_have_the_whole_text(html_folder, page):
    article, deck = both(html_folder, page)
    told = [words(node) for node in deck.select("aside.notes p")]
    for paragraph in article.select("section > p:not(.chapter-facts)"):
        assert words(paragraph) in told
    assert not deck.select("a:not(.external)"), "no link leads to a page that is not there"


def test_the_slides_run_in_a_folder_of_their_own(browser, html_folder, tmp_path, monkeypatch):
    monkeypatch.setattr(slides, "OUT", tmp_path / "slides")
    slides.main()
    page = new_page(browser, viewport={"width": 1280, "height": 720}, reduced_motion="reduce")
    for name in PAGES:
        page.goto((tmp_path / "slides" / f"{name.removeprefix('chapters/')}.html").as_uri())
        page.wait_for_function("() => Reveal.isReady()")
        while True:
            assert page.evaluate(TOO_LARGE) == []
            if page.evaluate("() => Reveal.isLastSlide()"):
                break
            page.evaluate("() => Reveal.next()")
        page.wait_for_load_state("networkidle")
    assert page.problems == []
    here = (tmp_path / "slides").as_uri()
    assert all(url.startswith((here, "data:", "blob:", "about:")) for url in page.requests)
    page.close()
