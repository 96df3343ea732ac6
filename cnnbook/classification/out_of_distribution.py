"""Pictures that a network trained on handwritten digits was not made for.

Everything is drawn or cut when it is asked for, from a seed: no data set is read, but for the two
photographs that scikit-learn ships and the fonts that Matplotlib ships.
"""

from __future__ import annotations

import pathlib

import numpy as np
import PIL.Image
import PIL.ImageDraw
import PIL.ImageFont

from cnnbook import checks, preprocessing

FIELD_PIXELS = preprocessing.FIELD_PIXELS

# The strokes of capital letters that are not written like a digit (no B, G, I, L, O, S, Z ...), in
# a square with (0, 0) at its top left and (1, 1) at its bottom right corner.
LETTER_STROKES = {
    "A": (((0.05, 1), (0.5, 0), (0.95, 1)), ((0.22, 0.62), (0.78, 0.62))),
    "E": (((0.85, 0), (0.1, 0), (0.1, 1), (0.85, 1)), ((0.1, 0.5), (0.7, 0.5))),
    "F": (((0.85, 0), (0.1, 0), (0.1, 1)), ((0.1, 0.5), (0.7, 0.5))),
    "H": (((0.1, 0), (0.1, 1)), ((0.9, 0), (0.9, 1)), ((0.1, 0.5), (0.9, 0.5))),
    "K": (((0.1, 0), (0.1, 1)), ((0.85, 0), (0.1, 0.55)), ((0.35, 0.4), (0.9, 1))),
    "M": (((0, 1), (0.12, 0), (0.5, 0.65), (0.88, 0), (1, 1)),),
    "N": (((0.1, 1), (0.1, 0), (0.9, 1), (0.9, 0)),),
    "R": (
        ((0.1, 1), (0.1, 0), (0.6, 0), (0.82, 0.12), (0.82, 0.38), (0.6, 0.5), (0.1, 0.5)),
        ((0.45, 0.5), (0.9, 1)),
    ),
    "T": (((0.05, 0), (0.95, 0)), ((0.5, 0), (0.5, 1))),
    "W": (((0, 0), (0.25, 1), (0.5, 0.35), (0.75, 1), (1, 0)),),
    "X": (((0.1, 0), (0.9, 1)), ((0.9, 0), (0.1, 1))),
    "Y": (((0.08, 0), (0.5, 0.48), (0.92, 0)), ((0.5, 0.48), (0.5, 1))),
}

# Letters are drawn large and made small, so that their edges are as soft as MNIST's.
DRAWING_PIXELS = 280
# The pen of MNIST is 2 to 4 of the 20 pixels of a digit wide.
PEN_SHARES = (0.10, 0.18)

FONTS = tuple(
    f"DejaVu{family}{style}.ttf"
    for family, styles in (
        ("Sans", ("", "-Bold", "-Oblique", "-BoldOblique")),
        ("SansMono", ("", "-Bold", "-Oblique", "-BoldOblique")),
        ("Serif", ("", "-Bold", "-Italic", "-BoldItalic")),
    )
    for style in styles
)

# A patch of a photograph is cut so large, then made 28 pixels wide.
PATCH_PIXELS = 112


