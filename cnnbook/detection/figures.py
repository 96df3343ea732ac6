"""Figures of the chapter on detection: scenes with the boxes found in them, maps of cells."""

from collections.abc import Sequence

import matplotlib.figure
import matplotlib.pyplot as plt
import numpy as np

from cnnbook import plots
from cnnbook.applications import boxes, framed, scenes

SIDE = scenes.SCENE_PIXELS


def _grid(count: int, columns: int, height: float) -> tuple[matplotlib.figure.Figure, np.ndarray]:
    rows = -(-count // columns)
    size = plots.WIDTH_INCHES, height * rows
    figure, axes = plt.subplots(rows, columns, figsize=size, squeeze=False)
    for axis in axes.flat:
        axis.set_axis_off()
    return figure, axes.ravel()


def found_boxes(
    drawn: scenes.Scenes, numbers: Sequence[int], found: boxes.Detections
) -> matplotlib.figure.Figure:
    """Draw some scenes, two in a row, with the boxes found in them, and their scores in percent."""
    figure, axes = _grid(len(numbers), 2, plots.WIDTH_INCHES / 2)
    for axis, number in zip(axes, numbers, strict=False):
        framed.found(axis, drawn, number, found, size=8, scores=True)
    return figure


def maps_over_scene(
    image: np.ndarray, maps: Sequence[np.ndarray], titles: Sequence[str]
) -> matplotlib.figure.Figure:
    """Draw a scene, and beside it maps of its cells, from 0 (black) to 1 (white), on one scale."""
    figure, axes = _grid(1 + len(maps), 1 + len(maps), 2.5)
    framed.show(axes[0], image)
    axes[0].set_title("scene", fontsize=10)
    for axis, values, title in zip(axes[1:], maps, titles, strict=True):
        drawn = axis.imshow(values, cmap="magma", vmin=0, vmax=1, extent=(0, SIDE, SIDE, 0))
        axis.set_title(title, fontsize=10)
    figure.colorbar(drawn, ax=list(axes), shrink=0.6, location="bottom", aspect=30)
    return figure
