"""Figures of the chapter "Train faster and better"."""

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import matplotlib.ticker
import numpy as np

from cnnbook import plots


def steps_with_cost(
    quality: Mapping[str, Sequence[float]],
    cost: Mapping[str, Sequence[float]],
    xlabels: tuple[str, str],
) -> None:
    """Draw, one row a step, what each run reaches (left) and what it costs (right, from zero)."""
    size = (plots.WIDTH_INCHES, 0.8 + 0.34 * len(quality))
    _, axes = plt.subplots(1, 2, sharey=True, figsize=size)
    styles = (quality, plots.VALIDATION, "o"), (cost, plots.GREY, "s")
    for axis, xlabel, (groups, color, marker) in zip(axes, xlabels, styles, strict=True):
        for row, values in enumerate(groups.values()):
            axis.scatter(values, np.full(len(values), row), 16, color=color, marker=marker)
            axis.plot([np.mean(values)] * 2, [row - 0.3, row + 0.3], color="k", linewidth=1.5)
        axis.grid(color="#DDDDDD", linewidth=0.6)
        axis.set_axisbelow(True)
        axis.set_xlabel(xlabel, fontsize=10)
        axis.tick_params(labelsize=9)
    axes[0].set_yticks(range(len(quality)), labels=list(quality))
    axes[0].invert_yaxis()
    axes[1].set_xlim(left=0)


def accuracy_against_time(
    runs: Mapping[str, tuple[Sequence[float], Sequence[float]]],
    goals: Sequence[tuple[float, float]],
    ylabel: str,
) -> None:
    """Draw accuracy (%) against training time, one mark a run, and the corners of the goals."""
    _, axis = plt.subplots(figsize=(plots.WIDTH_INCHES, 3.6))
    styles = zip((plots.GREY, plots.BLUE, plots.ORANGE, plots.GREEN), "osD^", strict=True)
    below = {"textcoords": "offset points", "ha": "center", "va": "top", "fontsize": 10}
    for (name, (times, accuracies)), (color, marker) in zip(runs.items(), styles, strict=True):
        axis.scatter(times, accuracies, 30, color=color, marker=marker, zorder=3)
        place = np.median(times), np.min(accuracies)
        axis.annotate(name, place, (0, -8), color=color, **below)
    times, heights = (np.concatenate(values) for values in zip(*runs.values(), strict=True))
    margin = 0.2 * np.ptp(heights) + 0.02
    left, top = times.min() / 1.8, heights.max() + margin
    right = max(times.max(), *(most for most, _ in goals)) * 1.5
    axis.set(xscale="log", xlim=(left, right), ylim=(heights.min() - margin, top))
    beside = {"textcoords": "offset points", "ha": "right", "va": "top", "fontsize": 9}
    for number, (most, least) in enumerate(goals, 1):
        axis.plot([left, most, most], [least, least, top], color="k", linewidth=1, linestyle=":")
        axis.annotate(f"goal {number}", (most, top), (-3, 0), **beside)
    axis.xaxis.set_major_formatter(matplotlib.ticker.FormatStrFormatter("%g"))
    axis.set(xlabel="training time (times the article's, logarithmic)", ylabel=ylabel)
