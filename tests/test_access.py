"""Pages for everybody: what is closed opens, what is copied runs, and no frame breaks a page."""

import collections
import html.parser
import re

import execution
import pytest
from browsing import HTML, forget, new_page, settle, show

EVERY_PAGE = sorted(page.relative_to(HTML).as_posix() for page in HTML.rglob("*.html"))
FONT_REFUSED = r"Access to font|\.(woff2?|ttf)\b|Failed to load resource: net::ERR_FAILED"


@pytest.fixture(scope="module")
def tab(browser):
    context = browser.new_context()
    page = new_page(context)
    yield page
    context.close()


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


def test_an_address_without_a_target_does_nothing(page, html_folder):
    for name in ("nothing", "%E0%A4%A", ""):
        page.goto((html_folder / "chapters" / "playground.html").as_uri() + f"#{name}")
        settle(page)
        assert page.errors == []
        assert page.evaluate("() => scrollY") == 0


# ---- Copy ----------------------------------------------------------------------------------------


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
