"""Every layer can be seen, and every value of it touched: by hand and by keys."""

import re

import pytest
import rebuilt
from browsing import resize, settle
from playing import PAGE, PUBLISHED, TILE, clear, place, wait_for_answer

pytestmark = pytest.mark.in_both


def test_answer_and_layers_follow_the_pen_within_a_frame(page):
    """However many events a frame brings, it holds one update."""
    before, frames, after, painted = page.evaluate("""async () => {
      const { playground } = cnnbook;
      playground.clear();
      await new Promise(requestAnimationFrame);
      const verdict = document.querySelector(".cb-verdict");
      const before = verdict.textContent;
      const pad = document.querySelector(".cb-pad");
      const box = pad.getBoundingClientRect();
      const real = requestAnimationFrame;
      let frames = 0;
      window.requestAnimationFrame = (call) => { frames++; return real(call); };
      for (let i = 0; i <= 1000; i++) {
        pad.dispatchEvent(new PointerEvent(i ? "pointermove" : "pointerdown", { pointerId: 4,
          bubbles: true, clientX: box.left + 140, clientY: box.top + 40 + i / 5 }));
      }
      window.requestAnimationFrame = real;
      await new Promise(real);
      const canvas = document.querySelector("[data-layer=conv2] canvas");
      return [before, frames, verdict.textContent, new Set(canvas.dots).size > 20];
    }""")
    assert (before, frames, after, painted) == ("?", 1, "1", True)


@pytest.mark.parametrize("name", PUBLISHED)
def test_every_layer_says_its_size_and_its_parameters(page, networks, name):
    model = rebuilt.network(networks[name])
    page.locator(f".cb-choice input[value={name}]").check(force=True)
    heads = {
        head.locator("h2").inner_text(): head.inner_text().replace(",", "")
        for head in page.locator(".cb-layer-head").all()
    }
    for layer, head in heads.items():
        shape = model.get_layer(layer).output.shape[1:]
        assert " \N{MULTIPLICATION SIGN} ".join(str(size) for size in shape) in head
    told = [int(number) for head in heads.values() for number in re.findall(r"(\d+) param", head)]
    assert sum(told) == sum(layer["parameters"] for layer in networks[name]["layers"])
    if name == "article":
        assert list(heads) == ["conv1", "pool1", "conv2", "pool2", "dense1", "dense2"]


def test_a_touched_value_lights_up_what_it_was_computed_from(page):
    """Map 11 of conv2, row 4, column 6: its window in all maps of pool1, its field on the pad."""
    place(page, "typical", 3)
    canvas = page.locator("[data-layer=conv2] canvas").first
    canvas.scroll_into_view_if_needed()
    settle(page)
    # A value of conv2 is 2 dots wide, a map 11 values, with a dot between two maps.
    x, y = canvas.evaluate("""(canvas) => {
      const box = canvas.getBoundingClientRect();
      const [columns, step] = [Math.round((canvas.width + 1) / 23), 23];
      const [left, top] = [(11 % columns) * step, Math.floor(11 / columns) * step];
      return [box.left + ((left + 2 * 6 + 1) * box.width) / canvas.width,
              box.top + ((top + 2 * 4 + 1) * box.height) / canvas.height];
    }""")
    page.mouse.click(x, y)
    assert (
        page.locator(".cb-inspector-title")
        .inner_text()
        .startswith("conv2, map 11, row 4, column 6")
    )
    marked = """layer => { const overlay = document.querySelector(layer + " .cb-marks");
      if (!overlay.width) return 0;
      const { data } = overlay.getContext("2d").getImageData(0, 0, overlay.width, overlay.height);
      return data.filter((value, i) => i % 4 === 3 && value > 0).length; }"""
    for layer, lit in {"conv1": False, "pool1": True, "conv2": True, "pool2": False}.items():
        assert (page.evaluate(marked, f"[data-layer={layer}]") > 0) == lit, layer
    assert page.evaluate(marked, ".cb-small") > 0


def test_maps_are_blue_white_orange_and_follow_the_dark_theme(page):
    """The colours of both ends, and of zero, in both themes; a ReLU's zero is paper."""
    paper = page.evaluate("""async () => {
      const paper = {};
      for (const theme of ["light", "dark"]) {
        document.documentElement.dataset.theme = theme;
        await new Promise(requestAnimationFrame);
        await new Promise(requestAnimationFrame);
        const { dots } = document.querySelector("[data-layer=conv1] canvas");
        const count = {};
        for (const dot of dots) {
          if (!(dot >>> 24)) continue; // the gaps between maps
          const colour = [dot & 255, (dot >> 8) & 255, (dot >> 16) & 255].join();
          count[colour] = (count[colour] ?? 0) + 1;
        }
        paper[theme] = Object.keys(count).sort((a, b) => count[b] - count[a])[0];
      }
      document.documentElement.dataset.theme = "light";
      return paper;
    }""")
    ends = page.evaluate("() => [-1, 0, 1].map((value) => cnnbook.dom.cellStyle(value, 1))")
    assert ["0,114,178" in ends[0], "255,255,255" in ends[1], "213,94,0" in ends[2]] == [True] * 3
    assert paper["light"] != paper["dark"]
    assert max(map(int, paper["dark"].split(","))) < 110


