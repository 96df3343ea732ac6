"""The questions are answered, by the network itself, and can be cut short."""

import re

import numpy as np
import pytest
import rebuilt
from playing import CENTRING, TOLERANCE, place


@pytest.mark.in_both
def test_a_question_that_is_cut_short_says_so(page):
    """However fast the machine is: the first question gets no time before the second is asked."""
    page.evaluate("""() => {
      const { playground } = cnnbook;
      playground.place("typical", 4);
      playground.update();
      document.querySelectorAll(".cb-question").forEach((node) => (node.open = true));
      const ask = (text) => [...document.querySelectorAll(".cb-question .cb-button")]
        .find((node) => node.textContent === text).click();
      // A portion ends when its time is over: with this clock, before it has begun.
      const real = performance.now;
      let time = 0;
      performance.now = () => (time += 1e6);
      ask("Cover and see");
      performance.now = real;
      ask("Change it");
    }""")
    output = page.locator(".cb-question .cb-output")
    output.nth(0).get_by_text("Stopped, since").wait_for()
    output.nth(1).locator("canvas").first.wait_for()  # the later one is answered


def test_a_changed_digit_is_read_as_the_one_that_was_asked_for(page):
    answers = page.evaluate("""async () => {
      const { questions, network, playground } = cnnbook;
      const article = network.published("article");
      playground.place("typical", 7);
      const { pixels } = playground.receive();
      const found = [];
      for (const target of [1, 2, 3, 9]) {
        const { done } = questions.turnInto(article, pixels, target);
        const { found: ok, picture, length } = await done;
        found.push([ok && network.answer(network.run(article, picture)), length,
          Math.min(...picture) >= 0 && Math.max(...picture) <= 1]);
      }
      return found;
    }""")
    assert [answer for answer, _, _ in answers] == [1, 2, 3, 9]
    assert all(0 < length < 6 and inside for _, length, inside in answers)


def test_what_mattered_is_what_keras_says_of_a_digit_with_covered_squares(page, networks, digits):
    """Squares of four pixels, two apart: what a pixel shows is the mean fall of those over it."""
    import keras

    model = rebuilt.network(networks["article"])
    whole = model.layers[-1]
    features = keras.Model(model.inputs, model.layers[-2].output)
    kernel, bias = whole.get_weights()
    logits = keras.Sequential([features, keras.layers.Dense(10)])
    logits.build((None, 28, 28, 1))
    logits.layers[-1].set_weights([kernel, bias])
    image, label = digits[0][0], int(digits[1][0])
    starts = range(0, 25, 2)
    squares = [np.s_[row : row + 4, column : column + 4] for row in starts for column in starts]
    covered = np.repeat(image[np.newaxis], 1 + len(squares), axis=0)  # the last one is whole
    for number, square in enumerate(squares):
        covered[number][square] = 0
    answers = logits.predict(covered, verbose=0)[:, label]
    total, count = np.zeros((28, 28)), np.zeros((28, 28))
    for square, answer in zip(squares, answers[:-1], strict=True):
        total[square] += answers[-1] - answer
        count[square] += 1
    digit, found = page.evaluate(
        "async (pixels) => { const { done } = cnnbook.questions.occlusion("
        " cnnbook.network.published('article'), pixels);"
        " const { digit, map } = await done; return [digit, Array.from(map)]; }",
        image.ravel().tolist(),
    )
    assert digit == label
    np.testing.assert_allclose(found, (total / count).ravel(), atol=TOLERANCE)


def test_two_digits_are_compared_layer_by_layer_and_networks_side_by_side(page, networks):
    page.evaluate("""() => { cnnbook.playground.place("typical", 4); cnnbook.playground.update();
      document.querySelectorAll(".cb-question").forEach((node) => (node.open = true)); }""")
    page.locator(".cb-button", has_text="Keep this digit").click()
    place(page, "typical", 9)
    legend = page.locator("[data-layer=conv1] .cb-legend span").last
    scales = {}
    for view in ("this", "kept", "difference"):
        page.locator(f".cb-question input[value={view}]").check(force=True)
        scales[view] = float(legend.inner_text())
    this, kept, difference = page.evaluate("""() => {
      const { network, playground } = cnnbook;
      const article = network.published("article");
      const [b, a] = [4, 9].map((digit) => { playground.place("typical", digit);
        return network.run(article, playground.receive().pixels).values[0]; });
      const { largest } = cnnbook.dom;
      return [largest(a), largest(b), largest(a.map((value, i) => value - b[i]))]; }""")
    assert scales == pytest.approx({"this": this, "kept": kept, "difference": difference}, rel=0.01)
    page.locator(".cb-question .cb-button", has_text="Compare").click()
    answers = page.locator(".cb-compared p").all_inner_texts()
    assert len(answers) == 1 + len(networks) + 1  # the kept digit, and one without learning
    assert all(answer.startswith("reads 9") for answer in answers[1:-1])
    # The chapter says of the random network: no digit gets much more than a tenth.
    assert int(re.search(r"(\d+)(\.\d)? %", answers[-1])[1]) < 20


def test_nothing_is_kept_of_an_empty_pad_nor_read_on_an_empty_sheet(page):
    page.evaluate("""() => { cnnbook.playground.clear(); cnnbook.playground.update();
      document.querySelectorAll(".cb-question").forEach((node) => (node.open = true)); }""")
    page.locator(".cb-button", has_text="Keep this digit").click()
    assert "first" in page.locator(".cb-question .cb-output").nth(2).inner_text()
    page.get_by_label(CENTRING).uncheck()
    page.evaluate("""() => { const { playground } = cnnbook;
      playground.state.strokes.push([270, 40, 270, 200]); playground.state.move.x = 120;
      playground.update(); }""")
    assert page.locator(".cb-verdict").inner_text() == "\N{HORIZONTAL ELLIPSIS}"


def test_a_change_of_theme_repaints_the_answers_and_stops_none(page):
    page.evaluate("""() => { cnnbook.playground.place("typical", 4); cnnbook.playground.update();
      document.querySelectorAll(".cb-question").forEach((node) => (node.open = true)); }""")
    page.locator(".cb-button", has_text="Keep this digit").click()
    page.locator(".cb-button", has_text="Cover and see").click()
    page.evaluate("() => { document.documentElement.dataset.theme = 'dark'; }")
    outputs = page.locator(".cb-question .cb-output")
    outputs.nth(0).locator("canvas").first.wait_for()
    corner = """canvas => canvas.getContext("2d").getImageData(0, 0, 1, 1).data[0]"""
    assert outputs.nth(2).locator("canvas").first.evaluate(corner) < 100
    page.evaluate("() => { document.documentElement.dataset.theme = 'light'; }")
