"""The live network computes what Keras does, and explains it with its own numbers."""

import base64
import json
import shutil
import subprocess

import numpy as np
import pytest
import rebuilt
import scipy.special
from playing import PUBLISHED, TOLERANCE

from cnnbook import data


def test_the_page_holds_the_networks_of_the_executed_notebooks(page, networks):
    assert "article" in networks
    assert page.evaluate("() => cnnbook.published") == networks


# The numbers come as a file does that a reader chooses: a page may fetch nothing.
CHOOSER = """() => {
  document.body.insertAdjacentHTML("beforeend", '<input type="file" id="numbers">');
}"""
WORST = """async ([name, count]) => {
  const [file] = document.getElementById("numbers").files;
  const numbers = new Float32Array(await file.arrayBuffer());
  const worst = {};
  let position = 0;
  const next = (size) => numbers.subarray(position, (position += size));
  const compare = (what, ours, theirs) => {
    for (let i = 0; i < theirs.length; i++) {
      const difference = Math.abs(ours[i] - theirs[i]);
      if (!(difference <= (worst[what] ?? 0))) worst[what] = difference;
    }
  };
  for (let i = 0; i < count; i++) {
    const { logits, activations } = cnnbook.predict(next(784), name);
    for (const [layer, { data }] of Object.entries(activations)) {
      compare(layer, data, next(data.length));
    }
    compare("logits", logits, next(10));
  }
  return [worst, position === numbers.length];
}"""


@pytest.mark.in_both
@pytest.mark.parametrize("name", PUBLISHED)
def test_every_activation_is_that_of_the_run_s_keras_model(
    page, networks, digits, tmp_path, name, record_property
):
    import keras

    model = rebuilt.network(networks[name])
    outputs = [layer.output for layer in model.layers[1:]]
    dense = model.layers[-1]
    images = digits[0][:1000]
    values = keras.Model(model.inputs, outputs).predict(images, batch_size=250, verbose=0)
    logits = values[-2] @ dense.get_weights()[0] + dense.get_weights()[1]
    rows = [images, *values, logits]
    np.concatenate([row.reshape(1000, -1) for row in rows], axis=1).tofile(tmp_path / "values")
    page.evaluate(CHOOSER)
    page.locator("#numbers").set_input_files(tmp_path / "values")
    worst, whole = page.evaluate(WORST, [name, 1000])
    assert whole
    assert set(worst) <= {layer.name for layer in model.layers} | {"logits"}
    record_property("worst", worst)
    print(name, {layer: f"{value:.1e}" for layer, value in worst.items()})
    assert max(worst.values()) < TOLERANCE


PREDICT = """([network, images]) => {
  cnnbook.published = { article: network };
  return images.map((image) => {
    const { logits, probabilities, activations } = cnnbook.predict(image);
    const values = Object.values(activations).map(({ shape, data }) => [shape, Array.from(data)]);
    return { logits, probabilities, values, answer: cnnbook.network.answer(
      cnnbook.network.run(cnnbook.network.published("article"), image)) };
  });
}"""


def test_each_layer_that_a_published_network_may_have_gives_what_keras_gives(bare):
    import keras

    from cnnbook import export

    keras.utils.set_random_seed(0)
    layers = keras.layers
    model = keras.Sequential(
        [
            *(keras.Input((14, 12, 2)), layers.Cropping2D(1), layers.Conv2D(9, 3, use_bias=False)),
            *(layers.MaxPooling2D(2), layers.BatchNormalization(), layers.ReLU()),
            *(layers.Conv2D(5, 2, activation="relu"), layers.Flatten()),
            *(layers.Dense(7, activation="relu"), layers.Dense(4, activation="softmax")),
        ]
    )
    random = np.random.default_rng(0)
    model.set_weights([w + 0.1 * random.random(w.shape) for w in model.get_weights()])
    export.round_to_half(model)
    images = random.standard_normal((3, 14, 12, 2)).astype("float32")
    images[images < -1] = 0
    outputs = [layer.output for layer in model.layers]
    theirs = [np.asarray(value) for value in keras.Model(model.inputs, outputs)(images)]
    weights, bias = model.layers[-1].get_weights()
    asked = [export.describe(model), images.reshape(3, -1).tolist()]
    for number, ours in enumerate(bare("", ["network.js"]).evaluate(PREDICT, asked)):
        for (shape, numbers), values in zip(ours["values"], theirs, strict=True):
            assert tuple(shape) == values.shape[1:]
            np.testing.assert_allclose(numbers, values[number].ravel(), atol=TOLERANCE)
        np.testing.assert_allclose(ours["probabilities"], theirs[-1][number], atol=TOLERANCE)
        logits = theirs[-2][number] @ weights + bias
        np.testing.assert_allclose(ours["logits"], logits, atol=TOLERANCE)
        assert ours["answer"] == theirs[-1][number].argmax()


