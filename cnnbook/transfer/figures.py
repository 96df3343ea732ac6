"""The figure of the chapter "transfer"."""

import matplotlib.figure
import matplotlib.pyplot as plt
import numpy as np

from cnnbook import plots

COLORS = (plots.BLUE, plots.ORANGE, plots.GREEN, plots.VERMILION)


def accuracy_by_examples(
    examples: list[int], groups: dict[str, np.ndarray], without: float
) -> matplotlib.figure.Figure:
    """Draw accuracies in percent, (runs, examples), and a line for that without any example."""
    figure, axis = plt.subplots(figsize=(plots.WIDTH_INCHES, 3.8))
    for (name, runs), color, marker in zip(groups.items(), COLORS, "osD^", strict=True):
        plots.mean_and_spread(axis, examples, runs, label=name, color=color, marker=marker)
    axis.axhline(without, color=plots.GREY, linestyle="--", linewidth=1)
    text, place = "MNIST's network, no example ", (1, without + 0.5)
    end = axis.get_yaxis_transform()
    axis.text(*place, text, transform=end, ha="right", color=plots.GREY, fontsize=9)
    axis.set(xscale="log", xlabel="labelled examples (logarithmic)")
    axis.set_ylabel("accuracy on held-out digits (%)")
    axis.set_xticks(examples, [f"{count:,}" for count in examples])
    axis.minorticks_off()
    axis.legend(loc="lower right", fontsize=9)
    return figure
