"""Each live figure stands on a page of its own, and works in the frame of a course's page."""

import html
import re

import embed
import live
import names
import pytest
from browsing import HTML, axe_finds, forget, new_page, resize

NAMES = [name for name in embed.HEIGHTS if (HTML / embed.FOLDER / f"{name}.html").is_file()]
RUNS = ".cnnbook-playground:not(.cb-skeleton) > *, .cnnbook-widget:not([hidden]) > *"


@pytest.fixture(scope="module")
def tab(browser):
    page = new_page(browser, reduced_motion="reduce")
    yield page
    page.close()


@pytest.fixture
def page(tab):
    forget(tab)
    resize(tab, 700, 200)  # lower than any of them: then the page says how high it is
    return tab


@pytest.mark.parametrize("name", NAMES)
def test_it_says_from_which_book_it_is(html_folder, name):
    page = (html_folder / embed.FOLDER / f"{name}.html").read_text(encoding="utf-8")
    assert f"<em>{html.escape(names.facts()['title'])}</em>" in page


def test_every_widget_has_a_height_and_its_scripts():
    assert (
        set(embed.HEIGHTS) == set(embed.SCRIPTS) == {"playground", "glance", *live.WIDGET_SCRIPTS}
    )


@pytest.mark.parametrize("name", NAMES)
def test_alone_it_runs_without_the_network_and_fits_its_frame(page, html_folder, name):
    page.goto((html_folder / embed.FOLDER / f"{name}.html").as_uri())
    page.locator(RUNS).first.wait_for()
    page.wait_for_load_state("networkidle")
    assert page.problems == []
    assert all(url.startswith(("file:", "data:", "blob:")) for url in page.requests)
    height, width = page.evaluate(
        "() => [document.body.scrollHeight, document.documentElement.scrollWidth]"
    )
    assert width == 700
    assert name == "playground" or height <= embed.HEIGHTS[name]


def test_the_list_has_a_line_for_each_and_the_line_works(page, site, html_folder, tmp_path):
    page.goto(f"{site}/{embed.FOLDER}/index.html")
    lines = page.locator("td code").all_inner_texts()
    assert [re.search(r"(\w+)\.html", line)[1] for line in lines] == NAMES
    assert page.problems == []
    assert axe_finds(page) == {}
    # The book may be published elsewhere (html.baseurl); the test has it here.
    line = re.sub(r'src="[^"]*/embed/', f'src="{site}/embed/', lines[NAMES.index("convolution")])
    (tmp_path / "course.html").write_text(f"<!doctype html><p>Lesson 2</p>{line}", "utf-8")
    forget(page)
    page.goto((tmp_path / "course.html").as_uri())
    frame = page.frame_locator("iframe")
    frame.get_by_role("button", name="blur").click()
    frame.get_by_text("the output is 6").wait_for()
    assert page.problems == []
    outside = page.locator("iframe").get_attribute("title")
    assert outside == frame.locator("h1").text_content()


WILD = """async (count) => {
  const root = document.querySelector(".cnnbook-playground, .cnnbook-widget");
  let state = 1; // the same events each time
  const random = (end) => (state = (48271 * state) % 2147483647) % end;
  Element.prototype.setPointerCapture = () => {}; // refuses a pointer that no hand moves
  const keys = ["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown", "PageDown", "Home", "End",
    "Enter", " ", "Escape", "Delete", "7"];
  const typed = ["", "0", "-1", "1e9", "1e-9", "0.5", "999999999999999999999", "Ж".repeat(99)];
  const touched = "canvas, svg, svg *, button, select, input:not([type=file]), [tabindex]";
  for (let number = 0; number < count; number++) {
    const nodes = [...root.querySelectorAll(touched)].filter((node) => !node.disabled &&
      node.checkVisibility({ visibilityProperty: true }));
    const node = nodes[random(nodes.length)];
    const box = node.getBoundingClientRect();
    for (const type of ["pointerdown", "pointermove", "pointermove", "pointerup"]) {
      node.dispatchEvent(new PointerEvent(type, { bubbles: true, cancelable: true, buttons: 1,
        pointerId: 1 + random(3), clientX: box.left + box.width * (random(300) - 100) / 100,
        clientY: box.top + box.height * (random(300) - 100) / 100 }));
    }
    const key = keys[random(keys.length)];
    node.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
    if (node.matches("button, [type=radio], [type=checkbox]")) node.click();
    else if (node.matches("input")) node.value = typed[random(node.type === "text" ? 8 : 7)];
    else if (node.matches("select")) node.selectedIndex = random(node.options.length);
    for (const type of ["input", "change"]) node.dispatchEvent(new Event(type, { bubbles: true }));
    if (number % 20 === 0) await new Promise(requestAnimationFrame);
  }
  await new Promise(requestAnimationFrame);
  return [root.innerText, document.querySelectorAll("*").length];
}"""


@pytest.mark.parametrize("name", NAMES)
def test_wild_events_break_nothing(page, html_folder, name):
    """One after another pointers, keys and values come to what can be seen, whatever it is."""
    resize(page, 700, 900)
    page.goto((html_folder / embed.FOLDER / f"{name}.html").as_uri())
    page.locator(RUNS).first.wait_for()
    page.wait_for_load_state("networkidle")
    text, nodes = page.evaluate(WILD, 200)
    assert not re.search(r"NaN|undefined|\[object", text) and text.strip()
    assert nodes < 3000
    assert page.problems == []
