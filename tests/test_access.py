"""Pages for everybody: what is closed opens, what is copied runs, and no frame breaks a page."""

import collections
import html.parser
import io
import re

import execution
import numpy as np
import pytest
from browsing import HTML, axe_finds, contrast_finds, forget, in_depth, settle, show

EVERY_PAGE = sorted(page.relative_to(HTML).as_posix() for page in HTML.rglob("*.html"))
THEMES = ("light", "dark")
FONT_REFUSED = r"Access to font|\.(woff2?|ttf)\b|Failed to load resource: net::ERR_FAILED"


@pytest.fixture
def page(tab):
    forget(tab)
    tab.emulate_media(media="screen", forced_colors="none")
    show(tab, 1440)
    return tab


# ---- No id twice ---------------------------------------------------------------------------------


class Ids(html.parser.HTMLParser):
    def __init__(self):
        super().__init__()
        self.found = collections.Counter()

    def handle_starttag(self, tag, attributes):
        self.found.update(value for name, value in attributes if name == "id")


def test_no_id_stands_twice_on_a_page(html_folder):
    repeated = {}
    for name in EVERY_PAGE:
        ids = Ids()
        ids.feed((html_folder / name).read_text(encoding="utf-8"))
        repeated[name] = [one for one, count in ids.found.items() if count > 1]
    assert {name: ids for name, ids in repeated.items() if ids} == {}


# ---- Links into what is closed -------------------------------------------------------------------

SEEN = """(name) => {
  const target = document.getElementById(name);
  const { top, height } = target.getBoundingClientRect();
  return target.checkVisibility({ visibilityProperty: true, opacityProperty: true })
    && height > 15 && top > -5 && top < innerHeight / 2;
}"""
CLOSED = "fig-four-to-nine"  # in a solution of the playground


@pytest.mark.in_both
def test_an_address_opens_what_holds_its_target(page, html_folder):
    address = (html_folder / "chapters" / "playground.html").as_uri()
    page.goto(f"{address}#{CLOSED}")
    page.wait_for_function(SEEN, arg=CLOSED)
    title = page.locator(f".toggle:has(#{CLOSED}) .toggle-button").first
    assert title.get_attribute("aria-expanded") == "true", "one can close it again"
    # A link that is followed later, and the same link once more.
    page.goto(address)
    assert not page.evaluate(SEEN, CLOSED)
    page.evaluate(
        "name => document.querySelector('article h1').insertAdjacentHTML('afterend',"
        " `<p><a id='there' href='#${name}'>there</a></p>`)",
        CLOSED,
    )
    for _ in range(2):
        page.locator("#there").click()
        page.wait_for_function(SEEN, arg=CLOSED)
        page.locator(f".toggle:has(#{CLOSED}) .toggle-button").first.click()
        page.evaluate("() => scrollTo(0, 0)")
    assert page.errors == []


@pytest.mark.in_both
def test_an_address_opens_a_folded_cell_and_a_choice(page, html_folder):
    """Whatever is closed: HTML's own details too, one within another."""
    page.goto((html_folder / "chapters" / "convolution.html").as_uri())
    page.evaluate("""() => {
      document.querySelector("article").insertAdjacentHTML("beforeend",
        "<details><summary>a</summary><details><summary>b</summary>"
        + "<p id='ünder' style='height:40px'>here</p></details></details>");
      location.hash = "#ünder";
    }""")
    page.wait_for_function(SEEN.replace("innerHeight / 2", "innerHeight"), arg="ünder")


@pytest.mark.in_both
def test_an_address_without_a_target_does_nothing(page, html_folder):
    for name in ("nothing", "%E0%A4%A", ""):
        page.goto((html_folder / "chapters" / "playground.html").as_uri() + f"#{name}")
        settle(page)
        assert page.errors == []
        assert page.evaluate("() => scrollY") == 0


# ---- Copy ----------------------------------------------------------------------------------------


@pytest.mark.in_both
def test_a_module_s_source_is_copied_without_its_links(page, site, html_folder):
    page.goto(f"{site}/_modules/cnnbook/ops.html")
    page.wait_for_selector(".copybtn", state="attached")
    page.evaluate("""() => {
      document.execCommand = () => {
        globalThis.copied = document.activeElement.value;
        return true;
      };
      document.querySelector(".copybtn").click();
    }""")
    copied = page.evaluate("() => globalThis.copied")
    source = (execution.ROOT / "cnnbook" / "ops.py").read_text(encoding="utf-8")
    lines = [line for line in copied.splitlines() if line.strip()]
    assert lines == [line for line in source.splitlines() if line.strip()]


# ---- In a frame of a learning platform -----------------------------------------------------------


