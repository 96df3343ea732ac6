"""Film strips, compared pictures, the walk downhill, each on a bare page of its own."""

import io
import re

import live
import numpy as np
import PIL.Image
import pytest
from browsing import stop_time

pytestmark = pytest.mark.in_both

COLOURS = ["red", "green", "blue", "gold"]


# ---- Film strips ---------------------------------------------------------------------------------


@pytest.fixture
def strip(bare):
    """Four coloured frames of 40 by 30, as one picture."""
    bars = "".join(
        f"<rect x='{40 * i}' width='40' height='30' fill='{c}'/>" for i, c in enumerate(COLOURS)
    )
    size = "width='160' height='30' viewBox='0 0 160 30'"
    picture = f"data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg' {size}>{bars}</svg>"
    page = bare(
        f'<figure id="fig-strip"><img src="{picture}" alt="Four colours."><figcaption>A strip.'
        "</figcaption></figure>"
        '<div class="cnnbook-widget cnnbook-frames" data-widget="frames" data-figure="fig-strip" '
        'data-count="4" data-first="0" hidden>epoch</div>',
        live.FRAMES_SCRIPTS,
    )
    page.wait_for_selector(".cnnbook-frames:not([hidden])")
    return page


def seen(page) -> str:
    """Say which colour is in the middle of the picture, and that nothing else is seen of it."""
    found = page.evaluate("""async () => {
      const image = document.querySelector("img");
      const { objectPosition, objectFit } = getComputedStyle(image);
      const share = parseFloat(objectPosition) / 100;
      const scale = Math.max(image.clientWidth / image.naturalWidth,
                             image.clientHeight / image.naturalHeight);
      const width = image.naturalWidth * scale;
      const left = (width - image.clientWidth) * share;
      return [objectFit, left / width, image.clientWidth / width];
    }""")
    fit, left, part = found
    assert fit == "cover"
    assert part == pytest.approx(1 / 4, abs=0.01)
    assert left * 4 == pytest.approx(round(left * 4), abs=0.02)
    return COLOURS[round(left * 4)]


def test_a_strip_shows_one_frame_which_the_keys_change(strip):
    slider = strip.get_by_label("epoch")
    assert (seen(strip), slider.get_attribute("aria-valuetext")) == ("red", "0, frame 1 of 4")
    slider.focus()
    for colour in ("green", "blue", "gold", "gold"):
        strip.keyboard.press("ArrowRight")
        assert seen(strip) == colour
    assert slider.get_attribute("aria-valuetext") == "3, frame 4 of 4"
    assert strip.locator("figure .cnnbook-frames output").inner_text() == "3"


def test_a_strip_keeps_its_alt_text_and_its_caption(strip):
    assert strip.locator("figure img").get_attribute("alt") == "Four colours."
    assert strip.locator("figure > *").evaluate_all("nodes => nodes.map(n => n.tagName)") == [
        "DIV",
        "FIGCAPTION",
    ]


def test_a_strip_plays_only_when_asked_and_stops_at_its_end(strip):
    stop_time(strip)
    strip.clock.run_for(60_000)
    assert seen(strip) == "red"
    play = strip.get_by_role("button", name="Play")
    play.click()
    assert strip.get_by_role("button", name="Pause").is_visible()
    strip.clock.run_for(1_250)
    assert seen(strip) == "green"
    strip.clock.run_for(60_000)
    assert seen(strip) == "gold"
    play.click()  # from the beginning again, and paused on the way
    assert seen(strip) == "red"
    strip.get_by_role("button", name="Pause").click()
    strip.clock.run_for(60_000)
    assert seen(strip) == "red"


def test_a_frame_and_its_controls_fit_into_a_phone_s_window(strip):
    box = strip.locator("figure").bounding_box()
    assert box["width"] <= 390
    assert box["height"] < 700
    for control in strip.locator("button, input").all():
        assert control.bounding_box()["height"] >= 44


# ---- Two pictures compared -----------------------------------------------------------------------


