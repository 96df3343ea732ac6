"""The article's network in NumPy: its answers, its gradients, and Adam's step.

Weights are a dict from a name, such as ``conv1_kernel``, to an array of the shape that Keras
gives it, in Keras's order. Everything else is a function of `cnnbook.ops`.
"""

from collections.abc import Sequence

import numpy as np

from cnnbook import ops

SHAPES = {
    "conv1_kernel": (3, 3, 1, 32),
    "conv1_bias": (32,),
    "conv2_kernel": (3, 3, 32, 64),
    "conv2_bias": (64,),
    "dense1_kernel": (1600, 128),
    "dense1_bias": (128,),
    "dense2_kernel": (128, 10),
    "dense2_bias": (10,),
}

Weights = dict[str, np.ndarray]


def weights_from_keras(arrays: Sequence[np.ndarray]) -> Weights:
    """Name the arrays of ``model.get_weights()`` of the article's network; refuse any others."""
    if [np.shape(array) for array in arrays] != list(SHAPES.values()):
        raise ValueError(
            "arrays must be those of the article's network, of the shapes "
            f"{list(SHAPES.values())}, got {[np.shape(array) for array in arrays]}."
        )
    return {name: np.array(array) for name, array in zip(SHAPES, arrays, strict=True)}


def forward(weights: Weights, images: np.ndarray) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Compute the logits (N, 10) of images (N, 28, 28, 1), and what the backward pass needs.

    Kept is what each layer received, by the layer's name, and the sums before each ReLU.
    """
    kept = {"conv1": images}
    kept["relu1"] = ops.conv(images, weights["conv1_kernel"]) + weights["conv1_bias"]
    kept["pool1"] = ops.relu(kept["relu1"])
    kept["conv2"] = ops.max_pool(kept["pool1"], 2)
    kept["relu2"] = ops.conv(kept["conv2"], weights["conv2_kernel"]) + weights["conv2_bias"]
    kept["pool2"] = ops.relu(kept["relu2"])
    kept["flatten"] = ops.max_pool(kept["pool2"], 2)
    kept["dense1"] = kept["flatten"].reshape(len(images), -1)
    kept["relu3"] = kept["dense1"] @ weights["dense1_kernel"] + weights["dense1_bias"]
    kept["dense2"] = ops.relu(kept["relu3"])
    logits = kept["dense2"] @ weights["dense2_kernel"] + weights["dense2_bias"]
    return logits, kept


def mean_loss(weights: Weights, images: np.ndarray, labels: np.ndarray) -> float:
    """Compute the mean cross-entropy of images, in nats."""
    logits, _ = forward(weights, images)
    return ops.sparse_categorical_crossentropy(labels, logits, from_logits=True).mean()


def loss_and_gradients(
    weights: Weights, images: np.ndarray, labels: np.ndarray
) -> tuple[float, Weights]:
    """Compute the mean cross-entropy of a batch and its gradient with respect to every weight.

    Backpropagation, as in Rumelhart, Hinton and Williams (1986).
    """
    logits, kept = forward(weights, images)
    loss = ops.sparse_categorical_crossentropy(labels, logits, from_logits=True).mean()
    upstream = ops.sparse_categorical_crossentropy_backward(labels, logits) / len(images)
    gradients = {}

    def through_dense(upstream, layer):
        gradients[f"{layer}_kernel"] = kept[layer].T @ upstream
        gradients[f"{layer}_bias"] = upstream.sum(axis=0)
        return upstream @ weights[f"{layer}_kernel"].T

    def through_conv(upstream, layer):
        d_inputs, gradients[f"{layer}_kernel"] = ops.conv_backward(
            upstream, kept[layer], weights[f"{layer}_kernel"]
        )
        gradients[f"{layer}_bias"] = upstream.sum(axis=(0, 1, 2))
        return d_inputs

    upstream = through_dense(upstream, "dense2")
    upstream = ops.relu_backward(upstream, kept["relu3"])
    upstream = through_dense(upstream, "dense1")
    upstream = upstream.reshape(kept["flatten"].shape)
    upstream = ops.max_pool_backward(upstream, kept["pool2"], 2)
    upstream = ops.relu_backward(upstream, kept["relu2"])
    upstream = through_conv(upstream, "conv2")
    upstream = ops.max_pool_backward(upstream, kept["pool1"], 2)
    upstream = ops.relu_backward(upstream, kept["relu1"])
    through_conv(upstream, "conv1")
    return float(loss), {name: gradients[name] for name in weights}


def adam(weight: np.ndarray, gradient: np.ndarray, memory: dict, rate: float) -> np.ndarray:
    """Take one step of Adam (Kingma and Ba 2015), with Keras's defaults; memory starts empty."""
    step = memory["step"] = memory.get("step", 0) + 1
    mean = 0.9 * memory.get("mean", 0) + 0.1 * gradient
    square = 0.999 * memory.get("square", 0) + 0.001 * gradient**2
    memory["mean"], memory["square"] = mean, square
    rate = rate * (1 - 0.999**step) ** 0.5 / (1 - 0.9**step)
    return weight - rate * mean / (np.sqrt(square) + 1e-7)
