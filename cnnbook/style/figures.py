"""Figures of the chapter on style transfer.

Photographs are drawn as JPEG files, twice as fine as a page shows them: as vector graphics, which
hold pictures without loss, they would be several times as large.
"""

import io
from collections.abc import Mapping, Sequence

import IPython.display
import matplotlib.figure
import matplotlib.pyplot as plt
import matplotlib.ticker
import numpy as np

from cnnbook import plots

DOTS_AN_INCH = 250
COLORS = (plots.BLUE, plots.ORANGE, plots.PURPLE, plots.GREEN, plots.VERMILION)


def pictures(
    shown: Sequence[np.ndarray], titles: Sequence[str], columns: int = 2
) -> IPython.display.Image:
    """Draw pictures in a grid, each under its title."""
    rows, width = -(-len(shown) // columns), plots.WIDTH_INCHES / columns
    height = width * shown[0].shape[0] / shown[0].shape[1] + 0.3
    figure, axes = plt.subplots(
        rows, columns, figsize=(plots.WIDTH_INCHES, rows * height), squeeze=False
    )
    for axis, picture, title in zip(axes.flat, shown, titles, strict=True):
        axis.imshow(picture, interpolation="bilinear")
        axis.set_title(title, fontsize=11)
        axis.set_axis_off()
    file = io.BytesIO()
    figure.savefig(file, format="jpeg", dpi=DOTS_AN_INCH, pil_kwargs={"quality": 70})
    plt.close(figure)
    return IPython.display.Image(data=file.getvalue(), format="jpeg")


def losses(history: Sequence[Mapping[str, float]]) -> matplotlib.figure.Figure:
    """Draw the parts of the loss against the evaluations, with a line where the size changes."""
    figure, axis = plt.subplots(figsize=(plots.WIDTH_INCHES, 3.0))
    steps = np.arange(1, len(history) + 1)
    parts = {
        "style": (plots.BLUE, "-"),
        "content": (plots.VERMILION, "--"),
        "smoothness": (plots.GREY, ":"),
    }
    for name, (color, line) in parts.items():
        values = np.array([one[name] for one in history])
        shown = values > 1e-5  # the content's loss is 0 in the photograph itself
        axis.plot(steps[shown], values[shown], line, color=color, label=name)
    heights = [one["height"] for one in history]
    for step in np.flatnonzero(np.diff(heights)) + 1:
        axis.axvline(step + 0.5, color=plots.BLACK, linewidth=0.8)
        at = {"va": "top", "transform": axis.get_xaxis_transform()}
        axis.text(step, 0.98, f"{heights[step - 1]} px ", ha="right", **at)
        axis.text(step + 1, 0.98, f" {heights[step]} px", **at)
    axis.set(xlabel="evaluations of loss and gradient", ylabel="weighted loss", yscale="log")
    # The first trial steps of a search may go far astray: they are cut off.
    axis.set_ylim(4e-3, 4 * max(history[0]["style"], 0.1))
    axis.legend(loc="center left", bbox_to_anchor=(1, 0.5))
    return figure


def two_rulers(
    groups: Mapping[str, tuple[Sequence[float], Sequence[float]]], content: float
) -> matplotlib.figure.Figure:
    """Draw, for each group, the distance to the style against the edges kept, one mark a seed.

    Parameters
    ----------
    groups : name to the distances, and the edges kept, as many
    content : the distance of the photograph itself, which keeps all of its edges
    """
    figure, axis = plt.subplots(figsize=(plots.WIDTH_INCHES, 3.3))
    for (name, (distances, kept)), mark, color in zip(groups.items(), "osv^D", COLORS, strict=True):
        axis.scatter(distances, kept, marker=mark, color=color, label=name, s=45)
    axis.scatter([content], [1], marker="*", color=plots.BLACK, s=110, label="the photograph")
    lowest = min(0, *(min(kept) for _, kept in groups.values()))
    axis.set(
        xlabel="distance of patches to the style's (nearer: left)",
        ylabel="edges kept (correlation)",
        ylim=(lowest - 0.03, 1.05),
        xlim=(0, 1.1 * max(content, *(max(distances) for distances, _ in groups.values()))),
    )
    axis.legend(loc="lower right", fontsize=10)
    return figure


def grams(matrices: Sequence[np.ndarray], titles: Sequence[str]) -> matplotlib.figure.Figure:
    """Draw Gram matrices on one scale, as square roots, which shows small values too."""
    figure, axes = plt.subplots(1, len(matrices), figsize=(plots.WIDTH_INCHES, 2.3))
    largest = np.sqrt(np.max(matrices))
    for axis, matrix, title in zip(axes, matrices, titles, strict=True):
        axis.imshow(np.sqrt(np.maximum(matrix, 0)), vmin=0, vmax=largest)
        axis.set_title(title, fontsize=10)
        axis.set(xticks=[], yticks=[], xlabel="map")
        axis.spines[:].set(visible=True, color=plots.GREY, linewidth=0.5)
    axes[0].set_ylabel("map")
    return figure
