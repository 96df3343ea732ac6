"""Keras models that more than one chapter, or a benchmark, uses."""

from __future__ import annotations

import keras
import numpy as np

from cnnbook import results


def article_network() -> keras.Sequential:
    """Build the article's network, repaired: two convolutions with pooling, two dense layers.

    Input (N, 28, 28, 1) with pixels in [0, 1]; output (N, 10), the probability of each digit;
    225,034 parameters. Weights start at random from Keras's global seed. Not compiled.

    The chapter "Training" builds this model line by line and explains each layer.
    """
    return keras.Sequential(
        [
            keras.Input(shape=(28, 28, 1)),
            keras.layers.Conv2D(32, (3, 3), activation="relu", name="conv1"),
            keras.layers.MaxPooling2D((2, 2), name="pool1"),
            keras.layers.Conv2D(64, (3, 3), activation="relu", name="conv2"),
            keras.layers.MaxPooling2D((2, 2), name="pool2"),
            keras.layers.Flatten(name="flatten"),
            keras.layers.Dense(128, activation="relu", name="dense1"),
            keras.layers.Dense(10, activation="softmax", name="dense2"),
        ],
        name="article_network",
    )


def trained_article_network(
    images: np.ndarray, labels: np.ndarray, epochs: int, seed: int
) -> keras.Sequential:
    """Train a new copy of the article's network, with Adam on batches of 32, in silence.

    Parameters
    ----------
    images : float array of shape (N, 28, 28, 1), pixels in [0, 1]
    labels : integer array of shape (N,), from 0 to 9
    epochs : passes over the images
    seed : seed of the starting weights and of the order of the images

    The chapter "Training" takes the same steps one by one.
    """
    keras.utils.set_random_seed(seed)
    model = article_network()
    model.compile(loss="sparse_categorical_crossentropy", optimizer="adam", metrics=["accuracy"])
    model.fit(images, labels, batch_size=32, epochs=epochs, verbose=0)
    return model


def stored_article_network() -> keras.Sequential:
    """Return the article's network as the chapter "Training" trains it, without training it again.

    Five epochs on the 55,000 digits that are not for validation, seed 0; weights rounded to half
    precision. `benchmarks/article_network.py` stores them, and the chapter holds its own run to
    them. Compiled, so that ``evaluate`` works.
    """
    model = article_network()
    model.compile(loss="sparse_categorical_crossentropy", optimizer="adam", metrics=["accuracy"])
    results.load_weights("article_network", model)
    return model


def blur_pool() -> keras.layers.Layer:
    r"""Return a layer that blurs each map with a binomial kernel and keeps every second pixel.

    The kernel is the outer product of :math:`(1, 2, 1) / 4` with itself; its weights are fixed.
    Input (N, H, W, C), output (N, ceil(H / 2), ceil(W / 2), C). After a max pooling of stride 1 it
    makes the anti-aliased max pooling of Zhang (2019), "Making convolutional networks
    shift-invariant again".
    """
    line = np.array([1, 2, 1], "float32") / 4
    kernel = np.outer(line, line)
    layer = keras.layers.DepthwiseConv2D(
        3,
        strides=2,
        padding="same",
        use_bias=False,
        depthwise_initializer=lambda shape, dtype=None: keras.ops.cast(
            np.broadcast_to(kernel[:, :, None, None], shape), dtype or "float32"
        ),
    )
    layer.trainable = False
    return layer
