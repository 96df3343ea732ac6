"""Which pixels count for an answer: five methods, and what is needed to test them.

Images are float arrays (N, H, W, C) with pixels in [0, 1]; classes are the N indices of the outputs
that are explained. Models should give logits: see `attribution.logit_model`.
"""

import warnings

import keras
import numpy as np
import tensorflow as tf
from scipy import stats

from cnnbook import checks, shapes
from cnnbook.training import attribution

CONV2 = shapes.receptive_field([(3, 1), (2, 2), (3, 1)])  # of its units
SQUARES = shapes.ReceptiveField(size=4, jump=2, start=0)  # that occlusion hides


def _scaled(images: np.ndarray) -> np.ndarray:
    if images.dtype.kind != "f":
        raise ValueError(f"images must be floats with pixels from 0 to 1, got {images.dtype}.")
    return images


def input_gradients(model: keras.Model, images: np.ndarray, classes: np.ndarray) -> np.ndarray:
    """Compute how much the output of the class rises for each unit of ink added to a pixel."""
    classes = checks.labels("classes", classes, model.output_shape[-1] - 1)
    gradients = []
    for first in range(0, len(images), attribution.BATCH_SIZE):
        part = slice(first, first + attribution.BATCH_SIZE)
        inputs = tf.constant(_scaled(images[part]))
        with tf.GradientTape() as tape:
            tape.watch(inputs)  # the tape follows weights on its own
            outputs = model(inputs, training=False)
            scores = tf.gather(outputs, classes[part], batch_dims=1)
        gradients.append(tape.gradient(scores, inputs).numpy())
    return np.concatenate(gradients)


def smooth_gradients(
    model: keras.Model, images: np.ndarray, classes: np.ndarray, samples: int = 25, seed: int = 0
) -> np.ndarray:
    """Average the input gradients over noisy copies of each image (Smilkov et al. 2017)."""
    generator, total = np.random.default_rng(seed), np.zeros_like(images)
    for _ in range(samples):
        added = 0.2 * generator.standard_normal(images.shape).astype(images.dtype)
        total += input_gradients(model, images + added, classes)
    return total / samples


def occlusion(
    model: keras.Model, images: np.ndarray, classes: np.ndarray, size: int = 4, fill: float = 0
) -> np.ndarray:
    """Compute how far the output falls when a square hides each place (Zeiler and Fergus 2014).

    Returns (N, rows, columns); the squares are 2 pixels apart, and filled with paper, 0, or ink, 1.
    """
    classes = checks.labels("classes", classes, model.output_shape[-1] - 1)
    rows, columns = (shapes.output_size(side, size, stride=2) for side in images.shape[1:3])
    drops = []
    for image, chosen in zip(images, classes, strict=True):
        hidden = np.repeat(_scaled(image[np.newaxis]), rows * columns + 1, axis=0)
        for place in range(rows * columns):
            top, left = (2 * number for number in divmod(place, columns))
            hidden[place, top : top + size, left : left + size] = fill
        outputs = attribution.outputs_of(model, hidden)[:, chosen]  # the last image is whole
        drops.append((outputs[-1] - outputs[:-1]).reshape(rows, columns))
    return np.stack(drops)


def grad_cam(model: keras.Model, images: np.ndarray, classes: np.ndarray, layer: str) -> np.ndarray:
    """Weigh the maps of a convolution by how much the class asks for them, cut at zero.

    Returns (N, rows, columns) of that layer's maps. Selvaraju et al. (2017), equations 1 and 2.
    """
    classes = checks.labels("classes", classes, model.output_shape[-1] - 1)
    both = keras.Model(model.inputs[0], [model.get_layer(layer).output, model.outputs[0]])
    with tf.GradientTape() as tape:
        maps, outputs = both(_scaled(images), training=False)
        scores = tf.gather(outputs, classes, batch_dims=1)
    alpha = tf.reduce_mean(tape.gradient(scores, maps), axis=(1, 2))
    return tf.nn.relu(tf.einsum("nijk,nk->nij", maps, alpha)).numpy()


def place_on_image(maps: np.ndarray, side: int, field: shapes.ReceptiveField) -> np.ndarray:
    """Enlarge maps (N, n, n) to (N, side, side), linearly, values at the middles of fields."""
    count = maps.shape[1]
    centers = field.start + (field.size - 1) / 2 + field.jump * np.arange(count)
    # Each column of the matrix is what one value becomes along one axis.
    enlarge = np.stack([np.interp(np.arange(side), centers, row) for row in np.eye(count)], axis=1)
    return np.einsum("ri,nij,cj->nrc", enlarge, maps, enlarge)


def explain(
    model: keras.Model, images: np.ndarray, classes: np.ndarray, seed: int = 0
) -> dict[str, np.ndarray]:
    """Explain answers of the article's network by five methods, each as one number a pixel.

    Gradients are without their signs. The seed is that of SmoothGrad's noise, which explanations
    that are compared should not share.
    """
    side = images.shape[1]
    gradient = input_gradients(model, images, classes)
    smooth = smooth_gradients(model, images, classes, samples=10, seed=seed)
    weighed = grad_cam(model, images, classes, "conv2")
    return {
        "gradient": np.abs(gradient).sum(axis=-1),
        "SmoothGrad": np.abs(smooth).sum(axis=-1),
        "gradient x input": np.abs(gradient * images).sum(axis=-1),
        "Grad-CAM": place_on_image(weighed, side, CONV2),
        "occlusion": place_on_image(occlusion(model, images, classes), side, SQUARES),
    }


def edges(images: np.ndarray) -> np.ndarray:
    """Compute how fast the ink changes at each pixel of (N, H, W): it knows no network."""
    return np.hypot(*np.gradient(images, axis=(1, 2)))


def rank_correlation(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Compute Spearman's rank correlation of two explanations of each image; NaN if one is flat."""
    pairs = zip(first, second, strict=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", stats.ConstantInputWarning)
        return np.array([stats.spearmanr(a, b, axis=None).statistic for a, b in pairs])
