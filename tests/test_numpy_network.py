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
    for layer in network.layers:
        if layer.weights:  # biases begin as zeros, whose sign nobody sees
            layer.bias.assign(0.1 * keras.random.normal(layer.bias.shape))
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
    assert numpy_network.mean_loss(weights, images, labels) == our_loss
    for name, gradient in zip(ours, theirs, strict=True):
        assert ours[name].dtype == np.float32
        assert_close(ours[name], gradient.numpy(), 1e-5)


def test_weights_after_ten_steps_of_adam_equal_kerass(network, digits):
    """Adam divides by the gradient's size, which makes a rounding of a near-zero gradient large.

    So they are compared at a hundredth of one of the ten steps of 0.001.
    """
    network.compile(
        optimizer=keras.optimizers.Adam(0.001),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    )
    weights = numpy_network.weights_from_keras(network.get_weights())
    memories = {name: {} for name in weights}
    for step in range(10):
        images, labels = (part[32 * step : 32 * step + 32] for part in digits)
        network.train_on_batch(images, labels)
        _, gradients = numpy_network.loss_and_gradients(weights, images, labels)
        for name in weights:
            step_of = (weights[name], gradients[name], memories[name], 0.001)
            weights[name] = numpy_network.adam(*step_of)
    for ours, theirs in zip(weights.values(), network.get_weights(), strict=True):
        assert ours.dtype == theirs.dtype
        np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-5)


def test_adam_takes_keras_steps_to_the_last_digits():
    """Gradients from huge to tiny, so that every number of the formula can be seen."""
    optimizer, memory = keras.optimizers.Adam(0.1), {}
    ours = np.array([1.0, 2.0, 3.0])
    theirs = keras.Variable(ours, dtype="float64")
    optimizer.build([theirs])
    for factor in (1, -2, 0.5, 3):
        gradient = factor * np.array([100, 1e-3, 1e-7])
        optimizer.apply([tf.constant(gradient)], [theirs])
        ours = numpy_network.adam(ours, gradient, memory, 0.1)
        np.testing.assert_allclose(ours, theirs.numpy(), rtol=1e-5)


def test_weights_of_another_network_are_refused():
    with pytest.raises(ValueError, match="arrays must be those of the article's network"):
        numpy_network.weights_from_keras([np.zeros(3)])