def compared(name: str) -> str:
    """Return the figure as the book writes it: a red picture before, a blue one after."""
    red, blue = (
        "data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg' width='600' height='400'>"
        f"<rect width='600' height='400' fill='{colour}'/></svg>"
        for colour in ("red", "blue")
    )
    return (
        f'<figure class="compare" id="{name}"><img src="{red}" alt="A red one."><img src="{blue}" '
        'alt="A blue one."><div class="cnnbook-widget cnnbook-compare" data-widget="compare" '
        'data-before="red" data-after="blue" hidden></div><figcaption>Two.</figcaption></figure>'
    )


@pytest.fixture
def pair(bare):
    page = bare(compared("fig-pair"), live.COMPARE_SCRIPTS)
    page.wait_for_selector(".cb-pair img >> nth=1")
    return page


def shares(page) -> tuple[int, int]:
    """Count red and blue along the middle of the picture, in hundredths of its width."""
    box = page.locator(".cb-pair").bounding_box()
    clip = box | {"y": box["y"] + box["height"] / 2, "height": 1}
    row = np.asarray(PIL.Image.open(io.BytesIO(page.screenshot(clip=clip))).convert("RGB"))[0]
    red, blue = ((row == colour).all(axis=1).mean() for colour in ([255, 0, 0], [0, 0, 255]))
    return round(100 * red), round(100 * blue)


def test_a_slider_moves_where_two_pictures_meet(pair):
    assert shares(pair) == pytest.approx((50, 50), abs=2)
    slider = pair.get_by_role("slider")
    slider.focus()
    for key, share in (("Home", 0), ("End", 100), ("ArrowLeft", 99), ("PageDown", 89)):
        pair.keyboard.press(key)
        assert slider.get_attribute("aria-valuetext") == f"{share} % red, {100 - share} % blue"
        assert shares(pair) == pytest.approx((share, 100 - share), abs=2)


def test_a_finger_moves_it_too(pair):
    box = pair.locator(".cb-pair").bounding_box()
    middle = box["y"] + box["height"] / 2
    pair.mouse.move(box["x"] + 0.9 * box["width"], middle)
    pair.mouse.down()
    pair.mouse.move(box["x"] + 0.25 * box["width"], middle)
    pair.mouse.up()
    pair.mouse.move(box["x"] + 0.7 * box["width"], middle)  # no longer held
    assert shares(pair) == pytest.approx((25, 75), abs=2)
    assert pair.get_by_role("slider").input_value() == "25"


def test_both_pictures_keep_their_alt_texts_and_fit_into_a_phone_s_window(pair):
    alts = pair.locator("figure img").evaluate_all("images => images.map((image) => image.alt)")
    assert alts == ["A red one.", "A blue one."]
    assert pair.locator("figure").bounding_box()["width"] <= 390
    for image in pair.locator("figure img").all():
        box = image.bounding_box()
        assert box["width"] <= 390 and box["width"] == pytest.approx(1.5 * box["height"], abs=1)
    assert pair.get_by_role("slider").bounding_box()["height"] >= 44


def test_without_scripts_the_pictures_stand_beside_each_other(bare):
    page = bare(compared("fig-plain"), [])
    boxes = [image.bounding_box() for image in page.locator("figure img").all()]
    assert boxes[0]["y"] + boxes[0]["height"] <= boxes[1]["y"]  # on a phone, below
    page.set_viewport_size({"width": 1000, "height": 800})
    boxes = [image.bounding_box() for image in page.locator("figure img").all()]
    assert boxes[0]["x"] + boxes[0]["width"] <= boxes[1]["x"]
    assert boxes[0]["y"] == boxes[1]["y"]
    assert page.locator(".cnnbook-compare").is_hidden()


# ---- Downhill ------------------------------------------------------------------------------------


@pytest.fixture
def descent(bare):
    return bare(
        '<div class="cnnbook-widget" data-widget="descent" hidden></div>',
        live.WIDGET_SCRIPTS["descent"],
    )


def set_rate(page, rate: float) -> None:
    page.get_by_label("learning rate").fill(str(rate))


def told(page) -> str:
    return page.locator(".cb-told").inner_text().replace("\N{MINUS SIGN}", "-")


