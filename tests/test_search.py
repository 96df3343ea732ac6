"""The search leads to sections, from a page that was opened as a file."""

import json
import re
import urllib.parse

import pytest
from browsing import HTML, ROOT, axe_finds, contrast_finds, forget, in_depth, settle, show

ARITHMETIC, MACHINES = "convolution/arithmetic.html#", "training/machines.html#"
# What a reader types, and where that is explained.
PLACES = {
    "im2col": ARITHMETIC + "from-loops-to-one-matrix-product",
    "1x1 convolution": "convolution/stacks.html#cheaper-convolutions",
    "deterministic TensorFlow": MACHINES + "deterministic-training-in-tensorflow",
    "PyTorch padding": ARITHMETIC + "stride-padding-dilation",
    "loss of a uniform guess": "loss.html#the-average-of-a-batch",
    "edges and blobs": "convolution.html#made-by-hand-and-learned",
    "receptive field": "convolution/stacks.html#what-a-stack-can-see",
    "1 by 1 convolutions": "convolution/stacks.html#cheaper-convolutions",
    "batch normalization": "training/faster.html#batch-normalisation",  # as others spell it
    "enable_op_determinism": MACHINES + "deterministic-training-in-tensorflow",
    "learning rate": "training/settings.html#the-learning-rate",
    "early stoping": "glossary.html#term-Early-stopping",  # misspelled
    "ops.conv": "helpers.html#cnnbook.ops.conv",
}
PLACES = {  # of the pages of this edition
    query: place
    for query, place in PLACES.items()
    if (ROOT / "chapters" / place.replace(".html", ".md").partition("#")[0]).is_file()
}


@pytest.fixture
def page(tab):
    forget(tab)
    show(tab, 1440)
    yield tab
    assert tab.errors == []


@pytest.fixture
def search_page(page, html_folder):
    """The search, opened as a file."""

    def ask(query: str = ""):
        address = (html_folder / "search.html").as_uri()
        page.goto(f"{address}?q={urllib.parse.quote(query)}" if query else address)
        page.wait_for_function("() => globalThis.cnnbookSearch")
        return page

    return ask


ANSWERS = """(queries) => queries.map((query) => cnnbookSearch(query).slice(0, 3).map(
  (place) => place.address.replace("chapters/", "") + (place.id && `#${place.id}`)))"""


@pytest.mark.in_both
def test_each_question_finds_its_place_among_the_first_three(search_page):
    answers = search_page().evaluate(ANSWERS, list(PLACES))
    found = dict(zip(PLACES, answers, strict=True))
    assert {
        query: found[query] for query, place in PLACES.items() if place not in found[query]
    } == {}


@pytest.mark.in_both
def test_one_asks_on_any_page_and_is_led_to_a_section(page, html_folder):
    in_depth("convolution/arithmetic")
    page.goto((html_folder / "chapters" / "loss.html").as_uri())
    page.keyboard.press("Control+k")
    page.locator("#pst-search-dialog input").fill("im2col")
    page.keyboard.press("Enter")
    link = page.locator(".search-found a").first
    assert link.inner_text() == "From loops to one matrix product"
    assert link.get_attribute("href").endswith(PLACES["im2col"])
    item = page.locator(".search-found li").first.inner_text()
    assert "Slide a kernel over an image" in item, "the name of its page"
    assert page.locator(".search-found mark").first.inner_text().lower() == "im2col"
    assert "im2col" in page.locator("[role=status]").inner_text()
    assert page.title().startswith("im2col")
    assert page.problems == []
    link.click()
    page.wait_for_function("() => document.querySelector(':target')")
    settle(page)
    heading = page.locator(":target > h2").bounding_box()
    assert -5 < heading["y"] < 450


@pytest.mark.in_both
def test_nothing_found_is_said_and_much_is_shown_in_parts(search_page):
    page = search_page("xyzzyx")
    assert "Nothing in the book" in page.locator("[role=status]").inner_text()
    assert page.locator(".search-found li").count() == 0
    page = search_page("convolution")
    assert page.locator(".search-found li").count() == 10
    page.locator(".search-more").click()
    assert page.locator(".search-found li").count() == 50
    assert page.evaluate("() => document.activeElement.matches('li:nth-child(11) > a')")


def test_what_is_typed_is_text_and_no_page(search_page):
    page = search_page("<b>convolution</b>")
    assert page.locator("#book-search b").count() == 0
    assert page.locator(".search-found li").count() == 10


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1440])
def test_axe_finds_nothing_in_the_results(search_page, width, theme):
    page = search_page("deterministic TensorFlow")
    show(page, width, theme)
    assert contrast_finds(page) == {}
    assert axe_finds(page, options={"rules": {"color-contrast": {"enabled": False}}}) == {}
    assert page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")


def test_without_javascript_the_page_says_where_to_look(browser, html_folder):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto((html_folder / "search.html").as_uri())
    assert "needs JavaScript" in page.locator("noscript p").inner_text()
    for link in page.locator("noscript p a").all():
        assert (html_folder / link.get_attribute("href")).is_file()
    context.close()


def places() -> list:
    text = (HTML / "_static" / "searchsections.js").read_text(encoding="utf-8")
    return json.loads(text[text.index("[") : text.rindex("]") + 1])


def test_every_place_of_the_index_is_in_the_book(html_folder):
    for address, _, found in places():
        html = (html_folder / address).read_text(encoding="utf-8")
        here = set(re.findall(r'\bid="([^"]+)"', html))
        assert {name for _, name, *_ in found if name} <= here, address
        for _, _, heading, text, _ in found:
            assert heading, address
            assert not re.search(r"PendingGlue|system-message|needs JavaScript", text), heading


def test_only_the_search_loads_its_index(html_folder):
    for page in html_folder.rglob("*.html"):
        loads = re.search(r'src="[^"]*(searchindex|searchtools|searchsections)', page.read_text())
        assert (loads is not None) == (page.name == "search.html"), page
    assert (html_folder / "_static" / "searchsections.js").stat().st_size < 1_500_000
