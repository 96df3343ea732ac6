"""Turn a picture of one digit, a photo or a drawing, into what a network trained on MNIST expects.

MNIST was made by scaling each digit to fit a 20 x 20 box, keeping its proportions, and placing it
in a 28 x 28 field by its centre of mass (LeCun et al. 1998, section III.A).
"""

import os
import pathlib

import numpy as np
import PIL.Image
import PIL.ImageOps

FIELD_PIXELS = 28
BOX_PIXELS = 20
CENTER_PIXEL = 14  # where the centre of mass of MNIST's digits lies, counted from 0

# Ink is whatever differs from paper by this share of the picture's strongest contrast: less lets
# the noise of a photograph through, more eats the soft edges of strokes.
INK_THRESHOLD = 0.15
SMALLEST_CONTRAST = 0.15  # of full scale

Picture = str | os.PathLike | PIL.Image.Image | np.ndarray


def prepare_digit(picture: Picture) -> np.ndarray:
    """Crop, scale and centre a picture of one digit the way MNIST was made.

    A file, a Pillow image or a uint8 array (height, width) becomes uint8 of shape (28, 28): 0 for
    paper, 255 for the darkest ink.
    """
    ink = find_ink(read_gray(picture))
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    digit = ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    factor = BOX_PIXELS / max(digit.shape)
    height, width = (max(1, round(side * factor)) for side in digit.shape)
    filters = PIL.Image.Resampling
    small = PIL.Image.fromarray(np.uint8(255 * digit)).resize(
        (width, height), filters.BOX if factor < 1 else filters.BILINEAR
    )
    small = np.asarray(small, dtype=float)
    small = small * (255 / small.max())
    field = np.zeros((FIELD_PIXELS, FIELD_PIXELS), np.uint8)
    top, left = (centering_offset(small.sum(axis=axis)) for axis in (1, 0))
    field[top : top + height, left : left + width] = np.round(small)
    return field


def read_gray(picture: Picture) -> np.ndarray:
    """Read a picture as gray values, from 0 (black) to 1 (white), of shape (height, width)."""
    if isinstance(picture, np.ndarray):
        if picture.dtype != np.uint8 or picture.ndim != 2 or picture.size == 0:
            raise ValueError(
                "picture must be a uint8 array of shape (height, width), "
                f"got {picture.dtype} of shape {picture.shape}."
            )
        return picture / 255
    if isinstance(picture, (str, os.PathLike)):
        file = pathlib.Path(picture)
        if not file.is_file():
            raise FileNotFoundError(f"picture must be an image file, and there is none at {file}.")
        try:
            with PIL.Image.open(file) as picture:
                picture.load()
        except (OSError, ValueError, SyntaxError, PIL.Image.DecompressionBombError) as error:
            raise ValueError(f"picture must be an image, and {file} is not: {error}.") from None
    if not isinstance(picture, PIL.Image.Image):
        kind = type(picture).__name__
        raise TypeError(f"picture must be a path, a Pillow image or a uint8 array, got {kind}.")
    # Phones store a photo as the sensor saw it and note how it was held.
    picture = PIL.ImageOps.exif_transpose(picture)
    if picture.mode.startswith(("I", "F")):
        picture = _to_8_bits(picture)
    # Transparent pixels are paper.
    paper = PIL.Image.new("RGBA", picture.size, "white")
    flat = PIL.Image.alpha_composite(paper, picture.convert("RGBA"))
    return np.asarray(flat.convert("L")) / 255


def _to_8_bits(picture: PIL.Image.Image) -> PIL.Image.Image:
    """Scale a picture of 16 or 32 bits, which Pillow would clip, by what its file format allows."""
    values = np.asarray(picture, dtype=float)
    if not np.isfinite(values).all() or values.min() < 0 or values.max() > 65_535:
        raise ValueError("picture must have finite gray values from 0 to 65,535.")
    full_scale = next(scale for scale in (1, 255, 65_535) if values.max() <= scale)
    return PIL.Image.fromarray(np.uint8(np.round(255 / full_scale * values)))


def find_ink(gray: np.ndarray) -> np.ndarray:
    """Separate the pen from the paper, which the border shows: 0 for paper, 1 for full ink."""
    border = np.concatenate([gray[0], gray[-1], gray[:, 0], gray[:, -1]])
    ink = np.abs(gray - np.median(border))
    if ink.max() < SMALLEST_CONTRAST:
        raise ValueError(
            "picture must show a digit that stands out from its background, "
            f"got one whose strongest contrast is {ink.max():.2f} of full scale."
        )
    ink = ink / ink.max()
    return np.where(ink < INK_THRESHOLD, 0, ink)


def centering_offset(ink_by_line: np.ndarray) -> int:
    """Say where, by the ink in each row (or column), a digit begins if it is centred by mass."""
    center = np.average(np.arange(len(ink_by_line)), weights=ink_by_line)
    # A digit with a long tail may not leave the field.
    return int(np.clip(round(CENTER_PIXEL - center), 0, FIELD_PIXELS - len(ink_by_line)))
