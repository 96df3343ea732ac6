"""Pictures that a network trained on handwritten digits was not made for, drawn from a seed.

No data set is read, but for the photographs that scikit-learn ships and the fonts of Matplotlib.
"""

import pathlib

import matplotlib
import numpy as np
import PIL.Image
import PIL.ImageDraw
import PIL.ImageFont
import sklearn.datasets

from cnnbook import checks, preprocessing
from cnnbook.applications import letters

FONTS = tuple(
    f"DejaVu{family}{style}"
    for family, styles in (
        ("Sans", ("", "-Bold", "-Oblique", "-BoldOblique")),
        ("SansMono", ("", "-Bold", "-Oblique", "-BoldOblique")),
        ("Serif", ("", "-Bold", "-Italic", "-BoldItalic")),
    )
    for style in styles
)
PATCH_PIXELS = 112  # a patch of a photograph is cut so large, then made 28 pixels wide


def strangers(digits: np.ndarray, seed: int) -> dict[str, np.ndarray]:
    """Return four kinds of strangers, as many of each as digits are given to be shuffled."""
    return {
        "letters": letters.draw(len(digits), seed)[0],
        "noise": noise(len(digits), seed),
        "shuffled": shuffled(digits, seed),
        "photographs": photograph_patches(len(digits), seed),
    }


def printed_digits() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the digits in each font, scaled and centred as MNIST's, their labels and fonts."""
    folder = pathlib.Path(matplotlib.get_data_path()) / "fonts" / "ttf"
    images = []
    for font in FONTS:
        face = PIL.ImageFont.truetype(str(folder / f"{font}.ttf"), 160)
        for digit in range(10):
            canvas = PIL.Image.new("L", (280, 280), 255)
            PIL.ImageDraw.Draw(canvas).text((80, 40), str(digit), fill=0, font=face)
            images.append(preprocessing.prepare_digit(canvas))
    labels = np.tile(np.arange(10, dtype=np.uint8), len(FONTS))
    return np.stack(images), labels, np.repeat(FONTS, 10)


def noise(count: int, seed: int) -> np.ndarray:
    """Draw pixels that know nothing of each other, uniform from 0 to 255; (count, 28, 28)."""
    generator = np.random.default_rng(checks.seed("seed", seed))
    return generator.integers(0, 256, (count, 28, 28), dtype=np.uint8)


def shuffled(images: np.ndarray, seed: int) -> np.ndarray:
    """Put the pixels of each image in an order of its own: the same ink, and no strokes."""
    count, height, width = images.shape
    generator = np.random.default_rng(checks.seed("seed", seed))
    return generator.permuted(images.reshape(count, height * width), axis=1).reshape(images.shape)


def photograph_patches(count: int, seed: int) -> np.ndarray:
    """Cut grey squares (count, 28, 28) out of two photographs in turn, at random places."""
    generator = np.random.default_rng(checks.seed("seed", seed))
    photographs = [
        PIL.Image.fromarray(sklearn.datasets.load_sample_image(name)).convert("L")
        for name in ("china.jpg", "flower.jpg")
    ]
    patches = np.empty((count, 28, 28), np.uint8)
    for number, patch in enumerate(patches):
        photograph = photographs[number % 2]
        left, top = (int(generator.integers(side - PATCH_PIXELS)) for side in photograph.size)
        square = photograph.crop((left, top, left + PATCH_PIXELS, top + PATCH_PIXELS))
        patch[:] = square.resize((28, 28), PIL.Image.Resampling.BOX)
    return patches
