"""What the chapter "seeing" asks of units: what excites them, and how much of it is linear."""

from collections.abc import Sequence

import keras
import numpy as np
import tensorflow as tf
from sklearn import linear_model

from cnnbook import checks, shapes


def strongest_patches(
    images: np.ndarray, responses: np.ndarray, field: shapes.ReceptiveField, count: int
) -> np.ndarray:
    """Cut out what excites one kernel most: from each image one patch, the strongest first.

    Images (N, H, W) and their maps (N, rows, columns), whose units have this field; what lies
    outside an image is 0. See Zeiler and Fergus (2014).
    """
    checks.integer("count", count, 1, len(images))
    margin = max(field.size, -field.start)
    padded = np.pad(images, ((0, 0), (margin, margin), (margin, margin)))
    patches = []
    for index in np.argsort(-responses.max(axis=(1, 2)), kind="stable")[:count]:
        place = np.unravel_index(responses[index].argmax(), responses.shape[1:])
        top, left = (margin + field.start + field.jump * number for number in place)
        patches.append(padded[index, top : top + field.size, left : left + field.size])
    return np.stack(patches)


def maximise(model: keras.Model, units: Sequence[Sequence[int]], steps: int = 100) -> np.ndarray:
    """Make, by gradient ascent on the pixels, an image that excites each unit.

    A unit is (row, column, channel) of maps, or (unit,) of a dense layer. From faint noise, every
    step moves an image along its gradient (Erhan et al. 2009), shrinks it a little (Simonyan et al.
    2014), and keeps its pixels in [0, 1]. Every fourth step but the last also smooths it (Yosinski
    et al. 2015): else single pixels are left.
    """
    axes = len(model.outputs[0].shape) - 1
    if any(len(unit) != axes for unit in units):
        raise ValueError(f"units must hold {axes} indices for each image, got {units}.")
    places = tf.constant([[number, *unit] for number, unit in enumerate(units)])
    noise = np.random.default_rng(0).random((len(units), *model.inputs[0].shape[1:]))
    images = tf.constant(0.1 * noise, dtype="float32")
    kernel = np.outer([1, 2, 1], [1, 2, 1])[:, :, np.newaxis, np.newaxis] / 16
    kernel = tf.constant(np.repeat(kernel, images.shape[-1], axis=2), dtype="float32")
    for step in range(steps):
        with tf.GradientTape() as tape:
            tape.watch(images)
            score = tf.reduce_sum(tf.gather_nd(model(images, training=False), places))
        gradient = tape.gradient(score, images)
        length = tf.sqrt(tf.reduce_sum(gradient**2, axis=(1, 2, 3), keepdims=True))
        images = 0.98 * images + 0.3 * gradient / (length + 1e-12)
        if step % 4 == 0 and step < steps - 4:
            images = tf.nn.depthwise_conv2d(images, kernel, [1, 1, 1, 1], "SAME")
        images = tf.clip_by_value(images, 0, 1)
    return images.numpy()


def linear_share(inputs: np.ndarray, answers: np.ndarray, held_out: int) -> np.ndarray:
    """Measure how much of each unit's variance the best linear function of its inputs explains.

    Inputs (N, numbers) and answers (N, units), of which the last held_out are only scored; NaN for
    a unit that never varies. A small penalty copes with inputs that never vary.
    """
    x, y = np.asarray(inputs, float), np.asarray(answers, float)
    penalty = 1e-6 * x[:-held_out].var(axis=0).mean() * (len(x) - held_out)
    fit = linear_model.Ridge(penalty).fit(x[:-held_out], y[:-held_out])
    found, wanted = fit.predict(x[-held_out:]), y[-held_out:]
    unexplained, variance = (wanted - found).var(axis=0), wanted.var(axis=0)
    return 1 - unexplained / np.where(variance > 0, variance, np.nan)
