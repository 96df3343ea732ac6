"""The reader's scenes are made as the networks know them, and read as the chapters read them."""

import numpy as np
import pytest
from browsing import axe_finds, resize, settle, too_small_to_touch

from cnnbook import data, results
from cnnbook.applications import boxes, scenes

pytestmark = pytest.mark.in_both


def told(page, what: str) -> str:
    """Wait for an answer with these words."""
    page.wait_for_function(
        "what => document.querySelector('.cb-scene-told').textContent.includes(what)", arg=what
    )
    return page.locator(".cb-scene-told").inner_text()


def draw_seven(page) -> None:
    box = page.locator(".cb-pad").bounding_box()
    page.mouse.move(box["x"] + 0.3 * box["width"], box["y"] + 0.3 * box["height"])
    page.mouse.down()
    for x, y in ((0.58, 0.3), (0.42, 0.65)):
        page.mouse.move(box["x"] + x * box["width"], box["y"] + y * box["height"], steps=8)
    page.mouse.up()


# ---- The networks, in 8 bits ---------------------------------------------------------------------

ANSWERS = """async ([name, images]) => {
  const network = await cnnbook.graph.load(name);
  return images.map((pixels) => {
    const scale = name === "detection" ? 255 : 1;
    const input = { shape: [96, 96, 1], data: pixels.map((value) => value / scale) };
    const outputs = cnnbook.graph.run(network, input);
    return name === "detection" ? cnnbook.scenes.suppress(cnnbook.scenes.decode(outputs))
      : Array.from(cnnbook.scenes.classesOf(Object.values(outputs)[0]));
  });
}"""


@pytest.fixture(scope="module")
def drawn():
    (images, labels), _ = data.load_mnist()
    _, held = data.split_validation(images, labels, 5000, seed=0)
    return scenes.draw_scenes(*held, count=6, seed=20)


def test_the_page_finds_the_boxes_that_the_chapter_finds(opened, drawn):
    images = drawn.images.reshape(len(drawn), -1).tolist()
    ours = opened("detect").evaluate(ANSWERS, ["detection", images])
    model, _ = results.load_network("applications/detection_network")
    theirs = boxes.batched_nms(boxes.decode(*boxes.predict(model, drawn.images)))
    for number, found in enumerate(ours):
        sure = [box for box in found if box["score"] >= 0.3]
        kept = theirs.of(number)
        kept = kept[kept.scores >= 0.3]
        assert [box["label"] for box in sure] == kept.labels.tolist()
        shared = boxes.iou(np.array([box["box"] for box in sure]), kept.boxes).diagonal()
        assert shared.min() > 0.9


def test_the_page_gives_pixels_the_classes_that_the_chapter_gives(opened, drawn):
    images = drawn.images[:3].reshape(3, -1).tolist()
    ours = np.array(opened("segment").evaluate(ANSWERS, ["segmentation", images]))
    model, _ = results.load_network("applications/segmentation_network")
    theirs = model.predict(drawn.images[:3, ..., None], verbose=0).argmax(axis=-1)
    assert np.mean(ours == theirs.reshape(3, -1)) > 0.998


# ---- Scenes --------------------------------------------------------------------------------------


def test_a_digit_is_enlarged_as_those_of_the_training_scenes(opened):
    (images, labels), _ = data.load_mnist()
    _, (images, labels) = data.split_validation(images, labels, 5000, seed=0)
    page = opened("detect")
    for place, longer in ((0, 20), (3, 31), (9, 40)):
        ours = page.evaluate(
            "([pixels, longer]) => { const d = cnnbook.scenes.sizedDigit("
            " {label: 1, pixels: Float32Array.from(pixels)}, longer);"
            " return {...d, ink: Array.from(d.ink)}; }",
            [(images[place] / 255).ravel().tolist(), longer],
        )
        theirs = scenes._sized_digit(images, place, longer)
        assert (ours["height"], ours["width"]) == theirs.shape
        np.testing.assert_allclose(np.reshape(ours["ink"], theirs.shape), theirs, atol=1e-5)


