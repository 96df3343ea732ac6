"""Where digits stand: moved at random, and on a larger canvas."""

import numpy as np

from cnnbook import transforms


def shift_randomly(images: np.ndarray, largest: int, generator: np.random.Generator) -> np.ndarray:
    """Move each image (N, H, W, C) down and right by its own draws from -largest to largest."""
    shifts = generator.integers(-largest, largest, size=(2, len(images)), endpoint=True).T
    moved = np.empty_like(images)
    for place, (down, right) in enumerate(shifts):
        moved[place] = transforms.shift(images[place : place + 1], down, right)[0]
    return moved


def on_canvas(images: np.ndarray, side: int) -> np.ndarray:
    """Put images (N, H, W, C) in the middle of squares of zeros (N, side, side, C)."""
    margins = [side - size for size in images.shape[1:3]]
    return np.pad(images, [(0, 0), *((margin // 2, -(-margin // 2)) for margin in margins), (0, 0)])
