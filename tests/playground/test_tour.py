"""The tour shows what it speaks of, in every window, and poses the 7 that is misread."""

import re

import pytest
from browsing import resize, settle
from playing import CENTRING, TILE, begin_tour, draw_seven, next_step, wait_for_answer

pytestmark = pytest.mark.in_both


def number(text: str) -> float:
    return float(text.replace("\N{MINUS SIGN}", "-"))


@pytest.mark.parametrize("window", [(1440, 900), (768, 1024), (390, 844), (360, 740)])
def test_the_tour_goes_through_six_steps_and_shows_what_each_is_about(page, window):
    """The card can be read, and the part it speaks of starts in what is left of the window."""
    resize(page, *window)
    begin_tour(page)
    for number in range(1, 7):
        assert page.locator(".cb-tour h2").inner_text().startswith(f"{number} of 6")
        card, part = (page.locator(name).bounding_box() for name in (".cb-tour", ".cb-toured"))
        assert card["y"] > 40 and card["y"] + card["height"] < window[1]
        assert card["height"] < 0.32 * min(window[1], 844)
        beside = part["x"] + part["width"] <= card["x"]
        assert beside or part["y"] >= card["y"] + card["height"] - 0.01
        panel = page.locator(".cb-inspector")
        below = panel.is_visible() and panel.bounding_box()["x"] == pytest.approx(part["x"], abs=20)
        end = panel.bounding_box()["y"] if below and number < 4 else window[1]
        assert part["y"] + 30 < end
        if number in (2, 3, 4, 5) and window[0] > 500:
            assert panel.bounding_box()["y"] + 100 < window[1]
        next_step(page)
    assert page.locator(".cb-tour").is_hidden()


def test_on_a_phone_the_tour_s_card_leaves_the_screen_to_what_it_is_about(page):
    """It takes less than a quarter, and when the page is scrolled its buttons alone stay."""
    resize(page, 390, 844)
    begin_tour(page)
    for _ in range(6):
        card = page.locator(".cb-tour").bounding_box()
        assert card["height"] < 0.25 * 844
        page.evaluate("() => scrollBy(0, 150)")
        settle(page)
        stuck = page.locator(".cb-tour").bounding_box()
        if page.locator(".cb-toured").get_attribute("class") != "cb-places cb-toured":
            assert 40 < stuck["y"] + stuck["height"] < 56 + 75  # below the theme's header
            assert page.locator(".cb-tour .cb-primary").bounding_box()["y"] > 50
        next_step(page)


@pytest.mark.parametrize("window", [(1440, 900), (390, 844)])
def test_in_the_tour_the_panel_follows_to_another_layer(page, window):
    """Where there is room it stays below the drawing, else it comes below what was touched."""
    resize(page, *window)
    begin_tour(page)
    for _ in range(2):
        next_step(page)
    page.locator(".cb-digit-cell").nth(3).click()
    assert page.locator(".cb-inspector-title").inner_text().startswith("dense2, digit 3")
    above, panel = (
        page.locator(name).first.bounding_box()
        for name in (".cb-received" if window[0] > 1000 else ".cb-digits", ".cb-inspector")
    )
    assert 0 < panel["y"] - above["y"] - above["height"] < 60


def test_the_tour_shows_one_large_map_with_its_kernel_before_the_small_ones(page):
    begin_tour(page)
    assert page.locator("[data-layer=conv1] .cb-toured .cb-kernel").is_visible()
    # In one call, since the tour scrolls.
    large, small = page.evaluate("""() => [".cb-toured .cb-large", ":scope > .cb-maps"].map(
      (part) => document.querySelector("[data-layer=conv1]").querySelector(part)
        .getBoundingClientRect().toJSON())""")
    tile = page.evaluate(TILE, ["conv1", 0])
    assert large["bottom"] <= small["top"]
    assert large["width"] > 2 * tile["width"]


def test_the_tour_poses_and_explains_the_7_in_the_corner_in_one_step(page):
    """What it says of the 7, and of the weights that it meets, are the network's own numbers."""
    begin_tour(page)
    texts = []
    for _ in range(6):
        texts.append(page.locator(".cb-tour").inner_text())
        assert "again" not in texts[-1] or "centred" not in texts[-1]
        centred = page.evaluate("() => cnnbook.playground.state.centred")
        assert centred == ("corner" not in texts[-1]) == page.get_by_label(CENTRING).is_checked()
        if "corner" not in texts[-1]:
            assert page.locator(".cb-places").is_hidden()
            next_step(page)
    assert ["corner" in text for text in texts] == [False] * 5 + [True]

    shown = page.locator(".cb-verdict").inner_text()
    assert shown != "7"
    assert f"is read as a {shown}; scaled and centred, as a 7." in texts[-1]
    figure = page.locator(".cb-places")
    note = figure.locator(".cb-note").inner_text()
    unit, map_ = re.search(
        r"Unit (\d+) of dense1 has 25 weights for map (\d+) of pool2", note
    ).groups()
    sums, totals, found = page.evaluate(
        """([unit, map]) => {
      const { network, playground, dom } = cnnbook;
      const article = network.published("article");
      const [pool, dense] = ["pool2", "dense1"].map((name) =>
        article.layers.findIndex((layer) => layer.name === name));
      const { kernel } = article.layers[dense].weights;
      const results = [true, false].map((c) => network.run(article, playground.receive(c).pixels));
      const places = Array.from({ length: 25 }, (_, place) => place * 64 + map);
      const over = (result, each) =>
        places.reduce((sum, at) => sum + each(result.values[pool][at], at), 0);
      const product = (value, at) => value * kernel[at * 128 + unit];
      return [
        results.map((result) => dom.show(over(result, product))),
        results.map((result) => dom.show(result.sums[dense][unit])),
        results.map((result) => over(result, (value) => value)),
      ]; }""",
        [int(unit), int(map_)],
    )
    rows = figure.locator(".cb-place-sum").all_inner_texts()
    assert [row.split("\n") for row in rows] == [
        [sums[0], "read as 7"],
        [sums[1], f"read as {shown}"],
    ]
    assert all(number in note for number in (*sums, *totals))
    # The map finds about as much of the stroke in both places; with other weights the sum falls.
    assert 0.6 < found[0] / found[1] < 1.6
    weights = [
        row.locator("[aria-label^=weights]").get_attribute("aria-label")
        for row in figure.locator(".cb-place").all()
    ]
    assert weights[0] == weights[1]
    for in_the_middle, in_the_corner in (sums, totals):
        assert number(in_the_middle) > number(in_the_corner)

    page.locator(".cb-tour").get_by_role("button", name="Centre it").click()
    wait_for_answer(page, 7)
    assert page.get_by_label(CENTRING).is_checked()
    next_step(page)
    assert page.evaluate("() => cnnbook.playground.state.centred")
    # The 7 was the tour's: the first stroke takes its place.
    draw_seven(page)
    assert page.evaluate("() => cnnbook.playground.state.strokes.length") == 1
