"""The pages run any stored network as Keras does, and their 8 bits change hardly an answer."""

import json

import numpy as np
import pytest
import scipy.special
import stored

from cnnbook import results

RUN = """([description, examples]) => {
  const network = cnnbook.graph.build(description);
  return examples.map((example) => Object.fromEntries(
    Object.entries(cnnbook.graph.run(network, example))
      .map(([name, { shape, data }]) => [name, [shape, Array.from(data)]])));
}"""


@pytest.fixture
def page(bare):
    return bare("", ["graph.js"])


def written(model, bits: int) -> dict:
    return stored.describe(json.loads(model.to_json()), model.get_weights(), bits)


def in_page(page, model, inputs: list[np.ndarray], bits: int = 32) -> list[np.ndarray]:
    """Return each output for all examples, in the order of Keras."""
    names = [tensor._keras_history.operation.name for tensor in model.inputs]

    def value(array):
        shape = array.shape if array.ndim != 2 else (1, *array.shape)
        return {"shape": shape, "data": np.ravel(array).tolist()}

    examples = [
        {name: value(array) for name, array in zip(names, example, strict=True)}
        for example in zip(*inputs, strict=True)
    ]
    found = page.evaluate(RUN, [written(model, bits), examples])
    values = [{name: np.reshape(data, shape) for name, (shape, data) in of.items()} for of in found]
    return [np.array([of[name] for of in values]) for name in values[0]]


def assert_alike(ours: list[np.ndarray], theirs) -> None:
    """Compare with Keras, whose own sums of 32 bits are exact to some 1e-6 of the largest value."""
    theirs = list(theirs.values()) if isinstance(theirs, dict) else [theirs]
    for one, other in zip(ours, theirs, strict=True):
        other = np.asarray(other)
        assert one.shape in (other.shape, (len(other), 1, *other.shape[1:]))
        other = other.reshape(one.shape)
        np.testing.assert_allclose(one, other, atol=1e-5 * max(1, np.abs(other).max()))


def random_inputs(model, count: int) -> list[np.ndarray]:
    random = np.random.default_rng(0)
    return [
        random.standard_normal([count, *(side or 800 for side in tensor.shape[1:])]).astype("f4")
        for tensor in model.inputs
    ]


STORED = [f"applications/{n}_network" for n in ("audio", "classification", "detection", "text")]


@pytest.mark.parametrize("name", [*STORED, "audio/spectrogram_network"])
def test_a_stored_network_gives_what_keras_gives(page, name):
    model, _ = results.load_network(name)
    inputs = random_inputs(model, 2)
    assert_alike(in_page(page, model, inputs), model(inputs[0]))


def test_the_segmentation_takes_any_size_that_can_be_halved(page):
    model, _ = results.load_network("applications/segmentation_network")
    inputs = [255 * np.random.default_rng(0).random((1, 32, 48, 1), np.float32)]
    assert_alike(in_page(page, model, inputs), model(inputs[0]))


def every_layer(layers, keras):
    """Join each layer that the pages know in a way that no stored network has."""
    picture, number, place = (
        keras.Input((13, 11, 3)),
        keras.Input(()),
        keras.Input((), dtype="int32"),
    )
    told = layers.Reshape((1,))(number) * np.array([[1.0, 2.0, 5.0]], "float32")
    told = keras.ops.concatenate([keras.ops.sin(told), keras.ops.cos(told)], axis=-1)
    told = keras.ops.concatenate([layers.Embedding(5, 2)(place), told], axis=-1)
    told = layers.Dense(8)(told) + layers.Embedding(5, 8)(place)
    told = layers.Reshape((1, 1, 8))(layers.Activation("silu")(told))
    maps = layers.Cropping2D(((1, 3), (0, 2)))(layers.ZeroPadding2D(((2, 5), (1, 2)))(picture))
    maps = layers.SeparableConv2D(6, 3, strides=2, padding="same", activation="relu")(maps)
    maps = layers.BatchNormalization()(layers.DepthwiseConv2D(3, padding="same")(maps))
    maps = layers.Dense(6)((1 + told[..., :6]) * maps) * told[..., 2:]
    up = layers.UpSampling2D(2, interpolation="bilinear")(
        layers.AveragePooling2D(2, padding="same")(maps)
    )
    up = layers.ZeroPadding2D(1)(up)
    maps = maps - layers.Conv2D(6, 3, activation="tanh", use_bias=False)(up)[..., :6]
    wide = layers.Conv2DTranspose(5, 3, strides=2, padding="valid", use_bias=False)(maps)
    same = layers.Conv2DTranspose(5, 3, strides=2, padding="same", activation="sigmoid")(maps)
    joined = layers.concatenate([layers.Cropping2D(((0, 1), (1, 0)))(wide), same])
    pooled = layers.MaxPooling2D(3, strides=2, padding="same")(joined)
    flat = layers.concatenate([layers.GlobalAveragePooling2D()(joined), layers.Flatten()(pooled)])
    answer = layers.Dense(4, activation="softmax")(layers.Dropout(0.5)(flat))
    return keras.Model([picture, number, place], {"maps": joined, "answer": answer})


