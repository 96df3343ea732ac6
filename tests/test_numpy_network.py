"""The whole network in NumPy equals Keras: logits, loss, gradients, and weights after training."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from cnnbook import data, models, numpy_network


@pytest.fixture(scope="module")
def digits():
    (images, labels), _ = data.load_mnist()
    return data.scale_pixels(images[:320]), labels[:320]


@pytest.fixture
def network():
    """The article's network without its softmax, so that logits can be compared."""
    keras.utils.set_random_seed(0)
    network = models.article_network()
    network.layers[-1].activation = keras.activations.linear
    return network


def assert_close(ours, theirs, tolerance):
    """Compare relative to the largest value: sums that cancel keep the error of their terms."""
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=tolerance * np.abs(theirs).max())


def test_logits_loss_and_gradients_equal_keras(network, digits):
    images, labels = digits[0][:32], digits[1][:32]
    loss_of = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    with tf.GradientTape() as tape:
        logits = network(images)
        loss = loss_of(labels, logits)
    theirs = tape.gradient(loss, network.trainable_variables)
    weights = numpy_network.weights_from_keras(network.get_weights())
    our_logits, _ = numpy_network.forward(weights, images)
    our_loss, ours = numpy_network.loss_and_gradients(weights, images, labels)
    assert_close(our_logits, logits.numpy(), 1e-5)
    assert our_loss == pytest.approx(float(loss), rel=1e-5)
    for name, gradient in zip(ours, theirs, strict=True):
        assert ours[name].dtype == np.float32
        assert_close(ours[name], gradient.numpy(), 1e-5)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_weights_after_ten_steps_equal_kerass(digits, dtype):
    """Adam divides by the gradient's size, which makes a rounding of a near-zero gradient large.

    So float32 is compared at a hundredth of one of the ten steps of 0.001; float64 needs no excuse.
    Keras rounds the rates to float32 in part of its formula, in float64 too: the ones given here
    are multiples of a power of two, which both types hold exactly.
    """
    rates = {"learning_rate": 2**-10, "beta_1": 1 - 2**-3, "beta_2": 1 - 2**-10}
    keras.config.set_floatx(dtype)
    keras.config.set_dtype_policy(dtype)
    try:
        keras.utils.set_random_seed(0)
        network = models.article_network()
        network.layers[-1].activation = keras.activations.linear
        network.compile(
            optimizer=keras.optimizers.Adam(**rates),
            loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        )
        weights = numpy_network.weights_from_keras(network.get_weights())
        moments = numpy_network.zero_moments(weights)
        images, labels = digits[0].astype(dtype), digits[1]
        for step in range(10):
            batch = slice(32 * step, 32 * step + 32)
            network.train_on_batch(images[batch], labels[batch])
            _, gradients = numpy_network.loss_and_gradients(weights, images[batch], labels[batch])
            numpy_network.adam_step(weights, gradients, moments, step + 1, **rates)
    finally:
        keras.config.set_floatx("float32")
        keras.config.set_dtype_policy("float32")
    tolerance = {"float32": 1e-5, "float64": 1e-10}[dtype]
    for ours, theirs in zip(weights.values(), network.get_weights(), strict=True):
        assert ours.dtype == theirs.dtype == dtype
        np.testing.assert_allclose(ours, theirs, rtol=0, atol=tolerance)


def test_training_lowers_the_loss(digits):
    images, labels = digits
    weights = numpy_network.initial_weights(seed=0)
    moments = numpy_network.zero_moments(weights)
    losses = [
        numpy_network.train_epoch(
            weights, moments, images, labels, seed=epoch, steps_done=10 * epoch
        )
        for epoch in range(4)
    ]
    assert losses[0] > losses[1] > losses[2] > losses[3]


def test_starting_weights_are_spread_as_keras_spreads_them(network):
    ours = numpy_network.initial_weights(seed=1)
    for mine, theirs in zip(ours.values(), network.get_weights(), strict=True):
        assert mine.shape == theirs.shape
        if mine.ndim > 1:
            # Both are uniform in the same interval, which many draws nearly fill.
            assert np.abs(mine).max() == pytest.approx(np.abs(theirs).max(), rel=0.05)
        else:
            np.testing.assert_array_equal(mine, theirs)


def test_bad_arguments_are_refused(digits):
    weights = numpy_network.initial_weights(seed=0)
    moments = numpy_network.zero_moments(weights)
    with pytest.raises(ValueError, match=r"images must .* got \(2, 28, 28\)"):
        numpy_network.forward(weights, np.zeros((2, 28, 28), "float32"))
    with pytest.raises(ValueError, match="arrays must be those of the article's network"):
        numpy_network.weights_from_keras([np.zeros(3)])
    with pytest.raises(ValueError, match="step must be 1 or more"):
        numpy_network.adam_step(weights, weights, moments, step=0)
    with pytest.raises(ValueError, match="got 320 and 2"):
        numpy_network.train_epoch(weights, moments, digits[0], digits[1][:2], seed=0)
