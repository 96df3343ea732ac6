"""Keras models that more than one chapter, or a benchmark, uses."""

from __future__ import annotations

import keras


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
