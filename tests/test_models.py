"""The article's network, as printed and repaired."""

import subprocess
import sys

import keras
import numpy as np
import pytest

from cnnbook import models


@pytest.fixture(scope="module")
def network():
    keras.utils.set_random_seed(0)
    return models.article_network()


def test_it_has_the_225034_parameters_counted_by_hand(network):
    by_hand = {
        "conv1": 32 * (3 * 3 * 1 + 1),
        "pool1": 0,
        "conv2": 64 * (3 * 3 * 32 + 1),
        "pool2": 0,
        "flatten": 0,
        "dense1": 128 * (5 * 5 * 64 + 1),
        "dense2": 10 * (128 + 1),
    }
    assert {layer.name: layer.count_params() for layer in network.layers} == by_hand
    assert sum(by_hand.values()) == network.count_params() == 225_034


def test_its_answers_are_probabilities(network):
    digits = np.random.default_rng(0).random((5, 28, 28, 1), dtype=np.float32)
    answers = network.predict(digits, verbose=0)
    assert answers.shape == (5, 10)
    assert (answers >= 0).all()
    np.testing.assert_allclose(answers.sum(axis=1), 1, rtol=1e-6)  # float32 rounding


def test_the_same_seed_gives_the_same_starting_weights():
    weights = []
    for seed in (3, 3, 4):
        keras.utils.set_random_seed(seed)
        weights.append(models.article_network().get_weights()[0])
    np.testing.assert_array_equal(weights[0], weights[1])
    assert not np.array_equal(weights[0], weights[2])


def test_importing_the_package_does_not_import_tensorflow():
    code = (
        "import sys, cnnbook, cnnbook.numpy_network, cnnbook.data, cnnbook.results; "
        "import cnnbook.ops, cnnbook.preprocessing, cnnbook.plots, cnnbook.shapes; "
        "sys.exit('tensorflow' in sys.modules or 'keras' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_network_trained_with_a_seed_can_be_trained_again():
    images = np.random.default_rng(0).random((64, 28, 28, 1), dtype=np.float32)
    labels = np.arange(64) % 10
    first, second = (
        models.trained_article_network(images, labels, epochs=2, seed=3) for _ in range(2)
    )
    for one, other in zip(first.get_weights(), second.get_weights(), strict=True):
        # Threads may add in another order from run to run.
        np.testing.assert_allclose(one, other, atol=1e-5)
    assert first.evaluate(images, labels, verbose=0)[0] < np.log(10)


def test_blur_pooling_averages_with_binomial_weights_and_halves_the_map():
    impulse = np.zeros((1, 6, 6, 2), "float32")
    impulse[0, 3, 3, 0] = 16
    blurred = models.blur_pool()(impulse).numpy()
    assert blurred.shape == (1, 3, 3, 2)
    # Padding of an even side goes after, so the windows are centred on pixels 1, 3 and 5.
    np.testing.assert_array_equal(blurred[0, :, :, 0], [[0, 0, 0], [0, 4, 0], [0, 0, 0]])
    assert (blurred[0, :, :, 1] == 0).all()
    layer = models.blur_pool()
    layer.build((None, 6, 6, 2))
    assert layer.trainable_weights == []
