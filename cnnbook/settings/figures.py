"""The figure of the chapter "settings"."""

from collections.abc import Sequence

import matplotlib.figure
import matplotlib.pyplot as plt
import numpy as np

from cnnbook import plots


def curve_gallery(
    curves: dict[str, tuple[Sequence[float], Sequence[float]]], highest: float
) -> matplotlib.figure.Figure:
    """Draw four pairs of training and validation loss against the epoch, no panel above highest."""
    figure, axes = plt.subplots(2, 2, figsize=(plots.WIDTH_INCHES, 4.2))
    for axis, (title, (training, validation)) in zip(axes.flat, curves.items(), strict=True):
        epochs, style = np.arange(1, len(training) + 1), {"markersize": 3}
        axis.plot(epochs, training, "o-", color=plots.TRAINING, label="training", **style)
        axis.plot(epochs, validation, "s--", color=plots.VALIDATION, label="validation", **style)
        axis.set_title(title, fontsize=10, loc="left")
        axis.set(xlabel="epoch", ylim=(0, min(1.1 * max(*training, *validation), highest)))
    for axis in axes[:, 0]:
        axis.set_ylabel("loss (nats)")
    axes[0, 0].legend(fontsize=8)
    return figure