def test_the_digits_that_are_offered_are_held_out_ones_with_their_labels(opened):
    (images, labels), _ = data.load_mnist()
    _, (images, labels) = data.split_validation(images, labels, 5000, seed=0)
    ours = opened("detect").evaluate(
        "async () => cnnbook.scenes.unpackDigits(await cnnbook.graph.load('digits'))"
        ".map(({label, pixels}) => [label, Array.from(pixels)])"
    )
    assert [label for label, _ in ours] == np.repeat(np.arange(10), 6).tolist()
    first = {n: images[np.flatnonzero(labels == n)[0]] / 255 for n in range(10)}
    for digit, picture in first.items():
        pixels = np.reshape(ours[6 * digit][1], (28, 28))
        assert np.abs(pixels - picture).max() <= 0.5 / 15 + 1e-6


# ---- The widget ----------------------------------------------------------------------------------


@pytest.mark.in_chromium("Firefox does not tell which files are loaded")
@pytest.mark.parametrize("name", ["detect", "segment"])
def test_nothing_is_loaded_before_the_reader_touches_the_scene(opened, name):
    page = opened(name)
    assert not any("stored-" in url for url in page.requests)
    draw_seven(page)
    assert told(page, "1 ") in {"1 box: 7.", "1 patch: 7."}
    assert sum("stored-" in url for url in page.requests) == 1


def test_a_given_scene_is_scored_and_a_digit_that_is_moved_takes_its_box_along(opened):
    page = opened("detect")
    page.get_by_role("button", name="Another scene").click()
    assert "digits are found" in told(page, "found")
    page.get_by_label("moves digits").check(force=True)
    page.locator(".cb-pad").focus()
    before = page.locator("canvas").first.evaluate("c => c.toDataURL()")
    for key in ("ArrowRight", "ArrowDown", " ", "ArrowLeft"):
        page.keyboard.press(key)
    settle(page)
    assert page.locator("canvas").first.evaluate("c => c.toDataURL()") != before
    count = int(told(page, "found").split(" of ")[1].split()[0])
    page.keyboard.press("Delete")
    assert f"of {count - 1} digit" in told(page, f"of {count - 1} digit")


def test_a_digit_that_is_deleted_while_a_finger_holds_it_is_gone(opened):
    page = opened("segment")
    page.get_by_role("button", name="Another scene").click()
    told(page, "patch")
    page.get_by_label("moves digits").check(force=True)
    page.evaluate("""() => {
      Element.prototype.setPointerCapture = () => {}; // refuses a pointer that no hand moves
      const pad = document.querySelector(".cb-pad");
      const box = pad.getBoundingClientRect();
      const everywhere = (type) => {
        for (let place = 0; place < 144; place++) {
          pad.dispatchEvent(new PointerEvent(type, { bubbles: true, pointerId: 1 + place,
            clientX: box.left + (box.width * (place % 12)) / 12,
            clientY: box.top + (box.height * Math.floor(place / 12)) / 12 }));
        }
      };
      everywhere("pointerdown");
      for (let digit = 0; digit < 9; digit++) {
        pad.dispatchEvent(new KeyboardEvent("keydown", { key: "Delete", bubbles: true }));
      }
      everywhere("pointermove");
      everywhere("pointerup");
    }""")
    assert told(page, "No patch") == "No patch."


def test_a_digit_is_drawn_with_the_keys_alone(opened):
    page = opened("segment")
    page.locator(".cb-pad").focus()
    page.keyboard.press(" ")
    for _ in range(7):
        page.keyboard.press("ArrowDown")
    page.keyboard.press(" ")
    assert "patch: 1" in told(page, "patch")
    page.get_by_role("button", name="Clear").click()
    assert told(page, "No patch") == "No patch."


@pytest.mark.parametrize("name", ["detect", "segment"])
def test_a_scene_can_be_used_on_a_phone_and_by_everyone(opened, name):
    page = opened(name)
    page.get_by_role("button", name="Another scene").click()
    told(page, "digit")
    assert axe_finds(page, {"preload": False}) == {}
    resize(page, 360, 740)
    assert page.evaluate("() => document.documentElement.scrollWidth") <= 360
    assert too_small_to_touch(page, ".cnnbook-widget :is(button, input)") == []
