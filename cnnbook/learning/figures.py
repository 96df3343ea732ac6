"""The figure of the chapter "learning"."""

from collections.abc import Callable

import matplotlib.figure
import matplotlib.pyplot as plt
import numpy as np

from cnnbook import plots


def descent_paths(loss: Callable, paths: dict[str, np.ndarray]) -> matplotlib.figure.Figure:
    """Draw paths (steps + 1, 2) through a loss of two weights that is lowest at (0, 0)."""
    size = (plots.WIDTH_INCHES, 1.6 * len(paths))
    figure, axes = plt.subplots(len(paths), 1, figsize=size, sharex=True, sharey=True)
    places = np.concatenate([[[0, 0]], *paths.values()])
    lowest, highest = places.min(axis=0), places.max(axis=0)
    margin = 0.1 * (highest - lowest)
    x, y = np.meshgrid(*np.linspace(lowest - margin, highest + margin, 121).T)
    values = loss(x, y)
    levels = values.max() * np.geomspace(0.003, 1, 9)
    for axis, (name, path) in zip(axes, paths.items(), strict=True):
        axis.contour(x, y, values, levels=levels, colors=plots.GREY, linewidths=0.6, alpha=0.7)
        axis.plot(*path.T, color=plots.BLUE, marker="o", markersize=3.5, linewidth=1.2)
        axis.plot(*path[0], "s", color=plots.VERMILION, markersize=7)
        axis.plot(0, 0, "*", color=plots.BLACK, markersize=11)
        axis.set_title(name, fontsize=10, loc="left")
        axis.set_ylabel("second weight", fontsize=9)
    axes[-1].set_xlabel("first weight", fontsize=9)
    return figure
