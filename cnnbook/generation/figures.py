"""Figures of the chapter on generated digits, in the style of :mod:`cnnbook.plots`."""

from collections.abc import Mapping, Sequence

import matplotlib.axes
import matplotlib.figure
import matplotlib.pyplot as plt
import numpy as np

from cnnbook import plots

# The same colour for the same source of digits in each figure.
COLORS = {"real": plots.TEST, "VAE": plots.ORANGE, "flow": plots.BLUE}


def mosaic(
    rows: Mapping[str, np.ndarray],
    columns: Sequence[str] = (),
    lowest: float = 0.0,
    highest: float = 1.0,
) -> matplotlib.figure.Figure:
    """Draw rows of images, arrays (N, H, W) by label, edge to edge, below the names of columns.

    ``lowest`` is drawn as paper and ``highest`` as ink.
    """
    count, height, width = next(iter(rows.values())).shape
    side = (plots.WIDTH_INCHES - 0.75) / count * height / width
    size = (plots.WIDTH_INCHES, (side + 0.05) * len(rows) + (0.3 if columns else 0.05))
    figure, axes = plt.subplots(len(rows), 1, figsize=size, squeeze=False)
    for axis, (label, images) in zip(axes[:, 0], rows.items(), strict=True):
        axis.imshow(np.hstack(list(images)), vmin=lowest, vmax=highest, aspect="equal")
        axis.set(xticks=[], yticks=[])
        axis.spines[:].set_visible(False)
        axis.set_ylabel(label, rotation=0, ha="right", va="center", fontsize=10)
    if columns:
        top = axes[0, 0]
        top.set_xticks((np.arange(count) + 0.5) * width - 0.5, columns, fontsize=10)
        top.tick_params(length=0, labeltop=True, labelbottom=False)
    return figure


def guidance(
    scales: Sequence[float], scores: Mapping[str, np.ndarray], floors: Mapping[str, float]
) -> matplotlib.figure.Figure:
    """Draw scores of shape (scales, seeds), and what real digits have, against the guidance."""
    figure, axes = plt.subplots(1, len(scores), figsize=(plots.WIDTH_INCHES, 2.8))
    for axis, (label, values) in zip(axes, scores.items(), strict=True):
        _mean_and_seeds(axis, scales, values, COLORS["flow"], "o")
        axis.axhline(floors[label], color=COLORS["real"], linestyle="--", linewidth=1.2)
        above = values[-1].mean() < floors[label]  # the name stands where the curve is not
        axis.annotate(
            "real digits", (max(scales), floors[label]), ha="right",
            va="bottom" if above else "top", fontsize=9, color=COLORS["real"],
            xytext=(0, 2 if above else -2), textcoords="offset points",
        )  # fmt: skip
        axis.set(xlabel="guidance", ylabel=label, xticks=range(1, int(max(scales)) + 1))
    axes[0].set_ylim(0, None)
    return figure


def solvers(
    groups: Mapping[str, tuple[Sequence[int], np.ndarray]], floor: float
) -> matplotlib.figure.Figure:
    """Draw distances of shape (settings, seeds) against velocities a digit, a line a solver."""
    figure, axis = plt.subplots(figsize=(plots.WIDTH_INCHES, 3))
    looks = ((plots.BLUE, "o"), (plots.VERMILION, "s"))
    for (label, (places, values)), look in zip(groups.items(), looks, strict=True):
        _mean_and_seeds(axis, places, values, *look, label=label)
    axis.axhline(floor, color=COLORS["real"], linestyle="--", linewidth=1.2, label="real digits")
    axis.set(xscale="log", yscale="log")
    axis.set(xlabel="velocities computed a digit", ylabel="Fréchet distance")
    ticks = sorted({place for places, _ in groups.values() for place in places})
    axis.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    axis.set_yticks([5, 10, 20, 50, 100, 200], ["5", "10", "20", "50", "100", "200"])
    axis.minorticks_off()
    axis.legend()
    return figure


def shares_below(
    panels: Mapping[str, Mapping[str, Sequence[float]]], xlabel: str
) -> matplotlib.figure.Figure:
    """Draw the share of distances smaller than each value, for each source in each panel."""
    figure, axes = plt.subplots(1, len(panels), figsize=(plots.WIDTH_INCHES, 2.9), sharey=True)
    styles = {"real": "-", "VAE": ":", "flow": "--"}
    for axis, (title, sources) in zip(axes, panels.items(), strict=True):
        for name, distances in sources.items():
            ordered = np.sort(distances)
            shares = 100 * np.arange(1, len(ordered) + 1) / len(ordered)
            axis.plot(ordered, shares, color=COLORS[name], linestyle=styles[name], label=name)
        axis.set(title=title, xlabel=xlabel, ylim=(0, 100), xlim=(0, None))
    axes[0].set_ylabel("share of digits (%)")
    axes[0].legend()
    return figure


def _mean_and_seeds(
    axis: matplotlib.axes.Axes, x, values: np.ndarray, color: str, marker: str, **style
) -> None:
    """Draw the mean of values (settings, seeds) as a line, and a dot a seed."""
    axis.plot(x, values.mean(axis=1), color=color, marker=marker, **style)
    axis.plot(x, values, ".", color=color, alpha=0.6, markersize=4)
