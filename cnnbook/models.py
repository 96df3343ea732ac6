"""Keras models that more than one chapter, or a benchmark, uses."""

import keras
import numpy as np

from cnnbook import results


def article_network() -> keras.Sequential:
    """Build the article's network, repaired: two convolutions with pooling, two dense layers.

    From (N, 28, 28, 1) with pixels in [0, 1] to (N, 10), the probability of each digit; 225,034
    parameters. Weights start at random from Keras's global seed. Not compiled.
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
    """Train a new copy with Adam on batches of 32, in silence, as the chapter "Training" does.

    Images are floats (N, 28, 28, 1) in [0, 1]; the seed fixes the starting weights and the order.
    """
    keras.utils.set_random_seed(seed)
    model = article_network()
    model.compile(loss="sparse_categorical_crossentropy", optimizer="adam", metrics=["accuracy"])
    model.fit(images, labels, batch_size=32, epochs=epochs, verbose=0)
    return model


def stored_article_network() -> keras.Sequential:
    """Return the article's network as `benchmarks/article_network.py` trained it: five epochs.

    It learned from the 55,000 digits that are not for validation. Compiled.
    """
    model = article_network()
    model.compile(loss="sparse_categorical_crossentropy", optimizer="adam", metrics=["accuracy"])
    results.load_weights("article_network", model)
    return model


def blur_pool() -> keras.layers.Layer:
    r"""Return a layer that blurs each map with :math:`(1, 2, 1) / 4` both ways, then halves it.

    From (N, H, W, C) to (N, ceil(H / 2), ceil(W / 2), C), with fixed weights. After a max pooling
    of stride 1 it makes the anti-aliased max pooling of Zhang (2019), "Making convolutional
    networks shift-invariant again".
    """
    line = np.array([1, 2, 1], "float32") / 4
    kernel = np.outer(line, line)[:, :, np.newaxis, np.newaxis]
    return keras.layers.DepthwiseConv2D(
        3,
        strides=2,
        padding="same",
        use_bias=False,
        depthwise_initializer=lambda shape, dtype=None: np.broadcast_to(kernel, shape),
        trainable=False,
    )
