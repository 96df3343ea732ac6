"""Digits out of noise, by following the velocity that a trained flow says.

Flow matching (Lipman et al., 2023; Liu et al., 2023) with classifier-free guidance (Ho and
Salimans, 2022). The chapter "Turn noise into digits with a flow" derives both.
"""

from collections.abc import Callable

import keras
import numpy as np
import tensorflow as tf

from cnnbook import checks

NO_CLASS = 10  # the label that stands for "any digit"
AT_ONCE = 250  # digits, to save memory
MARGIN = 0.05  # of the pixels' range, below paper and above ink: what ends there is made clean


def integrate(velocity: Callable, x: np.ndarray, steps: int, method: str):
    """Follow dx/dt = velocity(x, t) from t = 0 to t = 1 in equal steps."""
    if method not in ("euler", "heun", "midpoint"):
        raise ValueError(f"method must be a solver's name, got {method!r}.")
    width = 1 / checks.integer("steps", steps)
    for number in range(steps):
        t = number * width
        here = velocity(x, t)
        if method == "heun":
            there = velocity(x + width * here, t + width)
            here = (here + there) / 2
        elif method == "midpoint":
            here = velocity(x + width / 2 * here, t + width / 2)
        x = x + width * here
    return x


def guided_velocity(network: keras.Model, labels: np.ndarray, guidance: float) -> Callable:
    """Return v(x, none) + guidance (v(x, label) - v(x, none)), a function of x and a time.

    Labels are digits or ``NO_CLASS``; with guidance 1 the network is asked once, not twice.
    """
    guidance = checks.number("guidance", guidance)
    labels = tf.constant(checks.labels("labels", labels, NO_CLASS), tf.int32)

    def velocity(x, t):
        x, times = tf.constant(x, tf.float32), tf.fill(labels.shape, np.float32(t))
        towards = network([x, times, labels], training=False)
        if guidance != 1:
            free = network([x, times, tf.fill(labels.shape, NO_CLASS)], training=False)
            towards = free + guidance * (towards - free)
        return keras.ops.convert_to_numpy(towards)

    return velocity


def sample_flow(
    network, labels, seed, steps=16, guidance=1.0, method="euler", margin=MARGIN
) -> np.ndarray:
    """Draw a digit for each of the labels: float32 (N, 28, 28, 1) in the levels of a scan."""
    noise = np.random.default_rng(checks.seed("seed", seed))
    noise = noise.standard_normal((len(labels), 28, 28, 1), np.float32)
    drawn = []
    for part in (slice(n, n + AT_ONCE) for n in range(0, len(labels), AT_ONCE)):
        velocity = guided_velocity(network, labels[part], guidance)
        drawn.append(integrate(velocity, noise[part], steps, method))
    return to_levels((np.concatenate(drawn) + 1) / 2, margin)


def to_levels(images: np.ndarray, margin: float = 0.0) -> np.ndarray:
    """Spread pixels from [0, 1] by a margin, clip, and round to the 256 levels of a scan."""
    images = (1 + 2 * margin) * images - margin
    return (np.round(255 * np.clip(images, 0, 1)) / 255).astype(np.float32)
