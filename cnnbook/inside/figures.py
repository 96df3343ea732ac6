"""The figure of the page on the inside of a network."""

from collections.abc import Sequence

import matplotlib.figure
import matplotlib.pyplot as plt
import numpy as np

from cnnbook import plots
from cnnbook.architecture.figures import TEXT, TIMES, WIDTH, canvas


def every_number(
    layers: dict[str, np.ndarray], rows: Sequence[Sequence[str]]
) -> matplotlib.figure.Figure:
    """Draw all that each layer gives for one image, one square a number, all to one scale.

    White is zero, and deep orange the layer's largest number.

    layers : name to array of shape (H, W, C) or (units,), from the input to the output
    rows : the names of the layers in each row of the figure
    """
    blocks = {name: _lay_out(array) for name, array in layers.items()}
    labels = {
        name: f"{name}\n{f' {TIMES} '.join(map(str, array.shape))}"
        for name, array in layers.items()
    }
    gap, above = 9, 27

    def place(name: str, scale: float) -> float:
        """Give the width that a layer takes: that of its block or of what is written above it."""
        written = 5.4 * max(map(len, labels[name].split("\n")))
        return max(scale * blocks[name].shape[1], written) + gap

    scale = max(
        scale
        for scale in np.arange(0.5, 3, 0.02)
        if all(sum(place(name, scale) for name in row) <= WIDTH for row in rows)
    )
    heights = [above + scale * max(len(blocks[name]) for name in row) + 4 for row in rows]
    axis = canvas(sum(heights) / 72)
    for row, top in zip(rows, np.cumsum([above, *heights[:-1]]), strict=True):
        left = 1.0
        for name in row:
            block = blocks[name]
            tall, wide = (scale * size for size in block.shape)
            axis.text(left, top - 4, labels[name], va="bottom", fontsize=TEXT)
            limits = {"vmin": -np.nanmax(block), "vmax": np.nanmax(block)}
            extent = (left, left + wide, top + tall, top)
            axis.imshow(block, extent=extent, aspect="auto", cmap=plots.SIGNED, **limits)
            edge = {"fill": False, "color": plots.GREY, "linewidth": 0.5}
            axis.add_patch(plt.Rectangle((left, top), wide, tall, **edge))
            left += place(name, scale)
    return axis.figure


def _lay_out(values: np.ndarray) -> np.ndarray:
    """Arrange maps in four rows, or the numbers of a vector in a block, in one picture."""
    if values.ndim == 1:
        return values.reshape(-1, {10: 10, 128: 16}.get(len(values), 80))
    height, width, channels = values.shape
    columns = max(1, channels // 4)
    maps = values.reshape(height, width, -1, columns).transpose(2, 0, 3, 1)
    return maps.reshape(-1, columns * width)