@pytest.mark.parametrize("name", ["chapters/index", "chapters/convolution", "search"])
def test_in_a_sandboxed_frame_a_page_works(page, site, tmp_path, name):
    """Over http alone: of a file, a browser lets such a frame load nothing else."""
    frame = f'<iframe sandbox="allow-scripts" src="{site}/{name}.html" width=1280 height=800>'
    (tmp_path / "course.html").write_text(f"<!doctype html>{frame}</iframe>", encoding="utf-8")
    page.goto((tmp_path / "course.html").as_uri())
    inside = page.frames[1]
    inside.wait_for_load_state("load")
    inside.wait_for_function("() => document.documentElement.dataset.theme !== 'auto'")
    settle(page)
    assert page.errors == []
    # A browser gives such a frame no font of the site: there are others.
    unexplained = [told for told in page.problems if not re.search(FONT_REFUSED, told)]
    assert unexplained == []
    assert inside.evaluate("() => document.documentElement.dataset.theme") == "light"
    themes = inside.evaluate("""() => [1, 2, 3].map(() => {
      document.querySelector(".theme-switch-button").click();
      return document.documentElement.dataset.theme;
    })""")
    assert set(themes) == {"light", "dark"}, "the theme's scripts are alive"
    without = inside.evaluate("""() =>
      [...document.querySelectorAll(".bd-header-article button, .search-button-field")]
      .filter((button) => button.checkVisibility())
      .filter((button) => ![...button.querySelectorAll("svg")].some((icon) => {
        const { width, height } = icon.getBoundingClientRect();
        return icon.querySelector("path, use") && width > 5 && height > 5;
      })).map((button) => button.outerHTML.slice(0, 300))""")
    assert without == [], "each button has its icon"


# ---- Forced colours ------------------------------------------------------------------------------


def picture(locator) -> np.ndarray:
    """What is seen of an element."""
    from PIL import Image

    return np.asarray(Image.open(io.BytesIO(locator.screenshot())).convert("RGB")).astype(int)


def force_colours(page, theme: str) -> None:
    page.emulate_media(color_scheme=theme, forced_colors="active", reduced_motion="reduce")
    settle(page)