def letters(count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Draw capital letters as a shaky hand would, scaled and centred as MNIST's digits are.

    Each corner of a stroke is moved at random, the letter leans, turns and is stretched, and the
    width of the pen varies. The letters take turns, in the order of ``LETTER_STROKES``.

    Parameters
    ----------
    count : letters to draw, 1 or more
    seed : seed of all random numbers

    Returns
    -------
    images, names
        uint8 array of shape (count, 28, 28), 0 for paper and 255 for the darkest ink; array of
        shape (count,) of one-character strings

    Raises
    ------
    TypeError
        If count or seed is no integer.
    ValueError
        If count is below 1, or seed is not from 0 to 2**32 - 1.
    """
    count, seed = checks.integer("count", count), checks.seed("seed", seed)
    generator = np.random.default_rng(seed)
    names = np.resize(list(LETTER_STROKES), count)
    images = np.stack([_draw_letter(LETTER_STROKES[name], generator) for name in names])
    return images, names


def _draw_letter(strokes: tuple, generator: np.random.Generator) -> np.ndarray:
    """Draw one letter with its own jitter; uint8 (28, 28)."""
    angle, lean = generator.uniform(-0.15, 0.15), generator.uniform(-0.2, 0.2)
    stretch = np.exp(generator.uniform(-0.25, 0.1))
    turned = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    matrix = turned @ np.array([[stretch, lean], [0, 1]])
    side = 0.5 * DRAWING_PIXELS
    width = round(side * generator.uniform(*PEN_SHARES))
    canvas = PIL.Image.new("L", (DRAWING_PIXELS, DRAWING_PIXELS), 255)
    pen = PIL.ImageDraw.Draw(canvas)
    for stroke in strokes:
        corners = np.array(stroke) - 0.5 + generator.normal(0, 0.035, (len(stroke), 2))
        corners = corners @ matrix.T * side + DRAWING_PIXELS / 2
        pen.line([tuple(corner) for corner in corners], fill=0, width=width, joint="curve")
        for x, y in corners:  # round ends
            half = width / 2
            pen.ellipse((x - half, y - half, x + half, y + half), fill=0)
    return preprocessing.prepare_digit(canvas)


def printed_digits(fonts: tuple[str, ...] = FONTS) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Print the ten digits in fonts that Matplotlib ships, scaled and centred as MNIST's are.

    Parameters
    ----------
    fonts : names of files among Matplotlib's TrueType fonts

    Returns
    -------
    images, labels, names
        uint8 array of shape (10 F, 28, 28); uint8 array of shape (10 F,), the digits from 0 to 9
        for each font in turn; array of shape (10 F,), the font without its ending

    Raises
    ------
    ValueError
        If there are no fonts, or there is no such file.
    """
    import matplotlib

    folder = pathlib.Path(matplotlib.get_data_path()) / "fonts" / "ttf"
    if not fonts:
        raise ValueError("fonts must name one file or more, got none.")
    images, names = [], []
    for font in fonts:
        if not (folder / font).is_file():
            raise ValueError(f"fonts must name files in {folder}, got {font!r}.")
        face = PIL.ImageFont.truetype(folder / font, 160)
        for digit in range(10):
            canvas = PIL.Image.new("L", (DRAWING_PIXELS, DRAWING_PIXELS), 255)
            PIL.ImageDraw.Draw(canvas).text((80, 40), str(digit), fill=0, font=face)
            images.append(preprocessing.prepare_digit(canvas))
            names.append(font.removesuffix(".ttf"))
    labels = np.tile(np.arange(10, dtype=np.uint8), len(fonts))
    return np.stack(images), labels, np.array(names)


def noise(count: int, seed: int) -> np.ndarray:
    """Draw pixels that know nothing of each other, uniform from 0 to 255.

    Returns
    -------
    uint8 array of shape (count, 28, 28)

    Raises
    ------
    TypeError
        If count or seed is no integer.
    ValueError
        If count is below 1, or seed is not from 0 to 2**32 - 1.
    """
    count, seed = checks.integer("count", count), checks.seed("seed", seed)
    generator = np.random.default_rng(seed)
    return generator.integers(0, 256, (count, FIELD_PIXELS, FIELD_PIXELS), dtype=np.uint8)


def shuffled(images: np.ndarray, seed: int) -> np.ndarray:
    """Put the pixels of each image in a random order of its own: the same ink, and no strokes.

    Parameters
    ----------
    images : array of shape (N, height, width)
    seed : seed of the orders

    Returns
    -------
    array of the shape and type of ``images``

    Raises
    ------
    TypeError
        If the images do not hold numbers, or the seed is none.
    ValueError
        If the images have other axes, or the seed is out of range.
    """
    images = checks.array("images", images, "uif", "(N, height, width)")
    seed = checks.seed("seed", seed)
    count, height, width = images.shape
    flat = images.reshape(count, height * width)
    return np.random.default_rng(seed).permuted(flat, axis=1).reshape(images.shape)


def photograph_patches(count: int, seed: int) -> np.ndarray:
    """Cut squares out of scikit-learn's two sample photographs, in grey, at random places.

    Parameters
    ----------
    count : patches, 1 or more; every second one is from the second photograph
    seed : seed of the places

    Returns
    -------
    uint8 array of shape (count, 28, 28), 0 for black and 255 for white

    Raises
    ------
    TypeError
        If count or seed is no integer.
    ValueError
        If count is below 1, or seed is not from 0 to 2**32 - 1.
    """
    import sklearn.datasets

    count, seed = checks.integer("count", count), checks.seed("seed", seed)
    generator = np.random.default_rng(seed)
    photographs = [
        PIL.Image.fromarray(sklearn.datasets.load_sample_image(name)).convert("L")
        for name in ("china.jpg", "flower.jpg")
    ]
    patches = np.empty((count, FIELD_PIXELS, FIELD_PIXELS), np.uint8)
    for number, patch in enumerate(patches):
        photograph = photographs[number % 2]
        left, top = (int(generator.integers(side - PATCH_PIXELS)) for side in photograph.size)
        square = photograph.crop((left, top, left + PATCH_PIXELS, top + PATCH_PIXELS))
        patch[:] = square.resize((FIELD_PIXELS, FIELD_PIXELS), PIL.Image.Resampling.BOX)
    return patches
