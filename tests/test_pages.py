"""The published pages, in a real browser: self-contained, silent, readable at every width."""

import re
import urllib.parse
import urllib.request

import book
import execution
import nbformat
import pytest
from browsing import HTML, ROOT, axe_finds, contrast_finds, forget, new_page, show

PAGES = sorted(
    page.relative_to(HTML).as_posix() for page in (HTML / "chapters").rglob("*.html")
) or ["chapters/index.html"]
# The search, the indices and the helpers' source as well; index.html only leads to the first page.
GENERATED = [
    page.relative_to(HTML).as_posix()
    for pattern in ("[!i]*.html", "_modules/**/*.html")
    for page in sorted(HTML.glob(pattern))
]
NOTEBOOKS = [f"{execution.chapter_name(source)}.ipynb" for source in execution.chapters()]
WIDTHS = (390, 768, 1440)


@pytest.fixture(scope="module")
def context(browser):
    context = browser.new_context(device_scale_factor=2)
    yield context
    context.close()


def visit(page, url: str) -> None:
    page.goto(url, wait_until="load")
    # An image below the fold is loaded when it is scrolled to.
    page.evaluate(
        "() => Promise.all([...document.images].map(image => {"
        " image.loading = 'eager'; return image.decode(); }))"
    )


# Two tabs for all: to open the next takes a browser longer than to show the next page in it.
@pytest.fixture(scope="module")
def tab(context):
    page = new_page(context)
    yield page
    page.close()


@pytest.fixture(scope="module")
def narrow(context):
    page = new_page(context)
    yield page
    page.close()


@pytest.fixture
def page(tab):
    forget(tab)
    return tab


@pytest.fixture(scope="module", params=PAGES)
def opened(narrow, html_folder, request):
    """A chapter, opened as a file once, for all the tests that look at it as a file.

    It is opened in the narrowest window: what scripts lay out as it loads has to fit there.
    """
    forget(narrow)
    narrow.name = request.param
    show(narrow, WIDTHS[0])
    visit(narrow, (html_folder / narrow.name).as_uri())
    return narrow


@pytest.mark.parametrize("name", PAGES + GENERATED)
def test_over_http_no_request_leaves_and_nothing_is_reported(page, site, name):
    visit(page, f"{site}/{name}")
    assert page.problems == []
    assert {urllib.parse.urlsplit(url).netloc for url in page.requests if url[:5] != "data:"} == {
        urllib.parse.urlsplit(site).netloc
    }


def check_that_it_is_the_same_as_a_file(page) -> None:
    assert page.problems == []
    assert all(url.startswith(("file:", "data:", "blob:")) for url in page.requests)


def test_opened_as_a_file_it_is_the_same(opened):
    check_that_it_is_the_same_as_a_file(opened)


@pytest.mark.parametrize("name", GENERATED)
def test_opened_as_a_file_a_generated_page_is_the_same(page, html_folder, name):
    visit(page, (html_folder / name).as_uri())
    check_that_it_is_the_same_as_a_file(page)


def test_math_is_typeset_without_the_network(page, html_folder):
    with_math = [name for name in PAGES if 'class="math' in (html_folder / name).read_text("utf-8")]
    visit(page, (html_folder / with_math[0]).as_uri())
    formulas = page.locator("math").count()
    assert formulas > 0
    assert formulas == page.locator(".math").count()
    assert page.evaluate("() => document.fonts.load('16px Formulas', '\U0001d465')")


def test_every_figure_has_an_alt_text_and_a_caption(opened):
    images = opened.eval_on_selector_all(
        ".bd-article img",
        "images => images.map(image => ({alt: image.alt, source: image.getAttribute('src'),"
        " caption: image.closest('figure')?.querySelector('figcaption')?.textContent ?? ''}))",
    )
    for image in images:
        # MyST-NB's own alternative is the path of the file.
        assert len(image["alt"]) > 30 and "_images" not in image["alt"], image
        assert len(image["caption"]) > 30, image


