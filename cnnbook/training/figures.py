"""The figure of the guide's page on training."""

import matplotlib.figure
import matplotlib.pyplot as plt
import numpy as np

from cnnbook import plots


def accuracy_by_seed(accuracies: np.ndarray, promised: float) -> matplotlib.figure.Figure:
    """Draw a dot a run along the axis of accuracy, their mean, and what was promised."""
    percent = np.sort(100 * accuracies)
    width, ends, heights = 0.02 * np.ptp(percent), [], []  # ends: of each level's last dot
    for value in percent:  # a dot stands on the lowest level where it touches no other
        level = next((i for i, end in enumerate(ends) if value >= end), len(ends))
        ends[level : level + 1] = [value + width]
        heights.append(level + 1)
    figure, axis = plt.subplots(figsize=(plots.WIDTH_INCHES, 2))
    axis.scatter(percent, heights, color=plots.TEST, zorder=3)
    axis.axvline(percent.mean(), color=plots.BLACK, linestyle="--")
    axis.axvline(100 * promised, color=plots.WRONG)
    top = max(heights) + 1.2
    axis.text(percent.mean(), top, "mean ", ha="right", va="top")
    axis.text(100 * promised, top, f" {100 * promised:.0f} %", va="top", color=plots.WRONG)
    axis.set(xlabel="test accuracy (%)", ylim=(0.3, top), yticks=[])
    axis.spines["left"].set_visible(False)
    return figure
