"""The article's network in NumPy: its answers, its gradients and a training step.

Weights are a dict from a name, such as ``conv1_kernel``, to an array of the shape that Keras
gives it, in Keras's order. Everything else is a function of `cnnbook.ops`.
"""

from __future__ import annotations

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


def initial_weights(seed: int, dtype: str = "float32") -> Weights:
    r"""Draw starting weights as Keras does: kernels by Glorot's rule, biases zero.

    Kernels are uniform in :math:`\pm\sqrt{6 / (n_{in} + n_{out})}`, where :math:`n_{in}` and
    :math:`n_{out}` count the values that a unit receives and reaches.

    Parameters
    ----------
    seed : an integer of 0 or more
    dtype : "float32" or "float64"

    Source: Glorot and Bengio (2010), "Understanding the difficulty of training deep feedforward
    neural networks", equation 16.
    """
    generator = np.random.default_rng(seed)
    weights = {}
    for name, shape in SHAPES.items():
        if name.endswith("bias"):
            weights[name] = np.zeros(shape, dtype)
        else:
            window = int(np.prod(shape[:-2]))  # 1 for a dense layer
            limit = np.sqrt(6 / (window * (shape[-2] + shape[-1])))
            weights[name] = generator.uniform(-limit, limit, shape).astype(dtype)
    return weights


def weights_from_keras(arrays: Sequence[np.ndarray]) -> Weights:
    """Name the arrays of ``model.get_weights()`` of the article's network; refuse any others."""
    arrays = [np.array(array) for array in arrays]
    if [array.shape for array in arrays] != list(SHAPES.values()):
        raise ValueError(
            "arrays must be those of the article's network, of the shapes "
            f"{list(SHAPES.values())}, got {[array.shape for array in arrays]}."
        )
    return dict(zip(SHAPES, arrays, strict=True))


def forward(weights: Weights, images: np.ndarray) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Compute the logits of images, and keep what the backward pass needs.

    Parameters
    ----------
    weights : the network's weights
    images : float array of shape (N, 28, 28, 1), pixels in [0, 1], of the weights' dtype

    Returns
    -------
    logits : array of shape (N, 10); ``ops.softmax`` turns them into probabilities
    kept : what each layer received, by the layer's name, and the sums before each ReLU

    Raises
    ------
    TypeError, ValueError
        If images is not as above.
    """
    if not isinstance(images, np.ndarray) or images.shape[1:] != (28, 28, 1):
        got = getattr(images, "shape", type(images).__name__)
        raise ValueError(f"images must be an array of shape (N, 28, 28, 1), got {got}.")
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


def loss_and_gradients(
    weights: Weights, images: np.ndarray, labels: np.ndarray
) -> tuple[float, Weights]:
    """Compute the mean cross-entropy of a batch and its gradient with respect to every weight.

    Parameters
    ----------
    weights : the network's weights
    images : float array of shape (N, 28, 28, 1)
    labels : integer array of shape (N,), from 0 to 9

    Returns
    -------
    loss : the mean over the batch, in nats
    gradients : a dict with the names and shapes of weights

    Source: backpropagation, Rumelhart, Hinton and Williams (1986), "Learning representations by
    back-propagating errors".
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


def adam_step(
    weights: Weights,
    gradients: Weights,
    moments: tuple[Weights, Weights],
    step: int,
    learning_rate: float = 0.001,
    beta_1: float = 0.9,
    beta_2: float = 0.999,
    epsilon: float = 1e-7,
) -> None:
    r"""Move the weights by one step of Adam, in place, as ``keras.optimizers.Adam`` does.

    .. math::

        m \leftarrow \beta_1 m + (1 - \beta_1) g

    .. math::

        v \leftarrow \beta_2 v + (1 - \beta_2) g^2

    .. math::

        w \leftarrow w - \alpha \frac{\sqrt{1 - \beta_2^t}}{1 - \beta_1^t}\,
            \frac{m}{\sqrt{v} + \epsilon}

    Parameters
    ----------
    weights, gradients : dicts with the same names and shapes
    moments : the running means :math:`m` of the gradient and :math:`v` of its square, as two
        dicts like weights, zeros before the first step; changed in place
    step : :math:`t`, 1 at the first step
    learning_rate, beta_1, beta_2, epsilon : :math:`\alpha, \beta_1, \beta_2, \epsilon`

    Raises
    ------
    ValueError
        If step is not 1 or more.

    Source: Kingma and Ba (2015), "Adam: a method for stochastic optimization", section 2.
    """
    if step < 1:
        raise ValueError(f"step must be 1 or more, counted from 1, got {step}.")
    means, squares = moments
    rate = learning_rate * np.sqrt(1 - beta_2**step) / (1 - beta_1**step)
    for name, gradient in gradients.items():
        means[name] += (1 - beta_1) * (gradient - means[name])
        squares[name] += (1 - beta_2) * (gradient**2 - squares[name])
        weights[name] -= rate * means[name] / (np.sqrt(squares[name]) + epsilon)


def zero_moments(weights: Weights) -> tuple[Weights, Weights]:
    """Return Adam's two running means before the first step: zeros shaped like the weights."""
    return tuple({name: np.zeros_like(array) for name, array in weights.items()} for _ in range(2))


def train_epoch(
    weights: Weights,
    moments: tuple[Weights, Weights],
    images: np.ndarray,
    labels: np.ndarray,
    seed: int,
    batch_size: int = 32,
    steps_done: int = 0,
) -> float:
    """Train on every example once, in random order, with Adam; weights and moments change.

    Parameters
    ----------
    weights, moments : as in `adam_step`
    images : float array of shape (N, 28, 28, 1)
    labels : integer array of shape (N,)
    seed : seed of the order
    batch_size : examples a step; the last batch may be smaller
    steps_done : Adam's steps before this epoch

    Returns
    -------
    The mean loss over the epoch, in nats.
    """
    if len(images) != len(labels):
        raise ValueError(
            f"images and labels must have one length, got {len(images)} and {len(labels)}."
        )
    order = np.random.default_rng(seed).permutation(len(images))
    total = 0.0
    for number, start in enumerate(range(0, len(order), batch_size), start=steps_done + 1):
        batch = order[start : start + batch_size]
        loss, gradients = loss_and_gradients(weights, images[batch], labels[batch])
        adam_step(weights, gradients, moments, number)
        total += loss * len(batch)
    return total / len(order)
