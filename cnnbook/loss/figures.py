"""Figures of the chapter on the loss."""

import re
from collections.abc import Sequence

import matplotlib.figure
import matplotlib.pyplot as plt
import numpy as np

from cnnbook import data, plots


def bars_by_digit(
    image: np.ndarray, panels: dict[str, np.ndarray], formats: Sequence[str], label: int
) -> matplotlib.figure.Figure:
    """Draw a digit and, beside it, panels of ten numbers each, with the row of its label marked.

    formats : how the numbers of each panel are written at its bars
    """
    ratios = [0.75, *[1.2] * len(panels)]
    size = (plots.WIDTH_INCHES, 3.1)
    figure, (picture, *axes) = plt.subplots(1, len(ratios), figsize=size, width_ratios=ratios)
    picture.imshow(image)
    plots.frame(picture)
    for axis, (title, values), written in zip(axes, panels.items(), formats, strict=True):
        values = np.asarray(values, float)
        colors = [plots.BLUE if value < 0 else plots.VERMILION for value in values]
        axis.axhspan(label - 0.5, label + 0.5, color=plots.YELLOW, alpha=0.45, linewidth=0)
        bars = axis.barh(range(10), values, 0.75, color=colors)
        texts = [written.format(value) for value in values]
        texts = [re.sub(r"^-(?![0.]*$)", "\N{MINUS SIGN}", text).lstrip("-") for text in texts]
        axis.bar_label(bars, texts, padding=3, fontsize=10)
        axis.axvline(0, color=plots.BLACK, linewidth=0.8)
        axis.set_title(title, fontsize=11)
        axis.set(ylim=(9.6, -0.6), xticks=[], yticks=range(10))
        reach = values.max() - min(values.min(), 0)
        low = values.min() - 0.7 * reach if values.min() < 0 else 0
        axis.set(xlim=(low, values.max() + 0.55 * reach))
        axis.spines[:].set_visible(False)
        axis.tick_params(left=False, pad=8)
        axis.set_yticks(range(10), data.CLASSES if axis is axes[0] else [])
    return figure


def loss_of_answers(
    probabilities: Sequence[float], images: Sequence[np.ndarray], texts: Sequence[str]
) -> matplotlib.figure.Figure:
    """Draw the loss against the probability of the right class, and mark three answers.

    They are given by probabilities, ascending, digits (H, W), and a text each.
    """
    figure, axis = plt.subplots(figsize=(plots.WIDTH_INCHES, 3.6))
    given = np.geomspace(5e-5, 1, 400)
    axis.plot(given, -np.log(given), color=plots.BLUE, linewidth=2)
    places = [(0.13, 6.9), (0.36, 3.3), (0.76, 1.3)]
    for probability, image, text, (left, bottom) in zip(
        probabilities, images, texts, places, strict=True
    ):
        loss = -np.log(probability)
        axis.scatter([probability], [loss], color=plots.VERMILION, zorder=3, clip_on=False)
        inset = axis.inset_axes((left, bottom, 0.14, 1.75), transform=axis.transData)
        inset.imshow(image)
        plots.frame(inset)
        axis.text(left + 0.16, bottom + 0.9, f"{text}\n{loss:.2f}", va="center", size=10)
        start = (left, bottom + 0.9) if left < 0.2 else (left + 0.07, bottom)
        axis.plot(*zip(start, (probability, loss), strict=True), color=plots.GREY, linewidth=0.8)
    axis.set(xlabel="probability given to the right digit", ylabel="loss", ylim=(0, 10))
    axis.set(xlim=(0, 1.06))
    return figure