def numbers(text: str) -> list[float]:
    return [float(number) for number in re.findall(r"-?\d+\.\d+", text)]


def test_a_step_is_rate_times_slope_and_the_page_says_so(descent):
    for rate, side in ((0.2, "right"), (1.5, "right")):
        set_rate(descent, rate)
        descent.get_by_role("button", name="Step").click()
        text = told(descent)
        slope, told_rate, size, moved, before, after, loss, less = numbers(text)[:8]
        assert text.startswith("Step 1: ")
        assert f"moves {side}" in text
        assert (told_rate, size) == (rate, abs(slope))
        assert moved == pytest.approx(rate * abs(slope), abs=0.006)
        assert after - before == pytest.approx(moved)
        assert less < loss


def test_the_slope_is_that_of_the_curve(descent):
    """Its value and a difference of losses agree."""
    for weight in (-1.6, 0.5, 2, 3.7):
        slope, above, below = descent.evaluate(
            """(w) => { const d = cnnbook.widgets.descend;
               return [d(w, 1).slope, d(w + 1e-4, 0).lossBefore, d(w - 1e-4, 0).lossBefore]; }""",
            weight,
        )
        assert slope == pytest.approx((above - below) / 2e-4, abs=1e-6)


@pytest.mark.parametrize(
    ("rate", "steps", "says"),
    [
        (0.05, 1, "It crawls"),
        (0.5, 1, "the shorter the step"),
        (1.0, 1, "has arrived"),
        (1.5, 1, "lands a little lower on the other side"),
        (2.0, 1, "the loss never falls"),
        (2.2, 1, "the learning rate is too large"),
    ],
)
def test_each_learning_rate_is_told_what_it_does(descent, rate, steps, says):
    set_rate(descent, rate)
    for _ in range(steps):
        descent.get_by_role("button", name="Step").click()
    assert says in told(descent)


@pytest.mark.parametrize(
    ("rate", "ends"),
    [(0.2, "has arrived"), (0.05, "It crawls"), (2.2, "out of the picture"), (2.0, "never falls")],
)
def test_run_goes_on_until_it_arrives_or_leaves_the_picture(descent, rate, ends):
    stop_time(descent)
    set_rate(descent, rate)
    descent.get_by_role("button", name="Run").click()
    assert descent.get_by_role("button", name="Stop").is_visible() or ends == "out of the picture"
    descent.clock.run_for(100_000)
    assert descent.get_by_role("button", name="Run").is_visible()
    assert ends in told(descent)


def test_run_can_be_stopped_and_begun_again(descent):
    stop_time(descent)
    beginning = told(descent)
    descent.get_by_role("button", name="Run").click()
    descent.clock.run_for(2_000)
    descent.get_by_role("button", name="Stop").click()
    stopped = told(descent)
    descent.clock.run_for(20_000)
    assert told(descent) == stopped != beginning
    descent.get_by_role("button", name="Start again").click()
    assert told(descent) == beginning


def test_downhill_by_keys_and_for_ears(descent):
    """The slider and the buttons are reached with Tab; what happens is spoken, and the picture."""
    descent.keyboard.press("Tab")
    descent.keyboard.press("ArrowRight")
    assert descent.get_by_label("learning rate").get_attribute("aria-valuetext") == "0.25"
    descent.keyboard.press("Tab")
    descent.keyboard.press("Enter")
    descent.wait_for_function(
        "() => document.querySelector('[role=status]').textContent.startsWith('Step 1: slope')"
    )
    weight = re.search(r"to (-?\d\.\d\d)\. The", told(descent))[1]
    label = descent.get_by_role("img").get_attribute("aria-label").replace("\N{MINUS SIGN}", "-")
    assert f"The ball is at weight {weight}" in label


def test_downhill_fits_into_a_phone_s_first_screen(descent):
    box = descent.locator(".cnnbook-widget").bounding_box()
    assert box["width"] <= 390
    assert box["height"] <= 560
    for control in descent.locator("button, input").all():
        assert control.bounding_box()["height"] >= 44