def test_every_layer_that_the_pages_know_gives_what_keras_gives(page):
    import keras

    keras.utils.set_random_seed(0)
    model = every_layer(keras.layers, keras)
    random = np.random.default_rng(1)
    model.set_weights([w + 0.1 * random.random(w.shape) for w in model.get_weights()])
    inputs = [random.standard_normal((3, 13, 11, 3)), random.random(3), np.array([0, 2, 4])]
    theirs = model([array.astype("f4") for array in inputs[:2]] + [inputs[2]])
    assert_alike(in_page(page, model, inputs), theirs)


def test_a_word_and_a_sound_are_one_row_high(page):
    import keras

    layers = keras.layers
    keras.utils.set_random_seed(0)
    model = keras.Sequential(
        [
            *(keras.Input((20, 3)), layers.Conv1D(11, 3, strides=2, padding="same")),
            *(layers.BatchNormalization(), layers.ReLU(), layers.UpSampling1D(2)),
            *(layers.SeparableConv1D(5, 3), layers.MaxPooling1D(2), layers.GlobalMaxPooling1D()),
        ]
    )
    inputs = random_inputs(model, 2)
    assert_alike(in_page(page, model, inputs), model(inputs[0]))


def test_each_symbol_has_a_row_of_the_table(page):
    import keras

    word = keras.Input((4,), dtype="int32")
    keras.utils.set_random_seed(0)
    model = keras.Model(word, keras.layers.Flatten()(keras.layers.Embedding(7, 3)(word)))
    words = np.array([[0, 6, 2, 2], [5, 1, 0, 3]])
    assert_alike(in_page(page, model, [words]), model(words))


def test_windows_lie_where_keras_lays_them(page):
    import keras

    def laid(picture):
        for window in ((2, 3), (4, 1)):
            for strides in ((1, 3), (2, 2), (3, 1)):
                for padding in ("valid", "same"):
                    options = {"strides": strides, "padding": padding}
                    yield keras.layers.AveragePooling2D(window, **options)(picture)
                    yield keras.layers.MaxPooling2D(window, **options)(picture)
                    yield keras.layers.Conv2D(3, window, **options)(picture)
                    yield keras.layers.Conv2DTranspose(3, window, **options)(picture)
                    options["strides"] = strides[0]
                    yield keras.layers.DepthwiseConv2D(window, **options)(picture)

    keras.utils.set_random_seed(0)
    picture = keras.Input((9, 7, 2))
    model = keras.Model(picture, {str(n): maps for n, maps in enumerate(laid(picture))})
    inputs = [
        -1 - np.random.default_rng(0).random((1, 9, 7, 2), np.float32)
    ]  # below what is outside
    assert_alike(in_page(page, model, inputs), model(inputs[0]))


def test_kernels_of_whole_steps_lose_nothing_in_8_bits(page):
    import keras

    model = keras.Sequential([keras.Input((6,)), keras.layers.Dense(5), keras.layers.Dense(3)])
    random = np.random.default_rng(0)
    for layer in model.layers:
        steps = random.integers(-126, 127, layer.kernel.shape)
        steps[0] = 127
        scales = 0.25 ** np.arange(steps.shape[1])
        layer.set_weights([steps * scales / 64, random.standard_normal(steps.shape[1])])
    inputs = random_inputs(model, 2)
    assert_alike(in_page(page, model, inputs, bits=8), model(inputs[0]))


