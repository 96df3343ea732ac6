"""Networks for the pages: rounded once, and the same when they are built again."""

import keras
import numpy as np
import pytest
import rebuilt

from cnnbook import classifiers, export, models


@pytest.fixture(scope="module")
def images():
    return np.random.default_rng(0).random((8, 28, 28, 1), dtype="float32")


def untrained(name: str) -> keras.Model:
    keras.utils.set_random_seed(0)
    model = models.article_network() if name == "article" else classifiers.network(classifiers.FAST)
    generator = np.random.default_rng(1)
    for layer in model.layers:  # a normalisation that does something
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.set_weights([generator.uniform(0.5, 2, a.shape) for a in layer.get_weights()])
    return model


@pytest.mark.parametrize("name", ["article", "fast"])
def test_rounding_changes_answers_little_and_only_once(name, images):
    model = untrained(name)
    before = model.predict(images, verbose=0)
    assert 0 < export.round_to_half(model) < 0.01
    # Half precision keeps 11 binary digits.
    np.testing.assert_allclose(model.predict(images, verbose=0), before, atol=0.01)
    assert export.round_to_half(model) < 1e-6


@pytest.mark.parametrize("name", ["article", "fast"])
def test_a_network_that_is_built_again_gives_the_same_numbers(name, images):
    model = untrained(name)
    export.round_to_half(model)
    again = rebuilt.network(export.describe(model))
    assert [layer.name for layer in again.layers[1:]] == [
        layer.name for layer in model.layers if not isinstance(layer, keras.layers.InputLayer)
    ]
    np.testing.assert_allclose(
        again.predict(images, verbose=0), model.predict(images, verbose=0), atol=1e-6
    )


def test_weights_that_would_change_when_stored_are_refused():
    with pytest.raises(ValueError, match="call round_to_half first"):
        export.describe(untrained("article"))


def test_weights_too_large_for_16_bits_are_refused():
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1, name="wide")])
    model.set_weights([np.full((2, 1), 1e6), np.zeros(1)])
    with pytest.raises(ValueError, match="in wide"):
        export.round_to_half(model)


@pytest.mark.parametrize(
    "layer",
    [
        keras.layers.Conv2D(2, 3, strides=2),
        keras.layers.Conv2D(2, (3, 1)),
        keras.layers.MaxPooling2D(2, strides=1),
        keras.layers.Dropout(0.5),
        keras.layers.Conv2D(2, 3, activation="tanh"),
        keras.layers.Dense(2),  # of maps
        keras.layers.BatchNormalization(axis=1),
        keras.layers.ReLU(negative_slope=0.3),
    ],
)
def test_what_the_pages_cannot_run_is_refused(layer):
    model = keras.Sequential([keras.Input((8, 8, 1)), layer])
    export.round_to_half(model)
    with pytest.raises(ValueError, match=layer.name):
        export.describe(model)


def test_examples_that_are_no_raw_pixels_are_refused():
    model = untrained("article")
    export.round_to_half(model)
    with pytest.raises(TypeError, match="images must be a uint8 array"):
        export.publish("article", model, {"typical": ([3], np.zeros((1, 28, 28)), [7])})


def test_publishing_shows_the_network_and_its_examples(monkeypatch):
    import IPython.display

    shown = []
    monkeypatch.setattr(IPython.display, "display", lambda bundle, raw: shown.append(bundle))
    model = untrained("article")
    export.round_to_half(model)
    digits = ([3], np.zeros((1, 28, 28), np.uint8), np.array([7], np.uint8))
    export.publish("article", model, {"typical": digits})
    (bundle,) = shown
    network = bundle[export.MIME_TYPE]
    assert network["name"] == "article"
    assert network["examples"]["typical"][0]["index"] == 3
    assert network["examples"]["typical"][0]["label"] == 7
    assert "225,034 weights of 2 bytes, 450 kB" in bundle["text/plain"]
