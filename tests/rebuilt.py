"""Build the networks that the pages run again in Keras, from what was published."""

import base64

import keras
import numpy as np


def network(description: dict) -> keras.Model:
    """Build the network that `export.describe` wrote down, with the same weights."""
    layers = keras.layers
    makers = {
        "conv": lambda d: layers.Conv2D(
            d["shape"][-1], d["size"], activation=d["activation"], use_bias=d["bias"]
        ),
        "pool": lambda d: layers.MaxPooling2D(d["size"]),
        "dense": lambda d: layers.Dense(
            d["shape"][-1], activation=d["activation"], use_bias=d["bias"]
        ),
        "crop": lambda d: layers.Cropping2D(d["size"]),
        "normalise": lambda d: layers.BatchNormalization(),
        "relu": lambda d: layers.ReLU(),
        "flatten": lambda d: layers.Flatten(),
    }
    inputs = x = keras.Input(shape=tuple(description["input"]))
    halves = np.frombuffer(base64.b64decode(description["weights"]), "<f2").astype(np.float32)
    for written in description["layers"]:
        layer = makers[written["kind"]](written)
        layer.name = written["name"]
        x = layer(x)
        normalises = written["kind"] == "normalise"
        arrays = []
        for array in layer.get_weights()[: 2 if normalises else None]:
            arrays.append(halves[: array.size].reshape(array.shape))
            halves = halves[array.size :]
        if normalises:
            one = np.full(arrays[0].shape, 1 - layer.epsilon, np.float32)
            arrays += [np.zeros_like(one), one]
        layer.set_weights(arrays)
    assert not halves.size
    return keras.Model(inputs, x)