def test_weights_of_16_bits_are_read_exactly(bare):
    numbers = [0, 1, -0.75, 1 / 3, 0.1, 2**-14, -1e-5, 2**-24]  # two below the smallest normal
    halves = np.array(numbers, "<f2")
    layer = {"kind": "dense", "shape": [4], "bias": False}
    weights = base64.b64encode(halves.tobytes()).decode()
    description = {"input": [2], "layers": [layer], "weights": weights}
    ask = "(told) => Array.from(cnnbook.network.build(told).layers[0].weights.kernel)"
    read = bare("", ["network.js"]).evaluate(ask, description)
    assert read == halves.astype(float).tolist()


LAYERS = [
    {"kind": "conv", "size": 3, "shape": [6, 6, 8], "bias": True},
    {"kind": "normalise", "shape": [6, 6, 8]},
    {"kind": "flatten", "shape": [288]},
    {"kind": "dense", "shape": [10], "bias": True},
]
RANDOM = """(description) => [0, 0, 1].map((seed) =>
  cnnbook.network.buildRandom(description, seed).layers.map(({ weights }) =>
    Object.fromEntries(Object.entries(weights).map(([name, w]) => [name, Array.from(w)]))))"""


def test_random_kernels_are_even_up_to_glorot_s_limit_and_repeat_with_their_seed(bare):
    description = {"input": [8, 8, 2], "layers": LAYERS}
    first, again, other = bare("", ["network.js"]).evaluate(RANDOM, description)
    assert first == again
    # Keras counts the window's pixels with the channels on both sides.
    for place, ends in ((0, 9 * 2 + 9 * 8), (3, 288 + 10)):
        limit, kernel = (6 / ends) ** 0.5, np.array(first[place]["kernel"])
        assert -limit <= kernel.min() < -0.95 * limit and 0.95 * limit < kernel.max() <= limit
        assert abs(kernel.mean()) < 5 * limit / (3 * kernel.size) ** 0.5
        assert set(first[place]["bias"]) == {0}
        assert first[place]["kernel"] != other[place]["kernel"]
    assert set(first[1]["scale"]) == {1} and set(first[1]["shift"]) == {0}


def test_a_maximum_comes_from_the_first_of_equal_values(bare):
    picture = np.random.default_rng(0).integers(0, 3, (6, 4, 2))
    picture[0, 0] = 5
    layers = [
        {"kind": "pool", "size": 2, "shape": [3, 2, 2]},
        {"kind": "flatten", "shape": [12], "activation": "relu"},
    ]
    ask = """([description, pixels]) => {
      const network = cnnbook.network.build(description);
      const { input, values, sums, places } = cnnbook.network.run(network, pixels);
      const answer = [values, sums, places.slice(0, 1), [input]];
      return answer.map((arrays) => arrays.map((array) => Array.from(array)));
    }"""
    asked = [{"input": [6, 4, 2], "layers": layers, "weights": ""}, picture.ravel().tolist()]
    values, sums, places, (pixels,) = bare("", ["network.js"]).evaluate(ask, asked)
    windows = picture.reshape(3, 2, 2, 2, 2).swapaxes(1, 2).reshape(3, 2, 4, 2)
    rows, columns = np.divmod(windows.argmax(axis=2), 2)
    row, column, channel = np.indices((3, 2, 2))
    expected = ((2 * row + rows) * 4 + 2 * column + columns) * 2 + channel
    assert places == [expected.ravel().tolist()] and pixels == picture.ravel().tolist()
    assert values == sums == 2 * [windows.max(axis=2).ravel().tolist()]


def test_a_softmax_of_large_logits_does_not_overflow(bare):
    ask = "(logits) => Array.from(cnnbook.network.softmax(logits))"
    ours = bare("", ["network.js"]).evaluate(ask, [1000, 1001, 999, -1000])
    np.testing.assert_allclose(ours, scipy.special.softmax([1000, 1001, 999, -1000]), atol=1e-7)


def test_a_class_has_its_number_unless_the_data_name_it(bare):
    ask = """(published) => {
      const named = () => [0, 1].map(cnnbook.network.className);
      const answers = [named()];
      for (const networks of published) {
        cnnbook.published = networks;
        answers.push(named());
      }
      return answers;
    }"""
    published = [{}, {"article": {}}, {"article": {"classes": ["shirt", "shoe"]}}]
    answers = bare("", ["network.js"]).evaluate(ask, published)
    assert answers == [*3 * [["0", "1"]], ["shirt", "shoe"]]