IN_STEPS = """async ([description, example]) => {
  const network = cnnbook.graph.build(description);
  const plain = ({ out: { data } }) => Array.from(data);
  let time = 0;
  performance.now = () => (time += 20); // longer than a page may be kept waiting
  return [
    plain(cnnbook.graph.run(network, example)),
    plain(await cnnbook.graph.runInSteps(network, example)),
    await cnnbook.graph.runInSteps(network, example, { stop: () => true }),
  ];
}"""


def test_a_run_in_steps_gives_the_same_unless_it_is_stopped(page):
    import keras

    picture = keras.Input((4, 4, 1))
    model = keras.Model(picture, {"out": keras.layers.Conv2D(2, 3, activation="relu")(picture)})
    whole, steps, stopped = page.evaluate(IN_STEPS, [written(model, 32), [0.5] * 16])
    assert len(whole) == 8 and steps == whole and stopped is None


def test_the_largest_of_each_row_is_the_first_of_equal_ones(page):
    rows = np.random.default_rng(0).integers(-3, 3, (20, 5))
    ask = """(rows) => [rows.map((row) => cnnbook.graph.largestOf(row)),
      rows.map((row, i) => cnnbook.graph.largestOf(rows.flat(), 5 * i, 5))]"""
    alone, among_others = page.evaluate(ask, rows.tolist())
    assert alone == among_others == rows.argmax(axis=1).tolist()


def test_a_softmax_goes_along_the_last_axis_and_does_not_overflow(page):
    logits = np.array([[1.0, 2, 3], [1000, 1001, 999], [-1000, -1000, -1000]])
    ask = """(logits) => Array.from(
      cnnbook.graph.softmax({ shape: [3, 3], data: Float32Array.from(logits.flat()) }).data)"""
    expected = scipy.special.softmax(logits, axis=1)
    ours = page.evaluate(ask, logits.tolist())
    np.testing.assert_allclose(np.reshape(ours, (3, 3)), expected, atol=1e-6)


@pytest.mark.parametrize(
    ("layer", "words"),
    [
        ("Conv2D(2, 3, dilation_rate=2)", "cannot run .*Conv2D"),
        ("Conv2D(2, 3, activation='gelu')", "cannot run .*Conv2D"),
        ("ReLU(max_value=6)", "cannot run .*ReLU"),
        ("LayerNormalization()", "cannot run .*LayerNormalization"),
    ],
)
def test_what_the_pages_cannot_run_is_refused(layer, words):
    import keras

    made = eval(f"keras.layers.{layer}", {"keras": keras})
    model = keras.Sequential([keras.Input((9, 9, 2)), made])
    with pytest.raises(ValueError, match=words):
        written(model, 32)


@pytest.mark.parametrize("change", [lambda k, b: [k * np.nan, b], lambda k, b: [k]])
def test_weights_that_are_no_numbers_or_too_few_are_refused(change):
    import keras

    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(2)])
    with pytest.raises(ValueError, match="arrays must hold 2 of finite numbers for dense"):
        stored.describe(json.loads(model.to_json()), change(*model.get_weights()))


def test_an_input_of_another_size_is_refused(page):
    model, _ = results.load_network("applications/classification_network")
    with pytest.raises(Exception, match="must hold 28 x 28 x 1 numbers, got 3"):
        page.evaluate(RUN, [written(model, 32), [[1, 2, 3]]])


def test_a_kernel_in_8_bits_is_off_by_half_a_step_at_most():
    kernel = np.random.default_rng(0).standard_normal((3, 3, 4, 5))
    kernel[..., 2] = 0
    raw = stored._scaled(kernel)
    scales = np.frombuffer(raw[:20], "<f4")
    back = np.frombuffer(raw[20:], "i1").reshape(kernel.shape) * scales
    assert (np.abs(back - kernel) <= scales / 2 * 1.001).all() and (back[..., 2] == 0).all()
    np.testing.assert_allclose(
        scales[[0, 1, 3, 4]], np.abs(kernel[..., [0, 1, 3, 4]]).max((0, 1, 2)) / 127
    )
