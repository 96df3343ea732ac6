"""Capital letters as a shaky hand would write them: what a network of digits was not made for."""

import numpy as np
import PIL.Image
import PIL.ImageDraw

from cnnbook import checks, preprocessing

# The strokes of capital letters that are not written like a digit (no B, G, I, L, O, S, Z ...), in
# a square with (0, 0) at its top left and (1, 1) at its bottom right corner.
STROKES = {
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

DRAWING_PIXELS = 280  # drawn large and made small: edges are as soft as MNIST's
PEN_SHARES = (0.10, 0.18)  # the pen of MNIST is 2 to 4 of the 20 pixels of a digit wide


def draw(count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return letters as MNIST has its digits, uint8 (count, 28, 28), and their names in turn."""
    generator = np.random.default_rng(checks.seed("seed", seed))
    names = np.resize(list(STROKES), count)
    return np.stack([_write(STROKES[name], generator) for name in names]), names


def _write(strokes: tuple, generator: np.random.Generator) -> np.ndarray:
    """Write a letter that leans, turns and is stretched, each of its corners moved at random."""
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
