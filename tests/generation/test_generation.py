"""Generation: each loss is its formula, an average of weights forgets its start."""

import keras
import numpy as np
import pytest
import scipy.special
import tensorflow as tf

from cnnbook import data
from cnnbook.applications.flow import NO_CLASS
from cnnbook.generation import networks, training


@pytest.fixture(scope="module")
def digits():
    (x_train, y_train), _ = data.load_mnist()
    return data.scale_pixels(x_train[:256]), y_train[:256]


@pytest.fixture(scope="module")
def batch(digits):
    """Eight images and labels, and the generator for their noise."""
    return digits[0][:8], digits[1][:8].astype("int32"), np.random.default_rng(0)


def test_the_vae_loss_is_the_bound_written_out(batch):
    images, labels, generator = batch
    keras.utils.set_random_seed(0)
    encoder, decoder = networks.vae_networks()
    noise = generator.standard_normal((8, networks.LATENT), dtype=np.float32)
    mean, log_variance = np.split(np.asarray(encoder([images, labels]), float), 2, axis=1)
    z = mean + np.exp(log_variance / 2) * noise
    p = scipy.special.expit(np.asarray(decoder([z, labels]), float))
    fit = (images * np.log(p) + (1 - images) * np.log(1 - p)).sum(axis=(1, 2, 3))
    divergence = 0.5 * (np.exp(log_variance) + mean**2 - 1 - log_variance).sum(axis=1)
    loss = networks.vae_loss(encoder, decoder, tf.constant(images), tf.constant(labels), noise)
    assert float(loss) == pytest.approx((divergence - fit).mean(), rel=1e-4)


def test_the_flow_loss_is_the_mean_square_of_the_way_to_go_from_a_point_on_the_line(batch):
    images, labels, generator = batch
    noise = generator.standard_normal(images.shape, dtype=np.float32)
    times = np.linspace(0, 1, 8, dtype="float32")
    shown = []

    def still(inputs, training):
        shown.append(inputs[0])
        return tf.zeros_like(inputs[0])

    loss = networks.flow_loss(still, images, labels, noise, times)
    assert float(loss) == pytest.approx(((2 * images - 1 - noise) ** 2).mean(), rel=1e-5)
    for point, t, start, end in zip(shown[0], times, noise, 2 * images - 1, strict=True):
        np.testing.assert_allclose(point, start + t * (end - start), atol=1e-5)


def test_a_residual_block_starts_as_the_identity():
    x, condition = keras.Input((7, 7, 8)), keras.Input((64,))
    block = keras.Model([x, condition], networks.residual_block(x, condition))
    generator = np.random.default_rng(0)
    maps = generator.normal(size=(2, 7, 7, 8)).astype("float32")
    steer = generator.normal(size=(2, 64)).astype("float32")
    np.testing.assert_array_equal(block([maps, steer]), maps)


def test_each_part_of_the_velocity_network_can_be_left_out():
    full = networks.velocity_network().count_params()
    places = 49 * 8  # in eight maps, and 40 numbers between
    dense = (64 * 8 + 8) + (places * 40 + 40) + (64 * 40 + 40)
    dense += (40 * places + places) + (8 * 64 + 64)
    assert full - networks.velocity_network(whole=None).count_params() == 2 * dense
    assert full - networks.velocity_network(carry=False).count_params() == 64 + 1


def test_batches_drop_a_tenth_of_the_labels_and_repeat_with_a_seed(digits):
    def some():
        made = training.batches(*digits, np.random.default_rng(3), with_times=True)
        return [next(made) for _ in range(40)]

    one, again = some(), some()
    for first, second in zip(one, again, strict=True):
        for a, b in zip(first, second, strict=True):
            np.testing.assert_array_equal(a, b)
    epoch = np.concatenate([batch[0] for batch in one[:4]])
    ordered = [np.sort(images.reshape(256, -1).sum(axis=1)) for images in (epoch, digits[0])]
    np.testing.assert_allclose(*ordered, rtol=1e-5)  # each digit once
    dropped = np.concatenate([batch[1] == NO_CLASS for batch in one])
    # 2,560 draws: a standard deviation of 0.006, and the margin is five of them.
    assert dropped.mean() == pytest.approx(0.1, abs=0.03)
    times = np.concatenate([batch[3] for batch in one])
    assert times.min() > 0 and times.max() < 1
    assert times.mean() == pytest.approx(0.5, abs=5 * 0.006)  # uniform: five deviations
    assert times.std() == pytest.approx(12**-0.5, abs=0.02)


def test_training_averages_the_weights_and_leaves_the_last_ones(capsys):
    keras.utils.set_random_seed(0)
    network = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, use_bias=False)])
    before = network.get_weights()[0]
    seen = []

    def loss(network, x):
        return tf.reduce_mean((network(x) - 3) ** 2)

    def data():
        while True:
            seen.append(network.get_weights()[0])
            yield (np.ones((4, 1), np.float32),)

    (averaged,) = training.train(loss, [network], data(), steps=5, peak_rate=0.1, lines=5)
    weights, average = [*seen[1:], network.get_weights()[0]], before
    assert (before != weights[-1]).all()
    for n, weight in enumerate(weights):
        share = min(0.999, (1 + n) / (10 + n))
        average = share * average + (1 - share) * weight
    np.testing.assert_allclose(averaged.get_weights()[0], average, rtol=1e-5)
    printed = capsys.readouterr().out.splitlines()
    assert len(printed) == 5 and printed[-1].startswith("step 5/5: loss ")


def test_a_decoder_draws_the_same_digits_with_the_same_seed(digits):
    decoder = networks.vae_networks()[1]
    labels = digits[1][:5]
    images = networks.sample_vae(decoder, labels, seed=5)
    assert images.shape == (5, 28, 28, 1) and images.dtype == np.float32
    np.testing.assert_array_equal(images, networks.sample_vae(decoder, labels, seed=5))
    assert not np.array_equal(images, networks.sample_vae(decoder, labels, seed=6))