@pytest.mark.parametrize("window", [(1440, 900), (1280, 650), (768, 1024), (390, 844), (360, 740)])
def test_the_panel_does_not_cover_the_map_that_was_touched(page, window):
    """Both can be seen: the map whole, and the panel's beginning."""
    resize(page, *window)
    panel, title = page.locator(".cb-inspector"), page.locator(".cb-inspector-title")
    for layer, channels in {
        "conv1": 32,
        "pool1": 32,
        "conv2": 64,
        "pool2": 64,
        "dense1": 128,
    }.items():
        for channel in (0, channels // 3, channels - 1):
            page.evaluate("() => cnnbook.playground.select(null)")
            top = page.evaluate(TILE, [layer, channel])["y"]
            page.evaluate("y => scrollBy(0, y)", top - 0.6 * window[1])
            settle(page)
            tile = page.evaluate(TILE, [layer, channel])
            page.mouse.click(tile["x"] + tile["width"] / 2, tile["y"] + tile["height"] / 2)
            assert re.match(rf"{layer}, (map|unit) {channel}\b", title.inner_text())
            tile, box, head = (
                page.evaluate(TILE, [layer, channel]), panel.bounding_box(), title.bounding_box()
            )  # fmt: skip
            apart = (
                box["x"] + box["width"] <= tile["x"]
                or box["y"] >= tile["y"] + tile["height"]
                or box["y"] + box["height"] <= tile["y"]
            )
            assert apart, (layer, channel)
            for seen in (tile, head):
                assert seen["y"] >= 40 and seen["y"] + seen["height"] <= window[1], (layer, channel)


def test_a_value_of_the_large_map_can_be_touched_and_the_map_changed(page):
    lens = page.locator("[data-layer=conv1] .cb-lens")
    number = int(re.search(r"Kernel (\d+)", lens.inner_text())[1])
    lens.scroll_into_view_if_needed()
    box = lens.locator(".cb-large").bounding_box()
    place = 13.5 / 26  # the middle of a value
    page.mouse.click(box["x"] + place * box["width"], box["y"] + place * box["height"])
    title = page.locator(".cb-inspector-title")
    assert title.inner_text().startswith(f"conv1, map {number}, row 13, column 13")
    lens.get_by_role("button", name="Next map of conv1").click()
    after = (number + 1) % 32  # after the last comes the first
    assert title.inner_text().startswith(f"conv1, map {after}, row 13, column 13")
    shown = lens.locator(".cb-kernel .cb-cell").all_inner_texts()
    kernel = page.evaluate(
        """filter => { const [{ weights }] = cnnbook.network.published("article").layers;
        const { kernel } = weights;
        return Array.from({ length: 9 }, (_, k) =>
          cnnbook.dom.brief(kernel[k * 32 + filter])); }""",
        after,
    )
    assert shown == kernel


def test_a_pooled_map_is_drawn_to_the_scale_of_the_map_that_it_comes_from(page):
    plates = page.locator("[data-layer=pool1] .cb-large canvas:first-child")
    large, small = (plate.bounding_box() for plate in plates.all())
    assert large["width"] / 26 == pytest.approx(small["width"] / 13, rel=0.03)
    assert large["x"] + large["width"] < small["x"]
    colours = [plate.evaluate("canvas => canvas.width") for plate in plates.all()]
    assert colours[0] == 26 and colours[1] in (13, 26)


def test_a_digit_is_drawn_and_the_network_walked_by_keyboard(page):
    clear(page)
    page.locator(".cb-pad").focus()
    for keys in (["ArrowUp"] * 8, ["ArrowLeft"] * 5, [" "], ["ArrowRight"] * 10):
        for key in keys:
            page.keyboard.press(key)
    for _ in range(9):
        for key in ("ArrowDown", "ArrowDown", "ArrowLeft"):
            page.keyboard.press(key)
    page.keyboard.press(" ")
    wait_for_answer(page, 7)
    page.wait_for_function(
        "() => [...document.querySelectorAll('[aria-live=polite][role=status]')]"
        ".some(node => node.textContent.startsWith('Read as 7'))"
    )
    maps = page.locator('[data-layer="conv2"] .cb-maps')
    maps.focus()
    page.keyboard.press("Enter")
    assert page.locator(".cb-inspector-title").inner_text().startswith("conv2, map 0, row 5")
    page.keyboard.press("PageDown")
    page.keyboard.press("ArrowRight")
    assert (
        page.locator(".cb-inspector-title").inner_text().startswith("conv2, map 1, row 5, column 6")
    )
    for layer in ("pool1", "conv1", "picture"):
        page.keyboard.press("Enter")
        assert page.locator(".cb-inspector-title").inner_text().startswith(layer)
        if layer != "picture":
            page.locator(".cb-inspector button", has_text="Where it comes from").focus()
    assert page.url.split("#")[0].endswith(PAGE)  # the theme did not turn the page


def test_the_panel_is_closed_to_where_it_was_opened(page):
    maps = page.locator('[data-layer="pool1"] .cb-maps')
    maps.focus()
    page.keyboard.press("Enter")
    page.locator(".cb-inspector").get_by_role("button", name="Close").click()
    assert maps.evaluate("node => node === document.activeElement")
    page.locator(".cb-digit-cell").nth(4).click()
    page.keyboard.press("Escape")
    assert page.locator(".cb-digit-cell").nth(4).evaluate("n => n === document.activeElement")
    assert page.locator(".cb-inspector").is_hidden()


def test_what_is_touched_right_after_a_network_was_chosen_is_of_that_network(page):
    """In the same moment, before the browser draws: its answer is there already."""
    at_once = page.evaluate("""() => {
      document.querySelector(".cb-bar-top input[value=random]").click();
      document.querySelector("[data-layer=conv1] .cb-maps").dispatchEvent(
        new KeyboardEvent("keydown", { key: "ArrowRight", bubbles: true }));
      return document.querySelector(".cb-inspector-title").textContent;
    }""")
    settle(page)
    assert at_once == page.locator(".cb-inspector-title").text_content()
    assert at_once.startswith("conv1, map ")
