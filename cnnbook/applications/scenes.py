"""Scenes of several handwritten digits on clutter, with a box a digit and a class a pixel.

A scene is built from the digits that the caller passes, so that scenes of training digits and
scenes of test digits never share one.
"""

from __future__ import annotations

import dataclasses

import numpy as np
import PIL.Image

from cnnbook import checks

SCENE_PIXELS = 96
MAX_DIGITS = 6
# The class, in a mask, of a pixel that belongs to no digit.
BACKGROUND = 10

# What the longer side of a digit is enlarged to, in pixels: MNIST's own 20 to twice as many. The
# ink may end a pixel or two earlier or later.
SIZES = (20, 40)
# A pixel belongs to a digit where the pen covers more than half of it.
INK_THRESHOLD = 0.5
# How bright ink is, and the pieces of strokes on the ground; on a scale from 0 to 1.
INK_BRIGHTNESS = (0.6, 1)
CLUTTER_BRIGHTNESS = (0.3, 0.6)
# The standard deviation of the noise, on that scale. The edge of a stroke is blurred over two
# pixels or so: noise of 0.04 would hide where it runs from any reader, and with it the mask.
NOISE = 0.01
MAX_IOU = 0.05
LEAST_VISIBLE = 0.9
PLACING_TRIES = 30


@dataclasses.dataclass(frozen=True)
class Scenes:
    """Pictures and what is in them; N scenes, each with at most six digits.

    Parameters
    ----------
    images : uint8 array of shape (N, 96, 96), light ink on a dark ground
    boxes : float32 array of shape (N, 6, 4): x_min, y_min, x_max, y_max, the edges of the smallest
        box around a digit's ink in pixels from the top left corner; zeros in an unused row
    labels : int8 array of shape (N, 6): the digit in each box, -1 in an unused row
    masks : uint8 array of shape (N, 96, 96): the class of each pixel, 0 to 9 for the ink of a digit
        that can be seen, ``BACKGROUND`` (10) elsewhere
    digits : int32 array of shape (N, 6): the place of each digit in the array that the scenes were
        drawn from, -1 in an unused row
    """

    images: np.ndarray
    boxes: np.ndarray
    labels: np.ndarray
    masks: np.ndarray
    digits: np.ndarray

    def __len__(self) -> int:
        """Return the number of scenes."""
        return len(self.images)


def draw_scenes(
    images: np.ndarray,
    labels: np.ndarray,
    count: int,
    seed: int,
    max_digits: int = MAX_DIGITS,
    min_digits: int = 1,
) -> Scenes:
    """Draw scenes of 1 to 6 digits, of varying size and brightness, on clutter.

    Each digit is enlarged until the longer side of its box has about 20 to 40 pixels, and laid at a
    random place over what is there. Two boxes overlap by an intersection over union of 0.05 at
    most, and nine tenths of each digit's ink stay visible; a digit that finds no such place in 30
    tries is left out. The ground is uneven; on it lie pieces of 7 to 12 pixels cut from digits,
    darker than a digit; a little noise lies over all.

    Parameters
    ----------
    images : uint8 array of shape (M, 28, 28), ink 255, to draw digits and clutter from
    labels : integer array of shape (M,), from 0 to 9
    count : number of scenes, 1 or more
    seed : seed of every random choice. With one seed, a larger count begins with the same scenes
    max_digits : each scene is asked for min_digits to this number of digits, all equally probable;
        at most 6
    min_digits : 1 or more

    Raises
    ------
    TypeError
        If images is not a uint8 array or labels not an array of integers, or another argument is
        not an integer.
    ValueError
        If a shape, a label or a number is out of range, or a chosen image has no ink, or only some
        so faint and thin that it vanishes when it is enlarged.
    """
    _check(images, labels, count, seed, max_digits, min_digits)
    generator = np.random.default_rng(seed)
    side = SCENE_PIXELS
    scenes = Scenes(
        images=np.empty((count, side, side), np.uint8),
        boxes=np.zeros((count, MAX_DIGITS, 4), np.float32),
        labels=np.full((count, MAX_DIGITS), -1, np.int8),
        masks=np.full((count, side, side), BACKGROUND, np.uint8),
        digits=np.full((count, MAX_DIGITS), -1, np.int32),
    )
    for scene in range(count):
        picture = _ground(generator)
        _add_clutter(picture, images, generator)
        wanted = int(generator.integers(min_digits, max_digits + 1))
        placed = _place_digits(picture, images, generator, wanted)
        for row, (digit, box, visible) in enumerate(placed):
            scenes.boxes[scene, row] = box
            scenes.labels[scene, row] = labels[digit]
            scenes.masks[scene][visible] = labels[digit]
            scenes.digits[scene, row] = digit
        picture += NOISE * generator.standard_normal(picture.shape, np.float32)
        scenes.images[scene] = np.round(255 * picture.clip(0, 1))
    return scenes


def _check(
    images: object, labels: object, count: int, seed: int, max_digits: int, min_digits: int
) -> None:
    """Refuse arguments that no scene can be drawn from."""
    for name, value in (("images", images), ("labels", labels)):
        if not isinstance(value, np.ndarray):
            raise TypeError(f"{name} must be a NumPy array, got {type(value).__name__}.")
    if images.dtype != np.uint8:
        raise TypeError(f"images must be a uint8 array of shape (M, 28, 28), got {images.dtype}.")
    if images.ndim != 3 or images.shape[1:] != (28, 28):
        raise ValueError(
            f"images must be a uint8 array of shape (M, 28, 28), got the shape {images.shape}."
        )
    if not len(images) or labels.shape != (len(images),):
        raise ValueError(
            "labels must have one entry for each image, of which there must be one or more, "
            f"got {len(images)} images and labels of shape {labels.shape}."
        )
    checks.labels("labels", labels, 9)
    checks.integer("count", count)
    # Not at most 2**32 - 1, as elsewhere: NumPy's generator takes any, and training needs larger.
    checks.integer("seed", seed, least=0)
    checks.integer("max_digits", max_digits, most=MAX_DIGITS)
    checks.integer("min_digits", min_digits, most=max_digits)


