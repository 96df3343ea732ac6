"""The six pages of the guide keep their budgets, and begin with something to see or to touch."""

import re

import book
import execution
import guide
import pytest

GUIDE = list(guide.guide())
SIX = ["architecture", "convolution", "pooling", "loss", "training", "applications"]
TOUCHED = re.compile(r"^```\{(?:widget|glance|frames|compare)\}", re.MULTILINE)
STILL = re.compile(r"^```\{figure\}", re.MULTILINE)


def source_of(page: str):
    return execution.ROOT / f"{page}.md"


def test_the_guide_is_the_article_in_its_order():
    assert [f"chapters/{name}" for name in SIX] == GUIDE


@pytest.mark.parametrize("page", GUIDE)
def test_a_page_has_at_most_1500_words(page):
    """Every word of the source that is not code, choices and explanations of questions included."""
    cells = execution.read_source(source_of(page)).cells
    words = sum(len(cell.source.split()) for cell in cells if cell.cell_type == "markdown")
    assert words <= 1500, f"{words} words, the lines of {{deeper}} among them"


@pytest.mark.parametrize("page", GUIDE)
def test_a_page_takes_at_most_15_minutes_to_read(page):
    assert book.reading_minutes(source_of(page)) <= 15


def test_the_six_take_at_most_80_minutes():
    assert sum(book.reading_minutes(source_of(page)) for page in GUIDE) <= 80


@pytest.mark.parametrize("page", GUIDE)
def test_a_page_shows_at_most_80_lines_of_code(page):
    _, shown = book.unfolded(source_of(page))
    assert sum(1 for cell in shown for line in cell.source.splitlines() if line.strip()) <= 80


@pytest.mark.parametrize("page", GUIDE)
def test_a_page_has_3_to_6_figures_and_one_that_can_be_touched(page):
    cells = execution.read_source(source_of(page)).cells
    text = "\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
    drawn = sum("figure" in cell.metadata.get("mystnb", {}) for cell in cells)
    touched = len(TOUCHED.findall(text))
    assert touched >= 1
    assert 3 <= drawn + touched + len(STILL.findall(text)) <= 6


@pytest.mark.parametrize("page", GUIDE)
def test_a_folded_cell_says_what_is_in_it(page):
    for cell in execution.read_source(source_of(page)).cells:
        if {"hide-cell", "hide-input"} & set(cell.metadata.get("tags", [])):
            assert len(cell.metadata.get("mystnb", {}).get("code_prompt_show", "")) > 10, (
                cell.source
            )


@pytest.mark.parametrize("page", GUIDE)
def test_a_page_asks_three_questions(page):
    assert source_of(page).read_text(encoding="utf-8").count("```{question} ") == 3


@pytest.mark.parametrize("source", execution.chapters(), ids=execution.chapter_name)
def test_a_page_in_depth_takes_at_most_30_minutes(source):
    assert book.reading_minutes(source) <= 30


def beginning(page, address: str) -> dict:
    """Measure where the first picture of a page stands, and where its first code."""
    page.goto(address, wait_until="load")
    return page.evaluate("""() => {
      const top = (selector) => {
        const places = [...document.querySelectorAll(`.bd-article :is(${selector})`)]
          .map((node) => node.getBoundingClientRect()).filter((box) => box.height > 20);
        return places.length ? places[0] : { top: Infinity, bottom: Infinity };
      };
      const picture = top("figure img, .cnnbook-widget, .cnnbook-glance, .cnnbook-frames");
      const seen = Math.min(picture.bottom, window.innerHeight) - picture.top;
      return { seen, top: picture.top, height: picture.bottom - picture.top,
               code: top("div.cell_input, div.cell details").top };
    }""")


@pytest.mark.in_both
@pytest.mark.parametrize("size", [(1440, 900), (390, 844)], ids=["desktop", "phone"])
@pytest.mark.parametrize("name", GUIDE)
def test_the_first_screen_shows_a_picture_before_any_code(browser, html_folder, name, size):
    page = browser.new_page(viewport={"width": size[0], "height": size[1]})
    found = beginning(page, (html_folder / f"{name}.html").as_uri())
    page.close()
    assert found["top"] < found["code"]
    # A good part of it, or all, is inside the window.
    assert found["seen"] >= min(200, found["height"]), found


@pytest.mark.parametrize("name", GUIDE)
def test_previous_and_next_stay_inside_the_guide(html_folder, name):
    html = (html_folder / f"{name}.html").read_text(encoding="utf-8")
    place = GUIDE.index(name)
    around = [GUIDE[place - 1] if place else "chapters/index", *GUIDE[place + 1 : place + 2]]
    linked = re.findall(r'href="([\w./]+)" rel="(?:prev|next)"', html)
    assert linked == [f"{other.removeprefix('chapters/')}.html" for other in around]


@pytest.mark.parametrize("above", GUIDE)
def test_a_page_in_depth_leads_back_up(html_folder, above):
    for below in guide.guide()[above]:
        html = (html_folder / f"{below}.html").read_text(encoding="utf-8")
        assert re.search(rf'class="left-prev" href="[./]*{above.split("/")[-1]}\.html"', html), (
            below
        )


@pytest.mark.in_both
@pytest.mark.parametrize("name", GUIDE)
def test_a_question_is_answered_with_the_keyboard_alone(browser, html_folder, name):
    page = browser.new_page()
    page.goto((html_folder / f"{name}.html").as_uri())
    question = page.locator(".question").first
    for kind, verdict in (("wrong", "No."), ("right", "Yes.")):
        choice = question.locator(f".question-{kind}").first
        choice.locator("summary").focus()
        page.keyboard.press("Enter")
        assert choice.locator(".question-answer").inner_text().startswith(verdict)
        assert question.locator("details[open]").count() == 1, "choices close each other"
    page.close()


def test_a_screen_reader_hears_what_is_in_a_folded_cell(html_folder):
    for page in GUIDE:
        text = (html_folder / f"{page}.html").read_text("utf-8")
        names = re.findall(
            r'<details class="[^"]*above-input">\s*<summary([^>]*)>(.*?)</summary>', text, re.S
        )
        assert names
        for attributes, content in names:
            assert "aria-label" not in attributes
            assert "Show the code: " in content