IN_NODE = """
const fs = require("fs");
const [folder, images, names] = process.argv.slice(1);
require(folder + "/networks.js");
const cnnbook = require(folder + "/network.js");
const pixels = new Uint8Array(fs.readFileSync(images));
const read = (network) => Array.from({ length: pixels.length / 784 }, (_, i) =>
  cnnbook.network.answer(cnnbook.network.run(network,
    Float32Array.from(pixels.subarray(784 * i, 784 * (i + 1)), (value) => value / 255))));
console.log(JSON.stringify(names.split(",").map((n) => read(cnnbook.network.published(n)))));
"""


IN_PAGE = """([text, name]) => {
  const pixels = cnnbook.network.bytesFromBase64(text);
  const network = cnnbook.network.published(name);
  return Array.from({ length: pixels.length / 784 }, (_, i) =>
    cnnbook.network.answer(cnnbook.network.run(network,
      Float32Array.from(pixels.subarray(784 * i, 784 * (i + 1)), (value) => value / 255))));
}"""


def test_all_test_digits_are_read_as_keras_reads_them(
    page, html_folder, networks, digits, tmp_path
):
    _, (images, _) = data.load_mnist()
    names = list(networks)
    if node := shutil.which("node"):
        images.tofile(tmp_path / "images")
        command = [node, "-e", IN_NODE, str(html_folder / "playground")]
        command += [str(tmp_path / "images"), ",".join(names)]
        answers = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
    else:
        text = base64.b64encode(images.tobytes()).decode()
        answers = [page.evaluate(IN_PAGE, [text, name]) for name in names]
    for name, ours in zip(names, answers, strict=True):
        model = rebuilt.network(networks[name])
        probabilities = model.predict(digits[0], batch_size=500, verbose=0)
        differ = np.flatnonzero(probabilities.argmax(axis=1) != ours)
        two = np.sort(probabilities[differ], axis=1)[:, -2:]
        # Where two probabilities are equal to rounding, either may be called the largest.
        assert len(differ) == 0 or (two[:, 1] - two[:, 0] < 1e-5).all()


@pytest.mark.in_both
def test_the_interface_takes_784_pixels_and_gives_plain_numbers(page):
    answer = page.evaluate(
        "() => { const a = cnnbook.predict(new Array(784).fill(0));"
        " return {logits: a.logits, probabilities: a.probabilities, shapes: Object.fromEntries("
        "  Object.entries(a.activations).map(([k, v]) => [k, [v.shape, v.data.length]]))}; }"
    )
    assert sum(answer["probabilities"]) == pytest.approx(1)
    assert answer["shapes"]["conv1"] == [[26, 26, 32], 26 * 26 * 32]
    assert answer["shapes"]["dense2"] == [[10], 10]
    for call in ("predict([1, 2])", "normalize([1, 2], 28, 28)"):
        with pytest.raises(Exception, match="pixels must hold"):
            page.evaluate(f"() => cnnbook.{call}")


def test_the_arithmetic_adds_up_in_every_layer(page):
    """The terms that a panel shows are those that the network adds."""
    assert (
        page.evaluate("""() => {
      const { explain, network, playground, published } = cnnbook;
      playground.place("typical", 3);
      const wrong = [];
      for (const name of Object.keys(published)) {
        const net = network.published(name);
        const result = network.run(net, playground.receive().pixels);
        net.layers.forEach((layer, i) => {
          if (!["conv", "dense", "pool"].includes(layer.kind)) return;
          const flat = layer.shape.length === 1;
          for (let k = 0; k < 25; k++) {
            const place = (k * 7919) % result.values[i].length;
            const channels = layer.shape[layer.shape.length - 1];
            const cell = Math.floor(place / channels);
            const unit = { channel: place % channels,
              row: flat ? 0 : Math.floor(cell / layer.shape[1]),
              column: flat ? 0 : cell % layer.shape[1] };
            const { source, terms } = explain.termsOf(net, result, i, unit);
            for (const term of terms) {
              const there = explain.valueAt(net, result, source, term);
              if (there !== term.value) wrong.push([layer.name, "place"]);
            }
            const bias = layer.weights.bias?.length ? layer.weights.bias[unit.channel] : 0;
            const sum = layer.kind === "pool" ? Math.max(...terms.map((t) => t.value))
              : terms.reduce((total, t) => total + t.product, bias);
            if (!(Math.abs(sum - result.sums[i][place]) < 1e-4)) wrong.push([layer.name, sum]);
          }
        });
      }
      return wrong;
    }""")
        == []
    )
