"""The front page: one draws at once, sees what the network makes of it, and finds three doors."""

import re

import book
import execution
import guide
import live
import pytest
from browsing import axe_finds, contrast_finds, forget, new_page, settle, show

PAGE = "chapters/index.html"
SIZES = {"desktop": (1440, 900), "phone": (390, 844)}
# Corners of strokes, in shares of the pad's side.
DIGITS = {
    7: [(0.25, 0.2), (0.75, 0.2), (0.5, 0.55), (0.42, 0.85)],
    1: [(0.5, 0.15), (0.5, 0.85)],
}
VERDICT = "() => document.querySelector('.cb-verdict').textContent"
MAPS = """() => [...document.querySelectorAll(".cb-glance-layer canvas")].flatMap((canvas) => {
  const [side, { data }] = [Math.floor((canvas.width - 3) / 4),
    canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height)];
  return [0, 1, 2, 3].map((k) => {
    const dots = [];
    for (let y = 0; y < side; y++) for (let x = 0; x < side; x++) {
      dots.push(data.slice(4 * (y * canvas.width + k * (side + 1) + x)).slice(0, 3).join());
    }
    return dots.join(" ");
  });
})"""


def open_front(browser, html_folder, size="desktop", **options):
    width, height = SIZES[size]
    page = new_page(browser, viewport={"width": width, "height": height}, **options)
    page.goto((html_folder / PAGE).as_uri())
    page.wait_for_selector(".cnnbook-glance.cb-ready")
    return page


@pytest.fixture
def page(tab, html_folder):
    forget(tab)
    show(tab, SIZES["desktop"][0])
    tab.goto((html_folder / PAGE).as_uri())
    tab.wait_for_selector(".cnnbook-glance.cb-ready")
    yield tab
    assert tab.errors == []


def draw(page, digit: int) -> None:
    """Draw with the mouse."""
    box = page.locator(".cb-pad").bounding_box()
    places = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in DIGITS[digit]]
    page.mouse.move(*places[0])
    page.mouse.down()
    for place in places[1:]:
        page.mouse.move(*place, steps=8)
    page.mouse.up()


def wait_for_answer(page, answer) -> None:
    page.wait_for_function(f"answer => ({VERDICT})() === answer", arg=str(answer))


# ---- Draw ----------------------------------------------------------------------------------------


def test_it_is_alive_before_the_first_stroke(page):
    assert page.evaluate(VERDICT) == "7"
    maps = page.evaluate(MAPS)
    assert len(maps) == 8
    assert all(len(set(dots.split())) > 5 for dots in maps), "each reacts"
    assert len(set(maps)) == 8, "no two are the same"


@pytest.mark.in_both
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("digit", DIGITS)
def test_a_drawn_digit_is_read(browser, html_folder, digit, size):
    page = open_front(browser, html_folder, size)
    page.get_by_role("button", name="Next example").click()  # not the digit that we draw
    page.wait_for_function(f"() => !['7', '1'].includes(({VERDICT})())")
    before = page.evaluate(MAPS)
    draw(page, digit)
    wait_for_answer(page, digit)
    after = page.evaluate(MAPS)
    assert all(one != other for one, other in zip(before, after, strict=True)), "all eight follow"
    shares = page.locator(".cb-bar .cb-share").all_inner_texts()
    assert sum(float(share.split()[0]) for share in shares) == pytest.approx(100, abs=1)
    assert page.errors == []
    page.close()


@pytest.mark.in_both
def test_the_first_stroke_takes_the_place_of_the_example(page):
    """A 1 drawn over the 7 is a 1."""
    draw(page, 1)
    wait_for_answer(page, 1)
    page.get_by_role("button", name="Clear").click()
    wait_for_answer(page, "?")
    assert page.locator(".cb-glance-grid .cb-note").inner_text() == "Draw a digit."


def test_a_dot_is_no_digit(page):
    page.locator(".cb-pad").click()
    wait_for_answer(page, "\N{HORIZONTAL ELLIPSIS}")


@pytest.mark.in_both
def test_a_digit_is_drawn_with_keys_and_its_answer_is_spoken(page):
    page.evaluate("() => document.querySelector('.cb-pad').focus()")
    for _ in range(9):
        page.keyboard.press("ArrowUp")
    assert page.evaluate(VERDICT) == "7", "a pen that is up leaves the example"
    page.keyboard.press("Space")
    for _ in range(18):
        page.keyboard.press("ArrowDown")
    page.keyboard.press("Space")
    wait_for_answer(page, 1)
    page.wait_for_function(
        "() => [...document.querySelectorAll('.cnnbook-glance [role=status]')]"
        ".some(node => node.textContent.startsWith('Read as 1, '))"
    )
    assert page.url.endswith(PAGE), "the theme has not turned the page"
    page.keyboard.press("Delete")
    wait_for_answer(page, "?")


def test_a_misread_example_says_what_it_is(page):
    examples = page.evaluate("() => cnnbook.published.article.examples")
    right = [str(digit["label"]) for digit in [*examples["typical"], *examples["misread"]]]
    start = right.index("7")
    said = []
    for label in right[start + 1 :] + right[:start]:
        page.get_by_role("button", name="Next example").click()
        settle(page)
        note = page.locator(".cb-glance-grid .cb-note").inner_text()
        if page.evaluate(VERDICT) != label:
            assert note.endswith(f"it is a {label}")
            said.append(label)
        else:
            assert "it is" not in note
    assert len(said) >= len(examples["misread"])


def test_predict_and_normalize_are_there_as_on_the_playground(page):
    assert (
        page.evaluate("""() => {
      const sheet = new Array(80 * 80).fill(0);
      for (let y = 10; y < 70; y++) for (let x = 37; x < 43; x++) sheet[y * 80 + x] = 1;
      const { probabilities } = cnnbook.predict(cnnbook.normalize(sheet, 80, 80));
      return probabilities.indexOf(Math.max(...probabilities));
    }""")
        == 1
    )