@pytest.mark.parametrize("width", WIDTHS)
def test_the_page_does_not_scroll_sideways(opened, width):
    show(opened, width)
    content, window = opened.evaluate(
        "() => [document.documentElement.scrollWidth, document.documentElement.clientWidth]"
    )
    assert content <= window
    # Nor is anything cut off: what is wider than the page must scroll inside itself.
    cut = opened.eval_on_selector_all(
        ".bd-article *",
        """elements => elements.filter(element => {
             if (element.getBoundingClientRect().right <= window.innerWidth + 1) return false;
             for (let e = element; e; e = e.parentElement) {
               if (['auto', 'scroll'].includes(getComputedStyle(e).overflowX)) return false;
               if (getComputedStyle(e).position === 'fixed') return false;
               if (e.classList.contains('bd-article')) break;
             }
             return element.getClientRects().length > 0 && element.clientWidth > 1;
           }).map(element => element.outerHTML.slice(0, 120))""",
    )
    assert cut == []


def test_every_figure_is_crisp_on_a_high_density_screen(opened):
    show(opened)
    for source, natural, shown, compared in opened.eval_on_selector_all(
        ".bd-article img",
        "images => images.map(image => [image.src, image.naturalWidth, image.clientWidth,"
        " image.closest('.compare') !== null])",
    ):
        # Photographs that are compared are shown with all the pixels that they have.
        needed = shown if compared else 2 * shown
        assert source.split("?")[0].endswith(".svg") or natural >= needed, source


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_in_the_book_s_own_content(opened, theme):
    show(opened, theme=theme)
    assert opened.evaluate("() => document.documentElement.dataset.theme") == theme
    # The theme puts boxes that scroll into the order of the tab key, a moment after a resize.
    opened.wait_for_function(
        "() => [...document.querySelectorAll('pre')].every("
        " box => box.scrollWidth <= box.clientWidth || box.tabIndex === 0)"
    )
    assert contrast_finds(opened) == {}
    if theme == "light":  # no other rule looks at colours
        assert axe_finds(opened, options={"rules": {"color-contrast": {"enabled": False}}}) == {}


def test_figures_are_readable_in_dark_mode(opened):
    show(opened, theme="dark")
    assert opened.evaluate("() => document.documentElement.dataset.theme") == "dark"
    for ground, effect in opened.eval_on_selector_all(
        ".bd-article figure img",
        "images => images.map(image => { const style = getComputedStyle(image);"
        " return [style.backgroundColor, style.filter]; })",
    ):
        assert (ground, effect) == ("rgb(255, 255, 255)", "none")


def test_axe_would_find_one_pale_word_among_thousands(page, html_folder):
    visit(page, (html_folder / "chapters" / "convolution.html").as_uri())
    assert contrast_finds(page) == {}
    page.evaluate("""() => {
      const words = [...document.querySelectorAll("pre span.k")];
      const shown = words.filter((one) => one.checkVisibility({ visibilityProperty: true }));
      shown.at(-1).style.color = "#ccc";
    }""")
    assert list(contrast_finds(page)) == ["color-contrast"]


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_each_page_offers_its_notebook(site, html_folder, name):
    html = f"chapters/{name.removesuffix('.ipynb')}.html"
    link = re.search(
        r'<a\s[^>]*href="([^"]*_sources/[^"]*\.ipynb)"', (html_folder / html).read_text("utf-8")
    )
    address = urllib.parse.urljoin(f"{site}/{html}", link[1])
    with urllib.request.urlopen(address) as answer:
        offered = nbformat.reads(answer.read().decode("utf-8"), as_version=4)
    nbformat.validate(offered)
    assert any(cell.get("outputs") for cell in offered.cells)


@pytest.mark.parametrize("name", PAGES)
def test_no_reference_is_left_unresolved(html_folder, name):
    html = (html_folder / name).read_text(encoding="utf-8")
    text = re.sub(r"<(script|style|pre|code)\b.*?</\1>", "", html, flags=re.DOTALL)
    assert not re.findall(r"\{(?:glue|ref|cite|term|numref)[^}]*\}", text)
    assert "system-message" not in html
    assert str(ROOT / ".venv") not in html  # no warning tells where the book was built


def test_pages_are_made_anew_when_any_program_or_template_changes():
    templates = [file for file in (ROOT / "_templates").rglob("*") if file.is_file()]
    programs = (ROOT / "_ext").rglob("*.py")
    assert set(book.programs()) == {*templates, *programs}
    assert any(file.parent.name == "components" for file in templates)
