"""The figure of the chapter "explanations"."""

import textwrap

import matplotlib.figure
import matplotlib.pyplot as plt
import numpy as np

from cnnbook import plots


def explanations(
    images: np.ndarray, row_titles: list[str], maps: dict[str, np.ndarray]
) -> matplotlib.figure.Figure:
    """Draw images (N, H, W), a row each, and their maps by every method, each to its own scale."""
    columns = 1 + len(maps)
    size = (plots.WIDTH_INCHES, len(images) * plots.WIDTH_INCHES / columns + 0.45)
    figure, axes = plt.subplots(len(images), columns, figsize=size, squeeze=False)
    for row, image in enumerate(images):
        axes[row, 0].imshow(image, vmin=0)
        axes[row, 0].set_ylabel(row_titles[row], fontsize=9)
        for axis, values in zip(axes[row, 1:], maps.values(), strict=True):
            largest = np.abs(values[row]).max() or 1
            axis.imshow(values[row], cmap=plots.SIGNED, vmin=-largest, vmax=largest)
            axis.contour(image, [image.max() / 2], colors=[plots.GREY], linewidths=0.6)
    for axis, name in zip(axes[0, 1:], maps, strict=True):
        axis.set_title(textwrap.fill(name, 11), fontsize=9)
    for axis in axes.flat:
        axis.set(xticks=[], yticks=[])
        axis.spines[:].set(visible=True, color=plots.GREY, linewidth=0.5)
    return figure
