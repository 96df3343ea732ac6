"""Batches of digits with noise, and the loop that trains a generator on them."""

from collections.abc import Callable, Iterator, Sequence

import keras
import numpy as np
import tensorflow as tf

from cnnbook import checks, classifiers
from cnnbook.applications.flow import NO_CLASS
from cnnbook.generation.networks import CLASSES
from cnnbook.generation.scores import check_pixels

BATCH_SIZE = 64
DROPPED = 0.1  # the share of labels that a flow does not see


def batches(
    images: np.ndarray,
    labels: np.ndarray,
    generator: np.random.Generator,
    noise_shape: Sequence[int] = (28, 28, 1),
    with_times: bool = False,
) -> Iterator[tuple]:
    """Yield 64 images (B, 28, 28, 1), int32 labels and normal noise each, without end.

    With times, a flow's batches: also times, uniform in [0, 1), and a tenth of the labels replaced
    by ``NO_CLASS``. What an epoch leaves over of a batch is skipped.
    """
    check_pixels(images)
    labels = checks.labels("labels", labels, CLASSES - 1).astype(np.int32)
    if not BATCH_SIZE <= len(images) == len(labels):
        raise ValueError(
            f"images must be {BATCH_SIZE} or more with a label each, "
            f"got {len(images)} with {len(labels)} labels."
        )
    while True:
        order = generator.permutation(len(images))
        for start in range(0, len(order) - BATCH_SIZE + 1, BATCH_SIZE):
            some = order[start : start + BATCH_SIZE]
            noise = generator.standard_normal((BATCH_SIZE, *noise_shape), dtype=np.float32)
            batch = images[some], labels[some], noise
            if with_times:
                batch += (generator.random(BATCH_SIZE, dtype=np.float32),)
                batch[1][generator.random(BATCH_SIZE) < DROPPED] = NO_CLASS
            yield batch


def train(
    loss: Callable,
    networks: Sequence[keras.Model],
    data: Iterator[tuple],
    steps: int,
    peak_rate: float = 0.002,
    lines: int = 0,
) -> list[keras.Model]:
    r"""Take steps of Adam down a loss, and return the networks with averages of their weights.

    The average is :math:`a \leftarrow d\,a + (1 - d)\,w` with d = min(0.999, (1 + n) / (10 + n)) at
    step n, so that it forgets its start. ``networks`` themselves keep their last weights w.
    ``loss`` takes the networks and a batch's tensors; ``lines`` of progress are printed.
    """
    averaged = [keras.models.clone_model(network) for network in networks]
    for average, network in zip(averaged, networks, strict=True):
        average.set_weights(network.get_weights())
    averages = [weight for network in averaged for weight in network.trainable_variables]
    weights = [weight for network in networks for weight in network.trainable_variables]
    optimizer = keras.optimizers.Adam(classifiers.one_cycle(peak_rate, steps, 0.1), beta_2=0.99)
    optimizer.build(weights)

    @tf.function(reduce_retracing=True, autograph=False)
    def step(share, *batch):
        with tf.GradientTape() as tape:
            value = loss(*networks, *batch)
        gradients = tape.gradient(value, [weight.value for weight in weights])
        optimizer.apply_gradients(zip(gradients, weights, strict=True))
        for average, weight in zip(averages, weights, strict=True):
            average.assign_add(share * (weight.value - average.value))
        return value

    losses = []
    for n in range(steps):
        share = np.float32(1 - min(0.999, (1 + n) / (10 + n)))
        losses.append(float(step(share, *next(data))))
        if lines and (n + 1) % (steps // lines) == 0:
            print(f"step {n + 1}/{steps}: loss {np.mean(losses[-(steps // lines) :]):.4f}")
    return averaged
