"""Random changes of training digits that keep, or should keep, their labels."""

from __future__ import annotations

from collections.abc import Sequence

import keras

# A digit lies in a box of 20 pixels inside 28: it moves this far without losing ink.
SHIFT_PIXELS = 2
# About as far as handwriting leans from one writer to the next.
ROTATION_DEGREES = 15
KINDS = ("crop", "flip", "rotation")


def augmentation_layers(
    kinds: Sequence[str], seed: int, side: int = 28
) -> list[keras.layers.Layer]:
    r"""Return Keras layers that change each digit of a batch at random while a model trains.

    Input and output (N, side, side, C), paper 0; what comes in from outside the picture is 0.
    When ``training=False``, and in ``evaluate`` and ``predict``, the layers change nothing.

    * ``"crop"``: a window of the digit padded by 2 pixels, so a shift by a whole number of pixels
      from -2 to 2 in each direction, all equally probable. The layer draws a real number from
      :math:`[-2.5, 2.5)` and rounds it.
    * ``"flip"``: mirrored left to right with probability 1/2.
    * ``"rotation"``: turned about the centre by an angle drawn evenly from -15 to 15 degrees.

    Parameters
    ----------
    kinds : some of "crop", "flip" and "rotation"; the order is the order of the layers
    seed : whole number of 0 or more; each layer draws from a generator of its own
    side : height and width of the images in pixels

    Raises
    ------
    ValueError
        If kinds holds another word, or one word twice, or seed or side is out of range.

    Notes
    -----
    The layer :class:`keras.layers.RandomCrop` gives all images of a batch the same window, so the
    crop is a :class:`keras.layers.RandomTranslation` here, which draws one shift an image.
    """
    kinds = [kinds] if isinstance(kinds, str) else list(kinds)
    unknown = [kind for kind in kinds if kind not in KINDS]
    if unknown or len(set(kinds)) < len(kinds):
        raise ValueError(f"kinds must hold each of {', '.join(KINDS)} at most once, got {kinds}.")
    for name, value, least in (("seed", seed, 0), ("side", side, 1)):
        if isinstance(value, bool) or not isinstance(value, int) or value < least:
            raise ValueError(f"{name} must be a whole number of {least} or more, got {value!r}.")
    reach = (SHIFT_PIXELS + 0.5) / side
    angle = ROTATION_DEGREES / 360
    build = {
        "crop": lambda seed: keras.layers.RandomTranslation(
            reach, reach, fill_mode="constant", interpolation="nearest", seed=seed
        ),
        "flip": lambda seed: keras.layers.RandomFlip("horizontal", seed=seed),
        "rotation": lambda seed: keras.layers.RandomRotation(
            angle, fill_mode="constant", seed=seed
        ),
    }
    return [build[kind](len(KINDS) * seed + KINDS.index(kind)) for kind in kinds]
