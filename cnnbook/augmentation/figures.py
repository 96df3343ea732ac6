"""Figures of the chapter "Make more digits out of few"."""

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import matplotlib.ticker
import numpy as np

from cnnbook import plots


def error_ratios(sizes: Sequence[int], ratios: Mapping[str, np.ndarray]) -> None:
    """Draw estimate, lower and upper end of a ratio, arrays (3, sizes), side by side by size."""
    figure, axis = plt.subplots(figsize=(plots.WIDTH_INCHES, 3.8))
    colors = [plots.BLUE, plots.VERMILION, plots.GREEN, plots.PURPLE, plots.BLACK]
    for number, (name, (middle, low, high)) in enumerate(ratios.items()):
        beside = np.asarray(sizes) * 1.09 ** (number - (len(ratios) - 1) / 2)
        axis.errorbar(
            beside, middle, yerr=[middle - low, high - middle], color=colors[number],
            marker="osD^v"[number], markersize=5, capsize=2, linewidth=1.2, label=name,
        )  # fmt: skip
    axis.axhline(1, color=plots.GREY, linestyle="--", linewidth=1.2, label="no augmentation")
    axis.set(xscale="log", yscale="log")
    axis.set(xlabel="training digits", ylabel="errors, relative to none")
    axis.set_xticks(sizes, [f"{size:,}" for size in sizes])
    axis.yaxis.set_major_locator(matplotlib.ticker.LogLocator(subs=(1, 1.5, 2, 3, 5, 7)))
    axis.yaxis.set_major_formatter("{x:g}")
    axis.minorticks_off()
    figure.legend(loc="outside upper center", ncols=3, fontsize=9)


def readings(counts: np.ndarray) -> None:
    """Draw as what each digit (rows) is read (columns), in percent of its row; 10 x 10 counts."""
    percent = 100 * counts / counts.sum(axis=1, keepdims=True)
    figure, axis = plt.subplots(figsize=(plots.WIDTH_INCHES, 4.4))
    texts = np.vectorize("{:.0f}".format)(percent)
    texts = np.where(percent >= 0.5, texts, "")
    drawn = plots.heat_map(axis, percent, texts, "Oranges", vmin=0, vmax=100)
    for digit in range(10):
        corner = digit - 0.5, digit - 0.5
        axis.add_patch(plt.Rectangle(corner, 1, 1, fill=False, color=plots.BLUE, linewidth=1.2))
    axis.set(xlabel="read as", ylabel="digit", xticks=range(10), yticks=range(10))
    figure.colorbar(drawn, label="share of the digit (%)")
