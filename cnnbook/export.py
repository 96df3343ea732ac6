"""Give a trained network to the book's pages, where JavaScript runs it.

A chapter rounds its network to half precision right after training, so that the chapter and the
page share one network, and then publishes it: as the output of a cell, which Sphinx reads when it
builds the book (``_ext/live.py``). Nothing is written to disk.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence

import keras
import numpy as np

MIME_TYPE = "application/vnd.cnnbook.network+json"


def round_to_half(model: keras.Model) -> float:
    r"""Round a network's weights, in place, to numbers that 16 bits can hold.

    A batch normalisation keeps the two numbers a channel that it amounts to once it is trained,
    :math:`a = \gamma / \sqrt{\sigma^2 + \epsilon}` and :math:`b = \beta - a \mu`: as its gamma and
    beta, with a mean of 0 and a variance that gives a divisor of 1.

    Parameters
    ----------
    model : a built network; it is changed

    Returns
    -------
    float : the largest change of any weight

    Raises
    ------
    ValueError
        If a weight is too large for half precision, or not finite.
    """
    largest = 0.0
    for layer in model.layers:
        exact = [np.asarray(array) for array in _weights(layer)]
        halves = [array.astype(np.float16).astype(np.float32) for array in exact]
        for before, after in zip(exact, halves, strict=True):
            if not np.isfinite(after).all():
                raise ValueError(
                    f"model must have finite weights of at most {np.finfo(np.float16).max:,.0f}, "
                    f"got {np.abs(before).max():g} in {layer.name}."
                )
            largest = max(largest, float(np.abs(after - before).max(initial=0)))
        if isinstance(layer, keras.layers.BatchNormalization):
            scale, shift = halves
            one = np.full(scale.shape, 1 - layer.epsilon, np.float32)
            layer.set_weights([scale, shift, np.zeros_like(scale), one])
        elif halves:
            layer.set_weights(halves)
    return largest


def _weights(layer: keras.layers.Layer) -> list[np.ndarray]:
    """Return what a page needs of a layer: its weights, or a normalisation's scale and shift."""
    if not isinstance(layer, keras.layers.BatchNormalization):
        return layer.get_weights()
    gamma, beta, mean, variance = (array.astype(np.float64) for array in layer.get_weights())
    scale = gamma / np.sqrt(variance + layer.epsilon)
    return [scale.astype(np.float32), (beta - scale * mean).astype(np.float32)]


def _describe_layer(layer: keras.layers.Layer) -> dict:
    """Say in plain words what a layer computes."""
    layers = keras.layers
    activation = getattr(layer, "activation", None)
    activation = activation.__name__ if activation is not None else "linear"
    if isinstance(layer, layers.Conv2D):
        if layer.padding != "valid" or layer.strides != (1, 1) or layer.dilation_rate != (1, 1):
            raise ValueError(f"{layer.name} must be a convolution without stride and padding.")
        kind = {"kind": "conv", "size": layer.kernel_size[0], "bias": layer.use_bias}
        if layer.kernel_size[0] != layer.kernel_size[1]:
            raise ValueError(f"{layer.name} must have a square kernel, got {layer.kernel_size}.")
    elif isinstance(layer, layers.MaxPooling2D):
        size = layer.pool_size[0]
        if layer.padding != "valid" or not layer.pool_size == layer.strides == (size, size):
            raise ValueError(f"{layer.name} must pool square windows that do not overlap.")
        kind = {"kind": "pool", "size": size}
    elif isinstance(layer, layers.Dense):
        kind = {"kind": "dense", "bias": layer.use_bias}
    elif isinstance(layer, layers.Cropping2D):
        (top, bottom), (left, right) = layer.cropping
        if len({top, bottom, left, right}) != 1:
            raise ValueError(f"{layer.name} must crop all sides alike, got {layer.cropping}.")
        kind = {"kind": "crop", "size": top}
    elif isinstance(layer, layers.BatchNormalization):
        kind = {"kind": "normalise"}
    elif isinstance(layer, layers.ReLU):
        kind, activation = {"kind": "relu"}, "relu"
    elif isinstance(layer, layers.Flatten):
        kind = {"kind": "flatten"}
    else:
        raise ValueError(
            f"The pages cannot run a layer of the kind {type(layer).__name__} ({layer.name})."
        )
    return {
        "name": layer.name,
        **kind,
        "activation": activation,
        "shape": list(layer.output.shape[1:]),
        "parameters": int(layer.count_params()),
    }


def describe(model: keras.Model) -> dict:
    """Write a network down: its layers, and all its weights in 16 bits each.

    Parameters
    ----------
    model : a network whose weights `round_to_half` has rounded

    Returns
    -------
    dict with "input" (the shape of an image), "layers" (what each computes, in order) and "weights"
        (base64 of all weights, half precision, little-endian: kernel before bias, scale before
        shift, each in Keras's order of axes)

    Raises
    ------
    ValueError
        If a weight would change when it is stored, or a page could not run a layer.
    """
    layers, parts = [], []
    for layer in model.layers:
        if isinstance(layer, keras.layers.InputLayer):
            continue
        layers.append(_describe_layer(layer))
        for array in _weights(layer):
            halves = array.astype("<f2")
            if not np.array_equal(halves.astype(np.float32), array):
                raise ValueError(f"{layer.name} has weights of 32 bits: call round_to_half first.")
            parts.append(halves.tobytes())
    weights = base64.b64encode(b"".join(parts)).decode("ascii")
    return {"input": list(model.input_shape[1:]), "layers": layers, "weights": weights}


def rebuild(description: dict) -> keras.Model:
    """Build the Keras network that `describe` wrote down, with the same weights."""
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
        arrays = []
        for array in layer.get_weights()[: 2 if written["kind"] == "normalise" else None]:
            arrays.append(halves[: array.size].reshape(array.shape))
            halves = halves[array.size :]
        if written["kind"] == "normalise":
            one = np.full(arrays[0].shape, 1 - layer.epsilon, np.float32)
            arrays += [np.zeros_like(arrays[0]), one]
        layer.set_weights(arrays)
    if halves.size:
        raise ValueError(f"description must hold the weights of its layers: {halves.size} are left")
    return keras.Model(inputs, x)


def publish(
    name: str,
    model: keras.Model,
    examples: dict[str, tuple[Sequence[int], np.ndarray, np.ndarray]] | None = None,
) -> None:
    """Show a network as the output of a cell, from where the book's pages take it.

    Parameters
    ----------
    name : what the pages call it
    model : as in `describe`
    examples : test digits to offer beside it, a name for each group of them: their places in the
        test set, the uint8 images of shape (N, 28, 28) and the N labels
    """
    from IPython.display import display

    network = describe(model)
    groups = {
        group: [
            {
                "index": int(index),
                "label": int(label),
                "pixels": base64.b64encode(np.ascontiguousarray(image).tobytes()).decode("ascii"),
            }
            for index, image, label in zip(*digits, strict=True)
        ]
        for group, digits in (examples or {}).items()
    }
    size = len(base64.b64decode(network["weights"]))
    told = f"{name}: {size // 2:,} weights of 2 bytes, {size / 1000:,.0f} kB for the playground"
    bundle = {MIME_TYPE: {"name": name, **network, "examples": groups}, "text/plain": told}
    display(bundle, raw=True)
