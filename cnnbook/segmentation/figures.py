"""Figures of the chapter on segmentation."""

from collections.abc import Mapping, Sequence

import matplotlib.colors
import matplotlib.figure
import matplotlib.pyplot as plt
import numpy as np

from cnnbook import plots
from cnnbook.applications import masks


def scene_rows(
    images: np.ndarray,
    columns: Mapping[str, np.ndarray],
    titles: Sequence[str] = (),
    wrong: np.ndarray | None = None,
) -> matplotlib.figure.Figure:
    """Draw a row a scene: the picture, its masks by the names of `columns`, and its wrong pixels.

    All are arrays of shape (N, H, W); a title stands beside each row.
    """
    names = ["picture", *columns, *(["wrong pixels"] if wrong is not None else [])]
    side = plots.WIDTH_INCHES / len(names)
    size = plots.WIDTH_INCHES, len(images) * side + 0.3
    figure, axes = plt.subplots(len(images), len(names), figsize=size, squeeze=False)
    for number, row in enumerate(axes):
        row[0].imshow(images[number], cmap="gray", vmin=0, vmax=255)
        for axis, classes in zip(row[1:], columns.values(), strict=False):
            masks.draw(axis, classes[number])
        if wrong is not None:
            colors = matplotlib.colors.ListedColormap(["white", plots.WRONG])
            row[-1].imshow(wrong[number], cmap=colors, vmin=0, vmax=1)
        if len(titles):
            row[0].set_ylabel(titles[number], fontsize=9)
    for axis, name in zip(axes[0], names, strict=True):
        axis.set_title(name, fontsize=9)
    for axis in axes.flat:
        axis.set(xticks=[], yticks=[])
        axis.spines[:].set(visible=True, color=plots.GREY, linewidth=0.5)
    return figure
