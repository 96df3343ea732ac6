"""Random and exact changes of images: shifts, Keras's augmentation layers, affine maps."""

import operator
from collections.abc import Sequence

import numpy as np

# A digit lies in a box of 20 pixels inside 28: it moves this far without losing ink.
SHIFT_PIXELS = 2
# About as far as handwriting leans from one writer to the next.
ROTATION_DEGREES = 15
KINDS = ("crop", "flip", "rotation")


def shift(images: np.ndarray, down: int, right: int) -> np.ndarray:
    """Move images (N, H, W) or (N, H, W, C) by whole pixels; zeros move in, what leaves is lost."""
    height, width = images.shape[1:3]
    down, right = operator.index(down), operator.index(right)  # NumPy's unsigned have no negative
    frame = [(0, 0), (max(down, 0), max(-down, 0)), (max(right, 0), max(-right, 0)), (0, 0)]
    padded = np.pad(images, frame[: images.ndim])
    return padded[:, max(-down, 0) :, max(-right, 0) :][:, :height, :width].copy()


def augmentation_layers(kinds: Sequence[str], seed: int, side: int = 28) -> list:
    r"""Return Keras layers that change each image (N, side, side, C) of a training batch by itself.

    * ``"crop"``: a shift by whole pixels from -2 to 2 in each direction, all equally probable: a
      real number from :math:`[-2.5, 2.5)` is drawn and rounded.
    * ``"flip"``: mirrored left to right with probability 1/2.
    * ``"rotation"``: turned about the centre by an angle drawn evenly from -15 to 15 degrees.
    """
    from keras import layers

    reach = (SHIFT_PIXELS + 0.5) / side
    build = {
        # RandomCrop would give all images of a batch the same window.
        "crop": lambda seed: layers.RandomTranslation(
            reach, reach, fill_mode="constant", interpolation="nearest", seed=seed
        ),
        "flip": lambda seed: layers.RandomFlip("horizontal", seed=seed),
        "rotation": lambda seed: layers.RandomRotation(
            ROTATION_DEGREES / 360, fill_mode="constant", seed=seed
        ),
    }
    if len(set(kinds)) < len(kinds):  # they would share a seed, and change an image twice alike
        raise ValueError(f"kinds must name each change once, got {list(kinds)}.")
    return [build[kind](len(KINDS) * seed + KINDS.index(kind)) for kind in kinds]


def random_affine(
    images: np.ndarray,
    generator: np.random.Generator,
    shift_pixels: float = 0,
    degrees: float = 0,
    zoom: float = 0,
    shear: float = 0,
) -> np.ndarray:
    r"""Turn, lean, stretch and move each image (N, H, W, C) in its own way; zeros move in.

    A new pixel at :math:`u = (x, y)` is read, between four old ones, at :math:`A (u - c) + c + t`:
    :math:`c` the centre, :math:`A` a rotation times a shear and two scales. Angle, shear (columns
    a row leans), shift :math:`t` and the logarithms of the scales are drawn evenly within plus and
    minus the given reach.
    """
    import tensorflow as tf

    count = len(images)
    angle = np.deg2rad(generator.uniform(-degrees, degrees, count))
    scale = np.exp(generator.uniform(-zoom, zoom, (count, 2)))
    lean = generator.uniform(-shear, shear, count)
    moved = generator.uniform(-shift_pixels, shift_pixels, (count, 2))
    cosine, sine, zero = np.cos(angle), np.sin(angle), np.zeros(count)
    turned = np.moveaxis(np.array([[cosine, -sine], [sine, cosine]]), -1, 0)
    leant = np.moveaxis(np.array([[scale[:, 0], lean], [zero, scale[:, 1]]]), -1, 0)
    linear = turned @ leant
    centre = (np.array(images.shape[2:0:-1]) - 1) / 2
    offset = centre - linear @ centre + moved
    rows = [linear[:, 0], offset[:, 0], linear[:, 1], offset[:, 1], zero, zero]
    return tf.raw_ops.ImageProjectiveTransformV3(
        images=tf.constant(images, tf.float32),
        transforms=np.column_stack(rows).astype("float32"),
        output_shape=images.shape[1:3],
        fill_value=0.0,
        interpolation="BILINEAR",
        fill_mode="CONSTANT",
    ).numpy()
