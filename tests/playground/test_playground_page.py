"""The page of the live network is for everyone, and its files are small."""

import gzip
import re

import pytest
from browsing import resize, settle, too_small_to_touch
from playing import PAGE, begin_tour, next_step, open_everything, select

from cnnbook import results


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_when_everything_is_open(page, site, theme):
    from axe_playwright_python.sync_playwright import Axe

    page.emulate_media(color_scheme=theme)
    page.goto(f"{site}/{PAGE}")  # axe reads the style sheet, which a file may not
    page.wait_for_selector(".cb-ready")
    page.wait_for_function("theme => document.documentElement.dataset.theme === theme", arg=theme)
    begin_tour(page)
    open_everything(page)
    for layer, row in (("conv2", 5), ("dense1", 0), ("dense2", 0)):
        select(page, layer, row, row, 3)
        settle(page)
        found = Axe().run(page, context=".cnnbook-playground").response["violations"]
        assert {rule["id"]: [n["html"][:150] for n in rule["nodes"]] for rule in found} == {}
    for _ in range(5):
        next_step(page)
    assert page.locator(".cb-places").is_visible()
    found = Axe().run(page, context=".cnnbook-playground").response["violations"]
    assert {rule["id"]: [n["html"][:150] for n in rule["nodes"]] for rule in found} == {}
    # axe asks for the style sheets once more, at addresses of its own, where one is not.
    page.problems.clear()


@pytest.mark.in_both
def test_on_a_phone_nothing_scrolls_sideways_and_all_can_be_touched(page):
    resize(page, 360, 740)
    open_everything(page)
    for layer in ("conv1", "conv2", "dense1", "dense2"):
        select(page, layer, 0, 0, 3)
        settle(page)
        assert page.evaluate("() => document.documentElement.scrollWidth") <= 360
        controls = ".cnnbook-playground :is(button, input, select, summary)"
        assert too_small_to_touch(page, controls) == []


def test_nothing_moves_for_readers_who_asked_for_less_motion(page):
    page.evaluate("""() => { window.asked = [];
      Element.prototype.scrollIntoView = function (how) { window.asked.push(how.behavior); }; }""")
    begin_tour(page)
    assert page.evaluate("() => window.asked") == ["auto"]
    moving = page.evaluate("""() =>
      [...document.querySelectorAll(".cnnbook-playground *")].filter((node) => {
        const { animationName, transitionDuration } = getComputedStyle(node);
        return animationName !== "none" || /[1-9]/.test(transitionDuration);
      }).map((node) => node.outerHTML.slice(0, 100))""")
    assert moving == []


@pytest.mark.in_both
def test_no_browser_brings_back_a_control_that_the_page_does_not_know_of(page):
    remembered = page.evaluate("""() =>
      [...document.querySelectorAll(".cnnbook-playground :is(input, select)")]
        .filter((node) => node.getAttribute("autocomplete") !== "off" && !node.readOnly)
        .map((node) => node.outerHTML)""")
    assert remembered == []


def test_without_javascript_a_figure_stands_in_its_place(browser, html_folder):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto((html_folder / PAGE).as_uri())
    image = page.locator(".live-still img")
    assert image.is_visible()
    assert len(image.get_attribute("alt")) > 30
    context.close()


# ---- The files -----------------------------------------------------------------------------------


def test_the_page_shows_what_the_benchmark_measured(html_folder):
    text = re.sub(r"<[^>]+>|\s+", " ", (html_folder / PAGE).read_text(encoding="utf-8"))
    for facts in results.load("playground/playground")["drawn"].values():
        readers = [name for name in ("as_drawn", "centred", "faster") if name in facts]
        shares = [f"{100 * facts[name]:.1f} %" for name in readers]
        assert re.search(" +".join(map(re.escape, shares)), text), shares


def test_all_networks_together_are_small(html_folder):
    """What the playground loads; a widget's own network comes when its reader touches it."""
    sizes = {
        file.name: len(gzip.compress(file.read_bytes()))
        for file in (html_folder / "playground").iterdir()
    }
    asked_for = {name: size for name, size in sizes.items() if name.startswith("stored-")}
    assert sum(sizes.values()) - sum(asked_for.values()) < 700_000
    assert max(asked_for.values()) < 400_000


def test_only_pages_that_use_the_scripts_load_them(html_folder):
    for file in html_folder.rglob("*.html"):
        html = file.read_text(encoding="utf-8")
        uses = re.search(r'class="cnnbook-(playground|widget)', html) is not None
        assert ("playground/dom.js" in html) == uses, file
        assert ("playground/networks.js" in html) == ("cnnbook-playground" in html), file
