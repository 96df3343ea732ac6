"""The small live figures compute what TensorFlow and Keras do, and can be used by everyone."""

import re

import editions
import execution
import live
import numpy as np
import pytest
from browsing import ROOT, new_page, resize, too_small_to_touch

pytestmark = pytest.mark.in_both

# The first page of this edition on which each widget stands.
CHAPTERS = {
    name: execution.chapter_name(source)
    for source in reversed(execution.chapters())
    for name in re.findall(r"^```\{widget\} (\w+)$", source.read_text("utf-8"), re.MULTILINE)
}


@pytest.fixture
def widget_page(bare, request):
    """A widget on a bare page of its own."""
    name = request.param
    body = f'<div class="cnnbook-widget" data-widget="{name}" hidden></div>'
    page = bare(body, live.WIDGET_SCRIPTS[name])
    page.wait_for_selector(".cnnbook-widget:not([hidden])")
    yield page
    assert page.problems == []


def test_every_widget_has_its_scripts_and_a_page():
    assert set(CHAPTERS) <= set(live.WIDGET_SCRIPTS)
    # Whose page was left out of this edition keeps its scripts.
    assert editions.left_out() or set(CHAPTERS) == set(live.WIDGET_SCRIPTS)
    for scripts in [*live.WIDGET_SCRIPTS.values(), live.PLAYGROUND_SCRIPTS]:
        for script in scripts:
            assert script == live.NETWORKS or (ROOT / live.FOLDER / script).is_file()


@pytest.mark.parametrize("widget_page", ["convolution"], indirect=True)
def test_the_convolution_widget_computes_what_tensorflow_does(widget_page):
    import tensorflow as tf

    kernel = np.array([-1, 0, 2, 0.5, 1, -2, 1, 0, 3], "float32")
    for stride, padding, dilation in (
        (1, "valid", 1),
        (2, "same", 1),
        (3, "valid", 1),
        (1, "same", 2),
    ):
        seven, ours = widget_page.evaluate(
            "([kernel, stride, padding, dilation]) => { const w = cnnbook.widgets;"
            " const options = {stride, padding, dilation};"
            " return [w.SEVEN, w.correlate(w.SEVEN, 8, kernel, 3, options).output]; }",
            [kernel.tolist(), stride, padding, dilation],
        )
        theirs = tf.nn.conv2d(
            np.array(seven, "float32").reshape(1, 8, 8, 1), kernel.reshape(3, 3, 1, 1),
            strides=stride, padding=padding.upper(), dilations=dilation,
        )  # fmt: skip
        np.testing.assert_allclose(ours, np.ravel(theirs), atol=1e-5)


@pytest.mark.parametrize("widget_page", ["pooling"], indirect=True)
def test_the_pooling_widget_computes_what_tensorflow_does(widget_page):
    import tensorflow as tf

    for kind in ("max", "average"):
        for side, stride, padding in (
            (2, 2, "valid"),
            (3, 2, "same"),
            (3, 1, "valid"),
            (4, 3, "same"),
        ):
            seven, ours = widget_page.evaluate(
                "([side, stride, padding, kind]) => { const w = cnnbook.widgets;"
                " return [w.SEVEN, w.pool(w.SEVEN, 8, side, stride, padding, kind).output]; }",
                [side, stride, padding, kind],
            )
            pool = tf.nn.max_pool2d if kind == "max" else tf.nn.avg_pool2d
            picture = np.array(seven, "float32").reshape(1, 8, 8, 1)
            theirs = pool(picture, side, stride, padding.upper())
            np.testing.assert_allclose(ours, np.ravel(theirs), atol=1e-6)


@pytest.mark.parametrize("widget_page", ["loss"], indirect=True)
def test_the_loss_widget_overflows_where_32_bits_do(widget_page):
    stable, naive = widget_page.evaluate(
        "() => [true, false].map((s) => {"
        " const r = cnnbook.widgets.lossOf([100, 20, 0, -20], 1, s);"
        " return [r.loss, r.gradient.map(Number.isFinite)]; })"
    )
    assert stable[0] == pytest.approx(80)
    assert np.isnan(naive[0]) or naive[0] == float("inf")


@pytest.mark.parametrize("widget_page", ["shapes"], indirect=True)
def test_the_shapes_widget_quotes_the_error_that_keras_raises(widget_page):
    import keras

    layers = keras.layers
    conv = {"kind": "conv", "filters": 4, "kernel": 5, "stride": 1, "padding": "valid"}
    pool = {"kind": "pool", "window": 8, "padding": "valid"}
    flatten, dense = {"kind": "flatten"}, {"kind": "dense", "units": 3}
    stacks = [
        ([conv, conv], lambda: [layers.Conv2D(4, 5), layers.Conv2D(4, 5)]),
        ([pool], lambda: [layers.MaxPooling2D(8)]),
        ([flatten, conv], lambda: [layers.Flatten(), layers.Conv2D(4, 5)]),
        (
            [flatten, dense, pool],
            lambda: [layers.Flatten(), layers.Dense(3), layers.MaxPooling2D(8)],
        ),
    ]
    for stack, make in stacks:
        ours = widget_page.evaluate("s => cnnbook.widgets.readStack([7, 7, 1], s).error", stack)
        keras.backend.clear_session()
        with pytest.raises(ValueError) as raised:
            keras.Sequential([keras.Input((7, 7, 1)), *make()])
        theirs = re.sub(r"\x1b\[\d+m", "", str(raised.value)).split("\n\nArguments")[0]
        assert ours == f"ValueError: {theirs}"


@pytest.mark.parametrize("widget_page", ["convolution", "pooling"], indirect=True)
def test_a_window_is_moved_by_keys_and_by_buttons_as_large_as_a_finger(widget_page):
    chosen = """() => [...document.querySelectorAll(".cb-plate button")].findIndex(
      (node) => node.getAttribute("aria-pressed") === "true")"""
    places = widget_page.locator(".cb-plate button")
    side = round(places.count() ** 0.5)
    places.first.click()
    for key in ("ArrowRight", "ArrowDown", "ArrowRight"):
        widget_page.keyboard.press(key)
    assert widget_page.evaluate(chosen) == side + 2
    widget_page.get_by_role("button", name="Up", exact=True).click()
    widget_page.get_by_role("button", name="Left", exact=True).click()
    assert widget_page.evaluate(chosen) == 1
    for _ in range(side + 1):
        widget_page.get_by_role("button", name="Down", exact=True).click()
    assert widget_page.evaluate(chosen) == side * (side - 1) + 1  # it stops at the border


@pytest.mark.parametrize("name", CHAPTERS)
def test_a_widget_can_be_used_on_its_page_at_360_pixels(context, html_folder, name):
    page = new_page(context)
    page.goto((html_folder / "chapters" / f"{CHAPTERS[name]}.html").as_uri())
    page.wait_for_selector(".cnnbook-widget:not([hidden])")
    resize(page, 360, 740)
    assert page.evaluate("() => document.documentElement.scrollWidth") <= 360
    choices = page.locator(".cnnbook-widget input[type=radio]")
    for number in range(choices.count()):
        choices.nth(number).check(force=True)
    # The squares of a grid are smaller: keys and the four buttons choose among them.
    controls = ".cnnbook-widget :is(button, input):not(.cb-pick)"
    assert too_small_to_touch(page, controls) == []
    assert page.evaluate("() => document.documentElement.scrollWidth") <= 360
    assert page.problems == []
    page.close()
