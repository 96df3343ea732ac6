"""The room of the chapter on style: painting in stages, a ruler of patches.

Pictures are those of `cnnbook.applications.painting`.
"""

from collections.abc import Sequence

import keras
import numpy as np

from cnnbook.applications import painting


def transfer(
    network: keras.Model,
    content: np.ndarray,
    style: np.ndarray,
    heights: Sequence[int],
    evaluations: Sequence[int],
    **options,
) -> tuple[np.ndarray, list[dict[str, float]]]:
    """Paint small first, then larger, and return the picture and the losses with their heights.

    A larger picture begins with the smaller one, and the details that this could not hold.
    ``options`` are those of `cnnbook.applications.painting.make_losses`.
    """
    picture, history = None, []
    for height, count in zip(heights, evaluations, strict=True):
        start = wanted = painting.resize(content, height)
        if picture is not None:
            coarse = painting.resize(painting.resize(content, len(picture)), height)
            start = np.clip(painting.resize(picture, height) + wanted - coarse, 0, 1)
        losses = painting.make_losses(network, wanted, painting.resize(style, height), **options)
        picture, parts = painting.optimise_image(losses, start, count)
        history += [{"height": height} | one for one in parts]
    return picture, history


def patch_distance(first: np.ndarray, second: np.ndarray, side: int = 7) -> float:
    """Say how far the patches of two pictures are apart, wherever they lie, in units of a pixel.

    The sliced Wasserstein distance of order 1: patches of side times side pixels are projected onto
    128 random directions of length 1, and the sorted projections are compared.
    """
    directions = np.random.default_rng(0).normal(size=(3 * side * side, 128))
    directions /= np.linalg.norm(directions, axis=0)
    shares = (np.arange(512) + 0.5) / 512
    lists = []
    for picture in (first, second):
        windows = np.lib.stride_tricks.sliding_window_view(
            painting.check_picture(picture), (side, side), axis=(0, 1)
        )
        patches = windows.reshape(-1, 3 * side * side)
        lists.append(np.quantile(patches @ directions, shares, axis=0))
    return float(np.abs(lists[0] - lists[1]).mean())