def _resize(picture: np.ndarray, height: int, width: int) -> np.ndarray:
    """Resize a float picture (H, W) bilinearly; values stay in their range."""
    image = PIL.Image.fromarray(picture.astype(np.float32))
    return np.asarray(image.resize((width, height), PIL.Image.Resampling.BILINEAR))


def _ground(generator: np.random.Generator) -> np.ndarray:
    """Return a dark ground (96, 96) whose brightness changes slowly from place to place."""
    coarse = generator.uniform(0, 0.25) + generator.uniform(0, 0.2, (4, 4))
    return _resize(coarse, SCENE_PIXELS, SCENE_PIXELS).copy()


def _blend(picture: np.ndarray, ink: np.ndarray, top: int, left: int, brightness: float) -> None:
    """Lay ink, of coverage 0 to 1, over the picture, in place."""
    height, width = ink.shape
    under = picture[top : top + height, left : left + width]
    under += ink * (brightness - under)


def _add_clutter(picture: np.ndarray, images: np.ndarray, generator: np.random.Generator) -> None:
    """Lay pieces cut from digits over the picture: strokes that belong to no digit."""
    for _ in range(generator.integers(4, 11)):
        side = int(generator.integers(7, 13))
        # The middle of the image, where the ink is.
        row, column = generator.integers(5, 24 - side, 2)
        piece = images[generator.integers(len(images)), row : row + side, column : column + side]
        top, left = generator.integers(0, SCENE_PIXELS - side, 2)
        _blend(picture, piece / 255, top, left, generator.uniform(*CLUTTER_BRIGHTNESS))


def _place_digits(
    picture: np.ndarray, images: np.ndarray, generator: np.random.Generator, wanted: int
) -> list[tuple[int, tuple[int, int, int, int], np.ndarray]]:
    """Lay digits over the picture; return, for each, its place, box and visible pixels."""
    owner = np.full(picture.shape, -1)  # which digit's ink is on top
    placed, boxes, inked, visible = [], [], [], np.empty(0, int)
    for _ in range(wanted):
        digit = int(generator.integers(len(images)))
        ink = _sized_digit(images, digit, int(generator.integers(SIZES[0], SIZES[1] + 1)))
        covered = ink > INK_THRESHOLD
        height, width = ink.shape
        for _ in range(PLACING_TRIES):
            top = int(generator.integers(SCENE_PIXELS - height + 1))
            left = int(generator.integers(SCENE_PIXELS - width + 1))
            box = (left, top, left + width, top + height)
            if any(_iou(box, other) > MAX_IOU for other in boxes):
                continue
            under = owner[top : top + height, left : left + width]
            remaining = visible - np.bincount(under[covered] + 1, minlength=len(boxes) + 1)[1:]
            if np.all(remaining >= LEAST_VISIBLE * np.array(inked)):
                under[covered] = len(boxes)
                _blend(picture, ink, top, left, generator.uniform(*INK_BRIGHTNESS))
                placed.append(digit)
                boxes.append(box)
                inked.append(np.count_nonzero(covered))
                visible = np.append(remaining, inked[-1])
                break
    return [
        (digit, box, owner == place)
        for place, (digit, box) in enumerate(zip(placed, boxes, strict=True))
    ]


def _sized_digit(images: np.ndarray, digit: int, longer_side: int) -> np.ndarray:
    """Return a digit's coverage (H, W), cut to its ink, with its longer side as asked for."""
    image = images[digit] / 255
    if not (image > INK_THRESHOLD).any():
        raise ValueError(f"images must each show a digit, got no ink in image {digit}.")
    row_range, column_range = _extent(image > INK_THRESHOLD)
    rows, columns = np.ptp(row_range) + 1, np.ptp(column_range) + 1
    zoom = longer_side / max(rows, columns)
    large = _resize(image, round(28 * zoom), round(28 * zoom))
    # A stroke that is faint and thin can vanish between the pixels of the larger image.
    if not (large > INK_THRESHOLD).any():
        raise ValueError(
            "images must each show a digit that can be enlarged, "
            f"got too faint or too thin ink in image {digit}."
        )
    (top, bottom), (left, right) = _extent(large > INK_THRESHOLD)
    return large[top : bottom + 1, left : right + 1]


def _extent(covered: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the first and last row, and the first and last column, that hold ink."""
    rows, columns = np.flatnonzero(covered.any(axis=1)), np.flatnonzero(covered.any(axis=0))
    return rows[[0, -1]], columns[[0, -1]]


def _iou(one: tuple[int, ...], other: tuple[int, ...]) -> float:
    """Return the intersection over union of two boxes (x_min, y_min, x_max, y_max)."""
    width = min(one[2], other[2]) - max(one[0], other[0])
    height = min(one[3], other[3]) - max(one[1], other[1])
    shared = max(width, 0) * max(height, 0)
    areas = [(box[2] - box[0]) * (box[3] - box[1]) for box in (one, other)]
    return shared / (sum(areas) - shared)