@pytest.mark.parametrize("theme", THEMES)
def test_in_forced_colours_the_playground_shows_what_is_chosen(page, html_folder, theme):
    force_colours(page, theme)
    page.goto((html_folder / "chapters" / "playground.html").as_uri())
    page.wait_for_selector(".cb-best .cb-track")
    network = page.locator(".cb-choice").filter(has_text="Network").first
    grounds = [
        tuple(picture(option)[4, picture(option).shape[1] // 2])
        for option in network.locator(".cb-option span").all()
    ]
    assert len(set(grounds)) == 2, "the chosen one alone is marked"
    bar = picture(page.locator(".cb-best .cb-track"))
    empty = picture(page.locator(".cb-bar:not(.cb-best) .cb-track").first)
    assert abs(bar - empty[: bar.shape[0], : bar.shape[1]]).max() > 60, "a bar is not its track"
    legend = picture(page.locator(".cb-legend i").first)
    row = legend[legend.shape[0] // 2]
    assert abs(row[3] - row[-4]).max() > 60, "from one end of the scale to the other"
    assert contrast_finds(page) == {}
    assert axe_finds(page, options={"rules": {"color-contrast": {"enabled": False}}}) == {}
    assert page.errors == []


@pytest.mark.parametrize("theme", THEMES)
def test_in_forced_colours_a_widget_shows_its_bars(page, html_folder, theme):
    force_colours(page, theme)
    page.goto((html_folder / "chapters" / "loss.html").as_uri())
    meters = page.locator(".cb-meter:has(i)")
    meters.first.scroll_into_view_if_needed()
    for meter in meters.all()[:2]:
        row = picture(meter)[4]
        steps = np.flatnonzero(abs(np.diff(row, axis=0)).max(axis=1) > 60)
        assert len(steps) >= 3, "its border on either side, and where the bar ends"
    chosen = page.locator(".cb-option input:checked + span").first
    other = page.locator(".cb-option input:not(:checked) + span").first
    assert abs(picture(chosen)[4, 12] - picture(other)[4, 12]).max() > 60
    assert contrast_finds(page) == {}
    assert page.errors == []


# ---- On paper ------------------------------------------------------------------------------------


def printed(page):
    """Print a page as the browser does."""
    import pypdfium2

    page.emulate_media(media="print")  # what a page is told otherwise holds for its paper too
    margin = dict.fromkeys(("top", "bottom", "left", "right"), "15mm")
    paper = pypdfium2.PdfDocument(page.pdf(format="A4", margin=margin))
    page.emulate_media(media="screen")
    return paper


def lines_of(sheet) -> list[tuple[float, float, str]]:
    """Return the lines of a sheet from top to bottom: how far down, how high, and the text."""
    text, found = sheet.get_textpage(), []
    for number in range(text.count_rects()):
        left, bottom, right, top = text.get_rect(number)
        words = text.get_text_bounded(left, bottom, right, top).strip()
        if words:
            found.append((sheet.get_height() - bottom, top - bottom, words))
    return sorted(found)


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("name", ["loss", "convolution/arithmetic"])
def test_a_chapter_is_printed_black_on_white(page, html_folder, name, theme):
    show(page, 1280, theme)
    page.goto(in_depth(name).as_uri())
    page.wait_for_selector(".cb-option")
    headings = {
        re.sub(r"\W+", "", text) for text in page.locator("article :is(h2, h3)").all_inner_texts()
    }
    sheets = printed(page)
    assert page.evaluate("() => document.documentElement.dataset.theme") == theme, "as before"
    for sheet in sheets:
        dots = np.asarray(sheet.render(scale=1).to_pil().convert("L"))
        edge = np.concatenate([dots[:30].ravel(), dots[-30:].ravel(), dots[:, :30].ravel()])
        assert edge.min() > 250, "white paper"
        assert np.mean(dots > 250) > 0.6
        lines = lines_of(sheet)
        *_, (_, _, last) = lines
        assert re.sub(r"\W+", "", last) not in headings, "no heading stands alone at the foot"
    # No text is pale: what a letter is drawn with, as the browser says of each.
    page.emulate_media(media="print", color_scheme=theme)
    pale = page.evaluate("""() =>
      [...document.querySelectorAll("article :is(p, li, pre, span, th, td, a)")]
      .filter((node) => !node.closest(".cnnbook-widget, svg"))
      .filter((node) => node.checkVisibility())
      .filter((node) => getComputedStyle(node).color !== "rgb(0, 0, 0)")
      .map((node) => node.outerHTML.slice(0, 120))""")
    assert pale == []


def test_a_solution_is_printed_as_it_stands(page, html_folder):
    """Closed for those who have not opened it."""
    page.goto(in_depth("convolution/arithmetic").as_uri())
    solution = page.locator("div.solution section").first
    told = "".join(solution.text_content().split()[:6])

    def on_paper() -> str:
        return "".join(
            "".join(sheet.get_textpage().get_text_range().split()) for sheet in printed(page)
        )

    assert told not in on_paper()
    page.locator("div.solution .toggle-button").first.click()
    assert told in on_paper()


def test_code_is_printed_in_one_piece_with_its_frame(page, html_folder):
    """Each cell's frame holds its code: no cell begins on one sheet and ends on the next."""
    page.goto(in_depth("convolution/arithmetic").as_uri())
    cells = [
        [line.strip() for line in text.splitlines() if line.strip()]
        for text in page.locator("div.cell_input:visible pre").all_inner_texts()
    ]
    texts = [sheet.get_textpage().get_text_range() for sheet in printed(page)]
    squeezed = ["".join(text.split()) for text in texts]
    assert len(cells) > 5
    for lines in cells:
        code = "".join("".join(lines).split())
        assert any(code in text for text in squeezed), lines[:3]
    page.emulate_media(media="print")
    for style in page.eval_on_selector_all(
        "div.cell_input", "boxes => boxes.map(box => getComputedStyle(box).breakInside)"
    ):
        assert style == "avoid"


def test_links_that_leave_the_book_are_printed_with_their_address(page, html_folder):
    page.goto(in_depth("convolution/arithmetic").as_uri())
    page.emulate_media(media="print")
    links = page.eval_on_selector_all(
        "article a.reference.external",
        "links => links.map(a => [a.getAttribute('href'), getComputedStyle(a, '::after').content])",
    )
    assert links
    for address, after in links:
        assert address in after
    assert page.locator("article a.reference.internal").first.evaluate(
        "a => getComputedStyle(a, '::after').content"
    ) in {"none", "normal"}


def test_a_page_with_that_figure_prints_it_once(page, html_folder):
    page.goto((html_folder / "chapters" / "architecture.html").as_uri())
    page.wait_for_selector(".cb-bar", state="attached")
    page.emulate_media(media="print")
    assert page.locator(".live-still").count() == 0
    assert not page.locator(".cnnbook-glance").is_visible()
    assert page.locator("#fig-strip").is_visible()


@pytest.mark.parametrize("name", ["playground", "index"])
def test_the_live_network_is_printed_as_its_still_figure(page, html_folder, name):
    page.goto((html_folder / "chapters" / f"{name}.html").as_uri())
    page.wait_for_selector(".cb-bar", state="attached")
    still = page.locator(".live-still")
    assert not still.is_visible()
    page.emulate_media(media="print")
    assert still.is_visible()
    assert not page.locator(".cnnbook-playground, .cnnbook-glance").is_visible()
    page.emulate_media(media="screen")
    caption = "".join(still.locator("figcaption").inner_text().split())
    sheets = printed(page)
    at = [
        k
        for k, s in enumerate(sheets)
        if caption[:40] in "".join(s.get_textpage().get_text_range().split())
    ]
    assert at, "the caption is printed"
    dots = np.asarray(sheets[at[0]].render(scale=1).to_pil().convert("L"))
    assert np.mean(dots < 128) > 0.01, "and the figure above it"
