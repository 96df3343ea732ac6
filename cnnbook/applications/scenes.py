"""Scenes of several handwritten digits on clutter, with a box a digit and a class a pixel."""

import dataclasses

import numpy as np
import PIL.Image
import scipy.ndimage

from cnnbook import checks
from cnnbook.applications import boxes

SCENE_PIXELS = 96
MAX_DIGITS = 6
BACKGROUND = 10  # the class, in a mask, of a pixel that belongs to no digit
INK_THRESHOLD = 0.5  # a pixel belongs to a digit where the pen covers more than this of it
MAX_IOU, LEAST_VISIBLE = 0.05, 0.9  # of two boxes; the share of a digit's ink


@dataclasses.dataclass(frozen=True)
class Scenes:
    """Pictures and what is in them; N scenes, 96 pixels wide, or `larger` times that."""

    images: np.ndarray  # uint8 (N, 96, 96), light ink on a dark ground
    boxes: np.ndarray  # float32 (N, digits, 4): x_min, y_min, x_max, y_max; 0 if unused
    labels: np.ndarray  # int8 (N, digits): the digit in each box; -1 if unused
    masks: np.ndarray  # uint8 (N, 96, 96): the digit whose ink a pixel shows, or BACKGROUND

    def __len__(self) -> int:
        """Count the scenes."""
        return len(self.images)


def draw_scenes(
    images: np.ndarray, labels: np.ndarray, count: int, seed: int, min_digits: int = 1, larger=1
) -> Scenes:
    """Draw scenes of min_digits to six digits of MNIST, uint8 (M, 28, 28); some find no place.

    larger : how many times 96 pixels a side has; of its square as many digits and as much clutter
    """
    labels = checks.labels("labels", labels, 9)
    if (images.dtype, *images.shape) != (np.uint8, len(labels), 28, 28):
        wanted, got = f"uint8 ({len(labels)}, 28, 28)", f"{images.dtype} {images.shape}"
        raise ValueError(f"images must be one for each label, {wanted}, got {got}.")
    checks.integer("count", count)
    times = checks.integer("larger", larger) ** 2
    side, most = larger * SCENE_PIXELS, times * MAX_DIGITS
    checks.integer("min_digits", min_digits, most=most)
    generator = np.random.default_rng(checks.integer("seed", seed, least=0))
    scenes = Scenes(
        np.empty((count, side, side), np.uint8),
        np.zeros((count, most, 4), np.float32),
        np.full((count, most), -1, np.int8),
        np.full((count, side, side), BACKGROUND, np.uint8),
    )
    for scene in range(count):
        coarse = generator.uniform(0, 0.25) + generator.uniform(0, 0.2, (4 * larger, 4 * larger))
        picture = _resized(coarse, side)
        # Clutter: strokes that belong to no digit.
        for _ in range(generator.integers(4 * times, 10 * times + 1)):
            size = generator.integers(7, 13)
            row, left = generator.integers(5, 24 - size, 2)  # the middle, where the ink is
            piece = images[generator.integers(len(images)), row : row + size, left : left + size]
            place = generator.integers(0, side - size, 2)
            _blend(picture, piece / 255, *place, generator.uniform(0.3, 0.6))
        wanted = generator.integers(min_digits, most + 1)
        placed = _place_digits(picture, images, generator, wanted)
        for row, (digit, box, visible) in enumerate(placed):
            scenes.boxes[scene, row] = box
            scenes.labels[scene, row] = labels[digit]
            scenes.masks[scene][visible] = labels[digit]
        picture += 0.01 * generator.standard_normal(picture.shape, np.float32)
        scenes.images[scene] = np.round(255 * picture.clip(0, 1))
    return scenes


def _resized(picture: np.ndarray, side: int) -> np.ndarray:
    image = PIL.Image.fromarray(picture.astype(np.float32))
    return np.array(image.resize((side, side), PIL.Image.Resampling.BILINEAR))


def _blend(picture: np.ndarray, ink: np.ndarray, top: int, left: int, brightness: float) -> None:
    under = picture[top : top + ink.shape[0], left : left + ink.shape[1]]
    under += ink * (brightness - under)


def _place_digits(picture, images, generator, wanted: int) -> list[tuple]:
    """Lay digits over the picture; return, for each, its number, box and visible pixels."""
    owner = np.full(picture.shape, -1)  # which digit's ink is on top
    digits, placed, inked = [], np.zeros((0, 4)), []
    for _ in range(wanted):
        digit = generator.integers(len(images))
        ink = _sized_digit(images, digit, generator.integers(20, 41))
        covered = ink > INK_THRESHOLD
        for _ in range(30):
            top, left = (generator.integers(len(picture) - side + 1) for side in ink.shape)
            bottom, right = top + ink.shape[0], left + ink.shape[1]
            box = np.array([[left, top, right, bottom]], float)
            if (boxes.overlaps(box, placed) > MAX_IOU).any():
                continue
            after = owner.copy()
            after[top:bottom, left:right][covered] = len(digits)
            visible = np.bincount(after[after >= 0], minlength=len(digits) + 1)[: len(digits)]
            if (visible >= LEAST_VISIBLE * np.array(inked)).all():
                owner, placed = after, np.concatenate([placed, box])
                _blend(picture, ink, top, left, generator.uniform(0.6, 1))
                digits, inked = [*digits, digit], [*inked, np.count_nonzero(covered)]
                break
    return [(digit, placed[n], owner == n) for n, digit in enumerate(digits)]


def _sized_digit(images: np.ndarray, digit: int, longer_side: int) -> np.ndarray:
    """Return a digit's coverage (H, W), enlarged and cut to its ink."""
    rows, columns = _extent(images[digit] / 255, digit)
    zoom = longer_side / max(rows.stop - rows.start, columns.stop - columns.start)
    large = _resized(images[digit] / 255, round(28 * zoom))
    return large[_extent(large, digit)]


def _extent(picture: np.ndarray, digit: int) -> tuple[slice, slice]:
    """Return the rows and columns with ink; a faint and thin stroke can vanish when enlarged."""
    if not (found := scipy.ndimage.find_objects((picture > INK_THRESHOLD).astype(int))):
        raise ValueError(f"images must each show a digit, got too little ink in image {digit}.")
    return found[0]