def test_the_networks_are_loaded_when_the_reader_comes_near(browser, html_folder, tmp_path):
    folder = (html_folder / live.FOLDER).as_uri()
    tags = [f'<script defer src="{folder}/{script}"></script>' for script in live.GLANCE_SCRIPTS]
    glance = '<div class="cnnbook-widget cnnbook-glance" data-widget="glance" hidden></div>'
    text = (
        f"<!doctype html><meta charset=utf-8>{''.join(tags)}<p style='height:5000px'></p>{glance}"
    )
    (tmp_path / "page.html").write_text(text, encoding="utf-8")
    page = new_page(browser)
    page.goto((tmp_path / "page.html").as_uri())
    page.wait_for_selector(".cb-pad", state="attached")
    settle(page)
    assert not any(url.endswith(live.NETWORKS) for url in page.requests)
    page.locator(".cb-pad").scroll_into_view_if_needed()
    page.wait_for_selector(".cnnbook-glance.cb-ready")
    assert sum(url.endswith(live.NETWORKS) for url in page.requests) == 1
    page.close()


# ---- Look ----------------------------------------------------------------------------------------


@pytest.mark.in_both
@pytest.mark.parametrize("size", SIZES)
def test_pad_answer_and_maps_are_in_the_first_screen(browser, html_folder, size):
    page = open_front(browser, html_folder, size)
    glance, pad, answer = (
        page.locator(where).bounding_box() for where in (".cnnbook-glance", ".cb-pad", ".cb-answer")
    )
    page.close()
    assert glance["y"] + glance["height"] <= SIZES[size][1]
    assert answer["x"] >= pad["x"] + pad["width"], "beside each other"
    assert pad["width"] >= 150


def test_everything_that_is_touched_is_as_large_as_a_finger(browser, html_folder):
    page = open_front(browser, html_folder, "phone", has_touch=True)
    for button in page.locator(".cnnbook-glance button").all():
        box = button.bounding_box()
        assert min(box["width"], box["height"]) >= 44
    pad = page.locator(".cb-pad")
    assert pad.evaluate("node => getComputedStyle(node).touchAction") == "none"
    for card in page.locator(".thumbnails a.reference, .doors a").all():
        assert card.evaluate("""(link) => {
          const own = getComputedStyle(link, "::after");
          return own.position === "absolute" || link.classList.contains("sd-stretched-link");
        }"""), "the whole card leads on"
    page.close()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_while_one_draws(page, theme):
    show(page, 1440, theme)
    draw(page, 7)
    wait_for_answer(page, 7)
    assert contrast_finds(page) == {}
    assert axe_finds(page, options={"rules": {"color-contrast": {"enabled": False}}}) == {}


def test_the_maps_follow_the_theme(page):
    maps = {}
    for theme in ("light", "dark"):
        show(page, 1440, theme)
        page.wait_for_function(
            "theme => document.documentElement.dataset.theme === theme", arg=theme
        )
        settle(page)
        maps[theme] = page.evaluate(MAPS)
    light, dark = maps["light"], maps["dark"]
    assert all("255,255,255" in dots for dots in light)
    assert all("22,24,28" in dots and "255,255,255" not in dots for dots in dark)


def test_without_javascript_a_figure_stands_in_its_place(browser, html_folder):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto((html_folder / PAGE).as_uri())
    assert not page.locator(".cnnbook-glance").is_visible()
    told = page.locator("noscript p").first
    assert "needs JavaScript" in told.inner_text()
    assert told.is_visible()
    image = page.locator(".live-still img")
    assert image.is_visible()
    assert len(image.get_attribute("alt")) > 30
    assert image.bounding_box()["y"] > told.bounding_box()["y"]
    context.close()


# ---- Go on ---------------------------------------------------------------------------------------


def test_it_is_short():
    source = (execution.ROOT / "chapters" / "index.md").read_text(encoding="utf-8")
    prose = re.sub(r"^[`:].*|\{\w+\}", "", source, flags=re.MULTILINE)
    assert len(prose.split()) <= 250


def test_the_doors_say_how_long_it_takes(page):
    minutes = [book.reading_minutes(execution.ROOT / f"{name}.md") for name in guide.guide()]
    doors = [
        re.sub(r"\s+", " ", text) for text in page.locator(".doors .sd-card").all_inner_texts()
    ]
    assert f"{sum(minutes)} minutes" in doors[0]
    playground = book.reading_minutes(execution.ROOT / "chapters" / "playground.md")
    assert f"{playground} minutes" in doors[1]
    below = [name for names in guide.guide().values() for name in names]
    depth = sum(book.reading_minutes(execution.ROOT / f"{name}.md") for name in below)
    assert guide.in_words(sum(minutes) + depth) in doors[2]
    links = page.locator(".doors a").all_inner_texts()
    assert [link.strip().split()[0] for link in links] == ["Read", "Play", "Read"], (
        "heard, not seen"
    )


def test_six_thumbnails_lead_to_the_six_pages(page):
    cards = page.locator(".thumbnails figure")
    links = cards.locator("a.reference").evaluate_all(
        "links => links.map(link => link.getAttribute('href'))"
    )
    assert [link.removesuffix(".html") for link in links] == [
        name.removeprefix("chapters/") for name in guide.guide()
    ]
    for card, name in zip(cards.all(), guide.guide(), strict=True):
        minutes = book.reading_minutes(execution.ROOT / f"{name}.md")
        assert card.inner_text().endswith(f"{minutes} minutes")
        assert len(card.locator("img").get_attribute("alt")) > 30
