"""Give a trained network to the book's pages, where JavaScript runs it.

A network is rounded to half precision once, so that chapter and page share one, and published as
the output of a cell, which Sphinx reads when it builds the book (``_ext/live.py``).
"""

import base64
from collections.abc import Sequence

import keras
import numpy as np

from cnnbook import data

MIME_TYPE = "application/vnd.cnnbook.network+json"


def round_to_half(model: keras.Model) -> float:
    r"""Round the weights, in place, to numbers that 16 bits can hold; return the largest change.

    A batch normalisation keeps the two numbers a channel that it amounts to once it is trained,
    :math:`a = \gamma / \sqrt{\sigma^2 + \epsilon}` and :math:`b = \beta - a \mu`: as its gamma and
    beta, with a mean of 0 and a variance that gives a divisor of 1.
    """
    largest = 0.0
    for layer in model.layers:
        exact = _weights(layer)
        halves = [array.astype(np.float16).astype(np.float32) for array in exact]
        for before, after in zip(exact, halves, strict=True):
            if not np.isfinite(after).all():
                raise ValueError(
                    f"model must have finite weights of at most {np.finfo(np.float16).max:,.0f}, "
                    f"got {np.abs(before).max():g} in {layer.name}."
                )
            largest = max(largest, float(np.abs(after - before).max(initial=0)))
        _set_weights(layer, halves)
    return largest


def _weights(layer: keras.layers.Layer) -> list[np.ndarray]:
    """Return what a page needs of a layer: its weights, or a normalisation's scale and shift."""
    if not isinstance(layer, keras.layers.BatchNormalization):
        return layer.get_weights()
    gamma, beta, mean, variance = (array.astype(np.float64) for array in layer.get_weights())
    scale = gamma / np.sqrt(variance + layer.epsilon)
    return [scale.astype(np.float32), (beta - scale * mean).astype(np.float32)]


def _set_weights(layer: keras.layers.Layer, arrays: list[np.ndarray]) -> None:
    if isinstance(layer, keras.layers.BatchNormalization):
        one = np.full(arrays[0].shape, 1 - layer.epsilon, np.float32)
        arrays = [*arrays, np.zeros_like(one), one]
    layer.set_weights(arrays)


def _describe_layer(layer: keras.layers.Layer) -> dict:
    """Say in plain words what a layer computes, if a page can."""
    layers, activation = keras.layers, getattr(layer, "activation", None)
    can, kind = True, {}
    match layer:
        case layers.Conv2D():
            size, other = layer.kernel_size
            plain = (layer.padding, layer.strides, layer.dilation_rate, layer.groups)
            can = size == other and plain == ("valid", (1, 1), (1, 1), 1)
            kind = {"kind": "conv", "size": size, "bias": layer.use_bias}
        case layers.MaxPooling2D():
            size = layer.pool_size[0]
            can = layer.padding == "valid" and layer.pool_size == layer.strides == (size, size)
            kind = {"kind": "pool", "size": size}
        case layers.Dense():
            can = layer.input.ndim == 2
            kind = {"kind": "dense", "bias": layer.use_bias}
        case layers.Cropping2D():
            (size, *_), _ = layer.cropping
            can = layer.cropping == ((size, size), (size, size))
            kind = {"kind": "crop", "size": size}
        case layers.BatchNormalization():
            can = layer.axis in (-1, layer.output.ndim - 1)
            kind = {"kind": "normalise"}
        case layers.ReLU():
            can = not (layer.max_value or layer.negative_slope or layer.threshold)
            kind, activation = {"kind": "relu"}, keras.activations.relu
        case layers.Flatten():
            kind = {"kind": "flatten"}
    named = activation.__name__ if activation else "linear"
    if not (kind and can and named in ("linear", "relu", "softmax")):
        raise ValueError(f"The pages cannot run {layer.name}, a {type(layer).__name__} so set.")
    return {
        "name": layer.name,
        **kind,
        "activation": named,
        "shape": list(layer.output.shape[1:]),
        "parameters": int(layer.count_params()),
    }


def describe(model: keras.Model) -> dict:
    """Write a rounded network down: the shape of its input, its layers, and its weights.

    The weights are base64 of all, 16 bits each, little-endian: kernel before bias, scale before
    shift, each in Keras's order of axes.
    """
    layers = [layer for layer in model.layers if not isinstance(layer, keras.layers.InputLayer)]
    parts = [(layer, array) for layer in layers for array in _weights(layer)]
    for layer, array in parts:
        if not np.array_equal(array.astype(np.float16).astype(np.float32), array):
            raise ValueError(f"{layer.name} has weights of 32 bits: call round_to_half first.")
    weights = b"".join(array.astype("<f2").tobytes() for _, array in parts)
    return {
        "input": list(model.input_shape[1:]),
        "layers": [_describe_layer(layer) for layer in layers],
        "weights": base64.b64encode(weights).decode("ascii"),
    }


def publish(
    name: str,
    model: keras.Model,
    examples: dict[str, tuple[Sequence[int], np.ndarray, np.ndarray]] | None = None,
) -> None:
    """Show a network as the output of a cell, from where the book's pages take it.

    Examples are groups of test digits to offer: their places in the test set, images, and labels.
    """
    from IPython.display import display

    network = describe(model)
    for _, images, _ in (examples or {}).values():
        data.scale_pixels(images)  # which refuses what is not raw pixels
    groups = {
        group: [
            {"index": int(index), "label": int(label), "pixels": base64.b64encode(image).decode()}
            for index, image, label in zip(*digits, strict=True)
        ]
        for group, digits in (examples or {}).items()
    }
    count = sum(array.size for layer in model.layers for array in _weights(layer))
    told = f"{name}: {count:,} weights of 2 bytes, {count / 500:,.0f} kB for the playground"
    named = data.OTHER_FILE and data.CLASSES
    shown = {"name": name, **network, "examples": groups, "classes": named}
    display({MIME_TYPE: shown, "text/plain": told}, raw=True)
